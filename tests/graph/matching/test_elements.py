"""Names of fields matched with data elements."""

import random
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.matching.elements import Element, Elements, Known, Memory, Suggestion, suggest

CASES = tomllib.loads((Path(__file__).parents[2] / "cases" / "matching" / "elements.toml").read_text("utf-8"))
KNOWN = [Known(field, table, department, f"e:{element}") for field, table, department, element in CASES["memory"]]


def made(names: list[str]) -> Elements:
    return Elements(Element(f"e:{name}", name) for name in names)


ELEMENTS = made(CASES["elements"])
MEMORY = Memory(KNOWN)


def ask(name: str, table: str = "", department: str = "", memory: Memory = MEMORY, first: int = 5) -> list[Suggestion]:
    return suggest([name], table, department, memory, ELEMENTS, first)[0]


def ids(found: list[Suggestion]) -> list[str]:
    return [suggestion.element_id for suggestion in found]


@pytest.mark.parametrize(("table", "department", "field", "element"), CASES["cases"])
def test_a_field_stands_for_its_element(table: str, department: str, field: str, element: str) -> None:
    assert ids(ask(field, table, department))[0] == f"e:{element}"


@pytest.mark.parametrize(("table", "department", "field", "element"), CASES["near"])
def test_a_field_that_may_mean_several_things_has_its_element_near(
    table: str, department: str, field: str, element: str
) -> None:
    assert f"e:{element}" in ids(ask(field, table, department, first=3))


@pytest.mark.parametrize("name", CASES["nothing"])
def test_what_says_nothing_matches_nothing(name: str) -> None:
    assert ask(name) == []


def test_placeholders_among_elements_and_memory_are_left_out() -> None:
    elements = made(["无", '"', "其他", "姓名"])
    assert elements.ids == ["e:姓名"]
    memory = Memory([Known("*", "t", "", "e:姓名"), Known("无", "t", "", "e:姓名"), Known("姓名", "t", "", "e:gone")])
    assert [ids(each) for each in suggest(["*", "姓名"], "t", None, memory, elements, 5)] == [[], ["e:姓名"]]


def test_no_elements_suggest_nothing() -> None:
    assert suggest(["姓名", "性别"], None, None, Memory([]), made([]), 5) == [[], []]


def test_names_are_answered_in_their_order_each_with_no_more_than_asked() -> None:
    found = suggest(["性别", "无", "姓名", "性别"], "户籍信息", "公安", MEMORY, ELEMENTS, 3)
    assert [ids(each)[:1] for each in found] == [["e:性别"], [], ["e:姓名"], ["e:性别"]]
    assert [len(each) for each in found] == [3, 0, 3, 3]
    assert found[0] == found[3]


def test_scores_fall_and_lie_between_nothing_and_one() -> None:
    for name in ("证件号", "身份证", "SFZH", "状态", "地址"):
        scores = [suggestion.score for suggestion in ask(name, first=40)]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)


def test_another_name_of_an_element_is_a_name_of_it() -> None:
    elements = Elements(
        [Element("e:1", "常用语种", ("工作语言",)), Element("e:2", "工作单位"), Element("e:3", "语种类别")]
    )
    assert ids(suggest(["工作语言"], None, None, Memory([]), elements, 5)[0])[0] == "e:1"
    found = ids(suggest(["语种"], None, None, Memory([]), elements, 5)[0])
    assert len(found) == len(set(found))


def test_elements_of_one_name_come_by_id() -> None:
    elements = Elements([Element("e:2", "姓名"), Element("e:1", "姓名"), Element("e:3", "性别")])
    assert ids(suggest(["姓名"], None, None, Memory([]), elements, 5)[0])[:2] == ["e:1", "e:2"]


def test_what_was_bound_is_suggested_next_time_and_says_where() -> None:
    assert ids(ask("持卡人编码"))[0] != "e:民族"
    memory = Memory([*KNOWN, Known("持卡人编码", "市民卡信息", "城管", "e:民族")])
    found = ask("持卡人编码", "市民卡信息", "城管", memory)[0]
    assert found.element_id == "e:民族"
    assert found.reason == "持卡人编码 is bound to it in 1 table, of 城管 (1)"


@pytest.mark.parametrize(
    ("name", "table", "reason"),
    [
        ("身份证号", "", "身份证号 is bound to it in 2 tables, of 卫健委 (1), 民政 (1)"),
        ("姓名", "", "the name of the data element itself: 姓名"),
        ("csrq", "", "csrq is short for 出生日期; the name of the data element itself: 出生日期"),
        ("xingming", "", "xingming is the pinyin of 姓名; the name of the data element itself: 姓名"),
        ("党派", "", "党派 and 政治面貌 say the same in other words"),
        ("状态", "机动车驾驶证信息", "状态 shares 状态 with 驾驶证状态; 驾驶证 is in the table's name"),
    ],
)
def test_reasons_are_sentences(name: str, table: str, reason: str) -> None:
    assert ask(name, table)[0].reason == reason


def test_what_people_refused_elsewhere_is_trusted_less() -> None:
    before = ask("联系方式", "志愿者信息")[0]
    assert before.element_id == "e:联系电话"
    refused = [Known("联系方式", table, "", before.element_id) for table in ("党员信息", "网站信息", "论坛信息")]
    after = ask("联系方式", "志愿者信息", memory=Memory(KNOWN, refused))
    assert {one.element_id: one.score for one in after}["e:联系电话"] == pytest.approx(before.score / 4, abs=1e-4)
    assert ask("联系方式", "志愿者信息", memory=Memory([], refused))[0].score < 1
    assert ask("手机", "志愿者信息", memory=Memory(KNOWN, refused)) == ask("手机", "志愿者信息")


VARIANTS = {
    "身份证号": ["身份證號", " 身份证号", "身份证　号", "身份证号。"],
    "发证机关": ["發證機關", "发证-机关", "（发证机关）"],
    "sfz_hm": ["SFZ_HM", "ｓｆｚ＿ｈｍ", "Sfz_Hm"],
    "QQ号码": ["ＱＱ号码", "qq号码", "QQ號碼"],
}


@pytest.mark.parametrize(("name", "other"), [(name, other) for name, others in VARIANTS.items() for other in others])
def test_width_case_traditional_forms_and_punctuation_change_nothing(name: str, other: str) -> None:
    assert ask(other, "機動車駕駛證信息", "公 安") == ask(name, "机动车驾驶证信息", "公安")


@settings(max_examples=12, deadline=None)
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(CASES["cases"]), min_size=1, max_size=5))
def test_order_of_elements_and_memory_changes_nothing(order: random.Random, cases: list[list[str]]) -> None:
    names, known = list(CASES["elements"]), [*KNOWN, KNOWN[0]]
    order.shuffle(names)
    order.shuffle(known)
    elements, memory = made(names), Memory(known)
    by_table: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for table, department, field, _ in cases:
        by_table[table, department].append(field)
    for (table, department), fields in by_table.items():
        assert suggest(fields, table, department, memory, elements, 5) == suggest(
            fields, table, department, MEMORY, ELEMENTS, 5
        )


TEXT = st.text(st.sampled_from("身份证号码姓名日期状态单位（）()_-.* aZ无0９﹏\u200b"), max_size=12)


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXT, max_size=5), TEXT | st.none(), TEXT | st.none())
def test_any_text_is_answered(names: list[str], table: str | None, department: str | None) -> None:
    found = suggest(names, table, department, MEMORY, ELEMENTS, 4)
    assert len(found) == len(names)
    assert all(len(each) in (0, 4) for each in found)
