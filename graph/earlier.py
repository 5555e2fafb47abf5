"""What sources said before a run changed it: kept with the run, in the transaction that changed it.

A row is what it is about (a thing: its id; a link: start, end, job, valid_from), the source, the values that it says
since then where it said others before, and what it said before, `None` when it said nothing: then undoing the run
withdraws what it says now.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import orjson

from graph.differing import Difference, compared
from graph.engine import Graph, Transaction
from graph.facts import KEYS, LINK_KEYS, Kind
from graph.statements import json_text

__all__ = [
    "Earlier",
    "RunChanges",
    "Touched",
    "earlier",
    "forget_earlier",
    "keep_earlier",
    "run_changes",
    "touched",
]

KEEP_EARLIER = """
CREATE (:Earlier {run: $run, sequence: $sequence, what: $what, rows: $rows, count: $count})
"""

EARLIER = """
MATCH (e:Earlier {run: $run})
WHERE e.sequence < $before
WITH e ORDER BY e.sequence DESC LIMIT 1
RETURN e.sequence AS sequence, e.what AS what, e.rows AS rows
"""

COUNTS = """
MATCH (e:Earlier {run: $run})
RETURN collect([e.sequence, e.count]) AS pairs
"""

SOME = """
UNWIND $sequences AS sequence
MATCH (e:Earlier {run: $run})
WHERE e.sequence = sequence
RETURN e.sequence AS sequence, e.what AS what, e.rows AS rows
"""

FORGET_EARLIER = """
UNWIND $runs AS run
MATCH (e:Earlier {run: run})
DELETE e
"""

LAST = 2**62

Earlier = tuple[int, str, list[list[Any]]]
"""A change of the graph, the kind or flow that it was about, and its rows."""


async def keep_earlier(transaction: Transaction, run: str, sequence: int, what: str, rows: Sequence[Any]) -> None:
    """Keep the rows of one transaction of a run."""
    await transaction.run(
        KEEP_EARLIER, run=run, sequence=sequence, what=what, rows=json_text(list(rows)), count=len(rows)
    )


async def earlier(graph: Graph, run: str, before: int = LAST) -> Earlier | None:
    """The last change of a run before the change `before`; `None` when there is none."""
    rows = await graph.read(EARLIER, run=run, before=before)
    return (rows[0]["sequence"], rows[0]["what"], orjson.loads(rows[0]["rows"])) if rows else None


@dataclass(frozen=True, slots=True)
class Touched:
    """What a run did to one statement of its source. Of a link `id` is None, of a thing the ends and the job are."""

    what: str
    """The kind of thing, or of link (`feeds`, `reads`)."""
    act: str
    """STATED, CHANGED or WITHDRAWN."""
    id: str | None
    start: str | None
    end: str | None
    job: str | None
    changes: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class RunChanges:
    """All that a run touched, in order; row `n` of the change of the graph `sequences[k]` is at `firsts[k] + n`."""

    run: str
    sequences: Sequence[int]
    firsts: Sequence[int]
    count: int

    @property
    def span(self) -> tuple[int, int] | tuple[None, None]:
        """The first and last change of the graph; `None` of a run that changed nothing."""
        return (self.sequences[0], self.sequences[-1]) if self.sequences else (None, None)

    def position(self, place: int) -> tuple[int, str]:
        """Where a row lies: the change of the graph, and its row in it."""
        step = bisect_right(self.firsts, place) - 1
        return self.sequences[step], f"{place - self.firsts[step]:06}"


async def run_changes(graph: Graph, run: str) -> RunChanges:
    """What a run touched, as far as it may be undone; nothing of it is read yet."""
    [row] = await graph.read(COUNTS, run=run)
    pairs = sorted(row["pairs"])
    firsts = [0, *accumulate(count for _, count in pairs)]
    return RunChanges(run, [sequence for sequence, _ in pairs], firsts[:-1], firsts[-1])


async def touched(graph: Graph, changes: RunChanges, places: Sequence[int]) -> list[Touched]:
    """Some of the rows."""
    steps = {place: bisect_right(changes.firsts, place) - 1 for place in places}
    wanted = sorted({changes.sequences[step] for step in steps.values()})
    found: dict[int, tuple[str, list[list[Any]]]] = {}
    for row in await graph.read(SOME, run=changes.run, sequences=wanted) if wanted else []:
        found[row["sequence"]] = row["what"], orjson.loads(row["rows"])
    told = []
    for place, step in steps.items():
        what, rows = found[changes.sequences[step]]
        told.append(_touched(what, rows[place - changes.firsts[step]]))
    return told


def _touched(what: str, row: Sequence[Any]) -> Touched:
    *about, _, now, before = row
    kind = Kind(what) if what in KEYS else None
    keys = KEYS[kind] if kind is not None else LINK_KEYS[what]
    act = "STATED" if before is None else "WITHDRAWN" if now is None else "CHANGED"
    changes = compared(keys, before["values"], now) if act == "CHANGED" else []
    if kind is not None:
        return Touched(what, act, about[0], None, None, None, changes)
    start, end, job, _ = about
    return Touched(what.lower(), act, None, start, end, job, changes)


async def forget_earlier(transaction: Transaction, runs: Sequence[str]) -> None:
    """Keep nothing of these runs any more: they can be undone no longer."""
    await transaction.run(FORGET_EARLIER, runs=list(runs))
