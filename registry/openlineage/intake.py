"""Events wait here until they are committed: those that wait together are taken in one transaction.

intake = Intake(storing.take); intake.start()
outcomes = await intake.put(events)         # returns when all are committed, or are known not to be
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from connectors.openlineage_events import Event
from graph.errors import GraphError

__all__ = ["Fate", "Full", "Intake"]

log = logging.getLogger("registry.openlineage")

MOST_AT_ONCE = 1_000
"""Events of one transaction."""
_HEAVIEST = 30_000
"""Flows and columns of one transaction, if it has more than one event."""
MOST_WAITING = 10_000
_MOMENT = 0.004
_MOMENTS = 10
_HEAVIEST_WAITING = 1_000_000


class Full(Exception):
    """So much waits already that nothing more is taken now."""


class Fate(Enum):
    """What became of an event: it is committed; the graph could not be written to; it could not be taken at all."""

    TAKEN = "taken"
    LATER = "later"
    NEVER = "never"


@dataclass(slots=True)
class _Waiting:
    event: Event
    fate: asyncio.Future[Fate]


class Intake:
    """The queue of one worker. `store` takes events as one, and may be called again with the same ones."""

    def __init__(self, store: Callable[[Sequence[Event]], Awaitable[None]]) -> None:
        self._store = store
        self._waiting: deque[_Waiting] = deque()
        self._weight = 0
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._last = 1

    def start(self) -> None:
        """Begin to take events."""
        self._task = asyncio.create_task(self._work())

    async def close(self) -> None:
        """Take what waits, then end."""
        self._closed = True
        self._wake.set()
        if self._task is not None:
            await self._task

    async def put(self, events: Sequence[Event]) -> list[Fate]:
        """Wait until these are committed; what became of each. Raises Full."""
        weight = sum(map(_weight, events))
        if self._closed or (
            self._waiting
            and (len(self._waiting) + len(events) > MOST_WAITING or self._weight + weight > _HEAVIEST_WAITING)
        ):
            raise Full
        loop = asyncio.get_running_loop()
        entries = [_Waiting(event, loop.create_future()) for event in events]
        self._waiting.extend(entries)
        self._weight += weight
        self._wake.set()
        return [await entry.fate for entry in entries]

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                if self._closed:
                    return
                self._wake.clear()
                await self._wake.wait()
            await self._gather()
            await self._take(self._next())

    async def _gather(self) -> None:
        """Where many send at once, wait a moment for those that were just answered: their next ones come now."""
        for _ in range(_MOMENTS if self._last > 1 else 0):
            waiting = len(self._waiting)
            if waiting >= self._last:
                return
            await asyncio.sleep(_MOMENT)
            if len(self._waiting) == waiting:
                return

    def _next(self) -> list[_Waiting]:
        """The events of the next transaction."""
        taken: list[_Waiting] = []
        weight = 0
        while self._waiting and len(taken) < MOST_AT_ONCE:
            its = _weight(self._waiting[0].event)
            if taken and weight + its > _HEAVIEST:
                break
            taken.append(self._waiting.popleft())
            weight += its
        self._weight -= weight
        self._last = len(taken)
        return taken

    async def _take(self, group: Sequence[_Waiting]) -> None:
        """Take a group; where it fails for one of its events, each by itself."""
        try:
            await self._store([entry.event for entry in group])
            fate = Fate.TAKEN
        except GraphError as error:
            log.warning("events could not be written: %s", error)
            fate = Fate.LATER
        except Exception:  # whatever it is, it must not stop the others, and its sender gets no detail
            if len(group) > 1:
                for entry in group:
                    await self._take([entry])
                return
            event = group[0].event
            log.exception("an event of %s, run %s, could not be taken", event.job, event.run)
            fate = Fate.NEVER
        for entry in group:
            if not entry.fate.done():
                entry.fate.set_result(fate)


def _weight(event: Event) -> int:
    return event.content.weight + 1
