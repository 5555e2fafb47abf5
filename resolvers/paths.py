"""Paths as GraphQL types: each a row of the nodes and edges that a lineage has."""

from dataclasses import dataclass
from typing import Annotated, Any

import strawberry

from graph import moment
from graph.lineage import name_of, shown
from graph.net import FLOWS, Net
from graph.path_answers import MOST_AVOIDED, MOST_VIA, PathsAsked, PathsFound, find_paths
from resolvers.completion import Shape
from resolvers.context import Info
from resolvers.costs import rows, weighs
from resolvers.enums import Level, StopReason
from resolvers.evidence import look_behind
from resolvers.lineage import (
    COMPLETE,
    SEQUENCE,
    STOPPED_BY,
    AsOf,
    BudgetInput,
    ContainerRecord,
    EdgeRecord,
    KnownAt,
    LevelArgument,
    LineageEdge,
    LineageNode,
    NodeRecord,
)
from resolvers.scalars import SequenceNumber

USUAL = PathsAsked("", "")
"""What is asked where nothing is said."""


@dataclass(slots=True)
class PathRecord:
    """The source of a LineagePath."""

    length: int
    nodes: list[NodeRecord]
    edges: list[EdgeRecord]


def _described(description: str) -> Any:
    return strawberry.field(description=description)


@strawberry.type(description="One way that data takes: no node of it comes twice.")
class LineagePath:
    length: int = _described("How many changes of node it has: one less than nodes.")
    nodes: list[LineageNode] = _described(
        "The nodes in turn; `depth` counts from 0, `more` counts what no listed path goes to from there."
    )
    edges: list[LineageEdge] = _described(
        "One edge from each node to the next; `count` is of those links that lie on the way of this path."
    )


@strawberry.type(description="The paths between two ends, the shortest first, then by the ids of their nodes in turn.")
class LineagePaths:
    paths: list[LineagePath] = _described("The first of them.")
    exists: bool | None = _described(
        "Whether there is a path of at most `maxDepth`; null where the budget ended before that was known. "
        "Selected without `paths`, `complete` and `stoppedBy`, none is listed."
    )
    complete: bool = _described(COMPLETE)
    stopped_by: list[StopReason] = _described(
        STOPPED_BY
        + " NODES: there are more paths than `first`, or than `budget.maxNodes` allows, or too many ways led nowhere. "
        "DEPTH: there is a path longer than `maxDepth`."
    )
    sequence: SequenceNumber = _described(SEQUENCE)


End = Annotated[strawberry.ID, strawberry.argument(name="from", description="Where data comes from, at any level.")]
To = Annotated[strawberry.ID, strawberry.argument(description="Where it goes to, at any level.")]
MaxDepth = Annotated[int, strawberry.argument(description="How many changes of node a path may have, 0 to 1,000.")]
First = Annotated[int, strawberry.argument(description="How many paths to list, 1 to 1,000.")]
Via = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description=f"Each path passes each of these things or something in it; at most {MOST_VIA}."),
]
Avoid = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description=f"No path passes any of these things or something in it; at most {MOST_AVOIDED}."),
]
PathBudget = Annotated[
    BudgetInput | None,
    strawberry.argument(
        description="How much the answer may cost: `maxNodes` are those of all paths together, 100,000 if not given; "
        "`maxPerNode` plays no part."
    ),
]


async def _paths(
    info: Info,
    source: End,
    to: To,
    level: LevelArgument = Level.RESOURCE,
    max_depth: MaxDepth = USUAL.max_depth,
    first: First = USUAL.first,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    via: Via = None,
    avoid: Avoid = None,
    budget: PathBudget = None,
) -> Any:
    selected = info.context.selected(info)
    whether = selected is not None and not any(map(selected.selects, ("paths", "complete", "stoppedBy")))
    given = budget or BudgetInput()
    asked = PathsAsked(
        source=str(source),
        target=str(to),
        level=moment.Level[level.value],
        max_depth=max_depth,
        first=first,
        as_of=as_of,
        known_at=known_at,
        via=list(map(str, via or ())),
        avoid=list(map(str, avoid or ())),
        max_nodes=given.max_nodes,
        max_milliseconds=given.max_milliseconds,
        only_whether=whether,
    )
    lineages = info.context.lineages
    return answered(await find_paths(lineages.graph, lineages.projection, asked), selected)


paths_field: Any = strawberry.field(
    resolver=_paths,
    description="The ways by which data comes from one thing to another, along what is copied (FEEDS).",
    directives=[weighs(20), rows(USUAL.first, "first", of=("paths",))],
)


def answered(found: PathsFound, selected: Shape | None = None) -> dict[str, Any]:
    """The source of a LineagePaths.

    To be called before anything is awaited, while the net is as the answer found it.
    """
    answer = found.found.answer
    nodes, edges = _nodes(found), _edges(found)
    keys = None if selected is None else selected.below("paths", "edges")
    if keys is None or "evidence" in keys:
        look_behind(found.found)
    paths = [
        PathRecord(
            len(found.edges(path)), [nodes[at] for at in found.nodes(path)], [edges[at] for at in found.edges(path)]
        )
        for path in range(found.count)
    ]
    return {
        "paths": paths,
        "exists": found.exists,
        "complete": answer.complete,
        "stopped_by": answer.stopped_by,
        "sequence": found.found.sequence,
    }


def _nodes(found: PathsFound) -> list[NodeRecord]:
    answer = found.found.answer
    seen = shown(answer)
    levels = (seen.resource, seen.system, seen.department, seen.jurisdiction)
    containers = [_named(answer.net, column.tolist()) for column in levels]
    columns = (answer.ids, seen.kinds, seen.names, answer.depth, answer.whole, answer.more, *containers)
    return [NodeRecord(*row) for row in zip(*columns, strict=True)]


def _named(net: Net, column: list[int]) -> list[ContainerRecord | None]:
    known: dict[int, ContainerRecord | None] = {
        at: {"id": net.ids[at], "name": name_of(net, at)} for at in dict.fromkeys(column) if at >= 0
    }
    return [known.get(at) for at in column]


def _edges(found: PathsFound) -> list[EdgeRecord]:
    edges, ids = found.found.answer.edges, found.found.answer.ids
    columns = (edges.source, edges.target, edges.count, edges.precise, edges.flow)
    return [
        EdgeRecord(found.found, index, ids[source], ids[target], count, precise, FLOWS[flow])
        for index, (source, target, count, precise, flow) in enumerate(zip(*columns, strict=True))
    ]
