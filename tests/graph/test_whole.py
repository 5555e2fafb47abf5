"""Whole answers: all of a lineage, the same again at the same pin, from any process and after any change."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from graph.changes import now
from graph.engine import Graph
from graph.lineage import Asked, agreements_of, jobs_of
from graph.moment import Level
from graph.narrowing import Conditions, LineageFilter
from graph.net import FLOWS
from graph.refusals import Moved, Refusal
from graph.walk import UNLIMITED, Budget, Stop
from graph.whole import Pin, Whole, Wholes, mark
from tests.engines import wipe
from tests.graph.asking import lineages, question
from tests.graph.asking import whole as as_found
from tests.graph.stating import state
from tests.graph.test_lineage_histories import histories
from tests.strategies import Query

FACTS: list[dict[str, Any]] = [
    {"fact": "jurisdiction", "id": "j", "name": "盐城市"},
    {"fact": "department", "id": "d1", "name": "公安局", "jurisdiction": "j"},
    {"fact": "department", "id": "d2", "jurisdiction": "j"},
    {"fact": "system", "id": "s1", "name": "人口系统", "department": "d1"},
    {"fact": "resource", "id": "r1", "name": "户籍", "system": "s1"},
    {"fact": "resource", "id": "r2", "provider": "d2"},
    {"fact": "resource", "id": "r3", "name": "档案", "provider": "d2"},
    {"fact": "feeds", "from": "r1", "to": "r2", "job": "夜间"},
    {"fact": "feeds", "from": "r1", "to": "r2", "job": "日间"},
    {"fact": "feeds", "from": "r2", "to": "r3"},
    {"fact": "feeds", "from": "r3", "to": "r1", "valid_to": "2020-01-01"},
    {"fact": "agreement", "id": "a1", "provider": "d1", "consumer": "d2", "covers": ["r1"]},
]
DOWN = Asked(["r1"], "DOWNSTREAM")


def told(whole: Whole) -> dict[str, Any]:
    """All that it shows."""
    return {
        "nodes": whole.nodes(0, len(whole.ids)),
        "edges": whole.edges(0, len(whole.source)),
        "cut": (whole.complete, whole.stopped_by, whole.reached_depth),
    }


async def test_it_shows_all_of_an_answer(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    for of in (await lineages(graph, 64), await lineages(graph, 0)):
        whole = await Wholes(of).find(DOWN)
        assert whole.nodes(0, 9) == {
            "id": ["r1", "r2", "r3"],
            "kind": ["resource"] * 3,
            "name": ["户籍", "r2", "档案"],
            "depth": [0, 1, 2],
            "whole": [True] * 3,
            "more": [0] * 3,
            "resource": [{"id": "r1", "name": "户籍"}, {"id": "r2", "name": "r2"}, {"id": "r3", "name": "档案"}],
            "system": [{"id": "s1", "name": "人口系统"}, None, None],
            "department": [{"id": "d1", "name": "公安局"}, {"id": "d2", "name": "d2"}, {"id": "d2", "name": "d2"}],
            "jurisdiction": [{"id": "j", "name": "盐城市"}] * 3,
        }
        assert whole.edges(0, 9) == {
            "source": ["r1", "r2"],
            "target": ["r2", "r3"],
            "sourceName": ["户籍", "r2"],
            "targetName": ["r2", "档案"],
            "flow": ["FEEDS"] * 2,
            "count": [2, 1],
            "precise": [True] * 2,
            "jobs": [["夜间", "日间"], []],
            "agreements": [["a1"], []],
        }
        assert whole.nodes(1, 2)["id"] == ["r2"]
        assert whole.edges(1, 2)["agreements"] == [[]]
        assert (whole.complete, whole.stopped_by, whole.reached_depth) == (True, (), 2)


async def test_no_budget_of_nodes_cuts_it_but_all_else_does(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    wholes = Wholes(await lineages(graph, 64))
    assert len((await wholes.find(replace(DOWN, budget=Budget(max_nodes=1)))).ids) == 3
    cut = await wholes.find(replace(DOWN, depth=1))
    assert (cut.ids, cut.complete, cut.stopped_by) == (["r1", "r2"], False, (Stop.DEPTH,))
    assert cut.nodes(0, 2)["more"] == [0, 1]


async def test_later_changes_do_not_touch_it(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    for of in (await lineages(graph, 64), await lineages(graph, 0)):
        wholes = Wholes(of)
        before = await wholes.find(DOWN)
        shown = told(before)
        await state(graph, tmp_path, [{"fact": "resource", "id": "r2", "name": "别名"}, *FACTS[:5]], full=True)
        after = await wholes.find(DOWN)
        assert after.ids == ["r1"]
        assert after.pin.sequence > before.pin.sequence
        assert told(before) == shown
        again = await wholes.find(DOWN, before.pin)
        assert told(again) == shown
        await state(graph, tmp_path, FACTS)


async def test_what_is_known_later_than_the_pin_is_not_told_whatever_is_asked(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    wholes = Wholes(await lineages(graph, 64))
    pin = (await wholes.find(DOWN)).pin
    await state(graph, tmp_path, [{"fact": "resource", "id": "r4"}, {"fact": "feeds", "from": "r3", "to": "r4"}])
    tomorrow = replace(DOWN, known_at=now() + 10**12)
    assert len((await wholes.find(tomorrow)).ids) == 4
    assert len((await wholes.find(tomorrow, pin)).ids) == 3


async def test_a_pin_of_another_graph_is_refused(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    wholes = Wholes(await lineages(graph, 0))
    pin = (await wholes.find(DOWN)).pin
    for other in (
        replace(pin, sequence=pin.sequence + 1),
        replace(pin, at=pin.at - 1),
        replace(pin, sequence=0, at=1),
    ):
        with pytest.raises(Moved) as refused:
            await wholes.find(DOWN, other)
        assert (refused.value.code, refused.value.argument) == ("CONFLICT", "after")
    await wipe(graph)
    await state(graph, tmp_path, FACTS)
    with pytest.raises(Moved):
        await wholes.find(DOWN, pin)


async def test_a_kept_answer_needs_no_walk_and_one_cut_by_time_is_not_kept(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    of = await lineages(graph, 0)
    wholes = Wholes(of)
    first = await wholes.find(DOWN, keep=True)
    before = graph.statements
    assert await wholes.find(DOWN, first.pin) is first
    assert graph.statements - before == 1
    assert await wholes.find(replace(DOWN, depth=1), first.pin) is not first


async def test_who_stated_a_link_before_is_not_known_so_that_another_page_is_refused(
    graph: Graph, tmp_path: Path
) -> None:
    await state(graph, tmp_path, FACTS)
    asked = replace(DOWN, filter=LineageFilter(only=Conditions(sources=("b",))))
    for megabytes, link in ((64, FACTS[7]), (0, FACTS[9])):
        wholes = Wholes(await lineages(graph, megabytes))
        first = await wholes.find(asked, keep=True)
        other = Wholes(await lineages(graph, megabytes))
        assert (await other.find(asked, first.pin)).ids == first.ids
        await state(graph, tmp_path, [link], "b")
        assert await wholes.find(asked, first.pin) is first
        assert (await other.find(asked)).ids != first.ids
        with pytest.raises(Moved):
            await Wholes(await lineages(graph, megabytes)).find(asked, first.pin)


def test_the_mark_of_a_question_is_the_same_in_every_process() -> None:
    assert mark(DOWN) == mark(replace(DOWN, budget=Budget(max_nodes=7)))
    assert len({mark(one) for one in _different()}) == len(_different())
    text = "from graph.whole import mark, plain; from graph.lineage import Asked; "
    text += "print(mark(Asked(['𠀀'], 'BOTH')), plain(frozenset(map(str, range(99)))))"
    seeds = [{**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"} for seed in "12"]
    assert len({subprocess.check_output([sys.executable, "-c", text], env=seed) for seed in seeds}) == 1


def _different() -> Sequence[Asked]:
    return [
        DOWN,
        replace(DOWN, ids=["r2"]),
        replace(DOWN, ids=["r1", "r2"]),
        replace(DOWN, direction="BOTH"),
        replace(DOWN, level=Level.FIELD),
        replace(DOWN, depth=6),
        replace(DOWN, as_of=1),
        replace(DOWN, known_at=1),
        replace(DOWN, reads=True),
        replace(DOWN, budget=Budget(max_per_node=5)),
        replace(DOWN, filter=LineageFilter(stop_at=("r2",))),
        replace(DOWN, filter=LineageFilter(through=("r2",))),
        replace(DOWN, filter=LineageFilter(only=Conditions(jobs=("夜间",)))),
        replace(DOWN, filter=LineageFilter(show=Conditions(jobs=("夜间",)))),
    ]


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(history=histories())
async def test_at_its_pin_an_answer_is_what_it_was(
    graph: Graph, tmp_path: Path, history: tuple[list[dict[str, Any]], list[Query]]
) -> None:
    """Random histories: asked after each import, and again in the end by a process that saw none of it."""
    steps, asked = history
    await wipe(graph)
    of = await lineages(graph, 100)
    wholes, marks, then = Wholes(of), dict[str, int](), list[tuple[Asked, Pin, Any]]()
    for step in steps:
        if "mark" in step:
            marks[step["mark"]] = now()
            continue
        await state(graph, tmp_path, step["facts"], step.get("source", "a"), full=step.get("full", False))
        for query in asked:
            if query.get("knownAt") in {None, *marks}:
                one = question(query, marks)
                one = replace(one, budget=replace(one.budget, max_nodes=UNLIMITED))
                try:
                    found, whole = await of.find(one), await wholes.find(one)
                except Refusal:
                    continue
                shown = as_found(found)
                assert whole.nodes(0, len(whole.ids))["id"] == [node["id"] for node in shown["nodes"]]
                edges = whole.edges(0, len(whole.source))
                assert edges["count"] == [edge["count"] for edge in shown["edges"]]
                assert edges["flow"] == [FLOWS[flow] for flow in found.answer.edges.flow]
                assert edges["jobs"] == [jobs_of(found.answer, at) for at in range(len(edges["count"]))]
                assert edges["agreements"] == [agreements_of(found.answer, at) for at in range(len(edges["count"]))]
                then.append((one, whole.pin, told(whole)))
    for other in (Wholes(await lineages(graph, 100)), Wholes(await lineages(graph, 0))):
        for one, pin, shown in then:
            try:
                again = await other.find(one, pin)
            except Moved:
                assert one.filter.of_sources
            else:
                assert told(again) == shown
