"""Answers as plain records, in the shape and with the names of GraphQL's `Lineage` and `LineagePaths`."""

from collections.abc import Mapping, Sequence
from typing import Any

from graph.lineage import Found, agreements_of, jobs_of, shown
from graph.lists import Facet
from graph.net import FLOWS, Net
from graph.path_answers import PathsFound

__all__ = ["facet_records", "lineage_record", "paths_record"]

Record = dict[str, Any]


def lineage_record(found: Found) -> Record:
    """`nodes`, `edges` and what cut them: what `lineage` answers in GraphQL when every field is asked for."""
    answer = found.answer
    return {
        "nodes": _nodes(found),
        "edges": _edges(found),
        "complete": answer.complete,
        "stoppedBy": [str(stop.name) for stop in answer.stopped_by],
        "reachedDepth": answer.reached_depth,
        "hiddenCount": 0,
        "sequence": str(found.sequence),  # as GraphQL: a client may lose digits of a number
    }


def paths_record(found: PathsFound) -> Record:
    """`paths` and what cut them: what `lineagePaths` answers in GraphQL when every field is asked for."""
    answer = found.found.answer
    nodes, edges = _nodes(found.found), _edges(found.found)
    return {
        "paths": [
            {
                "length": len(found.edges(path)),
                "nodes": [nodes[place] for place in found.nodes(path)],
                "edges": [edges[place] for place in found.edges(path)],
            }
            for path in range(found.count)
        ],
        "exists": found.exists,
        "complete": answer.complete,
        "stoppedBy": [str(stop.name) for stop in answer.stopped_by],
        "sequence": str(found.found.sequence),
    }


def _nodes(found: Found) -> list[Record]:
    answer, net, seen = found.answer, found.answer.net, shown(found.answer)
    containers = {
        "resource": seen.resource.tolist(),
        "system": seen.system.tolist(),
        "department": seen.department.tolist(),
        "jurisdiction": seen.jurisdiction.tolist(),
    }
    return [
        {
            "id": answer.ids[place],
            "kind": seen.kinds[place].name,
            "name": seen.names[place],
            "depth": answer.depth[place],
            "whole": answer.whole[place],
            "more": answer.more[place],
            **{name: _named(net, column[place]) for name, column in containers.items()},
        }
        for place in range(len(answer.nodes))
    ]


def _named(net: Net, at: int) -> Record | None:
    return {"id": net.ids[at], "name": net.names[at] or net.ids[at]} if at >= 0 else None


def _edges(found: Found) -> list[Record]:
    answer, edges, ids = found.answer, found.answer.edges, found.answer.ids
    return [
        {
            "source": ids[edges.source[place]],
            "target": ids[edges.target[place]],
            "count": edges.count[place],
            "precise": edges.precise[place],
            "flow": FLOWS[edges.flow[place]],
            "jobs": jobs_of(answer, place),
            "agreements": agreements_of(answer, place),
        }
        for place in range(len(edges.source))
    ]


def facet_records(counts: Mapping[str, Sequence[Facet]]) -> Record:
    """How a list splits up."""
    return {
        name: [{"value": one.value, "name": one.name, "count": one.count} for one in facets]
        for name, facets in counts.items()
    }
