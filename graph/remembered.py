"""Answers that are kept while they hold: until the graph changes, or something begins or ends to be in force."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from graph.net import OPEN_END, Net

T = TypeVar("T")

MOST_PERIODS = 200_000
"""Different periods of a net up to which it is worth while to look for the next instant."""


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    value: T
    size: int
    since: int
    until: int


class Remembered(Generic[T]):
    """Answers by their questions, of sizes up to `room` in all; those that were asked for last stay."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._taken = 0
        self._state: Hashable = None
        self._kept: OrderedDict[Hashable, _Kept[T]] = OrderedDict()

    def find(self, question: Hashable, state: Hashable, at: int) -> T | None:
        """The answer to a question at the instant `at` of a graph in this state."""
        if state != self._state:
            self._kept.clear()
            self._state, self._taken = state, 0
        kept = self._kept.get(question)
        if kept is None or not kept.since <= at < kept.until:
            return None
        self._kept.move_to_end(question)
        return kept.value

    def keep(self, question: Hashable, state: Hashable, at: int, until: int, value: T, size: int) -> None:
        """Keep an answer of a size that holds from `at` until `until`."""
        if state != self._state or size > self._room // 4:
            return
        before = self._kept.pop(question, None)
        self._taken += size - (before.size if before else 0)
        self._kept[question] = _Kept(value, size, at, until)
        while self._taken > self._room:
            self._taken -= self._kept.popitem(last=False)[1].size


def holds_until(net: Net, at: int) -> int:
    """The first instant after `at` when anything begins or ends to be in force; `at` where that is not known."""
    periods, lives = net.periods.rows[:, :2], net.lives.rows
    if len(periods) + len(lives) > MOST_PERIODS:
        return at
    instants = np.concatenate([periods.ravel(), lives.ravel()])
    return int(instants[instants > at].min(initial=OPEN_END))
