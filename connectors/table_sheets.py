"""The sheets of a workbook or text file, the table in each by a mapping, and its rows."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from connectors.catalogue_layouts import Layout, Miss, Row, Table, find_table, letters, repeats_headers, row_of, rows_of
from connectors.catalogue_workbook import Sheet, is_workbook, read_workbook
from connectors.normalise import header_key, unguarded
from connectors.table_csv import Line, Text, look_at
from connectors.table_csv import rows_of as lines_of
from connectors.table_findings import TableReport
from connectors.table_mapping import TableMapping
from connectors.table_rows import Said
from graph.facts import Place

__all__ = ["Found", "Opened", "fitting", "layout_of", "open_table", "said_rows"]

PEEK = 40
"""Rows of each sheet that are looked at to know it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file: its sheets, of a text file only the first rows of the one that it is."""

    path: Path
    sheets: Sequence[Sheet]
    text: Text | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A table in a sheet and the mapping by which it is read."""

    name: str
    mapping: TableMapping
    table: Table


def open_table(path: Path, *, peek: bool, encoding: str | None = None, delimiter: str | None = None) -> Opened:
    """Open a file. Raises WorkbookError, OSError; blocks for as long as it reads."""
    if is_workbook(path):
        return Opened(path, read_workbook(path, PEEK if peek else None, every_kind=True))
    text = look_at(path, encoding, delimiter)
    with closing(lines_of(path, text)) as lines:
        rows = [(line.number, line.cells) for line in islice(lines, PEEK)]
    return Opened(path, [Sheet("", False, rows, ())], text)


def layout_of(name: str, mapping: TableMapping) -> Layout:
    """A mapping as a layout whose columns are the mapping's own by number."""
    numbers = {id(column): str(at) for at, column in enumerate(mapping.columns)}
    columns = {header: numbers[id(column)] for header, column in mapping.by_header().items()}
    needs = tuple(
        tuple({columns[key] for key in map(header_key, group) if key in columns}) or ("",) for group in mapping.needs
    )
    return Layout(name, mapping.title, columns, needs, frozenset())


def fitting(sheet: Sheet, mappings: Mapping[str, TableMapping]) -> Found | Miss:
    """The table of a sheet by the mapping of which it has most columns."""
    best: Found | None = None
    miss: Miss = Miss((), None)
    for name, mapping in mappings.items():
        found = _table(sheet, name, mapping)
        if isinstance(found, Miss):
            miss = found
        elif best is None or len(found.columns) > len(best.table.columns):
            best = Found(name, mapping, found)
    return best or miss


def _table(sheet: Sheet, name: str, mapping: TableMapping) -> Table | Miss:
    if mapping.sheet is not None and sheet.name and sheet.name != mapping.sheet:
        return Miss((), None)
    row = mapping.header_row
    if row is not None:
        rows = [pair for pair in sheet.rows if pair[0] >= row]
        sheet_from = replace(sheet, rows=rows[:2] if len(rows) < 3 else rows)
        found = find_table(sheet_from, [layout_of(name, mapping)])
        if isinstance(found, Table) and found.first_data > row + 2:
            return Miss(tuple(found.headers.values()), row)
    else:
        found = find_table(sheet, [layout_of(name, mapping)])
    if isinstance(found, Miss):
        return found
    headers = tuple(header_key(text) for text in found.headers.values())
    if mapping.lacks(headers) or (mapping.alone and len(headers) > 1):
        return Miss(tuple(found.headers.values()), found.first_data - 1)
    return found


def said_rows(opened: Opened, table: Table, report: TableReport) -> Iterator[Said]:
    """The rows of a table; what is wrong with lines of a text file is reported."""
    rows = rows_of(table) if opened.text is None else _text_rows(opened, opened.text, table, report)
    for row in rows:
        cells = {int(column): unguarded(text) for column, text in row.cells.items()}
        others = {header: unguarded(text) for header, text in row.others.items()}
        yield Said(row.number, cells, others, frozenset(map(int, row.numbers)))


def _text_rows(opened: Opened, text: Text, table: Table, report: TableReport) -> Iterator[Row]:
    heads = set(table.headers.values())
    width = max(table.headers, default=-1) + 1
    for line in lines_of(opened.path, text):
        place = Place(report.file, "", line.number)
        for fault in line.faults:
            report.add(fault.code, place, fault.message, "the row was taken as it stands")
        if line.number < table.first_data:
            continue
        row = row_of(table, line.number, line.cells, {})
        _lengths(line, width, place, row, report)
        if (row.cells or row.others) and not repeats_headers(heads, row):
            yield row


def _lengths(line: Line, width: int, place: Place, row: Row, report: TableReport) -> None:
    """Tell of a row that is shorter or longer than the headers; keep what has none."""
    size = len(line.cells)
    if size < width:
        message = f"it has {size} cells, the headers {width}"
        report.add("ROW_SHORT", place, message, "the missing cells say nothing")
    beyond = {letters(at): cell.strip() for at, cell in enumerate(line.cells[width:], width) if cell.strip()}
    if beyond:
        message = f"it has {size} cells, the headers {width}"
        report.add("ROW_LONG", place, message, "what has no header is kept under extra", " | ".join(beyond.values()))
        row.others.update(beyond)
