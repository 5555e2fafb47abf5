"""The import: order, repetition, sources, full runs and their guard, folders, dry runs."""

import random
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from graph.engine import Graph
from graph.facts import Severity
from graph.sources import list_sources
from registry.imports import ImportOptions, WrongUse, find_files, run_import
from tests.registry.importing import codes, facts_file, of_code, said, small_graph, state
from tests.rights import as_nobody

SOURCE = "exchange:facts.jsonl"


async def test_facts_in_any_order_give_the_same(graph: Graph, tmp_path: Path) -> None:
    lines = small_graph()
    shuffled = random.Random(7).sample(lines, len(lines))
    with await state(graph, tmp_path, shuffled) as report:
        assert report.exit_code == 0
        assert report.totals()["added"] == len(lines)
        assert report.placeholders == 0
    ends = {"feeds": "from", "reads": "resource"}
    assert {(line["fact"], line[ends.get(line["fact"], "id")]) for line in await said(graph, tmp_path)} == {
        (line["fact"], line[ends.get(line["fact"], "id")]) for line in lines
    }


async def test_a_second_import_changes_nothing(graph: Graph, tmp_path: Path) -> None:
    (await state(graph, tmp_path, small_graph())).close()
    with await state(graph, tmp_path, small_graph()) as report:
        totals = report.totals()
        assert (totals["added"], totals["changed"], totals["unchanged"]) == (0, 0, len(small_graph()))
        assert report.sequence is None


async def test_a_dry_run_says_what_would_happen_and_writes_nothing(graph: Graph, tmp_path: Path) -> None:
    lines = [*small_graph(), {"fact": "feeds", "from": "rb.0", "to": "elsewhere"}]
    lines += [{"fact": "feeds", "from": f"rb.{n}", "to": "elsewhere"} for n in range(1, 4)]
    with await state(graph, tmp_path, lines, dry_run=True) as report:
        assert (report.totals()["added"], report.placeholders) == (len(lines), 1)
    assert await said(graph, tmp_path) == []
    assert await list_sources(graph) == []
    with await state(graph, tmp_path, lines) as report:
        assert (report.totals()["added"], report.placeholders) == (len(lines), 1)


async def test_a_later_line_is_laid_over_an_earlier_one_of_the_same_id(graph: Graph, tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        {"fact": "system", "id": "s", "name": "甲", "code": "1"},
        {"fact": "system", "id": "s", "name": "乙", "reach": "city"},
        {"fact": "system", "id": "s", "name": "乙"},
    ]
    with await state(graph, tmp_path, lines) as report:
        [finding] = of_code(report, "STATED_TWICE")
        assert (finding.place.row, finding.severity) == (2, Severity.WARNING)
        assert "row 1" in finding.message
        assert report.totals()["added"] == 1
    [line] = await said(graph, tmp_path)
    assert line == {"fact": "system", "id": "s", "name": "乙", "code": "1", "reach": "city", "source": SOURCE}


async def test_links_are_told_apart_by_ends_job_and_start(graph: Graph, tmp_path: Path) -> None:
    feeds = {"fact": "feeds", "from": "field:a", "to": "field:b"}
    lines: list[dict[str, Any]] = [
        {**feeds},
        {**feeds, "job": "j"},
        {**feeds, "job": "j", "valid_from": "2026-01-01"},
        {**feeds, "job": "j", "valid_from": "2026-01-01", "valid_to": "2026-02-01"},
    ]
    with await state(graph, tmp_path, lines) as report:
        assert report.counts["feeds"].added == 3
        assert codes(report) == ["STATED_TWICE"]


async def test_one_id_as_two_kinds_is_refused_from_the_second_line_on(graph: Graph, tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        {"fact": "system", "id": "x", "name": "系统"},
        {"fact": "resource", "id": "x", "name": "资源"},
        {"fact": "department", "id": "x", "name": "部门"},
    ]
    with await state(graph, tmp_path, lines) as report:
        found = of_code(report, "KIND_CONFLICT")
        assert sorted(finding.place.row or 0 for finding in found) == [2, 3]
        assert report.exit_code == 1
    assert [line["fact"] for line in await said(graph, tmp_path)] == ["system"]


async def test_a_feed_between_kinds_is_refused(graph: Graph, tmp_path: Path) -> None:
    lines = [*small_graph(), {"fact": "feeds", "from": "ra.0", "to": "rb"}]
    for dry_run in (True, False):
        with await state(graph, tmp_path, lines, dry_run=dry_run) as report:
            [finding] = of_code(report, "LINK_KINDS")
            assert finding.place.row == len(lines)
            assert (report.exit_code, report.counts["feeds"].refused) == (1, 1)


async def test_a_facts_own_source_counts_before_the_runs(graph: Graph, tmp_path: Path) -> None:
    lines = [
        {"fact": "system", "id": "s", "name": "甲", "source": "A"},
        {"fact": "system", "id": "s", "name": "乙"},
        {"fact": "system", "id": "s", "code": "1", "source": "C"},
    ]
    (await state(graph, tmp_path, lines, source="B")).close()
    assert [(line["source"], line.get("name")) for line in await said(graph, tmp_path)] == [
        ("A", "甲"),
        ("B", "乙"),
        ("C", None),
    ]
    assert [(source.id, source.things, source.run["facts"]) for source in await list_sources(graph)] == [
        ("A", 1, 1),
        ("B", 1, 1),
        ("C", 1, 1),
    ]


async def test_a_full_run_withdraws_what_its_source_no_longer_states(graph: Graph, tmp_path: Path) -> None:
    lines = small_graph(30)
    (await state(graph, tmp_path, lines)).close()
    fewer = [line for line in lines if line.get("id") != "ra.0" and line.get("from") != "ra.0"]
    with await state(graph, tmp_path, fewer, full=True, dry_run=True) as report:
        assert (report.counts["field"].withdrawn, report.counts["feeds"].withdrawn) == (1, 1)
    assert len(await said(graph, tmp_path)) == len(lines)
    with await state(graph, tmp_path, fewer, full=True) as report:
        assert (report.exit_code, report.totals()["withdrawn"]) == (0, 2)
    now = await said(graph, tmp_path)
    [field] = [line for line in now if line.get("id") == "ra.0"]
    [link] = [line for line in now if line.get("from") == "ra.0"]
    assert (field["source"], field["valid_to"][:4]) == ("registry", "0001")
    assert link["source"] == "registry"
    assert link["valid_to"] > "2020"


async def test_a_full_run_does_not_touch_what_others_state(graph: Graph, tmp_path: Path) -> None:
    lines = small_graph(30)
    (await state(graph, tmp_path, lines, source="A")).close()
    (await state(graph, tmp_path, [{"fact": "field", "id": "ra.0", "name": "证号"}], source="B")).close()
    fewer = [line for line in lines if line.get("id") != "ra.0"]
    with await state(graph, tmp_path, fewer, source="A", full=True) as report:
        assert report.totals()["withdrawn"] == 1
    found = [(line["source"], line["name"]) for line in await said(graph, tmp_path) if line.get("id") == "ra.0"]
    assert found == [("B", "证号")]


async def test_too_large_a_withdrawal_stops_and_says_how_to_go_on(graph: Graph, tmp_path: Path) -> None:
    lines = small_graph()
    (await state(graph, tmp_path, lines)).close()
    for dry_run in (True, False):
        with await state(graph, tmp_path, lines[:8], full=True, dry_run=dry_run) as report:
            [finding] = of_code(report, "WITHDRAW_STOPPED")
            assert "--withdraw-share" in finding.done
            assert (report.exit_code, report.totals()["withdrawn"]) == (1, 0)
    assert all(line["source"] == SOURCE for line in await said(graph, tmp_path))
    with await state(graph, tmp_path, lines[:8], full=True, withdraw_share=1.0) as report:
        assert (report.exit_code, report.totals()["withdrawn"]) == (0, len(lines) - 8)


async def test_a_partial_reading_withdraws_nothing(graph: Graph, tmp_path: Path) -> None:
    lines = small_graph(30)
    (await state(graph, tmp_path, lines)).close()
    broken = [{**line, "id": ""} if line.get("id") == "ra.0" else line for line in lines]
    with await state(graph, tmp_path, broken, full=True) as report:
        assert codes(report) == ["BAD_ID", "WITHDRAW_STOPPED"]
        assert report.totals()["withdrawn"] == 0


async def test_folders_are_read_in_order_and_files_that_are_no_source_are_told(graph: Graph, tmp_path: Path) -> None:
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    facts_file(folder / "b.jsonl", [{"fact": "system", "id": "b", "name": "b"}])
    facts_file(folder.parent / "a.jsonl", [{"fact": "system", "id": "a", "name": "a"}])
    (folder / "notes.txt").write_text("读我", encoding="utf-8")
    (folder / ".hidden.jsonl").write_text("x", encoding="utf-8")
    with await run_import(graph, [tmp_path / "in"]) as report:
        assert [file.path.name for file in report.files] == ["a.jsonl", "b.jsonl", "notes.txt"]
        assert [file.source for file in report.files] == ["exchange:a.jsonl", "exchange:b.jsonl", None]
        assert (codes(report), report.exit_code) == (["FILE_NOT_READ"], 0)
    with await run_import(graph, [folder / "notes.txt"]) as report:
        assert report.exit_code == 1


def test_a_file_is_read_once_however_often_it_is_named(tmp_path: Path) -> None:
    path = facts_file(tmp_path / "a.jsonl", [])
    assert find_files([path, tmp_path, path]) == [(path, True)]


async def test_what_we_have_no_right_to_read_is_a_finding_and_the_rest_is_imported(
    embedded_graph: Graph, tmp_path: Path
) -> None:
    with ExitStack() as rights:
        place = rights.enter_context(as_nobody())
        good = facts_file(place / "ok.jsonl", [{"fact": "system", "id": "ok", "name": "ok"}])
        shut = facts_file(place / "sec.jsonl", [{"fact": "system", "id": "sec", "name": "sec"}])
        for name, mode in (("unlisted", 0o300), ("unsearched", 0o600)):
            (place / "in" / name).mkdir(parents=True)
            facts_file(place / "in" / name / "a.jsonl", [{"fact": "system", "id": name, "name": name}])
            (place / "in" / name).chmod(mode)
        shut.chmod(0)

        def read(phase: str, done: int, total: int | None) -> None:
            if phase == "sort":  # all is read; the data folder is not nobody's
                rights.close()

        paths = [shut, good, place / "in", place / "in" / "unlisted", place / "in" / "unsearched" / "a.jsonl"]
        with await run_import(embedded_graph, paths, ImportOptions(progress=read)) as report:
            told = sorted((finding.place.file, finding.code, finding.severity) for finding in report.findings)
            shut_out = ["a.jsonl", "sec.jsonl", "unlisted"]
            assert told == [(name, "FILE_NOT_READ", Severity.ERROR) for name in shut_out]
            assert (report.totals()["added"], report.exit_code) == (1, 1)


async def test_an_unknown_connector_is_wrong_use(embedded_graph: Graph, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="exchange"):
        await run_import(embedded_graph, [tmp_path], ImportOptions(connector="nothing"))


async def test_progress_is_told(embedded_graph: Graph, tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    report = await state(
        embedded_graph, tmp_path, small_graph(), progress=lambda phase, done, total: told.append((phase, done, total))
    )
    report.close()
    assert ("write field", 12, 12) in told
    assert told[0][0] == "read facts.jsonl"


async def test_more_facts_than_a_batch_holds_are_all_written(graph: Graph, tmp_path: Path) -> None:
    lines = [{"fact": "element", "id": f"element:{n:05}", "name": f"元{n}"} for n in range(5_003)]
    lines += [{"fact": "element", "id": "element:00000", "name": "元", "stated_by": "B"}]
    with await state(graph, tmp_path, lines) as report:
        assert (report.counts["element"].added, report.counts["element"].changed) == (5_003, 1)
    assert len(await said(graph, tmp_path)) == 5_004
