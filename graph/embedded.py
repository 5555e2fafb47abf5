"""Find the embedded engine of a data folder, or start it.

The engine is a process of its own, so that a service and commands beside it share one folder. They
find each other by locks, which the system lets go of when a process dies, however it dies; so there
is no process id to be mistaken about:

- `engine.lock` is held by the engine for as long as it lives;
- `clients.lock` is shared by all clients; once the engine gets it for itself, it is alone and may end.
  A client that comes just then waits for the lock, and so until the engine has gone;
- `start.lock` is held by a client that starts the engine: of two at once, one starts it, one attaches;
- `write.lock` is held by the process that writes: the engine finds conflicts only at the commit, where a
  big batch would lose to every small write, so writers queue here.

`engine.json` (the run file) then says where the engine listens, `password` what it asks for; both are
for the owner's eyes only, as the folder is.
"""

import contextlib
import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph.embedded_server import (
    CLIENTS_LOCK,
    DATABASE,
    ENGINE_LOCK,
    EXIT_TAKEN,
    LOG_FOLDER,
    OUTPUT_FILE,
    PASSWORD_FILE,
    RUN_FILE,
    USER,
    try_lock,
)
from graph.errors import (
    CannotOpen,
    DiskFull,
    EngineSettings,
    FolderInUse,
    FolderUnusable,
    JavaMissing,
    Unreachable,
)
from graph.memory import memory_mb

__all__ = ["DATABASE", "USER", "Attachment", "attach", "wait_turn", "wait_until_ended"]

_START_LOCK = "start.lock"
_WRITE_LOCK = "write.lock"
_POLL_SECONDS = 0.02
_START_SECONDS = 90
_FREE_MB = 32
_HEAP_MB = (512, 4096)
_TRIES = 3
_LOG_LINES = 20


@dataclass(slots=True)
class Attachment:
    """Being a client of the engine of a folder: it stays up until `close`, or until this process ends."""

    folder: Path
    pid: int
    port: int
    http_port: int
    version: str
    settings: dict[str, str]
    heap_mb: int
    clients_lock: int | None

    def password(self) -> str:
        """The engine's password, from its file."""
        return _read(self.folder / PASSWORD_FILE).strip()

    def open_turn(self) -> int:
        """A descriptor of the file that `wait_turn` locks; closing it ends the turn, and the wait for it."""
        return os.open(self.folder / _WRITE_LOCK, os.O_RDWR | os.O_CREAT, 0o600)

    def close(self) -> None:
        """Stop being a client."""
        if self.clients_lock is not None:
            with contextlib.suppress(OSError):
                os.utime(self.clients_lock)  # from now on the engine counts
            os.close(self.clients_lock)
            self.clients_lock = None


def wait_until_ended(folder: Path, seconds: float = 60) -> bool:
    """Wait until the engine of a folder has gone; whether it has. For those who want to delete the folder."""
    if not (folder / ENGINE_LOCK).exists():
        return True
    _poll(lambda: not _is_running(folder), seconds)
    return not _is_running(folder)


def wait_turn(descriptor: int, *, block: bool) -> bool:
    """Wait until no other process writes. Without `block`: whether that is so now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if block else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def default_heap_mb() -> int:
    """A quarter of the memory, at least 512 MB, at most 4 GB."""
    least, most = _HEAP_MB
    return max(least, min(most, memory_mb() // 4))


def attach(
    folder: Path, *, heap_mb: int | None = None, statement_seconds: float = 30, linger_seconds: float = 10
) -> Attachment:
    """Become a client of the engine of `folder`; start the engine if there is none. Blocks for some seconds."""
    folder = folder.absolute()
    _prepare(folder)
    options = {
        "data": str(folder),
        "heap_mb": heap_mb or default_heap_mb(),
        "statement_seconds": statement_seconds,
        "linger_seconds": linger_seconds,
    }
    # Held before we look for the engine: it cannot end between our look and our first statement.
    clients = _wait_lock(folder / CLIENTS_LOCK, fcntl.LOCK_SH, "the engine that is just ending")
    try:
        os.utime(clients)
        state = _find_or_start(folder, options)
        _check_settings(state, folder)
    except BaseException:
        os.close(clients)
        raise
    return Attachment(
        folder=folder,
        pid=state["pid"],
        port=state["bolt"],
        http_port=state["http"],
        version=state["version"],
        settings=state["settings"],
        heap_mb=state["heap_mb"],
        clients_lock=clients,
    )


def _prepare(folder: Path) -> None:
    """Make the folder, and see that it is ours, private, and has room."""
    with _folder_errors(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        names = {path.name for path in folder.iterdir()}  # one look: another client may be making its files now
        if names and not names & {CLIENTS_LOCK, _START_LOCK, ENGINE_LOCK}:
            raise FolderUnusable(
                f"The folder {folder} holds something else than a registry's data.",
                "Give REGISTRY_DATA an empty or a new folder.",
            )
        _see_writable(folder)
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
        free_mb = shutil.disk_usage(folder).free >> 20
    if free_mb < _FREE_MB:
        raise DiskFull(
            f"Only {free_mb} MB are free where the data folder {folder} is; the engine needs at least {_FREE_MB} MB.",
            "Make room, or give REGISTRY_DATA a folder on another disk.",
        )


def _see_writable(folder: Path) -> None:
    """Refuse a folder that was made read-only: to make it private would silently make it writable too."""
    if not os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))


@contextlib.contextmanager
def _folder_errors(folder: Path) -> Any:
    try:
        yield
    except (FileExistsError, NotADirectoryError) as error:
        raise FolderUnusable(
            f"The data folder {folder} is not a folder.", "Give REGISTRY_DATA the path of a folder."
        ) from error
    except PermissionError as error:
        raise FolderUnusable(
            f"The data folder {folder} cannot be written: {error.strerror}.",
            "Run as the user who owns it, change its owner, or give REGISTRY_DATA another folder.",
        ) from error
    except OSError as error:
        if error.errno == 28:  # ENOSPC
            raise DiskFull(f"The disk of the data folder {folder} is full.", "Make room, then try again.") from error
        raise FolderUnusable(
            f"The data folder {folder} cannot be used: {error.strerror}.",
            "It must be on a local disk that can be written and locked; REGISTRY_DATA names another.",
        ) from error


def _wait_lock(path: Path, kind: int, holder: str, seconds: float = _START_SECONDS) -> int:
    descriptor: int | None = None

    def taken() -> bool:
        nonlocal descriptor
        descriptor = try_lock(path, kind)
        return descriptor is not None

    with _folder_errors(path.parent):
        _poll(taken, seconds)
    if descriptor is None:
        raise FolderInUse(
            f"Waited {seconds:.0f} s for {holder} to let go of {path.parent}.",
            f"See what uses it (`fuser {path}`), end that, and try again.",
        )
    return descriptor


def _poll(done: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)


def _find_or_start(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    starting = _wait_lock(folder / _START_LOCK, fcntl.LOCK_EX, "another command that starts the engine")
    try:
        for tries in range(1, _TRIES + 1):
            if not _is_running(folder):
                _spawn(folder, options)
            state = _await_report(folder)
            if state["state"] == "ready":
                return state
            error = _start_error(folder, str(state["error"]))
            # A port that was free a moment ago may be taken now.
            if tries == _TRIES or not isinstance(error, Unreachable):
                raise error
        raise AssertionError("unreachable")
    finally:
        os.close(starting)


def _is_running(folder: Path) -> bool:
    with _folder_errors(folder):
        descriptor = try_lock(folder / ENGINE_LOCK, fcntl.LOCK_SH)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def _spawn(folder: Path, options: dict[str, Any]) -> None:
    """Start the engine; return when it has taken its lock."""
    with _folder_errors(folder):
        (folder / RUN_FILE).unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
        output = os.open(folder / OUTPUT_FILE, flags, 0o600)
    try:
        # -P and our own search path: neither the data folder nor the user's may hide a module.
        child = subprocess.run(  # noqa: S603
            [sys.executable, "-P", "-m", "graph.embedded_server", json.dumps(options)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.curdir for path in map(_absolute, sys.path))},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C of this command is not the engine's
            check=False,
        )
    finally:
        os.close(output)
    if child.returncode not in (0, EXIT_TAKEN):
        raise CannotOpen(
            f"The embedded engine did not start: {_tail(folder / OUTPUT_FILE)}",
            "`registry doctor` looks for the cause.",
        )


def _absolute(path: str) -> str:
    return str(Path(path or os.curdir).absolute())


def _await_report(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] | None = None

    def reported() -> bool:
        nonlocal state
        running = _is_running(folder)  # before the read: what it wrote last, we see
        state = _run_file(folder)
        return state is not None or not running

    _poll(reported, _START_SECONDS)
    if state is None:
        return {"state": "failed", "error": _last_words(folder)}
    return state


def _run_file(folder: Path) -> dict[str, Any] | None:
    try:
        state = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) and "state" in state else None


def _last_words(folder: Path) -> str:
    if _is_running(folder):
        return f"it did not report within {_START_SECONDS} s"
    return f"it ended without a report. {_tail(folder / OUTPUT_FILE)}"


def _tail(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-_LOG_LINES:])


def _read(path: Path) -> str:
    with _folder_errors(path.parent):
        return path.read_text(encoding="ascii")


def _start_error(folder: Path, text: str) -> Exception:
    """What the engine said when it failed to start, as an error with a way out."""
    low = text.lower()
    log = f"The engine's log is {folder / LOG_FOLDER / 'engine.log.0'}."
    if "locked by another process" in low or "lockexception" in low:
        return FolderInUse(
            f"Another engine has opened the data folder {folder}.",
            f"End it (`fuser {folder / 'databases' / DATABASE}/*` names it), or give REGISTRY_DATA another folder.",
        )
    if "no space left" in low or "disk quota" in low:
        return DiskFull(f"The disk of the data folder {folder} is full.", "Make room, then try again.")
    if "read-only file system" in low or "permission denied" in low or "accessdenied" in low:
        return FolderUnusable(
            f"The data folder {folder} cannot be written.",
            "Run as the user who owns it and see that its disk is not mounted read-only.",
        )
    if any(words in low for words in ("failed to start jvm", "modulenotfounderror", "importerror", "libjvm")) or (
        "bundled jre" in low or "object heap" in low or "no jar files" in low
    ):
        return JavaMissing(
            f"The Java of the embedded engine does not start: {text}",
            "It needs Linux with glibc 2.34 or newer (or macOS) and the package arcadedb-embedded; a smaller "
            "REGISTRY_HEAP_MB if memory is short; or REGISTRY_GRAPH_URL for a Neo4j instead.",
        )
    if "address already in use" in low or "bindexception" in low or "unable to listen" in low:
        return Unreachable(f"The embedded engine found no free port: {text}", "Try again.")
    return FolderUnusable(
        f"The embedded engine cannot open the data folder {folder}: {text}",
        f"{log} Restore the folder from a backup, or import again into a new one (REGISTRY_DATA).",
    )


def _check_settings(state: dict[str, Any], folder: Path) -> None:
    """What the engine was asked for at its start must be what it says that it runs with."""
    wrong = {
        key: state["settings"].get(key) for key, asked in state["asked"].items() if asked != state["settings"].get(key)
    }
    if wrong:
        told = ", ".join(f"{key} is {value}, not {state['asked'][key]}" for key, value in wrong.items())
        raise EngineSettings(
            f"The embedded engine in {folder} does not run as asked: {told}.",
            "Look for ARCADEDB_ or JAVA_TOOL_OPTIONS variables in the environment, and install the version of "
            "arcadedb-embedded that constraints.txt names.",
        )
