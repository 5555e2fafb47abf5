"""Answers that are kept until the graph changes."""

from collections.abc import Hashable
from typing import Generic, TypeVar

from graph.kept import Kept

T = TypeVar("T")


class Remembered(Generic[T]):
    """Answers by their questions, of sizes up to `room` in all; those that were asked for last stay."""

    def __init__(self, room: int) -> None:
        self._state: Hashable = None
        self._answers: Kept[Hashable, T] = Kept(room, room // 4)

    def find(self, question: Hashable, state: Hashable) -> T | None:
        """The answer to a question to a graph in this state."""
        if state != self._state:
            self._answers.clear()
            self._state = state
        return self._answers.find(question)

    def keep(self, question: Hashable, state: Hashable, value: T, size: int) -> None:
        """Keep an answer of a size."""
        if state == self._state:
            self._answers.keep(question, value, size)
