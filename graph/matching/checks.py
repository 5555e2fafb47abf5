"""Duplicate checks against one graph: candidates by the catalogue, scores by the rules, a report that keeps its inputs.

checks = Checks(graph, Catalogue(graph, sense), ElementMatcher(graph))
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

    def __init__(self, graph: Graph, catalogue: Catalogue, matcher: ElementMatcher) -> None:
        self.graph = graph
        self.catalogue = catalogue
        self.matcher = matcher

    async def check(self, proposal: Proposal, profile: RuleProfile, besides: Sequence[str] = ()) -> Report:
        """The report. `besides`: systems that are, with what they hold, no duplicates of it."""
        rules = Rules.from_table(profile.version, profile.duplicates)
        known = await self._known(proposal, besides)
        ids = await self.catalogue.candidates(_names(proposal), matter(proposal), most=CANDIDATES)
        read = await self.catalogue.records(ids)
        count, found = await self.catalogue.frequencies(needed_grams(proposal, read.candidates))
        existing = await self._existing(proposal, known)
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
        reads = await self._reads(proposal.reads, stated)
        solution = await self._instances(proposal.instance_of)
        missing = [proposal.instance_of] if proposal.instance_of and not solution else []
        department = None if proposal.department in unknown else proposal.department
        bodies = await self.catalogue.bodies(filter(None, [department]))
        return Known(
            department=bodies.get(department or ""),
            elements=await self._elements(proposal, department),
            reads=tuple({one.id: one for one in reads.values()}.values()),
            instances=await self.catalogue.with_parts([*besides, *solution]),
            unknown=(*unknown, *missing, *(name for name in dict.fromkeys(proposal.reads) if name not in reads)),
        )

    async def _reads(self, reads: Sequence[str], stated: Mapping[str, Record]) -> dict[str, Named]:
        """The resources that are read: named by id, else by a name that one resource alone has."""
        found = {id: Named(id, stated[id]["name"]) for id in reads if id in stated}
        for name in dict.fromkeys(reads):
            if name not in found:
                ids = await self.catalogue.called(name, Kind.RESOURCE)
                if len(ids) == 1:
                    found[name] = Named(ids[0], name)
        return found

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
        named = await self.catalogue.fields_named(names, FIELDS)
        carrying = await self.catalogue.fields_carrying([one.id for one in known.elements.values()], FIELDS)
        found = chain.from_iterable(one.fields for one in (*named.values(), *carrying.values()))
        return list({one.id: one for one in found}.values())


def _names(proposal: Proposal) -> list[str]:
    return [proposal.name, *(one.name for one in proposal.resources)]
