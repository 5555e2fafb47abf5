"""Questions about paths as the case files put them, asked of the product, and its answers in the reference's shape."""

from collections.abc import Mapping
from typing import Any

from graph.facts import as_instant
from graph.lineage import Lineages, shown
from graph.moment import Level
from graph.net import FLOWS
from graph.path_answers import PathsAsked, PathsFound, find_paths
from graph.refusals import Refusal
from tests.graph.asking import CONTAINERS, ZONE, _id


def question(query: Mapping[str, Any], marks: Mapping[str, int]) -> PathsAsked:
    """The question that a case's query is; `marks` are named moments."""

    def moment(name: str) -> int | None:
        text = query.get(name)
        return None if text is None else marks[text] if text in marks else as_instant(text, ZONE)

    budget = query.get("budget") or {}
    return PathsAsked(
        source=query["from"],
        target=query["to"],
        level=Level[query.get("level", "RESOURCE")],
        max_depth=query.get("maxDepth", 30),
        first=query.get("first", 10),
        as_of=moment("asOf"),
        known_at=moment("knownAt"),
        via=query.get("via") or (),
        avoid=query.get("avoid") or (),
        max_nodes=budget.get("maxNodes"),
        max_milliseconds=60_000,
        only_whether=query.get("onlyWhether", False),
    )


async def ask(of: Lineages, query: Mapping[str, Any], marks: Mapping[str, int]) -> dict[str, Any]:
    """The product's answer in the reference's shape."""
    try:
        found = await find_paths(of.graph, of.projection, question(query, marks))
    except Refusal as refusal:
        names = refusal.ids if refusal.code == "NOT_FOUND" else [refusal.argument]
        return {"error": {"code": refusal.code, "names": names}}
    return whole(found)


def whole(found: PathsFound) -> dict[str, Any]:
    """Paths with their nodes and edges."""
    answer = found.found.answer
    net, show, edges = answer.net, shown(answer), answer.edges
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
    drawn = [
        {
            "source": answer.ids[edges.source[place]],
            "target": answer.ids[edges.target[place]],
            "count": edges.count[place],
            "precise": edges.precise[place],
            "flow": FLOWS[edges.flow[place]],
        }
        for place in range(len(edges.source))
    ]
    return {
        "paths": [
            {
                "length": len(found.edges(path)),
                "nodes": [nodes[place] for place in found.nodes(path)],
                "edges": [drawn[place] for place in found.edges(path)],
            }
            for path in range(len(found.first) - 1)
        ],
        "exists": found.exists,
        "complete": answer.complete,
        "stoppedBy": [stop.value for stop in answer.stopped_by],
    }
