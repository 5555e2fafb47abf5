"""What is done to filings, as root fields of the mutation."""

from typing import Annotated, Any

import strawberry

from graph import filing_states, running_funds, solutions
from graph.filing_check import registered
from graph.filing_steps import AskedBody
from resolvers.context import Info
from resolvers.costs import weighs
from resolvers.filing_enums import CandidateDecision, FilingKind, FilingOutcome, FundsOutcome, OpinionType
from resolvers.filing_scope import FundsDecisionType, SystemId, decision_record, weigh
from resolvers.filings import FilingType, Id, StandardSolution, filing_record, solution_record
from resolvers.scalars import Day, Instant, Json

By = Annotated[
    str, strawberry.argument(description="Who does it, as they call themselves: there is no sign-in to know it from.")
]
Reason = Annotated[str | None, strawberry.argument(description="Why.")]
Needed = Annotated[str, strawberry.argument(description="Why: it is kept, to be argued with.")]
Version = Annotated[
    int | None,
    strawberry.argument(description="The version that was seen; it is refused (CONFLICT) if there is a newer one."),
]
Content = Annotated[
    Json,
    strawberry.argument(
        description="All that it says: an object with the keys of a system in the exchange format (but status), and "
        "reads, resources (name, fields) and instance_of."
    ),
]


@strawberry.input(description="A filing as it is begun.")
class FilingInput:
    kind: FilingKind = strawberry.field(description="What is filed.", default=FilingKind.PROPOSE)
    system: strawberry.ID | None = strawberry.field(
        description="Of CHANGE and RETIRE: which system. A new one has none yet.", default=None
    )
    content: Json = strawberry.field(
        description="What it says: an object with the keys of a system in the exchange format (but status), and reads, "
        "resources (name, fields) and instance_of. Of CHANGE only what is to be different; null clears a key."
    )
    by: str = strawberry.field(description="Who files, as they call themselves.")
    reason: str | None = strawberry.field(description="Why.", default=None)


@strawberry.input(description="A body that is to be asked for its opinion.")
class FilingBodyInput:
    body: str = strawberry.field(description="The id of a registered department, or the name of another body.")
    working_days: int | None = strawberry.field(
        description="How many working days it has, 1 to 250; as the rule profile says if not given.", default=None
    )


async def _draft(info: Info, input: Annotated[FilingInput, strawberry.argument(description="The filing.")]) -> Any:
    kind = filing_states.FilingKind(input.kind.value)
    system = None if input.system is None else str(input.system)
    return filing_record(await info.context.filings().draft(kind, system, input.content, input.by, input.reason))


async def _edit(info: Info, id: Id, content: Content, by: By, reason: Reason = None, version: Version = None) -> Any:
    return filing_record(await info.context.filings().edit(str(id), content, by, reason, version))


async def _submit(info: Info, id: Id, by: By, reason: Reason = None, version: Version = None) -> Any:
    return filing_record(await info.context.filings().submit(str(id), by, reason, version))


async def _check(info: Info, id: Id, by: By, version: Version = None) -> Any:
    return filing_record(await info.context.filings().check(str(id), by, version))


Candidate = Annotated[strawberry.ID, strawberry.argument(description="The id of the candidate.")]
Decided = Annotated[CandidateDecision, strawberry.argument(description="What is decided.")]


async def _decide(
    info: Info, id: Id, candidate: Candidate, decision: Decided, by: By, reason: Needed, version: Version = None
) -> Any:
    decided = filing_states.Decided(decision.value)
    return filing_record(await info.context.filings().decide(str(id), str(candidate), decided, by, reason, version))


Bodies = Annotated[list[FilingBodyInput], strawberry.argument(description="Who is asked, 1 to 50.")]


async def _review(info: Info, id: Id, bodies: Bodies, by: By, reason: Reason = None, version: Version = None) -> Any:
    asked = [AskedBody(one.body, days=one.working_days) for one in bodies]
    return filing_record(await info.context.filings().review(str(id), asked, by, reason, version))


Body = Annotated[str, strawberry.argument(description="Which body says it, by its id or name.")]
Opinion = Annotated[OpinionType, strawberry.argument(description="What it says.")]


async def _opine(
    info: Info, id: Id, body: Body, opinion: Opinion, by: By, reason: Reason = None, version: Version = None
) -> Any:
    said = filing_states.Opinion(opinion.value)
    return filing_record(await info.context.filings().opine(str(id), body, said, by, reason, version))


Outcome = Annotated[FilingOutcome, strawberry.argument(description="How it is closed.")]
Without = Annotated[
    str | None, strawberry.argument(description="Why it is closed without the opinions that are missing.")
]


async def _close(
    info: Info,
    id: Id,
    outcome: Outcome,
    by: By,
    reason: Reason = None,
    without: Without = None,
    version: Version = None,
) -> Any:
    act = filing_states.FilingAct(outcome.value)
    return filing_record(await info.context.filings().close(str(id), act, by, reason, without, version))


On = Annotated[Day | None, strawberry.argument(description="On which day; today if not given.")]


async def _build(info: Info, id: Id, by: By, on: On = None, reason: Reason = None, version: Version = None) -> Any:
    return filing_record(await info.context.filings().build(str(id), by, on, reason, version))


async def _withdraw(info: Info, id: Id, by: By, reason: Reason = None, version: Version = None) -> Any:
    return filing_record(await info.context.filings().withdraw(str(id), by, reason, version))


FundsDecided = Annotated[FundsOutcome, strawberry.argument(description="FUNDS or NO_FUNDS.")]


async def _decide_funds(info: Info, system: SystemId, outcome: FundsDecided, by: By, reason: Needed) -> Any:
    context, id = info.context, str(system)
    await registered(context.graph, id)
    funds = (await weigh(context, [id])).get(id)
    rules = context.profiles.in_force(context.today()).version
    decided = running_funds.Outcome(outcome.value)
    return decision_record(await running_funds.decide(context.graph, id, decided, by, reason, funds, rules))


Title = Annotated[str, strawberry.argument(description="What the solution is called, 1 to 300 characters.")]
Since = Annotated[Instant | None, strawberry.argument(description="Since when it may be used; now if not given.")]
Until = Annotated[Instant | None, strawberry.argument(description="Until when (exclusive); open if not given.")]
LastUntil = Annotated[Instant | None, strawberry.argument(description="Until when (exclusive); now if not given.")]
SolutionId = Annotated[strawberry.ID, strawberry.argument(description="The id of the solution.")]


async def _register(
    info: Info, system: SystemId, title: Title, by: By, since: Since = None, until: Until = None
) -> Any:
    return solution_record(await solutions.register(info.context.graph, str(system), title, by, since, until))


async def _end(info: Info, id: SolutionId, by: By, reason: Reason = None, until: LastUntil = None) -> Any:
    return solution_record(await solutions.end(info.context.graph, str(id), by, reason, until))


def _act(resolver: Any, description: str, weight: int = 20) -> Any:
    return strawberry.field(resolver=resolver, description=description, directives=[weighs(weight)])


@strawberry.type(description="What is done to filings.")
class FilingMutations:
    draft_filing: FilingType = _act(_draft, "Begin a filing. Nothing is looked at before it is handed in.")
    edit_filing: FilingType = _act(
        _edit, "Say something else in a draft, or in what was returned: all of it, not only what is different."
    )
    submit_filing: FilingType = _act(_submit, "Hand a filing in. It is checked at once.", 100)
    check_filing: FilingType = _act(_check, "Check a filing again, whether the graph has changed or not.", 100)
    decide_candidate: FilingType = _act(
        _decide, "Decide on a candidate of the check. Deciding again takes the place of what was decided.", 100
    )
    review_filing: FilingType = strawberry.field(
        resolver=_review,
        description="Ask bodies for their joint opinion. All candidates over the threshold have to be decided on.",
        directives=[weighs(100)],
    )
    give_opinion: FilingType = _act(_opine, "Give the opinion of a body that was asked.")
    close_filing: FilingType = _act(
        _close,
        "Approve, refuse or return a filing. Approval of a new system registers it as PLANNED. An instance of a "
        "standard solution is approved without opinions.",
        100,
    )
    build_filing: FilingType = _act(
        _build, "Say that what was approved is done: the system is LIVE, changed, or RETIRED."
    )
    withdraw_filing: FilingType = _act(_withdraw, "Give up a draft.")
    decide_funds: FundsDecisionType = _act(
        _decide_funds, "Decide on the running funds of a system, over the evidence that there is now."
    )
    register_solution: StandardSolution = _act(_register, "Make a registered system a standard solution.")
    end_solution: StandardSolution = _act(
        _end, "Let a standard solution be used no longer. What was approved as its instance stays."
    )
