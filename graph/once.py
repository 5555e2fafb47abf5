"""What is worked out once, however many ask for it at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")


class Once(Generic[T]):
    """The result of `work`, which runs when it is first asked for; a failure is everybody's failure."""

    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        self._work = work
        self._result: asyncio.Future[T] | None = None

    async def get(self) -> T:
        """The value."""
        if self._result is None:
            self._result = asyncio.ensure_future(self._work())
        return await self._result


@dataclass(eq=False, slots=True)
class _Look(Generic[K, T]):
    keys: dict[K, None]
    found: asyncio.Future[Mapping[K, T]]
    waiting: int = 0


class Joint(Generic[K, T]):
    """Looks up keys by `work`: all those at once that are asked for before the event loop turns."""

    def __init__(self, work: Callable[[list[K]], Awaitable[Mapping[K, T]]]) -> None:
        self._work = work
        self._next: _Look[K, T] | None = None

    async def find(self, keys: Iterable[K]) -> Mapping[K, T]:
        """What is found of `keys`, and of those that others asked for with them. It ends when nobody waits for it."""
        look = self._next
        if look is None:
            wanted: dict[K, None] = {}
            look = self._next = _Look(wanted, asyncio.ensure_future(self._run(wanted)))
        look.keys.update(dict.fromkeys(keys))
        look.waiting += 1
        try:
            return await asyncio.shield(look.found)
        finally:
            look.waiting -= 1
            if not look.waiting:
                look.found.cancel()

    async def _run(self, keys: dict[K, None]) -> Mapping[K, T]:
        self._next = None
        return await self._work(list(keys))
