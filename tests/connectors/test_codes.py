"""Credit codes, jurisdictions and the codes of catalogue entries."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import codes

FIRST = st.text(codes.USCC_ALPHABET, min_size=17, max_size=17)


@pytest.mark.parametrize(
    "code", ["11320600014208013B", "11320600014207854Q", "113206000142071769", "11320900000000000N"]
)
def test_these_credit_codes_are_valid(code: str) -> None:
    assert codes.is_uscc(code)


@pytest.mark.parametrize(
    "code",
    ["113206000142071000", "TE320600XXX1234860", "", "1132060001420801", "11320600014208013b", "1132060001420801IO"],
)
def test_these_credit_codes_are_not(code: str) -> None:
    assert not codes.is_uscc(code)


@given(FIRST)
def test_every_first_17_characters_have_exactly_one_check_digit(first: str) -> None:
    valid = [last for last in codes.USCC_ALPHABET if codes.is_uscc(first + last)]
    assert valid == [codes.uscc_check_digit(first)]


@given(FIRST, st.integers(0, 16), st.sampled_from(codes.USCC_ALPHABET))
def test_one_wrong_character_is_always_noticed(first: str, at: int, other: str) -> None:
    code = first + codes.uscc_check_digit(first)
    changed = code[:at] + other + code[at + 1 :]
    assert codes.is_uscc(changed) == (changed == code)


@given(FIRST, st.integers(0, 15))
def test_two_neighbours_changed_about_are_always_noticed(first: str, at: int) -> None:
    code = first + codes.uscc_check_digit(first)
    swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    assert codes.is_uscc(swapped) == (swapped == code)


@given(st.text())
def test_no_text_breaks_the_check(text: str) -> None:
    assert codes.is_uscc(text) in (True, False)


def test_a_jurisdiction_is_digits_3_to_8_of_a_valid_code_only() -> None:
    assert codes.uscc_jurisdiction("11320600014208013B") == "320600"
    assert codes.uscc_jurisdiction("113206000142071000") is None


@pytest.mark.parametrize(
    ("code", "level", "parent"),
    [
        ("100000", "NATIONAL", None),
        ("320000", "PROVINCIAL", "100000"),
        ("320900", "MUNICIPAL", "320000"),
        ("320981", "COUNTY", "320900"),
    ],
)
def test_levels_and_parents_come_from_the_digits(code: str, level: str, parent: str | None) -> None:
    assert (codes.jurisdiction_level(code), codes.jurisdiction_parent(code)) == (level, parent)


@given(st.from_regex(r"[1-9]\d{5}", fullmatch=True))
def test_every_code_leads_up_to_the_nation(code: str) -> None:
    steps = 0
    while (parent := codes.jurisdiction_parent(code)) is not None:
        code, steps = parent, steps + 1
    assert (code, steps <= 3) == ("100000", True)


def test_names_are_known_for_the_nation_provinces_and_yancheng_only() -> None:
    assert codes.jurisdiction_name("320900") == "盐城市"
    assert codes.jurisdiction_name("320903") == "盐都区"
    assert codes.jurisdiction_name("320602") is None


def test_a_city_that_jiangsu_does_not_have_is_local() -> None:
    assert codes.is_standard_jurisdiction("320900")
    assert not codes.is_standard_jurisdiction("329900")
    assert not codes.is_standard_jurisdiction("990000")


@pytest.mark.parametrize(
    ("code", "scheme"),
    [
        ("3070220400053/000002", "national"),
        ("1010150000/000001", "national"),
        ("11320600014208013B000000000000001", "uscc"),
        ("4070220400053/000002", None),
        ("11320600014207504J3220NT095000001", None),
    ],
)
def test_catalogue_codes_follow_a_scheme_or_none(code: str, scheme: str | None) -> None:
    forms = {name: re.compile(form) for name, form in codes.CODE_SCHEMES.items()}
    assert codes.code_scheme(code, forms) == scheme
