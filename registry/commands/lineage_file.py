"""`registry lineage` into a file or a pipe: whole answers as rows, and pictures."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from graph.lineage import Asked, Lineages
from graph.projection import Projection
from graph.whole import Wholes
from registry.commands.files import ROWS, check_output, deliver
from registry.commands.opened import Failure, opened
from registry.exporting.lineage import lineage_export, unlimited
from registry.exporting.ready import Ready, picture, table
from registry.pictures.picture import PICTURES, drawn, picture_of
from registry.settings import Settings
from registry.terminal import Format, waiting

__all__ = ["FILES", "FileWanted", "check_file", "write_file"]

_PICTURES = {Format.SVG: "svg", Format.DOT: "dot", Format.MERMAID: "mmd"}
FILES = frozenset({*_PICTURES, *ROWS})
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
    check_output(form, path, FILES)
    if form in ROWS and budget.get("maxNodes") is not None:
        raise Failure(f"--max-nodes: {form} is always the whole answer.", "Leave it out.", status=2)


async def write_file(given: Settings, asked: Asked, budget: Mapping[str, int | None], wanted: FileWanted) -> None:
    """Ask and write; the file is there when it is whole. Raises Refusal."""
    async with opened(given) as graph, AsyncExitStack() as stack:
        lineages = Lineages(graph, Projection(graph, 0))
        with waiting("Following the data …"):
            ready, told = await _ready(lineages, asked, budget, wanted, stack)
        await deliver(ready, told, wanted.path)


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
    ready = await table(export, ROWS[wanted.form], parameters, stack, most=None)
    cut = "complete" if whole.complete else f"cut by {', '.join(export.stopped_by)}"
    return ready, f"{len(whole.ids):,} nodes, {len(whole.source):,} edges, {cut}, as of change {whole.pin.sequence}."
