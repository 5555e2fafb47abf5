"""Workbooks to fill in: what stands in them, and that a department's entries come back as they went or as edited."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.formula import Tokenizer

from connectors.catalogue_words import load_words
from connectors.table import Table
from connectors.table_targets import key_of, targets, value_words
from connectors.table_template import EXAMPLE, cell_mark
from connectors.table_values import Values
from graph.changes import position
from graph.engine import Graph
from graph.facts import Kind, Severity, Shape
from graph.refusals import NotFound
from registry.imports import ImportOptions, run_import
from registry.report import ImportReport, as_json
from registry.templates.contents import SHEETS, blank, of_department
from registry.templates.shown import shown
from registry.templates.workbook import write_template
from tests.connectors import tables
from tests.registry.importing import of_code, said, state
from tests.registry.running import SAMPLE, Commands

ZONE = ZoneInfo("Asia/Shanghai")
CIVIL = "department:320900/市民政局"
KINDS = ("system", "resource", "field", "agreement")

SMALL: Sequence[Mapping[str, Any]] = (
    {"fact": "jurisdiction", "id": "jurisdiction:320900", "code": "320900", "name": "盐城市"},
    {"fact": "department", "id": CIVIL, "name": "市民政局", "jurisdiction": "jurisdiction:320900"},
    {"fact": "department", "id": "department:other", "name": "市教育局", "jurisdiction": "jurisdiction:320900"},
    {"fact": "system", "id": "system:a", "name": "救助系统", "department": CIVIL, "money": {"paid": 3}},
    {"fact": "resource", "id": "resource:a", "name": "低保", "provider": CIVIL, "system": "system:a", "code": "007",
     "share_type": "CONDITIONAL", "share_condition": "=1+1", "aliases": ["甲、乙", "丙"], "colour": "red"},
    {"fact": "resource", "id": "resource:b", "name": "婚姻", "provider": CIVIL, "abstract": "登记", "open": False},
    *({"fact": "field", "id": f"field:{n}", "name": f"项{n}", "resource": "resource:a", "position": 30 - n, "length": n}
      for n in range(30)),
    {"fact": "agreement", "id": "agreement:a", "name": "共享", "provider": CIVIL, "consumer": "department:other",
     "covers": ["resource:a"], "status": "ACTIVE", "valid_from": "2024-01-01", "valid_to": "2030-01-01T08:30:00+08:00"},
    {"fact": "resource", "id": "resource:foreign", "name": "学籍", "provider": "department:other"},
)  # fmt: skip
ENTRIES = 1 + 2 + 30 + 1

Edit = Callable[[Any], object]


async def written(graph: Graph, path: Path, department: str = CIVIL, kinds: Sequence[str] = KINDS) -> Path:
    with path.open("wb") as file:
        write_template(await of_department(graph, department, kinds, ZONE), file)
    return path


def edited(path: Path, *edits: Edit) -> Path:
    """The workbook after a person has edited it, saved by another program."""
    book = openpyxl.load_workbook(path)
    for edit in edits:
        edit(book)
    book.save(path)
    return path


def put(kind: str, row_of: str, /, **texts: Any) -> Edit:
    """Write into the row of an id, or into a new row if it is empty."""

    def edit(book: Any) -> None:
        sheet = book[SHEETS[kind]]
        places = {cell.value.partition(".")[2]: cell.column for cell in sheet[2] if cell.value}
        rows = [row for row in range(3, sheet.max_row + 1) if sheet.cell(row, places["id"]).value == (row_of or None)]
        row = rows[0] if row_of else sheet.max_row + 1
        for name, text in texts.items():
            sheet.cell(row, places[name]).value = text

    return edit


def drop(kind: str, *ids: str) -> Edit:
    def edit(book: Any) -> None:
        sheet = book[SHEETS[kind]]
        for row in range(sheet.max_row, 2, -1):
            if sheet.cell(row, 1).value in ids:
                sheet.delete_rows(row)

    return edit


async def taken(graph: Graph, path: Path, **options: Any) -> ImportReport:
    return await run_import(graph, [path], ImportOptions(connector=Table, zone=ZONE, **options))


def counts(report: ImportReport) -> dict[str, int]:
    return {act: count for act, count in report.totals().items() if count and act != "stated"}


# ---- there and back


async def test_a_round_trip_without_edits_changes_nothing_at_all(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, SMALL)
    before, at = await said(graph, tmp_path), (await position(graph)).sequence
    path = await written(graph, tmp_path / "mine.xlsx")
    for edits in ((), (lambda book: None,)):
        edited(path, *edits) if edits else None
        with await taken(graph, path, full=True) as report:
            assert counts(report) == {"unchanged": ENTRIES}
            assert report.findings.count(Severity.ERROR) == report.findings.count(Severity.WARNING) == 0
    assert await said(graph, tmp_path) == before
    assert (await position(graph)).sequence == at


async def test_every_department_of_the_sample_comes_back_as_it_went(graph: Graph, tmp_path: Path) -> None:
    with await run_import(graph, [SAMPLE], ImportOptions(source="sample")):
        at = (await position(graph)).sequence
    for department in ("department:320900/市民政局", "department:320900/市数据局", "department:320900/市公安局"):
        path = await written(graph, tmp_path / "mine.xlsx", department)
        with await taken(graph, path) as report:
            assert set(counts(report)) == {"unchanged"}
    assert (await position(graph)).sequence == at


async def test_what_was_edited_is_listed_before_it_is_taken_with_old_and_new_values(
    graph: Graph, tmp_path: Path
) -> None:
    await state(graph, tmp_path, SMALL)
    path = edited(
        await written(graph, tmp_path / "mine.xlsx"),
        put("resource", "resource:b", name="婚姻登记", abstract=None, share_type="不予共享"),
        put("resource", "", name="收养", provider="市教育局", system="救助系统"),
        put("field", "", resource="收养", name="姓名", length=50, data_type="字符型C"),
        put("field", "field:3", length="33"),
    )
    with await taken(graph, path, dry_run=True) as report:
        assert counts(report) == {"added": 2, "changed": 2, "unchanged": ENTRIES - 2}
        listed = {thing["id"]: thing for thing in as_json(report)["changes"]["things"]}
    changed = {change["name"]: (change["before"], change["after"]) for change in listed["resource:b"]["properties"]}
    assert changed == {"name": ("婚姻", "婚姻登记"), "abstract": ("登记", None), "share_type": (None, "WITHHELD")}
    assert listed["field:3"]["properties"] == [{"name": "length", "before": 3, "after": 33}]
    added = [thing for thing in listed.values() if thing["act"] == "added"]
    assert [thing["name"] for thing in added] == ["收养", "姓名"]
    with await taken(graph, path) as report:
        assert counts(report) == {"added": 2, "changed": 2, "unchanged": ENTRIES - 2}
    now = {line["id"]: line for line in await said(graph, tmp_path) if "id" in line}
    assert now["resource:b"] | {"source": ""} == {
        "fact": "resource", "id": "resource:b", "name": "婚姻登记", "provider": CIVIL, "open": False,
        "share_type": "WITHHELD", "source": "",
    }  # fmt: skip
    new = next(line for line in now.values() if line.get("name") == "收养")
    assert (new["provider"], new["system"]) == ("department:other", "system:a")
    assert next(line for line in now.values() if line.get("name") == "姓名")["resource"] == new["id"]
    with await taken(graph, path) as report:
        assert counts(report) == {"unchanged": ENTRIES + 2}


async def test_edits_are_statements_of_who_stated_the_entry_or_of_the_source_that_is_named(
    graph: Graph, tmp_path: Path
) -> None:
    await state(graph, tmp_path, SMALL, source="市民政局")
    path = edited(await written(graph, tmp_path / "mine.xlsx"), put("resource", "resource:b", name="一"))
    with await taken(graph, path):
        lines = [line for line in await said(graph, tmp_path) if line.get("id") == "resource:b"]
        assert [(line["source"], line["name"]) for line in lines] == [("市民政局", "一")]
    with await taken(graph, path, source="person:王") as report:
        assert counts(report) == {"changed": 1, "unchanged": ENTRIES - 1}
        lines = [line for line in await said(graph, tmp_path) if line.get("id") == "resource:b"]
        assert [(line["source"], line.get("abstract")) for line in lines] == [("市民政局", "登记"), ("person:王", None)]


async def test_what_others_changed_meanwhile_in_other_cells_stays(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, SMALL)
    path = edited(await written(graph, tmp_path / "mine.xlsx"), put("resource", "resource:b", abstract="新"))
    await state(
        graph, tmp_path, [{"fact": "resource", "id": "resource:b", "name": "改名", "secrecy": "SECRET"}], "later"
    )
    with await taken(graph, path):
        pass
    lines = [line for line in await said(graph, tmp_path) if line.get("id") == "resource:b"]
    assert lines[-1]["abstract"] == "新"
    assert {line.get("name") for line in lines} == {"婚姻", "改名"}
    assert lines[-1].get("secrecy", lines[0].get("secrecy")) == "SECRET"


async def test_rows_that_are_gone_are_told_and_withdrawn_only_with_full(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, SMALL)
    path = edited(await written(graph, tmp_path / "mine.xlsx"), drop("field", "field:3"))
    with await taken(graph, path) as report:
        assert counts(report) == {"unchanged": ENTRIES - 1}
        assert [found.ids for found in of_code(report, "ROW_REMOVED")] == [("field:3",)]
    with await taken(graph, path, full=True, dry_run=True) as report:
        assert counts(report) == {"unchanged": ENTRIES - 1, "withdrawn": 1}
        assert [(one.act, one.id, one.name) for one in report.changes.listed] == [("withdrawn", "field:3", "项3")]
    with await taken(graph, path, full=True) as report:
        assert counts(report) == {"unchanged": ENTRIES - 1, "withdrawn": 1}
    now = [line for line in await said(graph, tmp_path) if line.get("id") == "field:3"]
    assert [line["source"] for line in now] == ["registry"]
    assert any(
        line.get("id") == "resource:foreign" and line["source"] != "registry" for line in await said(graph, tmp_path)
    )


async def test_too_many_rows_that_are_gone_stop_the_withdrawal(embedded_graph: Graph, tmp_path: Path) -> None:
    graph = embedded_graph
    await state(graph, tmp_path, SMALL)
    path = edited(await written(graph, tmp_path / "mine.xlsx"), drop("field", *(f"field:{n}" for n in range(10))))
    with await taken(graph, path, full=True) as report:
        assert "withdrawn" not in counts(report)
        assert [(stop.going, stop.total) for stop in report.stopped] == [(10, ENTRIES)]
        assert report.exit_code == 1
    with await taken(graph, path, full=True, withdraw_share=0.5) as report:
        assert counts(report)["withdrawn"] == 10


async def test_a_sheet_or_column_that_is_gone_says_nothing(embedded_graph: Graph, tmp_path: Path) -> None:
    graph = embedded_graph
    await state(graph, tmp_path, SMALL)

    def without(book: Any) -> None:
        del book[SHEETS["field"]]
        sheet = book[SHEETS["resource"]]
        sheet.delete_cols(next(cell.column for cell in sheet[2] if cell.value == "resource.abstract"))

    path = edited(await written(graph, tmp_path / "mine.xlsx"), without)
    with await taken(graph, path, full=True) as report:
        assert counts(report) == {"unchanged": ENTRIES - 30}
        assert of_code(report, "ROW_REMOVED") == []


async def test_an_id_that_stands_twice_or_was_never_exported_is_told(embedded_graph: Graph, tmp_path: Path) -> None:
    graph = embedded_graph
    await state(graph, tmp_path, SMALL)
    path = edited(
        await written(graph, tmp_path / "mine.xlsx"),
        put("resource", "", id="resource:b", name="二"),
        put("resource", "", id="resource:new", name="三"),
    )
    with await taken(graph, path, dry_run=True) as report:
        assert [found.place.row for found in of_code(report, "ID_TWICE")] == [5]
        assert [found.ids for found in of_code(report, "ROW_UNKNOWN")] == [("resource:new",)]
        assert counts(report)["added"] == 1


async def test_a_value_that_cannot_be_taken_leaves_the_old_one(embedded_graph: Graph, tmp_path: Path) -> None:
    graph = embedded_graph
    await state(graph, tmp_path, SMALL)
    path = edited(await written(graph, tmp_path / "mine.xlsx"), put("resource", "resource:a", share_type="随便"))
    with await taken(graph, path) as report:
        assert [found.value for found in of_code(report, "BAD_VALUE")] == ["随便"]
    now = [line for line in await said(graph, tmp_path) if line.get("id") == "resource:a"]
    assert [line["share_type"] for line in now] == ["CONDITIONAL"]


async def test_what_agreements_cover_and_when_they_hold_can_be_edited(embedded_graph: Graph, tmp_path: Path) -> None:
    graph = embedded_graph
    await state(graph, tmp_path, SMALL)
    path = edited(
        await written(graph, tmp_path / "mine.xlsx"),
        put("agreement", "agreement:a", covers="resource:a\n婚姻", valid_to="2031-05-01", status="暂停"),
    )
    with await taken(graph, path):
        [line] = [line for line in await said(graph, tmp_path) if line.get("id") == "agreement:a"]
    assert (line["covers"], line["status"]) == (["resource:a", "resource:b"], "SUSPENDED")
    assert (line["valid_from"], line["valid_to"]) == ("2023-12-31T16:00:00Z", "2031-04-30T16:00:00Z")


async def test_a_department_that_is_not_there_is_refused(embedded_graph: Graph) -> None:
    with pytest.raises(NotFound, match="there is no department department:none"):
        await of_department(embedded_graph, "department:none", KINDS, ZONE)


# ---- what stands in cells


async def test_texts_that_look_like_formulas_are_texts_both_ways(embedded_graph: Graph, tmp_path: Path) -> None:
    risky = ["=1+1", "+cmd", "-2", "@SUM(A1)", "＝1", "\t=1", "'=1", "a;=1"]
    lines = [
        *SMALL[:2],
        *({"fact": "system", "id": f"system:{n}", "name": text, "department": CIVIL} for n, text in enumerate(risky)),
    ]
    await state(embedded_graph, tmp_path, lines)
    path = await written(embedded_graph, tmp_path / "mine.xlsx")
    for sheet in openpyxl.load_workbook(path):
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert sheet.title == "检查" or not [cell.value for cell in cells if cell.data_type == "f"]
    with await taken(embedded_graph, edited(path, lambda book: None)) as report:
        assert counts(report) == {"unchanged": len(risky)}
    new = edited(path, put("system", "system:1", description="=HYPERLINK(1)"), put("system", "", name="'+x"))
    book = openpyxl.load_workbook(new)
    for row in book[SHEETS["system"]].iter_rows(min_row=3):
        for cell in row:
            if cell.data_type == "f":
                cell.value, cell.data_type = cell.value, "s"
    book.save(new)
    with await taken(embedded_graph, new):
        names = {line.get("name"): line for line in await said(embedded_graph, tmp_path)}
    assert "+x" in names
    assert names["+cmd"]["description"] == "=HYPERLINK(1)"


SHOWN = [target for target in targets().values() if target.shown and target.kind in Kind._value2member_map_]
PLAIN = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=8).filter(
    lambda text: not load_words(None).says_nothing(text) and text == __import__("unicodedata").normalize("NFKC", text)
)


def _values(path: str) -> st.SearchStrategy[Any]:
    key, target = key_of(path), targets()[path]
    assert key is not None
    if target.values is not None:
        listed = list(value_words()[target.values])
        return st.booleans() if key.shape is Shape.BOOLEAN else st.sampled_from(listed)
    if path == "resource.share_methods":
        return st.lists(
            st.sampled_from(["API", "DATABASE", "FILE", "EMAIL", "DISK", "PAPER", "DOCUMENT"]), min_size=1, unique=True
        )
    if path == "system.reach":
        return st.sampled_from(["NATION", "PROVINCE", "CITY", "COUNTY", "DEPARTMENT", "OFFICE"])
    if path == "system.networks":
        return st.lists(st.sampled_from(["EXTRANET", "INTRANET", "INTERNET", "PRIVATE"]), min_size=1, unique=True)
    if path == "resource.published":
        return st.dates().filter(lambda day: day.year > 1000).map(str)
    if path.endswith(("format_category", "format_types")):
        return st.just("数据库") if path.endswith("category") else st.just(["mysql", "oracle"])
    by_shape: Mapping[Shape, st.SearchStrategy[Any]] = {
        Shape.TEXT: PLAIN,
        Shape.TEXTS: st.lists(PLAIN, min_size=1, max_size=3, unique=True),
        Shape.INTEGER: st.integers(0, 10**9),
        Shape.TIME: st.integers(-(10**15), 10**16),
    }
    return by_shape[key.shape]


@pytest.mark.parametrize(
    "path",
    [one.path for one in SHOWN if (key := key_of(one.path)) and key.shape not in (Shape.REFERENCE, Shape.REFERENCES)],
)
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_a_cell_shows_is_taken_for_the_value_again(path: str, data: st.DataObject) -> None:
    value = data.draw(_values(path))
    text = shown(targets()[path], {"id": "x", path.partition(".")[2]: value}, {}, ZONE)
    taken_, wrong = Values(load_words(None), ZONE).value(path, text, None)
    assert (taken_, wrong) == (value, None)


@given(text=st.text(max_size=30), space=st.sampled_from(["", " ", "\n", "\r\n"]))
def test_white_space_around_a_cell_is_no_edit(text: str, space: str) -> None:
    assert cell_mark(space + text + space) == cell_mark(text)


# ---- empty ones


def empty(folder: Path, kinds: Sequence[str]) -> Path:
    path = folder / "empty.xlsx"
    with path.open("wb") as file:
        write_template(asyncio.run(blank(kinds, None)), file)
    return path


def test_an_empty_workbook_has_examples_help_and_lists_and_takes_nothing(tmp_path: Path) -> None:
    path = empty(tmp_path, list(SHEETS))
    assert Table.recognises(path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[: len(SHEETS)] == list(SHEETS.values())
    for kind, name in SHEETS.items():
        sheet = book[name]
        assert sheet.freeze_panes == "C3"
        assert sheet.cell(3, 1).value == EXAMPLE
        needed = [target.zh for target in targets().values() if target.kind == kind and target.needed]
        assert {cell.value.rstrip("*") for cell in sheet[1] if cell.value.endswith("*")} == set(needed)
        assert any(cell.comment for cell in sheet[1])
    lists = {rule.formula1 for rule in book[SHEETS["resource"]].data_validations.dataValidation}
    assert len(lists) == 4
    pulled = tables.pull(path)
    assert (pulled.things, pulled.codes()) == ([], {"EXAMPLE_LEFT_OUT"})


def test_the_examples_can_be_taken_once_the_mark_is_off(tmp_path: Path) -> None:
    path = empty(tmp_path, list(SHEETS))

    def unmark(book: Any) -> None:
        for kind, name in SHEETS.items():
            first = next(target for target in targets().values() if target.kind == kind and target.shown)
            book[name].cell(3, 1).value = first.example or None

    pulled = tables.pull(edited(path, unmark))
    assert {finding.severity for finding in pulled.findings} <= {Severity.INFO}
    assert {thing.kind for thing in pulled.things} >= set(map(Kind, SHEETS.keys() - {"feeds", "reads"}))
    assert pulled.one(Kind.SYSTEM).values["department"] == "department:320900/市民政局"
    assert len(pulled.items) - len(pulled.things) - len(pulled.findings) == 2


async def test_lists_offer_what_is_registered(embedded_graph: Graph, tmp_path: Path) -> None:
    await state(embedded_graph, tmp_path, SMALL)
    path = tmp_path / "empty.xlsx"
    with path.open("wb") as file:
        write_template(await blank(["system"], embedded_graph), file)
    book = openpyxl.load_workbook(path)
    assert [book["_lists"].cell(row, 1).value for row in range(1, 4)] == ["department", "市教育局", "市民政局"]
    filled = edited(path, put("system", "", name="新", department="市教育局", status="在建"))
    with await taken(embedded_graph, filled):
        [line] = [line for line in await said(embedded_graph, tmp_path) if line.get("name") == "新"]
    assert (line["department"], line["status"]) == ("department:other", "BUILDING")


def test_the_sheet_that_checks_has_formulas_over_the_others(tmp_path: Path) -> None:
    path = empty(tmp_path, ["resource", "field"])
    sheet = openpyxl.load_workbook(path)["检查"]
    told = {
        (sheet.cell(row, 1).value, sheet.cell(row, 2).value): sheet.cell(row, 3).value
        for row in range(2, sheet.max_row + 1)
    }
    assert any("缺少" in what and "resource.name" in what for _, what in told)
    assert any("重复" in what and "resource.code" in what for _, what in told)
    assert any("不在列表中" in what and "field.data_type" in what for _, what in told)
    for (name, _), formula in told.items():
        ranges = [token.value for token in Tokenizer(formula).items if token.subtype == "RANGE"]
        assert ranges
        assert all(part.startswith((f"'{name}'!", "_lists!")) for part in ranges)


# ---- commands


def test_the_command_writes_a_workbook_that_is_imported_again(sample: Commands, tmp_path: Path) -> None:
    path = tmp_path / "mine.xlsx"
    made = sample.run("template", path, "--department", CIVIL, "--format", "json")
    assert (made.status, made.json["entries"]) == (0, 55)
    tried = sample.run("import", path, "--dry-run", "--as", "table", "--format", "json")
    assert tried.status == 0
    assert tried.json["changes"] == {"count": 0, "listed": 0, "things": []}
    one = sample.run("template", path, "--department", CIVIL, "--kind", "resources", "--format", "json").json
    assert list(one["sheets"]) == ["resource"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("x.csv",), "would be no workbook"),
        (("nowhere/x.xlsx",), "folder that is there"),
        (("x.xlsx", "--department", "department:none"), "there is no department"),
        (("x.xlsx", "--department", CIVIL, "--kind", "elements"), "have no elements"),
    ],
)
def test_what_cannot_be_written_is_refused(sample: Commands, arguments: Sequence[str], says: str) -> None:
    done = sample.run("template", *arguments)
    assert done.status in (1, 2)
    assert says in done.err
    assert not (sample.here / "x.xlsx").exists()


def test_an_empty_workbook_needs_no_registry_and_makes_none(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "data", tmp_path)
    assert commands.run("template", "x.xlsx", "--kind", "systems").status == 0
    assert (tmp_path / "x.xlsx").exists()
    assert not (tmp_path / "data").exists()
