"""Two answers to one question, looked up by ids so that they can be compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from graph.facts import Kind
from graph.lineage import Asked, Found, agreements_of, jobs_of, shown
from graph.net import FLOWS, OPEN_START, Net
from graph.reasons import Identity, Moment
from graph.walk import Stop

Named = dict[str, str]
"""A thing by id and name."""


@dataclass(slots=True)
class SeenNode:
    """A node as one of the answers has it."""

    id: str
    kind: Kind
    name: str
    depth: int
    whole: bool
    more: int
    resource: Named | None
    system: Named | None
    department: Named | None
    jurisdiction: Named | None


@dataclass(slots=True)
class SeenEdge:
    """An edge as one of the answers has it."""

    found: Found
    index: int
    source: str
    target: str
    count: int
    precise: bool
    flow: str


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two answers: for which moment, how much it has, and what cut it."""

    moment: Moment
    nodes: int
    edges: int
    complete: bool
    stopped_by: list[Stop]
    reached_depth: int


EdgeKey = tuple[str, str, int]
"""Source, target and flow of an edge."""

CONTAINERS = ("resource", "system", "department", "jurisdiction")
RAW = ("kind", "name", "depth", "whole", *CONTAINERS)
"""What two answers may say otherwise of a node."""


class Part:
    """One answer, looked up by ids. To be made while its net is as it was."""

    def __init__(self, found: Found) -> None:
        answer = found.answer
        answer.moment.refresh()
        self.found = found
        self.net: Net = answer.net
        self.shown = shown(answer)
        self.nodes = {id: place for place, id in enumerate(answer.ids)}
        ids, edges = answer.ids, answer.edges
        columns = zip(edges.source, edges.target, edges.flow, strict=True)
        self.edges: dict[EdgeKey, int] = {
            (ids[source], ids[target], flow): place for place, (source, target, flow) in enumerate(columns)
        }
        self.stops = set(answer.stopped_by)
        self._containers = [getattr(self.shown, name).tolist() for name in CONTAINERS]
        self._positions: dict[str, str] | None = None
        self._standing: dict[str, list[str]] | None = None

    def node(self, id: str) -> SeenNode:
        place, answer = self.nodes[id], self.found.answer
        up = [self._named(column[place]) for column in self._containers]
        return SeenNode(
            id,
            self.shown.kinds[place],
            self.shown.names[place],
            answer.depth[place],
            answer.whole[place],
            answer.more[place],
            *up,
        )

    def kind(self, id: str) -> Kind:
        return self.shown.kinds[self.nodes[id]]

    def raw(self, id: str) -> tuple[Any, ...]:
        """What is said of a node, by `RAW`; containers by id."""
        place, answer, ids = self.nodes[id], self.found.answer, self.net.ids
        up = (column[place] for column in self._containers)
        return (
            self.shown.kinds[place].name,
            self.shown.names[place],
            answer.depth[place],
            answer.whole[place],
            *(None if at < 0 else ids[at] for at in up),
        )

    def _named(self, at: int) -> Named | None:
        return None if at < 0 else {"id": self.net.ids[at], "name": self.net.names[at] or self.net.ids[at]}

    def edge(self, key: EdgeKey) -> SeenEdge:
        place, edges = self.edges[key], self.found.answer.edges
        return SeenEdge(self.found, place, key[0], key[1], edges.count[place], edges.precise[place], FLOWS[key[2]])

    def links(self, key: EdgeKey) -> Any:
        """The indexes of the links behind an edge."""
        edges, place = self.found.answer.edges, self.edges[key]
        return edges.links[edges.first[place] : edges.first[place] + edges.count[place]]

    def jobs(self, key: EdgeKey) -> list[str]:
        return jobs_of(self.found.answer, self.edges[key])

    def agreements(self, key: EdgeKey) -> list[str]:
        return agreements_of(self.found.answer, self.edges[key])

    def identities(self, key: EdgeKey) -> dict[Identity, int]:
        """The links behind an edge, with the instants at which they were recorded."""
        net, found = self.net, {}
        for link in self.links(key).tolist():
            since, _, recorded, _ = net.periods.rows[net.period.data[link]].tolist()
            job = int(net.job.data[link])
            identity = Identity(
                net.ids[net.start.data[link]],
                net.ids[net.end.data[link]],
                FLOWS[net.flow.data[link]],
                "" if job < 0 else net.jobs[job],
                None if since == OPEN_START else since,
            )
            found[identity] = recorded
        return found

    def positions(self) -> Mapping[str, str]:
        """What was reached, with the node that it stands for: ids."""
        if self._positions is None:
            answer = self.found.answer
            pairs = zip(answer.behind.tolist(), answer.behind_node.tolist(), strict=True)
            self._positions = {self.net.ids[at]: answer.ids[place] for at, place in pairs}
        return self._positions

    def standing_for(self, id: str) -> list[str]:
        """What was reached that stands for a node."""
        if self._standing is None:
            self._standing = {}
            for thing, node in self.positions().items():
                self._standing.setdefault(node, []).append(thing)
        return self._standing.get(id, [])


class Answers:
    """One side: the answer, and where it was asked again without limit of depth, that one too."""

    def __init__(self, asked: Asked, found: Found) -> None:
        assert asked.as_of is not None
        self.asked = asked
        self.found = found
        self.part = Part(found)
        self.deep: Part | None = None
        self.moment = Moment(asked.as_of, found.at if asked.known_at is None else min(asked.known_at, found.at))

    def deepen(self, found: Found) -> None:
        self.deep = Part(found)

    @property
    def answers(self) -> list[Found]:
        return [self.found] if self.deep is None else [self.found, self.deep.found]

    @property
    def final(self) -> Part | None:
        """The answer that says all there is; `None` where neither does."""
        return next((part for part in (self.part, self.deep) if part is not None and not part.stops), None)

    def with_node(self, id: str) -> Part | None:
        """The answer that has a node."""
        return next((part for part in (self.part, self.deep) if part is not None and id in part.nodes), None)

    def with_edge(self, key: EdgeKey) -> Part | None:
        """The answer that has an edge."""
        return next((part for part in (self.part, self.deep) if part is not None and key in part.edges), None)

    def same_as(self, other: "Answers") -> bool:
        """Whether the answers are surely the same: the same things and links, drawn alike."""
        one, two = self.found.answer, other.found.answer
        return (
            one.net is two.net
            and one.nodes == two.nodes
            and one.depth == two.depth
            and one.whole == two.whole
            and np.array_equal(one.edges.links, two.edges.links)
            and one.edges.first == two.edges.first
        )

    def side(self) -> Side:
        answer = self.found.answer
        return Side(
            self.moment,
            len(answer.nodes),
            len(answer.edges.source),
            answer.complete,
            answer.stopped_by,
            answer.reached_depth,
        )
