"""The full-scope filing list, running funds and standard solutions as GraphQL types."""

from dataclasses import asdict
from typing import Annotated, Any

import strawberry

from graph import filing_scope, running_funds, solutions
from graph.filing_check import registered
from graph.filing_lists import facets
from graph.filing_records import by_ids
from graph.filing_scope import AskedScope, Scope, ScopeRow
from graph.running_funds import Funds, FundsDecision
from resolvers.batches import many
from resolvers.connections import ROWS, Edge, Facet, PageInfo, _edges, _itself, _nodes, _total
from resolvers.context import Context, Info
from resolvers.costs import rows, weighs
from resolvers.enums import SystemStatus
from resolvers.filing_enums import (
    FilingState,
    FundsGroundKind,
    FundsOutcome,
    FundsWeighed,
    ScopeOrder,
)
from resolvers.filings import (
    FilingType,
    StandardSolution,
    departments_of,
    described,
    facet,
    filing_record,
    plain,
    solution_record,
    systems_of,
)
from resolvers.lineage import SEQUENCE
from resolvers.members import After, Before, First, Last
from resolvers.proposals import Verdict
from resolvers.scalars import Instant, Json, SequenceNumber
from resolvers.slices import AnswerConnection, Slice, slice_page
from resolvers.things import Department, System

Record = dict[str, Any]


@strawberry.type(description="A ground on which a system is to get no running funds.")
class FundsGround:
    kind: FundsGroundKind = described("Which ground.")
    weighed: FundsWeighed = described("Whether it holds.")
    basis: str = described("Where the rule comes from. Check it against the official text.")
    evidence: list[str] = described("What speaks for that.", rows(5))
    missing: list[str] = described("What is not known.", rows(5))


@strawberry.type(description="What follows for the running funds of a system: evidence, which people decide on.")
class RunningFunds:
    outcome: FundsOutcome = described("NO_FUNDS if any ground holds, UNKNOWN if evidence is missing.")
    grounds: list[FundsGround] = described("All grounds.", rows(3))
    sequence: SequenceNumber = described(SEQUENCE)


@strawberry.type(name="FundsDecision", description="What people decided on the running funds of a system.")
class FundsDecisionType:
    number: int = described("Its number among those of the system, from 1.")
    outcome: FundsOutcome = described("What was decided.")
    reason: str = described("Why.")
    by: str = described("Who decided.")
    at: Instant = described("When.")
    rules: str = described("The version of the rule profile in force then.")
    sequence: SequenceNumber = described("The change of the graph that the evidence stands on.")
    evidence: Json = described("What followed then, ground by ground.")


def decision_record(one: FundsDecision | None) -> Record | None:
    """A decision as a source of its type."""
    return None if one is None else {**asdict(one), "outcome": one.outcome.value, "evidence": dict(one.evidence)}


def funds_record(one: Funds) -> Record:
    """What follows as a source of its type."""
    grounds = [{**asdict(each), "kind": each.kind.value, "weighed": each.weighed.value} for each in one.grounds]
    return {"outcome": one.outcome.value, "grounds": grounds, "sequence": one.sequence}


async def weigh(context: Context, ids: list[str]) -> dict[str, Funds]:
    """What follows for systems today, by the numbers in force."""
    today = context.today()
    zombie = context.profiles.in_force(today).thresholds["zombie"]
    return await running_funds.grounds(context.graph, ids, zombie, today)


async def _funds(records: list[Record], context: Context) -> list[Any]:
    found = await weigh(context, [record["system"] for record in records])
    return [funds_record(found[record["system"]]) for record in records]


async def _decisions(records: list[Record], context: Context) -> list[Any]:
    found = await running_funds.decisions(context.graph, [record["system"] for record in records])
    return [[decision_record(one) for one in found[record["system"]]] for record in records]


async def _filings(records: list[Record], context: Context) -> list[Any]:
    found = await by_ids(context.graph, [record["filing"] for record in records if record["filing"] is not None])
    return [filing_record(found[record["filing"]]) if record["filing"] in found else None for record in records]


@strawberry.type(description="A registered system, with whether and how it is filed.")
class FiledSystem:
    system: System | None = many(systems_of, "The system.")
    department: Department | None = many(departments_of, "The department that operates it.")
    filed: bool = described("Whether a filing of it was approved.")
    filing: FilingType | None = many(_filings, "Its last filing; null: there is none.")
    funds: RunningFunds = many(_funds, "What follows for its running funds.", weighs(5))
    funds_decisions: list[FundsDecisionType] = many(
        _decisions, "What was decided on its running funds, the newest first.", rows(5)
    )


def _row(row: ScopeRow) -> Record:
    return {**asdict(row), "system": row.id}


class ScopeSlice(Slice):
    """A page of the full-scope list."""

    def __init__(self, found: Scope, given: tuple[Any, ...]) -> None:
        order = f"filing-list-{found.order}"
        page = slice_page(order, *given)
        super().__init__(order, page, len(found.rows), found.key, lambda place: _row(found.rows[place]))
        self.found = found


@strawberry.type(description="How the whole full-scope list splits up, the most frequent first.")
class FilingListFacets:
    state: list[Facet] = facet("By the state of the last filing; null counts what was never filed.", 10)
    department: list[Facet] = facet("By department, up to 1,000.")
    status: list[Facet] = facet("By the status of the system.", 5)
    verdict: list[Facet] = facet("By what the check of the last filing found.", 5)
    funds: list[Facet] = facet("By what was decided last on running funds.", 3)


async def _facets(pages: list[ScopeSlice], context: Context) -> list[Any]:
    return [await facets(context.graph, one.found.rows, filing_scope.FACETS) for one in pages]


@strawberry.type(description="A page of the full-scope filing list. (全口径备案)")
class FilingListConnection:
    edges: list[Edge[FiledSystem]] = many(_edges, "The rows of the page, with their cursors.")
    nodes: list[FiledSystem] = many(_nodes, "The rows of the page, without cursors.")
    page_info: PageInfo = many(_itself, "Where the page lies in the list.")
    total_count: int = many(_total, "How many there are in all pages.")
    facets: FilingListFacets = many(_facets, "How the whole list splits up.", weighs(20))


def _given(description: str) -> Any:
    return strawberry.field(description=description, default=None)


@strawberry.input(description="What the full-scope list can be narrowed to. Filters that are null narrow nothing.")
class FilingListFilter:
    department: list[strawberry.ID] | None = _given("Only systems of these departments.")
    jurisdiction: list[strawberry.ID] | None = _given(
        "Only systems of departments of these jurisdictions, lower levels included."
    )
    status: list[SystemStatus] | None = _given("Only systems of these statuses.")
    filed: bool | None = _given("Only those of which a filing was (true) or was not (false) approved.")
    state: list[FilingState] | None = _given("Only those whose last filing is in one of these states.")
    verdict: list[Verdict] | None = _given("Only those of whose last filing the check found this.")
    funds: list[FundsOutcome] | None = _given("Only those on whose running funds this was decided last.")
    name_contains: str | None = _given("Only those with this text in their name, however it is written.")


Filter = Annotated[FilingListFilter | None, strawberry.argument(description="What the list is narrowed to.")]
OrderAsked = Annotated[ScopeOrder, strawberry.argument(description="What the list is ordered by.")]


async def _scope(
    info: Info,
    filter: Filter = None,
    order_by: OrderAsked = ScopeOrder.ID,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    given, order = filter or FilingListFilter(), filing_scope.ScopeOrder(order_by.value)
    slice_page(f"filing-list-{order}", first, after, last, before)  # what is wrong with it is told first
    asked = AskedScope(
        plain(given.department),
        plain(given.jurisdiction),
        plain(given.status),
        plain(given.state),
        plain(given.verdict),
        given.filed,
        plain(given.funds),
        given.name_contains,
        order,
    )
    return ScopeSlice(await filing_scope.find(info.context.graph, asked), (first, after, last, before))


SystemId = Annotated[strawberry.ID, strawberry.argument(description="The id of the system.")]


async def _running_funds(info: Info, system: SystemId) -> Any:
    await registered(info.context.graph, str(system))
    return funds_record((await weigh(info.context, [str(system)]))[str(system)])


async def _standard_solutions(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    page = slice_page("solutions", first, after, last, before)
    found = await solutions.every(info.context.graph)
    return Slice(
        "solutions",
        page,
        len(found),
        lambda row: (0, f"{found[row].title}\x00{found[row].id}"),
        lambda row: solution_record(found[row]),
    )


filing_list_field: Any = strawberry.field(
    resolver=_scope,
    description="The full-scope list: every registered system, with whether and how it is filed. (全口径备案)",
    directives=[ROWS, weighs(50)],
)
running_funds_field: Any = strawberry.field(
    resolver=_running_funds,
    description="What follows for the running funds of a system: evidence, which people decide on.",
    directives=[weighs(20)],
)
solutions_field: Any = strawberry.field(
    resolver=_standard_solutions,
    description="All standard solutions, by title, those that have ended too.",
    directives=[ROWS],
)
Solutions = AnswerConnection[StandardSolution]
