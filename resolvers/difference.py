"""What became of a lineage between two moments, as GraphQL types."""

from typing import Annotated, Any

import strawberry

from graph import moment
from graph.difference import Compared, Comparison, EdgeDifference, NodeDifference, compare
from graph.lineage import Asked
from graph.reasons import Reason
from graph.walk import Budget
from resolvers.context import Info
from resolvers.costs import rows, weighs
from resolvers.enums import Differs, Flow, Level, NodeKind, StopReason, Why
from resolvers.history import PropertyChange, changed
from resolvers.lineage import (
    LISTED,
    BudgetArgument,
    BudgetInput,
    Container,
    Depth,
    DirectionArgument,
    Ids,
    LevelArgument,
    LineageEdge,
    LineageNode,
)
from resolvers.members import INTERNAL, stated
from resolvers.scalars import Instant, SequenceNumber

_FEW = rows(3)


@strawberry.type(description="A stored link, by what it is.")
class LinkName:
    source: Container = stated("Where the data comes from.")
    target: Container = stated("Where it goes.")
    flow: Flow = stated("What kind of link it is.")
    job: str | None = stated("What moves the data, by name; null if that is not stated.")
    valid_from: Instant | None = stated("Since when it is valid; null: always was.")


@strawberry.type(description="Why something differs, as far as the data says: of a thing, a link, or neither.")
class DifferenceReason:
    why: Why = stated("What happened.")
    at: Instant | None = stated(
        "When: of BEGAN and ENDED in valid time, of the others when it was recorded; null where that is not said."
    )
    thing: Container | None = stated("The thing that it happened to.")
    link: LinkName | None = stated("The link that it happened to.")
    sources: list[str] = stated("Whose statements were written with it.", directives=[INTERNAL, _FEW])
    changes: list[PropertyChange] = stated("What is stated otherwise; of CHANGED and MOVED.", directives=[_FEW])


_CHANGES = "In what the two answers differ, where both have it."
_REASONS = "Why, as far as the data says. None: it is not known."


@strawberry.type(description="A node that differs.")
class DifferingNode:
    differs: Differs = stated("How.")
    id: strawberry.ID = stated("Its id.")
    kind: NodeKind = stated("What kind of thing it is.")
    name: str = stated("Its name, at the later moment if it is there; its id where it has none.")
    before: LineageNode | None = stated("As it is in the earlier answer; null if it is not.")
    after: LineageNode | None = stated("As it is in the later answer; null if it is not.")
    changes: list[PropertyChange] = stated(_CHANGES, directives=[_FEW])
    reasons: list[DifferenceReason] = stated(_REASONS, directives=[_FEW])


@strawberry.type(description="An edge that differs.")
class DifferingEdge:
    differs: Differs = stated("How.")
    source: strawberry.ID = stated("Where the data comes from.")
    target: strawberry.ID = stated("Where it goes.")
    flow: Flow = stated("What kind of links it sums up.")
    gone: int = stated("How many stored links stood behind it only in the earlier answer.")
    come: int = stated("How many stored links stand behind it only in the later answer.")
    before: LineageEdge | None = stated("As it is in the earlier answer; null if it is not.")
    after: LineageEdge | None = stated("As it is in the later answer; null if it is not.")
    changes: list[PropertyChange] = stated(_CHANGES, directives=[_FEW])
    reasons: list[DifferenceReason] = stated(
        _REASONS + " Of the first 10 links that are gone, and as many that have come.", directives=[_FEW]
    )


@strawberry.type(description="One of the two answers that are compared.")
class ComparedAnswer:
    as_of: Instant = stated("What was valid then.")
    known_at: Instant = stated("What the registry had recorded by then.")
    nodes: int = stated("How many nodes it has.")
    edges: int = stated("How many edges it has.")
    complete: bool = stated("True when nothing is missing.")
    stopped_by: list[StopReason] = stated("All that cut it, in the order of the enum.")
    reached_depth: int = stated("The greatest distance among its nodes; 0 if there are none.")


@strawberry.type(
    description="What became of a lineage between two moments: only what differs, nodes by (depth, id), edges by "
    "(source, target). What may just lie beyond a cut is never told as added or closed, but as UNDECIDED."
)
class LineageDiff:
    nodes: list[DifferingNode] = stated("The nodes that differ.")
    edges: list[DifferingEdge] = stated("The edges that differ.")
    before: ComparedAnswer = stated("The earlier answer.")
    after: ComparedAnswer = stated("The later answer.")
    complete: bool = stated("True when neither answer was cut.")
    stopped_by: list[StopReason] = stated("All that cut either answer, in the order of the enum.")
    hidden_count: int = stated("How many things the viewer may know of but not see were left out.")
    sequence: SequenceNumber = stated("The change of the graph that both answers stand on.")


From = Annotated[Instant | None, strawberry.argument(name="from", description="What was valid then; now if not given.")]
To = Annotated[Instant | None, strawberry.argument(description="What is valid then; now if not given.")]
KnownFrom = Annotated[
    Instant | None, strawberry.argument(description="What the registry had recorded by then; now if not given.")
]
KnownTo = Annotated[
    Instant | None, strawberry.argument(description="What the registry has recorded by then; now if not given.")
]
Reads = Annotated[
    bool, strawberry.argument(description="Whether what is read in place counts too, as in `dependencies`.")
]


async def _resolve(
    info: Info,
    ids: Ids,
    direction: DirectionArgument,
    level: LevelArgument = Level.RESOURCE,
    depth: Depth = 5,
    from_: From = None,
    to: To = None,
    known_from: KnownFrom = None,
    known_to: KnownTo = None,
    reads: Reads = False,
    budget: BudgetArgument = None,
) -> Any:
    allowed = (budget or BudgetInput()).budget(Budget().max_nodes)
    things, rolled = list(map(str, ids)), moment.Level[level.value]
    asked = Asked(things, direction.value, rolled, depth, reads=reads, budget=allowed)
    compared = Compared(asked, (from_, to), (known_from, known_to))
    selected = info.context.selected(info)
    keys = [None if selected is None else selected.below("edges", side) for side in ("before", "after")]
    explain = any(one is None or "evidence" in one for one in keys)
    return told(await compare(info.context.lineages, compared, explain=explain))


def told(found: Comparison) -> dict[str, Any]:
    """A comparison as the source of a LineageDiff."""
    return {
        "nodes": [_node(one, found) for one in found.nodes],
        "edges": [_edge(one, found) for one in found.edges],
        "before": _side(found.before),
        "after": _side(found.after),
        "complete": found.complete,
        "stopped_by": found.stopped_by,
        "hidden_count": 0,
        "sequence": found.sequence,
    }


def _side(side: Any) -> dict[str, Any]:
    return {
        "as_of": side.moment.as_of,
        "known_at": side.moment.known_at,
        **{name: getattr(side, name) for name in ("nodes", "edges", "complete", "stopped_by", "reached_depth")},
    }


def _node(one: NodeDifference, found: Comparison) -> dict[str, Any]:
    seen = one.after or one.before
    assert seen is not None
    return {
        "differs": one.differs,
        "id": one.id,
        "kind": seen.kind,
        "name": seen.name,
        "before": one.before,
        "after": one.after,
        "changes": changed(one.changes),
        "reasons": [_reason(reason, found) for reason in one.reasons],
    }


def _edge(one: EdgeDifference, found: Comparison) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in ("differs", "source", "target", "flow", "gone", "come")},
        "before": one.before,
        "after": one.after,
        "changes": changed(one.changes),
        "reasons": [_reason(reason, found) for reason in one.reasons],
    }


def _reason(reason: Reason, found: Comparison) -> dict[str, Any]:
    link = reason.link

    def named(id: str) -> dict[str, str]:
        return {"id": id, "name": found.names.get(id, id)}

    return {
        "why": reason.why,
        "at": reason.at,
        "thing": None if reason.thing is None else named(reason.thing),
        "link": link
        and {
            "source": named(link.start),
            "target": named(link.end),
            "flow": link.flow,
            "job": link.job or None,
            "valid_from": link.valid_from,
        },
        "sources": list(reason.sources),
        "changes": changed(reason.changes),
    }


diff_field: Any = strawberry.field(
    resolver=_resolve,
    description="What became of a lineage between two dates, or between what was known at two dates: the same question "
    "asked twice, with what was added, closed and altered, and why.",
    directives=[weighs(40), LISTED],
)
