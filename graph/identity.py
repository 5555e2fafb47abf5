"""What is there already that may be the same thing: by code or by container and name. One statement a question.

Withdrawn things are no longer joined to their containers, so nothing new is taken for one of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.engine import Graph
from graph.facts import KEYS, Kind


@dataclass(frozen=True, slots=True)
class Body:
    """A stored thing as far as it can be told apart from another. `container` is what its name counts in."""

    id: str
    container: str | None
    code: str | None
    names: tuple[str, ...]


_PRESENT = """
UNWIND $ids AS id
MATCH (n:LABEL {id: id})
RETURN collect(n.id) AS ids
"""
PRESENT: Mapping[Kind, str] = {kind: _PRESENT.replace("LABEL", kind.label) for kind in KEYS}


async def present(graph: Graph, kind: Kind, ids: Sequence[str]) -> set[str]:
    """Those of `ids` that are in the graph, stated or only referred to."""
    if not ids:
        return set()
    [row] = await graph.read(PRESENT[kind], ids=list(ids))
    return set(row["ids"])


_WITHIN = """
UNWIND $ids AS id
MATCH (:CONTAINER {id: id})ARROW(n:LABEL)
WHERE r.recorded_to IS NULL AND n.name IS NOT NULL
RETURN collect([n.id, id, n.CODE, n.name, n.SHORT, n.aliases]) AS found
"""


def _within(container: Kind, arrow: str, kind: Kind, code: str, short: str) -> str:
    text = _WITHIN.replace("CONTAINER", container.label).replace("ARROW", arrow).replace("LABEL", kind.label)
    return text.replace("CODE", code).replace("n.SHORT", short)


WITHIN: Mapping[Kind, str] = {
    Kind.DEPARTMENT: _within(Kind.JURISDICTION, "<-[r:WITHIN]-", Kind.DEPARTMENT, "uscc", "n.short_name"),
    Kind.SYSTEM: _within(Kind.DEPARTMENT, "-[r:OPERATES]->", Kind.SYSTEM, "code", "null"),
    Kind.RESOURCE: _within(Kind.DEPARTMENT, "-[r:PROVIDES]->", Kind.RESOURCE, "code", "null"),
    Kind.FIELD: _within(Kind.RESOURCE, "-[r:HAS_FIELD]->", Kind.FIELD, "code", "null"),
}


async def within(graph: Graph, kind: Kind, containers: Sequence[str]) -> list[Body]:
    """The things of `kind` in these containers: departments of jurisdictions, systems and resources of
    departments, fields of resources."""
    if not containers:
        return []
    [row] = await graph.read(WITHIN[kind], ids=list(containers))
    return [_body(*found) for found in row["found"]]


BY_CODE: Mapping[Kind, str] = {
    Kind.JURISDICTION: """
UNWIND $codes AS code
MATCH (n:Jurisdiction {code: code})
WHERE n.closed IS NULL
RETURN collect([n.id, n.within, n.code, n.name, null, n.aliases]) AS found
""",
    Kind.DEPARTMENT: """
UNWIND $codes AS code
MATCH (n:Department {uscc: code})
WHERE n.closed IS NULL
RETURN collect([n.id, n.jurisdiction, n.uscc, n.name, n.short_name, n.aliases]) AS found
""",
    Kind.RESOURCE: """
UNWIND $codes AS code
MATCH (n:Resource {code: code})
WHERE n.closed IS NULL
RETURN collect([n.id, n.provider, n.code, n.name, null, n.aliases]) AS found
""",
}


async def by_codes(graph: Graph, kind: Kind, codes: Sequence[str]) -> list[Body]:
    """The jurisdictions and resources with these codes, the departments with these USCCs."""
    if not codes:
        return []
    [row] = await graph.read(BY_CODE[kind], codes=list(codes))
    return [_body(*found) for found in row["found"]]


BY_ID: Mapping[Kind, str] = {
    Kind.JURISDICTION: """
UNWIND $ids AS id
MATCH (n:Jurisdiction {id: id})
RETURN collect([n.id, n.within, n.code, n.name, null, n.aliases]) AS found
""",
    Kind.DEPARTMENT: """
UNWIND $ids AS id
MATCH (n:Department {id: id})
RETURN collect([n.id, n.jurisdiction, n.uscc, n.name, n.short_name, n.aliases]) AS found
""",
}


async def by_ids(graph: Graph, kind: Kind, ids: Sequence[str]) -> list[Body]:
    """The stored jurisdictions or departments with these ids."""
    if not ids:
        return []
    [row] = await graph.read(BY_ID[kind], ids=list(ids))
    return [_body(*found) for found in row["found"]]


def _body(
    id: str, container: str | None, code: str | None, name: str | None, short: str | None, aliases: list[str] | None
) -> Body:
    return Body(id, container, code, tuple(word for word in (name, short, *(aliases or ())) if word))
