"""How long the projection takes to fill, to follow one change, and to answer, beside answers by statements.

    python -m tests.bench.projection --links 600000
    python -m tests.bench.projection --links 5000000 --engine neo4j --url bolt://127.0.0.1:7687 --password …

ALL THAT IS IN THE GRAPH IS DELETED, then filled with generated facts.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from graph.engine import Graph, GraphSettings, open_graph
from graph.facts import Link
from graph.lineage import Asked, Lineages
from graph.link_writes import write_links
from graph.moment import Level
from graph.projection import Projection
from graph.walk import Budget
from registry.imports import ImportOptions, run_import
from tests.bench.import_exchange import facts
from tests.engines import wipe


async def timed(work: Callable[[], Awaitable[Any]], times: int = 7) -> float:
    """The median of some runs, in milliseconds."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        await work()
        took.append((time.perf_counter() - began) * 1000)
    return median(took)


async def load(graph: Graph, folder: Path, links: int) -> str:
    """Fill the graph; a field that something flows from."""
    await wipe(graph)
    path = folder / "facts.jsonl"
    start = ""
    with path.open("wb") as out:
        for fact in facts(links * 5 // 6, links):
            out.write(orjson.dumps(fact) + b"\n")
            start = start or (fact["from"] if fact["fact"] == "feeds" else "")
    (await run_import(graph, [path], ImportOptions(connector="exchange", source="bench"))).close()
    return start


async def measure(graph: Graph, start: str) -> Table:
    """The table."""
    table = Table("what", "value")
    projection = Projection(graph, 20_000)
    began = time.perf_counter()
    await projection.fill()
    table.add_row("fill, s", f"{time.perf_counter() - began:.2f}")
    progress = projection.progress
    table.add_row("things, links, MB", f"{progress.things:,}, {progress.links:,}, {progress.megabytes:,}")
    kept, stated = Lineages(graph, projection), Lineages(graph, Projection(graph, 0))
    table.add_row("freshness alone, ms", f"{await timed(projection.refresh):.2f}")
    number = 0

    async def change_one() -> None:
        nonlocal number
        number += 1
        await write_links(graph, "FEEDS", [Link("FEEDS", start, f"{start}/{number}", {}, source="bench")])

    table.add_row("write of one link, ms", f"{await timed(change_one):.2f}")

    async def follow_one() -> None:
        await change_one()
        began = time.perf_counter()
        await projection.refresh()
        followed.append((time.perf_counter() - began) * 1000)

    followed: list[float] = []
    await timed(follow_one)
    table.add_row("following a change of one link, ms", f"{median(followed):.2f}")
    table.add_row("entries in the overlay", str(projection.net.out.overlay))
    for depth in (2, 4, 6):
        asked = Asked([start], "DOWNSTREAM", Level.RESOURCE, depth, budget=Budget(10_000, 1_000))
        nodes = len((await kept.find(asked)).answer.nodes)
        before = graph.statements
        await stated.find(asked)
        statements = graph.statements - before

        async def by_projection(asked: Asked = asked) -> None:
            await kept.find(asked)

        async def by_statements(asked: Asked = asked) -> None:
            await stated.find(asked)

        table.add_row(f"lineage of {nodes:,} nodes, projection, ms", f"{await timed(by_projection):.2f}")
        row = f"lineage of {nodes:,} nodes, {statements} statements, ms"
        table.add_row(row, f"{await timed(by_statements, 3):.2f}")
    return table


async def main(arguments: argparse.Namespace) -> None:
    """Load, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        settings = (
            GraphSettings(url=arguments.url, password=arguments.password)
            if arguments.engine == "neo4j"
            else GraphSettings(data=Path(folder) / "data", heap_mb=arguments.heap)
        )
        graph = await open_graph(settings)
        start = await load(graph, Path(folder), arguments.links)
        Console().print(await measure(graph, start))
        await graph.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("embedded", "neo4j"), default="embedded")
    parser.add_argument("--url", help="of the Neo4j")
    parser.add_argument("--password", help="at the Neo4j")
    parser.add_argument("--links", type=int, default=600_000)
    parser.add_argument("--heap", type=int, default=2048, help="MB, of the embedded engine")
    asyncio.run(main(parser.parse_args()))
