"""The graph as arrays: things by index, their containers and validity, and flows with an index each way.

A `Net` is a cache of what the graph says, filled whole by `graph/projection.py` or piece by piece by
`graph/fill.py`; `graph/walk.py` reads nothing else. Instants are microseconds since 1970 UTC, with
`ALWAYS` and `NEVER` for open ends. An index of -1 is "none".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.facts import KEYS, Kind

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

OPEN_START = -(2**62)
OPEN_END = 2**62
NEVER_IN_FORCE = (OPEN_END, OPEN_START)

UNRANKED = 2**63 - 1
"""The rank of what has none: it comes last."""

KINDS: tuple[Kind, ...] = tuple(Kind)
JURISDICTION, DEPARTMENT, SYSTEM, ELEMENT, RESOURCE, FIELD, AGREEMENT = range(len(KINDS))
ABSENT = -1
"""The kind of an index that stands for nothing yet."""

SHARE_TYPES = ("", *KEYS[Kind.RESOURCE]["share_type"].values)
"""By number; the first stands for none."""

FEEDS, READS = 0, 1
FLOWS = ("FEEDS", "READS")

NO_INTS: Ints = np.empty(0, np.int64)

_EDITIONS = count()


def distinct(values: Ints) -> Ints:
    """The different values, sorted. As `np.unique`, without what that costs on small arrays."""
    if len(values) < 2:
        return values
    ordered = np.sort(values)
    first = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


class Column:
    """A growing array. `data` is a view of what is in use."""

    def __init__(self, dtype: type, fill: int) -> None:
        self._room: npt.NDArray[Any] = np.full(1024, fill, dtype)
        self._fill = fill
        self.size = 0

    @property
    def data(self) -> npt.NDArray[Any]:
        return self._room[: self.size]

    def grow(self, size: int) -> None:
        """Make it at least `size` long, new places filled with the fill value."""
        if size > len(self._room):
            room = np.full(max(size, len(self._room) * 2), self._fill, self._room.dtype)
            room[: self.size] = self._room[: self.size]
            self._room = room
        self.size = max(self.size, size)

    def extend(self, values: Sequence[int] | npt.NDArray[Any]) -> None:
        start = self.size
        self.grow(start + len(values))
        self._room[start : self.size] = values

    def fit(self, number: int) -> None:
        """Make its places wide enough for `number`, where small numbers were enough so far."""
        if number > np.iinfo(self._room.dtype).max:
            self._room = self._room.astype(np.int32)

    def copy(self) -> "Column":
        """Another column with the same values."""
        other = Column.__new__(Column)
        other._room, other._fill, other.size = self._room[: self.size].copy(), self._fill, self.size
        return other

    @property
    def nbytes(self) -> int:
        return self._room.nbytes


class Index:
    """For each owner its members: a sorted base, and an overlay of what came later.

    The base may name members that have left their owner since: the reader checks.
    """

    def __init__(self) -> None:
        self._starts = np.zeros(1, np.int64)
        self._members = np.empty(0, np.int32)
        self._more: dict[int, list[int]] = {}
        self.overlay = 0

    def build(self, owners: npt.NDArray[Any], size: int) -> None:
        """Index members 0… by their owner; those with owner -1 have none. The overlay is folded in."""
        held = np.flatnonzero(np.asarray(owners) >= 0)
        order = held[np.argsort(owners[held], kind="stable")]
        counts = np.bincount(np.asarray(owners)[held], minlength=size) if len(held) else np.zeros(size, np.int64)
        self._starts = np.zeros(size + 1, np.int64)
        np.cumsum(counts[:size], out=self._starts[1:])
        self._members = order.astype(np.int32)
        self._more = {}
        self.overlay = 0

    def add(self, owner: int, member: int) -> None:
        """Put one member into the overlay."""
        if owner >= 0:
            self._more.setdefault(owner, []).append(member)
            self.overlay += 1

    def with_more(self, pairs: Iterable[tuple[int, int]]) -> "Index":
        """The same index with further pairs of owner and member, the base shared."""
        other = Index()
        other._starts, other._members = self._starts, self._members
        other._more = {owner: list(members) for owner, members in self._more.items()}
        for owner, member in pairs:
            other.add(owner, member)
        return other

    def gather(self, owners: Ints) -> tuple[Ints, Ints]:
        """For all `owners` at once: which owner (its place in `owners`), and the member."""
        known = len(self._starts) - 1
        inside = owners if not len(owners) or owners.max() < known else np.minimum(owners, known - 1)
        if known:
            first = self._starts[inside]
            counts = self._starts[inside + 1] - first
            if inside is not owners:
                counts = np.where(owners < known, counts, 0)
            ends = np.cumsum(counts)
            total = int(ends[-1]) if len(ends) else 0
        else:
            total = 0
        if total:
            place = np.repeat(np.arange(len(owners)), counts)
            members = self._members[np.arange(total) + np.repeat(first - ends + counts, counts)].astype(np.int64)
        else:
            place, members = NO_INTS, NO_INTS
        return self._with_overlay(owners, place, members) if self._more else (place, members)

    def _with_overlay(self, owners: Ints, place: Ints, members: Ints) -> tuple[Ints, Ints]:
        more = self._more
        places: list[int] = []
        found: list[int] = []
        for at, owner in enumerate(owners.tolist()):
            extra = more.get(owner)
            if extra is not None:
                places += [at] * len(extra)
                found += extra
        if not found:
            return place, members
        return np.concatenate([place, np.array(places, np.int64)]), np.concatenate([members, np.array(found, np.int64)])

    @property
    def nbytes(self) -> int:
        return self._starts.nbytes + self._members.nbytes + 100 * self.overlay


class Periods:
    """Tuples of instants, each kept once; a column of small numbers stands for them."""

    def __init__(self, width: int) -> None:
        self._numbers: dict[tuple[int, ...], int] = {}
        self._width = width
        self._rows = np.empty((16, width), np.int64)
        self._sorted = 0
        self._instants: Ints = np.empty(0, np.int64)

    def number(self, period: tuple[int, ...]) -> int:
        found = self._numbers.get(period)
        if found is None:
            found = self._numbers[period] = len(self._numbers)
            if found >= len(self._rows):
                self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
            self._rows[found] = period
        return found

    @property
    def rows(self) -> Ints:
        return self._rows[: len(self._numbers)]

    def stretch(self, at: int) -> int:
        """A number for the time around `at` in which the first two instants of no tuple lie."""
        count = len(self._numbers)
        if self._sorted < count:
            new = self._rows[self._sorted : count, :2].ravel()
            self._instants = np.sort(np.concatenate([self._instants, new]), kind="stable")
            self._sorted = count
        return int(np.searchsorted(self._instants, at, side="right"))


@dataclass(slots=True)
class Version:
    """An earlier state of a thing: recorded from, to, and what it was then."""

    index: int
    kind: int
    recorded_from: int
    recorded_to: int
    name: str | None
    holder: int
    provider: int
    life: int
    share: int = 0
    element: int = -1


@dataclass(slots=True)
class Agreement:
    """One recorded version of a sharing agreement, as far as flows need it."""

    index: int
    recorded_from: int
    recorded_to: int
    consumer: int
    system: int
    covers: frozenset[int]


@dataclass
class Net:
    """Things and flows as arrays.

    `holder` is the container that a thing names itself: a field's resource, a resource's system, a
    system's department, a department's jurisdiction, the jurisdiction that one lies within. `share` is the place
    of a share type in `SHARE_TYPES`, `source` the number of those who state a link together.
    """

    ids: list[str] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    kind: Column = field(default_factory=lambda: Column(np.int8, ABSENT))
    holder: Column = field(default_factory=lambda: Column(np.int32, -1))
    provider: Column = field(default_factory=lambda: Column(np.int32, -1))
    element: Column = field(default_factory=lambda: Column(np.int32, -1))
    share: Column = field(default_factory=lambda: Column(np.int8, 0))
    life: Column = field(default_factory=lambda: Column(np.int32, 0))
    created: Column = field(default_factory=lambda: Column(np.int64, OPEN_END))
    unregistered: Column = field(default_factory=lambda: Column(np.bool_, False))
    rank: Column = field(default_factory=lambda: Column(np.int64, UNRANKED))
    lives: Periods = field(default_factory=lambda: Periods(2))

    start: Column = field(default_factory=lambda: Column(np.int32, -1))
    end: Column = field(default_factory=lambda: Column(np.int32, -1))
    flow: Column = field(default_factory=lambda: Column(np.int8, FEEDS))
    job: Column = field(default_factory=lambda: Column(np.int16, -1))
    source: Column = field(default_factory=lambda: Column(np.int16, -1))
    period: Column = field(default_factory=lambda: Column(np.int32, 0))
    periods: Periods = field(default_factory=lambda: Periods(4))
    jobs: list[str] = field(default_factory=list)
    job_numbers: dict[str, int] = field(default_factory=dict)
    sources: list[tuple[str, ...]] = field(default_factory=list)
    source_numbers: dict[tuple[str, ...], int] = field(default_factory=dict)

    held: Index = field(default_factory=Index)
    provided: Index = field(default_factory=Index)
    out: Index = field(default_factory=Index)
    into: Index = field(default_factory=Index)

    versions: dict[int, list[Version]] = field(default_factory=dict)
    agreements: dict[int, list[Agreement]] = field(default_factory=dict)
    covered: dict[int, list[Agreement]] = field(default_factory=dict)
    """The agreements by what they cover."""
    waiting: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    """Ids that were named before they were here: by what, and in which column."""
    spare: list[npt.NDArray[np.int32]] = field(default_factory=list)
    """Cleared marks that the next walk may use."""
    known_at: int = OPEN_END - 1
    whole: bool = True
    """Everything is here; otherwise a walk asks for what it needs."""
    edition: int = field(default_factory=lambda: next(_EDITIONS))
    """What stands for its things as they are: another once a thing is another. A net that is made of this one has it
    too, as of its own `known_at`."""

    def __post_init__(self) -> None:
        self.lives.number((OPEN_START, OPEN_END))
        self.periods.number((OPEN_START, OPEN_END, OPEN_START, OPEN_END))

    @property
    def size(self) -> int:
        return self.kind.size

    def _things(self) -> tuple[Column, ...]:
        told = self.kind, self.holder, self.provider, self.element, self.share, self.life
        return *told, self.created, self.unregistered, self.rank

    def make_room(self, size: int) -> None:
        """Make indexes below `size` usable."""
        for column in self._things():
            column.grow(size)
        missing = size - len(self.ids)
        if missing > 0:
            self.ids.extend([""] * missing)
            self.names.extend([None] * missing)

    def job_number(self, job: str | None) -> int:
        """The number that stands for a job's name; -1 for none."""
        if job is None:
            return -1
        found = self.job_numbers.get(job)
        if found is None:
            found = self.job_numbers[job] = len(self.jobs)
            self.jobs.append(job)
            self.job.fit(found)
        return found

    def source_number(self, sources: Sequence[str] | None) -> int:
        """The number that stands for those who state a link; -1 for nobody."""
        if not sources:
            return -1
        those = tuple(sources)
        found = self.source_numbers.get(those)
        if found is None:
            found = self.source_numbers[those] = len(self.sources)
            self.sources.append(those)
            self.source.fit(found)
        return found

    def alter(self) -> None:
        """To be called before a thing is changed in place."""
        self.edition = next(_EDITIONS)

    def stretch(self, at: int) -> tuple[int, int]:
        """What stands for the time around `at` in which nothing begins or ends to be in force."""
        return self.lives.stretch(at), self.periods.stretch(at)

    def covering(self, thing: int) -> list[Agreement]:
        """The versions of agreements that cover a field or resource."""
        return self.covered.get(thing, [])

    def fold(self) -> None:
        """Build the indexes anew, so that their overlays are empty."""
        size = self.size
        self.held.build(self.holder.data, size)
        self.provided.build(self.provider.data, size)
        self.out.build(self.start.data, size)
        self.into.build(self.end.data, size)

    @property
    def nbytes(self) -> int:
        """About how much memory this takes."""
        links = (self.start, self.end, self.flow, self.job, self.source, self.period)
        indexes = (self.held, self.provided, self.out, self.into)
        texts = 260 * len(self.ids)
        return sum(c.nbytes for c in (*self._things(), *links)) + sum(i.nbytes for i in indexes) + texts

    def as_known_at(self, instant: int) -> "Net":
        """What the registry had recorded by `instant`: flows are shared, things are put back."""
        net = Net(**{name: getattr(self, name) for name in self.__dataclass_fields__})
        net.known_at = instant
        net.kind, net.holder = self.kind.copy(), self.holder.copy()
        net.provider, net.life = self.provider.copy(), self.life.copy()
        net.element, net.share = self.element.copy(), self.share.copy()
        net.names = list(self.names)
        never = net.lives.number(NEVER_IN_FORCE)
        net.life.data[self.created.data > instant] = never
        held, provided = [], []
        for versions in self.versions.values():
            for version in versions:
                if version.recorded_from <= instant < version.recorded_to:
                    at = version.index
                    net.names[at] = version.name
                    net.kind.data[at] = version.kind
                    net.holder.data[at], net.provider.data[at] = version.holder, version.provider
                    net.life.data[at] = version.life
                    net.element.data[at], net.share.data[at] = version.element, version.share
                    held.append((version.holder, at))
                    provided.append((version.provider, at))
        # The reader checks members against `holder`, so one that is listed twice must not count twice.
        held = [(owner, member) for owner, member in held if self.holder.data[member] != owner]
        provided = [(owner, member) for owner, member in provided if self.provider.data[member] != owner]
        net.held, net.provided = self.held.with_more(held), self.provided.with_more(provided)
        return net
