"""Fixtures for all tests: open graphs, on both engines; and how tests are spread over processes (`tests/spread.py`)."""

import os
from collections.abc import AsyncIterator, Sequence

import pytest

from graph.engine import Graph
from tests.engines import ENGINES, Engines, wipe
from tests.spread import Spread, tell, workers

# No embedded engine of a test lives long enough to win back what it costs to compile its code better than quickly.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many processes run the tests that were asked for."""
    return workers(config)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Spread:
    """Which process gets which tests."""
    return Spread(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Which of them use a server of which there is only one."""
    tell(config, items)


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
