"""The contract's lineage, dependencies and lineageCounts, written after its sentences and not for speed.

It shares nothing with the product, so that the two can be compared. Left out: maxMilliseconds (TIME), peers and what
a viewer may not see. `answer` is the way in; answers are plain dicts in the shape of the case files.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from tests.reference_facts import Fact, Facts, Import, Key, instant
from tests.reference_filters import Bounds, Filter, Hop, link_meets, meets, mistake

Answer = dict[str, Any]
Query = dict[str, Any]

LEVELS = ("FIELD", "RESOURCE", "SYSTEM", "DEPARTMENT", "JURISDICTION")
KINDS = ("JURISDICTION", "DEPARTMENT", "SYSTEM", "RESOURCE", "FIELD", "ELEMENT", "AGREEMENT")
STOPS = ("DEPTH", "NODES", "FANOUT")
UP, DOWN = "UPSTREAM", "DOWNSTREAM"


class Position(NamedTuple):
    """Where a walk is: a FIELD, a RESOURCE as a whole, or (dependencies) a SYSTEM."""

    kind: str
    id: str


class Step(NamedTuple):
    """One step of a walk; `shown` is where its edge is drawn from (by rule 3 a listed field, not the whole)."""

    shown: Position
    to: Position
    link: Key


class World:
    """What is in force at one time, as far as it was known at another, with the links that a filter's `only` picks."""

    def __init__(self, facts: Facts, at: datetime, only: Mapping[str, Any] | None = None) -> None:
        self.facts = facts
        self.kinds = facts.kinds()
        self.at = at
        self.steps = cache(self._steps)
        self.feeds: list[Key] = []
        self.reads: list[Key] = []
        for key in facts.links_at(at):
            source, target = str(key[1]), str(key[2])
            if not (self.in_force(source) and self.in_force(target)) or source == target:
                continue
            if not link_meets(only or {}, key, facts.stated_by(key)):
                continue
            if key[0] == "reads" and (self.kinds[source], self.kinds[target]) == ("SYSTEM", "RESOURCE"):
                self.reads.append(key)
            elif key[0] == "feeds" and self.kinds[source] == self.kinds[target] in ("FIELD", "RESOURCE"):
                self.feeds.append(key)

    def in_force(self, thing: str) -> bool:
        """A field takes part only while its resource does."""
        if not self.facts.in_force(thing, self.at):
            return False
        resource = self.facts.values(thing).get("resource") if self.kinds[thing] == "FIELD" else None
        return resource is None or self.in_force(resource)

    def things(self, kind: str) -> list[str]:
        """All of a kind that are in force."""
        return [i for i, k in self.kinds.items() if k == kind and self.in_force(i)]

    def container(self, thing: str, key: str) -> str | None:
        """What a thing's own statement names under `key`; a container not in force counts as missing."""
        named: str | None = self.facts.values(thing).get(key)
        return named if named is not None and self.in_force(named) else None

    def department(self, resource: str) -> str | None:
        """The provider; the system's department only if no provider is stated at all."""
        if self.facts.values(resource).get("provider") is not None:
            return self.container(resource, "provider")
        system = self.container(resource, "system")
        return self.container(system, "department") if system else None

    def held(self, system: str) -> list[str]:
        """The resources in force that a system holds."""
        return [r for r in self.things("RESOURCE") if self.container(r, "system") == system]

    def fields(self, resource: str) -> list[str]:
        """The fields in force of a resource."""
        return [f for f in self.things("FIELD") if self.container(f, "resource") == resource]

    def resource(self, position: Position) -> str | None:
        """The resource that a position is, or lies in."""
        if position.kind == "RESOURCE":
            return position.id
        return self.container(position.id, "resource") if position.kind == "FIELD" else None

    def chain(self, position: Position) -> dict[str, str | None]:
        """A position's container at each level."""
        resource = self.resource(position)
        system = self.container(resource, "system") if resource else None
        department = self.department(resource) if resource else None
        if position.kind == "SYSTEM":
            system, department = position.id, self.container(position.id, "department")
        return {
            "FIELD": position.id,
            "RESOURCE": resource,
            "SYSTEM": system,
            "DEPARTMENT": department,
            "JURISDICTION": self.container(department, "jurisdiction") if department else None,
        }

    def node(self, position: Position, level: str) -> str:
        """The container at the level, else the highest that there is below it."""
        chain = self.chain(position)
        up_to = LEVELS[: LEVELS.index(level) + 1]
        return next(found for found in (chain[above] for above in reversed(up_to)) if found is not None)

    # -- the start

    def start(self, thing: str, dependencies: bool) -> set[Position]:
        """The positions that an id stands for at the start."""
        if not self.in_force(thing):
            return set()
        kind = self.kinds[thing]
        if kind in ("FIELD", "RESOURCE"):
            return {Position(kind, thing)}
        if kind == "SYSTEM":
            resources, systems = self.held(thing), [thing]
        else:
            departments = {thing} if kind == "DEPARTMENT" else self._departments(thing)
            resources = [r for r in self.things("RESOURCE") if self.department(r) in departments]
            systems = [s for s in self.things("SYSTEM") if self.container(s, "department") in departments]
        wholes = {Position("RESOURCE", r) for r in resources}
        return wholes | {Position("SYSTEM", s) for s in systems} if dependencies else wholes

    def _departments(self, jurisdiction: str) -> set[str]:
        inside = {jurisdiction}
        while True:
            lower = {j for j in self.things("JURISDICTION") if self.container(j, "within") in inside}
            if lower <= inside:
                return {d for d in self.things("DEPARTMENT") if self.container(d, "jurisdiction") in inside}
            inside |= lower

    # -- the steps

    def _steps(self, position: Position, direction: str, dependencies: bool) -> list[Step]:
        """All steps that lead on from a position in a direction."""
        found: list[Step] = []
        if position.kind == "FIELD":
            found += self.rule_1(position.id, direction)
        if position.kind == "RESOURCE":
            for one in self.fields(position.id):
                found += self.rule_1(one, direction)  # rule 3
        found += self._rule_2(position, direction)
        if dependencies:
            found += self._reading(position, direction)
        return found

    def rule_1(self, one: str, direction: str) -> list[Step]:
        """Along each feeds between a field and another field."""
        here = Position("FIELD", one)
        return [Step(here, Position("FIELD", to), link) for link, to in self._along(one, direction)]

    def _rule_2(self, position: Position, direction: str) -> list[Step]:
        """Along each feeds between resources that does not only sum up feeds between their fields."""
        resource = self.resource(position)
        if resource is None:
            return []
        return [
            Step(position, Position("RESOURCE", to), link)
            for link, to in self._along(resource, direction)
            if not self._sums(str(link[1]), str(link[2]))
        ]

    def _along(self, thing: str, direction: str) -> Iterator[tuple[Key, str]]:
        near, far = (1, 2) if direction == DOWN else (2, 1)
        return ((link, str(link[far])) for link in self.feeds if link[near] == thing)

    def _sums(self, source: str, target: str) -> bool:
        """Whether some field of the one resource feeds a field of the other."""
        return any(
            self.container(str(link[1]), "resource") == source and self.container(str(link[2]), "resource") == target
            for link in self.feeds
            if self.kinds[str(link[1])] == "FIELD"
        )

    def _reading(self, position: Position, direction: str) -> list[Step]:
        """Downstream to each system that reads the resource, upstream to the whole of each that the system reads."""
        if direction == UP:
            read = [k for k in self.reads if position == Position("SYSTEM", str(k[1]))]
            return [Step(position, Position("RESOURCE", str(k[2])), k) for k in read]
        resource = self.resource(position)
        return [Step(position, Position("SYSTEM", str(k[1])), k) for k in self.reads if k[2] == resource]

    def one_with(self, position: Position, direction: str) -> set[Position]:
        """A system and what it holds are one: where this leads for free, without an edge."""
        if direction == DOWN:
            return {Position("RESOURCE", r) for r in self.held(position.id)} if position.kind == "SYSTEM" else set()
        resource = self.resource(position)
        system = self.container(resource, "system") if resource else None
        reading = system is not None and any(k[1] == system for k in self.reads)
        return {Position("SYSTEM", system)} if system is not None and reading else set()


@dataclass
class Walk:
    """One walk in one direction, up to `limit` steps."""

    world: World
    starts: set[Position]
    direction: str
    level: str
    dependencies: bool
    limit: int
    per_node: int
    filter: Filter = field(default_factory=dict)
    distance: dict[Position, int] = field(default_factory=dict)
    admitted: dict[str, list[str]] = field(default_factory=dict)  # node: the neighbours walked to

    def __post_init__(self) -> None:
        one = self.dependencies and LEVELS.index(self.level) >= LEVELS.index("SYSTEM")
        self.bounds = Bounds(self.world, self.filter, self.starts, self.direction, self.dependencies, one)
        layer = set(self.starts)
        for depth in range(self.limit + 1):
            if not layer:
                break
            self._settle(layer, depth)
            reached = [p for p, d in self.distance.items() if d == depth]
            if depth < self.limit:
                self._admit(reached)
            layer = {s.to for p in reached for s in self.steps(p) if self._walked(p, s)} - self.distance.keys()

    def _settle(self, layer: set[Position], depth: int) -> None:
        """Walk freely inside the containers of a layer."""
        waiting = list(layer)
        while waiting:
            position = waiting.pop()
            if position in self.distance:
                continue
            self.distance[position] = depth
            waiting += [s.to for s in self.steps(position) if self.inside(s)]
            waiting += self.bounds.free(position)

    def _admit(self, reached: list[Position]) -> None:
        """Layer by layer, in id order, each node's first neighbours are walked to."""
        led: dict[str, set[str]] = {}
        for step in (s for p in reached for s in self.steps(p) if not self.inside(s)):
            led.setdefault(self.node(step.shown), set()).add(self.node(step.to))
        for node, neighbours in led.items():
            admitted = self.admitted.setdefault(node, [])
            for neighbour in sorted(neighbours):
                if neighbour not in admitted and len(admitted) < self.per_node:
                    admitted.append(neighbour)

    def _walked(self, position: Position, step: Hop) -> bool:
        """Whether a step is not cut by fan-out; none is in the layer at the limit."""
        if self.distance[position] >= self.limit or self.inside(step):
            return True
        return self.node(step.to) in self.admitted[self.node(step.shown)]

    def steps(self, position: Position) -> list[Hop]:
        """The steps from a position that the filter allows."""
        return self.bounds.hops(position)

    def node(self, position: Position) -> str:
        """The node that a position stands for."""
        return self.world.node(position, self.level)

    def inside(self, step: Hop) -> bool:
        """Whether a step stays inside one container."""
        return self.node(step.shown) == self.node(step.to)

    def behind(self) -> dict[str, set[Position]]:
        """Each node with the positions behind it, fields only listed included."""
        found: dict[str, set[Position]] = {}
        for position in (*self.distance, *self.listed()):
            found.setdefault(self.node(position), set()).add(position)
        return found

    def listed(self) -> dict[Position, int]:
        """Fields of a whole that lead on, at the whole's depth."""
        found: dict[Position, int] = {}
        for position, depth in self.distance.items():
            for step in self.steps(position) if position.kind == "RESOURCE" else ():
                if step.shown.kind == "FIELD":
                    found[step.shown] = depth
        return found

    def depths(self) -> dict[str, int]:
        """Each node's depth."""
        found: dict[str, int] = {}
        for position, depth in (*self.distance.items(), *self.listed().items()):
            node = self.node(position)
            found[node] = min(depth, found.get(node, depth))
        return found

    def whole(self) -> set[str]:
        """Nodes behind which a resource was reached as a whole, and systems asked for or come to by reads."""
        found = {self.node(p) for p in self.distance if p.kind == "RESOURCE"}
        systems = {p for p in self.distance if p.kind == "SYSTEM" and (p in self.starts or self.direction == DOWN)}
        return found | {p.id for p in systems if self.node(p) == p.id}

    def edges(self) -> dict[tuple[str, str, str], list[Hop]]:
        """The steps behind each pair of different nodes joined by one between two reached positions."""
        found: dict[tuple[str, str, str], list[Hop]] = {}
        for position in self.distance:
            for step in self.steps(position):
                if step.to in self.distance and self._walked(position, step) and not self.inside(step):
                    ends = (self.node(step.shown), self.node(step.to))
                    source, target = ends if self.direction == DOWN else ends[::-1]
                    found.setdefault((source, target, step.flow), []).append(step)
        return found

    def neighbours(self) -> dict[str, set[str]]:
        """The different nodes that each node leads to, walked to or not."""
        found: dict[str, set[str]] = {}
        for step in (s for p in self.distance for s in self.steps(p) if not self.inside(s)):
            found.setdefault(self.node(step.shown), set()).add(self.node(step.to))
        return found

    def stops(self) -> set[str]:
        """DEPTH if a step that fan-out did not cut leads to something not reached; FANOUT if it cut a step."""
        found: set[str] = set()
        for position in self.distance:
            for step in self.steps(position):
                if not self._walked(position, step):
                    found.add("FANOUT")
                elif step.to not in self.distance:
                    found.add("DEPTH")
        return found


def answer(
    imports: Sequence[Import], query: Query, marks: Mapping[str, datetime] | None = None, now: datetime | None = None
) -> Answer:
    """What the registry answers; `marks` name moments that `asOf` and `knownAt` may use, `now` is their default."""
    now = now or datetime.now(UTC)
    known = moment_of(query.get("knownAt"), marks or {}, now)
    facts = Facts(imports, known)
    only = (query.get("filter") or {}).get("only") or {}
    world = World(facts, moment_of(query.get("asOf"), marks or {}, now), only)
    if wrong := mistake(world.kinds, query):
        return {"error": wrong}
    found = _lineage(world, query)
    return _counts(found) if query["name"] == "lineageCounts" else found


def moment_of(text: str | None, marks: Mapping[str, datetime], now: datetime) -> datetime:
    if text is not None and text in marks:
        return marks[text]
    return instant(text) or now


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def walked(world: World, query: Query) -> tuple[list[Walk], dict[str, int], set[str]]:
    """The walks of a question, the nodes taken with their depths, and what stopped them."""
    budget = query.get("budget") or {}
    most = _or(budget.get("maxNodes"), 500)
    limit = _or(query.get("depth"), 5)
    walks = _walks(world, query, limit)
    stops = {stop for walk in walks for stop in walk.stops()}
    depths = _signed(walks)
    taken = sorted(depths, key=lambda i: (abs(depths[i]), i))[:most]
    if len(depths) > most:
        last = abs(depths[taken[-1]])  # k, the depth of the last node kept
        walks = _walks(world, query, last)
        kept = {stop for walk in walks for stop in walk.stops()} - {"DEPTH"}
        stops = kept | {"NODES"} | ({"DEPTH"} & stops if last == limit else set())
    return walks, {i: depths[i] for i in taken}, stops


def _lineage(world: World, query: Query) -> Answer:
    walks, depths, stops = walked(world, query)
    nodes, edges = shown(walks, depths, query)
    return {
        "nodes": nodes,
        "edges": edges,
        "complete": not stops,
        "stoppedBy": [stop for stop in STOPS if stop in stops],
        "reachedDepth": max(map(abs, depths.values()), default=0),
    }


def _walks(world: World, query: Query, limit: int) -> list[Walk]:
    """One walk, or two for BOTH."""
    dependencies = query["name"] == "dependencies"
    per_node = _or((query.get("budget") or {}).get("maxPerNode"), 100)
    starts = {p for i in query["ids"] for p in world.start(i, dependencies)}
    directions = (UP, DOWN) if query["direction"] == "BOTH" else (query["direction"],)
    level = query.get("level") or "RESOURCE"
    filter = query.get("filter") or {}
    return [Walk(world, starts, d, level, dependencies, limit, per_node, filter) for d in directions]


def _signed(walks: list[Walk]) -> dict[str, int]:
    """Depths, negative upstream when both ways were asked; the smaller distance wins, downstream on a tie."""
    if len(walks) == 1:
        return walks[0].depths()
    up, down = (walk.depths() for walk in walks)
    found = dict(down)
    for node, depth in up.items():
        if node not in down or depth < down[node]:
            found[node] = -depth
    return found


def drawn(walks: list[Walk], depths: dict[str, int]) -> dict[tuple[str, str, str], list[Hop]]:
    """The steps behind each edge between the nodes kept."""
    steps: dict[tuple[str, str, str], list[Hop]] = {}
    for walk in walks:
        for ends, hops in walk.edges().items():
            if ends[0] in depths and ends[1] in depths:
                steps.setdefault(ends, []).extend(hops)
    return steps


def drawn_links(walks: list[Walk], depths: dict[str, int], query: Query) -> dict[tuple[str, str, str], set[Key]]:
    """The links behind each edge that is shown."""
    _, edges = shown(walks, depths, query)
    seen = {(edge["source"], edge["target"], edge["flow"]) for edge in edges}
    steps = drawn(walks, depths)
    return {ends: {link for hop in steps[ends] for link in hop.links} for ends in seen}


def shown(walks: list[Walk], depths: dict[str, int], query: Query) -> tuple[list[Answer], list[Answer]]:
    """The nodes kept, and the edges between them; of all that, what meets `show`."""
    world, level = walks[0].world, query.get("level") or "RESOURCE"
    show = (query.get("filter") or {}).get("show") or {}
    steps = drawn(walks, depths)
    joined = {(source, target) for source, target, _ in steps}
    left_out: dict[str, set[str]] = {i: set() for i in depths}
    behind: dict[str, set[Position]] = {i: set() for i in depths}
    for walk in walks:
        for node, neighbours in walk.neighbours().items():
            pairs = {n: (node, n) if walk.direction == DOWN else (n, node) for n in neighbours}
            left_out.setdefault(node, set()).update(n for n, pair in pairs.items() if pair not in joined)
        for node, positions in walk.behind().items():
            behind.setdefault(node, set()).update(positions)
    whole = {i for walk in walks for i in walk.whole()}
    nodes = [
        {"id": i, "depth": depths[i], "whole": i in whole, "more": len(left_out[i]), **_facets(world, i, behind[i])}
        for i in sorted(depths, key=lambda i: (depths[i], i))
    ]
    edges = []
    for (source, target, flow), hops in sorted(steps.items()):
        links = {link for hop in hops for link in hop.links}
        fields = world.kinds[source] == world.kinds[target] == "FIELD" and any(hop.clear for hop in hops)
        edge = {"source": source, "target": target, "count": len(links), "precise": level != "FIELD" or fields}
        if any(link_meets(show, link, world.facts.stated_by(link)) for link in links):
            edges.append({**edge, "flow": flow})
    seen = {i for i in depths if _is_shown(walks, i, level, show)}
    return [n for n in nodes if n["id"] in seen], [e for e in edges if {e["source"], e["target"]} <= seen]


def _is_shown(walks: list[Walk], node: str, level: str, show: Mapping[str, Any]) -> bool:
    """Whether one of the positions behind a node meets `show`; at FIELD a node stands for itself."""
    world = walks[0].world
    if level == "FIELD":
        return meets(world, show, Position(world.kinds[node], node))
    return any(walk.node(p) == node and meets(world, show, p) for walk in walks for p in walk.distance)


def _facets(world: World, node: str, behind: set[Position]) -> Answer:
    """Kind, name and containers: above a node's own level the one it stands for, none where they are several."""
    kind = world.kinds[node]
    values: Fact = world.facts.values(node)
    found: Answer = {"kind": kind, "name": values.get("name") or node}
    for level in LEVELS[1:]:
        names = {world.chain(p)[level] for p in behind} - {None}
        if level == kind:
            names = {node}
        elif LEVELS.index(level) < LEVELS.index(kind):
            names = set()
        found[level.lower()] = names.pop() if len(names) == 1 else None
    return found


def _counts(found: Answer) -> Answer:
    """How many by depth, kind and department."""
    depths = Counter(n["depth"] for n in found["nodes"])
    kinds = Counter(n["kind"] for n in found["nodes"])
    departments = Counter(n["department"] for n in found["nodes"])
    by_size = sorted(departments.items(), key=lambda item: (-item[1], item[0] is None, item[0] or ""))
    return {
        "total": len(found["nodes"]),
        "byDepth": [{"depth": depth, "count": count} for depth, count in sorted(depths.items())],
        "byKind": [{"kind": kind, "count": kinds[kind]} for kind in KINDS if kinds[kind]],
        "byDepartment": [{"department": department, "count": count} for department, count in by_size],
        "complete": found["complete"],
        "stoppedBy": found["stoppedBy"],
    }
