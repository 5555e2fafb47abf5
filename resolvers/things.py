"""The kinds of things as GraphQL types. A record is the source; its keys are the fields."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.federation.schema_directives import Inaccessible

from graph.contents import Contents
from graph.facts import Kind
from graph.things import Record, is_in_force
from resolvers.batches import many, needs
from resolvers.completion import always
from resolvers.connections import ContentConnection
from resolvers.context import Context
from resolvers.costs import rows, weighs
from resolvers.decisions import DecisionConnection, decided
from resolvers.enums import AgreementStatus, JurisdictionLevel, NodeKind, Secrecy, ShareType, SystemStatus
from resolvers.history import VersionConnection, as_then, history
from resolvers.matching import ElementCandidate, suggested
from resolvers.members import INTERNAL, FlowConnection, flowing, held, instant, named, stated
from resolvers.scalars import Instant, Json

if TYPE_CHECKING:
    from resolvers.element_conflicts import ElementConflict


@needs("valid_from", "valid_to", "closed", "resource")
async def _in_force(roots: list[Record], context: Context) -> list[Any]:
    in_force = [is_in_force(root, instant(root)) for root in roots]
    wanted = [
        (root.get("resource") if alive and root["kind"] is Kind.FIELD else None, root.get("then"))
        for root, alive in zip(roots, in_force, strict=True)
    ]
    holders = await context.things_then(Kind.RESOURCE, wanted)
    return [
        alive and (holder is None or is_in_force(holder, instant(root)))
        for root, alive, holder in zip(roots, in_force, holders, strict=True)
    ]


@needs("unregistered")
def _unregistered(roots: list[Record], context: Context) -> list[Any]:
    return [bool(root.get("unregistered")) for root in roots]


@strawberry.interface(description="Anything that the registry knows by an id.")
class Node:
    id: strawberry.ID = stated("Readable, unique across all registries, never changed or reused.")
    kind: NodeKind = stated("What kind of thing it is.")
    name: str = stated("Its name; its id where no name is stated.")
    valid_from: Instant | None = stated("Since when it is in force; null: always was.")
    valid_to: Instant | None = stated("Until when (exclusive) it is in force; null: no end is known.")
    in_force: bool = many(
        _in_force, "Whether it is in force now: valid, still stated by somebody, and, for a field, its resource too."
    )
    recorded_from: Instant = stated("When the registry recorded it as it is now.")
    created: Instant = stated("When the registry first recorded it.")
    closed_at: Instant | None = stated(
        "When the last source withdrew it; null while somebody states it.", name="closedAt"
    )
    sources: list[str] | None = stated("Who states it; null when nobody does.", directives=[INTERNAL])
    unregistered: bool = many(
        _unregistered, "True for a placeholder: others name this id, and nobody has registered it."
    )
    raw: Json | None = stated(
        "What the source said, key by key, where it was taken as something else. Not told through gateways: nobody "
        "has looked through it.",
        directives=[Inaccessible()],
    )
    extra: Json | None = stated("Keys that the registry does not know, as they were stated.", directives=[INTERNAL])
    history: VersionConnection = history(
        "What the registry recorded of it, the newest first: what changed, when, and by whom. A source that comes or "
        "goes without changing anything makes no version; see the version's `statements`."
    )
    at: "Node | None" = as_then()

    @classmethod
    def resolve_type(cls, source: Record, *_: Any) -> str:
        """The type of a record."""
        kind: Kind = source["kind"]
        return kind.label

    @classmethod
    @always
    def is_type_of(cls, source: Any, info: Any) -> bool:
        """Records are only ever given where their type fits."""
        return True


_ALIASES = "Other names. They serve the search only."
_AGREEMENTS_COVERING = "The sharing agreements that cover it."


@strawberry.federation.type(keys=["id", "code"], description="A nation, province, city, county or township. (行政区划)")
class Jurisdiction(Node):
    at: "Jurisdiction | None" = as_then()
    code: str | None = stated("Code of GB/T 2260, six digits; platforms add local ones.")
    level: JurisdictionLevel | None = stated("Its level.")
    aliases: list[str] | None = stated(_ALIASES)
    within: "Jurisdiction | None" = named(Kind.JURISDICTION, "within", "The jurisdiction that it lies in directly.")
    children: "ContentConnection[Jurisdiction]" = held(
        Contents.LOWER_JURISDICTIONS, "The jurisdictions directly within it, by id."
    )
    departments: "ContentConnection[Department]" = held(
        Contents.DEPARTMENTS, "Its own departments, not those of lower levels; by `order`, then id."
    )


@strawberry.federation.type(
    keys=["id", "uscc"], description="A government department or another body that provides or uses data. (部门)"
)
class Department(Node):
    at: "Department | None" = as_then()
    uscc: str | None = stated("Unified social credit code, 18 characters. (统一社会信用代码)")
    short_name: str | None = stated("Its usual short name.")
    aliases: list[str] | None = stated(_ALIASES)
    contacts: Json | None = stated("Whom to call.", directives=[INTERNAL])
    order: int | None = stated("Its place in the official order of its jurisdiction.")
    jurisdiction: "Jurisdiction | None" = named(Kind.JURISDICTION, "jurisdiction", "The jurisdiction that it is of.")
    part_of: "Department | None" = named(Kind.DEPARTMENT, "part_of", "The department that it is a part of.")
    parts: "ContentConnection[Department]" = held(Contents.PARTS, "The departments that are a part of it, by id.")
    succeeded_by: "Department | None" = named(Kind.DEPARTMENT, "succeeded_by", "The department that took its place.")
    predecessors: "ContentConnection[Department]" = held(
        Contents.PREDECESSORS, "The departments whose place it took, by id."
    )
    systems: "ContentConnection[System]" = held(Contents.SYSTEMS, "The systems that it operates, by id.")
    resources: "ContentConnection[Resource]" = held(
        Contents.PROVIDED,
        "The resources that it provides, and those of its systems whose provider is not stated; by id.",
    )
    elements: "ContentConnection[DataElement]" = held(
        Contents.ELEMENTS, "The data elements that it is the authoritative source of, by id."
    )
    agreements_given: "ContentConnection[SharingAgreement]" = held(
        Contents.GIVEN, "The agreements in which it provides data, by id."
    )
    agreements_received: "ContentConnection[SharingAgreement]" = held(
        Contents.RECEIVED, "The agreements in which it is given data, by id."
    )


@strawberry.federation.type(keys=["id", "code"], description="An information system. (信息系统)")
class System(Node):
    at: "System | None" = as_then()
    code: str | None = stated("Its code in the register of systems.")
    description: str | None = stated("What it is.")
    status: SystemStatus | None = stated("Where it is in its life.")
    aliases: list[str] | None = stated(_ALIASES)
    office: str | None = stated("The office within the department. (处室)")
    basis: list[str] | None = stated("The duties or policies that it is based on.")
    functions: list[str] | None = stated("What it does.")
    duties: list[str] | None = stated("The duties of the department that it serves.")
    class_: str | None = stated("Its class: application, support, infrastructure.", name="class")
    reach: str | None = stated("How far it reaches: office, department, county, city, province, nation.")
    secrecy: Secrecy | None = stated("Who may know of it.")
    in_use_since: str | None = stated("Since when it is used, as the source wrote it.")
    retired_on: str | None = stated("When it went out of use, as the source wrote it.")
    approval: Json | None = stated("Who approved it and when, and the budget project.")
    money: Json | None = stated("Costs and budgets, in 10,000 yuan.")
    parties: Json | None = stated("Who is in charge, who built it, who runs it, until when it is maintained.")
    building: Json | None = stated("How it is built: kind, stage, what comes next.")
    runs_on: Json | None = stated("Where it runs, and on what.")
    networks: list[str] | None = stated("The networks that it is on.")
    protection_level: str | None = stated("Its level of security protection. (等保)")
    use: Json | None = stated("Who uses it, and how much.")
    integration: Json | None = stated("What it is linked to, and what became of it in the clean-up.")
    department: "Department | None" = named(Kind.DEPARTMENT, "department", "The department that operates it.")
    resources: "ContentConnection[Resource]" = held(Contents.HELD, "The resources that it holds, by id.")
    reads: "FlowConnection[Resource]" = flowing(
        Contents.READS, "The resources that it reads without keeping them: a link each."
    )
    agreements: "ContentConnection[SharingAgreement]" = held(
        Contents.SERVING, "The sharing agreements that were made for it, by id."
    )


@needs("provider", "system")
async def _departments(roots: list[Record], context: Context) -> list[Any]:
    """A container that is not in force counts as missing; the system's is taken only where no provider is stated."""
    thens = [root.get("then") for root in roots]
    holders = [root.get("system") if root.get("provider") is None else None for root in roots]
    systems = await context.things_then(Kind.SYSTEM, list(zip(holders, thens, strict=True)))
    ids = [
        root.get("provider") if holder is None else _operator(system, instant(root))
        for root, holder, system in zip(roots, holders, systems, strict=True)
    ]
    departments = await context.things_then(Kind.DEPARTMENT, list(zip(ids, thens, strict=True)))
    return [
        one if one is not None and is_in_force(one, instant(root)) else None
        for root, one in zip(roots, departments, strict=True)
    ]


def _operator(system: Record | None, at: int | None) -> str | None:
    return system.get("department") if system is not None and is_in_force(system, at) else None


@strawberry.federation.type(
    keys=["id", "code"], description="A resource of the catalogue: a table, a file, an interface. (政务信息资源)"
)
class Resource(Node):
    at: "Resource | None" = as_then()
    code: str | None = stated("Its code in the catalogue.")
    aliases: list[str] | None = stated(_ALIASES)
    classification: str | None = stated("Its class in the catalogue: 类/项/目/细目.")
    abstract: str | None = stated("What it holds.")
    duties: list[str] | None = stated("The duties that it arises from.")
    format_category: str | None = stated("Category of its format: file, spreadsheet, database and so on.")
    format_types: list[str] | None = stated("Its formats: mysql, xlsx, rest and so on.")
    share_type: ShareType | None = stated("On what terms it is shared.")
    share_condition: str | None = stated("The condition, or the legal basis for withholding it.")
    share_methods: list[str] | None = stated("How it is delivered: API, DATABASE, FILE and so on.")
    open: bool | None = stated("Whether it is open to the public.")
    open_condition: str | None = stated("On what condition it is open.")
    update_cycle: str | None = stated("How often it is updated: REALTIME, DAILY, WEEKLY and so on.")
    update_cycle_text: str | None = stated("How often it is updated, in the source's words.")
    published: str | None = stated("When it was published in the catalogue, as the source wrote it.")
    related_codes: list[str] | None = stated("Codes of related resources.")
    secrecy: Secrecy | None = stated("Who may know of it.")
    office: str | None = stated("The office within the department. (处室)")
    grade: str | None = stated("Its grade in the classification of data. (数据分级)")
    provider: "Department | None" = named(Kind.DEPARTMENT, "provider", "The department that is stated to provide it.")
    department: "Department | None" = many(
        _departments,
        "The department that it counts for: its provider, or its system's department where no provider is stated; "
        "null where that is not in force.",
    )
    system: "System | None" = named(Kind.SYSTEM, "system", "The system that holds it.")
    fields: "ContentConnection[Field]" = held(Contents.FIELDS, "Its fields, by position, then id.")
    feeds: "FlowConnection[Resource]" = flowing(
        Contents.RESOURCE_FEEDS, "Where it is stated to go as a whole: the resources that it feeds, a link each."
    )
    fed_by: "FlowConnection[Resource]" = flowing(
        Contents.RESOURCE_FED_BY, "Where it is stated to come from as a whole: the resources that feed it, a link each."
    )
    readers: "FlowConnection[System]" = flowing(
        Contents.READERS, "The systems that read it without keeping it: a link each."
    )
    agreements: "ContentConnection[SharingAgreement]" = held(Contents.COVERING_RESOURCE, _AGREEMENTS_COVERING)


@strawberry.federation.type(keys=["id"], description="A field of a resource. (信息项)")
class Field(Node):
    at: "Field | None" = as_then()
    code: str | None = stated("Its code, often its column's name.")
    data_type: str | None = stated("Its data type.")
    raw_type: str | None = stated("Its data type in the source's words.")
    length: int | None = stated("Its length.")
    position: int | None = stated("Its place among the resource's fields, from 1.")
    share_type: ShareType | None = stated("On what terms it is shared, where that differs from its resource.")
    aliases: list[str] | None = stated(_ALIASES)
    resource: "Resource | None" = named(Kind.RESOURCE, "resource", "The resource that it is a field of.")
    element: "DataElement | None" = named(Kind.ELEMENT, "element", "The data element that it carries.")
    feeds: "FlowConnection[Field]" = flowing(Contents.FIELD_FEEDS, "The fields that it feeds, a link each.")
    fed_by: "FlowConnection[Field]" = flowing(Contents.FIELD_FED_BY, "The fields that feed it, a link each.")
    agreements: "ContentConnection[SharingAgreement]" = held(Contents.COVERING_FIELD, _AGREEMENTS_COVERING)
    suggestions: list[ElementCandidate] = suggested(
        "The data elements that it may have, the likeliest first; none that was refused for it."
    )
    decisions: DecisionConnection = decided("What people decided about its data element, the latest first.")


@needs("id")
async def _conflicts(roots: list[Record], context: Context) -> list[Any]:
    found = await context.conflicts().of_elements([root["id"] for root in roots])
    return [found[root["id"]] for root in roots]


@strawberry.federation.type(
    keys=["id", "code"], description="A data element: the concept that fields of many resources carry. (数据元)"
)
class DataElement(Node):
    at: "DataElement | None" = as_then()
    code: str | None = stated("Its code in the standard that it comes from.")
    data_type: str | None = stated("Its data type.")
    length: int | None = stated("Its length.")
    aliases: list[str] | None = stated(_ALIASES)
    source: "Department | None" = named(
        Kind.DEPARTMENT, "source", "The department that is its authoritative source. (数源部门)"
    )
    fields: "ContentConnection[Field]" = held(Contents.CARRIERS, "The fields that carry it, by id.")
    conflicts: list[Annotated["ElementConflict", strawberry.lazy("resolvers.element_conflicts")]] = many(
        _conflicts, "What does not fit about it, by kind: one of each at most.", rows(4), weighs(10)
    )
    decisions: DecisionConnection = decided("What people decided about its authoritative source, the latest first.")


@strawberry.federation.type(
    keys=["id"], description="An agreement under which one department gives data to another. (共享协议)"
)
class SharingAgreement(Node):
    at: "SharingAgreement | None" = as_then()
    status: AgreementStatus | None = stated("Where it is on its way.")
    purpose: str | None = stated("What the data is for.")
    basis: str | None = stated("The legal basis.")
    share_method: str | None = stated("How the data is delivered.")
    frequency: str | None = stated("How often it is delivered.")
    office: str | None = stated("The office that asked for it. (处室)")
    document: str | None = stated("The document that it was granted with.")
    provider: "Department | None" = named(Kind.DEPARTMENT, "provider", "The department that gives the data.")
    consumer: "Department | None" = named(Kind.DEPARTMENT, "consumer", "The department that is given the data.")
    system: "System | None" = named(Kind.SYSTEM, "system", "The system that uses the data.")
    covers: "ContentConnection[Node]" = held(Contents.COVERED, "The resources and fields that it covers, by id.")


TYPES: dict[Kind, type] = {
    Kind.JURISDICTION: Jurisdiction,
    Kind.DEPARTMENT: Department,
    Kind.SYSTEM: System,
    Kind.ELEMENT: DataElement,
    Kind.RESOURCE: Resource,
    Kind.FIELD: Field,
    Kind.AGREEMENT: SharingAgreement,
}
"""The type of each kind."""
