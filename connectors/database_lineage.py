"""From the texts of views and routines to links between what was stated."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from connectors.database_facts import Stated
from connectors.database_model import Routine, Table
from connectors.datasets import Dataset
from connectors.normalise import clean_name, holds_password
from connectors.sql_lineage import Flow, Name, Script, read_sql, tables_named
from graph.facts import Finding, Link, Place, Severity

__all__ = ["Lineage", "Names", "Text", "text_of_routine", "text_of_view"]

_TRANSFORMATION = 1_000
_INDIRECT = 2_000
"""Most links of indirect influence on single fields that one text gives; beyond, they join the wholes."""

_TEXT = 1_000_000
_PARTS = 20
"""Levels of partitions in partitions that are followed."""

_LOGIN = re.compile(r"\bidentified\s+(?:by|with)\b|\bpassword\W|\bdblink", re.IGNORECASE)
_SYSTEM = frozenset({"pg_catalog", "information_schema", "pg_toast", "performance_schema", "mysql", "sys"})

Key = tuple[str, str]
"""A schema and a table in it."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text that moves data: where it stands, what it is, and the schema of names that have none.

    `into` says that it is a view's query, `job` that it is a routine.
    """

    schema: str
    name: str
    text: str
    default: str
    into: Key | None = None
    job: str | None = None


class Names:
    """Tables by the names that texts give them: exact first, else in another case where only one fits."""

    def __init__(self) -> None:
        self.stated: dict[Key, Stated] = {}
        self.columns: dict[Key, Sequence[str]] = {}
        self.parts: dict[Key, Key] = {}
        self._low: dict[Key, list[Key]] = {}

    def add(self, table: Table, stated: Stated) -> None:
        key = (table.schema, table.name)
        self.stated[key] = stated
        self.columns[key] = [column.name for column in table.columns]
        self._low.setdefault((key[0].casefold(), key[1].casefold()), []).append(key)

    def find(self, key: Key) -> Key:
        """The key of the table that is meant; the given one if it was not read."""
        for _ in range(_PARTS):
            if key in self.stated or key not in self.parts:
                break
            key = self.parts[key]
        if key in self.stated:
            return key
        alike = self._low.get((key[0].casefold(), key[1].casefold()), ())
        return alike[0] if len(alike) == 1 else key


class Lineage:
    """Reads texts and gives links. `dataset` names a table that was not read, `met` says what it is here."""

    def __init__(
        self, names: Names, sql: str, catalog: str | None, label: str, dataset: Callable[[str, str], Dataset]
    ) -> None:
        self._names = names
        self._sql = sql
        self._catalog = catalog
        self._label = label
        self._dataset = dataset
        self.findings: list[Finding] = []

    def outside(self, script: Script, text: Text) -> Iterator[Dataset]:
        """The tables that a text names and that were not read."""
        for flow in _flows(script):
            for name in (flow.source, flow.target):
                key = self._key(name, text)
                if key is not None and key not in self._names.stated:
                    yield self._dataset(*key)

    def read(self, text: Text) -> Script:
        """The steps of a text, with what it does not say known from the tables that were read."""
        if len(text.text) > _TEXT:
            self._tell(text, None, "SQL_TOO_LONG", f"the text has {len(text.text):,} characters", "no lineage of it")
            return Script((), ())
        default = self._full(text.default)
        into = (*self._full(text.into[0]), text.into[1]) if text.into is not None else None
        schema: dict[Name, Sequence[str]] = {}
        for name in tables_named(text.text, self._sql, default):
            key = self._key(name, text)
            columns = self._names.columns.get(key) if key is not None else None
            if columns is not None:
                schema[name] = columns
        script = read_sql(text.text, self._sql, schema, default, into=into)
        for problem in script.problems:
            done = "what it says there is not in the lineage"
            self._tell(text, problem.line, problem.code, problem.message, done)
        return script

    def links(self, script: Script, text: Text, met: Mapping[Dataset, Stated]) -> list[Link]:
        """The links of a text, each once: what is both direct and indirect is direct."""
        found: dict[tuple[str, str], Link] = {}
        place, left = self._place(text, None), _INDIRECT
        for step in script.steps:
            written = {flow.into for flow in step.flows if flow.into is not None} if text.job is not None else set()
            for flow in step.flows:
                ends = self._ends(flow, text, met, written, left)
                left -= len(ends) if len(ends) > 1 else 0
                for start, end in ends:
                    known = found.get((start, end))
                    if start != end and (known is None or (flow.direct and known.values["influence"] == "INDIRECT")):
                        found[(start, end)] = Link("FEEDS", start, end, _values(flow, text.job), place)
        return list(found.values())

    def _ends(
        self, flow: Flow, text: Text, met: Mapping[Dataset, Stated], written: Set[str], left: int
    ) -> list[tuple[str, str]]:
        """The two ends of each link that a flow is.

        A column that decides on whole rows decides on all columns that are written; where these are too many, or not
        known, the tables are the ends. What is no column of a table that was read is a variable, and gives none.
        """
        source, target = self._meet(flow.source, text, met), self._meet(flow.target, text, met)
        if source is None or target is None:
            return []
        start = source.field(flow.column) if flow.column is not None else None
        if start is None:
            return [(source.id, target.id)] if flow.column is None else []
        columns = [flow.into] if flow.into is not None else [] if flow.direct else sorted(written) or [*target.fields]
        if flow.into is None and not 0 < len(columns) <= left:
            return [(source.id, target.id)]
        return [(start, end) for column in columns if (end := target.field(column)) is not None]

    def _meet(self, name: Name, text: Text, met: Mapping[Dataset, Stated]) -> Stated | None:
        key = self._key(name, text)
        if key is None:
            return None
        return self._names.stated.get(key) or met.get(self._dataset(*key))

    def _key(self, name: Name, text: Text) -> Key | None:
        """Schema and table that a name means; None for what is no table of anybody's."""
        if not name:
            return None
        schema = name[-2] if len(name) > 1 else text.default
        if schema.casefold() in _SYSTEM:
            return None
        key = self._names.find((schema, name[-1]))
        if key in self._names.stated or schema != text.default:
            return key
        public = self._names.find(("public", name[-1]))
        return public if public in self._names.stated else key

    def _full(self, schema: str) -> Name:
        return (self._catalog, schema) if self._catalog else (schema,)

    def _place(self, text: Text, line: int | None) -> Place:
        return Place(file=self._label, sheet=clean_name(text.schema), row=line, column=clean_name(text.name))

    def _tell(self, text: Text, line: int | None, code: str, message: str, done: str) -> None:
        if holds_password(message) or _LOGIN.search(message):
            message = "a statement that is not shown, since it seems to hold a password"
        self.findings.append(Finding(code, Severity.WARNING, self._place(text, line), message, done))


def _flows(script: Script) -> Iterator[Flow]:
    for step in script.steps:
        yield from step.flows


def _values(flow: Flow, job: str | None) -> dict[str, str]:
    values = {"influence": "DIRECT" if flow.direct else "INDIRECT"}
    expression = clean_name(flow.expression)
    if expression and not holds_password(expression):
        values["transformation"] = expression[:_TRANSFORMATION]
    if job is not None:
        values["job"] = job
    return values


def text_of_view(table: Table, family: str) -> Text | None:
    """A view's definition. PostgreSQL writes every name in full but those of its own catalogue."""
    if table.text is None:
        return None
    text = table.text.strip().rstrip(";")
    default = "pg_catalog" if family == "postgresql" else table.schema
    into = None if text[:6].casefold() == "create" else (table.schema, table.name)
    return Text(table.schema, table.name, text, default, into)


def text_of_routine(routine: Routine, job: str, family: str) -> Text | None:
    """A routine's text; what it moves, it moves as a job.

    A trigger's is its body, which is read as if it ran over all rows of its table, old and new.
    """
    if routine.text is None:
        return None
    text = routine.text
    if routine.on is not None:
        quote = "`" if family == "mysql" else '"'
        table = ".".join(quote + name.replace(quote, quote * 2) + quote for name in routine.on)
        rows = " ".join(("FOR NEW IN SELECT * FROM", table, "LOOP FOR OLD IN SELECT * FROM", table, "LOOP"))
        body = f"BEGIN {rows} {text.strip().rstrip(';')}; END LOOP; END LOOP; END"
        if family == "postgresql":
            text = f"CREATE FUNCTION a() RETURNS trigger LANGUAGE plpgsql AS $registry$ {body} $registry$"
        else:
            text = f"CREATE PROCEDURE a() {body}"
    return Text(routine.schema, routine.name, text, routine.schema, job=job)
