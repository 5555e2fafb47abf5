"""`registry lineage` into files: the same writers as the service's, and options that do not go together."""

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import openpyxl
import pytest

from tests.registry.running import Commands

REPORT = "resource:320900/市发改委/企业公共信用报告"
UP = ("lineage", REPORT, "--direction", "upstream")


def test_rows_go_to_standard_output_and_what_is_told_of_them_does_not(sample: Commands) -> None:
    done = sample.run(*UP, "--format", "csv")
    table = list(csv.reader(io.StringIO(done.out.removeprefix("\ufeff"), newline="")))
    expected = sample.run(*UP, "--format", "json").json
    nodes = [dict(zip(table[0], row, strict=True)) for row in table if row[0] == "node"]
    assert [node["id"] for node in nodes] == [node["id"] for node in expected["nodes"]]
    assert table[-1][:3] == ["end", f"rows={len(nodes)}", "complete=true"]
    assert "nodes" in done.err
    edges = sample.run(*UP, "--format", "csv", "--of", "edges").out
    assert edges.count("\nedge,") == len(expected["edges"])
    lines = list(map(json.loads, sample.run(*UP, "--format", "jsonl").out.splitlines()))
    assert len(lines) == 2 + len(expected["nodes"]) + len(expected["edges"])
    assert lines[0]["export"] == "lineage"
    reads = sample.run(*UP, "--dependencies", "--depth", "1", "--format", "jsonl").out.splitlines()
    assert json.loads(reads[0])["flows"] == ["FEEDS", "READS"]
    assert json.loads(reads[-1])["stoppedBy"] == ["DEPTH"]


def test_files_are_whole_or_not_there(sample: Commands, tmp_path: Path) -> None:
    book = tmp_path / "a.xlsx"
    done = sample.run(*UP, "--format", "xlsx", "--output", book)
    assert (done.status, done.err) == (0, "")
    assert f"The file is {book}." in done.out
    assert openpyxl.load_workbook(book).sheetnames == ["question", "nodes", "edges"]
    for form in ("csv", "jsonl", "svg", "dot", "mermaid"):
        path = tmp_path / f"a.{form}"
        assert sample.run(*UP, "--format", form, "--output", path).status == 0
        assert path.stat().st_size > 1000
    done = sample.run("lineage", "nobody", "--format", "csv", "--output", tmp_path / "none.csv")
    assert done.status == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["a.xlsx", "a.csv", "a.jsonl", "a.svg", "a.dot", "a.mermaid"]
    )


def test_files_are_of_what_the_filter_allows_and_say_so(sample: Commands) -> None:
    base = "system:320900/市数据局/法人库"
    lines = list(map(json.loads, sample.run(*UP, "--through", base, "--format", "jsonl").out.splitlines()))
    expected = sample.run(*UP, "--through", base, "--format", "json").json
    assert [line["id"] for line in lines if line["part"] == "node"] == [node["id"] for node in expected["nodes"]]
    assert lines[0]["filter.through"] == [base]
    root = ElementTree.fromstring(sample.run(*UP, "--through", base, "--format", "svg").out)
    assert f"filter.through: {base}" in "".join(root.itertext())


def test_a_picture_takes_a_budget_and_says_that_it_was_cut(sample: Commands) -> None:
    done = sample.run(*UP, "--format", "svg", "--max-nodes", "3")
    root = ElementTree.fromstring(done.out)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "✂ NODES: only the first 3 nodes" in "".join(root.itertext())
    assert "✂ NODES" in done.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--format", "xlsx"), "--output FILE.xlsx"),
        (("--output", "x.txt"), "--output does not take tree"),
        (("--format", "table", "--output", "x.txt"), "--output does not take table"),
        (("--format", "csv", "--output", "no/such/folder/x.csv"), "cannot be a file"),
        (("--format", "csv", "--output", "."), "cannot be a file"),
        (("--format", "jsonl", "--of", "edges"), "--of belongs to --format csv"),
        (("--format", "csv", "--max-nodes", "5"), "always the whole answer"),
        (("--format", "csv", "--max-per-node", "0"), "1 to 10,000"),
    ],
)
def test_what_does_not_go_together_is_told(sample: Commands, options: tuple[str, ...], words: str) -> None:
    done = sample.run(*UP, *options)
    assert (done.status, done.out) == (2, "")
    assert words in done.err
