"""How a command gets its settings and the graph, and what it may end with."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from graph.engine import Graph, open_graph
from registry.settings import Settings, load_settings
from registry.terminal import notices, waiting

__all__ = ["Failure", "opened", "run", "settings"]

T = TypeVar("T")


class Failure(Exception):
    """A command did not do what it was asked: one sentence, a way out, and how it ends."""

    def __init__(self, message: str, way_out: str = "", *, code: str = "BAD_INPUT", status: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.way_out = way_out
        self.code = code
        self.status = status


def settings(**given: Any) -> Settings:
    """The settings; what means nothing in them is told on standard error."""
    loaded = load_settings(**given)
    for warning in loaded.warnings:
        notices().print(f"Note: {warning}")
    return loaded


@asynccontextmanager
async def opened(given: Settings) -> AsyncIterator[Graph]:
    """The graph, for as long as a command needs it."""
    given.lay_tables()
    with waiting("Opening the graph …"):
        graph = await open_graph(given.graph())
    try:
        yield graph
    finally:
        await graph.close()


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a command's coroutine to its end."""
    return asyncio.run(work())
