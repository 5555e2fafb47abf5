"""Statements of several sources add up: the latest wins key by key, a person over all, null clears."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from graph.facts import KEYS, Kind, Link, Thing
from graph.statements import (
    is_empty_interval,
    json_text,
    provenance,
    search_text,
    state_again,
    stored_values,
    without,
)


def thing(source: str, /, **values: Any) -> Thing:
    return Thing(Kind.RESOURCE, "r", values, source=source)


def stored(*facts: Thing) -> dict[str, Any]:
    """What is stored after stating `facts` in turn, one a moment."""
    first, *rest = facts
    kept: dict[str, Any] = {
        **{k: v for k, v in stored_values(first).items() if v is not None},
        "sources": [first.source],
        "recorded_from": 1,
    }
    for at, fact in enumerate(rest, 2):
        change = state_again(fact, at, kept)
        if not change.same:
            recorded = kept["recorded_from"] if change.same_state else at
            kept = {**change.values, **provenance(change.statements), "recorded_from": recorded}
    return kept


def values(kept: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in kept.items() if key in KEYS[Kind.RESOURCE]}


def test_the_same_again_changes_nothing() -> None:
    kept = stored(thing("a", name="x", code="1"))
    assert state_again(thing("a", name="x", code="1"), 9, kept).same
    assert state_again(thing("a", name="x"), 9, kept).same
    assert state_again(thing("a", abstract=None), 9, kept).same


def test_an_absent_key_leaves_the_stored_value_and_null_clears_it() -> None:
    assert values(stored(thing("a", name="x", code="1"), thing("a", name="y"))) == {"name": "y", "code": "1"}
    assert values(stored(thing("a", name="x", code="1"), thing("a", code=None))) == {"name": "x"}


def test_the_latest_source_wins_where_it_speaks() -> None:
    kept = stored(thing("a", name="x", code="1"), thing("b", name="y"))
    assert values(kept) == {"name": "y", "code": "1"}
    assert kept["sources"] == ["a", "b"]


def test_stating_the_same_again_does_not_make_a_source_the_latest() -> None:
    kept = stored(thing("a", name="x"), thing("b", name="y"), thing("a", name="x"))
    assert values(kept) == {"name": "y"}


def test_a_source_that_changes_its_mind_is_the_latest() -> None:
    kept = stored(thing("a", name="x"), thing("b", name="y"), thing("a", name="z"))
    assert values(kept) == {"name": "z"}


def test_what_a_person_stated_no_source_overwrites() -> None:
    kept = stored(thing("a", name="x"), thing("person:张", name="y"), thing("a", name="z", code="2"))
    assert values(kept) == {"name": "y", "code": "2"}


def test_a_second_source_that_says_the_same_is_kept_without_a_new_version() -> None:
    change = state_again(thing("b", name="x"), 2, stored(thing("a", name="x")))
    assert change.same_state
    assert not change.same


def test_without_a_source_the_others_stand() -> None:
    kept = stored(thing("a", name="x", code="1"), thing("b", name="y"))
    left = without("b", kept, KEYS[Kind.RESOURCE])
    assert left is not None
    assert left.values == {"name": "x", "code": "1"}
    assert without("a", stored(thing("a", name="x")), KEYS[Kind.RESOURCE]) is None


def test_an_object_is_stored_as_text_with_sorted_keys() -> None:
    fact = Thing(Kind.SYSTEM, "s", {"money": {"b": 1, "a": [2]}}, source="a")
    assert stored_values(fact) == {"money": '{"a":[2],"b":1}'}


def test_a_link_keeps_its_job_when_it_is_stated_again() -> None:
    link = Link("FEEDS", "a", "b", {"job": "j", "valid_to": 5}, source="s")
    kept = {"job": "j", "valid_to": 7, "sources": ["s"], "recorded_from": 1}
    change = state_again(link, 2, kept)
    assert change.values == {"job": "j", "valid_to": 5}
    assert not change.same_state


def test_what_came_closed_from_an_export_is_lifted_by_any_source() -> None:
    kept = stored(thing("registry", name="x", code="1", valid_from=1, valid_to=2), thing("a", name="x"))
    assert values(kept) == {"name": "x", "code": "1"}
    assert kept["sources"] == ["a"]
    link = Link("FEEDS", "a", "b", {"job": "j"}, source="s")
    ended = {"job": "j", "valid_to": 7, "sources": ["registry"], "recorded_from": 1}
    assert state_again(link, 2, ended).values == {"job": "j"}


def test_search_text_has_each_way_to_name_a_thing_once() -> None:
    text = search_text(
        Kind.DEPARTMENT, {"name": "市 公安局", "short_name": "公安", "uscc": "1A", "aliases": ["市公安局"]}
    )
    assert text.split("\n") == ["市公安局", "公安", "1a"]


def test_only_an_interval_that_holds_a_moment_is_not_empty() -> None:
    assert is_empty_interval({"valid_from": 2, "valid_to": 2})
    assert is_empty_interval({"valid_from": 3, "valid_to": 2})
    assert not is_empty_interval({"valid_from": 1, "valid_to": 2})
    assert not is_empty_interval({"valid_to": 2})


said = st.dictionaries(st.sampled_from(["name", "code", "abstract"]), st.sampled_from(["x", "y", None]))


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "person:p"]), said), min_size=1, max_size=8))
def test_any_order_of_statements_adds_up_as_plain_dictionaries_do(facts: list[tuple[str, dict[str, Any]]]) -> None:
    each: dict[str, dict[str, Any]] = {}
    order: list[str] = []
    for source, keys in facts:
        old = each.get(source)
        new = {**(old or {}), **keys}
        # What a null clears is remembered only where another source has something to say.
        alone = not each.keys() - {source}
        each[source] = {k: v for k, v in new.items() if v is not None} if alone else new
        if each[source] != old:
            order = [*(s for s in order if s != source), source]
    laid: dict[str, Any] = {}
    for source in sorted(order, key=lambda s: s.startswith("person:")):
        laid |= each[source]
    expected = {key: value for key, value in laid.items() if value is not None}
    kept = stored(*(thing(source, **keys) for source, keys in facts))
    assert values(kept) == expected
    assert json_text(expected) == json_text(values(kept))
