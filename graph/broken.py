"""What is broken in a registry: each kind of finding in one sweep over a whole net, linear in things and links.

What a kind means is in docs/findings.md; words for people are in `graph/finding_words.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from heapq import nsmallest
from itertools import pairwise
from typing import Any

import numpy as np

from graph.facts import Severity
from graph.net import AGREEMENT, FIELD, NO_INTS, OPEN_END, RESOURCE, Bools, Ints, Net, distinct
from graph.particulars import Particulars
from graph.standing import Flows, Grants, Standing

MOST_NAMED = 10
"""Things that are named beside what a finding is about, and sources."""

SEVERITIES = tuple(Severity)
ERROR, WARNING, INFO = range(len(SEVERITIES))

_CONCLUDED = ("APPROVED", "ACTIVE")
"""Statuses of agreements under which data is to flow; so it is where none is stated."""


class FindingKind(StrEnum):
    """What is wrong."""

    NO_SYSTEM = "NO_SYSTEM"
    NO_SOURCE = "NO_SOURCE"
    NOT_MOUNTED = "NOT_MOUNTED"
    READER_WITHOUT_AGREEMENT = "READER_WITHOUT_AGREEMENT"
    FLOW_WITHOUT_AGREEMENT = "FLOW_WITHOUT_AGREEMENT"
    AGREEMENT_WITHOUT_FLOW = "AGREEMENT_WITHOUT_FLOW"
    UNREGISTERED = "UNREGISTERED"
    QUIET_SOURCE = "QUIET_SOURCE"
    IMPORT = "IMPORT"


FINDING_KINDS = tuple(FindingKind)
UNKNOWN = OPEN_END
"""Since nobody knows when."""


@dataclass(slots=True)
class Rows:
    """Findings of one kind as columns: things by index, -1 for none.

    `department` is the one that has to act. `named`: further things, and `said`: sources, by row.
    """

    kind: FindingKind
    severity: Ints
    first: Ints
    second: Ints
    count: Ints
    department: Ints
    since: Ints
    named: Mapping[int, Sequence[int]] = field(default_factory=dict)
    said: Mapping[int, Sequence[str]] = field(default_factory=dict)


def _rows(kind: FindingKind, first: Ints, **more: Any) -> Rows:
    size = len(first)
    columns = {
        "severity": np.full(size, WARNING),
        "second": np.full(size, -1),
        "count": np.ones(size, np.int64),
        "department": np.full(size, -1),
        "since": np.full(size, UNKNOWN),
    }
    return Rows(kind, first=first, **(columns | more))


class Sweep:
    """One sweep over a net at a moment. `department` of a finding is the one that has to act."""

    def __init__(self, net: Net, at: int, told: Particulars) -> None:
        self.standing = Standing(net, at)
        self.told = told
        self._net = net

    def rows(self, kind: FindingKind) -> Rows:
        """The findings of one kind, in no order."""
        return _SWEEPS[kind](self)

    @cached_property
    def _flows(self) -> Flows:
        return Flows(self.standing)

    @cached_property
    def _grants(self) -> Grants:
        return Grants(self.standing)

    @cached_property
    def _agreed(self) -> Bools:
        return self._grants.covered(self._flows)

    @cached_property
    def _share(self) -> Ints:
        """How bad it is when data of each thing goes on without an agreement, by the share type of its resource."""
        found = np.full(self.standing.size, WARNING)
        for value, severity in (("WITHHELD", ERROR), ("UNCONDITIONAL", INFO)):
            found[self.among(self.told.share_types.get(value, ()))] = severity
        return found

    def among(self, numbers: Sequence[int]) -> Ints:
        """Those of some numbers that the net has: what was written since is not in it."""
        found = np.array(numbers, np.int64)
        return found[found < self.standing.size]

    def _no_system(self) -> Rows:
        standing = self.standing
        resources = standing.of_kind(RESOURCE)
        found = resources[standing.system[resources] < 0]
        return _rows(FindingKind.NO_SYSTEM, found, department=standing.department[found])

    def _no_source(self) -> Rows:
        standing, flows = self.standing, self._flows
        fed = np.zeros(standing.size, np.bool_)
        fed[flows.end[~flows.reads]] = True
        fields = standing.of_kind(FIELD)
        holder = standing.resource[fields]
        left = fields[~fed[fields] & ~((holder >= 0) & fed[holder])]
        left = left[~self._original()[left]]
        severity = np.full(len(left), INFO)
        return _rows(FindingKind.NO_SOURCE, left, severity=severity, department=standing.department[left])

    def _original(self) -> Bools:
        """The fields that are declared original: of the department that is their element's authoritative source."""
        standing = self.standing
        found = np.zeros(standing.size, np.bool_)
        for element, department, fields in self.told.originals:
            if element < standing.size and standing.alive[element]:
                those = self.among(fields)
                found[those[standing.department[those] == department]] = True
        return found

    def _not_mounted(self) -> Rows:
        standing, flows = self.standing, self._flows
        touched = np.zeros(standing.size, np.bool_)
        ends = standing.unit[flows.start], standing.unit[flows.end]
        for these, others in (ends, ends[::-1]):
            touched[these[these != others]] = True
        touched[self.among(self.told.share_types.get("WITHHELD", ()))] = True
        resources = standing.of_kind(RESOURCE)
        found = resources[~touched[resources]]
        return _rows(FindingKind.NOT_MOUNTED, found, department=standing.department[found])

    def _readers(self) -> Rows:
        return self._crossing(FindingKind.READER_WITHOUT_AGREEMENT, self._flows.reads)

    def _crossings(self) -> Rows:
        return self._crossing(FindingKind.FLOW_WITHOUT_AGREEMENT, ~self._flows.reads)

    def _crossing(self, kind: FindingKind, which: Bools) -> Rows:
        """What goes from one department to another under no agreement, by resource and user."""
        standing, flows = self.standing, self._flows
        giver, user = standing.department[flows.start], standing.department[flows.end]
        which = which & (giver >= 0) & (user >= 0) & (giver != user) & ~self._agreed
        start, end = (standing.unit[ends[which]] for ends in (flows.start, flows.end))
        groups = _Groups(standing, start, end)
        since = flows.since(self._net)[which]
        return _rows(
            kind,
            groups.first,
            second=groups.second,
            count=groups.count,
            severity=self._share[groups.first],
            department=standing.department[groups.second],
            since=groups.lowest(since),
        )

    def _agreements(self) -> Rows:
        standing, net = self.standing, self._net
        agreements = standing.of_kind(AGREEMENT)
        open_to = np.ones(standing.size, np.bool_)
        for value, numbers in self.told.statuses.items():
            open_to[self.among(numbers)] = value in _CONCLUDED
        grants = self._grants
        used = np.zeros(standing.size, np.bool_)
        used[grants.agreement[grants.flowing(self._flows)]] = True
        found = agreements[open_to[agreements] & ~used[agreements]]
        begins, created = net.lives.rows[net.life.data[found], 0], net.created.data[found]
        return _rows(
            FindingKind.AGREEMENT_WITHOUT_FLOW,
            found,
            department=self._parties(found),
            since=np.where(begins > -OPEN_END, begins, created),
        )

    def _parties(self, agreements: Ints) -> Ints:
        """The department that gets data under each agreement, or that of its system."""
        standing = self.standing
        found = np.full(len(agreements), -1)
        for place, at in enumerate(agreements.tolist()):
            current = [one for one in self._net.agreements.get(at, ()) if one.recorded_to >= OPEN_END]
            for one in current[-1:]:
                if one.consumer >= 0 and standing.alive[one.consumer]:
                    found[place] = standing.department[one.consumer]
                elif one.system >= 0 and standing.alive[one.system]:
                    found[place] = standing.department[one.system]
        return found

    def _unregistered(self) -> Rows:
        standing = self.standing
        pairs = self._in_force(self.told.references)
        if not len(pairs):
            return _rows(FindingKind.UNREGISTERED, NO_INTS)
        order = np.argsort(pairs[:, 0], kind="stable")
        named, by = pairs[order].T
        ends = np.append(np.flatnonzero(_changes(named)), len(named))
        first = named[ends[:-1]]
        departments = standing.department[by]
        agreements = np.flatnonzero(standing.kind[by] == AGREEMENT)
        departments[agreements] = self._parties(by[agreements])
        lowest, highest = (of.reduceat(departments, ends[:-1]) for of in (np.minimum, np.maximum))
        ids = self._net.ids
        parts = [distinct(by[begin:end]).tolist() for begin, end in pairwise(ends.tolist())]
        return _rows(
            FindingKind.UNREGISTERED,
            first,
            count=np.diff(ends),
            department=np.where(lowest == highest, lowest, -1),
            since=self._net.created.data[first].astype(np.int64),
            named={row: nsmallest(MOST_NAMED, part, key=ids.__getitem__) for row, part in enumerate(parts)},
        )

    def _in_force(self, references: Sequence[Sequence[Any]]) -> Ints:
        """What is referred to, and what refers to it, of the references that are in force."""
        standing, at = self.standing, self.standing.at
        pairs = [
            (named, by)
            for named, by, since, until in references
            if named != by and (since is None or since <= at) and (until is None or at < until)
        ]
        found = np.array(pairs, np.int64).reshape(-1, 2)
        found = found[(found < standing.size).all(axis=1)]
        kept: Ints = found[standing.alive[found[:, 0]] & standing.alive[found[:, 1]]]
        return kept

    def _quiet(self) -> Rows:
        standing, at = self.standing, self.standing.at
        links = [
            (start, end, max(map(self.told.heard.__getitem__, sources)), place)
            for place, (start, end, since, until, sources) in enumerate(self.told.quiet)
            if (since is None or since <= at) and (until is None or at < until)
        ]
        found = np.array(links, np.int64).reshape(-1, 4)
        found = found[(found[:, :2] < standing.size).all(axis=1)]
        found = found[standing.alive[found[:, :2]].all(axis=1)]
        units = standing.unit[found[:, :2]]
        between = units[:, 0] != units[:, 1]
        heard, place = found[between, 2:].T
        groups = _Groups(standing, *units[between].T)
        own, other = standing.department[groups.first], standing.department[groups.second]
        quiet = self.told.quiet
        said = [sorted({source for row in part for source in quiet[row][4]}) for part in groups.parts(place)]
        return _rows(
            FindingKind.QUIET_SOURCE,
            groups.first,
            second=groups.second,
            count=groups.count,
            department=np.where(other >= 0, other, own),
            since=-groups.lowest(-heard),
            said={row: sources[:MOST_NAMED] for row, sources in enumerate(said)},
        )

    def _noted(self) -> Rows:
        standing, index = self.standing, self._net.index
        noted = self.told.noted
        named = [[index[id] for id in one.ids if id in index][:MOST_NAMED] for one in noted]
        first, second = (np.array([(those[n] if len(those) > n else -1) for those in named], np.int64) for n in (0, 1))
        return _rows(
            FindingKind.IMPORT,
            first,
            second=second,
            count=np.array([one.count for one in noted], np.int64),
            severity=np.array([SEVERITIES.index(one.severity) for one in noted], np.int64),
            department=np.append(standing.department, -1)[first],
            since=np.array([one.at for one in noted], np.int64),
            named={row: those[2:] for row, those in enumerate(named) if len(those) > 2},
            said={row: (one.source,) for row, one in enumerate(noted) if one.source},
        )


_SWEEPS: Mapping[FindingKind, Callable[[Sweep], Rows]] = {
    FindingKind.NO_SYSTEM: Sweep._no_system,
    FindingKind.NO_SOURCE: Sweep._no_source,
    FindingKind.NOT_MOUNTED: Sweep._not_mounted,
    FindingKind.READER_WITHOUT_AGREEMENT: Sweep._readers,
    FindingKind.FLOW_WITHOUT_AGREEMENT: Sweep._crossings,
    FindingKind.AGREEMENT_WITHOUT_FLOW: Sweep._agreements,
    FindingKind.UNREGISTERED: Sweep._unregistered,
    FindingKind.QUIET_SOURCE: Sweep._quiet,
    FindingKind.IMPORT: Sweep._noted,
}


class _Groups:
    """Links put together by the pair of things that they join."""

    def __init__(self, standing: Standing, start: Ints, end: Ints) -> None:
        pairs = start * standing.size + end
        self._order = np.argsort(pairs, kind="stable")
        ordered = pairs[self._order]
        self._begins = np.flatnonzero(_changes(ordered))
        self.first, self.second = np.divmod(ordered[self._begins], standing.size)
        self.count = np.diff(self._begins, append=len(ordered))

    def lowest(self, values: Ints) -> Ints:
        """The lowest of the values of each group."""
        return np.minimum.reduceat(values[self._order], self._begins) if len(self._begins) else NO_INTS

    def parts(self, values: Ints) -> list[list[int]]:
        """The values of each group."""
        ends = np.append(self._begins, len(self._order)).tolist()
        ordered = values[self._order].tolist()
        return [ordered[begin:end] for begin, end in pairwise(ends)]


def _changes(ordered: Ints) -> Bools:
    """Where another value begins."""
    found = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=found[1:])
    return found
