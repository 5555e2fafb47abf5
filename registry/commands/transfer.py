"""`registry import` and `registry export`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from connectors.config import Config
from connectors.table import Table as TableConnector
from connectors.table import TableConfig
from connectors.table_mapping import MappingError, find_mapping
from graph.engine import Graph
from graph.facts import is_id
from graph.statements import REGISTRY
from registry.commands.opened import Failure, opened, run, settings
from registry.export import export
from registry.imports import ImportOptions, WrongUse, run_import
from registry.report import ImportReport, as_json, replacing, summary, write_json
from registry.report_workbook import write_workbook
from registry.settings import Settings
from registry.sources.configured import load_sources
from registry.spill import SpillFailed
from registry.terminal import Format, console, notices, print_json, progress

__all__ = ["Wanted", "export_dcat", "export_file", "import_files", "shown_progress"]

_TABLE = TableConnector.name

Step = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """An import as it stands on the command line."""

    paths: Sequence[Path]
    connector: str | None = None
    source: str | None = None
    jurisdiction: str | None = None
    full: bool = False
    dry_run: bool = False
    report: Sequence[Path] = ()
    withdraw_share: float | None = None
    words: Path | None = None
    mapping: str | None = None


def import_files(wanted: Wanted, form: Format) -> int:
    """Import, print the report, and return how the command ends: 1 when something was refused."""
    _check_source(wanted.source)
    given, sources = settings(), load_sources()
    _check_mapping(wanted, given)
    for path in wanted.report:
        _check_report(path)

    async def work() -> int:
        with shown_progress() as step:
            options = ImportOptions(
                connector=_TABLE if wanted.mapping is not None else wanted.connector,
                config=_config(wanted, given),
                source=wanted.source,
                jurisdiction=wanted.jurisdiction,
                home=given.home,
                zone=given.zone,
                words=wanted.words,
                full=wanted.full,
                dry_run=wanted.dry_run,
                withdraw_share=given.withdraw_share if wanted.withdraw_share is None else wanted.withdraw_share,
                rules=sources.rules,
                addresses=sources.addresses,
                progress=step,
            )
            async with opened(given) as graph:
                report = await _imported(graph, wanted.paths, options)
        with report:
            for path in wanted.report:
                (write_workbook if path.suffix.lower() == ".xlsx" else write_json)(report, path)
            _show(report, wanted.report, form)
            return report.exit_code

    return run(work)


async def _imported(graph: Graph, paths: Sequence[Path], options: ImportOptions) -> ImportReport:
    try:
        return await run_import(graph, paths, options)
    except WrongUse as error:
        raise Failure(f"{error}.", "`registry import --help` shows how.", status=2) from error
    except SpillFailed as error:
        raise Failure(str(error)) from error


def _check_source(source: str | None) -> None:
    if source is None:
        return
    if not is_id(source):
        raise Failure(
            "--source: a name has 1–300 characters and no control characters.",
            "Leave it out to name the source after the connector and the file.",
            status=2,
        )
    if source == REGISTRY:
        raise Failure(
            f"--source: {REGISTRY} is the name of what the registry states itself.", "Choose another one.", status=2
        )


def _check_mapping(wanted: Wanted, given: Settings) -> None:
    if wanted.mapping is None:
        return
    if wanted.connector not in (None, _TABLE):
        raise Failure(f"--mapping is for tables, --as {wanted.connector} is not.", "Leave one of them out.", status=2)
    try:
        find_mapping(wanted.mapping, given.mappings)
    except MappingError as error:
        raise Failure(f"--mapping: {error}.", "`registry mapping list` lists them.", status=2) from error


def _config(wanted: Wanted, given: Settings) -> Config:
    """What a table would be read by; other connectors have no use for it."""
    paths = list(wanted.paths)
    return TableConfig.model_validate({"paths": paths, "mapping": wanted.mapping, "mappings": given.mappings})


def _check_report(path: Path) -> None:
    """Better now than after a long import."""
    if path.suffix.lower() not in (".json", ".xlsx"):
        raise Failure(
            f"--report: {path} would be neither JSON nor a workbook.", "Let the name end in .json or .xlsx.", status=2
        )
    if not path.parent.is_dir():
        raise Failure(f"--report: there is no folder {path.parent}.", "Make it, or choose another one.", status=2)


def _show(report: ImportReport, files: Sequence[Path], form: Format) -> None:
    if form is Format.JSON:
        print_json(as_json(report))
        return
    out = console()
    out.print(summary(report))
    for path in files:
        out.print(Text(f"The whole report is in {path}."))


def export_file(path: Path, form: Format) -> int:
    """Export to `path` and say how much it was."""
    given = settings()
    if path.is_dir():
        raise Failure(f"{path} is a folder.", f"Name a file, such as {path / 'all.jsonl'}.", status=2)
    if not path.absolute().parent.is_dir():
        raise Failure(f"There is no folder {path.parent}.", "Make it, or choose another one.", status=2)

    async def work() -> int:
        with shown_progress() as step:
            async with opened(given) as graph:
                done = await export(graph, path, step)
        if form is Format.JSON:
            print_json({"file": str(path), "lines": done.lines, "sequence": done.sequence, "moved": done.moved})
        else:
            console().print(Text(f"{done.lines:,} statements, as of change {done.sequence}, are in {path}."))
        if done.moved:
            notices().print(
                "Note: the registry was written to meanwhile, so the file may mix two states of it. Export again.",
            )
        return 0

    return run(work)


def export_dcat(path: Path, title: str | None, base: str | None, form: Format) -> int:
    """Write the catalogue as DCAT-AP to `path`, in the form that its suffix says."""
    from registry.exporting.dcat import FORMS, Titled, write_dcat  # an import need not wait for all of it

    given = settings()
    if not path.absolute().parent.is_dir():
        raise Failure(f"There is no folder {path.parent}.", "Make it, or choose another one.", status=2)
    titled = Titled(**{name: value for name, value in (("title", title), ("base", base)) if value})

    async def work() -> int:
        with shown_progress() as step, replacing(path) as file:
            async with opened(given) as graph:
                dcat = FORMS[path.suffix.lower().removeprefix(".")]
                count = await write_dcat(graph, dcat, file, titled, lambda done: step("export", done, None))
        if form is Format.JSON:
            print_json({"file": str(path), "things": count})
        else:
            console().print(Text(f"{count:,} departments, systems and resources are in {path}."))
        return 0

    return run(work)


@contextmanager
def shown_progress() -> Iterator[Step]:
    """A function to be told how far something is; a terminal shows it."""
    with progress() as shown:
        task = shown.add_task("Opening the graph", total=None)
        last = ""

        def step(phase: str, done: int, total: int | None) -> None:
            nonlocal last
            if phase != last:
                shown.reset(task)
                last = phase
            shown.update(task, description=phase, completed=done, total=total)

        yield step
