"""Mutual dependence: pairs of nodes at a level with an edge each way."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from graph.flows import Flows, Links, flows, links_at
from graph.ground import Ground
from graph.kept import Kept
from graph.moment import Level
from graph.net import DEPARTMENT, JURISDICTION, RESOURCE, SYSTEM, Ints
from graph.paging import Position
from graph.returns import comes_back, parts
from graph.strong import LEAST, ROOM, inside


class Pair:
    """Two nodes that flow into each other, by their places, in the order of their ids."""

    def __init__(self, found: "FoundPairs", one: int, other: int, count: int) -> None:
        self.ground = found.ground
        self.flows = found.flows
        self.one = one
        self.other = other
        self.count = count

    @cached_property
    def weight(self) -> int:
        """How much there is to look at."""
        return sum(len(links.link) for links in self._links())

    def _links(self) -> list[Links]:
        both = (self.one, self.other)
        return [self.flows.between(source, target) for source in both for target in both]

    @cached_property
    def closed(self) -> bool:
        """Whether what flows there comes back by one walk, from either side."""
        every = self._links()
        together = Links(
            *(np.concatenate([getattr(one, name) for one in every]) for name in Links.__dataclass_fields__)
        )
        return self.ground.level is Level.FIELD or comes_back(parts(together)) is not None


@dataclass(frozen=True)
class FoundPairs:
    """All pairs, those with the most links first, then by their ids."""

    ground: Ground
    flows: Flows
    one: list[int]
    other: list[int]
    counts: list[int]
    _pairs: Kept[int, Pair] = field(default_factory=lambda: Kept(ROOM), compare=False)

    @property
    def count(self) -> int:
        """How many pairs."""
        return len(self.one)

    def __getitem__(self, place: int) -> Pair:
        found = self._pairs.find(place)
        if found is None:
            found = Pair(self, self.one[place], self.other[place], self.counts[place])
            self._pairs.keep(place, found, LEAST)
        return found

    def position(self, place: int) -> Position:
        """Where a pair lies among all."""
        ids = self.flows.ids
        return -self.counts[place], f"{ids[self.one[place]]}\n{ids[self.other[place]]}"


_OWN_KIND = {
    Level.RESOURCE: RESOURCE,
    Level.SYSTEM: SYSTEM,
    Level.DEPARTMENT: DEPARTMENT,
    Level.JURISDICTION: JURISDICTION,
}


def mutual(ground: Ground, within: int) -> tuple[Links, Ints, Ints, Ints]:
    """All links; and the pairs that they join both ways, with how many links each has.

    With `within`, a container's index that is -1 for none, only pairs that lie inside.
    """
    moment, size = ground.moment, ground.net.size
    links = links_at(moment, ground.level)
    crossing = links.source != links.target
    pairs = links.source[crossing].astype(np.int64) * size + links.target[crossing]
    pairs, counts = np.unique(pairs, return_counts=True)
    source, target = np.divmod(pairs, size)
    back = target * size + source
    at = np.minimum(np.searchsorted(pairs, back), max(len(pairs) - 1, 0))
    mutual = (pairs[at] == back) & (source < target)
    if ground.level in _OWN_KIND:
        own = _OWN_KIND[ground.level]
        mutual &= (moment.kind[source] == own) & (moment.kind[target] == own)
    if within >= 0:
        mutual &= inside(moment, source, within) & inside(moment, target, within)
    return links, source[mutual], target[mutual], (counts + counts[at])[mutual]


def ordered_pairs(ground: Ground, links: Links, nodes: Ints, pairs: tuple[Ints, Ints, Ints]) -> FoundPairs:
    """What `mutual` found, in order; ids that the net left out are to be learned before."""
    ids = [ground.id(at) for at in nodes.tolist()]
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), np.int64)
    place = np.argsort(order)
    one, other = (place[np.searchsorted(nodes, ends)] for ends in pairs[:2])
    one, other = np.minimum(one, other), np.maximum(one, other)
    most = np.lexsort((other, one, -pairs[2]))
    listed = [ids[at] for at in order.tolist()]
    found = flows(links, nodes[order], listed, np.zeros(len(nodes), np.int64), ground.net.size)
    return FoundPairs(ground, found, one[most].tolist(), other[most].tolist(), pairs[2][most].tolist())
