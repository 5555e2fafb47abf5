"""Small symmetric trees that were grown beforehand: numbers of a pair in, how well it fits out.

Grown by tests/bench/learn_elements.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from graph.matching.grams import Floats, Ints

_FILE = Path(__file__).with_name("elements.json")


@dataclass(frozen=True)
class Forest:
    """Trees side by side. Each asks the same questions of every pair: is this feature greater than that value?

    The answers, read as a binary number with the first as its lowest digit, pick what the tree adds. Over the
    candidates of one name, scores are the logarithms of their chances, but for a constant.
    """

    features: tuple[str, ...]
    asks: Ints
    above: Floats
    leaves: Floats

    def scores(self, table: Floats) -> Floats:
        """The score of each row of a table whose columns are the features."""
        trees, depth = self.asks.shape
        columns = np.ascontiguousarray(table.T)
        score = np.zeros(len(table), dtype=np.float32)
        for tree in range(trees):
            number = np.zeros(len(table), dtype=np.uint8)
            for level in range(depth):
                number |= (columns[self.asks[tree, level]] > self.above[tree, level]).view(np.uint8) << level
            score += self.leaves[tree][number]
        return score


def forest(kept: dict[str, Any]) -> Forest:
    """Trees as they are kept: for each its questions, [feature, value] each, and its leaves."""
    trees: Sequence[tuple[Sequence[tuple[int, float]], Sequence[float]]] = kept["trees"]
    return Forest(
        tuple(kept["features"]),
        np.array([[feature for feature, _ in asked] for asked, _ in trees]),
        np.array([[value for _, value in asked] for asked, _ in trees], dtype=np.float32),
        np.array([leaves for _, leaves in trees], dtype=np.float32),
    )


@lru_cache(maxsize=1)
def shipped() -> tuple[Forest, Forest]:
    """The trees for a question with a memory, and those for one without."""
    kept = orjson.loads(_FILE.read_bytes())
    return forest(kept["with memory"]), forest(kept["without"])
