"""An export as a workbook: what was asked on the first sheet, then a sheet for each part, and more where one is full.

It is written row by row, and is only there when it is whole. Texts are never formulas.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter

from registry.exporting.cells import flat, is_risky, printable
from registry.exporting.export import Export, Part

__all__ = ["MOST_ROWS", "SUFFIX", "WORKBOOK_TYPE", "Stopped", "write_workbook"]

SUFFIX = "xlsx"
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 500_000
"""Rows of the longest export that is made a workbook, by the service."""
_ROWS_A_SHEET = 1_048_575
_LONGEST = 32_767
"""UTF-16 units that a cell can have."""
_WIDTHS = {"id": 45, "source": 45, "target": 45, "name": 30}


class Stopped(Exception):
    """Nobody waits for the workbook any more."""


def write_workbook(
    export: Export,
    file: BinaryIO,
    folder: Path | None = None,
    *,
    stopped: Callable[[], bool] = lambda: False,
    rows_a_sheet: int = _ROWS_A_SHEET,
) -> None:
    """Write an export to `file`, with files beside it in `folder`. Raises Stopped once `stopped` says so."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options | ({"tmpdir": str(folder)} if folder else {}))
    book.set_properties({"title": export.name, "comments": export.verdict})
    try:
        sheets = _Sheets(book)
        sheets.question(export)
        for part in export.parts:
            for first in range(0, max(part.size, 1), rows_a_sheet):
                _part(sheets, part, first, min(first + rows_a_sheet, part.size), stopped)
        book.close()
    finally:
        for sheet in book.worksheets():
            sheet.row_data_fh.close()


class _Sheets:
    """The sheets of a workbook, as they are written."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._head = book.add_format({"bold": True, "bg_color": "#DDEBF7"})
        self._quoted = book.add_format({"quote_prefix": True})

    def add(self, name: str, titles: Sequence[str]) -> Any:
        """A sheet with a head that stays in sight."""
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for place, title in enumerate(titles):
            sheet.set_column(place, place, _WIDTHS.get(title, 16))
        sheet.write_row(0, 0, titles, self._head)
        return sheet

    def put(self, sheet: Any, row: int, values: Sequence[Any]) -> None:
        """Write a row."""
        for place, value in enumerate(values):
            if isinstance(value, bool):
                sheet.write_boolean(row, place, value)
            elif isinstance(value, int):
                sheet.write_number(row, place, value)
            elif text := _fitting(printable(value if isinstance(value, str) else flat(value))):
                # The quote is the cell's, as if a person had typed it: the text itself is as it was.
                sheet.write_string(row, place, text, self._quoted if is_risky(text) else None)

    def question(self, export: Export) -> None:
        """The first sheet."""
        sheet = self.add("question", ["name", "value"])
        told = [("export", export.name), *export.header.items(), ("verdict", export.verdict)]
        pairs = [(name, one) for name, value in told for one in (value if isinstance(value, list) else [value])]
        for row, pair in enumerate(pairs, 1):
            self.put(sheet, row, pair)


def _part(sheets: _Sheets, part: Part, first: int, last: int, stopped: Callable[[], bool]) -> None:
    """The rows from `first` to `last`, on a sheet of their own."""
    name = part.name if not first else f"{part.name} from {first + 1}"
    sheet = sheets.add(name, [column.title for column in part.columns])
    row = 0
    for rows in part.pieces(first, last):
        if stopped():
            raise Stopped
        for values in zip(*part.cells(rows), strict=True):
            row += 1
            sheets.put(sheet, row, values)
    sheet.autofilter(0, 0, row, len(part.columns) - 1)


def _fitting(text: str) -> str:
    """A text as long as a cell can have it; one that is longer says so."""
    if len(text) * 2 <= _LONGEST:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * _LONGEST:
        return text
    told = f"… [{len(text):,} characters, more than a cell can have; CSV has all]"
    return units[: 2 * (_LONGEST - len(told))].decode("utf-16-le", "ignore") + told
