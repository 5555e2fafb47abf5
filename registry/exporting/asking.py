"""Exports of lineage questions, as rows and as pictures, and of impacts."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

from graph.impact import Impacts
from graph.lineage import Lineages
from graph.refusals import BadInput
from graph.whole import Wholes
from registry.exporting.impact import PARTS, impact_export
from registry.exporting.lineage import lineage_export, unlimited
from registry.exporting.ready import TABLES, Ready, picture, table
from registry.exporting.service import Given, Offer
from registry.pictures.picture import PICTURES, drawn, picture_of
from resolvers.questions import FIELDS, Question, Questions

__all__ = ["ImpactExports", "LineageExports"]


class LineageExports:
    """Answers what is asked of lineage."""

    paths = tuple(f"/export/{name}.{suffix}" for name in FIELDS for suffix in (*TABLES, *PICTURES))

    def __init__(self, questions: Questions, lineages: Lineages, seconds: float) -> None:
        self._questions = questions
        self._lineages = lineages
        self._wholes = Wholes(lineages)
        self._milliseconds = _milliseconds(seconds)

    def offers(self) -> Sequence[Offer]:
        """What there is."""
        return [
            Offer(name, suffixes, partial(make, name))
            for name in FIELDS
            for suffixes, make in ((TABLES, self._table), (tuple(PICTURES), self._picture))
        ]

    async def _table(self, name: str, suffix: str, given: Given, stack: AsyncExitStack) -> Ready:
        question = self._question(name, given)
        budget = question.given.get("budget") or {}
        if budget.get("maxNodes") is not None:
            raise BadInput("budget.maxNodes: an export is always whole; leave it out", argument="budget.maxNodes")
        whole = await self._wholes.find(unlimited(question.asked, budget, self._milliseconds))
        return await table(lineage_export(name, whole), suffix, given.format, stack)

    async def _picture(self, name: str, suffix: str, given: Given, stack: AsyncExitStack) -> Ready:
        asked = self._question(name, given).asked
        shown = drawn(await self._lineages.find(asked), asked)
        return picture(PICTURES[suffix], len(shown.boxes) + len(shown.arrows), await picture_of(shown, suffix))

    def _question(self, name: str, given: Given) -> Question:
        return self._questions.from_values(name, given.of(self._questions, name))


class ImpactExports:
    """Answers what changes would touch."""

    paths = tuple(f"/export/impact.{suffix}" for suffix in TABLES)

    def __init__(self, questions: Questions, impacts: Impacts, seconds: float) -> None:
        self._questions = questions
        self._impacts = impacts
        self._milliseconds = _milliseconds(seconds)

    def offers(self) -> Sequence[Offer]:
        """What there is."""
        return [Offer("impact", TABLES, self._table)]

    async def _table(self, suffix: str, given: Given, stack: AsyncExitStack) -> Ready:
        values = given.of(self._questions, "impact")
        asked = self._questions.arguments("impact", values)
        milliseconds = self._milliseconds if values.get("maxMilliseconds") is None else asked["max_milliseconds"]
        found = await self._impacts.find(asked["change"].planned(), asked.get("as_of"), milliseconds)
        wanted = given.format.get("of", PARTS[0]) if suffix == "csv" else None
        export = await impact_export(self._impacts.graph, found, wanted if wanted in PARTS else None)
        return await table(export, suffix, given.format, stack)


def _milliseconds(seconds: float) -> int:
    """The time for a walk where nobody says."""
    return min(60_000, max(1, int(seconds * 1000)))
