"""Moves of a walk, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graph.net import NO_INTS, Bools, Ints

VAGUE = 2
"""In a `manner`: between the two ends data went by a resource as a whole."""


@dataclass(frozen=True, slots=True)
class Moves:
    """Moves found together, as columns: the thing that is drawn, the position reached, the link (-1: a free move).

    `manner`, where something may have been passed through, is the flow to be drawn, and `VAGUE` added to it.
    """

    origin: Ints
    target: Ints
    link: Ints
    manner: Ints | None = None

    def pick(self, which: Bools) -> "Moves":
        """Those of some rows."""
        manner = None if self.manner is None else self.manner[which]
        return Moves(self.origin[which], self.target[which], self.link[which], manner)


def together(moves: Sequence[Moves]) -> Moves:
    """All of them, one after the other."""
    if len(moves) == 1:
        return moves[0]
    if not moves:
        return Moves(NO_INTS, NO_INTS, NO_INTS)
    return Moves(
        np.concatenate([m.origin for m in moves]),
        np.concatenate([m.target for m in moves]),
        np.concatenate([m.link for m in moves]),
        None if moves[0].manner is None else np.concatenate([m.manner for m in moves if m.manner is not None]),
    )


def free(origins: Ints, targets: Ints) -> Moves:
    """Moves along no link, which cost nothing."""
    return Moves(origins, targets, np.full(len(targets), -1, np.int64))


def spread(origins: Ints, which: Ints, place: Ints, links: Ints, far: Ints) -> Moves:
    """The links found once for each of several resources, at every origin of that resource (`which`)."""
    if not len(links):
        return Moves(NO_INTS, NO_INTS, NO_INTS)
    order = np.argsort(place, kind="stable")
    counts = np.bincount(place, minlength=int(which.max()) + 1)
    first = np.cumsum(counts) - counts
    each = counts[which]
    at = np.repeat(np.arange(len(origins)), each)
    within = np.arange(len(at)) - np.repeat(np.cumsum(each) - each, each)
    chosen = order[first[which[at]] + within]
    return Moves(origins[at], far[chosen], links[chosen])
