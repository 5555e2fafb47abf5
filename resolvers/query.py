"""The root fields."""

from typing import Annotated, Any

import strawberry
from strawberry import Parent

from graph.facts import Kind
from graph.lineage import Asked
from graph.paging import USUAL
from resolvers import inputs, lineage
from resolvers.batches import batched, needs, one, shaped
from resolvers.completion import Shape
from resolvers.connections import ROWS, Connection, Listed
from resolvers.context import Context, Info
from resolvers.costs import rows, weighs
from resolvers.cycles import CycleConnection, MutualConnection, cycles_field, mutual_field
from resolvers.difference import LineageDiff, diff_field
from resolvers.element_conflicts import ElementConflictConnection, conflicts_field
from resolvers.entities import Entity
from resolvers.feed import ChangeFeed, changes_field
from resolvers.filing_scope import (
    FilingListConnection,
    RunningFunds,
    Solutions,
    filing_list_field,
    running_funds_field,
    solutions_field,
)
from resolvers.filings import FilingConnection, FilingType, filing_field, filings_field
from resolvers.findings import FindingConnection, findings_field
from resolvers.impact import ImpactType, impact_field
from resolvers.lineage import COUNTED, LISTED, Lineage, LineageCounts, asking
from resolvers.matching import FieldMatch, match_field
from resolvers.members import After, Before, First, Last
from resolvers.paths import LineagePaths, paths_field
from resolvers.proposals import DuplicateReportType, check_field
from resolvers.rules import (
    RuleProfileType,
    WorkCalendarYear,
    calendar_field,
    due_date_field,
    in_force_field,
    profile_field,
    profiles_field,
    working_days_field,
)
from resolvers.scalars import Day
from resolvers.search import SearchConnection, searched
from resolvers.slices import AnswerConnection
from resolvers.sources import SourceRun, SourceType, runs_field, sources_field
from resolvers.subgraph import Service, entities_field, service_field
from resolvers.things import (
    DataElement,
    Department,
    Field,
    Jurisdiction,
    Node,
    Resource,
    SharingAgreement,
    System,
)
from resolvers.what_ifs import WhatIfType, what_if_field, what_ifs_field

Id = Annotated[strawberry.ID, strawberry.argument(description="The id, exactly as it is registered.")]


def _one(kind: Kind) -> Any:
    """The thing of one kind with an id; null where there is none of that kind."""

    @needs()
    async def things(roots: list[None], context: Context, id: str) -> list[Any]:
        return [(await context.things(kind, [id]))[id]] * len(roots)

    def resolve(root: Parent[Any], info: Info, id: Id) -> Any:
        return one(things, root, info, id=id)

    return batched(resolve, things, "The KIND with this id; null if there is none.".replace("KIND", kind.label))


OrderArgument = Annotated[
    inputs.Ordering | None, strawberry.argument(description="How the list is ordered; by id if not given.")
]


def _all(kind: Kind, filter_type: type[inputs.ThingFilter]) -> Any:
    """All things of one kind, in pages."""

    def resolve(
        info: Info,
        filter: Any = None,
        order_by: OrderArgument = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        return Listed(info.context, inputs.listing(kind, filter, order_by), first, after, last, before)

    described = strawberry.argument(description="What the list is narrowed to.")
    resolve.__annotations__["filter"] = Annotated[filter_type | None, described]
    description = "All things of the kind KIND, in pages.".replace("KIND", kind.label)
    return strawberry.field(resolver=resolve, description=description, directives=[ROWS])


def _walk(*, reads: bool, description: str) -> Any:
    @needs()
    @shaped
    async def answers(roots: list[None], context: Context, asked: Asked, selected: Shape | None = None) -> list[Any]:
        if selected is not None and selected.keys == frozenset():
            return [lineage.unread(asked)] * len(roots)  # what is selected is answered below it
        return [lineage.answered(asked, await context.lineages.find(asked), selected)] * len(roots)

    resolve = asking(lambda root, info, asked: one(answers, root, info, asked=asked), reads=reads)
    return batched(resolve, answers, description, weighs(20), LISTED)


async def _counts(root: None, info: Info, asked: Asked) -> Any:
    return lineage.counted(await info.context.lineages.find(asked))


async def _node(info: Info, id: Id) -> Any:
    return await info.context.thing(id)


@strawberry.type(description="What the registry can be asked.")
class Query:
    entities: list[Entity | None] = entities_field(rows(50, "representations"))
    service: Service = service_field()
    node: Node | None = strawberry.field(
        resolver=_node, description="The thing with this id, of whatever kind; null if there is none."
    )
    jurisdiction: Jurisdiction | None = _one(Kind.JURISDICTION)
    jurisdictions: Connection[Jurisdiction] = _all(Kind.JURISDICTION, inputs.JurisdictionFilter)
    department: Department | None = _one(Kind.DEPARTMENT)
    departments: Connection[Department] = _all(Kind.DEPARTMENT, inputs.DepartmentFilter)
    system: System | None = _one(Kind.SYSTEM)
    systems: Connection[System] = _all(Kind.SYSTEM, inputs.SystemFilter)
    resource: Resource | None = _one(Kind.RESOURCE)
    resources: Connection[Resource] = _all(Kind.RESOURCE, inputs.ResourceFilter)
    field: Field | None = _one(Kind.FIELD)
    fields: Connection[Field] = _all(Kind.FIELD, inputs.FieldFilter)
    element: DataElement | None = _one(Kind.ELEMENT)
    elements: Connection[DataElement] = _all(Kind.ELEMENT, inputs.ElementFilter)
    agreement: SharingAgreement | None = _one(Kind.AGREEMENT)
    agreements: Connection[SharingAgreement] = _all(Kind.AGREEMENT, inputs.AgreementFilter)
    search: SearchConnection = strawberry.field(
        resolver=searched,
        description=(
            "Things with a text in their name, codes or aliases, the best first: exact name, exact code or alias, "
            "beginning, anywhere; then shorter names, kinds in the order of NodeKind, ids. Width, case, spaces, "
            "punctuation and traditional characters make no difference."
        ),
        directives=[weighs(20), rows(USUAL, "first", of=("edges", "nodes"))],
    )
    lineage: Lineage = _walk(reads=False, description="Where data comes from or goes to, along what is copied (FEEDS).")
    dependencies: Lineage = _walk(
        reads=True, description="What depends on what: along what is copied (FEEDS) and what is read in place (READS)."
    )
    lineage_paths: LineagePaths = paths_field
    cycles: CycleConnection = cycles_field
    mutual_dependence: MutualConnection = mutual_field
    changes: ChangeFeed = changes_field
    impact: ImpactType = impact_field
    findings: FindingConnection = findings_field
    duplicate_check: DuplicateReportType = check_field
    match_fields: list[FieldMatch] = match_field
    element_conflicts: ElementConflictConnection = conflicts_field
    what_if: WhatIfType | None = what_if_field
    what_ifs: AnswerConnection[WhatIfType] = what_ifs_field
    filing: FilingType | None = filing_field
    filings: FilingConnection = filings_field
    filing_list: FilingListConnection = filing_list_field
    running_funds: RunningFunds = running_funds_field
    standard_solutions: Solutions = solutions_field
    sources: AnswerConnection[SourceType] = sources_field
    source_runs: AnswerConnection[SourceRun] = runs_field
    lineage_diff: LineageDiff = diff_field
    rule_profiles: list[RuleProfileType] = profiles_field
    rule_profile: RuleProfileType | None = profile_field
    rule_profile_in_force: RuleProfileType = in_force_field
    work_calendar: WorkCalendarYear = calendar_field
    due_date: Day = due_date_field
    working_days: int = working_days_field
    lineage_counts: LineageCounts = strawberry.field(
        resolver=asking(_counts, most=COUNTED),
        description="How many nodes a lineage has by depth, kind and department, before loading it.",
        directives=[weighs(100)],
    )
