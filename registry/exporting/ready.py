"""An export in one of its formats, ready to be sent or written."""

import asyncio
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from graph.refusals import BadInput, TooCostly
from registry.exporting.csv_file import Csv
from registry.exporting.export import Export, Part
from registry.exporting.jsonl_file import JsonLines
from registry.exporting.workbook import MOST_ROWS, WORKBOOK_TYPE, write_workbook

__all__ = ["TABLES", "Ready", "picture", "read_pieces", "table"]

TABLES = ("csv", "jsonl", "xlsx")
"""The formats of an export as rows."""

_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Ready:
    """A file that can be sent: `length` in bytes where it is there already, else it is made while it is sent.

    `failed` gives what is put behind what was sent, where the rest cannot be made. What takes long before the first
    byte is done by `prepare`, which gives the file as it then is.
    """

    media_type: str
    rows: int
    pieces: Callable[[], Iterator[bytes]]
    length: int | None = None
    inline: bool = False
    """Whether a browser shows it, rather than keep it."""
    failed: Callable[[str], bytes] | None = None
    prepare: Callable[[], Awaitable["Ready"]] | None = None

    async def prepared(self) -> "Ready":
        """The file, ready to be sent or written."""
        return self if self.prepare is None else await self.prepare()


def picture(media_type: str, rows: int, content: bytes) -> Ready:
    """A picture, which is there as a whole."""
    return Ready(media_type, rows, lambda: iter([content]), len(content), inline=True)


async def table(
    export: Export,
    suffix: str,
    parameters: Mapping[str, str],
    stack: AsyncExitStack,
    *,
    most: int | None = MOST_ROWS,
) -> Ready:
    """An export as rows; what it takes is given back when `stack` ends. Raises a Refusal.

    `parameters` are those of the format: of CSV `of`, the name of the part to be written. A workbook of more than
    `most` rows is refused.
    """
    if suffix != "csv" and "of" in parameters:
        raise BadInput(f"of: belongs to csv; {suffix} has all parts", argument="of")
    if suffix == "xlsx":
        if most is not None and export.rows > most:
            raise TooCostly(
                f"The answer has {export.rows:,} rows, and a workbook at most {most:,}; take it as csv or jsonl"
            )
        return Ready(WORKBOOK_TYPE, export.rows, lambda: iter(()), prepare=partial(_workbook, export, stack))
    writer = JsonLines(export) if suffix == "jsonl" else Csv(export, _chosen(export, parameters.get("of")))
    return Ready(writer.media_type, writer.rows, writer.pieces, failed=writer.failed)


def _chosen(export: Export, name: str | None) -> Part:
    found = export.parts[0] if name is None else next((part for part in export.parts if part.name == name), None)
    if found is None:
        raise BadInput(f"of: must be {' or '.join(part.name for part in export.parts)}", argument="of")
    return found


async def _workbook(export: Export, stack: AsyncExitStack) -> Ready:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="registry-", ignore_cleanup_errors=True)))
    stop = threading.Event()
    stack.callback(stop.set)  # before the folder goes
    path = folder / "export.xlsx"

    def write() -> None:
        with path.open("wb") as file:
            write_workbook(export, file, folder, stopped=stop.is_set)

    await asyncio.to_thread(write)
    return Ready(WORKBOOK_TYPE, export.rows, lambda: read_pieces(path), path.stat().st_size)


def read_pieces(path: Path) -> Iterator[bytes]:
    """The bytes of a file, some at a time."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
