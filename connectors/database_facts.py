"""From tables and columns as a database has them to facts."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.catalogue_words import Words
from connectors.database_model import Column, ForeignKey, Table
from connectors.database_types import data_type
from connectors.datasets import Dataset, Met, field_id, resource_id
from connectors.normalise import clean_name, holds_password
from graph.facts import Fact, Finding, Kind, Place, Severity, Thing, is_placeholder

__all__ = ["Facts", "Owner", "Stated", "own"]

_NAME = 60
"""Characters of the longest comment that is a name rather than an explanation."""

_ABSTRACT = 2_000
_READ = 20_000
"""Characters of a comment that are looked at."""

_CODE = 1_000
_DEFAULT = 200
_VALUES = 100
_DEFINITION = 20_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose tables they are, and what format they have."""

    system: str | None = None
    department: str | None = None
    format: str | None = None
    loose: bool = False


@dataclass(slots=True)
class Stated:
    """A table: its id, and those of its fields by the names of the columns. `complete`: it has no other columns."""

    id: str
    fields: dict[str, str] = field(default_factory=dict)
    complete: bool = False

    def field(self, column: str) -> str | None:
        """The field that a column is, the exact name before one in another case; None if there is no such column."""
        exact = self.fields.get(column)
        if exact is not None:
            return exact
        low = column.casefold()
        alike = next((id for name, id in self.fields.items() if name.casefold() == low), None)
        return alike if alike is not None or self.complete else field_id(self.id, column)


def own(dataset: Dataset, met: Met) -> Met:
    """What a dataset is here, unless that is only the table of the same name in another database."""
    built = resource_id(dataset)
    if met.id != built and met.id.startswith("resource:") and met.id.endswith(f"/{dataset.name}"):
        return Met(built, False)
    return met


class Facts:
    """Makes the facts of tables, one after the other; `findings` gathers what was odd."""

    def __init__(self, owner: Owner, words: Words, label: str) -> None:
        self._owner = owner
        self._words = words
        self._label = label
        self._taken: set[str] = set()
        self.findings: list[Finding] = []
        self.unknown_types: Counter[str] = Counter()

    def place(self, table: Table, column: str = "") -> Place:
        """Where in the database something stands."""
        name = f"{table.name}.{column}" if column else table.name
        return Place(file=self._label, sheet=_plain(table.schema), column=_plain(name))

    def table(self, table: Table, code: str, met: Met) -> tuple[Stated | None, list[Fact]]:
        """The facts of one table, its resource first; None and none if its id is another's already.

        `code` is its full name.
        """
        if met.id in self._taken:
            self._tell_taken(self.place(table), met.id)
            return None, []
        self._taken.add(met.id)
        stated = Stated(met.id, complete=bool(table.columns))
        facts: list[Fact] = [self._resource(table, code, met)]
        facts += self._fields(table, met, stated)
        return stated, facts

    def _resource(self, table: Table, code: str, met: Met) -> Thing:
        place = self.place(table)
        comment = self._comment(table.comment, place)
        values: dict[str, Any] = {
            "name": _title(comment) or _plain(table.name)[:_CODE],
            "code": _plain(code)[:_CODE],
            "format_category": "数据库",
        }
        if comment:
            values["abstract"] = comment
        if self._owner.format:
            values["format_types"] = [self._owner.format]
        if self._owner.department:
            values["provider"] = self._owner.department
        if self._owner.system:
            values["system"] = self._owner.system
        extra = {"database": dict(self._details(table, place))}
        return Thing(Kind.RESOURCE, met.id, values, place, extra=extra, given_id=met.known)

    def _details(self, table: Table, place: Place) -> Iterator[tuple[str, Any]]:
        yield "kind", table.kind
        for name in ("analysed", "changed", "created"):
            if value := getattr(table, name):
                yield name, value
        if table.rows is not None:
            yield "rows", _about(table.rows)
        if table.bytes:
            yield "bytes", _about(table.bytes)
        if table.partitions:
            yield "partitions", table.partitions
        if table.inherits:
            yield "inherits", [_plain(name) for name in table.inherits]
        if table.primary:
            yield "primary_key", [_plain(name) for name in table.primary]
        if table.uniques:
            yield "unique", [[_plain(name) for name in names] for names in table.uniques]
        if table.foreign:
            yield "foreign_keys", [_foreign(key) for key in table.foreign]
        if table.text and len(table.text) <= _DEFINITION:
            if holds_password(table.text):
                done = "the definition is not stored; its lineage is read"
                self._tell("PASSWORD_IN_TEXT", place, "the definition seems to hold a password; change it", done)
            else:
                yield "definition", _CONTROL.sub(" ", table.text)

    def _fields(self, table: Table, met: Met, stated: Stated) -> Iterator[Fact]:
        comments = {
            column.name: self._comment(column.comment, self.place(table, column.name)) for column in table.columns
        }
        titles = Counter(title for comment in comments.values() if (title := _title(comment)))
        known = {column.code: column.id for column in met.columns if column.code is not None}
        exact = {known[column.name] for column in table.columns if column.name in known}
        for column in table.columns:
            id = known.get(column.name)
            if id is None:
                id = met.field(column.name)
                if id in exact or id in self._taken:
                    id = field_id(met.id, column.name)
            place = self.place(table, column.name)
            if id in self._taken:
                self._tell_taken(place, id)
                continue
            self._taken.add(id)
            stated.fields[column.name] = id
            comment = comments[column.name]
            title = _title(comment)
            name = title if title and titles[title] == 1 else None
            values = {**self._values(column, name), "resource": met.id}
            details = dict(_column_details(table, column))
            if comment and comment != name:
                details["comment"] = comment
            yield Thing(Kind.FIELD, id, values, place, extra={"database": details}, given_id=id in known.values())

    def _values(self, column: Column, title: str | None) -> dict[str, Any]:
        values: dict[str, Any] = {
            "name": title or _plain(column.name)[:_CODE],
            "code": _plain(column.name)[:_CODE],
            "position": column.position,
        }
        if column.type:
            values["raw_type"] = _plain(column.type)[:_CODE]
            letter = data_type(column.base, self._words, loose=self._owner.loose)
            if letter is not None:
                values["data_type"] = letter
            else:
                self.unknown_types[_plain(column.type)[:100]] += 1
        if column.length is not None:
            values["length"] = column.length
        return values

    def _comment(self, text: str | None, place: Place) -> str | None:
        """A comment as it is stored: without control characters, bounded; None for one that says nothing."""
        if not text:
            return None
        said = "\n".join(map(clean_name, text[:_READ].splitlines())).strip()
        if is_placeholder(said):
            return None
        if holds_password(said):
            done = "the comment is not stored"
            self._tell("PASSWORD_IN_COMMENT", place, "the comment seems to hold a password; change it", done)
            return None
        if len(said) > _ABSTRACT or len(text) > _READ:
            message = f"the comment has {len(text):,} characters"
            self._tell("COMMENT_CUT", place, message, f"the first {_ABSTRACT:,} are taken", Severity.INFO)
            said = said[:_ABSTRACT].rstrip()
        return said

    def _tell(self, code: str, place: Place, message: str, done: str, severity: Severity = Severity.WARNING) -> None:
        self.findings.append(Finding(code, severity, place, message, done))

    def _tell_taken(self, place: Place, id: str) -> None:
        message = "its id is that of another table or column, whose name differs only by characters that no id has"
        done = "it is not taken; a naming rule can part them"
        self.findings.append(Finding("SAME_ID", Severity.ERROR, place, message, done, ids=(id,)))


def _column_details(table: Table, column: Column) -> Iterator[tuple[str, Any]]:
    yield "nullable", column.nullable
    if column.name in table.primary:
        yield "primary_key", True
    if any([column.name] == list(names) for names in (table.primary, *table.uniques)):
        yield "unique", True
    refers = [
        _plain(f"{key.schema}.{key.table}.{there}")
        for key in table.foreign
        for here, there in zip(key.columns, key.refers, strict=False)
        if here == column.name
    ]
    if refers:
        yield "references", refers
    for name, text in (("default", None if table.is_view else column.default), ("generated", column.generated)):
        if text and not holds_password(text):
            yield name, clean_name(text)[:_DEFAULT]
    if column.identity:
        yield "identity", True
    if column.values:
        yield "values", [_plain(value)[:_DEFAULT] for value in column.values[:_VALUES]]


def _title(comment: str | None) -> str | None:
    """The comment's first line where it is short enough to be a name."""
    line = clean_name(comment.splitlines()[0]) if comment else ""
    return line if 0 < len(line) <= _NAME and not is_placeholder(line) else None


def _plain(name: str) -> str:
    """A name without control characters; one that has nothing else gets a name that says so."""
    return clean_name(name) or "(无)"


def _about(number: int) -> int:
    """A number of the statistics by its first three digits, so that it does not change with every row."""
    digits = len(str(number))
    return round(number, 3 - digits) if digits > 3 else number


def _foreign(key: ForeignKey) -> Mapping[str, Any]:
    return {
        "columns": [_plain(name) for name in key.columns],
        "to": _plain(f"{key.schema}.{key.table}"),
        "refers": [_plain(name) for name in key.refers],
    }
