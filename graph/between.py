"""What lies between two ends: the steps found, and how far the target is from every place. Pure.

A *spot* is a position with what of the things to pass has been passed on the way to it; without such things a
position. Only spots that the target can be reached from are of interest here.
"""

from collections.abc import Callable, Sequence

import numpy as np

from graph.net import NO_INTS, Bools, Index, Ints, distinct
from graph.steps import Arcs


class Between:
    """Spots, and the steps between them. A walk ends where it is first at the target: no step leads on from there.

    `nodes` is the node of each spot, `far` the fewest changes of node from it to the target (-1: none),
    `goal` whether it is at the target with all passed that had to be; `starts` are the spots to begin with.
    """

    def __init__(
        self,
        arcs: Arcs,
        start: Ints,
        target: Ints,
        standing: Callable[[Ints], Ints],
        passing: Sequence[Callable[[Ints], Bools]],
    ) -> None:
        self._positions = distinct(np.concatenate([arcs.source, arcs.target, start, target]))
        self._several = 1 << len(passing)
        node = standing(self._positions)
        there = np.isin(self._positions, target)
        source, end = (np.searchsorted(self._positions, ends) for ends in (arcs.source, arcs.target))
        onward = ~there[source]
        source, end, link = source[onward], end[onward], arcs.link[onward]
        passed = np.zeros(len(node), np.int64)
        for bit, test in enumerate(passing):
            passed |= test(self._positions).astype(np.int64) << bit
        begin = np.searchsorted(self._positions, start)
        if self._several > 1:
            kept = _Back(source, end, node).far(there)[end] >= 0
            source, end, link = self._spread(source[kept], end[kept], link[kept], passed)
        spots = begin * self._several + passed[begin]
        there = (np.arange(len(node) * self._several) % self._several == self._several - 1) & np.repeat(
            there, self._several
        )
        node = np.repeat(node, self._several)
        self._node, self._there = node, there
        self._back = _Back(source, end, node)
        far = self._back.far(there)
        kept = far[end] >= 0
        self._lead(source[kept], end[kept], link[kept], len(node))
        self.goal: list[bool] = there.tolist()
        self.far: list[int] = far.tolist()
        self.nodes: list[int] = node.tolist()
        self.starts: list[int] = spots[far[spots] >= 0].tolist()
        self._known: dict[int, list[int]] = {}

    def _spread(self, source: Ints, end: Ints, link: Ints, passed: Ints) -> tuple[Ints, Ints, Ints]:
        """The steps between positions as steps between spots."""
        sources, ends, links = [NO_INTS], [NO_INTS], [NO_INTS]
        for before in range(self._several):
            so = (passed[source] & before) == passed[source]
            sources.append(source[so] * self._several + before)
            ends.append(end[so] * self._several + (before | passed[end[so]]))
            links.append(link[so])
        return np.concatenate(sources), np.concatenate(ends), np.concatenate(links)

    def _lead(self, source: Ints, end: Ints, link: Ints, size: int) -> None:
        order = np.argsort(source, kind="stable")
        self._ends, self._links = end[order], link[order]
        self._first = np.zeros(size + 1, np.int64)
        np.cumsum(np.bincount(source, minlength=size), out=self._first[1:])

    def onward(self, spot: int) -> list[int]:
        """The spots that steps lead to from a spot, each once, but those that lead nowhere."""
        found = self._known.get(spot)
        if found is None:
            first, last = self._first[spot], self._first[spot + 1]
            found = self._known[spot] = list(dict.fromkeys(self._ends[first:last].tolist()))
        return found

    def links(self, spot: int) -> list[tuple[int, int]]:
        """The steps from a spot: the spot that each leads to, and its link."""
        first, last = self._first[spot], self._first[spot + 1]
        return list(zip(self._ends[first:last].tolist(), self._links[first:last].tolist(), strict=True))

    def far_without(self, nodes: set[int]) -> Ints:
        """How far the target is from every spot by ways that go through none of `nodes`; negative for none."""
        return self._back.far(self._there, np.isin(self._node, list(nodes)))

    def positions(self, spots: list[int]) -> Ints:
        """The positions of spots, each once."""
        return distinct(self._positions[np.array(spots, np.int64) // self._several])


_USED = -2


class _Back:
    """Steps from their ends back to where they begin, between places that stand for nodes."""

    def __init__(self, source: Ints, end: Ints, node: Ints) -> None:
        self._source = source
        self._free = node[source] == node[end]
        self._index = Index()
        self._index.build(end, len(node))
        self._size = len(node)

    def far(self, goal: Bools, used: Bools | None = None) -> Ints:
        """The fewest changes of node from each place to a `goal`, by none that is `used`; negative for none."""
        far = np.full(self._size, -1, np.int64)
        if used is not None:
            far[used] = _USED
        fresh, layer = np.flatnonzero(goal & (far == -1)), 0
        while len(fresh):
            far[fresh] = layer
            outward, todo = [NO_INTS], fresh
            while len(todo):
                _, steps = self._index.gather(todo)
                near, inside = self._source[steps], self._free[steps]
                outward.append(near[~inside])
                todo = near[inside]
                todo = distinct(todo[far[todo] == -1])
                far[todo] = layer
            layer += 1
            beyond = np.concatenate(outward)
            fresh = distinct(beyond[far[beyond] == -1])
        return far
