"""Which sharing agreements a link runs under: those that cover its source and are granted to its user."""

from collections.abc import Iterable, Mapping

import numpy as np

from graph.moment import Moment
from graph.net import Agreement, Ints, Net

Takers = set[tuple[int, int]]
"""Users of data: the department and the system of each, -1 for none."""


def granted(moment: Moment, links: Ints, takers: Mapping[int, Takers] | None = None) -> Mapping[int, frozenset[int]]:
    """By their places among `links`, those that have agreements, and which: in force or not.

    Who takes the data of a link is what is at its end, unless `takers` says it by places.
    """
    net = moment.net
    starts = net.start.data[links].astype(np.int64)
    sources = list(zip(starts.tolist(), moment.resource(starts).tolist(), strict=True))
    covered = [place for place, pair in enumerate(sources) if net.covered.keys() & set(pair)]
    if takers is None:
        takers = dict(zip(covered, takers_of(moment, links[covered]).values(), strict=True))
    found = {
        place: frozenset(
            one.index
            for one in _covering(net, set(sources[place]))
            if any(_serves(one, *taker) for taker in takers[place])
        )
        for place in covered
    }
    return {place: those for place, those in found.items() if those}


def takers_of(moment: Moment, links: Ints) -> dict[int, Takers]:
    """Who takes the data of links, by their places: what is at the end of each."""
    ends = moment.net.end.data[links].astype(np.int64)
    users = zip(moment.department(ends).tolist(), moment.system(ends).tolist(), strict=True)
    return {place: {user} for place, user in enumerate(users)}


def _serves(agreement: Agreement, department: int, system: int) -> bool:
    """Whether the agreement is granted to this department, or serves this system."""
    return (agreement.consumer >= 0 and agreement.consumer == department) or (
        agreement.system >= 0 and agreement.system == system
    )


def _covering(net: Net, things: set[int]) -> Iterable[Agreement]:
    for thing in things:
        for agreement in net.covering(thing):
            if agreement.recorded_from <= net.known_at < agreement.recorded_to:
                yield agreement
