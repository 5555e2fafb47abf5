"""Findings as an export: all of a list, and what was asked."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from graph.changes import now
from graph.facts import as_text
from graph.finding_lists import FindingList
from graph.findings import AskedFindings, FindingSearch
from graph.refusals import BadInput
from registry.exporting.export import Each, Export, Part, column
from registry.exporting.lineage import ANONYMOUS
from registry.exporting.ready import TABLES, Ready, table
from registry.exporting.service import Given, Offer
from registry.finding_answers import finding_record
from resolvers.findings import asked_findings
from resolvers.questions import Questions

__all__ = ["FINDINGS", "FindingExports", "findings_export"]

_PAGED = ("first", "after", "last", "before")


FINDINGS = [
    column("kind"),
    column("severity"),
    column("code"),
    column("message"),
    Each("things", "things", "id"),
    Each("thingNames", "things", "name"),
    column("count"),
    column("crosses"),
    column("department", "department", "id"),
    column("departmentName", "department", "name"),
    column("jurisdiction", "jurisdiction", "id"),
    column("jurisdictionName", "jurisdiction", "name"),
    column("since"),
    column("sources"),
    *(column(name, "place", name) for name in ("file", "sheet", "row", "column", "value", "done")),
    column("wayOut"),
    column("rule"),
    column("id"),
]


def findings_export(asked: AskedFindings, found: FindingList) -> Export:
    """The export of a list; what was asked is told as GraphQL has it."""

    def read(first: int, last: int) -> dict[str, list[Any]]:
        records = [finding_record(found.row(place)) for place in range(first, last)]
        return {name: [record[name] for record in records] for name in records[0]}

    header = {
        "kinds": [kind.value for kind in asked.swept],
        "within": asked.within,
        "severities": _all_if_none(asked.severities),
        "codes": _all_if_none(asked.codes),
        "orderBy": asked.order.value,
        "quietDays": asked.quiet_days,
        "asOf": as_text(found.found.as_of),
        "now": as_text(now()),
        "viewer": ANONYMOUS,
        "sequence": str(found.found.sequence),
        "complete": True,
        "hiddenCount": 0,
        "findings": len(found),
    }
    return Export("findings", header, [Part("findings", "finding", len(found), FINDINGS, read)], complete=True)


def _all_if_none(values: Sequence[str] | None) -> list[str] | str:
    return "all" if values is None else [str(value) for value in values]


class FindingExports:
    """Answers what is asked of findings."""

    paths = tuple(f"/export/findings.{suffix}" for suffix in TABLES)

    def __init__(self, questions: Questions, search: FindingSearch) -> None:
        self._questions = questions
        self._search = search

    def offers(self) -> Sequence[Offer]:
        """What there is."""
        return [Offer("findings", TABLES, self._make)]

    async def _make(self, suffix: str, given: Given, stack: AsyncExitStack) -> Ready:
        values = given.of(self._questions, "findings")
        for name in _PAGED:
            if name in values:
                raise BadInput(f"{name}: an export is always whole; leave it out", argument=name)
        asked = asked_findings(**self._questions.arguments("findings", values))
        return await table(findings_export(asked, await self._search.find(asked)), suffix, given.format, stack)
