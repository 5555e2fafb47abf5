"""`registry check`: the answer in the terminal, reports that are kept and made again, files that are no proposal."""

import json
from pathlib import Path

import orjson

from graph.matching.reports import reproduce
from registry.commands.check import EXAMPLE
from tests.registry.running import Commands

NAMES = ("verdict", "asks", "unknown", "candidates", "levels", "shareable", "requests", "rules", "sequence", "at")


def test_it_tells_what_is_like_it_why_and_what_to_ask_for(sample: Commands) -> None:
    done = sample.run("check", EXAMPLE)
    assert (done.status, done.err) == (1, "")
    lines = done.out.splitlines()
    assert lines[0] == "OVERLAP: something does part of it already; look before you build."
    [best] = [line for line in lines if "居民家庭经济状况核对系统 of 盐城市民政局" in line]
    assert best.split()[1:3] == ["OVERLAP", "居民家庭经济状况核对系统"]
    assert any(line.startswith("OWN ") and "中小学学籍信息" in line for line in lines)
    assert lines[-1].startswith("By the rules decree-809@")


def test_json_has_the_names_of_the_api(sample: Commands) -> None:
    done = sample.run("check", EXAMPLE, "--format", "json")
    assert done.status == 1
    assert set(done.json) == set(NAMES)
    assert done.json["asks"] == []
    best = done.json["candidates"][0]
    assert (best["kind"], best["over"], best["level"]) == ("SYSTEM", "OVERLAP", "MUNICIPAL")


def test_a_report_is_made_again_from_what_it_keeps(sample: Commands, tmp_path: Path) -> None:
    kept = tmp_path / "report.json"
    assert sample.run("check", EXAMPLE, "--report", kept).status == 1
    again = sample.run("check", "--reproduce", kept)
    assert (again.status, again.out) == (0, "")
    assert "to the byte" in again.err
    assert reproduce(kept.read_bytes()) + b"\n" == kept.read_bytes()
    said = orjson.loads(kept.read_bytes())
    said["verdict"] = "NONE"
    kept.write_bytes(orjson.dumps(said, option=orjson.OPT_SORT_KEYS))
    changed = sample.run("check", "--reproduce", kept)
    assert changed.status == 1
    assert "comes out otherwise" in changed.err


def test_an_example_to_begin_with_is_printed(sample: Commands) -> None:
    done = sample.run("check", "--example")
    assert (done.status, json.loads(done.out)) == (0, json.loads(EXAMPLE.read_bytes()))


def test_what_is_no_proposal_is_refused_by_its_place(sample: Commands, tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    for content, said in (
        (b'{"name": "a",\n"fields"', f"{file}, line 2: is no JSON"),
        (b"[]", f"{file}: the proposal: an object is needed"),
        (b'{"description": "a"}', f"{file}: name: a name is needed"),
        ('{"name": "核查", "resources": [{"name": "一", "fields": [1]}]}'.encode(), "resources[0].fields[0]: a text"),
        (b'{"name": "\xff"}', f"{file}, line 1: is no JSON"),
    ):
        file.write_bytes(content)
        done = sample.run("check", file)
        assert (done.status, done.out) == (1, "")
        assert said in done.err
        assert "Traceback" not in done.err
    assert sample.run("check", tmp_path / "none.json").status == 2
    assert sample.run("check").status == 2
    assert sample.run("check", EXAMPLE, "--example").status == 2
    file.write_bytes(b"{}")
    assert "is no report of a check" in sample.run("check", "--reproduce", file).err


def test_what_no_check_looks_at_is_told(sample: Commands, tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    said = {"name": "古树名木病虫害诊断", "description": "古树名木病虫害图像诊断与防治", "colour": "绿"}
    file.write_bytes(b"\xef\xbb\xbf" + orjson.dumps(said))
    done = sample.run("check", file)
    assert (done.status, done.out.splitlines()[0]) == (0, "NONE: nothing that is registered does the same.")
    assert "colour is not looked at" in done.err
