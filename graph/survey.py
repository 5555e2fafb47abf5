"""A smaller picture of the whole graph, for questions about all of it where no projection is kept.

It is a projection without what only single answers show: the ids and names of fields (which are most of a graph;
`graph/naming.py` looks up those that are shown), agreements, and earlier versions, of which those of one moment are
read when somebody asks for it. So it takes about a third of the memory. It is read when it is first asked for.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from graph.engine import Graph
from graph.facts import Kind
from graph.load import take_versions
from graph.net import Net
from graph.projection import AGREEMENTS, VERSIONS, Projection
from graph.refusals import TooCostly

VERSIONS_AT = """
UNWIND range($after + 1, $upto) AS change
MATCH (v:Version {sequence: change})
WHERE v.recorded_from <= $known_at AND v.recorded_to > $known_at AND v.kind <> 'agreement'
RETURN collect([v.number, v.of, v.kind, v.recorded_from, v.recorded_to, v.state]) AS rows
"""

_AN_ID = 260
"""About what an id, a name and their entry take."""


class Survey(Projection):
    """The picture of one graph. `megabytes` is the memory it may take."""

    def __init__(self, graph: Graph, megabytes: int) -> None:
        super().__init__(graph, megabytes)
        self._whole_read: asyncio.Task[None] | None = None
        self._going_back = asyncio.Lock()

    async def close(self) -> None:
        """End the reading."""
        await super().close()
        if self._whole_read is not None:
            self._whole_read.cancel()
            await asyncio.gather(self._whole_read, return_exceptions=True)

    @asynccontextmanager
    async def reading(self, known_at: int | None) -> AsyncIterator[tuple[Net, int]]:
        """As of a projection. Raises TooCostly where the graph does not fit."""
        await self._whole()
        async with super().reading(None) as (net, sequence):
            self._check()
            yield (net if known_at is None or known_at >= self.at else await self._back(net, known_at)), sequence

    async def _whole(self) -> None:
        """Read the graph, once for all who ask meanwhile; what began to read goes on when one of them has gone."""
        while self.state == "FILLING":
            if self._whole_read is None or self._whole_read.done():
                self._whole_read = asyncio.create_task(self.fill())
            await asyncio.shield(self._whole_read)
        self._check()

    def _check(self) -> None:
        if self.state != "READY":
            raise TooCostly(
                f"the graph is too large to be looked at as a whole in {self.limit // 1_000_000:,} MB: ask for the "
                "lineage of single things, or have REGISTRY_PROJECTION_MB raised"
            )

    async def _back(self, net: Net, known_at: int) -> Net:
        async with self._going_back:
            view = self._views.find(known_at)
            if view is None:
                windows = self._windows(VERSIONS_AT, self.sequence, known_at=known_at)
                rows = [row async for some in windows for row in some]
                view = _as_known_at(net, known_at, rows)
                self._views.keep(known_at, view)
            return view

    def _windows(self, text: str, end: int, **parameters: int) -> AsyncIterator[list[list[Any]]]:
        return super()._windows(text, 0 if text in (VERSIONS, AGREEMENTS) else end, **parameters)

    def _take(self, net: Net, kind: Kind, rows: list[list[Any]], *, index: bool) -> None:
        super()._take(net, kind, rows, index=index)
        if kind is Kind.FIELD:
            held = net.holder.data
            for at, id, *_ in rows:
                if held[at] >= 0:
                    net.index.pop(id, None)
                    net.ids[at], net.names[at] = "", None

    def _take_versions(self, net: Net, rows: list[list[Any]]) -> None:
        """Those of one moment are read when it is asked for."""

    def _take_agreements(self, net: Net, rows: list[list[Any]]) -> None:
        """Nothing here asks for them."""

    def _overflows(self, net: Net) -> bool:
        taken = net.nbytes - _AN_ID * (len(net.ids) - len(net.index)) + 16 * len(net.ids)
        if taken * 5 // 4 <= self.limit:
            return False
        self.net, self.state = Net(), "TOO_BIG"
        return True


def _as_known_at(net: Net, known_at: int, rows: list[list[Any]]) -> Net:
    take_versions(net, [row[2:] for row in rows], [row[0] for row in rows], lambda id: net.index.get(id or "", -1))
    view = net.as_known_at(known_at)
    net.versions = {}
    view.versions = {}
    # Its resource may have been another one then, by which it could not be found; its name is here already.
    view.ids = list(net.ids)
    for at, id, *_ in rows:
        view.ids[at] = id
    return view
