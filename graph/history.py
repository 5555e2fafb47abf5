"""How things were: the versions that the registry recorded of them, and each as it was recorded at an instant.

What is stored of a thing is its newest version, the earlier ones are `Version` nodes. One that was replaced in
the change that recorded it was never known, and is none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from graph.differing import EXTRA, Difference, compared
from graph.engine import Graph
from graph.facts import KEYS, Kind
from graph.paging import Page, Position
from graph.provenance import Stated, standing, stated
from graph.refusals import TooCostly
from graph.statements import state_of
from graph.things import FIND, Record, as_record

MOST = 50_000
"""Versions that one statement may be asked for, of all things together."""

EVER = 2**62
"""As `known_at`: all that is recorded."""

_ROW = "[v.recorded_from, v.recorded_to, v.kind, v.state, v.raw, v.former]"


def _by_kind(template: str) -> Mapping[Kind, str]:
    return {kind: template.replace("ROW", _ROW).replace("LABEL", kind.label) for kind in KEYS}


AS_KNOWN = _by_kind("""
UNWIND $pairs AS pair
WITH pair[0] AS id, pair[1] AS known_at
MATCH (n:LABEL {id: id})
CALL (id, known_at) {
  MATCH (v:Version {of: id})
  WHERE v.recorded_from <= known_at AND v.recorded_to > known_at
  RETURN collect(ROW) AS versions
}
RETURN collect([known_at, properties(n), versions]) AS found
""")

NEWEST_FIRST = _by_kind("""
UNWIND $pairs AS pair
WITH pair[0] AS id, pair[1] AS known_at
MATCH (n:LABEL {id: id})
CALL (id, known_at) {
  MATCH (v:Version {of: id})
  WHERE v.recorded_from < v.recorded_to AND v.recorded_from <= known_at
    AND ($start IS NULL OR v.recorded_from < $start OR ($here AND v.recorded_from = $start))
  WITH v ORDER BY v.recorded_from DESC LIMIT $limit
  RETURN collect(ROW) AS versions
}
RETURN collect([known_at, properties(n), versions]) AS found
""")

# The version before the first is what that one differs from.
OLDEST_FIRST = _by_kind("""
UNWIND $pairs AS pair
WITH pair[0] AS id, pair[1] AS known_at
MATCH (n:LABEL {id: id})
CALL (id, known_at) {
  MATCH (v:Version {of: id})
  WHERE v.recorded_from < v.recorded_to AND v.recorded_from <= known_at
    AND ($start IS NULL OR v.recorded_from > $start OR ($here AND v.recorded_from = $start))
  WITH v ORDER BY v.recorded_from LIMIT $limit
  RETURN collect(ROW) AS versions
}
CALL (id, known_at) {
  MATCH (v:Version {of: id})
  WHERE v.recorded_from < v.recorded_to
    AND (v.recorded_from < $start OR (NOT $here AND v.recorded_from = $start))
  WITH v ORDER BY v.recorded_from DESC LIMIT 1
  RETURN collect(ROW) AS earlier
}
RETURN collect([known_at, properties(n), versions + earlier]) AS found
""")

COUNT = _by_kind("""
UNWIND $pairs AS pair
WITH pair[0] AS id, pair[1] AS known_at
MATCH (n:LABEL {id: id})
CALL (id, known_at) {
  MATCH (v:Version {of: id})
  WHERE v.recorded_from < v.recorded_to AND v.recorded_from <= known_at
  RETURN count(v) AS earlier
}
RETURN collect([id, known_at, earlier, n.recorded_from]) AS found
""")

BETWEEN = """
UNWIND $ids AS id
MATCH (v:Version {of: id})
WHERE v.recorded_from < v.recorded_to AND v.recorded_to > $since AND v.recorded_from <= $until
RETURN collect([v.of, ROW]) AS found
""".replace("ROW", _ROW)

CHANGES = """
UNWIND $instants AS instant
MATCH (c:Change {at: instant})
RETURN collect([c.at, c.sequence, c.sources]) AS found
"""


Known = tuple[str, int]
"""The id of a thing, and the instant at which it was known."""


@dataclass(frozen=True, slots=True)
class Then:
    """The moment at which a thing is looked at: valid at `as_of` (`None`: now), as recorded at `known_at`."""

    as_of: int | None
    known_at: int


class Act(StrEnum):
    """What made a version."""

    NAMED = "NAMED"
    STATED = "STATED"
    CHANGED = "CHANGED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class Version:
    """One recorded version of a thing. `kind` is what it was taken for; `recorded_to` is `None` of the newest one."""

    id: str
    kind: Kind
    recorded_from: int
    recorded_to: int | None
    created: int
    state: Mapping[str, Any]
    raw: str | None
    statements: Sequence[Stated]

    @property
    def end(self) -> int:
        """The last instant at which it stood."""
        return EVER if self.recorded_to is None else self.recorded_to - 1

    def record(self, kind: Kind, then: Then | None) -> Record:
        """It as a thing of `kind`, which is its latest where another was guessed; `then` is kept for what it names."""
        instant = self.end if then is None else min(self.end, then.known_at)
        stored = {"id": self.id, "created": self.created, "recorded_from": self.recorded_from, **self.state}
        stored["sources"] = [one.source for one in standing(self.statements, instant)] or None
        if self.raw is not None:
            stored["raw"] = self.raw
        if then is not None:
            stored["then"] = then
        return as_record(kind, stored)


@dataclass(frozen=True, slots=True)
class Told:
    """A version in a history: what made it, who did, in which change, and how it differs from the one before."""

    version: Version
    act: Act
    by: Sequence[str]
    sequence: int | None
    differences: Sequence[Difference]
    standing: bool
    """Whether it is the newest that was known."""

    @property
    def position(self) -> Position:
        """Where it lies in a history, which begins with the newest."""
        return -self.version.recorded_from, 0


async def as_known(graph: Graph, kind: Kind, pairs: Iterable[Known]) -> dict[Known, Version]:
    """The versions of things of `kind` that were recorded at an instant each; one that was not known then is left out.

    One statement.
    """
    [row] = await graph.read(AS_KNOWN[kind], pairs=[list(pair) for pair in dict.fromkeys(pairs)])
    found = {}
    for known_at, stored, rows in row["found"]:
        versions = [*(_earlier(stored, row) for row in rows), _newest(kind, stored)]
        known = next((one for one in versions if one.recorded_from <= known_at), None)
        if known is not None:
            found[known.id, known_at] = known
    return found


async def histories(graph: Graph, kind: Kind, pairs: Sequence[Known], page: Page, size: int) -> dict[Known, list[Told]]:
    """Of each thing up to `size` versions known at an instant, from where `page` begins, in its direction.

    Two statements. Raises TooCostly where that may be more than fits in memory.
    """
    if len(pairs) * size > MOST:
        raise TooCostly(
            f"first: up to {size - 1:,} versions of each of {len(pairs):,} things are too many at once; ask for fewer",
            argument="first",
        )
    value = page.bounds()["from_value"]
    start = None if value is None else -value
    text = OLDEST_FIRST[kind] if page.backward else NEWEST_FIRST[kind]
    asked = [list(pair) for pair in dict.fromkeys(pairs)]
    [row] = await graph.read(text, pairs=asked, start=start, here=page.here, limit=size + 1)
    found: dict[Known, list[tuple[Version | None, Version]]] = {pair: [] for pair in pairs}
    for known_at, stored, rows in row["found"]:
        versions = [*(_earlier(stored, row) for row in rows), _newest(kind, stored)]
        known = sorted((one for one in versions if one.recorded_from <= known_at), key=lambda one: one.recorded_from)
        listed = [pair for pair in zip([None, *known], known, strict=False) if _on(pair[1], page)]
        found[stored["id"], known_at] = (listed if page.backward else listed[::-1])[:size]
    changes = await _changes(graph, [version for listed in found.values() for _, version in listed])
    return {
        pair: [_told(before, version, changes, pair[1]) for before, version in listed] for pair, listed in found.items()
    }


async def between(graph: Graph, ids: Iterable[str], since: int, until: int) -> dict[str, list[Version]]:
    """The versions of things of any kind that stood at an instant, or were recorded from then until another; by id.

    Each thing's are in order of time. Two statements; what is not known by then is left out.
    """
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return {}
    parts = await graph.read(FIND, ids=wanted)
    newest = {stored["id"]: (Kind(part["kind"]), stored) for part in parts for stored in part["found"]}
    [row] = await graph.read(BETWEEN, ids=wanted, since=since, until=until)
    found: dict[str, list[Version]] = {id: [] for id in newest}
    for id, earlier in row["found"]:
        found[id].append(_earlier(newest[id][1], earlier))
    for id, (kind, stored) in newest.items():
        if stored["recorded_from"] <= until:
            found[id].append(_newest(kind, stored))
    return {id: sorted(versions, key=lambda one: one.recorded_from) for id, versions in found.items() if versions}


async def count(graph: Graph, kind: Kind, pairs: Iterable[Known]) -> dict[Known, int]:
    """How many versions of things were known at an instant each; one statement."""
    counts = dict.fromkeys(pairs, 0)
    [row] = await graph.read(COUNT[kind], pairs=[list(pair) for pair in counts])
    for id, known_at, earlier, recorded_from in row["found"]:
        counts[id, known_at] = earlier + (recorded_from <= known_at)
    return counts


def _earlier(stored: Mapping[str, Any], row: Sequence[Any]) -> Version:
    recorded_from, recorded_to, kind, state, raw, former = row
    return Version(
        stored["id"],
        Kind(kind),
        recorded_from,
        recorded_to,
        stored["created"],
        orjson.loads(state),
        raw,
        stated({"former": former}),
    )


def _newest(kind: Kind, stored: Mapping[str, Any]) -> Version:
    return Version(
        stored["id"],
        kind,
        stored["recorded_from"],
        None,
        stored["created"],
        state_of(kind, stored),
        stored.get("raw"),
        stated(stored),
    )


def _on(version: Version, page: Page) -> bool:
    """Whether a version is on the page, or comes after it in its direction."""
    position = -version.recorded_from, 0
    if page.here and position == (page.before if page.backward else page.after):
        return True
    return (page.after is None or position > page.after) and (page.before is None or position < page.before)


Changes = Mapping[int, tuple[int, list[str]]]


async def _changes(graph: Graph, versions: Iterable[Version]) -> Changes:
    """The changes that recorded versions, by their instants: number, and whose statements they wrote."""
    return await _changes_at(graph, {one.recorded_from for one in versions})


async def _changes_at(graph: Graph, instants: Iterable[int]) -> Changes:
    wanted = sorted(instants)
    if not wanted:
        return {}
    [row] = await graph.read(CHANGES, instants=wanted)
    return {at: (sequence, sources) for at, sequence, sources in row["found"]}


async def authors_at(graph: Graph, instants: Iterable[int]) -> dict[int, list[str]]:
    """Whose statements the changes at some instants wrote, by instant; one statement."""
    return {at: sources for at, (_, sources) in (await _changes_at(graph, instants)).items()}


def _told(before: Version | None, version: Version, changes: Changes, known_at: int) -> Told:
    sequence, sources = changes.get(version.recorded_from, (None, []))
    return Told(
        version,
        _act(before, version),
        authors(before, version) or sources,
        sequence,
        differences(before, version),
        version.recorded_to is None or version.recorded_to > known_at,
    )


def _act(before: Version | None, version: Version) -> Act:
    if version.state.get("unregistered"):
        return Act.NAMED
    if version.state.get("closed"):
        return Act.WITHDRAWN
    fresh = before is None or before.state.get("unregistered") or before.state.get("closed")
    return Act.STATED if fresh else Act.CHANGED


def authors(before: Version | None, version: Version) -> list[str]:
    """The sources whose statements came or went with a version."""
    at = version.recorded_from
    came = {one.source for one in version.statements if one.since == at}
    stand = {one.source for one in standing(version.statements, at)}
    stood = {one.source for one in before.statements if one.until == at} if before else set()
    return sorted(came | (stood - stand))


def differences(before: Version | None, after: Version) -> list[Difference]:
    """The keys that differ between two versions of one thing, in the order of its kind's keys."""
    was = {} if before is None else before.state
    kinds = (after.kind,) if before is None else (before.kind, after.kind)
    keys = {name: key for kind in kinds for name, key in KEYS[kind].items()}
    return compared({**keys, "extra": EXTRA}, was, after.state)
