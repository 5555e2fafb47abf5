"""Answers that are kept while they hold: until the graph changes, or something begins or ends to be in force."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from graph.kept import Kept
from graph.net import OPEN_END, Net

T = TypeVar("T")

MOST_PERIODS = 200_000
"""Different periods of a net up to which it is worth while to look for the next instant."""


@dataclass(frozen=True, slots=True)
class _Answer(Generic[T]):
    value: T
    since: int
    until: int


class Remembered(Generic[T]):
    """Answers by their questions, of sizes up to `room` in all; those that were asked for last stay."""

    def __init__(self, room: int) -> None:
        self._state: Hashable = None
        self._answers: Kept[Hashable, _Answer[T]] = Kept(room, room // 4)

    def find(self, question: Hashable, state: Hashable, at: int) -> T | None:
        """The answer to a question at the instant `at` of a graph in this state."""
        if state != self._state:
            self._answers.clear()
            self._state = state
        answer = self._answers.find(question)
        return answer.value if answer is not None and answer.since <= at < answer.until else None

    def keep(self, question: Hashable, state: Hashable, at: int, until: int, value: T, size: int) -> None:
        """Keep an answer of a size that holds from `at` until `until`."""
        if state == self._state:
            self._answers.keep(question, _Answer(value, at, until), size)


def holds_until(net: Net, at: int) -> int:
    """The first instant after `at` when anything begins or ends to be in force; `at` where that is not known."""
    periods, lives = net.periods.rows[:, :2], net.lives.rows
    if len(periods) + len(lives) > MOST_PERIODS:
        return at
    instants = np.concatenate([periods.ravel(), lives.ravel()])
    return int(instants[instants > at].min(initial=OPEN_END))
