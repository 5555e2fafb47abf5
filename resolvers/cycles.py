"""Cycles and mutual dependence as GraphQL types. Their sources are what `graph/cycles.py` found."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Protocol, TypeVar

import numpy as np
import strawberry

from graph import moment
from graph.crossings import Behind, around
from graph.crossings import Crossing as CrossingRecord
from graph.cycles import AskedCycles
from graph.mutual import FoundPairs, Pair
from graph.net import NO_INTS
from graph.paging import Position, page
from graph.shortest import Round
from graph.strong import CycleSet, FoundCycles
from graph.walk import SHORT
from resolvers.batches import many
from resolvers.connections import ROWS, ContentConnection, Edge, PageInfo, _edges, _itself, _nodes, _total
from resolvers.context import Context, Info
from resolvers.costs import weighs
from resolvers.cut import Cut, cut_of
from resolvers.enums import Level, NodeKind
from resolvers.lineage import AsOf, Container, KnownAt
from resolvers.members import After, Before, First, Last
from resolvers.scalars import Instant, SequenceNumber
from resolvers.things import Node

SHOWN = 1_000
"""Nodes of one cycle that are shown."""

Record = dict[str, Any]


class Weighty(Protocol):
    """What may take a while to look at."""

    @property
    def weight(self) -> int:
        """How many links there are."""
        ...


W = TypeVar("W", bound=Weighty)


async def _each(things: Sequence[W], work: Callable[[W], Any]) -> list[Any]:
    """What is short at once, what is long beside whatever else is going on."""

    def all_of_them() -> list[Any]:
        return [work(one) for one in things]

    return all_of_them() if sum(one.weight for one in things) <= SHORT else await asyncio.to_thread(all_of_them)


async def _things(nodes: list[Record], context: Context) -> list[Any]:
    by_kind: dict[Any, list[str]] = {}
    for node in nodes:
        by_kind.setdefault(node["kind"], []).append(node["id"])
    found = dict(
        zip(by_kind, await asyncio.gather(*(context.things(kind, ids) for kind, ids in by_kind.items())), strict=True)
    )
    return [found[node["kind"]][node["id"]] for node in nodes]


def _described(description: str, *annotations: object) -> Any:
    return strawberry.field(description=description, directives=annotations)


@strawberry.type(description="A thing with its containers, all at the moment asked for.")
class LocatedNode:
    id: strawberry.ID = _described("Its id.")
    kind: NodeKind = _described("What kind of thing it is; it may be below the level asked for, where that is unknown.")
    name: str = _described("Its name; its id where it has none.")
    resource: Container | None = _described("Its resource, or itself.")
    system: Container | None = _described("The system that holds it, or itself.")
    department: Container | None = _described("Its department, or itself.")
    jurisdiction: Container | None = _described("Its jurisdiction, or itself.")
    node: Node | None = many(_things, "The thing itself as it is now, loaded only if selected.")


@strawberry.type(description="One stored link (FEEDS).")
class StoredLink:
    source: LocatedNode = _described("The field or resource that the data comes from.")
    target: LocatedNode = _described("The field or resource that it goes to.")
    job: str | None = _described("What moves the data, by name.")
    valid_from: Instant | None = _described("Since when the link is valid; null: always was.")
    valid_to: Instant | None = _described("Until when (exclusive) the link is valid; null: no end is known.")


@strawberry.type(description="What flows from one node to another: an edge at a level.")
class Crossing:
    source: strawberry.ID = _described("Where the data comes from.")
    target: strawberry.ID = _described("Where it goes.")
    count: int = _described("How many stored links stand behind it.")
    fields: int = _described("How many different fields the data comes from.")
    resources: int = _described("How many different resources the data comes from.")
    jobs: list[str] = _described("The different jobs behind it, sorted.")
    links: ContentConnection[StoredLink] = cut_of(
        "links",
        Behind,
        "The stored links behind it, by the ids of their ends, then by job and beginning.",
    )


@strawberry.type(description="One way round: from node to node and back to the first.")
class CyclePath:
    length: int = _described("How many edges it has, and as many nodes.")
    exact: bool = _described(
        "Whether it is the shortest there is. False only where a set is so large and so far spread that the search "
        "was ended; then there may be a shorter one."
    )
    nodes: list[LocatedNode] = _described(f"Its nodes in order, the first {SHOWN:,} of them.")
    edges: list[Crossing] = _described(
        f"Its edges in order, the first {SHOWN:,} of them; the last leads back to the first node."
    )


class _Members:
    """The nodes of a set, by id."""

    needs = NO_INTS

    def __init__(self, found: CycleSet) -> None:
        self.ground = found.ground
        self.count = found.size
        self._flows = found.flows

    def position(self, row: int) -> Position:
        return 0, self._flows.ids[row]

    def records(self, rows: Sequence[int]) -> list[Record]:
        return self.ground.located(self._flows.nodes[np.array(rows, np.int64)])


class _Crossings:
    """The edges of a set, by (source, target)."""

    needs = NO_INTS

    def __init__(self, found: CycleSet) -> None:
        self.ground = found.ground
        self._flows = found.flows
        self._edges = found.edges
        self.count = len(found.edges[0])

    def position(self, row: int) -> Position:
        source, target = (self._flows.ids[ends[row]] for ends in self._edges)
        return source, target

    def records(self, rows: Sequence[int]) -> list[CrossingRecord]:
        pairs = [[int(ends[row]) for ends in self._edges] for row in rows]
        return [CrossingRecord(self.ground, self._flows, *pair) for pair in pairs]


def _shown(found: CycleSet, way: Round | None) -> Record | None:
    if way is None:
        return None
    return {
        "length": len(way.vertices),
        "exact": way.exact,
        "nodes": found.ground.located(found.flows.nodes[way.vertices[:SHOWN]]),
        "edges": around(found.ground, found.flows, way.vertices, SHOWN),
    }


async def _shortest(sets: list[CycleSet], context: Context) -> list[Any]:
    ways = await _each(sets, lambda one: one.shortest)
    return list(map(_shown, sets, ways))


async def _walk(sets: list[CycleSet], context: Context) -> list[Any]:
    ways = await _each(sets, lambda one: one.walk)
    return list(map(_shown, sets, ways))


async def _closed(found: list[Any], context: Context) -> list[Any]:
    return await _each(found, lambda one: one.closed)


@strawberry.type(
    description="A strongly connected set: two or more nodes, from each of which edges lead to each other one."
)
class Cycle:
    size: int = _described("How many members it has.")
    closed: bool = many(
        _closed,
        "Whether one walk really comes back to a node that it has left. False where the edges lead round, but what "
        "comes in never goes out again: A.f1 feeds B.f2, and another field, B.f3, feeds A.f4.",
        weighs(5),
    )
    shortest: CyclePath = many(
        _shortest, "The shortest cycle along its edges: fewest nodes, then the smallest ids in turn.", weighs(5)
    )
    walk: CyclePath | None = many(
        _walk,
        "The shortest way on which one walk really comes back, from where it starts: fewest nodes, then the smallest "
        "ids in turn. Null unless `closed`.",
        weighs(5),
    )
    members: ContentConnection[LocatedNode] = cut_of("members", _Members, "Its members, by id.")
    edges: ContentConnection[Crossing] = cut_of(
        "crossings", _Crossings, "All edges between its members, by source and target."
    )


def _sequence(pages: list[Cut], context: Context) -> list[Any]:
    return [one.whole.ground.sequence for one in pages]


_SEQUENCE = "The change of the graph that the answer stands on."


@strawberry.type(description="A page of cycles: the largest first, then by their first id.")
class CycleConnection:
    edges: list[Edge[Cycle]] = many(_edges, "The rows of the page, with their cursors.")
    nodes: list[Cycle] = many(_nodes, "The rows of the page, without cursors.")
    page_info: PageInfo = many(_itself, "Where the page lies in the list.")
    total_count: int = many(_total, "How many there are in all pages.")
    sequence: SequenceNumber = many(_sequence, _SEQUENCE)


def _one(pairs: list[Pair], context: Context) -> list[Any]:
    return [pair.ground.located(pair.flows.nodes[[pair.one]])[0] for pair in pairs]


def _other(pairs: list[Pair], context: Context) -> list[Any]:
    return [pair.ground.located(pair.flows.nodes[[pair.other]])[0] for pair in pairs]


def _there(pairs: list[Pair], context: Context) -> list[Any]:
    return [CrossingRecord(pair.ground, pair.flows, pair.one, pair.other) for pair in pairs]


def _back(pairs: list[Pair], context: Context) -> list[Any]:
    return [CrossingRecord(pair.ground, pair.flows, pair.other, pair.one) for pair in pairs]


@strawberry.type(description="Two nodes of the level's own kind that depend on each other: data flows both ways.")
class MutualPair:
    one: LocatedNode = many(_one, "The one, by id the smaller.")
    other: LocatedNode = many(_other, "The other.")
    count: int = _described("How many stored links stand behind both ways.")
    closed: bool = many(_closed, "Whether what flows there comes back by one walk, from either side.", weighs(5))
    there: Crossing = many(_there, "What flows from the one to the other.")
    back: Crossing = many(_back, "What flows from the other to the one.")


@strawberry.type(description="A page of pairs: those with the most links first, then by their ids.")
class MutualConnection:
    edges: list[Edge[MutualPair]] = many(_edges, "The rows of the page, with their cursors.")
    nodes: list[MutualPair] = many(_nodes, "The rows of the page, without cursors.")
    page_info: PageInfo = many(_itself, "Where the page lies in the list.")
    total_count: int = many(_total, "How many there are in all pages.")
    sequence: SequenceNumber = many(_sequence, _SEQUENCE)


class _Found:
    """What was found, as a list."""

    needs = NO_INTS

    def __init__(self, found: FoundCycles | FoundPairs) -> None:
        self.ground = found.ground
        self.count = found.count
        self.position = found.position
        self._found = found

    def records(self, rows: Sequence[int]) -> list[Any]:
        return [self._found[row] for row in rows]


LevelArgument = Annotated[Level, strawberry.argument(description="What the nodes are.")]
Within = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="Only those of which every member lies in this jurisdiction (lower levels included), department, "
        "system or resource."
    ),
]


async def _cycles(
    info: Info,
    level: LevelArgument,
    within: Within = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    asked = AskedCycles(moment.Level[level.value], within, as_of, known_at)
    return await _listed("cycles", info.context.cycles().sets, asked, first, after, last, before)


async def _mutual(
    info: Info,
    level: LevelArgument = Level.DEPARTMENT,
    within: Within = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    asked = AskedCycles(moment.Level[level.value], within, as_of, known_at)
    return await _listed("mutual", info.context.cycles().pairs, asked, first, after, last, before)


async def _listed(name: str, find: Callable[[AskedCycles], Awaitable[Any]], asked: AskedCycles, *bounds: Any) -> Cut:
    order = f"{name}-{asked.level.name}"
    part = page(order, *bounds)
    return Cut(order, part, _Found(await find(asked)))


cycles_field: Any = strawberry.field(
    resolver=_cycles,
    description="Sets of nodes of which each leads to each other, along what is copied (FEEDS).",
    directives=[weighs(100), ROWS],
)
mutual_field: Any = strawberry.field(
    resolver=_mutual,
    description="Pairs of nodes, departments if not said otherwise, that depend on each other by what is copied "
    "(FEEDS), with the links behind each direction.",
    directives=[weighs(100), ROWS],
)
