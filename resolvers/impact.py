"""What a change would touch, as GraphQL types. The source is the graph's `Impact`; its lists are pages of it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry import Parent

from graph import affected as parts
from graph import consequences, moment
from graph import remaining as outlooks
from graph.facts import Kind
from graph.impact import MILLISECONDS, Impact
from graph.paging import Page
from graph.planned_change import ChangeKind as Kinds
from graph.planned_change import PlannedChange
from resolvers.batches import many
from resolvers.connections import ROWS
from resolvers.context import Context, Info
from resolvers.costs import rows, weighs
from resolvers.enums import Level, NodeKind, ShareType, StopReason
from resolvers.lineage import COMPLETE, SEQUENCE, STOPPED_BY, AsOf, Container, things_of
from resolvers.members import INTERNAL, After, Before, First, Last
from resolvers.scalars import Instant, Json, SequenceNumber
from resolvers.slices import AnswerConnection, Slice, slice_page
from resolvers.things import Department, Node, SharingAgreement


def _value(value: Any, description: str) -> Any:
    return strawberry.enum_value(value, description=description)


@strawberry.enum(description="What is to be done to things.")
class ChangeKind(Enum):
    RETIRE = _value(Kinds.RETIRE.value, "They go, with all that lies in them.")
    ALTER = _value(Kinds.ALTER.value, "They stay and become different; `alter` says how.")
    MERGE = _value(Kinds.MERGE.value, "They become part of `into`, a thing of the same kind.")


@strawberry.enum(description="What becomes of the sources of something that is affected.")
class Outlook(Enum):
    LOSES = _value(outlooks.Outlook.LOSES.value, "All that fed it is changed: nothing else comes to it.")
    LOSES_IN_CONSEQUENCE = _value(
        outlooks.Outlook.LOSES_IN_CONSEQUENCE.value,
        "What still feeds it has lost its own sources: nothing comes to it from outside, rings included.",
    )
    KEEPS = _value(outlooks.Outlook.KEEPS.value, "It has another source, directly or through others.")


@strawberry.enum(description="What becomes of a sharing agreement.")
class AgreementEffect(Enum):
    ENDS = _value(consequences.Effect.ENDS.value, "Nothing is left that it could be about.")
    REDO = _value(consequences.Effect.REDO.value, "It has to be looked at and made anew.")


def _given(description: str) -> Any:
    return strawberry.field(description=description, default=None)


@strawberry.input(
    description="What things are to be; what is null stays. Of fields the first three, of resources the rest."
)
class AlterationInput:
    data_type: str | None = _given("The data type of fields.")
    length: int | None = _given("The length of fields, 1 or more.")
    code_list: str | None = _given("The code list that the values of fields are from.")
    share_type: ShareType | None = _given("The share type of resources.")
    update_cycle: str | None = _given("The update cycle of resources.")


@strawberry.input(description="A change that is only thought of: nothing of it is written.")
class ChangeInput:
    kind: ChangeKind = strawberry.field(description="What is to be done.")
    ids: list[strawberry.ID] = strawberry.field(
        description="To what: fields, resources, systems or departments, up to 1,000. MERGE takes one kind only; ALTER "
        "fields or resources."
    )
    into: strawberry.ID | None = _given(
        "Of MERGE: what they become part of; of the same kind, in force, none of `ids`."
    )
    alter: AlterationInput | None = _given("Of ALTER: what they are to be.")

    def planned(self) -> PlannedChange:
        """As the graph takes it."""
        alter = self.alter or AlterationInput()
        values = {name: getattr(alter, name) for name in alter.__dataclass_fields__}
        altered = tuple((name, one.value if isinstance(one, Enum) else one) for name, one in values.items())
        into = None if self.into is None else str(self.into)
        given = tuple((name, value) for name, value in altered if value is not None)
        return PlannedChange(Kinds(self.kind.value), tuple(map(str, self.ids)), into, given)


@dataclass(slots=True)
class AffectedRecord:
    """The source of an Affected, and of a MigrationStep."""

    id: str
    kind: Kind
    name: str
    depth: int
    precise: bool
    whole: bool
    resource: parts.Named | None
    system: parts.Named | None
    department: parts.Named | None
    jurisdiction: parts.Named | None
    step: int = 0
    ring: str | None = None


def _described(description: str) -> Any:
    return strawberry.field(description=description)


_DEPTH = "The fewest steps between different things that lead to it from what is changed; 0 is what is changed."
_PRECISE = (
    "True where it is affected for certain: along feeds between fields, or by one step of a resource that is changed "
    "as a whole. False: only maybe, by way of a resource of which nobody said which fields go on."
)


@strawberry.type(description="Something that the change comes to.")
class Affected:
    id: strawberry.ID = _described("Its id.")
    kind: NodeKind = _described("What kind of thing it is; it may be below the level asked for, where that is unknown.")
    name: str = _described("Its name at that moment; its id where it has none.")
    depth: int = _described(_DEPTH)
    precise: bool = _described(_PRECISE)
    whole: bool = _described("Whether a resource in it was reached as a whole.")
    resource: Container | None = _described("Its resource, or itself; null where it stands for several.")
    system: Container | None = _described("The system that holds it, or itself; null where it stands for several.")
    department: Container | None = _described("Its department, or itself; null where it stands for several.")
    jurisdiction: Container | None = _described("Its jurisdiction, or itself; null where it stands for several.")
    node: Node | None = many(things_of, "The thing itself as it is now, loaded only if selected.")


@strawberry.type(description="One thing in the order to migrate.")
class MigrationStep:
    step: int = _described("When: after all of smaller steps; things of one step do not wait for each other.")
    ring: strawberry.ID | None = _described(
        "The first id of the ring that it is in: all of a ring depend on each other and go together. Null for none."
    )
    id: strawberry.ID = _described("Its id.")
    kind: NodeKind = _described("What kind of thing it is.")
    name: str = _described("Its name at that moment; its id where it has none.")
    depth: int = _described(_DEPTH)
    precise: bool = _described(_PRECISE)
    department: Container | None = _described("Its department, or itself; null where it stands for several.")
    node: Node | None = many(things_of, "The thing itself as it is now, loaded only if selected.")


@strawberry.type(description="A field, resource or reading system that is affected, and what becomes of its sources.")
class SourceOutlook:
    id: strawberry.ID = _described("Its id.")
    kind: NodeKind = _described("FIELD, RESOURCE, or SYSTEM where it reads a resource.")
    name: str = _described("Its name at that moment; its id where it has none.")
    depth: int = _described("The fewest steps, field by field, that lead to it.")
    precise: bool = _described(_PRECISE)
    outlook: Outlook = _described("What becomes of its sources.")
    lost: int = _described("How many of its direct feeders are changed.")
    left: int = _described("How many other direct feeders it has.")
    feeders: list[Container] = strawberry.field(
        description="The first ten of those that are left, by id.", directives=[rows(parts.MOST_FEEDERS)]
    )
    resource: Container | None = _described("Its resource, or itself.")
    department: Container | None = _described("Its department.")
    node: Node | None = many(things_of, "The thing itself as it is now, loaded only if selected.")


async def _agreement(touched: Sequence[Any], context: Context) -> list[Any]:
    found = await context.things(Kind.AGREEMENT, [one.id for one in touched])
    return [found[one.id] for one in touched]


@strawberry.type(description="A sharing agreement that ends, or must be redone.")
class AgreementImpact:
    id: strawberry.ID = _described("Its id.")
    name: str = _described("Its name; its id where it has none.")
    effect: AgreementEffect = _described("What becomes of it.")
    reason: str = _described("Why.")
    covered: int = _described("How many of the changed things it covers.")
    agreement: SharingAgreement | None = many(_agreement, "The agreement itself, loaded only if selected.")


async def _departments(told: Sequence[Any], context: Context) -> list[Any]:
    found = await context.things(Kind.DEPARTMENT, [one.id for one in told])
    return [found[one.id] for one in told]


async def _contacts(told: Sequence[Any], context: Context) -> list[Any]:
    return [(record or {}).get("contacts") for record in await _departments(told, context)]


@strawberry.type(description="A department that has to be told, with how much of its own is affected.")
class DepartmentImpact:
    id: strawberry.ID = _described("Its id.")
    name: str = _described("Its name at that moment; its id where it has none.")
    depth: int = _described(_DEPTH)
    precise: bool = _described(_PRECISE)
    fields: int = _described("How many of its fields are affected one by one; what is changed itself included.")
    resources: int = _described("How many of its resources.")
    systems: int = _described("How many of its systems.")
    losing: int = _described("How many of its fields, resources and reading systems lose their sources.")
    contacts: Json | None = many(_contacts, "Whom to call.", INTERNAL)
    department: Department | None = many(_departments, "The department itself, loaded only if selected.")


@strawberry.type(description="A suggestion of what may take the place of something that is changed.")
class Successor:
    replaces: Container = _described("What is changed.")
    successor: Container = _described("What may take its place; the change does not come to it.")
    resource: Container | None = _described("The resource of a suggested field.")
    department: Container | None = _described("The element's authoritative source, which provides that resource.")
    element: Container | None = _described("The data element that both carry.")
    reason: str = _described("Why it is suggested.")


@strawberry.type(description="How many things are affected at one level.")
class LevelImpact:
    level: Level = _described("The level.")
    total: int = _described("How many, those that are changed included.")
    precise: int = _described("How many of them for certain.")
    complete: bool = _described(COMPLETE)
    stopped_by: list[StopReason] = _described(STOPPED_BY)
    reached_depth: int = _described("The greatest depth.")


@strawberry.type(description="How many fields, resources and reading systems have one outlook.")
class OutlookCount:
    outlook: Outlook = _described("The outlook.")
    count: int = _described("How many.")


def _paged(order: str, given: tuple[Any, ...], rows: Sequence[Any], key: Callable[[Any], Any]) -> Slice:
    """A page of rows that are in the order of their keys, which are (number, text)."""
    page = slice_page(order, *given)
    return Slice(order, page, len(rows), lambda place: key(rows[place]), rows.__getitem__)


def affected_record(found: parts.Affected, place: int) -> AffectedRecord:
    """What is affected at a place."""
    net, shown = found.net, found.shown
    columns = (shown.resource, shown.system, shown.department, shown.jurisdiction)
    resource, system, department, jurisdiction = (parts.named(net, int(column[place])) for column in columns)
    return AffectedRecord(
        found.ids[place],
        shown.kinds[place],
        shown.names[place],
        found.depth[place],
        found.precise[place],
        found.whole[place],
        resource,
        system,
        department,
        jurisdiction,
    )


LevelAsked = Annotated[Level, strawberry.argument(description="What the answer is rolled up to.")]
Precise = Annotated[
    bool | None,
    strawberry.argument(description="Only what is (true) or is not (false) affected for certain; null: all."),
]
Outlooks = Annotated[list[Outlook] | None, strawberry.argument(description="Only those with one of these outlooks.")]


def _affected(
    root: Parent[Any],
    level: LevelAsked = Level.RESOURCE,
    precise: Precise = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    found = root.at_level(moment.Level[level.value])
    places: Sequence[int] = range(len(found.ids))
    if precise is not None:
        places = [place for place in places if found.precise[place] == precise]
    order = f"affected-{level.value}"
    return Slice(
        order,
        slice_page(order, first, after, last, before),
        len(places),
        lambda row: (found.depth[places[row]], found.ids[places[row]]),
        lambda row: affected_record(found, places[row]),
    )


def _sources(
    root: Parent[Any],
    outlook: Outlooks = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    units = root.units
    places: Sequence[int] = range(len(units))
    if outlook is not None:
        wanted = {one.value for one in outlook}
        places = [place for place in places if units.outlook[place] in wanted]
    page: Page = slice_page("sources", first, after, last, before)
    return Slice(
        "sources",
        page,
        len(places),
        lambda row: (units.depth[places[row]], units.ids[places[row]]),
        lambda row: units.row(places[row]),
    )


async def _migration(
    root: Parent[Any],
    level: LevelAsked = Level.SYSTEM,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    found = root.at_level(moment.Level[level.value])
    order = f"migration-{level.value}"
    page = slice_page(order, first, after, last, before)
    steps = await asyncio.to_thread(found.steps)

    def record(row: int) -> AffectedRecord:
        one = affected_record(found, steps[row].place)
        one.step, one.ring = steps[row].step, steps[row].ring
        return one

    def key(row: int) -> tuple[int, str]:
        id = found.ids[steps[row].place]
        return steps[row].step, f"{steps[row].ring or id}\x00{id}"

    return Slice(order, page, len(steps), key, record)


async def _agreements(
    root: Parent[Any],
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    given = (first, after, last, before)
    found = await consequences.agreements(info.context.graph, root)
    return _paged("agreements", given, found, lambda one: (0, one.id))


def _told(root: Parent[Any], first: First = None, after: After = None, last: Last = None, before: Before = None) -> Any:
    return _paged("departments", (first, after, last, before), root.departments, lambda one: (one.depth, one.id))


async def _successors(
    root: Parent[Any],
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    given = (first, after, last, before)
    found = await consequences.successors(info.context.graph, root)
    return _paged("successors", given, found, lambda one: (0, f"{one.replaces.id}\x00{one.successor.id}"))


def level_counts(impact: Impact) -> list[dict[str, Any]]:
    """How many are affected at each level, as sources of LevelImpacts."""
    return [
        {
            "level": one.level.name,
            "total": len(one.ids),
            "precise": sum(one.precise),
            "complete": not one.stopped_by,
            "stopped_by": one.stopped_by,
            "reached_depth": one.reached_depth,
        }
        for one in impact.levels
    ]


def outlook_counts(impact: Impact) -> list[dict[str, Any]]:
    """How many have each outlook, as sources of OutlookCounts."""
    counts = Counter(impact.units.outlook)
    return [{"outlook": one.value, "count": counts[one]} for one in outlooks.Outlook]


def _levels(impacts: list[Any], context: Context) -> list[Any]:
    return list(map(level_counts, impacts))


def _outlook_counts(impacts: list[Any], context: Context) -> list[Any]:
    return list(map(outlook_counts, impacts))


def _none_hidden(impacts: list[Any], context: Context) -> list[Any]:
    return [0] * len(impacts)


def _list(resolver: Callable[..., Any], description: str, *annotations: object) -> Any:
    return strawberry.field(resolver=resolver, description=description, directives=[ROWS, *annotations])


@strawberry.type(
    name="Impact",
    description="What a change would touch, along what is copied (FEEDS) and what is read in place (READS).",
)
class ImpactType:
    levels: list[LevelImpact] = many(_levels, "How many things are affected at each level, finest first.", rows(5))
    affected: AnswerConnection[Affected] = _list(
        _affected, "What is affected at a level, by (depth, id); what is changed itself has depth 0."
    )
    outlooks: list[OutlookCount] = many(_outlook_counts, "How many lose or keep their sources.", rows(3))
    sources: AnswerConnection[SourceOutlook] = _list(
        _sources,
        "What becomes of the sources of what is affected, at the finest grain, by (depth, id): without the changed "
        "things. Of ALTER and MERGE it says what has no source but those.",
    )
    agreements: AnswerConnection[AgreementImpact] = _list(
        _agreements, "The sharing agreements valid at that time that end or must be redone, by id.", weighs(5)
    )
    departments: AnswerConnection[DepartmentImpact] = _list(_told, "The departments to tell, by (depth, id).")
    without_department: int = _described("How many affected fields, resources and systems have no department to tell.")
    successors: AnswerConnection[Successor] = _list(
        _successors,
        "What may take the place of changed fields: up to ten for each, of the same data element, from its "
        "authoritative source, not affected themselves; by id of what is replaced, then their own.",
        weighs(5),
    )
    migration: AnswerConnection[MigrationStep] = _list(
        _migration, "In which order to migrate what is affected at a level: step by step, rings together; then by id."
    )
    complete: bool = _described(COMPLETE)
    stopped_by: list[StopReason] = _described(STOPPED_BY)
    reached_depth: int = _described("The greatest depth at any level.")
    hidden_count: int = many(_none_hidden, "How many things the viewer may know of but not see were left out.")
    as_of: Instant = _described("The instant that the answer speaks of.")
    sequence: SequenceNumber = _described(SEQUENCE)


ChangeArgument = Annotated[ChangeInput, strawberry.argument(description="The change.")]
MaxMilliseconds = Annotated[int, strawberry.argument(description="Time for the walks of all levels, 1 to 60,000.")]


async def _impact(
    info: Info, change: ChangeArgument, as_of: AsOf = None, max_milliseconds: MaxMilliseconds = MILLISECONDS
) -> Any:
    return await info.context.impacts().find(change.planned(), as_of, max_milliseconds)


impact_field: Any = strawberry.field(
    resolver=_impact,
    description="What retiring, altering or merging things would touch: what is affected, what loses its only source, "
    "which agreements, whom to tell, what may take their place, in which order to migrate.",
    directives=[weighs(100)],
)
