"""All that flows at one moment, for questions about the graph as a whole: every link that a walk downstream can take.

A walk draws an edge where such a link joins two different nodes (CONTRACT §4): a feeds between fields, or one
between resources that does not only sum up feeds between their fields. Links inside a node are kept too; a walk
moves along them for free.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.moment import Level, Moment
from graph.net import FEEDS, FIELD, RESOURCE, Bools, Ints, distinct

Column = npt.NDArray[np.int32]


def _joined(starts: npt.NDArray[Any], ends: npt.NDArray[Any], size: int) -> Ints:
    """Pairs of indexes below `size` as one number each."""
    pairs: Ints = starts.astype(np.int64) * size + ends
    return pairs


@dataclass(frozen=True, slots=True)
class Links:
    """Links as columns: which, its ends, the resources that these lie in or are (-1: none), the nodes they stand for.

    `whole`: it joins resources, not fields.
    """

    link: Column
    start: Column
    end: Column
    start_in: Column
    end_in: Column
    whole: Bools
    source: Column
    target: Column

    def pick(self, which: Any) -> "Links":
        """Some of them."""
        return Links(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def links_at(moment: Moment, level: Level) -> Links:
    """All links that can be walked; `source` and `target` are indexes of the net."""
    every = np.arange(moment.net.size)
    link = np.flatnonzero((moment.flow == FEEDS) & moment.links(np.arange(len(moment.flow))))
    start, end = moment.start[link], moment.end[link]
    alive, kind = moment.things(every), moment.kind
    real = alive[start] & alive[end] & (start != end) & (kind[start] == kind[end])
    real &= (kind[start] == FIELD) | (kind[start] == RESOURCE)
    link, start, end = link[real].astype(np.int32), start[real], end[real]
    resource, stands = (found.astype(np.int32) for found in (moment.resource(every), moment.standing(every, level)))
    found = Links(link, start, end, resource[start], resource[end], kind[start] == RESOURCE, stands[start], stands[end])
    return found.pick(~_sums(found, len(every)))


def _sums(links: Links, size: int) -> Bools:
    """Which of them only sum up what flows between the fields of two resources."""
    sums = links.whole.copy()
    if sums.any():
        between = ~links.whole & (links.start_in >= 0) & (links.end_in >= 0)
        pairs = distinct(_joined(links.start_in[between], links.end_in[between], size))
        sums[sums] = np.isin(_joined(links.start[sums], links.end[sums], size), pairs)
    return sums


@dataclass(frozen=True, slots=True)
class Flows:
    """Some nodes, and all links between and inside them, by (source, target): these are places among the nodes."""

    nodes: Ints
    ids: Sequence[str]
    links: Links

    def part(self, first: int, last: int) -> "Flows":
        """The nodes from place `first` until `last`, of which no link leads to the others."""
        low, high = np.searchsorted(self.links.source, (first, last))
        links = self.links.pick(slice(low, high))
        columns = {name: getattr(links, name) for name in Links.__dataclass_fields__}
        moved = {**columns, "source": links.source - np.int32(first), "target": links.target - np.int32(first)}
        return Flows(self.nodes[first:last], self.ids[first:last], Links(**moved))

    def between(self, source: int, target: int) -> Links:
        """The links from one node to another, or inside one."""
        first, last = np.searchsorted(self.links.source, (source, source + 1))
        low, high = first + np.searchsorted(self.links.target[first:last], (target, target + 1))
        return self.links.pick(slice(low, high))

    def edges(self) -> tuple[Ints, Ints]:
        """The pairs of different nodes that links join, in order."""
        size = max(len(self.nodes), 1)
        pairs = _joined(self.links.source, self.links.target, size)
        first = np.ones(len(pairs), np.bool_)
        np.not_equal(pairs[1:], pairs[:-1], out=first[1:])
        source, target = np.divmod(pairs[first], size)
        different = source != target
        return source[different], target[different]


def flows(links: Links, nodes: Ints, ids: Sequence[str], groups: Ints, size: int) -> Flows:
    """The links, with ends that are indexes below `size`, between those of `nodes` that are of one group."""
    place = np.full(size, -1, np.int32)
    place[nodes] = np.arange(len(nodes), dtype=np.int32)
    source, target = place[links.source], place[links.target]
    inside = (source >= 0) & (target >= 0)
    inside[inside] = groups[source[inside]] == groups[target[inside]]
    source, target = source[inside], target[inside]
    order = np.argsort(_joined(source, target, len(nodes)), kind="stable")
    kept = links.pick(np.flatnonzero(inside)[order])
    columns = {name: getattr(kept, name) for name in Links.__dataclass_fields__}
    return Flows(nodes, ids, Links(**{**columns, "source": source[order], "target": target[order]}))
