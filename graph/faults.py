"""What the driver raises: whether to try again, and as which of our errors a person is told."""

import contextlib
import shutil
from dataclasses import dataclass
from typing import Literal

from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    ConnectionAcquisitionTimeoutError,
    ConstraintError,
    DriverError,
    IncompleteCommit,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
)

from graph.errors import (
    CommitUnknown,
    Conflict,
    DatabaseMissing,
    DiskFull,
    GraphError,
    StatementFailed,
    StatementTimeout,
    Unreachable,
    WrongPassword,
)

_LOST_TRIES = 10
_CONSTRAINT_TRIES = 6
_FULL_MB = 8
_ANY_TRIES = 1_000_000  # the time limit ends it
_NO_SPACE = ("no space left", "out of disk space", "disk quota", "outofdiskspace")
_EMBEDDED_CONFLICT = ("please retry the operation", "concurrentmodification", "needretry", "timeout on locking")


@dataclass(frozen=True, slots=True)
class Where:
    """Where statements go, for what an error says."""

    address: str
    user: str
    database: str
    engine: Literal["embedded", "neo4j"]
    statement_seconds: float


def is_lost(error: Exception) -> bool:
    """Whether the connection broke or could not be made."""
    return isinstance(error, ServiceUnavailable | SessionExpired | OSError)


def retry_limit(error: Exception, engine: Literal["embedded", "neo4j"]) -> int:
    """How many times in all a transaction that fails like this is tried; 1 is never again."""
    if isinstance(error, IncompleteCommit):
        return 1  # it may have been written
    if is_lost(error):
        return _LOST_TRIES
    if isinstance(error, Neo4jError | DriverError) and error.is_retryable():
        return _ANY_TRIES
    if isinstance(error, Neo4jError) and (error.code or "").endswith("AlreadyExists"):
        return _CONSTRAINT_TRIES  # two IF NOT EXISTS of one new index: the second sees it when it tries again
    if engine == "embedded":
        if isinstance(error, ConstraintError):
            return _CONSTRAINT_TRIES  # two MERGE of one new id: the second finds it when it tries again
        if any(words in str(error).lower() for words in _EMBEDDED_CONFLICT):
            return _ANY_TRIES
    return 1


def translated(error: Exception, where: Where) -> GraphError:
    """The error of ours that says what happened and what to do. It never holds a password."""
    text = _text(error)
    low = text.lower()
    if any(words in low for words in _NO_SPACE) or _is_full(error, where):
        return DiskFull(f"The disk of the graph at {where.address} is full.", "Make room there, then try again.")
    if isinstance(error, IncompleteCommit):
        return CommitUnknown(
            "The engine went away while it committed: whether this was written is unknown.",
            "Do it again: what is already there changes nothing.",
        )
    if isinstance(error, Neo4jError):
        return _from_engine(error, text, where)
    if isinstance(error, ConnectionAcquisitionTimeoutError):
        return StatementTimeout("All connections to the graph are busy.", "Try again when less is going on.")
    if isinstance(error, ConfigurationError | ValueError):
        return Unreachable(
            f"The address {where.address} of the graph cannot be used: {text}",
            "Set REGISTRY_GRAPH_URL to bolt://HOST:7687.",
        )
    return _unreachable(text, where)


def _is_full(error: Exception, where: Where) -> bool:
    """The embedded engine does not say why a commit failed: look for ourselves."""
    if where.engine == "neo4j" or not isinstance(error, Neo4jError):
        return False
    with contextlib.suppress(OSError):
        return shutil.disk_usage(where.address).free >> 20 < _FULL_MB
    return False


def _text(error: Exception) -> str:
    return (error.message if isinstance(error, Neo4jError) else None) or str(error) or type(error).__name__


def _unreachable(text: str, where: Where) -> Unreachable:
    if where.engine == "embedded":
        return Unreachable(
            f"The embedded engine of {where.address} does not answer: {text}",
            "`registry doctor` looks for the cause; its log is log/engine.log.0 in that folder.",
        )
    return Unreachable(
        f"Nothing answers at {where.address}.",
        "Start Neo4j there, or correct REGISTRY_GRAPH_URL (bolt://HOST:7687, neo4j+s://… for an encrypted one); "
        "without it the registry uses its embedded engine.",
    )


def _from_engine(error: Neo4jError, text: str, where: Where) -> GraphError:
    code = error.code or ""
    if isinstance(error, AuthError) or ".Security." in code:
        return _refused(code, text, where)
    if code.endswith(("DatabaseNotFound", "DatabaseUnavailable")):
        return DatabaseMissing(
            f"The database {where.database or '(default)'} at {where.address} is not there: {text}",
            "Set REGISTRY_GRAPH_DATABASE to one that is (Community has only `neo4j`), or leave it out.",
        )
    if "TransactionTimedOut" in code or "command.timeout" in text:
        return StatementTimeout(
            f"The graph gave up a statement that took too long ({where.statement_seconds:g} s are allowed).",
            "Ask for less at once, or allow more with REGISTRY_STATEMENT_SECONDS.",
        )
    if isinstance(error, ConstraintError) or retry_limit(error, where.engine) > 1:
        return Conflict(f"Others are changing the same things: {text}", "Try again when they have finished.")
    return StatementFailed(f"The graph refused a statement ({code}): {text}", "Please report this.")


def _refused(code: str, text: str, where: Where) -> WrongPassword:
    if code.endswith("CredentialsExpired"):
        way_out = "The first password of a Neo4j has to be changed: do so (`ALTER CURRENT USER SET PASSWORD …`)."
    elif code.endswith("AuthenticationRateLimit"):
        way_out = "Too many wrong ones: wait some seconds, correct REGISTRY_GRAPH_PASSWORD, try again."
    elif where.engine == "embedded":
        way_out = (
            "Stop all that uses the folder, delete its file config/server-users.jsonl (it holds no data), try again."
        )
    else:
        way_out = "Correct REGISTRY_GRAPH_USER and REGISTRY_GRAPH_PASSWORD (or REGISTRY_GRAPH_PASSWORD_FILE)."
    return WrongPassword(f"The graph at {where.address} refuses the user {where.user} or the password: {text}", way_out)
