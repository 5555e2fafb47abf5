"""`registry sources add|test|run|runs|show|undo|remove|kinds`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import tzinfo
from functools import partial
from typing import Any

import orjson
from rich.text import Text

from connectors.config import Files, SecretMissing
from connectors.protocol import SourceError, connectors
from graph import runs
from graph.earlier import RunChanges, Touched, run_changes, touched
from graph.engine import Graph
from graph.facts import as_text
from graph.runs import ACTS, Run, RunState
from registry.commands.opened import Failure, opened, run, settings
from registry.commands.transfer import shown_progress
from registry.imports import find_files
from registry.report import as_json, summary
from registry.settings import Settings
from registry.sources.configured import Configured, Running, Sources, load_sources
from registry.sources.editing import add_source, read_values, remove_source
from registry.sources.runner import Done, How, Refused, run_source, try_source, undo_run, withdraw_source
from registry.terminal import Format, console, local_time, print_json, table

__all__ = ["Wanted", "add", "kinds", "list_runs", "remove", "run_one", "show", "try_out", "undo"]

_COLUMNS = {
    "run": "right",
    "began": "left",
    "took": "right",
    "by": "left",
    "state": "left",
    "added": "right",
    "changed": "right",
    "withdrawn": "right",
    "findings": "right",
    "": "left",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run as it stands on the command line."""

    name: str
    dry_run: bool = False
    full: bool | None = None
    withdraw_share: float | None = None


def _found(name: str) -> tuple[Sources, Configured]:
    sources = load_sources()
    if name in sources.bad:
        raise Failure(sources.bad[name], "`registry sources kinds` lists what each kind may say.", status=2)
    if name not in sources.sources:
        there = ", ".join(sources.sources) or "none yet"
        raise Failure(
            f"There is no source {name} in {sources.file}; there are: {there}.", "`registry sources add` adds one."
        )
    return sources, sources.sources[name]


def add(name: str, kind: str, given: Sequence[str], form: Format) -> int:
    """Write a source into the settings file."""
    made = add_source(name, {"kind": kind, **read_values(given)})
    if form is Format.JSON:
        print_json({"source": made.name, "kind": made.running.kind})
    else:
        console().print(Text(f"{name} is a source now. `registry sources test {name}` tries whether it can be read."))
    return 0


def remove(name: str, *, withdraw: bool, form: Format) -> int:
    """Take a source out of the settings file; what it states stays unless it is withdrawn too."""
    given = settings()
    gone = remove_source(name)
    if not gone and not withdraw:
        raise Failure(f"There is no source {name} in the settings file.", "`registry sources` lists all.")
    done = _run(given, lambda graph, how: withdraw_source(graph, name, how), Wanted(name)) if withdraw else None
    if form is Format.JSON:
        print_json({"source": name, "removed": gone, "run": _run_json(done.run) if done and done.run else None})
        return 0
    said = f"{name} is no source any more." if gone else f"{name} was in no settings file."
    count = _total(done.run, "withdrawn") if done and done.run else 0
    stated = f" {count:,} things and links were withdrawn." if withdraw else " What it states stays."
    console().print(Text(said + stated))
    return 0


def try_out(names: Sequence[str], form: Format) -> int:
    """Look whether sources can be reached and read, without stating anything."""
    given = settings()
    sources = load_sources()
    wanted = list(names) or [*sources.sources, *sources.bad]
    if not wanted:
        raise Failure(f"There is no source in {sources.file}.", "`registry sources add` adds one.")
    found: dict[str, tuple[bool, Sequence[str]]] = {}
    for name in wanted:
        if name in sources.bad:
            found[name] = False, sources.bad[name].splitlines()
            continue
        _, source = _found(name)
        found[name] = run(partial(_tried, given, sources, source))
    if form is Format.JSON:
        print_json({name: {"good": good, "found": list(lines)} for name, (good, lines) in found.items()})
    else:
        for name, (good, lines) in found.items():
            console().print(Text(f"{name}: {'good' if good else 'cannot be read'}", style="bold" if good else "red"))
            for line in lines:
                console().print(Text(f"  {line}"))
    return 0 if all(good for good, _ in found.values()) else 1


async def _tried(given: Settings, sources: Sources, source: Configured) -> tuple[bool, Sequence[str]]:
    config = source.config
    if isinstance(config, Files) and config.paths:
        return _files(source, config)
    try:
        return True, await try_source(sources, source, How(home=given.home, zone=given.zone))
    except (SourceError, SecretMissing) as error:
        return False, [str(error)]


def _files(source: Configured, config: Files) -> tuple[bool, Sequence[str]]:
    files = find_files(config.paths)
    fits = [path for path, _ in files if source.connector.recognises(path)]
    lines = [f"{len(fits):,} of {len(files):,} files are of kind {source.running.kind}"]
    missing = [path for path, named in files if named and path not in fits]
    lines += [f"{path} {'is not of that kind' if path.exists() else 'is not there'}" for path in missing]
    return bool(fits) and not missing, lines


def run_one(wanted: Wanted, form: Format) -> int:
    """Run a source now, print its report, and return how the command ends: 1 when something was refused."""
    given = settings()
    sources, source = _found(wanted.name)
    done = _run(given, lambda graph, how: run_source(graph, sources, source, how), wanted)
    if done.report is None:
        raise Failure(f"{wanted.name}: {done.message}.", "`registry sources test` tries whether it can be read.")
    with done.report:
        if form is Format.JSON:
            run_json = {"run": _run_json(done.run)} if done.run is not None else {}
            print_json({**run_json, **as_json(done.report)})
        else:
            console().print(summary(done.report))
            if done.run is not None:
                console().print(Text(f"This was run {done.run.number} of {wanted.name}."))
        return done.report.exit_code


def _run(given: Settings, work: Any, wanted: Wanted) -> Done:
    async def whole() -> Done:
        with shown_progress() as step:
            async with opened(given) as graph:
                how = How(
                    dry_run=wanted.dry_run,
                    full=wanted.full,
                    withdraw_share=wanted.withdraw_share,
                    share_of_all=given.withdraw_share,
                    home=given.home,
                    zone=given.zone,
                    progress=step,
                )
                done: Done = await work(graph, how)
                return done

    try:
        return run(whole)
    except Refused as error:
        raise Failure(str(error), error.way_out) from error


def undo(name: str, number: int | None, form: Format) -> int:
    """Undo a run of a source."""
    done = _run(settings(), lambda graph, how: undo_run(graph, name, number, how), Wanted(name))
    assert done.run is not None
    if form is Format.JSON:
        print_json({"run": _run_json(done.run)})
    else:
        count = _total(done.run, "added") + _total(done.run, "changed")
        console().print(
            Text(f"Run {done.run.undoes} of {name} is undone by run {done.run.number}: {count:,} things and links.")
        )
    return 0 if done.run.state is RunState.DONE else 1


def list_runs(name: str, first: int, form: Format) -> int:
    """List the last runs of a source."""
    given = settings()
    found = _history(given, name, first)
    if form is Format.JSON:
        print_json({"source": name, "runs": [_run_json(one) for one in found]})
    elif found:
        console().print(table(_COLUMNS, (_row(one, given.zone) for one in found)))
    else:
        console().print(Text(f"{name} was not run yet. `registry sources run {name}` does it."))
    return 0


def show(name: str, number: int | None, first: int, form: Format) -> int:
    """Show one run of a source, the last by default: what it did, what it found, and the first things it changed."""
    given = settings()

    async def work() -> tuple[Run, RunChanges, list[Touched]] | None:
        async with opened(given) as graph:
            found = await (runs.find(graph, name, number) if number is not None else _last(graph, name))
            if found is None:
                return None
            changes = await run_changes(graph, found.id)
            return found, changes, await touched(graph, changes, range(min(first, changes.count)))

    shown = run(work)
    if shown is None:
        raise Failure(f"There is no such run of {name}.", f"`registry sources runs {name}` lists all.")
    found, changes, rows = shown
    if form is Format.JSON:
        told = [asdict(row) for row in rows]
        print_json({**(_run_json(found) or {}), "changed": {"count": changes.count, "first": told}})
        return 0
    _show(found, changes, rows, given.zone)
    return 0


async def _last(graph: Graph, name: str) -> Run | None:
    return next(iter(await runs.history(graph, name, 1)), None)


def _show(found: Run, changes: RunChanges, touched_: Sequence[Touched], zone: tzinfo) -> None:
    out = console()
    out.print(table(_COLUMNS, [_row(found, zone)]))
    rows = [(what, *(f"{counts.get(act, 0):,}" for act in ACTS)) for what, counts in found.counts.items()]
    if rows:
        out.print(table({"kind": "left", **dict.fromkeys(ACTS, "right")}, rows))
    found_rows = [(one["severity"], one["code"], f"{one['count']:,}") for one in found.findings]
    if found_rows:
        out.print(table({"severity": "left", "finding": "left", "count": "right"}, found_rows))
    if found.first is not None:
        out.print(Text(f"It made changes {found.first} to {found.last} of the graph."))
    if touched_:
        columns = dict.fromkeys(("act", "kind", "what", "key", "before", "after"), "left")
        out.print(table(columns, [row for one in touched_ for row in _changed(one)]))
    if changes.count > len(touched_):
        out.print(Text(f"… and {changes.count - len(touched_):,} more; --first tells more of them."))


def _changed(one: Touched) -> list[tuple[object, ...]]:
    what = one.id if one.id is not None else f"{one.start} → {one.end}{f' ({one.job})' if one.job else ''}"
    head = (one.act.lower(), one.what, what)
    return [(*head, change.name, _cell(change.before), _cell(change.after)) for change in one.changes] or [
        (*head, "", "", "")
    ]


def _cell(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else orjson.dumps(value).decode()


def _history(given: Settings, name: str, first: int) -> list[Run]:
    async def work() -> list[Run]:
        async with opened(given) as graph:
            return await runs.history(graph, name, first)

    return run(work)


def kinds(kind: str | None, form: Format) -> int:
    """List the kinds of sources, or what a source of one kind may say."""
    known = connectors()
    if kind is None:
        if form is Format.JSON:
            print_json({"kinds": [{"kind": name, "title": one.title} for name, one in known.items()]})
        else:
            console().print(table({"kind": "left", "reads": "left"}, ((n, one.title) for n, one in known.items())))
        return 0
    if kind not in known:
        raise Failure(f"There is no kind {kind}; there are {', '.join(known)}.", status=2)
    keys = {**Running.model_fields, **known[kind].config.model_fields}
    rows = [(name, "yes" if one.is_required() else "", one.description or "") for name, one in keys.items()]
    if form is Format.JSON:
        print_json({"kind": kind, "keys": [dict(zip(("key", "required", "means"), row, strict=True)) for row in rows]})
    else:
        console().print(table({"key": "left", "needed": "left", "means": "left"}, rows))
    return 0


def _total(run: Run | None, act: str) -> int:
    return sum(counts.get(act, 0) for counts in run.counts.values()) if run is not None else 0


def _row(run: Run, zone: tzinfo) -> tuple[object, ...]:
    began = f"{local_time(run.began, zone):%Y-%m-%d %H:%M:%S}"
    took = "" if run.ended is None else f"{(run.ended - run.began) / 1_000_000:.1f} s"
    numbers = [f"{_total(run, act):,}" for act in ("added", "changed", "withdrawn")]
    found = f"{sum(one['count'] for one in run.findings):,}"
    undone = f"undone by run {run.undone_by}" if run.undone_by is not None else ""
    undoes = f"undoes run {run.undoes}" if run.undoes is not None else ""
    notes = "; ".join(filter(None, (undoes, undone, run.message)))
    return run.number, began, took, run.trigger.value.lower(), run.state.value.lower(), *numbers, found, notes


def _run_json(run: Run | None) -> Mapping[str, Any] | None:
    if run is None:
        return None
    return {
        "number": run.number,
        "kind": run.kind,
        "state": run.state.value,
        "trigger": run.trigger.value,
        "full": run.full,
        "began": as_text(run.began),
        "ended": as_text(run.ended) if run.ended is not None else None,
        "attempts": run.attempts,
        "facts": run.facts,
        "counts": run.counts,
        "findings": list(run.findings),
        "firstChange": run.first,
        "lastChange": run.last,
        "message": run.message,
        "undoes": run.undoes,
        "undoneBy": run.undone_by,
    }
