"""Lineage and dependencies: a question in, an answer that says what cut it out."""

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Hashable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from graph.beside import worked_out
from graph.changes import Position, now, position
from graph.engine import Graph
from graph.facts import Kind
from graph.fill import Filler
from graph.granted import Takers, granted, takers_of
from graph.kept import Kept
from graph.moment import Level, Moment
from graph.narrowing import NO_FILTER, LineageFilter, check_filter, unknown_ids
from graph.net import DEPARTMENT, FIELD, KINDS, OPEN_END, SYSTEM, Ints, Net, distinct
from graph.projection import Projection
from graph.refusals import BadInput, NotFound
from graph.remembered import Remembered
from graph.rollup import Answer, answer
from graph.showing import only_shown
from graph.starts import located, start_of
from graph.walk import UNLIMITED, Budget, Question, Stop, Walk, Walked

RANGES = {"depth": (0, 1_000), "maxNodes": (1, 10_000), "maxPerNode": (1, 10_000), "maxMilliseconds": (1, 60_000)}
"""What the numbers of a question may be."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is asked. Instants are microseconds since 1970 UTC; `None` is now."""

    ids: Sequence[str]
    direction: str
    level: Level = Level.RESOURCE
    depth: int = 5
    as_of: int | None = None
    known_at: int | None = None
    reads: bool = False
    budget: Budget = field(default_factory=Budget)
    filter: LineageFilter = NO_FILTER
    lenient: bool = False
    """Ids that nobody knows add nothing, instead of being refused."""


_BESIDES = [one.name for one in fields(Asked) if one.name not in ("ids", "as_of")]

ROOM = 100_000
"""Ids, nodes and edges of all the answers that are kept."""


@dataclass(frozen=True, slots=True)
class Found:
    """An answer, with the change of the graph that it stands on."""

    answer: Answer
    sequence: int
    at: int
    """When that change was recorded."""
    kept: dict[str, Any] = field(default_factory=dict, compare=False)
    """What is worked out from it and may be asked for again."""
    around: dict[str, Any] | None = field(default=None, compare=False)
    """What is worked out of things, whatever the answer, as they are at the moment that this one is of."""

    @property
    def size(self) -> int:
        """Its nodes and edges, and for what stands behind them an eighth of that."""
        nodes, edges = self.answer.nodes, self.answer.edges
        return len(nodes) + len(edges.source) + (self.answer.behind.size + edges.links.size) // 8

    @property
    def whole(self) -> bool:
        """Whether it would be the same on any machine."""
        return Stop.TIME not in self.answer.stopped_by


def check(asked: Asked) -> None:
    """Refuse what means nothing, before the graph is asked."""
    if not asked.ids:
        raise BadInput("ids: name at least one thing to start from", argument="ids")
    if not all(asked.ids):
        raise BadInput("ids: an id may not be empty", argument="ids", ids=[""])
    if asked.direction not in ("UPSTREAM", "DOWNSTREAM", "BOTH"):
        raise BadInput("direction: must be UPSTREAM, DOWNSTREAM or BOTH", argument="direction")
    budget = asked.budget
    numbers = (asked.depth, budget.max_nodes, budget.max_per_node, budget.max_milliseconds)
    for (name, (low, high)), number in zip(RANGES.items(), numbers, strict=True):
        if number != UNLIMITED and not low <= number <= high:
            raise BadInput(f"{name}: must be from {low:,} to {high:,}, not {number:,}", argument=name)
    if asked.filter is not NO_FILTER:
        check_filter(asked.filter)


class Lineages:
    """Answers lineage questions on one graph, from the projection where it is ready, else by statements."""

    def __init__(self, graph: Graph, projection: Projection) -> None:
        self.graph = graph
        self.projection = projection
        self._remembered: Remembered[Found] = Remembered(ROOM)
        self._around: Kept[Hashable, dict[str, Any]] = Kept(2)

    async def find(self, asked: Asked) -> Found:
        """The answer. Raises BadInput, or NotFound that names all unknown ids."""
        async with self.reading(asked) as found:
            return found

    @asynccontextmanager
    async def reading(self, asked: Asked) -> AsyncIterator[Found]:
        """The answer, from a net that stays as it is until the end of the block. Raises what `find` raises."""
        check(asked)
        async with self.projection.at_hand(asked.known_at) as held:
            yield await (self._by_statements(asked) if held is None else self._by_projection(*held, asked))

    @asynccontextmanager
    async def snapshot(self, *known_at: int | None) -> AsyncIterator[Callable[[Asked], Awaitable[Found]]]:
        """What answers, from one state of the graph, questions that are known at one of these instants."""
        async with self.projection.at_hand(None) as held:
            if held is not None:
                nets = {instant: await self.projection.view(instant) for instant in known_at}
                yield lambda asked: self._by_projection(nets[asked.known_at], held[1], asked)
                return
        where = await position(self.graph)
        fillers = {instant: Filler(self.graph, instant) for instant in known_at}
        yield lambda asked: self._filled(fillers[asked.known_at], where, asked)

    async def _by_projection(self, net: Net, sequence: int, asked: Asked) -> Found:
        state, at = (sequence, self.projection.at), _as_of(asked)
        # At any moment in between two at which something begins or ends, the answer is the same.
        question = (tuple(asked.ids), net.stretch(at), *(getattr(asked, name) for name in _BESIDES))
        found = self._remembered.find(question, state)
        if found is None:
            around = self._surroundings((net.edition, net.lives.stretch(at), asked.known_at))
            found = Found(await worked_out(_answer(net, replace(asked, as_of=at))), *state, around=around)
            if found.whole:
                self._remembered.keep(question, state, found, len(asked.ids) + found.size)
        return found

    def _surroundings(self, moment: Hashable) -> dict[str, Any]:
        around = self._around.find(moment)
        if around is None:
            self._around.keep(moment, around := {})
        return around

    async def _by_statements(self, asked: Asked) -> Found:
        filler = Filler(self.graph, asked.known_at, elements=asked.filter.elements)
        return await self._filled(filler, await position(self.graph), asked)

    async def _filled(self, filler: Filler, where: Position, asked: Asked) -> Found:
        await filler.load([*asked.ids, *asked.filter.ids])
        net = filler.net
        things = _things(net, asked)
        await filler.contents(things)
        moment = Moment(net, _as_of(asked))
        start, systems = start_of(moment, things, asked.reads)
        walks = []
        for upstream in _ways(asked):
            walk = Walk(net, moment.as_of, _question(asked, upstream))
            walks.append(await _driven(walk.run(start), filler, upstream, walk.joined))
        found = _shown(answer(walks, systems), asked)
        sources = distinct(net.start.data[found.edges.links])
        await filler.agreements(distinct(np.concatenate([sources, _resources(net, sources)])).tolist())
        found.moment.refresh()
        return Found(found, where.sequence, where.at)


async def _driven(run: Generator[Ints, None, Walked], filler: Filler, upstream: bool, joined: bool) -> Walked:
    try:
        while True:
            await filler.surroundings(next(run), upstream=upstream, joined=joined)
    except StopIteration as end:
        walked: Walked = end.value
        return walked


def _resources(net: Net, things: Ints) -> Ints:
    holders = net.holder.data[things].astype(np.int64)
    held: Ints = holders[(net.kind.data[things] == FIELD) & (holders >= 0)]
    return held


def _answer(net: Net, asked: Asked) -> Generator[Ints, None, Answer]:
    """The answer from a whole net. Yields when it turns out long."""
    moment = Moment(net, _as_of(asked))
    start, systems = start_of(moment, _things(net, asked), asked.reads)
    walks = []
    for upstream in _ways(asked):
        walks.append((yield from Walk(net, moment.as_of, _question(asked, upstream)).run(start)))
    return _shown(answer(walks, systems), asked)


def _shown(found: Answer, asked: Asked) -> Answer:
    show = asked.filter.show
    return only_shown(found, show) if show.of_things or show.of_links else found


def _as_of(asked: Asked) -> int:
    return now() if asked.as_of is None else asked.as_of


def _ways(asked: Asked) -> tuple[bool, ...]:
    """Whether upstream, for each walk; downstream first."""
    return {"DOWNSTREAM": (False,), "UPSTREAM": (True,), "BOTH": (False, True)}[asked.direction]


def _question(asked: Asked, upstream: bool) -> Question:
    return Question(asked.level, upstream, asked.reads, asked.depth, asked.budget, asked.filter)


def _things(net: Net, asked: Asked) -> list[int]:
    """The indexes of the ids asked for. Elements and agreements are no start; all unknown ids are named at once,
    those of the filter too."""
    places, unknown = located(net, asked.ids, asked.known_at, "ids")
    arguments = {**unknown_ids(net, asked.filter, asked.known_at), **dict.fromkeys(unknown, "ids")}
    if arguments and not asked.lenient:
        unknown = list(dict.fromkeys([*unknown, *arguments]))
        argument = arguments[unknown[0]]
        raise NotFound(f"{argument}: the registry does not know {', '.join(unknown)}", argument=argument, ids=unknown)
    return places


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of the nodes of an answer, as columns; containers are indexes, -1 for none."""

    names: list[str]
    kinds: list[Kind]
    resource: Ints
    system: Ints
    department: Ints
    jurisdiction: Ints


def shown(found: Answer) -> Shown:
    """Names and containers of the nodes, at the moment asked."""
    nodes = np.array(found.nodes, np.int64)
    kinds = found.moment.kind[nodes]
    up = found.moment.containers(nodes)
    for level in (Level.DEPARTMENT, Level.JURISDICTION):
        up[level - 1] = _shared(found, up[level - 1], kinds, level)
    return _shown_as(found.net, found.nodes, kinds, up)


def as_found(found: Found, edition: int) -> Answer:
    """The answer on the net as it was in that edition, the one in which it was found."""
    answer, net = found.answer, found.answer.net
    if net.edition == edition:
        return answer
    then = net.as_known_at(found.at)
    return replace(answer, net=then, moment=Moment(then, answer.moment.as_of))


def shown_alone(found: Answer, nodes: list[int]) -> Shown:
    """Names and containers of resources and fields at the moment asked: the same whatever was reached in them."""
    at = np.array(nodes, np.int64)
    return _shown_as(found.net, nodes, found.moment.kind[at], found.moment.containers(at))


def _shown_as(net: Net, nodes: list[int], kinds: Ints, up: list[Ints]) -> Shown:
    names, ids = net.names, net.ids
    return Shown([names[at] or ids[at] for at in nodes], [KINDS[kind] for kind in kinds.tolist()], *up)


def _shared(found: Answer, own: Ints, kinds: Ints, level: Level) -> Ints:
    """The container of each node at `level`; none where what stands behind the node has several."""
    moment = found.moment
    # What stands behind a resource or field lies in one container, as does what is at this level or above it.
    below = (kinds == SYSTEM) | (kinds == DEPARTMENT) if level is Level.JURISDICTION else kinds == SYSTEM
    if below.any():
        behind = (moment.jurisdiction if level is Level.JURISDICTION else moment.department)(found.behind)
        known = behind >= 0
        lowest, highest = np.full(len(own), OPEN_END), np.full(len(own), -1)
        np.minimum.at(lowest, found.behind_node[known], behind[known])
        np.maximum.at(highest, found.behind_node[known], behind[known])
        own = np.where(below, np.where(lowest == highest, highest, -1), own)
    return own


def name_of(net: Net, at: int) -> str:
    """The name of a thing; its id where it has none."""
    return net.names[at] or net.ids[at]


def jobs_of(found: Answer, edge: int) -> list[str]:
    """The different jobs behind an edge, sorted."""
    net = found.net
    numbers = {int(net.job.data[link]) for link in found.edges.behind(edge)} - {-1}
    return sorted(net.jobs[number] for number in numbers)


def agreements_of(found: Answer, edge: int) -> list[str]:
    """The agreements in force that cover a source behind the edge and are granted to its user, sorted."""
    if found.granted is None:
        found.granted = _granted(found)
    return found.granted[edge]


def _granted(found: Answer) -> list[list[str]]:
    """For each edge the ids of its agreements; containers are looked up for all links at once."""
    net, moment, edges = found.net, found.moment, found.edges
    moment.refresh()
    users: dict[int, Takers] | None = None
    if found.joined:
        users = takers_of(moment, edges.links)
        _look_across(found, users)
    by_link = granted(moment, edges.links, users)
    listed = []
    for first, count in zip(edges.first, edges.count, strict=True):
        those = {at for place in range(first, first + count) if place in by_link for at in by_link[place]}
        alive = [at for at in those if moment.things(np.array([at]))[0]]
        listed.append(sorted(net.ids[at] for at in alive))
    return listed


def _look_across(found: Answer, users: dict[int, Takers]) -> None:
    """Where an edge joins two sides of something passed through, what begins at its source is for all at its target.

    `users` are those of each link behind the edges.
    """
    net, edges, nodes = found.net, found.edges, np.array(found.nodes, np.int64)
    starts, ends = (column.data[edges.links].astype(np.int64) for column in (net.start, net.end))
    # At FIELD a field also draws what its resource does.
    level = max(found.level, Level.RESOURCE)

    def at(side: Sequence[int], things: Ints) -> list[bool]:
        node = nodes[np.repeat(np.array(side, np.int64), edges.count)]
        there: list[bool] = (found.moment.standing(things, level) == found.moment.standing(node, level)).tolist()
        return there

    at_source, at_target = at(edges.source, starts), at(edges.target, ends)
    for first, count in zip(edges.first, edges.count, strict=True):
        links = range(first, first + count)
        if not all(at_source[link] and at_target[link] for link in links):
            takers = set().union(*(users[link] for link in links if at_target[link]))
            users.update((link, takers if at_source[link] else set()) for link in links)
