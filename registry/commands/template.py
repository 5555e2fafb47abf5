"""`registry template`: a workbook to fill in, or one with a department's entries."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from registry.commands.opened import Failure, opened, run, settings
from registry.exporting.workbook import SUFFIX
from registry.report import replacing
from registry.settings import Settings
from registry.templates.contents import SHEETS, Contents, blank, of_department
from registry.templates.workbook import write_template
from registry.terminal import Format, console, print_json, waiting

__all__ = ["template"]

_OF_DEPARTMENTS = ("system", "resource", "field", "agreement")


def template(path: Path, kinds: Sequence[str], department: str | None, form: Format) -> int:
    """Write the workbook and say what is in it."""
    _check(path)
    chosen = _chosen(kinds, department)
    given = settings()

    async def work() -> Contents:
        if department is not None:
            async with opened(given) as graph:
                with waiting("Reading …"):
                    return await of_department(graph, department, chosen, given.zone)
        if not _has_graph(given):
            return await blank(chosen, None)
        async with opened(given) as graph:
            return await blank(chosen, graph)

    contents = run(work)
    with waiting("Writing …"), replacing(path) as file:
        write_template(contents, file)
    if form is Format.JSON:
        sheets = {page.kind: len(page.entries) for page in contents.pages}
        print_json({"file": str(path), "department": department, "entries": contents.size, "sheets": sheets})
    else:
        told = f"{contents.size:,} entries" if department is not None else "Examples and lists to choose from"
        names = "、".join(page.name for page in contents.pages)
        console().print(
            Text(f"{told} are in {path} ({names}). `registry import {path} --dry-run` shows what it would change.")
        )
    return 0


def _check(path: Path) -> None:
    if path.suffix.lower() != f".{SUFFIX}":
        raise Failure(f"{path} would be no workbook.", "Let the name end in .xlsx.", status=2)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise Failure(f"{path} cannot be a file.", "Name a file in a folder that is there.", status=2)


def _chosen(kinds: Sequence[str], department: str | None) -> list[str]:
    """The kinds of sheets, in their order. Raises Failure for those that a department's entries have none of."""
    wanted = set(kinds) or {"all"}
    possible = _OF_DEPARTMENTS if department is not None else tuple(SHEETS)
    names = {f"{kind}s" if kind not in ("feeds", "reads") else kind: kind for kind in possible}
    if "all" in wanted:
        return list(possible)
    wrong = wanted - names.keys()
    if wrong:
        raise Failure(
            f"--kind: a department's entries have no {', '.join(sorted(wrong))}.", f"Take {', '.join(names)}.", status=2
        )
    return [kind for name, kind in names.items() if name in wanted]


def _has_graph(given: Settings) -> bool:
    """Whether there is a registry to ask: none is made for an empty workbook."""
    return given.graph_url is not None or given.data.is_dir()
