"""`registry sources`: who states what, and what is run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from graph import runs
from graph.changes import now
from graph.facts import as_text
from graph.runs import Run
from graph.sources import Source, list_sources
from registry.commands.opened import opened, run, settings
from registry.sources.configured import Configured, Sources, load_sources
from registry.sources.schedule import due_after
from registry.terminal import Format, console, local_time, notices, print_json, table, waiting

__all__ = ["sources"]

_COLUMNS = {
    "source": "left",
    "connector": "left",
    "things": "right",
    "links": "right",
    "last import": "left",
    "next run": "left",
}


@dataclass(frozen=True, slots=True)
class _Listed:
    """A source that states something, is in the settings file, or both."""

    id: str
    stated: Source | None
    configured: Configured | None
    run: Run | None
    due: int | None


def sources(form: Format) -> int:
    """Print all sources; 1 when the settings file says something wrong of one."""
    given, file = settings(), load_sources()

    async def work() -> list[_Listed]:
        async with opened(given) as graph:
            with waiting("Counting …"):
                stated = {source.id: source for source in await list_sources(graph)}
                last = await runs.latest(graph, list(file.sources))
                return _joined(stated, file, last, given.zone)

    found = run(work)
    for message in file.bad.values():
        notices().print(message, style="red")
    if form is Format.JSON:
        print_json({"sources": [_record(one) for one in found], "wrong": dict(file.bad)})
    elif found:
        console().print(table(_COLUMNS, (_row(one, given.zone) for one in found)))
    else:
        console().print(
            "Nothing has been imported yet. `registry import FILE` does it; `registry demo` shows an example."
        )
    return 1 if file.bad else 0


def _joined(stated: Mapping[str, Source], file: Sources, last: Mapping[str, Run], zone: tzinfo) -> list[_Listed]:
    found = []
    for id in sorted({*stated, *file.sources}):
        configured, its = file.sources.get(id), last.get(id)
        due = due_after(configured, now() if its is None else its.began, zone) if configured is not None else None
        found.append(_Listed(id, stated.get(id), configured, its, due))
    return found


def _record(one: _Listed) -> dict[str, Any]:
    stated = one.stated
    return {
        "id": one.id,
        "connector": _connector(one),
        "things": stated.things if stated is not None else 0,
        "links": stated.links if stated is not None else 0,
        "lastRun": as_text(stated.last_run) if stated is not None and stated.last_run is not None else None,
        "run": dict(stated.run) if stated is not None else {},
        "configured": one.configured is not None,
        "state": one.run.state.value if one.run is not None else None,
        "message": one.run.message if one.run is not None else None,
        "nextRun": as_text(one.due) if one.due is not None else None,
    }


def _connector(one: _Listed) -> str | None:
    if one.configured is not None:
        return one.configured.running.kind
    return one.stated.connector if one.stated is not None else None


def _row(one: _Listed, zone: tzinfo) -> tuple[object, ...]:
    stated, last = one.stated, ""
    if stated is not None and stated.last_run is not None:
        last = _shown(stated.last_run, zone) + (" full" if stated.run.get("full") else "")
    if one.run is not None and one.run.state.value not in ("DONE", "RUNNING"):
        last += f" {one.run.state.value.lower()}: {one.run.message}"
    due = _shown(one.due, zone) if one.due is not None else ""
    things, links = (f"{n:,}" for n in ((stated.things, stated.links) if stated is not None else (0, 0)))
    return one.id, _connector(one), things, links, last.strip(), due


def _shown(instant: int, zone: tzinfo) -> str:
    return f"{local_time(instant, zone):%Y-%m-%d %H:%M}"
