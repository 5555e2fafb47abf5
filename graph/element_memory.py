"""What is known of names and data elements: which fields have which element, and which do not, by name and table.

It is read from the graph in one statement and kept by the change sequence: whoever asks sees all that was written
before. Whoever states that a field has an element counts, people and imports alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graph import decisions
from graph.changes import now, position, recorded
from graph.engine import Graph
from graph.facts import Kind
from graph.registered import is_valid
from graph.rounds import Rounds

__all__ = ["BoundName", "ElementMemory", "Known", "Remembering", "Unbound"]

_SLACK = 1_000
"""Changes that may come while one change is read; what they touch is read with it."""
_MOST_CHANGES = 20_000
"""Of more changes than this, all is read anew."""

_CHUNK = 5_000
"""Resources that one statement reads."""

_COLUMNS: Mapping[Kind, str] = {
    Kind.ELEMENT: "n.name, n.code, n.aliases, n.data_type, n.length, n.valid_from, n.valid_to",
    Kind.FIELD: "n.name, n.resource, n.element",
    Kind.RESOURCE: "n.name, n.provider, n.system",
    Kind.SYSTEM: "n.department",
    Kind.DEPARTMENT: "n.name",
}
_ROWS = """RETURN 'KIND' AS kind, collect([n.id, n.closed IS NULL AND n.unregistered IS NULL, COLUMNS]) AS rows
"""
_ALL = """
MATCH (n:LABEL)
WHERE NEEDED
"""
_SINCE = """
UNWIND range($after + 1, $last) AS change
MATCH (n:LABEL {sequence: change})
"""
_NAMED = """
UNWIND $ids AS id
MATCH (n:LABEL {id: id})
"""
_NEEDED = {Kind.FIELD: "n.element IS NOT NULL AND n.closed IS NULL"}


def _text(template: str, kind: Kind) -> str:
    return (
        (template + _ROWS)
        .replace("LABEL", kind.label)
        .replace("KIND", kind)
        .replace("COLUMNS", _COLUMNS[kind])
        .replace("NEEDED", _NEEDED.get(kind, "n.closed IS NULL"))
    )


# Of resources, the most by far, those are read that have a field with an element.
ALL = "UNION ALL".join(_text(_ALL, kind) for kind in _COLUMNS if kind is not Kind.RESOURCE)
SINCE = "UNION ALL".join(_text(_SINCE, kind) for kind in _COLUMNS)
RESOURCES = _text(_NAMED, Kind.RESOURCE)

NAMES = """
UNWIND $ids AS id
MATCH (n:Field {id: id})
RETURN collect([n.id, n.name, n.resource]) AS rows
"""

Row = Sequence[Any]
Context = tuple[str | None, str | None]
"""The names of a resource and of its department."""


@dataclass(frozen=True, slots=True)
class Remembering:
    """A data element as it may be suggested."""

    id: str
    name: str
    code: str | None
    aliases: Sequence[str]
    data_type: str | None
    length: int | None


@dataclass(frozen=True, slots=True)
class BoundName:
    """The name of a field that has an element, with the names of its table and department as context."""

    name: str
    table: str | None
    department: str | None
    element: str


@dataclass(frozen=True, slots=True)
class Unbound:
    """The name of a field that people say does not have an element."""

    field: str
    name: str | None
    table: str | None
    department: str | None
    element: str


@dataclass(frozen=True, slots=True)
class Known:
    """What was read, by kind and id: of fields those with an element, of resources those that have such a field.

    It stays as it is when more is read. `taught` is another number whenever what is learned from it is, `offered`
    whenever the elements are.
    """

    by_kind: Mapping[Kind, Mapping[str, Row]] = field(default_factory=lambda: {kind: {} for kind in _COLUMNS})
    bound_in: dict[str, int] = field(default_factory=dict)
    """How many fields with an element a resource has."""
    refused: Sequence[Unbound] = field(default_factory=list)
    taught: int = 0
    offered: int = 0

    def elements(self) -> list[Remembering]:
        """The data elements that somebody states and that are in force, by id."""
        moment = now()
        return [
            Remembering(id, name or id, code, aliases or (), data_type, length)
            for id, (name, code, aliases, data_type, length, since, until) in sorted(self.by_kind[Kind.ELEMENT].items())
            if is_valid(since, until, moment)
        ]

    def bound(self) -> list[BoundName]:
        """The names of all fields that have an element that may be suggested, by id of the field."""
        offered, found = self.by_kind[Kind.ELEMENT], []
        for _, (name, resource, element) in sorted(self.by_kind[Kind.FIELD].items()):
            if name is not None and element in offered:
                found.append(BoundName(name, *self.context(self.by_kind[Kind.RESOURCE].get(resource)), element))
        return found

    def context(self, resource: Row | None) -> tuple[str | None, str | None]:
        """The names of a resource, given by its row, and of its department."""
        if resource is None:
            return None, None
        name, provider, system = resource
        return name, self.department(provider or self.by_kind[Kind.SYSTEM].get(system, (None,))[0])

    def department(self, id: str | None) -> str | None:
        """The name of a department; its id where none is stated, `None` where there is no such department."""
        found = self.by_kind[Kind.DEPARTMENT].get(id or "")
        return None if found is None else found[0] or id

    def took(self, parts: Iterable[Mapping[str, Any]]) -> "Known":
        """The same with rows taken over; the very same where that changes nothing."""
        rows = {Kind(part["kind"]): part["rows"] for part in parts}
        known = self
        for kind in _COLUMNS:
            if kind in rows:
                known = known._took(kind, rows[kind])
        return known

    def _took(self, kind: Kind, rows: Sequence[Row]) -> "Known":
        before, bound_in = self.by_kind[kind], dict(self.bound_in) if kind is Kind.FIELD and rows else self.bound_in
        after: dict[str, Row] | None = None
        for id, there, *row in rows:
            gone = not there or (kind is Kind.FIELD and row[2] is None)
            gone |= kind is Kind.RESOURCE and id not in bound_in
            if (before if after is None else after).get(id) == (None if gone else row):
                continue
            if after is None:
                after = dict(before)
            if kind is Kind.FIELD:
                _count(bound_in, after.get(id), -1)
                _count(bound_in, None if gone else row, 1)
            if gone:
                del after[id]
            else:
                after[id] = row
        if after is None:
            return self
        changed = replace(self, by_kind={**self.by_kind, kind: after}, bound_in=bound_in)
        return replace(
            changed,
            taught=self.taught + (kind not in _ABOVE or changed._teaches(kind, before)),
            offered=self.offered + (kind is Kind.ELEMENT),
        )

    def _teaches(self, kind: Kind, before: Mapping[str, Row]) -> bool:
        """Whether a system or department that is another than before is the context of a field with an element."""
        resources, systems = self.by_kind[Kind.RESOURCE].values(), self.by_kind[Kind.SYSTEM]
        used = {system for _, provider, system in resources if not provider}
        if kind is Kind.DEPARTMENT:
            used = {systems[system][0] for system in used if system in systems} | {row[1] for row in resources}
        now = self.by_kind[kind]
        return any(before.get(id) != now.get(id) for id in used)


_ABOVE = (Kind.SYSTEM, Kind.DEPARTMENT)


def _count(bound_in: dict[str, int], row: Row | None, by: int) -> None:
    """Count a field of its resource in, or out."""
    if row is not None and row[1] is not None:
        bound_in[row[1]] = bound_in.get(row[1], 0) + by
        if not bound_in[row[1]]:
            del bound_in[row[1]]


class ElementMemory:
    """The memory of one graph: `known` is another whenever anything in it is."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._state: tuple[int, int, decisions.State] | None = None
        self._rounds = Rounds(self._refresh)
        self.known = Known()

    async def refresh(self) -> Known:
        """Take over what was written before this was asked; those who ask together share one look at the graph."""
        await self._rounds.next()
        return self.known

    async def close(self) -> None:
        """Ask the graph nothing more."""
        await self._rounds.close()

    async def contexts(self, known: Known, resources: Iterable[str | None]) -> dict[str | None, Context]:
        """The names of resources and of their departments, in a statement for those that are not known."""
        wanted, rows = {id for id in resources if id is not None}, known.by_kind[Kind.RESOURCE]
        more = {id: row for id, there, *row in await self._resources(wanted - rows.keys()) if there}
        return {None: (None, None), **{id: known.context(rows.get(id) or more.get(id)) for id in wanted}}

    async def _refresh(self) -> None:
        where, decided = await position(self._graph), await decisions.state(self._graph)
        state = where.sequence, where.at, decided
        if state == self._state:
            return
        known = self.known
        if self._state is None or state[:2] != self._state[:2]:
            known = await self._read(known, where.sequence)
        refused = await self._read_refused(known)
        if refused != known.refused:
            known = replace(known, refused=refused, taught=known.taught + 1)
        self.known, self._state = known, state

    async def _read(self, known: Known, last: int) -> Known:
        """What is known when what was written since the last time is read, or all."""
        graph = self._graph
        if self._state is not None:
            after, at, _ = self._state
            # Another graph stands where this one stood, if it does not know that change: restored, or emptied.
            if 0 < last - after <= _MOST_CHANGES and await recorded(graph, after) == at:
                return await self._took(known, await graph.read(SINCE, after=after, last=last + _SLACK))
        return await self._took(Known(taught=known.taught + 1, offered=known.offered + 1), await graph.read(ALL))

    async def _took(self, before: Known, parts: list[dict[str, Any]]) -> Known:
        """Take over rows, and the resources that came to have a field with an element."""
        known = before.took(parts)
        came = known.bound_in.keys() - before.bound_in.keys()
        return known.took([{"kind": Kind.RESOURCE, "rows": await self._resources(came)}]) if came else known

    async def _resources(self, ids: Iterable[str]) -> list[Row]:
        listed, found = list(ids), []
        for first in range(0, len(listed), _CHUNK):
            [part] = await self._graph.read(RESOURCES, ids=listed[first : first + _CHUNK])
            found += part["rows"]
        return found

    async def _read_refused(self, known: Known) -> list[Unbound]:
        pairs = sorted(await decisions.standing(self._graph))
        if not pairs:
            return []
        [found] = await self._graph.read(NAMES, ids=list(dict.fromkeys(id for id, _ in pairs)))
        contexts = await self.contexts(known, (resource for _, _, resource in found["rows"]))
        names = {id: (name, *contexts[resource]) for id, name, resource in found["rows"]}
        return [Unbound(id, *names[id], element) for id, element in pairs if id in names]
