"""What keeps a source when things are taken out of the graph, and what loses all that it had.

A *unit* is a field, a resource or a reading system that is affected. Its feeders are what one step upstream leads
to (CONTRACT §4); of a resource as a whole those of all its fields, other resources' only. A unit whose feeders are
all among what is removed loses its sources directly; one that is fed only by units that lose theirs, a ring of them
too, loses them in consequence: nothing from outside comes to it any more.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from graph.moment import Moment
from graph.moves import Moves
from graph.net import FIELD, RESOURCE, Bools, Ints, distinct


class Outlook(StrEnum):
    """What becomes of a unit's sources."""

    LOSES = "LOSES"
    LOSES_IN_CONSEQUENCE = "LOSES_IN_CONSEQUENCE"
    KEEPS = "KEEPS"


OUTLOOKS = tuple(Outlook)


@dataclass(frozen=True, slots=True)
class Remaining:
    """For each unit (sorted indexes) the place of its outlook, and how many feeders it loses and keeps.

    `first` and `feeders` say ragged which it keeps.
    """

    units: Ints
    outlook: Ints
    lost: Ints
    first: Ints
    feeders: Ints

    def kept(self, unit: int) -> Ints:
        """What still feeds the unit at a place."""
        return self.feeders[self.first[unit] : self.first[unit + 1]]


def among(things: Ints, ordered: Ints) -> Bools:
    """Which of `things` are in the sorted `ordered`."""
    if not len(ordered):
        return np.zeros(len(things), np.bool_)
    found: Bools = ordered[np.minimum(np.searchsorted(ordered, things), len(ordered) - 1)] == things
    return found


def reached_from(size: int, start: Ints, source: Ints, target: Ints) -> Bools:
    """Which of `size` places lie on ways from `start` along edges; linear in these."""
    # SciPy takes longer to load than all the rest of a command.
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order

    ends = np.concatenate([start, target])
    edges = csr_array(
        (np.ones(len(ends), np.int32), (np.concatenate([np.full(len(start), size), source]), ends)),
        shape=(size + 1, size + 1),
    )
    found = np.zeros(size + 1, np.bool_)
    found[breadth_first_order(edges, size, directed=True, return_predecessors=False)] = True
    return found[:size]


def remaining(moment: Moment, units: Ints, removed: Ints, upstream: Moves) -> Remaining:
    """What becomes of `units` (sorted, none of them removed) without `removed` (sorted).

    `upstream` are the moves of a walk upstream at FIELD level out of the units.
    """
    pairs = _feeding(moment, units, upstream)
    unit, feeder = np.divmod(pairs, moment.net.size)
    gone = among(feeder, removed)
    lost = np.bincount(unit[gone], minlength=len(units))
    unit, feeder = unit[~gone], feeder[~gone]
    left = np.bincount(unit, minlength=len(units))
    inside = among(feeder, units)
    kept = reached_from(len(units), distinct(unit[~inside]), np.searchsorted(units, feeder[inside]), unit[inside])
    outlook = np.where(kept, 2, np.where(left == 0, 0, 1))
    first = np.concatenate([[0], np.cumsum(left)])
    return Remaining(units, outlook, lost, first, feeder)


def _feeding(moment: Moment, units: Ints, upstream: Moves) -> Ints:
    """Pairs of a unit's place and a feeder, each once, sorted, as one number."""
    origin, target = upstream.origin, upstream.target
    own = among(origin, units)
    by_field = (moment.kind[origin] == FIELD) & (moment.kind[target] == FIELD)
    resources, others = moment.resource(origin[by_field]), moment.resource(target[by_field])
    holding = among(resources, units) & (resources != others)
    owners = np.concatenate([origin[own], resources[holding]])
    feeders = np.concatenate([target[own], target[by_field][holding]])
    return distinct(np.searchsorted(units, owners) * moment.net.size + feeders)


def surely(moment: Moment, nodes: Ints, start: Ints, steps: Moves) -> Ints:
    """Those of `nodes` (sorted, at FIELD level) that the change of `start` comes to for certain.

    Along feeds between fields, and from a resource that is changed as a whole to what is fed by it or reads it;
    never through a resource as a whole that was only reached.
    """
    kind = moment.kind[nodes]
    wholes = start[moment.kind[start] == RESOURCE]
    begin = among(nodes, start) | ((kind == FIELD) & among(moment.resource(nodes), wholes))
    known = among(steps.origin, nodes) & among(steps.target, nodes)
    origin, target = steps.origin[known], steps.target[known]
    between = (moment.kind[origin] == FIELD) & (moment.kind[target] == FIELD)
    places = np.searchsorted(nodes, origin), np.searchsorted(nodes, target)
    sure = reached_from(len(nodes), np.flatnonzero(begin), places[0][between], places[1][between])
    sure[places[1][~between & among(origin, wholes)]] = True
    found: Ints = nodes[sure]
    return found
