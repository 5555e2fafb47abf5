"""What commands print: answers on standard output, everything about getting them on standard error."""

import csv
import io
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

__all__ = [
    "Format",
    "console",
    "csv_text",
    "notices",
    "print_json",
    "print_text",
    "progress",
    "safe_cell",
    "table",
    "waiting",
]

_WIDE = 10_000
"""How wide a line may be where no terminal limits it: a pipe or file wants whole cells."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Format(StrEnum):
    """How an answer is printed."""

    TREE = "tree"
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def console() -> Console:
    """Standard output, for what people read."""
    width = None if sys.stdout.isatty() else _WIDE
    return Console(file=sys.stdout, width=width, highlight=False, emoji=False, markup=False)


def notices() -> Console:
    """Standard error: progress, notes and errors."""
    return Console(stderr=True, highlight=False, emoji=False, markup=False, soft_wrap=True)


def print_text(text: str) -> None:
    """Print `text` as it is, in UTF-8 whatever the terminal's locale says: files and pipes are read by programs."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()


def print_json(value: Any) -> None:
    """Print an answer as indented JSON."""
    print_text(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def csv_text(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV with a head line; no cell can be taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return out.getvalue()


def safe_cell(value: Any) -> Any:
    """A cell that a spreadsheet shows rather than runs: a text that begins like a formula gets a quote before it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.lstrip(" \n").startswith(_FORMULA):
        return "'" + value
    return "" if value is None else value


def table(columns: Mapping[str, str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> Table:
    """A table; `columns` gives each column's title and how it is aligned (`left` or `right`)."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name, justify in columns.items():
        made.add_column(name, justify="right" if justify == "right" else "left", overflow="fold")
    for row in rows:
        made.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    return made


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show on a terminal that something is under way."""
    err = notices()
    if not err.is_terminal:
        yield
        return
    with err.status(Text(what)):
        yield


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress display on standard error; shows nothing unless that is a terminal."""
    err = notices()
    shown = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
    with shown:
        yield shown
