"""What the graph says of candidates and of fields that exist: a statement, however many there are."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from graph.changes import now
from graph.engine import Graph
from graph.facts import Kind
from graph.matching.entries import Entries
from graph.matching.proposals import Candidate, Existing, Named
from graph.matching.words import words
from graph.text import name_key

T = TypeVar("T")

MOST_READ = 200
"""Resources that are named of those that one system reads or that feed one resource."""
_COMPONENTS = ("支撑", "基础", "共性", "组件", "support", "infrastructure", "component")
"""In the class of a system: others are meant to use it."""

CANDIDATES = """
UNWIND $ids AS id
MATCH (n:System {id: id})
WHERE n.closed IS NULL AND n.unregistered IS NULL AND (n.valid_to IS NULL OR n.valid_to > $now)
CALL (n) {
  MATCH (n)-[r:READS]->(m:Resource)
  WHERE r.recorded_to IS NULL AND (r.valid_to IS NULL OR r.valid_to > $now)
  RETURN collect(DISTINCT m.id) AS sources
}
RETURN 'system' AS kind, collect([n.id, n.name, n.aliases, n.description, n.functions, n.duties, n.class, n.department,
  null, sources]) AS rows
UNION ALL
UNWIND $ids AS id
MATCH (n:Resource {id: id})
WHERE n.closed IS NULL AND n.unregistered IS NULL AND (n.valid_to IS NULL OR n.valid_to > $now)
OPTIONAL MATCH (s:System {id: n.system})
CALL (n) {
  MATCH (n)<-[r:FEEDS]-(m:Resource)
  WHERE r.recorded_to IS NULL AND (r.valid_to IS NULL OR r.valid_to > $now)
  RETURN collect(DISTINCT m.id) AS sources
}
CALL (n) {
  MATCH (n)-[h:HAS_FIELD]->(:Field)<-[r:FEEDS]-(m:Field)
  WHERE h.recorded_to IS NULL AND r.recorded_to IS NULL AND (r.valid_to IS NULL OR r.valid_to > $now)
  RETURN collect(DISTINCT m.resource) AS fed
}
RETURN 'resource' AS kind, collect([n.id, n.name, n.aliases, n.abstract, null, n.duties, null, n.provider,
  s.department, sources + fed]) AS rows
"""

# A field's key of its name is the first line of what it is found by.
EXISTING = """
UNWIND $wanted AS row
MATCH (n:Resource {id: row[0]})-[h:HAS_FIELD]->(f:Field)
WHERE h.recorded_to IS NULL AND f.closed IS NULL AND f.unregistered IS NULL
  AND (f.search = row[2] OR f.search STARTS WITH row[2] + '\\n')
OPTIONAL MATCH (s:System {id: n.system})
RETURN collect([row[0], row[1], f.id, f.name, f.share_type, f.element, n.name, n.share_type, n.share_condition,
  n.share_methods, n.update_cycle, n.provider, s.department]) AS rows
"""


class Use(Protocol):
    """Asks the entries of a catalogue, while none of them changes."""

    async def __call__(self, work: Callable[[Entries], T], /) -> T:
        """What comes out of `work`."""


async def candidates(graph: Graph, use: Use, ids: Sequence[str]) -> list[Candidate]:
    """What is to be compared, in the order of `ids`; what is not in force any more is left out."""
    found = await graph.read(CANDIDATES, ids=list(ids), now=now())
    things = {row[0]: (Kind(record["kind"]), row) for record in found for row in record["rows"]}
    return await use(lambda entries: [_candidate(entries, *things[id]) for id in ids if id in things])


def _sources(id: str, said: Sequence[str | None]) -> list[str]:
    """What is read, without what was said twice and the thing itself; the first by id."""
    return sorted({source for source in said if source and source != id})[:MOST_READ]


def _candidate(entries: Entries, kind: Kind, row: Sequence[Any]) -> Candidate:
    id, name, aliases, about, functions, duties, sort, provider, operator, sources = row
    parts = entries.parts(id) if kind is Kind.SYSTEM else []
    return Candidate(
        id=id,
        kind=str(kind),
        name=name or id,
        aliases=tuple(aliases or ()),
        matter=tuple(filter(None, (about, *(functions or ())))),
        duties=tuple(duties or ()),
        fields=entries.fields_of(parts if kind is Kind.SYSTEM else [id]),
        department=entries.body(provider or operator),
        reads=tuple(map(entries.called, _sources(id, sources))),
        parts=tuple(entries.called(part).name for part in parts),
        component=any(word in name_key(sort or "") for word in _COMPONENTS),
    )


async def existing(graph: Graph, use: Use, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Existing]:
    """The fields that resources have with names, by both; of several the first by id. One statement."""
    if not wanted:
        return {}
    pairs = [[resource, name, words(name).key] for resource, name in dict.fromkeys(wanted)]
    [found] = await graph.read(EXISTING, wanted=pairs)
    rows = sorted(found["rows"], key=lambda row: str(row[2]), reverse=True)
    return await use(lambda entries: {(row[0], row[1]): _existing(entries, row) for row in rows})


def _existing(entries: Entries, row: Sequence[Any]) -> Existing:
    resource, _, id, name, own, element, called, shared, condition, methods, cycle, provider, operator = row
    return Existing(
        id=id,
        name=name or id,
        resource=Named(resource, called or resource),
        provider=entries.body(provider or operator),
        share_type=own or shared,
        share_condition=condition,
        share_methods=tuple(methods or ()),
        update_cycle=cycle,
        element=entries.called(element) if element else None,
    )
