"""Looking at the graph from time to time: the projection is kept near it, and it is measured what lags behind."""

import asyncio
import contextlib
import logging

from graph.changes import behind, position
from graph.errors import GraphError
from graph.projection import Projection
from graph.watch import Watch
from registry.metrics import Lag, Metrics

__all__ = ["Keeping"]

log = logging.getLogger("registry.service")

SECONDS = 5.0
"""How often each worker looks."""
_PATIENCE = 4.0


class Keeping:
    """Looks at the graph for one worker, as long as it runs."""

    def __init__(self, projection: Projection, watch: Watch, metrics: Metrics, seconds: float = SECONDS) -> None:
        self._projection = projection
        self._watch = watch
        self._metrics = metrics
        self._seconds = seconds
        self._looking: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def start(self) -> None:
        """Look from now on."""
        self._closing.clear()
        self._looking = asyncio.create_task(self._look_on())

    async def close(self) -> None:
        """Look no more. What is under way is given a moment: the driver minds being cut off while it connects."""
        self._closing.set()
        if self._looking is not None:
            await asyncio.wait((self._looking,), timeout=1)
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look_on(self) -> None:
        while not await self._closes_within(self._seconds):
            await self.look()
            # Nobody has asked for a while perhaps; who asks next is not to wait for all that was written since.
            if self._projection.state == "READY":
                try:
                    await self._projection.refresh()
                except GraphError as error:
                    log.warning("keeping the projection: %s", error)

    async def _closes_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        return self._closing.is_set()

    async def look(self) -> None:
        """Measure now."""
        graph, projection = self._projection.graph, self._projection
        try:
            async with asyncio.timeout(_PATIENCE):
                head = await position(graph)
                kept = projection.sequence if projection.state == "READY" else head.sequence
                last = head.sequence if self._watch.last is None else self._watch.last
                lag = Lag(head.sequence, await behind(graph, kept, head), await behind(graph, last, head))
        except (GraphError, TimeoutError) as error:
            log.warning("the graph does not say where it stands: %s", error or f"no answer within {_PATIENCE:g} s")
            lag = None
        self._metrics.look(graph, projection)
        self._metrics.lag(lag, self._watch.followers)
