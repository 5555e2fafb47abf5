"""What a container holds, seen from above: jurisdictions with their lower levels, and their departments."""

from collections.abc import Iterable, Sequence

from graph.engine import Graph

LOWER = """
UNWIND $ids AS id
MATCH (:Jurisdiction {id: id})<-[r:WITHIN]-(n:Jurisdiction)
WHERE r.recorded_to IS NULL
RETURN collect(DISTINCT n.id) AS ids
"""

DEPARTMENTS = """
UNWIND $ids AS id
MATCH (:Jurisdiction {id: id})<-[r:WITHIN]-(n:Department)
WHERE r.recorded_to IS NULL
RETURN collect(DISTINCT n.id) AS ids
"""


async def lower_jurisdictions(graph: Graph, ids: Iterable[str]) -> list[str]:
    """Jurisdictions and all that lie within them, in any depth; a statement a level."""
    seen = dict.fromkeys(ids)
    fresh = list(seen)
    while fresh:
        [row] = await graph.read(LOWER, ids=fresh)
        fresh = [id for id in row["ids"] if id not in seen]
        seen |= dict.fromkeys(fresh)
    return list(seen)


async def departments_of(graph: Graph, jurisdictions: Sequence[str]) -> list[str]:
    """The departments that name one of `jurisdictions`."""
    [row] = await graph.read(DEPARTMENTS, ids=list(jurisdictions))
    found: list[str] = row["ids"]
    return found
