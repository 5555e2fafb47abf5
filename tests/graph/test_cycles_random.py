"""Random registries: cycles and mutual dependence are what the plain reference says, however they are found."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.cycles import AskedCycles
from graph.engine import Graph
from graph.facts import as_instant
from graph.moment import Level
from graph.refusals import Refusal
from tests import reference_cycles as reference
from tests.engines import wipe
from tests.graph.asking import ZONE
from tests.graph.cycling import finder, pairs, sets
from tests.graph.stating import replay, state
from tests.reference_cases import replayed
from tests.reference_facts import Facts, Import, instant
from tests.strategies import MOMENTS, Fact, ids_of, links, registries

NOW = "2026-01-01T00:00:00Z"
LEVELS = [level.name for level in Level]
Question = tuple[str, str | None, str]
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]


@st.composite
def dense(draw: st.DrawFn) -> list[Fact]:
    """A small registry in which more flows than usual."""
    facts = draw(registries())
    for kind in ("field", "resource"):
        stated = [fact for fact in facts if fact["fact"] == kind]
        ids = ids_of(stated, kind, "未登记")
        facts += draw(links("feeds", ids, ids, 8))
    return facts


@st.composite
def questions(draw: st.DrawFn, facts: list[Fact]) -> list[Question]:
    """All levels, each at some moment, now and then within something."""
    places = [fact["id"] for fact in facts if fact["fact"] in ("jurisdiction", "department", "system", "resource")]
    within = st.none() if not places else st.one_of(st.none(), st.none(), st.sampled_from(places))
    moments = st.sampled_from((NOW, NOW, *MOMENTS))
    return [(level, draw(within), draw(moments)) for level in LEVELS]


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Fact], list[Question]]:
    facts = draw(dense())
    return facts, draw(questions(facts))


def told(links: list[tuple[Any, ...]]) -> list[tuple[str, str, str]]:
    return sorted((link[0], link[1], link[2] or "") for link in links)


def plain(pair: dict[str, Any]) -> dict[str, Any]:
    """A pair with links in a fixed order: those that differ in their beginning only are told alike."""
    return {**pair, **{way: {**pair[way], "links": told(pair[way]["links"])} for way in ("there", "back")}}


@settings(max_examples=30, deadline=None, suppress_health_check=CHECKS)
@given(case=cases())
async def test_random_registries_have_the_cycles_of_the_reference(
    graph: Graph, case: tuple[list[Fact], list[Question]]
) -> None:
    facts, asked = case
    await wipe(graph)
    with tempfile.TemporaryDirectory() as folder:
        await state(graph, Path(folder), facts)
    imports = [Import(facts, datetime(2020, 1, 1, tzinfo=UTC))]
    ways = [await finder(graph, 100), await finder(graph, 0)]
    for level, within, moment in asked:
        then = instant(moment)
        assert then is not None
        question = reference.Asked(level, within, then, datetime.now(UTC))
        known = within is None or within in Facts(imports, datetime.now(UTC)).kinds()
        expected, mutual = reference.cycles(imports, question), reference.mutual(imports, question)
        for of in ways:
            put = AskedCycles(Level[level], within, as_instant(moment, ZONE))
            if not known:  # what names it was refused
                assert await refused(of.sets(put)) == "NOT_FOUND"
                continue
            assert await sets(of, put) == expected, (level, within, moment)
            assert list(map(plain, await pairs(of, put))) == list(map(plain, mutual)), (level, within, moment)


async def refused(work: Any) -> str | None:
    try:
        await work
    except Refusal as refusal:
        return refusal.code
    return None


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[Question]]:
    """A registry stated piece by piece and partly again, with a mark after each import."""
    facts = draw(dense())
    steps: list[dict[str, Any]] = []
    for number in range(draw(st.integers(2, 4))):
        some = draw(st.lists(st.sampled_from(facts), min_size=len(facts) // 2, max_size=len(facts), unique_by=id))
        some = some or facts[:1]
        steps.append({"facts": some, "source": draw(st.sampled_from("ab")), "full": draw(st.booleans()) and number > 0})
        steps.append({"mark": f"t{number}"})
    marks = st.sampled_from([step["mark"] for step in steps if "mark" in step])
    return steps, [(level, draw(marks), draw(st.sampled_from((NOW, *MOMENTS)))) for level in LEVELS]


@settings(max_examples=15, deadline=None, suppress_health_check=CHECKS)
@given(history=histories())
async def test_cycles_as_they_were_known_are_those_of_the_reference(
    graph: Graph, history: tuple[list[dict[str, Any]], list[Question]]
) -> None:
    steps, asked = history
    await wipe(graph)
    grown, surveyed = await finder(graph, 100), await finder(graph, 0)
    with tempfile.TemporaryDirectory() as folder:
        # Both have looked at the graph before it is whole, and follow it.
        marks = await replay(graph, Path(folder), steps[:2])
        for of in (grown, surveyed):
            await of.sets(AskedCycles(Level.FIELD))
        marks |= await replay(graph, Path(folder), steps[2:])
    imports, moments = replayed(tuple(steps), datetime.now(UTC) - timedelta(hours=1))
    ways = {"grown": grown, "surveyed": surveyed, "filled": await finder(graph, 100), "fresh": await finder(graph, 0)}
    for level, mark, moment in asked:
        then = instant(moment)
        assert then is not None
        question = reference.Asked(level, None, then, moments[mark or ""])
        expected, mutual = reference.cycles(imports, question), reference.mutual(imports, question)
        for way, of in ways.items():
            put = AskedCycles(Level[level], None, as_instant(moment, ZONE), marks[mark or ""])
            assert await sets(of, put) == expected, (way, level, mark, moment)
            assert list(map(plain, await pairs(of, put))) == list(map(plain, mutual)), (way, level, mark, moment)
