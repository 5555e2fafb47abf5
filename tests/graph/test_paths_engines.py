"""Paths on both engines, from the projection and by statements: very many of them, and random histories."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.engine import Graph
from tests.engines import wipe
from tests.graph.asking import lineages
from tests.graph.asking_paths import ask
from tests.graph.stating import replay, state
from tests.graph.test_lineage_histories import histories, recorded
from tests.graph.test_lineage_random import plain
from tests.graph.test_paths import FACTS, firsts
from tests.graph.test_paths_random import path_queries
from tests.reference_paths import paths


@pytest.mark.parametrize("megabytes", [100, 0])
async def test_40_full_layers_are_answered_at_once(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(graph, tmp_path, FACTS)
    of = await lineages(graph, megabytes)
    query = {"from": "S", "to": "T", "maxDepth": 41}
    found = await ask(of, query, {})
    assert [[node["id"] for node in path["nodes"]] for path in found["paths"]] == firsts(10, {})
    assert (found["exists"], found["stoppedBy"]) == (True, ["NODES"])
    found = await ask(of, {**query, "onlyWhether": True, "avoid": ["20-0"], "via": ["21-9"]}, {})
    assert (found["paths"], found["exists"]) == ([], True)
    found = await ask(of, {**query, "maxDepth": 40}, {})
    assert (found["paths"], found["exists"], found["stoppedBy"]) == ([], False, ["DEPTH"])


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(data=st.data())
async def test_paths_as_known_at_each_moment_are_those_of_brute_force(graph: Graph, data: st.DataObject) -> None:
    steps, _ = data.draw(histories())
    facts = [fact for step in steps for fact in step.get("facts", ())]
    asked = data.draw(st.lists(path_queries(facts), min_size=1, max_size=6))
    for query in asked:
        query["knownAt"] = data.draw(st.sampled_from([step["mark"] for step in steps if "mark" in step]))
    await wipe(graph)
    grown = await lineages(graph, 100)
    with tempfile.TemporaryDirectory() as folder:
        marks = await replay(graph, Path(folder), steps)
    imports, moments = recorded(steps, datetime.now(UTC) - timedelta(hours=1))
    ways = {"grown": grown, "filled": await lineages(graph, 100), "statements": await lineages(graph, 0)}
    for query in asked:
        expected = plain(paths(imports, query, moments))
        for way, of in ways.items():
            assert plain(await ask(of, query, marks)) == expected, (way, query)
