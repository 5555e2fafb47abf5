"""`registry lineage` into a file or a pipe: whole answers as rows, and pictures."""

from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from graph.lineage import Asked, Lineages
from graph.projection import Projection
from graph.whole import Wholes
from registry.commands.opened import Failure, opened
from registry.exporting.lineage import lineage_export, unlimited
from registry.exporting.ready import TABLES, Ready, picture, table
from registry.pictures.picture import PICTURES, drawn, picture_of
from registry.report import replacing
from registry.settings import Settings
from registry.terminal import Format, console, notices, print_bytes, waiting

__all__ = ["FILES", "FileWanted", "check_file", "write_file"]

_PICTURES = {Format.SVG: "svg", Format.DOT: "dot", Format.MERMAID: "mmd"}
_ROWS = {Format(name): name for name in TABLES}
FILES = frozenset({*_PICTURES, *_ROWS})
"""The formats that are written to files."""

_MILLISECONDS = 60_000


@dataclass(frozen=True, slots=True)
class FileWanted:
    """What is written, and where: to standard output without a path. `of` is what rows CSV has."""

    form: Format
    of: str | None
    path: Path | None


def check_file(form: Format, of: str | None, path: Path | None, budget: Mapping[str, int | None]) -> None:
    """Refuse what does not go together, before anything is asked. Raises Failure."""
    if of is not None and form is not Format.CSV:
        raise Failure(f"--of belongs to --format csv, not to {form}.", "Leave it out.", status=2)
    if path is None:
        if form is Format.XLSX:
            raise Failure("A workbook is no text.", "Say where it goes: --output FILE.xlsx.", status=2)
    elif form not in FILES:
        names = ", ".join(sorted(FILES))
        raise Failure(f"--output does not take {form}.", f"Take --format {names}, or redirect it.", status=2)
    elif path.is_dir() or not path.absolute().parent.is_dir():
        raise Failure(f"--output: {path} cannot be a file.", "Name a file in a folder that is there.", status=2)
    if form in _ROWS and budget.get("maxNodes") is not None:
        raise Failure(f"--max-nodes: {form} is always the whole answer.", "Leave it out.", status=2)


async def write_file(given: Settings, asked: Asked, budget: Mapping[str, int | None], wanted: FileWanted) -> None:
    """Ask and write; the file is there when it is whole. Raises Refusal."""
    async with opened(given) as graph, AsyncExitStack() as stack:
        lineages = Lineages(graph, Projection(graph, 0))
        with waiting("Following the data …"):
            ready, told = await _ready(lineages, asked, budget, wanted, stack)
        with waiting("Writing …"):
            ready = await ready.prepared()
            if wanted.path is None:
                for piece in _told(ready):
                    print_bytes(piece)
            else:
                with replacing(wanted.path) as file:
                    file.writelines(ready.pieces())
    if wanted.path is None:
        notices().print(Text(told))
    else:
        console().print(Text(f"{told} The file is {wanted.path}."))


async def _ready(
    lineages: Lineages, asked: Asked, budget: Mapping[str, int | None], wanted: FileWanted, stack: AsyncExitStack
) -> tuple[Ready, str]:
    """What is written, and what is told of it."""
    if wanted.form in _PICTURES:
        suffix = _PICTURES[wanted.form]
        shown = drawn(await lineages.find(asked), asked)
        ready = picture(PICTURES[suffix], 0, await picture_of(shown, suffix))
        return ready, " ".join([f"{len(shown.boxes):,} nodes, {len(shown.arrows):,} edges.", *shown.cut])
    whole = await Wholes(lineages).find(unlimited(asked, budget, _MILLISECONDS))
    export = lineage_export("dependencies" if asked.reads else "lineage", whole)
    parameters = {} if wanted.of is None else {"of": wanted.of}
    ready = await table(export, _ROWS[wanted.form], parameters, stack, most=None)
    cut = "complete" if whole.complete else f"cut by {', '.join(export.stopped_by)}"
    return ready, f"{len(whole.ids):,} nodes, {len(whole.source):,} edges, {cut}, as of change {whole.pin.sequence}."


def _told(ready: Ready) -> Iterator[bytes]:
    """A file piece by piece; what cannot be written whole says so at its end."""
    try:
        yield from ready.pieces()
    except Exception:
        if ready.failed is not None:
            yield ready.failed("Something went wrong while it was written.")
        raise
