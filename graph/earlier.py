"""What sources said before a run changed it: kept with the run, in the transaction that changed it.

A row is what it is about (a thing: its id; a link: start, end, job, valid_from), the source, and what that said
before, `None` when it said nothing: then undoing the run withdraws what it says now.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from graph.engine import Graph, Transaction
from graph.statements import json_text

__all__ = ["Earlier", "earlier", "forget_earlier", "keep_earlier", "span"]

KEEP_EARLIER = """
CREATE (:Earlier {run: $run, sequence: $sequence, what: $what, rows: $rows, count: $count})
"""

EARLIER = """
MATCH (e:Earlier {run: $run})
WHERE e.sequence < $before
WITH e ORDER BY e.sequence DESC LIMIT 1
RETURN e.sequence AS sequence, e.what AS what, e.rows AS rows
"""

SPAN = """
MATCH (e:Earlier {run: $run})
RETURN min(e.sequence) AS first, max(e.sequence) AS last
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


async def span(graph: Graph, run: str) -> tuple[int | None, int | None]:
    """The first and last change of the graph that a run made, as far as it may be undone."""
    [row] = await graph.read(SPAN, run=run)
    return row["first"], row["last"]


async def forget_earlier(graph: Graph, runs: Sequence[str]) -> None:
    """Keep nothing of these runs any more: they can be undone no longer."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(FORGET_EARLIER, runs=list(runs))

    await graph.write(work)
