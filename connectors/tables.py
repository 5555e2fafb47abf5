"""Tables as other catalogues know them, with columns and feeds, as facts under the ids that the registry has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.api_facts import prose
from connectors.config import Config
from connectors.datasets import Dataset, Met
from connectors.documents import told
from connectors.harvest import MOST_FIELDS, Column
from connectors.normalise import clean_name, holds_password
from connectors.protocol import Input
from connectors.schemas import clean_path
from graph.facts import Fact, Finding, Kind, Link, Place, Severity, Thing

__all__ = ["Feed", "Table", "Tables"]

_MOST_TOLD = 200


@dataclass(slots=True)
class Table:
    """What is known of a table."""

    dataset: Dataset
    stated: bool = False
    name: str | None = None
    abstract: str | None = None
    code: str | None = None
    columns: list[Column] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """Data that goes from one table or column to another."""

    start: Dataset
    column: str | None
    end: Dataset
    target: str | None
    transformation: str | None = None
    job: str | None = None


class Tables:
    """All tables and feeds of a document."""

    def __init__(self, given: Input, file: str) -> None:
        self._given = given
        self._config = given.config or Config.model_validate({})
        self._file = file
        self._tables: dict[Dataset, Table] = {}
        self._findings: list[Finding] = []
        self.feeds: list[Feed] = []

    def of(self, dataset: Dataset) -> Table:
        """The table of a dataset about which something is stated."""
        table = self._tables.setdefault(dataset, Table(dataset))
        table.stated = True
        return table

    def tell(self, code: str, message: str, done: str, at: str = "", severity: Severity = Severity.ERROR) -> None:
        """Reports a finding, unless there are too many already."""
        if len(self._findings) < _MOST_TOLD:
            self._findings.append(told(code, severity, self._file, message, done, at))

    def datasets(self) -> list[Dataset]:
        """Every dataset that is stated or fed, once."""
        ends = (dataset for feed in self.feeds for dataset in (feed.start, feed.end))
        return list(dict.fromkeys([*self._tables, *ends]))

    def items(self, met: Mapping[Dataset, Met]) -> Iterator[Fact | Finding]:
        """The facts, tables first, then the findings."""
        seen: set[str] = set()
        for table in self._tables.values():
            found = met[table.dataset]
            if table.removed or found.id in seen:
                continue
            seen.add(found.id)
            yield from self._table(table, found)
        yield from self._links(met)
        yield from self._findings

    def _table(self, table: Table, met: Met) -> Iterator[Thing]:
        at = str(table.dataset)[:300]
        name = clean_name(table.name or table.dataset.name)[:500] or met.id
        values: dict[str, Any] = {"name": name, "code": clean_name(table.code or table.dataset.name)[:500]}
        if (text := prose(table.abstract)) is not None:
            if holds_password(text):
                message = "a description gives a password away"
                self.tell("PASSWORD_IN_TEXT", message, "it is not taken", at, Severity.WARNING)
            else:
                values["abstract"] = text
        for key, value in (("provider", self._config.department), ("system", self._config.system)):
            if value is not None:
                values[key] = value
        extra: dict[str, Any] = {"namespace": table.dataset.namespace}
        extra |= {"owners": list(dict.fromkeys(table.owners))[:50]} if table.owners else {}
        extra |= {"tags": list(dict.fromkeys(table.tags))[:50]} if table.tags else {}
        place = Place(self._file, column=at)
        yield Thing(Kind.RESOURCE, met.id, values, place, self._given.source, extra=extra, given_id=False)
        yield from self._fields(table, met, place)

    def _fields(self, table: Table, met: Met, place: Place) -> Iterator[Thing]:
        seen: set[str] = set()
        for column in table.columns:
            name = clean_path(column.name)
            id = met.field(name)
            if not name or id in seen:
                continue
            if len(seen) >= MOST_FIELDS:
                message = f"it has more than {MOST_FIELDS:,} columns"
                self.tell("FIELDS_CUT", message, "the first ones were taken", place.column, Severity.WARNING)
                return
            seen.add(id)
            values: dict[str, Any] = {"name": name, "resource": met.id, "position": len(seen)}
            values |= {"data_type": column.type} if column.type else {}
            values |= {"raw_type": column.raw_type[:500]} if column.raw_type else {}
            values |= {"length": column.length} if column.length is not None else {}
            aliases = [
                one for text in column.says if 0 < len(one := clean_name(text)) <= 60 and not holds_password(one)
            ]
            values |= {"aliases": aliases} if aliases else {}
            yield Thing(Kind.FIELD, id, values, place, self._given.source, given_id=False)

    def _links(self, met: Mapping[Dataset, Met]) -> Iterator[Link]:
        seen: set[tuple[str, str, str | None]] = set()
        for feed in self.feeds:
            start, end = met[feed.start], met[feed.end]
            ids = (
                start.field(clean_path(feed.column)) if feed.column is not None else start.id,
                end.field(clean_path(feed.target)) if feed.target is not None else end.id,
            )
            if (feed.column is None) != (feed.target is None) or ids[0] == ids[1] or (*ids, feed.job) in seen:
                continue
            seen.add((*ids, feed.job))
            values = {"job": clean_name(feed.job)[:500]} if feed.job else {}
            text = prose(feed.transformation)
            values |= {"transformation": text} if text and not holds_password(text) else {}
            place = Place(self._file, column=str(feed.end)[:300])
            yield Link("FEEDS", ids[0], ids[1], values, place, self._given.source)
