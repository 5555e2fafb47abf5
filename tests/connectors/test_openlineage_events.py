"""One OpenLineage event: what is taken of it, what is refused, and where it is wrong."""

import copy
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.datasets import Dataset
from connectors.openlineage_events import Event, Job, WrongEvent, read_event
from connectors.openlineage_state import MOST_COLUMNS, MOST_FLOWS, Content

CASES = Path(__file__).parents[1] / "cases" / "sources" / "openlineage"
DB = "postgres://db1:5432"
A, B, C = (Dataset(DB, name) for name in ("a", "b", "c"))


def dataset(name: str, *columns: str, **facets: Any) -> dict[str, Any]:
    """A dataset with a schema, if it has columns."""
    schema = {"schema": {"fields": [{"name": column, "type": "text"} for column in columns]}} if columns else {}
    return {"namespace": DB, "name": name, "facets": {**schema, **facets}}


def event(**parts: Any) -> dict[str, Any]:
    """A run event that is complete."""
    return {
        "eventType": "COMPLETE",
        "eventTime": "2026-01-01T00:00:00Z",
        "run": {"runId": "r1"},
        "job": {"namespace": "n", "name": "j"},
        "inputs": [],
        "outputs": [],
        "producer": "p",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        **parts,
    }


def source(name: str, field: str, **more: Any) -> dict[str, Any]:
    return {"namespace": DB, "name": name, "field": field, **more}


def test_a_run_event_names_job_run_type_and_instant() -> None:
    read = read_event(event(eventTime="2026-01-01T08:00:00.123456789+08:00", eventType="start"))
    assert (read.job, read.run, read.type) == (Job("n", "j"), "r1", "START")
    assert read.at == 1_767_225_600_123_456


def test_an_event_without_a_type_only_tells_more() -> None:
    told = event()
    del told["eventType"], told["schemaURL"], told["producer"]
    assert read_event(told).type == "OTHER"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"eventTime": None}, "eventTime is missing"),
    ({"eventTime": "yesterday"}, "eventTime must be an ISO 8601 time"),
    ({"eventTime": "9999-12-31T23:59:59-23:00"}, "eventTime must be an ISO 8601 time"),
    ({"eventTime": 5}, "eventTime must be a text"),
    ({"eventType": "DONE"}, "eventType must be one of START, RUNNING"),
    ({"run": None}, "run is missing"),
    ({"run": []}, "run must be an object"),
    ({"run": {}}, "run.runId is missing"),
    ({"run": {"runId": "x" * 301}}, "run.runId must not be longer than 300"),
    ({"job": None}, "job is missing"),
    ({"job": {"namespace": "n"}}, "job.name is missing"),
    ({"job": {"namespace": " ", "name": "j"}}, "job.namespace must not be empty"),
    ({"inputs": {}}, "inputs must be a list"),
    ({"inputs": [1]}, r"inputs\[0\] must be an object"),
    ({"outputs": [dataset("a"), {"name": "b"}]}, r"outputs\[1\].namespace is missing"),
    ({"outputs": [{"namespace": "n", "name": ["b"]}]}, r"outputs\[0\].name must be a text"),
    ({"inputs": [dataset("a")] * 1001}, "inputs may have 1,000 datasets, not 1,001"),
]


@pytest.mark.parametrize(("parts", "message"), WRONG)
def test_what_is_wrong_is_named_with_its_path(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(WrongEvent, match=message):
        read_event(event(**parts))


@pytest.mark.parametrize("value", [None, 1, "event", [], {}, {"eventTime": "2026-01-01T00:00:00Z"}])
def test_what_is_no_event_is_refused(value: Any) -> None:
    with pytest.raises(WrongEvent):
        read_event(value)


def test_a_facet_that_is_wrong_is_left_out_and_told() -> None:
    wrong = {
        "schema": {"fields": [{"name": "x"}, {"type": "int"}]},
        "symlinks": {"identifiers": "none"},
        "ownership": 5,
        "lifecycleStateChange": {},
    }
    content = read_event(event(outputs=[{**dataset("a"), "facets": wrong}, {**dataset("b"), "facets": 7}])).content
    assert content.outputs == {A, B}
    assert set(content.dataset(A).columns) == {"x"}
    assert content.odd == {
        ("outputs[0].facets.schema.fields[1].name", "is missing"),
        ("outputs[0].facets.symlinks.identifiers", "must be a list"),
        ("outputs[0].facets.ownership", "must be an object"),
        ("outputs[0].facets.lifecycleStateChange.lifecycleStateChange", "is missing"),
        ("outputs[1].facets", "must be an object"),
    }


def test_nested_fields_are_named_by_their_path_and_bounded() -> None:
    deep: dict[str, Any] = {"name": "x"}
    for _ in range(30):
        deep = {"name": "x", "fields": [deep]}
    nested = {"fields": [{"name": "a", "type": "struct", "fields": [{"name": "b", "type": "int"}]}, deep]}
    content = read_event(event(inputs=[dataset("a", schema=nested)])).content
    names = set(content.dataset(A).columns)
    assert {"a", "a.b", "x", "x.x"} <= names
    assert "x" + ".x" * 25 not in names
    assert ["nested deeper" in message for _, message in content.odd] == [True]
    many = {"fields": [{"name": f"c{at}"} for at in range(MOST_COLUMNS + 1)]}
    content = read_event(event(inputs=[dataset("a", schema=many)])).content
    assert len(content.dataset(A).columns) == MOST_COLUMNS
    assert any("fields" in message for _, message in content.odd)


def test_column_lineage_of_the_first_versions() -> None:
    fields = {
        "x": {"inputFields": [source("a", "y")], "transformationType": "MASKED", "transformationDescription": "md5(y)"}
    }
    content = read_event(event(inputs=[dataset("a")], outputs=[dataset("b", columnLineage={"fields": fields})])).content
    assert content.flows == {(A, "y", B, "x"): (True, frozenset({"MASKED: md5(y)"}))}


def test_column_lineage_with_transformations() -> None:
    told = [{"type": "INDIRECT", "subtype": "JOIN"}, {"type": "DIRECT", "subtype": "AGGREGATION", "masking": True}]
    fields = {
        "x": {"inputFields": [source("a", "y", transformations=told)]},
        "z": {"inputFields": [source("a", "k", transformations=told[:1]), source("b", "z")]},
    }
    whole = [source("c", "flag", transformations=[{"type": "INDIRECT", "subtype": "FILTER"}])]
    content = read_event(event(outputs=[dataset("b", columnLineage={"fields": fields, "dataset": whole})])).content
    assert content.flows == {
        (A, "y", B, "x"): (True, frozenset({"JOIN", "AGGREGATION; masked"})),
        (A, "k", B, "z"): (False, frozenset({"JOIN"})),
        (C, "flag", B, "x"): (False, frozenset({"FILTER"})),
        (C, "flag", B, "z"): (False, frozenset({"FILTER"})),
    }
    assert not content.odd


def test_what_decides_over_a_whole_dataset_does_so_for_the_columns_of_its_schema() -> None:
    lineage = {"fields": {}, "dataset": [source("a", "k")]}
    content = read_event(event(outputs=[dataset("b", "x", "y", columnLineage=lineage)])).content
    assert {key[3]: flow for key, flow in content.flows.items()} == {
        "x": (False, frozenset()),
        "y": (False, frozenset()),
    }


def test_entries_of_column_lineage_that_are_wrong_are_left_out_and_the_first_is_told() -> None:
    fields = {"x": {"inputFields": [source("a", "y"), {"name": "a"}]}, "": {"inputFields": []}, "z": 4}
    content = read_event(event(outputs=[dataset("b", columnLineage={"fields": fields})])).content
    assert set(content.flows) == {(A, "y", B, "x")}
    assert content.odd == {
        ("outputs[0].facets.columnLineage.fields['']", "must be an object under the name of a column")
    }


def test_flows_of_one_event_are_bounded() -> None:
    columns = [f"c{at}" for at in range(300)]
    lineage = {
        "fields": {name: {"inputFields": []} for name in columns},
        "dataset": [source("a", name) for name in columns],
    }
    content = read_event(event(outputs=[dataset("b", columnLineage=lineage)])).content
    assert len(content.flows) == MOST_FLOWS
    assert any("flows of columns" in message for _, message in content.odd)


def test_a_dataset_that_is_dropped_is_no_output_and_loses_its_columns() -> None:
    life = {"lifecycleStateChange": "DROP"}
    content = read_event(event(inputs=[dataset("a")], outputs=[dataset("b", "x", lifecycleStateChange=life)])).content
    assert content.outputs == set()
    assert content.dataset(B).current() == {}
    later = read_event(event(eventTime="2026-01-02T00:00:00Z", inputs=[dataset("b", "y")])).content
    content.add(later)
    assert set(content.dataset(B).current()) == {"y"}


@pytest.mark.parametrize(
    ("life", "left"),
    [("OVERWRITE", {"y"}), ("ALTER", {"y"}), ("CREATE", {"y"}), ("TRUNCATE", {"x", "y"}), ("", {"x", "y"})],
)
def test_only_what_makes_a_dataset_anew_tells_all_its_columns(life: str, left: set[str]) -> None:
    facets = {"lifecycleStateChange": {"lifecycleStateChange": life}} if life else {}
    content = read_event(event(outputs=[dataset("b", "x")])).content
    content.add(read_event(event(eventTime="2026-01-02T00:00:00Z", outputs=[dataset("b", "y", **facets)])).content)
    assert set(content.dataset(B).current()) == left


def test_a_dataset_under_a_new_name_ends_the_old_one() -> None:
    life = {"lifecycleStateChange": "RENAME", "previousIdentifier": {"namespace": DB, "name": "a"}}
    content = read_event(event(inputs=[dataset("a", "x")])).content
    content.add(
        read_event(
            event(eventTime="2026-01-02T00:00:00Z", outputs=[dataset("b", "x", lifecycleStateChange=life)])
        ).content
    )
    assert content.dataset(A).current() == {}
    assert set(content.dataset(B).current()) == {"x"}


def test_other_names_and_notes_are_kept_without_passwords() -> None:
    facets = {
        "symlinks": {"identifiers": [{"namespace": "hive://m", "name": "ods.a", "type": "TABLE"}]},
        "ownership": {"owners": [{"name": "信用办", "type": "STEWARD"}]},
        "dataSource": {"name": "db1", "uri": "postgres://me:hunter2@db1/x?password=hunter2&ssl=1"},
        "documentation": {"description": "word " * 200},
        "_deleted_one": {"_deleted": True},
    }
    content = read_event(event(inputs=[dataset("a", **facets)])).content
    [(named, seen)] = content.datasets.items()
    assert named == (A, (Dataset("hive://m", "ods.a"),))
    assert content.names == {A: {Dataset("hive://m", "ods.a")}}
    assert "owner: 信用办 (STEWARD)" in seen.notes
    assert "data source: db1 postgres://…@db1/x?password=…&ssl=1" in seen.notes
    assert max(map(len, seen.notes)) < 330


def test_a_facet_that_is_deleted_says_nothing() -> None:
    content = read_event(event(inputs=[dataset("a", schema={"_deleted": True, "fields": [{"name": "x"}]})])).content
    assert not content.dataset(A).columns


def test_a_dataset_event_has_no_job_and_tells_all_columns() -> None:
    told = {"eventTime": "2026-01-01T00:00:00Z", "producer": "p", "dataset": dataset("a", "x")}
    read = read_event(told)
    assert read.job is None
    assert read.content.dataset(A).cleared == read.at
    assert set(read.content.dataset(A).current()) == {"x"}


def test_a_job_event_is_a_run_by_itself() -> None:
    told = event(inputs=[dataset("a")], outputs=[dataset("b")])
    del told["run"], told["eventType"], told["schemaURL"]
    read = read_event(told)
    assert (read.job, read.type) == (Job("n", "j"), "COMPLETE")
    assert read.run != read_event({**told, "eventTime": "2026-01-02T00:00:00Z"}).run


def test_lineage_that_is_stated_by_itself() -> None:
    inputs = [
        {"type": "DATASET", "namespace": DB, "name": "a"},
        {"type": "JOB", "namespace": "n", "name": "other"},
        {"type": "DATASET", **source("c", "k", transformations=[{"type": "INDIRECT", "subtype": "FILTER"}])},
    ]
    lineage = {"inputs": inputs, "fields": {"x": {"inputs": [{"type": "DATASET", **source("a", "y")}]}}}
    content = read_event(event(inputs=[dataset("c")], outputs=[dataset("b", lineage=lineage)])).content
    assert content.explicit == {B}
    assert content.wholes == {(A, B)}
    assert set(content.flows) == {(A, "y", B, "x"), (C, "k", B, "x")}


def test_contents_are_the_same_after_they_were_kept() -> None:
    for path in CASES.iterdir():
        text = path.read_bytes()
        values = orjson.loads(text) if path.suffix == ".json" else [orjson.loads(line) for line in text.splitlines()]
        for value in values:
            content = read_event(value).content
            assert Content.parse(content.text()) == content


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a value with each of its keys."""
    if isinstance(value, dict):
        return [place for key in value for place in [(value, key), *places(value[key])]]
    if isinstance(value, list):
        return [place for at in range(len(value)) for place in [(value, at), *places(value[at])]]
    return []


SPARK = [orjson.loads(line) for line in (CASES / "spark.jsonl").read_bytes().splitlines()]
STATIC = [orjson.loads(line) for line in (CASES / "static.jsonl").read_bytes().splitlines()]


@given(value=st.sampled_from([*SPARK, *STATIC]), data=st.data(), other=json)
def test_an_event_with_anything_anywhere_is_read_or_refused_and_never_raises_else(
    value: dict[str, Any], data: st.DataObject, other: Any
) -> None:
    value = copy.deepcopy(value)
    container, key = data.draw(st.sampled_from(places(value)))
    container[key] = other
    try:
        read = read_event(value)
    except WrongEvent as error:
        assert str(error)
    else:
        assert isinstance(read, Event)
        assert Content.parse(read.content.text()) == read.content


@given(order=st.permutations(SPARK + SPARK[1:3]))
def test_contents_add_up_to_the_same_in_any_order_and_however_often(order: list[dict[str, Any]]) -> None:
    expected, found = Content(), Content()
    for value in SPARK:
        expected.add(read_event(value).content)
    for value in order:
        found.add(read_event(value).content)
    assert found == expected
    assert found.text() == expected.text()


def with_sql(query: str, inputs: list[Any], outputs: list[Any], **more: str) -> Content:
    job = {"namespace": "n", "name": "j", "facets": {"sql": {"query": query, **more}}}
    return read_event(event(job=job, inputs=inputs, outputs=outputs)).content


def test_sql_tells_columns_where_nothing_else_does() -> None:
    content = with_sql(
        "INSERT INTO b SELECT Y, k + 1 FROM a WHERE flag",
        [dataset("db.public.a", "y", "k", "flag")],
        [dataset("db.public.b", "X", "z")],
    )
    flows = {(key[1], key[3]): flow for key, flow in content.read.items()}
    assert flows == {
        ("y", "X"): (True, frozenset({"Y"})),
        ("k", "z"): (True, frozenset({"k + 1"})),
        ("flag", "X"): (False, frozenset({"flag"})),
        ("flag", "z"): (False, frozenset({"flag"})),
    }


def test_sql_that_only_selects_fills_the_only_output() -> None:
    content = with_sql("SELECT `y` AS x FROM s.a", [dataset("s.a", "y")], [dataset("s.b")], dialect="mysql")
    assert {(key[1], key[3]) for key in content.read} == {("y", "x")}


@pytest.mark.parametrize("query", ["SELECT ((", "", 5, "SELECT 1", "INSERT INTO other SELECT y FROM a", "x" * 200_000])
def test_sql_that_says_nothing_leaves_the_event(query: Any) -> None:
    content = with_sql(query, [dataset("a", "y")], [dataset("b"), dataset("c")])
    assert not content.read
    assert content.inputs == {A}


def test_sql_in_a_dialect_that_nobody_knows_is_read_as_common_sql() -> None:
    content = with_sql(
        "INSERT INTO b SELECT y AS x FROM a", [dataset("a", "y")], [dataset("b", "x")], dialect="klingon"
    )
    assert {(key[1], key[3]) for key in content.read} == {("y", "x")}


def test_column_lineage_goes_before_sql() -> None:
    lineage = {"fields": {"x": {"inputFields": [source("a", "k")]}}}
    content = with_sql("INSERT INTO b SELECT y AS x FROM a", [dataset("a", "y")], [dataset("b", columnLineage=lineage)])
    assert not content.read
    assert {(key[1], key[3]) for key in content.flows} == {("k", "x")}
