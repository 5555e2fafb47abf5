"""Everything that is stated now, in pages: for the export. One statement a page, in order of ids."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from graph.engine import Graph
from graph.facts import KEYS, Kind

PAGE = 20_000
IDS_A_PAGE = 5_000

_THINGS = """
MATCH (n:LABEL)
WHERE coalesce(n.sort_id, n.id) > $after
WITH n, coalesce(n.sort_id, n.id) AS place ORDER BY place LIMIT $page
RETURN collect(properties(n)) AS found
"""
THINGS: Mapping[Kind, str] = {kind: _THINGS.replace("LABEL", kind.label) for kind in KEYS}

_IDS = """
MATCH (n:LABEL)
WHERE n.flows IS NOT NULL AND coalesce(n.sort_id, n.id) > $after
WITH n.id AS id, coalesce(n.sort_id, n.id) AS place ORDER BY place LIMIT $page
RETURN collect([id, place]) AS ids
"""
IDS: Mapping[Kind, str] = {kind: _IDS.replace("LABEL", kind.label) for kind in (Kind.FIELD, Kind.RESOURCE)}

LINKS: Mapping[tuple[str, Kind], str] = {
    ("FEEDS", Kind.FIELD): """
UNWIND $ids AS id
MATCH (a:Field {id: id})-[r:FEEDS]->(b)
WHERE r.recorded_to IS NULL
RETURN collect([a.id, b.id, properties(r)]) AS found
""",
    ("FEEDS", Kind.RESOURCE): """
UNWIND $ids AS id
MATCH (a:Resource {id: id})-[r:FEEDS]->(b)
WHERE r.recorded_to IS NULL
RETURN collect([a.id, b.id, properties(r)]) AS found
""",
    ("READS", Kind.RESOURCE): """
UNWIND $ids AS id
MATCH (a:Resource {id: id})<-[r:READS]-(b)
WHERE r.recorded_to IS NULL
RETURN collect([a.id, b.id, properties(r)]) AS found
""",
}


FIELDS_OF = """
UNWIND $ids AS id
MATCH (:Resource {id: id})-[h:HAS_FIELD]->(f:Field)
WHERE h.recorded_to IS NULL AND f.closed IS NULL AND f.unregistered IS NULL
RETURN collect([id, properties(f)]) AS found
"""


async def fields_of(graph: Graph, ids: Sequence[str]) -> Mapping[str, list[dict[str, Any]]]:
    """The stored properties of the fields of resources, by position, then id."""
    found: dict[str, list[dict[str, Any]]] = {}
    [row] = await graph.read(FIELDS_OF, ids=list(ids))
    for resource, properties in row["found"]:
        found.setdefault(resource, []).append(properties)
    for fields in found.values():
        fields.sort(key=lambda one: (one.get("position") is None, one.get("position") or 0, one["id"]))
    return found


async def things(graph: Graph, kind: Kind) -> AsyncIterator[list[dict[str, Any]]]:
    """The stored properties of all things of a kind, placeholders and closed ones included, in pages."""
    after = ""
    while True:
        [row] = await graph.read(THINGS[kind], after=after, page=PAGE)
        found: list[dict[str, Any]] = sorted(row["found"], key=lambda properties: str(properties["id"]))
        if found:
            yield found
        if len(found) < PAGE:
            return
        after = found[-1].get("sort_id") or found[-1]["id"]


async def links(graph: Graph, flow: str, kind: Kind) -> AsyncIterator[list[tuple[str, str, dict[str, Any]]]]:
    """Start, end and stored properties of the current links of a flow that start at a `kind`, by start, in pages."""
    after = ""
    while True:
        [row] = await graph.read(IDS[kind], after=after, page=IDS_A_PAGE)
        places: dict[str, str] = dict(row["ids"])
        ids: list[str] = sorted(places)
        if ids:
            [row] = await graph.read(LINKS[flow, kind], ids=ids)
            yield [(start, end, properties) for start, end, properties in row["found"]]
        if len(ids) < IDS_A_PAGE:
            return
        after = places[ids[-1]]
