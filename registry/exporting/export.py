"""What an export is: a header that says what was asked, and parts of many rows that are read piece by piece.

for rows in part.pieces():
    for row in zip(*part.cells(rows), strict=True): …
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Column", "Each", "Export", "Part", "column"]

PIECE = 500
"""Rows that are read at once."""

Rows = Mapping[str, Sequence[Any]]
"""Some rows as columns, by the names that GraphQL has for them."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title, the column of the rows that it is taken from, and the key within its values."""

    title: str
    name: str
    key: str | None = None

    def cells(self, rows: Rows) -> Sequence[Any]:
        """Its values."""
        values = rows[self.name]
        return values if self.key is None else [value and value[self.key] for value in values]


@dataclass(frozen=True, slots=True)
class Each(Column):
    """A column whose values are lists, of whose items one key is shown."""

    def cells(self, rows: Rows) -> Sequence[Any]:
        """Its values."""
        return [[one[self.key] for one in value] for value in rows[self.name]]


def column(title: str, name: str | None = None, key: str | None = None) -> Column:
    """A column; its rows' column has the same name unless another is given."""
    return Column(title, title if name is None else name, key)


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one kind: `name` is what they are called together, `one` a single row; `read` gives those of a range.

    It has two columns or more: a header and an end need as many.
    """

    name: str
    one: str
    size: int
    columns: Sequence[Column]
    read: Callable[[int, int], Rows]

    def pieces(self, first: int = 0, last: int | None = None) -> Iterator[Rows]:
        """The rows from place `first` to `last` (exclusive), or all; piece by piece."""
        end = self.size if last is None else last
        for at in range(first, end, PIECE):
            yield self.read(at, min(at + PIECE, end))

    def cells(self, rows: Rows) -> list[Sequence[Any]]:
        """The columns of the table for some rows."""
        return [column.cells(rows) for column in self.columns]


@dataclass(frozen=True, slots=True)
class Export:
    """A whole answer to be written: `header` says what was asked, of what state and by whom, and what cut it."""

    name: str
    header: Mapping[str, Any]
    parts: Sequence[Part]
    complete: bool
    stopped_by: Sequence[str] = ()

    @property
    def rows(self) -> int:
        """How many rows all parts have."""
        return sum(part.size for part in self.parts)

    @property
    def verdict(self) -> str:
        """Whether the answer is complete, in words that end a table."""
        return "complete=true" if self.complete else f"complete=false stoppedBy={','.join(self.stopped_by)}"
