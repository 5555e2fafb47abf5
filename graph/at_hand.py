"""A whole net for a question that looks at everything: a copy of the projection's, or one that is read for it."""

import asyncio
from collections.abc import Callable, Hashable
from typing import TypeVar

from graph.changes import position
from graph.engine import Graph
from graph.net import Net
from graph.projection import Projection
from graph.refusals import TooCostly
from graph.standing import still

MEGABYTES = 500
"""What a net may take that is read for one question, where no projection is kept."""

T = TypeVar("T")

State = tuple[int, int, Hashable]
"""What a net stands for: the number and instant of the graph's last change, and what the asker keeps beside it."""


class NetAtHand:
    """Nets of one graph that nothing is applied to; one that is read for a question may take `megabytes`."""

    def __init__(self, graph: Graph, projection: Projection, what: str, megabytes: int = MEGABYTES) -> None:
        self._graph = graph
        self._projection = projection
        self._what = what
        self._megabytes = megabytes
        self._beside = asyncio.Lock()

    async def look(self, beside: Hashable, known: Callable[[State], T | None]) -> tuple[Net | T, State]:
        """What is `known` of the state that the graph is in, or else a net in that state.

        Raises TooCostly where the graph is too large to be looked at as a whole.
        """
        projection = self._projection
        async with projection.at_hand(None) as held:
            if held is not None:
                state = (held[1], projection.at, beside)
                return known(state) or still(held[0]), state
        if projection.state == "TOO_BIG":
            raise self._too_large(projection.limit)
        async with self._beside:
            where = await position(self._graph)
            state = (where.sequence, where.at, beside)
            found = known(state)
            if found is not None:
                return found, state
            read = Projection(self._graph, self._megabytes)
            await read.fill()
            if read.state != "READY":
                raise self._too_large(read.limit)
            async with read.reading(None) as (net, sequence):
                return net, (sequence, read.at, beside)

    def _too_large(self, limit: int) -> TooCostly:
        return TooCostly(
            f"{self._what}: the graph is too large to be looked at as a whole in {limit // 1_000_000:,} MB; have "
            "REGISTRY_PROJECTION_MB raised"
        )
