"""`registry check`: does a proposed system exist already, and what could be shared instead of collected."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from graph.element_matching import ElementMatcher
from graph.engine import Graph
from graph.facts import as_text
from graph.matching.catalogue import Progress
from graph.matching.checks import Checks
from graph.matching.proposals import Proposal, Report, Verdict
from graph.matching.reports import reproduce
from graph.refusals import BadInput
from registry.commands.given import json_of, read_file
from registry.commands.opened import Failure, opened, run, settings
from registry.settings import Settings
from registry.terminal import Format, console, notices, print_bytes, print_json, progress, table
from resolvers.report_record import report_record

__all__ = ["EXAMPLE", "Wanted", "check", "checked", "example", "print_report", "proposal", "reproduced", "told"]

Record = dict[str, Any]

EXAMPLE = Path(str(files("registry"))) / "sample" / "proposal.json"
_TOLD_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Wanted:
    """A proposal's file (`-`: standard input), and where its report is written."""

    proposal: Path
    report: Path | None


def check(wanted: Wanted, form: Format) -> int:
    """Check and print; 1 unless nothing like the proposal was found. Raises Failure."""
    proposed = proposal(read_file(wanted.proposal), str(wanted.proposal))
    given = settings()
    report = run(lambda: _report(given, proposed))
    if wanted.report is not None:
        _write(wanted.report, report)
    if form is Format.JSON:
        print_json(told(report))
    else:
        print_report(console(), report)
    return 0 if report.verdict is Verdict.NONE else 1


def example() -> int:
    """Print a proposal to begin with."""
    print_bytes(EXAMPLE.read_bytes())
    return 0


def reproduced(file: Path) -> int:
    """Make a report again from what it keeps; 1 where it comes out otherwise. Raises Failure."""
    content = read_file(file)
    try:
        made = reproduce(content)
    except (BadInput, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(f"{file}: is no report of a check.", "Give a file that --report has written.") from error
    if made != content.rstrip(b"\n"):
        raise Failure(
            f"{file}: it comes out otherwise; it was changed, or made by another version of the registry.",
            "Check the proposal again.",
        )
    notices().print("The report comes out the same, to the byte.")
    return 0


async def _report(given: Settings, proposal: Proposal) -> Report:
    async with opened(given) as graph:
        with progress() as shown:
            task = shown.add_task("Reading what is registered", total=None)

            def tell(far: Progress) -> None:
                shown.update(task, completed=far.done, total=far.total or None)

            return await checked(graph, given, proposal, tell)


async def checked(
    graph: Graph, given: Settings, proposal: Proposal, tell: Callable[[Progress], None] = lambda far: None
) -> Report:
    """The report on a proposal, by the rules that are in force today; `tell` is told how far the reading is."""
    profile = given.rules_today()
    checks = Checks(graph, ElementMatcher(graph))
    check = asyncio.create_task(checks.check(proposal, profile))
    try:
        while not (await asyncio.wait([check], timeout=_TOLD_SECONDS))[0]:
            tell(checks.catalogue.progress)
        return check.result()
    finally:
        check.cancel()
        await asyncio.gather(check, return_exceptions=True)
        await checks.close()


def proposal(content: bytes, file: str) -> Proposal:
    """A proposal from JSON; what no check looks at is told on standard error."""
    said = json_of(content, file, "`--example` shows one.")
    try:
        made = Proposal.from_json(said)
    except BadInput as error:
        raise Failure(f"{file}: {error}", "`--example` shows a proposal.") from error
    for key in Proposal.unknown_keys(said):
        notices().print(f"Note: {file}: {key} is not looked at.")
    return made


def _write(file: Path, report: Report) -> None:
    try:
        file.write_bytes(report.as_json() + b"\n")
    except OSError as error:
        raise Failure(f"{file}: cannot be written ({error.strerror}).") from error


def told(report: Report) -> Record:
    """A report with the names that it has in GraphQL, without its document."""
    record = report_record(report)
    del record["report"]
    for one in record["candidates"]:
        one["kind"] = one["kind"].name
        del one["system_id"], one["resource_id"]
    named: Record = _named(record)
    return {**named, "sequence": str(report.sequence), "at": as_text(record["at"])}


def _named(value: Any) -> Any:
    """A record with the names of GraphQL; what is evidence stays as it is."""
    if isinstance(value, Mapping):
        return {_camel(name): each if name == "evidence" else _named(each) for name, each in value.items()}
    return [_named(one) for one in value] if isinstance(value, list) else value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))


_ASKED = {"name": "a name that tells it apart", "matter": "what it is for (事项)", "fields": "the fields that it keeps"}
_CANDIDATES = {"score": "right", "over": "left", "what": "left", "whose": "left", "why": "left"}
_REQUESTS = {"way": "left", "from": "left", "resource": "left", "for": "left", "what to do": "left"}


def print_report(out: Console, report: Report, *, most: int = 20) -> None:
    """A report for people."""
    out.print(Text(f"{report.verdict.value}: {_SAID[report.verdict]}", "bold"))
    if report.asks:
        asked = "; ".join(_ASKED[part] for part in report.asks)
        out.print(Text(f"The proposal should say still: {asked}."))
    if report.unknown:
        out.print(Text(f"Not registered, so not looked at: {'、'.join(report.unknown)}."))
    if report.candidates:
        out.print()
        rows = [
            (f"{one.score:.2f}", one.over or "", one.name, one.department.name if one.department else "", one.text)
            for one in report.candidates[:most]
        ]
        out.print(table(_CANDIDATES, rows, title="What is like it"))
    if report.requests:
        out.print()
        asked_for = [
            (
                one.way,
                one.provider.name if one.provider else "",
                one.resource.name,
                "、".join(one.proposed),
                one.text,
            )
            for one in report.requests[:most]
        ]
        out.print(table(_REQUESTS, asked_for, title="What is there already: share it instead of collecting it"))
    out.print()
    out.print(Text(f"By the rules {report.rules}, as of change {report.sequence}."))


_SAID = {
    Verdict.NONE: "nothing that is registered does the same.",
    Verdict.OVERLAP: "something does part of it already; look before you build.",
    Verdict.DUPLICATE: "something does the same already.",
    Verdict.UNKNOWN: "the proposal says too little to tell.",
}
