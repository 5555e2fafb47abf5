"""Keys that every engine compares by code point."""

from hypothesis import given
from hypothesis import strategies as st

from graph.facts import Kind
from graph.order import LAST, bound_above, bound_below, order_key, order_keys

CHARACTERS = st.sampled_from("a市\ud7fe\ud7ff\ue000Ａ\uffff\U00010000\U00020000\U0010ffff")
TEXTS = st.one_of(st.text(CHARACTERS, max_size=4), st.text(max_size=4))


def utf16(text: str) -> bytes:
    return text.encode("utf-16-be")


@given(TEXTS, TEXTS)
def test_keys_compare_as_their_texts_do_by_code_point(one: str, other: str) -> None:
    key, its = order_key(one), order_key(other)
    assert (key < its) == (utf16(key) < utf16(its)) == (one < other)
    assert (key == its) == (one == other)
    assert key < LAST


@given(TEXTS, TEXTS)
def test_a_bound_leaves_nothing_out_in_either_order(start: str, row: str) -> None:
    below, above = bound_below(order_key(start)), bound_above(order_key(start))
    if row >= start:
        assert row >= below
        assert utf16(row) >= utf16(below)
    if row <= start and above is not None:
        assert row <= above
        assert utf16(row) <= utf16(above)


def test_only_keys_that_differ_are_stored() -> None:
    assert order_keys(Kind.SYSTEM, "system:1", {"name": "户籍系统", "code": "1"}) == {}
    assert order_keys(Kind.SYSTEM, "system:1", {"name": "系统（市）"}).keys() == {"sort_name"}
    assert order_keys(Kind.DEPARTMENT, "Ａ", {"uscc": "Ｂ", "code": "Ｃ"})["sort_code"] == order_key("Ｂ")
