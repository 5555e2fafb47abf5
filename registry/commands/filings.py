"""`registry filings draft|edit|submit|…`: what is done to a filing, and what became of it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, tzinfo
from pathlib import Path
from typing import Any

from rich.text import Text

from graph.facts import as_instant
from graph.filing_records import Filing, events, reports
from graph.filing_states import FilingAct, FilingKind, possible
from graph.filing_steps import AskedBody
from graph.filings import Filings
from registry.commands.calendar import day
from registry.commands.given import json_of, read_file
from registry.commands.opened import Failure, opened, run, settings
from registry.filing_answers import event_record, filing_record
from registry.filing_desk import filing_desk
from registry.terminal import Format, console, local_time, notices, print_json, table, waiting

__all__ = ["act", "bodies", "close", "day_of", "draft", "edit", "show"]

Record = dict[str, Any]

_CANDIDATES = {"candidate": "left", "name": "left", "score": "right", "over": "left", "decision": "left"}
_BODIES = {"body": "left", "until": "left", "opinion": "left", "reason": "left"}
_EVENTS = {"": "right", "when": "left", "by": "left", "act": "left", "state": "left", "due": "left", "why": "left"}


def act(work: Callable[[Filings], Awaitable[Filing]], form: Format, *, said: bool = False) -> int:
    """Do something to a filing and print what became of it; with what is to be told of what it `said`."""
    given = settings()

    async def done() -> Record:
        async with opened(given) as graph, filing_desk(graph, given) as desk:
            with waiting("Filing …"):
                return await _record(desk, await work(desk))

    answer = run(done)
    for warning in answer["warnings"] if said else ():
        notices().print(f"Note: {warning['place']} {warning['message']}")
    _print(answer, form)
    return 0


async def _record(desk: Filings, one: Filing) -> Record:
    acts = possible(one.state, short=await desk.is_short(one))
    return filing_record(one, [each.value for each in acts])


def draft(file: Path, kind: str | None, system: str | None, by: str, reason: str | None, form: Format) -> int:
    """Begin a filing from a file; options go over what it says."""
    content = _read(file)
    said, named = content.pop("kind", FilingKind.PROPOSE.value), content.pop("system", None)
    wanted, of = kind or said, system or named
    if wanted not in FilingKind.__members__:
        raise Failure(f"kind: must be one of {', '.join(FilingKind)}, not {wanted!r}.", status=2)
    return act(lambda desk: desk.draft(FilingKind(wanted), of, content, by, reason), form, said=True)


def edit(id: str, file: Path, by: str, reason: str | None, version: int | None, form: Format) -> int:
    """Say what a file says instead; its kind and system stay."""
    content = _read(file)
    for name in ("kind", "system"):
        content.pop(name, None)
    return act(lambda desk: desk.edit(id, content, by, reason, version), form, said=True)


def close(
    id: str, how: str, by: str, reason: str | None, without: str | None, version: int | None, form: Format
) -> int:
    """Approve, refuse or return."""
    return act(lambda desk: desk.close(id, FilingAct(how), by, reason, without, version), form)


def _read(file: Path) -> Record:
    found = json_of(read_file(file), str(file), "Write one object, as docs/filings.md shows.")
    if not isinstance(found, dict):
        raise Failure(f"{file}: must hold one JSON object.", "Write it as docs/filings.md shows.")
    return found


def bodies(given: Sequence[str]) -> list[AskedBody]:
    """Bodies as the command line names them: `市财政局=3` has three working days."""
    found = []
    for text in given:
        name, sign, days = text.rpartition("=")
        said = bool(sign) and days.isascii() and days.isdigit() and len(days) < 5
        found.append(AskedBody(name, days=int(days)) if said else AskedBody(text))
    return found


def day_of(text: str | None) -> date | None:
    """The day of `--on`."""
    return None if text is None else day("--on", text)


def show(id: str, form: Format) -> int:
    """Print a filing and all that happened to it."""
    given = settings()

    async def work() -> Record:
        async with opened(given) as graph, filing_desk(graph, given) as desk:
            told = await _record(desk, await desk.find(id))
            happened = (await events(graph, [id]))[id]
            found = await reports(graph, [one.id for one in happened if one.act == FilingAct.CHECK])
            return {**told, "events": [event_record(one, found.get(one.id)) for one in happened]}

    answer = run(work)
    _print(answer, form)
    if form is not Format.JSON:
        console().print()
        console().print(table(_EVENTS, [_event(one, given.zone) for one in answer["events"]]))
    return 0


def _event(one: Record, zone: tzinfo) -> tuple[object, ...]:
    when = f"{local_time(as_instant(one['at'], zone), zone):%Y-%m-%d %H:%M}"
    return one["number"], when, one["by"], one["act"], one["after"], one["due"], one["reason"]


def _print(answer: Record, form: Format) -> None:
    if form is Format.JSON:
        print_json(answer)
        return
    out = console()
    out.print(Text(f"{answer['id']}  {answer['kind']}  {answer['state']}  version {answer['version']}"))
    lines = {
        "name": answer["name"],
        "system": answer["system"],
        "department": answer["department"],
        "verdict": answer["verdict"],
        "due": answer["due"] or answer["dueUnknown"],
        "rules": answer["rulesVersion"],
        "without": answer["without"],
        "possible": ", ".join(answer["possible"]) or "nothing any more",
    }
    out.print(table({"": "left", " ": "left"}, [(name, value) for name, value in lines.items() if value]))
    if answer["candidates"]:
        out.print()
        out.print(table(_CANDIDATES, list(map(_candidate(answer), answer["candidates"])), title="Candidates"))
    if answer["bodies"]:
        out.print()
        rows = [(one["name"], one["due"] or "not known", one["opinion"], one["reason"]) for one in answer["bodies"]]
        out.print(table(_BODIES, rows, title="Joint opinion"))


def _candidate(answer: Record) -> Callable[[Record], tuple[object, ...]]:
    decided = {one["candidate"]: f"{one['decided']}: {one['reason']}" for one in answer["decisions"]}
    open = set(answer["undecided"])

    def row(one: Record) -> tuple[object, ...]:
        state = decided.get(one["id"]) or one["exempt"] or ("to be decided" if one["id"] in open else "")
        return one["id"], one["name"], f"{one['score']:.2f}", one["over"], state

    return row
