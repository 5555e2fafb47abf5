"""The connector on a real MySQL or MariaDB: what becomes what, what it may not do, and what it survives."""

import os
from functools import cache
from typing import Any

import pytest

from connectors.database import Database
from connectors.database_session import NotRead
from connectors.errors import SourceError
from graph.facts import Severity
from tests.connectors.databases import CASES, Pulled, config, connector, new_mysql, on_mysql, pull, server, session

pytestmark = pytest.mark.server("databases")

NAME = "registry_shapes"


@cache
def _made() -> None:
    new_mysql(NAME, [(CASES / "mysql.sql").read_text(encoding="utf-8")])


@pytest.fixture(scope="module")
async def shapes() -> Pulled:
    """What the connector says of the database of shapes."""
    server("MYSQL")
    _made()
    return await pull(_reader())


def _reader(name: str = NAME, **more: Any) -> Database:
    return connector(config("MYSQL", name, schemas=(name,), **more))


def _code(table: str) -> str:
    return f"{NAME}.{table}"


async def test_ids_are_those_of_openlineage_datasets(shapes: Pulled) -> None:
    url = server("MYSQL")
    table = shapes.resources[_code("person")]
    assert table.id == f"resource:mysql://{url.host}:{url.port}/{NAME}.person"
    assert shapes.fields(_code("person"))["name"].id == f"field:mysql://{url.host}:{url.port}/{NAME}.person/name"
    assert table.values["format_types"] == ["mysql"]


async def test_comments_name_tables_and_columns(shapes: Pulled) -> None:
    assert shapes.resources[_code("person")].values["name"] == "人口基本信息"
    assert shapes.resources[_code("adult")].values["name"] == "adult"
    assert shapes.fields(_code("person"))["id_no"].values["name"] == "身份证号"


@pytest.mark.parametrize(
    ("column", "raw", "letter", "length"),
    [
        ("id", "bigint(20) unsigned", "I", None),
        ("name", "varchar(40)", "C", 40),
        ("gender", "enum('男','女','it''s')", "C", None),
        ("roles", "set('a','b')", "C", None),
        ("number", "int(8) unsigned zerofill", "I", None),
        ("small", "tinyint(4)", "I", None),
        ("flag", "tinyint(1)", "L", None),
        ("bits", "bit(8)", "G", 8),
        ("income", "decimal(12,2)", "N", 12),
        ("height", "float", "F", None),
        ("weight", "double", "B", None),
        ("born", "date", "D", None),
        ("seen", "datetime(3)", "T", None),
        ("wakes", "time", "T", None),
        ("since", "year(4)", "I", None),
        ("notes", "mediumtext", "M", None),
        ("photo", "longblob", "G", None),
        ("code", "binary(16)", "G", 16),
        ("place", "point", "G", None),
    ],
)
async def test_types_are_kept_and_taken_as_letters(
    shapes: Pulled, column: str, raw: str, letter: str, length: int | None
) -> None:
    values = shapes.fields(_code("person"))[column].values
    assert (values["raw_type"], values["data_type"], values.get("length")) == (raw, letter, length)


async def test_columns_tell_their_details(shapes: Pulled) -> None:
    person = _code("person")
    assert shapes.details(person, "id") == {"nullable": False, "primary_key": True, "unique": True, "identity": True}
    assert shapes.details(person, "gender")["values"] == ["男", "女", "it's"]
    assert shapes.details(person, "roles")["values"] == ["a", "b"]
    assert shapes.details(person, "age")["generated"] == "year(`born`)"
    assert shapes.details(person, "area")["references"] == [f"{NAME}.area.code"]
    assert "default" not in shapes.details(person, "hidden_default")
    assert shapes.details(person)["unique"] == [["id_no", "area"]]
    assert shapes.details(_code("area"), "name")["unique"] is True
    assert shapes.details(_code("household"))["primary_key"] == ["area", "number"]


async def test_names_in_backquotes_stay_as_they_are(shapes: Pulled) -> None:
    assert list(shapes.fields(_code("order"))) == ["select", "a`b", "名称", "x.y"]
    assert list(shapes.fields(_code("quoted"))) == ["c`d", "名"]


async def test_statistics_are_taken_and_can_be_left_out(shapes: Pulled) -> None:
    details = shapes.details(_code("area"))
    assert details["rows"] == 2
    assert details["bytes"] > 0
    assert details["created"]
    assert details["changed"]
    without = await pull(_reader(row_counts=False, tables=("area",)))
    assert without.details(_code("area")) == {"kind": "table", "primary_key": ["code"], "unique": [["name"]]}


async def test_a_partitioned_table_is_one(shapes: Pulled) -> None:
    assert shapes.details(_code("event"))["kind"] == "table"
    assert [code for code in shapes.resources if "event" in code] == [_code("event")]


@pytest.mark.parametrize(
    ("view", "comes_from"),
    [
        ("adult", {f"person/{name} {name}" for name in ("id", "name", "area", "income")}),
        ("adult_area", {"adult/id id", "adult/name name", "area/name area_name", "adult/income yearly"}),
        ("everything", {"area/code code", "area/name name"}),
        ("renamed", {"area/code a", "area/name b"}),
        ("united", {"area/name title", "person/name title"}),
        ("quoted", {"order/a`b c`d", "order/名称 名"}),
        ("with_cte", {"person/name name"}),
        ("joined_text", {"person/name text", "area/name text", "person/income income"}),
        ("copy", {"adult/id id", "adult/name name", "person/id id", "person/notes name"}),
        ("log_of_area", {"area/code code"}),
    ],
)
async def test_lineage_goes_edge_by_edge(shapes: Pulled, view: str, comes_from: set[str]) -> None:
    """The server rewrites what a view is made of: names in full, in backquotes, expressions in its own words."""
    head = f"{NAME}."
    assert {
        f"{start.removeprefix(head)} {end.partition('/')[2]}"
        for start, end in shapes.flows()
        if end.startswith(f"{head}{view}/")
    } == comes_from


async def test_views_on_views_keep_what_is_summed_up(shapes: Pulled) -> None:
    flows = shapes.flows()
    assert (_code("adult_area/area_name"), _code("top_areas/area_name")) in flows
    assert (_code("adult_area/yearly"), _code("top_areas/total")) in flows
    assert not [pair for pair in flows if pair[0].startswith(_code("adult/")) and "top_areas" in pair[1]]


async def test_filters_and_parameters_are_told_apart_from_values(shapes: Pulled) -> None:
    indirect = shapes.flows("INDIRECT")
    assert (_code("person/born"), _code("adult/name")) in indirect
    assert (_code("adult/id"), _code("copy/name")) in indirect
    assert not [pair for pair in indirect if "from_id" in pair[0]]


async def test_jobs_are_routines_triggers_and_events(shapes: Pulled) -> None:
    assert {link.values["job"] for link in shapes.links if "job" in link.values} == {
        _code("fill_copy"),
        _code("area.area_changes"),
        _code("nightly"),
    }


async def test_views_across_databases_lead_to_the_other_one() -> None:
    _made()
    new_mysql("registry_across", [f"CREATE VIEW v AS SELECT a.code, upper(a.name) AS n FROM {NAME}.area a"])
    found = await pull(_reader("registry_across"))
    assert found.flows() == {
        (_code("area/code"), "registry_across.v/code"),
        (_code("area/name"), "registry_across.v/n"),
    }
    assert found.codes() == []


async def test_what_is_hostile_in_comments_does_no_harm(shapes: Pulled) -> None:
    assert shapes.resources[_code("hostile")].values["name"] == "前 后"
    fields = shapes.fields(_code("hostile"))
    assert [field.values["name"] for field in fields.values()] == ["a", "一", "c"]
    assert shapes.codes().count("PASSWORD_IN_COMMENT") == 1
    assert "Abc12345" not in repr(shapes.items)


async def test_the_same_twice(shapes: Pulled) -> None:
    assert (await pull(_reader())).items == shapes.items


async def test_system_schemas_are_left_out() -> None:
    _made()
    found = await pull(connector(config("MYSQL", NAME, exclude_schemas=("registry_bench",))))
    assert {code.partition(".")[0] for code in found.resources}.isdisjoint(
        {"mysql", "sys", "information_schema", "performance_schema"}
    )


async def test_try_out_says_what_is_there() -> None:
    _made()
    said = await _reader().try_out()
    assert "MariaDB" in said[0] or "MySQL" in said[0]
    assert said[1:] == [f"1 schemas are read: {NAME}.", "They hold 9 tables and 9 views."]


async def test_few_questions_are_asked_however_many_tables() -> None:
    new_mysql("registry_few", ["CREATE TABLE t (a int)", "CREATE VIEW v AS SELECT a FROM t"])
    few = _reader("registry_few")
    await pull(few)
    on_mysql([f"CREATE TABLE t_{at} (a int, b text)" for at in range(100)], "registry_few")
    many = _reader("registry_few")
    assert len((await pull(many)).resources) == 102
    assert many.queries == few.queries <= 9


async def test_nothing_can_be_written_through_the_connection() -> None:
    new_mysql("registry_written", ["CREATE TABLE t (a int)"])
    with session(config("MYSQL", "registry_written")) as open_:
        for statement in ("INSERT INTO t VALUES (1)", "UPDATE t SET a = 2", "DELETE FROM t"):
            with pytest.raises(NotRead, match="1792"):
                open_.rows(statement)
        assert open_.rows("SELECT count(*) FROM t") == [(0,)]


async def test_a_statement_ends_at_its_limit_and_the_connection_goes_on() -> None:
    with session(config("MYSQL", "mysql", seconds=0.3)) as open_:
        with pytest.raises(NotRead, match=r"longer than 0\.3 seconds"):
            open_.rows("SELECT sleep(20)")
        assert open_.rows("SELECT 1") == [(1,)]


async def test_a_connection_that_is_lost_is_worth_another_try() -> None:
    with session(config("MYSQL", "mysql")) as open_:
        [(number,)] = open_.rows("SELECT connection_id()")
        on_mysql([f"KILL {number}"])
        with pytest.raises(SourceError) as caught:
            open_.rows("SELECT 1")
        assert caught.value.passing


async def test_a_wrong_password_is_not_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRONG", "Geheim-987")
    with pytest.raises(SourceError, match="check user and password") as caught:
        await _reader(password={"env": "WRONG"}).try_out()
    assert not caught.value.passing
    assert "Geheim" not in str(caught.value)
    with pytest.raises(SourceError, match="no such database"):
        await _reader("registry_nowhere").try_out()


def _user(name: str, grants: list[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A user with these rights, and how the connector is told of it."""
    url = server("MYSQL")
    host = "127.0.0.1"
    on_mysql([f"DROP USER IF EXISTS {name}@'{host}'", f"CREATE USER {name}@'{host}' IDENTIFIED BY 'little-1'", *grants])
    monkeypatch.setenv("LITTLE", "little-1")
    return {"url": f"mysql://{name}@{url.host}:{url.port}", "password": {"env": "LITTLE"}}


async def test_a_user_without_rights_sees_nothing_and_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _user("registry_nobody", [], monkeypatch)
    found = await pull(connector(config("MYSQL", None, **said)))
    assert found.codes() == ["NOTHING_SEEN"]
    assert not found.things


async def test_views_whose_text_may_not_be_read_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    new_mysql(
        "registry_rights",
        [
            "CREATE TABLE t (a int)",
            "CREATE VIEW v AS SELECT a FROM t",
            "CREATE PROCEDURE p() INSERT INTO t (a) SELECT a FROM v",
        ],
    )
    said = _user(
        "registry_little",
        [
            "GRANT SELECT ON registry_rights.* TO registry_little@'127.0.0.1'",
            "GRANT EXECUTE ON registry_rights.* TO registry_little@'127.0.0.1'",
        ],
        monkeypatch,
    )
    found = await pull(connector(config("MYSQL", None, **said)))
    assert set(found.resources) == {"registry_rights.t", "registry_rights.v"}
    assert list(found.fields("registry_rights.v")) == ["a"]
    assert {(finding.code, finding.severity, finding.place.column) for finding in found.findings} == {
        ("VIEW_TEXT_HIDDEN", Severity.WARNING, "v"),
        ("ROUTINE_TEXT_HIDDEN", Severity.INFO, "p"),
    }
    on_mysql(["GRANT SHOW VIEW ON registry_rights.* TO registry_little@'127.0.0.1'"])
    more = await pull(connector(config("MYSQL", None, **said)))
    assert more.codes() == ["ROUTINE_TEXT_HIDDEN"]
    on_mysql(["GRANT SELECT ON mysql.proc TO registry_little@'127.0.0.1'"])
    assert (await pull(connector(config("MYSQL", None, **said)))).codes() == []


def test_the_tests_have_their_server_in_ci() -> None:
    assert not os.environ.get("CI") or os.environ.get("REGISTRY_TEST_MYSQL")
