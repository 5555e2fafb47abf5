"""Events for tests, and what a graph states after them."""

from collections.abc import Iterable, Sequence
from typing import Any

from connectors.openlineage_events import read_event
from graph.engine import Graph
from graph.noted import every
from registry.openlineage.kept import PREFIX
from registry.openlineage.storing import Storing
from registry.sources.registered import Stored

DB = "postgres://db1:5432"

_FIELDS = """
MATCH (f:Field)
WHERE f.closed IS NULL AND f.unregistered IS NULL
RETURN collect([f.id, f.name, f.resource, f.raw_type, f.position, f.extra, f.sources]) AS found
"""
_LINKS = """
MATCH (a)-[r:FEEDS]->(b)
WHERE r.recorded_to IS NULL AND r.sources IS NOT NULL
RETURN collect([a.id, b.id, r.job, r.influence, r.transformation, r.valid_to, r.sources]) AS found
"""
_KEPT = """
MATCH (n:EventState)
RETURN collect([n.id, n.about, n.source, n.state, n.links, n.job, n.run, n.content, n.resource, n.fields]) AS found
"""


def dataset(name: str, *columns: str, **facets: Any) -> dict[str, Any]:
    """A dataset with a schema, if it has columns."""
    schema = {"schema": {"fields": [{"name": column, "type": "text"} for column in columns]}} if columns else {}
    return {"namespace": DB, "name": name, "facets": {**schema, **facets}}


def flows(**fields: tuple[str, str]) -> dict[str, Any]:
    """A facet of column lineage: the dataset and column that each column comes from."""
    return {
        "columnLineage": {
            "fields": {
                into: {"inputFields": [{"namespace": DB, "name": name, "field": column}]}
                for into, (name, column) in fields.items()
            }
        }
    }


def event(
    at: int,
    type: str = "COMPLETE",
    run: str = "r1",
    job: str = "j",
    inputs: Sequence[Any] = (),
    outputs: Sequence[Any] = (),
) -> dict[str, Any]:
    """A run event, so many seconds into 2026. Datasets may be only named."""
    ins, outs = ([dataset(one) if isinstance(one, str) else one for one in side] for side in (inputs, outputs))
    return {
        "eventType": type,
        "eventTime": f"2026-01-01T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}Z",
        "run": {"runId": run},
        "job": {"namespace": "n", "name": job},
        "inputs": ins,
        "outputs": outs,
        "producer": "p",
    }


def storing(graph: Graph, **given: Any) -> Storing:
    """What takes events into a graph."""
    return Storing(graph, lambda: given.get("rules", ()), Stored(graph, besides=PREFIX))


async def take(graph: Graph, values: Iterable[dict[str, Any]], at_once: int = 1, **given: Any) -> None:
    """Take events, so many at once."""
    taking, events = storing(graph, **given), [read_event(value) for value in values]
    for first in range(0, len(events), at_once):
        await taking.take(events[first : first + at_once])


async def links(graph: Graph) -> set[tuple[str, str]]:
    """The flows that are stated, without the beginnings of ids."""
    [row] = await graph.read(_LINKS)
    return {(_short(start), _short(end)) for start, end, *_ in row["found"]}


async def fields(graph: Graph) -> set[str]:
    """The fields that are stated, without the beginnings of ids."""
    [row] = await graph.read(_FIELDS)
    return {_short(id) for id, *_ in row["found"]}


async def everything(graph: Graph) -> list[Any]:
    """All that is stated, kept and found, without when that was."""
    rows = [*await graph.read(_FIELDS), *await graph.read(_LINKS), *await graph.read(_KEPT)]
    noted = [[one.source, one.file, one.code, one.message, one.done] for one in await every(graph)]
    return [sorted(map(repr, row["found"])) for row in rows] + [sorted(map(repr, noted))]


def _short(id: str) -> str:
    return id.partition(":")[2].removeprefix(f"{DB}/")
