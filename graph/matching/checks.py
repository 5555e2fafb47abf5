"""Duplicate checks against one graph: candidates by the catalogue, scores by the rules, a report that keeps its inputs.

checks = Checks(graph, Catalogue(graph), Profiles())
report = await checks.check(Proposal.from_json({…}), profiles.in_force(today))
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from graph.engine import Graph
from graph.facts import Kind, as_text
from graph.matching.catalogue import Catalogue
from graph.matching.likeness import Frequencies
from graph.matching.proposals import Body, Existing, Known, Named, Proposal, Report
from graph.matching.reports import check
from graph.matching.scoring import Rules, matter, needed_grams
from graph.matching.words import words
from graph.profiles import RuleProfile
from graph.refusals import BadInput
from graph.things import Record, find

CANDIDATES = 300
"""How many systems and resources are scored."""
FIELDS = 20
"""Fields of one name, or with one data element, that are looked at."""


class Checks:
    """Checks proposals against what one graph has."""

    def __init__(self, graph: Graph, catalogue: Catalogue) -> None:
        self.graph = graph
        self.catalogue = catalogue

    async def check(self, proposal: Proposal, profile: RuleProfile) -> Report:
        """The report. Raises BadInput that names the place of what the proposal refers to and the registry lacks."""
        rules = Rules.from_table(profile.version, profile.duplicates)
        stated = await self._stated(proposal)
        ids = await self.catalogue.candidates(_names(proposal), matter(proposal), most=CANDIDATES)
        read = await self.catalogue.records(ids)
        count, found = await self.catalogue.frequencies(needed_grams(proposal, read.candidates))
        known = await self._known(proposal, stated)
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

    async def _stated(self, proposal: Proposal) -> dict[str, Record]:
        """The things that a proposal names by id."""
        wanted = {"department": proposal.department, "jurisdiction": proposal.jurisdiction}
        named = [id for id in wanted.values() if id]
        found = await find(self.graph, [*named, *proposal.reads])
        for place, id in wanted.items():
            if id and (id not in found or found[id]["kind"] != place):
                raise BadInput(f"{place}: the registry knows no {place} {id}; name a registered one, or leave it out")
        return found

    async def _known(self, proposal: Proposal, stated: Mapping[str, Record]) -> Known:
        elements = await self._elements(chain.from_iterable(one.fields for one in proposal.resources))
        return Known(
            department=await self._department(proposal, stated),
            elements=elements,
            reads=await self._reads(proposal.reads, stated),
        )

    async def _department(self, proposal: Proposal, stated: Mapping[str, Record]) -> Body | None:
        if proposal.department is None:
            return None
        found = await self.catalogue.bodies([proposal.department])
        return found[proposal.department]

    async def _reads(self, reads: Sequence[str], stated: Mapping[str, Record]) -> tuple[Named, ...]:
        """The resources that are read: named by id, else by a name that one resource alone has."""
        found = {id: Named(id, stated[id]["name"]) for id in reads if id in stated}
        for name in dict.fromkeys(reads):
            if name not in found:
                ids = await self.catalogue.called(name, Kind.RESOURCE)
                if len(ids) == 1:
                    found[name] = Named(ids[0], name)
        return tuple({one.id: one for one in found.values()}.values())

    async def _elements(self, fields: Iterable[str]) -> dict[str, Named]:
        """The data elements that proposed fields carry by their names."""
        names = [name for name in dict.fromkeys(fields) if words(name).core]
        return await self.catalogue.elements_called(names)

    async def _existing(self, proposal: Proposal, known: Known) -> list[Existing]:
        names = dict.fromkeys(chain.from_iterable(one.fields for one in proposal.resources))
        named = await self.catalogue.fields_named(names, FIELDS)
        carrying = await self.catalogue.fields_carrying([one.id for one in known.elements.values()], FIELDS)
        found = chain.from_iterable(one.fields for one in (*named.values(), *carrying.values()))
        return list({one.id: one for one in found}.values())


def _names(proposal: Proposal) -> list[str]:
    return [proposal.name, *(one.name for one in proposal.resources)]
