"""Puts the rows of a workbook together: the resources they tell of, and their fields."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from connectors.catalogue_bodies import Department, Departments, System, Systems, local_part, make_id
from connectors.catalogue_layouts import FIELD_COLUMNS, Row, Table
from connectors.catalogue_report import Report
from connectors.catalogue_values import Taken, cycle_text, field_values, resource_values
from connectors.catalogue_words import Words
from connectors.normalise import clean_name, plain_code, whole_number
from graph.facts import Kind, Place, Thing

_OF_THE_FIELD = FIELD_COLUMNS | {"system"}
_IDENTITY = frozenset({"name", "code", "provider", "provider_code", "data_provider", "data_provider_code"})


@dataclass(slots=True)
class Field:
    """A field while its workbook is read: all rows that state it, the first of which counts."""

    name: str
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Resource:
    """A resource while its workbook is read."""

    id: str
    code: str | None
    name: str | None
    provider: Department | None
    table: Table
    rows: list[Row] = field(default_factory=list)
    fields: dict[str, Field] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    nameless: list[Row] = field(default_factory=list)
    systems: Counter[str] = field(default_factory=Counter)
    system: System | None = None
    raw: dict[str, Any] = field(default_factory=dict)


class Resources:
    """Takes the rows one by one, then states what they add up to."""

    def __init__(self, words: Words, report: Report, departments: Departments, systems: Systems, scope: str) -> None:
        self._words = words
        self._report = report
        self._departments = departments
        self._systems = systems
        self._scope = scope
        self._codes: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._by_id: dict[str, Resource] = {}
        self._elements: dict[str, tuple[str, Place]] = {}
        self._providers: dict[tuple[str | None, ...], Department | None] = {}

    def all(self) -> list[Resource]:
        return list(self._by_id.values())

    def learn(self, table: Table, rows: Iterable[Row]) -> None:
        """Takes note of which codes stand with a name, for the rows that have only a name."""
        for row in rows:
            name, code = self._name(row), self._code(table, row)
            if name and code:
                codes = self._codes[self._owner(self._provider(table, row)), name]
                if code not in codes:
                    codes.append(code)

    def take(self, table: Table, row: Row) -> None:
        """Adds a row to its resource, and its field to that."""
        resource = self._resource(table, row)
        if resource is None:
            place = self._report.place(table, row.number, "name")
            message = "neither a code nor a name that says something"
            self._report.add("ROW_WITHOUT_RESOURCE", place, message, "the row is not taken", row.cells.get("name"))
            return
        resource.rows.append(row)
        self._check_row(table, row, resource)
        self._take_field(table, row, resource)

    # ---- whose row it is

    def _name(self, row: Row) -> str | None:
        text = row.cells.get("name")
        return None if self._words.says_nothing(text) or text is None else clean_name(text)

    def _code(self, table: Table, row: Row) -> str | None:
        text = row.cells.get("code")
        if text is None or self._words.says_nothing(text):
            return None
        if "code" in row.numbers:
            place = self._report.place(table, row.number, "code")
            self._report.add("NUMBER_FOR_CODE", place, "a number that has lost its last digits", "not taken", text)
            return None
        return plain_code(text)

    def _provider(self, table: Table, row: Row) -> Department | None:
        """The provider of the catalogue entry; that of the data where no other is given."""
        said = tuple(map(row.cells.get, ("provider", "provider_code", "data_provider", "data_provider_code")))
        if said not in self._providers:
            self._providers[said] = self._find_provider(table, row)
        return self._providers[said]

    def _find_provider(self, table: Table, row: Row) -> Department | None:
        cells = row.cells
        for name, code in (("provider", "provider_code"), ("data_provider", "data_provider_code")):
            place = self._report.place(table, row.number, code if code in cells else name)
            found = self._departments.find(cells.get(name, ""), cells.get(code, ""), place)
            if found:
                return found
        return None

    def _owner(self, provider: Department | None) -> str:
        return local_part(provider.id) if provider else self._scope

    def _resource(self, table: Table, row: Row) -> Resource | None:
        provider = self._provider(table, row)
        owner, name, code = self._owner(provider), self._name(row), self._code(table, row)
        if code is None and name:
            codes = self._codes.get((owner, name), [])
            code = codes[0] if len(codes) == 1 else None
        if code is None and name is None:
            return None
        id = make_id(Kind.RESOURCE, owner, code or name or "")
        resource = self._by_id.get(id)
        if resource is None:
            shown = name or (clean_name(row.cells["name"]) if "name" in row.cells else None)
            resource = self._by_id[id] = Resource(id, code, shown, provider, table)
            self._check_new(table, row, resource)
        elif name and name != resource.name and name not in resource.aliases:
            resource.aliases.append(name)
            place = self._report.place(table, row.number, "name")
            done = f"one resource, called {resource.name}; the other name is an alias"
            self._report.add("CODE_OF_SEVERAL_NAMES", place, f"{code} has several names", done, name, (id,))
        return resource

    def _check_new(self, table: Table, row: Row, resource: Resource) -> None:
        """What is told once about a resource, at its first row."""
        report, number, ids = self._report, row.number, (resource.id,)
        if resource.provider is None:
            place = report.place(table, number, "provider")
            report.add("PROVIDER_MISSING", place, "no provider is given", "taken without one", None, ids)
        if resource.name and self._words.says_nothing(resource.name):
            done = "its code identifies it"
            report.add("NAME_PLACEHOLDER", report.place(table, number, "name"), "no name", done, resource.name, ids)
        if resource.code:
            self._check_code(table, row, resource, resource.code)

    def _check_code(self, table: Table, row: Row, resource: Resource, code: str) -> None:
        place = self._report.place(table, row.number, "code")
        scheme = next((name for name, form in self._words.code_schemes.items() if form.fullmatch(code)), None)
        owner = resource.provider.uscc if resource.provider else None
        if scheme is None:
            message = "it follows no known scheme"
            self._report.add("CODE_PATTERN", place, message, "taken as it is", code, (resource.id,))
        elif scheme == "uscc" and owner and code[:18] != owner:
            message = f"it begins with {code[:18]}, its provider's is {owner}"
            self._report.add("CODE_OF_OTHER_PROVIDER", place, message, "taken as it is", code, (resource.id,))

    # ---- what a row says

    def _check_row(self, table: Table, row: Row, resource: Resource) -> None:
        """What is told of every row on which it stands, as the workbook has the cell there."""
        report, cells, words = self._report, row.cells, self._words
        for column in ("provider_code", "data_provider_code"):
            if column in row.numbers:
                place, said = report.place(table, row.number, column), cells[column]
                report.add("NUMBER_FOR_CODE", place, "a number that has lost its last digits", "taken as it is", said)
        text = cycle_text(cells, words)
        column = "cycle" if cells.get("cycle") == text else "cycle_other"
        if text and column not in row.filled and not words.update_cycle(text).listed:
            cycle = words.update_cycle(text).value
            done = f"taken as {cycle}" if cycle else "it stays unknown"
            place = report.place(table, row.number, column)
            report.add("CYCLE_UNKNOWN", place, "it is no word of the list", done, text, (resource.id,))
        self._take_system(table, row, resource)
        self._check_two_providers(table, row, resource)

    def _take_system(self, table: Table, row: Row, resource: Resource) -> None:
        text = row.cells.get("system")
        if text is None:
            return
        if text in resource.systems:
            resource.systems[text] += 1
            return
        if self._words.says_nothing(text) and "system" in row.filled:
            return
        place = self._report.place(table, row.number, "system")
        if self._words.says_nothing(text):
            done = "no system is made of it"
            self._report.add("SYSTEM_PLACEHOLDER", place, "it names no system", done, text, (resource.id,))
            return
        self._systems.find(text, resource.provider, place)
        resource.systems[text] = 1

    def _check_two_providers(self, table: Table, row: Row, resource: Resource) -> None:
        cells = row.cells
        if not ("provider" in cells or "provider_code" in cells):
            return
        for name, code in (("data_provider", "provider"), ("data_provider_code", "provider_code")):
            text = cells.get(name)
            if text and code in cells and text != cells[code] and resource.raw.get(name) != text:
                resource.raw[name] = text
                message = f"the entry's provider is {cells[code]}"
                done = "the entry's provider counts; the other is kept in the raw values"
                place = self._report.place(table, row.number, name)
                self._report.add("PROVIDERS_DIFFER", place, message, done, text, (resource.id,))

    def _take_field(self, table: Table, row: Row, resource: Resource) -> None:
        report, ids = self._report, (resource.id,)
        text = row.cells.get("field", "")
        self._check_length(table, row, resource)
        name = "" if self._words.says_nothing(text) else clean_name(text)
        known = resource.fields.setdefault(name, Field(name)) if name else None
        if known is not None:
            known.rows.append(row)
            if "、" not in text and len(known.rows) == 1:
                return
        place = report.place(table, row.number, "field")
        if known is None:
            self._take_nameless(place, row, resource, text)
            return
        if "、" in text:
            done = "taken as one field; splitting it is a person's decision"
            report.add("FIELDS_IN_ONE_CELL", place, "it seems to list several fields", done, text, ids)
        if len(known.rows) > 1:
            done = "one field; the first row counts, all are kept in its raw values"
            report.add("FIELD_TWICE", place, f"it stands in row {known.rows[0].number} too", done, text, ids)

    def _check_length(self, table: Table, row: Row, resource: Resource) -> None:
        length = row.cells.get("length")
        if length and whole_number(length) is None:
            done = "it stays unknown; the raw value is kept"
            where = self._report.place(table, row.number, "length")
            self._report.add("LENGTH_NOT_WHOLE", where, "it is no whole number", done, length, (resource.id,))

    def _take_nameless(self, place: Place, row: Row, resource: Resource, text: str) -> None:
        """A row that names no field: it counts for its resource, what it says is kept there."""
        if text:
            done = "no field is made of it; the row is kept in the resource's raw values"
            self._report.add("FIELD_PLACEHOLDER", place, "it names no field", done, text, (resource.id,))
        else:
            done = "it counts for its resource"
            self._report.add("FIELD_MISSING", place, "the row names no field", done, None, (resource.id,))
        if any(column in row.cells for column in FIELD_COLUMNS):
            resource.nameless.append(row)

    # ---- what they add up to

    def facts(self, source: str | None) -> Iterator[Thing]:
        """Elements, then resources, then fields. To be called once, after the last row."""
        for resource in self._by_id.values():
            self._settle_system(resource)
        fields = [fact for resource in self._by_id.values() for fact in self._fields(resource, source)]
        for id, (code, place) in self._elements.items():
            yield Thing(Kind.ELEMENT, id, {"code": code}, place, source, given_id=False)
        for resource in self._by_id.values():
            yield self._fact(resource, source)
        yield from fields

    def _settle_system(self, resource: Resource) -> None:
        """The system named by most rows; of equals the first."""
        if not resource.systems:
            return
        row = resource.rows[0]
        ranked = resource.systems.most_common()
        place = self._report.place(resource.table, row.number, "system")
        resource.system = self._systems.find(ranked[0][0], resource.provider, place)
        if len(ranked) > 1:
            resource.raw["system"] = [text for text, _ in ranked]
            message = f"its rows name {len(ranked)} systems"
            done = f"{ranked[0][0]}, named by most rows, holds it; all are kept in the raw values"
            self._report.add("SYSTEMS_DIFFER", place, message, done, ranked[1][0], (resource.id,))

    def _fact(self, resource: Resource, source: str | None) -> Thing:
        cells, rows_of = self._merged(resource)

        def tell(code: str, column: str, message: str, done: str, value: str | None = None) -> None:
            number = rows_of.get(column, resource.rows[0].number)
            place = self._report.place(resource.table, number, column)
            self._report.add(code, place, message, done, value, (resource.id,))

        taken = resource_values(cells, self._words, tell)
        values: dict[str, Any] = {"name": resource.name, "code": resource.code}
        values["provider"] = resource.provider.id if resource.provider else None
        values["system"] = resource.system.id if resource.system else None
        values["aliases"] = resource.aliases or None
        said = {name: value for name, value in values.items() if value is not None}
        place = self._report.place(resource.table, resource.rows[0].number)
        others = _others(resource.rows)
        extra = {header: text for header, text in others.items() if not self._words.says_nothing(text)}
        silent = {header: text for header, text in others.items() if header not in extra}
        raw = silent | self._raw(resource, cells, taken)
        return Thing(Kind.RESOURCE, resource.id, said | taken.values, place, source, raw, extra, given_id=False)

    def _merged(self, resource: Resource) -> tuple[dict[str, str], dict[str, int]]:
        """The resource's cells over all its rows: of each column the first text that says something, and its row."""
        cells: dict[str, str] = {}
        rows_of: dict[str, int] = {}
        seen: dict[str, list[str]] = {}
        for row in resource.rows:
            for column, text in row.cells.items():
                if column in _OF_THE_FIELD or seen.get(column, [None])[-1] == text:
                    continue
                texts = seen.setdefault(column, [])
                if text in texts:
                    continue
                texts.append(text)
                if column not in cells or self._words.says_nothing(cells[column]):
                    cells[column], rows_of[column] = text, row.number
                elif column not in _IDENTITY and not self._words.says_nothing(text):
                    self._differ(resource, row, column, cells[column], text)
        resource.raw.update(
            (column, texts) for column, texts in seen.items() if len(texts) > 1 and column not in _IDENTITY
        )
        return cells, rows_of

    def _differ(self, resource: Resource, row: Row, column: str, first: str, text: str) -> None:
        place = self._report.place(resource.table, row.number, column)
        message = f"an earlier row of the resource says {first[:60]}"
        done = "the first counts; all are kept in the raw values"
        self._report.add("ROWS_DIFFER", place, message, done, text, (resource.id,))

    def _raw(self, resource: Resource, cells: dict[str, str], taken: Taken) -> dict[str, Any]:
        raw: dict[str, Any] = dict(taken.raw)
        for column, value in (("name", resource.name), ("code", resource.code)):
            if column in cells and cells[column] != value:
                raw[column] = cells[column]
        raw |= resource.raw
        if resource.nameless:
            raw["rows"] = [self._raw_row(resource.table, row) for row in resource.nameless]
        return raw

    def _raw_row(self, table: Table, row: Row) -> dict[str, Any]:
        """A row's own cells under their headers."""
        texts = {
            table.headers[place]: row.cells[column]
            for place, column in table.columns.items()
            if column in _OF_THE_FIELD and column in row.cells
        }
        return {"row": row.number, **texts}

    def _fields(self, resource: Resource, source: str | None) -> Iterator[Thing]:
        for position, known in enumerate(resource.fields.values(), start=1):
            yield self._field(resource, known, position, source)

    def _field(self, resource: Resource, known: Field, position: int, source: str | None) -> Thing:
        row = known.rows[0]

        def tell(code: str, column: str, message: str, done: str, value: str | None = None) -> None:
            place = self._report.place(resource.table, row.number, column)
            self._report.add(code, place, message, done, value, (resource.id,))

        taken = field_values(row.cells, self._words, tell)
        values = {"name": known.name, "resource": resource.id, "position": position, **taken.values}
        if element := self._element(resource, row):
            values["element"] = element
        raw: dict[str, Any] = taken.raw
        if row.cells["field"] != known.name:
            raw["name"] = row.cells["field"]
        if len(resource.systems) > 1 and "system" in row.cells:
            raw["system"] = row.cells["system"]
        if len(known.rows) > 1:
            raw = {"rows": [self._raw_row(resource.table, row) for row in known.rows]}
        id = make_id(Kind.FIELD, local_part(resource.id), known.name)
        place = self._report.place(resource.table, row.number)
        return Thing(Kind.FIELD, id, values, place, source, raw, given_id=False)

    def _element(self, resource: Resource, row: Row) -> str | None:
        """The id of the data element that the row gives by number; numbers are the registry's or the provider's."""
        text = row.cells.get("element")
        if text is None or self._words.says_nothing(text):
            return None
        code = plain_code(text)
        jurisdiction = resource.provider.jurisdiction if resource.provider else None
        id = make_id(Kind.ELEMENT, self._scope or local_part(jurisdiction or ""), code)
        self._elements.setdefault(id, (code, self._report.place(resource.table, row.number, "element")))
        return id


def _others(rows: Iterable[Row]) -> dict[str, Any]:
    """The columns that no layout knows: of each the first text."""
    others: dict[str, Any] = {}
    for row in rows:
        for header, text in row.others.items():
            others.setdefault(header, text)
    return others
