"""What a registry's people bound before, laid out so that a question about a table is answered from it at once."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from graph.matching import rewrites
from graph.matching.columns import spelled
from graph.matching.grams import Floats, Ints
from graph.matching.pool import Elements
from graph.matching.rewrites import canonical
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
    """Fields that are bound to elements, and those that people said are not: nothing of it depends on their order."""

    def __init__(self, known: Iterable[Known], refused: Iterable[Known] = ()) -> None:
        self.known = tuple(sorted(set(map(_keyed, known))))
        self.refused: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for each in map(_keyed, refused):
            self.refused[each.field, each.table].add(each.element)
        self._held: tuple[Elements, Held | None] | None = None

    def over(self, elements: Elements) -> "Held | None":
        """This memory over a set of elements, laid out once; None if it says nothing of them."""
        if self._held is None or self._held[0] is not elements:
            held = Held(self, elements)
            self._held = elements, held if len(held.fields) else None
        return self._held[1]


def _keyed(known: Known) -> Known:
    table = words(known.table).core
    return Known(words(known.field).key, table, words(known.department).core, known.element)


class Held:
    """A memory over the elements that names are compared with."""

    def __init__(self, memory: Memory, elements: Elements, shipped: bool = True) -> None:
        numbers, plain = elements.numbers, elements.plain
        rows = [each for each in memory.known if each.field and each.element in numbers]
        self.of = elements
        self.elements = len(numbers)
        keys = [elements.keys[first] for first in elements.first]
        found = rewrites.mined((each.field, each.table, keys[numbers[each.element]]) for each in rows)
        self.rules = rewrites.both(rewrites.shipped(), found) if shipped else found
        self.fields = sorted({each.field for each in rows})
        self.tables = sorted({each.table for each in rows})
        self.departments = sorted({each.department for each in rows})
        self.spelled = spelled(self.fields)
        self.field_number = {name: number for number, name in enumerate(self.fields)}
        table_number = {name: number for number, name in enumerate(self.tables)}
        department_number = {name: number for number, name in enumerate(self.departments)}
        self.element = np.array([numbers[each.element] for each in rows], dtype=np.int64)
        self.field = np.array([self.field_number[each.field] for each in rows], dtype=np.int64)
        self.table = np.array([table_number[each.table] for each in rows], dtype=np.int64)
        self.department = np.array([department_number[each.department] for each in rows], dtype=np.int64)
        self.count: Floats = np.bincount(self.element, minlength=self.elements).astype(np.float32)
        self._by_field = np.argsort(self.field, kind="stable")
        self._field_starts = np.searchsorted(self.field[self._by_field], np.arange(len(self.fields) + 1))
        self._units: csr_matrix = plain.units[elements.first]
        self._field_index = plain.grams.unit(self.fields).T.tocsr()
        canon_fields = [canonical(name) for name in self.fields]
        by_canon: defaultdict[str, list[int]] = defaultdict(list)
        for number, name in enumerate(canon_fields):
            by_canon[name].append(number)
        self.canon_fields = dict(by_canon)
        self._canon_index = elements.canon.grams.unit(canon_fields).T.tocsr()
        self._table_index = plain.grams.unit(self.tables).T.tocsr()

    def rows_of(self, field: int) -> Ints:
        """The rows of a field's name."""
        return self._by_field[self._field_starts[field] : self._field_starts[field + 1]]

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


NAMES = ("same", "same in table", "same in department", "like", "like in table", "vote", "vote in table", "canon like",
         "canon like in table", "canon same", "canon same in table", "seen so")  # fmt: skip


def of_name(held: Held, about: Context, key: str, likeness: Floats, canon_likeness: Floats) -> dict[str, Floats]:
    """What a memory says of one name, for each element."""
    found = {name: np.zeros(held.elements, dtype=np.float32) for name in NAMES}
    same = held.rows_of(held.field_number[key]) if key in held.field_number else _NO_ROWS
    if len(same):
        elements, tables = held.element[same], about.table_weight[same]
        found["same"] = _share(elements, np.ones(len(same), dtype=np.float32), held.elements)
        found["same in table"] = _share(elements, 2 * tables**2, held.elements)
        found["same in department"] = _share(elements, about.department_weight[same], held.elements)
        found["seen so"][:] = np.log1p(len(same))
    rows = _near(held, likeness)
    if len(rows):
        elements, values = held.element[rows], likeness[held.field[rows]]
        tables = about.table_weight[rows]
        found["like"] = _most(elements, values, held.elements)
        found["like in table"] = _most(elements, values * (0.6 + 0.4 * tables), held.elements)
        found["vote"] = _share(elements, values**6, held.elements)
        found["vote in table"] = _share(elements, values**4 * tables, held.elements)
    alike = held.canon_fields.get(canonical(key), ())
    if alike:
        rows = np.concatenate([held.rows_of(field) for field in alike])
        elements, tables = held.element[rows], about.table_weight[rows]
        found["canon same"] = _share(elements, np.ones(len(rows), dtype=np.float32), held.elements)
        found["canon same in table"] = _share(elements, 2 * tables**2, held.elements)
    rows = _near(held, canon_likeness)
    if len(rows):
        elements, values = held.element[rows], canon_likeness[held.field[rows]]
        found["canon like"] = _most(elements, values, held.elements)
        found["canon like in table"] = _most(elements, values * (0.6 + 0.4 * about.table_weight[rows]), held.elements)
    return found


def _near(held: Held, likeness: Floats) -> Ints:
    """The rows of the fields that are most like a name."""
    fields = np.flatnonzero(likeness)
    if len(fields) > _NEAR:
        least = np.partition(likeness[fields], len(fields) - _NEAR)[len(fields) - _NEAR]
        fields = fields[likeness[fields] >= max(least, 1e-6)]
    return np.concatenate([held.rows_of(int(field)) for field in fields]) if len(fields) else _NO_ROWS
