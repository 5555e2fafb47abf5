"""The walk of CONTRACT §4: from where to where data goes, over a `Net`. Pure: nothing is read but the net.

A *position* is a field, a resource as a whole, or (under dependencies) a system; all three are indexes of
the net. The walk goes in layers: layer k holds the positions whose fewest changes of *node* (the thing that
a position stands for at the level asked) from the start are k. Within a layer moves are free. All steps of
a layer are found together, in arrays.
"""

import time
from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np

from graph.fence import Fence
from graph.marks import Marks
from graph.moment import Level, Moment
from graph.moves import Moves, free, spread, together
from graph.narrowing import NO_FILTER, LineageFilter
from graph.net import FEEDS, FIELD, NO_INTS, READS, RESOURCE, SYSTEM, Bools, Ints, Net, distinct
from graph.passing import OutOfTime, Passage
from graph.picks import Picks

SHORT = 1_000
"""Nodes up to which a walk takes a moment only."""

UNLIMITED = 2**62
"""A budget's number where nothing is to be cut by it."""


class Stop(StrEnum):
    """What cut an answer, in the order of the contract's enum."""

    DEPTH = "DEPTH"
    NODES = "NODES"
    FANOUT = "FANOUT"
    TIME = "TIME"
    PEER = "PEER"


@dataclass(frozen=True, slots=True)
class Budget:
    """How much an answer may cost: nodes, neighbours of one node, milliseconds."""

    max_nodes: int = 500
    max_per_node: int = 100
    max_milliseconds: int = 5_000


@dataclass(frozen=True, slots=True)
class Question:
    """One walk. `upstream` turns every arrow; `reads` makes it the walk of dependencies."""

    level: Level
    upstream: bool
    reads: bool
    depth: int
    budget: Budget
    filter: LineageFilter = NO_FILTER


class Standing:
    """What positions stand for at one level, each found once."""

    def __init__(self, moment: Moment, level: Level) -> None:
        self._moment = moment
        self._level = level
        self._known = Marks(moment.net)

    def of(self, things: Ints) -> Ints:
        """What each of `things` stands for."""
        if self._level is Level.FIELD:
            return things
        if self._level is Level.RESOURCE and (self._moment.kind[things] == RESOURCE).all():
            return things
        known = self._known.of
        missing = things[known[things] < 0]
        if len(missing):
            self._known.put(missing, self._moment.standing(missing, self._level))
        found: Ints = known[things].astype(np.int64)
        return found

    def look_again(self) -> None:
        """Follow the net, after it has grown: containers may have come."""
        self._known.give_back()
        self._known = Marks(self._moment.net)

    def give_back(self) -> None:
        """Let the next walk have the marks."""
        self._known.give_back()


@dataclass(frozen=True, slots=True)
class Steps:
    """The moves out of one layer that cost 1, the nodes they join, and which of them FANOUT cut."""

    moves: Moves
    node: Ints
    to_node: Ints
    cut: Bools


@dataclass(frozen=True, slots=True)
class Walked:
    """A finished walk. `reached` and `nodes` hold layers; `found` the new nodes and `steps` the steps, by layer."""

    question: Question
    moment: Moment
    standing: Standing
    reached: Marks
    nodes: Marks
    positions: list[Ints]
    found: list[Ints]
    steps: list[Steps]
    timed_out: bool

    def look_again(self) -> None:
        """Follow the net, where it may have grown."""
        if self.moment.net.whole:
            return
        self.moment.refresh()
        self.standing.look_again()
        self.reached.grow()
        self.nodes.grow()

    def give_back(self) -> None:
        """Let the next walk have the marks; this one is answered."""
        self.standing.give_back()
        self.reached.give_back()
        self.nodes.give_back()


class Walk:
    """One walk over a net."""

    def __init__(self, net: Net, as_of: int, question: Question) -> None:
        self.net = net
        self.question = question
        only = question.filter.only
        self.moment = Moment(net, as_of, Picks(net, only) if only.of_links else None)
        self.standing = Standing(self.moment, question.level)
        self.fence = Fence(self.moment, question.filter) if question.filter.bounds else None
        self.passage = self._passage(self.fence) if self.fence and question.filter.through else None
        self.reached = Marks(net)
        self.nodes = Marks(net)
        self.joined = question.reads and question.level >= Level.SYSTEM
        self._listed: list[Ints] = []
        self._moved: list[tuple[Ints, Ints]] = []
        self._most_moved = 0
        self._led: list[tuple[Ints, Ints]] = []
        self._most_led = 0

    def _passage(self, fence: Fence) -> Passage:
        question, expand = self.question, partial(self._bounded, fence, apart=True)
        return Passage(self.moment, fence, question.level, question.upstream, self.standing.of, expand)

    def _begin(self, start: Ints) -> float:
        """Note where the walk starts; when its time is up."""
        deadline = time.monotonic() + self.question.budget.max_milliseconds / 1000
        if self.fence is not None:
            self.fence.begin(start)
        if self.passage is not None:
            self.passage.deadline = deadline
        return deadline

    def run(self, start: Ints) -> Generator[Ints, None, Walked]:
        """Walk from the positions `start`.

        Yields positions whose surroundings it needs, if the net is not whole; else none, when it turns out long.
        """
        question = self.question
        deadline = self._begin(start)
        positions: list[Ints] = []
        found: list[Ints] = []
        steps: list[Steps] = []
        fresh = self.reached.take_new(start, 0)
        count, timed_out, short = 0, False, self.net.whole
        for layer in range(question.depth + 1):
            if short and count + len(fresh) > SHORT:
                short = False
                yield NO_INTS
            try:
                here, moves = yield from self._layer(fresh, layer)
            except OutOfTime:
                timed_out = True
                if layer:
                    break
                here, moves, self._listed = fresh, together(()), []
            positions.append(here)
            standing = np.concatenate([self.standing.of(here), *self._listed])
            found.append(self.nodes.take_new(standing, layer))
            out = self._steps(moves, limit=layer == question.depth)
            steps.append(out)
            count += len(found[-1])
            if layer == question.depth or count > question.budget.max_nodes:
                break
            fresh = self.reached.take_new(out.moves.target[~out.cut], layer + 1)
            if timed_out or not len(fresh):
                break
            if time.monotonic() > deadline:
                timed_out = True
                break
        if self.fence is not None:
            self.fence.give_back()
        return Walked(
            question, self.moment, self.standing, self.reached, self.nodes, positions, found, steps, timed_out
        )

    def _layer(self, fresh: Ints, layer: int) -> Generator[Ints, None, tuple[Ints, Moves]]:
        """All positions of a layer, and the moves out of it."""
        here, outward = [fresh], []
        self._listed = []
        todo = fresh
        while len(todo):
            moves = yield from self._found(todo)
            inside = moves.link < 0
            if self.question.level is not Level.FIELD:
                inside |= self.standing.of(moves.origin) == self.standing.of(moves.target)
            if not inside.any():
                outward.append(moves)
                break
            todo = self.reached.take_new(moves.target[inside], layer)
            here.append(todo)
            outward.append(moves.pick(~inside))
        return np.concatenate(here), together(outward)

    def _found(self, todo: Ints) -> Generator[Ints, None, Moves]:
        """The moves out of some positions, as far as the filter lets them."""
        if self.fence is None:
            yield from self._needs(todo)
            return together(self._moves(todo))
        moves = yield from self._bounded(self.fence, self.fence.leading(todo))
        if self.passage is not None:
            moves = yield from self.passage.joined(moves)
        if self.question.level is Level.FIELD:
            self._listed.append(moves.origin)
        return moves

    def _bounded(self, fence: Fence, todo: Ints, *, apart: bool = False) -> Generator[Ints, None, Moves]:
        yield from self._needs(todo)
        return fence.allowed(together(self._moves(todo, apart=apart)))

    def _needs(self, todo: Ints) -> Generator[Ints, None, None]:
        if not self.net.whole:
            yield todo
            self._look_again()

    def _look_again(self) -> None:
        if self.fence is not None:
            self.fence.look_again()
        self.moment.refresh()
        self.standing.look_again()
        self.reached.grow()
        self.nodes.grow()

    # The moves out of some positions. Rules 1 to 3 of CONTRACT §4, then READS.

    def _moves(self, todo: Ints, *, apart: bool = False) -> list[Moves]:
        """With `apart`, each move is drawn from its position itself, also where that draws as another thing."""
        kind = self.moment.kind[todo]
        fields, wholes = todo[kind == FIELD], todo[kind == RESOURCE]
        moves = []
        if len(fields):
            place, links, far = self._flows(fields, FEEDS)
            moves.append(Moves(fields[place], far, links))
        if len(wholes):
            which, members = self._leading_fields(wholes)
            place, links, far = self._flows(members, FEEDS)
            leading = members[place]
            moves.append(Moves(wholes[which[place]] if apart else leading, far, links))
            if self.question.level is Level.FIELD and self.fence is None:
                self._listed.append(leading)
        origins, resources = self._at_resources(fields, wholes, apart=apart)
        if len(resources):
            moves.append(self._whole_feeds(origins, resources))
        if self.question.reads:
            moves += self._reads(todo[kind == SYSTEM], origins, resources)
        return [found for found in moves if len(found.target)]

    def _leading_fields(self, wholes: Ints) -> tuple[Ints, Ints]:
        """The fields of `wholes` that the walk may go on from: place of the resource, field."""
        which, members = self.moment.members(wholes, FIELD)
        if self.fence is None:
            return which, members
        leads = self.fence.leads(members)
        return which[leads], members[leads]

    def _at_resources(self, fields: Ints, wholes: Ints, *, apart: bool) -> tuple[Ints, Ints]:
        """What is drawn as the start of a resource's own flows, and that resource.

        Above FIELD all positions of a resource draw as the resource does, so once is enough. Where each resource
        draws as itself, both are one and the same.
        """
        if not len(fields):
            return wholes, wholes
        resources = self.moment.resource(fields)
        inside = resources >= 0
        if apart or self.question.level is Level.FIELD:
            return np.concatenate([fields[inside], wholes]), np.concatenate([resources[inside], wholes])
        both = distinct(np.concatenate([resources[inside], wholes]))
        return both, both

    def _flows(self, owners: Ints, flow: int) -> tuple[Ints, Ints, Ints]:
        """The links of one flow at `owners` that can be walked: the owner's place, the link, its far end."""
        upstream, moment = self.question.upstream, self.moment
        place, links = (self.net.into if upstream else self.net.out).gather(owners)
        if not len(links):
            return NO_INTS, NO_INTS, NO_INTS
        far = (moment.start if upstream else moment.end)[links].astype(np.int64)
        real = moment.links(links) & (moment.flow[links] == flow) & (far != owners[place]) & moment.things(far)
        return (place, links, far) if real.all() else (place[real], links[real], far[real])

    def _whole_feeds(self, origins: Ints, resources: Ints) -> Moves:
        """Rule 2: feeds between resources, but those that only sum up feeds of their fields."""
        several = distinct(resources)
        place, links, far = self._flows(several, FEEDS)
        if not len(links):
            return Moves(NO_INTS, NO_INTS, NO_INTS)
        summed = self._resource_pairs(several[distinct(place)])
        if len(summed):
            own = ~np.isin(several[place] * self.net.size + far, summed)
            place, links, far = place[own], links[own], far[own]
        if origins is resources:
            return Moves(several[place], far, links)
        return spread(origins, np.searchsorted(several, resources), place, links, far)

    def _resource_pairs(self, resources: Ints) -> Ints:
        """The pairs of resources that fields of `resources` join now, as one number each."""
        which, fields = self.moment.members(resources, FIELD)
        if not len(fields):
            return NO_INTS
        place, _, far = self._flows(fields, FEEDS)
        other = self.moment.resource(far)
        return (resources[which[place]] * self.net.size + other)[other >= 0]

    def _reads(self, systems: Ints, origins: Ints, resources: Ints) -> list[Moves]:
        moment, moves = self.moment, []
        if self.question.upstream:
            place, links, far = self._flows(systems, READS)
            moves.append(Moves(systems[place], far, links))
            if self.joined and len(resources):
                holder = moment.system(resources)
                inside = holder >= 0
                inside[inside] = moment.reads_something(holder[inside])
                moves.append(free(origins[inside], holder[inside]))
            return moves
        several = distinct(resources)
        place, links, far = self._flows(several, READS)
        moves.append(spread(origins, np.searchsorted(several, resources), place, links, far))
        if self.joined and len(systems):
            place, members = moment.members(systems, RESOURCE)
            moves.append(free(systems[place], members))
        return moves

    # Leaving a layer.

    def _steps(self, moves: Moves, *, limit: bool) -> Steps:
        """The steps out of a layer, with what FANOUT cuts; nothing is cut at the depth limit."""
        node, to_node = self.standing.of(moves.origin), self.standing.of(moves.target)
        cut = np.zeros(len(node), np.bool_) if limit or not len(node) else self._fanout(node, to_node)
        return Steps(moves, node, to_node, cut)

    def _fanout(self, node: Ints, to_node: Ints) -> Bools:
        """Which steps lead to a neighbour after the first `max_per_node` of their node, by layer and id."""
        most = self.question.budget.max_per_node
        self._moved.append((node, to_node))
        self._most_moved += len(node)
        if self._most_moved > most:
            for moved in self._moved:
                self._lead(*moved)
            self._moved = []
        return self._cut_beyond(most, node, to_node) if self._most_led > most else np.zeros(len(node), np.bool_)

    def _lead(self, node: Ints, to_node: Ints) -> None:
        """Note which neighbours a layer leads to, and of how many of one node more at most."""
        owners, neighbours = np.divmod(distinct(node * self.net.size + to_node), self.net.size)
        ends = np.append(np.flatnonzero(owners[1:] != owners[:-1]), len(owners) - 1)
        self._most_led += int(np.diff(ends, prepend=-1).max())
        self._led.append((owners, neighbours))

    def _cut_beyond(self, most: int, node: Ints, to_node: Ints) -> Bools:
        everywhere, counts = np.unique(np.concatenate([owners for owners, _ in self._led]), return_counts=True)
        owners, neighbours = self._led[-1]
        crowded = np.intersect1d(everywhere[counts > most], owners)
        ids = self.net.ids
        cut: set[tuple[int, int]] = set()
        for owner in crowded.tolist():
            before = {n for earlier in self._led[:-1] for n in _of(owner, *earlier)}
            now = [n for n in _of(owner, owners, neighbours) if n not in before]
            room = max(most - len(before), 0)
            cut |= {(owner, n) for n in sorted(now, key=ids.__getitem__)[room:]}
        if not cut:
            return np.zeros(len(node), np.bool_)
        lost = np.array([owner * self.net.size + n for owner, n in cut], np.int64)
        kept = ~np.isin(owners * self.net.size + neighbours, lost)
        self._led[-1] = (owners[kept], neighbours[kept])
        return np.isin(node * self.net.size + to_node, lost)


def _of(owner: int, owners: Ints, neighbours: Ints) -> list[int]:
    """The neighbours of one of the sorted `owners`."""
    first, last = np.searchsorted(owners, (owner, owner + 1))
    found: list[int] = neighbours[first:last].tolist()
    return found
