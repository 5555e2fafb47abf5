"""What steps of SQL state here: flows between fields, tables that are created, and tables that nobody knows."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from connectors.datasets import Dataset, Met, field_id, resource_id
from connectors.normalise import holds_password
from connectors.sql_lineage import Flow, Name, Problem, Script, Step
from graph.facts import Fact, Finding, Kind, Link, Place, Severity, Thing

__all__ = [
    "LONGEST_TRANSFORMATION",
    "Filters",
    "Stating",
    "dataset",
    "named",
    "problem_finding",
    "schema_of",
    "unknown",
]

LONGEST_TRANSFORMATION = 2_000
"""Characters of what a link says of how values come about."""

_LOGIN = re.compile(r"\bidentified\s+(?:by|with)\b|\bpassword\W|\bdblink", re.IGNORECASE)
_GIVEN = re.compile(r"(?:passw(?:or)?d|pwd|secret|口令|密码)\w*[\"'`]?\s*(?:=>|:=|=)\s*N?'", re.IGNORECASE)
_MOST_SHOWN = 20

MOST_PAIRS = 2_000
"""Pairs of a deciding and a decided column that one statement may make; more are a link between the resources."""

Filters = Literal["resources", "fields", "none"]
"""What a column that decides on a whole table is linked to."""

_TAKEN: Mapping[str, tuple[Severity, str]] = {
    "SQL_NOT_PARSED": (Severity.ERROR, "the statement was passed over; the others were taken"),
    "SQL_TOO_DEEP": (Severity.ERROR, "the statement was passed over; the others were taken"),
    "SQL_TOO_LONG": (Severity.ERROR, "the statement was passed over; the others were taken"),
    "SQL_NOT_FOLLOWED": (Severity.WARNING, "what it moves is not known; the rest was taken"),
    "SQL_COLUMN_UNKNOWN": (Severity.WARNING, "taken as a flow of the whole table; register its fields to have columns"),
    "SQL_COLUMN_AMBIGUOUS": (
        Severity.WARNING,
        "taken as a flow of each of the tables as a whole; register their fields, or write the table before the name",
    ),
}


@dataclass(slots=True)
class _Flowing:
    direct: bool
    place: Place
    texts: dict[str, None] = field(default_factory=dict)


def dataset(namespace: str, name: Name) -> Dataset:
    """A table as naming rules know it."""
    return Dataset(namespace, ".".join(name))


def named(script: Script) -> list[Name]:
    """The tables of a script, each once, in the order in which they come."""
    names = (name for step in script.steps for name in (step.writes, *step.reads) if name is not None)
    return list(dict.fromkeys(names))


def schema_of(met: Mapping[Name, Met]) -> dict[Name, list[str]]:
    """The registered columns of tables, by code where they have one: that is what SQL calls them."""
    return {
        name: [column.code or column.name for column in one.columns] for name, one in met.items() if len(one.columns)
    }


class Stating:
    """Adds up the steps of one job, and states each thing and link once."""

    def __init__(self, met: Mapping[Name, Met], job: str, filters: Filters = "fields") -> None:
        self._met = met
        self._job = job
        self._filters = filters
        self._links: dict[tuple[str, str], _Flowing] = {}
        self._columns: dict[Name, dict[str, Place]] = {}
        self.created: dict[Name, tuple[Step, Place]] = {}

    def add(self, step: Step, place: Place) -> None:
        """Adds a step."""
        if step.writes is None:
            return
        if step.columns:
            self.created.setdefault(step.writes, (step, place))
        columns = [*step.columns, *(flow.into for flow in step.flows if flow.into is not None)]
        columns = list(dict.fromkeys(columns))
        deciding = sum(flow.column is not None and flow.into is None and not flow.direct for flow in step.flows)
        spread = self._filters == "fields" and deciding * len(columns) <= MOST_PAIRS
        for flow in step.flows:
            decides = flow.into is None and not flow.direct and flow.column is not None
            if decides and self._filters == "none":
                continue
            if decides and spread and columns:
                for column in columns:
                    self._flow(flow, flow.column, column, place)
            else:
                self._flow(flow, flow.column, flow.into, place)

    def _flow(self, flow: Flow, column: str | None, into: str | None, place: Place) -> None:
        source, target = self._met[flow.source], self._met[flow.target]
        if column is not None and into is not None:
            ends = source.field(column), target.field(into)
            self._columns.setdefault(flow.source, {}).setdefault(column, place)
            self._columns.setdefault(flow.target, {}).setdefault(into, place)
        else:
            ends = source.id, target.id
        if ends[0] == ends[1]:
            return
        found = self._links.setdefault(ends, _Flowing(flow.direct, place))
        found.direct = found.direct or flow.direct
        if flow.expression and not _secret(flow.expression):
            found.texts.setdefault(flow.expression)

    def links(self) -> Iterator[Link]:
        """The flows, each once, with the expressions of all statements that make it."""
        for (start, end), flowing in self._links.items():
            values = {"job": self._job, "influence": "DIRECT" if flowing.direct else "INDIRECT"}
            text = "; ".join(flowing.texts)
            if text:
                cut = len(text) > LONGEST_TRANSFORMATION
                values["transformation"] = text[: LONGEST_TRANSFORMATION - 1] + "…" if cut else text
            yield Link("FEEDS", start, end, values, flowing.place)

    def things(self, namespace: str, defaults: Mapping[str, str]) -> Iterator[Thing]:
        """The tables that are created, but for those that are a resource of another id here; and all columns."""
        stated: set[str] = set()
        for name, (step, place) in self.created.items():
            met = self._met[name]
            if met.id not in stated and met.id == resource_id(dataset(namespace, name)):
                stated.add(met.id)
                called = {} if met.known else {"name": name[-1]}
                yield Thing(Kind.RESOURCE, met.id, {**called, **defaults}, place, given_id=False)
            columns = {column: at for at, column in enumerate(step.columns, 1)}
            yield from self._fields(name, dict.fromkeys(columns, place), stated, columns)
        for name, places in self._columns.items():
            yield from self._fields(name, places, stated, {})

    def _fields(
        self, name: Name, columns: Mapping[str, Place], stated: set[str], positions: Mapping[str, int]
    ) -> Iterator[Thing]:
        """Columns under the ids that are built for them; one that is registered keeps the name it has."""
        met = self._met[name]
        there = {column.id for column in met.columns}
        for column, place in columns.items():
            id = met.field(column)
            if id in stated or id != field_id(met.id, column):
                continue
            stated.add(id)
            values: dict[str, Any] = {} if id in there else {"name": column}
            values["resource"] = met.id
            if column in positions:
                values["position"] = positions[column]
            yield Thing(Kind.FIELD, id, values, place, given_id=False)

    def columns_unknown(self) -> Iterator[Finding]:
        """That a registered resource has no fields for some columns that are used of it."""
        for name, places in self._columns.items():
            met = self._met[name]
            there = {column.id for column in met.columns}
            missing = [column for column in places if met.field(column) not in there]
            if not there or not missing:
                continue
            more = f" and {len(missing) - _MOST_SHOWN:,} more" if len(missing) > _MOST_SHOWN else ""
            listed = ", ".join(missing[:_MOST_SHOWN]) + more
            yield Finding(
                "COLUMNS_UNKNOWN",
                Severity.INFO,
                places[missing[0]],
                f"{met.id} has no fields for these columns of {'.'.join(name)}: {listed}",
                "taken as fields of it; give the registered fields these codes if they are the same",
                None,
                (met.id,),
            )

    def facts(self, namespace: str, defaults: Mapping[str, str]) -> Iterator[Fact]:
        """All of it."""
        yield from self.things(namespace, defaults)
        yield from self.links()


def problem_finding(problem: Problem, file: str) -> Finding:
    """What a reader should know of a problem."""
    severity, done = _TAKEN.get(problem.code, (Severity.WARNING, "the rest was taken"))
    place = Place(file, "", problem.line, f"character {problem.column}")
    return Finding(problem.code, severity, place, shown_problem(problem.message), done)


def shown_problem(message: str) -> str:
    """A message that may show a part of a statement; one that gives a password away is not shown."""
    secret = _secret(message) or _LOGIN.search(message) is not None
    return "a statement that is not shown, for it seems to hold a password" if secret else message


def _secret(text: str) -> bool:
    return holds_password(text) or _GIVEN.search(text) is not None


def unknown(
    met: Mapping[Name, Met], created: Iterable[Name], namespace: str, places: Mapping[Name, Place], limit: int = 1_000
) -> Sequence[Finding]:
    """The tables that are neither registered nor created here."""
    made = set(created)
    found: list[Finding] = []
    for name, one in met.items():
        if one.known or name in made:
            continue
        if len(found) == limit:
            break
        table = dataset(namespace, name)
        found.append(
            Finding(
                "DATASET_UNKNOWN",
                Severity.WARNING,
                places.get(name, Place()),
                f"the table {table.name} ({namespace}) is no registered resource",
                f"its lineage is kept under {one.id}; register it, or say which resource it is under [[names]] in "
                f"registry.toml: namespace = {_quoted(namespace)}, name = {_quoted(table.name)}, resource = its id",
                str(table),
                (one.id,),
            )
        )
    return found


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
