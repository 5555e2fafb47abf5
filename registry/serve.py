"""The service on a socket: one worker in this process, or several beside it."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import tempfile
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.supervisors import Multiprocess

from graph.engine import open_graph
from graph.projection import Projection
from registry.app import Parts, create_app
from registry.listening import addresses
from registry.settings import Settings, load_settings
from registry.telemetry import log_the_rest, log_to_standard_error, send_traces

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["serve_on", "worker_app"]

log = logging.getLogger("registry.service")

_DRAIN_SECONDS = 10
_TELL_SECONDS = 2
_SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder that workers share: for their counts, and to reach each other."""


def serve_on(listening: socket.socket, settings: Settings, host: str, workers: int, out: "Console") -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way and return. Raises GraphError."""
    log_to_standard_error(settings.log_format)
    log_the_rest()
    if workers == 1:
        send_traces()
        _run(_serve_here(settings, listening, lambda: _greet(listening, host, out)))
    else:
        _serve_beside(settings, listening, workers, lambda: _greet(listening, host, out))
    out.print("Stopped.")


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run on the faster event loop where there is one."""
    try:
        from uvloop import new_event_loop
    except ImportError:  # not made for every platform
        asyncio.run(work)
    else:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(work)


def _greet(listening: socket.socket, host: str, out: "Console") -> None:
    out.print("The registry answers at")
    for name, address in addresses(host, listening.getsockname()[1]):
        out.print(f"  {name:<8} {address}")
    out.print("Ctrl-C stops it.")
    out.file.flush()


def _drain(app: Starlette) -> None:
    parts: Parts | None = app.state.parts
    if parts is not None:
        parts.graphql.drain()


class _Server(uvicorn.Server):
    """A server that says when it answers, and that ends by returning rather than by the signal that ended it."""

    def __init__(self, config: uvicorn.Config, answering: Callable[[], None]) -> None:
        super().__init__(config)
        self._answering = answering

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the streams, then the service."""
        _drain(self.config.loaded_app)
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._answering()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def _config(app: Starlette | str, **options: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        ws_max_size=1_000_000,
        **options,  # type: ignore[arg-type]
    )


async def _serve_here(settings: Settings, listening: socket.socket, answering: Callable[[], None]) -> None:
    app = create_app(settings)
    _end_by_signal()
    with contextlib.suppress(asyncio.CancelledError):
        # Around the server and not within it: so an error on opening the graph comes out as it is.
        async with app.router.lifespan_context(app), watched(app.state.parts):
            await _Server(_config(app, lifespan="off"), answering).serve(sockets=[listening])


def _end_by_signal() -> None:
    """Until the server takes the signals: one that comes while the graph is being opened ends that."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel if task else loop.stop)


@contextlib.asynccontextmanager
async def watched(parts: Parts) -> AsyncIterator[None]:
    """Log how far the projection is while it fills, if that takes a while."""
    watching = asyncio.create_task(_watch(parts.projection))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _watch(projection: Projection) -> None:
    told = False
    gc.set_threshold(50_000, 20, 20)
    while (far := projection.progress).state == "FILLING":
        await asyncio.sleep(_TELL_SECONDS)
        if projection.progress.state == "FILLING":
            far, told = projection.progress, True
            share = f"{far.done / far.total:.0%}" if far.total else "0%"
            log.info(
                "filling the projection: %s (%s things, %s links); statements answer meanwhile",
                share,
                f"{far.things:,}",
                f"{far.links:,}",
            )
    # What is here now mostly stays: looking through it again and again would hold up answers.
    gc.collect()
    gc.freeze()
    if told and far.state == "READY":
        log.info(
            "the projection is filled: %s things, %s links, %s MB", f"{far.things:,}", f"{far.links:,}", far.megabytes
        )


def worker_app() -> Starlette:
    """The application of one of several workers, with the settings of the environment."""
    settings = load_settings()
    log_to_standard_error(settings.log_format)
    log_the_rest()
    send_traces()
    app = create_app(settings, Path(os.environ[_SHARED]))
    opening = app.router.lifespan_context

    @contextlib.asynccontextmanager
    async def lifespan(inner: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            _before(number, lambda: loop.call_soon_threadsafe(_drain, app))
        async with opening(inner), watched(inner.state.parts):
            yield

    app.router.lifespan_context = lifespan
    return app


def _before(number: int, work: Callable[[], object]) -> None:
    """Do something when a signal comes, before what is done anyway."""
    following = signal.getsignal(number)

    def both(number: int, frame: FrameType | None) -> None:
        work()
        if callable(following):
            following(number, frame)

    signal.signal(number, both)


def _serve_beside(settings: Settings, listening: socket.socket, workers: int, answering: Callable[[], None]) -> None:
    """Workers as processes of their own. They share the graph, and the embedded engine of its folder."""
    asyncio.run(_look(settings))
    with tempfile.TemporaryDirectory(prefix="registry-workers-") as folder:
        os.environ[_SHARED] = folder
        try:
            config = _config("registry.serve:worker_app", factory=True, workers=workers, lifespan="on")
            supervisor = Multiprocess(config, sockets=[listening])
            host, port = listening.getsockname()[:2]
            threading.Thread(target=_tell_ready, args=(host, port, answering), daemon=True).start()
            supervisor.run()
        finally:
            os.environ.pop(_SHARED, None)


async def _look(settings: Settings) -> None:
    """See that the graph can be opened before any worker tries; the engine stays up until they have come."""
    graph = await open_graph(settings.graph())
    await graph.close()


def _tell_ready(host: str, port: int, answering: Callable[[], None]) -> None:
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    [(_, _), (_, ready), *_] = addresses(shown, port)
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(ready, timeout=5):  # noqa: S310
            answering()
            return
        time.sleep(0.1)
