"""Names of columns in pinyin, initials and English."""

import pytest

from graph.matching.columns import is_column, readings, spelled, spelling

KNOWN = [spelled(["公民身份号码", "姓名", "项目", "联系人电话", "毕业院校", "qq号码", "2020年度"])]


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("SFZH", "身份证号"),
        ("sfz_hm", "身份证号码"),
        ("GMSFHM", "公民身份号码"),
        ("csrq", "出生日期"),
        ("xingming", "姓名"),
        ("XingMing", "姓名"),
        ("lxr_dh", "联系人电话"),
        ("LXRDH", "联系人电话"),
        ("byyx", "毕业院校"),
        ("biye_yuanxiao", "毕业院校"),
        ("ｃｓｒｑ", "出生日期"),
        ("id_card", "身份证号"),
        ("birthDate", "出生日期"),
        ("QQhm", "qq号码"),
        ("lxr-tel", "联系人联系电话"),
        ("fddbrxm", "法定代表人姓名"),
    ],
)
def test_a_column_is_read(column: str, name: str) -> None:
    assert name in [reading.key for reading in readings(column, KNOWN)][:3]


def test_all_that_letters_may_mean_is_told_the_surest_first() -> None:
    found = readings("XM", KNOWN)
    assert [reading.key for reading in found] == ["姓名", "项目"]
    weights = [reading.weight for reading in readings("sfzh", KNOWN)]
    assert weights == sorted(weights, reverse=True)


def test_letters_that_stand_for_nothing_have_no_reading() -> None:
    assert readings("zzqqvv", KNOWN) == []


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("sfz_hm", True),
        ("SFZH", True),
        ("ＳＦＺＨ", True),
        ("name 2", True),
        ("QQ号码", False),
        ("2020", False),
        ("", False),
    ],
)
def test_columns_are_told_from_names(name: str, is_one: bool) -> None:
    assert is_column(name) is is_one


def test_a_name_is_spelled() -> None:
    assert spelling("公民身份号码") == ("gmsfhm", "gongminshenfenhaoma")
    assert spelling("qq号码") == ("qqhm", "qqhaoma")
