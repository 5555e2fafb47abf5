"""The connector of SQL files: what scripts state, under which ids, and what is said of the rest."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.datasets import Column, Rule
from connectors.protocol import Input
from connectors.sql_facts import MOST_PAIRS
from connectors.sql_files import SqlConfig, SqlFiles
from graph.facts import Kind, Link, Severity
from tests.connectors.sources import Item, Registry, codes, fields, findings, links, read, things

SCRIPT = """\
-- 每晚
CREATE TABLE total (id int, paid numeric);
INSERT INTO total SELECT person_id, sum(amount) FROM payment WHERE state = 'ok' GROUP BY person_id;
INSERT INTO archive SELECT * FROM payment;
"""


def write(folder: Path, text: str = SCRIPT, name: str = "night.sql", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path


async def pull(path: Path, config: Mapping[str, Any] | None = None, **told: Any) -> list[Item]:
    if config is not None:
        told["config"] = {"paths": [str(path)], **config}
    return await read(SqlFiles, path, **told)


def flows(items: Sequence[Item]) -> dict[tuple[str, str], str]:
    """Both ends of each flow, and its influence."""
    return {(item.start, item.end): item.values["influence"] for item in items if isinstance(item, Link)}


async def test_a_script_states_what_it_creates_and_what_flows(tmp_path: Path) -> None:
    items = await pull(write(tmp_path), {"namespace": "postgres://db1:5432", "default": ["people", "public"]})
    base = "postgres://db1:5432/people.public"
    assert things(items, Kind.RESOURCE).keys() == {f"resource:{base}.total"}
    total = fields(items, f"resource:{base}.total")
    assert [(name, field.values["position"]) for name, field in total.items()] == [("id", 1), ("paid", 2)]
    assert fields(items, f"resource:{base}.payment").keys() == {"person_id", "amount", "state"}
    assert flows(items) == {
        (f"field:{base}.payment/person_id", f"field:{base}.total/id"): "DIRECT",
        (f"field:{base}.payment/amount", f"field:{base}.total/paid"): "DIRECT",
        (f"field:{base}.payment/state", f"field:{base}.total/id"): "INDIRECT",
        (f"field:{base}.payment/state", f"field:{base}.total/paid"): "INDIRECT",
        (f"field:{base}.payment/person_id", f"field:{base}.total/paid"): "INDIRECT",
        (f"resource:{base}.payment", f"resource:{base}.archive"): "DIRECT",
    }
    (paid,) = (item for item in items if isinstance(item, Link) and item.start.endswith("/amount"))
    assert paid.values == {"job": "night.sql", "influence": "DIRECT", "transformation": "SUM(amount)"}
    assert (paid.place.file, paid.place.row) == ("night.sql", 3)


async def test_tables_that_nobody_knows_are_listed_with_what_to_do(tmp_path: Path) -> None:
    items = await pull(write(tmp_path))
    unknown = [finding for finding in findings(items) if finding.code == "DATASET_UNKNOWN"]
    assert [finding.value for finding in unknown] == ["file/payment", "file/archive"]
    assert all('namespace = "file"' in finding.done and "[[names]]" in finding.done for finding in unknown)
    assert "SQL_COLUMN_UNKNOWN" in codes(items)


async def test_a_star_is_what_the_registry_has_and_fields_keep_their_ids(tmp_path: Path) -> None:
    columns = [
        Column("field:x/1", "人员编号", "person_id"),
        Column("field:x/2", "金额", "amount"),
        Column("f3", "state"),
    ]
    registry = Registry({"file/payment": ["resource:x"]}, {"resource:x": columns})
    items = await pull(write(tmp_path), registered=registry)
    assert {pair for pair in links(items) if pair[1].startswith("field:file/archive")} == {
        ("field:x/1", "field:file/archive/person_id"),
        ("field:x/2", "field:file/archive/amount"),
        ("f3", "field:file/archive/state"),
    }
    assert ("f3", "field:file/total/paid") in links(items)
    assert not fields(items, "resource:x")
    assert codes(items) == ["DATASET_UNKNOWN"]


async def test_a_rule_says_which_resource_a_table_is_and_nothing_else_is_said_of_it(tmp_path: Path) -> None:
    rule = Rule(namespace="file", name="*total", resource="resource:合计")
    items = await pull(write(tmp_path), rules=[rule])
    assert not things(items, Kind.RESOURCE)
    assert ("field:file/payment/amount", "field:合计/paid") in links(items)
    assert [finding.value for finding in findings(items) if finding.code == "DATASET_UNKNOWN"] == [
        "file/payment",
        "file/archive",
    ]


async def test_a_second_run_states_the_same_things_and_leaves_names_alone(tmp_path: Path) -> None:
    first = await pull(write(tmp_path))
    stated = {
        id: [Column(field.id, str(field.values["name"])) for field in fields(first, id).values()]
        for id in ("resource:file/total", "resource:file/payment", "resource:file/archive")
    }
    registry = Registry({id: [id] for id in stated}, stated)
    second = await pull(write(tmp_path), registered=registry)
    for kind in (Kind.RESOURCE, Kind.FIELD):
        assert things(second, kind).keys() >= things(first, kind).keys()
    assert "name" not in things(second, Kind.RESOURCE)["resource:file/total"].values
    assert {thing.id: thing.given_id for thing in things(second, Kind.FIELD).values()}["field:file/total/id"] is False


async def test_a_column_that_a_registered_resource_lacks_is_told(tmp_path: Path) -> None:
    registry = Registry({"file/payment": ["resource:x"]}, {"resource:x": [Column("f1", "amount")]})
    items = await pull(write(tmp_path, "INSERT INTO u SELECT amount, other FROM payment"), registered=registry)
    (told,) = (finding for finding in findings(items) if finding.code == "COLUMNS_UNKNOWN")
    assert (told.severity, told.ids) == (Severity.INFO, ("resource:x",))
    assert "other" in told.message
    assert fields(items, "resource:x").keys() == {"other"}


async def test_one_link_has_the_expressions_of_all_statements(tmp_path: Path) -> None:
    text = "INSERT INTO u SELECT a FROM t;\nINSERT INTO u SELECT a + 1 AS a FROM t;\nINSERT INTO u SELECT a FROM t;"
    (link,) = (item for item in await pull(write(tmp_path, text)) if isinstance(item, Link))
    assert link.values["transformation"] == "a; a + 1"
    assert link.place.row == 1


async def test_a_transformation_is_bounded(tmp_path: Path) -> None:
    sums = ["+".join(f"{'x' * 90}{at}_{one}" for one in range(10)) for at in range(9)]
    text = "\n".join(f"INSERT INTO u SELECT a + {one} AS s FROM t;" for one in sums)
    items = await pull(write(tmp_path, text))
    longest = max(len(item.values["transformation"]) for item in items if isinstance(item, Link))
    assert longest == 2_000


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("resources", {("resource:file/t", "resource:file/u")}),
        ("fields", {("field:file/t/c", "field:file/u/a"), ("field:file/t/c", "field:file/u/b")}),
        ("none", set()),
    ],
)
async def test_filters_are_linked_as_the_source_says(
    tmp_path: Path, filters: str, expected: set[tuple[str, str]]
) -> None:
    path = write(tmp_path, "INSERT INTO u SELECT a, b FROM t WHERE c = 1")
    items = await pull(path, {"filters": filters})
    direct = {("field:file/t/a", "field:file/u/a"), ("field:file/t/b", "field:file/u/b")}
    assert {ends for ends, influence in flows(items).items() if influence == "DIRECT"} == direct
    assert {ends for ends, influence in flows(items).items() if influence == "INDIRECT"} == expected


async def test_filters_of_very_many_fields_stay_between_the_resources(tmp_path: Path) -> None:
    listed = ", ".join(f"c{at}" for at in range(MOST_PAIRS // 2))
    conditions = " AND ".join(f"d{at} = 1" for at in range(3))
    items = await pull(
        write(tmp_path, f"INSERT INTO u SELECT {listed} FROM t WHERE {conditions}"), {"filters": "fields"}
    )
    assert {ends for ends, influence in flows(items).items() if influence == "INDIRECT"} == {
        ("resource:file/t", "resource:file/u")
    }


async def test_what_is_not_understood_is_a_finding_with_its_line_and_the_rest_is_taken(tmp_path: Path) -> None:
    text = "INSERT INTO u SELECT a FROM t;\nINSERT INTO v SELECT b FROM (;\n\nCALL p();\nINSERT INTO w SELECT c FROM t;"
    items = await pull(write(tmp_path, text), {"dialect": "mysql"})
    assert {end for _, end in links(items)} == {"field:file/u/a", "field:file/w/c"}
    told = [(one.code, one.severity, one.place.row) for one in findings(items) if one.code.startswith("SQL")]
    assert told == [("SQL_NOT_PARSED", Severity.ERROR, 2), ("SQL_NOT_FOLLOWED", Severity.WARNING, 4)]


async def test_passwords_in_sql_are_not_kept(tmp_path: Path) -> None:
    text = "INSERT INTO u SELECT f(a, password => 'geheim1') AS a FROM t;\nCREATE USER u IDENTIFIED BY geheim2 (;"
    items = await pull(write(tmp_path, text), {"dialect": "oracle"})
    assert any(isinstance(item, Link) for item in items)
    assert "geheim" not in repr(items)


async def test_what_the_source_leaves_open_is_as_it_says(tmp_path: Path) -> None:
    config = {"department": "department:d", "system": "system:s", "job": "夜间", "dialect": "postgres"}
    items = await pull(write(tmp_path), config)
    total = things(items, Kind.RESOURCE)["resource:file/total"]
    assert (total.values["provider"], total.values["system"]) == ("department:d", "system:s")
    assert {item.values["job"] for item in items if isinstance(item, Link)} == {"夜间"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
async def test_chinese_text_is_read_in_the_encodings_it_comes_in(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, "-- 人口\nINSERT INTO 低保 SELECT 姓名 FROM 人口", encoding=encoding)
    assert SqlFiles.recognises(path)
    assert links(await pull(path)) == {("field:file/人口/姓名", "field:file/低保/姓名")}


async def test_bytes_that_are_no_text_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.sql"
    path.write_bytes(b"SELECT a\x00 FROM t")
    (finding,) = findings(await pull(path))
    assert (finding.code, finding.severity) == ("FILE_NOT_READ", Severity.ERROR)
    path.write_bytes(b"SELECT a FROM t \xff\xff\xff")
    assert codes(await pull(path)) == ["FILE_NOT_READ"]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM t",
        "\n\n/* x */ -- y\n  with c as (select 1) select * from c",
        "create or replace view v as select 1 from t",
        "DELIMITER //\nCREATE PROCEDURE p() BEGIN END //",
        "USE db1;\nINSERT INTO a SELECT 1 FROM b;",
        "(SELECT a FROM t) UNION (SELECT b FROM s)",
        "# 注释\nUPDATE t SET a = 1",
        "SET DEFINE OFF\nMERGE INTO a USING b ON (a.i = b.i) WHEN MATCHED THEN UPDATE SET a.x = b.x;",
    ],
)
def test_text_that_begins_with_statements_is_recognised(tmp_path: Path, text: str) -> None:
    assert SqlFiles.recognises(write(tmp_path, text, "file"))


@pytest.mark.parametrize(
    "text",
    [
        '{"sql": "SELECT a FROM t"}',
        "[1]",
        "<sql>SELECT a FROM t</sql>",
        "SQLite format 3\x00 CREATE TABLE t (a int)",
        "姓名,身份证号\n王,1\n",
        "Select the best one and go.",
        "# Notes\n\nInsert into the form, then update it.",
        "create a new folder",
        "",
        "-- only a comment",
    ],
)
def test_other_text_is_not(tmp_path: Path, text: str) -> None:
    assert not SqlFiles.recognises(write(tmp_path, text, "file"))


@pytest.mark.parametrize("text", ["/*" * 30_000, "SELECT " * 9_000, "(" * 65_536, "WITH x " * 9_000, "CREATE " * 9_000])
def test_recognising_is_cheap_whatever_the_text(tmp_path: Path, text: str) -> None:
    assert not SqlFiles.recognises(write(tmp_path, text, "file"))


@pytest.mark.parametrize(
    ("said", "meant"), [("PostgreSQL", "postgres"), ("mssql", "tsql"), (" hive ", "hive"), ("", "")]
)
def test_dialects_go_by_their_usual_names(said: str, meant: str) -> None:
    assert SqlConfig.model_validate({"paths": ["."], "dialect": said}).dialect == meant


def test_a_dialect_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValidationError, match=r"there is no dialect 'klingon'; there are .*bigquery.*postgres"):
        SqlConfig.model_validate({"paths": ["."], "dialect": "klingon"})


async def test_trying_counts_what_there_is(tmp_path: Path) -> None:
    path = write(tmp_path)
    config = SqlConfig.model_validate({"paths": [str(tmp_path)]})
    assert await SqlFiles(Input((), config=config)).try_out() == ["night.sql: 3 statements, 5 flows, 1 problems."]
    path.unlink()
    assert await SqlFiles(Input((), config=config)).try_out() == []


def test_the_page_has_every_setting_and_every_finding() -> None:
    page = (Path(__file__).parents[2] / "docs" / "sources" / "sql.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", page, re.M))
    assert SqlConfig.model_fields.keys() <= rows.keys()
    for code in ("SQL_NOT_PARSED", "SQL_NOT_FOLLOWED", "SQL_COLUMN_UNKNOWN", "SQL_COLUMN_AMBIGUOUS", "SQL_TOO_DEEP"):
        assert f"`{code}`" in page
