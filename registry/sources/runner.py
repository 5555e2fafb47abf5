"""Running a source: one run at a time, tried again when it cannot be reached, recorded, and undone when asked.

done = await run_source(graph, sources, sources.sources["people"], How())
done.run.state, done.report
"""

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import tzinfo
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from connectors.config import Config, Files, SecretMissing
from connectors.protocol import Input, SourceError, Trying
from graph import events, runs
from graph.changes import now
from graph.earlier import run_changes
from graph.engine import Graph
from graph.errors import GraphError
from graph.facts import Fact, Finding, Severity
from graph.runs import LEASE_SECONDS, Run, RunState, Trigger
from graph.undo import undo
from registry.imports import ImportOptions, Progress, TooMuch, WrongUse, given_to, run_import, silent
from registry.report import Counts, ImportReport
from registry.sources.configured import Configured, Sources
from registry.spill import SpillFailed

__all__ = ["Done", "How", "Refused", "run_source", "try_source", "undo_run", "withdraw_source", "worker_name"]


_ENDED = "it was ended before it was done; what it wrote stays, and the same once more completes it"


class Refused(Exception):
    """A run was not begun; the message says why, and `way_out` what to do."""

    def __init__(self, message: str, way_out: str) -> None:
        super().__init__(message)
        self.way_out = way_out


@dataclass(frozen=True, slots=True)
class How:
    """How to run a source. `full` and `withdraw_share`: else as it says of itself, or as for all. `due`: the instant
    for which it is run; a run that another worker has begun since then was it."""

    trigger: Trigger = Trigger.PERSON
    dry_run: bool = False
    full: bool | None = None
    withdraw_share: float | None = None
    share_of_all: float = 0.05
    home: str | None = None
    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    worker: str | None = None
    due: int | None = None
    progress: Progress = silent


@dataclass(slots=True)
class Done:
    """A run that ended. `report` is None when it failed; else it is to be closed. A dry run is no run."""

    run: Run | None
    report: ImportReport | None
    message: str | None = None


def worker_name() -> str:
    """A name that no other process has."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


async def run_source(graph: Graph, sources: Sources, source: Configured, how: How) -> Done:
    """Run a source to its end. Raises Refused when another worker is running it."""
    if how.dry_run:
        rehearsed, _, message = await _tried(graph, sources, source, how, None)
        return Done(None, rehearsed, message)
    full = source.running.full if how.full is None else how.full
    async with _leased(graph, source.name, source.running.kind, how, full=full) as run:
        ended = replace(run, state=RunState.FAILED, message=_ENDED)
        report: ImportReport | None = None
        try:
            report, attempts, message = await _tried(graph, sources, source, how, run.id)
            ended = replace(run, attempts=attempts, **_told(report, message))
        finally:
            ended = await _close(graph, ended, source.running.keep_runs)
        return Done(ended, report, ended.message)


class _Silent:
    """A source that says nothing: what it said before goes."""

    name: ClassVar[str] = "none"
    title: ClassVar[str] = "Nothing"
    config: ClassVar[type[Config]] = Config

    def __init__(self, given: Input, /) -> None:
        return

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return False

    async def pull(self) -> AsyncIterator[Fact | Finding]:
        nothing: tuple[Fact, ...] = ()
        for fact in nothing:
            yield fact


async def withdraw_source(graph: Graph, source: str, how: How) -> Done:
    """Withdraw all that a source states, as a run of it that can be undone."""
    async with _leased(graph, source, "none", how, full=True) as run:
        ended = replace(run, state=RunState.FAILED, message=_ENDED)
        report: ImportReport | None = None
        try:
            options = ImportOptions(
                _Silent,
                source,
                full=True,
                withdraw_share=1,
                config=Config.model_validate({}),
                run=run.id,
                progress=how.progress,
            )
            report = await run_import(graph, [], options)
            await events.forget(graph, source)
            ended = replace(run, **_told(report))
        finally:
            ended = await _close(graph, ended, None)
        return Done(ended, report, ended.message)


async def try_source(sources: Sources, source: Configured, how: How) -> Sequence[str]:
    """Look whether a source that is no file can be reached and read; what was found there, a sentence each.

    Raises SourceError, SecretMissing.
    """
    connector = source.connector(given_to(source.connector, _options(sources, source, how, None), source.name, []))
    if not isinstance(connector, Trying):
        return ["it says what it may; only a run reads it"]
    return await connector.try_out()


async def undo_run(graph: Graph, source: str, number: int | None, how: How) -> Done:
    """Undo a source's run (the last that changed something): it says again what it said before.

    Raises Refused when there is none, it was undone, or a later one that changed something was not.
    """
    target = await _to_undo(graph, source, number)
    async with _leased(graph, source, target.kind, how, full=False, undoes=target.number) as run:
        ended = replace(run, state=RunState.FAILED, message=_ENDED)
        counts: dict[str, Counts] = {}
        try:
            async for what, written in undo(graph, target.id, run.id):
                one = counts.setdefault(what, Counts())
                one.added += written.added
                one.changed += written.changed
                how.progress(f"undo run {target.number}", sum(c.added + c.changed for c in counts.values()), None)
            told = {what: asdict(one) for what, one in counts.items()}
            ended = replace(run, state=RunState.DONE, message=None, counts=told)
        finally:
            ended = await _close(graph, ended, None)
        return Done(ended, None, ended.message)


async def _to_undo(graph: Graph, source: str, number: int | None) -> Run:
    """The run that is to be undone: nothing that came after it stands in the way."""
    found = await runs.history(graph, source, limit=10_000)
    changed = [run for run in found if run.first is not None and run.undone_by is None and run.undoes is None]
    if number is None:
        if not changed:
            raise Refused(
                f"No run of {source} that changed something is remembered.", "registry sources runs lists all."
            )
        return changed[0]
    target = next((run for run in found if run.number == number), None)
    if target is None:
        raise Refused(f"There is no run {number} of {source}.", "registry sources runs lists all that are remembered.")
    if target.undone_by is not None:
        raise Refused(f"Run {number} of {source} was undone by run {target.undone_by}.", "There is nothing to do.")
    later = [run.number for run in changed if run.number > number]
    if later:
        raise Refused(f"Run {later[0]} of {source} came later and changed things too.", "Undo that one first.")
    return target


async def _tried(
    graph: Graph, sources: Sources, source: Configured, how: How, run: str | None
) -> tuple[ImportReport | None, int, str | None]:
    """The report, how many tries it took, and why it failed. A source that cannot be reached is tried again."""
    running, wait = source.running, source.running.wait
    options = _options(sources, source, how, run)
    paths = source.config.paths if isinstance(source.config, Files) else ()
    for attempt in range(1, running.retries + 2):
        try:
            async with asyncio.timeout(running.max_seconds):
                return await run_import(graph, paths, options), attempt, None
        except TimeoutError:
            return None, attempt, f"it took longer than {running.max_seconds:g} seconds; what was written stays"
        except SourceError as error:
            if not error.passing or attempt > running.retries:
                return None, attempt, str(error)
        except (SecretMissing, WrongUse, TooMuch, SpillFailed) as error:
            return None, attempt, str(error)
        how.progress(f"wait {wait:g} s: cannot be reached", 0, None)
        await asyncio.sleep(wait)
        wait *= 2
    raise AssertionError("every try returns or is the last")


def _options(sources: Sources, source: Configured, how: How, run: str | None) -> ImportOptions:
    running = source.running
    shares = (how.withdraw_share, running.withdraw_share, how.share_of_all)
    return ImportOptions(
        connector=source.connector,
        source=source.name,
        jurisdiction=source.config.jurisdiction,
        home=how.home,
        zone=how.zone,
        full=running.full if how.full is None else how.full,
        dry_run=how.dry_run,
        withdraw_share=next(share for share in shares if share is not None),
        config=source.config,
        rules=sources.rules,
        addresses=sources.addresses,
        run=run,
        max_facts=running.max_facts,
        progress=how.progress,
    )


def _told(report: ImportReport | None, why: str | None = None) -> dict[str, Any]:
    """What a run keeps of its report, or why there is none."""
    if report is None:
        return {"state": RunState.FAILED, "message": why}
    findings = [
        {"code": tally.code, "severity": tally.severity, "count": tally.count} for tally in report.findings.tallies()
    ]
    counts: Mapping[str, Any] = {what: asdict(one) for what, one in report.counts.items() if any(asdict(one).values())}
    return {
        "state": RunState.DONE,
        "facts": sum(file.facts for file in report.files),
        "counts": counts,
        "findings": findings,
        "message": _stopped(report),
    }


def _stopped(report: ImportReport) -> str | None:
    if report.stopped:
        stop = report.stopped[0]
        return f"nothing was withdrawn: {stop.going:,} of {stop.total:,} statements would go; {stop.why}"
    errors = report.findings.count(Severity.ERROR)
    return f"{errors:,} of what it says could not be taken" if errors else None


@contextlib.asynccontextmanager
async def _leased(
    graph: Graph, source: str, kind: str, how: How, *, full: bool, undoes: int | None = None
) -> AsyncIterator[Run]:
    """A run that has begun, and its lease, kept as long as it goes on. Who loses the lease is cancelled."""
    trigger = Trigger.UNDO if undoes is not None else how.trigger
    worker = how.worker or worker_name()
    run = await runs.begin(graph, Run("", source, 0, kind, trigger, worker, now(), full=full, undoes=undoes), how.due)
    if run is None:
        by = await runs.who_runs(graph, source, now())
        raise Refused(
            f"{source} is being run{f' by {by}' if by else ''}.", "Wait for its end; `registry sources runs` shows it."
        )
    owner = asyncio.current_task()
    assert owner is not None
    keeper = asyncio.create_task(_keep(graph, run, owner))
    try:
        yield run
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)


async def _keep(graph: Graph, run: Run, owner: asyncio.Task[Any]) -> None:
    kept = now()
    while True:
        await asyncio.sleep(LEASE_SECONDS / 4)
        try:
            mine = await runs.keep_lease(graph, run, now() + LEASE_SECONDS * 1_000_000)
        except GraphError:
            mine = now() < kept + LEASE_SECONDS * 1_000_000
        else:
            kept = now()
        if not mine:
            owner.cancel()
            return


async def _close(graph: Graph, run: Run, keep: int | None) -> Run:
    """Record the end of a run, even of one that is being cancelled."""
    return await asyncio.shield(asyncio.ensure_future(_closed(graph, run, keep)))


async def _closed(graph: Graph, run: Run, keep: int | None) -> Run:
    first, last = (await run_changes(graph, run.id)).span
    ended = replace(run, ended=now(), first=first, last=last)
    await runs.end(graph, ended)
    if keep is not None:
        await runs.prune(graph, run.source, keep)
    return ended
