"""The shortest cycle of a strongly connected set: fewest edges, then the smallest vertices in turn.

Vertices are numbered in the order of their ids, so a cycle is told from its smallest vertex. Where one edge has its
reverse, that is found in arrays. Else vertices are taken in order, and each for the shortest cycle of which it is the
smallest; then it is left out, and with it what can lie on no cycle any more. No cycle is shorter than the period
of the set, the greatest number that divides the lengths of all its cycles, so most searches end early.
"""

from dataclasses import dataclass
from math import gcd

import numpy as np

from graph.net import Ints

STEPS = 5_000_000
"""Edges that a search looks at before it is content with the shortest way that it knows."""


@dataclass(frozen=True, slots=True)
class Round:
    """A way round, as vertices; the last leads back to the first. Unless `exact` there may be a shorter one."""

    vertices: list[int]
    exact: bool = True


def shortest(sources: Ints, targets: Ints, size: int, steps: int = STEPS) -> Round:
    """The shortest cycle of a strongly connected set of two or more vertices, given as different, sorted edges."""
    if len(sources) == size:
        return _all_round(targets)
    pair = _there_and_back(sources, targets, size)
    return pair or _Search(sources, targets, size).run(steps)


def _there_and_back(sources: Ints, targets: Ints, size: int) -> Round | None:
    edges = sources * size + targets
    back = targets * size + sources
    at = np.minimum(np.searchsorted(edges, back), len(edges) - 1)
    found = np.flatnonzero(edges[at] == back)
    return Round([int(sources[found[0]]), int(targets[found[0]])]) if len(found) else None


def _all_round(targets: Ints) -> Round:
    """The cycle of a set in which one edge leaves each vertex."""
    after, found = targets.tolist(), [0]
    while after[found[-1]]:
        found.append(after[found[-1]])
    return Round(found)


class Neighbours:
    """For each of `size` vertices the others that it is paired with, in their order."""

    def __init__(self, owners: Ints, others: Ints, size: int) -> None:
        counts = np.bincount(owners, minlength=size)
        self._ends: list[int] = [0, *np.cumsum(counts).tolist()]
        self._listed: list[int] = others[np.argsort(owners, kind="stable")].tolist()
        self.counts: list[int] = counts.tolist()

    def __getitem__(self, vertex: int) -> list[int]:
        return self._listed[self._ends[vertex] : self._ends[vertex + 1]]


class _Search:
    """The search in a set in which no edge has its reverse."""

    def __init__(self, sources: Ints, targets: Ints, size: int) -> None:
        self._size = size
        self._out = Neighbours(sources, targets, size)
        self._into = Neighbours(targets, sources, size)
        self._out_left = list(self._out.counts)
        self._into_left = list(self._into.counts)
        self._gone = [False] * size
        self._steps = 0

    def run(self, steps: int) -> Round:
        """The shortest cycle, or the shortest that is known after about so many steps."""
        period = self._period()
        least = period * -(-3 // period)
        best: list[int] = []
        for start in range(self._size):
            if self._gone[start]:
                continue
            best = self._through(start, len(best) - period if best else self._size) or best
            if len(best) == least:
                break
            if self._steps > steps:
                return Round(best, exact=False)
            self._leave_out(start)
        return Round(best)

    def _period(self) -> int:
        distance = [-1] * self._size
        distance[0] = 0
        layer, period = [0], 0
        while layer:
            after = []
            for one in layer:
                for other in self._out[one]:
                    if distance[other] < 0:
                        distance[other] = distance[one] + 1
                        after.append(other)
                    else:
                        period = gcd(period, distance[one] + 1 - distance[other])
            layer = after
        return period

    def _through(self, start: int, longest: int) -> list[int] | None:
        """The shortest cycle through `start` among what is left, if it has at most `longest` edges."""
        gone, into = self._gone, self._into
        firsts = {other for other in self._out[start] if not gone[other]}
        distance = {start: 0}
        layer = [start]
        for length in range(1, longest):
            after = []
            for one in layer:
                self._steps += len(into[one])
                for other in into[one]:
                    if other not in distance and not gone[other]:
                        distance[other] = length
                        after.append(other)
            if not firsts.isdisjoint(after):
                return self._told(start, distance, length)
            if not after:
                return None
            layer = after
        return None

    def _told(self, start: int, distance: dict[int, int], length: int) -> list[int]:
        """The first, by its vertices in turn, of the ways that leave `start` and come back after `length` more."""
        found = [start]
        for left in range(length, 0, -1):
            found.append(min(other for other in self._out[found[-1]] if distance.get(other) == left))
        return found

    def _leave_out(self, vertex: int) -> None:
        """Leave a vertex out, and all that then has no edge in or none out."""
        todo = [vertex]
        self._gone[vertex] = True
        while todo:
            one = todo.pop()
            for others, left in ((self._out[one], self._into_left), (self._into[one], self._out_left)):
                for other in others:
                    left[other] -= 1
                    if not left[other] and not self._gone[other]:
                        self._gone[other] = True
                        todo.append(other)
