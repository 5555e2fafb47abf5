"""Waiting for the graph to change, whoever changes it: one small statement a moment for all who wait in a process."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from graph.changes import position
from graph.engine import Graph
from graph.errors import GraphError

log = logging.getLogger(__name__)

SECONDS = 0.25
"""How often the graph is looked at while somebody waits."""
_LONGEST = 5.0


@dataclass(eq=False, slots=True)
class Follower:
    """Somebody who follows the changes: has taken over all up to `sequence`."""

    sequence: int


class Watch:
    """Looks at the graph while somebody waits for it to change, and knows who follows."""

    def __init__(self, graph: Graph, seconds: float = SECONDS) -> None:
        self._graph = graph
        self._seconds = seconds
        self._waiting = 0
        self._sequence = -1
        self._changed = asyncio.Condition()
        self._looking: asyncio.Task[None] | None = None
        self._followers: set[Follower] = set()

    @contextmanager
    def following(self, sequence: int) -> Iterator[Follower]:
        """Follow the changes after one; whoever does says how far it is."""
        follower = Follower(sequence)
        self._followers.add(follower)
        try:
            yield follower
        finally:
            self._followers.discard(follower)

    @property
    def followers(self) -> int:
        """How many follow."""
        return len(self._followers)

    @property
    def last(self) -> int | None:
        """How far the last of them is; `None` while nobody follows."""
        return min((follower.sequence for follower in self._followers), default=None)

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
