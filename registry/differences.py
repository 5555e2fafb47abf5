"""Differences between two lineages as plain records, in the shape and with the names of GraphQL's `LineageDiff`."""

from collections.abc import Sequence
from typing import Any

from graph.compared import SeenEdge, SeenNode, Side
from graph.difference import Comparison, EdgeDifference, NodeDifference
from graph.differing import Difference
from graph.facts import as_text
from graph.lineage import agreements_of, jobs_of
from graph.reasons import Reason

__all__ = ["difference_record"]

Record = dict[str, Any]


def difference_record(found: Comparison) -> Record:
    """What `lineageDiff` answers in GraphQL when every field is asked for, but for what edges stand on."""
    return {
        "nodes": [_node(one, found) for one in found.nodes],
        "edges": [_edge(one, found) for one in found.edges],
        "before": _side(found.before),
        "after": _side(found.after),
        "complete": found.complete,
        "stoppedBy": [stop.name for stop in found.stopped_by],
        "hiddenCount": 0,
        "sequence": str(found.sequence),
    }


def _side(side: Side) -> Record:
    return {
        "asOf": as_text(side.moment.as_of),
        "knownAt": as_text(side.moment.known_at),
        "nodes": side.nodes,
        "edges": side.edges,
        "complete": side.complete,
        "stoppedBy": [stop.name for stop in side.stopped_by],
        "reachedDepth": side.reached_depth,
    }


def _node(one: NodeDifference, found: Comparison) -> Record:
    seen = one.after or one.before
    assert seen is not None
    return {
        "differs": one.differs.name,
        "id": one.id,
        "kind": seen.kind.name,
        "name": seen.name,
        "before": _seen_node(one.before),
        "after": _seen_node(one.after),
        "changes": _changes(one.changes),
        "reasons": [_reason(reason, found) for reason in one.reasons],
    }


def _seen_node(seen: SeenNode | None) -> Record | None:
    if seen is None:
        return None
    names = ("id", "name", "depth", "whole", "more", "resource", "system", "department", "jurisdiction")
    return {"kind": seen.kind.name, **{name: getattr(seen, name) for name in names}}


def _edge(one: EdgeDifference, found: Comparison) -> Record:
    return {
        "differs": one.differs.name,
        **{name: getattr(one, name) for name in ("source", "target", "flow", "gone", "come")},
        "before": _seen_edge(one.before),
        "after": _seen_edge(one.after),
        "changes": _changes(one.changes),
        "reasons": [_reason(reason, found) for reason in one.reasons],
    }


def _seen_edge(seen: SeenEdge | None) -> Record | None:
    if seen is None:
        return None
    return {
        **{name: getattr(seen, name) for name in ("source", "target", "count", "precise", "flow")},
        "jobs": jobs_of(seen.found.answer, seen.index),
        "agreements": agreements_of(seen.found.answer, seen.index),
    }


def _changes(changes: Sequence[Difference]) -> list[Record]:
    return [{"name": one.field, "before": one.before, "after": one.after} for one in changes]


def _reason(reason: Reason, found: Comparison) -> Record:
    link = reason.link
    return {
        "why": reason.why.name,
        "at": None if reason.at is None else as_text(reason.at),
        "thing": None if reason.thing is None else _named(reason.thing, found),
        "link": None
        if link is None
        else {
            "source": _named(link.start, found),
            "target": _named(link.end, found),
            "flow": link.flow,
            "job": link.job or None,
            "validFrom": None if link.valid_from is None else as_text(link.valid_from),
        },
        "sources": list(reason.sources),
        "changes": _changes(reason.changes),
    }


def _named(id: str, found: Comparison) -> Record:
    return {"id": id, "name": found.names.get(id, id)}
