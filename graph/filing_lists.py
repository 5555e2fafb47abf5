"""Filings in lists: narrowed, in an order, with counts. What a page shows is read for its rows only."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import orjson

from graph.engine import Graph
from graph.facts import Kind, name_key
from graph.filing_states import FilingKind, FilingState
from graph.lists import Facet
from graph.paging import Position
from graph.things import by_ids

__all__ = ["FACETS", "AskedFilings", "FilingList", "FilingOrder", "facets", "find"]

FACETS = ("state", "kind", "department", "verdict")
"""What a list of filings splits up by."""
MOST_COUNTED = 1_000
"""Values of one facet that are listed."""

LISTED = """
MATCH (f:Filing)
RETURN collect([f.id, f.kind, f.state, f.name, f.department, f.system, f.solution, f.by, f.at, f.changed, f.verdict,
                f.due, f.bodies]) AS rows
"""


class FilingOrder(StrEnum):
    """What filings are ordered by; then by id."""

    CHANGED = "CHANGED"
    DRAFTED = "DRAFTED"
    DUE = "DUE"
    NAME = "NAME"


@dataclass(frozen=True, slots=True)
class AskedFilings:
    """What a list of filings is narrowed to; `None` narrows nothing. `late` needs `today`."""

    kinds: Sequence[FilingKind] | None = None
    states: Sequence[FilingState] | None = None
    departments: Sequence[str] | None = None
    systems: Sequence[str] | None = None
    solutions: Sequence[str] | None = None
    body: str | None = None
    """Only those in review on which this body, by its id or name, has not said anything yet."""
    by: str | None = None
    text: str | None = None
    late: bool | None = None
    verdicts: Sequence[str] | None = None
    order: FilingOrder = FilingOrder.CHANGED


@dataclass(frozen=True, slots=True)
class Row:
    """A filing as far as lists need it."""

    id: str
    kind: str
    state: str
    name: str
    department: str | None
    system: str | None
    solution: str | None
    by: str
    at: int
    changed: int
    verdict: str | None
    due: str | None
    bodies: str

    def late(self, today: str) -> bool:
        """Whether somebody should have done something before today."""
        return self.due is not None and self.due < today

    def waits_for(self, body: str) -> bool:
        """Whether it is in review and this body has not given its opinion."""
        return self.state == FilingState.IN_REVIEW and any(
            one["opinion"] is None and (body == one["department"] or name_key(body) == name_key(one["name"]))
            for one in orjson.loads(self.bodies)
        )


@dataclass(frozen=True, slots=True)
class FilingList:
    """Some filings in an order."""

    rows: Sequence[Row]
    order: FilingOrder

    def key(self, place: int) -> Position:
        """Where a row stands, whatever comes before it."""
        return _key(self.rows[place], self.order)


_LAST = date.max.toordinal()


def _key(row: Row, order: FilingOrder) -> Position:
    if order is FilingOrder.NAME:
        return 0, f"{row.name}\0{row.id}"
    if order is FilingOrder.DUE:
        return _LAST if row.due is None else date.fromisoformat(row.due).toordinal(), row.id
    return -(row.at if order is FilingOrder.DRAFTED else row.changed), row.id


async def find(graph: Graph, asked: AskedFilings, today: date) -> FilingList:
    """The filings that are asked for; one statement."""
    [found] = await graph.read(LISTED)
    tests = _tests(asked, today.isoformat())
    rows = [row for row in (Row(*one) for one in found["rows"]) if all(test(row) for test in tests)]
    return FilingList(sorted(rows, key=lambda row: _key(row, asked.order)), asked.order)


def _tests(asked: AskedFilings, today: str) -> list[Callable[[Row], bool]]:
    tests: list[Callable[[Row], bool]] = []

    def among(name: str, values: Sequence[Any] | None) -> None:
        if values is not None:
            wanted = {str(one) for one in values}
            tests.append(lambda row: getattr(row, name) in wanted)

    among("kind", asked.kinds)
    among("state", asked.states)
    among("department", asked.departments)
    among("system", asked.systems)
    among("solution", asked.solutions)
    among("verdict", asked.verdicts)
    among("by", None if asked.by is None else [asked.by])
    text, body, late = name_key(asked.text or ""), asked.body, asked.late
    if text:
        tests.append(lambda row: text in name_key(row.name))
    if body is not None:
        tests.append(lambda row: row.waits_for(body))
    if late is not None:
        tests.append(lambda row: row.late(today) is late)
    return tests


def counted(rows: Sequence[Any], name: str) -> list[Facet]:
    """How many rows have each value of an attribute, the most frequent first."""
    counts = Counter(getattr(row, name) for row in rows)
    facets = [Facet(None if value is None else str(value), None, count) for value, count in counts.items()]
    return sorted(facets, key=lambda one: (-one.count, one.value is None, one.value or ""))[:MOST_COUNTED]


async def facets(graph: Graph, rows: Sequence[Any], names: Sequence[str]) -> dict[str, list[Facet]]:
    """How rows split up by attributes; departments with their names."""
    counts = {name: counted(rows, name) for name in names}
    ids = [one.value for one in counts["department"] if one.value is not None]
    known = await by_ids(graph, Kind.DEPARTMENT, ids)
    counts["department"] = [
        Facet(one.value, known[one.value]["name"] if one.value in known else None, one.count)
        for one in counts["department"]
    ]
    return counts
