"""Files of recorded events: what Spark, Airflow, dbt and others tell, and what is told of what cannot be read."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.config import Config, Files
from connectors.datasets import Rule
from connectors.exchange import Exchange
from connectors.openlineage import OpenLineage
from connectors.openlineage_files import LONGEST
from connectors.protocol import Input
from graph.facts import Fact, Finding, Link, Severity, Thing

CASES = Path(__file__).parents[1] / "cases" / "sources" / "openlineage"
DB = "postgres://db1:5432/"


def read(path: Path, config: Config | None = None, rules: Sequence[Rule] = ()) -> list[Fact | Finding]:
    async def collect() -> list[Fact | Finding]:
        return [item async for item in OpenLineage(Input([path], zone=UTC, config=config, rules=rules)).pull()]

    return asyncio.run(collect())


def links(items: Sequence[Fact | Finding], root: str = "") -> dict[tuple[str, str], tuple[str | None, str | None]]:
    """Influence and transformation by the ends of each link, these without what they begin with."""
    return {
        (_short(one.start, root), _short(one.end, root)): (
            one.values.get("influence"),
            one.values.get("transformation"),
        )
        for one in items
        if isinstance(one, Link)
    }


def _short(id: str, root: str) -> str:
    return id.partition(":")[2].removeprefix(root)


def codes(items: Sequence[Fact | Finding]) -> list[str]:
    return [one.code for one in items if isinstance(one, Finding)]


def test_spark_tells_columns_over_three_events_of_a_run() -> None:
    items = read(CASES / "spark.jsonl")
    found = links(items, "hdfs://nn1:8020//warehouse/")
    direct = {ends: how[1] for ends, how in found.items() if how[0] == "DIRECT"}
    assert direct == {
        ("ods.db/person/id_no", "dwd.db/dwd_person/id_hash"): "JOIN; TRANSFORMATION: sha2(id_no, 256); masked",
        ("ods.db/person/name", "dwd.db/dwd_person/name"): "IDENTITY",
        ("ods.db/person/address.city", "dwd.db/dwd_person/city"): "TRANSFORMATION",
        ("ods.db/household/household_no", "dwd.db/dwd_person/household_no"): "IDENTITY",
    }
    filters = {end for (start, end), how in found.items() if how == ("INDIRECT", "FILTER")}
    assert filters == {f"dwd.db/dwd_person/{name}" for name in ("id_hash", "name", "city", "household_no")}
    # The run of the application names nothing, and a nested field that nobody reads is there too.
    assert {one.values["job"] for one in items if isinstance(one, Link)} == {
        "spark/person_merge.execute_insert_into_hadoop_fs_relation_command.dwd_person"
    }
    assert "field:hdfs://nn1:8020//warehouse/ods.db/person/address.province" in {
        one.id for one in items if isinstance(one, Thing)
    }


def test_a_failed_run_of_airflow_states_nothing_and_sql_tells_the_columns() -> None:
    items = read(CASES / "airflow.json")
    found = links(items, DB)
    assert found["city.credit.list/uscc", "city.credit.summary/uscc"][0] == "DIRECT"
    assert found["city.credit.person/active", "city.credit.summary/cases"] == ("INDIRECT", "p.active")
    assert not [ends for ends in found if "nonsense" in "".join(ends)]
    assert not [one for one in items if isinstance(one, Thing) and "nonsense" in one.id]
    assert "hunter2" not in repr(items)


def test_dbt_tells_column_lineage_as_the_older_versions_do() -> None:
    assert links(read(CASES / "dbt.jsonl"), DB) == {
        ("city.staging.person/id_no", "city.marts.one_person/id"): ("DIRECT", None),
        ("city.staging.person/name", "city.marts.one_person/name"): ("DIRECT", "MASKED: upper(name)"),
    }


def test_the_first_versions_are_read() -> None:
    assert set(links(read(CASES / "first-versions.jsonl"), "food_delivery/")) == {
        ("public.orders", "public.orders_7_days"),
        ("public.items", "public.orders_7_days"),
    }


def test_events_about_jobs_and_datasets_alone_and_endless_runs_are_read() -> None:
    assert set(links(read(CASES / "static.jsonl"))) == {
        ("oracle://db9:1521/HR.EMPLOYEE/ID", "oracle://db9:1521/HR.STAFF/STAFF_ID"),
        ("oracle://db9:1521/HR.LEAVERS", "oracle://db9:1521/HR.STAFF"),
        ("kafka://k1:9092/gates", "kafka://k1:9092/gate-counts"),
    }


@given(order=st.permutations((CASES / "spark.jsonl").read_text(encoding="utf-8").splitlines()))
def test_the_order_of_lines_does_not_matter(tmp_path_factory: pytest.TempPathFactory, order: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "order.jsonl"
    path.write_text("\n".join(order), encoding="utf-8")
    assert links(read(path)) == links(read(CASES / "spark.jsonl"))


def test_what_meets_nothing_is_listed_and_a_rule_names_it() -> None:
    unruled = read(CASES / "dbt.jsonl")
    told = [one for one in unruled if isinstance(one, Finding)]
    assert [one.code for one in told] == ["DATASET_UNKNOWN", "DATASET_UNKNOWN"]
    assert 'namespace = "postgres://db1:5432", name = "city.staging.person"' in told[1].done
    rules = [Rule(namespace="*", name="city.*.*", resource="resource:{1}/{2}")]
    ruled = read(CASES / "dbt.jsonl", rules=rules)
    assert set(links(ruled)) == {
        ("staging/person/id_no", "marts/one_person/id"),
        ("staging/person/name", "marts/one_person/name"),
    }
    assert codes(ruled) == ["COLUMNS_UNKNOWN", "COLUMNS_UNKNOWN"]


def test_what_meets_nothing_is_stated_where_the_source_says_whose_it_is() -> None:
    config = Files.model_validate({"paths": [CASES], "department": "department:a", "system": "system:b"})
    resources = [
        one
        for one in read(CASES / "dbt.jsonl", config)
        if isinstance(one, Thing) and "name" in one.values and "provider" in one.values
    ]
    assert [(one.id, one.values["provider"], one.values["system"]) for one in resources] == [
        ("resource:postgres://db1:5432/city.marts.one_person", "department:a", "system:b"),
        ("resource:postgres://db1:5432/city.staging.person", "department:a", "system:b"),
    ]


def test_events_may_be_one_value_an_array_or_lines(tmp_path: Path) -> None:
    lines = (CASES / "dbt.jsonl").read_text(encoding="utf-8").splitlines()
    values = [json.loads(line) for line in lines]
    path = tmp_path / "events"
    for text in (json.dumps(values), json.dumps(values, indent=2), "\ufeff" + "\n\n".join(lines)):
        path.write_text(text, encoding="utf-8")
        assert OpenLineage.recognises(path)
        assert links(read(path)) == links(read(CASES / "dbt.jsonl"))
    path.write_text(json.dumps(values[2], indent=2), encoding="utf-8")
    assert OpenLineage.recognises(path)
    assert links(read(path)) == links(read(CASES / "dbt.jsonl"))


def test_what_cannot_be_read_is_told_with_its_place_and_the_rest_is_taken(tmp_path: Path) -> None:
    good = (CASES / "dbt.jsonl").read_text(encoding="utf-8").splitlines()
    wrong = ["{", "[1]", '{"eventTime": "x"}', json.dumps({**json.loads(good[2]), "inputs": [{"name": 1}]})]
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join([good[1], *wrong, " " * (LONGEST + 9), *good[2:]]), encoding="utf-8")
    items = read(path)
    assert links(items) == links(read(CASES / "dbt.jsonl"))
    told = [
        (one.place.row, one.place.column)
        for one in items
        if isinstance(one, Finding) and one.severity is Severity.ERROR
    ]
    assert told == [(2, ""), (3, ""), (4, "eventTime"), (5, "inputs[0].namespace"), (6, "")]


def test_a_dataset_that_is_called_fact_is_no_exchange_format(tmp_path: Path) -> None:
    event = json.loads((CASES / "dbt.jsonl").read_text(encoding="utf-8").splitlines()[1])
    event["inputs"][0]["name"] = "fact"
    path = tmp_path / "events.jsonl"
    path.write_text(json.dumps(event), encoding="utf-8")
    assert OpenLineage.recognises(path)
    assert not Exchange.recognises(path)
