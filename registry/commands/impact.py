"""`registry impact`: what a change would touch, as tables, JSON or files. Nothing of it is written to the graph."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text

from graph.impact import LONGEST, Impacts
from graph.moment import Level
from graph.planned_change import PlannedChange, check
from graph.projection import Projection
from graph.refusals import BadInput
from registry.commands.files import ROWS, check_output, deliver
from registry.commands.lineage import instant
from registry.commands.opened import Failure, opened, run, settings
from registry.exporting.impact import Contacts, impact_export
from registry.exporting.ready import table as rows_of
from registry.impact_answers import impact_record
from registry.settings import Settings
from registry.terminal import Format, console, print_json, table, waiting

__all__ = ["Wanted", "impact"]

Record = dict[str, Any]

MOST_ROWS = 10_000

_WAYS_OUT = {
    "NODES": "more is affected than is walked to by statements; the service answers from memory, without that limit",
    "TIME": "the time was up; --max-milliseconds allows more (up to 60,000)",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The question as it stands on the command line; times are texts."""

    change: PlannedChange
    level: str
    as_of: str | None
    first: int
    max_milliseconds: int


def impact(wanted: Wanted, form: Format, of: str | None = None, output: Path | None = None) -> None:
    """Ask and print. Raises Failure for what is wrong by itself, Refusal for what the graph does not know."""
    if of is not None and form is not Format.CSV:
        raise Failure(f"--of belongs to --format csv, not to {form}.", "Leave it out.", status=2)
    check_output(form, output, frozenset(ROWS))
    given = settings()
    at = instant("--as-of", wanted.as_of, given.zone)
    _check(wanted)
    if form in ROWS:
        run(lambda: _write(given, wanted, at, form, of, output))
        return

    async def work() -> Record:
        async with opened(given) as graph:
            with waiting("Looking what it would touch …"):
                of = Impacts(graph, Projection(graph, 0))
                found = await of.find(wanted.change, at, wanted.max_milliseconds)
                return await impact_record(graph, found, Level[wanted.level], wanted.first)

    answer = run(work)
    if form is Format.JSON:
        print_json(answer)
    else:
        _print_tables(answer, wanted)


async def _write(
    given: Settings, wanted: Wanted, at: int | None, form: Format, of: str | None, output: Path | None
) -> None:
    """Ask, and write all rows of all levels."""
    async with opened(given) as graph, AsyncExitStack() as stack:
        with waiting("Looking what it would touch …"):
            found = await Impacts(graph, Projection(graph, 0)).find(wanted.change, at, wanted.max_milliseconds)
            export = await impact_export(graph, found, of)
            ready = await rows_of(export, ROWS[form], {} if of is None else {"of": of}, stack, most=None)
        cut = "complete" if found.complete else f"cut by {', '.join(export.stopped_by)}"
        told = f"{ready.rows:,} rows, {cut}, as of change {found.sequence}; nothing was written to the graph."
        await deliver(ready, told, output)


def _check(wanted: Wanted) -> None:
    try:
        check(wanted.change)
    except BadInput as error:
        raise Failure(str(error), status=2) from error
    for name, number, low, high in (
        ("--first", wanted.first, 0, MOST_ROWS),
        ("--max-milliseconds", wanted.max_milliseconds, 1, LONGEST),
    ):
        if not low <= number <= high:
            raise Failure(f"{name}: must be from {low:,} to {high:,}, not {number:,}", status=2)


def _print_tables(answer: Record, wanted: Wanted) -> None:
    out = console()
    out.print(Text(_title(wanted), "bold"))
    columns = {"level": "left", "affected": "right", "for certain": "right"}
    out.print(table(columns, [(one["level"], one["total"], one["precise"]) for one in answer["levels"]]))
    out.print(", ".join(f"{one['count']:,} {one['outlook']}" for one in answer["outlooks"]))
    for title, name, columns, cells in _TABLES:
        rows = answer[name]["nodes"]
        if rows:
            out.print()
            shown = f"{title} ({len(rows):,} of {answer[name]['totalCount']:,})"
            out.print(table(columns, [cells(row) for row in rows], title=shown))
    out.print()
    out.print(_end(answer))
    for stop in answer["stoppedBy"]:
        out.print(Text(f"  {_WAYS_OUT[stop]}."))


def _title(wanted: Wanted) -> str:
    change = wanted.change
    altered = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in change.altered)
    parts = [f"{change.kind} {'、'.join(change.ids)}", *([f"into {change.into}"] if change.into else [])]
    parts += [f"to {altered}"] if altered else []
    return ", ".join([" ".join(parts), *([f"as of {wanted.as_of}"] if wanted.as_of else [])])


def _name(container: Record | None) -> str:
    return container["name"] if container else ""


def _full(row: Record) -> str:
    """A field with its resource's name before it: fields of one name are many."""
    return f"{_name(row['resource'])}/{row['name']}" if row["kind"] == "FIELD" and row["resource"] else str(row["name"])


_SURE = {True: "", False: "maybe"}

_TABLES: list[tuple[str, str, dict[str, str], Any]] = [
    (
        "Affected",
        "affected",
        {"depth": "right", "": "left", "kind": "left", "name": "left", "department": "left", "id": "left"},
        lambda r: (r["depth"], _SURE[r["precise"]], r["kind"], _full(r), _name(r["department"]), r["id"]),
    ),
    (
        "Loses its only source",
        "sources",
        {"depth": "right", "": "left", "kind": "left", "name": "left", "how": "left", "department": "left"},
        lambda r: (
            r["depth"],
            _SURE[r["precise"]],
            r["kind"],
            _full(r),
            "in consequence" if r["outlook"] == "LOSES_IN_CONSEQUENCE" else "directly",
            _name(r["department"]),
        ),
    ),
    (
        "Sharing agreements",
        "agreements",
        {"effect": "left", "id": "left", "reason": "left"},
        lambda r: (r["effect"], r["id"], r["reason"]),
    ),
    (
        "Departments to tell",
        "departments",
        {
            "depth": "right",
            "": "left",
            "department": "left",
            "fields": "right",
            "resources": "right",
            "systems": "right",
            "losing": "right",
            "contacts": "left",
        },
        lambda r: (
            r["depth"],
            _SURE[r["precise"]],
            r["name"],
            r["fields"],
            r["resources"],
            r["systems"],
            r["losing"],
            Contacts.text(r["contacts"]),
        ),
    ),
    (
        "Suggested successors",
        "successors",
        {"replaces": "left", "successor": "left", "why": "left"},
        lambda r: (r["replaces"]["id"], r["successor"]["id"], r["reason"]),
    ),
    (
        "Order to migrate",
        "migration",
        {"step": "right", "kind": "left", "name": "left", "department": "left", "together with": "left"},
        lambda r: (r["step"], r["kind"], r["name"], _name(r["department"]), r["ring"] or ""),
    ),
]


def _end(answer: Record) -> Text:
    told = f"{answer['reachedDepth']} steps at most; as of change {answer['sequence']}; nothing was written."
    if answer["complete"]:
        return Text(f"Complete: {told}")
    return Text(f"✂ Cut by {', '.join(answer['stoppedBy'])}: {told}", "bold red")
