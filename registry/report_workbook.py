"""An import's report as a workbook: the rows of each source with the findings beside them, and a list of all findings.

Every cell is written as text or number, never as a formula, whatever it begins with.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from connectors.exchange import lines
from graph.facts import Finding
from registry.findings import rank
from registry.report import FileRead, ImportReport, replacing

_LAST_ROW = 1_048_575
_LONGEST_CELL = 32_000
_COLOURS = {"ERROR": "#F8CBAD", "WARNING": "#FFE699", "INFO": "#DDEBF7"}
Row = tuple[int, Sequence[Any]]
_HEADS = ("severity", "code", "file", "sheet", "row", "column", "message", "done", "value", "ids")


def write_workbook(report: ImportReport, path: Path) -> None:
    """Write the report to `path`."""
    with replacing(path) as file:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(file, options)
        pages = _Pages(book)
        for read in report.files:
            if read.connector is not None:
                _source(pages, report, read)
        _all_findings(pages, report)
        book.close()


class _Pages:
    """The sheets of a workbook as they are written, row after row."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._names: set[str] = set()
        self.head = book.add_format({"bold": True})
        self.colours = {severity: book.add_format({"bg_color": colour}) for severity, colour in _COLOURS.items()}

    def add(self, name: str) -> Any:
        """A new sheet; its name is made one that a sheet can have and no other has."""
        plain = "".join("_" if c in "[]:*?/\\" or not c.isprintable() else c for c in name).strip("'")[:25] or "sheet"
        chosen, number = plain, 1
        while chosen.casefold() in self._names:
            number += 1
            chosen = f"{plain} ({number})"
        self._names.add(chosen.casefold())
        return self._book.add_worksheet(chosen)


def _put(sheet: Any, row: int, values: Sequence[Any], form: Any = None) -> None:
    for column, value in enumerate(values):
        if value is None or value == "":
            continue
        if isinstance(value, int | float) and not isinstance(value, bool):
            sheet.write_number(row, column, value, form)
        else:
            sheet.write_string(row, column, str(value)[:_LONGEST_CELL], form)


def _source(pages: _Pages, report: ImportReport, read: FileRead) -> None:
    """The rows of one file that was read, sheet by sheet, the findings before the cells of each row."""
    name = read.path.name
    if read.path.suffix.lower() in (".xlsx", ".xlsm"):
        try:
            book = CalamineWorkbook.from_path(str(read.path))
            names = [found for found in book.sheet_names if found in report.findings.sheets(name)]
            for found in names:
                cells = book.get_sheet_by_name(found).to_python(skip_empty_area=False)
                rows: Iterator[Row] = enumerate(cells, start=1)
                _beside(pages.add(found), pages, rows, report.findings.of_file(name, found), every=True)
        except (CalamineError, OSError):
            return  # It was read a moment ago; its findings are still in the list of all.
        return
    if report.findings.sheets(name):
        rows = _text_rows(read.path)
        _beside(pages.add(name), pages, rows, report.findings.of_file(name), every=False)


def _text_rows(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for number, line in lines(file):
            text = "(longer than a fact can be)" if line is None else line.decode(errors="replace").rstrip("\r\n")
            yield number, [text]


def _beside(sheet: Any, pages: _Pages, rows: Iterator[Row], findings: Iterator[Finding], *, every: bool) -> None:
    """Rows with what was found in each; without `every`, only those in which something was."""
    _put(sheet, 0, ["findings", "row", "what the file says"], pages.head)
    at = 1
    waiting = next(findings, None)
    while waiting is not None and waiting.place.row is None:
        waiting = next(findings, None)
    for number, cells in rows:
        here: list[Finding] = []
        while waiting is not None and (waiting.place.row or 0) <= number:
            here.append(waiting)
            waiting = next(findings, None)
        if at > _LAST_ROW or (waiting is None and not here and not every):
            return
        if not here and not every:
            continue
        worst = rank(here)
        text = "\n".join(_line(finding) for finding in here)
        _put(sheet, at, [text, number, *cells], pages.colours[worst] if worst else None)
        at += 1


def _line(finding: Finding) -> str:
    column = f" ({finding.place.column})" if finding.place.column else ""
    return f"{finding.code}{column}: {finding.message}; {finding.done}"


def _all_findings(pages: _Pages, report: ImportReport) -> None:
    """All findings, the worst severities not first but as they were met; a new sheet when one is full."""
    sheet, at = pages.add("findings"), 0
    _put(sheet, 0, list(_HEADS), pages.head)
    for finding in report.findings:
        at += 1
        if at > _LAST_ROW:
            sheet, at = pages.add("findings"), 1
            _put(sheet, 0, list(_HEADS), pages.head)
        place = finding.place
        where = [place.file, place.sheet, place.row, place.column]
        what = [finding.message, finding.done, finding.value, ", ".join(finding.ids)]
        _put(sheet, at, [finding.severity.value, finding.code, *where, *what])
