"""The contract's paths by brute force: every walk is made, and what it went through is written down.

It takes the steps and the starts from `tests/reference.py` and nothing from the product. `paths` is the way in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from tests.reference import DOWN, Answer, Position, Query, World, _facets, moment_of
from tests.reference_facts import Facts, Import, Key

Sequence_ = tuple[str, ...]


class Refused(Exception):
    """The caller's mistake, with its code and what it names."""

    def __init__(self, code: str, names: list[str]) -> None:
        super().__init__(code, names)
        self.code = code
        self.names = names


@dataclass(frozen=True)
class Here:
    """Where a walk is: what nodes it went through, and which of the things to pass it has passed."""

    position: Position
    nodes: Sequence_
    passed: frozenset[int]


@dataclass
class Walks:
    """All walks of one question, with the steps between where they are."""

    world: World
    query: Query
    before: dict[Here, set[tuple[Here, Key | None]]] = field(default_factory=dict)
    ends: set[Here] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.level = self.query.get("level") or "RESOURCE"
        self.target = self.arrivals(self.query["to"])
        self.via = [self.arrivals(thing) for thing in self.query.get("via") or ()]
        avoided = {p for thing in self.query.get("avoid") or () for p in self.inside(thing)}
        self.avoided = avoided
        waiting = [
            Here(p, (self.node(p),), self.passed(p, frozenset()))
            for p in self.world.start(self.query["from"], False)
            if p not in avoided
        ]
        for here in waiting:
            self.before[here] = set()
        while waiting:
            here = waiting.pop()
            if here.position in self.target:
                if len(here.passed) == len(self.via):
                    self.ends.add(here)
                continue
            for there, link in self.onward(here):
                if there not in self.before:
                    self.before[there] = set()
                    waiting.append(there)
                self.before[there].add((here, link))

    def onward(self, here: Here) -> list[tuple[Here, Key]]:
        """Where a walk may go on to without coming back to a node that it has left."""
        found = []
        for to, link in self.allowed(here.position):
            node = self.node(to)
            if node == here.nodes[-1] or node not in here.nodes:
                nodes = here.nodes if node == here.nodes[-1] else (*here.nodes, node)
                found.append((Here(to, nodes, self.passed(to, here.passed)), link))
        return found

    def allowed(self, position: Position) -> list[tuple[Position, Key]]:
        """The steps from a position that touch nothing to avoid, nor go by a field to avoid."""
        ids = {p.id for p in self.avoided}
        return [
            (step.to, step.link)
            for step in self.world.steps(position, DOWN, False)
            if step.to not in self.avoided and not {step.link[1], step.link[2]} & ids
        ]

    def node(self, position: Position) -> str:
        """What a position stands for."""
        return self.world.node(position, self.level)

    def inside(self, thing: str) -> set[Position]:
        """What lies in a thing: its resources with their fields, or itself."""
        found = self.world.start(thing, False)
        return found | {Position("FIELD", f) for p in found if p.kind == "RESOURCE" for f in self.world.fields(p.id)}

    def arrivals(self, thing: str) -> set[Position]:
        """Where a walk is at a thing: a field also by its resource as a whole."""
        found = self.inside(thing)
        holders = {self.world.resource(p) for p in found if p.kind == "FIELD"} - {None}
        return found | {Position("RESOURCE", str(holder)) for holder in holders}

    def passed(self, position: Position, before: frozenset[int]) -> frozenset[int]:
        """The things that have been passed when a walk has come to a position."""
        return before | {number for number, those in enumerate(self.via) if position in those}

    def behind(self, nodes: Sequence_) -> tuple[list[set[Position]], list[set[Key]]]:
        """What the walks of one path went through in each node, and the links between."""
        positions: list[set[Position]] = [set() for _ in nodes]
        links: list[set[Key]] = [set() for _ in nodes[1:]]
        waiting = [end for end in self.ends if end.nodes == nodes]
        seen = set(waiting)
        while waiting:
            here = waiting.pop()
            positions[len(here.nodes) - 1].add(here.position)
            for there, link in self.before[here]:
                if there.nodes != here.nodes and link is not None:
                    links[len(there.nodes) - 1].add(link)
                if there not in seen:
                    seen.add(there)
                    waiting.append(there)
        return positions, links


def paths(
    imports: Sequence[Import], query: Query, marks: Mapping[str, datetime] | None = None, now: datetime | None = None
) -> Answer:
    """What the registry answers to `lineagePaths`."""
    now = now or datetime.now(UTC)
    facts = Facts(imports, moment_of(query.get("knownAt"), marks or {}, now))
    world = World(facts, moment_of(query.get("asOf"), marks or {}, now))
    try:
        _check(world, query)
    except Refused as refused:
        return {"error": {"code": refused.code, "names": refused.names}}
    if query["from"] == query["to"]:
        return {"paths": [], "exists": False, "complete": True, "stoppedBy": []}
    return _answer(Walks(world, query))


def _check(world: World, query: Query) -> None:
    named = {"from": [query["from"]], "to": [query["to"]], "via": query.get("via"), "avoid": query.get("avoid")}
    for argument, ids in named.items():
        if any(world.kinds.get(id) in ("ELEMENT", "AGREEMENT") for id in ids or ()):
            raise Refused("BAD_INPUT", [argument])
    unknown = {id for ids in named.values() for id in ids or () if id not in world.kinds}
    if unknown:
        raise Refused("NOT_FOUND", sorted(unknown))


def _answer(walks: Walks) -> Answer:
    query = walks.query
    found = sorted({end.nodes for end in walks.ends}, key=lambda nodes: (len(nodes), nodes))
    near = [nodes for nodes in found if len(nodes) - 1 <= query.get("maxDepth", 30)]
    taken: list[Sequence_] = []
    for nodes in near[: query.get("first", 10)]:
        if sum(map(len, (*taken, nodes))) > (query.get("budget") or {}).get("maxNodes", 10_000):
            break
        taken.append(nodes)
    stops = ["NODES"] if len(near) > len(taken) else ["DEPTH"] if len(found) > len(near) else []
    behind = {nodes: walks.behind(nodes) for nodes in taken}
    left = _left(walks, behind)
    return {
        "paths": [_shown(walks, nodes, *behind[nodes], left) for nodes in taken],
        "exists": bool(near),
        "complete": not stops,
        "stoppedBy": stops,
    }


def _left(walks: Walks, behind: Mapping[Sequence_, tuple[list[set[Position]], list[set[Key]]]]) -> dict[str, int]:
    """For each node how many others steps from it lead to that no path goes to from there."""
    leading: dict[str, set[str]] = {}
    for nodes, (positions, _) in behind.items():
        for node, those in zip(nodes, positions, strict=True):
            beyond = {walks.node(to) for position in those for to, _ in walks.allowed(position)}
            leading.setdefault(node, set()).update(beyond - {node})
    for nodes in behind:
        for node, following in pairwise(nodes):
            leading[node].discard(following)
    return {node: len(others) for node, others in leading.items()}


def _shown(
    walks: Walks, nodes: Sequence_, positions: list[set[Position]], links: list[set[Key]], left: Mapping[str, int]
) -> Answer:
    kinds = walks.world.kinds
    return {
        "length": len(nodes) - 1,
        "nodes": [
            {
                "id": node,
                "depth": place,
                "whole": any(position.kind == "RESOURCE" for position in positions[place]),
                "more": left[node],
                **_facets(walks.world, node, positions[place]),
            }
            for place, node in enumerate(nodes)
        ],
        "edges": [
            {
                "source": nodes[place],
                "target": nodes[place + 1],
                "count": len(those),
                "precise": walks.level != "FIELD" or kinds[nodes[place]] == kinds[nodes[place + 1]] == "FIELD",
                "flow": "FEEDS",
            }
            for place, those in enumerate(links)
        ],
    }
