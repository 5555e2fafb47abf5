"""Filling a net on demand, layer by layer with a statement each, for graphs that do not fit in memory.

The walk asks for the surroundings of positions; what it gets is put into the same arrays that the
projection fills, so there is one walk and one meaning.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from graph.engine import Graph
from graph.facts import KEYS, Kind
from graph.load import LINK_ROW, flow_number, take_agreement, take_links, take_things, take_versions, thing_row
from graph.net import ABSENT, FIELD, KINDS, NEVER_IN_FORCE, OPEN_END, RESOURCE, SYSTEM, Index, Ints, Net, distinct

_BY_IDS = """
UNWIND $ids AS id
MATCH (n:LABEL {id: id})
RETURN 'KIND' AS kind, collect(ROW) AS rows
"""
BY_IDS = "UNION ALL".join(
    _BY_IDS.replace("LABEL", kind.label).replace("KIND", kind).replace("ROW", thing_row(kind)) for kind in KEYS
)

_HELD = """
UNWIND $ids AS id
MATCH (c:HOLDER {id: id})RELATION(n:LABEL)
WHERE r.recorded_from <= $known_at AND coalesce(r.recorded_to, $open) > $known_at
RETURN 'KIND' AS kind, collect(ROW) AS rows
"""


def _held(holder: Kind, relation: str, kind: Kind) -> str:
    text = _HELD.replace("HOLDER", holder.label).replace("RELATION", relation)
    return text.replace("LABEL", kind.label).replace("KIND", kind).replace("ROW", thing_row(kind))


FIELDS_OF = _held(Kind.RESOURCE, "-[r:HAS_FIELD]->", Kind.FIELD)
RESOURCES_OF = _held(Kind.SYSTEM, "-[r:HOLDS]->", Kind.RESOURCE)
PROVIDED_BY = _held(Kind.DEPARTMENT, "-[r:PROVIDES]->", Kind.RESOURCE)
SYSTEMS_OF = _held(Kind.DEPARTMENT, "-[r:OPERATES]->", Kind.SYSTEM)
DEPARTMENTS_OF = _held(Kind.JURISDICTION, "<-[r:WITHIN]-", Kind.DEPARTMENT)
JURISDICTIONS_OF = _held(Kind.JURISDICTION, "<-[r:WITHIN]-", Kind.JURISDICTION)

_LINKS = """
UNWIND $ids AS id
MATCH (n:LABEL {id: id})RELATION(m)
RETURN 'FLOW' AS flow, collect([START.id, END.id, ROW]) AS rows
"""


def _links(kind: Kind, flow: str, relation: str, start: str, end: str) -> str:
    text = _LINKS.replace("LABEL", kind.label).replace("RELATION", relation).replace("FLOW", flow)
    return text.replace("START", start).replace("END", end).replace("ROW", LINK_ROW)


_FIELD_OUT = _links(Kind.FIELD, "FEEDS", "-[r:FEEDS]->", "n", "m")
_FIELD_IN = _links(Kind.FIELD, "FEEDS", "<-[r:FEEDS]-", "m", "n")
_RESOURCE_OUT = _links(Kind.RESOURCE, "FEEDS", "-[r:FEEDS]->", "n", "m")
_RESOURCE_IN = _links(Kind.RESOURCE, "FEEDS", "<-[r:FEEDS]-", "m", "n")
_RESOURCE_READ = _links(Kind.RESOURCE, "READS", "<-[r:READS]-", "n", "m")
_SYSTEM_READS = _links(Kind.SYSTEM, "READS", "-[r:READS]->", "m", "n")

LINKS_OUT = "UNION ALL".join((_FIELD_OUT, _RESOURCE_OUT, _RESOURCE_READ))
LINKS_IN = "UNION ALL".join((_FIELD_IN, _RESOURCE_IN, _SYSTEM_READS))

VERSIONS_OF = """
UNWIND $ids AS id
MATCH (v:Version {of: id})
RETURN collect([v.of, v.kind, v.recorded_from, v.recorded_to, v.state]) AS rows
"""

_COVERING = """
UNWIND $ids AS id
MATCH (c:LABEL {id: id})<-[:COVERS]-(n:SharingAgreement)
WITH DISTINCT n
RETURN collect([n.id, n.recorded_from, n.consumer, n.system, n.covers]) AS rows
"""
COVERING = "UNION ALL".join(_COVERING.replace("LABEL", kind.label) for kind in (Kind.RESOURCE, Kind.FIELD))


class Filler:
    """A net of what one question needs, filled by statements. `known_at` is `None` for now.

    With `elements`, what is needed includes the data elements of fields, and of resources the fields that have them.
    """

    def __init__(self, graph: Graph, known_at: int | None, *, elements: bool = False) -> None:
        self.graph = graph
        self.net = Net(whole=False, known_at=OPEN_END - 1 if known_at is None else known_at)
        self._past = known_at
        self._elements = elements
        self._asked: set[int] = set()
        self._loaded: set[tuple[str, int]] = set()
        self._links_at: dict[tuple[Any, ...], int] = {}

    def locate(self, id: str | None) -> int:
        """The index of an id, given to it when it is first named; what it is may still be unknown."""
        if id is None:
            return -1
        found = self.net.index.get(id)
        if found is None:
            found = self.net.index[id] = self.net.size
            self.net.make_room(found + 1)
            self.net.ids[found] = id
        return found

    async def load(self, ids: Iterable[str]) -> None:
        """Put things into the net, and all that contains them: a statement a level, none for what is here."""
        wanted = [self.locate(id) for id in ids]
        while wanted := [at for at in dict.fromkeys(wanted) if at not in self._asked]:
            self._asked.update(wanted)
            found = await self.graph.read(BY_IDS, ids=[self.net.ids[at] for at in wanted])
            await self._take(found)
            wanted = self._containers(wanted)

    async def _take(self, found: Sequence[Mapping[str, Any]]) -> list[int]:
        taken: list[int] = []
        for record in found:
            rows = record["rows"]
            places = [self.locate(row[1]) for row in rows]
            fresh = [(row, at) for row, at in zip(rows, places, strict=True) if self.net.kind.data[at] == ABSENT]
            take_things(
                self.net,
                Kind(record["kind"]),
                [row for row, _ in fresh],
                [at for _, at in fresh],
                self.locate,
                index=True,
            )
            self._asked.update(places)
            taken += places
            if self._past is not None and fresh:
                await self._go_back([at for _, at in fresh], self._past)
        return taken

    def _containers(self, things: Sequence[int]) -> list[int]:
        net = self.net
        columns = [net.holder.data, net.provider.data, *([net.element.data] if self._elements else ())]
        return [at for thing in things for at in (column[thing] for column in columns) if at >= 0]

    async def _go_back(self, things: list[int], instant: int) -> None:
        """Put things back to what was recorded by `instant`."""
        net = self.net
        [found] = await self.graph.read(VERSIONS_OF, ids=[net.ids[at] for at in things])
        rows = found["rows"]
        take_versions(net, [row[1:] for row in rows], [self.locate(row[0]) for row in rows], self.locate)
        never = net.lives.number(NEVER_IN_FORCE)
        for at in things:
            if net.created.data[at] > instant:
                net.life.data[at] = never
            for version in net.versions.get(at, ()):
                if version.recorded_from <= instant < version.recorded_to:
                    net.names[at], net.life.data[at], net.kind.data[at] = version.name, version.life, version.kind
                    net.element.data[at], net.share.data[at] = version.element, version.share
                    for column, owner, index in (
                        (net.holder, version.holder, net.held),
                        (net.provider, version.provider, net.provided),
                    ):
                        if column.data[at] != owner:
                            column.data[at] = owner
                            index.add(owner, at)

    async def _members(self, text: str, what: str, holders: Iterable[int]) -> list[int]:
        """Load what the holders contain, with its containers; only for those not asked before."""
        new = [at for at in dict.fromkeys(holders) if (what, at) not in self._loaded]
        if not new:
            return []
        self._loaded.update((what, at) for at in new)
        found = await self.graph.read(
            text, ids=[self.net.ids[at] for at in new], known_at=self.net.known_at, open=OPEN_END
        )
        taken = await self._take(found)
        await self.load([self.net.ids[at] for at in self._containers(taken)])
        return taken

    async def contents(self, things: Iterable[int]) -> None:
        """Load what a start stands for: jurisdictions down to the resources that they contain."""
        kinds: dict[int, list[int]] = {}
        for at in things:
            kinds.setdefault(int(self.net.kind.data[at]), []).append(at)
        jurisdictions = kinds.get(KINDS.index(Kind.JURISDICTION), [])
        departments = kinds.get(KINDS.index(Kind.DEPARTMENT), [])
        while jurisdictions:
            departments += await self._members(DEPARTMENTS_OF, "departments", jurisdictions)
            jurisdictions = await self._members(JURISDICTIONS_OF, "jurisdictions", jurisdictions)
        await self._members(PROVIDED_BY, "provided", departments)
        systems = kinds.get(SYSTEM, []) + await self._members(SYSTEMS_OF, "systems", departments)
        await self._members(RESOURCES_OF, "resources", systems)

    async def surroundings(self, positions: Ints, *, upstream: bool, joined: bool) -> None:
        """Load what the walk looks at from `positions`: fields of their resources, flows, far ends, containers."""
        net = self.net
        kind = net.kind.data[positions]
        fields = positions[kind == FIELD]
        holders = net.holder.data[fields]
        resources = distinct(np.concatenate([positions[kind == RESOURCE], holders[holders >= 0]]))
        await self._members(FIELDS_OF, "fields", resources.tolist())
        _, members = net.held.gather(resources)
        systems = positions[kind == SYSTEM].tolist()
        if joined:
            holding = net.holder.data[resources]
            systems = list(dict.fromkeys([*systems, *holding[holding >= 0].tolist()]))
            await self._fields(await self._members(RESOURCES_OF, "resources", positions[kind == SYSTEM].tolist()))
        await self._links(upstream, [*distinct(np.concatenate([fields, members, resources])).tolist(), *systems])

    async def _fields(self, things: Iterable[int]) -> None:
        """Load the fields of resources, where their elements matter."""
        if self._elements:
            resources = [at for at in things if self.net.kind.data[at] == RESOURCE]
            await self._members(FIELDS_OF, "fields", resources)

    async def _links(self, upstream: bool, things: Sequence[int]) -> None:
        net, what = self.net, "in" if upstream else "out"
        new = [at for at in things if (what, at) not in self._loaded]
        if not new:
            return
        self._loaded.update((what, at) for at in new)
        found = await self.graph.read(LINKS_IN if upstream else LINKS_OUT, ids=[net.ids[at] for at in new])
        for record in found:
            rows = record["rows"]
            await self.load([id for row in rows for id in row[:2]])
            await self._fields([self.locate(id) for row in rows for id in row[:2]])
            self._take_links(record["flow"], rows, net.into if upstream else net.out, upstream)

    def _take_links(self, flow: str, rows: Sequence[Sequence[Any]], index: Index, upstream: bool) -> None:
        """Append those links that are not here yet, and put all of them into the index of the way they were asked."""
        net = self.net
        identities = [(flow, *row[:-1]) for row in rows]
        fresh = [row for row, identity in zip(rows, identities, strict=True) if identity not in self._links_at]
        first = net.start.size
        self._links_at.update(((flow, *row[:-1]), at) for at, row in enumerate(fresh, first))
        starts, ends = [self.locate(row[0]) for row in fresh], [self.locate(row[1]) for row in fresh]
        take_links(net, flow_number(flow), starts, ends, [row[2:] for row in fresh], index=False)
        for row, identity in zip(rows, identities, strict=True):
            index.add(self.locate(row[upstream]), self._links_at[identity])

    async def agreements(self, sources: Iterable[int]) -> None:
        """Load the agreements that cover `sources`, fields or resources."""
        ids = [self.net.ids[at] for at in sources]
        if not ids:
            return
        found = await self.graph.read(COVERING, ids=ids)
        rows = {row[0]: row for record in found for row in record["rows"]}
        await self.load(rows)
        for id, recorded_from, consumer, system, covers in rows.values():
            state = {"consumer": consumer, "system": system, "covers": covers}
            take_agreement(self.net, self.locate(id), recorded_from, None, state, self.locate)
