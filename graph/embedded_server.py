"""The embedded engine's own process: `python -m graph.embedded_server OPTIONS`.

OPTIONS is JSON: `data` (folder), `heap_mb`, `statement_seconds`, `linger_seconds`. The process takes
the folder's lock, leaves its parent, starts ArcadeDB on free loopback ports, writes the run file and
stays until `linger_seconds` after its last client has gone. How it and its clients find each other
is told in `graph/embedded.py`.

The first process ends at once: 0, the engine is coming up and the run file will say how it went;
`EXIT_TAKEN`, another engine already holds the folder.
"""

import fcntl
import json
import os
import secrets
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

ENGINE_LOCK = "engine.lock"
CLIENTS_LOCK = "clients.lock"
RUN_FILE = "engine.json"
PASSWORD_FILE = "password"  # noqa: S105
OUTPUT_FILE = "engine.out"
LOG_FOLDER = "log"
DATABASE = "registry"
USER = "root"
EXIT_TAKEN = 3

_POLL_SECONDS = 0.25
_STOP_SECONDS = 60
_MESSAGE_BYTES = 256 << 20  # the default, 16 MB, is less than a batch of rows may be

_LOGGING_FILE = "config/logging.properties"
_LOGGING = """\
handlers = java.util.logging.FileHandler
.level = INFO
io.undertow.level = WARNING
org.xnio.level = WARNING
org.jboss.level = WARNING
java.util.logging.FileHandler.level = INFO
java.util.logging.FileHandler.pattern = ./log/engine.log
java.util.logging.FileHandler.formatter = com.arcadedb.log.LogFormatter
java.util.logging.FileHandler.limit = 5000000
java.util.logging.FileHandler.count = 3
"""


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read; readers see the old text or the new, never a half."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def try_lock(path: Path, kind: int) -> int | None:
    """Take a lock on a file, `fcntl.LOCK_EX` or `LOCK_SH`, without waiting: its descriptor, or None."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def main() -> None:
    """Become the engine of a data folder, or say that it has one."""
    options = json.loads(sys.argv[1])
    os.umask(0o077)
    os.chdir(options["data"])  # the engine writes below its working directory, wherever that is
    if try_lock(Path(ENGINE_LOCK), fcntl.LOCK_EX) is None:
        sys.exit(EXIT_TAKEN)
    if os.fork():
        os._exit(0)  # the lock lives on in the child, which nobody has to wait for
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        server = _start(options)
    except BaseException as error:
        _report({"state": "failed", "error": _error_text(error)})
        os._exit(1)
    _wait_until_alone(float(options["linger_seconds"]))
    _end(server)


def _start(options: dict[str, Any]) -> Any:
    settings = _settings(options)
    # Given any later, for instance as `config`, the engine ignores these without a word.
    os.environ["ARCADEDB_JVM_ARGS"] = " ".join(
        [
            f"-Xmx{options['heap_mb']}m",
            "-XX:+ExitOnOutOfMemoryError",
            f"-Djava.util.logging.config.file={_LOGGING_FILE}",
            *(f"-D{name}={value}" for name, value in settings.items()),
        ]
    )
    os.environ["ARCADEDB_JVM_ERROR_FILE"] = f"./{LOG_FOLDER}/java-crash.log"
    for folder in ("config", LOG_FOLDER):
        Path(folder).mkdir(exist_ok=True)
    Path(_LOGGING_FILE).write_text(_LOGGING, encoding="ascii")
    import arcadedb_embedded

    bolt, http = _free_ports()
    config = {
        "host": "127.0.0.1",
        "http_port": http,
        "server_plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
        "bolt_port": bolt,
    }
    server = arcadedb_embedded.create_server(str(Path.cwd()), _password(), config=config)
    server.start()
    server.create_database(DATABASE)
    _report(
        {
            "state": "ready",
            "pid": os.getpid(),
            "bolt": bolt,
            "http": http,
            "password": PASSWORD_FILE,
            "version": arcadedb_embedded.__version__,
            "asked": settings,
            "settings": _read_back(settings),
            "heap_mb": _heap_mb(),
        }
    )
    return server


def _settings(options: dict[str, Any]) -> dict[str, str]:
    return {
        "arcadedb.txWalFlush": "2",  # else a power cut loses what was acknowledged
        "arcadedb.command.timeout": str(int(float(options["statement_seconds"]) * 1000)),
        "arcadedb.bolt.maxMessageSize": str(_MESSAGE_BYTES),
        "arcadedb.bolt.packstream.maxValueLength": str(_MESSAGE_BYTES),
        "arcadedb.queryMaxHeapElementsAllowedPerOp": "20000000",  # the default is less than the links of a city
        "arcadedb.opencypher.loadCsv.allowFileUrls": "false",
        "arcadedb.opencypher.loadCsv.allowRemoteUrls": "false",
        "arcadedb.server.saltIterations": "1000",  # the password is random: stretching it only costs time
        "arcadedb.polyglotEngineEnabled": "false",
        "arcadedb.serverMetrics": "false",
        "arcadedb.support.autoRegister": "false",
    }


def _read_back(settings: dict[str, str]) -> dict[str, str]:
    import jpype

    known = jpype.JClass("com.arcadedb.GlobalConfiguration").values()
    return {key: str(item.getValueAsString()) for item in known if (key := str(item.getKey())) in settings}


def _heap_mb() -> int:
    import jpype

    return int(jpype.JClass("java.lang.Runtime").getRuntime().maxMemory()) >> 20


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def _password() -> str:
    path = Path(PASSWORD_FILE)
    if path.exists() and (text := path.read_text(encoding="ascii").strip()):
        return text
    # The engine keeps a hash of the password that it was first given: without it, it takes a new one.
    Path("config/server-users.jsonl").unlink(missing_ok=True)
    text = secrets.token_urlsafe(24)
    write_private(path, text)
    return text


def _report(state: dict[str, Any]) -> None:
    write_private(Path(RUN_FILE), json.dumps(state, ensure_ascii=False, indent=1))


def _error_text(error: BaseException) -> str:
    """All that the chain of an error says, once each; the engine puts the cause last."""
    lines: list[str] = []
    step: BaseException | None = error
    while step is not None:
        text = f"{type(step).__name__}: {step}"
        if text not in lines:
            lines.append(text)
        step = step.__cause__ or step.__context__
    return "\n".join(lines)


def _wait_until_alone(linger: float) -> None:
    """Return, holding the clients' lock, when for `linger` seconds no client was there."""
    alone_since = time.time()
    while True:
        time.sleep(_POLL_SECONDS)
        if not Path(ENGINE_LOCK).exists():
            os._exit(1)  # the folder was deleted: write no more into what may be another's by now
        descriptor = try_lock(Path(CLIENTS_LOCK), fcntl.LOCK_EX)
        if descriptor is None:
            alone_since = time.time()
            continue
        # A client that came and went between two looks has left its time on the file.
        alone_since = max(alone_since, min(os.fstat(descriptor).st_mtime, time.time()))
        if time.time() - alone_since >= linger:
            return  # whoever comes now waits for the lock, and so until we are gone
        os.close(descriptor)


def _end(server: Any) -> None:
    threading.Thread(target=_end_anyway, daemon=True).start()
    server.stop()
    Path(RUN_FILE).unlink(missing_ok=True)
    os._exit(0)


def _end_anyway() -> None:
    time.sleep(_STOP_SECONDS)
    os._exit(1)  # the log is on disk: the next start recovers


if __name__ == "__main__":
    main()
