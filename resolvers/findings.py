"""What is broken or odd in the registry, as GraphQL types. The source of a list is the graph's `FindingList`."""

from enum import Enum
from typing import Annotated, Any

import strawberry

from graph import broken, finding_lists
from graph.facts import Severity as Severities
from graph.finding_lists import MOST_DEPARTMENTS, FindingList
from graph.findings import QUIET_DAYS, AskedFindings
from resolvers.batches import many
from resolvers.connections import ROWS, Edge, Facet, PageInfo, _edges, _itself, _nodes, _total
from resolvers.context import Context, Info
from resolvers.costs import rows, weighs
from resolvers.enums import Level, NodeKind
from resolvers.lineage import SEQUENCE, AsOf, Container, things_of
from resolvers.members import INTERNAL, After, Before, First, Last
from resolvers.scalars import Instant, SequenceNumber
from resolvers.slices import Slice, slice_page
from resolvers.things import Node


def _value(value: Any, description: str) -> Any:
    return strawberry.enum_value(value, description=description)


@strawberry.enum(description="What is wrong.")
class FindingKind(Enum):
    NO_SYSTEM = _value(broken.FindingKind.NO_SYSTEM.value, "A resource that no system in force holds.")
    NO_SOURCE = _value(
        broken.FindingKind.NO_SOURCE.value,
        "A field that nothing feeds and that is not declared original: its department is not the authoritative source "
        "of its data element.",
    )
    NOT_MOUNTED = _value(
        broken.FindingKind.NOT_MOUNTED.value,
        "A resource that is catalogued, to be shared, and that no link leads to or from.",
    )
    READER_WITHOUT_AGREEMENT = _value(
        broken.FindingKind.READER_WITHOUT_AGREEMENT.value,
        "A system that reads a resource of another department under no agreement in force.",
    )
    FLOW_WITHOUT_AGREEMENT = _value(
        broken.FindingKind.FLOW_WITHOUT_AGREEMENT.value,
        "Data that is copied into another department under no agreement in force.",
    )
    AGREEMENT_WITHOUT_FLOW = _value(
        broken.FindingKind.AGREEMENT_WITHOUT_FLOW.value, "An agreement in force under which no data flows."
    )
    UNREGISTERED = _value(broken.FindingKind.UNREGISTERED.value, "A thing that others name and nobody has registered.")
    QUIET_SOURCE = _value(
        broken.FindingKind.QUIET_SOURCE.value,
        "Links that only sources state which were not imported for long (`quietDays`).",
    )
    IMPORT = _value(
        broken.FindingKind.IMPORT.value, "What the last import of a file found odd in it; `code` says what."
    )


@strawberry.enum(description="How bad something is.")
class Severity(Enum):
    ERROR = _value(Severities.ERROR.value, "It must not be so; of an import: something was not taken.")
    WARNING = _value(Severities.WARNING.value, "Somebody has to look.")
    INFO = _value(Severities.INFO.value, "To know.")


@strawberry.enum(description="What findings are ordered by; then by kind and by the ids of what they are about.")
class FindingOrder(Enum):
    KIND = _value(finding_lists.FindingOrder.KIND.value, "By kind, in the order of FindingKind.")
    SEVERITY = _value(finding_lists.FindingOrder.SEVERITY.value, "The worst first.")
    DEPARTMENT = _value(
        finding_lists.FindingOrder.DEPARTMENT.value, "By the id of the department that has to act; none comes last."
    )
    OLDEST = _value(finding_lists.FindingOrder.OLDEST.value, "By `since`; where that is not known, last.")
    NEWEST = _value(
        finding_lists.FindingOrder.NEWEST.value, "By `since`, the latest first; where that is not known, last."
    )


def _described(description: str, *annotations: object) -> Any:
    return strawberry.field(description=description, directives=annotations)


@strawberry.type(description="A thing that a finding is about.")
class FindingThing:
    id: strawberry.ID = _described("Its id.")
    kind: NodeKind = _described("What kind of thing it is.")
    name: str = _described("Its name; its id where it has none.")
    department: Container | None = _described("Its department, or itself.")
    node: Node | None = many(things_of, "The thing itself as it is now, loaded only if selected.")


@strawberry.type(description="Where an import found something, what the source said there, and what was done.")
class FindingPlace:
    file: str | None = _described("The file; null: the run as a whole.")
    sheet: str | None = _described("The sheet of a workbook.")
    row: int | None = _described("The row from 1, or the line.")
    column: str | None = _described("The column, or the key.")
    value: str | None = _described("What the source said.", INTERNAL)
    done: str = _described("What was done about it.")


@strawberry.type(description="Something that is broken or odd.")
class Finding:
    id: strawberry.ID = _described("The same as long as it is found; nothing is to be built from it.")
    kind: FindingKind = _described("What is wrong.")
    code: str | None = _described("Of IMPORT: which check found it.")
    severity: Severity = _described("How bad it is.")
    message: str = _described("What is wrong, in a sentence.")
    things: list[FindingThing] = _described(
        "What it is about: of READER_WITHOUT_AGREEMENT, FLOW_WITHOUT_AGREEMENT and QUIET_SOURCE where the data comes "
        "from and where it goes; of UNREGISTERED the thing, then up to ten that name it.",
        rows(2),
    )
    count: int = _described("How many links, references or findings of an import it stands for; else 1.")
    crosses: Level | None = _described(
        "Of what goes on without an agreement: DEPARTMENT, or JURISDICTION where it goes into another one too."
    )
    department: Container | None = _described("The department that has to act; null where that is not one.")
    jurisdiction: Container | None = _described("That department's jurisdiction.")
    since: Instant | None = _described(
        "Since when: the flow, the agreement, the first time that it was named, the last import. Null: not known."
    )
    sources: list[str] = _described(
        "Of QUIET_SOURCE who stated it last, up to ten; of IMPORT whose import found it.", INTERNAL, rows(1)
    )
    place: FindingPlace | None = _described("Of IMPORT: where.")
    rule: str = _described("Where the rule comes from that it goes against.")
    way_out: str = _described("What to do about it.")


def _facet(description: str, most: int = 100) -> Any:
    return strawberry.field(description=description, directives=[rows(most)])


@strawberry.type(description="How the whole list splits up, the most frequent first.")
class FindingFacets:
    kind: list[Facet] = _facet("By kind.", 9)
    severity: list[Facet] = _facet("By severity.", 3)
    department: list[Facet] = _facet(f"By the department that has to act, up to {MOST_DEPARTMENTS:,}.")
    jurisdiction: list[Facet] = _facet(f"By its jurisdiction, up to {MOST_DEPARTMENTS:,}.")
    source: list[Facet] = _facet("By source, of QUIET_SOURCE and IMPORT, up to 100.")
    code: list[Facet] = _facet("By code, of IMPORT, up to 100.")


class FindingSlice(Slice):
    """A page of a list of findings."""

    def __init__(self, found: FindingList, given: tuple[Any, ...]) -> None:
        order = f"findings-{found.order}"
        super().__init__(order, slice_page(order, *given), len(found), found.key, found.row)
        self.found = found


def _facets(pages: list[FindingSlice], context: Context) -> list[Any]:
    counts = [one.found.counts() for one in pages]
    return [
        {
            "kind": one.kinds(),
            "severity": one.severities(),
            "department": one.departments(),
            "jurisdiction": one.jurisdictions(),
            "source": one.sources(),
            "code": one.codes(),
        }
        for one in counts
    ]


def _as_of(pages: list[FindingSlice], context: Context) -> list[Any]:
    return [one.found.found.as_of for one in pages]


def _sequence(pages: list[FindingSlice], context: Context) -> list[Any]:
    return [one.found.found.sequence for one in pages]


@strawberry.type(description="A page of findings.")
class FindingConnection:
    edges: list[Edge[Finding]] = many(_edges, "The rows of the page, with their cursors.")
    nodes: list[Finding] = many(_nodes, "The rows of the page, without cursors.")
    page_info: PageInfo = many(_itself, "Where the page lies in the list.")
    total_count: int = many(_total, "How many there are in all pages.")
    facets: FindingFacets = many(_facets, "How the whole list splits up.", weighs(20))
    as_of: Instant = many(_as_of, "The instant that the answer speaks of.")
    sequence: SequenceNumber = many(_sequence, SEQUENCE)


Kinds = Annotated[list[FindingKind] | None, strawberry.argument(description="Only these kinds; null: all.")]
Within = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="Only what is about something that is, or lies in, this jurisdiction (lower levels included), "
        "department, system, resource or field, or for its department to act on."
    ),
]
SeveritiesAsked = Annotated[list[Severity] | None, strawberry.argument(description="Only what is so bad; null: all.")]
Codes = Annotated[list[str] | None, strawberry.argument(description="Only findings of imports with these codes.")]
OrderAsked = Annotated[FindingOrder, strawberry.argument(description="What the list is ordered by.")]
QuietDays = Annotated[
    int,
    strawberry.argument(
        description="After how many days a source that was not imported counts as quiet, 1 to 36,500. Persons never do."
    ),
]


def asked_findings(
    kinds: Any = None,
    within: Any = None,
    severities: Any = None,
    codes: Any = None,
    order_by: Any = FindingOrder.KIND,
    as_of: Any = None,
    quiet_days: int = QUIET_DAYS,
) -> AskedFindings:
    """Arguments as the graph takes them."""
    return AskedFindings(
        None if kinds is None else tuple(broken.FindingKind(one.value) for one in dict.fromkeys(kinds)),
        None if within is None else str(within),
        None if severities is None else tuple(Severities(one.value) for one in dict.fromkeys(severities)),
        None if codes is None else tuple(dict.fromkeys(codes)),
        finding_lists.FindingOrder(order_by.value),
        as_of,
        quiet_days,
    )


async def _findings(
    info: Info,
    kinds: Kinds = None,
    within: Within = None,
    severities: SeveritiesAsked = None,
    codes: Codes = None,
    order_by: OrderAsked = FindingOrder.KIND,
    as_of: AsOf = None,
    quiet_days: QuietDays = QUIET_DAYS,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    asked = asked_findings(kinds, within, severities, codes, order_by, as_of, quiet_days)
    slice_page(f"findings-{asked.order}", first, after, last, before)  # what is wrong with it is told first
    return FindingSlice(await info.context.findings().find(asked), (first, after, last, before))


findings_field: Any = strawberry.field(
    resolver=_findings,
    description="What is broken or odd: resources without system, fields without source, flows and agreements without "
    "each other, references to what nobody registered, sources that have gone quiet, and what imports found.",
    directives=[weighs(100), ROWS],
)
