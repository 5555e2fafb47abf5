"""The findings of one question, taken from a net for good: columns, with the ids and names that they show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.affected import Named
from graph.broken import FINDING_KINDS, SEVERITIES, UNKNOWN, FindingKind, Rows
from graph.facts import Kind, Severity
from graph.finding_words import WORDS, Said
from graph.net import KINDS, OPEN_END, OPEN_START, Ints, distinct
from graph.noted import Noted
from graph.standing import Standing

Small = npt.NDArray[np.int32]

IMPORT = FINDING_KINDS.index(FindingKind.IMPORT)
_CROSSING = frozenset({FindingKind.READER_WITHOUT_AGREEMENT, FindingKind.FLOW_WITHOUT_AGREEMENT})

CONTAINERS = ("resource", "system", "department", "jurisdiction")


@dataclass(frozen=True, slots=True)
class FindingThing:
    """A thing that a finding is about."""

    id: str
    kind: Kind
    name: str
    department: Named | None


@dataclass(frozen=True, slots=True)
class FindingPlace:
    """Where an import found something, what the source said there, and what was done about it."""

    file: str | None
    sheet: str | None
    row: int | None
    column: str | None
    value: str | None
    done: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding. `crosses`: DEPARTMENT or JURISDICTION, where it is about what goes from one to another."""

    id: str
    kind: FindingKind
    code: str | None
    severity: Severity
    message: str
    things: list[FindingThing]
    count: int
    crosses: str | None
    department: Named | None
    jurisdiction: Named | None
    since: int | None
    sources: list[str]
    place: FindingPlace | None
    rule: str
    way_out: str


@dataclass(frozen=True, slots=True)
class Found:
    """All findings of some kinds as columns. Things are places among `ids`, -1 for none; `own` are of imports.

    The same is found at any instant from `begins` on and before `ends`, while the graph is in this `state`.
    """

    state: Any
    as_of: int
    begins: int
    ends: int
    ids: list[str]
    names: list[str]
    kinds: list[Kind]
    rank: Small
    """Where each of `ids` stands among them by code point."""
    held: Mapping[str, Small]
    """The containers of each of `ids`."""
    kind: npt.NDArray[np.int8]
    severity: npt.NDArray[np.int8]
    first: Small
    second: Small
    count: Ints
    department: Small
    since: Ints
    own: Small
    named: Mapping[int, Sequence[int]]
    said: Mapping[int, Sequence[str]]
    noted: Sequence[Noted]

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.kind)

    @property
    def sequence(self) -> int:
        """The change of the graph that they stand on."""
        number: int = self.state[0]
        return number

    def ends_of(self, row: int) -> tuple[str, str]:
        """The ids of what a finding is about, empty where there is none."""
        first, second = int(self.first[row]), int(self.second[row])
        return (self.ids[first] if first >= 0 else ""), (self.ids[second] if second >= 0 else "")

    def container(self, place: int) -> Named | None:
        """A container by its place; -1 is none."""
        return Named(self.ids[place], self.names[place]) if place >= 0 else None

    def jurisdiction(self) -> Small:
        """The jurisdiction of each finding's department."""
        held = self.held["jurisdiction"]
        return np.where(self.department >= 0, held[self.department], -1) if len(held) else self.department

    def row(self, place: int) -> FindingRow:
        """One of them."""
        kind = FINDING_KINDS[self.kind[place]]
        words = WORDS[kind]
        told = self.noted[self.own[place]] if kind is FindingKind.IMPORT else None
        listed = [at for at in (int(self.first[place]), int(self.second[place])) if at >= 0]
        more = list(self.named.get(place, ()))
        crosses = self._crosses(place) if kind in _CROSSING else None
        department = int(self.department[place])
        sources = list(self.said.get(place, ()))
        said = Said(
            [self._full(at) for at in listed],
            int(self.count[place]),
            [self._full(at) for at in more],
            sources,
            crosses == "JURISDICTION",
        )
        since = int(self.since[place])
        return FindingRow(
            self.id(place),
            kind,
            told and told.code,
            SEVERITIES[self.severity[place]],
            told.message if told else words.sentence(said),
            [self._thing(at) for at in [*listed, *more]],
            said.count,
            crosses,
            self.container(department),
            self.container(int(self.held["jurisdiction"][department]) if department >= 0 else -1),
            None if since == UNKNOWN else since,
            sources,
            _place(told) if told else None,
            words.rule,
            words.way_out,
        )

    def id(self, place: int) -> str:
        """What tells a finding from all others, as long as it is one."""
        kind = FINDING_KINDS[self.kind[place]]
        about = "\0".join(self.ends_of(place))
        if kind is FindingKind.IMPORT:
            told = self.noted[self.own[place]]
            about = "\0".join((told.source, told.file, str(told.number)))
        return f"finding:{kind}:{blake2b(about.encode(), digest_size=12).hexdigest()}"

    def _crosses(self, place: int) -> str:
        held = self.held["jurisdiction"]
        one, other = (int(held[ends[place]]) for ends in (self.first, self.second))
        return "JURISDICTION" if one >= 0 and other >= 0 and one != other else "DEPARTMENT"

    def _full(self, at: int) -> str:
        """A name; of a field with that of its resource before it, as fields of one name are many."""
        holder = int(self.held["resource"][at])
        return self.names[at] if holder in (-1, at) else f"{self.names[holder]}/{self.names[at]}"

    def _thing(self, at: int) -> FindingThing:
        department = self.container(int(self.held["department"][at]))
        return FindingThing(self.ids[at], self.kinds[at], self.names[at], department)


def _place(told: Noted) -> FindingPlace:
    return FindingPlace(told.file or None, told.sheet or None, told.row, told.column or None, told.value, told.done)


def taken(
    standing: Standing, parts: Sequence[Rows], noted: Sequence[Noted], state: Any, instants: Iterable[int]
) -> Found:
    """The findings of a sweep; `instants` are further moments at which others may be found."""
    net = standing.net
    columns = {
        name: np.concatenate([np.empty(0, np.int64), *(getattr(part, name) for part in parts)])
        for name in ("first", "second", "department", "severity", "count", "since")
    }
    sizes = [len(part.first) for part in parts]
    starts = np.cumsum([0, *sizes]).tolist()
    named = {
        start + row: list(those)
        for part, start in zip(parts, starts[:-1], strict=True)
        for row, those in part.named.items()
    }
    said = {
        start + row: those for part, start in zip(parts, starts[:-1], strict=True) for row, those in part.said.items()
    }
    own = [np.arange(size) if part.kind is FindingKind.IMPORT else np.full(size, -1) for part, size in _sized(parts)]
    things, held = _things(standing, [*(columns[name] for name in ("first", "second", "department")), _all(named)])
    ids = [net.ids[at] for at in things.tolist()]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    rank = np.empty(len(ids), np.int32)
    rank[order] = np.arange(len(ids))
    begins, ends = stretch(standing, instants)
    return Found(
        state=state,
        as_of=standing.at,
        begins=begins,
        ends=ends,
        ids=ids,
        names=[net.names[at] or net.ids[at] for at in things.tolist()],
        kinds=[KINDS[kind] for kind in standing.kind[things].tolist()],
        rank=rank,
        held=held,
        kind=np.repeat([FINDING_KINDS.index(part.kind) for part in parts], sizes).astype(np.int8),
        severity=columns["severity"].astype(np.int8),
        first=_among(things, columns["first"]),
        second=_among(things, columns["second"]),
        count=columns["count"],
        department=_among(things, columns["department"]),
        since=columns["since"],
        own=np.concatenate([np.empty(0, np.int32), *own]).astype(np.int32),
        named={row: _among(things, np.array(those, np.int64)).tolist() for row, those in named.items()},
        said=said,
        noted=noted,
    )


def _sized(parts: Sequence[Rows]) -> list[tuple[Rows, int]]:
    return [(part, len(part.first)) for part in parts]


def _all(named: Mapping[int, Sequence[int]]) -> Ints:
    return np.array([at for those in named.values() for at in those], np.int64)


def _things(standing: Standing, columns: Sequence[Ints]) -> tuple[Ints, dict[str, Small]]:
    """All that is shown, sorted, with its containers as places."""
    things = np.concatenate(columns)
    things = distinct(things[things >= 0])
    while True:
        above = [getattr(standing, name)[things] for name in CONTAINERS]
        every = np.concatenate([things, *above])
        every = distinct(every[every >= 0])
        if len(every) == len(things):
            return things, {name: _among(things, found) for name, found in zip(CONTAINERS, above, strict=True)}
        things = every  # a system that holds a resource may be of another department than it


def _among(things: Ints, those: Ints) -> Small:
    """The places of `those` among `things`, which has all of them but -1."""
    return np.where(those >= 0, np.searchsorted(things, those), -1).astype(np.int32)


def stretch(standing: Standing, instants: Iterable[int]) -> tuple[int, int]:
    """Between which instants nothing begins or ends."""
    net = standing.net
    every = np.concatenate([net.lives.rows.ravel(), net.periods.rows[:, :2].ravel(), np.array([*instants], np.int64)])
    before, after = every[every <= standing.at], every[every > standing.at]
    return (
        int(before.max()) if len(before) else OPEN_START,
        int(after.min()) if len(after) else OPEN_END,
    )
