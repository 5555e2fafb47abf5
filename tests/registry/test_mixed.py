"""Mixed questions over many connections to two workers, while imports run beside: each answer is the right one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from graph.engine import Graph, open_graph
from registry.imports import ImportOptions, run_import
from tests.engines import ENGINES, Engines, embedded_settings, neo4j_settings, wipe
from tests.registry.mixed import Load, Writer, questions
from tests.registry.running import SAMPLE, Commands

pytestmark = pytest.mark.slow


@pytest.fixture(params=ENGINES)
async def loaded(
    request: pytest.FixtureRequest, engines: Engines, tmp_path: Path
) -> AsyncIterator[tuple[Commands, Graph]]:
    """Commands on a graph of their own that holds the sample, and the graph."""
    commands = Commands(tmp_path / "data", tmp_path)
    if request.param == "neo4j":
        given = neo4j_settings()
        commands.environment |= {"REGISTRY_GRAPH_URL": str(given.url), "REGISTRY_GRAPH_PASSWORD": given.password or ""}
        graph = await engines.graph("neo4j")
        await wipe(graph)
    else:
        graph = await open_graph(embedded_settings(commands.data))
    with await run_import(graph, [SAMPLE], ImportOptions(source="sample")):
        pass
    yield commands, graph
    if request.param == "neo4j":
        await wipe(graph)
    else:
        await graph.close()


async def test_every_answer_under_load_is_that_of_the_question_alone(
    loaded: tuple[Commands, Graph], tmp_path: Path
) -> None:
    commands, graph = loaded
    with commands.serving("--workers", "2", REGISTRY_SLOW_SECONDS="60") as service:
        load = Load(service.url, questions())
        await load.prepare()
        writer = Writer(graph, tmp_path)
        await load.run(lambda: load.answers >= 800 and writer.written >= 4, 12, writer)
        assert load.wrong == []
        assert load.late * 10 < load.answers
        assert len(load.times) == len({question.kind for question in questions()} | {"by hash", "touched", "import"})
        assert all(len(told) > 3 for told in load.events)
        assert load.left > 1
        assert service.end() == 0
