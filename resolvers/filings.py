"""Filings as GraphQL types: what is proposed, what the check found, what was decided, and all that happened."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

import orjson
import strawberry

from graph import filing_lists, solutions
from graph.changes import now, position
from graph.cuts import cut
from graph.facts import Kind
from graph.filing_lists import AskedFilings, FilingList
from graph.filing_records import Event, Filing, by_ids, event_id, events, reports
from graph.filing_states import possible
from graph.lists import Row
from graph.paging import Page
from resolvers.batches import many
from resolvers.connections import ROWS, Edge, Facet, PageInfo, Pages, _edges, _itself, _nodes, _total
from resolvers.context import Context, Info
from resolvers.costs import rows, weighs
from resolvers.enums import NodeKind
from resolvers.filing_enums import (
    CandidateDecision,
    CandidateExempt,
    FilingAct,
    FilingKind,
    FilingOrder,
    FilingState,
    OpinionType,
)
from resolvers.lineage import SEQUENCE, things_of
from resolvers.members import After, Before, First, Last
from resolvers.proposals import Verdict
from resolvers.scalars import Day, Instant, Json, SequenceNumber
from resolvers.slices import slice_page
from resolvers.things import Department, Node, System

Record = dict[str, Any]

_DUE = "By which day somebody has to have done something next; null: by none, or it is not known."
_UNKNOWN = "Why that day is not known, and the way out: the work calendar lacks a year."


def described(description: str, *annotations: object) -> Any:
    """A field that is as its record has it."""
    return strawberry.field(description=description, directives=annotations)


def day(text: str | None) -> date | None:
    """A day that is kept as text."""
    return None if text is None else date.fromisoformat(text)


async def _solutions(records: list[Record], context: Context) -> list[Any]:
    ids = [record["solution"] for record in records if record["solution"] is not None]
    found = await solutions.named(context.graph, ids)
    return [solution_record(found.get(record["solution"])) for record in records]


async def _instances(records: list[Record], context: Context) -> list[Any]:
    found = await solutions.instances(context.graph, [record["id"] for record in records])
    systems = await context.things(Kind.SYSTEM, [id for ids in found.values() for id in ids])
    return [[systems[id] for id in found[record["id"]] if systems[id] is not None] for record in records]


async def systems_of(records: list[Record], context: Context) -> list[Any]:
    """The systems that records are about."""
    found = await context.things(Kind.SYSTEM, [record["system"] for record in records])
    return [found[record["system"]] for record in records]


async def departments_of(records: list[Record], context: Context) -> list[Any]:
    """The departments of records."""
    found = await context.things(Kind.DEPARTMENT, [record["department"] for record in records])
    return [found[record["department"]] for record in records]


def _usable(records: list[Record], context: Context) -> list[Any]:
    at = now()
    return [record["one"].in_force(at) for record in records]


@strawberry.type(description="A system that others are to be instances of, instead of building the same again.")
class StandardSolution:
    id: strawberry.ID = described("Its id; nothing is to be built from it.")
    title: str = described("What it is called.")
    system: System | None = many(systems_of, "The system.")
    by: str = described("Who registered it.")
    at: Instant = described("When.")
    since: Instant = described("Since when it may be used.")
    until: Instant | None = described("Until when (exclusive); null: no end is known.")
    ended_by: str | None = described("Who ended it.")
    reason: str | None = described("Why it was ended.")
    in_force: bool = many(_usable, "Whether it may be used now.")
    instances: list[System] = many(_instances, "The systems that were approved as its instances, by id.", rows(10))


def solution_record(one: solutions.Solution | None) -> Record | None:
    """A solution as a source of its type."""
    return None if one is None else {**asdict(one), "one": one}


@strawberry.type(description="What the check of a filing found that may do the same already.")
class FilingCandidate:
    id: strawberry.ID = described("Its id.")
    kind: NodeKind = described("What kind of thing it is.")
    name: str = described("Its name at that time.")
    score: float = described("How much alike the two are, 0 to 1.")
    over: Verdict | None = described("OVERLAP or DUPLICATE where it is over that threshold: then it is decided on.")
    exempt: CandidateExempt | None = described("Why it counts as no duplicate all the same.")
    node: Node | None = many(things_of, "The thing itself as it is now, loaded only if selected.")


class _Thing(dict[str, Any]):
    """A record that `things_of` reads by attributes."""

    @property
    def kind(self) -> Kind:
        return Kind(self["kind"])

    @property
    def id(self) -> str:
        return str(self["id"])


@strawberry.type(description="What was decided on a candidate.")
class FilingDecision:
    candidate: strawberry.ID = described("On which candidate.")
    decided: CandidateDecision = described("What.")
    reason: str = described("Why.")
    by: str = described("Who decided.")
    at: Instant = described("When.")


def _bodies_late(bodies: list[Record], context: Context) -> list[Any]:
    today, zone = context.today().isoformat(), context.filings().rules
    said = [today if body["at"] is None else zone.day(body["at"]).isoformat() for body in bodies]
    return [None if body["last"] is None else body["last"] < then for body, then in zip(bodies, said, strict=True)]


@strawberry.type(description="A body that was asked for its opinion, and what it said.")
class FilingBody:
    name: str = described("Its name.")
    department: Department | None = many(departments_of, "The department, where it is a registered one.")
    working_days: int = described("How many working days it has.")
    due: Day | None = described("By which day; null: it is not known.")
    due_unknown: str | None = described(_UNKNOWN)
    opinion: OpinionType | None = described("What it says; null: nothing yet.")
    reason: str | None = described("Why.")
    by: str | None = described("Who said so.")
    at: Instant | None = described("When.")
    late: bool | None = many(_bodies_late, "Whether it was late, or is by now; null where its day is not known.")


async def _event_reports(records: list[Record], context: Context) -> list[Any]:
    ids = [record["id"] for record in records if record["act"] == "CHECK"]
    found = await reports(context.graph, ids) if ids else {}
    return [_parsed(found.get(record["id"])) for record in records]


def _parsed(report: str | None) -> Any:
    return None if report is None else orjson.loads(report)


@strawberry.type(description="One thing that happened to a filing. Nothing is ever taken out of this list.")
class FilingEvent:
    number: int = described("Its number within the filing, from 1: the version that it made.")
    at: Instant = described("When.")
    by: str = described("Who did it; `registry` where nobody asked for it.")
    act: FilingAct = described("What was done.")
    before: FilingState | None = described("The state before; null: there was no filing.")
    after: FilingState = described("The state after.")
    reason: str | None = described("Why.")
    due: Day | None = described(_DUE)
    due_unknown: str | None = described(_UNKNOWN)
    rules: str | None = described("The version of the rule profile that it stands under.")
    detail: Json = described("What it was about: what was said, decided, asked, or made.")
    sequence: SequenceNumber | None = described("Of a check: " + SEQUENCE)
    verdict: Verdict | None = described("Of a check: what it found.")
    report: Json | None = many(_event_reports, "Of a check: the report as it was made.", weighs(5))


@strawberry.type(description="Something that was told of what a filing says.")
class FilingWarning:
    place: str = described("Where.")
    message: str = described("What, and what was done about it.")


@strawberry.type(description="What a check of a filing finds now. Nothing of it is kept.")
class FilingCheck:
    verdict: Verdict | None = described("What it says; null for the end of a system.")
    candidates: list[FilingCandidate] = described("What may do the same, the best first.")
    undecided: list[strawberry.ID] = described("Candidates over the threshold that nobody has decided on.")
    sequence: SequenceNumber = described(SEQUENCE)
    report: Json = described("The whole report.")


async def _reports(records: list[Record], context: Context) -> list[Any]:
    ids = [event_id(record["id"], record["checked"]) for record in records if record["checked"] is not None]
    found = await reports(context.graph, ids) if ids else {}
    return [_parsed(found.get(event_id(record["id"], record["checked"] or 0))) for record in records]


async def _check_now(records: list[Record], context: Context) -> list[Any]:
    told = []
    for record in records:
        one: Filing = record["one"]
        found = await context.filings().look(one)
        decided = {each.candidate for each in one.decisions}
        left = [each.id for each in found.candidates if each.over and not each.exempt and each.id not in decided]
        told.append(
            {
                "verdict": found.verdict,
                "candidates": [_Thing(asdict(each)) for each in found.candidates],
                "undecided": left,
                "sequence": found.sequence,
                "report": _parsed(found.report),
            }
        )
    return told


async def _moved(records: list[Record], context: Context) -> list[Any]:
    here = await position(context.graph)
    return [record["sequence"] is not None and record["sequence"] != here.sequence for record in records]


def _late(records: list[Record], context: Context) -> list[Any]:
    today = context.today()
    return [record["due"] is not None and record["due"] < today for record in records]


async def _possible(records: list[Record], context: Context) -> list[Any]:
    filings = [record["one"] for record in records]
    usable = await solutions.usable(context.graph, [one.solution for one in filings])
    return [[act.value for act in possible(one.state, short=one.solution in usable)] for one in filings]


async def _events(records: list[Record], context: Context) -> list[Any]:
    found = await events(context.graph, [record["id"] for record in records])
    return [[_event(one) for one in found[record["id"]]] for record in records]


@strawberry.type(name="Filing", description="A system that is to be built, changed or retired, filed. (备案)")
class FilingType:
    id: strawberry.ID = described("Its id; nothing is to be built from it.")
    kind: FilingKind = described("What is filed.")
    state: FilingState = described("Where it stands.")
    version: int = described("How much has happened to it: give it with an act, to be refused if somebody was faster.")
    name: str = described("The name of the system; empty while none is said.")
    by: str = described("Who began it.")
    drafted_at: Instant = described("When it was begun.")
    changed_at: Instant = described("When something happened to it last.")
    received_at: Instant | None = described("When it was handed in last.")
    system: System | None = many(systems_of, "The system: that of a change or end, or the one that was made.")
    department: Department | None = many(departments_of, "The department that files.")
    solution: StandardSolution | None = many(_solutions, "The standard solution that it is an instance of.")
    content: Json = described("All that it says, under the keys of a system in the exchange format.")
    warnings: list[FilingWarning] = described("What was told of that.")
    rules: str | None = described("The rule profile in force on the day it was received.")
    rules_version: str | None = described("Its version then.")
    decide_by: Day | None = described("By which day it has to be decided.")
    due: Day | None = described(_DUE)
    due_unknown: str | None = described(_UNKNOWN)
    late: bool = many(_late, "Whether the day that it is due has passed.")
    verdict: Verdict | None = described("What the last check found.")
    candidates: list[FilingCandidate] = described("What the last check found that may do the same, the best first.")
    undecided: list[strawberry.ID] = described(
        "Candidates over the threshold that nobody has decided on: it cannot go on before."
    )
    decisions: list[FilingDecision] = described("What was decided on candidates.")
    bodies: list[FilingBody] = described("The bodies that were asked for their opinions.")
    without: str | None = described("Why it was closed without the opinions that were missing.")
    possible: list[FilingAct] = many(_possible, "What can be done to it now.")
    sequence: SequenceNumber | None = described("The change of the graph that the last check stands on.")
    moved: bool = many(_moved, "Whether the graph has changed since; the check runs again before anything is decided.")
    report: Json | None = many(_reports, "The report of the last check, with all that it rests on.", weighs(5))
    check_now: FilingCheck = many(_check_now, "What a check finds now; nothing is kept.", weighs(100))
    events: list[FilingEvent] = many(_events, "All that happened to it, in order.", weighs(5), rows(10))


def filing_record(one: Filing) -> Record:
    """A filing as a source of its type."""
    told: Record = {name: getattr(one, name) for name in _PLAIN}
    bodies = [asdict(body) for body in one.bodies]
    return {
        **told,
        "one": one,
        "kind": one.kind.value,
        "state": one.state.value,
        "drafted_at": one.at,
        "changed_at": one.changed,
        "received_at": one.received,
        "content": dict(one.content),
        "warnings": [dict(each) for each in one.warnings],
        "due": day(one.due),
        "due_unknown": one.unknown,
        "decide_by": day(one.decide_by),
        "candidates": [_Thing(asdict(each)) for each in one.candidates],
        "decisions": [{**asdict(each), "decided": each.decided.value} for each in one.decisions],
        "bodies": [
            {
                **body,
                "working_days": body["days"],
                "last": body["due"],
                "due": day(body["due"]),
                "due_unknown": body["unknown"],
                "opinion": body["opinion"] and body["opinion"].value,
            }
            for body in bodies
        ],
    }


_PLAIN = (
    "id",
    "version",
    "name",
    "by",
    "system",
    "department",
    "solution",
    "rules",
    "rules_version",
    "verdict",
    "undecided",
    "without",
    "sequence",
    "checked",
)


def _event(one: Event) -> Record:
    plain = ("id", "number", "at", "by", "act", "reason", "rules", "detail", "sequence", "verdict")
    told: Record = {name: getattr(one, name) for name in plain}
    states = {"before": one.before and one.before.value, "after": one.after.value}
    return {**told, **states, "due": day(one.due), "due_unknown": one.unknown}


# Lists.


class FilingPages(Pages):
    """A page of a list of filings."""

    def __init__(self, found: FilingList, given: tuple[Any, ...], context: Context) -> None:
        order = f"filings-{found.order}"
        super().__init__(order, slice_page(order, *given))
        self.found = found
        self._context = context

    @property
    def group(self) -> Hashable:
        return id(self)

    async def read(self, pages: Sequence["FilingPages"], page: Page, size: int) -> Sequence[Sequence[Row]]:
        places = list(cut(len(self.found.rows), self.found.key, page, size))
        known = await by_ids(self._context.graph, [self.found.rows[place].id for place in places])
        rows = [(place, known.get(self.found.rows[place].id)) for place in places]
        return [[Row(self.found.key(place), filing_record(one)) for place, one in rows if one is not None]]

    async def count(self, pages: Sequence["FilingPages"]) -> Sequence[int]:
        return [len(self.found.rows)]


def facet(description: str, most: int = 100) -> Any:
    """A facet of a list."""
    return strawberry.field(description=description, directives=[rows(most)])


@strawberry.type(description="How the whole list of filings splits up, the most frequent first.")
class FilingFacets:
    state: list[Facet] = facet("By state.", 9)
    kind: list[Facet] = facet("By kind.", 3)
    department: list[Facet] = facet("By department, up to 1,000.")
    verdict: list[Facet] = facet("By what the last check found.", 5)


async def _facets(pages: list[FilingPages], context: Context) -> list[Any]:
    return [await filing_lists.facets(context.graph, one.found.rows, filing_lists.FACETS) for one in pages]


@strawberry.type(description="A page of filings.")
class FilingConnection:
    edges: list[Edge[FilingType]] = many(_edges, "The rows of the page, with their cursors.")
    nodes: list[FilingType] = many(_nodes, "The rows of the page, without cursors.")
    page_info: PageInfo = many(_itself, "Where the page lies in the list.")
    total_count: int = many(_total, "How many there are in all pages.")
    facets: FilingFacets = many(_facets, "How the whole list splits up.", weighs(20))


def _given(description: str) -> Any:
    return strawberry.field(description=description, default=None)


@strawberry.input(description="What filings can be narrowed to. Filters that are null narrow nothing.")
class FilingFilter:
    kind: list[FilingKind] | None = _given("Only those of these kinds.")
    state: list[FilingState] | None = _given("Only those in one of these states.")
    department: list[strawberry.ID] | None = _given("Only those of these departments.")
    system: list[strawberry.ID] | None = _given("Only those of these systems.")
    solution: list[strawberry.ID] | None = _given("Only instances of these standard solutions.")
    verdict: list[Verdict] | None = _given("Only those of which the last check found this.")
    waits_for: str | None = _given("Only those in review on which this body, by id or name, has not said anything yet.")
    by: str | None = _given("Only those that this person began.")
    name_contains: str | None = _given("Only those with this text in the name of the system, however it is written.")
    late: bool | None = _given("Only those that are (true) or are not (false) late.")


Filter = Annotated[FilingFilter | None, strawberry.argument(description="What the list is narrowed to.")]
OrderAsked = Annotated[FilingOrder, strawberry.argument(description="What the list is ordered by.")]


def plain(values: Any) -> list[Any] | None:
    """Values of a filter, each once, as the graph takes them."""
    return None if values is None else [str(getattr(one, "value", one)) for one in dict.fromkeys(values)]


async def _filings(
    info: Info,
    filter: Filter = None,
    order_by: OrderAsked = FilingOrder.CHANGED,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    given, order = filter or FilingFilter(), filing_lists.FilingOrder(order_by.value)
    slice_page(f"filings-{order}", first, after, last, before)  # what is wrong with it is told first
    asked = AskedFilings(
        plain(given.kind),
        plain(given.state),
        plain(given.department),
        plain(given.system),
        plain(given.solution),
        given.waits_for,
        given.by,
        given.name_contains,
        given.late,
        plain(given.verdict),
        order,
    )
    found = await filing_lists.find(info.context.graph, asked, info.context.today())
    return FilingPages(found, (first, after, last, before), info.context)


Id = Annotated[strawberry.ID, strawberry.argument(description="The id of the filing.")]


async def _filing(info: Info, id: Id) -> Any:
    found: Mapping[str, Filing] = await by_ids(info.context.graph, [str(id)])
    return filing_record(found[str(id)]) if str(id) in found else None


filing_field: Any = strawberry.field(resolver=_filing, description="The filing with this id; null if there is none.")
filings_field: Any = strawberry.field(
    resolver=_filings,
    description="Filings of systems that are to be built, changed or retired.",
    directives=[ROWS, weighs(20)],
)
