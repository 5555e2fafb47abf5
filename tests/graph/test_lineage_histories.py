"""Random histories: several imports of several sources, some of them full, asked about as known at each moment."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.engine import Graph
from tests.engines import wipe
from tests.graph.asking import ask, lineages
from tests.graph.stating import replay
from tests.graph.test_lineage_random import plain
from tests.reference import answer
from tests.reference_cases import replayed
from tests.strategies import Fact, Query, queries, registries

Steps = list[dict[str, Any]]


@st.composite
def histories(
    draw: st.DrawFn, registry: st.SearchStrategy[list[Fact]] | None = None, *, whole: bool = False
) -> tuple[Steps, list[Query]]:
    """A registry stated piece by piece and partly again, with a mark after each import, and questions.

    With `whole` the first import states all of it.
    """
    stated = draw(registries() if registry is None else registry)
    facts = [{key: value for key, value in fact.items() if key != "source"} for fact in stated]
    steps: Steps = []
    for number in range(draw(st.integers(2, 4))):
        # A full run of an empty file is taken for a failed one: nothing is withdrawn.
        some = draw(st.lists(st.sampled_from(facts), min_size=1, max_size=len(facts), unique_by=id))
        some = facts if whole and not number else some
        steps.append({"facts": some, "source": draw(st.sampled_from("ab")), "full": draw(st.booleans()) and number > 0})
        steps.append({"mark": f"t{number}"})
    asked = []
    for _ in range(draw(st.integers(1, 5))):
        query = draw(queries(facts))
        query.pop("knownAt", None)
        if draw(st.booleans()):
            query["knownAt"] = draw(st.sampled_from([step["mark"] for step in steps if "mark" in step]))
            # Who stated a link once and no longer does is remembered only where that changed the link.
            for conditions in (query.get("filter") or {}).values():
                if isinstance(conditions, dict):
                    conditions.pop("sources", None)
        asked.append(query)
    return steps, asked


def recorded(steps: Steps, first: datetime) -> tuple[list[Any], dict[str, datetime]]:
    """The steps as the reference takes them."""
    return replayed(tuple(steps), first)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(history=histories())
async def test_what_was_known_at_each_moment_is_what_the_reference_says(
    graph: Graph, history: tuple[list[dict[str, Any]], list[Query]]
) -> None:
    steps, asked = history
    await wipe(graph)
    grown = await lineages(graph, 100)
    await ask(grown, asked[0], {f"t{number}": 0 for number in range(9)})
    with tempfile.TemporaryDirectory() as folder:
        marks = await replay(graph, Path(folder), steps)
    imports, moments = recorded(steps, datetime.now(UTC) - timedelta(hours=1))
    ways = {"grown": grown, "filled": await lineages(graph, 100), "statements": await lineages(graph, 0)}
    for query in asked:
        expected = plain(answer(imports, query, moments))
        for way, of in ways.items():
            assert plain(await ask(of, query, marks)) == expected, (way, query)
