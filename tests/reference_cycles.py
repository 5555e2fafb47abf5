"""The contract's cycles, written after its sentences and not for speed. It stands on `tests/reference.py` alone."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from tests.reference import DOWN, Position, Step, Walk, World
from tests.reference_facts import Facts, Import, Key

Edges = dict[tuple[str, str], set[Key]]
Answer = dict[str, Any]

FAR = 1_000


class Asked(NamedTuple):
    """One question; times are moments."""

    level: str
    within: str | None
    as_of: datetime
    known_at: datetime


def world(imports: Sequence[Import], asked: Asked) -> World:
    """What is in force then, as far as it was known."""
    return World(Facts(imports, asked.known_at), asked.as_of)


def positions(of: World) -> list[Position]:
    """Everything that a walk along FEEDS can be at."""
    return [Position(kind, thing) for kind in ("FIELD", "RESOURCE") for thing in of.things(kind)]


def edges(of: World, level: str) -> Edges:
    """Each pair of different nodes that a step downstream joins, with the links behind it."""
    found: Edges = {}
    for position in positions(of):
        for step in of.steps(position, DOWN, False):
            ends = of.node(step.shown, level), of.node(step.to, level)
            if ends[0] != ends[1]:
                found.setdefault(ends, set()).add(step.link)
    return found


def reachable(drawn: Edges, start: str) -> set[str]:
    """What edges lead to."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        here = waiting.pop()
        fresh = {target for source, target in drawn if source == here} - seen
        seen |= fresh
        waiting += fresh
    return seen


def strong_sets(drawn: Edges) -> list[set[str]]:
    """The sets of two or more nodes of which each leads to each other."""
    nodes = {end for ends in drawn for end in ends}
    leads = {node: reachable(drawn, node) for node in nodes}
    sets = {frozenset({n, *(o for o in leads[n] if n in leads[o])}) for n in nodes}
    return [set(found) for found in sets if len(found) > 1]


def inside(of: World, node: str, container: str) -> bool:
    """Whether a node lies in a container, or is it."""
    kind = of.kinds[node]
    resource = of.container(node, "resource") if kind == "FIELD" else node if kind == "RESOURCE" else None
    system = of.container(resource, "system") if resource else node if kind == "SYSTEM" else None
    department = of.department(resource) if resource else node if kind == "DEPARTMENT" else None
    if kind == "SYSTEM":
        department = of.container(node, "department")
    jurisdiction = of.container(department, "jurisdiction") if department else None
    if kind == "JURISDICTION":
        jurisdiction = node
    places = {resource, system, department}
    while jurisdiction is not None and jurisdiction not in places:
        places.add(jurisdiction)
        jurisdiction = of.container(jurisdiction, "within")
    return container in places


def comes_back(of: World, level: str, node: str) -> bool:
    """Whether the walk that starts at all that a node stands for lists an edge back to it."""
    starts = {position for position in positions(of) if of.node(position, level) == node}
    walk = Walk(of, starts, DOWN, level, dependencies=False, limit=FAR, per_node=FAR)
    return any(target == node for _, target, _ in walk.edges())


def rounds(drawn: Edges, first: str) -> Iterator[tuple[str, ...]]:
    """All simple cycles that are told from their smallest node, which is `first`."""
    waiting: list[tuple[str, ...]] = [(first,)]
    while waiting:
        way = waiting.pop()
        for source, target in drawn:
            if source == way[-1]:
                if target == first:
                    yield way
                elif target > first and target not in way:
                    waiting.append((*way, target))


def ways_back(of: World, level: str, start: str) -> Iterator[tuple[str, ...]]:
    """The sequences of different nodes that one walk goes through from a node back to it, along drawn edges."""

    def crossing(here: set[Position]) -> Iterator[Step]:
        everywhere, waiting = set(here), list(here)
        while waiting:
            for step in of.steps(waiting.pop(), DOWN, False):
                if of.node(step.shown, level) != of.node(step.to, level):
                    yield step
                elif step.to not in everywhere:
                    everywhere.add(step.to)
                    waiting.append(step.to)

    begin = {position for position in positions(of) if of.node(position, level) == start}
    ways: list[tuple[tuple[str, ...], set[Position]]] = [((start,), begin)]
    while ways:
        way, here = ways.pop()
        nexts: dict[str, set[Position]] = {}
        for step in crossing(here):
            if of.node(step.shown, level) != way[-1]:
                continue  # at FIELD level a listed field draws what its whole walks
            nexts.setdefault(of.node(step.to, level), set()).add(step.to)
        for node, there in nexts.items():
            if node == start:
                yield way
            elif node not in way:
                ways.append(((*way, node), there))


def shortest(ways: Iterator[tuple[str, ...]]) -> tuple[str, ...] | None:
    """The shortest, then the first by ids in turn."""
    return min(ways, key=lambda way: (len(way), way), default=None)


def behind(of: World, links: set[Key]) -> Answer:
    """How many links, fields and resources data comes from."""
    sources = {str(link[1]) for link in links}
    fields = {thing for thing in sources if of.kinds[thing] == "FIELD"}
    resources = {of.resource(Position(of.kinds[thing], thing)) for thing in sources} - {None}
    return {"count": len(links), "fields": len(fields), "resources": len(resources)}


def cycles(imports: Sequence[Import], asked: Asked) -> list[Answer]:
    """All strongly connected sets, the largest first, then by their first id."""
    of = world(imports, asked)
    drawn = edges(of, asked.level)
    found = []
    for nodes in strong_sets(drawn):
        if asked.within is not None and not all(inside(of, node, asked.within) for node in nodes):
            continue
        among = {ends: links for ends, links in drawn.items() if set(ends) <= nodes}
        found.append(
            {
                "members": sorted(nodes),
                "closed": any(comes_back(of, asked.level, node) for node in nodes),
                "shortest": shortest(way for node in nodes for way in rounds(among, node)),
                "walk": shortest(way for node in nodes for way in ways_back(of, asked.level, node)),
                "edges": {ends: behind(of, links) for ends, links in sorted(among.items())},
            }
        )
    return sorted(found, key=lambda one: (-len(one["members"]), one["members"][0]))


def mutual(imports: Sequence[Import], asked: Asked) -> list[Answer]:
    """The pairs of nodes of the level's own kind with an edge each way, those with the most links first."""
    of = world(imports, asked)
    drawn = edges(of, asked.level)
    found = []
    for one, other in drawn:
        if one > other or (other, one) not in drawn:
            continue
        if asked.level != "FIELD" and {of.kinds[one], of.kinds[other]} != {asked.level}:
            continue
        if asked.within is not None and not all(inside(of, node, asked.within) for node in (one, other)):
            continue
        there, back = drawn[one, other], drawn[other, one]
        found.append(
            {
                "pair": (one, other),
                "count": len(there) + len(back),
                "closed": any(
                    way in ((one, other), (other, one))
                    for node in (one, other)
                    for way in ways_back(of, asked.level, node)
                ),
                "there": {**behind(of, there), "links": _told(there)},
                "back": {**behind(of, back), "links": _told(back)},
            }
        )
    return sorted(found, key=lambda pair: (-pair["count"], pair["pair"]))


def _told(links: set[Key]) -> list[tuple[str | None, ...]]:
    """Links by their ends, job and beginning."""
    return sorted((link[1:4] for link in links), key=lambda link: tuple(part or "" for part in link))
