"""A whole lineage as an export: nodes and edges, and what was asked."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from graph.changes import now
from graph.facts import as_text
from graph.lineage import Asked
from graph.narrowing import told as narrowed
from graph.walk import UNLIMITED, Budget
from graph.whole import LEVELS, Columns, Whole, plain
from registry.exporting.export import Column, Export, Part, column

__all__ = ["ANONYMOUS", "EDGES", "NODES", "lineage_export", "unlimited"]

ANONYMOUS = "anonymous"
"""The viewer of an answer: there is no sign-in yet."""

NODES = [
    column("id"),
    column("name"),
    column("kind"),
    column("depth"),
    column("whole"),
    column("more"),
    *(Column(title, level, key) for level in LEVELS for title, key in ((level, "id"), (level + "Name", "name"))),
]
EDGES = [
    column("source"),
    column("target"),
    column("sourceName"),
    column("targetName"),
    column("flow"),
    column("count"),
    column("precise"),
    column("jobs"),
    column("agreements"),
]
_TOLD = ("ids", "direction", "level", "depth", "as_of", "known_at", "reads", "budget", "filter")


def unlimited(asked: Asked, given: Mapping[str, Any], milliseconds: int) -> Asked:
    """A question with no more limits than were `given` for it (names as in BudgetInput), but that of the time."""
    budget = Budget(
        UNLIMITED,
        asked.budget.max_per_node if given.get("maxPerNode") is not None else UNLIMITED,
        asked.budget.max_milliseconds if given.get("maxMilliseconds") is not None else milliseconds,
    )
    return replace(asked, budget=budget)


def lineage_export(name: str, whole: Whole) -> Export:
    """The export of an answer; what was asked is told as GraphQL has it."""
    size, drawn = len(whole.ids), len(whole.source)

    def nodes(first: int, last: int) -> Columns:
        found = whole.nodes(first, last)
        return {**found, "kind": [kind.name for kind in found["kind"]]}

    stops = [stop.name for stop in whole.stopped_by]
    header = {
        **_question(whole.asked),
        "asOf": as_text(whole.asked.as_of or 0),
        "knownAt": as_text(whole.asked.known_at or 0),
        "now": as_text(now()),
        "viewer": ANONYMOUS,
        "sequence": str(whole.pin.sequence),
        "complete": whole.complete,
        "stoppedBy": stops,
        "reachedDepth": whole.reached_depth,
        "hiddenCount": 0,
        "nodes": size,
        "edges": drawn,
    }
    shown = [Part("nodes", "node", size, NODES, nodes), Part("edges", "edge", drawn, EDGES, whole.edges)]
    return Export(name, header, shown, whole.complete, stops)


def _question(asked: Asked) -> dict[str, Any]:
    budget = asked.budget
    told: dict[str, Any] = {
        "ids": list(asked.ids),
        "direction": asked.direction,
        "level": asked.level.name,
        "depth": asked.depth,
        "flows": ["FEEDS", "READS"] if asked.reads else ["FEEDS"],
        "maxPerNode": "unlimited" if budget.max_per_node == UNLIMITED else budget.max_per_node,
        "maxMilliseconds": budget.max_milliseconds,
    }
    beside = {one.name: plain(getattr(asked, one.name)) for one in fields(asked) if one.name not in _TOLD}
    return told | narrowed(asked.filter) | beside
