"""Duplicate checks as GraphQL types: does a proposed system exist already, and who has its data."""

from enum import Enum
from typing import Annotated, Any

import strawberry

from graph.facts import Kind
from graph.matching.proposals import Proposal
from graph.refusals import BadInput
from resolvers.batches import many
from resolvers.context import Context, Info
from resolvers.costs import rows, weighs
from resolvers.enums import JurisdictionLevel, NodeKind, ShareType
from resolvers.lineage import SEQUENCE, Container
from resolvers.report_record import report_record
from resolvers.scalars import Instant, Json, SequenceNumber
from resolvers.things import Resource, System

Record = dict[str, Any]

MOST = 20
"""Candidates that a report lists, as costs take it."""


def _value(value: str, description: str) -> Any:
    return strawberry.enum_value(value, description=description)


@strawberry.enum(description="What a duplicate check came to.")
class Verdict(Enum):
    NONE = _value("NONE", "Nothing that is registered does the same. (未发现重复)")
    OVERLAP = _value("OVERLAP", "Something does part of it: look before you build. (部分重叠)")
    DUPLICATE = _value("DUPLICATE", "Something does the same already. (重复建设)")
    UNKNOWN = _value("UNKNOWN", "The proposal says too little: no usable name, or not what it is for. (无法判断)")


@strawberry.enum(description="What a proposal should say still.")
class ProposalPart(Enum):
    NAME = _value("NAME", "A name that tells it apart.")
    MATTER = _value("MATTER", "What it is for: its description, duties (事项) or functions.")
    FIELDS = _value("FIELDS", "The fields that it would keep.")


@strawberry.enum(description="Why a candidate is like a proposal.")
class SignalKind(Enum):
    NAME = _value("NAME", "The names are alike.")
    MATTER = _value("MATTER", "What they are for is alike.")
    DUTIES = _value("DUTIES", "It serves proposed duties.")
    HOLDS = _value("HOLDS", "It holds resources like proposed ones.")
    FIELDS = _value("FIELDS", "Fields are alike.")
    ELEMENTS = _value("ELEMENTS", "Fields carry the same data elements.")
    SOURCES = _value("SOURCES", "Both read the same resources.")
    DEPARTMENT = _value("DEPARTMENT", "It is of the same department, or of one above or below.")
    COMPONENT = _value("COMPONENT", "It is a common component, meant to be used by others.")
    INSTANCE = _value(
        "INSTANCE",
        "It is the system itself that is changed, or of the standard solution that is proposed: no duplicate.",
    )


@strawberry.enum(description="How a proposed field was met by one that exists.")
class MetBy(Enum):
    ELEMENT = _value("ELEMENT", "Both carry the same data element.")
    NAME = _value("NAME", "Both have the same name, however it is written.")
    PINYIN = _value("PINYIN", "One is the pinyin, or its initials, of the other's name.")


@strawberry.enum(description="How data that exists can be had.")
class RequestWay(Enum):
    OWN = _value("OWN", "It is the department's own: use it.")
    DIRECT = _value("DIRECT", "It is shared without condition: take it. (无条件共享)")
    APPROVAL = _value("APPROVAL", "It is shared on a condition: the provider has to consent. (有条件共享)")
    ASK = _value("ASK", "It has no share type: ask the provider to state one, and for the data.")
    CONTEST = _value("CONTEST", "It is withheld: contest the basis for that first. (不予共享)")


def _described(description: str, *annotations: object) -> Any:
    return strawberry.field(description=description, directives=annotations)


def _given(description: str) -> Any:
    return strawberry.field(description=description, default=None)


@strawberry.input(description="Data that a proposed system would keep.")
class ProposedResourceInput:
    name: str = strawberry.field(description="What it would be called.")
    fields: list[str] = strawberry.field(description="The names of its fields, Chinese names or column names.")


@strawberry.input(description="A system that somebody means to build. Name and matter decide, fields add.")
class ProposalInput:
    name: str = strawberry.field(description="What it would be called.")
    description: str | None = _given("What it is for, in a sentence or a page.")
    department: strawberry.ID | None = _given("The department that proposes it.")
    jurisdiction: strawberry.ID | None = _given("The jurisdiction that it is for.")
    duties: list[str] | None = _given("The duties (事项) that it serves.")
    reads: list[str] | None = _given("The resources that it would read, by id or name.")
    resources: list[ProposedResourceInput] | None = _given("The data that it would keep.")
    functions: list[str] | None = _given("What it does, function by function.")
    instance_of: strawberry.ID | None = _given("The standard solution that it is an instance of: that is reuse.")

    def proposal(self) -> Proposal:
        """As it is checked. Raises BadInput that names the place."""
        given = {name: getattr(self, name) for name in self.__dataclass_fields__}
        resources = [{"name": one.name, "fields": one.fields} for one in self.resources or ()]
        try:
            return Proposal.from_json({**given, "resources": resources})
        except BadInput as error:
            raise _within(error) from error


def _within(error: BadInput) -> BadInput:
    """The same mistake, where GraphQL's caller made it."""
    place = str(error).partition(":")[0]
    return BadInput(f"proposal.{error}", argument=f"proposal.{place}")


@strawberry.type(description="A text of the proposal and one that exists, which are alike.")
class AlikePair:
    proposed: str = _described("What the proposal says.")
    existing: str = _described("What exists.")
    likeness: float = _described("How alike they are, 0 to 1.")


@strawberry.type(name="Signal", description="One reason why a candidate is like the proposal, with its evidence.")
class SignalType:
    kind: SignalKind = _described("What is alike.")
    score: float = _described("How much, 0 to 1.")
    text: str = _described("The reason as part of a sentence.")
    words: list[str] = _described("Of NAME and MATTER: the words that both say.", rows(5))
    pairs: list[AlikePair] = _described("Of NAME, DUTIES, HOLDS and FIELDS: what is like what.", rows(20))
    things: list[strawberry.ID] = _described(
        "Of ELEMENTS, SOURCES and DEPARTMENT: the data elements, resources or department.", rows(5)
    )
    evidence: Json = _described("All of the evidence, as the report keeps it.")


async def _systems(records: list[Record], context: Context) -> list[Any]:
    resources = await context.things(Kind.RESOURCE, [one["resource_id"] for one in records])
    held = [(resources[one["resource_id"]] or {}).get("system") for one in records]
    ids = [one["system_id"] or holder for one, holder in zip(records, held, strict=True)]
    found = await context.things(Kind.SYSTEM, ids)
    return [found[id] for id in ids]


async def _resources(records: list[Record], context: Context) -> list[Any]:
    found = await context.things(Kind.RESOURCE, [one["resource_id"] for one in records])
    return [found[one["resource_id"]] for one in records]


@strawberry.type(description="A registered system or resource that is like the proposal.")
class DuplicateCandidate:
    id: strawberry.ID = _described("Its id.")
    kind: NodeKind = _described("SYSTEM, or RESOURCE.")
    name: str = _described("Its name.")
    score: float = _described("How like it is, 0 to 1, by the weights of the rule profile.")
    over: Verdict | None = _described("OVERLAP or DUPLICATE: the threshold that it is over; null: none.")
    compared: str | None = _described("The proposed resource that it is like; null: the proposal as a whole.")
    department: Container | None = _described("Whose it is.")
    level: JurisdictionLevel | None = _described("At which level that is.")
    text: str = _described("Why, in a sentence that can be argued with.")
    signals: list[SignalType] = _described("The reasons one by one, the weightiest kinds first.", rows(8))
    system: System | None = many(_systems, "The system; of a resource the one that holds it, null if none is known.")
    resource: Resource | None = many(_resources, "The resource; null where the candidate is a system.")


@strawberry.type(description="Which candidates over a threshold a level has.")
class LevelCandidates:
    level: JurisdictionLevel = _described("The level.")
    candidates: list[strawberry.ID] = _described("Their ids.", rows(5))


@strawberry.type(description="A field that is collected already.")
class ExistingField:
    id: strawberry.ID = _described("Its id.")
    name: str = _described("Its name.")
    met_by: MetBy = _described("How it was met.")
    resource: Container = _described("The resource that has it.")
    provider: Container | None = _described("Who provides it.")
    level: JurisdictionLevel | None = _described("At which level that is.")
    share_type: ShareType | None = _described("Its share type, else its resource's.")
    update_cycle: str | None = _described("How often it is updated.")
    element: Container | None = _described("The data element that it carries.")


@strawberry.type(description="A proposed field that is collected already: it could be shared instead.")
class ShareableField:
    resource: str = _described("The proposed resource.")
    field: str = _described("The proposed field.")
    exists: list[ExistingField] = _described("Where it exists, the best first; up to five.", rows(5))
    more: int = _described("How many more have it.")
    levels: list[JurisdictionLevel] = _described("The levels that have one.", rows(2))


@strawberry.type(description="A request for data that exists, ready to be sent.")
class SharingRequest:
    way: RequestWay = _described("What it takes.")
    provider: Container | None = _described("Whom to ask.")
    resource: Container = _described("For which resource.")
    fields: list[strawberry.ID] = _described("For which of its fields …", rows(10))
    proposed: list[str] = _described("… which are these of the proposal, in the same order.", rows(10))
    share_type: ShareType | None = _described("The share type.")
    share_condition: str | None = _described("The condition, as the provider states it.")
    method: str | None = _described("How it is delivered.")
    text: str = _described("The request in a sentence.")


def _documents(records: list[Record], context: Context) -> list[Any]:
    return [record["report"].as_json().decode() for record in records]


@strawberry.type(
    name="DuplicateReport", description="A duplicate check of a proposal, with all that it rests on. (重复建设检查)"
)
class DuplicateReportType:
    verdict: Verdict = _described("What it came to, by the thresholds of the rule profile.")
    asks: list[ProposalPart] = _described("What the proposal should say still, so that the check can tell more.")
    unknown: list[str] = _described(
        "What the proposal refers to (department, jurisdiction, resources read) that is not registered, or that a name "
        "does not tell; the check went on without it."
    )
    candidates: list[DuplicateCandidate] = _described("What is like it, best first.", rows(MOST))
    levels: list[LevelCandidates] = _described("Which levels have one already.", rows(4))
    shareable: list[ShareableField] = _described("Proposed fields that exist, in the proposal's order.", rows(20))
    requests: list[SharingRequest] = _described("What to ask whom for, instead of collecting it.", rows(10))
    rules: str = _described("The version of the rule profile that it was made by.")
    sequence: SequenceNumber = _described(SEQUENCE)
    at: Instant = _described("When that change was recorded.")
    document: str = many(
        _documents,
        "The whole report as JSON, its inputs included. `registry check --reproduce FILE` makes it again from them, "
        "the same to the byte.",
    )


ProposalArgument = Annotated[ProposalInput, strawberry.argument(description="What is proposed.")]


async def _check(info: Info, proposal: ProposalArgument) -> Any:
    context = info.context
    return report_record(await context.checks().check(proposal.proposal(), context.profiles.in_force(context.today())))


check_field: Any = strawberry.field(
    resolver=_check,
    description="Does a proposed system exist already, who has its data, and what could be shared instead? "
    "Nothing is kept: `document` holds all of the answer.",
    directives=[weighs(500)],
)
