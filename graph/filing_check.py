"""The check of a filing: what may do the same already, or what its end would touch; and what counts as no duplicate."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from graph.changes import now
from graph.engine import Graph
from graph.facts import Kind, as_text
from graph.filing_content import Content, content_from, overlaid, proposal_of
from graph.filing_records import Candidate, Filing
from graph.filing_rules import FilingRules
from graph.filing_states import FilingKind
from graph.impact import Impact, Impacts
from graph.matching.checks import Checks
from graph.matching.proposals import Proposal, plain
from graph.moment import Level
from graph.planned_change import ChangeKind, PlannedChange
from graph.refusals import NotFound, Refusal
from graph.solutions import instances, named
from graph.statements import json_text
from graph.things import Record, by_ids

__all__ = ["Checked", "Checker", "by_checks", "check_filing", "registered"]

Checker = Callable[[Mapping[str, Any], str | None, Sequence[str]], Awaitable[Mapping[str, Any]]]
"""From a proposal, as JSON, the name of the rule profile that it is checked under, and the systems that are no
duplicates of it, to a report as JSON."""

MOST_BELOW = 20
"""Candidates below the thresholds that a filing keeps; its report has all."""
MOST_TOLD = 100
"""Departments of an impact that are named."""

HOLDERS = """
UNWIND $ids AS id
MATCH (r:Resource {id: id})<-[h:HOLDS]-(s:System)
WHERE h.recorded_to IS NULL
RETURN collect([id, s.id]) AS pairs
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check came to: the report as it is kept, and what the filing needs of it."""

    report: str
    rules: str | None
    sequence: int
    verdict: str | None
    candidates: Sequence[Candidate]


def by_checks(checks: Callable[[], Checks], rules: FilingRules) -> Checker:
    """The duplicate check, under the profile of that name, or the one in force where the filing has none yet."""

    async def check(proposal: Mapping[str, Any], name: str | None, besides: Sequence[str]) -> Mapping[str, Any]:
        profile = (None if name is None else rules.profiles.find(name)) or rules.received(now())
        report: Mapping[str, Any] = plain(await checks().check(Proposal.from_json(proposal), profile, besides))
        return report

    return check


async def registered(graph: Graph, id: str, argument: str = "system") -> Record:
    """A registered system. Raises NotFound that names `argument`."""
    found = (await by_ids(graph, Kind.SYSTEM, [id])).get(id)
    if found is None or found.get("unregistered") or found.get("closed"):
        raise NotFound(f"{argument}: {id} is no registered system", argument=argument, ids=[id])
    return found


async def check_filing(
    graph: Graph, filing: Filing, checker: Checker, impacts: Callable[[], Impacts], zone: tzinfo
) -> Checked:
    """Look now. Raises what the checker raises, NotFound where the filing's system is gone."""
    if filing.kind is FilingKind.RETIRE:
        return await _retiring(graph, filing, impacts())
    content, _ = content_from(filing.kind, filing.content, zone)
    itself = [] if filing.system is None else [filing.system]
    report = await checker(await _proposal(graph, filing, content), filing.rules, itself)
    exempt = await _exempt(graph, filing, report["candidates"])
    found = [
        Candidate(one["id"], one["kind"], one["name"], one["score"], one.get("over"), exempt.get(one["id"]))
        for one in report["candidates"]
    ]
    below = [one for one in found if not one.over][:MOST_BELOW]
    kept = [one for one in found if one.over or one in below]
    return Checked(json_text(report), report.get("rules"), report["sequence"], report["verdict"], kept)


async def _proposal(graph: Graph, filing: Filing, content: Content) -> dict[str, Any]:
    if filing.kind is FilingKind.CHANGE:
        content = overlaid(content, await registered(graph, filing.system or ""))
    id = content.values.get("department")
    department = {} if id is None else (await by_ids(graph, Kind.DEPARTMENT, [id])).get(id, {})
    return proposal_of(content, department.get("jurisdiction"))


async def _exempt(graph: Graph, filing: Filing, candidates: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Which candidates are no duplicates, and why: the system itself, the solution that it is an instance of, and the
    other instances; and what those hold."""
    systems: dict[str, str] = {}
    if filing.solution is not None:
        solution = (await named(graph, [filing.solution])).get(filing.solution)
        systems |= dict.fromkeys((await instances(graph, [filing.solution]))[filing.solution], "INSTANCE")
        systems |= {} if solution is None else {solution.system: "SOLUTION"}
    if filing.system is not None:
        systems[filing.system] = "SELF"
    if not systems:
        return {}
    resources = [one["id"] for one in candidates if one["kind"] == Kind.RESOURCE.value]
    pairs = (await graph.read(HOLDERS, ids=resources))[0]["pairs"] if resources else []
    return {**systems, **{id: systems[holder] for id, holder in pairs if holder in systems}}


async def _retiring(graph: Graph, filing: Filing, impacts: Impacts) -> Checked:
    """What the end of a system would touch."""
    id = filing.system or ""
    await registered(graph, id)
    try:
        impact = await impacts.find(PlannedChange(ChangeKind.RETIRE, (id,)))
    except Refusal as refusal:
        told = str(refusal).partition(": ")[2] or str(refusal)
        raise type(refusal)(f"system: {told}", argument="system", ids=refusal.ids) from refusal
    report: dict[str, Any] = {
        "rules": filing.rules_version,
        "sequence": impact.sequence,
        "at": as_text(impact.as_of),
        "proposal": {"retire": id},
        "verdict": None,
        "candidates": [],
        "impact": summary(impact),
    }
    return Checked(json_text(report), filing.rules_version, impact.sequence, None, [])


def summary(impact: Impact) -> dict[str, Any]:
    """What an impact comes to, short enough to be kept."""
    told = impact.departments
    return {
        "complete": impact.complete,
        "affected": {level.name: len(impact.at_level(level).ids) for level in Level},
        "departments": [
            {"id": one.id, "fields": one.fields, "resources": one.resources, "systems": one.systems}
            for one in told[:MOST_TOLD]
        ],
        "departmentsInAll": len(told),
    }
