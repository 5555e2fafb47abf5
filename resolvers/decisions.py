"""What people decided about data elements, as GraphQL types: the record of a field or an element."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry import Parent

from graph import decisions
from graph.cuts import cut
from graph.facts import Kind
from graph.paging import Page, Position, keyed, page
from graph.things import Record
from resolvers.batches import batched, many, needs, one
from resolvers.connections import ROWS, Pages, Row
from resolvers.context import Context, Info
from resolvers.costs import rows, weighs
from resolvers.members import INTERNAL, After, Before, First, Last
from resolvers.scalars import Instant, SequenceNumber
from resolvers.slices import AnswerConnection

if TYPE_CHECKING:
    from resolvers.things import DataElement, Department, Field

_ORDER = "decisions"
ABOUT_ELEMENTS = frozenset({decisions.Act.SOURCE_SET, decisions.Act.SOURCE_TAKEN_BACK})


def _value(value: Any, description: str) -> Any:
    return strawberry.enum_value(value, description=description)


@strawberry.enum(description="What was decided about a data element.")
class ElementAct(Enum):
    BOUND = _value(decisions.Act.BOUND.value, "The field has the element; without one: it has none.")
    UNBOUND = _value(decisions.Act.UNBOUND.value, "What people said was taken back; what sources state holds again.")
    REFUSED = _value(decisions.Act.REFUSED.value, "The field does not have the element: it is not suggested any more.")
    ALLOWED = _value(decisions.Act.ALLOWED.value, "The refusal was taken back: the element may be suggested again.")
    SOURCE_SET = _value(
        decisions.Act.SOURCE_SET.value, "The department is the element's authoritative source; without one: none is."
    )
    SOURCE_TAKEN_BACK = _value(
        decisions.Act.SOURCE_TAKEN_BACK.value, "What people said about the source was taken back."
    )


async def _named(roots: list[decisions.Decision], context: Context, kind: Kind) -> list[Any]:
    ids = [_ids(one).get(kind) for one in roots]
    found = await context.things(kind, ids)
    return [found[id] for id in ids]


def _ids(one: decisions.Decision) -> dict[Kind, str | None]:
    if one.act in ABOUT_ELEMENTS:
        return {Kind.ELEMENT: one.about, Kind.DEPARTMENT: one.value}
    return {Kind.FIELD: one.about, Kind.ELEMENT: one.value}


async def _field(roots: list[decisions.Decision], context: Context) -> list[Any]:
    return await _named(roots, context, Kind.FIELD)


async def _element(roots: list[decisions.Decision], context: Context) -> list[Any]:
    return await _named(roots, context, Kind.ELEMENT)


async def _department(roots: list[decisions.Decision], context: Context) -> list[Any]:
    return await _named(roots, context, Kind.DEPARTMENT)


def _described(description: str, *annotations: object) -> Any:
    return strawberry.field(description=description, directives=annotations)


@strawberry.type(description="One decision of a person about a data element. What is recorded is never changed.")
class ElementDecision:
    id: strawberry.ID = _described("Its id; nothing is to be built from it.")
    act: ElementAct = _described("What was decided.")
    field: Annotated["Field", strawberry.lazy("resolvers.things")] | None = many(
        _field, "The field that it is about; null where it is about the source of an element."
    )
    element: Annotated["DataElement", strawberry.lazy("resolvers.things")] | None = many(
        _element, "The element; null where a field was said to have none."
    )
    department: Annotated["Department", strawberry.lazy("resolvers.things")] | None = many(
        _department, "The authoritative source; null where there is none, or where it is about a field."
    )
    by: str = _described("Who decided, as they called themselves.", INTERNAL)
    at: Instant = _described("When.")
    reason: str | None = _described("Why; null where nobody said.", INTERNAL)
    sequence: SequenceNumber = _described("The graph's last change when it was decided.")


@strawberry.type(description="What became of some decisions that were given.")
class DecisionsTaken:
    decisions: list[ElementDecision] = _described("Those that are new.", rows(50))
    unchanged: int = _described("How many were so already: nothing was written for them.")
    sequence: SequenceNumber = _described("The graph's last change now.")


@dataclass(frozen=True, slots=True)
class _Row:
    position: Position
    record: Any


class _Decisions(Pages):
    """The record of one thing; those of one page are read together."""

    def __init__(self, context: Context, id: str, page: Page) -> None:
        super().__init__(_ORDER, page)
        self.id = id
        self._graph = context.graph

    @property
    def group(self) -> Hashable:
        return self.page

    async def read(self, pages: Sequence["_Decisions"], page: Page, size: int) -> Sequence[Sequence[Row]]:
        found = await decisions.recorded(self._graph, [one.id for one in pages])
        return [_rows(found.get(one.id, []), page, size) for one in pages]

    async def count(self, pages: Sequence["_Decisions"]) -> Sequence[int]:
        found = await decisions.recorded(self._graph, [one.id for one in pages])
        return [len(found.get(one.id, ())) for one in pages]


def _rows(found: Sequence[decisions.Decision], page: Page, size: int) -> list[_Row]:
    rows = [_Row((-one.at, one.id), one) for one in found]
    return [rows[place] for place in cut(len(rows), lambda place: rows[place].position, page, size)]


@needs("id")
def _lists(roots: list[Record], context: Context, page: Page) -> list[Any]:
    return [_Decisions(context, root["id"], page) for root in roots]


def decided(description: str) -> Any:
    """What was decided about a thing."""

    def resolve(
        root: Parent[Any],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        return one(_lists, root, info, page=keyed(page(_ORDER, first, after, last, before), int, str))

    return batched(resolve, _lists, description, ROWS, weighs(2))


DecisionConnection = AnswerConnection[ElementDecision]
