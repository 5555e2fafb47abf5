"""Makes facts of the rows of one table by its mapping.

A row may say of several things: a system with its department, a field with its resource. What a row names stands
in what the same row names: its resource is provided by its department and held by its system, its field is the
resource's. What a reference only names by name is stated too, under an id that is built, so that the import can
meet it (docs/identity.md); but what an agreement covers and where data flow must be there already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.catalogue_layouts import Table
from connectors.catalogue_words import Words
from connectors.normalise import holds_password
from connectors.protocol import Input
from connectors.table_findings import TableReport
from connectors.table_links import Links
from connectors.table_mapping import Column, TableMapping
from connectors.table_named import IMPLIED, Bodies, Cells
from connectors.table_targets import ENDS, TASK, key_of
from connectors.table_values import Values, items
from graph.facts import KEYS, Fact, Kind, Place, Shape, Thing

__all__ = ["Rows", "Said"]

_ORDER = (Kind.JURISDICTION, Kind.DEPARTMENT, Kind.SYSTEM, Kind.ELEMENT, Kind.RESOURCE, Kind.FIELD, Kind.AGREEMENT)
_MOST_EXTRA = 200
"""Unknown columns of a row that are kept."""


@dataclass(slots=True)
class Said:
    """A row: its number, the texts of known columns by the column's number, those of others by header."""

    number: int
    cells: Mapping[int, str]
    others: Mapping[str, str] = field(default_factory=dict)
    numbers: frozenset[int] = frozenset()
    """Columns whose cell was a number too long to be exact."""
    edited: bool = False
    """It is only what was edited of a thing that is there, under its id."""
    cleared: tuple[str, ...] = ()
    """What was emptied, by path."""
    source: str | None = None
    """Whose statement it is, where the file says so."""


class Rows:
    """The rows of one table on their way to facts. `bodies` is that of the whole file."""

    def __init__(
        self,
        given: Input,
        mapping: TableMapping,
        table: Table,
        words: Words,
        report: TableReport,
        bodies: Bodies,
    ) -> None:
        self._mapping = mapping
        self._table = table
        self._words = words
        self._report = report
        self._bodies = bodies
        self._once = bodies.once
        self._source = given.source
        self._values = Values(words, given.zone)
        self._links = Links(bodies, self._values, report, given.source)
        self._above: dict[int, str] = {}
        paths = mapping.paths()
        kinds = {path.partition(".")[0] for path in paths}
        self._kinds = [kind for kind in _ORDER if kind.value in kinds]
        self._flows = [flow for flow in ENDS if flow in kinds]
        self._tasks = TASK in kinds
        self._finest = self._kinds[-1] if self._kinds else None
        self._constants = dict(mapping.constants)
        self._references = {kind: _references(kind, paths) for kind in self._kinds}
        self._named = [
            (at, column, kind)
            for at, column in enumerate(mapping.columns)
            for kind in dict.fromkeys(filter(None, map(_named_kind, column.to)))
        ]
        """Columns that name things of some kind that may be registered."""
        self._addresses = {at for at, one in enumerate(mapping.columns) if any(p.endswith("address") for p in one.to)}

    def names(self, rows: Sequence[Said]) -> dict[Kind, set[str]]:
        """The names, by kind, that these rows refer to, to be looked up before `facts`."""
        found: dict[Kind, set[str]] = {}
        for row in rows if self._named else ():
            for at, column, kind in self._named:
                if text := row.cells.get(at) or self._above.get(at, ""):
                    some = found.setdefault(kind, set())
                    for name in self._bodies.texts(text, column):
                        some.update((name, *items(name, None)))
        return found

    def facts(self, rows: Sequence[Said]) -> list[Fact]:
        """The facts of some rows; what was odd is in the report."""
        for row in rows:
            self._row(row)
        return [*self._once.things(), *self._links.taken()]

    def _row(self, row: Said) -> None:
        cells = self._cells(row)
        if self._tasks:
            self._task(row, cells)
            return
        here: dict[Kind, str] = {}
        told = False
        for kind in self._kinds:
            id = self._thing(kind, row, cells, here)
            if id is not None:
                here[kind] = id
                told = True
        for flow in self._flows:
            told = self._links.take(flow, cells, row.others, self._place(row)) or told
        if not told:
            message = "it has neither id nor code nor name of what it is about"
            value = " | ".join([*row.cells.values(), *row.others.values()])
            self._report.add("ROW_WITHOUT_KEY", self._place(row), message, "the row is not taken", value)

    def _cells(self, row: Said) -> Cells:
        """The row's texts by what they become; without logins, and filled down where the mapping says so."""
        texts: dict[str, str] = dict(self._constants)
        columns: dict[str, Column] = {}
        places: dict[str, Place] = {}
        for at, column in enumerate(self._mapping.columns):
            text = row.cells.get(at, "")
            if column.fill_down:
                text = self._above[at] = text or self._above.get(at, "")
            if not text:
                continue
            place = self._report.place(self._table, row.number, str(at))
            if self._is_login(at, text):
                message, done = "it seems to hold a login", "its content is not stored anywhere"
                self._report.add("PASSWORD_IN_CELL", place, message, done)
                continue
            for path in column.to:
                if at in row.numbers and path.rpartition(".")[2] in ("code", "uscc", "id"):
                    message = "a number that has lost its last digits"
                    self._report.add("NUMBER_FOR_CODE", place, message, "not taken", text)
                    continue
                if path in texts and path in columns:
                    texts[path] += "\n" + text
                else:
                    texts[path] = text
                columns[path], places[path] = column, place
        return Cells(texts, columns, places, self._place(row), row.edited)

    def _is_login(self, at: int, text: str) -> bool:
        return holds_password(text) or (at in self._addresses and self._words.holds_login(text))

    def _place(self, row: Said) -> Place:
        return self._report.place(self._table, row.number)

    def _thing(self, kind: Kind, row: Said, cells: Cells, here: Mapping[Kind, str]) -> str | None:
        """State what the row says of a thing of this kind; its id, None if it says of none."""
        body = self._bodies.main(kind, cells, here)
        if body is None:
            return None
        values, raw = self._direct(kind, cells)
        extra = self._others(row) if kind is self._finest else {}
        values |= body.values
        for name, to in self._references[kind]:
            if name not in values:
                id = self._bodies.reference(kind, name, to, cells, here)
                if id is not None:
                    values[name] = id
        if kind is Kind.AGREEMENT:
            covers = self._bodies.covers(cells)
            extra |= covers.unknown
            if covers.ids:
                values["covers"] = covers.ids
            if covers.provider and "provider" not in values:
                values["provider"] = covers.provider
        values |= dict.fromkeys(path.partition(".")[2] for path in row.cleared)
        id = self._once.numbered(body.id, values, cells.place, self._report) if body.numbered else body.id
        fact = Thing(kind, id, values, cells.place, row.source or self._source, raw, extra, given_id=body.given)
        self._once.put(fact, self._report)
        return id

    def _direct(self, kind: Kind, cells: Cells) -> tuple[dict[str, Any], dict[str, Any]]:
        """The values that cells give by themselves, and the texts that differ from them."""
        values: dict[str, Any] = {}
        raw: dict[str, Any] = {}
        for path, text in cells.texts.items():
            if not path.startswith(kind.value + "."):
                continue
            name, _, part = path.partition(".")[2].partition(".")
            key = KEYS[kind].get(name)
            if key is None or key.shape in (Shape.REFERENCE, Shape.REFERENCES):
                continue
            value, wrong = self._values.value(path, text, cells.columns.get(path))
            if wrong is not None:
                done = "it stays unknown; the raw value is kept" if value is None else "taken so"
                self._report.add("BAD_VALUE", cells.places.get(path, cells.place), wrong, done, text)
            if part:
                if value is not None:
                    values.setdefault(name, {})[part] = value
                continue
            if value is not None:
                values[name] = value
            self._keep_raw(kind, name, value, text, values, raw)
        return values, raw

    def _keep_raw(
        self, kind: Kind, name: str, value: Any, text: str, values: dict[str, Any], raw: dict[str, Any]
    ) -> None:
        if name == "data_type" and kind is Kind.FIELD:
            values.setdefault("raw_type", text)
        elif name == "update_cycle" and value == "OTHER":
            values.setdefault("update_cycle_text", text)
        key = key_of(f"{kind.value}.{name}")
        is_plain = key is not None and key.shape in (Shape.TEXT, Shape.ENUM)
        if value is None or (is_plain and value != text):
            raw[name] = text

    def _others(self, row: Said) -> dict[str, Any]:
        said = {header: text for header, text in row.others.items() if not self._words.says_nothing(text)}
        clean: dict[str, Any] = {}
        for header, text in list(said.items())[:_MOST_EXTRA]:
            if holds_password(text):
                message, done = "it seems to hold a login", "its content is not stored anywhere"
                place = Place(self._report.file, self._table.sheet.name, row.number, self._table.letter_of(header))
                self._report.add("PASSWORD_IN_CELL", place, message, done)
                continue
            clean[header or "-"] = text
        return clean

    def _task(self, row: Said, cells: Cells) -> None:
        said = {path.partition(".")[2]: text for path, text in cells.texts.items()}
        if not said.get("name"):
            message = "it names no task"
            self._report.add("ROW_WITHOUT_KEY", cells.place, message, "the row is not taken")
            return
        told = [f"{said.get('number', '')} {said['name']}".strip()]
        told += [f"{name}: {said[name]}" for name in ("lead", "partners", "due") if said.get(name)]
        told += [f"{header}: {text}" for header, text in row.others.items()]
        done = "kept as this finding: the registry has no kind for tasks yet"
        message = f"task {said.get('number') or row.number}: {said['name'][:200]}"
        self._report.add("TASK_NOT_TAKEN", cells.place, message, done, "; ".join(told))


def _references(kind: Kind, paths: Sequence[str]) -> list[tuple[str, Kind]]:
    """The references of a kind that some column speaks of, or that a row implies, and what each refers to."""
    return [
        (name, key.to[0])
        for name, key in KEYS[kind].items()
        if key.shape is Shape.REFERENCE
        and ((kind, name) in IMPLIED or any(path.startswith(f"{kind.value}.{name}") for path in paths))
    ]


def _named_kind(path: str) -> Kind | None:
    """The kind of thing that a path names, where it is one that can be looked up by name."""
    word, *rest = path.split(".")
    kind: Kind | None = Kind(word) if word in Kind._value2member_map_ else None
    for at, name in enumerate(rest):
        if (word, name) in (("feeds", "from"), ("feeds", "to")) or name == "covers":
            return {"provider": Kind.DEPARTMENT, "field": None}.get(rest[-1], Kind.RESOURCE)
        to = ENDS["reads"].get(name) if word == "reads" and at == 0 else None
        key = KEYS[kind].get(name) if kind is not None else None
        if to is None and key is not None and key.shape is Shape.REFERENCE:
            to = key.to
        if to is None:
            is_name = at > 0 and name in ("name", "code") and at == len(rest) - 1
            return kind if is_name and kind in _LOOKED_UP else None
        kind = to[0]
    return kind if kind in _LOOKED_UP and rest else None


_LOOKED_UP = frozenset({Kind.DEPARTMENT, Kind.SYSTEM, Kind.RESOURCE, Kind.ELEMENT})
