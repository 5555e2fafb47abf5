"""Which data elements names of fields may stand for: suggestions that learn from what is bound, and from refusals.

How names are compared is `graph/matching/elements.py`; here it is given what the graph knows.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from graph.element_memory import BoundName, ElementMemory, Known, Remembering, Unbound
from graph.engine import Graph
from graph.facts import name_key
from graph.refusals import BadInput

__all__ = ["MOST_NAMES", "MOST_SUGGESTIONS", "ElementMatcher", "Named", "Scoring", "Suggestion"]

MOST_NAMES = 1_000
"""Names of one question."""
MOST_SUGGESTIONS = 50
LONGEST_NAME = 300
_FEW = 20
"""Names that are compared at once, without another thread."""


class Suggestion(Protocol):
    """A data element that a name may stand for: how likely, from 0 to 1, and why."""

    @property
    def element_id(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def reason(self) -> str: ...


class Scoring(Protocol):
    """Compares names with elements. `elements` and `memory` are built once and given to `suggest` again and again."""

    def elements(self, rows: Sequence[Remembering]) -> Any: ...
    def memory(self, bound: Sequence[BoundName], refused: Sequence[Unbound]) -> Any: ...
    def suggest(
        self,
        names: Sequence[str],
        table: str | None,
        department_name: str | None,
        memory: Any,
        elements: Any,
        first: int,
    ) -> Sequence[Sequence[Suggestion]]: ...


@dataclass(frozen=True, slots=True)
class Named:
    """A field as suggestions are made for it."""

    id: str
    name: str | None
    resource: str | None


_Refused = tuple[str, str | None, str | None]
"""The keys of a name, and of its table and department."""


@dataclass(frozen=True, slots=True)
class _Built:
    """What names are compared with."""

    known: Known
    elements: Any
    memory: Any
    by_field: dict[str, set[str]]
    by_name: dict[_Refused, set[str]]


class ElementMatcher:
    """Suggests data elements of one graph; `scoring` compares the names."""

    def __init__(self, graph: Graph, scoring: Scoring | None = None) -> None:
        self.memory = ElementMemory(graph)
        self._scoring = scoring or _matching()
        self._built: _Built | None = None
        self._building = asyncio.Lock()

    async def close(self) -> None:
        """Ask the graph nothing more."""
        await self.memory.close()

    async def match(
        self, names: Sequence[str], table: str | None, department: str | None, first: int
    ) -> list[list[Suggestion]]:
        """For each name up to `first` elements, the likeliest first. `department` is an id.

        What people refused for the same name in the same table of the same department is left out. Raises BadInput.
        """
        _check(names, first)
        built = await self._fresh()
        called = _called(built.known, department)
        left_out = [built.by_name.get(_key(name, table, called), set()) for name in names]
        return await self._suggest(built, names, table, called, left_out, first)

    async def match_tables(
        self, tables: Iterable[tuple[str, Sequence[str]]], department: str | None, first: int
    ) -> list[tuple[str, list[Suggestion]]]:
        """The same for the names of several tables at once, each name with its suggestions; with what was refused."""
        built = await self._fresh()
        called = _called(built.known, department)
        told: list[tuple[str, list[Suggestion]]] = []
        for table, names in tables:
            nothing: list[set[str]] = [set() for _ in names]
            found = await self._suggest(built, names, table, called, nothing, first) if names else []
            told += zip(names, found, strict=True)
        return told

    async def of_fields(self, fields: Sequence[Named], first: int) -> dict[str, list[Suggestion]]:
        """For each field up to `first` elements, the likeliest first; none that was refused for it."""
        _check(None, first)
        built = await self._fresh()
        by_table: dict[tuple[str | None, str | None], list[Named]] = defaultdict(list)
        found: dict[str, list[Suggestion]] = {one.id: [] for one in fields}
        contexts = await self.memory.contexts(built.known, (one.resource for one in fields))
        for one in fields:
            if one.name is not None:
                by_table[contexts[one.resource]].append(one)
        for (table, department), those in by_table.items():
            names = [one.name or "" for one in those]
            left_out = [built.by_field.get(one.id, set()) for one in those]
            told = await self._suggest(built, names, table, department, left_out, first)
            found.update({one.id: suggestions for one, suggestions in zip(those, told, strict=True)})
        return found

    async def _suggest(
        self,
        built: _Built,
        names: Sequence[str],
        table: str | None,
        department: str | None,
        left_out: Sequence[set[str]],
        first: int,
    ) -> list[list[Suggestion]]:
        most = first + max(map(len, left_out), default=0)

        def work() -> list[list[Suggestion]]:
            told = self._scoring.suggest(names, table, department, built.memory, built.elements, most)
            return [
                [one for one in some if one.element_id not in those][:first]
                for some, those in zip(told, left_out, strict=True)
            ]

        return work() if len(names) <= _FEW else await asyncio.to_thread(work)

    async def _fresh(self) -> _Built:
        await self.memory.refresh()
        async with self._building:
            known, built = self.memory.known, self._built
            if built is None or built.known.taught != known.taught:
                built = await asyncio.to_thread(self._build, known, built)
            self._built = built if built.known is known else replace(built, known=known)
            return self._built

    def _build(self, known: Known, before: _Built | None) -> _Built:
        by_field, by_name = defaultdict[str, set[str]](set), defaultdict[_Refused, set[str]](set)
        for one in known.refused:
            by_field[one.field].add(one.element)
            if one.name is not None:
                by_name[_key(one.name, one.table, one.department)].add(one.element)
        scoring = self._scoring
        same = before is not None and before.known.offered == known.offered
        elements = before.elements if before is not None and same else scoring.elements(known.elements())
        return _Built(known, elements, scoring.memory(known.bound(), known.refused), by_field, by_name)


def _matching() -> Scoring:
    """The scoring of `graph/matching/`, which takes long to load."""
    from graph.element_scoring import Matching

    return Matching()


def _called(known: Known, department: str | None) -> str | None:
    """The name of a department. One that is not registered, such as a proposed one, goes by the end of its id."""
    if department is None:
        return None
    return known.department(department) or re.split("[/:]", department)[-1]


def _key(name: str, table: str | None, department: str | None) -> _Refused:
    return name_key(name), table and name_key(table), department and name_key(department)


def _check(names: Iterable[str] | None, first: int) -> None:
    if not 1 <= first <= MOST_SUGGESTIONS:
        raise BadInput(f"first: must be from 1 to {MOST_SUGGESTIONS}, not {first:,}", argument="first")
    if names is None:
        return
    given = list(names)
    if not 1 <= len(given) <= MOST_NAMES:
        raise BadInput(f"names: must be 1 to {MOST_NAMES:,} names, not {len(given):,}", argument="names")
    if any(len(name) > LONGEST_NAME for name in given):
        raise BadInput(f"names: a name must have at most {LONGEST_NAME} characters", argument="names")
