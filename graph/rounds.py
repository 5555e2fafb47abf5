"""Work that many ask for, each wanting a round that begins after it asked: those who wait share the next one."""

import asyncio
from collections.abc import Awaitable, Callable

_MOMENT = 1.0


class Rounds:
    """Rounds of `work`, one after the other and never two at a time; none while nobody asks."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work = work
        self._running: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def next(self) -> None:
        """Wait for a round that begins after this was asked. Raises what it raises, as for all who share it."""
        if self._next is None:
            self._next = asyncio.create_task(self._run(self._running))
        await asyncio.shield(self._next)

    async def close(self) -> None:
        """End what is under way, after a moment: the driver minds being cut off while it connects."""
        under_way = [task for task in (self._running, self._next) if task is not None]
        if under_way:
            await asyncio.wait(under_way, timeout=_MOMENT)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _run(self, before: asyncio.Task[None] | None) -> None:
        if before is not None and not before.done():
            await asyncio.wait([before])
        self._running, self._next = self._next, None
        await self._work()
