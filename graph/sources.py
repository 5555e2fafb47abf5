"""The sources that state things here: what was last imported of each, and how much it states now."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph.engine import Graph, Transaction
from graph.facts import KEYS, LINK_KEYS

RECORD_RUN = """
MERGE (s:Source {id: $id})
SET s += $run
"""

SOURCES = """
MATCH (s:Source)
RETURN collect(properties(s)) AS found
"""

_THINGS = """
MATCH (n:LABEL)
UNWIND n.sources AS source
RETURN source, count(n) AS count
"""
THINGS = tuple(_THINGS.replace("LABEL", kind.label) for kind in KEYS)

_LINKS = """
MATCH ()-[r:FLOW]->()
WHERE r.recorded_to IS NULL
UNWIND r.sources AS source
RETURN source, count(r) AS count
"""
LINKS = tuple(_LINKS.replace("FLOW", flow) for flow in LINK_KEYS)


@dataclass(frozen=True, slots=True)
class Source:
    """One source: how many things and links it states now, and its last run (times in microseconds)."""

    id: str
    connector: str | None
    things: int
    links: int
    last_run: int | None
    run: Mapping[str, Any]
    """Of the last run: `facts`, how many lines or cells it stated, and whether it was `full`."""


async def record_run(graph: Graph, source: str, connector: str, at: int, about: Mapping[str, int | bool]) -> None:
    """Note that a run of `connector` has stated things in the name of `source`."""
    run = {"name": source, "connector": connector, "last_run": at, **about}

    async def work(transaction: Transaction) -> None:
        await transaction.run(RECORD_RUN, id=source, run=run)

    await graph.write(work)


async def list_sources(graph: Graph) -> list[Source]:
    """All sources in order of names, those too that state things without ever having been imported."""
    [row] = await graph.read(SOURCES)
    stored = {properties["id"]: properties for properties in row["found"]}
    things = await _count(graph, THINGS)
    links = await _count(graph, LINKS)
    names = sorted({*stored, *things, *links})
    return [_source(id, stored.get(id, {}), things.get(id, 0), links.get(id, 0)) for id in names]


async def _count(graph: Graph, texts: tuple[str, ...]) -> Mapping[str, int]:
    total: dict[str, int] = defaultdict(int)
    for text in texts:
        for row in await graph.read(text):
            total[row["source"]] += row["count"]
    return total


def _source(id: str, stored: Mapping[str, Any], things: int, links: int) -> Source:
    run = {name: value for name, value in stored.items() if name in ("facts", "full")}
    return Source(id, stored.get("connector"), things, links, stored.get("last_run"), run)
