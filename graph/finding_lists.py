"""A list of findings: narrowed, in an order, with counts. A page of it begins behind a key, never at a number."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from graph.broken import FINDING_KINDS, SEVERITIES, UNKNOWN
from graph.facts import Severity
from graph.found_findings import CONTAINERS, IMPORT, FindingRow, Found
from graph.lists import MOST_FACETS, Facet
from graph.net import Bools, Ints
from graph.paging import Position

MOST_DEPARTMENTS = 1_000
"""Departments, and jurisdictions, that are counted one by one."""


class FindingOrder(StrEnum):
    """What findings are ordered by; then by kind and by what they are about."""

    KIND = "KIND"
    SEVERITY = "SEVERITY"
    DEPARTMENT = "DEPARTMENT"
    OLDEST = "OLDEST"
    NEWEST = "NEWEST"


@dataclass(frozen=True, slots=True)
class FindingList:
    """Some findings in an order; `places` are their rows."""

    found: Found
    order: FindingOrder
    places: Ints

    def __len__(self) -> int:
        return len(self.places)

    def row(self, place: int) -> FindingRow:
        """The finding at a place of the list."""
        return self.found.row(int(self.places[place]))

    def key(self, place: int) -> Position:
        """Where it stands, whatever comes before it."""
        found, row = self.found, int(self.places[place])
        kind = int(found.kind[row])
        tie = "\0".join((f"{kind:02}", *found.ends_of(row)))
        if kind == IMPORT:
            tie = "\0".join((f"{kind:02}", found.noted[found.own[row]].tie))
        if self.order is FindingOrder.DEPARTMENT:
            department = int(found.department[row])
            return (1, tie) if department < 0 else (0, f"{found.ids[department]}\0{tie}")
        return int(_value(found, self.order)(row)), tie

    def counts(self) -> "Counts":
        """How many there are of what."""
        return Counts(self)


def _value(found: Found, order: FindingOrder) -> Any:
    """What a row is ordered by first."""
    return {
        FindingOrder.KIND: lambda row: found.kind[row],
        FindingOrder.SEVERITY: lambda row: found.severity[row],
        FindingOrder.OLDEST: lambda row: found.since[row],
        FindingOrder.NEWEST: lambda row: _newest(found.since[row]),
    }[order]


def _newest(since: Any) -> Any:
    return np.where(since == UNKNOWN, UNKNOWN, -since)


class Counts:
    """How a whole list splits up."""

    def __init__(self, of: FindingList) -> None:
        self._found, self._places = of.found, of.places

    def kinds(self) -> list[Facet]:
        """By kind."""
        counts = np.bincount(self._found.kind[self._places], minlength=len(FINDING_KINDS)).tolist()
        return _most(zip(FINDING_KINDS, counts, strict=True), MOST_FACETS)

    def severities(self) -> list[Facet]:
        """By severity."""
        counts = np.bincount(self._found.severity[self._places], minlength=len(SEVERITIES)).tolist()
        return _most(zip(SEVERITIES, counts, strict=True), MOST_FACETS)

    def departments(self) -> list[Facet]:
        """By the department that has to act."""
        return self._things(self._found.department)

    def jurisdictions(self) -> list[Facet]:
        """By its jurisdiction."""
        return self._things(self._found.jurisdiction())

    def sources(self) -> list[Facet]:
        """By who stated what is odd: of imports and quiet sources; what several state is counted for each."""
        counts = Counter(source for place in self._places.tolist() for source in self._found.said.get(place, ()))
        return _most(counts.items(), MOST_FACETS)

    def codes(self) -> list[Facet]:
        """By the code of what an import found."""
        own = self._found.own[self._places]
        counts = Counter(self._found.noted[one].code for one in own[own >= 0].tolist())
        return _most(counts.items(), MOST_FACETS)

    def _things(self, column: Any) -> list[Facet]:
        found = self._found
        values, counts = np.unique(column[self._places], return_counts=True)
        facets = [
            Facet(None, None, count) if at < 0 else Facet(found.ids[at], found.names[at], count)
            for at, count in zip(values.tolist(), counts.tolist(), strict=True)
        ]
        return sorted(facets, key=_frequency)[:MOST_DEPARTMENTS]


def _most(counts: Any, most: int) -> list[Facet]:
    facets = [Facet(str(value), None, count) for value, count in counts if count]
    return sorted(facets, key=_frequency)[:most]


def _frequency(facet: Facet) -> tuple[int, bool, str]:
    return -facet.count, facet.value is None, facet.value or ""


def listed(
    found: Found,
    within: Sequence[str] | None,
    severities: Sequence[Severity] | None,
    codes: Sequence[str] | None,
    order: FindingOrder,
) -> FindingList:
    """Those of the findings that are asked for, in order."""
    kept = np.ones(found.size, np.bool_)
    if severities is not None:
        kept &= np.isin(found.severity, [SEVERITIES.index(one) for one in severities])
    if codes is not None:
        wanted = set(codes)
        those = np.array([one.code in wanted for one in found.noted], np.bool_)
        kept &= found.own >= 0
        kept[kept] = those[found.own[kept]]
    if within is not None:
        kept &= _inside(found, set(within))
    places = np.flatnonzero(kept)
    return FindingList(found, order, places[_ordered(found, order, places)])


def _inside(found: Found, wanted: set[str]) -> Bools:
    """Which findings are about something that is, or lies in, one of these, or are for such a department."""
    inside = np.zeros(len(found.ids) + 1, np.bool_)  # the last one stands for none
    inside[[place for place, id in enumerate(found.ids) if id in wanted]] = True
    things = inside[:-1].copy()
    for name in CONTAINERS:
        things |= inside[found.held[name]]
    inside[:-1] = things
    kept = inside[found.first] | inside[found.second] | inside[found.department]
    for row, named in found.named.items():
        kept[row] |= bool(inside[list(named)].any())
    return kept


def _ordered(found: Found, order: FindingOrder, places: Ints) -> Ints:
    rank = np.append(found.rank, -1)
    keys = [column[places] for column in _ties(found, rank)]
    if order is FindingOrder.DEPARTMENT:
        department = found.department[places]
        keys.append(np.where(department < 0, len(rank), rank[department]))
    elif order is FindingOrder.NEWEST:
        keys.append(_newest(found.since[places]))
    elif order is not FindingOrder.KIND:
        keys.append(_value(found, order)(places))
    ordered: Ints = np.lexsort(keys)
    return ordered


def _ties(found: Found, rank: Ints) -> Iterator[Ints]:
    """What findings of one value are ordered by, the last key first; imports by their places alone."""
    imported = found.kind == IMPORT
    yield found.own.astype(np.int64)
    yield np.where(imported, -1, rank[found.second])
    yield np.where(imported, -1, rank[found.first])
    yield found.kind.astype(np.int64)
