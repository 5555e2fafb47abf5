"""`registry serve`: look whether it may, start the engine, and meanwhile load the service."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import closing

from graph import embedded
from graph.errors import GraphError
from registry.commands.opened import settings
from registry.listening import bind, check_host
from registry.settings import Settings
from registry.terminal import console

__all__ = ["serve"]


def serve(host: str, port: int, workers: int) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way and return. Raises CannotServe and GraphError."""
    given = settings()
    check_host(host, open=given.open)
    # What is wrong in their files is told before anything is started.
    given.work_calendar(), given.rule_profiles()
    given.lay_tables()
    with closing(bind(host, port)) as listening, _engine_starting(given):
        from registry.serve import serve_on

        serve_on(listening, given, host, workers, console())


@contextlib.contextmanager
def _engine_starting(given: Settings) -> Iterator[None]:
    """Let the embedded engine come up while this process is still busy importing. The service attaches by itself."""
    held: list[embedded.Attachment] = []
    done = threading.Event()

    def attach() -> None:
        where = given.graph()
        # What is wrong, the service meets and tells.
        with contextlib.suppress(GraphError):
            held.append(
                embedded.attach(
                    where.data,
                    heap_mb=where.heap_mb,
                    statement_seconds=where.statement_seconds,
                    linger_seconds=where.linger_seconds,
                )
            )
        if done.is_set():
            _close(held)

    if given.graph_url is None:
        threading.Thread(target=attach, daemon=True).start()
    try:
        yield
    finally:
        done.set()
        _close(held)


def _close(held: list[embedded.Attachment]) -> None:
    while held:
        held.pop().close()
