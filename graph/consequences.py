"""What follows from a change beside the flows: agreements that end or must be redone, and what may take a place."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from graph.affected import Named
from graph.engine import Graph
from graph.facts import Kind
from graph.impact import Changed, Impact
from graph.moment import Level
from graph.planned_change import ChangeKind
from graph.things import Record, by_ids, is_in_force

MOST_SUCCESSORS = 10
"""Successors that are suggested for one field."""
_AT_ONCE = 10_000
"""Ids of one statement."""

_BY_THING = """
UNWIND $ids AS id
MATCH (:LABEL {id: id})<-[r:TYPE]-(n:SharingAgreement)
WHERE r.recorded_to IS NULL
RETURN collect(DISTINCT n.id) AS ids
"""


def _by_thing(kind: Kind, type: str) -> str:
    return _BY_THING.replace("LABEL", kind.label).replace("TYPE", type)


COVERING = "UNION ALL".join(_by_thing(kind, "COVERS") for kind in (Kind.RESOURCE, Kind.FIELD))
PARTIES = "UNION ALL".join(
    (
        _by_thing(Kind.DEPARTMENT, "GRANTED_BY"),
        _by_thing(Kind.DEPARTMENT, "GRANTED_TO"),
        _by_thing(Kind.SYSTEM, "SERVES"),
    )
)


class Effect(StrEnum):
    """What becomes of an agreement."""

    ENDS = "ENDS"
    REDO = "REDO"


@dataclass(frozen=True, slots=True)
class AgreementTouched:
    """A sharing agreement that ends, or must be redone, and why."""

    id: str
    name: str
    effect: Effect
    reason: str
    covered: int
    """How many changed things it covers."""


async def agreements(graph: Graph, impact: Impact) -> list[AgreementTouched]:
    """The agreements valid at that time that the change touches, by id."""
    if "agreements" not in impact.kept:
        changed = impact.changed
        covered = [*changed.resources, *changed.fields, *changed.holding]
        ids = await _ids(graph, COVERING, covered)
        ids |= await _ids(graph, PARTIES, [*changed.departments, *changed.systems])
        found = await by_ids(graph, Kind.AGREEMENT, sorted(ids))
        things = frozenset(covered)
        there = [found[id] for id in sorted(found) if is_in_force(found[id], impact.as_of)]
        impact.kept["agreements"] = [_touched(record, impact, things) for record in there]
    touched: list[AgreementTouched] = impact.kept["agreements"]
    return touched


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[first : first + _AT_ONCE] for first in range(0, len(ids), _AT_ONCE))


async def _ids(graph: Graph, text: str, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for some in _parts(ids):
        for row in await graph.read(text, ids=list(some)):
            found.update(row["ids"])
    return found


def _touched(record: Record, impact: Impact, things: frozenset[str]) -> AgreementTouched:
    changed = impact.changed
    covers = set(record.get("covers") or ())
    hit = covers & things
    effect, reason = _effect(record, impact, all_covered=bool(covers) and covers <= things - set(changed.holding))
    return AgreementTouched(record["id"], record["name"], effect, reason, len(hit))


def _effect(record: Record, impact: Impact, *, all_covered: bool) -> tuple[Effect, str]:
    changed, kind = impact.changed, impact.change.kind
    parties = _parties(record, changed)
    if kind is ChangeKind.MERGE:
        both = {record.get("provider"), record.get("consumer")}
        if changed.kind is Kind.DEPARTMENT and None not in both and both <= {*changed.named, changed.into}:
            return Effect.ENDS, "Both sides become one department."
        return Effect.REDO, f"What it names becomes part of {changed.into}."
    if kind is ChangeKind.RETIRE:
        if parties:
            return Effect.ENDS, f"Its {parties[0]} is retired."
        if all_covered:
            return Effect.ENDS, "All that it covers is retired."
        return Effect.REDO, "Some of what it covers is retired."
    altered = dict(impact.change.altered)
    if altered.get("share_type") == "WITHHELD" and all_covered:
        return Effect.ENDS, "All that it covers is withheld from then on."
    words = ", ".join(name.replace("_", " ") for name in sorted(altered))
    return Effect.REDO, f"What it covers has another {words}."


def _parties(record: Record, changed: Changed) -> list[str]:
    """Which of its parties are changed themselves."""
    departments, systems = set(changed.departments), set(changed.systems)
    sides = [side for side in ("provider", "consumer") if record.get(side) in departments]
    return [*sides, *(["system"] if record.get("system") in systems else [])]


ELEMENTS_OF = """
UNWIND $ids AS id
MATCH (f:Field {id: id})-[r:REPRESENTS]->(e:DataElement)
WHERE r.recorded_to IS NULL
RETURN collect([f.id, f.name, e.id]) AS rows
"""

AUTHORITATIVE = """
UNWIND $ids AS id
MATCH (e:DataElement {id: id})-[s:SOURCED_BY]->(d:Department)
WHERE s.recorded_to IS NULL
MATCH (e)<-[p:REPRESENTS]-(f:Field)<-[h:HAS_FIELD]-(r:Resource)
WHERE p.recorded_to IS NULL AND h.recorded_to IS NULL
OPTIONAL MATCH (r)<-[o:HOLDS]-(y:System)
WHERE o.recorded_to IS NULL
WITH e, d, f, r, y
WHERE r.provider = d.id OR (r.provider IS NULL AND y.department = d.id)
RETURN e.id AS element, e.name AS name, d {.id, .name, .valid_from, .valid_to, .closed} AS department,
  collect([f {.id, .name, .valid_from, .valid_to, .closed}, r {.id, .name, .valid_from, .valid_to, .closed}]) AS found
"""


@dataclass(frozen=True, slots=True)
class Successor:
    """What may take the place of something that is changed, and why."""

    replaces: Named
    successor: Named
    resource: Named | None
    department: Named | None
    element: Named | None
    reason: str


async def successors(graph: Graph, impact: Impact) -> list[Successor]:
    """Suggestions, by the id of what is replaced, then their own; up to `MOST_SUCCESSORS` for each field."""
    if "successors" not in impact.kept:
        rows = {_key(row): row for row in [*_merged(impact), *(await _from_sources(graph, impact))]}
        impact.kept["successors"] = [rows[key] for key in sorted(rows)]
    found: list[Successor] = impact.kept["successors"]
    return found


def _key(row: Successor) -> tuple[str, str]:
    return row.replaces.id, row.successor.id


def _merged(impact: Impact) -> Iterator[Successor]:
    into, net = impact.changed.into, impact.levels[0].net
    if into is None:
        return
    target = _named(into, net.names[net.index[into]])
    for id in impact.changed.named:
        replaced = _named(id, net.names[net.index[id]])
        yield Successor(replaced, target, None, None, None, "It is what the change merges it into.")


async def _from_sources(graph: Graph, impact: Impact) -> list[Successor]:
    """Fields that carry the same data element, of resources that the element's authoritative source provides."""
    fields = [row async for row in _elements_of(graph, impact.changed.fields)]
    elements = sorted({element for _, _, element in fields})
    suggested: dict[str, list[tuple[Record, Record, Named, Named]]] = {}
    touched = _touched_ids(impact)
    for some in _parts(elements):
        for row in await graph.read(AUTHORITATIVE, ids=list(some)):
            if is_in_force(row["department"], impact.as_of):
                element = _named(row["element"], row["name"])
                department = _named(row["department"]["id"], row["department"]["name"])
                free = _free(row["found"], touched, impact.as_of)
                suggested[row["element"]] = [(f, r, element, department) for f, r in free]
    return [_successor(_named(id, name), *one) for id, name, element in fields for one in suggested.get(element, ())]


async def _elements_of(graph: Graph, fields: Sequence[str]) -> AsyncIterator[tuple[str, str | None, str]]:
    for some in _parts(fields):
        [row] = await graph.read(ELEMENTS_OF, ids=list(some))
        for id, name, element in row["rows"]:
            yield id, name, element


def _free(found: Iterable[Sequence[Record]], touched: frozenset[str], at: int) -> list[tuple[Record, Record]]:
    """The first of those that are in force and that the change does not touch."""
    free = {
        field["id"]: (field, resource)
        for field, resource in found
        if field["id"] not in touched and resource["id"] not in touched
        if is_in_force(field, at) and is_in_force(resource, at)
    }
    return [free[id] for id in sorted(free)[:MOST_SUCCESSORS]]


def _touched_ids(impact: Impact) -> frozenset[str]:
    """All that is affected at the finest grain: fields, and resources that were reached as a whole."""
    return frozenset([*impact.at_level(Level.FIELD).ids, *impact.changed.fields, *impact.changed.resources])


def _successor(replaced: Named, field: Record, resource: Record, element: Named, department: Named) -> Successor:
    reason = f"It carries the same data element, {element.name}, from its authoritative source, {department.name}."
    return Successor(
        replaced, _of(field), _of(resource), department, element, reason + " The change does not come to it."
    )


def _of(record: Mapping[str, Any]) -> Named:
    return _named(record["id"], record["name"])


def _named(id: str, name: str | None) -> Named:
    return Named(id, name or id)
