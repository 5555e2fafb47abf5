"""The search for paths from both ends: what is found is the steps between them. Pure: nothing is read but the net.

Each end is walked from in layers, as a walk is; whichever has seen less goes on. When one of them has seen all that
it leads to, no path has a step that it has not seen, and what the other end would still find is of no use. Paths that
are short are known long before that: the steps of all paths up to a length are.
"""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from graph.between import Between
from graph.marks import Marks
from graph.moment import Level, Moment
from graph.net import NO_INTS, Ints, Net, distinct
from graph.paths import TRIES, Listed, Listing, Wanted
from graph.starts import arrivals, passing
from graph.steps import Arcs, Steps, together
from graph.walk import SHORT, Standing, Stop

LISTING = 0.2
"""The share of the time that is kept for listing, when not all that lies between the ends could be seen."""

EARLY_TRIES = 1_000
"""Beginnings that may be tried in vain while more of the steps may still be found."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which paths: through all of the things `via`, through none of those to `avoid`. `first` is 0 for whether any."""

    level: Level
    max_depth: int
    first: int
    via: Sequence[int]
    avoid: Sequence[int]
    max_nodes: int
    max_milliseconds: int


Needs = Generator[tuple[Ints, bool], None, None]
"""Yields positions whose surroundings it needs, if the net is not whole, and whether those upstream."""


class End:
    """One end of a search: what was seen from it, in layers of changes of node. `back`: from the target.

    `fresh` is what was seen last and not looked at yet, `new` what the last layer added.
    """

    def __init__(self, steps: Steps, standing: Standing, begin: Ints, *, back: bool) -> None:
        self._steps = steps
        self._standing = standing
        self._back = back
        self._net = steps.moment.net
        self.seen = Marks(self._net)
        self.fresh = self.new = self.seen.take_new(begin, 0)
        self.layers = 0
        self.arcs: list[Arcs] = []
        self.size = len(begin)

    def grow(self) -> Needs:
        """Look one layer farther."""
        new, outward, todo = [NO_INTS], [NO_INTS], self.fresh
        while len(todo):
            if not self._net.whole:
                yield from self._fill(todo)
            arcs = self._steps.back(todo) if self._back else self._steps.onward(todo)
            self.arcs.append(arcs)
            inside = self._standing.of(arcs.source) == self._standing.of(arcs.target)
            ends = arcs.source if self._back else arcs.target
            todo = self.seen.take_new(ends[inside], self.layers)
            new.append(todo)
            outward.append(ends[~inside])
            self.size += len(arcs) + len(todo)
        self.layers += 1
        self.fresh = self.seen.take_new(np.concatenate(outward), self.layers)
        self.new = np.concatenate([*new, self.fresh])
        self.size += len(self.fresh)

    def _fill(self, positions: Ints) -> Needs:
        yield positions, self._back
        self._look_again()
        if self._back:
            yield self._steps.feeders(positions), True
            self._look_again()

    def _look_again(self) -> None:
        self._steps.moment.refresh()
        self._standing.look_again()
        self.seen.grow()

    def nearest(self, other: "End") -> int:
        """The fewest changes of node by which what is new here leads from this end to the other; -1 if it does not."""
        other.seen.grow()
        beyond = other.seen.of[self.new]
        met = beyond >= 0
        return int((self.seen.of[self.new[met]] + beyond[met]).min()) if met.any() else -1


class Search:
    """One search for paths in a net."""

    def __init__(self, net: Net, as_of: int, question: Question) -> None:
        self.net = net
        self.question = question
        self.moment = Moment(net, as_of)
        self.standing = Standing(self.moment, question.level)
        self._steps = Steps(self.moment, question.avoid)
        self._until = time.monotonic() + question.max_milliseconds / 1000
        self._try_at = -1
        self._wait = 0

    def find(self, start: Ints, ends: Ints) -> Generator[tuple[Ints, bool], None, Listed]:
        """Find the paths from the positions `start` to `ends` and what is at them.

        Yields what it needs; of a whole net once where it turns out long.
        """
        self._start = self._steps.allowed(start)
        self._target = self._steps.allowed(arrivals(self.moment, ends))
        here = End(self._steps, self.standing, self._start, back=False)
        there = End(self._steps, self.standing, self._target, back=True)
        found = yield from self._searched(here, there)
        yield from self._count_more(found)
        for marks in (here.seen, there.seen, self.standing):
            marks.give_back()
        return found

    def _searched(self, here: End, there: End) -> Generator[tuple[Ints, bool], None, Listed]:
        short, kept = self.net.whole, LISTING * self.question.max_milliseconds / 1000
        while len(here.fresh) and len(there.fresh) and time.monotonic() < self._until - kept:
            if short and here.size + there.size > SHORT:
                short = False
                yield NO_INTS, False
            end, other = (here, there) if here.size <= there.size else (there, here)
            yield from end.grow()
            known = here.layers + there.layers - 1
            if self._is_worth_a_try(end.nearest(other), known):
                found = self._listed([here, there], EARLY_TRIES, known)
                if found.full or found.stopped_by == [Stop.DEPTH] or self._is_enough(found):
                    return found
        closed = [end for end in (here, there) if not len(end.fresh)]
        if closed:
            return self._listed(closed[:1], TRIES, None)
        found = self._listed([here, there], TRIES, here.layers + there.layers - 1)
        found.stopped_by = found.stopped_by or [Stop.TIME]
        return found

    def _is_worth_a_try(self, nearest: int, known: int) -> bool:
        """Whether to look for paths before all steps are known: first when the ends have met, then ever more seldom."""
        if self._try_at < 0:
            self._try_at = nearest
        if not 0 <= self._try_at <= known:
            return False
        self._wait = max(1, 2 * self._wait)
        self._try_at = known + self._wait
        return True

    def _is_enough(self, found: Listed) -> bool:
        return self.question.first == 0 and found.exists is not None

    def _listed(self, ends: Sequence[End], tries: int, known: int | None) -> Listed:
        """The paths by the steps that were seen from `ends`."""
        question = self.question
        wanted = Wanted(question.first, question.max_depth, question.max_nodes, tries, self._until, known)
        arcs = together([one for end in ends for one in end.arcs])
        tests = [partial(passing, self.moment, thing) for thing in question.via]
        between = Between(arcs, self._start, self._target, self.standing.of, tests)
        return Listing(between, self.net.ids, wanted).run()

    def _count_more(self, found: Listed) -> Needs:
        """Count what the nodes of the paths lead to beside."""
        if not found.paths:
            return
        positions = distinct(np.concatenate([those for path in found.paths for those in path.positions]))
        if not self.net.whole:
            yield positions, False
            self.moment.refresh()
            self.standing.look_again()
        arcs = self._steps.onward(positions)
        near, far, size = self.standing.of(arcs.source), self.standing.of(arcs.target), self.net.size
        drawn = {one * size + next for path in found.paths for one, next in pairwise(path.nodes)}
        leading = distinct((near * size + far)[near != far])
        left = np.setdiff1d(leading, np.array(sorted(drawn), np.int64)) // size
        found.more = dict(zip(*(part.tolist() for part in np.unique(left, return_counts=True)), strict=True))
