"""Random registries and questions about paths: every way of answering agrees with brute force."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.engine import Graph
from tests.engines import wipe
from tests.graph.asking import lineages
from tests.graph.asking_paths import ask
from tests.graph.stating import state
from tests.graph.test_lineage_random import plain
from tests.reference_facts import ENDS, Import
from tests.reference_paths import paths
from tests.strategies import MOMENTS, Fact, Query, known_ids, often, registries

LEVELS = ("FIELD", "RESOURCE", "SYSTEM", "DEPARTMENT", "JURISDICTION")


@st.composite
def path_queries(draw: st.DrawFn, facts: list[Fact]) -> Query:
    """A question about two of the ids, seldom about one that nobody knows."""
    linked = sorted(fact[end] for fact in facts if fact["fact"] == "feeds" for end in ENDS["feeds"])
    everything = known_ids(facts) + 2 * linked
    ids = st.sampled_from(everything)
    query: Query = {"from": draw(ids), "to": draw(ids), "level": draw(st.sampled_from(LEVELS))}
    if draw(st.integers(0, 40)) == 23:
        query["to"] = "没有这个"
    if (depth := draw(st.one_of(st.none(), st.integers(0, 3)))) is not None:
        query["maxDepth"] = depth
    query["first"] = draw(st.sampled_from((1, 2, 10, 1_000)))
    for name in ("via", "avoid"):
        if draw(st.integers(0, 3)) == 0:
            query[name] = draw(st.lists(ids, min_size=1, max_size=2, unique=True))
    if draw(st.integers(0, 9)) == 0:
        query["budget"] = {"maxNodes": draw(st.integers(1, 8))}
    if moment := draw(often(st.none(), "some", 1)) and draw(st.sampled_from(MOMENTS)):
        query["asOf"] = moment
    return query


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(data=st.data())
async def test_random_paths_are_those_of_brute_force(graph: Graph, data: st.DataObject) -> None:
    facts = data.draw(registries())
    questions = data.draw(st.lists(path_queries(facts), min_size=1, max_size=12))
    await wipe(graph)
    with tempfile.TemporaryDirectory() as folder:
        await state(graph, Path(folder), facts)
    imports = [Import(facts, datetime(2020, 1, 1, tzinfo=UTC), "a", False)]
    ways = [await lineages(graph, 100), await lineages(graph, 0)]
    for query in questions:
        expected: dict[str, Any] = plain(paths(imports, query))
        for of in ways:
            assert plain(await ask(of, query, {})) == expected, query
            if "error" not in expected:
                whether = await ask(of, {**query, "onlyWhether": True}, {})
                assert (whether["paths"], whether["exists"]) == ([], expected["exists"]), query
