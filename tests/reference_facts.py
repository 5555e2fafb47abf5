"""The facts of a registry as the contract reads them: imports replayed one by one, slowly and plainly.

What was known at a moment is what the imports up to then say; so a registry at `knownAt` is a replay that stops there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

Fact = dict[str, Any]
Key = tuple[str | None, ...]

ZONE = ZoneInfo("Asia/Shanghai")
LINKS = ("feeds", "reads")
ENDS = {"feeds": ("from", "to"), "reads": ("system", "resource")}
REFERENCES = {
    "jurisdiction": {"within": "JURISDICTION"},
    "department": {"jurisdiction": "JURISDICTION", "part_of": "DEPARTMENT", "succeeded_by": "DEPARTMENT"},
    "system": {"department": "DEPARTMENT"},
    "resource": {"provider": "DEPARTMENT", "system": "SYSTEM"},
    "field": {"resource": "RESOURCE", "element": "ELEMENT"},
    "element": {"source": "DEPARTMENT"},
    "agreement": {"provider": "DEPARTMENT", "consumer": "DEPARTMENT", "system": "SYSTEM"},
    "reads": {"system": "SYSTEM", "resource": "RESOURCE"},
}


@dataclass(frozen=True)
class Import:
    """One run of one source: its facts, when they were recorded, and whether they are all that the source has."""

    facts: Sequence[Fact]
    at: datetime
    source: str = "a"
    full: bool = False


@dataclass
class Statement:
    """What one source says of a thing or link."""

    values: Fact
    number: int
    closed_at: datetime | None = None


@dataclass
class Entry:
    """A thing or link with each source's statement of it."""

    kind: str
    statements: dict[str, Statement] = field(default_factory=dict)

    def current(self) -> Statement:
        """The statements that still stand, the later laid over the earlier; if none stands, the one closed last."""
        standing = sorted((s for s in self.statements.values() if s.closed_at is None), key=lambda s: s.number)
        if standing:
            return Statement({key: value for s in standing for key, value in s.values.items()}, standing[-1].number)
        return max(self.statements.values(), key=lambda s: (s.closed_at or datetime.max.replace(tzinfo=UTC), s.number))


def instant(value: str | None) -> datetime | None:
    """A time as the exchange format writes it: a bare date is the start of that day, no zone is the registry's zone."""
    if value is None:
        return None
    if len(value) == 10:
        return datetime.combine(date.fromisoformat(value), time(), ZONE).astimezone(UTC)
    moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).astimezone(UTC)


def link_key(fact: Fact) -> Key:
    """A link is its two ends, job and valid_from."""
    source, target = ENDS[fact["fact"]]
    begins = instant(fact.get("valid_from"))
    return (fact["fact"], fact[source], fact[target], fact.get("job"), begins.isoformat() if begins else None)


def reversed_interval(values: Fact) -> bool:
    """Whether a validity ends before or where it begins."""
    begins, ends = instant(values.get("valid_from")), instant(values.get("valid_to"))
    return begins is not None and ends is not None and begins >= ends


def holds_at(values: Fact, at: datetime, closed_at: datetime | None = None) -> bool:
    """Half-open validity; `closed_at` is an end that the registry set."""
    begins, ends = instant(values.get("valid_from")), instant(values.get("valid_to"))
    return (begins is None or begins <= at) and (ends is None or at < ends) and (closed_at is None or at < closed_at)


class Facts:
    """All that was stated by the moment `known`."""

    def __init__(self, imports: Iterable[Import], known: datetime) -> None:
        self.things: dict[str, Entry] = {}
        self.links: dict[Key, Entry] = {}
        self.mentioned: dict[str, str] = {}  # id: the kind that a reference gives it
        self.feed_ends: list[tuple[str, str]] = []
        self._number = 0
        for run in imports:
            if run.at <= known:
                self._take(run)

    def _take(self, run: Import) -> None:
        stated: set[int] = set()
        for fact in sorted(run.facts, key=lambda f: f["fact"] in LINKS):  # things first: a file has any order
            entry = self._link(fact) if fact["fact"] in LINKS else self._thing(fact)
            if entry is not None and self._state(entry, fact, run):
                stated.add(id(entry))
                self._mention(fact)
        if run.full:
            self._withdraw(run, stated)

    def _thing(self, fact: Fact) -> Entry | None:
        kind = fact["fact"].upper()
        entry = self.things.get(fact["id"]) or Entry(kind)
        return entry if entry.kind == kind else None  # one id as two kinds is refused

    def _link(self, fact: Fact) -> Entry | None:
        if fact["fact"] == "feeds":
            kinds = [self.things[i].kind for i in (fact["from"], fact["to"]) if i in self.things]
            if len(set(kinds)) > 1 or not set(kinds) <= {"FIELD", "RESOURCE"}:
                return None
        return self.links.get(link_key(fact)) or Entry(fact["fact"])

    def _state(self, entry: Entry, fact: Fact, run: Import) -> bool:
        """Lay a fact's keys over what its source says already, or where nobody does over what was said last.

        False when it is refused.
        """
        source = run.source if fact["fact"] == "element" else fact.get("source") or run.source
        standing = {name: said for name, said in entry.statements.items() if said.closed_at is None}
        old = standing.get(source) if standing or not entry.statements else entry.current()
        values = {**(old.values if old else {}), **fact}
        if reversed_interval(values):
            return False
        if old is None or old.closed_at is not None or values != old.values:
            self._number += 1
            entry.statements[source] = Statement(values, self._number)
        if fact["fact"] in LINKS:
            self.links[link_key(fact)] = entry
        else:
            self.things[fact["id"]] = entry
        return True

    def _withdraw(self, run: Import, stated: set[int]) -> None:
        for entry in (*self.things.values(), *self.links.values()):
            statement = entry.statements.get(run.source)
            if statement and statement.closed_at is None and id(entry) not in stated:
                statement.closed_at = run.at

    def _mention(self, fact: Fact) -> None:
        for name, kind in REFERENCES.get(fact["fact"], {}).items():
            if fact.get(name) is not None:
                self.mentioned.setdefault(fact[name], kind)
        for covered in fact.get("covers") or ():
            self.mentioned.setdefault(covered, by_prefix(covered))
        if fact["fact"] == "feeds":
            self.feed_ends.append((fact["from"], fact["to"]))

    def kinds(self) -> dict[str, str]:
        """The kind of every known id: stated, else as a reference says, else guessed."""
        known = {end: self._guess(end) for pair in self.feed_ends for end in pair}
        known.update(self.mentioned)
        known.update({i: entry.kind for i, entry in self.things.items()})
        return known

    def _guess(self, end: str) -> str:
        for source, target in self.feed_ends:
            for one, other in ((source, target), (target, source)):
                if one == end and other in self.things:
                    return self.things[other].kind
        return by_prefix(end)

    def values(self, thing: str) -> Fact:
        """The current statement of a thing; empty for what nobody stated."""
        return self.things[thing].current().values if thing in self.things else {}

    def in_force(self, thing: str, at: datetime) -> bool:
        """Whether a known thing, taken by itself, is in force; what nobody stated always is."""
        if thing not in self.things:
            return True
        current = self.things[thing].current()
        return current.closed_at is None and holds_at(current.values, at)

    def links_at(self, at: datetime) -> Iterator[Key]:
        """The links that are valid at a time, whatever their ends."""
        for key, entry in self.links.items():
            current = entry.current()
            if holds_at(current.values, at, current.closed_at):
                yield key

    def stated_by(self, link: Key) -> set[str]:
        """Who states a link."""
        return {source for source, said in self.links[link].statements.items() if said.closed_at is None}


def by_prefix(thing: str) -> str:
    """The kind that an id's prefix gives an unregistered end of a feeds."""
    return "FIELD" if thing.startswith("field:") else "RESOURCE"
