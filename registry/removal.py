"""What was removed from files that know what they were made with: told, and with `full` withdrawn, guarded."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from connectors.protocol import Removals, Removed
from graph.engine import Graph
from graph.facts import Finding, Kind, Severity
from graph.plan import Manner
from graph.things import by_ids
from graph.withdraw import withdraw_things
from registry.report import ImportReport, Stopped
from registry.spill import KINDS

if TYPE_CHECKING:
    from registry.imports import ImportOptions

_BATCH = 5_000


async def remove(
    graph: Graph, removals: Sequence[Removals], report: ImportReport, options: "ImportOptions", *, partial: bool
) -> None:
    """Withdraw each removed entry from the sources that stated it when its file was made; a dry run only counts.

    With `options.source` only what that source states goes. Without `options.full` nothing goes and each is told.
    Nothing of a source goes if something of the files was not taken (`partial`), or if it is more than
    `withdraw_share` of what the files had of it.
    """
    for one in removals:
        if not options.full:
            _tell(one.removed, report)
            continue
        for source, gone in _by_source(one.removed, options.source).items():
            await _remove(graph, source, gone, one.held.get(source, 0), report, options, partial)


def _by_source(removed: Sequence[Removed], only: str | None) -> Mapping[str, list[Removed]]:
    found: dict[str, list[Removed]] = defaultdict(list)
    for one in removed:
        for source in one.sources:
            if only is None or source == only:
                found[source].append(one)
    return found


async def _remove(
    graph: Graph,
    source: str,
    removed: Sequence[Removed],
    held: int,
    report: ImportReport,
    options: "ImportOptions",
    partial: bool,
) -> None:
    """Withdraw what one source no longer states."""
    there = {kind: await _stated(graph, kind, source, removed) for kind in KINDS}
    going = sum(map(len, there.values()))
    why = None
    if partial and going:
        why = "not all that the files say could be taken"
    elif going > options.withdraw_share * held:
        why = f"that is {going / max(held, 1):.1%} of what the file had of it, more than {options.withdraw_share:.1%}"
    if why is not None:
        report.stopped.append(Stopped(source, going, held, why))
        report.findings.note(_stopped(source, going, held, why, removed[0]))
        return
    for kind in reversed(KINDS):
        report.counts[kind.value].withdrawn += len(there[kind])
        ids = list(there[kind])
        if options.dry_run:
            for id in ids:
                report.changes.withdrawn(kind, id, there[kind][id])
            continue
        for start in range(0, len(ids), _BATCH):
            await withdraw_things(graph, kind, ids[start : start + _BATCH], source, manner=Manner(run=options.run))


async def _stated(graph: Graph, kind: Kind, source: str, removed: Sequence[Removed]) -> dict[str, str]:
    """Id and name of those that the source still states."""
    ids = [one.id for one in removed if one.kind is kind]
    if not ids:
        return {}
    records = await by_ids(graph, kind, ids)
    return {id: record["name"] for id, record in records.items() if source in (record.get("sources") or ())}


def _tell(removed: Sequence[Removed], report: ImportReport) -> None:
    for one in removed:
        message = f"{one.kind} {one.id} was exported to this workbook and its row is gone"
        done = "nothing was withdrawn; --full does it"
        report.findings.note(Finding("ROW_REMOVED", Severity.INFO, one.place, message, done, one.id, (one.id,)))


def _stopped(source: str, going: int, held: int, why: str, first: Removed) -> Finding:
    return Finding(
        "WITHDRAW_STOPPED",
        Severity.ERROR,
        first.place,
        f"{going:,} of the {held:,} entries that {source} had in the file are gone from it: {why}",
        "nothing was withdrawn; if that is right, give a higher --withdraw-share",
        source,
    )
