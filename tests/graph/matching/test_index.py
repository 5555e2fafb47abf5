"""The index finds what shares grams, rare ones first, and answers the same however its texts came into it."""

import math
from collections import Counter
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.matching import index as index_module
from graph.matching.index import Best, Index
from graph.matching.words import grams

TEXTS = st.text(alphabet="城乡居民低保业务𠀀\n", max_size=8)
STEPS = st.lists(st.tuples(st.integers(0, 30), TEXTS), max_size=60)


def filled(texts: Mapping[int, str], *, pairs: bool = False) -> Index:
    index = Index(pairs=pairs)
    index.put(texts.items())
    return index


def listed(best: Best) -> list[tuple[int, float]]:
    return list(zip(best.numbers.tolist(), best.scores.tolist(), strict=True))


def grams_of(text: str, *, pairs: bool) -> set[str]:
    return {gram for line in text.split("\n") for gram in grams(line) if len(gram) > pairs}


def expected(texts: Mapping[int, str], asked: str, *, pairs: bool) -> dict[int, float]:
    """The same by looking at every text: BM25 of grams that are there or not, of 1 for the text itself."""
    held = {number: grams_of(text, pairs=pairs) for number, text in texts.items() if text.strip()}
    frequency = Counter(gram for its in held.values() for gram in its)
    wanted = grams_of(asked, pairs=pairs)
    weights = {g: math.log1p((len(held) - frequency[g] + 0.5) / (frequency[g] + 0.5)) for g in wanted}
    average = sum(map(len, held.values())) / len(held) if held else 1
    longer = 1.2 * 0.35 / (1 + 1.2 * 0.65) / (average or 1)
    found = {}
    for number, its in held.items():
        if its & wanted:
            share = sum(weights[gram] for gram in its & wanted) / sum(weights.values())
            found[number] = share * min(1, (1 + longer * len(wanted)) / (1 + longer * len(its)))
    return found


@settings(deadline=None)
@given(STEPS, TEXTS, st.booleans())
def test_scores_are_those_of_looking_at_every_text(steps: list[tuple[int, str]], asked: str, pairs: bool) -> None:
    texts = dict(steps)
    found = dict(listed(filled(texts, pairs=pairs).best(asked, 100)))
    assert found == pytest.approx(expected(texts, asked, pairs=pairs), rel=1e-5)


@settings(deadline=None)
@given(STEPS, TEXTS, st.integers(1, 6))
def test_changed_bit_by_bit_it_is_as_one_filled_anew(steps: list[tuple[int, str]], asked: str, most: int) -> None:
    kept = Index()
    for step in steps:
        kept.put([step])
        kept.settle()
    anew = filled(dict(steps))
    assert listed(kept.best(asked, most)) == listed(anew.best(asked, most))
    assert kept.count == anew.count == sum(bool(text.strip()) for text in dict(steps).values())
    assert kept.weight("城") == anew.weight("城")
    for pairs in (False, True):
        index = filled(dict(steps), pairs=pairs)
        held = [grams_of(text, pairs=False) for text in dict(steps).values()]
        counts = {gram: sum(gram in its for its in held) for gram in ("城", "城乡", "𠀀", "务𠀀")}
        assert index.frequencies(list(counts)) == counts


def test_texts_of_several_segments_are_found_as_those_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {number: f"城乡{chr(0x4E00 + number % 97)}居民{chr(0x5E00 + number % 7)}" for number in range(300)}
    one = filled(texts)
    monkeypatch.setattr(index_module, "_LARGEST", 64)
    several = filled(texts)
    one.settle()
    several.settle()
    assert len(several._segments) > 4 > len(one._segments)
    for asked in ("居民一", "城乡业务", "七"):
        assert listed(one.best(asked, 20)) == listed(several.best(asked, 20))


def test_small_segments_are_merged_and_what_went_leaves() -> None:
    index = Index()
    for number in range(500):
        index.put([(number, f"城乡{number}")])
        index.settle()
    assert len(index._segments) < 12
    before = index.nbytes
    index.put((number, "") for number in range(480))
    index.settle()
    assert index.count == 20
    assert index.nbytes < before
    assert sorted(index.best("城乡", 500).numbers.tolist()) == list(range(480, 500))


def test_all_that_are_as_good_as_the_last_are_there_and_only_those_of_a_group() -> None:
    index = filled(dict.fromkeys(range(10), "营业执照") | {10: "营业执照注销"})
    assert index.best("营业执照", 3).numbers.tolist() == list(range(10))
    allowed = np.zeros(11, np.bool_)
    allowed[[2, 10]] = True
    first, all_of_them = index.best_of("营业执照", 1, [allowed, None])
    assert (first.numbers.tolist(), all_of_them.numbers.tolist()) == ([2], list(range(10)))
    assert index.best_of("营业执照", 2, [allowed])[0].numbers.tolist() == [2, 10]
    assert index.best("不动产", 5).numbers.tolist() == index.best("", 5).numbers.tolist() == []


def test_common_grams_are_left_out_where_rare_ones_would_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    index = filled({number: "信息" + chr(0x4E00 + number) for number in range(100)})
    assert len(index.best("信息七", 5).numbers) == 100
    monkeypatch.setattr(index_module, "_POSTINGS", 50)
    assert index.best("信息七", 5).numbers.tolist() == [ord("七") - 0x4E00]
    assert len(index.best("信息", 5).numbers) == 100  # the rarest is looked at in any case
