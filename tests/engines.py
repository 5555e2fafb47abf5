"""The two engines that tests run on, and how to empty them.

The embedded engine is started once a session in a temporary folder. Neo4j is the one at
`REGISTRY_TEST_NEO4J` (with `REGISTRY_TEST_NEO4J_PASSWORD`, user neo4j): ALL THAT IS IN IT IS DELETED.
Where the variable is missing its tests are skipped, in CI they fail.
"""

import os
from pathlib import Path

import pytest

from graph.embedded import wait_until_ended
from graph.engine import Graph, GraphSettings, Transaction, open_graph
from tests.spread import hold

ENGINES = ("embedded", "neo4j")

_DELETE_SOME = """
MATCH (n)
WHERE NOT n:Migration AND NOT n:Sequence
WITH n LIMIT 4000
DETACH DELETE n
RETURN count(n) AS count
"""

_FIRST = """
MATCH (s:Sequence {id: 'sequence'})
SET s.value = 0, s.at = 0, s.numbers = 0, s.taken = null
"""

_DELETE_MIGRATIONS = """
MATCH (m:Migration)
DELETE m
"""


async def wipe(graph: Graph) -> None:
    """Delete all data; keep the schema and start the sequence anew."""

    async def some(transaction: Transaction) -> int:
        [row] = await transaction.run(_DELETE_SOME)
        return int(row["count"])

    while await graph.write(some):
        pass

    async def first(transaction: Transaction) -> None:
        await transaction.run(_FIRST)

    await graph.write(first)


def neo4j_settings() -> GraphSettings:
    """Where the Neo4j for tests is; skips the test where there is none, and fails it in CI."""
    url = os.environ.get("REGISTRY_TEST_NEO4J")
    if not url:
        reason = "REGISTRY_TEST_NEO4J names no Neo4j"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    hold(url)
    return GraphSettings(url=url, password=os.environ.get("REGISTRY_TEST_NEO4J_PASSWORD"))


def embedded_settings(folder: Path) -> GraphSettings:
    """Settings of a small embedded engine that ends soon after its test."""
    return GraphSettings(data=folder, heap_mb=1024, linger_seconds=0.5)


class Engines:
    """The session's open graphs, each opened when a test first asks for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "data"
        self._open: dict[str, Graph] = {}

    async def graph(self, engine: str) -> Graph:
        """The open graph of an engine, with what the last test left in it."""
        if engine not in self._open:
            opening = self._open_neo4j() if engine == "neo4j" else open_graph(embedded_settings(self._folder))
            self._open[engine] = await opening
        return self._open[engine]

    async def _open_neo4j(self) -> Graph:
        """Neo4j outlives a session: let the migrations of this one run from the start."""
        settings = neo4j_settings()
        graph = await open_graph(settings)

        async def forget(transaction: Transaction) -> None:
            await transaction.run(_DELETE_MIGRATIONS)

        await graph.write(forget)
        await graph.close()
        return await open_graph(settings)

    async def close(self) -> None:
        """Close all, and wait for the embedded engine to end."""
        for graph in self._open.values():
            await graph.close()
        if "embedded" in self._open:
            wait_until_ended(self._folder)
