"""From the texts of views and routines to links between what was stated."""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
"""Most links of indirect influence on single fields that one statement gives; beyond, they join the wholes."""

_TEXT = 1_000_000
_SYSTEM = frozenset({"pg_catalog", "information_schema", "pg_toast", "performance_schema", "mysql", "sys"})

Key = tuple[str, str]
"""A schema and a table in it."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text that moves data: where it stands, what it is, and which table's changes it follows."""

    schema: str
    name: str
    text: str
    job: str | None = None
    on: Key | None = None


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
        key = self.parts.get(key, key)
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
        default = self._full(text.schema)
        schema: dict[Name, Sequence[str]] = {}
        for name in tables_named(text.text, self._sql, default):
            key = self._key(name, text)
            columns = self._names.columns.get(key) if key is not None else None
            if columns is not None:
                schema[name] = columns
        script = read_sql(text.text, self._sql, schema, default)
        for problem in script.problems:
            done = "what it says there is not in the lineage"
            self._tell(text, problem.line, problem.code, problem.message, done)
        return script

    def links(self, script: Script, text: Text, met: Mapping[Dataset, Stated]) -> list[Link]:
        """The links of a text, each once: what is both direct and indirect is direct."""
        found: dict[tuple[str, str], Link] = {}
        place = self._place(text, None)
        for flow in _flows(script):
            for start, end, direct in self._ends(flow, text, met):
                if start == end:
                    continue
                known = found.get((start, end))
                if known is None or (direct and known.values["influence"] == "INDIRECT"):
                    found[(start, end)] = Link("FEEDS", start, end, _values(flow, direct, text.job), place)
        return list(found.values())

    def _ends(self, flow: Flow, text: Text, met: Mapping[Dataset, Stated]) -> Iterator[tuple[str, str, bool]]:
        source, target = self._meet(flow.source, text, met), self._meet(flow.target, text, met)
        if source is None or target is None:
            return
        if flow.column is not None and flow.into is not None:
            yield source.field(flow.column), target.field(flow.into), flow.direct
        elif flow.column is not None and target.fields and len(target.fields) <= _INDIRECT and not flow.direct:
            for id in target.fields.values():
                yield source.field(flow.column), id, False
        else:
            yield source.id, target.id, flow.direct

    def _meet(self, name: Name, text: Text, met: Mapping[Dataset, Stated]) -> Stated | None:
        key = self._key(name, text)
        if key is None:
            return None
        return self._names.stated.get(key) or met.get(self._dataset(*key))

    def _key(self, name: Name, text: Text) -> Key | None:
        """Schema and table that a name means; None for what is no table of anybody's."""
        if not name:
            return None
        schema = name[-2] if len(name) > 1 else ""
        if text.on is not None and name[-1].casefold() in ("new", "old") and schema in ("", text.schema):
            return text.on
        if schema.casefold() in _SYSTEM:
            return None
        key = self._names.find((schema or text.schema, name[-1]))
        if key in self._names.stated or schema not in ("", text.schema):
            return key
        public = self._names.find(("public", name[-1]))
        return public if public in self._names.stated else key

    def _full(self, schema: str) -> Name:
        return (self._catalog, schema) if self._catalog else (schema,)

    def _place(self, text: Text, line: int | None) -> Place:
        return Place(file=self._label, sheet=clean_name(text.schema), row=line, column=clean_name(text.name))

    def _tell(self, text: Text, line: int | None, code: str, message: str, done: str) -> None:
        self.findings.append(Finding(code, Severity.WARNING, self._place(text, line), message, done))


def _flows(script: Script) -> Iterator[Flow]:
    for step in script.steps:
        yield from step.flows


def _values(flow: Flow, direct: bool, job: str | None) -> dict[str, str]:
    values = {"influence": "DIRECT" if direct else "INDIRECT"}
    expression = clean_name(flow.expression)
    if expression and not holds_password(expression):
        values["transformation"] = expression[:_TRANSFORMATION]
    if job is not None:
        values["job"] = job
    return values


def text_of_view(table: Table, quote: Callable[[str], str]) -> Text | None:
    """A view's definition as a statement, its lines where they were."""
    if table.text is None:
        return None
    text = table.text.strip().rstrip(";")
    if not text[:6].casefold().startswith("create"):
        text = f"CREATE VIEW {quote(table.schema)}.{quote(table.name)} AS {text}"
    return Text(table.schema, table.name, text)


def text_of_routine(routine: Routine, job: str) -> Text | None:
    """A routine's text; what it moves, it moves as a job."""
    if routine.text is None:
        return None
    return Text(routine.schema, routine.name, routine.text, job, routine.on)
