"""Reads a text file of separated values row by row: whatever its encoding and delimiter, and however it is broken.

Memory does not grow with the file: a line, a row and a cell have a longest length, and what is longer is told of
and left out. What a row of the file is decides the `csv` module; this one decides what it is given.
"""

import csv
import io
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from connectors.table_encoding import find_encoding

__all__ = ["Fault", "Line", "Text", "find_delimiter", "look_at", "rows_of"]

LONGEST_LINE = 1_000_000
"""Characters of a line that are read; more are left out, with a fault."""
LONGEST_CELL = 131_072
"""Characters of a cell: the `csv` module's own limit. Workbooks hold 32,767."""
LONGEST_ROW = 2_000_000
"""Characters of a row of several lines."""
MOST_COLUMNS = 2_000
"""Cells of a row that are taken."""
MOST_OPEN = 100
"""Quotes that are never closed; after so many of them quotes are read as plain text."""

_DELIMITERS = (",", "\t", ";", "|", "，")
_SAMPLE = 65_536
_LINES = 50


@dataclass(frozen=True, slots=True)
class Text:
    """What a file of separated values was found to be."""

    encoding: str
    delimiter: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a row, by the code of its finding."""

    code: str
    message: str


@dataclass(slots=True)
class Line:
    """A row: the number of the line that it begins in (from 1), its cells, and what was wrong with it."""

    number: int
    cells: list[str]
    faults: tuple[Fault, ...] = ()


def look_at(path: Path, encoding: str | None = None, delimiter: str | None = None) -> Text:
    """Encoding and delimiter of a file, where they are not given, by its beginning. Raises OSError."""
    encoding = encoding or find_encoding(path)
    with path.open("rb") as file, _decoded(file, encoding) as decoded:
        text = decoded.read(_SAMPLE)
    if delimiter is None:
        delimiter = find_delimiter(text, cut=len(text) == _SAMPLE)
    return Text(encoding, delimiter)


def _decoded(file: BinaryIO, encoding: str) -> TextIO:
    return io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")


def find_delimiter(text: str, *, cut: bool = False) -> str:
    """The delimiter by which most of the first lines have the same number of cells, the more cells the better."""
    lines = [line for line in text.replace("\0", "").splitlines() if line.strip()]
    if cut and len(lines) > 1:
        lines.pop()
    lines = [line[:10_000] for line in lines[:_LINES]]
    best, highest = ",", 0.0
    for delimiter in _DELIMITERS:
        sizes = [len(cells) for cells in _parsed(lines, delimiter) if cells]
        usual = max(set(sizes), key=lambda size: (sizes.count(size), size), default=1)
        if usual < 2:
            continue
        # The header decides between two that would do: a text of many commas is no table of commas.
        score = sizes.count(usual) / len(sizes) + (0.5 if sizes[0] == usual else 0) + min(usual, 50) / 200
        if score > highest:
            best, highest = delimiter, score
    return best


def _parsed(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue


def rows_of(path: Path, text: Text) -> Generator[Line, None, None]:
    """The rows of a file that are not blank. Raises OSError; content never raises."""
    with path.open("rb") as file, _decoded(file, text.encoding) as decoded:
        yield from _Reading(decoded, text.delimiter).rows()


class _TooLongRow(Exception):
    """A row goes on for longer than any does."""


class _Reading:
    """One file on its way from characters to rows."""

    def __init__(self, file: TextIO, delimiter: str) -> None:
        self._file = file
        self._delimiter = delimiter
        self._number = 0
        """Lines that were read, those put back left out."""
        self._back: deque[tuple[str, bool]] = deque()
        """Lines that are to be read once more."""
        self._taken: list[tuple[str, bool]] = []
        """Lines of the row that is being read."""
        self._size = 0
        self._open = 0
        self._strict = csv.reader(self._lines(), delimiter=delimiter, strict=True)
        self._first = True

    def rows(self) -> Iterator[Line]:
        while True:
            self._taken.clear()
            self._size = 0
            number = self._number + 1
            line = self._row(number)
            if line is None:
                return
            if any(line.cells) or line.faults:
                yield line

    def _row(self, number: int) -> Line | None:
        """The next row; None at the end."""
        if self._open >= MOST_OPEN:
            return self._plain(number)
        try:
            cells = next(self._strict)
        except StopIteration:
            return None
        except (csv.Error, _TooLongRow):
            self._strict = csv.reader(self._lines(), delimiter=self._delimiter, strict=True)
            return self._broken(number)
        return self._line(number, cells, [])

    def _broken(self, number: int) -> Line:
        """The row that could not be read: its first line by itself, whatever quotes say."""
        first, *others = self._taken
        faults = []
        if others or self._never_closes(first[0]):
            self._back.extendleft(reversed(others))
            self._number -= len(others)
            del self._taken[1:]
            self._open += 1
            faults.append(Fault("QUOTE_OPEN", "a quote is opened and never closed, or not before the next row begins"))
            if self._open == MOST_OPEN:
                message = f"over {MOST_OPEN} quotes are never closed: from here on quotes are plain text"
                faults.append(Fault("QUOTES_IGNORED", message))
            cells = first[0].rstrip("\r\n").split(self._delimiter)
        else:
            cells = self._loosely(first[0])
            if all(len(cell) <= LONGEST_CELL for cell in cells):
                faults.append(Fault("QUOTE_MISPLACED", "a quote stands where none can: text follows a closed one"))
        return self._line(number, cells, faults)

    def _never_closes(self, line: str) -> bool:
        """Whether the last line of the file opens a quote."""
        try:
            list(csv.reader([line], delimiter=self._delimiter, strict=True))
        except csv.Error as error:
            return "unexpected end" in str(error)
        return False

    def _loosely(self, line: str) -> list[str]:
        """The cells of a single line, quotes taken as they come."""
        try:
            cells = next(csv.reader([line], delimiter=self._delimiter), [])
        except csv.Error:
            cells = line.rstrip("\r\n").split(self._delimiter)
        return cells

    def _plain(self, number: int) -> Line | None:
        """The next line as a row in which quotes mean nothing."""
        line = next(self._lines(), None)
        if line is None:
            return None
        return self._line(number, line.rstrip("\r\n").split(self._delimiter), [])

    def _line(self, number: int, cells: list[str], faults: list[Fault]) -> Line:
        if any(cut for _, cut in self._taken):
            message = f"a line is longer than {LONGEST_LINE:,} characters; what comes after them was left out"
            faults.append(Fault("LINE_TOO_LONG", message))
        if len(cells) > MOST_COLUMNS:
            message = f"the row has {len(cells):,} cells; those after the first {MOST_COLUMNS:,} were left out"
            faults.append(Fault("TOO_MANY_COLUMNS", message))
            del cells[MOST_COLUMNS:]
        for place, cell in enumerate(cells):
            if len(cell) > LONGEST_CELL:
                message = f"cell {place + 1} is longer than {LONGEST_CELL:,} characters and was left out"
                faults.append(Fault("CELL_TOO_LONG", message))
                cells[place] = ""
        if any("\0" in cell for cell in cells):
            faults.append(Fault("NUL_IN_TEXT", "the row holds characters of number 0, which were left out"))
            cells = [cell.replace("\0", "") for cell in cells]
        if any("\ufffd" in cell for cell in cells):
            faults.append(Fault("NOT_DECODED", "some bytes are no text in the file's encoding; � stands for them"))
        return Line(number, cells, tuple(faults))

    def _lines(self) -> Iterator[str]:
        """The lines, each noted with the row that takes it."""
        while True:
            if self._back:
                line, cut = self._back.popleft()
            else:
                line, cut = self._next_line()
                if not line:
                    return
            self._number += 1
            self._taken.append((line, cut))
            self._size += len(line)
            if self._size > LONGEST_ROW:
                raise _TooLongRow
            yield line

    def _next_line(self) -> tuple[str, bool]:
        """The next line, and whether it was cut; empty at the end."""
        line = self._file.readline(LONGEST_LINE + 1)
        if self._first:
            line, self._first = line.removeprefix("\ufeff"), False
            line = line or "\n"  # a file that holds a mark of its encoding alone, or nothing
        if len(line) <= LONGEST_LINE or line.endswith(("\n", "\r")):
            return line, False
        while (rest := self._file.readline(LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
            pass
        return line[:LONGEST_LINE], True
