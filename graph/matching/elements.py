"""Which data element a field's name stands for: candidates by an index, ranked by what is known of names and by memory.

elements = Elements([Element("element:公民身份号码", "公民身份号码"), …])
memory = Memory([Known("身份证号", "户籍信息", "公安", "element:公民身份号码"), …])
suggest(["SFZH"], "低保对象", "民政", memory, elements, first=5)
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from graph.matching import forest, reasons, rewrites
from graph.matching.columns import Reading, is_column, readings
from graph.matching.element_features import Pairs, asked, compared
from graph.matching.grams import Floats
from graph.matching.learned import Held, Known, Memory, context
from graph.matching.pool import Element, Elements
from graph.matching.words import words

__all__ = ["Element", "Elements", "Known", "Memory", "Suggestion", "suggest"]


class Suggestion(NamedTuple):
    """An element that a name may stand for: how likely, from 0 to 1, and why, in a sentence."""

    element_id: str
    score: float
    reason: str


def suggest(
    names: Sequence[str],
    table: str | None,
    department_name: str | None,
    memory: Memory,
    elements: Elements,
    first: int,
) -> list[list[Suggestion]]:
    """For each name up to `first` elements, the likeliest first, ties by id; none for a placeholder.

    `table` is the name of the resource that has the fields and `department_name` that of its provider: what was
    bound in tables and departments like these counts for more. The names together are taken for fields of that
    one table. `elements` and `memory` are built once and kept.
    """
    if not elements.ids:
        return [[] for _ in names]
    held = memory.over(elements)
    meant = [_readings(name, held, elements) for name in names]
    asking = _cores(names, meant)
    if not asking:
        return [[] for _ in names]
    around = [each[0].key for each in meant if each]
    told = _Told(asking, words(table or "").core, words(department_name or "").core, held, elements, around)
    return [told.best(each, first) for each in meant]


def _readings(name: str, held: Held | None, elements: Elements) -> list[Reading]:
    """What a name may stand for: itself, and for the name of a column what its letters are short for."""
    key = words(name).key
    if not key:
        return []
    itself = Reading(key, 1.0, "")
    if not is_column(name) or (held and key in held.field_number):
        return [itself]
    known = [elements.spelled] if held is None else [held.spelled, elements.spelled]
    return readings(name, known) or [itself]


def _cores(names: Sequence[str], meant: Sequence[Sequence[Reading]]) -> dict[str, str]:
    """The keys that names may stand for, each once, with what is left of them without brackets and what is usual."""
    found: dict[str, str] = {}
    for name, each in zip(names, meant, strict=True):
        own = words(name)
        for reading in each:
            core = own.core if reading.key == own.key else words(reading.key).core
            found[reading.key] = min(core, found.get(reading.key, core))
    return found


class _Told:
    """The chances of all candidates of all keys that are asked for one table."""

    def __init__(
        self,
        cores: Mapping[str, str],
        table: str,
        department: str,
        held: Held | None,
        elements: Elements,
        around: Sequence[str],
    ) -> None:
        self._elements, self._held, self._table = elements, held, table
        rules = rewrites.shipped() if held is None else held.rules
        held = held if held and held.fields else None
        about = context(held, elements.plain.grams.unit([table]), department) if held else None
        self._pairs = compared(asked(cores, table, department, rules, around), elements, held, about)
        trees = forest.shipped()[0 if held else 1]
        self._chances = _chances(self._pairs, trees.scores(self._pairs.table(trees.features)))
        keys = list(cores)
        self._starts = dict(zip(keys, np.searchsorted(self._pairs.rows, np.arange(len(keys))), strict=True))
        self._ends = dict(zip(keys, np.searchsorted(self._pairs.rows, np.arange(len(keys)), "right"), strict=True))

    def best(self, meant: Sequence[Reading], first: int) -> list[Suggestion]:
        """The best elements over the ways to read a name."""
        found: dict[int, tuple[float, Reading, int]] = {}
        for reading in meant:
            for pair in range(self._starts[reading.key], self._ends[reading.key]):
                element = int(self._elements.owner[self._pairs.elements[pair]])
                trust = self._held.trust(reading.key, element) if self._held else 1.0
                chance = float(self._chances[pair]) * reading.weight * trust
                if chance > found.get(element, (-1.0,))[0]:
                    found[element] = (chance, reading, pair)
        ids = self._elements.ids
        ranked = sorted(found.items(), key=lambda one: (-one[1][0], ids[one[0]]))[:first]
        return [
            Suggestion(ids[element], round(chance, 4), self._reason(element, reading, pair))
            for element, (chance, reading, pair) in ranked
        ]

    def _reason(self, element: int, reading: Reading, pair: int) -> str:
        variant = self._pairs.written[self._pairs.variants[pair]]
        key = self._elements.keys[self._pairs.elements[pair]]
        why = reasons.reason(reading.key, variant, self._elements.names[element], key, element, self._table, self._held)
        return f"{reading.why}; {why}" if reading.why else why


def _chances(pairs: Pairs, scores: Floats) -> Floats:
    """Scores of the candidates of each name as chances that add up to one."""
    starts = np.searchsorted(pairs.rows, np.arange(pairs.rows[-1] + 1))
    powers = np.exp(scores - np.maximum.reduceat(scores, starts)[pairs.rows])
    return (powers / np.add.reduceat(powers, starts)[pairs.rows]).astype(np.float32)
