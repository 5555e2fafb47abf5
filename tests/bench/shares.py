"""Where the time of a lineage answer goes: statements, properties, walk, GraphQL, JSON; at 100 to 100,000 nodes.

    python -m tests.bench.shares
    python -m tests.bench.shares --engine neo4j --url bolt://127.0.0.1:7687 --password …

ALL THAT IS IN THE GRAPH IS DELETED, then filled with trees of fields. Up to 10,000 nodes the answer is that of
GraphQL, beyond that the export as JSON Lines. Each is asked from the projection and by statements alone.
"""

import argparse
import asyncio
import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import orjson
from rich.console import Console
from rich.table import Table

import graph.lineage
import graph.whole
import resolvers.completion
import resolvers.lineage
from graph.engine import Graph, GraphSettings, open_graph
from graph.lineage import Asked, Lineages
from graph.moment import Level
from graph.projection import Projection
from graph.walk import UNLIMITED, Budget
from graph.whole import Wholes
from registry.exporting.jsonl_file import JsonLines
from registry.exporting.lineage import lineage_export
from registry.imports import ImportOptions, run_import
from resolvers.encoding import encode
from resolvers.http import GraphQLApp, graphql_app
from resolvers.requests import Asked as Request
from tests.engines import wipe

SIZES = (100, 1_000, 10_000, 100_000)
PER_RESOURCE = 20
QUESTION = """query($id: ID!, $most: Int!) { lineage(ids: [$id], direction: DOWNSTREAM, level: FIELD, depth: 1000,
  budget: {maxNodes: 10000, maxPerNode: $most, maxMilliseconds: 60000}) { nodes { id name depth resource { id name }
  system { id name } department { id name } } edges { source target flow } complete } }"""
MOST = 10_000
"""Nodes of one answer of GraphQL."""
PARTS = ("statements", "walk", "properties", "GraphQL", "JSON")


class Watch:
    """Time by what is under way; of things within others it is that of the inner one."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys(PARTS, 0.0)
        self._stack: list[str] = []
        self._since = 0.0

    @contextmanager
    def under(self, part: str) -> Iterator[None]:
        """While `part` is under way."""
        self._turn()
        self._stack.append(part)
        try:
            yield
        finally:
            self._turn()
            self._stack.pop()

    def _turn(self) -> None:
        now = time.perf_counter()
        if self._stack:
            self.spent[self._stack[-1]] += now - self._since
        self._since = now

    def timed(self, part: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work`, whose time is that of `part`."""

        def plain(*given: Any, **more: Any) -> Any:
            with self.under(part):
                return work(*given, **more)

        async def awaited(*given: Any, **more: Any) -> Any:
            with self.under(part):
                return await work(*given, **more)

        return awaited if asyncio.iscoroutinefunction(work) else plain


def facts() -> Iterator[dict[str, Any]]:
    """Trees of fields, one of each size."""
    yield {"fact": "jurisdiction", "id": "jurisdiction:320900", "name": "盐城市"}
    for size in SIZES:
        for number in range(size):
            resource, owner = number // PER_RESOURCE, f"部门{number // 4_000}"
            system = f"system:320900/{owner}/系统{resource // 20}"
            id = f"resource:320900/{owner}/系统{resource // 20}/资源{size}-{resource}"
            if number % 4_000 == 0:
                yield {"fact": "department", "id": f"department:320900/{owner}", "jurisdiction": "jurisdiction:320900"}
            if number % (20 * PER_RESOURCE) == 0:
                yield {"fact": "system", "id": system, "department": f"department:320900/{owner}"}
            if number % PER_RESOURCE == 0:
                yield {"fact": "resource", "id": id, "system": system, "name": f"资源{resource}"}
            yield {"fact": "field", "id": field(size, number), "name": f"信息项{number}", "resource": id}
            if number:
                yield {
                    "fact": "feeds",
                    "from": field(size, (number - 1) // 5),
                    "to": field(size, number),
                    "job": "归集",
                }


def field(size: int, number: int) -> str:
    """The id of a field of a tree; the first one is its root."""
    return f"field:320900/{size}/{number:06d}"


async def by_graphql(app: GraphQLApp, watch: Watch, size: int, turn: int) -> int:
    """The length of an answer that nobody has asked for before."""
    variables = {"id": field(size, 0), "most": 1_000 - turn}
    with watch.under("GraphQL"):
        answer = await app._answers.answer(Request(QUESTION, variables), app._context())
        with watch.under("JSON"):
            text = encode(answer.formatted())
    assert b'"errors"' not in text[:20], text[:300]
    return len(text)


async def by_export(lineages: Lineages, watch: Watch, size: int, turn: int) -> int:
    """The length of an export."""
    budget = Budget(UNLIMITED, 1_000, 60_000 - turn)
    asked = Asked([field(size, 0)], "DOWNSTREAM", Level.FIELD, 1_000, budget=budget)
    with watch.under("properties"):
        whole = await Wholes(lineages).find(asked)
    assert whole.complete
    with watch.under("JSON"):
        return sum(map(len, JsonLines(lineage_export("lineage", whole)).pieces()))


async def measure(graph: Graph, table: Table) -> None:
    """A row for each size, from the projection and by statements."""
    for megabytes in (2_000, 0):
        projection = Projection(graph, megabytes)
        await projection.fill()
        lineages, app = Lineages(graph, projection), graphql_app(graph, Lineages(graph, projection))
        for size in SIZES:
            runs = []
            for turn in range(7 if size <= 1_000 else 3):
                watch = Watch()
                with timing(watch):
                    length = await (
                        by_graphql(app, watch, size, turn) if size <= MOST else by_export(lineages, watch, size, turn)
                    )
                runs.append((sum(watch.spent.values()), watch.spent))
            took = median(total for total, _ in runs)
            spent = next(spent for total, spent in runs if total == took)
            shares = (f"{100 * spent[part] / took:.0f} %" for part in PARTS)
            way = f"{graph.engine}, {'projection' if megabytes else 'statements'}"
            table.add_row(way, f"{size:,}", f"{took * 1000:,.1f}", f"{length / 1e6:.2f}", *shares)
        await app.close()


@contextmanager
def timing(watch: Watch) -> Iterator[None]:
    """With a watch on the parts of an answer."""
    places = [
        ("statements", Graph, "read"),
        ("walk", graph.lineage, "worked_out"),
        ("walk", graph.lineage, "_driven"),
        ("walk", graph.lineage, "answer"),
        ("properties", graph.whole, "_still"),
        ("properties", resolvers.lineage, "answered"),
        ("JSON", resolvers.completion, "encode"),
    ]
    patches = [patch.object(owner, name, watch.timed(part, getattr(owner, name))) for part, owner, name in places]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


async def main(given: argparse.Namespace) -> None:
    """Load, measure, print."""
    logging.disable(logging.WARNING)  # what is slow is in the table
    table = Table("answered by", "nodes", "ms", "MB", *PARTS)
    with tempfile.TemporaryDirectory() as folder:
        limits: dict[str, Any] = {"statement_seconds": 120, "total_seconds": 300}
        settings = (
            GraphSettings(url=given.url, password=given.password, **limits)
            if given.engine == "neo4j"
            else GraphSettings(data=Path(folder) / "data", heap_mb=given.heap, **limits)
        )
        opened = await open_graph(settings)
        await wipe(opened)
        file = Path(folder) / "facts.jsonl"
        file.write_bytes(b"".join(orjson.dumps(fact, option=orjson.OPT_APPEND_NEWLINE) for fact in facts()))
        (await run_import(opened, [file], ImportOptions(connector="exchange", source="bench"))).close()
        await measure(opened, table)
        await opened.close()
    Console(width=120).print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("embedded", "neo4j"), default="embedded")
    parser.add_argument("--url", help="of the Neo4j")
    parser.add_argument("--password", help="at the Neo4j")
    parser.add_argument("--heap", type=int, default=2048, help="MB, of the embedded engine")
    asyncio.run(main(parser.parse_args()))
