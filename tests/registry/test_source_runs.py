"""Runs of sources: one at a time, tried again, recorded, guarded, undone."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.protocol import SourceError
from graph import runs
from graph.changes import now
from graph.engine import Graph
from graph.runs import Run, RunState, Trigger
from registry.sources.runner import How, Refused, run_source, undo_run, withdraw_source
from tests.engines import wipe
from tests.registry.feigned import configured, of
from tests.registry.importing import Line, said, small_graph, state

HOW = How(worker="here")
A: Line = {"fact": "resource", "id": "resource:a", "name": "甲"}
B: Line = {"fact": "resource", "id": "resource:b", "name": "乙"}
AB: Line = {"fact": "feeds", "from": "resource:a", "to": "resource:b", "job": "夜间"}


async def done(graph: Graph, lines: Sequence[Line], how: How = HOW, **running: Any) -> Run:
    """A run of `people` that says `lines`."""
    source = configured(lambda: lines, **running)
    ended = await run_source(graph, of(source), source, how)
    assert ended.run is not None
    if ended.report is not None:
        ended.report.close()
    return ended.run


async def own(graph: Graph, folder: Path, source: str = "people") -> list[Line]:
    """What a source states now."""
    return [line for line in await said(graph, folder) if line["source"] == source]


async def test_a_run_is_recorded_with_what_it_did(graph: Graph) -> None:
    first = await done(graph, [A, B, AB, {"fact": "resource"}])
    assert (first.number, first.state, first.trigger, first.kind) == (1, RunState.DONE, Trigger.PERSON, "feigned")
    assert first.counts["resource"]["added"] == 2
    assert first.counts["feeds"]["added"] == 1
    assert [(one["severity"], one["count"]) for one in first.findings] == [("ERROR", 1)]
    assert first.message == "1 of what it says could not be taken"
    second = await done(graph, [A, B, AB])
    assert (second.number, second.first, second.facts) == (2, None, 3)
    found = await runs.history(graph, "people", 10)
    assert found == [second, first]
    assert found[1].first is not None
    assert found[1].last is not None
    assert found[1].first < found[1].last
    assert await runs.who_runs(graph, "people", now()) is None


async def test_a_dry_run_writes_nothing_and_is_no_run(graph: Graph, tmp_path: Path) -> None:
    source = configured(lambda: [A])
    ended = await run_source(graph, of(source), source, replace(HOW, dry_run=True))
    assert ended.run is None
    assert ended.report is not None
    with ended.report:
        assert ended.report.counts["resource"].added == 1
    assert await said(graph, tmp_path) == []
    assert await runs.history(graph, "people", 10) == []


async def test_a_source_is_run_once_at_a_time(graph: Graph) -> None:
    began = Run("", "people", 0, "feigned", Trigger.PERSON, "elsewhere", now())
    other = await runs.begin(graph, began)
    assert other is not None
    with pytest.raises(Refused, match="people is being run by elsewhere"):
        await done(graph, [A])
    await runs.end(graph, replace(other, state=RunState.DONE))
    assert (await done(graph, [A])).number == 2


async def test_of_many_who_begin_at_once_one_does(graph: Graph) -> None:
    began = [Run("", "people", 0, "feigned", Trigger.SCHEDULE, f"w{n}", now()) for n in range(6)]
    found = await asyncio.gather(*(runs.begin(graph, one) for one in began))
    assert sum(one is not None for one in found) == 1


async def test_a_worker_that_is_gone_loses_its_lease(graph: Graph) -> None:
    long_ago = now() - 10 * 60 * 1_000_000
    lost = await runs.begin(graph, Run("", "people", 0, "feigned", Trigger.PERSON, "gone", long_ago))
    assert lost is not None
    assert (await done(graph, [A])).number == 2
    assert not await runs.keep_lease(graph, lost, now())
    assert [one.state for one in await runs.history(graph, "people", 9)] == [RunState.DONE, RunState.LOST]


async def test_what_was_begun_since_it_was_due_is_not_run_again(graph: Graph) -> None:
    due = now()
    assert (await done(graph, [A], replace(HOW, due=due))).number == 1
    with pytest.raises(Refused):
        await done(graph, [A], replace(HOW, due=due, worker="elsewhere"))
    assert (await done(graph, [A], replace(HOW, due=now()))).number == 2


async def test_what_cannot_be_reached_is_tried_again(graph: Graph) -> None:
    answers: list[Any] = [SourceError("away", passing=True), SourceError("away", passing=True), [A]]
    source = configured(lambda: answers.pop(0), wait=0.01)
    ended = await run_source(graph, of(source), source, HOW)
    assert ended.run is not None
    assert (ended.run.state, ended.run.attempts) == (RunState.DONE, 3)
    assert ended.report is not None
    ended.report.close()


@pytest.mark.parametrize(("passing", "attempts"), [(True, 3), (False, 1)])
async def test_what_cannot_be_read_fails_and_says_why(graph: Graph, passing: bool, attempts: int) -> None:
    source = configured(lambda: SourceError("the password is wrong", passing=passing), wait=0.01)
    ended = await run_source(graph, of(source), source, HOW)
    assert ended.report is None
    [run] = await runs.history(graph, "people", 9)
    assert (run.state, run.attempts, run.message) == (RunState.FAILED, attempts, "the password is wrong")


async def test_a_run_that_says_too_much_writes_nothing(graph: Graph, tmp_path: Path) -> None:
    run = await done(graph, [A, B, AB], max_facts=2)
    assert run.state is RunState.FAILED
    assert run.message == "it states more than 2 things and links; nothing was written"
    assert await said(graph, tmp_path) == []


async def test_a_bad_full_run_withdraws_nothing(graph: Graph, tmp_path: Path) -> None:
    await done(graph, small_graph(), full=True)
    before = await own(graph, tmp_path)
    run = await done(graph, small_graph()[:4], full=True)
    assert run.state is RunState.DONE
    assert run.message is not None
    assert run.message.startswith("nothing was withdrawn: ")
    assert await own(graph, tmp_path) == before


async def test_a_run_is_undone_exactly_and_the_undoing_too(graph: Graph, tmp_path: Path) -> None:
    await done(graph, [A, B, AB], full=True)
    first = await own(graph, tmp_path)
    changed: list[Line] = [
        {**A, "name": "丙", "code": "7"},
        {"fact": "field", "id": "field:f", "resource": "resource:a"},
    ]
    await done(graph, changed, full=True, withdraw_share=1)
    second = await own(graph, tmp_path)
    assert second != first
    undone = await undo_run(graph, "people", None, HOW)
    assert undone.run is not None
    assert (undone.run.number, undone.run.undoes, undone.run.trigger) == (3, 2, Trigger.UNDO)
    assert await own(graph, tmp_path) == first
    with pytest.raises(Refused, match="was undone by run 3"):
        await undo_run(graph, "people", 2, HOW)
    await undo_run(graph, "people", 3, HOW)
    assert await own(graph, tmp_path) == second


async def test_only_the_last_change_is_undone(graph: Graph) -> None:
    with pytest.raises(Refused, match="No run of people"):
        await undo_run(graph, "people", None, HOW)
    await done(graph, [A])
    await done(graph, [B])
    await done(graph, [B])
    with pytest.raises(Refused, match="Run 2 of people came later"):
        await undo_run(graph, "people", 1, HOW)
    with pytest.raises(Refused, match="no run 9"):
        await undo_run(graph, "people", 9, HOW)
    undone = await undo_run(graph, "people", None, HOW)
    assert undone.run is not None
    assert undone.run.undoes == 2


async def test_what_others_say_stays_when_a_run_is_undone(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, [{**A, "abstract": "摘要"}, AB], source="others")
    before = await said(graph, tmp_path)
    await done(graph, [{**A, "abstract": None, "code": "9"}, B, AB])
    await undo_run(graph, "people", None, HOW)
    assert [line for line in await said(graph, tmp_path) if line["source"] != "registry"] == before


async def test_all_that_a_source_states_is_withdrawn_and_comes_back(graph: Graph, tmp_path: Path) -> None:
    await done(graph, small_graph())
    before = await own(graph, tmp_path)
    await withdraw_source(graph, "people", HOW)
    assert await own(graph, tmp_path) == []
    await undo_run(graph, "people", None, HOW)
    assert await own(graph, tmp_path) == before


async def test_old_runs_are_forgotten(graph: Graph) -> None:
    for name in "abcde":
        await done(graph, [{**A, "name": name}], keep_runs=2)
    assert [one.number for one in await runs.history(graph, "people", 9)] == [5, 4]
    with pytest.raises(Refused, match="no run 3"):
        await undo_run(graph, "people", 3, HOW)


VALUES = st.fixed_dictionaries(
    {}, optional={"name": st.sampled_from("甲乙丙"), "code": st.sampled_from(["1", "2", None]), "open": st.booleans()}
)
THINGS = st.dictionaries(st.sampled_from(["resource:1", "resource:2", "resource:3"]), VALUES, max_size=3)
LINKS = st.dictionaries(
    st.tuples(st.sampled_from("123"), st.sampled_from("123"), st.sampled_from(["x", "y"])),
    st.sampled_from([{}, {"transformation": "t"}, {"influence": "DIRECT"}, {"transformation": None}]),
    max_size=3,
)
SAYINGS = st.builds(
    lambda things, links: [
        *({"fact": "resource", "id": id, **values} for id, values in things.items()),
        *(
            {"fact": "feeds", "from": f"resource:{one}", "to": f"resource:{two}", "job": job, **values}
            for (one, two, job), values in links.items()
        ),
    ],
    THINGS,
    LINKS,
)
STEPS = st.lists(st.tuples(st.sampled_from(["people", "others"]), SAYINGS, st.booleans()), min_size=1, max_size=4)


NOW = """
MATCH (n:Resource) WHERE n.sources IS NOT NULL AND n.closed IS NULL
RETURN 'thing' AS what, n.id AS one, n.name AS two, n.code AS three, n.open AS four
UNION ALL
MATCH (a)-[r:FEEDS]->(b) WHERE r.recorded_to IS NULL AND r.ended IS NULL
RETURN 'link' AS what, a.id + b.id + r.job AS one, r.transformation AS two, r.influence AS three, null AS four
"""


async def added_up(graph: Graph) -> list[str]:
    """What all sources together say."""
    return sorted(str(tuple(row.values())) for row in await graph.read(NOW))


def in_effect(lines: Sequence[Line]) -> list[str]:
    """What is said, where a key that is cleared equals one that nobody speaks of."""
    return sorted(str({name: value for name, value in line.items() if value is not None}) for line in lines)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, last=SAYINGS, full=st.booleans(), meanwhile=SAYINGS)
async def test_undoing_any_run_gives_back_what_was_said(
    graph: Graph, tmp_path: Path, steps: Any, last: list[Line], full: bool, meanwhile: list[Line]
) -> None:
    await wipe(graph)
    for source, lines, whole in steps:
        await state(graph, tmp_path, lines, source=source, full=whole, withdraw_share=1)
    before, shown = await own(graph, tmp_path), await added_up(graph)
    run = await done(graph, last, full=full, withdraw_share=1)
    await state(graph, tmp_path, meanwhile, source="others")
    others = await own(graph, tmp_path, "others")
    if run.first is None:
        with pytest.raises(Refused):
            await undo_run(graph, "people", None, HOW)
    else:
        await undo_run(graph, "people", None, HOW)
    assert in_effect(await own(graph, tmp_path)) == in_effect(before)
    assert in_effect(await own(graph, tmp_path, "others")) == in_effect(others)
    if not meanwhile:
        assert await added_up(graph) == shown
