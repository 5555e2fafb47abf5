"""The report of an import: on screen, as JSON, as a workbook."""

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from rich.console import Console

from graph.facts import Finding, Place, Severity
from registry.findings import FIRST
from registry.report import FileRead, ImportReport, replacing, summary, write_json
from registry.report_workbook import write_workbook

EVIL = '=HYPERLINK("http://x","y")'


def finding(row: int | None, *, file: str = "a.jsonl", sheet: str = "", code: str = "ODD", **more: Any) -> Finding:
    severity = more.pop("severity", Severity.WARNING)
    return Finding(code, severity, Place(file, sheet, row, "name"), f"{code} in {row}", "taken", **more)


def on_screen(report: ImportReport) -> str:
    out = io.StringIO()
    Console(file=out, width=200).print(summary(report))
    return out.getvalue()


def test_the_screen_lists_files_counts_and_findings() -> None:
    with ImportReport(dry_run=True) as report:
        report.files.append(FileRead(Path("a.jsonl"), "exchange", "exchange:a.jsonl", 1_234))
        report.files.append(FileRead(Path("b.txt"), None, None, why="it is text [bold]of an unknown kind"))
        report.counts["field"].added = 12_345
        for row in range(3):
            report.findings.note(finding(row))
        text = on_screen(report)
    for said in ("Dry run", "1,234", "it is text [bold]of", "12,345", "ODD", "WARNING", "a.jsonl, row 0, name"):
        assert said in text


def test_errors_make_the_exit_code_1_and_warnings_do_not() -> None:
    with ImportReport() as report:
        report.findings.note(finding(1))
        assert report.exit_code == 0
        report.findings.note(finding(1, severity=Severity.ERROR))
        assert report.exit_code == 1


def test_json_holds_every_finding_though_memory_holds_few(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    with ImportReport() as report:
        for row in range(2_500):
            report.findings.note(finding(row, value=EVIL, ids=("a", "b")))
        assert [len(tally.first) for tally in report.findings.tallies()] == [FIRST]
        write_json(report, path)
    told = json.loads(path.read_text(encoding="utf-8"))
    assert [item["row"] for item in told["findings"]] == list(range(2_500))
    assert told["findingCounts"] == [{"code": "ODD", "severity": "WARNING", "count": 2_500}]
    assert told["findings"][0]["ids"] == ["a", "b"]


def test_json_without_findings_is_json_too(tmp_path: Path) -> None:
    with ImportReport() as report:
        write_json(report, tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["findings"] == []


def cells(path: Path, sheet: str) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(path)
    return [tuple(row) for row in book[sheet].iter_rows(values_only=True)]


def test_the_workbook_has_the_rows_of_the_source_with_the_findings_beside_them(tmp_path: Path) -> None:
    source, out = tmp_path / "in.xlsx", tmp_path / "out.xlsx"
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "目录"
    for row in (["名称", "代码"], ["甲", 7], ["'=1+1", None], [EVIL + " ", "x"]):
        page.append(row)
    page["A4"].data_type = "s"
    book.save(source)
    with ImportReport() as report:
        report.files.append(FileRead(source, "catalogue", "catalogue:in.xlsx", 3))
        report.findings.note(finding(None, file="in.xlsx", sheet="目录", code="WHOLE"))
        report.findings.note(finding(3, file="in.xlsx", sheet="目录"))
        report.findings.note(finding(3, file="in.xlsx", sheet="目录", code="WORSE", severity=Severity.ERROR))
        write_workbook(report, out)
    rows = cells(out, "目录")
    assert [row[2] for row in rows[1:]] == ["名称", "甲", "'=1+1", EVIL + " "]
    assert rows[2][1:4] == (2, "甲", 7)
    assert rows[3][0] == "ODD (name): ODD in 3; taken\nWORSE (name): WORSE in 3; taken"
    assert len(cells(out, "findings")) == 4


def test_the_workbook_of_a_text_file_has_its_lines_with_findings(tmp_path: Path) -> None:
    source, out = tmp_path / "a.jsonl", tmp_path / "out.xlsx"
    source.write_bytes(b"one\n=two()\nthree\xff\x00\n" + b"x" * 2_000_000)
    with ImportReport() as report:
        report.files.append(FileRead(source, "exchange", "exchange:a.jsonl", 0))
        for row in (2, 3, 4):
            report.findings.note(finding(row, value="=cmd|' /C calc'!A0"))
        write_workbook(report, out)
    assert cells(out, "a.jsonl")[1][2] == "=two()"
    assert len(cells(out, "a.jsonl")) == 4
    book = openpyxl.load_workbook(out)
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds


def test_sheets_with_names_that_a_workbook_cannot_have_are_renamed(tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    with ImportReport() as report:
        for name in ("findings", "a[1]:*.jsonl", "b" * 80):
            path = tmp_path / name
            path.write_bytes(b"{}\n")
            report.files.append(FileRead(path, "exchange", None))
            report.findings.note(finding(1, file=name))
        write_workbook(report, out)
    assert openpyxl.load_workbook(out).sheetnames == ["findings", "a_1___.jsonl", "b" * 25, "findings (2)"]


def test_a_file_that_cannot_be_completed_is_not_left_behind(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), replacing(tmp_path / "r.json") as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
