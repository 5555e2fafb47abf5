"""What commands print: answers on standard output, everything about getting them on standard error."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
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
    "local_time",
    "notices",
    "print_bytes",
    "print_json",
    "print_text",
    "progress",
    "table",
    "waiting",
]

_WIDE = 10_000
"""How wide a line may be where no terminal limits it: a pipe or file wants whole cells."""


class Format(StrEnum):
    """How an answer is printed."""

    TREE = "tree"
    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"
    SVG = "svg"
    DOT = "dot"
    MERMAID = "mermaid"


def console() -> Console:
    """Standard output, for what people read."""
    width = None if sys.stdout.isatty() else _WIDE
    return Console(file=sys.stdout, width=width, highlight=False, emoji=False, markup=False)


def notices() -> Console:
    """Standard error: progress, notes and errors."""
    return Console(stderr=True, highlight=False, emoji=False, markup=False, soft_wrap=True)


def local_time(instant: int, zone: tzinfo) -> datetime:
    """An instant (microseconds since 1970 UTC) as people in a zone have it."""
    return datetime.fromtimestamp(instant / 1_000_000, UTC).astimezone(zone)


def print_text(text: str) -> None:
    """Print `text` as it is, in UTF-8 whatever the terminal's locale says: files and pipes are read by programs."""
    print_bytes(text.encode("utf-8", "backslashreplace"))


def print_bytes(content: bytes) -> None:
    """Print what is text already, or no text."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def print_json(value: Any) -> None:
    """Print an answer as indented JSON."""
    print_text(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


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
