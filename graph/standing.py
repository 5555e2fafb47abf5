"""A whole net at one moment, as sweeps look at it: what is in force, its containers, and the flows of CONTRACT §4.

All arrays of things are as long as the net; -1 is none.
"""

from dataclasses import replace

import numpy as np

from graph.moment import Moment
from graph.net import AGREEMENT, FEEDS, FIELD, OPEN_START, READS, RESOURCE, SYSTEM, Bools, Ints, Net


def still(net: Net) -> Net:
    """A copy of a whole net as far as sweeps look at it, which stays as it is while others apply changes to `net`."""
    copy = Net(**{name: getattr(net, name) for name in net.__dataclass_fields__})
    for name in ("kind", "holder", "provider", "life", "created", "unregistered", "start", "end", "flow", "period"):
        setattr(copy, name, getattr(net, name).copy())
    copy.ids, copy.names, copy.index = list(net.ids), list(net.names), dict(net.index)
    copy.agreements = {at: [replace(one) for one in versions] for at, versions in net.agreements.items()}
    return copy


class Standing:
    """What is in force, and where everything lies."""

    def __init__(self, net: Net, at: int) -> None:
        self.net = net
        self.at = at
        self.moment = moment = Moment(net, at)
        self.size = net.size
        every = np.arange(net.size)
        self.kind = net.kind.data.astype(np.int64)
        self.alive: Bools = moment.things(every) & (self.kind >= 0)
        self.stated: Bools = self.alive & ~net.unregistered.data
        self.resource = moment.resource(every)
        self.system = moment.system(every)
        self.department = moment.department(every)
        self.jurisdiction = moment.jurisdiction(every)
        self.unit = np.where(self.resource >= 0, self.resource, every)
        """What each is at the level of resources."""

    def of_kind(self, kind: int) -> Ints:
        """The things of a kind that are stated and in force."""
        return np.flatnonzero(self.stated & (self.kind == kind))

    def pairs(self, one: Ints, other: Ints) -> Ints:
        """A number for each pair; -1 where either is none."""
        found: Ints = np.where((one >= 0) & (other >= 0), one * self.size + other, -1)
        return found


class Flows:
    """The links that a walk takes, between different things in force: `fields` says which join fields, `reads` which
    are READS. Feeds between resources that only sum up feeds between their fields are left out.
    """

    def __init__(self, standing: Standing) -> None:
        net = standing.net
        links = np.flatnonzero(standing.moment.links(np.arange(net.start.size)))
        start, end = net.start.data[links].astype(np.int64), net.end.data[links].astype(np.int64)
        there = standing.alive[start] & standing.alive[end] & (start != end)
        links, start, end = links[there], start[there], end[there]
        kinds, flow = (standing.kind[start], standing.kind[end]), net.flow.data[links]
        fields = (flow == FEEDS) & (kinds[0] == FIELD) & (kinds[1] == FIELD)
        wholes = (flow == FEEDS) & (kinds[0] == RESOURCE) & (kinds[1] == RESOURCE)
        reads = (flow == READS) & (kinds[0] == RESOURCE) & (kinds[1] == SYSTEM)
        between = standing.pairs(standing.unit[start], standing.unit[end])
        taken = fields | reads | (wholes & ~np.isin(between, between[fields]))
        self.link, self.start, self.end = links[taken], start[taken], end[taken]
        self.fields: Bools = fields[taken]
        self.reads: Bools = reads[taken]

    def since(self, net: Net) -> Ints:
        """For each since when it flows: its beginning, else when it was recorded."""
        periods = net.periods.rows[net.period.data[self.link]]
        found: Ints = np.where(periods[:, 0] > OPEN_START, periods[:, 0], periods[:, 2])
        return found


class Grants:
    """The agreements in force, as pairs of what they cover and whom they serve: a department, or a system."""

    def __init__(self, standing: Standing) -> None:
        rows = [
            (one.index, thing, one.consumer, one.system)
            for versions in standing.net.agreements.values()
            for one in versions
            if one.recorded_from <= standing.net.known_at < one.recorded_to
            and standing.alive[one.index]
            and standing.kind[one.index] == AGREEMENT
            for thing in one.covers
        ]
        columns = np.array(rows, np.int64).reshape(-1, 4).T
        self.agreement, self.thing, self.consumer, self.system = columns
        self._standing = standing
        holder = standing.resource[self.thing]
        self._own = [standing.pairs(self.thing, user) for user in (self.consumer, self.system)]
        self._within = [standing.pairs(holder, user) for user in (self.consumer, self.system)]

    def covered(self, flows: Flows) -> Bools:
        """Which flows an agreement covers: their source or its resource, for their user's department or system.

        Where nobody said which fields flow, one about any field of the resource does.
        """
        standing, source = self._standing, flows.start
        found = np.zeros(len(source), np.bool_)
        whole = ~flows.fields
        for user, own, within in zip(_users(standing, flows.end), self._own, self._within, strict=True):
            for thing in (source, standing.resource[source]):
                pairs = standing.pairs(thing, user)
                found |= (pairs >= 0) & np.isin(pairs, own)
            pairs = standing.pairs(source, user)
            found |= whole & (pairs >= 0) & np.isin(pairs, within)
        return found

    def flowing(self, flows: Flows) -> Bools:
        """Under which of the pairs data flows: the other side of `covered`."""
        standing = self._standing
        source, whole = flows.start, ~flows.fields
        found = np.zeros(len(self.thing), np.bool_)
        for user, own, within in zip(_users(standing, flows.end), self._own, self._within, strict=True):
            for thing in (source, standing.resource[source]):
                found |= (own >= 0) & np.isin(own, standing.pairs(thing, user))
            found |= (within >= 0) & np.isin(within, standing.pairs(source, user)[whole])
        return found


def _users(standing: Standing, ends: Ints) -> tuple[Ints, Ints]:
    """The departments and the systems of what data comes to."""
    return standing.department[ends], standing.system[ends]
