"""The connector on SQLite files: what becomes what, that nothing is written, and broken files."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from connectors.database import Database
from connectors.database_session import NotRead
from connectors.errors import SourceError
from connectors.protocol import Input
from graph.facts import Severity
from tests.connectors.databases import CASES, Pulled, pull, session, settings


def make(path: Path, text: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(text)
    return path


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """An SQLite file with the shapes."""
    return make(tmp_path / "people.db", (CASES / "sqlite.sql").read_text(encoding="utf-8"))


async def of_file(path: Path) -> Pulled:
    return await pull(Database(Input([path])))


async def test_a_file_is_known_by_its_first_bytes(file: Path) -> None:
    assert Database.recognises(file)
    other = file.with_name("other.db")
    other.write_bytes(b"SQLite format 2\x00")
    assert not Database.recognises(other)
    assert not Database.recognises(file.with_name("none.db"))
    assert not Database.recognises(file.parent)


async def test_tables_views_and_columns_of_a_file(file: Path) -> None:
    found = await of_file(file)
    tables = {code.rpartition("/")[2] for code in found.resources}
    views = {"adult", "adult_area", "renamed", "everything"}
    assert tables == views | {"area", "person", "household", "order", "words", "changes"}
    assert found.details("people.db/person", "upper_name")["generated"]
    assert found.details("people.db/person", "name")["default"] == "'某人'"
    assert found.details("people.db/person", "area")["references"] == ["main.area.code"]
    assert found.details("people.db/household")["primary_key"] == ["area", "number"]
    assert found.details("people.db/household")["unique"] == [["head", "area"]]
    assert found.details("people.db/area")["rows"] == 1
    assert list(found.fields("people.db/order")) == ["select", 'a"b', "名称"]
    assert list(found.fields("people.db/adult_area")) == ["id", "name", "area_name"]


async def test_lineage_of_views_and_triggers_of_a_file(file: Path) -> None:
    found = await of_file(file)
    flows = {(start.rpartition(".db/")[2], end.rpartition(".db/")[2]) for start, end in found.flows()}
    assert {pair for pair in flows if not pair[1].startswith("adult/")} == {
        ("adult/id", "adult_area/id"),
        ("adult/name", "adult_area/name"),
        ("area/name", "adult_area/area_name"),
        ("area/code", "renamed/a"),
        ("area/name", "renamed/b"),
        ("area/code", "everything/code"),
        ("area/name", "everything/name"),
        ("area/code", "changes/code"),
    }
    assert ("person/income", "adult/income") in flows
    assert {link.values["job"] for link in found.links if "job" in link.values} == {"people.db/area.note"}


async def test_reading_leaves_no_trace(tmp_path: Path, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE more (a)")
    before = file.read_bytes()
    file.chmod(0o444)
    found = await of_file(file)
    assert "people.db/more" in found.resources
    assert sorted(path.name for path in tmp_path.iterdir()) == ["people.db"]
    assert file.read_bytes() == before


async def test_what_stands_in_the_log_beside_a_file_is_read(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE late (a)")
        assert "people.db/late" in (await of_file(file)).resources


async def test_nothing_can_be_written_through_the_connection(file: Path) -> None:
    with session(settings(f"sqlite:///{file}")) as open_:
        other = file.with_name("other.db")
        for statement in ("INSERT INTO area VALUES ('1', 'x')", "DROP TABLE area", f"ATTACH '{other}' AS other"):
            with pytest.raises(NotRead):
                open_.rows(statement)
        assert not other.exists()


async def test_a_broken_view_costs_itself_only(file: Path) -> None:
    make(
        file,
        "CREATE TABLE gone (a); CREATE VIEW broken AS SELECT a FROM gone; DROP TABLE gone;",
    )
    found = await of_file(file)
    assert found.fields("people.db/broken") == {}
    assert len(found.fields("people.db/person")) == 8
    [told] = [finding for finding in found.findings if finding.code == "PART_NOT_READ"]
    assert told.severity is Severity.WARNING
    assert "broken" in told.message


async def test_a_file_that_is_no_database_is_an_error_finding(tmp_path: Path) -> None:
    path = tmp_path / "half.db"
    path.write_bytes(b"SQLite format 3\x00" + b"nothing" * 50)
    found = await of_file(path)
    assert [(item.code, item.severity) for item in found.findings] == [("FILE_UNREADABLE", Severity.ERROR)]
    assert found.findings[0].message == "the file is damaged, or no SQLite database"
    assert not found.things
    found = await of_file(tmp_path / "none.db")
    assert found.findings[0].message == "there is no such file"


async def test_names_that_no_id_has_are_told_and_not_mixed_up(tmp_path: Path) -> None:
    path = make(
        tmp_path / "odd.db", 'CREATE TABLE "a\x01b" (x, "y\x02", "y ");CREATE TABLE "a b" (x);CREATE TABLE "" ("" );'
    )
    found = await of_file(path)
    assert found.codes() == ["SAME_ID", "SAME_ID"]
    assert len(found.resources) == 2


async def test_a_name_of_thousands_of_characters_is_taken(tmp_path: Path) -> None:
    path = make(tmp_path / "long.db", f'CREATE TABLE "{"t" * 9_000}" ("{"c" * 9_000}" INT);')
    found = await of_file(path)
    assert len(found.things) == 2
    assert all(len(id) <= 300 and len(thing.values["name"]) <= 1_000 for id, thing in found.things.items())


async def test_a_file_can_be_a_source_with_settings(file: Path) -> None:
    config = settings(f"sqlite:///{file}", namespace="sqlite://office", system="system:a", views=False)
    found = await pull(Database(Input([], config=config)))
    table = found.resources["people.db/area"]
    assert (table.id, table.values["system"]) == ("resource:sqlite://office/people.db/area", "system:a")
    assert not [link for link in found.links if "adult" in link.end]
    said = await Database(Input([], config=config)).try_out()
    assert said == await Database(Input([file])).try_out()
    assert said[2] == "They hold 6 tables and 4 views."
    with pytest.raises(SourceError, match="no such file"):
        await pull(Database(Input([], config=settings("sqlite:////nowhere/x.db"))))


async def test_a_path_may_hold_what_addresses_may_not(tmp_path: Path) -> None:
    path = make(tmp_path / "a?b#c%41 &mode=rw.db", "CREATE TABLE t (a)")
    assert list((await of_file(path)).resources) == [f"{path.name}/t"]


async def test_a_question_that_does_not_end_is_cut_off(file: Path) -> None:
    config = settings(f"sqlite:///{file}", seconds=0.1)
    with session(config) as open_:
        open_.grace = 0.1
        with pytest.raises(SourceError, match=r"within 0\.1 seconds"):
            open_.rows("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
