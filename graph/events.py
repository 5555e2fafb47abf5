"""What events said, kept beside what they state, and the one transaction that takes a group of them.

What is kept of a job, of a run and of a resource is the registry's own note: rows whose `state` is JSON that only
`registry/openlineage/` understands. It is written together with the facts that follow from it, in the writers' turn,
so any process can take any event, and what was acknowledged was committed whole.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from graph.changes import Turn, end_turn, take_turn
from graph.engine import Graph, Transaction
from graph.facts import Finding, Kind, Link, Thing
from graph.link_writes import link_key, plan_links
from graph.noted import About, keep_within
from graph.plan import Manner, Plan
from graph.withdraw import LinkIdentity, plan_end_of_links, plan_end_of_things
from graph.writes import plan_things

__all__ = ["Outcome", "Row", "Rows", "Said", "Taken", "forget", "pages", "take"]

T = TypeVar("T")
_AT_ONCE = 4_000
_EXACT = Manner(exact=True)


Row = Mapping[str, Any]
"""Kept properties; `id` and `about` (job, run or resource) are among them."""
Rows = Mapping[str, Row]
"""Rows by id."""

BY_IDS = """
UNWIND $ids AS id
MATCH (n:EventState {id: id})
RETURN collect(properties(n)) AS found
"""

CREATE = """
UNWIND $rows AS row
CREATE (n:EventState {id: row.id})
SET n = row
"""

CHANGE = """
UNWIND $rows AS row
MATCH (n:EventState {id: row.id})
SET n += row
"""

DROP = """
UNWIND $ids AS id
MATCH (n:EventState {id: id})
DELETE n
"""

FORGET = """
MATCH (n:EventState {source: $source})
DELETE n
"""

PAGE = """
MATCH (n:EventState)
WHERE n.id > $after AND n.about = $about
WITH n ORDER BY n.id LIMIT $page
RETURN collect(properties(n)) AS found
"""

_AT = """
UNWIND $ids AS id
MATCH (:LABEL {id: id})-[r:FEEDS]-()
WHERE r.recorded_to IS NULL AND r.sources IS NOT NULL
UNWIND r.sources AS source
RETURN collect(DISTINCT source) AS sources
"""
AT = "UNION ALL".join(_AT.replace("LABEL", kind.label) for kind in (Kind.FIELD, Kind.RESOURCE))

BY_SOURCES = """
UNWIND $sources AS source
MATCH (n:EventState {source: source})
WHERE n.about = $about
RETURN collect(properties(n)) AS found
"""

NOTE_SOURCES = """
UNWIND $ids AS id
MERGE (s:Source {id: id})
SET s.name = id, s.connector = 'openlineage', s.last_run = $at
"""


async def forget(graph: Graph, source: str) -> None:
    """Keep nothing of a source's events any more: its next one states all that it says anew."""

    async def work(transaction: Transaction) -> None:
        await transaction.run(FORGET, source=source)

    await graph.write(work)


@dataclass(slots=True)
class Outcome:
    """What follows from a group of events: facts (each thing and link once, with its source), and what is kept.

    `gone` name the source that states something no more. `kept` are rows that are laid over what is there; `dropped`
    are ids.
    """

    things: list[Thing] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    things_gone: dict[str, str] = field(default_factory=dict)
    links_gone: dict[LinkIdentity, str] = field(default_factory=dict)
    kept: list[Row] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    findings: list[About] = field(default_factory=list)

    @property
    def sources(self) -> set[str]:
        """All whose statements change."""
        stating = {thing.source or "" for thing in self.things} | {link.source or "" for link in self.links}
        return stating | set(self.things_gone.values()) | set(self.links_gone.values())


class Said:
    """What is kept, as a transaction sees it that is under way. `head` is the graph's last change before it."""

    def __init__(self, transaction: Transaction, head: int) -> None:
        self._transaction = transaction
        self.head = head
        self.known: set[str] = set()

    async def rows(self, ids: Iterable[str]) -> Rows:
        """The rows with these ids."""
        found: dict[str, Row] = {}
        for some in _slices(ids):
            [row] = await self._transaction.run(BY_IDS, ids=some)
            found.update({properties["id"]: properties for properties in row["found"]})
        self.known |= found.keys()
        return found

    async def stating(self, ids: Iterable[str], about: str) -> Rows:
        """The rows of those who state flows from or to any of these resources and fields."""
        sources: set[str] = set()
        for some in _slices(ids):
            for row in await self._transaction.run(AT, ids=some):
                sources.update(row["sources"])
        found: dict[str, Row] = {}
        for some in _slices(sorted(sources)):
            [row] = await self._transaction.run(BY_SOURCES, sources=some, about=about)
            found.update({properties["id"]: properties for properties in row["found"]})
        self.known |= found.keys()
        return found


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a group: the graph's last change now, and what was refused of what was stated."""

    head: int
    refused: Sequence[Finding]


async def take(graph: Graph, decide: Callable[[Said], Awaitable[Outcome]]) -> Taken:
    """Let `decide` say what follows, from what is kept, and write that.

    It is one transaction in the writers' turn, and may be tried several times, each time from scratch.
    """

    async def work(transaction: Transaction) -> Taken:
        turn = await take_turn(transaction)
        said = Said(transaction, turn.sequence - 1)
        outcome = await decide(said)
        writing = _Writing(transaction, turn)
        await writing.facts(outcome)
        for text, new in ((CREATE, True), (CHANGE, False)):
            for rows in _slices(row for row in outcome.kept if (row["id"] not in said.known) is new):
                await transaction.run(text, rows=rows)
        for ids in _slices(outcome.dropped):
            await transaction.run(DROP, ids=ids)
        await keep_within(transaction, outcome.findings, turn.at)
        if not writing.touched:
            return Taken(said.head, writing.findings)
        await transaction.run(NOTE_SOURCES, ids=sorted(outcome.sources), at=turn.at)
        await end_turn(transaction, turn, writing.acts, list(writing.touched), list(outcome.sources))
        return Taken(turn.sequence, writing.findings)

    return await graph.write(work)


class _Writing:
    """Writes facts as one change."""

    def __init__(self, transaction: Transaction, turn: Turn) -> None:
        self._transaction = transaction
        self._turn = turn
        self.touched: dict[str, None] = {}
        self.acts: list[str] = []
        self.findings: list[Finding] = []

    async def facts(self, outcome: Outcome) -> None:
        """What is stated first, then what is stated no more; links before the things at their ends."""
        transaction = self._transaction
        for things in _slices(outcome.things):
            plan = self._plan()
            touched = await plan_things(transaction, plan, Kind.FIELD, things)
            await plan.run(transaction)
            self._count(plan, Kind.FIELD, touched)
        for links in _slices(outcome.links):
            plan = self._plan()
            keyed = {link_key(link): link for link in links}
            known, rows = await plan_links(transaction, plan, "FEEDS", keyed)
            await plan.run(transaction)
            await rows.run(transaction, self._turn, known)
            self._count(plan, "FEEDS", rows.things)
        for gone in _slices(outcome.links_gone):
            plan = self._plan()
            sources = {link: outcome.links_gone[link] for link in gone}
            known, rows = await plan_end_of_links(transaction, plan, "FEEDS", sources)
            await rows.run(transaction, self._turn, known)
            self._count(plan, "FEEDS withdrawn,", rows.things)
        for ids in _slices(outcome.things_gone):
            plan = self._plan()
            named = {id: outcome.things_gone[id] for id in ids}
            left = await plan_end_of_things(transaction, plan, Kind.FIELD, named)
            await plan.run(transaction)
            self._count(plan, "field withdrawn,", left)

    def _plan(self) -> Plan:
        return Plan(self._turn, _EXACT)

    def _count(self, plan: Plan, what: str, touched: Sequence[str]) -> None:
        written = plan.written
        self.findings += written.findings
        self.touched |= dict.fromkeys([*touched, *plan.placeholders])
        for act, count in (("added", written.added), ("changed", written.changed)):
            if count and touched:
                self.acts.append(f"{count} {what} {act}")


async def pages(graph: Graph, about: str, page: int) -> AsyncIterator[list[Row]]:
    """All rows that are kept about jobs, runs or resources, in pages."""
    after = ""
    while True:
        [row] = await graph.read(PAGE, after=after, about=about, page=page)
        found: list[Row] = row["found"]
        if found:
            yield found
        if len(found) < page:
            return
        after = max(properties["id"] for properties in found)


def _slices(items: Iterable[T]) -> Iterable[list[T]]:
    remaining = iter(items)
    while some := list(islice(remaining, _AT_ONCE)):
        yield some
