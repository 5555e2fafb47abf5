"""What a registry's people bound before, laid out so that a question about a table is answered from it at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from graph.matching import rewrites
from graph.matching.columns import spelled
from graph.matching.grams import Floats, Ints
from graph.matching.pool import Elements
from graph.matching.rewrites import Variant, canonical
from graph.matching.words import words

_NEAR = 200
"""Names of fields that are looked at for one name."""
_BASE = 0.3
"""Added to a sum before it divides: a share of little evidence stays small."""


_NO_ROWS: Ints = np.zeros(0, dtype=np.int64)


class Known(NamedTuple):
    """A field that is bound: its name, its resource's and department's names ("" if none), and the element's id."""

    field: str
    table: str
    department: str
    element: str


class Memory:
    """Fields that are bound to elements, and fields that people said do not have an element.

    Their order means nothing, and what is said twice counts once.
    """

    def __init__(self, known: Iterable[Known], refused: Iterable[Known] = ()) -> None:
        self.known = set(map(_keyed, known))
        self.refused = set(map(_keyed, refused))
        self._held: tuple[Elements, Held | None] | None = None

    def over(self, elements: Elements) -> "Held | None":
        """This memory over a set of elements, laid out once; None if it says nothing of them."""
        if self._held is None or self._held[0] is not elements:
            held = Held(self, elements)
            self._held = elements, held if held.fields or held.refused else None
        return self._held[1]


def _keyed(known: Known) -> tuple[str, str, str, str]:
    field, table, department, element = known
    return words(field).key, words(table).core, words(department).core, element


class Held:
    """A memory over the elements that names are compared with, as rows of numbers.

    `shipped` says whether the rules that ship count beside those that the memory shows.
    """

    def __init__(self, memory: Memory, elements: Elements, shipped: bool = True) -> None:
        numbers, plain = elements.numbers, elements.plain
        rows = [each for each in memory.known if each[0] and each[3] in numbers]
        self.elements = len(numbers)
        self.fields, fields = _numbered([row[0] for row in rows])
        self.tables, tables = _numbered([row[1] for row in rows])
        self.departments, departments = _numbered([row[2] for row in rows])
        bound = np.array([numbers[row[3]] for row in rows], dtype=np.int64)
        order = np.lexsort((departments, tables, bound, fields))
        self.field, self.table = fields[order], tables[order]
        self.department, self.element = departments[order], bound[order]
        self.field_number = {name: number for number, name in enumerate(self.fields)}
        self.count: Floats = np.bincount(self.element, minlength=self.elements).astype(np.float32)
        self._field_starts = np.searchsorted(self.field, np.arange(len(self.fields) + 1))
        self._by_element = np.argsort(self.element, kind="stable")
        self._elements_in_order = self.element[self._by_element]
        self._units: csr_matrix = plain.units[elements.first]
        self._lay_out_names(elements)
        keys = [elements.keys[first] for first in elements.first]
        self._count_names(keys)
        found = rewrites.mined((row[0], row[1], keys[numbers[row[3]]]) for row in rows)
        self.rules = rewrites.both(rewrites.shipped(), found) if shipped else found

        self.refused: defaultdict[tuple[str, int], int] = defaultdict(int)
        for field, _, _, element in memory.refused:
            if field and element in numbers:
                self.refused[field, numbers[element]] += 1

    def _lay_out_names(self, elements: Elements) -> None:
        often = np.diff(self._field_starts)
        self.spelled = spelled(self.fields[at] for at in np.argsort(-often, kind="stable"))
        canon_fields = [canonical(name) for name in self.fields]
        by_canon: defaultdict[str, list[int]] = defaultdict(list)
        for number, name in enumerate(canon_fields):
            by_canon[name].append(number)
        self.canon_fields = dict(by_canon)
        self._field_index = elements.plain.grams.unit(self.fields).T.tocsr()
        self._canon_index = elements.canon.grams.unit(canon_fields).T.tocsr()
        self._table_index = elements.plain.grams.unit(self.tables).T.tocsr()

    def _count_names(self, keys: Sequence[str]) -> None:
        """How often each element is bound to a field of its own name, and to how many other names."""
        pairs = np.unique(np.stack([self.element, self.field]), axis=1)
        own = np.array([self.field_number.get(key, -1) for key in keys], dtype=np.int64)
        is_own = own[self.element] == self.field
        self.own_name: Floats = (np.bincount(self.element, is_own, self.elements) / (self.count + 1)).astype(np.float32)
        others = pairs[0][own[pairs[0]] != pairs[1]]
        self.names: Floats = np.log1p(np.bincount(others, minlength=self.elements)).astype(np.float32)

    def rows_of(self, field: int) -> Ints:
        """The rows of a field's name."""
        return np.arange(self._field_starts[field], self._field_starts[field + 1])

    def trust(self, key: str, element: int) -> float:
        """What the chance of an element counts, 0 to 1, after what people refused it for the same name elsewhere."""
        refused = self.refused.get((key, element), 0)
        if not refused:
            return 1.0
        same = self.rows_of(self.field_number[key]) if key in self.field_number else _NO_ROWS
        bound = int((self.element[same] == element).sum())
        return (1 + bound) / (1 + bound + refused)

    def rows_of_element(self, element: int) -> Ints:
        """The rows that are bound to an element."""
        first, last = np.searchsorted(self._elements_in_order, [element, element + 1])
        return self._by_element[first:last]

    def rows_of_fields(self, fields: Ints) -> Ints:
        """The rows of several fields' names."""
        starts, ends = self._field_starts[fields], self._field_starts[fields + 1]
        counts = ends - starts
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        found: Ints = np.repeat(starts, counts) + within
        return found

    def near(self, units: csr_matrix, canon_units: csr_matrix) -> tuple[Floats, Floats]:
        """How like each name, a row, is to each field, as it is and in canonical form."""
        return (units @ self._field_index).toarray(), (canon_units @ self._canon_index).toarray()

    def table_likeness(self, units: csr_matrix) -> Floats:
        """How like the table asked about is to each table."""
        likeness: Floats = (units @ self._table_index).toarray()[0]
        return likeness

    def department_sameness(self, department: str) -> Floats:
        """1 for each department that is the one asked about, or whose name has its name as a part or is one of it."""
        same = [bool(department and name) and (department in name or name in department) for name in self.departments]
        return np.array(same, dtype=np.float32)


def _numbered(names: Sequence[str]) -> tuple[list[str], Ints]:
    """The names in order, each once, and the number of each that was given."""
    known = sorted(set(names))
    number = {name: at for at, name in enumerate(known)}
    return known, np.array([number[name] for name in names], dtype=np.int64)


@dataclass
class Context:
    """What a memory says of a table and a department, for each element."""

    table_weight: Floats
    department_weight: Floats
    of_elements: dict[str, Floats]
    table_profile: Floats
    department_profile: Floats


def context(held: Held, table_units: csr_matrix, department: str) -> Context:
    """What is known of tables like this one and of this department."""
    by_table = held.table_likeness(table_units)[held.table]
    by_department = held.department_sameness(department)[held.department]
    cubes = by_table**3
    found = {
        "table": _most(held.element, by_table, held.elements),
        "table share": _share(held.element, cubes, held.elements),
        "department": _most(held.element, by_department, held.elements),
        "department share": _share(held.element, by_department, held.elements),
        "count": np.log1p(held.count),
        "own name": held.own_name,
        "names": held.names,
    }
    return Context(by_table, by_department, found, _profile(held, cubes), _profile(held, by_department))


def _profile(held: Held, weights: Floats) -> Floats:
    """The grams of the elements that are bound in rows, by their weight: a dense vector with two places more."""
    share = np.bincount(held.element, weights, held.elements) / (weights.sum() + 0.5)
    profile = csr_matrix(share.astype(np.float32)) @ held._units
    return np.append(profile.toarray()[0], np.zeros(2, dtype=np.float32)).astype(np.float32)


def _most(elements: Ints, values: Floats, count: int) -> Floats:
    found = np.zeros(count, dtype=np.float32)
    np.maximum.at(found, elements, values)
    return found


def _share(elements: Ints, weights: Floats, count: int) -> Floats:
    found = np.bincount(elements, weights, count) / (float(weights.sum()) + _BASE)
    return found.astype(np.float32)


NAMES = (
    *("same", "same in table", "same in department", "same written", "same written in table", "seen so"),
    *("like", "like in table", "vote", "vote in table"),
    *("canon same", "canon same in table", "canon like", "canon like in table", "canon vote", "canon vote in table"),
)


def of_name(
    held: Held, about: Context, written: Sequence[Variant], likeness: Floats, canon_likeness: Floats
) -> dict[str, Floats]:
    """What a memory says of one name and its variants, of which the name is the first, for each element."""
    key = written[0].key
    found = {name: np.zeros(held.elements, dtype=np.float32) for name in NAMES}
    if key in held.field_number:
        same = held.rows_of(held.field_number[key])
        found["same"], found["same in table"] = _shares(held, about, same)
        found["same in department"] = _share(held.element[same], about.department_weight[same], held.elements)
        found["seen so"][:] = np.log1p(len(same))
    for variant in written[1:]:
        if variant.key in held.field_number:
            share, in_table = _shares(held, about, held.rows_of(held.field_number[variant.key]))
            np.maximum(found["same written"], share * variant.weight, out=found["same written"])
            np.maximum(found["same written in table"], in_table * variant.weight, out=found["same written in table"])
    alike = held.canon_fields.get(canonical(key), ())
    if alike:
        rows = held.rows_of_fields(np.array(alike))
        found["canon same"], found["canon same in table"] = _shares(held, about, rows)
    found["like"], found["like in table"], found["vote"], found["vote in table"] = _votes(held, about, likeness)
    found["canon like"], found["canon like in table"], found["canon vote"], found["canon vote in table"] = _votes(
        held, about, canon_likeness
    )
    return found


def _shares(held: Held, about: Context, rows: Ints) -> tuple[Floats, Floats]:
    """The share of each element in rows, as they are and by how like their tables are."""
    elements, tables = held.element[rows], about.table_weight[rows]
    ones = np.ones(len(rows), dtype=np.float32)
    return _share(elements, ones, held.elements), _share(elements, 2 * tables**2, held.elements)


def _votes(held: Held, about: Context, likeness: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Of each element the likest name that is bound to it, and the share of it in all that is like; also by tables."""
    rows = _near(held, likeness)
    elements, values, tables = held.element[rows], likeness[held.field[rows]], about.table_weight[rows]
    return (
        _most(elements, values, held.elements),
        _most(elements, values * (0.6 + 0.4 * tables), held.elements),
        _share(elements, values**6, held.elements),
        _share(elements, values**4 * tables, held.elements),
    )


def _near(held: Held, likeness: Floats) -> Ints:
    """The rows of the fields that are most like a name."""
    fields = np.flatnonzero(likeness)
    if len(fields) > _NEAR:
        least = np.partition(likeness[fields], len(fields) - _NEAR)[len(fields) - _NEAR]
        fields = fields[likeness[fields] >= max(least, 1e-6)]
    return held.rows_of_fields(fields) if len(fields) else _NO_ROWS
