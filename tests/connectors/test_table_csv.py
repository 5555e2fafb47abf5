"""Text files of separated values: what the `csv` module says of good ones, and what becomes of broken ones."""

import csv
import io
import resource
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import table_csv
from connectors.table_csv import Line, Text, find_delimiter, look_at, rows_of
from connectors.table_encoding import find_encoding

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff\ufffd"), max_size=12)
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=6)
HEADERS = "信息资源名称{d}提供部门{d}备注\n人口信息{d}市公安局{d}每月更新\n企业信息{d}市工商局{d}无\n"


def read(path: Path, content: bytes | str, **how: str) -> list[Line]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(rows_of(path, look_at(path, **how)))


def cells(lines: list[Line]) -> list[list[str]]:
    return [line.cells for line in lines]


def faults(lines: list[Line]) -> list[tuple[int, str]]:
    return [(line.number, fault.code) for line in lines for fault in line.faults]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    table=TABLES,
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_a_good_file_is_read_as_the_csv_module_reads_it(
    tmp_path: Path, table: list[list[str]], delimiter: str, end: str, quoting: int
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(table)  # type: ignore[arg-type]
    path = tmp_path / "a.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    expected = list(csv.reader(io.StringIO(text.getvalue(), newline=""), delimiter=delimiter))
    lines = list(rows_of(path, Text("utf-8", delimiter)))
    assert cells(lines) == [row for row in expected if any(row)]
    assert faults(lines) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=400))
def test_no_content_raises(tmp_path: Path, content: bytes) -> None:
    for line in read(tmp_path / "a", content):
        assert all(isinstance(cell, str) and "\0" not in cell for cell in line.cells)


@pytest.mark.parametrize("delimiter", list(",\t;|"))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_encoding_and_delimiter_are_found(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = read(tmp_path / "a", HEADERS.format(d=delimiter).encode(encoding))
    assert lines[0].cells == ["信息资源名称", "提供部门", "备注"]
    assert [line.number for line in lines] == [1, 2, 3]


def test_traditional_text_in_big5_is_told_from_gb18030(tmp_path: Path) -> None:
    text = "資源名稱,提供單位\n人口資料,警察局\n企業登記資料,經濟發展局\n"
    assert cells(read(tmp_path / "a", text.encode("big5")))[0] == ["資源名稱", "提供單位"]
    simple = "资源名称,提供单位\n人口数据,公安局\n企业登记数据,发展改革局\n"
    assert cells(read(tmp_path / "b", simple.encode("gb18030")))[1] == ["人口数据", "公安局"]


def test_an_encoding_is_found_where_the_first_chinese_stands_far_behind(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"code,name\n" + b"1,abc\n" * 100_000 + "2,市公安局\n".encode("gb18030"))
    assert find_encoding(path) == "gb18030"


def test_an_encoding_that_is_said_counts(tmp_path: Path) -> None:
    assert cells(read(tmp_path / "a", "名,称\n".encode("gb18030"), encoding="gb18030")) == [["名", "称"]]


def test_what_is_not_in_the_encoding_is_told(tmp_path: Path) -> None:
    lines = read(tmp_path / "a", "名称,编码\n".encode() * 30 + b"\xff\xfe,1\n", encoding="utf-8")
    assert faults(lines) == [(31, "NOT_DECODED")]


def test_a_comma_in_texts_does_not_make_a_table_of_semicolons_one_of_commas() -> None:
    assert find_delimiter("name;note\na;1,2,3\nb;4,5\n") == ";"
    assert find_delimiter("one column\nand no more\n") == ","


def test_a_quote_that_is_never_closed_costs_its_own_line_only(tmp_path: Path) -> None:
    lines = read(tmp_path / "a", 'a,b\n"x,1\ny,2\n"z",3\n')
    assert cells(lines) == [["a", "b"], ['"x', "1"], ["y", "2"], ["z", "3"]]
    assert faults(lines) == [(2, "QUOTE_OPEN")]


def test_a_quote_that_the_last_line_opens_is_told(tmp_path: Path) -> None:
    lines = read(tmp_path / "a", 'a,b\nx,"1\n')
    assert (cells(lines)[1], faults(lines)) == (["x", '"1'], [(2, "QUOTE_OPEN")])


def test_text_behind_a_closed_quote_is_told_and_kept(tmp_path: Path) -> None:
    lines = read(tmp_path / "a", 'a,b\n"x"y,1\nz,2\n')
    assert (cells(lines)[1:], faults(lines)) == ([["xy", "1"], ["z", "2"]], [(2, "QUOTE_MISPLACED")])


def test_rows_have_the_number_of_their_first_line(tmp_path: Path) -> None:
    lines = read(tmp_path / "a", 'a,b\n\n"1\n2",x\n3,4\n')
    assert [(line.number, line.cells[0]) for line in lines] == [(1, "a"), (3, "1\n2"), (5, "3")]


def test_characters_of_number_0_are_left_out(tmp_path: Path) -> None:
    lines = read(tmp_path / "a", b"a,b\nx\0y,1\n", encoding="utf-8")
    assert (cells(lines)[1], faults(lines)) == (["xy", "1"], [(2, "NUL_IN_TEXT")])


def _big(path: Path, write: Callable[[BinaryIO], object]) -> tuple[int, set[tuple[int, str]], int]:
    """Rows, faults and how much the memory grew, in MB."""
    with path.open("wb") as file:
        write(file)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows, told = 0, set()
    for line in rows_of(path, look_at(path)):
        rows += 1
        told |= {(line.number, fault.code) for fault in line.faults}
    return rows, told, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024


def _field(quote: bytes) -> Callable[[BinaryIO], object]:
    def write(file: BinaryIO) -> None:
        file.write(b"a,b\n1," + quote)
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(quote + b"\n3,4\n")

    return write


@pytest.mark.parametrize("quote", [b"", b'"'])
def test_a_field_of_100_mb_is_left_out_and_the_rest_is_read(tmp_path: Path, quote: bytes) -> None:
    rows, told, grown = _big(tmp_path / "a", _field(quote))
    assert (rows, told) == (3, {(2, "LINE_TOO_LONG"), (2, "CELL_TOO_LONG")})
    assert grown < 60


def test_10_000_columns_are_cut(tmp_path: Path) -> None:
    header = ",".join(f"c{at}" for at in range(10_000))
    rows, told, _ = _big(tmp_path / "a", lambda file: file.write((header + "\n").encode() * 3))
    assert (rows, told) == (3, {(number, "TOO_MANY_COLUMNS") for number in (1, 2, 3)})


def test_an_open_quote_before_many_rows_costs_no_memory(tmp_path: Path) -> None:
    rows, told, grown = _big(tmp_path / "a", lambda file: file.write(b'a,b\n1,"x\n' + b"y,2\n" * 300_000))
    assert (rows, told) == (300_002, {(2, "QUOTE_OPEN")})
    assert grown < 60


def test_lines_that_each_open_a_quote_do_not_cost_their_square(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_csv, "LONGEST_ROW", 20_000)
    rows, told, _ = _big(tmp_path / "a", lambda file: file.write(b"a,b,c\n" + b'x",,"z\n' * 20_000))
    assert rows == 20_001
    assert {code for _, code in told} == {"QUOTE_OPEN", "QUOTES_IGNORED"}
    assert sum(code == "QUOTE_OPEN" for _, code in told) == table_csv.MOST_OPEN
