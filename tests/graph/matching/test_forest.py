"""Trees that were grown, kept and read again."""

import numpy as np
import orjson
import pytest

from graph.matching.forest import forest, shipped
from tests.bench.boosting import Growing, grow
from tests.bench.learn_elements import kept

HOW = Growing(trees=30, depth=3, features=1.0, questions=1.0)


def questions(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of six candidates each the right one is the one whose first two features together are greatest."""
    random = np.random.default_rng(seed)
    table = random.random((300, 6, 3)).astype(np.float32)
    right = table[:, :, :2].sum(axis=2).argmax(axis=1)
    return table.reshape(-1, 3), (np.arange(6) == right[:, None]).ravel(), np.repeat(np.arange(300), 6)


def test_trees_learn_which_candidate_is_right_and_are_read_as_they_were_kept() -> None:
    table, right, question = questions(1)
    trees = grow(table, right, question, HOW)
    unseen, answer, _ = questions(2)
    scores = np.sum([tree.scores(unseen) for tree in trees], axis=0)
    assert (scores.reshape(300, 6).argmax(axis=1) == answer.reshape(300, 6).argmax(axis=1)).mean() > 0.85
    read = forest(orjson.loads(orjson.dumps({"features": ["a", "b", "c"], "trees": [kept(tree) for tree in trees]})))
    assert read.scores(unseen) == pytest.approx(scores, abs=0.01)
    again = grow(table, right, question, HOW)
    assert [kept(tree) for tree in again] == [kept(tree) for tree in trees]


def test_the_trees_that_ship_ask_for_what_is_known() -> None:
    remembering, without = shipped()
    assert any(name.startswith("m ") for name in remembering.features)
    assert not any(name.startswith("m ") for name in without.features)
