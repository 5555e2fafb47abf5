"""Small symmetric trees, grown one after another so that of the candidates of one question the right one wins.

Each tree asks the same few things of every pair: feature greater than a value? What it learns is what
`graph.matching.forest` reads. NumPy alone, one thread, the same trees for the same seed.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_SETTLED = 1e-4
"""Pairs whose score should change no more than this are not looked at while a tree grows."""


@dataclass(frozen=True)
class Growing:
    """How trees are grown."""

    trees: int = 200
    depth: int = 4
    rate: float = 0.1
    bins: int = 48
    features: float = 0.3
    questions: float = 0.8
    smooth: float = 1.0
    seed: int = 1


@dataclass(frozen=True)
class Tree:
    """The features that are asked for, the values that they must be greater than, and what each of the answers adds."""

    asks: Array
    above: Array
    leaves: Array

    def scores(self, table: Array) -> Array:
        """What the tree adds to the score of each row."""
        answers = table[:, self.asks] > self.above
        found: Array = self.leaves[answers @ (1 << np.arange(len(self.asks)))]
        return found


def chances(scores: Array, starts: Array, question: Array) -> Array:
    """The chance of each candidate among those of its question."""
    powers = np.exp(scores - np.maximum.reduceat(scores, starts)[question])
    found: Array = powers / np.add.reduceat(powers, starts)[question]
    return found


def grow(table: Array, right: Array, question: Array, how: Growing) -> list[Tree]:
    """Trees from pairs: a row of features each, whether it is the right one, and the number of its question, rising.

    Questions without a right candidate are left out.
    """
    answered = np.bincount(question, right) > 0
    kept = answered[question]
    table, right = table[kept], right[kept].astype(np.float64)
    question = np.unique(question[kept], return_inverse=True)[1]
    starts = np.searchsorted(question, np.arange(question[-1] + 1))
    random = np.random.default_rng(how.seed)
    edges = [_edges(table[:, column], how.bins) for column in range(table.shape[1])]
    binned = np.stack([np.searchsorted(edge, table[:, at]) for at, edge in enumerate(edges)]).astype(np.int64)
    scores, found = np.zeros(len(table)), []
    for _ in range(how.trees):
        slope, bend = _slopes(scores, right, question, starts)
        drawn = (random.random(len(starts)) < how.questions)[question] & (np.abs(slope) > _SETTLED)
        features = np.flatnonzero(random.random(len(edges)) < how.features)
        tree = _tree(binned[:, drawn], edges, slope[drawn], bend[drawn], features, how)
        found.append(tree)
        scores += tree.scores(table)
    return found


def _slopes(scores: Array, right: Array, question: Array, starts: Array) -> tuple[Array, Array]:
    """How much each score should rise, and how fast that changes: the right one against each candidate.

    A pair counts by what changing their places would change in the gain of the ranking (LambdaRank).
    """
    order = np.lexsort((-scores, question))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - starts[question[order]]
    gain = 1 / np.log2(place + 2.0)
    at = np.flatnonzero(right)
    own_score, own_gain = scores[at][question], gain[at][question]
    chance = 1 / (1 + np.exp(own_score - scores))
    weight = np.abs(own_gain - gain)
    pull, bend = weight * chance * (1 - right), weight * chance * (1 - chance) * (1 - right)
    slope = -pull
    slope[at] = np.add.reduceat(pull, starts)
    bend[at] = np.add.reduceat(bend, starts)
    total = np.log2(1 + 2 * slope[at]) / np.maximum(2 * slope[at], 1e-9)
    return slope * total[question], np.maximum(bend * total[question], 1e-6)


def _edges(column: Array, bins: int) -> Array:
    """Values between which a feature is taken to be the same."""
    values = np.unique(column)
    if len(values) > bins:
        values = np.unique(np.quantile(column, np.linspace(0, 1, bins + 1)[1:-1]))
        values = np.unique(np.append(values, np.quantile(column, [0.97, 0.99, 0.995, 0.999])))
    values = values.astype(np.float32)
    return values[:-1] if len(values) > 1 else values


def _tree(binned: Array, edges: list[Array], slope: Array, bend: Array, features: Array, how: Growing) -> Tree:
    leaf = np.zeros(binned.shape[1], dtype=np.int64)
    asks: list[int] = []
    above: list[float] = []
    for level in range(how.depth):
        best = (0.0, -1, 0)
        for feature in features:
            gain, at = _split(binned[feature], leaf, 1 << level, len(edges[feature]), slope, bend, how.smooth)
            best = max(best, (gain, int(feature), at))
        _, feature, at = best
        asks.append(max(feature, 0))
        above.append(float(edges[feature][at]) if feature >= 0 else np.inf)
        if feature >= 0:
            leaf += (binned[feature] > at).astype(np.int64) << level
    count = 1 << how.depth
    leaves = np.bincount(leaf, slope, count) / (np.bincount(leaf, bend, count) + how.smooth)
    return Tree(np.array(asks, dtype=np.int64), np.array(above, dtype=np.float32), leaves * how.rate)


def _split(
    column: Array, leaf: Array, leaves: int, edges: int, slope: Array, bend: Array, smooth: float
) -> tuple[float, int]:
    """The best place to part all leaves by one feature, and what is gained by it."""
    wide = edges + 1
    cell = leaf * wide + column
    slopes = np.bincount(cell, slope, leaves * wide).reshape(leaves, wide).cumsum(axis=1)
    bends = np.bincount(cell, bend, leaves * wide).reshape(leaves, wide).cumsum(axis=1)
    low, low_bend = slopes[:, :-1], bends[:, :-1]
    high, high_bend = slopes[:, -1:] - low, bends[:, -1:] - low_bend
    gains = (low**2 / (low_bend + smooth) + high**2 / (high_bend + smooth)).sum(axis=0)
    gains -= (slopes[:, -1] ** 2 / (bends[:, -1] + smooth)).sum()
    at = int(gains.argmax())
    return float(gains[at]), at
