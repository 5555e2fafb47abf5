"""Keys laid out for numpy: how much of each is covered by other texts, what they begin and end with."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix

from graph.matching.grams import LONGEST, Flags, Floats, Grams, Ints, pieces, table_of


class Space:
    """The keys of all elements in one form, their grams, and the index that finds them by these."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = keys
        self.grams = Grams(keys)
        self.units: csr_matrix = self.grams.unit(keys)
        self.index: csr_matrix = self.units.T.tocsr()
        nothing = len(self.grams.number) + 1
        self.numbers = table_of((sorted(set(self.grams.of(key))) for key in keys), nothing)
        weight = np.append(self.grams.weight, np.float32(0))
        pair = np.append(self.grams.is_pair, False)
        self._single_weight: Floats = np.where(pair, 0, weight).astype(np.float32)
        self._pair_weight: Floats = np.where(pair, weight, 0).astype(np.float32)
        self.lengths: Ints = np.array([len(key[:LONGEST]) for key in keys], dtype=np.int64)
        self.begins = _codes(keys)
        self.ends = _codes([key[:LONGEST][::-1] for key in keys])

    def members(self, keys: Sequence[str]) -> Flags:
        """Which grams each key has: a row for each, a column for each gram and one for what fills up."""
        held = np.zeros((len(keys), len(self.grams.number) + 2), dtype=np.bool_)
        for row, key in enumerate(keys):
            held[row, self.grams.of(key)] = True
        held[:, -2:] = False
        return held

    def weights(self, elements: Ints) -> tuple[Ints, Floats, Floats]:
        """Of each element the numbers of its grams, and the weights of its characters and its pairs."""
        numbers = self.numbers[elements]
        wide = int(self.lengths[elements].max(initial=0)) * 2
        numbers = numbers[:, :wide]
        return numbers, self._single_weight[numbers], self._pair_weight[numbers]

    def totals(self, keys: Sequence[str]) -> tuple[Floats, Floats]:
        """The weights of the characters and of the pairs of each key, what no element has included."""
        numbers = [sorted(set(self.grams.of(key))) for key in keys]
        unknown = len(self.grams.number)
        single, pair = [], []
        for key, held in zip(keys, numbers, strict=True):
            strange = {gram for gram in pieces(key) if gram not in self.grams.number}
            most = float(self.grams.weight[unknown])
            lone = sum(len(gram) == 1 for gram in strange)
            known = [number for number in held if number != unknown]
            single.append(float(self._single_weight[known].sum()) + most * lone)
            pair.append(float(self._pair_weight[known].sum()) + most * (len(strange) - lone))
        return np.array(single, dtype=np.float32), np.array(pair, dtype=np.float32)

    def common_ends(self, keys: Sequence[str], rows: Ints, elements: Ints) -> tuple[Ints, Ints]:
        """For each pair of a key and an element, how many characters they begin with and end with in common."""
        begins = _codes(keys)
        ends = _codes([key[:LONGEST][::-1] for key in keys])
        return _common(begins[rows], self.begins[elements]), _common(ends[rows], self.ends[elements])


def _codes(keys: Sequence[str]) -> Ints:
    return table_of((list(map(ord, key[:LONGEST])) for key in keys), 0)


def _common(one: Ints, other: Ints) -> Ints:
    wide = min(one.shape[1], other.shape[1])
    same = (one[:, :wide] == other[:, :wide]) & (one[:, :wide] != 0)
    found: Ints = np.logical_and.accumulate(same, axis=1).sum(axis=1)
    return found
