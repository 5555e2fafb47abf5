"""Where a walk may go: what it has to stay inside, what it stops at, and what it passes through."""

import numpy as np

from graph.marks import Marks
from graph.moment import Moment
from graph.moves import Moves
from graph.narrowing import Conditions, LineageFilter
from graph.net import ELEMENT, FIELD, RESOURCE, SHARE_TYPES, SYSTEM, Bools, Ints, Net, distinct
from graph.starts import within

OUTSIDE, OPEN, STOP, PASSED = range(4)
"""What a position is to a walk: not walked to; walked to and from; shown, not crossed; crossed, not shown."""


def _indexes(net: Net, ids: tuple[str, ...] | None) -> Ints:
    return np.array([net.index[id] for id in ids or () if id in net.index], np.int64)


class Meeting:
    """Which things meet `conditions`, as far as these speak of things."""

    def __init__(self, moment: Moment, conditions: Conditions) -> None:
        net = moment.net
        self._moment = moment
        self._asked = conditions
        self._departments = _indexes(net, conditions.departments)
        self._systems = _indexes(net, conditions.systems)
        self._jurisdictions = _indexes(net, conditions.jurisdictions)
        self._elements = _indexes(net, conditions.elements)
        self._shares = [SHARE_TYPES.index(name) for name in conditions.share_types or ()]

    def of(self, things: Ints) -> Bools:
        """Which of `things` (fields, resources and systems in force) meet all of them."""
        asked, moment = self._asked, self._moment
        resource, system, department, jurisdiction = moment.containers(things)
        met = np.ones(len(things), np.bool_)
        if asked.departments is not None:
            met &= np.isin(department, self._departments)
        if asked.systems is not None:
            met &= np.isin(system, self._systems)
        if asked.jurisdictions is not None:
            met &= within(moment, jurisdiction, self._jurisdictions)
        # A system has neither share type nor element: what is asked of these says nothing of it.
        is_system = moment.kind[things] == SYSTEM
        if asked.share_types is not None:
            met &= is_system | np.isin(self._share(things, resource), self._shares)
        if asked.elements is not None:
            met &= is_system | self._carries(things)
        return met

    def _share(self, things: Ints, resource: Ints) -> Ints:
        """The share type of each: a field's own, else that of its resource."""
        share = self._moment.net.share.data
        return np.where((share[things] == 0) & (resource >= 0), share[resource], share[things])

    def _carries(self, things: Ints) -> Bools:
        """Which carry one of the elements: a resource does where one of its fields does."""
        carries = self._represents(things)
        wholes = np.flatnonzero(self._moment.kind[things] == RESOURCE)
        place, members = self._moment.members(things[wholes], FIELD)
        carries[wholes[place[self._represents(members)]]] = True
        return carries

    def _represents(self, fields: Ints) -> Bools:
        element = self._moment.net.element.data[fields].astype(np.int64)
        return np.isin(self._moment.contained(element, ELEMENT), self._elements)


class Fence:
    """What a filter makes of the positions of one walk. The start, and the fields of its resources, are exempt."""

    def __init__(self, moment: Moment, filter: LineageFilter) -> None:
        net = moment.net
        self._moment = moment
        self._only = Meeting(moment, filter.only) if filter.only.of_things else None
        self._stops = _indexes(net, filter.stop_at)
        self._through = _indexes(net, filter.through)
        self._start = Marks(net)
        self._known = Marks(net)

    def begin(self, start: Ints) -> None:
        """Walk from `start`."""
        self._start.put(start, 1)

    def look_again(self) -> None:
        """Follow the net, after it has grown."""
        self._known.give_back()
        self._known = Marks(self._moment.net)
        self._start.grow()

    def give_back(self) -> None:
        """Let the next walk have the marks."""
        self._known.give_back()
        self._start.give_back()

    def _of(self, things: Ints) -> Ints:
        known = self._known.of
        missing = things[known[things] < 0]
        if len(missing):
            missing = distinct(missing)
            self._known.put(missing, self._judged(missing))
        found: Ints = known[things].astype(np.int64)
        return found

    def _judged(self, things: Ints) -> Ints:
        inside = np.ones(len(things), np.bool_) if self._only is None else self._only.of(things)
        judged = np.where(inside, OPEN, OUTSIDE)
        if len(self._through):
            judged[self._lie_in(things, self._through)] = PASSED
        if len(self._stops):
            stops = self._lie_in(things, self._stops)
            judged[stops] = np.where(inside[stops], STOP, OUTSIDE)
        judged[self._begun(things)] = OPEN
        return judged

    def _lie_in(self, things: Ints, places: Ints) -> Bools:
        """Which are one of `places`, or lie in one."""
        *containers, jurisdiction = self._moment.containers(things)
        lie = within(self._moment, jurisdiction, places)
        for container in (things, *containers):
            lie |= np.isin(container, places)
        return lie

    def _begun(self, things: Ints) -> Bools:
        moment, start = self._moment, self._start.of
        resource = np.where(moment.kind[things] == FIELD, moment.resource(things), -1)
        begun: Bools = (start[things] >= 0) | ((resource >= 0) & (start[resource] >= 0))
        return begun

    def leading(self, things: Ints) -> Ints:
        """Those of `things` that a walk goes on from."""
        return things[self.leads(things)]

    def leads(self, things: Ints) -> Bools:
        """Whether a walk goes on from each of `things`."""
        found = self._of(things)
        leads: Bools = (found == OPEN) | (found == PASSED)
        return leads

    def passed(self, things: Ints) -> Bools:
        """Which of `things` are passed through without being shown."""
        passed: Bools = self._of(things) == PASSED
        return passed

    def allowed(self, moves: Moves) -> Moves:
        """Those of `moves` that may be made."""
        return moves.pick(self._of(moves.target) != OUTSIDE)
