"""The change sequence: every write takes its next number first, so writers queue, and records what it did."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from graph.engine import Graph, Transaction

MOST_IDS = 200
"""A change of more things than this records how many, not which; they carry its number themselves."""

TAKE = """
MATCH (s:Sequence {id: 'sequence'})
SET s.taken = $now
RETURN s.value AS value, s.at AS at, s.numbers AS numbers
"""

ADVANCE = """
MATCH (s:Sequence {id: 'sequence'})
SET s.value = $sequence, s.at = $at, s.numbers = $numbers
CREATE (:Change {sequence: $sequence, at: $at, sources: $sources, acts: $acts, count: $count, ids: $ids})
"""

CURRENT = """
MATCH (s:Sequence {id: 'sequence'})
RETURN s.value AS value, s.at AS at, s.numbers AS numbers
"""

RECORDED = """
MATCH (c:Change {sequence: $sequence})
RETURN c.at AS at
"""


@dataclass(slots=True)
class Turn:
    """A writer's turn: the number and instant of its change, and the next free node number."""

    sequence: int
    at: int
    numbers: int

    def number(self) -> int:
        """The next node number."""
        self.numbers += 1
        return self.numbers - 1


@dataclass(frozen=True, slots=True)
class Position:
    """Where the graph stands: its last change, when that was recorded, and how many numbers are given."""

    sequence: int
    at: int
    numbers: int


@dataclass(frozen=True, slots=True)
class Behind:
    """How many changes something has not taken over yet, and how many seconds ago the first of them was recorded."""

    changes: int = 0
    seconds: float = 0.0


def now() -> int:
    """This moment in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


async def take_turn(transaction: Transaction) -> Turn:
    """Wait for this writer's turn. Recorded times rise strictly with the sequence, whatever the clock does."""
    moment = now()
    [row] = await transaction.run(TAKE, now=moment)
    return Turn(row["value"] + 1, max(moment, row["at"] + 1), row["numbers"])


async def end_turn(
    transaction: Transaction, turn: Turn, acts: Sequence[str], ids: Sequence[str], sources: Sequence[str]
) -> None:
    """Record the change, of each of `ids` once. Not called when nothing changed: then the number is not used up."""
    things = list(dict.fromkeys(ids))
    listed = things if len(things) <= MOST_IDS else []
    await transaction.run(
        ADVANCE,
        sequence=turn.sequence,
        at=turn.at,
        numbers=turn.numbers,
        sources=sorted(set(sources)),
        acts=list(acts),
        count=len(things),
        ids=listed,
    )


async def position(graph: Graph) -> Position:
    """The graph's last change; one small statement."""
    [row] = await graph.read(CURRENT)
    return Position(row["value"], row["at"], row["numbers"])


async def recorded(graph: Graph, sequence: int) -> int | None:
    """When a change was recorded; `None` where there is none of that number."""
    rows = await graph.read(RECORDED, sequence=sequence)
    return rows[0]["at"] if rows else None


async def behind(graph: Graph, sequence: int, head: Position) -> Behind:
    """How far what has taken over all changes up to `sequence` is behind the graph, which stands at `head`."""
    if sequence >= head.sequence:
        return Behind()
    at = await recorded(graph, sequence + 1) or head.at
    return Behind(head.sequence - sequence, max(now() - at, 0) / 1_000_000)
