"""How well fields are matched with data elements that people bound, beside the baselines of a TF-IDF and a ratio.

python -m tests.bench.element_matching [PARTS]

Needs REGISTRY_TEST_DATA. Trees and rules are learned anew for each part of the labels from the others, so that nothing
that is asked was learned. Counted are fields that are not called like their element but for width and spaces.
"""

import sys
from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz, process

from graph.matching.elements import Known
from graph.matching.words import words
from tests.bench.boosting import grow
from tests.bench.element_labels import Array, Data, Pairs, is_exact, learnable, pairs, parted, read
from tests.bench.learn_elements import GROWING

_NONE = 10_000


def places(found: Pairs, scores: Array, asked: int) -> Array:
    """For each label how many elements come before the right one; ties by id."""
    place = np.full(asked, _NONE)
    starts = np.searchsorted(found.question, np.arange(asked + 1))
    for number in range(asked):
        one = slice(starts[number], starts[number + 1])
        at = np.flatnonzero(found.right[one])
        if len(at):
            score, element = scores[one], found.element[one]
            before = (score > score[at[0]]) | ((score == score[at[0]]) & (element < element[at[0]]))
            place[number] = before.sum()
    return place


def learned(data: Data, parts: int, remember: bool) -> tuple[Array, Array, Array]:
    """The place of each label's element when its table, or its element, was never seen, and whether it was bound.

    First with the fields of a table asked for together, then each alone.
    """
    place, seen = np.full(len(data.labels), _NONE), np.zeros(len(data.labels), dtype=bool)
    alone = place.copy()
    for asked, others in parted(data.labels, lambda label: label.table if remember else label.element, parts, seed=0):
        known = [data.labels[number] for number in others]
        taught = learnable(data, known, remember, seed=1)
        trees = grow(taught.table, taught.right, taught.question, GROWING[remember])
        for together, into in ((True, place), (False, alone)):
            found = pairs(data, [data.labels[number] for number in asked], known, remember, together)
            scores = np.sum([tree.scores(found.table) for tree in trees], axis=0)
            into[asked] = places(found, scores, len(asked))
        bound = {label.element for label in known}
        seen[asked] = [data.labels[number].element in bound for number in asked]
    return place, alone, seen


def baselines(data: Data, labels: Sequence[Known]) -> dict[str, Array]:
    """The place of each label's element by likeness of names alone."""
    plain = data.elements.plain
    right = np.array([data.elements.numbers[label.element] for label in labels])
    names = [words(label.field).key for label in labels]
    ratio = process.cdist(names, plain.keys, scorer=fuzz.ratio)
    name = (plain.grams.unit(names) @ plain.index).toarray()
    table = (plain.grams.unit([words(label.table + label.field).key for label in labels]) @ plain.index).toarray()
    found = {"edit ratio": ratio, "TF-IDF": name, "TF-IDF, .7 field + .3 table": 0.7 * name + 0.3 * table}
    return {title: _before(scores, right) for title, scores in found.items()}


def _before(scores: Array, right: Array) -> Array:
    own = scores[np.arange(len(right)), right][:, None]
    ties = (scores == own) & (np.arange(scores.shape[1]) < right[:, None])
    found: Array = (scores > own).sum(axis=1) + ties.sum(axis=1)
    return found


def line(title: str, place: Array, goal: str = "") -> None:
    """Print how many are first, and how many among the first five."""
    print(f"{title:<46}{len(place):>6}{np.mean(place < 1):>8.3f}{np.mean(place < 5):>8.3f}  {goal}")


def main() -> None:
    """Print a line for each way to match and each way to part the labels."""
    parts = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    data = read()
    different = np.array([not is_exact(label) for label in data.labels])
    print(f"{'fields not called like their element':<46}{'of':>6}{'top 1':>8}{'top 5':>8}  to reach")
    for title, place in baselines(data, [label for label in data.labels if not is_exact(label)]).items():
        line(title, place)
    nobody = np.array([not label.department for label in data.labels])
    place, alone, seen = learned(data, parts, remember=True)
    line("new tables, elements bound before", place[different & seen], ".82 .96")
    line("  of which without a department", place[different & seen & nobody])
    line("  each field asked for alone", alone[different & seen])
    line("new tables, elements never bound", place[different & ~seen])
    line("  each field asked for alone", alone[different & ~seen])
    line("new tables, all", place[different])
    line("new tables, called like their element", place[~different])
    place, alone, _ = learned(data, parts, remember=False)
    line("new elements, nothing remembered but rules", place[different], ".62 .87")
    line("  each field asked for alone", alone[different])
    line("new elements, called like their element", place[~different])


if __name__ == "__main__":
    main()
