"""What an impact lists, as plain values that stay as they are when the graph goes on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import nsmallest

import numpy as np

from graph.facts import Kind
from graph.layering import layered
from graph.lineage import Shown, name_of, shown
from graph.moment import Level, Moment
from graph.net import DEPARTMENT, FIELD, KINDS, RESOURCE, SYSTEM, Bools, Ints, Net, distinct
from graph.remaining import OUTLOOKS, Outlook, Remaining, among
from graph.rollup import Answer
from graph.walk import Stop

MOST_FEEDERS = 10
"""Feeders of one unit that are named."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing in the order to migrate: its place among those affected, and the ring that it goes together with."""

    step: int
    ring: str | None
    """The first id of the ring."""
    place: int


@dataclass(slots=True)
class Affected:
    """What is affected at one level, by (depth, id), as columns; edges by places, for the order to migrate in."""

    level: Level
    net: Net
    ids: list[str]
    shown: Shown
    depth: list[int]
    whole: list[bool]
    precise: list[bool]
    source: list[int]
    target: list[int]
    stopped_by: list[Stop]
    reached_depth: int
    _steps: list[Step] | None = field(default=None, compare=False)

    def steps(self) -> list[Step]:
        """In which order to migrate: by step, then id; those of a ring are together, where its first id stands."""
        if self._steps is None:
            ends = np.array(self.source, np.int64), np.array(self.target, np.int64)
            steps, rings = layered(len(self.ids), *ends)
            first: dict[int, str] = {}
            for ring, id in zip(rings, self.ids, strict=True):
                first[ring] = min(first.get(ring, id), id)
            found = [
                Step(step, None if ring < 0 else first[ring], place)
                for place, (step, ring) in enumerate(zip(steps, rings, strict=True))
            ]
            self._steps = sorted(
                found, key=lambda one: (one.step, one.ring or self.ids[one.place], self.ids[one.place])
            )
        return self._steps


def affected(found: Answer, moment: Moment, sure: Ints) -> Affected:
    """The nodes of an answer; precise are those that stand for something in `sure`."""
    found.moment.refresh()
    standing = distinct(moment.standing(sure, found.level))
    nodes = np.array(found.nodes, np.int64)
    return Affected(
        found.level,
        found.net,
        found.ids,
        shown(found),
        found.depth,
        found.whole,
        among(nodes, standing).tolist(),
        found.edges.source,
        found.edges.target,
        found.stopped_by,
        found.reached_depth,
    )


@dataclass(frozen=True, slots=True)
class Named:
    """A thing by id and name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A field, resource or reading system that is affected, and what becomes of its sources."""

    id: str
    kind: Kind
    name: str
    depth: int
    precise: bool
    outlook: Outlook
    lost: int
    left: int
    feeders: list[Named]
    """The first of those that are left, by id."""
    resource: Named | None
    department: Named | None


@dataclass(slots=True)
class Units:
    """All units by (depth, id), as columns; containers are indexes, -1 for none."""

    net: Net
    ids: list[str]
    kinds: list[Kind]
    names: list[str]
    depth: list[int]
    precise: list[bool]
    outlook: list[Outlook]
    resource: list[int]
    department: list[int]
    places: list[int]
    found: Remaining

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, place: int) -> Unit:
        """One of them."""
        net, at = self.net, self.places[place]
        left = self.found.kept(at).tolist()
        return Unit(
            self.ids[place],
            self.kinds[place],
            self.names[place],
            self.depth[place],
            self.precise[place],
            self.outlook[place],
            int(self.found.lost[at]),
            len(left),
            [Named(net.ids[n], name_of(net, n)) for n in nsmallest(MOST_FEEDERS, left, key=net.ids.__getitem__)],
            named(net, self.resource[place]),
            named(net, self.department[place]),
        )


def named(net: Net, at: int) -> Named | None:
    """A thing by index; -1 is none."""
    return Named(net.ids[at], name_of(net, at)) if at >= 0 else None


def in_order(moment: Moment, found: Remaining, depth: Ints, sure: Bools) -> Units:
    """The units with their depths, and whether they are affected for sure."""
    net = moment.net
    ids, depths = [net.ids[at] for at in found.units.tolist()], depth.tolist()
    places = sorted(range(len(ids)), key=lambda place: (depths[place], ids[place]))
    order = np.array(places, np.int64)
    units = found.units[order]
    return Units(
        net,
        [ids[place] for place in places],
        [KINDS[kind] for kind in moment.kind[units].tolist()],
        [name_of(net, at) for at in units.tolist()],
        [depths[place] for place in places],
        sure[order].tolist(),
        [OUTLOOKS[one] for one in found.outlook[order].tolist()],
        moment.resource(units).tolist(),
        moment.department(units).tolist(),
        places,
        found,
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A department that has to be told: how near it is, and how much of its own is affected."""

    id: str
    name: str
    depth: int
    precise: bool
    fields: int
    resources: int
    systems: int
    losing: int
    """Fields, resources and reading systems that lose their sources, directly or in consequence."""


_COUNTED = ((Level.FIELD, FIELD), (Level.RESOURCE, RESOURCE), (Level.SYSTEM, SYSTEM))


def told(moment: Moment, answers: Sequence[Answer], levels: Sequence[Affected], found: Remaining) -> list[Told]:
    """The departments of all that is affected, by (depth, id)."""
    depth, precise = dict[int, int](), set[int]()
    for at, far, sure in _of_departments(answers, levels):
        depth[at] = far
        precise |= {at} if sure else set()
    counts = []
    for level, kind in _COUNTED:
        nodes, depths = np.array(answers[level].nodes, np.int64), np.array(answers[level].depth, np.int64)
        those = moment.kind[nodes] == kind
        owners = moment.department(nodes[those])
        counts.append(Counter(owners.tolist()))
        sures = np.array(levels[level].precise, np.bool_)[those]
        _near(owners, depths[those], sures, depth, precise)
    losing = Counter(moment.department(found.units[found.outlook < 2]).tolist())
    rows = [
        Told(
            moment.net.ids[at],
            name_of(moment.net, at),
            far,
            at in precise,
            counts[0][at],
            counts[1][at],
            counts[2][at],
            losing[at],
        )
        for at, far in depth.items()
        if at >= 0
    ]
    return sorted(rows, key=lambda row: (row.depth, row.id))


def _of_departments(answers: Sequence[Answer], levels: Sequence[Affected]) -> list[tuple[int, int, bool]]:
    found, precise = answers[Level.DEPARTMENT], levels[Level.DEPARTMENT].precise
    kinds = found.moment.kind[np.array(found.nodes, np.int64)].tolist()
    rows = zip(found.nodes, found.depth, precise, kinds, strict=True)
    return [(at, depth, sure) for at, depth, sure, kind in rows if kind == DEPARTMENT]


def _near(owners: Ints, depths: Ints, sures: Bools, depth: dict[int, int], precise: set[int]) -> None:
    """Take departments in that only operate or provide what is affected."""
    different = distinct(owners)
    places = np.searchsorted(different, owners)
    nearest, sure = np.full(len(different), np.iinfo(np.int64).max), np.zeros(len(different), np.bool_)
    np.minimum.at(nearest, places, depths)
    sure[places[sures]] = True
    for at, far, certain in zip(different.tolist(), nearest.tolist(), sure.tolist(), strict=True):
        depth.setdefault(at, far)
        precise |= {at} if certain else set()


def homeless(answers: Sequence[Answer], moment: Moment) -> int:
    """How many affected fields, resources and systems no department answers for."""
    count = 0
    for level, kind in _COUNTED:
        nodes = np.array(answers[level].nodes, np.int64)
        count += int((moment.department(nodes[moment.kind[nodes] == kind]) < 0).sum())
    return count
