"""The conflicts of one question, taken from a net for good: columns, with the ids and names that they show."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from graph.affected import Named
from graph.conflict_words import WORDS, Said
from graph.element_conflicts import CONFLICT_KINDS, ConflictKind, Judging
from graph.facts import Severity
from graph.found_findings import stretch
from graph.lists import MOST_FACETS, Facet
from graph.net import Bools, Ints, distinct
from graph.paging import Position

__all__ = ["ConflictDepartment", "ConflictField", "ConflictList", "ConflictRow", "Conflicts", "listed", "taken"]


@dataclass(frozen=True, slots=True)
class ConflictField:
    """A field that shows a conflict. `original`: nothing feeds it. `data_type` is as types are compared."""

    id: str
    name: str
    resource: Named | None
    department: Named | None
    data_type: str | None
    length: int | None
    update_cycle: str | None
    original: bool


@dataclass(frozen=True, slots=True)
class ConflictDepartment:
    """A department whose fields show a conflict: how many they are, and the fastest update cycle of their resources."""

    department: Named
    fields: int
    update_cycle: str | None
    is_source: bool


@dataclass(frozen=True, slots=True)
class Conflicts:
    """All conflicts as columns. Things are places among `ids`, -1 for none; `places` of a conflict are of carriers.

    The same is found at any instant from `begins` on and before `ends`, while the graph is in this `state`.
    """

    state: Any
    as_of: int
    begins: int
    ends: int
    ids: Sequence[str]
    names: Sequence[str]
    carrier: Ints
    resource: Ints
    department: Ints
    data_type: Ints
    length: Ints
    cycle: Ints
    original: Bools
    data_types: Sequence[str]
    cycles: Sequence[str]
    kind: Sequence[ConflictKind]
    severity: Sequence[Severity]
    element: Ints
    source: Ints
    places: Sequence[Ints]

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.kind)

    @property
    def sequence(self) -> int:
        """The change of the graph that they stand on."""
        number: int = self.state[0]
        return number

    @property
    def room(self) -> int:
        """How many rows it takes to keep it."""
        return len(self.carrier) + sum(map(len, self.places)) + self.size

    def cycle_name(self, place: int) -> str | None:
        """An update cycle by its place; -1 is none."""
        return self.cycles[place] if place >= 0 else None

    def named(self, place: int) -> Named | None:
        """A thing by its place; -1 is none."""
        return Named(self.ids[place], self.names[place]) if place >= 0 else None


class ConflictRow:
    """One conflict, with its evidence worked out when it is asked for."""

    def __init__(self, found: Conflicts, row: int) -> None:
        self._found = found
        self._places = found.places[row]
        self.kind = found.kind[row]
        self.severity = found.severity[row]
        element = found.named(int(found.element[row]))
        assert element is not None
        self.element: Named = element
        self.source: Named | None = found.named(int(found.source[row]))

    @property
    def id(self) -> str:
        """What tells a conflict from all others, as long as it is one."""
        return f"conflict:{self.kind}:{blake2b(self.element.id.encode(), digest_size=12).hexdigest()}"

    @property
    def rule(self) -> str:
        """Where the rule comes from that it goes against."""
        return WORDS[self.kind].rule

    @property
    def way_out(self) -> str:
        """What to do about it."""
        return WORDS[self.kind].way_out

    @property
    def message(self) -> str:
        """What does not fit, in a sentence."""
        types, lengths = self.data_types(), self.lengths()
        return WORDS[self.kind].sentence(Said(self.element.name, self.source, self.departments(), types, lengths))

    @property
    def count(self) -> int:
        """How many fields show it."""
        return len(self._places)

    def field(self, place: int) -> ConflictField:
        """One of the fields that show it, by id."""
        found, at = self._found, int(self._places[place])
        carrier, data_type, length = (int(column[at]) for column in (found.carrier, found.data_type, found.length))
        return ConflictField(
            found.ids[carrier],
            found.names[carrier],
            found.named(int(found.resource[at])),
            found.named(int(found.department[at])),
            found.data_types[data_type] if data_type >= 0 else None,
            length if length >= 0 else None,
            found.cycle_name(int(found.cycle[at])),
            bool(found.original[at]),
        )

    def key(self, place: int) -> Position:
        """Where a field stands among them."""
        return 0, self._found.ids[int(self._found.carrier[self._places[place]])]

    def departments(self) -> list[ConflictDepartment]:
        """Whose fields show it: those of the authoritative source first, then the most, then by id."""
        found, departments = self._found, self._found.department[self._places]
        rows = []
        for at in distinct(departments[departments >= 0]).tolist():
            cycles = found.cycle[self._places[departments == at]]
            known = cycles[cycles >= 0]
            one = Named(found.ids[at], found.names[at])
            cycle = found.cycle_name(int(known.min()) if len(known) else -1)
            rows.append(ConflictDepartment(one, len(cycles), cycle, one == self.source))
        return sorted(rows, key=lambda row: (not row.is_source, -row.fields, row.department.id))

    def data_types(self) -> list[tuple[str, int]]:
        """The types that they say, each with how many do, the most frequent first."""
        found = self._found
        counts = Counter(at for at in found.data_type[self._places].tolist() if at >= 0)
        return _frequent((found.data_types[at], count) for at, count in counts.items())

    def lengths(self) -> list[tuple[int, int]]:
        """The lengths that they say, each with how many do, the most frequent first."""
        return _frequent(Counter(at for at in self._found.length[self._places].tolist() if at >= 0).items())


def _frequent(counts: Any) -> list[Any]:
    return sorted(counts, key=lambda pair: (-pair[1], pair[0]))


@dataclass(frozen=True, slots=True)
class ConflictList:
    """Some conflicts, by kind and id of the element; `rows` are theirs."""

    found: Conflicts
    rows: Sequence[int]

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, place: int) -> ConflictRow:
        """The conflict at a place of the list."""
        return ConflictRow(self.found, self.rows[place])

    def key(self, place: int) -> Position:
        """Where it stands, whatever comes before it."""
        found, row = self.found, self.rows[place]
        return CONFLICT_KINDS.index(found.kind[row]), found.ids[int(found.element[row])]

    def kinds(self) -> list[Facet]:
        """How many there are of each kind."""
        return _facets(Counter(self.found.kind[row].value for row in self.rows), {})

    def severities(self) -> list[Facet]:
        """How many there are so bad."""
        return _facets(Counter(self.found.severity[row].value for row in self.rows), {})

    def departments(self) -> list[Facet]:
        """How many each department has a part in."""
        found = self.found
        counts = Counter(found.ids[at] for row in self.rows for at in _parties(found, row))
        return _facets(counts, dict(zip(found.ids, found.names, strict=True)))


def _facets(counts: Mapping[str, int], names: Mapping[str, str]) -> list[Facet]:
    facets = [Facet(value, names.get(value), count) for value, count in counts.items()]
    return sorted(facets, key=lambda one: (-one.count, one.value or ""))[:MOST_FACETS]


def _parties(found: Conflicts, row: int) -> list[int]:
    """The departments that have a part in a conflict."""
    those = np.append(found.department[found.places[row]], found.source[row])
    return list(distinct(those[those >= 0]).tolist())


def listed(
    found: Conflicts, kinds: Sequence[ConflictKind], elements: set[str] | None, department: str | None
) -> ConflictList:
    """Those of the conflicts that are asked for, in order."""
    rows = [
        row
        for row, kind in enumerate(found.kind)
        if kind in kinds and (elements is None or found.ids[int(found.element[row])] in elements)
    ]
    if department is not None:
        rows = [row for row in rows if department in {found.ids[at] for at in _parties(found, row)}]
    return ConflictList(found, rows)


def taken(judging: Judging, state: Any) -> Conflicts:
    """All conflicts, by kind and id of the element."""
    net, judged = judging.standing.net, [(kind, judging.judge(kind)) for kind in CONFLICT_KINDS]
    elements = distinct(np.concatenate([one.elements for _, one in judged]))
    kept = np.flatnonzero(np.isin(judging.element, elements))
    ids = net.ids
    kept = kept[sorted(range(len(kept)), key=lambda place: ids[judging.carrier[kept[place]]])]
    kept = kept[np.argsort(judging.element[kept], kind="stable")]
    carried, sources = judging.element[kept], judging.source[kept]
    begins = dict(zip(elements.tolist(), np.searchsorted(carried, elements).tolist(), strict=True))
    shown = (judging.carrier, judging.resource, judging.department, judging.source)
    things = np.concatenate([elements, *(column[kept] for column in shown)])
    things = distinct(things[things >= 0])

    def among(those: Ints) -> Ints:
        return np.where(those >= 0, np.searchsorted(things, those), -1)

    rows = sorted(_rows(judged), key=lambda row: (CONFLICT_KINDS.index(row[0]), ids[row[1]]))
    evidence = {kind: one.evidence[kept] for kind, one in judged}
    ends = np.searchsorted(carried, [at for _, at, _ in rows], side="right").tolist()
    places = [
        begins[at] + np.flatnonzero(evidence[kind][begins[at] : end])
        for (kind, at, _), end in zip(rows, ends, strict=True)
    ]
    since, until = stretch(judging.standing, ())
    return Conflicts(
        state=state,
        as_of=judging.standing.at,
        begins=since,
        ends=until,
        ids=[ids[at] for at in things.tolist()],
        names=[net.names[at] or ids[at] for at in things.tolist()],
        carrier=among(judging.carrier[kept]),
        resource=among(judging.resource[kept]),
        department=among(judging.department[kept]),
        data_type=judging.data_type[kept],
        length=judging.length[kept],
        cycle=judging.cycle[kept],
        original=judging.original[kept],
        data_types=judging.carriers.data_types,
        cycles=list(judging.carriers.fresh_days),
        kind=[kind for kind, _, _ in rows],
        severity=[severity for _, _, severity in rows],
        element=among(np.array([at for _, at, _ in rows], np.int64)),
        source=among(np.array([int(sources[begins[at]]) for _, at, _ in rows], np.int64)),
        places=places,
    )


def _rows(judged: Any) -> Iterator[tuple[ConflictKind, int, Severity]]:
    for kind, one in judged:
        for element, severity in zip(one.elements.tolist(), one.severity, strict=True):
            yield kind, element, severity
