"""The steps that a walk may make downstream, from position to position, found from where they begin or from where
they end. Pure.

Upstream walks are another thing: they turn the arrows round (CONTRACT §4). Here the arrows stay, and only the search
goes backwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graph.moment import Moment
from graph.net import FEEDS, FIELD, NO_INTS, RESOURCE, Index, Ints, distinct
from graph.starts import lying_in


@dataclass(frozen=True, slots=True)
class Arcs:
    """Steps as columns: from which position, to which, along which stored link."""

    source: Ints
    target: Ints
    link: Ints

    def __len__(self) -> int:
        return len(self.link)


NO_ARCS = Arcs(NO_INTS, NO_INTS, NO_INTS)


def together(arcs: Sequence[Arcs]) -> Arcs:
    """All of them, one after the other."""
    if not arcs:
        return NO_ARCS
    return Arcs(
        np.concatenate([one.source for one in arcs]),
        np.concatenate([one.target for one in arcs]),
        np.concatenate([one.link for one in arcs]),
    )


class Steps:
    """The steps at one moment; none that touches what is, or lies in, one of the things to `avoid`."""

    def __init__(self, moment: Moment, avoid: Sequence[int] = ()) -> None:
        self.moment = moment
        self._avoid = avoid

    def allowed(self, positions: Ints) -> Ints:
        """`positions`, but for those to avoid."""
        for thing in self._avoid:
            positions = positions[~lying_in(self.moment, thing, positions)]
        return positions

    def onward(self, positions: Ints) -> Arcs:
        """All steps from `positions`."""
        fields, wholes = self._parted(positions)
        place, links, far = self._feeds(fields, back=False)
        which, members = self.moment.members(wholes, FIELD)
        leading, more, beyond = self._feeds(members, back=False)
        found = [Arcs(fields[place], far, links), Arcs(wholes[which[leading]], beyond, more)]
        inside = self.moment.resource(fields)
        at = np.concatenate([fields[inside >= 0], wholes])
        resources = np.concatenate([inside[inside >= 0], wholes])
        several = distinct(resources)
        place, links, far = self._whole_feeds(several, back=False)
        origin, chosen = _joined(np.searchsorted(several, resources), place, len(several))
        found.append(Arcs(at[origin], far[chosen], links[chosen]))
        return self._kept(together(found))

    def feeders(self, positions: Ints) -> Ints:
        """The resources that feed those among `positions` as a whole: `back` needs to know what they contain."""
        _, wholes = self._parted(positions)
        return distinct(self._whole_feeds(wholes, back=True)[2])

    def back(self, positions: Ints) -> Arcs:
        """All steps to `positions`."""
        fields, wholes = self._parted(positions)
        place, links, near = self._feeds(fields, back=True)
        holder = self.moment.resource(near)
        held = holder >= 0
        found = [Arcs(near, fields[place], links), Arcs(holder[held], fields[place[held]], links[held])]
        place, links, near = self._whole_feeds(wholes, back=True)
        found.append(Arcs(near, wholes[place], links))
        several = distinct(near)
        which, members = self.moment.members(several, FIELD)
        step, member = _joined(np.searchsorted(several, near), which, len(several))
        found.append(Arcs(members[member], wholes[place[step]], links[step]))
        return self._kept(together(found))

    def _parted(self, positions: Ints) -> tuple[Ints, Ints]:
        kind = self.moment.kind[positions]
        return positions[kind == FIELD], positions[kind == RESOURCE]

    def _feeds(self, owners: Ints, *, back: bool) -> tuple[Ints, Ints, Ints]:
        """The feeds in force at `owners`: the owner's place, the link, its other end."""
        moment = self.moment
        place, links = (moment.net.into if back else moment.net.out).gather(owners)
        other = (moment.start if back else moment.end)[links].astype(np.int64)
        real = moment.links(links) & (moment.flow[links] == FEEDS) & (other != owners[place]) & moment.things(other)
        return place[real], links[real], other[real]

    def _whole_feeds(self, resources: Ints, *, back: bool) -> tuple[Ints, Ints, Ints]:
        """Rule 2: feeds between resources, but those that only sum up feeds of their fields."""
        place, links, other = self._feeds(resources, back=back)
        if not len(links):
            return place, links, other
        fed = distinct(place)
        which, fields = self.moment.members(resources[fed], FIELD)
        at, _, beyond = self._feeds(fields, back=back)
        holder = self.moment.resource(beyond)
        summed = (fed[which[at]] * self.moment.net.size + holder)[holder >= 0]
        own = ~np.isin(place * self.moment.net.size + other, summed)
        return place[own], links[own], other[own]

    def _kept(self, arcs: Arcs) -> Arcs:
        """The steps that touch nothing to avoid; a step from a whole goes by one of its fields."""
        if not self._avoid or not len(arcs):
            return arcs
        net = self.moment.net
        ends = (arcs.source, arcs.target, net.start.data[arcs.link], net.end.data[arcs.link])
        there = distinct(np.concatenate(ends).astype(np.int64))
        good = self.allowed(there)
        kept = np.logical_and.reduce([np.isin(end, good) for end in ends])
        return Arcs(arcs.source[kept], arcs.target[kept], arcs.link[kept])


def _joined(which: Ints, owner: Ints, owners: int) -> tuple[Ints, Ints]:
    """Every pair of a row of `which` and a row of `owner` with the same value below `owners`, as their places."""
    index = Index()
    index.build(owner, owners)
    return index.gather(which)
