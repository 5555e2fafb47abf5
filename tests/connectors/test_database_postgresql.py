"""The connector on a real PostgreSQL: what becomes what, what it may not do, and what it survives."""

import os
from functools import cache

import psycopg
import pytest

from connectors.datasets import Column, Rule
from graph.facts import Severity
from tests.connectors.databases import (
    CASES,
    Pulled,
    config,
    connector,
    new_postgresql,
    on_postgresql,
    pull,
    server,
)
from tests.connectors.sources import Registry

pytestmark = pytest.mark.server("databases")

NAME = "registry_shapes"


@cache
def _made() -> None:
    new_postgresql(NAME, [(CASES / "postgresql.sql").read_text(encoding="utf-8")])


@pytest.fixture(scope="module")
async def shapes() -> Pulled:
    """What the connector says of the database of shapes."""
    server("POSTGRESQL")
    _made()
    return await pull(connector(config("POSTGRESQL", NAME)))


def _code(table: str) -> str:
    return f"{NAME}.{table}"


async def test_ids_are_those_of_openlineage_datasets(shapes: Pulled) -> None:
    url = server("POSTGRESQL")
    table = shapes.resources[_code("people.person")]
    assert table.id == f"resource:postgres://{url.host}:{url.port}/{NAME}.people.person"
    field = shapes.fields(_code("people.person"))["name"]
    assert field.id == f"field:postgres://{url.host}:{url.port}/{NAME}.people.person/name"
    assert not table.given_id
    assert not field.given_id


async def test_a_comment_names_a_table_and_its_columns_where_it_is_short(shapes: Pulled) -> None:
    table = shapes.resources[_code("people.person")]
    assert table.values["name"] == "人口基本信息"
    assert table.values["abstract"] == "人口基本信息\n全市户籍人口，每日更新"
    fields = shapes.fields(_code("people.person"))
    assert fields["id_no"].values["name"] == "身份证号"
    assert fields["notes"].values["name"] == "notes"
    assert shapes.details(_code("people.person"), "notes")["comment"].startswith("这里写一句很长的话")


async def test_a_comment_of_two_columns_names_neither(shapes: Pulled) -> None:
    fields = shapes.fields(_code("people.person"))
    assert (fields["height"].values["name"], fields["weight"].values["name"]) == ("height", "weight")
    assert shapes.details(_code("people.person"), "height")["comment"] == "数值"


@pytest.mark.parametrize(
    ("column", "raw", "letter", "length"),
    [
        ("id", "bigint", "I", None),
        ("id_no", "people.checked_id", "C", 18),
        ("gender", "people.gender", "C", None),
        ("born", "date", "D", None),
        ("area", "character(6)", "C", 6),
        ("height", "real", "F", None),
        ("weight", "double precision", "B", None),
        ("income", "numeric(12,2)", "N", 12),
        ("married", "boolean", "L", None),
        ("photo", "bytea", "G", None),
        ("tags", "text[]", None, None),
        ("scores", "integer[]", None, None),
        ("more", "jsonb", "M", None),
        ("seen", "timestamp(3) with time zone", "T", None),
        ("wakes", "time without time zone", "T", None),
        ("stay", "interval", "C", None),
        ("address", "inet", "C", None),
        ("mark", "uuid", "C", None),
        ("period", "daterange", None, None),
        ("flags", "bit varying(8)", "G", 8),
    ],
)
async def test_types_are_kept_and_taken_as_letters(
    shapes: Pulled, column: str, raw: str, letter: str | None, length: int | None
) -> None:
    values = shapes.fields(_code("people.person"))[column].values
    assert (values["raw_type"], values.get("data_type"), values.get("length")) == (raw, letter, length)


async def test_types_without_a_letter_are_told_once_each(shapes: Pulled) -> None:
    told = [finding.message.split()[0] for finding in shapes.findings if finding.code == "TYPE_UNKNOWN"]
    assert told == ["daterange", "integer[]", "text[]"]


async def test_columns_tell_their_details(shapes: Pulled) -> None:
    person = _code("people.person")
    assert shapes.details(person, "id") == {"nullable": False, "primary_key": True, "unique": True, "identity": True}
    assert shapes.details(person, "id_no")["nullable"] is False
    assert shapes.details(person, "gender")["values"] == ["男", "女", "未知"]
    assert shapes.details(person, "income")["default"] == "0"
    assert shapes.details(person, "age")["generated"].startswith("CASE WHEN (height >")
    assert shapes.details(person, "area")["references"] == ["people.area.code"]
    assert "nextval" in shapes.details(person, "number")["default"]
    assert shapes.details(_code("people.area"), "name")["unique"] is True


async def test_dropped_columns_are_gone_and_positions_have_no_gap(shapes: Pulled) -> None:
    fields = shapes.fields(_code("people.person"))
    assert "dropped" not in fields
    assert [field.values["position"] for field in fields.values()] == list(range(1, len(fields) + 1))


async def test_keys_of_several_columns(shapes: Pulled) -> None:
    details = shapes.details(_code("people.household"))
    assert details["primary_key"] == ["area", "number"]
    assert details["unique"] == [["head", "area"]]
    above = {
        "columns": ["above_area", "above_number"],
        "to": "people.household",
        "refers": ["area", "number"],
    }
    assert above in details["foreign_keys"]
    assert "unique" not in shapes.details(_code("people.household"), "area")
    assert shapes.details(_code("people.household"), "above_number")["references"] == ["people.household.number"]
    assert shapes.details(_code("report.visit"), "person")["references"] == ["people.person.id"]


async def test_foreign_keys_are_no_lineage(shapes: Pulled) -> None:
    keyed = shapes.resources[_code("report.visit")].id.removeprefix("resource:")
    assert not [link for link in shapes.links if keyed in link.start or keyed in link.end]


async def test_names_in_quotes_stay_as_they_are(shapes: Pulled) -> None:
    fields = shapes.fields(_code("Audit Log.Person"))
    assert list(fields) == ["ID", "id", "first.name", 'say "hi"', "select", "姓名"]
    assert fields["ID"].id != fields["id"].id
    assert shapes.resources[_code("Audit Log.Person")].id != shapes.resources[_code("Audit Log.person")].id
    assert list(shapes.fields(_code("people.人员表"))) == ["证件号码"]


async def test_partitions_are_their_table_alone(shapes: Pulled) -> None:
    assert not [code for code in shapes.resources if "event_2" in code]
    details = shapes.details(_code("people.event"))
    assert (details["kind"], details["partitions"], details["rows"]) == ("partitioned table", 2, 1230)


async def test_kinds_of_tables_are_told(shapes: Pulled) -> None:
    kinds = {code.removeprefix(f"{NAME}."): shapes.details(code)["kind"] for code in shapes.resources}
    assert kinds["people.remote"] == "foreign table"
    assert kinds["people.nothing"] == kinds["people.cache"] == "table"
    assert kinds["report.kept"] == "materialized view"
    assert kinds["report.adult"] == "view"
    assert shapes.details(_code("people.truck"))["inherits"] == ["people.vehicle"]
    assert list(shapes.fields(_code("people.truck"))) == ["plate", "owner", "load"]
    assert shapes.fields(_code("people.nothing")) == {}


async def test_statistics_are_taken_and_can_be_left_out(shapes: Pulled) -> None:
    details = shapes.details(_code("people.event"))
    assert details["analysed"].endswith("Z")
    assert details["bytes"] > 0
    without = await pull(connector(config("POSTGRESQL", NAME, row_counts=False, tables=("event",))))
    assert without.details(_code("people.event")) == {"kind": "partitioned table", "partitions": 2}


def _flows(found: Pulled, target: str, influence: str = "DIRECT") -> set[tuple[str, str]]:
    """What a table's columns come from: `people.person/name` and the column."""
    head = f"{NAME}."
    return {
        (start.removeprefix(head), end.removeprefix(f"{head}{target}").lstrip("/"))
        for start, end in found.flows(influence)
        if end.startswith((f"{head}{target}/", f"{head}{target}")) and end.split("/")[0] == f"{head}{target}"
    }


@pytest.mark.parametrize(
    ("view", "comes_from"),
    [
        ("report.adult", {f"people.person/{name} {name}" for name in ("id", "name", "area", "income")}),
        (
            "report.adult_area",
            {
                "report.adult/id id",
                "report.adult/name name",
                "people.area/name area_name",
                "report.adult/income yearly",
            },
        ),
        (
            "report.top",
            {"report.adult_area/area_name area_name", "report.adult_area/yearly total", "report.adult_area "},
        ),
        ("report.kept", {"report.top/area_name area_name", "report.top/total total"}),
        ("report.everything", {"people.area/code code", "people.area/name name"}),
        ("report.renamed", {"people.area/code a", "people.area/name b"}),
        ("report.united", {"people.area/name title", "people.person/name title"}),
        ("report.with_cte", {"people.person/name name"}),
        ("report.above", {"people.household/area area", "people.household/number number"}),
        ("report.of_part", {"people.event/id id"}),
        ("report.of_catalog", set()),
        ("report.lateral", {"people.person/id id", "people.person/tags tag"}),
        ("report.constant", set()),
        ("secret.link", {"secret.hostile/a a"}),
        ("Audit Log.Both", {"Audit Log.Person/ID First", "Audit Log.Person/id second", "Audit Log.person/ID third"}),
    ],
)
async def test_views_come_from_what_they_are_made_of_edge_by_edge(
    shapes: Pulled, view: str, comes_from: set[str]
) -> None:
    assert {" ".join(pair) for pair in _flows(shapes, view)} == comes_from


async def test_filters_and_joins_are_told_apart_from_values(shapes: Pulled) -> None:
    assert _flows(shapes, "report.adult", "INDIRECT") == {
        ("people.person/born", column) for column in ("id", "name", "area", "income")
    }
    joined = _flows(shapes, "report.adult_area", "INDIRECT")
    assert {start for start, _ in joined} == {"people.area/code", "report.adult/area"}
    assert ("people.person/id", "place") in _flows(shapes, "report.with_cte", "INDIRECT")


async def test_the_expression_is_kept_and_views_name_no_job(shapes: Pulled) -> None:
    [link] = [link for link in shapes.links if link.end.endswith("report.adult_area/yearly") and "income" in link.start]
    assert link.values["transformation"].startswith("a.income * ")
    assert "job" not in link.values
    assert link.place.sheet == "report"
    assert link.place.column == "adult_area"


async def test_routines_and_triggers_move_data_as_jobs(shapes: Pulled) -> None:
    assert _flows(shapes, "report.copy") == {
        ("report.adult/id", "id"),
        ("report.adult/name", "name"),
        ("people.person/id", "id"),
        ("people.person/notes", "name"),
    }
    assert _flows(shapes, "Audit Log.changes") == {("people.vehicle/plate", "vehicle")}
    assert {link.values["job"] for link in shapes.links if "job" in link.values} == {
        f"{NAME}.report.fill()",
        f"{NAME}.report.refill(IN from_id bigint)",
        f"{NAME}.people.vehicle.note",
    }
    none = await pull(connector(config("POSTGRESQL", NAME, procedures=False, views=False)))
    assert not none.links
    assert len(none.things) == len(shapes.things)


async def test_what_cannot_be_followed_is_a_finding_with_its_line() -> None:
    new_postgresql(
        "registry_dynamic",
        [
            "CREATE TABLE a (x int)",
            "CREATE TABLE b (x int)",
            "CREATE FUNCTION f(t text) RETURNS void LANGUAGE plpgsql AS $body$\nBEGIN\n"
            "    EXECUTE 'INSERT INTO ' || t || ' SELECT x FROM a';\n    INSERT INTO b SELECT x FROM a;\nEND\n$body$",
        ],
    )
    found = await pull(connector(config("POSTGRESQL", "registry_dynamic")))
    assert found.flows() == {("registry_dynamic.public.a/x", "registry_dynamic.public.b/x")}
    [told] = found.findings
    assert told.code.startswith("SQL_")
    assert told.place.row is not None
    assert told.place.column == "f(t text)"


async def test_findings_about_statements_give_no_password_away() -> None:
    new_postgresql("registry_secret", [(CASES / "secretive.sql").read_text(encoding="utf-8")])
    found = await pull(connector(config("POSTGRESQL", "registry_secret")))
    assert found.findings
    assert "Geheim" not in repr(found.items)


async def test_what_is_hostile_in_comments_does_no_harm(shapes: Pulled) -> None:
    table = shapes.resources[_code("secret.hostile")].values
    assert table["name"] == table["abstract"] == "前 后 [31m 和"
    fields = shapes.fields(_code("secret.hostile"))
    assert [field.values["name"] for field in fields.values()] == ["a", "b", "c", "<script>alert(1)</script>"]
    assert "PASSWORD_IN_COMMENT" in shapes.codes()
    assert "PASSWORD_IN_TEXT" in shapes.codes()
    assert "definition" not in shapes.details(_code("secret.link"))
    assert "Abc12345" not in repr(shapes.items)


async def test_a_long_comment_is_cut_and_told() -> None:
    new_postgresql("registry_long", ["CREATE TABLE t (a int)", f"COMMENT ON TABLE t IS '{'长' * 10_000}'"])
    found = await pull(connector(config("POSTGRESQL", "registry_long")))
    assert found.resources["registry_long.public.t"].values["name"] == "t"
    assert found.resources["registry_long.public.t"].values["abstract"] == "长" * 2_000
    assert found.codes() == ["COMMENT_CUT"]


async def test_the_same_twice_and_nothing_is_stated_twice(shapes: Pulled) -> None:
    again = await pull(connector(config("POSTGRESQL", NAME)))
    assert again.items == shapes.items
    assert len(shapes.things) == len([item for item in shapes.items if hasattr(item, "raw")])


async def test_schemas_and_tables_are_chosen_by_patterns() -> None:
    _made()
    some = await pull(connector(config("POSTGRESQL", NAME, schemas=("p*", "audit log"), exclude_schemas=("public",))))
    assert {code.split(".")[1] for code in some.resources} == {"people", "Audit Log"}
    some = await pull(connector(config("POSTGRESQL", NAME, tables=("people.*", "top"), exclude_tables=("*e", "人*"))))
    assert set(some.resources) == {_code(f"people.{name}") for name in ("area", "event", "household", "nothing")} | {
        _code(f"people.{name}") for name in ("person", "truck")
    } | {_code("report.top")}
    none = await pull(connector(config("POSTGRESQL", NAME, schemas=("nowhere",))))
    assert none.codes() == ["SCHEMA_MISSING", "NOTHING_SEEN"]


async def test_what_an_extension_brings_is_left_out() -> None:
    new_postgresql("registry_extended", ["CREATE EXTENSION pg_buffercache", "CREATE TABLE t (a int)"])
    read = connector(config("POSTGRESQL", "registry_extended"))
    assert set((await pull(read)).resources) == {"registry_extended.public.t"}
    assert (await read.try_out())[2] == "They hold 1 tables and 0 views."


async def test_more_tables_than_the_settings_allow_are_an_error() -> None:
    _made()
    some = await pull(connector(config("POSTGRESQL", NAME, max_tables=3)))
    assert len(some.resources) == 3
    told = [finding for finding in some.findings if finding.code == "TOO_MANY_TABLES"]
    assert told
    assert {finding.severity for finding in told} == {Severity.ERROR}


async def test_system_and_department_and_rules_hold_for_what_is_stated() -> None:
    _made()
    rules = [Rule(namespace="*", name=f"{NAME}.people.*", resource="resource:320900/{1}")]
    found = await pull(connector(config("POSTGRESQL", NAME, system="system:a", department="department:b"), rules=rules))
    table = found.resources[_code("people.area")]
    assert (table.id, table.values["system"], table.values["provider"]) == (
        "resource:320900/area",
        "system:a",
        "department:b",
    )
    assert table.given_id
    assert found.fields(_code("people.area"))["code"].id == "field:320900/area/code"


async def test_registered_resources_and_fields_keep_their_ids_but_not_those_of_other_databases() -> None:
    _made()
    known = Registry(
        {
            _code("people.area"): ["resource:320900/行政区划"],
            _code("people.vehicle"): [f"resource:postgres://elsewhere:5432/{_code('people.vehicle')}"],
            _code("Audit Log.Person"): ["resource:audit"],
        },
        {
            "resource:320900/行政区划": [Column("field:1", "代码", "code"), Column("field:2", "Name")],
            "resource:audit": [Column("field:3", "id", "id"), Column("field:4", "ID", "ID")],
        },
    )
    found = await pull(connector(config("POSTGRESQL", NAME), registered=known))
    fields = found.fields(_code("people.area"))
    assert found.resources[_code("people.area")].id == "resource:320900/行政区划"
    assert (fields["code"].id, fields["name"].id) == ("field:1", "field:2")
    assert "elsewhere" not in found.resources[_code("people.vehicle")].id
    odd = found.fields(_code("Audit Log.Person"))
    assert (odd["ID"].id, odd["id"].id) == ("field:4", "field:3")


async def test_try_out_says_what_is_there() -> None:
    _made()
    said = await connector(config("POSTGRESQL", NAME)).try_out()
    assert "PostgreSQL" in said[0]
    assert said[1].startswith("5 schemas are read: Audit Log, people, public, report, secret")
    assert said[2] == "They hold 17 tables and 15 views."


async def test_text_that_is_no_utf8_is_taken_for_gb_18030() -> None:
    first = server("POSTGRESQL").database or "postgres"
    on_postgresql(
        first,
        [
            "DROP DATABASE IF EXISTS registry_bytes WITH (FORCE)",
            "CREATE DATABASE registry_bytes ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'",
        ],
    )
    url = server("POSTGRESQL")
    with psycopg.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, dbname="registry_bytes"
    ) as connection:
        connection.execute("SET client_encoding = 'SQL_ASCII'")
        connection.pgconn.exec_(b"CREATE TABLE t (a int); COMMENT ON TABLE t IS '\xd0\xd5\xc3\xfb x'")
    found = await pull(connector(config("POSTGRESQL", "registry_bytes")))
    assert found.resources["registry_bytes.public.t"].values["name"] == "姓名 x"


async def test_relatives_of_postgresql_are_read_with_what_they_have() -> None:
    """openGauss and KingbaseES know neither partitions as tables nor identities, and have other versions."""
    _made()
    url = server("POSTGRESQL")
    for kind in ("opengauss", "kingbase"):
        shown = f"{kind}://{url.username}@{url.host}:{url.port}/{NAME}"
        found = await pull(connector(config("POSTGRESQL", NAME, url=shown)))
        assert _code("people.person") in found.resources
        formats = found.resources[_code("people.person")].values["format_types"]
        assert formats == [{"opengauss": "gaussdb", "kingbase": "kingbase"}[kind]]


def test_the_tests_have_their_server_in_ci() -> None:
    assert not os.environ.get("CI") or os.environ.get("REGISTRY_TEST_POSTGRESQL")
