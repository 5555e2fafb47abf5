"""The full-scope filing list (全口径备案): every registered system, with whether and how it is filed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from graph.engine import Graph
from graph.facts import name_key
from graph.filing_states import FilingState
from graph.paging import Position
from graph.scopes import departments_of, lower_jurisdictions

__all__ = ["AskedScope", "Scope", "ScopeOrder", "ScopeRow", "find"]

SYSTEMS = """
MATCH (s:System)
WHERE s.unregistered IS NULL AND s.closed IS NULL
RETURN collect([s.id, coalesce(s.name, s.id), s.department, s.status]) AS rows
"""

FILED = """
MATCH (f:Filing)
WHERE f.system IS NOT NULL
RETURN collect([f.system, f.id, f.kind, f.state, f.at, f.verdict]) AS rows
"""

FUNDS = """
MATCH (d:FundsDecision)
RETURN collect([d.system, d.number, d.outcome]) AS rows
"""

_FILED = (FilingState.APPROVED.value, FilingState.BUILT.value)


class ScopeOrder(StrEnum):
    """What the list is ordered by; then by id. A department that nobody states comes last."""

    ID = "ID"
    NAME = "NAME"
    DEPARTMENT = "DEPARTMENT"
    FILED = "FILED"


@dataclass(frozen=True, slots=True)
class AskedScope:
    """What the list is narrowed to; `None` narrows nothing. Jurisdictions take in lower levels."""

    departments: Sequence[str] | None = None
    jurisdictions: Sequence[str] | None = None
    statuses: Sequence[str] | None = None
    states: Sequence[str] | None = None
    verdicts: Sequence[str] | None = None
    filed: bool | None = None
    decided: Sequence[str] | None = None
    text: str | None = None
    order: ScopeOrder = ScopeOrder.ID


FACETS = ("state", "department", "status", "verdict", "funds")
"""What the full-scope list splits up by."""


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """A system. `filed`: a filing of it was approved; `filing`, `state` and `verdict` are of the last one.

    `funds` is what was decided last about its running funds.
    """

    id: str
    name: str
    department: str | None
    status: str | None
    filed: bool = False
    filing: str | None = None
    state: str | None = None
    verdict: str | None = None
    at: int | None = None
    funds: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Some systems in an order."""

    rows: Sequence[ScopeRow]
    order: ScopeOrder

    def key(self, place: int) -> Position:
        """Where a row stands, whatever comes before it."""
        return _key(self.rows[place], self.order)


def _key(row: ScopeRow, order: ScopeOrder) -> Position:
    if order is ScopeOrder.NAME:
        return 0, f"{row.name}\0{row.id}"
    if order is ScopeOrder.DEPARTMENT:
        return (1, row.id) if row.department is None else (0, f"{row.department}\0{row.id}")
    if order is ScopeOrder.FILED:
        return 0 if row.at is None else -row.at, row.id
    return 0, row.id


async def find(graph: Graph, asked: AskedScope) -> Scope:
    """The systems that are asked for; three statements, and one a level of jurisdictions."""
    [systems], [filed], [decided] = await graph.read(SYSTEMS), await graph.read(FILED), await graph.read(FUNDS)
    last: dict[str, Sequence[Any]] = {}
    good = set()
    for one in sorted(filed["rows"], key=lambda row: (row[4], row[1])):
        system, _, _, state, _, _ = one
        last[system] = one
        if state in _FILED:
            good.add(system)
    funds = {system: outcome for system, _, outcome in sorted(decided["rows"], key=lambda row: row[1])}
    tests = _tests(asked)
    if asked.jurisdictions is not None:
        within = set(await departments_of(graph, await lower_jurisdictions(graph, asked.jurisdictions)))
        tests.append(lambda row: row.department in within)
    rows = []
    for id, name, department, status in systems["rows"]:
        _, filing, _, state, at, verdict = last.get(id) or (None,) * 6
        row = ScopeRow(id, name, department, status, id in good, filing, state, verdict, at, funds.get(id))
        if all(test(row) for test in tests):
            rows.append(row)
    return Scope(sorted(rows, key=lambda row: _key(row, asked.order)), asked.order)


def _tests(asked: AskedScope) -> list[Callable[[ScopeRow], bool]]:
    tests: list[Callable[[ScopeRow], bool]] = []

    def among(name: str, values: Sequence[str] | None) -> None:
        if values is not None:
            wanted = set(values)
            tests.append(lambda row: getattr(row, name) in wanted)

    among("department", asked.departments)
    among("status", asked.statuses)
    among("state", asked.states)
    among("verdict", asked.verdicts)
    among("funds", asked.decided)
    text, filed = name_key(asked.text or ""), asked.filed
    if text:
        tests.append(lambda row: text in name_key(row.name))
    if filed is not None:
        tests.append(lambda row: row.filed is filed)
    return tests
