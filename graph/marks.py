"""A number for some things of a net, cleared by what it cost to set them."""

import numpy as np

from graph.net import Ints, Net, distinct


class Marks:
    """A number for each index of a net, -1 where none. Given back when done, so that none is cleared as a whole."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._marked: list[Ints] = []
        self.of = net.spare.pop() if net.spare else np.full(max(net.size, 1), -1, np.int32)
        self.grow()

    def grow(self) -> None:
        """Follow the net, after it has grown."""
        if self._net.size > len(self.of):
            room = np.full(max(self._net.size, 2 * len(self.of)), -1, np.int32)
            room[: len(self.of)] = self.of
            self.of = room

    def put(self, things: Ints, numbers: Ints | int) -> None:
        """Mark `things`."""
        self.of[things] = numbers
        self._marked.append(things)

    def take_new(self, things: Ints, number: int) -> Ints:
        """Mark those of `things` that are not marked yet; which they were, each once."""
        new = distinct(things[self.of[things] < 0])
        self.put(new, number)
        return new

    def give_back(self) -> None:
        """Clear what was marked, for the next walk."""
        for things in self._marked:
            self.of[things] = -1
        self._net.spare.append(self.of)
        self._marked = []
