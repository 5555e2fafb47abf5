"""What a change would touch, as an export: all that GraphQL's `Impact` lists, of all levels."""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from graph.affected import Affected
from graph.changes import now
from graph.consequences import agreements, successors
from graph.engine import Graph
from graph.facts import Kind, as_text
from graph.impact import Impact
from graph.things import by_ids
from graph.whole import LEVELS, containers
from registry.exporting.export import Column, Each, Export, Part, Rows, column
from registry.exporting.lineage import ANONYMOUS
from registry.impact_answers import agreement_row, department_row, successor_row, unit_row

__all__ = ["PARTS", "Contacts", "impact_export"]


@dataclass(frozen=True, slots=True)
class Contacts(Column):
    """Whom to call, as a text."""

    def cells(self, rows: Rows) -> Sequence[Any]:
        """Its values."""
        return [self.text(value) for value in rows[self.name]]

    @staticmethod
    def text(value: Any) -> str:
        """Contacts as one line: a source states them as a text, a list, or numbers by names."""
        if isinstance(value, dict):
            value = [f"{name} {number}" for name, number in value.items()]
        return "; ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _thing(name: str) -> tuple[Column, Column]:
    return Column(name, name, "id"), Column(name + "Name", name, "name")


_WHAT = [column("id"), column("name"), column("kind"), column("depth"), column("precise")]
_COLUMNS: dict[str, tuple[str, list[Column]]] = {
    "affected": ("affected", [column("level"), *_WHAT, column("whole"), *(c for name in LEVELS for c in _thing(name))]),
    "sources": (
        "source",
        [
            *_WHAT,
            column("outlook"),
            column("lost"),
            column("left"),
            Each("feeders", "feeders", "id"),
            *_thing("resource"),
            *_thing("department"),
        ],
    ),
    "agreements": ("agreement", [column(name) for name in ("id", "name", "effect", "reason", "covered")]),
    "departments": (
        "department",
        [
            *(column(n) for n in ("id", "name", "depth", "precise", "fields", "resources", "systems", "losing")),
            Contacts("contacts", "contacts"),
        ],
    ),
    "successors": (
        "successor",
        [
            *(c for n in ("replaces", "successor", "resource", "department", "element") for c in _thing(n)),
            column("reason"),
        ],
    ),
    "migration": ("step", [column("level"), column("step"), column("ring"), *_WHAT, *_thing("department")]),
}
PARTS = tuple(_COLUMNS)
"""The parts of the export; CSV has one of them, the first unless it is told."""

Read = Callable[[int, int], Rows]


async def impact_export(graph: Graph, impact: Impact, part: str | None = None) -> Export:
    """The export of an answer just found; of its parts only `part`, if one is named.

    Names of containers are taken from the net before anything is awaited, while it is as the answer found it.
    """
    levels = [_Level(one) for one in impact.levels]
    wanted = PARTS if part is None else (part,)
    found: dict[str, tuple[int, Read]] = {}
    if "affected" in wanted:
        found["affected"] = _chained([(len(one.found.ids), one.rows) for one in levels])
    if "sources" in wanted:
        units = impact.units
        found["sources"] = len(units), _by_row(lambda place: unit_row(units.row(place)))
    if "agreements" in wanted:
        found["agreements"] = _listed([agreement_row(one) for one in await agreements(graph, impact)])
    if "departments" in wanted:
        stored = await by_ids(graph, Kind.DEPARTMENT, [one.id for one in impact.departments])
        found["departments"] = _listed([department_row(one, stored.get(one.id, {})) for one in impact.departments])
    if "successors" in wanted:
        found["successors"] = _listed([successor_row(one) for one in await successors(graph, impact)])
    if "migration" in wanted:
        for one in levels:
            await asyncio.to_thread(one.found.steps)
        found["migration"] = _chained([(len(one.found.ids), one.steps) for one in levels])
    parts = [Part(name, _COLUMNS[name][0], size, _COLUMNS[name][1], read) for name, (size, read) in found.items()]
    return Export("impact", _header(impact), parts, impact.complete, [stop.name for stop in impact.stopped_by])


class _Level:
    """What is affected at one level, with its containers as they were when it was found."""

    def __init__(self, found: Affected) -> None:
        self.found = found
        self._listed, self._held = containers(found.net, {name: getattr(found.shown, name) for name in LEVELS})

    def rows(self, first: int, last: int) -> Rows:
        """What is affected."""
        found = self.found
        return {
            **self._what(range(first, last)),
            "whole": found.whole[first:last],
            **self._containers(range(first, last)),
        }

    def steps(self, first: int, last: int) -> Rows:
        """The order to migrate."""
        steps = self.found.steps()[first:last]
        places = [one.place for one in steps]
        return {
            **self._what(places),
            "step": [one.step for one in steps],
            "ring": [one.ring for one in steps],
            "department": self._containers(places)["department"],
        }

    def _what(self, places: Sequence[int]) -> dict[str, list[Any]]:
        found, shown = self.found, self.found.shown
        return {
            "level": [found.level.name] * len(places),
            "id": [found.ids[place] for place in places],
            "name": [shown.names[place] for place in places],
            "kind": [shown.kinds[place].name for place in places],
            "depth": [found.depth[place] for place in places],
            "precise": [found.precise[place] for place in places],
        }

    def _containers(self, places: Sequence[int]) -> dict[str, list[Any]]:
        listed = [*self._listed, None]  # a place of -1 has none
        return {name: [listed[held[place]] for place in places] for name, held in self._held.items()}


def _by_row(row: Callable[[int], Mapping[str, Any]]) -> Read:
    def read(first: int, last: int) -> Rows:
        return _turned([row(place) for place in range(first, last)])

    return read


def _listed(rows: Sequence[Mapping[str, Any]]) -> tuple[int, Read]:
    return len(rows), lambda first, last: _turned(rows[first:last])


def _turned(rows: Sequence[Mapping[str, Any]]) -> Rows:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _chained(parts: Sequence[tuple[int, Read]]) -> tuple[int, Read]:
    """Several lists of rows, one after the other."""
    ends = list(accumulate(size for size, _ in parts))

    def read(first: int, last: int) -> Rows:
        found: dict[str, list[Any]] = {}
        while first < last:
            part = bisect_right(ends, first)
            begin, end = ends[part] - parts[part][0], min(last, ends[part])
            for name, values in parts[part][1](first - begin, end - begin).items():
                found.setdefault(name, []).extend(values)
            first = end
        return found

    return ends[-1], read


def _header(impact: Impact) -> dict[str, Any]:
    change, counts = impact.change, [f"{one.level.name}: {len(one.ids)}" for one in impact.levels]
    altered = {f"alter.{_camel(name)}": value for name, value in change.altered}
    return {
        "change": change.kind.value,
        "ids": list(change.ids),
        "into": change.into,
        **altered,
        "asOf": as_text(impact.as_of),
        "now": as_text(now()),
        "viewer": ANONYMOUS,
        "sequence": str(impact.sequence),
        "complete": impact.complete,
        "stoppedBy": [stop.name for stop in impact.stopped_by],
        "reachedDepth": impact.reached_depth,
        "hiddenCount": 0,
        "withoutDepartment": impact.without_department,
        "affected": counts,
    }


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
