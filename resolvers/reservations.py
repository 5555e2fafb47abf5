"""Streams that clients reserve, for the answers of many operations.

    reservation = reservations.reserve(caller)      # raises Full
    reservation.start("1", answers)
    async for told in reservation.events():         # once
        …

An operation begins when the stream is open, and goes on when what it told before is taken: nothing heaps up for a
client that is slow. A reservation ends with its stream, or some seconds after it was made if nobody has opened that.
"""

import asyncio
import re
import secrets
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing

from resolvers.answering import Answer
from resolvers.errors import unanswered
from resolvers.events import event
from resolvers.gate import Full

MOST_RESERVATIONS = 1_000
"""Reservations at the same time; one caller may have half of them."""
MOST_OPERATIONS = 100
"""Operations at the same time in one stream."""
PATIENCE = 30.0
"""Seconds in which the stream has to be opened."""

_TOKEN = re.compile(r"([0-9a-f]{8})\.[A-Za-z0-9_-]{32}")


def worker_of(token: str) -> str | None:
    """The name of the worker that gave a token; `None` if nobody did."""
    found = _TOKEN.fullmatch(token)
    return found[1] if found else None


class Reservation:
    """One stream, and the operations that are told in it."""

    def __init__(self, token: str, caller: str) -> None:
        self.token = token
        self.caller = caller
        self.expiry: asyncio.TimerHandle | None = None
        self._opened = asyncio.Event()
        self._told: asyncio.Queue[bytes] = asyncio.Queue(1)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_open(self) -> bool:
        """Whether somebody takes what is told."""
        return self._opened.is_set()

    @property
    def is_full(self) -> bool:
        """Whether no further operation may begin."""
        return len(self._tasks) >= MOST_OPERATIONS

    def runs(self, id: str) -> bool:
        """Whether an operation of that id has not come to its end."""
        return id in self._running

    def start(self, id: str, answers: AsyncGenerator[Answer, None]) -> None:
        """Tell of an operation under an id that no other one has."""
        task = self._running[id] = asyncio.create_task(self._tell(id, answers))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self, id: str) -> None:
        """End an operation, if it runs: nothing more is told of it."""
        task = self._running.pop(id, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _tell(self, id: str, answers: AsyncGenerator[Answer, None]) -> None:
        await self._opened.wait()
        try:
            async with aclosing(answers):
                async for answer in answers:
                    await self._told.put(event("next", {"id": id, "payload": answer.formatted()}))
        except Exception as error:  # the last place where it can be told
            await self._told.put(event("next", {"id": id, "payload": {"errors": [unanswered(error)]}}))
        if self._running.get(id) is asyncio.current_task():
            del self._running[id]
        await self._told.put(event("complete", {"id": id}))

    def open(self) -> None:
        """Let operations begin. It is open once only."""
        self._unwatch()
        self._opened.set()

    async def events(self) -> AsyncGenerator[bytes, None]:
        """What is told of all operations, without an end."""
        while True:
            yield await self._told.get()

    async def end(self) -> None:
        """End all operations."""
        self._unwatch()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _unwatch(self) -> None:
        if self.expiry is not None:
            self.expiry.cancel()


class Reservations:
    """The reservations of one worker, which tokens name."""

    def __init__(self, worker: str | None = None, patience: float = PATIENCE) -> None:
        self.worker = worker or secrets.token_hex(4)
        self._patience = patience
        self._reserved: dict[str, Reservation] = {}
        self._callers: Counter[str] = Counter()
        self._ending: set[asyncio.Task[None]] = set()

    def reserve(self, caller: str) -> Reservation:
        """A new reservation. Raises Full."""
        if len(self._reserved) >= MOST_RESERVATIONS or self._callers[caller] >= MOST_RESERVATIONS // 2:
            raise Full("Too many event streams are reserved already.")
        token = f"{self.worker}.{secrets.token_urlsafe(24)}"
        made = self._reserved[token] = Reservation(token, caller)
        self._callers[caller] += 1
        made.expiry = asyncio.get_running_loop().call_later(self._patience, self._expire, made)
        return made

    def find(self, token: str) -> Reservation | None:
        """The reservation of a token, `None` if there is none, or none any more."""
        return self._reserved.get(token)

    def _expire(self, reservation: Reservation) -> None:
        task = asyncio.ensure_future(self.end(reservation))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def end(self, reservation: Reservation) -> None:
        """End a reservation; its token is nothing from now on."""
        if self._reserved.pop(reservation.token, None) is not None:
            self._callers[reservation.caller] -= 1
            if not self._callers[reservation.caller]:
                del self._callers[reservation.caller]
        await reservation.end()

    async def close(self) -> None:
        """End all reservations."""
        for reservation in list(self._reserved.values()):
            await self.end(reservation)
