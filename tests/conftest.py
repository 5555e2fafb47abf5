"""Fixtures for all tests: open graphs, on both engines."""

from collections.abc import AsyncIterator

import pytest

from graph.engine import Graph
from tests.engines import ENGINES, Engines, wipe


@pytest.fixture(scope="session")
async def engines(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engines]:
    """The engines of this session."""
    engines = Engines(tmp_path_factory.mktemp("engine"))
    yield engines
    await engines.close()


@pytest.fixture(params=ENGINES)
async def graph(request: pytest.FixtureRequest, engines: Engines) -> Graph:
    """An open, empty graph; the test runs once on each engine."""
    graph = await engines.graph(request.param)
    await wipe(graph)
    return graph


@pytest.fixture
async def embedded_graph(engines: Engines) -> Graph:
    """An open, empty graph on the embedded engine."""
    graph = await engines.graph("embedded")
    await wipe(graph)
    return graph


@pytest.fixture
async def neo4j_graph(engines: Engines) -> Graph:
    """An open, empty graph on Neo4j."""
    graph = await engines.graph("neo4j")
    await wipe(graph)
    return graph
