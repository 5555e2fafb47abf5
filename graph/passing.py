"""What a walk passes through without showing it: the neighbours of what is passed are joined.

A move into it and the moves out of it become steps from where the walk came to where it comes out. Behind such a
step stand the links at its two ends; what lies between them counts for none.
"""

import time
from collections.abc import Callable, Generator

import numpy as np

from graph.fence import Fence
from graph.moment import Level, Moment
from graph.moves import VAGUE, Moves, together
from graph.net import FIELD, READS, Index, Ints, distinct

PAIRS, PAIRS_A_MOVE = 1_000_000, 10
"""How many pairs of a way in and a way out one walk may join, and how many more for each move; then its time is up."""

_WIDE = 2**32


class OutOfTime(Exception):
    """The walk's time is up before its layer is whole."""


class Passage:
    """Joins the neighbours of what one walk passes through.

    `standing` says what positions stand for, `expand` finds the moves out of them, each drawn from the position.
    """

    def __init__(
        self,
        moment: Moment,
        fence: Fence,
        level: Level,
        upstream: bool,
        standing: Callable[[Ints], Ints],
        expand: Callable[[Ints], Generator[Ints, None, Moves]],
    ) -> None:
        self._moment = moment
        self._fence = fence
        self._fine = level is Level.FIELD
        self._upstream = upstream
        self._standing = standing
        self._expand = expand
        self._pairs_left = PAIRS
        self.deadline = 0.0

    def joined(self, moves: Moves) -> Generator[Ints, None, Moves]:
        """`moves`, those into what is passed replaced by steps to where it is left. Raises OutOfTime."""
        self._pairs_left += PAIRS_A_MOVE * len(moves.link)
        into = self._fence.passed(moves.target)
        kept = moves.pick(~into)
        kept = Moves(kept.origin, kept.target, kept.link, self._flow(kept.link))
        if not into.any():
            return kept
        entries = moves.pick(into)
        doors = distinct(entries.target)
        door, out, sure = yield from self._exits(doors)
        way = np.searchsorted(doors, entries.target)
        near = entries.origin if self._fine else self._standing(entries.origin)
        steps = self._steps(Moves(near, way, entries.link), Moves(door, out.target, out.link), sure, len(doors))
        if self._fine:
            steps = steps.pick(steps.origin != steps.target)
        return together([kept, steps])

    def _exits(self, doors: Ints) -> Generator[Ints, None, tuple[Ints, Moves, Ints]]:
        """The moves out of what is passed, for each of `doors`: its place, the move, whether it was all by fields."""
        kind = self._moment.kind
        found: list[tuple[Ints, Moves, Ints]] = []
        door, at = np.arange(len(doors)), doors
        sure = (kind[at] == FIELD).astype(np.int64)
        seen = distinct((door * _WIDE + at) * 2 + sure)
        while len(at):
            here = distinct(at)
            moves = yield from self._expand(here)
            kind = self._moment.kind
            self._pairs_left += PAIRS_A_MOVE * len(moves.link)
            row, move = self._pair(np.searchsorted(here, at), np.searchsorted(here, moves.origin), len(here))
            moves = Moves(door[row], moves.target[move], moves.link[move])
            surely = sure[row] & (kind[moves.target] == FIELD)
            inside = self._fence.passed(moves.target)
            found.append((door[row][~inside], moves.pick(~inside), surely[~inside]))
            fresh = distinct(((moves.origin * _WIDE + moves.target) * 2 + surely)[inside])
            fresh = np.setdiff1d(fresh, seen, assume_unique=True)
            seen = np.union1d(seen, fresh)
            (door, at), sure = np.divmod(fresh // 2, _WIDE), fresh % 2
        doors_left, out, sures = zip(*found, strict=True)
        return np.concatenate(doors_left), together(out), np.concatenate(sures)

    def _steps(self, entries: Moves, exits: Moves, sure: Ints, doors: int) -> Moves:
        """Each way in with each way out of its door. Which flow a step is, the link nearest the user says."""
        upstream = self._upstream
        came = self._flow(entries.link) if upstream else np.zeros(len(entries.link), np.int64)
        left = np.zeros(len(exits.link), np.int64) if upstream else self._flow(exits.link)
        left += np.where(sure, 0, VAGUE)
        ways = distinct((entries.origin * doors + entries.target) * 2 + came)
        near, way = np.divmod(ways // 2, doors)
        one, other = self._pair(way, exits.origin, doors)
        by_exit = Moves(near[one], exits.target[other], exits.link[other], (ways % 2)[one] + left[other])
        outs = distinct((exits.origin * _WIDE + exits.target) * 2 * VAGUE + left)
        door, far = np.divmod(outs // (2 * VAGUE), _WIDE)
        one, other = self._pair(entries.target, door, doors)
        manner = came[one] + (outs % (2 * VAGUE))[other]
        by_entry = Moves(entries.origin[one], far[other], entries.link[one], manner)
        return together([steps.pick(steps.link >= 0) for steps in (by_exit, by_entry)])

    def _flow(self, links: Ints) -> Ints:
        """The flow of each link; a free move joins a system to what it holds, by what it reads."""
        flow = np.full(len(links), READS, np.int64)
        flow[links >= 0] = self._moment.flow[links[links >= 0]]
        return flow

    def _pair(self, which: Ints, owner: Ints, owners: int) -> tuple[Ints, Ints]:
        """Every pair of a row of `which` and a row of `owner` with the same value below `owners`, as their places."""
        counts = np.bincount(owner, minlength=owners)
        self._pairs_left -= int(counts[which].sum())
        if self._pairs_left < 0 or time.monotonic() > self.deadline:
            raise OutOfTime
        index = Index()
        index.build(owner, owners)
        return index.gather(which)
