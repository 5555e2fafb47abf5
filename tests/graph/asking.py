"""Questions as the case files put them, asked of the product, and its answers in the shape of the reference."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from graph.engine import Graph
from graph.facts import as_instant
from graph.lineage import Asked, Found, Lineages, shown
from graph.moment import Level
from graph.narrowing import Conditions, LineageFilter
from graph.net import FLOWS, KINDS, Net
from graph.projection import Projection
from graph.refusals import Refusal
from graph.walk import Budget

ZONE = ZoneInfo("Asia/Shanghai")
CONTAINERS = ("resource", "system", "department", "jurisdiction")
_SNAKE = {"shareTypes": "share_types"}


async def lineages(graph: Graph, megabytes: int) -> Lineages:
    """What answers on `graph`: from a filled projection, or with 0 megabytes by statements."""
    projection = Projection(graph, megabytes)
    if megabytes:
        await projection.fill()
        assert projection.state == "READY"
    return Lineages(graph, projection)


def question(query: Mapping[str, Any], marks: Mapping[str, int]) -> Asked:
    """The question that a case's query is; `marks` are named moments."""

    def moment(name: str) -> int | None:
        text = query.get(name)
        return None if text is None else marks[text] if text in marks else as_instant(text, ZONE)

    budget = query.get("budget") or {}
    most = 10_000 if query["name"] == "lineageCounts" else 500
    return Asked(
        ids=query["ids"],
        direction=query["direction"],
        level=Level[query.get("level", "RESOURCE")],
        depth=query.get("depth", 5),
        as_of=moment("asOf"),
        known_at=moment("knownAt"),
        reads=query["name"] == "dependencies",
        budget=Budget(budget.get("maxNodes", most), budget.get("maxPerNode", 100)),
        filter=_filter(query.get("filter") or {}),
    )


def _filter(given: Mapping[str, Any]) -> LineageFilter:
    only, show = (_conditions(given.get(where) or {}) for where in ("only", "show"))
    return LineageFilter(only, tuple(given.get("stopAt") or ()), tuple(given.get("through") or ()), show)


def _conditions(given: Mapping[str, Any]) -> Conditions:
    return Conditions(
        **{_SNAKE.get(name, name): None if value is None else tuple(value) for name, value in given.items()}
    )


async def ask(of: Lineages, query: Mapping[str, Any], marks: Mapping[str, int]) -> dict[str, Any]:
    """The product's answer in the reference's shape."""
    try:
        found = await of.find(question(query, marks))
    except Refusal as refusal:
        names = refusal.ids if refusal.code == "NOT_FOUND" else [refusal.argument]
        return {"error": {"code": refusal.code, "names": names}}
    return counted(found) if query["name"] == "lineageCounts" else whole(found)


def _id(net: Net, at: int) -> str | None:
    return net.ids[at] if at >= 0 else None


def whole(found: Found) -> dict[str, Any]:
    """Nodes and edges."""
    answer, net = found.answer, found.answer.net
    show = shown(answer)
    nodes = [
        {
            "id": answer.ids[place],
            "depth": answer.depth[place],
            "whole": answer.whole[place],
            "more": answer.more[place],
            "kind": show.kinds[place].name,
            "name": show.names[place],
            **{name: _id(net, getattr(show, name)[place]) for name in CONTAINERS},
        }
        for place in range(len(answer.nodes))
    ]
    edges = answer.edges
    columns = zip(edges.source, edges.target, edges.count, edges.precise, edges.flow, strict=True)
    return {
        "nodes": nodes,
        "edges": [
            {"source": answer.ids[s], "target": answer.ids[t], "count": c, "precise": p, "flow": FLOWS[f]}
            for s, t, c, p, f in columns
        ],
        "complete": answer.complete,
        "stoppedBy": [stop.value for stop in answer.stopped_by],
        "reachedDepth": answer.reached_depth,
    }


def counted(found: Found) -> dict[str, Any]:
    """How many nodes, by depth, kind and department."""
    answer = whole(found)
    nodes = answer["nodes"]
    kinds = Counter(node["kind"] for node in nodes)
    departments = Counter(node["department"] for node in nodes)
    order = sorted(departments.items(), key=lambda pair: (-pair[1], pair[0] is None, pair[0] or ""))
    return {
        "total": len(nodes),
        "byDepth": [{"depth": d, "count": c} for d, c in sorted(Counter(node["depth"] for node in nodes).items())],
        "byKind": [{"kind": kind.name, "count": kinds[kind.name]} for kind in KINDS if kind.name in kinds],
        "byDepartment": [{"department": department, "count": count} for department, count in order],
        "complete": answer["complete"],
        "stoppedBy": answer["stoppedBy"],
    }
