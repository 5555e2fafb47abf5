"""What a change would touch: at each level, what loses its sources, in which order to migrate, whom to tell.

Downstream of the changed things along FEEDS and READS, by the walk of CONTRACT §4; nothing is written. All that
hangs on the net is worked out at once, so that it stands on one change of the graph; agreements and successors are
asked for by `graph/consequences.py`.
"""

import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graph.affected import Affected, Told, Units, affected, homeless, in_order, told
from graph.beside import worked_out
from graph.changes import now, position
from graph.engine import Graph
from graph.facts import Kind
from graph.fill import Filler
from graph.moment import Level, Moment
from graph.moves import Moves
from graph.net import DEPARTMENT, FIELD, RESOURCE, SYSTEM, Bools, Ints, Net, distinct
from graph.planned_change import PlannedChange, check, check_in_force, locate
from graph.projection import Projection
from graph.refusals import BadInput
from graph.remaining import among, remaining, surely
from graph.remembered import Remembered
from graph.rollup import answer
from graph.starts import start_of
from graph.walk import Budget, Question, Stop, Walk, Walked

MOST = 1_000_000
"""Nodes at one level that are walked to in the projection."""
MOST_STATED = 20_000
"""The same where statements answer."""
MILLISECONDS = 5_000
"""Time for all walks together, where nobody says."""
LONGEST = 60_000
FARTHEST = 1_000_000

ROOM = 2_000_000
"""Nodes and edges of all the answers that are kept."""

Need = tuple[Ints, bool, bool]
"""Positions whose surroundings are to be there: whether upstream, whether systems are one with what they hold."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The changed things: those named, and all that lies in them, by id."""

    named: list[str]
    into: str | None
    kind: Kind
    fields: list[str]
    resources: list[str]
    systems: list[str]
    departments: list[str]
    holding: list[str]
    """Resources that are not changed as a whole, but some of their fields are."""


@dataclass(frozen=True, slots=True)
class Impact:
    """An answer, with the change of the graph that it stands on and the instant that it speaks of."""

    change: PlannedChange
    as_of: int
    sequence: int
    changed: Changed
    levels: list[Affected]
    """By level, finest first."""
    units: Units
    """What is affected at the finest grain, by (depth, id): whether it keeps a source."""
    departments: list[Told]
    """By (depth, id)."""
    without_department: int
    """Affected fields, resources and systems that no department answers for."""
    stopped_by: list[Stop]
    kept: dict[Any, Any] = field(default_factory=dict, compare=False)
    """What is worked out from it and may be asked for again."""

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.stopped_by

    @property
    def reached_depth(self) -> int:
        """The greatest depth at any level."""
        return max(one.reached_depth for one in self.levels)

    @property
    def size(self) -> int:
        """Its nodes and edges."""
        return len(self.units) + sum(len(one.ids) + len(one.source) for one in self.levels)

    def at_level(self, level: Level) -> Affected:
        """What is affected at one level."""
        return self.levels[level]


class Impacts:
    """Answers what changes would touch in one graph, from the projection where it is ready, else by statements."""

    def __init__(self, graph: Graph, projection: Projection) -> None:
        self.graph = graph
        self.projection = projection
        self._remembered: Remembered[Impact] = Remembered(ROOM)

    async def find(self, change: PlannedChange, as_of: int | None = None, milliseconds: int = MILLISECONDS) -> Impact:
        """The answer, for which the walks may take so long. Raises BadInput, or NotFound that names all unknown ids."""
        check(change)
        if not 1 <= milliseconds <= LONGEST:
            raise BadInput(
                f"maxMilliseconds: must be from 1 to {LONGEST:,}, not {milliseconds:,}", argument="maxMilliseconds"
            )
        at = now() if as_of is None else as_of
        until = time.monotonic() + milliseconds / 1000
        async with self.projection.at_hand(None) as held:
            if held is not None:
                return await self._by_projection(*held, change, at, until)
        return await self._by_statements(change, at, until)

    async def _by_projection(self, net: Net, sequence: int, change: PlannedChange, at: int, until: float) -> Impact:
        state, question = (sequence, self.projection.at), (change, net.stretch(at))
        found = self._remembered.find(question, state)
        if found is None:
            found = await worked_out(Asking(net, change, at, sequence, MOST, until).answer())
            if Stop.TIME not in found.stopped_by:
                self._remembered.keep(question, state, found, found.size)
        return found

    async def _by_statements(self, change: PlannedChange, at: int, until: float) -> Impact:
        where = await position(self.graph)
        filler = Filler(self.graph, None)
        await filler.load([*change.ids, *([] if change.into is None else [change.into])])
        asking = Asking(filler.net, change, at, where.sequence, MOST_STATED, until)
        await filler.contents(asking.located.things)
        run = asking.answer()
        try:
            while True:
                positions, upstream, joined = next(run)
                await filler.surroundings(positions, upstream=upstream, joined=joined)
        except StopIteration as end:
            found: Impact = end.value
            return found


class Asking:
    """One question to one net that stands at a change of the graph. Raises as `Impacts.find` does."""

    def __init__(self, net: Net, change: PlannedChange, at: int, sequence: int, most: int, until: float) -> None:
        self.net = net
        self.change = change
        self.at = at
        self.sequence = sequence
        self.located = locate(net, change)
        self._most = most
        self._until = until

    def answer(self) -> Generator[Need, None, Impact]:
        """The answer. Yields what it needs if the net is not whole; else when it turns out long."""
        moment = Moment(self.net, self.at)
        check_in_force(moment, self.change, self.located.into)
        start, systems = start_of(moment, self.located.things, reads=True)
        finest = yield from self._walk(Level.FIELD, start)
        (nodes, depth), steps = _nodes(finest), _moves(finest)
        answers = [answer([finest], systems)]
        for level in (Level.RESOURCE, Level.SYSTEM, Level.DEPARTMENT, Level.JURISDICTION):
            answers.append(answer([(yield from self._walk(level, start))], systems))
        moment.refresh()
        _, members = moment.members(start[moment.kind[start] == RESOURCE], FIELD)
        removed = distinct(np.concatenate([start, members]))
        sure = surely(moment, nodes, start, steps)
        units, far, certain = _units(moment, nodes, depth, removed, sure)
        upstream = yield from self._feeders(units)
        moment.refresh()
        found = remaining(moment, units, removed, upstream)
        levels = [affected(one, moment, sure) for one in answers]
        stops = {stop for one in answers for stop in one.stopped_by}
        return Impact(
            self.change,
            self.at,
            self.sequence,
            self._changed(moment, removed),
            levels,
            in_order(moment, found, far, certain),
            told(moment, answers, levels, found),
            homeless(answers, moment),
            [stop for stop in Stop if stop in stops],
        )

    # The walks.

    def _walk(self, level: Level, start: Ints) -> Generator[Need, None, Walked]:
        # The first walk may have to load all that the others go over.
        share = 2 if level is Level.FIELD else len(Level) - level
        left = max(self._until - time.monotonic(), 0) * 1000 / share
        budget = Budget(self._most, FARTHEST, int(left))
        walk = Walk(self.net, self.at, Question(level, False, True, FARTHEST, budget))
        return (yield from _needing(walk, start))

    def _feeders(self, units: Ints) -> Generator[Need, None, Moves]:
        """The moves upstream out of the units."""
        question = Question(Level.FIELD, True, True, 0, Budget(FARTHEST, FARTHEST, MILLISECONDS))
        walked = yield from _needing(Walk(self.net, self.at, question), units)
        walked.look_again()
        walked.give_back()
        return _moves(walked)

    def _changed(self, moment: Moment, removed: Ints) -> Changed:
        ids, kind = self.net.ids, moment.kind[removed]
        fields = removed[kind == FIELD]
        holders = distinct(moment.resource(fields))
        holding = holders[(holders >= 0) & ~among(holders, removed)]

        def named(those: Ints) -> list[str]:
            return sorted(ids[at] for at in those.tolist())

        things = np.array(self.located.things, np.int64)
        return Changed(
            sorted(ids[at] for at in self.located.things),
            self.change.into,
            self.located.kind,
            named(fields),
            named(removed[kind == RESOURCE]),
            named(removed[kind == SYSTEM]),
            named(things[moment.kind[things] == DEPARTMENT]),
            named(holding),
        )


def _needing(walk: Walk, start: Ints) -> Generator[Need, None, Walked]:
    run = walk.run(start)
    try:
        while True:
            yield next(run), walk.question.upstream, walk.joined
    except StopIteration as end:
        walked: Walked = end.value
        return walked


def _nodes(walked: Walked) -> tuple[Ints, Ints]:
    """All nodes of a walk, sorted, with their depths."""
    nodes = np.concatenate(walked.found)
    depth = np.repeat(np.arange(len(walked.found)), [len(found) for found in walked.found])
    order = np.argsort(nodes)
    return nodes[order], depth[order]


def _moves(walked: Walked) -> Moves:
    steps = [step.moves for step in walked.steps]
    return Moves(
        np.concatenate([one.origin for one in steps]),
        np.concatenate([one.target for one in steps]),
        np.concatenate([one.link for one in steps]),
    )


def _units(moment: Moment, nodes: Ints, depth: Ints, removed: Ints, sure: Ints) -> tuple[Ints, Ints, Bools]:
    """The affected nodes and the resources of affected fields, sorted; the depth of each, and whether it is sure."""
    outside = ~among(nodes, removed)
    own, own_depth = nodes[outside], depth[outside]
    holders = moment.resource(own)
    holding = (holders >= 0) & ~among(holders, removed)
    every = np.concatenate([own, holders[holding]])
    depths = np.concatenate([own_depth, own_depth[holding]])
    certain = among(every, sure) | np.concatenate([np.zeros(len(own), np.bool_), among(own, sure)[holding]])
    units = distinct(every)
    places = np.searchsorted(units, every)
    lowest, any_sure = np.full(len(units), FARTHEST + 1), np.zeros(len(units), np.bool_)
    np.minimum.at(lowest, places, depths)
    any_sure[places[certain]] = True
    return units, lowest, any_sure
