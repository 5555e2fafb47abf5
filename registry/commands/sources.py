"""`registry sources`: who states what."""

from datetime import UTC, datetime, tzinfo
from typing import Any

from graph.facts import as_text
from graph.sources import Source, list_sources
from registry.commands.opened import opened, run, settings
from registry.terminal import Format, console, print_json, table, waiting

__all__ = ["sources"]

_COLUMNS = {"source": "left", "connector": "left", "things": "right", "links": "right", "last import": "left"}


def sources(form: Format) -> int:
    """Print all sources."""
    given = settings()

    async def work() -> list[Source]:
        async with opened(given) as graph:
            with waiting("Counting …"):
                return await list_sources(graph)

    found = run(work)
    if form is Format.JSON:
        print_json({"sources": [_record(source) for source in found]})
    elif found:
        console().print(table(_COLUMNS, (_row(source, given.zone) for source in found)))
    else:
        console().print(
            "Nothing has been imported yet. `registry import FILE` does it; `registry demo` shows an example."
        )
    return 0


def _record(source: Source) -> dict[str, Any]:
    return {
        "id": source.id,
        "connector": source.connector,
        "things": source.things,
        "links": source.links,
        "lastRun": as_text(source.last_run) if source.last_run is not None else None,
        "run": dict(source.run),
    }


def _row(source: Source, zone: tzinfo) -> tuple[object, ...]:
    last = ""
    if source.last_run is not None:
        last = f"{datetime.fromtimestamp(source.last_run / 1_000_000, UTC).astimezone(zone):%Y-%m-%d %H:%M}"
        last += " full" if source.run.get("full") else ""
    return source.id, source.connector, f"{source.things:,}", f"{source.links:,}", last
