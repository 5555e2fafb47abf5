"""How alike texts and lists of field names are, 0 … 1: what is rare weighs much, what is common little."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from graph.matching.columns import spelling
from graph.matching.synonyms import sense
from graph.matching.tables import kept
from graph.matching.words import grams, words

_EDGE = 0.75
"""Names of fields that are less alike than this are different fields."""
_PINYIN = 0.9
"""How alike a name is to its pinyin or the initials of it: less than the name itself, since initials are shared."""


@dataclass(frozen=True, slots=True)
class Frequencies:
    """In how many of `total` registered things a gram occurs; a gram that is not told is in none."""

    total: int
    counts: Mapping[str, int]

    def weight(self, gram: str) -> float:
        """1 for what everything has, more for what is rare."""
        return 1.0 + math.log((self.total + 1) / (min(self.counts.get(gram, 0), self.total) + 1))


@dataclass(frozen=True, slots=True)
class Bag:
    """The grams of some texts, and the length of their vector, squared."""

    grams: frozenset[str]
    square: float


class Bags:
    """Texts as bags of grams, each made once."""

    def __init__(self, frequencies: Frequencies) -> None:
        self._frequencies = frequencies
        self._squares: dict[str, float] = {}
        self._made: dict[tuple[str, ...], Bag] = {}

    def of(self, *texts: str) -> Bag:
        """The grams of all `texts` together."""
        made = self._made.get(texts)
        if made is None:
            found = frozenset(gram for text in texts for gram in sense_grams(text))
            made = self._made[texts] = Bag(found, math.fsum(map(self._square, found)))
        return made

    def cosine(self, one: Bag, other: Bag) -> float:
        """How alike two bags are: 1 where they hold the same, 0 where they share nothing or hold nothing."""
        if not one.grams or not other.grams:
            return 0.0
        shared = math.fsum(map(self._square, one.grams & other.grams))
        return min(1.0, shared / math.sqrt(one.square * other.square))

    def _square(self, gram: str) -> float:
        made = self._squares.get(gram)
        if made is None:
            made = self._squares[gram] = self._frequencies.weight(gram) ** 2
        return made


@kept(100_000)
def sense_grams(text: str) -> tuple[str, ...]:
    """The grams of a text, words of the same meaning made one."""
    return grams(sense(text))


@dataclass(frozen=True, slots=True)
class Pair:
    """A proposed field and the candidate's that is likest: how alike, and what it weighs."""

    proposed: str
    existing: str
    likeness: float
    weight: float


class Fields:
    """Proposed fields against the fields of all candidates: likeness of every two names, computed at once.

    `held` are the candidates' fields, each as `distinct` makes them. `elements` are the ids of the data elements of
    names, by the name; two fields with the same element are the same.
    """

    def __init__(
        self, proposed: Sequence[str], held: Sequence[Mapping[str, str]], elements: Mapping[str, frozenset[str]]
    ) -> None:
        self.proposed = distinct(proposed)
        self._held = held
        every = {key: name for names in held for key, name in names.items()}
        self._at = {key: at for at, key in enumerate(every)}
        self._spread = Counter(key for names in self._held for key in names)
        self._likeness = _likenesses(self.proposed, every, elements)
        self._weights = np.array([self._weight(key) for key in self.proposed])
        self._total = float(self._weights.sum())

    def alike(self, candidate: int) -> tuple[float, list[Pair]]:
        """How alike the fields of a candidate (by its place in the list) are to those proposed, and the best pairs."""
        held = self._held[candidate]
        if not held or not self.proposed:
            return 0.0, []
        part = self._likeness[:, [self._at[key] for key in held]]
        rows, columns = np.nonzero(part)
        order = np.lexsort((columns, rows, -part[rows, columns]))
        mine, theirs = list(self.proposed.items()), list(held.items())
        taken: set[tuple[str, int]] = set()
        pairs, shared = [], 0.0
        for at in order:
            row, column = int(rows[at]), int(columns[at])
            if ("p", row) in taken or ("e", column) in taken:
                continue
            taken |= {("p", row), ("e", column)}
            likeness, weight = float(part[row, column]), float(self._weights[row])
            shared += likeness * weight
            pairs.append(Pair(mine[row][1], theirs[column][1], round(likeness, 4), round(weight, 4)))
        total = self._total + sum(map(self._weight, held))
        return min(1.0, 2 * shared / total), pairs

    def _weight(self, key: str) -> float:
        """What many candidates have (姓名, 备注) weighs little."""
        return 1 / (1 + math.log(1 + self._spread[key]))


def distinct(names: Iterable[str]) -> dict[str, str]:
    """Field names by what they are compared by; placeholders are left out."""
    found: dict[str, str] = {}
    for name in names:
        core = words(name).core
        if core:
            found.setdefault(core, name)
    return found


def _likenesses(
    proposed: Mapping[str, str], existing: Mapping[str, str], elements: Mapping[str, frozenset[str]]
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    made = process.cdist(list(proposed), list(existing), scorer=fuzz.ratio, score_cutoff=100 * _EDGE, dtype=np.float32)
    made /= 100
    columns: dict[str, list[int]] = {}
    for at, name in enumerate(existing.values()):
        for element in elements.get(name, ()):
            columns.setdefault(element, []).append(at)
    spelt = _spellings(existing) if any(key.isascii() for key in proposed) else {}
    for row, (key, name) in enumerate(proposed.items()):
        for at in spelt.get(key, ()) if key.isascii() else ():
            made[row, at] = max(made[row, at], _PINYIN)
        for element in elements.get(name, ()):
            made[row, columns.get(element, [])] = 1.0
    return made


def _spellings(names: Iterable[str]) -> dict[str, list[int]]:
    """Which names are written by some Latin letters: their pinyin or the initials of it."""
    found: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        for written in pinyin(name):
            found.setdefault(written, []).append(at)
    return found


def pinyin(name: str) -> tuple[str, ...]:
    """A Chinese name in Latin letters: whole, and initials; none for one that is Latin already or a single word."""
    if name.isascii() or len(name) < 2:
        return ()
    made = spelling(name)
    return made.whole, made.initials


def in_common(one: str, other: str, most: int = 8) -> tuple[str, ...]:
    """The longest pieces of two or more characters that both texts have, in order of the first."""
    mine, theirs = words(one).core[:500], words(other).core[:2000]
    found: list[str] = []
    at = 0
    while at < len(mine) - 1 and len(found) < most:
        end = at + 2
        if mine[at:end] not in theirs:
            at += 1
            continue
        while end < len(mine) and mine[at : end + 1] in theirs:
            end += 1
        found.append(mine[at:end])
        at = end
    return tuple(dict.fromkeys(found))
