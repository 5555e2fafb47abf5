"""A value that is worked out once, however many ask for it at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

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
