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

_COLUMNS: Mapping[Kind, str] = {
    Kind.ELEMENT: "n.name, n.code, n.aliases, n.data_type, n.length, n.valid_from, n.valid_to",
    Kind.DEPARTMENT: "n.name",
    Kind.SYSTEM: "n.department",
    Kind.RESOURCE: "n.name, n.provider, n.system",
    Kind.FIELD: "n.name, n.resource, n.element",
}
_ALL = """
MATCH (n:LABEL)
WHERE NEEDED
RETURN 'KIND' AS kind, collect([n.id, n.closed IS NULL AND n.unregistered IS NULL, COLUMNS]) AS rows
"""
_SINCE = """
UNWIND range($after + 1, $last) AS change
MATCH (n:LABEL {sequence: change})
RETURN 'KIND' AS kind, collect([n.id, n.closed IS NULL AND n.unregistered IS NULL, COLUMNS]) AS rows
"""
_NEEDED = {Kind.FIELD: "n.element IS NOT NULL AND n.closed IS NULL"}


def _texts(template: str) -> str:
    return "UNION ALL".join(
        template.replace("LABEL", kind.label)
        .replace("KIND", kind)
        .replace("COLUMNS", columns)
        .replace("NEEDED", _NEEDED.get(kind, "n.closed IS NULL"))
        for kind, columns in _COLUMNS.items()
    )


ALL = _texts(_ALL)
SINCE = _texts(_SINCE)

NAMES = """
UNWIND $ids AS id
MATCH (n:Field {id: id})
RETURN collect([n.id, n.name, n.resource]) AS rows
"""


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


@dataclass(slots=True)
class Known:
    """What was read, by kind and id; of fields only those with an element. It stays as it is when more is read."""

    by_kind: dict[Kind, dict[str, Sequence[Any]]] = field(default_factory=lambda: {kind: {} for kind in _COLUMNS})
    refused: Sequence[Unbound] = field(default_factory=list)

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
                found.append(BoundName(name, *self.context(resource), element))
        return found

    def context(self, resource: str | None) -> tuple[str | None, str | None]:
        """The names of a resource and of its department."""
        found = self.by_kind[Kind.RESOURCE].get(resource or "")
        if found is None:
            return None, None
        name, provider, system = found
        return name, self.department(provider or self.by_kind[Kind.SYSTEM].get(system or "", [None])[0])

    def department(self, id: str | None) -> str | None:
        """The name of a department; its id where none is stated, `None` where there is no such department."""
        found = self.by_kind[Kind.DEPARTMENT].get(id or "")
        return None if found is None else found[0] or id

    def took(self, parts: Iterable[Mapping[str, Any]]) -> "Known | None":
        """The same with rows taken over; `None` where that changes nothing."""
        by_kind, changed = {kind: dict(known) for kind, known in self.by_kind.items()}, False
        for part in parts:
            kind = Kind(part["kind"])
            known = by_kind[kind]
            for id, there, *row in part["rows"]:
                gone = not there or (kind is Kind.FIELD and row[2] is None)
                changed |= known.get(id) != (None if gone else row)
                if gone:
                    known.pop(id, None)
                else:
                    known[id] = row
        return Known(by_kind, self.refused) if changed else None


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
            known = replace(known, refused=refused)
        self.known, self._state = known, state

    async def _read(self, known: Known, last: int) -> Known:
        """What is known when what was written since the last time is read, or all."""
        graph = self._graph
        if self._state is not None:
            after, at, _ = self._state
            # Another graph stands where this one stood, if it does not know that change: restored, or emptied.
            if 0 < last - after <= _MOST_CHANGES and await recorded(graph, after) == at:
                return known.took(await graph.read(SINCE, after=after, last=last + _SLACK)) or known
        return Known().took(await graph.read(ALL)) or Known()

    async def _read_refused(self, known: Known) -> list[Unbound]:
        pairs = sorted(await decisions.standing(self._graph))
        if not pairs:
            return []
        [found] = await self._graph.read(NAMES, ids=list(dict.fromkeys(id for id, _ in pairs)))
        names = {id: (name, *known.context(resource)) for id, name, resource in found["rows"]}
        return [Unbound(id, *names[id], element) for id, element in pairs if id in names]
