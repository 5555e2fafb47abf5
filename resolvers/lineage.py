"""Lineage and dependencies as GraphQL types: flat nodes and edges, their containers beside them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import strawberry
from strawberry import Parent

from graph import moment
from graph.facts import Kind
from graph.lineage import Asked, Found, agreements_of, jobs_of, name_of, shown
from graph.narrowing import NO_FILTER
from graph.walk import Budget
from graph.whole import Whole
from resolvers.batches import batched, many, needs, one
from resolvers.completion import Shape, Table, together
from resolvers.connections import ROWS, Edge, PageInfo, _edges, _itself, _nodes, _total
from resolvers.context import Context, Info
from resolvers.costs import rows, weighs
from resolvers.enums import Direction, Flow, Level, NodeKind, StopReason
from resolvers.evidence import EvidenceConnection, evidence, look_behind
from resolvers.lineage_filter import FilterArgument
from resolvers.lineage_pages import NodePages, node_pages
from resolvers.lineage_tables import edge_table, node_table
from resolvers.members import Before, First, Last
from resolvers.scalars import Instant, SequenceNumber
from resolvers.things import Node

COUNTED = 10_000
"""How many nodes are counted when nobody says how many."""


@strawberry.input(description="How much an answer may cost. A cut answer says so in `stoppedBy`.")
class BudgetInput:
    max_nodes: int | None = strawberry.field(
        description="Nodes of the answer, 1 to 10,000; 500 if not given, 10,000 for lineageCounts.", default=None
    )
    max_per_node: int = strawberry.field(
        description="Neighbours of a node that are walked to, 1 to 10,000.", default=100
    )
    max_milliseconds: int = strawberry.field(description="Time for the walk, 1 to 60,000.", default=5_000)

    def budget(self, most: int) -> Budget:
        """As the graph takes it; `most` nodes where none are given."""
        return Budget(most if self.max_nodes is None else self.max_nodes, self.max_per_node, self.max_milliseconds)


@strawberry.type(description="A thing that contains a node of an answer, by id and name.")
class Container:
    id: strawberry.ID = strawberry.field(description="Its id.")
    name: str = strawberry.field(description="Its name at that moment; its id where it has none.")


ContainerRecord = dict[str, str]
"""The source of a Container."""


@dataclass(slots=True)
class NodeRecord:
    """The source of a LineageNode."""

    id: str
    kind: Kind
    name: str
    depth: int
    whole: bool
    more: int
    resource: ContainerRecord | None = None
    system: ContainerRecord | None = None
    department: ContainerRecord | None = None
    jurisdiction: ContainerRecord | None = None


@dataclass(slots=True)
class EdgeRecord:
    """The source of a LineageEdge; what stands behind it is looked up when it is selected."""

    found: Found
    index: int
    source: str
    target: str
    count: int
    precise: bool
    flow: str


async def things_of(nodes: Sequence[Any], context: Context) -> list[Any]:
    """The things that nodes with a kind and an id stand for."""
    by_kind: dict[Kind, list[str]] = {}
    for node in nodes:
        by_kind.setdefault(node.kind, []).append(node.id)
    found = await asyncio.gather(*(context.things(kind, ids) for kind, ids in by_kind.items()))
    things = dict(zip(by_kind, found, strict=True))
    return [things[node.kind][node.id] for node in nodes]


@needs("jobs")
def _jobs(edges: list[EdgeRecord], context: Context) -> list[Any]:
    return [jobs_of(edge.found.answer, edge.index) for edge in edges]


@needs("agreements")
def _agreements(edges: list[EdgeRecord], context: Context) -> list[Any]:
    return [agreements_of(edge.found.answer, edge.index) for edge in edges]


def _described(description: str) -> Any:
    return strawberry.field(description=description)


@strawberry.type(description="A node of an answer: what stands for all that was reached in it.")
class LineageNode:
    id: strawberry.ID = _described("Its id.")
    kind: NodeKind = _described("What kind of thing it is; it may be below the level asked for, where that is unknown.")
    name: str = _described("Its name at that moment; its id where it has none.")
    depth: int = _described("The fewest steps between different nodes that lead to it; negative upstream under BOTH.")
    whole: bool = _described("Whether a resource in it was reached as a whole, so that any of its fields may matter.")
    more: int = _described("How many neighbours it has to which the answer draws no edge.")
    resource: Container | None = _described("Its resource, or itself; null where it stands for several.")
    system: Container | None = _described("The system that holds it, or itself; null where it stands for several.")
    department: Container | None = _described("Its department, or itself; null where it stands for several.")
    jurisdiction: Container | None = _described("Its jurisdiction, or itself; null where it stands for several.")
    node: Node | None = many(things_of, "The thing itself as it is now, loaded only if selected.")


@strawberry.type(description="An edge of an answer, drawn from source to user of the data, whichever way was walked.")
class LineageEdge:
    source: strawberry.ID = _described("Where the data comes from.")
    target: strawberry.ID = _described("Where it goes.")
    count: int = _described("How many stored links stand behind it.")
    precise: bool = _described(
        "False at FIELD level where an end is a resource as a whole, or data was passed through one on the way."
    )
    flow: Flow = _described("What kind of links they are.")
    jobs: list[str] = many(_jobs, "The different jobs behind it, sorted.")
    agreements: list[strawberry.ID] = many(
        _agreements,
        "The agreements in force that cover a source field or its resource, and are granted to the target's "
        "department or serve its system; sorted.",
    )
    evidence: EvidenceConnection = evidence(
        "The stored links behind it at the moment of the answer: who stated each, when, by which job, over which "
        "agreement, and what else states the same. One statement for all edges."
    )


@dataclass(slots=True)
class Answered:
    """The source of a Lineage."""

    asked: Asked
    nodes: Table
    edges: Table
    complete: bool
    stopped_by: list[Any]
    reached_depth: int
    sequence: int
    hidden_count: int = 0


COMPLETE = "True when nothing is missing."
STOPPED_BY = "All that cut the answer, in the order of the enum."
_REACHED = "The greatest distance among the nodes answered; 0 if there are none."
_HIDDEN = "How many things the viewer may know of but not see were left out."
SEQUENCE = "The change of the graph that the answer stands on."


@needs()
async def _pages(lineages: list[Answered], context: Context, **bounds: Any) -> list[Any]:
    found = (node_pages(context.wholes, one.asked, lambda row: NodeRecord(**row), *bounds.values()) for one in lineages)
    return await together(list(found))


def _paged(
    root: Parent[Any],
    info: Info,
    first: First = None,
    after: Annotated[
        str | None,
        strawberry.argument(
            description="Only what comes after this cursor. It belongs to one question, and goes on in the state of "
            "the graph that its page was of."
        ),
    ] = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    return one(_pages, root, info, first=first, after=after, last=last, before=before)


def _of_whole(get: Callable[[Whole], Any], description: str) -> Any:
    def values(pages: list[NodePages], context: Context) -> list[Any]:
        return [get(one.whole) for one in pages]

    return many(values, description)


@strawberry.type(description="A page of all nodes of a lineage.")
class LineageNodeConnection:
    edges: list[Edge[LineageNode]] = many(_edges, "The rows of the page, with their cursors.")
    nodes: list[LineageNode] = many(_nodes, "The rows of the page, without cursors.")
    page_info: PageInfo = many(_itself, "Where the page lies in the list.")
    total_count: int = many(_total, "How many there are in all pages.")
    complete: bool = _of_whole(lambda whole: whole.complete, "True when nothing is missing in all pages together.")
    stopped_by: list[StopReason] = _of_whole(lambda whole: whole.stopped_by, STOPPED_BY)
    reached_depth: int = _of_whole(lambda whole: whole.reached_depth, _REACHED)
    sequence: SequenceNumber = _of_whole(lambda whole: whole.pin.sequence, "The change that all pages stand on.")


@strawberry.type(description="Where data comes from or goes to, flat: nodes by (depth, id), edges by (source, target).")
class Lineage:
    nodes: list[LineageNode] = _described("All nodes, those asked for included.")
    edges: list[LineageEdge] = _described("All edges between them.")
    complete: bool = _described(COMPLETE)
    stopped_by: list[StopReason] = _described(STOPPED_BY)
    reached_depth: int = _described(_REACHED)
    hidden_count: int = _described(_HIDDEN)
    sequence: SequenceNumber = _described(SEQUENCE)
    nodes_page: LineageNodeConnection = batched(
        _paged, _pages, "All nodes, whatever `maxNodes` says, in pages of one state of the graph.", ROWS, weighs(100)
    )


@strawberry.type(description="How many nodes lie at one depth.")
class DepthCount:
    depth: int = _described("The depth.")
    count: int = _described("How many nodes.")


@strawberry.type(description="How many nodes are of one kind.")
class KindCount:
    kind: NodeKind = _described("The kind.")
    count: int = _described("How many nodes.")


@strawberry.type(description="How many nodes one department has.")
class DepartmentCount:
    department: Container | None = _described("The department; null counts nodes that have none, or several.")
    count: int = _described("How many nodes.")


@strawberry.type(description="How many nodes a lineage with the same arguments has, before loading it.")
class LineageCounts:
    total: int = _described("All nodes.")
    by_depth: list[DepthCount] = _described("By depth, smallest first.")
    by_kind: list[KindCount] = _described("By kind, in the order of the enum.")
    by_department: list[DepartmentCount] = _described("By department, the greatest first, then by id; null last.")
    complete: bool = _described(COMPLETE)
    stopped_by: list[StopReason] = _described(STOPPED_BY)
    reached_depth: int = _described(_REACHED)
    hidden_count: int = _described(_HIDDEN)
    sequence: SequenceNumber = _described(SEQUENCE)


Ids = Annotated[
    list[strawberry.ID],
    strawberry.argument(description="Where to start: fields, resources, systems, departments, jurisdictions, mixed."),
]
DirectionArgument = Annotated[Direction, strawberry.argument(description="Which way to walk.")]
LevelArgument = Annotated[Level, strawberry.argument(description="What the answer is rolled up to.")]
Depth = Annotated[int, strawberry.argument(description="How many changes of node to walk at most, 0 to 1,000.")]
AsOf = Annotated[Instant | None, strawberry.argument(description="Only what was valid then; now if not given.")]
KnownAt = Annotated[
    Instant | None, strawberry.argument(description="Only what the registry had recorded by then; now if not given.")
]
BudgetArgument = Annotated[BudgetInput | None, strawberry.argument(description="How much the answer may cost.")]


LISTED = rows(Budget().max_nodes, "budget.maxNodes", of=("nodes", "edges"))
"""How many rows a lineage has."""


def asking(work: Callable[[Any, Info, Asked], Any], *, reads: bool = False, most: int = Budget().max_nodes) -> Any:
    """A resolver with the arguments of a lineage: `work` on its parent and on what they ask, of `most` nodes where
    they do not say."""

    def resolve(
        root: Parent[Any],
        info: Info,
        ids: Ids,
        direction: DirectionArgument,
        level: LevelArgument = Level.RESOURCE,
        depth: Depth = 5,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        filter: FilterArgument = None,
        budget: BudgetArgument = None,
    ) -> Any:
        things, rolled = tuple(map(str, ids)), moment.Level[level.value]
        allowed = (budget or BudgetInput()).budget(most)
        bounds = NO_FILTER if filter is None else filter.filter()
        return work(root, info, Asked(things, direction.value, rolled, depth, as_of, known_at, reads, allowed, bounds))

    return resolve


def unread(asked: Asked) -> Answered:
    """The source where nothing of the answer itself is selected."""
    nothing = Table(0, {}, lambda row: row)
    return Answered(asked, nothing, nothing, False, [], 0, 0)


def answered(asked: Asked, found: Found, selected: Shape | None = None) -> Answered:
    """An answer as columns, those that are selected or all.

    To be called before anything is awaited, while the net is as the answer found it.
    """
    answer = found.answer
    behind = None if selected is None else selected.below("edges")
    if behind is None or "evidence" in behind:
        look_behind(found)
    return Answered(
        asked,
        node_table(found, selected, NodeRecord),
        edge_table(found, selected, partial(EdgeRecord, found)),
        answer.complete,
        answer.stopped_by,
        answer.reached_depth,
        found.sequence,
    )


def counted(found: Found) -> dict[str, Any]:
    """The counts of an answer, as the source of a LineageCounts."""
    answer = found.answer
    net, seen = answer.net, shown(answer)
    departments = Counter(seen.department.tolist())
    by_department = sorted(departments.items(), key=lambda item: (item[0] < 0, -item[1], net.ids[item[0]]))
    kinds = Counter(seen.kinds)
    return {
        "total": len(answer.nodes),
        "by_depth": [{"depth": depth, "count": count} for depth, count in sorted(Counter(answer.depth).items())],
        "by_kind": [
            {"kind": kind.value, "count": kinds[Kind(kind.value)]} for kind in NodeKind if kinds[Kind(kind.value)]
        ],
        "by_department": [
            {"department": None if at < 0 else {"id": net.ids[at], "name": name_of(net, at)}, "count": count}
            for at, count in by_department
        ],
        "complete": answer.complete,
        "stopped_by": answer.stopped_by,
        "reached_depth": answer.reached_depth,
        "hidden_count": 0,
        "sequence": found.sequence,
    }
