"""The runs of sources: one at a time of each, whoever runs it, and what each did.

A lease on the source (until when, and whose) lets one worker run it; one that ended without giving it back loses
it when its time is over. A run is `(:Run)`, numbered from 1 within its source.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

import orjson

from graph.earlier import forget_earlier
from graph.engine import Graph, Transaction
from graph.statements import json_text

__all__ = ["ACTS", "Run", "RunState", "Trigger", "begin", "end", "find", "history", "keep_lease", "latest", "prune"]

TAKE_LEASE = """
MERGE (s:Source {id: $source})
SET s.lease_asked = $now
WITH s
WHERE s.lease_by IS NULL OR s.lease_by = $by OR s.lease_until <= $now
SET s.lease_by = $by, s.lease_until = $until
RETURN s.id AS id
"""

KEEP_LEASE = """
MATCH (s:Source {id: $source, lease_by: $by})
SET s.lease_until = $until
RETURN s.id AS id
"""

GIVE_LEASE_BACK = """
MATCH (s:Source {id: $source, lease_by: $by})
REMOVE s.lease_by, s.lease_until
"""

WHO_RUNS = """
MATCH (s:Source {id: $source})
RETURN s.lease_by AS by, s.lease_until AS until
"""

NEXT_NUMBER = """
MATCH (r:Run {source: $source})
RETURN max(r.number) AS number, max(r.began) AS began
"""

# A run that is still under way when its source is run anew was left by a worker that is gone.
CLOSE_LOST = """
MATCH (r:Run {source: $source, state: 'RUNNING'})
SET r.state = 'LOST', r.ended = $now, r.message = $message
"""

BEGIN = """
CREATE (r:Run {id: $id})
SET r = $run
"""

END = """
MATCH (r:Run {id: $id})
SET r += $run
"""

MARK_UNDONE = """
MATCH (r:Run {id: $id})
SET r.undone_by = $by
"""

FIND = """
MATCH (r:Run {id: $id})
RETURN properties(r) AS run
"""

HISTORY = """
MATCH (r:Run {source: $source})
WHERE r.number < $before
WITH r ORDER BY r.number DESC LIMIT $limit
RETURN collect(properties(r)) AS runs
"""

LATEST = """
UNWIND $sources AS source
CALL (source) {
  MATCH (r:Run {source: source})
  WITH r ORDER BY r.number DESC LIMIT 1
  RETURN collect(properties(r)) AS runs
}
RETURN collect([source, runs]) AS found
"""

OLD = """
MATCH (r:Run {source: $source})
WITH r ORDER BY r.number DESC SKIP $keep
RETURN collect(r.id) AS ids
"""

FORGET = """
UNWIND $ids AS id
MATCH (r:Run {id: id})
DELETE r
"""

_LOST = "the worker that ran it is gone; what it wrote stays, and the next run completes it"
_NONE_YET = 2**31
ACTS = ("stated", "added", "changed", "unchanged", "withdrawn", "refused")
"""What a run may do with facts, in the order in which it is told."""
LEASE_SECONDS = 60
"""A lease that is not kept for so long is lost."""


class RunState(StrEnum):
    """How a run stands: LOST is one whose worker ended without a word."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    LOST = "LOST"


class Trigger(StrEnum):
    """What started a run."""

    SCHEDULE = "SCHEDULE"
    PERSON = "PERSON"
    UNDO = "UNDO"


@dataclass(frozen=True, slots=True)
class Run:
    """One run. Times are microseconds since 1970 UTC; `first` and `last` are the changes of the graph that it made.

    `counts`: by kind or flow, how many were stated, added, changed, unchanged, withdrawn and refused. `findings`: code,
    severity and count of each kind of finding. `undoes` and `undone_by` are numbers of runs of the same source.
    """

    id: str
    source: str
    number: int
    kind: str
    trigger: Trigger
    worker: str
    began: int
    state: RunState = RunState.RUNNING
    full: bool = False
    ended: int | None = None
    attempts: int = 1
    facts: int = 0
    first: int | None = None
    last: int | None = None
    message: str | None = None
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    findings: Sequence[Mapping[str, Any]] = ()
    undoes: int | None = None
    undone_by: int | None = None

    def stored(self) -> dict[str, Any]:
        """As properties."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        texts = {"trigger": self.trigger.value, "state": self.state.value}
        texts |= {"counts": json_text(self.counts), "findings": json_text(self.findings)}
        return {name: value for name, value in {**values, **texts}.items() if value is not None}


def _run(stored: Mapping[str, Any]) -> Run:
    known = {one.name for one in fields(Run)}
    values = {name: value for name, value in stored.items() if name in known}
    values |= {"trigger": Trigger(stored["trigger"]), "state": RunState(stored["state"])}
    return Run(**values | {name: orjson.loads(stored[name]) for name in ("counts", "findings")})


async def begin(graph: Graph, run: Run, due: int | None = None) -> Run | None:
    """Take the lease of the run's source and record that it runs; its number and id are given here.

    `None` when another worker is running the source, or has begun to since it was `due`.
    """

    async def work(transaction: Transaction) -> Run | None:
        until = run.began + LEASE_SECONDS * 1_000_000
        lease = {"source": run.source, "by": run.worker, "now": run.began, "until": until}
        if not await transaction.run(TAKE_LEASE, **lease):
            return None
        [row] = await transaction.run(NEXT_NUMBER, source=run.source)
        if due is not None and row["began"] is not None and row["began"] >= due:
            await transaction.run(GIVE_LEASE_BACK, source=run.source, by=run.worker)
            return None
        await transaction.run(CLOSE_LOST, source=run.source, now=run.began, message=_LOST)
        number = (row["number"] or 0) + 1
        numbered = _run({**run.stored(), "number": number, "id": run_id(run.source, number)})
        await transaction.run(BEGIN, id=numbered.id, run=numbered.stored())
        return numbered

    return await graph.write(work)


def run_id(source: str, number: int) -> str:
    """The id of a source's run."""
    return f"{source}#{number}"


async def keep_lease(graph: Graph, run: Run, until: int) -> bool:
    """Keep the lease until then; false when another worker has taken it."""

    async def work(transaction: Transaction) -> bool:
        return bool(await transaction.run(KEEP_LEASE, source=run.source, by=run.worker, until=until))

    return await graph.write(work)


async def end(graph: Graph, run: Run) -> None:
    """Record how a run ended and give its lease back. Of one that undid another, that one is marked."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(END, id=run.id, run=run.stored())
        if run.undoes is not None and run.state is RunState.DONE:
            await transaction.run(MARK_UNDONE, id=run_id(run.source, run.undoes), by=run.number)
        await transaction.run(GIVE_LEASE_BACK, source=run.source, by=run.worker)

    await graph.write(work)


async def find(graph: Graph, source: str, number: int) -> Run | None:
    """A source's run by its number."""
    rows = await graph.read(FIND, id=run_id(source, number))
    return _run(rows[0]["run"]) if rows else None


async def history(graph: Graph, source: str, limit: int, before: int = _NONE_YET) -> list[Run]:
    """A source's runs below a number, the newest first."""
    [row] = await graph.read(HISTORY, source=source, before=before, limit=limit)
    return sorted(map(_run, row["runs"]), key=lambda run: -run.number)


async def latest(graph: Graph, sources: Sequence[str]) -> dict[str, Run]:
    """The last run of each source that ever ran."""
    rows = await graph.read(LATEST, sources=list(sources))
    return {source: _run(runs[0]) for source, runs in (rows[0]["found"] if rows else ()) if runs}


async def who_runs(graph: Graph, source: str, now: int) -> str | None:
    """The worker that is running a source."""
    rows = await graph.read(WHO_RUNS, source=source)
    return next((row["by"] for row in rows if row["by"] is not None and row["until"] > now), None)


async def prune(graph: Graph, source: str, keep: int) -> None:
    """Forget all but the last runs of a source; a run that is forgotten can be undone no longer."""
    [row] = await graph.read(OLD, source=source, keep=keep)
    if not row["ids"]:
        return

    async def work(transaction: Transaction) -> None:
        await forget_earlier(transaction, row["ids"])
        await transaction.run(FORGET, ids=row["ids"])

    await graph.write(work)
