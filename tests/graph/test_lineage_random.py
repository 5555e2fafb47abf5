"""Random registries and questions: every way of answering agrees with the plain reference."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings

from graph.engine import Graph
from tests.engines import wipe
from tests.graph.asking import ask, lineages
from tests.graph.stating import state
from tests.reference import answer
from tests.reference_facts import Import
from tests.strategies import Scenario, scenarios


def plain(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        return {"error": {**answer["error"], "names": sorted(answer["error"]["names"])}}
    return answer


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(scenario=scenarios())
async def test_random_questions_are_answered_as_the_reference_does(graph: Graph, scenario: Scenario) -> None:
    facts, questions = scenario
    await wipe(graph)
    with tempfile.TemporaryDirectory() as folder:
        await state(graph, Path(folder), facts)
    imports = [Import(facts, datetime(2020, 1, 1, tzinfo=UTC), "a", False)]
    ways = [await lineages(graph, 100), await lineages(graph, 0)]
    for query in questions:
        expected = plain(answer(imports, query))
        for of in ways:
            assert plain(await ask(of, query, {})) == expected, query
