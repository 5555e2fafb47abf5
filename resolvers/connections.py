"""Connections: a list in pages, whose parts cost a statement only when they are selected.

The source of a connection is a `Pages`; `Listed` is a list of a kind, `Held` what one thing contains. Records
and edges are plain dicts whose keys are the fields of their type.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

import strawberry
from strawberry import Parent

from graph.contents import Contents
from graph.lists import Facet as FacetValue
from graph.lists import Lister, Listing
from graph.once import Once
from graph.paging import Page, Position, cursor, other_side, page
from graph.things import Record
from resolvers.context import Context

T = TypeVar("T")


class Row(Protocol):
    """A row of a list, with its place in it."""

    @property
    def position(self) -> Position: ...
    @property
    def record(self) -> Record: ...


class Pages(ABC):
    """A list of which one page is asked for."""

    def __init__(self, order: str, page: Page) -> None:
        self.order = order
        self.page = page
        self.rows = Once(self._rows)

    @abstractmethod
    async def read(self, page: Page, size: int) -> Sequence[Row]:
        """Up to `size` rows from where `page` begins, in its direction."""

    @abstractmethod
    async def count(self) -> int:
        """How many rows the list has."""

    async def facets(self) -> dict[str, list[FacetValue]]:
        """How many there are of each value; only lists of a kind have facets."""
        raise NotImplementedError

    def edge(self, row: Row) -> Record:
        """The edge to a row."""
        return {"cursor": cursor(self.order, row.position), "node": row.record}

    async def _rows(self) -> tuple[Sequence[Row], bool]:
        """The page's rows in the list's order, and whether there are more in its direction."""
        size = self.page.size
        rows = await self.read(self.page, size + 1)
        shown = rows[:size]
        return (shown[::-1] if self.page.backward else shown), len(rows) > size

    async def has_more(self, *, backward: bool) -> bool:
        """Whether rows lie before (`backward`) or after the page."""
        rows, beyond = await self.rows.get()
        if backward == self.page.backward:
            return beyond
        nearest = rows[-1 if self.page.backward else 0].position if rows else None
        other = other_side(self.page, nearest)
        return other is not None and bool(await self.read(other, 1))


class Listed(Pages):
    """A list of one kind."""

    def __init__(self, context: Context, listing: Listing, first: Any, after: Any, last: Any, before: Any) -> None:
        order = f"{listing.kind}-{listing.order}{'-' if listing.descending else ''}"
        super().__init__(order, page(order, first, after, last, before))
        self._lister = Lister(context.graph, listing)

    async def read(self, page: Page, size: int) -> Sequence[Row]:
        return await self._lister.page(page, size)

    async def count(self) -> int:
        return await self._lister.count()

    async def facets(self) -> dict[str, list[FacetValue]]:
        return await self._lister.facets()


class Held(Pages):
    """What one thing contains, or what flows at it; all things of a level are asked for together."""

    def __init__(self, context: Context, id: str, what: Contents, page: Page, in_force: bool | None = None) -> None:
        super().__init__(what, page)
        self._loaders = context.loaders
        self._id = id
        self._what = what
        self._in_force = in_force

    async def read(self, page: Page, size: int) -> Sequence[Row]:
        return await self._loaders.contents(self._what, page, size, self._in_force).load(self._id)

    async def count(self) -> int:
        return await self._loaders.counts(self._what, self._in_force).load(self._id)

    def edge(self, row: Any) -> Record:
        return super().edge(row) if row.link is None else {**super().edge(row), **row.link}


async def _has_next(root: Parent[Pages]) -> bool:
    return await root.has_more(backward=False)


async def _has_previous(root: Parent[Pages]) -> bool:
    return await root.has_more(backward=True)


async def _start_cursor(root: Parent[Pages]) -> str | None:
    rows, _ = await root.rows.get()
    return cursor(root.order, rows[0].position) if rows else None


async def _end_cursor(root: Parent[Pages]) -> str | None:
    rows, _ = await root.rows.get()
    return cursor(root.order, rows[-1].position) if rows else None


async def _edges(root: Parent[Pages]) -> Any:
    rows, _ = await root.rows.get()
    return [root.edge(row) for row in rows]


async def _nodes(root: Parent[Pages]) -> Any:
    rows, _ = await root.rows.get()
    return [row.record for row in rows]


async def _total(root: Parent[Pages]) -> int:
    return await root.count()


async def _facets(root: Parent[Pages]) -> Any:
    return await root.facets()


def _itself(root: Parent[Pages]) -> Any:
    return root


def _field(resolver: Any, description: str) -> Any:
    return strawberry.field(resolver=resolver, description=description)


@strawberry.type(description="Where a page lies in its list. Right in both directions.")
class PageInfo:
    has_next_page: bool = _field(_has_next, "Whether something follows the page.")
    has_previous_page: bool = _field(_has_previous, "Whether something comes before the page.")
    start_cursor: str | None = _field(_start_cursor, "Cursor of the first row; null on an empty page.")
    end_cursor: str | None = _field(_end_cursor, "Cursor of the last row; null on an empty page.")


@strawberry.type(description="One value of a facet, and how many there are of it.")
class Facet:
    value: str | None = strawberry.field(description="The value, or the id of the thing; null counts what has none.")
    name: str | None = strawberry.field(description="The name of the thing, where the value is an id.")
    count: int = strawberry.field(description="How many of the filtered list have it.")


def _facet(description: str) -> Any:
    return strawberry.field(description=description + " Null where this kind has no such facet.")


@strawberry.type(
    description="How the filtered list splits up: by each facet, up to 100 values, the most frequent first."
)
class Facets:
    jurisdiction: list[Facet] | None = _facet("By jurisdiction, that of the department.")
    department: list[Facet] | None = _facet("By department: the operator, provider or authoritative source.")
    provider: list[Facet] | None = _facet("By providing department, of agreements.")
    consumer: list[Facet] | None = _facet("By consuming department, of agreements.")
    system: list[Facet] | None = _facet("By the system that holds it.")
    level: list[Facet] | None = _facet("By level of the jurisdiction.")
    status: list[Facet] | None = _facet("By status.")
    share_type: list[Facet] | None = _facet("By share type.")
    secrecy: list[Facet] | None = _facet("By secrecy.")
    update_cycle: list[Facet] | None = _facet("By update cycle.")
    data_type: list[Facet] | None = _facet("By data type.")
    source: list[Facet] | None = _facet("By who states it; what several state is counted for each.")


@strawberry.type(description="A row of a page.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Where the row lies; give it as `after` or `before`.")
    node: T = strawberry.field(description="What is listed.")


_EDGES = "The rows of the page, with their cursors."
_NODES = "The rows of the page, without cursors."
_PAGE_INFO = "Where the page lies in the list."
_TOTAL = "How many there are in all pages."


@strawberry.type(description="A page of all things of one kind.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = _field(_edges, _EDGES)
    nodes: list[T] = _field(_nodes, _NODES)
    page_info: PageInfo = _field(_itself, _PAGE_INFO)
    total_count: int = _field(_total, _TOTAL)
    facets: Facets = _field(_facets, "How the whole list splits up.")


@strawberry.type(description="A page of what one thing contains.")
class ContentConnection(Generic[T]):
    edges: list[Edge[T]] = _field(_edges, _EDGES)
    nodes: list[T] = _field(_nodes, _NODES)
    page_info: PageInfo = _field(_itself, _PAGE_INFO)
    total_count: int = _field(_total, _TOTAL)
