"""Waiting for the graph to change, whoever changes it: one small statement a moment for all who wait in a process."""

import asyncio
import logging

from graph.changes import position
from graph.engine import Graph
from graph.errors import GraphError

log = logging.getLogger(__name__)

SECONDS = 0.25
"""How often the graph is looked at while somebody waits."""
_LONGEST = 5.0


class Watch:
    """Looks at the graph while somebody waits for it to change."""

    def __init__(self, graph: Graph, seconds: float = SECONDS) -> None:
        self._graph = graph
        self._seconds = seconds
        self._waiting = 0
        self._sequence = -1
        self._changed = asyncio.Condition()
        self._looking: asyncio.Task[None] | None = None

    async def beyond(self, sequence: int) -> int:
        """Wait until the graph has gone beyond a change; where it stands then."""
        self._waiting += 1
        try:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            async with self._changed:
                await self._changed.wait_for(lambda: self._sequence > sequence)
                return self._sequence
        finally:
            self._waiting -= 1

    async def _look(self) -> None:
        pause = self._seconds
        while self._waiting:
            try:
                self._sequence = (await position(self._graph)).sequence
                pause = self._seconds
            except GraphError as error:
                log.warning("looking for changes: %s", error)
                pause = min(pause * 2, _LONGEST)
            async with self._changed:
                self._changed.notify_all()
            await asyncio.sleep(pause)

    async def close(self) -> None:
        """Stop looking."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
