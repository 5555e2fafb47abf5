"""Conflicts about data elements in lists: narrowed, counted, in pages that stay right."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from graph.at_hand import MEGABYTES, NetAtHand, State
from graph.carriers import read_carriers
from graph.changes import now, position
from graph.element_conflicts import CONFLICT_KINDS, ConflictKind, Judging
from graph.engine import Graph
from graph.facts import Kind
from graph.found_conflicts import ConflictList, ConflictRow, Conflicts, listed, taken
from graph.net import Net
from graph.profiles import Profiles, RuleProfile
from graph.projection import Projection
from graph.refusals import BadInput, NotFound
from graph.remembered import Remembered
from graph.things import find as find_things

__all__ = ["AskedConflicts", "ConflictSearch"]

_TRIES = 3
_ROOM = 2_000_000
"""Rows of an answer that are kept."""
_SHORT = 20_000
"""Things and links that are looked at at once, without another thread."""


@dataclass(frozen=True, slots=True)
class AskedConflicts:
    """A question: `kinds`, `element` and `department` (that has a part in it) narrow where they are given."""

    kinds: tuple[ConflictKind, ...] | None = None
    element: str | None = None
    department: str | None = None


class ConflictSearch:
    """Answers questions about one graph: from the projection, or from a net that is read for the question.

    Such a net may take `megabytes`. `rules` are those in force.
    """

    def __init__(
        self,
        graph: Graph,
        projection: Projection,
        megabytes: int = MEGABYTES,
        rules: Callable[[], RuleProfile] = lambda: Profiles().all[-1],
    ) -> None:
        self._rules = rules
        self.graph = graph
        self._nets = NetAtHand(graph, projection, "elementConflicts", megabytes)
        self._found: Remembered[Conflicts] = Remembered(_ROOM * 4)

    async def find(self, asked: AskedConflicts) -> ConflictList:
        """The list. Raises BadInput, NotFound, or TooCostly where the graph is too large to be looked at as a whole."""
        if asked.kinds is not None and not asked.kinds:
            raise BadInput("kinds: is empty, so nothing could be found; leave it out for all", argument="kinds")
        await self._check(asked.element, Kind.ELEMENT, "element")
        await self._check(asked.department, Kind.DEPARTMENT, "department")
        elements = None if asked.element is None else {asked.element}
        return listed(await self._all(), asked.kinds or CONFLICT_KINDS, elements, asked.department)

    async def of_elements(self, ids: Iterable[str]) -> dict[str, list[ConflictRow]]:
        """The conflicts of some elements, by id, in the order of `ConflictKind`."""
        found: dict[str, list[ConflictRow]] = {id: [] for id in ids}
        those = listed(await self._all(), CONFLICT_KINDS, set(found), None)
        for place in range(len(those)):
            row = those.row(place)
            found[row.element.id].append(row)
        return found

    async def _check(self, id: str | None, kind: Kind, argument: str) -> None:
        if id is None:
            return
        record = (await find_things(self.graph, [id])).get(id)
        if record is None:
            raise NotFound(f"{argument}: the registry does not know {id}", argument=argument, ids=[id])
        if record["kind"] is not kind:
            raise BadInput(f"{argument}: {id} is a {record['kind'].label}", argument=argument, ids=[id])

    async def _all(self) -> Conflicts:
        fresh_days = self._rules().freshness
        for last in range(_TRIES):
            net, state = await self._nets.look(tuple(fresh_days.items()), self._known)
            if isinstance(net, Conflicts):
                return net
            found = await self._judged(net, state, fresh_days)
            # What the net does not hold was read later: both are to be of one change.
            if (await position(self.graph)).sequence == state[0] or last == _TRIES - 1:
                self._found.keep((), state, found, found.room)
                return found
        raise AssertionError("the last try answers")

    def _known(self, state: State) -> Conflicts | None:
        found = self._found.find((), state)
        return found if found is not None and found.begins <= now() < found.ends else None

    async def _judged(self, net: Net, state: State, fresh_days: Mapping[str, float]) -> Conflicts:
        at, carriers = now(), await read_carriers(self.graph, fresh_days)

        def judge() -> Conflicts:
            return taken(Judging(net, at, carriers), state)

        return judge() if net.size + net.start.size <= _SHORT else await asyncio.to_thread(judge)
