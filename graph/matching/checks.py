"""Duplicate checks against one graph: candidates by the catalogue, scores by the rules, a report that keeps its inputs.

checks = Checks(graph, ElementMatcher(graph))
report = await checks.check(Proposal.from_json({…}), profiles.in_force(today))
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import chain

from graph.element_matching import LONGEST_NAME, ElementMatcher
from graph.engine import Graph
from graph.facts import Kind, as_text
from graph.matching.catalogue import Catalogue
from graph.matching.likeness import Frequencies
from graph.matching.proposals import Existing, Known, Named, Proposal, Report
from graph.matching.reports import check
from graph.matching.scoring import Rules, matter, needed_grams
from graph.matching.synonyms import sense
from graph.matching.words import words
from graph.profiles import RuleProfile
from graph.solutions import instances, named
from graph.things import Record, find

CANDIDATES = 150
"""How many systems and resources are scored."""
FIELDS = 20
"""Fields of one name, or with one data element, that are looked at."""
RESOURCES = 20
"""Proposed resources for whose fields data elements are suggested."""
SURE = 0.6
"""From which score on a suggested data element counts."""


class Checks:
    """Checks proposals against what one graph has."""

    def __init__(self, graph: Graph, matcher: ElementMatcher) -> None:
        self.graph = graph
        self.catalogue = Catalogue(graph, sense)
        self.matcher = matcher

    async def close(self) -> None:
        """Ask the graph nothing more."""
        await self.catalogue.close()
        await self.matcher.close()

    @property
    def reading(self) -> str:
        """How far the catalogue is, for whoever waits for a first check; empty where none is being filled."""
        progress = self.catalogue.progress
        if progress.state != "FILLING":
            return ""
        share = progress.done * 100 // max(progress.total, 1)
        return f"What proposals are checked against is being read, {share} % so far: ask again when it is there."

    async def check(self, proposal: Proposal, profile: RuleProfile, besides: Sequence[str] = ()) -> Report:
        """The report. `besides`: systems that are, with what they hold, no duplicates of it."""
        rules = Rules.from_table(profile.version, profile.duplicates)
        # What is asked together shares one look at where the graph stands.
        known, ids = await asyncio.gather(
            self._known(proposal, besides),
            self.catalogue.candidates(_names(proposal), matter(proposal), most=CANDIDATES),
        )
        read = await self.catalogue.records(ids)
        (count, found), existing = await asyncio.gather(
            self.catalogue.frequencies(needed_grams(proposal, read.candidates)), self._existing(proposal, known)
        )
        return await asyncio.to_thread(
            check,
            proposal,
            read.candidates,
            rules,
            Frequencies(count, found),
            known=known,
            existing=existing,
            sequence=read.sequence,
            at=as_text(read.at),
        )

    async def _known(self, proposal: Proposal, besides: Sequence[str]) -> Known:
        wanted = {Kind.DEPARTMENT: proposal.department, Kind.JURISDICTION: proposal.jurisdiction}
        stated = await find(self.graph, [*filter(None, wanted.values()), *proposal.reads])
        unknown = [id for kind, id in wanted.items() if id and (id not in stated or stated[id]["kind"] is not kind)]
        solution = await self._instances(proposal.instance_of)
        missing = [proposal.instance_of] if proposal.instance_of and not solution else []
        department = None if proposal.department in unknown else proposal.department
        reads, bodies, elements, exempt = await asyncio.gather(
            self._reads(proposal.reads, stated),
            self.catalogue.bodies(filter(None, [department])),
            self._elements(proposal, department),
            self.catalogue.with_parts([*besides, *solution]),
        )
        return Known(
            department=bodies.get(department or ""),
            elements=elements,
            reads=tuple({one.id: one for one in reads.values()}.values()),
            instances=exempt,
            unknown=(*unknown, *missing, *(name for name in dict.fromkeys(proposal.reads) if name not in reads)),
        )

    async def _reads(self, reads: Sequence[str], stated: Mapping[str, Record]) -> dict[str, Named]:
        """The resources that are read: named by id, else by a name that one resource alone has."""
        found = {id: Named(id, stated[id]["name"]) for id in reads if id in stated}
        called = await self.catalogue.called([name for name in reads if name not in found], Kind.RESOURCE)
        return found | {name: Named(ids[0], name) for name, ids in called.items() if len(ids) == 1}

    async def _instances(self, solution: str | None) -> tuple[str, ...]:
        """The system of the standard solution that is proposed, and its other instances; none where it is not known."""
        if solution is None:
            return ()
        found = (await named(self.graph, [solution])).get(solution)
        return () if found is None else (found.system, *(await instances(self.graph, [solution]))[solution])

    async def _elements(self, proposal: Proposal, department: str | None) -> dict[str, Named]:
        """The data elements that proposed fields carry: by their names, else as is suggested for them and sure."""
        names = chain.from_iterable(one.fields for one in proposal.resources)
        found = await self.catalogue.elements_called(name for name in dict.fromkeys(names) if words(name).core)
        tables = [
            (one.name, [name for name in dict.fromkeys(one.fields) if name not in found and len(name) <= LONGEST_NAME])
            for one in proposal.resources[:RESOURCES]
        ]
        told = await self.matcher.match_tables(tables, department, first=1)
        sure = {name: best[0].element_id for name, best in told if best and best[0].score >= SURE}
        called = await self.catalogue.names(sure.values())
        return found | {name: called[id] for name, id in sure.items() if id in called}

    async def _existing(self, proposal: Proposal, known: Known) -> list[Existing]:
        names = dict.fromkeys(chain.from_iterable(one.fields for one in proposal.resources))
        named, carrying = await asyncio.gather(
            self.catalogue.fields_named(names, FIELDS),
            self.catalogue.fields_carrying([one.id for one in known.elements.values()], FIELDS),
        )
        found = chain.from_iterable(one.fields for one in (*named.values(), *carrying.values()))
        return list({one.id: one for one in found}.values())


def _names(proposal: Proposal) -> list[str]:
    return [proposal.name, *(one.name for one in proposal.resources)]
