"""Small statements that show whether a graph works: its clock, its schema, its completeness, a write."""

import time
from dataclasses import dataclass

from graph.engine import Graph, Transaction
from graph.facts import KEYS
from graph.migrations import APPLIED

__all__ = ["Health", "look"]

_READS = 3

CLOCK = "RETURN timestamp() AS milliseconds"

GIVEN = """
MATCH (s:Sequence {id: 'sequence'})
RETURN s.numbers AS numbers, s.value AS sequence, s.checked AS checked
"""

_COUNT = """
MATCH (n:LABEL)
RETURN count(n) AS count
"""
COUNT_THINGS = "UNION ALL".join(_COUNT.replace("LABEL", kind.label) for kind in KEYS)

CHECK = """
MATCH (s:Sequence {id: 'sequence'})
SET s.checked = $now
"""


@dataclass(frozen=True, slots=True)
class Health:
    """What was found. `things` should equal `numbers`: every thing was given one and none is ever deleted."""

    clock_ahead_seconds: float
    migrations: tuple[int, ...]
    sequence: int
    numbers: int
    things: int
    written: bool
    read_milliseconds: float


async def look(graph: Graph) -> Health:
    """Look at an open graph. It is written to, but its content stays as it is."""
    before = time.time()
    [clock] = await graph.read(CLOCK)
    after = time.time()
    [applied] = await graph.read(APPLIED)
    mark = time.time_ns() // 1000

    async def check(transaction: Transaction) -> None:
        await transaction.run(CHECK, now=mark)

    await graph.write(check)
    reads = []
    for _ in range(_READS):  # the first has to be planned
        start = time.perf_counter()
        [given] = await graph.read(GIVEN)
        reads.append(time.perf_counter() - start)
    counts = await graph.read(COUNT_THINGS)
    return Health(
        clock_ahead_seconds=clock["milliseconds"] / 1000 - (before + after) / 2,
        migrations=tuple(sorted(applied["numbers"])),
        sequence=given["sequence"],
        numbers=given["numbers"],
        things=sum(row["count"] for row in counts),
        written=given["checked"] == mark,
        read_milliseconds=min(reads) * 1000,
    )
