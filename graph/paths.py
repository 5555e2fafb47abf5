"""Paths between two ends, one by one: the shortest first, then by ids in turn. Pure.

A path is a sequence of nodes; one sequence may be the way of many walks. So what is extended here are beginnings of
sequences, each with all the spots that walks along it may have come to. What a beginning cannot be shorter than is
known from the distances to the target, and the best one is extended next: that costs what is listed, not what there
is. Distances do not know which nodes a beginning has used up. Where that leads astray for long, the distance that is
left without those nodes is looked up for each beginning.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise

from graph.between import Between
from graph.net import Ints
from graph.walk import Stop

PATIENCE = 64
"""Beginnings tried without a path before each is looked at more closely."""

TRIES = 100_000
"""Beginnings that may be tried in vain."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which paths: `first` of at most `max_depth` changes of node, of `max_nodes` nodes in all.

    `first` is 0 where only their existence is asked for. `tries` may be in vain, until `deadline`
    (`time.monotonic`). All steps are known of paths up to the length `known`, `None`: of all paths. After as many
    beginnings in vain as `patience` says, and some for the length of a path, each is looked at more closely.
    """

    first: int
    max_depth: int
    max_nodes: int
    tries: int
    deadline: float
    known: int | None = None
    patience: int = PATIENCE


@dataclass(frozen=True, slots=True)
class Path:
    """One path: its nodes in turn, the positions of its walks in each, and the links of their steps between them."""

    nodes: list[int]
    positions: list[Ints]
    links: list[list[int]]


@dataclass(slots=True)
class Listed:
    """What was found. `exists` is `None` where the end came before that was known.

    `full`: there are more paths than were asked for. `more`: how many nodes each node of a path leads to beside those
    that paths listed here lead to from it.
    """

    paths: list[Path] = field(default_factory=list)
    exists: bool | None = None
    stopped_by: list[Stop] = field(default_factory=list)
    full: bool = False
    more: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Turn:
    """How a beginning may go on: to a node, by these spots, and the fewest changes of node that are then left."""

    left: int
    id: str
    node: int
    entry: frozenset[int]


@dataclass(slots=True)
class _Place:
    """A node that was come to by certain spots: all spots that walks have there then, and where they go on to."""

    spots: list[int]
    done: bool
    turns: list[_Turn]


@dataclass(slots=True)
class _Beginning:
    """A sequence of nodes from the start.

    `left` is what is left from each node that it may go on to, without those that it has used, if that was looked up.
    """

    parent: "_Beginning | None"
    turn: _Turn
    ids: tuple[str, ...]
    listed: bool = False
    left: dict[int, int] | None = None

    @property
    def length(self) -> int:
        return len(self.ids) - 1


class Listing:
    """Lists paths over what lies between the ends."""

    def __init__(self, between: Between, ids: Sequence[str], wanted: Wanted) -> None:
        self._between = between
        self._ids = ids
        self._wanted = wanted
        self._places: dict[frozenset[int], _Place] = {}
        self._known: dict[tuple[frozenset[int], frozenset[int]], tuple[list[int], Ints, frozenset[int]]] = {}
        self._waiting: list[tuple[int, tuple[str, ...], int, _Beginning | None, list[_Turn], int]] = []
        self._number = 0
        self._found: list[_Beginning] = []
        self._listed = Listed()
        self._nodes = 0
        self._tried = 0
        self._useful = 0
        self._since = 0
        self._looked_up = False

    def run(self) -> Listed:
        """List them."""
        self._push(None, self._turns(self._between.starts), 0)
        while self._waiting and not self._stop(self._waiting[0][0]):
            length, ids, _, parent, turns, which = heappop(self._waiting)
            self._push(parent, turns, which + 1)
            turn = turns[which]
            beginning = _Beginning(parent, turn, ids)
            self._tried += 1
            self._since += 1
            if self._is_hopeless(beginning, length):
                continue
            place = self._place(turn)
            if place.done and self._ends(beginning):
                break
            self._push(beginning, place.turns, 0)
        if not self._waiting:
            self._is_none_within(self._wanted.max_depth)
        self._listed.paths = [self._path(one) for one in self._found]
        return self._listed

    # Where it ends.

    def _stop(self, length: int) -> bool:
        """Whether to look no further, the next path being of `length` at least."""
        wanted, found = self._wanted, self._listed
        self._is_none_within(length - 1)
        if wanted.first == 0 and found.exists is not None:
            return True
        if wanted.known is not None and length > wanted.known:
            return True
        if self._tried - self._useful > wanted.tries:
            found.stopped_by = [Stop.NODES]
        elif time.monotonic() > wanted.deadline:
            found.stopped_by = [Stop.TIME]
        return bool(found.stopped_by)

    def _is_none_within(self, length: int) -> None:
        """Take note that there are no more paths up to a length, of those whose steps are known."""
        wanted, found = self._wanted, self._listed
        known = length if wanted.known is None else min(length, wanted.known)
        if found.exists is None and known >= wanted.max_depth:
            found.exists = False

    def _ends(self, path: _Beginning) -> bool:
        """Take a path that was found; whether it is one too many."""
        wanted, found = self._wanted, self._listed
        if path.length > wanted.max_depth:
            found.stopped_by = [Stop.DEPTH]
            return True
        found.exists = True
        if len(self._found) == wanted.first or self._nodes + len(path.ids) > wanted.max_nodes:
            found.stopped_by = [Stop.NODES]
            found.full = True
            return True
        self._found.append(path)
        self._nodes += len(path.ids)
        self._since = 0
        step: _Beginning | None = path
        while step is not None and not step.listed:
            step.listed = True
            self._useful += 1
            step = step.parent
        return False

    # Going on.

    def _push(self, parent: _Beginning | None, turns: list[_Turn], which: int) -> None:
        """Let the next of some turns wait for its time; those back to a node that was used are left out."""
        ids = parent.ids if parent else ()
        while which < len(turns) and turns[which].id in ids:
            which += 1
        if which < len(turns):
            turn = turns[which]
            self._number += 1
            wait = (len(ids) + turn.left, (*ids, turn.id), self._number, parent, turns, which)
            heappush(self._waiting, wait)

    def _is_hopeless(self, beginning: _Beginning, length: int) -> bool:
        """Whether a beginning, taken for one of paths of `length`, leads nowhere by what it has used up, or so far that
        it has to wait again.

        That is looked up, for all that it begins with, where much was in vain.
        """
        stalled = self._since > self._wanted.patience + 2 * length
        if not stalled and not self._looked_up:
            return False
        least = length
        for step, next in pairwise([*reversed(_chain(beginning.parent)), beginning]):
            if stalled and step.left is None and time.monotonic() <= self._wanted.deadline:
                step.left = self._left_without(step)
            if step.left is not None:
                left = step.left.get(next.turn.node)
                if left is None:
                    return True
                least = max(least, next.length + left)
        if least > length:
            turn = beginning.turn
            self._push(beginning.parent, [_Turn(least - beginning.length, turn.id, turn.node, turn.entry)], 0)
        return least > length

    def _left_without(self, beginning: _Beginning) -> dict[int, int]:
        """For each node that a beginning may go on to, the fewest changes of node from there that use none again."""
        self._looked_up = True
        far = self._between.far_without({step.turn.node for step in _chain(beginning)})
        found = {}
        for turn in self._place(beginning.turn).turns:
            left = [far[spot] for spot in turn.entry if far[spot] >= 0]
            if left:
                found[turn.node] = int(min(left))
        return found

    def _place(self, turn: _Turn) -> _Place:
        found = self._places.get(turn.entry)
        if found is None:
            found = self._places[turn.entry] = self._looked_at(turn)
        return found

    def _looked_at(self, turn: _Turn) -> _Place:
        between = self._between
        spots, todo = set(turn.entry), list(turn.entry)
        done, out = False, []
        while todo:
            spot = todo.pop()
            if between.goal[spot]:
                done = True
                continue
            for next in between.onward(spot):
                if between.nodes[next] != turn.node:
                    out.append(next)
                elif next not in spots:
                    spots.add(next)
                    todo.append(next)
        return _Place(list(spots), done, self._turns(out))

    def _turns(self, spots: Sequence[int]) -> list[_Turn]:
        """Where these spots lie: the nearest to the target first, then by id."""
        nodes: dict[int, list[int]] = {}
        for spot in spots:
            nodes.setdefault(self._between.nodes[spot], []).append(spot)
        far, ids = self._between.far, self._ids
        turns = [_Turn(min(far[spot] for spot in those), ids[at], at, frozenset(those)) for at, those in nodes.items()]
        return sorted(turns, key=lambda turn: (turn.left, turn.id))

    # What was found.

    def _path(self, last: _Beginning) -> Path:
        """A path with what its walks went through, found from its end."""
        turns = [step.turn for step in _chain(last)]
        goals = [spot for spot in self._place(turns[0]).spots if self._between.goal[spot]]
        positions, ahead = self._leading(turns[0], frozenset(goals))
        found, links = [positions], []
        for turn in turns[1:]:
            between, positions, ahead = self._through(turn, ahead)
            found.append(positions)
            links.append(between)
        return Path([turn.node for turn in reversed(turns)], found[::-1], links[::-1])

    def _through(self, turn: _Turn, ahead: frozenset[int]) -> tuple[list[int], Ints, frozenset[int]]:
        """The links from a node to the spots `ahead`, the node's positions that lead to them, and their spots."""
        known = self._known.get((turn.entry, ahead))
        if known is None:
            lead = self._between.links
            steps = [(spot, link) for spot in self._place(turn).spots for next, link in lead(spot) if next in ahead]
            links = sorted({link for _, link in steps})
            known = links, *self._leading(turn, frozenset(spot for spot, _ in steps))
            self._known[turn.entry, ahead] = known
        return known

    def _leading(self, turn: _Turn, leaving: frozenset[int]) -> tuple[Ints, frozenset[int]]:
        """The positions and spots of a node from which a walk inside it comes to one of the spots `leaving`."""
        before: dict[int, list[int]] = {}
        inside = set(self._place(turn).spots)
        for spot in inside:
            for next in self._between.onward(spot):
                if next in inside:
                    before.setdefault(next, []).append(spot)
        found, todo = set(leaving), list(leaving)
        while todo:
            for spot in before.get(todo.pop(), ()):
                if spot not in found:
                    found.add(spot)
                    todo.append(spot)
        return self._between.positions(list(found)), frozenset(found)


def _chain(beginning: _Beginning | None) -> list[_Beginning]:
    """A beginning and all that it begins with, the longest first."""
    found = []
    while beginning is not None:
        found.append(beginning)
        beginning = beginning.parent
    return found
