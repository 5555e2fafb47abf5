"""The end of a full run: what its source no longer states is withdrawn, guarded."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from graph.engine import Graph
from graph.facts import Finding, Kind, Place, Severity
from graph.plan import Manner
from graph.things import by_ids
from graph.withdraw import stated_links, stated_things, withdraw_links, withdraw_things
from registry.report import ImportReport, Stopped
from registry.spill import FLOWS, KINDS, Spill

if TYPE_CHECKING:
    from registry.imports import ImportOptions


async def withdraw(
    graph: Graph,
    spill: Spill,
    report: ImportReport,
    before: Mapping[str, int],
    options: "ImportOptions",
    *,
    partial: bool,
) -> None:
    """Withdraw what each source states in the graph and not in this run; `before` is how much each stated before it.

    Nothing of a source is withdrawn when something of the files was not taken (`partial`), or when more than
    `withdraw_share` of what it states would go: the report says so and how to go on. A dry run only counts.
    """
    for source, total in before.items():
        options.progress(f"compare {source}", 0, None)
        gone = await _compare(graph, spill, source)
        going = sum(gone.values())
        if going == 0:
            continue
        why = _why_not(going, total, options.withdraw_share, partial=partial)
        if why is not None:
            report.stopped.append(Stopped(source, going, total, why))
            report.findings.note(_stopped(source, going, total, why, partial=partial))
            continue
        for what, count in gone.items():
            report.counts[what].withdrawn += count
        if options.dry_run:
            await _list(graph, spill, source, report)
        else:
            await _withdraw(graph, spill, source, options, going)


async def _compare(graph: Graph, spill: Spill, source: str) -> dict[str, int]:
    """What `source` no longer states, kept in the spill, counted by kind and flow."""
    gone: dict[str, int] = {}
    for flow in FLOWS:
        async for links in stated_links(graph, source, flow):
            missing = spill.links_not_stated(source, flow, links)
            spill.keep_gone(flow, source, missing)
            gone[flow.lower()] = gone.get(flow.lower(), 0) + len(missing)
    for kind in KINDS:
        async for ids in stated_things(graph, source, kind):
            lost = spill.not_stated(source, kind, ids)
            spill.keep_gone(kind.value, source, [(id,) for id in lost])
            gone[kind.value] = gone.get(kind.value, 0) + len(lost)
    return gone


async def _list(graph: Graph, spill: Spill, source: str, report: ImportReport) -> None:
    """List what would go, as far as it is listed."""
    for kind in KINDS:
        for rows in spill.gone(kind.value, source):
            ids = [row[0] for row in rows]
            known = {} if report.changes.full else await by_ids(graph, kind, ids)
            for id in ids:
                report.changes.withdrawn(kind, id, known[id]["name"] if id in known else None)


async def _withdraw(graph: Graph, spill: Spill, source: str, options: "ImportOptions", total: int) -> None:
    """Links first, then things from the agreements up to the jurisdictions."""
    done, manner = 0, Manner(run=options.run)
    for flow in FLOWS:
        for links in spill.gone(flow, source):
            gone = [(one, two, job, since) for one, two, job, since in links]
            await withdraw_links(graph, flow, gone, source, manner=manner)
            done += len(links)
            options.progress(f"withdraw {source}", done, total)
    for kind in reversed(KINDS):
        for rows in spill.gone(kind.value, source):
            await withdraw_things(graph, Kind(kind), [row[0] for row in rows], source, manner=manner)
            done += len(rows)
            options.progress(f"withdraw {source}", done, total)


def _why_not(going: int, total: int, share: float, *, partial: bool) -> str | None:
    if partial:
        return "not all that the files say could be taken"
    if going > share * total:
        return f"that is {going / total:.1%} of what it states, more than {share:.1%}"
    return None


def _stopped(source: str, going: int, total: int, why: str, *, partial: bool) -> Finding:
    way_out = "mend the files and import them again" if partial else "if that is right, give a higher --withdraw-share"
    return Finding(
        "WITHDRAW_STOPPED",
        Severity.ERROR,
        Place(),
        f"{going:,} of the {total:,} things and links that {source} states are not in the files: {why}",
        f"nothing was withdrawn; {way_out}",
        source,
    )
