"""`registry mapping`, and imports by a mapping that is named."""

from pathlib import Path

import pytest

from tests.connectors import tables
from tests.registry.running import Commands

TABLE = "資源名稱;提供部門;更新頻率;備註\n人口信息;市公安局;每日;無\n"


@pytest.fixture
def place(tmp_path: Path) -> Commands:
    (tmp_path / "mine.csv").write_text(TABLE, encoding="utf-8")
    return Commands(tmp_path / "data", tmp_path)


def test_a_suggestion_is_shown_saved_listed_and_used(place: Commands, commands: Commands) -> None:
    told = place.run("mapping", "suggest", "mine.csv", "--format", "json")
    [sheet] = told.json["sheets"]
    assert (sheet["kind"], sheet["headerRow"]) == ("resource", 1)
    assert [(one["to"], one["score"]) for one in sheet["columns"]][:2] == [
        ("resource.name", 100),
        ("resource.provider", 100),
    ]
    assert sheet["columns"][3]["to"] is None
    saved = place.run("mapping", "suggest", "mine.csv", "--save", "ours")
    assert saved.status == 0
    assert "resource.update_cycle" in saved.out
    listed = place.run("mapping", "list", "--format", "json").json["mappings"]
    assert ("ours", "saved") in [(one["name"], one["where"]) for one in listed]
    assert {"demands", "elements", "tasks"} <= {one["name"] for one in listed}
    assert 'to = ["resource.provider"]' in place.run("mapping", "show", "ours").out
    again = place.run("mapping", "suggest", "mine.csv", "--save", "ours")
    assert (again.status, "there is a mapping ours already" in again.err) == (1, True)
    done = commands.run(
        "import", place.here / "mine.csv", "--mapping", "ours", "--format", "json", "--jurisdiction", tables.CITY
    )
    assert done.status == 0, done.err
    assert done.json["counts"]["resource"]["added"] == 1


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("mapping", "show", "none"), 1, "there is no mapping none"),
        (("mapping", "suggest", "mine.csv", "--sheet", "甲"), 2, "has no sheet 甲"),
        (("mapping", "suggest", "mine.csv", "--save", "a/b"), 2, "--save"),
        (("import", "mine.csv", "--mapping", "none"), 2, "there is no mapping none"),
        (("import", "mine.csv", "--mapping", "demands", "--as", "exchange"), 2, "is for tables"),
    ],
)
def test_what_cannot_be_is_refused(place: Commands, arguments: tuple[str, ...], status: int, says: str) -> None:
    done = place.run(*arguments)
    assert (done.status, says in done.err) == (status, True), done.err


def test_a_table_that_nothing_is_known_of_ends_with_1(place: Commands) -> None:
    (place.here / "odd.csv").write_text("甲乙;丙丁\n1;2\n", encoding="utf-8")
    done = place.run("mapping", "suggest", "odd.csv")
    assert (done.status, "No sheet has headers that are known" in done.err) == (1, True)
