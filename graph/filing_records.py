"""How filings are kept: `(:Filing)`, and what happened to each as `(:FilingEvent)`s, which are only ever added.

They are the registry's own notes, not facts: no source states them, they take no number of the change sequence, and
no list of things, export or walk sees them.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import orjson

from graph.changes import now
from graph.engine import Graph, Transaction
from graph.filing_states import Decided, FilingKind, FilingState, Opinion
from graph.refusals import NotFound, Taken
from graph.statements import json_text

__all__ = [
    "Body",
    "Candidate",
    "Decision",
    "Event",
    "Filing",
    "by_ids",
    "create",
    "event_id",
    "events",
    "report_of",
    "reports",
    "rewrite",
]

# Taking the filing for writing first makes two writers queue here, so that the second sees what the first did.
LOCK = """
MATCH (f:Filing {id: $id})
SET f.asked = $now
RETURN properties(f) AS filing
"""

SAVE = """
MERGE (f:Filing {id: $id})
SET f = $properties
"""

LOG = """
CREATE (e:FilingEvent {id: $id})
SET e = $properties
"""

BY_IDS = """
UNWIND $ids AS id
MATCH (f:Filing {id: id})
RETURN collect(properties(f)) AS filings
"""

EVENTS = """
UNWIND $ids AS id
MATCH (e:FilingEvent {filing: id})
RETURN collect([e.id, e.filing, e.number, e.at, e.by, e.act, e.before, e.after, e.reason, e.due, e.unknown, e.rules,
                e.detail, e.sequence, e.verdict]) AS rows
"""

REPORTS = """
UNWIND $ids AS id
MATCH (e:FilingEvent {id: id})
RETURN collect([e.id, e.report]) AS rows
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the check found that may do the same. `over`: OVERLAP or DUPLICATE where it is over that threshold.

    `exempt` says why it is no duplicate all the same: SELF, SOLUTION or INSTANCE.
    """

    id: str
    kind: str
    name: str
    score: float
    over: str | None = None
    exempt: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided on a candidate."""

    candidate: str
    decided: Decided
    reason: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Body:
    """A body that is asked for its opinion, until when, and what it said. `department` is its id if it has one."""

    name: str
    department: str | None
    days: int
    due: str | None = None
    unknown: str | None = None
    opinion: Opinion | None = None
    reason: str | None = None
    by: str | None = None
    at: int | None = None

    @property
    def key(self) -> str:
        """What the body is asked for by."""
        return self.department or self.name


@dataclass(frozen=True, slots=True)
class Filing:
    """A filing as it stands. Times are microseconds since 1970 UTC, days are ISO 8601.

    `version` counts what happened to it. `content` is what it says, as JSON. `rules` names the profile in force on
    the day it was received. `checked` is the number of the event of its last check, `sequence` the change of the graph
    that this stands on. `decide_by` is the day by which it has to be decided, `due` the next one by which somebody has
    to do something.
    """

    id: str
    kind: FilingKind
    state: FilingState
    version: int
    name: str
    by: str
    at: int
    changed: int
    system: str | None = None
    department: str | None = None
    solution: str | None = None
    rules: str | None = None
    rules_version: str | None = None
    received: int | None = None
    checked: int | None = None
    sequence: int | None = None
    verdict: str | None = None
    decide_by: str | None = None
    decide_unknown: str | None = None
    due: str | None = None
    unknown: str | None = None
    without: str | None = None
    content: Mapping[str, Any] = field(default_factory=dict)
    warnings: Sequence[Mapping[str, str]] = ()
    candidates: Sequence[Candidate] = ()
    decisions: Sequence[Decision] = ()
    bodies: Sequence[Body] = ()

    @property
    def undecided(self) -> list[str]:
        """The candidates over the threshold on which nobody has decided."""
        decided = {one.candidate for one in self.decisions}
        return [one.id for one in self.candidates if one.over and not one.exempt and one.id not in decided]

    @property
    def silent(self) -> list[str]:
        """The bodies that have not given their opinion."""
        return [one.name for one in self.bodies if one.opinion is None]

    def stored(self) -> dict[str, Any]:
        """As properties."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        texts: dict[str, Any] = {"kind": self.kind.value, "state": self.state.value}
        texts |= {name: json_text(getattr(self, name)) for name in ("content", "warnings")}
        texts |= {name: json_text([asdict(one) for one in getattr(self, name)]) for name in _LISTS}
        return {name: value for name, value in {**values, **texts}.items() if value is not None}


_LISTS: Mapping[str, Callable[[dict[str, Any]], Any]] = {
    "candidates": lambda one: Candidate(**one),
    "decisions": lambda one: Decision(**{**one, "decided": Decided(one["decided"])}),
    "bodies": lambda one: Body(**{**one, "opinion": one["opinion"] and Opinion(one["opinion"])}),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a filing. `detail` is what it was about; a check's report is asked for by itself."""

    filing: str
    number: int
    at: int
    by: str
    act: str
    before: FilingState | None
    after: FilingState
    reason: str | None = None
    due: str | None = None
    unknown: str | None = None
    rules: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    sequence: int | None = None
    verdict: str | None = None
    report: str | None = None

    @property
    def id(self) -> str:
        """Its id."""
        return event_id(self.filing, self.number)

    def stored(self) -> dict[str, Any]:
        """As properties."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        before = None if self.before is None else self.before.value
        texts = {"id": self.id, "before": before, "after": self.after.value, "detail": json_text(self.detail)}
        return {name: value for name, value in {**values, **texts}.items() if value is not None}


Step = tuple[Filing, list[Event]]
"""A filing as it is to be, and what happened to it: its version is the number of the last event."""


def event_id(filing: str, number: int) -> str:
    """The id of what happened to a filing."""
    return f"{filing}#{number}"


def _filing(stored: Mapping[str, Any]) -> Filing:
    known = {one.name for one in fields(Filing)}
    values = {name: value for name, value in stored.items() if name in known}
    values |= {"kind": FilingKind(stored["kind"]), "state": FilingState(stored["state"])}
    values |= {name: orjson.loads(stored[name]) for name in ("content", "warnings")}
    values |= {name: [make(one) for one in orjson.loads(stored[name])] for name, make in _LISTS.items()}
    return Filing(**values)


async def create(graph: Graph, filing: Filing, event: Event) -> Filing:
    """Keep a new filing."""

    async def work(transaction: Transaction) -> None:
        await _save(transaction, filing, [event])

    await graph.write(work)
    return filing


async def _save(transaction: Transaction, filing: Filing, happened: Sequence[Event]) -> None:
    await transaction.run(SAVE, id=filing.id, properties=filing.stored())
    for event in happened:
        await transaction.run(LOG, id=event.id, properties=event.stored())


Before = Callable[[Transaction], Awaitable[Any]]
Change = Callable[[Filing, Transaction, Any], Awaitable[Step]]


async def rewrite(graph: Graph, id: str, expected: int | None, change: Change, before: Before | None = None) -> Filing:
    """Change a filing in one transaction, in which nobody else does; `before` is done first in it, and its result
    given to `change`.

    Raises NotFound, or Taken where it is not the `expected` version any more.
    """

    async def work(transaction: Transaction) -> Filing:
        given = None if before is None else await before(transaction)
        rows = await transaction.run(LOCK, id=id, now=now())
        if not rows:
            raise unknown(id)
        filing = _filing(rows[0]["filing"])
        check_version(filing, expected)
        changed, happened = await change(filing, transaction, given)
        if happened:
            changed = replace(changed, version=happened[-1].number, changed=happened[-1].at)
            await _save(transaction, changed, happened)
        return changed

    return await graph.write(work)


def check_version(filing: Filing, expected: int | None) -> None:
    """Raises Taken where somebody was faster."""
    if expected is not None and filing.version != expected:
        raise Taken(
            f"version: somebody else has changed the filing meanwhile: it is at version {filing.version:,} and "
            f"{filing.state}, not at {expected:,}; look at it again",
            argument="version",
        )


def unknown(id: str, argument: str = "id") -> NotFound:
    """What is told of an id that no filing has."""
    return NotFound(f"{argument}: there is no filing {id}", argument=argument, ids=[id])


async def by_ids(graph: Graph, ids: Sequence[str]) -> dict[str, Filing]:
    """Those that there are, by id."""
    [row] = await graph.read(BY_IDS, ids=list(dict.fromkeys(ids)))
    return {one.id: one for one in map(_filing, row["filings"])}


async def events(graph: Graph, ids: Sequence[str]) -> dict[str, list[Event]]:
    """What happened to filings, in order, by their ids."""
    [row] = await graph.read(EVENTS, ids=list(dict.fromkeys(ids)))
    found: dict[str, list[Event]] = {id: [] for id in ids}
    for one in sorted(map(_event, row["rows"]), key=lambda event: event.number):
        found[one.filing].append(one)
    return found


def _event(row: Sequence[Any]) -> Event:
    _, filing, number, at, by, act, before, after, reason, due, unknown, rules, detail, sequence, verdict = row
    states = before and FilingState(before), FilingState(after)
    said = reason, due, unknown, rules, orjson.loads(detail), sequence, verdict
    return Event(filing, number, at, by, act, *states, *said)


async def reports(graph: Graph, ids: Sequence[str]) -> dict[str, str | None]:
    """The reports of checks as they were made, by the ids of their events."""
    [row] = await graph.read(REPORTS, ids=list(dict.fromkeys(ids)))
    return dict(row["rows"])


async def report_of(graph: Graph, filing: str, number: int) -> str | None:
    """The same of one check, by its number among what happened to the filing."""
    id = event_id(filing, number)
    return (await reports(graph, [id])).get(id)
