"""An export as JSON Lines: the header, a line for each row in the names of GraphQL, and `end`; or `failed`."""

from collections.abc import Iterator
from typing import Any

import orjson

from registry.exporting.export import Export

__all__ = ["JsonLines"]


class JsonLines:
    """Writes all parts of an export, one after the other."""

    suffix = "jsonl"
    media_type = "application/jsonl; charset=utf-8"

    def __init__(self, export: Export) -> None:
        self._export = export
        self.rows = export.rows

    def pieces(self) -> Iterator[bytes]:
        """The file, piece by piece."""
        export = self._export
        yield _line({"part": "header", "export": export.name, **export.header})
        for part in export.parts:
            for rows in part.pieces():
                names = ("part", *rows)
                found = zip([part.one] * len(next(iter(rows.values()))), *rows.values(), strict=True)
                yield b"".join(_line(dict(zip(names, row, strict=True))) for row in found)
        sizes = {part.name: part.size for part in export.parts}
        stops = list(export.stopped_by)
        yield _line({"part": "end", "rows": export.rows, **sizes, "complete": export.complete, "stoppedBy": stops})

    def failed(self, reason: str) -> bytes:
        """What stands at the end where the file could not be written whole."""
        return b"\n" + _line({"part": "failed", "message": f"THIS FILE IS NOT WHOLE: {reason}"})


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
