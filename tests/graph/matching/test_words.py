"""Names are compared by what tells them apart, however they are written; nothing is like a placeholder."""

import tomllib
from dataclasses import replace
from pathlib import Path

import opencc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.facts import PLACEHOLDERS
from graph.matching.tables import laid, read
from graph.matching.words import NOTHING, all_grams, grams, made, stripped, words
from graph.text import name_key

CASES = tomllib.loads((Path(__file__).parents[2] / "cases/matching/words.toml").read_text(encoding="utf-8"))
_CHINESE = "市区县省盐城某的和与及或信息数据表系统平台管理服务情况社区企业人口登记"
TRADITIONAL = opencc.OpenCC("s2t")
NAMES = st.text(alphabet=_CHINESE, min_size=1, max_size=12)


@pytest.mark.parametrize(("name", "core"), CASES["cores"].items())
def test_a_name_is_compared_by_its_core(name: str, core: str) -> None:
    assert words(name).core == core


@pytest.mark.parametrize(("name", "found"), CASES["notes"].items())
def test_what_stands_in_brackets_is_kept_beside_the_core(name: str, found: list[str]) -> None:
    assert [words(name).core, words(name).note] == found


@pytest.mark.parametrize("placeholder", sorted(PLACEHOLDERS | {"——", "。。", "（ ）", "＊"}))
def test_a_placeholder_is_like_nothing(placeholder: str) -> None:
    assert words(placeholder) == NOTHING
    assert all_grams([placeholder]) == ()


@given(NAMES)
def test_a_name_always_keeps_a_core(name: str) -> None:
    found = words(name)
    assert found == NOTHING or (found.core and len(found.core) >= min(2, len(found.key)))


@pytest.mark.parametrize("place", ["盐城市", "某市", "江苏省", "江苏省盐城市", "亭湖区", "全市", "鹽城市"])
@pytest.mark.parametrize(
    "name", ["民政业务", "社区矫正人员", "不动产登记", "医疗机构执业许可", "城市生活垃圾处置", "公积金贷款"]
)
def test_who_has_it_makes_no_difference(name: str, place: str) -> None:
    assert words(place + name) == replace(words(name), key=words(place + name).key)


@settings(deadline=None)
@given(NAMES)
def test_traditional_characters_width_and_spaces_make_no_difference(name: str) -> None:
    traditional = TRADITIONAL.convert(name)
    if name_key(traditional) == name_key(name):
        assert words(" ".join(traditional)) == words(name)


def test_a_registry_lays_its_own_words_over_those_shipped() -> None:
    own = laid(read("words"), {"suffixes": ["电子档案"], "places": ["高新"]})
    assert made("高新儿童预防接种电子档案信息", stripped(own)).core == "儿童预防接种"
    bare = laid(read("words"), {"replace": ["suffixes"]})
    assert made("儿童预防接种信息", stripped(bare)).core == "儿童预防接种信息"


def test_grams_are_characters_and_pairs_each_once() -> None:
    assert grams("人人有人") == ("人", "有", "人人", "人有", "有人")
    assert grams("") == ()
