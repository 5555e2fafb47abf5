"""What is kept while there is room."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by keys, their sizes up to `room` in all, none larger than `largest`; those asked for last stay."""

    def __init__(self, room: int, largest: int | None = None) -> None:
        self._room = room
        self._largest = room if largest is None else largest
        self._taken = 0
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def find(self, key: K) -> V | None:
        """The value of a key, `None` where none is kept."""
        try:
            self._values.move_to_end(key)
            return self._values[key][0]
        except KeyError:  # never here, or just put out by another thread
            return None

    def keep(self, key: K, value: V, size: int = 1) -> None:
        """Keep a value, in the place of the one that the key had."""
        if size > self._largest:
            return
        self._taken += size - self._values.pop(key, (None, 0))[1]
        self._values[key] = value, size
        while self._taken > self._room:
            self._taken -= self._values.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Keep nothing."""
        self._values.clear()
        self._taken = 0
