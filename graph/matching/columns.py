"""Names of columns in pinyin, initials or English: what they may stand for in Chinese.

SFZH, sfz_hm and xingming are read by the initials and the whole pinyin of the names that are known (elements,
fields that were bound, words with synonyms), and word by word with the table `columns` (`graph/matching/tables.py`).
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, product
from typing import NamedTuple

from pypinyin import Style, lazy_pinyin
from rapidfuzz import fuzz, process

from graph.matching.tables import kept, read

_LATIN = re.compile(r"[A-Za-z0-9_\-.\s]+")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_MOST = 6
_LONGEST = 40
_MEANINGS = 3
_CLOSE = 75
"""Likeness, of 100, of letters that are nearly the same."""


class Reading(NamedTuple):
    """A name as it may be meant: its key, how sure that is (1 for a name that is Chinese as it stands), and why."""

    key: str
    weight: float
    why: str


class Spelling(NamedTuple):
    """How a Chinese name is written in Latin letters."""

    initials: str
    whole: str


@lru_cache(maxsize=200_000)
def spelling(key: str) -> Spelling:
    """The initials and the whole pinyin of a key; what is Latin already stays."""
    syllables = [(part, part in key) for part in lazy_pinyin(key, style=Style.NORMAL)]
    initials = "".join(part if latin else part[:1] for part, latin in syllables)
    return Spelling(initials, "".join(part for part, _ in syllables))


@kept(1)
def _tables() -> Mapping[str, Sequence[str]]:
    told = read("columns")
    return {word.replace("_", ""): meant for word, meant in (*told["english"].items(), *told["abbreviations"].items())}


@kept(1)
def _usual() -> Mapping[str, Sequence[str]]:
    """What the words of the synonyms are written like."""
    return spelled(word for group in read("columns")["synonyms"] for word in group if len(word) > 1)


def spelled(keys: Iterable[str]) -> dict[str, list[str]]:
    """The keys by their initials and by their whole pinyin, each list in the order of the keys."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for key in keys:
        if not key.isascii():
            for written in spelling(key):
                found[written][key] = None
    return {written: list(held) for written, held in found.items()}


def is_column(name: str) -> bool:
    """Whether a name is written in Latin letters alone."""
    name = unicodedata.normalize("NFKC", name)
    return len(name) <= _LONGEST and bool(_LATIN.fullmatch(name)) and any(map(str.isalpha, name))


def readings(name: str, known: Sequence[Mapping[str, Sequence[str]]]) -> list[Reading]:
    """What a column's name may stand for, the surest first; `known` are names by their spelling, most trusted first."""
    name = unicodedata.normalize("NFKC", name)
    whole = "".join(_WORD.findall(name)).casefold()
    parts = [part.casefold() for part in _WORD.findall(name)]
    found: dict[str, Reading] = {}
    for text, weight, why in (*_at_once(whole, known), *_word_by_word(parts, whole, known)):
        if text not in found:
            found[text] = Reading(text, weight, why)
    if not found:
        found = {reading.key: reading for reading in _nearly(whole, known)}
    return sorted(found.values(), key=lambda reading: -reading.weight)[:_MOST]


def _nearly(whole: str, known: Sequence[Mapping[str, Sequence[str]]]) -> Iterator[Reading]:
    """Names that are spelled nearly so."""
    for names in known:
        close = process.extract(whole, names.keys(), scorer=fuzz.ratio, limit=_MOST, score_cutoff=_CLOSE)
        for written, ratio, _ in sorted(close, key=lambda one: (-one[1], one[0])):
            for text in names[written][:2]:
                yield Reading(text, ratio / 200, f"{whole} is nearly {written}, which is short for {text}")


def _at_once(whole: str, known: Sequence[Mapping[str, Sequence[str]]]) -> Iterator[tuple[str, float, str]]:
    for text in _tables().get(whole, ()):
        yield text, 1.0, f"{whole} is short for {text}"
    for names in (*known, _usual()):
        for text in names.get(whole, ()):
            written = spelling(text)
            if whole == written.whole:
                yield text, 1.0, f"{whole} is the pinyin of {text}"
            else:
                yield text, 0.9, f"{whole} are the initials of {text}"


def _word_by_word(
    parts: Sequence[str], whole: str, known: Sequence[Mapping[str, Sequence[str]]]
) -> Iterator[tuple[str, float, str]]:
    """Readings by the words of a name; where it has no words, by the ways to cut it into known abbreviations."""
    cuts = [parts] if len(parts) > 1 else _cut(whole)
    names = known if len(parts) > 1 else ()
    for cut in cuts:
        meant = [_meanings(part, names) for part in cut]
        if all(meant):
            for chosen in islice(product(*meant), _MOST):
                text = "".join(chosen)
                yield text, 0.8 if len(parts) > 1 else 0.6, f"{whole} is read as {text}"


def _meanings(part: str, known: Sequence[Mapping[str, Sequence[str]]] = ()) -> Sequence[str]:
    if part.isdigit():
        return (part,)
    found = (*_tables().get(part, ()), *(text for names in (_usual(), *known) for text in names.get(part, ())))
    return tuple(dict.fromkeys(found))[:_MEANINGS]


def _cut(whole: str) -> list[list[str]]:
    """The ways to cut letters into two or three known words."""
    ends = [at for at in range(2, len(whole)) if _meanings(whole[:at])]
    two = [[whole[:at], whole[at:]] for at in ends if _meanings(whole[at:])]
    three = [
        [whole[:at], whole[at:to], whole[to:]]
        for at in ends
        for to in range(at + 1, len(whole))
        if _meanings(whole[at:to]) and _meanings(whole[to:])
    ]
    return (two or three)[:_MOST]
