"""The connector for tables: any sheet of a workbook, and CSV or TSV files, by a mapping (docs/sources/table.md)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from connectors.catalogue_layouts import Miss, find_table
from connectors.catalogue_layouts import Table as Sheeted
from connectors.catalogue_words import Words, WordsError, load_words
from connectors.catalogue_workbook import Sheet, WorkbookError, is_workbook
from connectors.config import Config, Files
from connectors.normalise import text_of
from connectors.protocol import Input, Removals, Removed, SourceError, shown, unreadable
from connectors.table_findings import TableReport
from connectors.table_mapping import MappingError, TableMapping, built_in, find_mapping, load_mapping, saved
from connectors.table_named import Bodies
from connectors.table_once import Once
from connectors.table_rows import Rows, Said
from connectors.table_sheets import Found, Opened, fitting, open_table, said_rows
from connectors.table_suggest import suggest_sheet
from connectors.table_template import Template, is_template
from graph.facts import Fact, Finding, Place

__all__ = ["SURE", "Table", "TableConfig"]

CHUNK = 2_000
"""Rows that are read and stated together."""
SURE = 75
"""The score of a suggestion that is used where no mapping is given."""
_HEAD = 65_536
_NOTHING = "nothing was taken from it"


class TableConfig(Files):
    """Tables by a mapping."""

    mapping: str | Mapping[str, object] | None = Field(
        default=None,
        description="Name of a mapping (in the folder of mappings, else built in), or the mapping itself as a table.",
    )
    mappings: Path = Field(default=Path("mappings"), description="Folder of saved mappings: NAME.toml.")
    sheet: str | None = Field(default=None, description="Name of the sheet; without it, all that the mapping fits.")
    header_row: int | None = Field(default=None, ge=1, description="Row of the headers; without it, it is looked for.")
    encoding: str | None = Field(default=None, description="Encoding of a text file; without it, it is found.")
    delimiter: str | None = Field(
        default=None, min_length=1, max_length=1, description="What parts the cells of a text file."
    )


class Table:
    """Reads any table by a mapping that is saved, built in or suggested; and the registry's own templates."""

    name: ClassVar[str] = "table"
    title: ClassVar[str] = "Table by a mapping (.xlsx, .xls, .ods, CSV, TSV)"
    config: ClassVar[type[Config]] = TableConfig

    def __init__(self, given: Input, /) -> None:
        self._given = given
        config = given.config
        self._settings = config if isinstance(config, TableConfig) else TableConfig.model_validate({"paths": [Path()]})
        self._removed: list[Removed] = []
        self._held: Counter[str] = Counter()
        self._templates = 0

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether it is one of our templates, or a sheet of it has the headers of a mapping that is built in."""
        if not is_workbook(path) and not _may_be_text(path):
            return False
        try:
            opened = open_table(path, peek=True)
        except (WorkbookError, OSError, LookupError):
            return False
        if is_template(opened.sheets):
            return True
        if opened.text is None and any(_is_catalogue(sheet) for sheet in opened.sheets):
            return False
        return any(isinstance(fitting(sheet, built_in()), Found) for sheet in opened.sheets)

    async def pull(self) -> AsyncIterator[Fact | Finding]:
        """The facts of each file, row by row, and its findings among them."""
        try:
            words = load_words(self._given.words)
        except WordsError as error:
            report = TableReport(shown(self._given.words) if self._given.words else "")
            report.add("WORDS_NOT_READ", Place(report.file), str(error), "nothing was imported")
            for finding in report.taken():
                yield finding
            return
        for path in self._given.paths:
            async for item in self._file(path, words):
                yield item

    async def try_out(self) -> Sequence[str]:
        """Which mapping each file would be read by."""
        told: list[str] = []
        for path in self._given.paths:
            report = TableReport(shown(path))
            opened = await asyncio.to_thread(self._open, path, report, True)
            if isinstance(opened, Finding):
                raise SourceError(f"{path.name}: {opened.message}")
            tables = [] if opened is None or is_template(opened.sheets) else self._tables(opened, report)
            told += [f"{path.name}, {found.table.sheet.name or 'text'}: {found.name}" for found in tables]
            told += [f"{path.name}: {finding.message}" for finding in report.taken() if not tables]
        return told

    def removals(self) -> Removals | None:
        """After the pull: which entries templates were made with and no longer have; None if no file is one."""
        return Removals(self._removed, self._held) if self._templates else None

    # ---- one file

    async def _file(self, path: Path, words: Words) -> AsyncIterator[Fact | Finding]:
        report = TableReport(shown(path))
        opened = await asyncio.to_thread(self._open, path, report, False)
        if isinstance(opened, Finding):
            yield opened
            return
        if opened is not None:
            template = Template.of(opened.sheets) if is_template(opened.sheets) else None
            given = self._given if template is None else _settled(self._given, self._settings, template)
            bodies = Bodies(given, words, report, Once())
            for rows, reading in self._readings(opened, template, words, report, bodies):
                try:
                    async for item in self._stated(rows, reading, report, bodies):
                        yield item
                except OSError as error:
                    report.add("FILE_NOT_READ", Place(report.file), f"it cannot be read on: {error.strerror}", _NOTHING)
        for finding in (*report.taken(), *report.more()):
            yield finding

    async def _stated(
        self, rows: Iterator[Said], reading: Rows, report: TableReport, bodies: Bodies
    ) -> AsyncIterator[Fact | Finding]:
        while chunk := await asyncio.to_thread(_some, rows):
            await bodies.look_up(reading.names(chunk))
            facts = await asyncio.to_thread(reading.facts, chunk)
            for item in (*facts, *report.taken()):
                yield item

    def _open(self, path: Path, report: TableReport, peek: bool) -> Opened | Finding | None:
        """The file, the finding that there is none, or None when the report says why it cannot be read."""
        trouble = unreadable(path)
        if trouble is not None:
            return trouble
        settings = self._settings
        try:
            return open_table(path, peek=peek, encoding=settings.encoding, delimiter=settings.delimiter)
        except WorkbookError as error:
            report.add(error.code, Place(report.file), error.message, _NOTHING)
        except LookupError:
            report.add("FILE_NOT_READ", Place(report.file), f"there is no encoding {settings.encoding}", _NOTHING)
        except OSError as error:
            report.add("FILE_NOT_READ", Place(report.file), f"it cannot be read: {error.strerror}", _NOTHING)
        return None

    def _readings(
        self, opened: Opened, template: Template | None, words: Words, report: TableReport, bodies: Bodies
    ) -> Iterator[tuple[Iterator[Said], Rows]]:
        """The rows of each table of a file, and what makes facts of them."""
        if template is not None:
            bodies.labels = template.labels
            for kind, mapping, table in template.tables:
                said = template.rows(kind, mapping, said_rows(opened, table, report), report, table.sheet.name)
                yield said, Rows(self._given, mapping, table, words, report, bodies)
            self._templates += 1
            self._removed += template.removed(report.file)
            self._held += template.held()
            return
        for found in self._tables(opened, report):
            rows = _without_directions(said_rows(opened, found.table, report), words)
            yield rows, Rows(self._given, found.mapping, found.table, words, report, bodies)

    # ---- which mapping

    def _tables(self, opened: Opened, report: TableReport) -> list[Found]:
        """The tables of a file by the mapping that is asked for, by one that fits, or by what headers suggest."""
        sheets = opened.sheets
        wanted = self._settings.sheet
        if wanted is not None and opened.text is None:
            sheets = [sheet for sheet in sheets if sheet.name == wanted]
            if not sheets:
                names = ", ".join(sheet.name for sheet in opened.sheets)
                report.add(
                    "SHEET_UNKNOWN", Place(report.file), f"there is no sheet {wanted}; there are {names}", _NOTHING
                )
                return []
        try:
            mappings = self._mappings()
        except MappingError as error:
            report.add("MAPPING_UNKNOWN", Place(report.file), str(error), _NOTHING)
            return []
        found = [fitting(sheet, mappings) for sheet in sheets]
        tables = [one for one in found if isinstance(one, Found)]
        if not tables and self._settings.mapping is None:
            tables = [one for sheet in sheets if (one := self._suggested(sheet, report)) is not None]
        self._tell(sheets, tables, report)
        return tables

    def _mappings(self) -> dict[str, TableMapping]:
        settings = self._settings
        if isinstance(settings.mapping, str):
            named = {settings.mapping: find_mapping(settings.mapping, settings.mappings)}
        elif settings.mapping is not None:
            named = {"of the source": load_mapping(settings.mapping, "of the source")}
        else:
            named = dict(built_in())
            for name in saved(settings.mappings):
                with suppress(MappingError):  # it is told of where it is asked for
                    named[name] = find_mapping(name, settings.mappings)
        row = settings.header_row
        own: dict[str, object] = {"header_row": row} if row is not None else {}
        own |= {"sheet": None} if settings.sheet is not None else {}
        return {name: mapping.model_copy(update=own) for name, mapping in named.items()}

    def _suggested(self, sheet: Sheet, report: TableReport) -> Found | None:
        suggestion = suggest_sheet(sheet)
        mapping = suggestion.mapping()
        if mapping is None or suggestion.score < SURE:
            return None
        row = suggestion.header_row
        found = fitting(sheet, {"suggested": mapping.model_copy(update={"header_row": row})})
        if isinstance(found, Miss):
            return None
        columns = ", ".join(f"{one.header} → {one.to} ({one.score})" for one in suggestion.columns if one.to)
        message = f"no mapping is given; by its headers it is about {suggestion.kind}s: {columns}"
        report.add(
            "MAPPING_SUGGESTED", Place(report.file, sheet.name, row), message, "taken so; look at it, and save it"
        )
        return found

    def _tell(self, sheets: Sequence[Sheet], tables: Sequence[Found], report: TableReport) -> None:
        """Which sheets are read how, what their columns leave open, and which are not read."""
        if not tables:
            heads = "; ".join(f"{sheet.name or 'its first line'}: {_headers(sheet)}" for sheet in sheets)
            message = f"no mapping fits it. Found: {heads[:1500]}"
            done = f"{_NOTHING}; `registry mapping suggest` makes a mapping"
            report.add("MAPPING_UNKNOWN", Place(report.file), message, done)
            return
        read = {found.table.sheet.name for found in tables}
        for sheet in sheets:
            if sheet.name not in read and sheet.rows:
                message = "no mapping fits its headers"
                report.add("SHEET_NOT_READ", Place(report.file, sheet.name), message, "not read", _headers(sheet))
        for found in tables:
            _tell_of(found, report)


def _settled(given: Input, settings: TableConfig, template: Template) -> Input:
    """What holds for a template: what it was made for stands in where nobody says it."""
    department = settings.department or template.department
    config = settings.model_copy(update={"department": department})
    return replace(given, jurisdiction=given.jurisdiction or template.jurisdiction, config=config)


def _some(rows: Iterator[Said]) -> list[Said]:
    return list(islice(rows, CHUNK))


def _tell_of(found: Found, report: TableReport) -> None:
    table, sheet = found.table, found.table.sheet
    place = Place(report.file, sheet.name, table.first_data - 1)
    report.add("MAPPING_USED", place, f"read by the mapping {found.name}", f"{len(table.columns)} columns are mapped")
    if sheet.hidden:
        report.add("SHEET_HIDDEN", Place(report.file, sheet.name), "the sheet is hidden", "it was read")
    for at, _ in table.repeated:
        message = "it means the same as a column before it"
        report.add("COLUMN_REPEATED", place, message, "the first that says something counts", table.headers[at])
    unknown = [text for at, text in table.headers.items() if at not in table.columns]
    if unknown:
        message = f"the mapping does not know {len(unknown)} columns"
        report.add("COLUMN_NOT_MAPPED", place, message, "kept under extra", ", ".join(unknown))
    there = set(table.columns.values())
    missing = [one.header[0] for at, one in enumerate(found.mapping.columns) if str(at) not in there]
    if missing and found.name not in built_in():
        message = f"the sheet lacks {', '.join(missing)[:500]}"
        report.add("COLUMN_MISSING", place, message, "nothing is said of them")


def _without_directions(rows: Iterator[Said], words: Words) -> Iterator[Said]:
    """The rows but for those that only say how to fill them in."""
    for row in rows:
        texts = [*row.cells.values(), *row.others.values()]
        if texts and all(words.is_direction(text) for text in texts):
            continue
        yield row


def _headers(sheet: Sheet) -> str:
    rows = [[text for cell in cells if (text := text_of(cell))] for _, cells in sheet.rows[:10]]
    best = next((row for row in rows if len(row) > 1), rows[0] if rows else [])
    return " | ".join(text[:40] for text in best[:40])


def _is_catalogue(sheet: Sheet) -> bool:
    found = find_table(sheet)
    return isinstance(found, Sheeted) and found.layout.name != "systems"


def _may_be_text(path: Path) -> bool:
    """Whether a file begins like separated values: text, and not of a kind that has its own form."""
    try:
        with path.open("rb") as file:
            start = file.read(_HEAD)
    except OSError:
        return False
    plain = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return bool(plain) and not plain.startswith((b"{", b"[", b"<", b"%PDF", b"SQLite"))
