"""Writes a workbook to fill in: drop-downs, examples, help, a sheet that checks what was filled in.

What the connector of tables needs to know of it stands in sheets that are not shown (connectors/table_template.py).
Texts are never formulas: a cell whose text looks like one has the mark that a spreadsheet gives to a typed text.
"""

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import orjson
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_range_abs

from connectors.table_targets import ENDS, Target, key_of
from connectors.table_template import EXAMPLE, EXPORTED, LISTS, MARK, MARKER, cell_mark
from graph.facts import Kind, Shape
from registry.exporting.cells import is_risky, printable
from registry.templates.contents import Contents, Page
from registry.templates.shown import options_of

__all__ = ["CHECKS", "FIRST", "write_template"]

CHECKS = "检查"
FIRST = 2
"""The first row of data, counted from 0: below the headers and what they are called in the registry."""
_SPARE = 1_000
"""Rows below the entries that have drop-downs and are checked."""
_LONGEST = 32_000
_COMPARED = 5_000
"""Entries up to which each is compared with each other; a spreadsheet takes its time for it."""
_PLACE = "MATCH"
"""The function that tells where in a range a value stands first; it takes texts as texts, as COUNTIF does not."""
_CUT = "…（太长，此处不能修改 too long to be edited here）"


def write_template(contents: Contents, file: BinaryIO) -> None:
    """Write the workbook."""
    book = xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True})
    book.set_properties({"title": "资源登记表", "comments": MARK})
    writer = _Writer(book, contents)
    for page in contents.pages:
        writer.page(page)
    writer.checks()
    writer.hidden()
    book.close()


class _Writer:
    """The sheets of a workbook, as they are written."""

    def __init__(self, book: Any, contents: Contents) -> None:
        self._book = book
        self._contents = contents
        self._head = book.add_format(
            {"bold": True, "bg_color": "#DDEBF7", "text_wrap": True, "valign": "top", "border": 1}
        )
        self._needed = book.add_format(
            {"bold": True, "bg_color": "#FCE4D6", "text_wrap": True, "valign": "top", "border": 1}
        )
        self._names = book.add_format({"font_color": "#7F7F7F", "font_size": 8})
        self._example = book.add_format({"italic": True, "font_color": "#7F7F7F", "num_format": "@"})
        self._text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        self._quoted = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top", "quote_prefix": True})
        self._bad = book.add_format({"bg_color": "#F8CBAD"})
        self._good = book.add_format({"bg_color": "#E2EFDA"})
        self._lists: dict[str, list[str]] = {}
        for page in contents.pages:
            for column in page.columns:
                if options := options_of(column):
                    self._lists.setdefault(str(column.values), options)
        self._list_columns: dict[str, tuple[int, int]] = {}
        self._place_lists()

    # ---- lists to choose from

    def _place_lists(self) -> None:
        """Where each list stands in the hidden sheet: its column, and how long it is."""
        at = 0
        for kind, pairs in self._contents.lists.items():
            self._list_columns[kind.value] = (at, len(pairs))
            at += 2
        for name, words in self._lists.items():
            self._list_columns[f"values {name}"] = (at, len(words))
            at += 1

    def _range_of(self, column: Target) -> str | None:
        """The cells that a column's drop-down offers."""
        name = f"values {column.values}" if column.values is not None else self._kind_of(column)
        place = self._list_columns.get(name or "")
        if place is None or place[1] == 0:
            return None
        return f"={LISTS}!{xl_range_abs(1, place[0], place[1], place[0])}"

    def _kind_of(self, column: Target) -> str | None:
        key = key_of(column.path)
        if key is not None and key.shape is Shape.REFERENCE:
            return key.to[0].value
        if column.kind in ENDS:
            named = column.path.rpartition(".")[2]
            return "department" if named == "provider" else named if named in Kind._value2member_map_ else None
        return None

    # ---- sheets to fill in

    def page(self, page: Page) -> None:
        """One sheet of entries."""
        sheet = self._book.add_worksheet(page.name)
        last = FIRST + len(page.entries) + _SPARE
        for place, column in enumerate(page.columns):
            sheet.set_column(place, place, _width(column), self._text)
            sheet.write_string(
                0, place, column.zh + ("*" if column.needed else ""), self._needed if column.needed else self._head
            )
            sheet.write_string(1, place, column.path, self._names)
            if column.help or column.en:
                sheet.write_comment(0, place, f"{column.en}\n{column.help}".strip(), {"x_scale": 2, "y_scale": 1})
            options = self._range_of(column)
            if options is not None:
                message = "请从列表中选择。Choose one of the list."
                rule = {"validate": "list", "source": options, "error_type": "warning", "error_message": message}
                sheet.data_validation(FIRST, place, last, place, rule)
        sheet.set_row(0, 32)
        sheet.freeze_panes(FIRST, min(2, len(page.columns)))
        if page.entries:
            sheet.autofilter(1, 0, FIRST + len(page.entries) - 1, len(page.columns) - 1)
        else:
            self._put_example(sheet, page)
        for row, entry in enumerate(page.entries, FIRST):
            for place, text in enumerate(entry.texts):
                self._put(sheet, row, place, text)
        self._mark_missing(sheet, page, last)

    def _put_example(self, sheet: Any, page: Page) -> None:
        for place, column in enumerate(page.columns):
            text = EXAMPLE if place == 0 else column.example
            if text:
                sheet.write_string(FIRST, place, text, self._example)

    def _put(self, sheet: Any, row: int, place: int, text: str, form: Any = None) -> None:
        if text:
            text = fitting(text)
            sheet.write_string(row, place, text, self._quoted if is_risky(text) else form or self._text)

    def _mark_missing(self, sheet: Any, page: Page, last: int) -> None:
        """Cells that are needed and empty in a row that says something stand out."""
        end = xl_col_to_name(len(page.columns) - 1)
        for place, column in enumerate(page.columns):
            if column.needed:
                here = xl_col_to_name(place)
                rule = f"=AND(COUNTA($A{FIRST + 1}:${end}{FIRST + 1})>0,LEN(${here}{FIRST + 1})=0)"
                sheet.conditional_format(
                    FIRST, place, last, place, {"type": "formula", "criteria": rule, "format": self._bad}
                )

    # ---- the sheet that checks

    def checks(self) -> None:
        """A row for each check: what, how many cells fail it, and whether that is well."""
        sheet = self._book.add_worksheet(CHECKS)
        for place, (title, width) in enumerate(
            (("表 sheet", 14), ("检查 check", 60), ("数量 count", 12), ("结果 result", 24))
        ):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, title, self._head)
        sheet.freeze_panes(1, 0)
        row = 0
        for page in self._contents.pages:
            for told, formula, is_check in _checks(page, self._ranges(page)):
                row += 1
                sheet.write_string(row, 0, page.name)
                sheet.write_string(row, 1, told)
                sheet.write_formula(row, 2, formula, None, len(page.entries) if not is_check else 0)
                if is_check:
                    verdict = f'=IF(C{row + 1}=0,"✓","请检查 look")'
                    sheet.write_formula(row, 3, verdict, None, "✓")
        for criteria, form in (("==", self._good), ("!=", self._bad)):
            rule = {"type": "cell", "criteria": criteria, "value": '"✓"', "format": form}
            blanks = {"type": "blanks", "format": None, "stop_if_true": True}
            sheet.conditional_format(1, 3, max(row, 1), 3, blanks)
            sheet.conditional_format(1, 3, max(row, 1), 3, rule)

    def _ranges(self, page: Page) -> Mapping[str, str]:
        return {
            column.path: options.removeprefix("=")
            for column in page.columns
            if column.values is not None and (options := self._range_of(column)) is not None
        }

    # ---- what is not shown

    def hidden(self) -> None:
        """The sheets that tell the connector what this workbook is."""
        marker = self._book.add_worksheet(MARKER)
        marker.write_string(0, 0, MARK)
        marker.write_string(1, 0, orjson.dumps(self._contents.about).decode())
        marker.very_hidden()
        lists = self._book.add_worksheet(LISTS)
        for kind, pairs in self._contents.lists.items():
            place, _ = self._list_columns[kind.value]
            lists.write_string(0, place, kind.value)
            lists.write_string(0, place + 1, f"{kind.value} id")
            for row, (label, id) in enumerate(pairs, 1):
                self._put(lists, row, place, label)
                self._put(lists, row, place + 1, id)
        for name, words in self._lists.items():
            place, _ = self._list_columns[f"values {name}"]
            lists.write_string(0, place, f"values {name}")
            for row, word in enumerate(words, 1):
                lists.write_string(row, place, word)
        lists.very_hidden()
        exported = self._book.add_worksheet(EXPORTED)
        row = 0
        for page in self._contents.pages:
            for entry in page.entries:
                marks = {
                    column.path: cell_mark(fitting(text))
                    for column, text in zip(page.columns, entry.texts, strict=True)
                }
                self._put(exported, row, 0, page.kind)
                self._put(exported, row, 1, entry.id)
                exported.write_string(row, 2, orjson.dumps(entry.sources).decode())
                exported.write_string(
                    row, 3, orjson.dumps({path: mark for path, mark in marks.items() if mark}).decode()
                )
                row += 1
        exported.very_hidden()


def fitting(text: str) -> str:
    """A text as a cell can hold it."""
    plain = printable(text.replace("\r\n", "\n").replace("\r", "\n"))
    return plain if len(plain) <= _LONGEST // 2 else plain[: _LONGEST // 2] + _CUT


def _width(column: Target) -> int:
    name = column.path.rpartition(".")[2]
    wide = {"id": 34, "abstract": 50, "description": 50, "covers": 50, "purpose": 40, "name": 28, "resource": 28}
    return wide.get(name, 18)


def _checks(page: Page, ranges: Mapping[str, str]) -> Sequence[tuple[str, str, bool]]:
    """What is told, the formula that counts, and whether a count above 0 is a fault."""
    last = FIRST + len(page.entries) + _SPARE
    cells = {column.path: _cells(page, place, last) for place, column in enumerate(page.columns)}
    filled = "+".join(f"LEN({one})" for one in cells.values())
    first = _cells(page, 0, last)
    example = f'({first}<>"{EXAMPLE}")'
    found = [("已填写的行 rows filled in", f"=SUMPRODUCT((({filled})>0)*{example})", False)]
    for column in page.columns:
        mine = cells[column.path]
        name = f"{column.zh} {column.path}"
        if column.needed:
            missing = f"=SUMPRODUCT((({filled})>0)*{example}*(LEN({mine})=0))"
            found.append((f"缺少 missing: {name}", missing, True))
        if column.path.endswith((".id", ".code", ".uscc")) and len(page.entries) <= _COMPARED:
            later = f'({_PLACE}({mine}&"",{mine}&"",0)<>ROW({mine})-{FIRST})'
            twice = f'=IFERROR(SUMPRODUCT((LEN({mine})>0)*({mine}<>"{EXAMPLE}")*{later}),"?")'
            found.append((f"重复 stands twice: {name}", twice, True))
        if column.path in ranges:
            wrong = f"=SUMPRODUCT((LEN({mine})>0)*(COUNTIF({ranges[column.path]},{mine})=0))"
            found.append((f"不在列表中 not on the list: {name}", wrong, True))
    return found


def _cells(page: Page, place: int, last: int) -> str:
    return f"'{page.name}'!{xl_range_abs(FIRST, place, last, place)}"
