"""Answers into a file, which is there when it is whole, or to standard output."""

from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from registry.commands.opened import Failure
from registry.exporting.ready import TABLES, Ready
from registry.report import replacing
from registry.terminal import Format, console, notices, print_bytes, waiting

__all__ = ["ROWS", "check_output", "deliver"]

ROWS = {Format(name): name for name in TABLES}
"""The formats of answers as rows, and their suffixes."""


def check_output(form: Format, path: Path | None, files: frozenset[Format]) -> None:
    """Refuse what cannot be written; `files` are the formats that can. Raises Failure."""
    if path is None:
        if form is Format.XLSX:
            raise Failure("A workbook is no text.", "Say where it goes: --output FILE.xlsx.", status=2)
    elif form not in files:
        names = ", ".join(sorted(files))
        raise Failure(f"--output does not take {form}.", f"Take --format {names}, or redirect it.", status=2)
    elif path.is_dir() or not path.absolute().parent.is_dir():
        raise Failure(f"--output: {path} cannot be a file.", "Name a file in a folder that is there.", status=2)


async def deliver(ready: Ready, told: str, path: Path | None) -> None:
    """Write what is ready, and say what is `told` of it."""
    with waiting("Writing …"):
        ready = await ready.prepared()
        if path is None:
            for piece in _loudly(ready):
                print_bytes(piece)
        else:
            with replacing(path) as file:
                file.writelines(ready.pieces())
    if path is None:
        notices().print(Text(told))
    else:
        console().print(Text(f"{told} The file is {path}."))


def _loudly(ready: Ready) -> Iterator[bytes]:
    """A file piece by piece; what cannot be written whole says so at its end."""
    try:
        yield from ready.pieces()
    except Exception:
        if ready.failed is not None:
            yield ready.failed("Something went wrong while it was written.")
        raise
