"""What the drivers' errors mean, in words of our own: their text may hold secrets, and is never passed on."""

from collections.abc import Mapping
from typing import Any

import psycopg
import pymysql
from sqlalchemy.exc import DBAPIError

__all__ = ["DAMAGED", "NotRead", "explain_refusal", "is_lost", "why_not_read"]


class NotRead(Exception):
    """A statement that the database did not answer; the message says why, and the connection goes on."""


DAMAGED = "the file is damaged, or no SQLite database"
_WRONG_LOGIN = "the database does not let this user in; check user and password"
_UNSIGNED = 'the database wants a password; give one by reference: password = { env = "NAME" }'
_NO_DATABASE = "there is no such database, or the user may not connect to it"
_BUSY = "the database takes no more connections now"
_STARTING = "the database is starting or shutting down"
_NOBODY = "nothing answers there; check host and port, and whether the database runs"
_NOT_HERE = "the database does not take connections from this machine, or not without TLS"
_NO_TLS = "the database's certificate is not accepted, or it does not offer TLS"
_SPEAKS = "what answers there is no such database, or breaks the connection off"

_SQLSTATES: Mapping[str, tuple[str, bool]] = {
    "28P01": (_WRONG_LOGIN, False),
    "28000": (_WRONG_LOGIN, False),
    "3D000": (_NO_DATABASE, False),
    "42501": (_NO_DATABASE, False),
    "53300": (_BUSY, True),
    "57P03": (_STARTING, True),
    "57P01": (_STARTING, True),
}

_LIBPQ: tuple[tuple[str, tuple[str, bool]], ...] = (
    ("password authentication failed", (_WRONG_LOGIN, False)),
    ("authentication failed", (_WRONG_LOGIN, False)),
    ("no password supplied", (_UNSIGNED, False)),
    ("pg_hba.conf", (_NOT_HERE, False)),
    ("certificate", (_NO_TLS, False)),
    ("does not support ssl", (_NO_TLS, False)),
    ("permission denied", (_NO_DATABASE, False)),
    ("too many", (_BUSY, True)),
    ("remaining connection slots", (_BUSY, True)),
    ("starting up", (_STARTING, True)),
    ("shutting down", (_STARTING, True)),
    ("role ", (_WRONG_LOGIN, False)),
    ("database ", (_NO_DATABASE, False)),
    ("could not translate host name", (_NOBODY, True)),
)
"""What libpq says, for it keeps the codes of a connection that failed to itself; the first that fits counts."""

_MYSQL: Mapping[int, tuple[str, bool]] = {
    1045: (_WRONG_LOGIN, False),
    1698: (_WRONG_LOGIN, False),
    1044: (_NO_DATABASE, False),
    1049: (_NO_DATABASE, False),
    1040: (_BUSY, True),
    1203: (_BUSY, True),
    1226: (_BUSY, True),
    1053: (_STARTING, True),
    1129: (_NOT_HERE, True),
    1130: (_NOT_HERE, False),
    1251: ("the database wants a way to sign in that the driver does not know", False),
    2026: (_NO_TLS, False),
    2059: ("the database wants a way to sign in that the driver does not know", False),
    3159: (_NOT_HERE, False),
}

_MYSQL_DENIED = frozenset({1044, 1142, 1143, 1227, 1370, 1345, 1419})
_MYSQL_TIMES = frozenset({1969, 3024, 1317, 1028})
_MYSQL_LOST = frozenset({2006, 2013, 2014, 2055, 1053, 1927})


def explain_refusal(error: BaseException) -> tuple[str, bool]:
    """Why there is no connection, and whether another try may help."""
    cause = _cause(error)
    if isinstance(cause, psycopg.Error):
        return _postgresql_refusal(cause)
    if isinstance(cause, pymysql.err.MySQLError):
        return _MYSQL.get(_number(cause), (_NOBODY if _number(cause) == 2003 else _SPEAKS, True))
    if isinstance(cause, RuntimeError) and "cryptography" in str(cause):
        return "the database wants TLS or an encrypted password; offer TLS, or install the package cryptography", False
    if isinstance(cause, OSError):
        return _NOBODY, True
    return _SPEAKS, not isinstance(cause, ValueError | LookupError)


def _postgresql_refusal(error: psycopg.Error) -> tuple[str, bool]:
    known = _SQLSTATES.get(error.sqlstate or "")
    if known is not None:
        return known
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        return "no connection stood in time", True
    text = str(error).casefold()
    said = next((says for words, says in _LIBPQ if "fatal" in text and words in text), None)
    said = said or next((says for words, says in _LIBPQ if words in text and words in _OF_THE_CLIENT), None)
    if said is not None:
        return said
    if error.pgconn is not None and error.pgconn.used_password:
        return _WRONG_LOGIN, False
    return (_NOBODY if "refused" in text or "is the server running" in text else _SPEAKS), True


_OF_THE_CLIENT = frozenset(
    {"no password supplied", "certificate", "does not support ssl", "could not translate host name"}
)


def is_lost(error: BaseException) -> bool:
    """Whether the connection is gone with it."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    cause = _cause(error)
    if isinstance(cause, psycopg.Error):
        return (cause.sqlstate or "").startswith(("08", "57P")) or (
            isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None
        )
    if isinstance(cause, pymysql.err.MySQLError):
        return _number(cause) in _MYSQL_LOST or (isinstance(cause, pymysql.err.InterfaceError) and _number(cause) == 0)
    return isinstance(cause, OSError)


def why_not_read(error: BaseException, seconds: float) -> str:
    """Why a statement was not answered, as the end of a sentence."""
    cause = _cause(error)
    code = str(getattr(cause, "sqlstate", None) or "")
    number = _number(cause)
    if code in ("57014", "55P03") or number in _MYSQL_TIMES:
        return f"it took longer than {seconds:g} seconds, or somebody holds it locked"
    if code == "42501" or number in _MYSQL_DENIED:
        return "the user has no right to read it"
    name = str(getattr(cause, "sqlite_errorname", "") or "")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return DAMAGED
    told = (str(number) if number else "") or code or name
    return f"the database refused the question ({told})" if told else "the database refused the question"


def _cause(error: BaseException) -> BaseException:
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error


def _number(error: Any) -> int:
    """The number of a MySQL error; 0 for all others."""
    first = error.args[0] if isinstance(error, pymysql.err.MySQLError) and error.args else 0
    return first if isinstance(first, int) else 0
