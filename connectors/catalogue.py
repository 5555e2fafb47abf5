"""The connector for city-catalogue workbooks (.xlsx): one row per field, three layouts, other sheets where known.

`docs/catalogue.md` says what each column becomes and lists the findings.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from connectors.catalogue_bodies import Departments, Systems, jurisdiction_fact, local_part
from connectors.catalogue_checks import Checks
from connectors.catalogue_findings import finding
from connectors.catalogue_layouts import FIELD_COLUMNS, Miss, Row, Table, find_table, letters, no_data_kind, rows_of
from connectors.catalogue_report import Report
from connectors.catalogue_resources import Resources
from connectors.catalogue_words import Words, WordsError, load_words
from connectors.catalogue_workbook import Sheet, WorkbookError, is_workbook, read_workbook
from connectors.config import Config, Files
from connectors.normalise import holds_password
from connectors.protocol import Input, looks_like, shown, unreadable
from graph.facts import Fact, Finding, Place

_PEEK = 40
"""How many rows of each sheet are looked at to recognise a workbook."""

_IDENTITY = frozenset({"name", "code", "provider", "provider_code", "data_provider", "data_provider_code"})
_REMEMBERED = 100_000
_CARRIES = frozenset({"name", "code"})
_ADDRESS_WORDS = ("地址", "网址", "链接", "url")
_NOTHING_TAKEN = "nothing was taken from it"


class Catalogue:
    """Reads catalogue workbooks of the Jiangsu, Guangdong and national layouts."""

    name: ClassVar[str] = "catalogue"
    title: ClassVar[str] = "City catalogue workbook (.xlsx)"
    config: ClassVar[type[Config]] = Files

    def __init__(self, given: Input, /) -> None:
        self._given = given

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether some sheet of the workbook has the headers of a catalogue."""
        if not is_workbook(path):
            return False
        try:
            return any(_is_catalogue(find_table(sheet)) for sheet in read_workbook(path, _PEEK))
        except WorkbookError:
            return False

    @classmethod
    def explain(cls, path: Path) -> Finding | None:
        """Why a workbook is not taken: damaged, encrypted, of another kind, or with unknown headers."""
        if not is_workbook(path):
            return None
        try:
            sheets = read_workbook(path, _PEEK)
        except WorkbookError as error:
            return finding(error.code, Place(file=shown(path)), error.message, _NOTHING_TAKEN)
        return _no_catalogue(shown(path), [(sheet, find_table(sheet)) for sheet in sheets])

    async def pull(self) -> AsyncIterator[Fact | Finding]:
        """The facts of each workbook in the order of CONTRACT §3, then its findings by place."""
        try:
            words = load_words(self._given.words)
        except WordsError as error:
            place = Place(file=shown(self._given.words) if self._given.words else "")
            yield finding("WORDS_NOT_READ", place, str(error), "nothing was imported")
            return
        for path in self._given.paths:
            for item in await asyncio.to_thread(_read, path, self._given, words):
                yield item


def _read(path: Path, given: Input, words: Words) -> list[Fact | Finding]:
    """All that one workbook states."""
    trouble = unreadable(path)
    if trouble is not None:
        return [trouble]
    if not is_workbook(path):
        message = f"it {looks_like(path)}, not an .xlsx workbook"
        return [finding("FILE_NOT_READ", Place(file=shown(path)), message, _NOTHING_TAKEN)]
    try:
        sheets = read_workbook(path)
    except WorkbookError as error:
        return [finding(error.code, Place(file=shown(path)), error.message, _NOTHING_TAKEN)]
    return list(_Reading(shown(path), sheets, given, words).items())


def _is_catalogue(found: Table | Miss) -> bool:
    return isinstance(found, Table) and found.layout.name != "systems"


def _no_catalogue(file: str, found: Sequence[tuple[Sheet, Table | Miss]]) -> Finding:
    """The finding that a workbook has no sheet of a known layout, and what its sheets have."""
    seen = "; ".join(
        f"{sheet.name}: {' | '.join(miss.headers) or 'empty'}" for sheet, miss in found if isinstance(miss, Miss)
    )
    message = f"no sheet has the headers of a known layout. Found: {seen[:1500]}"
    return finding("HEADER_MISSING", Place(file=file), message, _NOTHING_TAKEN)


class _Reading:
    """One workbook on its way from sheets to facts."""

    def __init__(self, file: str, sheets: Sequence[Sheet], given: Input, words: Words) -> None:
        self._file = file
        self._given = given
        self._words = words
        self._report = Report(file, [sheet.name for sheet in sheets])
        self._clean: set[str] = set()
        self._found = [(sheet, find_table(sheet)) for sheet in sheets]
        scope = given.jurisdiction or given.home
        self._departments = Departments(given, words, self._report)
        self._systems = Systems(words, self._report, scope)
        self._resources = Resources(
            words, self._report, self._departments, self._systems, local_part(scope) if scope else ""
        )

    def items(self) -> Iterator[Fact | Finding]:
        if not any(isinstance(table, Table) for _, table in self._found):
            yield _no_catalogue(self._file, self._found)
        self._tell_of_sheets()
        catalogues = [(table, list(self._rows(table))) for table in self._tables() if _is_catalogue(table)]
        lists = [(table, list(self._rows(table))) for table in self._tables() if not _is_catalogue(table)]
        self._take(catalogues, lists)
        source = self._given.source
        facts: list[Fact] = list(self._resources.facts(source))
        checks = Checks(self._words, self._report)
        for table, rows in catalogues:
            checks.series(table, rows)
        checks.look_over(self._departments, self._systems, self._resources.all())
        for code, place in self._departments.jurisdictions(self._report):
            yield jurisdiction_fact(code, place, source)
        yield from (department.fact(source) for department in self._departments.all())
        yield from (system.fact(source) for system in self._systems.all())
        yield from facts
        yield from self._report.findings()

    def _tables(self) -> list[Table]:
        return [table for _, table in self._found if isinstance(table, Table)]

    def _take(self, catalogues: Sequence[tuple[Table, list[Row]]], lists: Sequence[tuple[Table, list[Row]]]) -> None:
        names = (("provider", "provider_code"), ("data_provider", "data_provider_code"))
        self._departments.learn(
            (row.cells.get(name, ""), row.cells.get(code, ""))
            for _, rows in catalogues
            for row in rows
            for name, code in names
        )
        for table, rows in catalogues:
            self._resources.learn(table, rows)
        for table, rows in catalogues:
            for row in rows:
                self._resources.take(table, row)
        for table, rows in lists:
            for row in rows:
                self._take_system(table, row)

    def _take_system(self, table: Table, row: Row) -> None:
        place = self._report.place(table, row.number, "department")
        department = self._departments.find(row.cells.get("department", ""), "", place)
        place = self._report.place(table, row.number, "system")
        text = row.cells.get("system", "")
        system = self._systems.find(text, department, place)
        if system:
            self._systems.describe(system, row.cells)
        elif text:
            self._report.add("SYSTEM_PLACEHOLDER", place, "it names no system", "no system is made of it", text)

    # ---- rows

    def _rows(self, table: Table) -> Iterator[Row]:
        """A table's rows of data: without directions and logins, blank resource cells filled from the row above."""
        before: Row | None = None
        for row in rows_of(table):
            texts = [*row.cells.values(), *row.others.values()]
            if self._words.is_direction(texts[0]) and all(map(self._words.is_direction, texts)):
                continue
            self._drop_logins(table, row)
            if before is not None and _is_catalogue(table):
                _carry(before, row)
            if row.cells or row.others:
                before = row
                yield row

    def _drop_logins(self, table: Table, row: Row) -> None:
        for column, text in list(row.cells.items()):
            if text in self._clean and column != "address":
                continue
            bad = self._words.holds_login(text) if column == "address" else holds_password(text)
            if bad or (column == "address" and holds_password(text)):
                if column in _IDENTITY or column == "field":
                    continue
                del row.cells[column]
                self._tell_of_login(self._report.place(table, row.number, column))
            elif len(self._clean) < _REMEMBERED:
                self._clean.add(text)
        for header, text in list(row.others.items()):
            is_address = any(word in header.casefold() for word in _ADDRESS_WORDS)
            if holds_password(text) or (is_address and self._words.holds_login(text)):
                del row.others[header]
                self._tell_of_login(Place(self._file, table.sheet.name, row.number, table.letter_of(header)))

    def _tell_of_login(self, place: Place) -> None:
        self._report.add("PASSWORD_IN_CELL", place, "it seems to hold a login", "its content is not stored anywhere")

    # ---- sheets

    def _tell_of_sheets(self) -> None:
        for sheet, found in self._found:
            place = Place(self._file, sheet.name)
            if isinstance(found, Miss):
                self._tell_of_miss(sheet, found)
                continue
            if sheet.hidden:
                self._report.add("SHEET_HIDDEN", place, "the sheet is hidden", "it was read")
            for at, column in found.repeated:
                where = Place(self._file, sheet.name, found.first_data - 1, f"{letters(at)} {found.headers[at]}")
                message = f"it means the same as {found.letter(column)}"
                self._report.add("COLUMN_REPEATED", where, message, "the first that says something counts")

    def _tell_of_miss(self, sheet: Sheet, miss: Miss) -> None:
        headers = " | ".join(miss.headers)
        kind = no_data_kind(sheet.name)
        if miss.nearly is not None and kind is None:
            place = Place(self._file, sheet.name, miss.row)
            message = f"it looks like {miss.nearly.title} but lacks {', '.join(miss.missing)}. Found: {headers}"
            self._report.add("HEADER_MISSING", place, message, "nothing was taken from the sheet")
            return
        message = f"it is {_a(kind)}" if kind else "no connector knows its headers" if headers else "it is empty"
        self._report.add("SHEET_NOT_READ", Place(self._file, sheet.name), message, "the sheet was not read", headers)


def _a(kind: str) -> str:
    return {"dictionary": "a dictionary", "explanation": "an explanation"}[kind]


def _carry(before: Row, row: Row) -> None:
    """Gives a row that names no resource, as under a merged cell, what the row above says of its own.

    Not if it names another provider: then it is another's row that lacks its resource.
    """
    if _CARRIES & row.cells.keys():
        return
    given = _IDENTITY & row.cells.keys()
    if any(row.cells[column] != before.cells.get(column) for column in given):
        return
    carried = {
        column: text for column, text in before.cells.items() if column not in FIELD_COLUMNS and column not in row.cells
    }
    row.cells.update(carried)
    row.filled = row.filled | carried.keys()
