"""Which fields carry which data elements, as columns; with what else is asked to tell whether they agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graph.data_types import alike
from graph.engine import Graph
from graph.net import NO_INTS, Ints

__all__ = ["Carriers", "read_carriers"]

PAGE = 500
"""Data elements of one statement."""

CARRIED = """
MATCH (e:DataElement)
WHERE e.number > $after
WITH e ORDER BY e.number LIMIT $page
OPTIONAL MATCH (e)<-[p:REPRESENTS]-(f:Field)
WHERE p.recorded_to IS NULL
WITH e, collect([f.number, f.data_type, f.length]) AS fields
RETURN collect([e.number, fields]) AS rows
"""

SOURCED = """
MATCH (e:DataElement)-[s:SOURCED_BY]->(d:Department)
WHERE s.recorded_to IS NULL
RETURN collect([e.number, d.number]) AS rows
"""

CYCLES = """
MATCH (n:Resource)
WHERE n.update_cycle IS NOT NULL
WITH n.update_cycle AS cycle, collect(n.number) AS numbers
RETURN collect([cycle, numbers]) AS rows
"""


@dataclass(slots=True)
class Carriers:
    """Fields that carry elements, a row each, by numbers of things; -1 is nothing said.

    `data_type` are places in `data_types`. `sources` are elements with their authoritative department, `cycles`
    resources with the place of their update cycle in `fresh_days`, which has the fastest first.
    """

    element: Ints = field(default_factory=lambda: NO_INTS)
    carrier: Ints = field(default_factory=lambda: NO_INTS)
    data_type: Ints = field(default_factory=lambda: NO_INTS)
    length: Ints = field(default_factory=lambda: NO_INTS)
    data_types: Sequence[str] = ()
    sources: Ints = field(default_factory=lambda: np.empty((0, 2), np.int64))
    cycles: Ints = field(default_factory=lambda: np.empty((0, 2), np.int64))
    fresh_days: Mapping[str, float] = field(default_factory=dict)


async def read_carriers(graph: Graph, fresh_days: Mapping[str, float]) -> Carriers:
    """All of them; a statement for each page of elements, and two more. `fresh_days`: of `RuleProfile.freshness`."""
    types: dict[str, int] = {}
    pages: list[Ints] = []
    after: int = -1
    while True:
        [found] = await graph.read(CARRIED, after=after, page=PAGE)
        pages.append(_columns(found["rows"], types))
        if len(found["rows"]) < PAGE:
            break
        after = max(number for number, _ in found["rows"])
    [sourced] = await graph.read(SOURCED)
    [cycles] = await graph.read(CYCLES)
    fastest_first = dict(sorted(fresh_days.items(), key=lambda one: one[1]))
    places = {name: place for place, name in enumerate(fastest_first)}
    known = [(number, places[cycle]) for cycle, numbers in cycles["rows"] if cycle in places for number in numbers]
    element, carrier, data_type, length = np.concatenate(pages).T
    return Carriers(
        element,
        carrier,
        data_type,
        length,
        list(types),
        np.array(sourced["rows"], np.int64).reshape(-1, 2),
        np.array(known, np.int64).reshape(-1, 2),
        fastest_first,
    )


def _columns(rows: Sequence[Sequence[Any]], types: dict[str, int]) -> Ints:
    """Rows of element, field, place of the data type, length; new types are added to `types`."""
    found: list[tuple[int, int, int, int]] = []
    for element, carriers in rows:
        for number, data_type, length in carriers:
            if number is None:  # an element that no field carries
                continue
            plain, size = alike(data_type)
            length = size if length is None else length
            place = -1 if plain is None else types.setdefault(plain, len(types))
            found.append((element, number, place, length if length is not None and length > 0 else -1))
    return np.array(found, np.int64).reshape(-1, 4)
