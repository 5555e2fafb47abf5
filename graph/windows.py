"""Reading what changed, in windows of the change sequence: one statement a window, however much there is."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, LiteralString

from graph.engine import Graph

ROWS = 20_000
"""So many rows one statement is to bring; windows widen and narrow by that."""
FIRST = 4
"""Changes of the first window."""


async def windows(
    graph: Graph, text: LiteralString, after: int, end: int, *, first: int = FIRST, **parameters: Any
) -> AsyncGenerator[tuple[int, list[dict[str, Any]]], None]:
    """The records of a statement for the changes after `after` up to `end`; with each how far it went.

    The statement takes `$after` and `$upto` and answers records with `rows`. The engine works on the next window
    while the reader takes this one. To be closed when it is left early (`contextlib.aclosing`).
    """
    upto, width = min(after + first, end), FIRST

    def read() -> asyncio.Future[list[dict[str, Any]]]:
        return asyncio.ensure_future(graph.read(text, after=after, upto=upto, **parameters))

    ahead = read() if after < end else None
    try:
        while ahead:
            records = await ahead
            done = upto
            width = width * 2 if sum(len(record["rows"]) for record in records) < ROWS else max(1, width // 2)
            after, upto = upto, min(upto + width, end)
            ahead = read() if after < end else None
            yield done, records
    finally:
        if ahead:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)
