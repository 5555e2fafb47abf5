"""`registry findings`: what is broken or odd, as a table, as JSON, or all of it as a file."""

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from rich.text import Text

from graph.at_hand import MEGABYTES
from graph.facts import as_instant
from graph.finding_lists import FindingList
from graph.findings import AskedFindings, FindingSearch, check
from graph.projection import Projection
from graph.refusals import BadInput
from registry.commands.files import ROWS, check_output, deliver
from registry.commands.lineage import instant
from registry.commands.opened import Failure, opened, run, settings
from registry.exporting.ready import table as written
from registry.finding_answers import findings_record
from registry.settings import Settings
from registry.terminal import Format, console, print_json, table, waiting

__all__ = ["Wanted", "findings"]

Record = dict[str, Any]

MOST_ROWS = 10_000
_DEPARTMENTS = 15
"""Departments that a table lists."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The question as it stands on the command line; its time is a text."""

    asked: AskedFindings
    as_of: str | None
    first: int | None
    output: Path | None


def findings(wanted: Wanted, form: Format) -> None:
    """Ask and print, or write a file. Raises Failure for what is wrong by itself, Refusal for what is not known."""
    check_output(form, wanted.output, frozenset(ROWS))
    given = settings()
    asked = replace(wanted.asked, as_of=instant("--as-of", wanted.as_of, given.zone))
    first = _first(wanted.first, form)
    try:
        check(asked)
    except BadInput as error:
        raise Failure(str(error).replace("quietDays", "--quiet-days"), status=2) from error
    answer = run(lambda: _answer(given, asked, first, form, wanted.output))
    if answer is None:
        return
    if form is Format.JSON:
        print_json(answer)
    else:
        _print_tables(answer, given.zone)


def _first(given: int | None, form: Format) -> int:
    if given is not None and form in ROWS:
        raise Failure(f"--first: {form} is always the whole list.", "Leave it out.", status=2)
    first = 50 if given is None else given
    if not 0 <= first <= MOST_ROWS:
        raise Failure(f"--first: must be from 0 to {MOST_ROWS:,}, not {first:,}", status=2)
    return first


async def _answer(given: Settings, asked: AskedFindings, first: int, form: Format, path: Path | None) -> Record | None:
    """The answer; none where it was written to a file or to standard output."""
    async with opened(given) as graph, AsyncExitStack() as stack:
        with waiting("Looking at everything …"):
            search = FindingSearch(graph, Projection(graph, 0), given.projection_mb or MEGABYTES)
            found = await search.find(asked)
        if form not in ROWS:
            return findings_record(found, first)
        from registry.exporting.findings import findings_export  # the tables need not wait for all of it

        ready = await written(findings_export(asked, found), ROWS[form], {}, stack, most=None)
        await deliver(ready, _told(found), path)
    return None


def _told(found: FindingList) -> str:
    return f"{len(found):,} findings, as of change {found.found.sequence}."


_COLUMNS = {"severity": "left", "kind": "left", "what is wrong": "left", "department": "left", "since": "left"}


def _print_tables(answer: Record, zone: tzinfo) -> None:
    out = console()
    facets = answer["facets"]
    if not answer["totalCount"]:
        out.print(Text(f"Nothing was found, as of change {answer['sequence']}."))
        return
    out.print(table({"kind": "left", "count": "right"}, [(one["value"], one["count"]) for one in facets["kind"]]))
    if facets["department"]:
        out.print()
        shown = facets["department"][:_DEPARTMENTS]
        rows = [(one["name"] or "no single department", one["count"]) for one in shown]
        left = facets["department"][_DEPARTMENTS:]
        rows += [(f"{len(left):,} more", sum(one["count"] for one in left))] if left else []
        out.print(table({"department": "left", "count": "right"}, rows, title="Who has to act"))
    if answer["nodes"]:
        out.print()
        title = f"Findings ({len(answer['nodes']):,} of {answer['totalCount']:,})"
        out.print(table(_COLUMNS, [_row(one, zone) for one in answer["nodes"]], title=title))
    out.print()
    out.print(Text(f"{answer['totalCount']:,} findings, as of change {answer['sequence']}."))


def _row(one: Record, zone: tzinfo) -> tuple[object, ...]:
    kind = one["kind"] if one["code"] is None else f"{one['kind']} {one['code']}"
    department = (one["department"] or {}).get("name")
    return one["severity"], kind, _place(one) + one["message"], department, _day(one["since"], zone)


def _place(one: Record) -> str:
    place = one["place"]
    if place is None:
        return ""
    row = None if place["row"] is None else f"row {place['row']}"
    where = ", ".join(str(part) for part in (place["file"], place["sheet"], row, place["column"]) if part)
    return f"{where}: " if where else ""


def _day(text: str | None, zone: tzinfo) -> str:
    if text is None:
        return ""
    return f"{datetime.fromtimestamp(as_instant(text, UTC) / 1_000_000, zone):%Y-%m-%d}"
