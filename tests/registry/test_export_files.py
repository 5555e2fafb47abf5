"""Exports as files: each format read back with another library, hostile names and all."""

import csv
import io
import json
import re
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from registry.exporting.cells import printable, safe
from registry.exporting.csv_file import Csv
from registry.exporting.jsonl_file import JsonLines
from registry.exporting.workbook import Stopped, write_workbook
from tests.registry.hostile import HOSTILE, export

BEGINNINGS = "=+-@＝＋－＠﹣−"


@pytest.mark.parametrize("sign", BEGINNINGS)
@pytest.mark.parametrize("before", ["", " ", "\u3000", "\u00a0", "\u200b\ufeff", "\n", "\u202e"])
def test_a_text_that_begins_like_a_formula_gets_a_quote(sign: str, before: str) -> None:
    quoted = safe(before + sign + "1")
    assert quoted.startswith("'")
    assert quoted.replace("'", "") == before + sign + "1"
    assert safe("a;" + before + sign).startswith("a;'")


@pytest.mark.parametrize("text", ["\tx", "\rx", "\nx"])
def test_a_text_that_begins_with_what_is_blank_gets_a_quote(text: str) -> None:
    assert safe(text) == "'" + text


@pytest.mark.parametrize("text", ["", "x", "a-b", "a = b", "系统@局", "1", "a;b", "第一行\n第二行", "~"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert safe(text) == text


def _table(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_csv_has_records_of_one_width_that_begin_with_what_they_are() -> None:
    made = export(HOSTILE)
    content = b"".join(Csv(made, made.parts[0]).pieces())
    assert content.endswith(b"\r\n")
    table = _table(content)
    assert table[0] == ["part", "id", "name", "depth", "whole", "jobs", "in"]
    assert {len(record) for record in table} == {7}
    kinds = [record[0] for record in table]
    assert kinds == ["part", *["header"] * (4 + len(HOSTILE)), *["thing"] * len(HOSTILE), "end"]
    assert table[1][:3] == ["header", "export", "things things"]
    assert [record[1] for record in table[2:-1] if record[0] == "header"].count("ids") == len(HOSTILE)
    assert table[-1][:3] == ["end", f"rows={len(HOSTILE)}", "complete=true"]


def test_no_cell_of_a_csv_is_taken_for_a_formula_and_none_loses_a_character() -> None:
    made = export(HOSTILE)
    things = [record for record in _table(b"".join(Csv(made, made.parts[0]).pieces())) if record[0] == "thing"]
    for name, (_, _, shown, depth, whole, jobs, container) in zip(HOSTILE, things, strict=True):
        for cell in (shown, jobs, container):
            seen = "".join(c for c in cell if unicodedata.category(c) not in ("Cf", "Cc")).lstrip()
            assert unicodedata.normalize("NFKC", seen)[:1] not in ("=", "+", "-", "@"), cell
            assert not re.search(r"[;\n\t]\s*[=＝]", cell)
        assert shown.replace("'", "") == printable(name).replace("'", "")
        assert whole in ("true", "false")
        assert int(depth) <= 0


def test_a_csv_of_other_rows_and_of_a_cut_answer() -> None:
    made = export(["a"], complete=False)
    table = _table(b"".join(Csv(made, made.parts[1]).pieces()))
    assert table[0] == ["part", "source", "target"]
    assert table[-2] == ["link", "x", "y"]
    assert table[-1] == ["end", "rows=1", "complete=false stoppedBy=DEPTH,TIME"]


def test_json_lines_are_what_they_were() -> None:
    made = export(HOSTILE, complete=False)
    lines = [json.loads(line) for line in b"".join(JsonLines(made).pieces()).decode().split("\n")[:-1]]
    head, *things, link, end = lines
    assert (head["part"], head["export"], head["ids"]) == ("header", "things", list(HOSTILE))
    assert [line["name"] for line in things] == list(HOSTILE)
    assert things[1]["in"] == {"id": "d", "name": HOSTILE[1]}
    assert things[1]["jobs"] == [HOSTILE[1], "b"]
    assert link == {"part": "link", "source": "x", "target": "y"}
    assert end == {
        "part": "end",
        "rows": len(HOSTILE) + 1,
        "things": len(HOSTILE),
        "links": 1,
        "complete": False,
        "stoppedBy": ["DEPTH", "TIME"],
    }


def test_what_could_not_be_written_whole_says_so_at_its_end() -> None:
    made = export(["a"])
    rows = Csv(made, made.parts[0])
    table = _table(b"".join(list(rows.pieces())[:-1]) + rows.failed("why"))
    assert table[-1][:3] == ["failed", "THIS FILE IS NOT WHOLE", "why"]
    lines = JsonLines(made)
    text = (b"".join(list(lines.pieces())[:-1]) + lines.failed("why")).decode()
    assert json.loads(text.splitlines()[-1])["part"] == "failed"


def _written(tmp_path: Path, **options: Any) -> openpyxl.Workbook:
    path = tmp_path / "a.xlsx"
    with path.open("wb") as file:
        write_workbook(export(HOSTILE), file, tmp_path, **options)
    assert [found.name for found in tmp_path.iterdir()] == ["a.xlsx"]
    return openpyxl.load_workbook(path)


def test_a_workbook_has_what_was_asked_and_a_sheet_for_each_part(tmp_path: Path) -> None:
    book = _written(tmp_path)
    assert book.sheetnames == ["question", "things", "links"]
    asked = [row[:2] for row in book["question"].iter_rows(values_only=True)]
    assert asked[:2] == [("name", "value"), ("export", "things")]
    assert ("depth", 5) in asked
    assert asked[-1] == ("verdict", "complete=true")
    things = book["things"]
    assert [cell.value for cell in things[1]] == ["id", "name", "depth", "whole", "jobs", "in"]
    assert things.max_row == len(HOSTILE) + 1
    assert things["C3"].value == -1
    assert things["D3"].value is False


def test_no_cell_of_a_workbook_is_a_formula_and_none_loses_a_character(tmp_path: Path) -> None:
    things = _written(tmp_path)["things"]
    for row, name in enumerate(HOSTILE, 2):
        cell = things.cell(row, 2)
        assert cell.data_type in ("s", "inlineStr", "n"), name
        # As openpyxl reads it: line ends are one character in XML.
        assert (cell.value or "") == printable(name).replace("\r\n", "\n").replace("\r", "\n") or "_x" in str(
            cell.value
        )
        if name.lstrip().startswith(("=", "＝", "@")):
            assert cell.quotePrefix
    assert not things["B24"].quotePrefix


def test_rows_that_a_sheet_cannot_hold_go_on_in_another(tmp_path: Path) -> None:
    book = _written(tmp_path, rows_a_sheet=10)
    assert book.sheetnames == ["question", "things", "things from 11", "things from 21", "links"]
    read = [book[name].iter_rows(min_row=2, max_col=1, values_only=True) for name in book.sheetnames[1:4]]
    assert [row[0] for rows in read for row in rows] == [f"id{place}" for place in range(len(HOSTILE))]


def test_a_text_that_a_cell_cannot_hold_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    for text in ("长" * 40_000, "𠀀" * 20_000, "x" * 32_767):
        with path.open("wb") as file:
            write_workbook(export([text]), file)
        value = openpyxl.load_workbook(path)["things"]["B2"].value
        assert isinstance(value, str)
        assert len(value.encode("utf-16-le")) <= 2 * 32_767
        assert value == text or value.endswith("CSV has all]")
        assert (value == text) == (len(text) == 32_767)


def test_a_workbook_that_nobody_waits_for_is_given_up_and_leaves_nothing(tmp_path: Path) -> None:
    asked = iter([False, False, True])
    made = export(["a"] * 500, of=10)
    with (tmp_path / "a.xlsx").open("wb") as file, pytest.raises(Stopped):
        write_workbook(made, file, tmp_path, stopped=lambda: next(asked))
    assert next(asked, None) is None


def test_a_workbook_is_one_that_zip_can_read(tmp_path: Path) -> None:
    _written(tmp_path)
    with zipfile.ZipFile(tmp_path / "a.xlsx") as file:
        assert file.testzip() is None
        assert not any("vba" in name.lower() for name in file.namelist())
