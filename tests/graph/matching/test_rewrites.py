"""Rules that turn a field's name into an element's, and words that mean the same."""

import pytest

from graph.matching.rewrites import Rule, both, canonical, mined, shipped, variants

BOUND = [
    ("身份证号", "甲", "公民身份号码"),
    ("身份证号", "乙", "公民身份号码"),
    ("身份证号", "乙", "公民身份号码"),
    ("身份证号码", "丙", "公民身份号码"),
    ("父亲身份证号", "丁", "父亲公民身份号码"),
    ("个人姓名", "甲", "姓名"),
    ("个人住址", "乙", "住址"),
    ("性别", "甲", "性别"),
]


def test_a_rule_is_mined_once_two_tables_show_it() -> None:
    rules = mined(BOUND)
    assert rules["身份证号"] == [Rule("公民身份号码", 3, 4)]
    assert rules["个人"] == [Rule("", 2, 2)]
    assert "身份证号码" not in rules
    assert mined(reversed(BOUND)) == rules
    assert mined(BOUND[:1] * 5) == {}


def test_a_name_is_written_as_rules_write_it_the_surest_first() -> None:
    found = variants("个人身份证号", "个人身份证号", mined(BOUND))
    assert found[0].key == "个人身份证号"
    assert {"身份证号", "个人公民身份号码", "公民身份号码"} <= {variant.key for variant in found}
    weights = [variant.weight for variant in found]
    assert weights == sorted(weights, reverse=True)
    assert all(0 < weight <= 1 for weight in weights)
    assert [variant.key for variant in variants("性别", "性别", {})] == ["性别"]


def test_of_two_rules_the_better_founded_counts() -> None:
    one, other = {"甲": [Rule("乙", 2, 2)]}, {"甲": [Rule("乙", 3, 9), Rule("丙", 2, 9)], "丁": [Rule("", 2, 2)]}
    assert both(one, other) == {"甲": (Rule("丙", 2, 9), Rule("乙", 3, 9)), "丁": (Rule("", 2, 2),)}
    assert both(one, other) == both(other, one)


def test_rules_that_ship_were_seen_twice() -> None:
    assert all(2 <= rule.seen <= rule.of for rules in shipped().values() for rule in rules)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("出生时间", "出生日期"),
        ("发证单位", "发证机关"),
        ("联系方式", "联系电话"),
        ("身份证号", "公民身份号码"),
        ("手机", "电话"),
    ],
)
def test_synonyms_are_one(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), [("日用品", "时间用品"), ("姓名", "性别"), ("户籍地址", "家庭成员")])
def test_other_words_are_not(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)
