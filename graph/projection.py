"""The in-memory picture of the graph that walks run on: a cache, never a truth.

It is filled from the graph in windows of the change sequence, and kept by it: a reader asks where the
graph stands, applies what is new, and answers from that. While it fills, or when it does not fit the
memory allowed, `graph/fill.py` answers with statements.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from graph.changes import Position, position
from graph.engine import Graph
from graph.errors import GraphError
from graph.facts import KEYS, Kind
from graph.kept import Kept
from graph.link_writes import STARTS
from graph.load import (
    LINK_ROW,
    flow_number,
    take_agreement,
    take_links,
    take_things,
    take_versions,
    thing_row,
    update_link,
)
from graph.net import Net
from graph.rounds import Rounds
from graph.windows import windows

log = logging.getLogger(__name__)

_ORDER = (
    Kind.JURISDICTION,
    Kind.DEPARTMENT,
    Kind.SYSTEM,
    Kind.ELEMENT,
    Kind.RESOURCE,
    Kind.FIELD,
    Kind.AGREEMENT,
)
"""Containers before what they contain."""

# An index answers "equal" on every engine, "greater" only on some.
_THINGS = """
UNWIND range($after + 1, $upto) AS change
MATCH (n:LABEL {sequence: change})
RETURN 'KIND' AS kind, collect(ROW) AS rows
"""
THINGS: Mapping[Kind, str] = {
    kind: _THINGS.replace("LABEL", kind.label).replace("KIND", kind).replace("ROW", thing_row(kind)) for kind in KEYS
}
ALL_THINGS = "UNION ALL".join(THINGS[kind] for kind in _ORDER)

_LINKS = """
UNWIND range($after + 1, $upto) AS change
MATCH (n:LABEL {flows: change})
MATCH LINK
WHERE r.sequence > $since AND r.sequence <= $last
RETURN 'FLOW' AS flow, collect([r.from_number, r.to_number, ROW]) AS rows
"""
_LINK = {"FEEDS": "(n)-[r:FEEDS]->()", "READS": "(n)<-[r:READS]-()"}


def _links(flow: str, kind: Kind) -> str:
    text = _LINKS.replace("LABEL", kind.label).replace("LINK", _LINK[flow])
    return text.replace("FLOW", flow).replace("ROW", LINK_ROW)


LINKS: Mapping[tuple[str, Kind], str] = {(f, k): _links(f, k) for f, kinds in STARTS.items() for k in kinds}
ALL_LINKS = "UNION ALL".join(LINKS.values())

VERSIONS = """
UNWIND range($after + 1, $upto) AS change
MATCH (v:Version {sequence: change})
RETURN collect([v.number, v.kind, v.recorded_from, v.recorded_to, v.state]) AS rows
"""

AGREEMENTS = """
UNWIND range($after + 1, $upto) AS change
MATCH (n:SharingAgreement {sequence: change})
RETURN collect([n.number, n.recorded_from, n.consumer, n.system, n.covers]) AS rows
"""

_TRIES = 3
_SLACK = 16


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a projection is: `state` is OFF, FILLING, READY or TOO_BIG; `done` of `total` is how far."""

    state: str
    done: int
    total: int
    things: int
    links: int
    megabytes: int


class Projection:
    """One graph's projection. `megabytes` is the memory it may take; 0 turns it off."""

    def __init__(self, graph: Graph, megabytes: int) -> None:
        self.graph = graph
        self.limit = megabytes * 1_000_000
        self.net = Net()
        self.sequence = 0
        self.state = "FILLING" if megabytes > 0 else "OFF"
        self._done = 0
        self._total = 0
        self.at = 0
        self._refreshes = Rounds(self._refresh)
        self._applying = asyncio.Lock()
        self._readers = 0
        self._folding = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._views: Kept[int, Net] = Kept(4)
        self._filling: asyncio.Task[None] | None = None

    @property
    def progress(self) -> Progress:
        net = self.net
        return Progress(self.state, self._done, self._total, len(net.index), net.start.size, net.nbytes // 1_000_000)

    def start(self) -> None:
        """Fill in the background."""
        if self.state == "FILLING" and self._filling is None:
            self._filling = asyncio.create_task(self._fill_quietly())

    async def close(self) -> None:
        """End the filling, and what is being applied."""
        await self._refreshes.close()
        if self._filling is not None:
            self._filling.cancel()
            await asyncio.gather(self._filling, return_exceptions=True)

    async def _fill_quietly(self) -> None:
        while self.state == "FILLING":
            try:
                await self.fill()
            except GraphError as error:
                log.warning("filling the projection stopped, trying again: %s", error)
                self.net, self.sequence = Net(), 0
                await asyncio.sleep(1)

    async def fill(self) -> None:
        """Read the whole graph; stops as TOO_BIG when it does not fit."""
        start = await position(self.graph)
        self._done, self._total = 0, start.sequence * (len(_ORDER) + len(LINKS) + 2)
        net = Net()
        net.make_room(start.numbers)
        for kind in _ORDER:
            async for rows in self._windows(THINGS[kind], start.sequence):
                await asyncio.to_thread(self._take, net, kind, rows, index=False)
                if self._overflows(net):
                    return
        # What was touched meanwhile has left its window; it is read now, since others name it.
        here = await position(self.graph)
        self._take_all(net, await self._since(start.sequence, here), index=False)
        for flow, kind in LINKS:
            if not await self._fill_links(net, flow, kind, start):
                return
        await asyncio.to_thread(net.fold)
        async for rows in self._windows(VERSIONS, start.sequence):
            self._take_versions(net, rows)
        async for rows in self._windows(AGREEMENTS, start.sequence):
            self._take_agreements(net, rows)
        self.net, self.sequence, self.at = net, start.sequence, start.at
        self.state = "READY"

    async def _fill_links(self, net: Net, flow: str, kind: Kind, start: Position) -> bool:
        """Take the links that start from things of `kind`; False when they do not fit."""
        text = LINKS[flow, kind]
        upto = {"since": 0, "last": start.sequence}
        taken = np.zeros(start.numbers, np.bool_)
        async for rows in self._windows(text, start.sequence, **upto):
            await asyncio.to_thread(self._take_links, net, flow, rows, index=False)
            taken[[row[0] for row in rows]] = True
            self.net = net
            if self._overflows(net):
                return False
        # Where flows were touched meanwhile, the start has left its window: what it had before is read now.
        here = await position(self.graph)
        late = await self.graph.read(text, after=start.sequence, upto=here.sequence + _SLACK, **upto)
        rows = [row for record in late for row in record["rows"] if not taken[row[0]]]
        self._take_links(net, flow, rows, index=False)
        return True

    def _overflows(self, net: Net) -> bool:
        # The indexes are built last and take about half of the links' columns again.
        if net.nbytes * 5 // 4 <= self.limit:
            return False
        log.warning("the graph does not fit REGISTRY_PROJECTION_MB; statements answer instead")
        self.net, self.state = Net(), "TOO_BIG"
        return True

    async def _windows(self, text: str, end: int, **parameters: int) -> AsyncIterator[list[list[Any]]]:
        """The rows up to change `end`, in windows of the sequence."""
        before = 0
        async with aclosing(windows(self.graph, text, 0, end, **parameters)) as found:
            async for upto, records in found:
                self._done += upto - before
                before = upto
                rows = [row for record in records for row in record["rows"]]
                if rows:
                    yield rows

    def _take(self, net: Net, kind: Kind, rows: list[list[Any]], *, index: bool) -> None:
        known = net.index
        take_things(net, kind, rows, [row[0] for row in rows], lambda id: known.get(id, -1) if id else -1, index=index)

    async def _since(self, after: int, where: Position) -> list[dict[str, Any]]:
        """The things touched after a change, up to `where` and a little beyond."""
        return await self.graph.read(ALL_THINGS, after=after, upto=where.sequence + _SLACK)

    def _take_all(self, net: Net, found: list[dict[str, Any]], *, index: bool) -> None:
        for record in found:
            self._take(net, Kind(record["kind"]), record["rows"], index=index)

    def _take_links(self, net: Net, flow: str, rows: list[list[Any]], *, index: bool) -> None:
        starts, ends = [row[0] for row in rows], [row[1] for row in rows]
        take_links(net, flow_number(flow), starts, ends, [row[2:] for row in rows], index=index)

    def _take_versions(self, net: Net, rows: list[list[Any]]) -> None:
        known = net.index
        places = [row[0] for row in rows]
        take_versions(net, [row[1:] for row in rows], places, lambda id: known.get(id, -1) if id else -1)

    def _take_agreements(self, net: Net, rows: list[list[Any]]) -> None:
        known = net.index
        for at, recorded_from, consumer, system, covers in rows:
            state = {"consumer": consumer, "system": system, "covers": covers}
            take_agreement(net, at, recorded_from, None, state, lambda id: known.get(id, -1) if id else -1)

    @asynccontextmanager
    async def reading(self, known_at: int | None) -> AsyncIterator[tuple[Net, int]]:
        """The net as of the last committed change (or as known at `known_at`), and that change's number.

        Nothing is applied while somebody reads.
        """
        await self.refresh()
        async with self._applying:
            self._readers += 1
        self._idle.clear()
        try:
            yield await self.view(known_at), self.sequence
        finally:
            self._readers -= 1
            if not self._readers:
                self._idle.set()

    @asynccontextmanager
    async def at_hand(self, known_at: int | None) -> AsyncIterator[tuple[Net, int] | None]:
        """What `reading` gives; `None` where the graph has to be asked instead."""
        if self.state == "READY":
            async with self.reading(known_at) as found:
                if self.state == "READY":  # a graph restored from a backup may no longer fit
                    yield found
                    return
        yield None

    async def view(self, known_at: int | None) -> Net:
        """The net as known at `known_at`. For readers."""
        return self.net if known_at is None else await asyncio.to_thread(self._view, known_at)

    @property
    def settled(self) -> Net | None:
        """The net, if it is filled and not being folded: for what reads it before anything is awaited."""
        return self.net if self.state == "READY" and not self._folding else None

    def _view(self, known_at: int) -> Net:
        if known_at >= self.at:
            return self.net
        view = self._views.find(known_at)
        if view is None:
            view = self.net.as_known_at(known_at)
            self._views.keep(known_at, view)
        return view

    async def refresh(self) -> None:
        """Apply what was committed before this was asked; those who ask together share one look at the graph."""
        await self._refreshes.next()

    async def _refresh(self) -> None:
        for _ in range(_TRIES):
            where = await position(self.graph)
            if where.sequence == self.sequence and where.at == self.at:
                return
            if where.sequence <= self.sequence:
                # Another graph stands where this one stood: restored from a backup, or emptied.
                await self.fill()
                return
            await self._read(where)

    async def _read(self, where: Position) -> None:
        """Take over all up to `where`; nothing, if the graph has run away meanwhile."""
        last = where.sequence
        # What is touched once more while this reads has moved on by some numbers; it must not be missed.
        window: dict[str, Any] = {"after": self.sequence, "upto": last + _SLACK}
        things, links, agreements = await asyncio.gather(
            self._since(self.sequence, where),
            self.graph.read(ALL_LINKS, **window, since=self.sequence, last=last),
            self.graph.read(AGREEMENTS, **window),
        )
        # After the things: what one of them was before it was touched once more must not be missed either.
        versions = await self.graph.read(VERSIONS, **window)
        if (await position(self.graph)).sequence > last + _SLACK:
            return
        async with self._applying:
            while self._readers:
                await self._idle.wait()
            net = self.net
            if any(record["rows"] for record in things):
                net.alter()
            net.make_room(where.numbers)
            self._take_all(net, things, index=True)
            for record in links:
                self._apply_links(net, record["flow"], record["rows"])
            self._take_versions(net, versions[0]["rows"])
            self._take_agreements(net, agreements[0]["rows"])
            self._views.clear()
            self.sequence, self.at = last, where.at
            await self._fold()
        self._overflows(net)

    async def _fold(self) -> None:
        """Take the overlay into the arrays, if it has grown."""
        net = self.net
        if net.out.overlay + net.held.overlay <= 2_000 + net.start.size // 20:
            return
        self._folding = True
        try:
            await asyncio.to_thread(net.fold)
        finally:
            self._folding = False

    def _apply_links(self, net: Net, flow: str, rows: list[list[Any]]) -> None:
        """New versions are appended; of one that is here the end may have come."""
        fresh = []
        for row in rows:
            start, end, *rest = row
            if rest[3] > self.at or not update_link(net, flow_number(flow), start, end, rest):
                fresh.append(row)
        self._take_links(net, flow, fresh, index=True)
