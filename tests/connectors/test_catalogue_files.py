"""Files that are no workbook, damaged, or made to break readers: a clear finding each, and life goes on."""

import os
import struct
import sys
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.catalogue import Catalogue
from connectors.catalogue_workbook import LIMITS, Limits, WorkbookError, read_workbook
from connectors.protocol import recognise
from graph.facts import Finding, Kind, Severity
from tests.connectors import workbooks as make

PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def told(path: Path) -> Finding:
    """The one finding that a file gives, the same from the connector as from recognising it."""
    found = recognise(path)
    pulled = make.pull(path)
    assert isinstance(found, Finding)
    assert pulled.things == []
    assert (pulled.findings[0].severity, pulled.findings[0].place.file) == (Severity.ERROR, path.name)
    assert found.severity == Severity.ERROR
    return pulled.findings[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (PNG, "is a PNG picture"),
        (b"", "the file is empty"),
        ("类,项,目\n1,2,3\n".encode(), "is text of an unknown kind"),
        (b"%PDF-1.7\n", "is a PDF document"),
        (OLE, "old Office document"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"PK\x03\x04" + bytes(100), "archive is damaged"),
        (b"\x00\x01\x02", "binary data"),
    ],
)
def test_what_is_no_workbook_says_what_it_is(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "目录.xlsx"
    path.write_bytes(content)
    assert says in told(path).message


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "no such file" in told(tmp_path / "none.xlsx").message


def test_a_folder_is_told(tmp_path: Path) -> None:
    assert "not a file" in told(tmp_path).message


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("word/document.xml", "Word document"),
        ("content.xml", "OpenDocument"),
        ("xl/workbook.bin", ".xlsb"),
        ("a", "zip archive"),
    ],
)
def test_other_things_in_a_zip_say_what_they_are(tmp_path: Path, entry: str, says: str) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, "x")
    assert says in told(path).message


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_a_workbook_that_was_cut_off_is_damaged(tmp_path: Path, part: float) -> None:
    path = make.jiangsu(tmp_path / "a.xlsx", {})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    assert told(path).code == "FILE_NOT_READ"


@pytest.mark.parametrize("damage", [b"", b"<worksheet", b"\xff\xfe\x00", b"<a><b></a>", bytes(1000)])
def test_a_workbook_with_a_broken_part_does_not_raise(tmp_path: Path, damage: bytes) -> None:
    path = make.rezip(make.jiangsu(tmp_path / "a.xlsx", {}), {SHEET: damage})
    assert make.pull(path).things == []


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(damage=st.lists(st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=6)), min_size=1, max_size=10))
def test_no_damage_inside_a_part_raises(tmp_path: Path, damage: list[tuple[int, bytes]]) -> None:
    path = make.jiangsu(tmp_path / "a.xlsx", {}, {"field": "金额"})
    for part in (SHEET, "xl/workbook.xml"):
        with zipfile.ZipFile(path) as archive:
            content = bytearray(archive.read(part))
        for at, put in damage:
            content[at % len(content) : at % len(content) + len(put)] = put
        make.pull(make.rezip(path, {part: bytes(content)}))


def test_empty_sheets_are_no_layout(tmp_path: Path) -> None:
    assert told(make.workbook(tmp_path / "a.xlsx", {"甲": [], "乙": []})).code == "HEADER_MISSING"


def test_headers_without_rows_give_no_things_and_no_error(tmp_path: Path) -> None:
    assert make.pull(make.jiangsu(tmp_path / "a.xlsx")).items == []


def test_one_bad_file_does_not_keep_the_next_from_being_read(tmp_path: Path) -> None:
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(PNG)
    pulled = make.pull(bad, make.jiangsu(tmp_path / "good.xlsx", {}))
    assert pulled.codes() == {"FILE_NOT_READ", "SHARE_TYPE_MISSING"}
    assert pulled.of(Kind.FIELD)


def test_a_zip_bomb_is_refused_by_what_its_directory_says(tmp_path: Path) -> None:
    path = make.rezip(make.jiangsu(tmp_path / "a.xlsx", {}), {SHEET: bytes(60_000_000)})
    assert path.stat().st_size < 200_000
    assert "like a zip bomb" in told(path).message


def test_a_zip_bomb_that_lies_about_its_size_is_stopped(tmp_path: Path) -> None:
    cell = b'<c t="inlineStr"><is><t>' + b"A" * 30_000 + b"</t></is></c>"
    rows = (b"<row>" + cell * 16 + b"</row>") * 300
    head = f'<worksheet xmlns="{MAIN}"><sheetData>'.encode()
    path = make.rezip(make.jiangsu(tmp_path / "a.xlsx", {}), {SHEET: head + rows + b"</sheetData></worksheet>"})
    content = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo(SHEET).file_size
    path.write_bytes(content.replace(struct.pack("<I", size), struct.pack("<I", 5_000)))
    assert told(path).code in {"FILE_TOO_BIG", "FILE_NOT_READ"}


def test_two_cells_in_opposite_corners_do_not_take_the_program_down(tmp_path: Path) -> None:
    path = make.jiangsu(tmp_path / "a.xlsx", {}, also=lambda sheet: sheet.cell(1_048_576, 16_384, "x"))
    found = told(path)
    assert found.code == "FILE_TOO_BIG"
    assert "a cell far from all others" in found.message


def test_entities_are_never_expanded(tmp_path: Path) -> None:
    lines = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "AAAAAAAAAA">{lines}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    )
    sheet = (
        f'{bomb}<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&e11;&f;</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>b</t></is></c></row></sheetData></worksheet>'
    )
    path = make.rezip(make.workbook(tmp_path / "a.xlsx", {"甲": [("a", "b")]}), {SHEET: sheet.encode()})
    started = time.monotonic()
    pulled = make.pull(path)
    assert time.monotonic() - started < 5
    assert "AAAAAAAAAA" not in repr(pulled.items)
    assert "root:" not in repr(pulled.items)


def test_formulas_are_not_computed_and_links_not_followed(tmp_path: Path) -> None:
    bomb = "=" + "+".join(["SUM(A1:XFD1048576)"] * 300)
    path = make.jiangsu(
        tmp_path / "a.xlsx",
        {"abstract": bomb},
        {"field": "金额", "abstract": '=HYPERLINK("http://10.0.0.1/")', "system": "='[外部.xlsx]Sheet1'!A1"},
        {"field": "日期", "abstract": "=cmd|'/c calc'!A1"},
    )
    pulled = make.pull(path)
    assert len(pulled.of(Kind.FIELD)) == 3
    assert "abstract" not in pulled.one(Kind.RESOURCE).values


def test_a_merge_over_the_whole_sheet_is_harmless(tmp_path: Path) -> None:
    path = make.jiangsu(tmp_path / "a.xlsx", {}, also=lambda sheet: sheet.merged_cells.add("A3:XFD1048576"))
    assert len(make.pull(path).of(Kind.FIELD)) == 1


def test_cypher_and_markup_in_names_are_just_names(tmp_path: Path) -> None:
    name = "x'}) DETACH DELETE n // <script>"
    assert make.pull(make.jiangsu(tmp_path / "a.xlsx", {"field": name})).one(Kind.FIELD).values["name"] == name


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (Limits(file_bytes=100), "over 0 MB"),
        (Limits(unpacked_bytes=1_000), "unpacks to"),
        (Limits(entries=3), "entries"),
        (Limits(sheets=0), "sheets"),
        (Limits(rows=2), "rows"),
        (Limits(columns=5), "columns"),
        (Limits(cells=20), "cells"),
        (Limits(characters=20), "too much text"),
        (Limits(ratio=1, ratio_from=100), "zip bomb"),
    ],
)
def test_each_limit_refuses_the_whole_file(tmp_path: Path, limits: Limits, says: str) -> None:
    path = make.jiangsu(tmp_path / "a.xlsx", {})
    with pytest.raises(WorkbookError) as caught:
        read_workbook(path, limits=limits)
    assert caught.value.code == "FILE_TOO_BIG"
    assert says in caught.value.message


def test_the_limits_let_real_catalogues_through() -> None:
    assert LIMITS.rows * 16 >= LIMITS.cells
    assert LIMITS.cells >= 12_027 * 16 * 20


def test_dates_numbers_and_truths_are_read_as_texts(tmp_path: Path) -> None:
    from datetime import date

    row = {"发布日期": date(2018, 6, 20), "数据长度": 50, "是否向社会开放": True}
    pulled = make.pull(make.national(tmp_path / "a.xlsx", row))
    values = pulled.one(Kind.RESOURCE).values
    assert (values["published"], values["open"]) == ("2018-06-20", True)
    assert pulled.one(Kind.FIELD).values["length"] == 50


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are always text")
def test_a_file_name_that_is_no_text_is_read_and_shown(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff\xfe.xlsx")
    make.national(tmp_path / "a.xlsx", {}).rename(path)
    assert recognise(path) is Catalogue
    assert make.pull(path).one(Kind.FIELD).place.file == "??.xlsx"


def test_only_catalogues_are_recognised(tmp_path: Path) -> None:
    assert Catalogue.recognises(make.national(tmp_path / "a.xlsx", {}))
    assert recognise(make.national(tmp_path / "a.data", {})) is Catalogue
    assert not Catalogue.recognises(make.workbook(tmp_path / "b.xlsx", {"甲": [make.SYSTEMS]}))
