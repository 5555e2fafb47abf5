"""The mappings of a city's fields to data elements that people made, parted so that what is asked was never learned.

Read from the folder REGISTRY_TEST_DATA; nothing of it is kept here.
"""

import csv
import os
import random
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.matching.element_features import asked, compared
from graph.matching.elements import Element, Elements, Known, Memory
from graph.matching.learned import Held, context
from graph.matching.words import words

Array = npt.NDArray[Any]
INNER = 8
"""Parts that what is learned from is cut into, so that no field is found in its own memory."""
_NEAREST, _OTHERS = 18, 0.06


@dataclass(frozen=True)
class Data:
    """Labels, and the elements that they may be of; an element's id is its name."""

    labels: Sequence[Known]
    elements: Elements
    siblings: dict[tuple[str, str], list[str]]


def read() -> Data:
    """The labels of REGISTRY_TEST_DATA."""
    folder = os.environ.get("REGISTRY_TEST_DATA")
    if not folder:
        sys.exit("REGISTRY_TEST_DATA must name the folder with element-labels.csv and element-pool.csv")
    with (Path(folder) / "element-labels.csv").open(encoding="utf-8-sig", newline="") as file:
        labels = [Known(row["field"], row["table"], row["department"], row["element"]) for row in csv.DictReader(file)]
    with (Path(folder) / "element-pool.csv").open(encoding="utf-8-sig", newline="") as file:
        names = sorted({row["element"] for row in csv.DictReader(file)})
    siblings = defaultdict(list)
    for label in labels:
        siblings[label.table, label.department].append(words(label.field).key)
    return Data(labels, Elements(Element(name, name) for name in names), dict(siblings))


def is_exact(label: Known) -> bool:
    """Whether field and element are the same but for width and spaces."""
    return _plain(label.field) == _plain(label.element)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def parted(labels: Sequence[Known], by: Callable[[Known], str], parts: int, seed: int) -> Iterator[tuple[Array, Array]]:
    """The numbers of the labels of each part and of all others; whole tables, or whole elements, stay together."""
    keys = sorted({by(label) for label in labels})
    random.Random(seed).shuffle(keys)
    part = {key: number % parts for number, key in enumerate(keys)}
    of = np.array([part[by(label)] for label in labels])
    for number in range(parts):
        yield np.flatnonzero(of == number), np.flatnonzero(of != number)


@dataclass(frozen=True)
class Pairs:
    """Labels against candidates: features, the number of the label, the element, and whether it is the right one."""

    features: tuple[str, ...]
    table: Array
    question: Array
    element: Array
    right: Array


def pairs(data: Data, labels: Sequence[Known], known: Sequence[Known], remember: bool, together: bool = True) -> Pairs:
    """The pairs of some labels when others are known; without `remember` only rules are learned from these.

    No rule counts but those that `known` shows: what ships has seen all labels. The fields of a table are asked for
    `together`, or each as if it were alone.
    """
    held = Held(Memory(known), data.elements, shipped=False)
    by_table = defaultdict(list)
    for number, label in enumerate(labels):
        by_table[label.table, label.department].append(number)
    parts = []
    names: tuple[str, ...] = ()
    for (table, department), numbers in by_table.items():
        around, whose = words(table).core, words(department).core
        cores = {words(labels[number].field).key: words(labels[number].field).core for number in numbers}
        number_of = {words(labels[number].field).key: number for number in numbers}
        about = context(held, data.elements.plain.grams.unit([around]), whose) if remember else None
        question = asked(cores, around, whose, held.rules, data.siblings[table, department] if together else ())
        found = compared(question, data.elements, held if remember else None, about)
        names = tuple(found.features)
        asked_of = np.array([number_of[key] for key in cores])[found.rows]
        parts.append((found.table(names), asked_of, data.elements.owner[found.elements]))
    table_of, question_of, element_of = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.argsort(question_of, kind="stable")
    right = np.array([data.elements.numbers[label.element] for label in labels])
    question_of, element_of = question_of[order], element_of[order]
    return Pairs(names, table_of[order], question_of, element_of, right[question_of] == element_of)


def learnable(data: Data, labels: Sequence[Known], remember: bool, seed: int) -> Pairs:
    """Pairs to learn from: each label with what the labels of other tables, or of other elements, say of it.

    Each is asked for twice, with its table's other fields and alone. Of wrong candidates the nearest are kept, and a
    few others.
    """
    found = []
    first = 0
    by = _table if remember else _element
    for together in (True, False):
        for asked_for, others in parted(labels, by, INNER, seed + together):
            each = pairs(data, [labels[n] for n in asked_for], [labels[n] for n in others], remember, together)
            kept = _near(each, seed)
            found.append((each.table[kept], each.question[kept] + first, each.element[kept], each.right[kept]))
            first += len(asked_for)
    table, question, element, right = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Pairs(each.features, table, question, element, right)


def _table(label: Known) -> str:
    return label.table


def _element(label: Known) -> str:
    return label.element


def _near(each: Pairs, seed: int) -> Array:
    column = {name: each.table[:, at] for at, name in enumerate(each.features)}
    score = column["cos written"] + 0.5 * column["canon cos"] + 0.3 * column["pair by variant, table"]
    if "m same" in column:
        score = score + 0.7 * column["m like in table"] + column["m same"]
    order = np.lexsort((-score, each.question))
    starts = np.searchsorted(each.question[order], np.arange(each.question.max() + 2))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - starts[each.question[order]]
    drawn = np.random.default_rng(seed).random(len(order)) < _OTHERS
    return np.flatnonzero(each.right | (place < _NEAREST) | drawn)
