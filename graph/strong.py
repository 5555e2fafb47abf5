"""Strongly connected sets at a level; what there is to say of each is worked out when it is asked for."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from graph.components import strongly_connected
from graph.flows import Flows, Links, flows, links_at
from graph.ground import Ground
from graph.kept import Kept
from graph.moment import Level, Moment
from graph.net import DEPARTMENT, JURISDICTION, RESOURCE, SYSTEM, Bools, Ints
from graph.paging import Position
from graph.returns import comes_back, parts, way_back
from graph.shortest import Round, shortest

ROOM, LEAST = 1_000_000, 400
"""Of one answer, links in sets of which what was worked out is kept; what a set counts for at least."""


class CycleSet:
    """One strongly connected set: its nodes by id, with all links between and inside them."""

    def __init__(self, ground: Ground, inside: Flows) -> None:
        self.ground = ground
        self.flows = inside

    @property
    def size(self) -> int:
        """How many nodes."""
        return len(self.flows.nodes)

    @property
    def weight(self) -> int:
        """How much there is to look at."""
        return len(self.flows.links.link)

    @cached_property
    def edges(self) -> tuple[Ints, Ints]:
        """The pairs of different nodes that are joined, in order."""
        return self.flows.edges()

    @cached_property
    def shortest(self) -> Round:
        """The shortest cycle, by the places of its nodes."""
        return shortest(*self.edges, self.size)

    @cached_property
    def _back(self) -> int | None:
        return comes_back(parts(self.flows.links))

    @property
    def closed(self) -> bool:
        """Whether one walk really comes back to a node that it has left; at FIELD level every cycle is one walk."""
        return self.ground.level is Level.FIELD or self._back is not None

    @cached_property
    def walk(self) -> Round | None:
        """The shortest way on which one walk comes back, from where it starts; `None` if none does."""
        if self.ground.level is Level.FIELD:
            return self.shortest
        return (
            None if self._back is None else way_back(parts(self.flows.links), self._back, len(self.shortest.vertices))
        )


@dataclass(frozen=True)
class FoundCycles:
    """All sets, the largest first, then by their first id."""

    ground: Ground
    flows: Flows
    first: list[int]
    """The place of the first node of each set, and the end of the last."""
    _sets: Kept[int, CycleSet] = field(default_factory=lambda: Kept(ROOM), compare=False)

    @property
    def count(self) -> int:
        """How many sets."""
        return len(self.first) - 1

    def __getitem__(self, place: int) -> CycleSet:
        found = self._sets.find(place)
        if found is None:
            found = CycleSet(self.ground, self.flows.part(*self.first[place : place + 2]))
            self._sets.keep(place, found, min(LEAST + found.weight, ROOM))
        return found

    def position(self, place: int) -> Position:
        """Where a set lies among all."""
        first, last = self.first[place : place + 2]
        return first - last, self.flows.ids[first]


def strong(ground: Ground, within: int) -> tuple[Links, Ints, Ints]:
    """All links; what is in a strongly connected set of two or more; and the number of that set.

    With `within`, a container's index that is -1 for none, only sets of which every member lies inside.
    """
    moment = ground.moment
    links = links_at(moment, ground.level)
    crossing = links.source != links.target
    source, target = links.source[crossing], links.target[crossing]
    joined = np.zeros(moment.net.size, np.bool_)
    joined[source] = joined[target] = True
    nodes = np.flatnonzero(joined)
    number = np.cumsum(joined) - 1
    labels = strongly_connected(number[source], number[target], len(nodes))
    several = np.bincount(labels)[labels] > 1 if len(labels) else np.zeros(0, np.bool_)
    nodes, labels = nodes[several], labels[several]
    if within >= 0 and len(labels):
        outside = np.zeros(labels.max() + 1, np.bool_)
        outside[labels[~inside(moment, nodes, within)]] = True
        nodes, labels = nodes[~outside[labels]], labels[~outside[labels]]
    return links, nodes, labels


def inside(moment: Moment, things: Ints, container: int) -> Bools:
    """Which things lie in a container, or are it."""
    kind = int(moment.kind[container])
    if kind == JURISDICTION:
        return np.isin(moment.jurisdiction(things), _with_lower(moment, container))
    up = {DEPARTMENT: moment.department, SYSTEM: moment.system, RESOURCE: moment.resource}[kind]
    inside: Bools = up(things) == container
    return inside


def _with_lower(moment: Moment, jurisdiction: int) -> Ints:
    seen = fresh = np.array([jurisdiction], np.int64)
    fresh = fresh[moment.things(fresh)]
    while len(fresh):
        fresh = np.setdiff1d(moment.members(fresh, JURISDICTION)[1], seen)
        seen = np.union1d(seen, fresh)
    return seen


def ordered_sets(ground: Ground, links: Links, members: Ints, labels: Ints) -> FoundCycles:
    """What `strong` found, in order; ids that the net left out are to be learned before."""
    ids = [ground.id(at) for at in members.tolist()]
    rank = np.empty(len(ids), np.int64)
    rank[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    _, group = np.unique(labels, return_inverse=True)
    sizes = np.bincount(group)
    first = np.full(len(sizes), len(ids))
    np.minimum.at(first, group, rank)
    largest = np.lexsort((first, -sizes))
    place = np.argsort(largest)[group]
    order = np.lexsort((rank, place))
    listed = [ids[at] for at in order.tolist()]
    found = flows(links, members[order], listed, place[order], ground.net.size)
    return FoundCycles(ground, found, [0, *np.cumsum(sizes[largest]).tolist()])
