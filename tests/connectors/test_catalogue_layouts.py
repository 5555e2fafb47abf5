"""The three layouts and what each column becomes; headers in all their forms; other sheets."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from connectors.catalogue import Catalogue
from graph.facts import Kind
from tests.connectors import workbooks as make

SHEET = "信息资源导入模板"


def test_a_row_of_the_jiangsu_layout_becomes_all_its_things(tmp_path: Path) -> None:
    pulled = make.pull(make.jiangsu(tmp_path / "a.xlsx", {}))
    kinds = [(thing.kind, thing.id) for thing in pulled.things]
    resource = "320600/11320600014208013B/11320600014208013B000000000000001"
    assert kinds == [
        (Kind.JURISDICTION, "jurisdiction:100000"),
        (Kind.JURISDICTION, "jurisdiction:320000"),
        (Kind.JURISDICTION, "jurisdiction:320600"),
        (Kind.DEPARTMENT, "department:320600/11320600014208013B"),
        (Kind.SYSTEM, "system:320600/11320600014208013B/审计管理系统"),
        (Kind.RESOURCE, f"resource:{resource}"),
        (Kind.FIELD, f"field:{resource}/项目名称"),
    ]
    assert pulled.one(Kind.DEPARTMENT).values == {
        "name": "市审计局",
        "uscc": make.AUDIT,
        "jurisdiction": "jurisdiction:320600",
    }
    assert pulled.one(Kind.SYSTEM).values == {
        "name": "审计管理系统",
        "department": "department:320600/11320600014208013B",
    }
    thing = pulled.one(Kind.RESOURCE)
    assert thing.values == {
        "name": "审计项目",
        "code": "11320600014208013B000000000000001",
        "provider": "department:320600/11320600014208013B",
        "system": "system:320600/11320600014208013B/审计管理系统",
        "office": "综合处",
        "abstract": "审计项目的基本情况",
        "share_condition": "申请需审核",
        "open_condition": "依申请开放",
        "update_cycle": "MONTHLY",
    }
    assert (thing.raw, thing.extra) == ({"update_cycle": "每月"}, {"审批结果": "审计报告"})
    assert (thing.place.file, thing.place.sheet, thing.place.row) == ("a.xlsx", SHEET, 3)
    assert pulled.one(Kind.FIELD).values == {
        "name": "项目名称",
        "resource": f"resource:{resource}",
        "position": 1,
        "raw_type": "nvarchar",
        "data_type": "C",
        "length": 255,
    }
    assert pulled.codes() == {"SHARE_TYPE_MISSING"}


def test_a_row_of_the_guangdong_layout(tmp_path: Path) -> None:
    pulled = make.pull(make.guangdong(tmp_path / "a.xlsx", {}), jurisdiction="jurisdiction:440100")
    thing = pulled.one(Kind.RESOURCE)
    assert thing.id == "resource:440100/市市场监管局/3070220400053/000002"
    assert thing.values == {
        "name": "企业登记信息",
        "code": "3070220400053/000002",
        "provider": "department:440100/市市场监管局",
        "system": "system:440100/市市场监管局/商事登记系统",
        "classification": "基础信息资源/法人单位",
        "abstract": "企业登记的基本情况",
        "format_category": "数据库",
        "format_types": ["mysql"],
        "share_type": "CONDITIONAL",
        "share_condition": "用于行政审批",
        "share_methods": ["API", "DATABASE"],
        "open": False,
        "update_cycle": "DAILY",
        "duties": ["企业设立登记", "企业变更登记"],
        "office": "登记注册处",
    }
    assert thing.extra == {"管理方式": "集中管理", "数据范围": "全市"}
    assert thing.raw["备注"] == "无"
    assert pulled.one(Kind.ELEMENT).id == "element:440100/DE0100010"
    assert pulled.one(Kind.FIELD).values["element"] == "element:440100/DE0100010"
    assert pulled.findings == []


def test_a_row_of_the_national_style(tmp_path: Path) -> None:
    pulled = make.pull(make.national(tmp_path / "a.xlsx", {}))
    thing = pulled.one(Kind.RESOURCE)
    assert thing.id == f"resource:320900/{make.YANCHENG}/3070150900001/000001"
    assert thing.values == {
        "name": "人口基础信息",
        "code": "3070150900001/000001",
        "provider": f"department:320900/{make.YANCHENG}",
        "classification": "部门信息资源/盐城市/市数据局",
        "abstract": "常住人口的基本情况",
        "format_category": "数据库",
        "format_types": ["oracle"],
        "share_type": "CONDITIONAL",
        "share_condition": "用于政务服务",
        "share_methods": ["DATABASE"],
        "open": False,
        "update_cycle": "DAILY",
        "published": "2018-06-20",
        "related_codes": ["1010150000/000001", "3070150900017/000003"],
    }
    assert pulled.one(Kind.FIELD).values["data_type"] == "C"
    assert pulled.findings == []


def test_jurisdictions_are_stated_with_level_parent_and_the_names_that_are_known(tmp_path: Path) -> None:
    pulled = make.pull(make.national(tmp_path / "a.xlsx", {}))
    values = {thing.id: dict(thing.values) for thing in pulled.of(Kind.JURISDICTION)}
    assert values["jurisdiction:320900"] == {
        "code": "320900",
        "name": "盐城市",
        "level": "MUNICIPAL",
        "within": "jurisdiction:320000",
    }
    assert values["jurisdiction:100000"] == {"code": "100000", "name": "中华人民共和国", "level": "NATIONAL"}


def test_only_jurisdictions_come_with_an_id_of_their_own(tmp_path: Path) -> None:
    pulled = make.pull(make.national(tmp_path / "a.xlsx", {}))
    assert {thing.kind for thing in pulled.things if thing.given_id} == {Kind.JURISDICTION}


def test_the_source_that_was_asked_for_is_on_every_fact(tmp_path: Path) -> None:
    pulled = make.pull(make.guangdong(tmp_path / "a.xlsx", {}), source="市数据局")
    assert {thing.source for thing in pulled.things} == {"市数据局"}


def test_short_headers_in_one_row_are_the_jiangsu_layout_too(tmp_path: Path) -> None:
    headers = (
        "政务服务数据提供方 提供方代码 审批结果 信息资源目录名称 目录提供方 提供方内部部门 目录提供方代码 摘要 "
        "共享条件 开放条件 其他更新周期 信息项名称 数据类型 数据长度 来源系统名称 目录编码"
    )
    row = [make.JIANGSU_ROW[column] for column in make.JIANGSU]
    pulled = make.pull(make.workbook(tmp_path / "a.xlsx", {"表": [headers.split(), row]}))
    usual = make.pull(make.jiangsu(tmp_path / "b.xlsx", {}))
    assert [(thing.id, thing.values) for thing in pulled.things] == [(thing.id, thing.values) for thing in usual.things]


@pytest.mark.parametrize("mark", ["{}*", "*{}", "{}（必填项）", " {} ", "{}\n(必填)", "{}【选填】"])
def test_headers_with_marks_and_notes_are_recognised(tmp_path: Path, mark: str) -> None:
    headers = [mark.format(header) for header in make.NATIONAL]
    row = list(make.NATIONAL_ROW.values())
    pulled = make.pull(make.workbook(tmp_path / "a.xlsx", {"目录": [headers, row]}))
    assert pulled.one(Kind.RESOURCE).values["name"] == "人口基础信息"


def test_full_width_headers_are_recognised(tmp_path: Path) -> None:
    def widen(sheet: Worksheet) -> None:
        sheet["L1"] = "信息项名称　＊（必填项）"

    pulled = make.pull(make.national(tmp_path / "a.xlsx", {}, also=widen))
    assert pulled.one(Kind.FIELD).values["name"] == "姓名"


def test_titles_and_blank_rows_above_the_headers_are_passed_over(tmp_path: Path) -> None:
    rows = [["盐城市政务信息资源目录"], [], ["填报单位：市数据局", None, "填报日期：2018-06-20"], []]
    rows += [list(make.NATIONAL), list(make.NATIONAL_ROW.values())]
    pulled = make.pull(make.workbook(tmp_path / "a.xlsx", {"目录": rows}))
    assert pulled.one(Kind.RESOURCE).place.row == 6


def test_a_table_that_does_not_begin_in_the_first_column_is_read(tmp_path: Path) -> None:
    rows = [[None, None, *make.NATIONAL], [None, None, *make.NATIONAL_ROW.values()]]
    pulled = make.pull(make.workbook(tmp_path / "a.xlsx", {"目录": rows}))
    assert pulled.one(Kind.FIELD).values["name"] == "姓名"


def test_the_national_headers_in_two_rows_with_groups(tmp_path: Path) -> None:
    top, below = make.NATIONAL_TOP, make.NATIONAL_BELOW

    def merge(sheet: Worksheet) -> None:
        for cells in ("A1:D1", "G1:H1", "J1:K1", "L1:N1", "O1:R1", "S1:T1", "E1:E2", "F1:F2"):
            sheet.merge_cells(cells)

    pulled = make.pull(
        make.workbook(tmp_path / "a.xlsx", {"目录": [top, below, list(make.NATIONAL_ROW.values())]}, merge)
    )
    usual = make.pull(make.national(tmp_path / "b.xlsx", {}))
    assert pulled.one(Kind.RESOURCE).values == usual.one(Kind.RESOURCE).values
    assert pulled.findings == []


def test_directions_under_the_headers_are_no_data(tmp_path: Path) -> None:
    rows = [list(make.NATIONAL), ["请填写"] * 10 + ["请选择"] * 13, list(make.NATIONAL_ROW.values())]
    pulled = make.pull(make.workbook(tmp_path / "a.xlsx", {"目录": rows}))
    assert [thing.values["name"] for thing in pulled.of(Kind.RESOURCE)] == ["人口基础信息"]


def test_headers_repeated_among_the_data_are_no_data(tmp_path: Path) -> None:
    data = list(make.NATIONAL_ROW.values())
    rows = [list(make.NATIONAL), data, list(make.NATIONAL), data]
    pulled = make.pull(make.workbook(tmp_path / "a.xlsx", {"目录": rows}))
    assert len(pulled.of(Kind.RESOURCE)) == 1


def test_a_repeated_column_is_told_and_the_first_that_says_something_counts(tmp_path: Path) -> None:
    rows = [[*make.NATIONAL, "更新周期"], [*make.NATIONAL_ROW.values(), "每年"]]
    rows += [[*(make.NATIONAL_ROW | {"信息项名称": "性别"}).values(), "每年"]]
    pulled = make.pull(make.workbook(tmp_path / "a.xlsx", {"目录": rows}))
    assert pulled.finding("COLUMN_REPEATED").place.row == 1
    thing = pulled.one(Kind.RESOURCE)
    assert (thing.values["update_cycle"], thing.extra) == ("DAILY", {"更新周期 (X)": "每年"})


def test_merged_resource_cells_are_filled_down(tmp_path: Path) -> None:
    blank = dict.fromkeys(column for column in make.JIANGSU if column not in ("field", "type", "length"))

    def merge(sheet: Worksheet) -> None:
        for letter in "ABCDEFGHIJKOP":
            sheet.merge_cells(f"{letter}3:{letter}5")

    path = make.jiangsu(
        tmp_path / "a.xlsx",
        {"cycle": "不定时"},
        blank | {"field": "金额"},
        blank | {"field": "日期"},
        {"code": make.AUDIT + "000000000000002"},
        also=merge,
    )
    pulled = make.pull(path)
    first, second = pulled.of(Kind.RESOURCE)
    fields = [(thing.values["resource"], thing.values["name"]) for thing in pulled.of(Kind.FIELD)]
    assert fields == [
        (first.id, "项目名称"),
        (first.id, "金额"),
        (first.id, "日期"),
        (second.id, "项目名称"),
    ]
    assert pulled.found("CYCLE_UNKNOWN") == [(SHEET, 3, "K")]  # told once, where the cell is


def test_a_provider_merged_over_several_resources_reaches_each(tmp_path: Path) -> None:
    def merge(sheet: Worksheet) -> None:
        for letter in "ABEFG":
            sheet.merge_cells(f"{letter}3:{letter}4")

    other = dict.fromkeys(("data_provider", "data_provider_code", "provider", "office", "provider_code"))
    path = make.jiangsu(
        tmp_path / "a.xlsx", {}, other | {"name": "审计结果", "code": make.AUDIT + "000000000000002"}, also=merge
    )
    pulled = make.pull(path)
    assert {thing.values["provider"] for thing in pulled.of(Kind.RESOURCE)} == {f"department:320600/{make.AUDIT}"}


def test_blank_resource_cells_without_a_merge_belong_to_the_row_above(tmp_path: Path) -> None:
    blank = dict.fromkeys(column for column in make.NATIONAL if column not in ("信息项名称", "数据类型", "数据长度"))
    pulled = make.pull(make.national(tmp_path / "a.xlsx", {}, blank | {"信息项名称": "性别"}))
    assert len(pulled.of(Kind.RESOURCE)) == 1
    assert [thing.values["name"] for thing in pulled.of(Kind.FIELD)] == ["姓名", "性别"]


def test_two_catalogue_sheets_of_one_workbook_are_both_read(tmp_path: Path) -> None:
    guangdong = [list(make.GUANGDONG), [make.GUANGDONG_ROW[header] for header in make.GUANGDONG]]
    national = [list(make.NATIONAL), list(make.NATIONAL_ROW.values())]
    pulled = make.pull(make.workbook(tmp_path / "a.xlsx", {"甲": guangdong, "乙": national}))
    assert [thing.place.sheet for thing in pulled.of(Kind.RESOURCE)] == ["甲", "乙"]


def test_the_list_of_systems_is_read(tmp_path: Path) -> None:
    rows = [
        make.SYSTEMS,
        ("市审计局", "审计管理系统", "http://10.0.0.8/", "审计项目管理", "市级", "oracle", "政务外网、互联网"),
        ("市财政局", "无", None, None, None, None, None),
    ]
    path = make.workbook(tmp_path / "a.xlsx", {SHEET: make.jiangsu_rows({}), "一、业务系统参照表": rows})
    pulled = make.pull(path)
    assert pulled.one(Kind.SYSTEM).values == {
        "name": "审计管理系统",
        "department": f"department:320600/{make.AUDIT}",
        "functions": ["审计项目管理"],
        "reach": "CITY",
        "runs_on": {"database": "oracle", "address": "http://10.0.0.8/"},
        "networks": ["EXTRANET", "INTERNET"],
    }
    assert pulled.found("SYSTEM_PLACEHOLDER") == [("一、业务系统参照表", 3, "B")]


def test_sheets_that_are_not_read_are_named_with_their_headers(tmp_path: Path) -> None:
    sheets: dict[str, list[Any]] = {
        SHEET: make.jiangsu_rows({}),
        "二、权力清单参照表": [("事项编码", "事项名称"), (11, "信息监督")],
        "字典": [("信息资源提供方", "电子文件"), ("外交部", "doc")],
        "说明": [("政务资源目录调查问卷填写表",)],
        "空表": [],
    }
    pulled = make.pull(make.workbook(tmp_path / "a.xlsx", sheets))
    told = {
        found.place.sheet: (found.message, found.value) for found in pulled.findings if found.code == "SHEET_NOT_READ"
    }
    assert told == {
        "二、权力清单参照表": ("no connector knows its headers", "事项编码 | 事项名称"),
        "字典": ("it is a dictionary", "信息资源提供方 | 电子文件"),
        "说明": ("it is an explanation", "政务资源目录调查问卷填写表"),
        "空表": ("it is empty", ""),
    }


def test_a_hidden_sheet_is_read_and_told(tmp_path: Path) -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.sheet_state = "hidden"

    rows: dict[str, list[Any]] = {"甲": [list(make.NATIONAL), list(make.NATIONAL_ROW.values())], "乙": [("a", "b")]}
    pulled = make.pull(make.workbook(tmp_path / "a.xlsx", rows, hide))
    assert pulled.found("SHEET_HIDDEN") == [("甲", None, "")]
    assert pulled.of(Kind.RESOURCE)


def test_a_sheet_that_lacks_a_needed_column_is_an_error_that_names_it(tmp_path: Path) -> None:
    at = make.NATIONAL.index("信息项名称")
    headers = [header for header in make.NATIONAL if header != "信息项名称"]
    row = list(make.NATIONAL_ROW.values())
    path = make.workbook(tmp_path / "a.xlsx", {"目录": [headers, row[:at] + row[at + 1 :]]})
    pulled = make.pull(path)
    assert pulled.things == []
    found = [found for found in pulled.findings if found.place.sheet == "目录"]
    assert [(found.code, found.place.row) for found in found] == [("HEADER_MISSING", 1)]
    assert "lacks 信息项名称" in found[0].message


def test_a_workbook_without_a_known_layout_lists_what_was_found(tmp_path: Path) -> None:
    path = make.workbook(
        tmp_path / "a.xlsx", {"需求表": [("序号", "数据使用单位", "信息资源名称", "信息项名称"), (1, "a", "b", "c")]}
    )
    assert not Catalogue.recognises(path)
    found = Catalogue.explain(path)
    assert found is not None
    assert "需求表: 序号 | 数据使用单位 | 信息资源名称 | 信息项名称" in found.message
    assert "HEADER_MISSING" in make.pull(path).codes()


def test_the_same_file_gives_the_same_in_the_same_order(tmp_path: Path) -> None:
    path = make.jiangsu(tmp_path / "a.xlsx", {}, {"field": "*", "length": "*"}, {"name": "无", "code": "x"})
    assert make.pull(path).items == make.pull(path).items
