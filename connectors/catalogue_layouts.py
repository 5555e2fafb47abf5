"""Which layout a sheet has, and its rows under the words of that layout.

The layouts are data (`layouts.toml`): for each column the headers that it may have.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path

from connectors.catalogue_workbook import Cell, Sheet
from connectors.normalise import header_key, header_text, text_of

HEADER_WITHIN = 30
"""The header is looked for in so many of a sheet's first rows that are not blank."""

_NEARLY = 4
"""A row with so many known headers that lacks a needed one is a catalogue with a missing column."""

FIELD_COLUMNS = frozenset({"field", "field_code", "type", "length", "element", "field_share_type"})
"""Columns of a field; all others say something of the resource and are filled down where merged."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a kind of sheet: from compared header to column, and what it needs."""

    name: str
    title: str
    columns: Mapping[str, str]
    needs: tuple[tuple[str, ...], ...]
    marks: frozenset[str]

    def missing(self, found: set[str]) -> list[str]:
        """What is needed and not found, each as a header that would do."""
        return [self.header_of(group[0]) for group in self.needs if not found & set(group)]

    def header_of(self, column: str) -> str:
        return next(header for header, meant in self.columns.items() if meant == column)


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whose layout is known: where its data begin and what its columns mean.

    `columns` and `headers` go by the column's place from 0; `headers` has the text as it stands.
    """

    sheet: Sheet
    layout: Layout
    first_data: int
    columns: Mapping[int, str]
    headers: Mapping[int, str]
    repeated: tuple[tuple[int, str], ...] = ()

    def letter(self, column: str) -> str:
        """The letter and header of a column, as a finding's place names it; empty if the sheet has none."""
        place = next((place for place, meant in self.columns.items() if meant == column), None)
        return "" if place is None else f"{letters(place)} {self.headers[place]}"

    def letter_of(self, header: str) -> str:
        """The letter and text of a header that no layout knows."""
        place = next((place for place, text in self.headers.items() if text == header), None)
        return header if place is None else f"{letters(place)} {header}"


@dataclass(slots=True)
class Row:
    """One row: its number in the sheet, texts by column, texts of other columns by header.

    `filled` are the columns whose text stands in a merged cell that begins in an earlier row.
    """

    number: int
    cells: dict[str, str]
    others: dict[str, str]
    filled: frozenset[str]
    numbers: frozenset[str] = field(default_factory=frozenset)
    """Columns whose cell was a number too long to be exact."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A sheet that has no layout: its best row of headers, the layout it nearly has, what it lacks."""

    headers: tuple[str, ...]
    row: int | None
    nearly: Layout | None = None
    missing: tuple[str, ...] = ()


@cache
def layouts() -> tuple[tuple[Layout, ...], Layout]:
    """The layouts of catalogues, and that of the list of systems."""
    table = tomllib.loads(Path(__file__).with_name("layouts.toml").read_text(encoding="utf-8"))
    catalogues = tuple(
        Layout(
            entry["name"],
            entry["title"],
            _columns(entry.get("columns", {}), table["columns"]),
            tuple(map(tuple, entry["needs"])),
            frozenset(map(header_key, entry["marks"])),
        )
        for entry in table["layouts"]
    )
    systems = table["systems"]
    return catalogues, Layout(
        "systems", "业务系统参照表", _columns(systems["columns"]), tuple(map(tuple, systems["needs"])), frozenset()
    )


@cache
def _no_data() -> Mapping[str, Sequence[str]]:
    table = tomllib.loads(Path(__file__).with_name("layouts.toml").read_text(encoding="utf-8"))
    words: Mapping[str, Sequence[str]] = table["no_data"]
    return words


def no_data_kind(name: str) -> str | None:
    """`dictionary` or `explanation` if a sheet's name says that it is one."""
    return next((kind for kind, words in _no_data().items() if any(word in name for word in words)), None)


def _columns(*tables: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """From compared header to column; of two tables that know a header the first counts."""
    columns: dict[str, str] = {}
    for table in tables:
        for column, headers in table.items():
            for header in headers:
                columns.setdefault(header_key(header), column)
    return columns


def letters(place: int) -> str:
    """The letters of a column by its place from 0."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text


def find_table(sheet: Sheet, among: Sequence[Layout] = ()) -> Table | Miss:
    """The sheet's table by the first row, alone or with the one below it, that has most headers of a layout.

    The layouts are `among`, which may have a single column, or those of catalogues.
    """
    catalogues, systems = layouts()
    best: tuple[tuple[int, int], Table] | None = None
    miss = Miss(_first_headers(sheet), None)
    nearest = _NEARLY - 1
    for table in _candidates(sheet, among or (*catalogues, systems), 1 if among else 2):
        found = set(table.columns.values())
        missing = table.layout.missing(found)
        if missing:
            if len(found) > nearest and table.layout is not systems:
                nearest = len(found)
                miss = Miss(tuple(table.headers.values()), table.first_data - 1, table.layout, tuple(missing))
            continue
        marks = sum(header_key(header) in table.layout.marks for header in table.headers.values())
        rank = (len(table.columns), marks)
        if best is None or rank > best[0]:
            best = (rank, table)
    return best[1] if best else miss


def _candidates(sheet: Sheet, known: Sequence[Layout], least: int) -> Iterator[Table]:
    """Every reading of the sheet's first rows as headers, those of one row before those of two."""
    merges = sheet.merges_by_row()
    rows = list(islice(sheet.rows, HEADER_WITHIN))
    for at, (number, cells) in enumerate(rows):
        upper = _spread(cells, merges.get(number, ()), number)
        if len(upper) < least:
            continue
        for layout in known:
            yield _table(sheet, layout, number + 1, upper, {})
        if at + 1 < len(rows) and rows[at + 1][0] == number + 1:
            lower = {place: text_of(cell) for place, cell in enumerate(rows[at + 1][1]) if text_of(cell)}
            for layout in known:
                yield _table(sheet, layout, number + 2, upper, lower)


def _spread(cells: Sequence[Cell], merges: Sequence[tuple[int, int, int, int]], number: int) -> dict[int, str]:
    """The texts of a row of headers by place, one that is merged across several columns in each of them."""
    texts = {place: text_of(cell) for place, cell in enumerate(cells) if text_of(cell)}
    for top, left, _, right in merges:
        if top == number and left in texts:
            for place in range(left + 1, min(right, left + 256) + 1):
                texts.setdefault(place, texts[left])
    return texts


def _table(sheet: Sheet, layout: Layout, first: int, upper: Mapping[int, str], lower: Mapping[int, str]) -> Table:
    columns: dict[int, str] = {}
    headers: dict[int, str] = {}
    repeated: list[tuple[int, str]] = []
    for place in sorted(upper.keys() | lower.keys()):
        above, below = upper.get(place, ""), lower.get(place, "")
        headers[place] = header_text(below or above)
        meant = layout.columns.get(header_key(above) + header_key(below)) if above and below else None
        meant = meant or layout.columns.get(header_key(below or above))
        if meant is None:
            continue
        if meant in columns.values():
            repeated.append((place, meant))
        columns[place] = meant
    return Table(sheet, layout, first, columns, headers, tuple(repeated))


def _first_headers(sheet: Sheet) -> tuple[str, ...]:
    """The texts of the first row that looks like headers: two texts or more, else the first row."""
    rows = [[text for cell in cells if (text := text_of(cell))] for _, cells in islice(sheet.rows, HEADER_WITHIN)]
    best = next((row for row in rows if len(row) > 1), rows[0] if rows else [])
    return tuple(" ".join(text.split())[:40] for text in best[:40])


def rows_of(table: Table) -> Iterator[Row]:
    """The rows of data, merged cells of the resource's columns filled down; blank rows are left out."""
    fill = _Fill(table)
    heads = set(table.headers.values())
    for number, cells in table.sheet.rows:
        if number < table.first_data:
            continue
        row = row_of(table, number, cells, fill.at(number))
        if (row.cells or row.others) and not repeats_headers(heads, row):
            yield row


def repeats_headers(heads: set[str], row: Row) -> bool:
    """Whether a row is the header once more."""
    texts = [*row.cells.values(), *row.others.values()]
    return header_text(texts[0]) in heads and {header_text(text) for text in texts} <= heads


def row_of(table: Table, number: int, cells: Sequence[Cell], filled: Mapping[int, str]) -> Row:
    """A row of cells under the words of the table; `filled` has the texts of merged cells that reach it, by place."""
    texts: dict[str, str] = {}
    others: dict[str, str] = {}
    numbers: set[str] = set()
    from_above: set[str] = set()
    for place, header in table.headers.items():
        cell = cells[place] if place < len(cells) else None
        text = text_of(cell)
        column = table.columns.get(place)
        if not text and place in filled:
            text = filled[place]
            if column:
                from_above.add(column)
        if not text:
            continue
        if column is None:
            others.setdefault(header, text)
        elif column not in texts:
            texts[column] = text
            if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= 10**15:
                numbers.add(column)
        elif texts[column] != text:
            others.setdefault(f"{header} ({letters(place)})", text)
    return Row(number, texts, others, frozenset(from_above), frozenset(numbers))


class _Fill:
    """The texts that merged cells spread down over the rows below, for the columns of the resource."""

    def __init__(self, table: Table) -> None:
        self._waiting: list[tuple[int, int, int, int]] = sorted(
            merge
            for merge in table.sheet.merges
            if merge[2] >= table.first_data and table.columns.get(merge[1]) not in FIELD_COLUMNS
        )
        self._waiting.reverse()
        self._rows: Mapping[int, Sequence[Cell]] = dict(table.sheet.rows)
        self._open: list[tuple[int, int, str]] = []

    def at(self, number: int) -> Mapping[int, str]:
        """By place, the text that reaches this row from a merged cell that begins above it."""
        while self._waiting and self._waiting[-1][0] <= number:
            top, left, bottom, _ = self._waiting.pop()
            cells = self._rows.get(top, ())
            text = text_of(cells[left]) if left < len(cells) else ""
            if text:
                self._open.append((bottom, left, text))
        if self._open:
            self._open = [entry for entry in self._open if entry[0] >= number]
        return {left: text for _, left, text in self._open}
