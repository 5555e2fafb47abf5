"""What is suggested for the headers of tables as departments write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.catalogue_workbook import Sheet
from connectors.table_mapping import TableMapping
from connectors.table_suggest import LEAST, Suggestion, suggest, suggest_sheet
from connectors.table_targets import targets


def becomes(found: Suggestion) -> dict[str, str | None]:
    return {column.header: column.to for column in found.columns}


CASES = [
    (
        "序号 | 数据使用单位 | 信息资源名称 | 信息项名称 | 数据用途说明",
        "agreement",
        "- | agreement.consumer | agreement.covers.resource | agreement.covers.field | agreement.purpose",
    ),
    ("数据元 | 质量规则 | 清洗规则 | 来源部门", "element", "element.name | - | - | element.source"),
    ("department | table | field | element", "field", "resource.provider | resource.name | field.name | field.element"),
    ("序号 | 工作任务 | 牵头单位 | 协同单位", "task", "task.number | task.name | task.lead | task.partners"),
    (
        "系统名称* | 建设单位（必填） | 主要功能 | 運行狀態 | 所属网络 | 上线时间",
        "system",
        "system.name | system.department | system.functions | system.status | system.networks | system.in_use_since",
    ),
    (
        "表名 | 字段名称 | 字段类型 | 字段长度 | 提供单位 | 共享类型",
        "field",
        "resource.name | field.name | field.data_type | field.length | resource.provider | resource.share_type",
    ),
    (
        "源表 | 源字段 | 目标表 | 目标字段 | 作业名称",
        "feeds",
        "feeds.from.resource | feeds.from.field | feeds.to.resource | feeds.to.field | feeds.job",
    ),
    ("单位名称 | 统一社会信用代码 | 简称", "department", "department.name | department.uscc | department.short_name"),
    ("資源名稱 | 提供部門 | 更新頻率", "resource", "resource.name | resource.provider | resource.update_cycle"),
    ("Dataset Name | Data Provider | Summary", "resource", "resource.name | resource.provider | resource.abstract"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "kind", "paths"), CASES)
def test_tables_as_they_are_written(headers: str, kind: str, paths: str) -> None:
    found = suggest([header.strip() for header in headers.split("|")])
    assert found.kind == kind
    assert [column.to or "-" for column in found.columns] == [path.strip() for path in paths.split("|")]


def test_values_decide_where_headers_leave_it_open() -> None:
    rows = [["甲", "11320600014208013B"], ["乙", "11320600014207854Q"]]
    assert becomes(suggest(["部门", "部门代码"], rows))["部门代码"] == "department.uscc"
    lengths = suggest(["表名", "字段", "长度"], [["a", "b", "很长"], ["a", "c", "短"]])
    assert becomes(lengths)["长度"] is None


def test_headers_are_found_below_a_title_and_in_two_rows() -> None:
    sheet = Sheet("a", False, [(1, ["全市系统清单"]), (3, ["系统名称", "主管部门"]), (4, ["甲", "市民政局"])], ())
    assert suggest_sheet(sheet).header_row == 3
    rows: list[tuple[int, list[str | None]]] = [
        (1, ["资源", None, "信息项", None]),
        (2, ["信息资源名称", "提供方", "信息项名称", "数据类型"]),
    ]
    two = suggest_sheet(Sheet("b", False, rows, ((1, 0, 1, 1), (1, 2, 1, 3))))
    assert two.header_row == 2
    assert two.kind == "field"


def test_nothing_is_suggested_for_what_is_like_nothing() -> None:
    found = suggest(["甲乙", "丙丁"])
    assert (found.kind, found.score, found.mapping()) == (None, 0, None)
    assert [column.to for column in found.columns] == [None, None]


def test_a_suggestion_of_a_demand_is_the_mapping_of_an_agreement_that_is_asked_for() -> None:
    mapping = suggest(["使用部门", "信息资源名称", "用途"]).mapping("x")
    assert mapping is not None
    assert mapping.constants == {"agreement.status": "SUBMITTED"}
    assert mapping.columns[1].to == ("agreement.name", "agreement.covers.resource")


def test_ten_thousand_columns_are_bounded() -> None:
    found = suggest([f"系统名称{at}" for at in range(10_000)])
    assert len(found.columns) == 500


HEADERS = st.sampled_from([word for target in targets().values() for word in target.headers()]) | st.text(max_size=6)


@settings(deadline=None, max_examples=60)
@given(headers=st.lists(HEADERS, max_size=6), cells=st.lists(st.text(max_size=6), max_size=4))
def test_no_target_is_given_twice_and_each_that_is_given_is_sure_enough(headers: list[str], cells: list[str]) -> None:
    found = suggest(headers, [cells])
    given_ = [column.to for column in found.columns if column.to is not None]
    assert len(given_) == len(set(given_))
    assert all(column.score >= LEAST for column in found.columns if column.to is not None)
    assert all(column.to not in {to for to, _ in column.alternatives} for column in found.columns if column.to)
    mapping = found.mapping()
    assert mapping is None or isinstance(mapping, TableMapping)
