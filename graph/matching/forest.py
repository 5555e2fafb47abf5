"""Small decision trees that were grown beforehand: numbers of a pair in, how well it fits out."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from graph.matching.grams import Floats, Ints

_FILE = Path(__file__).with_name("elements.json")


@dataclass(frozen=True)
class Forest:
    """Trees side by side: of each node the feature that it asks for, the value up to which one goes left, its children.

    A leaf is its own child. `scale` makes scores of candidates of one name the logarithms of their chances.
    """

    features: tuple[str, ...]
    asks: Ints
    upto: Floats
    left: Ints
    right: Ints
    value: Floats
    roots: Ints
    depth: int
    scale: float

    def scores(self, table: Floats) -> Floats:
        """The score of each row of a table whose columns are the features."""
        rows = np.arange(len(table))[:, None]
        at = np.broadcast_to(self.roots, (len(table), len(self.roots)))
        for _ in range(self.depth):
            at = np.where(table[rows, self.asks[at]] <= self.upto[at], self.left[at], self.right[at])
        found: Floats = self.value[at].sum(axis=1) * np.float32(self.scale)
        return found


def forest(text: str) -> Forest:
    """Trees as they are kept: a list for each, of leaves (a number) and nodes [feature, up to, left, right]."""
    kept = json.loads(text)
    asks: list[int] = []
    upto: list[float] = []
    left: list[int] = []
    right: list[int] = []
    value: list[float] = []
    roots: list[int] = []
    depth = 0
    for tree in kept["trees"]:
        start = len(asks)
        roots.append(start)
        for number, node in enumerate(tree):
            leaf = not isinstance(node, list)
            asks.append(0 if leaf else node[0])
            upto.append(0.0 if leaf else node[1])
            left.append(start + (number if leaf else node[2]))
            right.append(start + (number if leaf else node[3]))
            value.append(node if leaf else 0.0)
        depth = max(depth, _depth(tree, 0))
    return Forest(
        tuple(kept["features"]),
        np.array(asks),
        np.array(upto, dtype=np.float32),
        np.array(left),
        np.array(right),
        np.array(value, dtype=np.float32),
        np.array(roots),
        depth,
        kept["scale"],
    )


def _depth(tree: list[float | list[float]], at: int) -> int:
    node = tree[at]
    return 1 + max(_depth(tree, int(node[2])), _depth(tree, int(node[3]))) if isinstance(node, list) else 0


@lru_cache(maxsize=1)
def shipped() -> tuple[Forest, Forest]:
    """The trees for a question with a memory, and those for one without."""
    kept = json.loads(_FILE.read_text(encoding="utf-8"))
    return forest(json.dumps(kept["with memory"])), forest(json.dumps(kept["without"]))
