"""Cycles at a level: sets of nodes of which each can be reached from each other, along edges rolled up to the level.

And mutual dependence: pairs of nodes with an edge each way. Both look at all that flows at one moment
(`graph/flows.py`): from the projection where it is ready, else from a survey (`graph/survey.py`). Answers are kept
while the graph does not change.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from graph.changes import now
from graph.engine import Graph
from graph.facts import Kind
from graph.ground import Ground
from graph.moment import Level, Moment
from graph.mutual import FoundPairs, mutual, ordered_pairs
from graph.net import KINDS, OPEN_END, Net, distinct
from graph.projection import Projection
from graph.refusals import BadInput, NotFound
from graph.remembered import Remembered
from graph.strong import FoundCycles, ordered_sets, strong
from graph.survey import Survey
from graph.things import find as find_things

MEGABYTES = 512
"""What a survey may take where no projection is allowed for."""
_KEPT = 8
"""Answers that are kept."""

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class AskedCycles:
    """What is asked for. `within` is the id of a container; instants are microseconds since 1970 UTC, `None` is now."""

    level: Level
    within: str | None = None
    as_of: int | None = None
    known_at: int | None = None


class Cycles:
    """Answers questions about cycles on one graph. `megabytes`: what a survey may take, where one is needed."""

    def __init__(self, graph: Graph, projection: Projection, megabytes: int = 0) -> None:
        self.graph = graph
        self.projection = projection
        self._megabytes = megabytes or projection.limit // 1_000_000 or MEGABYTES
        self._survey: Survey | None = None
        self._remembered: Remembered[Any] = Remembered(_KEPT)
        self._working = asyncio.Lock()

    async def close(self) -> None:
        """Read nothing more."""
        if self._survey is not None:
            await self._survey.close()

    async def sets(self, asked: AskedCycles) -> FoundCycles:
        """The strongly connected sets. Raises BadInput, NotFound, or TooCostly where the graph is too large."""
        return await self._found(asked, self._sets)

    async def pairs(self, asked: AskedCycles) -> FoundPairs:
        """The pairs of nodes of the level's own kind that flow into each other. Raises as `sets`."""
        return await self._found(asked, self._pairs)

    async def _found(self, asked: AskedCycles, work: Callable[[Ground, int], Awaitable[F]]) -> F:
        if asked.within == "":
            raise BadInput("within: an id may not be empty", argument="within")
        async with self._reading(asked.known_at) as (net, sequence, at):
            as_of = now() if asked.as_of is None else asked.as_of
            question = (work.__name__, asked.level, asked.within, asked.known_at, net.stretch(as_of))
            # Whoever asks the same meanwhile waits for the same answer.
            async with self._working:
                found: F | None = self._remembered.find(question, (sequence, at))
                if found is None:
                    within = await self._within(net, asked)
                    ground = Ground(self.graph, Moment(net, as_of), asked.level, asked.known_at, sequence)
                    found = await work(ground, within)
                    self._remembered.keep(question, (sequence, at), found, 1)
            return found

    @asynccontextmanager
    async def _reading(self, known_at: int | None) -> AsyncIterator[tuple[Net, int, int]]:
        """The whole graph as arrays, the change that it is as of, and when that was."""
        async with self.projection.at_hand(known_at) as held:
            if held is not None:
                if self._survey is not None and self._survey.state == "READY":
                    self._survey = None
                yield *held, self.projection.at
                return
        if self._survey is None:
            self._survey = Survey(self.graph, self._megabytes)
        survey = self._survey
        async with survey.reading(known_at) as (net, sequence):
            yield net, sequence, survey.at

    async def _within(self, net: Net, asked: AskedCycles) -> int:
        """The index of the container; -1 where none is asked for."""
        id = asked.within
        if id is None:
            return -1
        at = net.index.get(id, -1)
        known = OPEN_END if asked.known_at is None else asked.known_at
        if at >= 0 and net.kind.data[at] >= 0 and net.created.data[at] <= known:
            kind = KINDS[net.kind.data[at]]
        else:
            record = (await find_things(self.graph, [id])).get(id)
            kind = Kind.FIELD if record is not None and record["kind"] is Kind.FIELD else None
        if kind is None:
            raise NotFound(f"within: the registry does not know {id}", argument="within", ids=[id])
        if kind in (Kind.FIELD, Kind.ELEMENT, Kind.AGREEMENT):
            message = f"within: {id} is a {kind.label}; give a jurisdiction, department, system or resource"
            raise BadInput(message, argument="within", ids=[id])
        return at

    async def _sets(self, ground: Ground, within: int) -> FoundCycles:
        links, members, labels = await asyncio.to_thread(strong, ground, within)
        await ground.learn(members)
        return await asyncio.to_thread(ordered_sets, ground, links, members, labels)

    async def _pairs(self, ground: Ground, within: int) -> FoundPairs:
        links, one, other, counts = await asyncio.to_thread(mutual, ground, within)
        nodes = distinct(np.concatenate([one, other]))
        await ground.learn(nodes)
        return await asyncio.to_thread(ordered_pairs, ground, links, nodes, (one, other, counts))
