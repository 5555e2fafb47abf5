"""How many requests are answered at the same time: of all, of one caller, and how many may wait.

async with gate.entered(caller):    # raises Full
    …
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Room:
    """The most that are answered at the same time, of one caller among them, and that wait for it."""

    running: int = 64
    per_caller: int = 16
    waiting: int = 512


class Full(Exception):
    """Too many wait already; it may be tried again after some seconds."""

    seconds = 1

    def __init__(self, message: str = "Too many requests are waiting already.") -> None:
        super().__init__(message)


class Gate:
    """Lets requests in, in the order in which they came, but for callers who have their share already."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._running: Counter[str] = Counter()
        self._waiting: deque[tuple[str, asyncio.Future[None]]] = deque()
        self._waits: Counter[str] = Counter()

    @property
    def running(self) -> int:
        """How many are being answered."""
        return self._running.total()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self._waits.total()

    @asynccontextmanager
    async def entered(self, caller: str, *, patient: bool = False) -> AsyncIterator[None]:
        """Be inside, after a wait perhaps. One caller may fill half of the places to wait; then this raises Full.

        With `patient` there is always a place: what has been admitted before has to come to its end.
        """
        if not self._admits(caller) or self._waits[caller]:
            if not patient and self._is_full(caller):
                raise Full
            await self._wait(caller)
        else:
            self._running[caller] += 1
        try:
            yield
        finally:
            self._leave(caller)

    def _admits(self, caller: str) -> bool:
        return self.running < self._room.running and self._running[caller] < self._room.per_caller

    def _is_full(self, caller: str) -> bool:
        return self.waiting >= self._room.waiting or self._waits[caller] >= max(self._room.waiting // 2, 1)

    async def _wait(self, caller: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((caller, turn))
        self._waits[caller] += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave(caller)  # it was let in as it gave up
            else:
                self._waiting.remove((caller, turn))
                self._less(self._waits, caller)
            raise

    def _leave(self, caller: str) -> None:
        self._less(self._running, caller)
        for one in list(self._waiting):
            if self.running >= self._room.running:
                return
            waiter, turn = one
            if not turn.done() and self._admits(waiter):
                self._waiting.remove(one)
                self._less(self._waits, waiter)
                self._running[waiter] += 1
                turn.set_result(None)

    @staticmethod
    def _less(counter: Counter[str], caller: str) -> None:
        counter[caller] -= 1
        if not counter[caller]:
            del counter[caller]
