"""Texts as weighted characters and pairs of characters, so that many are compared at once."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.number[Any]]
Flags = npt.NDArray[np.bool_]

LONGEST = 40
"""Characters of a name that are compared; what follows is left out."""


@lru_cache(maxsize=200_000)
def pieces(key: str) -> tuple[str, ...]:
    """The characters of a key, then its pairs of characters, repeats included."""
    key = key[:LONGEST]
    return (*key, *map("".join, pairwise(key)))


class Grams:
    """The grams of a set of keys with their weights: what is in many keys weighs little."""

    def __init__(self, keys: Sequence[str]) -> None:
        counts = Counter(gram for key in keys for gram in set(pieces(key)))
        self.number = {gram: place for place, gram in enumerate(sorted(counts))}
        most = math.log(1 + len(keys)) + 1
        frequencies = np.array([counts[gram] for gram in self.number], dtype=np.float64)
        self.weight: Floats = np.append(most - np.log(1 + frequencies), most).astype(np.float32)
        """By number; the last one is that of a gram that no key has."""
        self.is_pair: Flags = np.array([len(gram) == 2 for gram in self.number] + [False])

    def of(self, key: str) -> list[int]:
        """The numbers of a key's grams; what is unknown has the last number."""
        unknown = len(self.number)
        return [self.number.get(gram, unknown) for gram in pieces(key)]

    def unit(self, keys: Sequence[str]) -> csr_matrix:
        """A row of length one for each key; the product of two rows is their likeness, 0 to 1."""
        rows: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        unknown = len(self.number)
        for row, key in enumerate(keys):
            counted = Counter(self.of(key))
            other = counted.pop(unknown, 0) * float(self.weight[unknown]) ** 2
            weights = {number: times * float(self.weight[number]) for number, times in counted.items()}
            length = math.sqrt(other + sum(weight * weight for weight in weights.values())) or 1.0
            rows += [row] * len(weights)
            columns += weights
            values += [weight / length for weight in weights.values()]
        shape = (len(keys), unknown)
        return csr_matrix((np.array(values, dtype=np.float32), (rows, columns)), shape=shape, dtype=np.float32)


def table_of(lists: Iterable[Sequence[int]], fill: int) -> Ints:
    """Lists of numbers as the rows of one table, filled up at their ends."""
    held = list(lists)
    wide = max(map(len, held), default=0)
    table = np.full((len(held), wide), fill, dtype=np.int64)
    for row, numbers in enumerate(held):
        table[row, : len(numbers)] = numbers
    return table
