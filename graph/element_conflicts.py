"""Where data elements do not fit what is registered: who collects the same, who types it otherwise, who is fresher.

All conflicts of a question are worked out from a net that stands at one change of the graph, and taken from it for
good. What a kind means is in docs/elements.md; words for people are in `graph/conflict_words.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cached_property

import numpy as np

from graph.carriers import Carriers
from graph.facts import Severity
from graph.net import ELEMENT, FIELD, Bools, Ints, Net, distinct
from graph.standing import Flows, Standing

__all__ = ["CONFLICT_KINDS", "ConflictKind", "Judged", "Judging"]


class ConflictKind(StrEnum):
    """What does not fit."""

    NO_AUTHORITATIVE_SOURCE = "NO_AUTHORITATIVE_SOURCE"
    DIFFERENT_TYPES = "DIFFERENT_TYPES"
    SOURCE_WITHOUT_DATA = "SOURCE_WITHOUT_DATA"
    SOURCE_NOT_FRESHEST = "SOURCE_NOT_FRESHEST"


CONFLICT_KINDS = tuple(ConflictKind)
_UNKNOWN_DAYS = float("inf")


class Judged:
    """The elements in conflict of one kind, and which carriers show it. `severity` goes with `elements`."""

    def __init__(self, elements: Ints, evidence: Bools, severity: Sequence[Severity]) -> None:
        self.elements = elements
        self.evidence = evidence
        self.severity = severity


class Judging:
    """Carriers in force at a moment, as columns, to be judged."""

    def __init__(self, net: Net, at: int, carriers: Carriers) -> None:
        self.standing = standing = Standing(net, at)
        self.carriers = carriers
        size = standing.size
        element, carrier = carriers.element, carriers.carrier
        kept = np.flatnonzero((element < size) & (carrier < size))  # what was written since is not in the net
        kept = kept[standing.stated[element[kept]] & (standing.kind[element[kept]] == ELEMENT)]
        kept = kept[standing.stated[carrier[kept]] & (standing.kind[carrier[kept]] == FIELD)]
        self.element, self.carrier = element[kept], carrier[kept]
        self.data_type, self.length = carriers.data_type[kept], carriers.length[kept]
        self.resource = standing.resource[self.carrier]
        self.department = standing.department[self.carrier]
        self.source = self._sources()[self.element]
        self.cycle = self._cycles()[self.resource]
        # By the place of a cycle; the last, which is also -1, is of what nobody knows.
        self.days = np.array([*carriers.fresh_days.values(), _UNKNOWN_DAYS])[self.cycle]

    def _sources(self) -> Ints:
        """The authoritative department of each thing that is an element, if it is in force."""
        standing = self.standing
        found = np.full(standing.size, -1)
        element, department = self.carriers.sources.T
        known = (element < standing.size) & (department < standing.size)
        element, department = element[known], department[known]
        alive = standing.alive[department]
        found[element[alive]] = department[alive]
        return found

    def _cycles(self) -> Ints:
        """The place of the update cycle of each thing that is a resource; one more stands for none."""
        found = np.full(self.standing.size + 1, -1)
        resource, cycle = self.carriers.cycles.T
        known = resource < self.standing.size
        found[resource[known]] = cycle[known]
        return found

    @cached_property
    def original(self) -> Bools:
        """Which carriers nothing feeds, neither the field nor its resource as a whole."""
        flows = Flows(self.standing)
        fed = np.zeros(self.standing.size + 1, np.bool_)  # the last one stands for no resource
        fed[flows.end[~flows.reads]] = True
        found: Bools = ~fed[self.carrier] & ~fed[self.resource]
        return found

    @cached_property
    def others(self) -> Bools:
        """Which carriers are of a department that is not their element's authoritative source, though there is one."""
        found: Bools = (self.source >= 0) & (self.department >= 0) & (self.department != self.source)
        return found

    @cached_property
    def own(self) -> Bools:
        """Which carriers are of their element's authoritative source."""
        found: Bools = (self.source >= 0) & (self.department == self.source)
        return found

    def judge(self, kind: ConflictKind) -> Judged:
        """The conflicts of one kind."""
        return _KINDS[kind](self)

    def _no_authority(self) -> Judged:
        shown = self.original & (self.department >= 0) & (self.source < 0)
        pairs = distinct(self.standing.pairs(self.element[shown], self.department[shown]))
        elements, departments = np.unique(pairs // max(self.standing.size, 1), return_counts=True)
        return self._all(elements[departments > 1], shown)

    def _different_types(self) -> Judged:
        typed = self._several(self.data_type)
        elements = distinct(np.concatenate([typed, self._several(self.length)]))
        severity = [Severity.WARNING if one else Severity.INFO for one in np.isin(elements, typed).tolist()]
        return Judged(elements, (self.data_type >= 0) | (self.length >= 0), severity)

    def _several(self, values: Ints) -> Ints:
        """The elements whose carriers say more than one value."""
        said = values >= 0
        if not said.any():
            return np.empty(0, np.int64)
        pairs = np.unique(np.stack([self.element[said], values[said]]), axis=1)
        elements, counts = np.unique(pairs[0], return_counts=True)
        found: Ints = elements[counts > 1]
        return found

    def _without_data(self) -> Judged:
        elements = distinct(self.element[self.others])
        return self._all(elements[~np.isin(elements, self.element[self.own])], self.others)

    def _not_freshest(self) -> Judged:
        known = self.days < _UNKNOWN_DAYS
        best = np.full(self.standing.size, _UNKNOWN_DAYS)
        own = self.own & known
        np.minimum.at(best, self.element[own], self.days[own])
        fresher = self.others & self.original & known & (best[self.element] < _UNKNOWN_DAYS)
        fresher &= self.days < best[self.element]
        return self._all(distinct(self.element[fresher]), fresher | own)

    @staticmethod
    def _all(elements: Ints, evidence: Bools) -> Judged:
        return Judged(elements, evidence, [Severity.WARNING] * len(elements))


_KINDS: Mapping[ConflictKind, Callable[[Judging], Judged]] = {
    ConflictKind.NO_AUTHORITATIVE_SOURCE: Judging._no_authority,
    ConflictKind.DIFFERENT_TYPES: Judging._different_types,
    ConflictKind.SOURCE_WITHOUT_DATA: Judging._without_data,
    ConflictKind.SOURCE_NOT_FRESHEST: Judging._not_freshest,
}
