"""An index of short texts by their grams: the best few of a million in milliseconds, changed in place.

    index = Index()
    index.put([(1, "城乡居民低保"), (2, "不动产登记")])
    index.best("居民低保金", 200).numbers    # [1]

Texts are cores (`graph/matching/words.py`), a line each where a number has several; grams are their characters and
pairs of characters. They lie in segments of up to 65,536 texts, with their postings as arrays; what changes makes a
small segment, and small ones are merged. An answer hangs on what the index holds alone, not on how it came there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]
_Keys = npt.NDArray[np.uint64]

_PLACE = 16
_LARGEST = 1 << _PLACE
"""Texts of a segment: a place in it takes two bytes."""
_CHARACTER = 21
"""Bits of a character in the key of a gram."""
_LINE = ord("\n")
_SATURATION, _LENGTHS = 1.2, 0.35
"""k₁ and b of BM25: how much is taken off a text that is longer than others."""
_POSTINGS = 3_000_000
"""Postings that are looked at for one text, those of its rarest grams first."""


@dataclass(frozen=True, slots=True)
class Best:
    """Numbers and how good they are, 0 … 1, best first; all that are as good as the last of those asked for."""

    numbers: Ints
    scores: Floats


class Index:
    """Texts by number; numbers are small, as places in a list are.

    With `pairs` texts are found by pairs of characters alone, which is enough for long ones and takes half the memory.
    """

    def __init__(self, *, pairs: bool = False) -> None:
        self._pairs = pairs
        self._segments: list[_Segment] = []
        self._waiting: dict[int, str] = {}
        self._owner: npt.NDArray[np.int32] = np.zeros(0, np.int32)
        self._place: npt.NDArray[np.uint16] = np.zeros(0, np.uint16)
        self._made = 0
        self.count = 0
        self._grams = 0

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        own = self._owner.nbytes + self._place.nbytes
        return own + sum(segment.nbytes for segment in self._segments)

    def put(self, texts: Iterable[tuple[int, str]]) -> None:
        """Take texts in place of what their numbers had; an empty one takes that away."""
        self._waiting.update(texts)
        while len(self._waiting) >= _LARGEST:
            self._take(_LARGEST)

    def settle(self) -> None:
        """Index what was put. What asks does so too."""
        if self._waiting:
            self._take(len(self._waiting))

    def frequencies(self, grams: Sequence[str]) -> dict[str, int]:
        """How many texts have each of some characters and pairs of them."""
        self.settle()
        keys = _keys(grams)
        order = np.argsort(keys)
        ordered, counts = keys[order], np.zeros(len(keys), np.int64)
        for segment in self._segments:
            counts[order] += segment.living(segment.find(ordered))
        return dict(zip(grams, counts.tolist(), strict=True))

    def weight(self, gram: str) -> float:
        """How much a gram tells: one that few texts have much."""
        return float(self._weights(np.array([self.frequencies([gram])[gram]]))[0])

    def best(self, text: str, most: int) -> Best:
        """The best `most` for a text."""
        return self.best_of(text, most, [None])[0]

    def best_of(self, text: str, most: int, groups: Sequence[Bools | None]) -> list[Best]:
        """The best `most` for a text in each of some groups: those whose numbers are marked; `None`, all."""
        self.settle()
        keys = np.unique(_grams(*_characters([text]), pairs=self._pairs) >> np.uint64(_PLACE))
        found = [(segment, segment.find(keys)) for segment in self._segments]
        counts = sum((segment.living(at) for segment, at in found), np.zeros(len(keys), np.int64))
        weights = self._weights(counts)
        total = np.float32(weights.sum(dtype=np.float64))
        weights[~_rarest(counts)] = 0
        longer = _SATURATION * _LENGTHS / (1 + _SATURATION * (1 - _LENGTHS)) * self.count / max(self._grams, 1)
        best = [_Best(most, group) for group in groups]
        for segment, at in found:
            scores = segment.scores(weights, at)
            scores *= np.minimum(1, (1 + longer * len(keys)) / (1 + longer * segment.sizes), dtype=np.float32)
            for one in best:
                one.take(segment.numbers, scores)
        return [one.done(total) for one in best]

    def _weights(self, counts: Ints) -> Floats:
        return np.log1p((self.count - counts + 0.5) / (counts + 0.5)).astype(np.float32)

    def _take(self, size: int) -> None:
        """Put the first of what waits into a segment of its own, and merge the small ones."""
        numbers = list(islice(self._waiting, size))
        texts = [self._waiting.pop(number) for number in numbers]
        self._make_room(max(numbers) + 1)
        self._take_away(np.array(numbers, np.int64))
        kept = [(number, text) for number, text in zip(numbers, texts, strict=True) if text.strip()]
        if kept:
            those, said = zip(*kept, strict=True)
            self._add(np.array(those, np.int64), *_characters(said))
        while merging := self._mergeable():
            self._merge(merging)

    def _make_room(self, size: int) -> None:
        if size > len(self._owner):
            more = max(size, len(self._owner) * 3 // 2) - len(self._owner)
            self._owner = np.append(self._owner, np.full(more, -1, np.int32))
            self._place = np.append(self._place, np.zeros(more, np.uint16))

    def _take_away(self, numbers: Ints) -> None:
        owners = self._owner[numbers]
        for segment in self._segments:
            places = self._place[numbers[owners == segment.serial]]
            if len(places):
                self._grams -= int(segment.sizes[places].sum())
                self.count -= len(places)
                segment.take_away(places)
        self._owner[numbers] = -1
        self._segments = [segment for segment in self._segments if segment.left]

    def _add(self, numbers: Ints, characters: npt.NDArray[np.uint32], starts: Ints) -> None:
        segment = _Segment(self._made, numbers, characters, starts, pairs=self._pairs)
        self._made += 1
        self._segments.append(segment)
        self._owner[numbers] = segment.serial
        self._place[numbers] = np.arange(len(numbers))
        self._grams += int(segment.sizes.sum())
        self.count += len(numbers)

    def _mergeable(self) -> "list[_Segment]":
        """Segments of which one is to be made: one of which half has gone, or the last two, if they are alike."""
        for segment in self._segments:
            if segment.left * 2 < len(segment.numbers):
                return [segment]
        *_, one, other = [None, None, *self._segments]
        if one and other and one.left <= 2 * other.left and one.left + other.left <= _LARGEST:
            return [one, other]
        return []

    def _merge(self, merging: "list[_Segment]") -> None:
        left = [segment.kept() for segment in merging]
        numbers, characters, sizes = (np.concatenate(part) for part in zip(*left, strict=True))
        self._grams -= sum(int(segment.sizes[segment.alive].sum()) for segment in merging)
        self.count -= len(numbers)
        self._segments = [segment for segment in self._segments if segment not in merging]
        self._add(numbers, characters, np.append(0, np.cumsum(sizes)))


class _Segment:
    """Some texts, and for each gram the places of those that have it."""

    def __init__(
        self, serial: int, numbers: Ints, characters: npt.NDArray[np.uint32], starts: Ints, *, pairs: bool
    ) -> None:
        self.serial = serial
        self.numbers = numbers
        narrow = not len(characters) or characters.max() < 1 << 16
        self.characters = characters.astype(np.uint16) if narrow else characters
        self.starts = starts
        self.alive = np.ones(len(numbers), np.bool_)
        self.left = len(numbers)
        packed = np.sort(_grams(characters, starts, pairs=False))
        packed = packed[_firsts(packed)]
        # Characters come before pairs; with pairs alone, how often they occur is known, and not where.
        self.skipped = int(np.searchsorted(packed, np.uint64(1 << (_CHARACTER + _PLACE)))) if pairs else 0
        self.postings = (packed[self.skipped :] & np.uint64((1 << _PLACE) - 1)).astype(np.uint16)
        self.sizes = np.bincount(self.postings, minlength=len(numbers)).astype(np.int32)
        packed >>= np.uint64(_PLACE)
        firsts = np.flatnonzero(_firsts(packed))
        self.keys = packed[firsts]
        self.offsets = np.append(firsts, len(packed)).astype(np.int32)
        self.gone: npt.NDArray[np.int32] | None = None

    @property
    def nbytes(self) -> int:
        arrays = (self.numbers, self.characters, self.starts, self.alive, self.postings, self.sizes, self.keys)
        return sum(array.nbytes for array in (*arrays, self.offsets, *([] if self.gone is None else [self.gone])))

    def find(self, keys: _Keys) -> Ints:
        """The places of grams among those that are here; -1 where one is not."""
        at = np.searchsorted(self.keys, keys)
        at[at == len(self.keys)] = 0
        return np.where(self.keys[at] == keys, at, -1)

    def living(self, at: Ints) -> Ints:
        """How many texts have each of the grams at these places."""
        counts = (self.offsets[at + 1] - self.offsets[at]).astype(np.int64)
        if self.gone is not None:
            counts -= self.gone[at]
        return np.where(at < 0, 0, counts)

    def scores(self, weights: Floats, at: Ints) -> Floats:
        """What the grams at these places weigh in each text; the sum is always made in the same order."""
        scores = np.zeros(len(self.numbers), np.float32)
        starts, ends = self.offsets[at] - self.skipped, self.offsets[at + 1] - self.skipped
        for weight, place, start, end in zip(weights, at.tolist(), starts.tolist(), ends.tolist(), strict=True):
            if weight and place >= 0:
                scores[self.postings[start:end]] += weight
        if self.gone is not None:
            scores[~self.alive] = 0
        return scores

    def take_away(self, places: npt.NDArray[np.uint16]) -> None:
        """Texts that are no longer there."""
        if self.gone is None:
            self.gone = np.zeros(len(self.keys), np.int32)
        self.alive[places] = False
        self.left -= len(places)
        characters, sizes = self._texts(places.astype(np.int64))
        packed = np.unique(_grams(characters, np.append(0, np.cumsum(sizes)), pairs=False))
        np.add.at(self.gone, self.find(packed >> np.uint64(_PLACE)), 1)

    def kept(self) -> tuple[Ints, npt.NDArray[np.uint32], Ints]:
        """The numbers that are left, the characters of their texts, and how many each has."""
        places = np.flatnonzero(self.alive)
        return self.numbers[places], *self._texts(places)

    def _texts(self, places: Ints) -> tuple[npt.NDArray[np.uint32], Ints]:
        sizes = self.starts[places + 1] - self.starts[places]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self.characters[np.repeat(self.starts[places], sizes) + within].astype(np.uint32), sizes


def _characters(texts: Iterable[str]) -> tuple[npt.NDArray[np.uint32], Ints]:
    """The characters of texts, and where each begins; at last where all end."""
    texts = list(texts)
    characters = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    return characters, np.append(0, np.cumsum([len(text) for text in texts], dtype=np.int64))


def _grams(characters: npt.NDArray[np.uint32], starts: Ints, *, pairs: bool) -> _Keys:
    """The grams of texts, each with the place of its text in its last bits; some several times."""
    keys = characters.astype(np.uint64)
    places = np.repeat(np.arange(len(starts) - 1, dtype=np.uint64), np.diff(starts))
    within = keys != _LINE
    both = within[1:] & within[:-1] & (places[1:] == places[:-1])
    two: _Keys = (((keys[:-1] << np.uint64(_CHARACTER)) | keys[1:])[both] << np.uint64(_PLACE)) | places[1:][both]
    if pairs:
        return two
    return np.concatenate([(keys[within] << np.uint64(_PLACE)) | places[within], two])


def _firsts(ordered: _Keys) -> Bools:
    """Which of some sorted keys are not the same as the one before."""
    first = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return first


def _keys(grams: Sequence[str]) -> _Keys:
    """The keys of single characters and pairs."""
    characters, starts = _characters(grams)
    firsts, lasts = characters[starts[:-1]].astype(np.uint64), characters[starts[1:] - 1].astype(np.uint64)
    return np.where(np.diff(starts) > 1, (firsts << np.uint64(_CHARACTER)) | lasts, firsts)


def _rarest(counts: Ints) -> Bools:
    """Which grams are looked at: the rarest, as long as their postings are not too many; the rarest one in any case."""
    order = np.argsort(counts, kind="stable")
    looked = np.zeros(len(counts), np.bool_)
    found = counts[counts > 0]
    looked[order] = np.cumsum(counts[order]) <= (max(_POSTINGS, found.min()) if len(found) else 0)
    return looked


class _Best:
    """The best numbers of a group so far, and those as good as the last of them."""

    def __init__(self, most: int, group: Bools | None) -> None:
        self._most, self._group = most, group
        self._found: list[Best] = []
        self._bound = np.float32(0)

    def take(self, numbers: Ints, scores: Floats) -> None:
        kept = np.flatnonzero((scores > 0) & (scores >= self._bound))
        if self._group is not None:
            kept = kept[self._group[numbers[kept]]]
        its = scores[kept]
        if len(its) > self._most:
            self._bound = np.partition(its, -self._most)[-self._most]
            kept = kept[its >= self._bound]
        self._found.append(Best(numbers[kept], scores[kept]))

    def done(self, total: np.float32) -> Best:
        numbers = np.concatenate([np.zeros(0, np.int64), *(best.numbers for best in self._found)])
        scores = np.concatenate([np.zeros(0, np.float32), *(best.scores for best in self._found)])
        if len(scores) > self._most:
            kept = scores >= np.partition(scores, -self._most)[-self._most]
            numbers, scores = numbers[kept], scores[kept]
        order = np.lexsort((numbers, -scores))
        return Best(numbers[order], np.minimum(scores[order] / total, 1, dtype=np.float32))
