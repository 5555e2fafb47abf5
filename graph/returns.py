"""Whether one walk really comes back to a node of a strongly connected set, and the shortest way on which it does.

Nodes are joined by what flows between any of their parts; a walk goes on from the very part that it has come to. So
A.f1→B.f2 with B.f3→A.f4 joins A and B both ways, and no walk comes back.

The parts of a walk are vertices here, each of the node that it stands for: fields; a resource as a whole; and, as
rule 2 leads on from a field as well, what a resource hands on as a whole. "Colour" is the node of a vertex.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from graph.components import strongly_connected, weakly_connected
from graph.flows import Links
from graph.net import Bools, Ints
from graph.shortest import STEPS, Neighbours, Round

WIDTH = 1_024
"""Nodes that are followed at the same time."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The vertices of some links with their colours, and the moves between them."""

    colour: Ints
    start: Ints
    end: Ints

    @property
    def size(self) -> int:
        """How many vertices."""
        return len(self.colour)

    @property
    def colours(self) -> int:
        """A number that is greater than every colour."""
        return int(self.colour.max(initial=-1)) + 1


def parts(links: Links) -> Parts:
    """The parts of the nodes that links join; colours are their `source` and `target`."""
    fields, wholes = links.pick(~links.whole), links.pick(links.whole)
    # A thing is three vertices: a field or whole, and what it hands on as a whole.
    whole, handed = wholes.end.astype(np.int64) * 2, wholes.start.astype(np.int64) * 2 + 1
    start, end = fields.start.astype(np.int64) * 2, fields.end.astype(np.int64) * 2
    field, resource = np.concatenate([start, end]), np.concatenate([fields.start_in, fields.end_in]).astype(np.int64)
    taken, given = np.isin(resource * 2, whole), np.isin(resource * 2 + 1, handed)
    passed = whole[np.isin(whole + 1, handed)]
    moves = (
        (start, end),
        (handed, whole),
        (passed, passed + 1),
        (resource[taken] * 2, field[taken]),
        (field[given], resource[given] * 2 + 1),
    )
    named = np.concatenate([start, end, handed, whole])
    colours = np.concatenate([fields.source, fields.target, wholes.source, wholes.target]).astype(np.int64)
    vertices, first = np.unique(named, return_index=True)
    starts, ends = (np.searchsorted(vertices, np.concatenate([move[way] for move in moves])) for way in (0, 1))
    return Parts(colours[first], starts, ends)


def comes_back(among: Parts, width: int = WIDTH) -> int | None:
    """A colour that a walk leaves and comes back to, the same one whatever the order of vertices; `None`: none is."""
    labels = strongly_connected(among.start, among.end, among.size)
    count = int(labels.max(initial=-1)) + 1
    lowest, highest = np.full(count, among.colours), np.full(count, -1)
    np.minimum.at(lowest, labels, among.colour)
    np.maximum.at(highest, labels, among.colour)
    several = lowest < highest
    if several.any():
        return int(lowest[several].min())
    # What is left are sets of one colour each, with no way round.
    starts, ends = labels[among.start], labels[among.end]
    moving = starts != ends
    return _passed_twice(Parts(lowest, starts[moving], ends[moving]), width)


def _passed_twice(among: Parts, width: int) -> int | None:
    """As `comes_back`, where no vertex can be reached from itself: each is told which colours lead to it."""
    # A walk passes two vertices of the colour that it comes back to, so both hang together.
    hanging = weakly_connected(among.start, among.end, among.size)
    pairs, pair, counts = np.unique(hanging * among.colours + among.colour, return_inverse=True, return_counts=True)
    twice = np.flatnonzero(counts > 1)
    if not len(twice):
        return None
    places = pairs[twice] // among.colours
    number = np.full(len(pairs), -1)
    number[twice] = np.arange(len(twice)) - np.searchsorted(places, places)
    after, place = Neighbours(among.start, among.end, among.size), _places(among)
    colour = among.colour.tolist()
    for first in range(0, int(number.max()) + 1, width):
        bit = number[pair] - first
        followed = np.flatnonzero((bit >= 0) & (bit < width))
        own = dict(zip(followed.tolist(), (1 << one for one in bit[followed].tolist()), strict=True))
        found: int | None = min((colour[vertex] for vertex in _met_again(own, after, colour, place)), default=None)
        if found is not None:
            return found
    return None


def _met_again(own: Mapping[int, int], after: Neighbours, colour: Sequence[int], place: Sequence[int]) -> Iterator[int]:
    """The vertices that are led to from one of the same bit by way of another colour."""
    behind = dict.fromkeys(own, 0)
    reached = list(own)
    for vertex in reached:
        for other in after[vertex]:
            if other not in behind:
                behind[other] = 0
                reached.append(other)
    for vertex in sorted(reached, key=place.__getitem__):
        here = own.get(vertex, 0)
        known = behind.pop(vertex)
        if known & here:
            yield vertex
        both = known | here
        for other in after[vertex]:
            behind[other] |= known if colour[other] == colour[vertex] else both


def _places(among: Parts) -> list[int]:
    """A place for each vertex, after those of all that lead to it."""
    after = Neighbours(among.start, among.end, among.size)
    missing = np.bincount(among.end, minlength=among.size).tolist()
    order = [vertex for vertex in range(among.size) if not missing[vertex]]
    place = [0] * among.size
    for at, vertex in enumerate(order):
        place[vertex] = at
        for other in after[vertex]:
            missing[other] -= 1
            if not missing[other]:
                order.append(other)
    return place


def way_back(among: Parts, known: int, least: int, steps: int = STEPS) -> Round:
    """The shortest way on which one walk comes back: fewest nodes, then the smallest in turn from where it starts.

    A walk comes back to the colour `known`, and none in fewer than `least` moves from colour to colour. After about
    so many `steps` it is the shortest that is known.
    """
    return _Search(among).run(known, least, steps)


@dataclass(slots=True)
class _Search:
    """The search among vertices: their moves inside a colour and from one to another, both ways."""

    among: Parts
    colour: list[int] = field(init=False)
    inside: Neighbours = field(init=False)
    inside_back: Neighbours = field(init=False)
    across: Neighbours = field(init=False)
    across_back: Neighbours = field(init=False)
    of: dict[int, list[int]] = field(init=False)
    steps: int = 0

    def __post_init__(self) -> None:
        among = self.among
        self.colour = among.colour.tolist()
        own = among.colour[among.start] == among.colour[among.end]
        self.inside, self.inside_back = self._ways(own)
        self.across, self.across_back = self._ways(~own)
        self.of = defaultdict(list)
        for vertex, colour in enumerate(self.colour):
            self.of[colour].append(vertex)

    def _ways(self, which: Bools) -> tuple[Neighbours, Neighbours]:
        start, end, size = self.among.start[which], self.among.end[which], self.among.size
        return Neighbours(start, end, size), Neighbours(end, start, size)

    def run(self, known: int, least: int, steps: int) -> Round:
        """As `way_back`."""
        best = self._from(known, self.among.size)
        for start in sorted(self.of):
            # What came back to a node met on the way need not be the first way from that node.
            if len(best) == least and start > best[0]:
                break
            if self.steps > steps:
                return Round(best, exact=False)
            if start != known:
                best = self._from(start, len(best) if start <= best[0] else len(best) - 1) or best
        return Round(best)

    def _from(self, start: int, longest: int) -> list[int]:
        """The shortest way from a colour back to it, if it has at most `longest` steps; else nothing."""
        firsts = {other for one in self.of[start] for other in self.across[one]}
        layer = self.of[start]
        distance = dict.fromkeys(layer, 0)
        for length in range(1, longest):
            after: list[int] = []
            for one in layer:
                self.steps += len(self.across_back[one])
                for other in self.across_back[one]:
                    if other not in distance:
                        distance[other] = length
                        after.append(other)
            for one in after:
                self.steps += len(self.inside_back[one])
                for other in self.inside_back[one]:
                    if other not in distance:
                        distance[other] = length
                        after.append(other)
            if not firsts.isdisjoint(after):
                return self._told(start, firsts, distance, length)
            if not after:
                break
            layer = after
        return []

    def _told(self, start: int, ahead: set[int], distance: dict[int, int], length: int) -> list[int]:
        """The first, by its nodes in turn, of the ways that come back `length` steps after they have left `start`."""
        found = [start]
        for left in range(length, 0, -1):
            near = [vertex for vertex in ahead if distance.get(vertex) == left]
            found.append(min(self.colour[vertex] for vertex in near))
            here = [vertex for vertex in near if self.colour[vertex] == found[-1]]
            seen = set(here)
            for one in here:
                for other in self.inside[one]:
                    if other not in seen:
                        seen.add(other)
                        here.append(other)
            ahead = {other for one in here for other in self.across[one]}
        return _without_detour(found)


def _without_detour(way: list[int]) -> list[int]:
    """What comes back to a node sooner than to the first one, if there is such a part; else all of it."""
    seen: dict[int, int] = {}
    for at, node in enumerate(way):
        if node in seen:
            return way[seen[node] : at]
        seen[node] = at
    return way
