"""The connector of dbt: manifests of many versions and shapes, with and without a catalog, whole and damaged."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.datasets import Rule
from connectors.dbt import Dbt, DbtConfig
from connectors.dbt_manifest import ADAPTERS, Manifest
from connectors.protocol import Input
from graph.facts import Kind, Link, Severity, Thing
from tests.connectors.sources import CASES, Item, codes, fields, findings, links, read, things
from tests.connectors.test_conformance import check_fact

Tree = dict[str, Any]
MANIFEST: Tree = json.loads((CASES / "dbt" / "manifest.json").read_text(encoding="utf-8"))
CATALOG: Tree = json.loads((CASES / "dbt" / "catalog.json").read_text(encoding="utf-8"))
MART = "postgres/people.mart"
RAW = "postgres/people.raw"


def write(folder: Path, manifest: Any = MANIFEST, catalog: Any = CATALOG) -> Path:
    folder.mkdir(exist_ok=True)
    if catalog is not None:
        (folder / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return path


def flows(items: list[Item], job: str = "") -> dict[tuple[str, str], str | None]:
    """Both ends of each flow of a job, without what all ids begin with, and its influence."""
    return {
        (_short(item.start), _short(item.end)): item.values.get("influence")
        for item in items
        if isinstance(item, Link) and item.flow == "FEEDS" and (not job or item.values["job"] == job)
    }


def _short(id: str) -> str:
    return id.replace("field:", "").replace("postgres/people.", "")


async def test_tables_become_resources_with_the_columns_of_catalog_and_manifest(tmp_path: Path) -> None:
    items = await read(Dbt, write(tmp_path))
    resources = things(items, Kind.RESOURCE)
    assert {id.removeprefix("resource:postgres/people.") for id in resources} == {
        *("raw.person", "raw.payment", "mart.level", "mart.stg_person", "mart.benefit", "mart.scored", "mart.broken"),
        *("mart.bare", "mart.person_history", "mart.outside"),
    }
    benefit = resources[f"resource:{MART}.benefit"]
    assert benefit.values == {"name": "benefit", "abstract": "每人待遇"}
    assert benefit.extra["dbt_id"] == "model.benefits.benefit"
    columns = fields(items, f"resource:{MART}.benefit")
    assert [(name, one.values["raw_type"], one.values["position"]) for name, one in columns.items()] == [
        ("id_no", "character varying(18)", 1),
        ("person_name", "text", 2),
        ("amount", "numeric(12,2)", 3),
        ("level", "text", 4),
        ("place", "bigint", 5),
    ]
    assert columns["amount"].extra == {"description": "发放金额"}
    for item in items:
        if isinstance(item, Thing | Link):
            check_fact(item)


async def test_columns_flow_by_the_compiled_sql_through_ephemeral_models(tmp_path: Path) -> None:
    found = flows(await read(Dbt, write(tmp_path)), "model.benefits.benefit")
    assert {ends for ends, influence in found.items() if influence == "DIRECT"} == {
        ("mart.stg_person/id_no", "mart.benefit/id_no"),
        ("mart.stg_person/person_name", "mart.benefit/person_name"),
        ("raw.payment/amount", "mart.benefit/amount"),
        ("mart.level/label", "mart.benefit/level"),
    }
    assert found[("raw.payment/amount", "mart.benefit/level")] == "INDIRECT"
    assert found[("raw.payment/paid_at", "mart.benefit/place")] == "INDIRECT"
    assert found[("mart.level/code", "mart.benefit/amount")] == "INDIRECT"
    assert not [ends for ends in found if ends[0].startswith("resource:")]


async def test_without_a_catalog_columns_come_from_the_manifest_and_from_sql(tmp_path: Path) -> None:
    items = await read(Dbt, write(tmp_path, catalog=None))
    assert fields(items, f"resource:{MART}.benefit").keys() == {"id_no", "person_name", "amount", "level", "place"}
    assert fields(items, f"resource:{RAW}.person").keys() == {"id_no", "name", "born", "status"}
    found = flows(items)
    assert found[("raw.person/born", "mart.stg_person/born_on")] == "DIRECT"
    assert found[("mart.stg_person/id_no", "mart.benefit/id_no")] == "DIRECT"
    assert ("raw.person/address", "mart.person_history/address") not in found
    assert found[("resource:raw.person", "resource:mart.person_history")] == "DIRECT"


async def test_what_has_no_sql_is_linked_as_a_whole_to_what_it_depends_on(tmp_path: Path) -> None:
    items = await read(Dbt, write(tmp_path))
    assert flows(items, "model.benefits.scored") == {("resource:mart.benefit", "resource:mart.scored"): None}
    assert flows(items, "model.benefits.bare") == {("resource:mart.scored", "resource:mart.bare"): None}
    assert flows(items, "model.benefits.broken") == {
        ("resource:mart.benefit", "resource:mart.broken"): None,
        ("resource:raw.person", "resource:mart.broken"): None,
    }
    (told,) = (finding for finding in findings(items) if finding.code == "SQL_NOT_PARSED")
    assert told.place.column == "model.benefits.broken"
    assert "DBT_NOT_COMPILED" in codes(items)


async def test_tables_outside_of_the_project_are_listed(tmp_path: Path) -> None:
    items = await read(Dbt, write(tmp_path))
    assert [finding.value for finding in findings(items) if finding.code == "DATASET_UNKNOWN"] == [
        "postgres/people.legacy.office"
    ]
    assert ("legacy.office/code", "mart.outside/code") in flows(items)


async def test_exposures_are_systems_that_read_also_through_metrics(tmp_path: Path) -> None:
    items = await read(Dbt, write(tmp_path))
    (system,) = things(items, Kind.SYSTEM).values()
    assert (system.id, system.values) == (
        "system:dbt/benefits.monthly_report",
        {"name": "月报", "description": "每月发放情况"},
    )
    assert system.extra["dbt_owner"] == "王 wang@example.gov.cn"
    assert {(item.start, item.end) for item in items if isinstance(item, Link) and item.flow == "READS"} == {
        (f"resource:{MART}.benefit", system.id),
        (f"resource:{RAW}.payment", system.id),
    }


async def test_settings_say_where_tables_are_and_whose(tmp_path: Path) -> None:
    config = {"paths": ["."], "namespace": "postgres://db1:5432", "department": "department:d", "system": "system:s"}
    items = await read(Dbt, write(tmp_path), config=config)
    benefit = things(items, Kind.RESOURCE)["resource:postgres://db1:5432/people.mart.benefit"]
    assert (benefit.values["provider"], benefit.values["system"]) == ("department:d", "system:s")
    assert things(items, Kind.SYSTEM)["system:dbt/benefits.monthly_report"].values["department"] == "department:d"
    assert "NAMESPACE_OPEN" not in codes(items)


async def test_a_rule_says_which_resource_a_table_is(tmp_path: Path) -> None:
    rule = Rule(namespace="*", name="people.raw.person", resource="resource:户籍")
    items = await read(Dbt, write(tmp_path), rules=[rule])
    assert "resource:户籍" not in things(items, Kind.RESOURCE)
    assert ("户籍/id_no", "mart.stg_person/id_no") in flows(items)


def _version(manifest: Tree, number: int) -> Tree:
    metadata = {**manifest["metadata"], "dbt_schema_version": f"https://schemas.getdbt.com/dbt/manifest/v{number}.json"}
    return {**manifest, "metadata": metadata}


def _old(manifest: Tree) -> Tree:
    """As before version 7: other names of keys, no language, no semantic models, no relation of sources."""
    for node in manifest["nodes"].values():
        node["raw_sql"] = node.pop("raw_code", "")
        if "compiled_code" in node:
            node["compiled_sql"] = node.pop("compiled_code")
        node.pop("relation_name", None)
        if node.pop("language") == "python":
            node.pop("compiled_sql")
    for source in manifest["sources"].values():
        source.pop("relation_name")
    manifest.pop("semantic_models")
    return _version(manifest, 6)


def _bare(manifest: Tree) -> Tree:
    """Without any key that can be done without."""
    kept = ("resource_type", "name", "database", "schema", "depends_on", "compiled_code", "language")
    manifest["nodes"] = {
        id: {key: value for key, value in node.items() if key in kept}
        | ({"config": {"materialized": "ephemeral"}} if "int_" in id else {})
        for id, node in manifest["nodes"].items()
    }
    for key in ("metrics", "semantic_models", "macros", "docs", "disabled", "groups", "selectors", "parent_map"):
        manifest.pop(key)
    return manifest


@pytest.mark.parametrize(
    "shape",
    [*(lambda manifest, at=at: _version(manifest, at) for at in (7, 8, 9, 10, 11, 12, 13, 20)), _old, _bare],
    ids=["v7", "v8", "v9", "v10", "v11", "v12", "v13", "v20", "v6", "bare"],
)
async def test_all_versions_give_the_same_flows(tmp_path: Path, shape: Callable[[Tree], Tree]) -> None:
    path = write(tmp_path, shape(copy.deepcopy(MANIFEST)))
    assert Dbt.recognises(path)
    found, whole = await read(Dbt, path), await read(Dbt, write(tmp_path / "whole"))
    assert flows(found) == flows(whole)
    assert things(found, Kind.RESOURCE).keys() == things(whole, Kind.RESOURCE).keys()


@pytest.mark.parametrize(
    ("adapter", "relation", "namespace", "name"),
    [
        ("postgres", '"Db"."S"."T"', "postgres", "Db.S.T"),
        ("snowflake", "db.s.t", "snowflake", "DB.S.T"),
        ("bigquery", "`proj-1`.`S`.`T`", "bigquery", "proj-1.S.T"),
        ("mysql", "`s`.`t`", "mysql", "s.t"),
        ("spark", "s.t", "spark", "s.t"),
        ("databricks", "`main`.`s`.`t`", "databricks", "main.s.t"),
        ("sqlserver", '"db"."dbo"."T"', "mssql", "db.dbo.t"),
        ("athena", '"awsdatacatalog"."s"."t"', "awsathena", "awsdatacatalog.s.t"),
        ("something_new", '"s"."t"', "something_new", "s.t"),
    ],
)
async def test_adapters_name_their_tables(
    tmp_path: Path, adapter: str, relation: str, namespace: str, name: str
) -> None:
    manifest = {
        "metadata": {**MANIFEST["metadata"], "adapter_type": adapter},
        "nodes": {
            "model.p.one": {
                "resource_type": "model",
                "name": "one",
                "relation_name": relation,
                "compiled_code": "select a, b + 1 as c from x",
            }
        },
    }
    items = await read(Dbt, write(tmp_path, manifest, None))
    assert things(items, Kind.RESOURCE).keys() == {f"resource:{namespace}/{name}"}
    assert {thing.values["name"].lower() for thing in fields(items, f"resource:{namespace}/{name}").values()} == {
        "a",
        "c",
    }


def test_every_adapter_has_a_dialect_that_there_is() -> None:
    for dialect in ADAPTERS.values():
        assert DbtConfig.model_validate({"paths": ["."], "dialect": dialect}).dialect == dialect


async def test_columns_of_a_case_insensitive_warehouse_meet(tmp_path: Path) -> None:
    manifest = copy.deepcopy(MANIFEST)
    manifest["metadata"]["adapter_type"] = "snowflake"
    for part in (*manifest["nodes"].values(), *manifest["sources"].values()):
        if part.get("relation_name"):
            part["relation_name"] = part["relation_name"].replace('"', "")
        if "compiled_code" in part:
            part["compiled_code"] = part["compiled_code"].replace('"', "")
    catalog = json.loads(
        re.sub(r'"(id_no|person_name|born_on|status)"', lambda key: key[0].upper(), json.dumps(CATALOG))
    )
    items = await read(Dbt, write(tmp_path, manifest, catalog))
    base = "snowflake/PEOPLE.MART"
    assert fields(items, f"resource:{base}.STG_PERSON")["ID_NO"].extra == {"description": "身份证号"}
    assert (f"field:{base}.STG_PERSON/ID_NO", f"field:{base}.BENEFIT/ID_NO") in links(items)


async def test_models_that_depend_on_each_other_in_a_circle_end(tmp_path: Path) -> None:
    manifest = copy.deepcopy(MANIFEST)
    manifest["nodes"]["model.benefits.stg_person"]["depends_on"]["nodes"] = ["model.benefits.benefit"]
    manifest["nodes"]["model.benefits.int_payment"]["depends_on"]["nodes"] = ["model.benefits.int_payment"]
    items = await read(Dbt, write(tmp_path, manifest))
    assert ("mart.stg_person/id_no", "mart.benefit/id_no") in flows(items)


def test_tables_are_ordered_by_what_they_depend_on() -> None:
    order = [node.id for node in Manifest(MANIFEST, {}).ordered()]
    assert len(order) == 10
    assert order.index("model.benefits.stg_person") < order.index("model.benefits.benefit")
    assert (
        order.index("model.benefits.benefit")
        < order.index("model.benefits.scored")
        < order.index("model.benefits.bare")
    )


@pytest.mark.parametrize("what", ["catalog", "run-results", "sources"])
def test_other_files_of_dbt_say_that_the_manifest_is_wanted(tmp_path: Path, what: str) -> None:
    path = tmp_path / "file.json"
    metadata = {"dbt_schema_version": f"https://schemas.getdbt.com/dbt/{what}/v1.json"}
    path.write_text(json.dumps({"metadata": metadata, "nodes": {}}), encoding="utf-8")
    assert not Dbt.recognises(path)
    told = Dbt.explain(path)
    assert told is not None
    assert "manifest.json" in told.done


def test_other_json_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for content in ('{"metadata": {"a": 1}, "nodes": {}}', "[]", '{"metadata": []}', '{"fact": "system"}', ""):
        path.write_text(content, encoding="utf-8")
        assert not Dbt.recognises(path)
        assert Dbt.explain(path) is None


@pytest.mark.parametrize(
    ("catalog", "says"),
    [
        ("{", "no proper JSON"),
        ("[]", "no proper JSON"),
        ('{"metadata": {}}', "no catalog of dbt"),
        ("\x00", "no proper"),
    ],
)
async def test_a_catalog_that_cannot_be_read_is_a_warning(tmp_path: Path, catalog: str, says: str) -> None:
    path = write(tmp_path)
    (tmp_path / "catalog.json").write_text(catalog, encoding="utf-8")
    items = await read(Dbt, path)
    (told,) = (finding for finding in findings(items) if finding.code == "DBT_CATALOG_NOT_READ")
    assert told.severity is Severity.WARNING
    assert says in told.message
    assert flows(items)


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"metadata": 7}'])
async def test_a_manifest_that_is_none_is_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(content, encoding="utf-8")
    assert codes(await read(Dbt, path)) == ["FILE_NOT_READ"]


_ODD = st.sampled_from([None, 7, "x", [], {}, [None], {"nodes": 3}, {"nodes": [1, None]}, True, "\ud800", "a.b.c.d.e"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_no_damage_raises(tmp_path: Path, data: st.DataObject) -> None:
    manifest, catalog = copy.deepcopy(MANIFEST), copy.deepcopy(CATALOG)
    for _ in range(data.draw(st.integers(1, 6))):
        _damage(data.draw(st.sampled_from([manifest, catalog])), data)
    manifest["metadata"] = MANIFEST["metadata"]
    for item in await read(Dbt, write(tmp_path, manifest, catalog)):
        if isinstance(item, Thing | Link):
            check_fact(item)


def _damage(tree: Any, data: st.DataObject) -> None:
    """Changes, takes away or renames something anywhere in a tree."""
    while isinstance(tree, dict) and tree:
        key = data.draw(st.sampled_from(sorted(tree)))
        if not isinstance(tree[key], dict) or not tree[key] or data.draw(st.integers(0, 4)) == 0:
            if data.draw(st.booleans()):
                tree[key] = copy.deepcopy(data.draw(_ODD))
            else:
                del tree[key]
            return
        tree = tree[key]


async def test_many_models_are_read_in_time_that_grows_with_their_number(tmp_path: Path) -> None:
    nodes = {
        f"model.p.m{at}": {
            "resource_type": "model",
            "name": f"m{at}",
            "schema": "s",
            "compiled_code": f"select a, b from s.m{at - 1}" if at else "select 1 as a, 2 as b from s.x",
            "depends_on": {"nodes": [f"model.p.m{at - 1}"] if at else []},
        }
        for at in range(2_000)
    }
    items = await read(Dbt, write(tmp_path, {"metadata": MANIFEST["metadata"], "nodes": nodes}, None))
    assert len(flows(items)) == 2 * 1_999 + 1


async def test_passwords_and_logins_are_not_kept(tmp_path: Path) -> None:
    secret = "the password: hunter22 opens it"
    model = {
        "resource_type": "model",
        "name": "m",
        "schema": "s",
        "description": secret,
        "tags": [secret, "core"],
        "columns": {"a": {"name": "a", "description": secret}},
        "compiled_code": f"select '{secret}' as a from (((",
    }
    exposure = {
        "name": "e",
        "description": secret,
        "url": "https://li:hunter22@bi/x",
        "depends_on": {"nodes": ["model.p.m"]},
    }
    tree = {"metadata": MANIFEST["metadata"], "nodes": {"model.p.m": model}, "exposures": {"exposure.p.e": exposure}}
    items = await read(Dbt, write(tmp_path, tree, None))
    assert "hunter22" not in repr(items)
    (system,) = things(items, Kind.SYSTEM).values()
    assert system.extra["dbt_url"] == "https://bi/x"
    (resource,) = things(items, Kind.RESOURCE).values()
    assert resource.extra["dbt_tags"] == ["core"]
    assert codes(items).count("PASSWORD_IN_TEXT") == 1


async def test_trying_counts_what_there_is(tmp_path: Path) -> None:
    config = DbtConfig.model_validate({"paths": [str(write(tmp_path, catalog=None))]})
    said = await Dbt(Input((), config=config)).try_out()
    assert said == ["manifest.json: 10 tables, 6 with compiled SQL, project benefits."]


def test_the_page_has_every_setting_and_every_finding() -> None:
    page = (Path(__file__).parents[2] / "docs" / "sources" / "dbt.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", page, re.M))
    assert DbtConfig.model_fields.keys() <= rows.keys()
    source = (Path(__file__).parents[2] / "connectors" / "dbt.py").read_text(encoding="utf-8")
    for code in re.findall(r'Finding\(\s*"([A-Z_]+)"', source):
        assert f"`{code}`" in page
