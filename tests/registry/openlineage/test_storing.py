"""What events state: of runs that are added up, by the newest that moved data, the same in any order."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.datasets import Rule
from graph.changes import position
from graph.engine import Graph
from graph.noted import every
from graph.sources import list_sources
from registry.sources.runner import How, withdraw_source
from tests.engines import ENGINES, Engines, wipe
from tests.graph.stating import state
from tests.registry.openlineage.said import DB, dataset, event, everything, fields, flows, links, take
from tests.registry.openlineage.strategies import told


async def test_inputs_of_the_start_and_outputs_of_the_end_are_joined(graph: Graph) -> None:
    await take(graph, [event(1, "START", inputs=["a"]), event(2, "RUNNING", inputs=["b"])])
    assert await links(graph) == set()
    await take(graph, [event(3, outputs=["c"])])
    assert await links(graph) == {("a", "c"), ("b", "c")}


async def test_columns_flow_in_the_name_of_the_job_and_belong_to_their_resources(graph: Graph) -> None:
    out = dataset("b", "y", "z", **flows(y=("a", "x")))
    await take(graph, [event(1, inputs=[dataset("a", "x"), "c"], outputs=[out])])
    assert await links(graph) == {("a/x", "b/y"), ("c", "b")}
    assert await fields(graph) == {"a/x", "b/y", "b/z"}
    found = {source.id: (source.connector, source.things, source.links) for source in await list_sources(graph)}
    assert found == {
        "openlineage:n/j": ("openlineage", 0, 2),
        f"openlineage:resource:{DB}/a": ("openlineage", 1, 0),
        f"openlineage:resource:{DB}/b": ("openlineage", 2, 0),
    }


async def test_the_same_event_again_changes_nothing(graph: Graph) -> None:
    events = [event(1, "START", inputs=["a"]), event(2, outputs=[dataset("b", "y", **flows(y=("a", "x")))])]
    await take(graph, events)
    before, sequence = await everything(graph), (await position(graph)).sequence
    await take(graph, [*events, *events], at_once=3)
    assert await everything(graph) == before
    assert (await position(graph)).sequence == sequence


async def test_a_newer_run_withdraws_what_it_no_longer_does(graph: Graph) -> None:
    await take(graph, [event(1, inputs=["a", "b"], outputs=["c"]), event(2, run="r2", inputs=["b"], outputs=["c"])])
    assert await links(graph) == {("b", "c")}


async def test_a_job_whose_statements_were_withdrawn_states_them_again(graph: Graph) -> None:
    one = event(1, inputs=["a"], outputs=["b"])
    await take(graph, [one])
    done = await withdraw_source(graph, "openlineage:n/j", How(worker="here"))
    assert done.report is not None
    done.report.close()
    assert await links(graph) == set()
    await take(graph, [one])
    assert await links(graph) == {("a", "b")}


async def test_an_older_run_that_comes_late_changes_nothing(graph: Graph) -> None:
    await take(graph, [event(5, run="r2", inputs=["b"], outputs=["c"]), event(1, inputs=["a"], outputs=["c"])])
    assert await links(graph) == {("b", "c")}


async def test_an_event_that_comes_late_still_belongs_to_its_run(graph: Graph) -> None:
    await take(graph, [event(5, outputs=["c"]), event(1, "START", inputs=["a"])])
    assert await links(graph) == {("a", "c")}


@pytest.mark.parametrize("end", ["FAIL", "ABORT"])
async def test_a_run_that_failed_states_nothing_and_leaves_what_was(graph: Graph, end: str) -> None:
    await take(graph, [event(1, inputs=["a"], outputs=["b"])])
    failed = [event(2, "START", "r2", inputs=[dataset("x", "k")]), event(3, end, "r2", outputs=["y"])]
    await take(graph, failed)
    assert await links(graph) == {("a", "b")}
    assert await fields(graph) == set()


async def test_a_run_that_names_no_dataset_leaves_what_was(graph: Graph) -> None:
    await take(graph, [event(1, inputs=["a"], outputs=["b"]), event(2, run="r2")])
    assert await links(graph) == {("a", "b")}


async def test_a_streaming_job_moves_data_while_it_runs(graph: Graph) -> None:
    running = event(1, "RUNNING", inputs=["a"], outputs=["b"])
    await take(graph, [running])
    assert await links(graph) == set()
    running["job"]["facets"] = {"jobType": {"processingType": "STREAMING"}}
    await take(graph, [running])
    assert await links(graph) == {("a", "b")}


async def test_a_dataset_does_not_feed_itself(graph: Graph) -> None:
    out = dataset("a", "x", "y", **flows(x=("a", "y")))
    await take(graph, [event(1, inputs=["a", "b"], outputs=[out])])
    assert await links(graph) == {("b", "a")}


async def test_what_two_jobs_tell_of_a_dataset_is_laid_together(graph: Graph) -> None:
    await take(graph, [event(1, job="j1", inputs=[dataset("a", "x")], outputs=["b"])])
    await take(graph, [event(2, job="j2", inputs=[dataset("a", "y")], outputs=["c"])])
    assert await fields(graph) == {"a/x", "a/y"}
    await take(graph, [event(3, run="r2", job="j1", inputs=["d"], outputs=["b"])])
    assert await fields(graph) == {"a/x", "a/y"}
    dropped = dataset("a", lifecycleStateChange={"lifecycleStateChange": "DROP"})
    await take(graph, [event(4, job="j3", outputs=[dropped])])
    assert await fields(graph) == set()


async def test_datasets_meet_what_is_registered(graph: Graph, tmp_path: Path) -> None:
    facts: list[dict[str, Any]] = [
        {"fact": "resource", "id": "resource:人口", "name": "人口", "aliases": ["a"]},
        {
            "fact": "field",
            "id": "field:人口/身份证号",
            "name": "身份证号",
            "code": "ID_NO",
            "resource": "resource:人口",
        },
        {"fact": "resource", "id": "resource:法人", "name": "法人"},
        {"fact": "resource", "id": "resource:信用", "name": "信用", "code": "hive-c"},
    ]
    await state(graph, tmp_path, facts, source="catalogue")
    symlinked = dataset("c", symlinks={"identifiers": [{"namespace": "hive://m", "name": "hive-c", "type": "TABLE"}]})
    out = dataset("dwd.b", "id", **flows(id=("a", "id_no")))
    rules = [Rule(namespace="postgres*", name="dwd.b", resource="resource:法人")]
    await take(graph, [event(1, inputs=["a", symlinked, "z"], outputs=[out])], rules=rules)
    assert await links(graph) == {("人口/身份证号", "法人/id"), ("信用", "法人"), ("z", "法人")}
    told = {(one.code, one.value) for one in await every(graph)}
    assert told == {("DATASET_UNKNOWN", f"{DB}/z"), ("COLUMNS_UNKNOWN", None)}
    # What others state of a field stays theirs.
    assert await fields(graph) == {"人口/身份证号", "法人/id"}
    assert {one.id: one.things for one in await list_sources(graph)}["catalogue"] == 4


async def test_a_rule_that_is_added_later_moves_what_was_stated_with_the_next_event(graph: Graph) -> None:
    out = dataset("b", "y", **flows(y=("a", "x")))
    await take(
        graph, [event(1, job="j1", inputs=["a"], outputs=[out]), event(1, job="j2", inputs=["b"], outputs=["c"])]
    )
    rules = [Rule(namespace="*", name="b", resource="resource:信用")]
    await take(graph, [event(2, job="j3", inputs=["d"], outputs=["b"])], rules=rules)
    assert await links(graph) == {("a/x", "信用/y"), ("信用", "c"), ("d", "信用")}
    assert await fields(graph) == {"a/x", "信用/y"}
    assert {one.value for one in await every(graph) if one.code == "DATASET_UNKNOWN"} == {
        f"{DB}/{name}" for name in "acd"
    }
    before = await everything(graph)
    await take(graph, [event(2, job="j3", inputs=["d"], outputs=["b"])], rules=rules)
    assert await everything(graph) == before


async def test_what_could_not_be_read_is_kept_as_a_finding_until_a_run_has_nothing_odd(graph: Graph) -> None:
    odd = {"namespace": DB, "name": "a", "facets": {"schema": {"fields": [{"type": "int"}]}}}
    await take(graph, [event(1, inputs=[odd], outputs=["b"])])
    assert [one.column for one in await every(graph) if one.code == "FACET_NOT_READ"] == [
        "inputs[0].facets.schema.fields[0].name"
    ]
    await take(graph, [event(2, run="r2", inputs=["a"], outputs=["b"])])
    assert {one.code for one in await every(graph)} == {"DATASET_UNKNOWN"}


async def test_names_may_hold_anything(graph: Graph) -> None:
    odd = "\x00 \n" + "长" * 1500 + "'\"\\{}"
    one = event(1, run="\x01" * 300, job=odd, inputs=[dataset(odd, odd)], outputs=[dataset("b", odd)])
    await take(graph, [one, one])
    [(start, end)] = await links(graph)
    assert end == "b"
    assert len(start) <= 300
    assert all(len(source.id) <= 300 for source in await list_sources(graph))


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=6, deadline=None, suppress_health_check=[*HealthCheck])
@given(events=st.lists(told(), min_size=2, max_size=6), data=st.data())
async def test_any_order_repetition_and_grouping_gives_the_same(
    engine: str, engines: Engines, events: list[dict[str, Any]], data: st.DataObject
) -> None:
    graph = await engines.graph(engine)
    await wipe(graph)
    rules = [Rule(namespace="hive://m", name="a", resource="resource:ruled")]
    await take(graph, events, rules=rules)
    expected = await everything(graph)
    await wipe(graph)
    again = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=3))))
    await take(graph, again, at_once=data.draw(st.integers(1, 4)), rules=rules)
    assert await everything(graph) == expected
