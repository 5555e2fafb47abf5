"""What is broken or odd in the whole registry, in lists: narrowed, ordered, counted, in pages that stay right.

All findings of a question are worked out from a net that stands at one change of the graph, and taken from it for
good: what is written later does not change an answer that somebody reads.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graph import noted, particulars
from graph.at_hand import MEGABYTES, NetAtHand
from graph.broken import FINDING_KINDS, FindingKind, Sweep
from graph.changes import now, position
from graph.engine import Graph
from graph.facts import Kind, Severity
from graph.finding_lists import FindingList, FindingOrder, listed
from graph.found_findings import Found, taken
from graph.net import Net
from graph.particulars import Particulars
from graph.projection import Projection
from graph.refusals import BadInput, NotFound
from graph.remembered import Remembered
from graph.scopes import lower_jurisdictions
from graph.things import find as find_things

QUIET_DAYS = 90
"""After how many days a source that was not imported is quiet, where nobody says."""
MOST_DAYS = 36_500
ROOM = 2_000_000
"""Rows of all the answers that are kept."""
_SHORT = 20_000
"""Things and links that are swept at once, without another thread."""
_TRIES = 3
_DAY = 86_400_000_000

_SWEPT = (Kind.JURISDICTION, Kind.DEPARTMENT, Kind.SYSTEM, Kind.RESOURCE, Kind.FIELD)


@dataclass(frozen=True, slots=True)
class AskedFindings:
    """A question. `kinds`, `severities`, `codes` (of imports) and `within` (a thing) narrow where they are given."""

    kinds: tuple[FindingKind, ...] | None = None
    within: str | None = None
    severities: tuple[Severity, ...] | None = None
    codes: tuple[str, ...] | None = None
    order: FindingOrder = FindingOrder.KIND
    as_of: int | None = None
    quiet_days: int = QUIET_DAYS

    @property
    def swept(self) -> tuple[FindingKind, ...]:
        """The kinds that are asked for, each once."""
        kinds = FINDING_KINDS if self.kinds is None else self.kinds
        return tuple(kind for kind in FINDING_KINDS if kind in kinds)


def check(asked: AskedFindings) -> None:
    """Raise BadInput for what means nothing."""
    if not 1 <= asked.quiet_days <= MOST_DAYS:
        raise BadInput(f"quietDays: must be from 1 to {MOST_DAYS:,}, not {asked.quiet_days:,}", argument="quietDays")
    for name in ("kinds", "severities", "codes"):
        values = getattr(asked, name)
        if values is not None and not values:
            raise BadInput(f"{name}: is empty, so nothing could be found; leave it out for all", argument=name)


class FindingSearch:
    """Answers questions about one graph: from the projection, or from a net that is read for the question.

    Such a net may take `megabytes`.
    """

    def __init__(self, graph: Graph, projection: Projection, megabytes: int = MEGABYTES) -> None:
        self.graph = graph
        self.projection = projection
        self._nets = NetAtHand(graph, projection, "findings", megabytes)
        self._found: Remembered[Found] = Remembered(ROOM)
        self._lists: Remembered[FindingList] = Remembered(ROOM)

    async def find(self, asked: AskedFindings) -> FindingList:
        """The list. Raises BadInput, NotFound, or TooCostly where the graph is too large to be looked at as a whole."""
        check(asked)
        within = None if asked.within is None else await self._within(asked.within)
        found = await self._all(asked)
        question = (id(found), within, asked.severities, asked.codes, asked.order)
        known = self._lists.find(question, found.state)
        if known is None:
            arguments = (found, within, asked.severities, asked.codes, asked.order)
            long = found.size > _SHORT
            known = await asyncio.to_thread(listed, *arguments) if long else listed(*arguments)
            self._lists.keep(question, found.state, known, found.size)
        return known

    async def _within(self, id: str) -> tuple[str, ...]:
        """A thing, and the jurisdictions below it."""
        record = (await find_things(self.graph, [id])).get(id)
        if record is None:
            raise NotFound(f"within: the registry does not know {id}", argument="within", ids=[id])
        if record["kind"] not in _SWEPT:
            raise BadInput(
                f"within: {id} is a {record['kind'].label}; name a jurisdiction, department, system, resource or field",
                argument="within",
                ids=[id],
            )
        if record["kind"] is Kind.JURISDICTION:
            return tuple(await lower_jurisdictions(self.graph, [id]))
        return (id,)

    async def _all(self, asked: AskedFindings) -> Found:
        """All findings of the kinds asked for."""
        for last in range(_TRIES):
            net, state = await self._nets.look(await noted.state(self.graph), lambda state: self._known(asked, state))
            if isinstance(net, Found):
                return net
            found = await self._swept(net, asked, state)
            # What the net does not hold was read later: both are to be of one change.
            if (await position(self.graph)).sequence == state[0] or last == _TRIES - 1:
                self._found.keep(_question(asked), state, found, found.size)
                return found
        raise AssertionError("the last try answers")

    def _known(self, asked: AskedFindings, state: Any) -> Found | None:
        found = self._found.find(_question(asked), state)
        at = now() if asked.as_of is None else asked.as_of
        return found if found is not None and found.begins <= at < found.ends else None

    async def _swept(self, net: Net, asked: AskedFindings, state: Any) -> Found:
        at = now() if asked.as_of is None else asked.as_of
        told = await self._particulars(net, asked, at)
        days = asked.quiet_days * _DAY

        def sweep() -> Found:
            one = Sweep(net, at, told)
            rows = [one.rows(kind) for kind in asked.swept]
            return taken(one.standing, rows, told.noted, state, (moment + days for moment in told.heard.values()))

        return sweep() if net.size + net.start.size <= _SHORT else await asyncio.to_thread(sweep)

    async def _particulars(self, net: Net, asked: AskedFindings, at: int) -> Particulars:
        """What the kinds asked for need to know and the net does not hold."""
        graph, kinds = self.graph, set(asked.swept)
        told = Particulars()
        if FindingKind.NO_SOURCE in kinds:
            told.originals = await particulars.originals(graph)
        if kinds & {
            FindingKind.NOT_MOUNTED,
            FindingKind.READER_WITHOUT_AGREEMENT,
            FindingKind.FLOW_WITHOUT_AGREEMENT,
        }:
            told.share_types = await particulars.share_types(graph)
        if FindingKind.AGREEMENT_WITHOUT_FLOW in kinds:
            told.statuses = await particulars.statuses(graph)
        if FindingKind.UNREGISTERED in kinds:
            told.references = await particulars.references(graph, net, _unregistered(net))
        if FindingKind.QUIET_SOURCE in kinds:
            told.heard = await particulars.heard(graph)
            limit = at - asked.quiet_days * _DAY
            told.quiet = await particulars.quiet(graph, [id for id, last in told.heard.items() if last <= limit])
        if FindingKind.IMPORT in kinds:
            told.noted = await noted.every(graph)
        return told


def _question(asked: AskedFindings) -> Any:
    return asked.swept, asked.as_of, asked.quiet_days


def _unregistered(net: Net) -> Sequence[int]:
    found: list[int] = np.flatnonzero(net.unregistered.data & (net.kind.data >= 0)).tolist()
    return found
