"""Where data elements do not fit what is registered, as GraphQL types. The source of a list is a `ConflictList`."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry import Parent

from graph import element_conflicts as conflicts
from graph.conflicts import AskedConflicts
from graph.facts import Kind
from graph.found_conflicts import ConflictDepartment, ConflictField, ConflictList, ConflictRow
from graph.paging import Page
from resolvers.batches import many
from resolvers.connections import ROWS, Edge, Facet, PageInfo, _edges, _itself, _nodes, _total
from resolvers.context import Context, Info
from resolvers.costs import rows, weighs
from resolvers.findings import Severity
from resolvers.lineage import SEQUENCE, Container
from resolvers.members import After, Before, First, Last
from resolvers.scalars import Instant, SequenceNumber
from resolvers.slices import AnswerConnection, Slice, slice_page

if TYPE_CHECKING:
    from resolvers.things import DataElement, Department, Field


def _value(value: Any, description: str) -> Any:
    return strawberry.enum_value(value, description=description)


@strawberry.enum(name="ElementConflictKind", description="What does not fit about a data element.")
class ConflictKind(Enum):
    NO_AUTHORITATIVE_SOURCE = _value(
        conflicts.ConflictKind.NO_AUTHORITATIVE_SOURCE.value,
        "Several departments collect it (nothing feeds their fields), and none is its authoritative source. (一数一源)",
    )
    DIFFERENT_TYPES = _value(
        conflicts.ConflictKind.DIFFERENT_TYPES.value, "Fields that carry it have different data types or lengths."
    )
    SOURCE_WITHOUT_DATA = _value(
        conflicts.ConflictKind.SOURCE_WITHOUT_DATA.value,
        "Fields of other departments carry it, none of its authoritative source does.",
    )
    SOURCE_NOT_FRESHEST = _value(
        conflicts.ConflictKind.SOURCE_NOT_FRESHEST.value,
        "Another department that collects it updates it more often than its authoritative source.",
    )


def _described(description: str, *annotations: object) -> Any:
    return strawberry.field(description=description, directives=annotations)


async def _field(roots: list[ConflictField], context: Context) -> list[Any]:
    found = await context.things(Kind.FIELD, [root.id for root in roots])
    return [found[root.id] for root in roots]


@strawberry.type(description="A field that shows a conflict, with what counts in it.")
class ElementConflictField:
    id: strawberry.ID = _described("Its id.")
    name: str = _described("Its name; its id where it has none.")
    resource: Container | None = _described("Its resource.")
    department: Container | None = _described("Its department.")
    data_type: str | None = _described("Its data type as types are compared: a letter of the guide, where it has one.")
    length: int | None = _described("Its length.")
    update_cycle: str | None = _described("How often its resource is updated; null where that is not a fixed cycle.")
    original: bool = _described("Whether it is collected: nothing feeds it, neither itself nor its resource.")
    field: Annotated["Field", strawberry.lazy("resolvers.things")] | None = many(
        _field, "The field itself as it is now, loaded only if selected."
    )


async def _department(roots: list[ConflictDepartment], context: Context) -> list[Any]:
    found = await context.things(Kind.DEPARTMENT, [root.department.id for root in roots])
    return [found[root.department.id] for root in roots]


@strawberry.type(description="A department whose fields show a conflict.")
class ElementConflictDepartment:
    department: Annotated["Department", strawberry.lazy("resolvers.things")] | None = many(
        _department, "The department."
    )
    fields: int = _described("How many of its fields show it.")
    update_cycle: str | None = _described("The fastest update cycle of their resources; null: not known.")
    is_source: bool = _described("Whether it is the element's authoritative source.")


async def _element(roots: list[ConflictRow], context: Context) -> list[Any]:
    found = await context.things(Kind.ELEMENT, [root.element.id for root in roots])
    return [found[root.element.id] for root in roots]


async def _source(roots: list[ConflictRow], context: Context) -> list[Any]:
    ids = [None if root.source is None else root.source.id for root in roots]
    found = await context.things(Kind.DEPARTMENT, ids)
    return [found[id] for id in ids]


def _fields(
    root: Parent[Any], info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    page = slice_page("conflict-fields", first, after, last, before)
    return Slice("conflict-fields", page, root.count, root.key, root.field)


def _departments(
    root: Parent[Any], info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    found = root.departments()
    # Their order has three parts; a row is told by its place in it and its id.
    page = slice_page("conflict-departments", first, after, last, before)
    return Slice(
        "conflict-departments",
        page,
        len(found),
        lambda row: (row, found[row].department.id),
        found.__getitem__,
    )


@strawberry.type(description="Something about a data element that does not fit.")
class ElementConflict:
    id: strawberry.ID = _described("The same as long as it is found; nothing is to be built from it.")
    kind: ConflictKind = _described("What does not fit.")
    severity: Severity = _described("How bad it is.")
    message: str = _described("What does not fit, in a sentence.")
    element: Annotated["DataElement", strawberry.lazy("resolvers.things")] | None = many(_element, "The data element.")
    source: Annotated["Department", strawberry.lazy("resolvers.things")] | None = many(
        _source, "The element's authoritative source."
    )
    departments: AnswerConnection[ElementConflictDepartment] = strawberry.field(
        resolver=_departments,
        description="Whose fields show it: the authoritative source first, then the most fields, then by id.",
        directives=[ROWS],
    )
    fields: AnswerConnection[ElementConflictField] = strawberry.field(
        resolver=_fields, description="The fields that show it, by id.", directives=[ROWS]
    )
    rule: str = _described("Where the rule comes from that it goes against.")
    way_out: str = _described("What to do about it.")


class ConflictSlice(Slice):
    """A page of a list of conflicts."""

    def __init__(self, found: ConflictList, page: Page) -> None:
        super().__init__("conflicts", page, len(found), found.key, found.row)
        self.found = found


def _facets(pages: list[ConflictSlice], context: Context) -> list[Any]:
    return [
        {
            "kind": one.found.kinds(),
            "severity": one.found.severities(),
            "department": one.found.departments(),
        }
        for one in pages
    ]


def _as_of(pages: list[ConflictSlice], context: Context) -> list[Any]:
    return [one.found.found.as_of for one in pages]


def _sequence(pages: list[ConflictSlice], context: Context) -> list[Any]:
    return [one.found.found.sequence for one in pages]


@strawberry.type(description="How the whole list splits up, the most frequent first.")
class ElementConflictFacets:
    kind: list[Facet] = _described("By kind.", rows(4))
    severity: list[Facet] = _described("By severity.", rows(2))
    department: list[Facet] = _described("By department that has a part in it, up to 100; each is counted.", rows(100))


@strawberry.type(description="A page of conflicts.")
class ElementConflictConnection:
    edges: list[Edge[ElementConflict]] = many(_edges, "The rows of the page, with their cursors.")
    nodes: list[ElementConflict] = many(_nodes, "The rows of the page, without cursors.")
    page_info: PageInfo = many(_itself, "Where the page lies in the list.")
    total_count: int = many(_total, "How many there are in all pages.")
    facets: ElementConflictFacets = many(_facets, "How the whole list splits up.", weighs(20))
    as_of: Instant = many(_as_of, "The instant that the answer speaks of.")
    sequence: SequenceNumber = many(_sequence, SEQUENCE)


Kinds = Annotated[list[ConflictKind] | None, strawberry.argument(description="Only these kinds; null: all.")]
ElementId = Annotated[strawberry.ID | None, strawberry.argument(description="Only what is about this data element.")]
DepartmentId = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only what this department has a part in: by its fields, or as the source."),
]


async def _conflicts(
    info: Info,
    kinds: Kinds = None,
    element: ElementId = None,
    department: DepartmentId = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    page = slice_page("conflicts", first, after, last, before)  # what is wrong with it is told first
    asked = AskedConflicts(
        None if kinds is None else tuple(conflicts.ConflictKind(one.value) for one in dict.fromkeys(kinds)),
        None if element is None else str(element),
        None if department is None else str(department),
    )
    return ConflictSlice(await info.context.conflicts().find(asked), page)


conflicts_field: Any = strawberry.field(
    resolver=_conflicts,
    description="Where data elements do not fit what is registered: collected by several without an authoritative "
    "source, kept with different types, a source without the data or with older data than others. By kind, then by "
    "element.",
    directives=[weighs(100), ROWS],
)
