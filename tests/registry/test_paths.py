"""`registry paths` as its users meet it."""

import pytest

from tests.registry.running import Commands

POLICE = "department:320900/市公安局"
RELIEF = "resource:320900/市民政局/最低生活保障对象信息"
FINANCE = "department:320900/市财政局"


def test_paths_as_json_have_the_shape_of_the_api(sample: Commands) -> None:
    answer = sample.run("paths", POLICE, RELIEF, "--level", "department", "--format", "json").json
    assert list(answer) == ["paths", "exists", "complete", "stoppedBy", "sequence"]
    assert [path["length"] for path in answer["paths"]] == [1, 3, 5, 7]
    path = answer["paths"][0]
    assert list(path) == ["length", "nodes", "edges"]
    assert list(path["nodes"][0]) == [
        *("id", "kind", "name", "depth", "whole", "more"),
        *("resource", "system", "department", "jurisdiction"),
    ]
    assert list(path["edges"][0]) == ["source", "target", "count", "precise", "flow", "jobs", "agreements"]


def test_the_tree_shows_each_path_and_does_not_hide_that_it_was_cut(sample: Commands) -> None:
    out = sample.run("paths", POLICE, RELIEF, "--first", "2").out
    assert "1. 2 steps" in out
    assert "╰─▶ 居民家庭经济状况核对信息 [RESOURCE] · 盐城市民政局" in out
    assert "✂ Cut by NODES: 2 paths" in out
    assert "--first lists more" in out
    out = sample.run("paths", POLICE, RELIEF, "--level", "department", "--avoid", FINANCE).out
    assert f"not through {FINANCE}" in out
    assert "1. 1 step\n" in out
    assert "Complete: 1 path;" in out
    assert "not field by field" in sample.run("paths", POLICE, RELIEF, "--level", "field", "--first", "1").out


def test_no_path_is_an_answer(sample: Commands) -> None:
    done = sample.run("paths", RELIEF, POLICE)
    assert (done.status, done.err) == (0, "")
    assert "Complete: no path;" in done.out
    out = sample.run("paths", POLICE, RELIEF, "--via", FINANCE, "--max-depth", "2").out
    assert f"through {FINANCE}" in out
    assert "✂ Cut by DEPTH: no path" in out
    assert "--max-depth allows more" in out


def test_the_table_has_a_row_for_each_node(sample: Commands) -> None:
    out = sample.run("paths", POLICE, RELIEF, "--first", "1", "--format", "table", "--as-of", "2026-11-01").out
    rows = [line for line in out.splitlines() if "resource:" in line and "RESOURCE" in line and "▶" not in line]
    assert len(rows) == 3
    assert "低保审批核对" in rows[2]


def test_unknown_ids_are_refused_and_named(sample: Commands) -> None:
    done = sample.run("paths", "resource:nobody", "system:either", "--format", "json")
    assert done.status == 1
    assert "resource:nobody, system:either" in done.err
    assert done.json["errors"][0]["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--max-depth", "1001"], "maxDepth"),
        (["--first", "0"], "first"),
        (["--as-of", "yesterday"], "--as-of"),
        (["--level", "planet"], "--level"),
        (["--via", ""], "via"),
        (["--format", "csv"], "--format"),
    ],
)
def test_a_value_that_means_nothing_is_wrong_usage_and_starts_no_engine(
    commands: Commands, arguments: list[str], named: str
) -> None:
    done = commands.run("paths", POLICE, RELIEF, *arguments)
    assert done.status == 2
    assert named in done.err
    assert not commands.data.exists()
