"""Lists that are known as a whole, in pages: the same connections as those that statements read."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import strawberry

from graph.cuts import cut
from graph.paging import Page, Position, page
from graph.refusals import BadInput
from resolvers.batches import many
from resolvers.connections import Edge, PageInfo, Pages, Row, _edges, _itself, _nodes, _total

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SliceRow:
    """A row of a list that is known as a whole."""

    position: Position
    record: Any


class Slice(Pages):
    """A list of `count` rows of which one page is asked for; `key` and `record` are of the row at a place."""

    def __init__(
        self, order: str, page: Page, count: int, key: Callable[[int], Position], record: Callable[[int], Any]
    ) -> None:
        super().__init__(order, page)
        self._count = count
        self._key = key
        self._record = record

    @property
    def group(self) -> Hashable:
        return id(self)

    async def read(self, pages: Sequence["Slice"], page: Page, size: int) -> Sequence[Sequence[Row]]:
        return [self._rows(page, size)]

    async def count(self, pages: Sequence["Slice"]) -> Sequence[int]:
        return [self._count]

    def _rows(self, page: Page, size: int) -> list[SliceRow]:
        places = cut(self._count, self._key, page, size)
        return [SliceRow(self._key(place), self._record(place)) for place in places]


def slice_page(
    order: str, first: int | None, after: str | None, last: int | None = None, before: str | None = None
) -> Page:
    """The arguments of a connection as a page of rows by (number, text). Raises BadInput that names the wrong one."""
    found = page(order, first, after, last, before)
    for name, position in (("after", found.after), ("before", found.before)):
        if position is not None and (type(position[0]) is not int or not isinstance(position[1], str)):
            raise BadInput(f"{name}: is no cursor of this API; take it from pageInfo or an edge", argument=name)
    return found


@strawberry.type(description="A page of a list that belongs to one answer.")
class AnswerConnection(Generic[T]):
    edges: list[Edge[T]] = many(_edges, "The rows of the page, with their cursors.")
    nodes: list[T] = many(_nodes, "The rows of the page, without cursors.")
    page_info: PageInfo = many(_itself, "Where the page lies in the list.")
    total_count: int = many(_total, "How many there are in all pages.")
