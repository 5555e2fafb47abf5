"""What flows from one node to another at a level: an edge, with the stored links behind it."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from graph.flows import Flows, Links
from graph.ground import Ground, Record
from graph.net import OPEN_END, OPEN_START, Ints, distinct
from graph.paging import Position


class Crossing:
    """The edge from one of the nodes of `inside` to another, by their places."""

    def __init__(self, ground: Ground, inside: Flows, source: int, target: int) -> None:
        self.ground = ground
        self.source = inside.ids[source]
        self.target = inside.ids[target]
        self.links: Links = inside.between(source, target)

    @property
    def count(self) -> int:
        """How many stored links there are."""
        return len(self.links.link)

    @property
    def fields(self) -> int:
        """How many different fields data comes from."""
        return len(np.unique(self.links.start[~self.links.whole]))

    @property
    def resources(self) -> int:
        """How many different resources data comes from."""
        return len(np.unique(self.links.start_in[self.links.start_in >= 0]))

    @cached_property
    def jobs(self) -> list[str]:
        """The different jobs, sorted."""
        net = self.ground.net
        return sorted(net.jobs[job] for job in np.unique(net.job.data[self.links.link]).tolist() if job >= 0)


def around(ground: Ground, inside: Flows, places: Sequence[int], most: int) -> list[Crossing]:
    """The first `most` edges of a cycle."""
    after = [*places[1:], places[0]]
    return [Crossing(ground, inside, one, other) for one, other in zip(places[:most], after, strict=False)]


class Behind:
    """The links behind an edge by the ids of their ends, then by job and by when they begin.

    `needs` is to be learned by its ground before anything is asked for.
    """

    def __init__(self, edge: Crossing) -> None:
        self.ground = edge.ground
        self._links = edge.links

    @property
    def needs(self) -> Ints:
        """The ends of the links."""
        return distinct(np.concatenate([self._links.start, self._links.end]).astype(np.int64))

    @property
    def count(self) -> int:
        """How many links."""
        return len(self._links.link)

    @cached_property
    def _rows(self) -> list[tuple[Position, int]]:
        links, net, id = self._links, self.ground.net, self.ground.id
        jobs = [net.jobs[job] if job >= 0 else "" for job in net.job.data[links.link].tolist()]
        begins = net.periods.rows[net.period.data[links.link], 0].tolist()
        columns = enumerate(zip(links.start.tolist(), links.end.tolist(), jobs, begins, strict=True))
        return sorted((_position(id(start), id(end), job, begin), at) for at, (start, end, job, begin) in columns)

    def position(self, row: int) -> Position:
        """Where a link lies among all."""
        return self._rows[row][0]

    def records(self, rows: Sequence[int]) -> list[Record]:
        """Some of the links: `source` and `target` as things, `job`, `valid_from` and `valid_to`."""
        links = self._links.pick(np.array([self._rows[row][1] for row in rows], np.int64))
        net, located = self.ground.net, self.ground.located
        jobs, periods = net.job.data[links.link].tolist(), net.periods.rows[net.period.data[links.link]].tolist()
        ends = located(links.start.astype(np.int64)), located(links.end.astype(np.int64))
        return [
            {
                "source": start,
                "target": end,
                "job": net.jobs[job] if job >= 0 else None,
                "valid_from": None if begins == OPEN_START else begins,
                "valid_to": None if until == OPEN_END else until,
            }
            for start, end, job, (begins, until, *_) in zip(*ends, jobs, periods, strict=True)
        ]


def _position(start: str, end: str, job: str, begins: int) -> Position:
    """Ids have no line breaks; instants are told so that their texts are in their order."""
    return f"{start}\n{end}", f"{job}\n{begins - OPEN_START:020}"
