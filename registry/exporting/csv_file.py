"""An export as CSV (RFC 4180): UTF-8 with a byte order mark, one part, every record of as many fields.

The first record names the columns. The first field of each record says what it is: `header` (the name and value of
what was asked), the name of a row, and last of all `end` with the number of rows; or `failed`.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from registry.exporting.cells import flat, printable, safe
from registry.exporting.export import Export, Part

__all__ = ["Csv"]


class Csv:
    """Writes one part of an export."""

    suffix = "csv"
    media_type = "text/csv; charset=utf-8; header=present"

    def __init__(self, export: Export, part: Part) -> None:
        self._export = export
        self._part = part
        self.rows = part.size

    def pieces(self) -> Iterator[bytes]:
        """The file, piece by piece."""
        part, export = self._part, self._export
        yield "\ufeff".encode() + _records([["part", *(column.title for column in part.columns)]])
        yield _records(self._wide("header", name, value) for name, value in self._header())
        for rows in part.pieces():
            yield _records(zip([part.one] * len(next(iter(rows.values()))), *part.cells(rows), strict=True))
        yield _records([self._wide("end", f"rows={part.size}", export.verdict)])

    def failed(self, reason: str) -> bytes:
        """What stands at the end where the file could not be written whole."""
        return b"\r\n" + _records([self._wide("failed", "THIS FILE IS NOT WHOLE", reason)])

    def _header(self) -> Iterator[tuple[str, Any]]:
        yield "export", f"{self._export.name} {self._part.name}"
        for name, value in self._export.header.items():
            for one in value if isinstance(value, list) else [value]:
                yield name, one

    def _wide(self, *fields: Any) -> list[Any]:
        return [*fields, *[""] * (1 + len(self._part.columns) - len(fields))]


def _records(records: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(map(_cell, record) for record in records)
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(map(safe, value))
    elif not isinstance(value, str):
        return flat(value)
    return safe(printable(value))
