"""Connections: a list in pages, whose parts cost a statement only when they are selected.

The source of a connection is a `Pages`; `Listed` is a list of a kind, `Held` what one thing contains. Records
and edges are plain dicts whose keys are the fields of their type.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from itertools import accumulate, chain, pairwise
from typing import Any, Generic, Protocol, TypeVar

import strawberry

from graph import contained, contents
from graph.contents import Contents, is_flow
from graph.history import Then
from graph.lists import Lister, Listing
from graph.paging import USUAL, Page, cursor, other_side, page
from graph.things import Record
from resolvers.batches import many
from resolvers.completion import Part, Table, Wanting, together
from resolvers.context import Context
from resolvers.costs import rows, weighs

T = TypeVar("T")

ROWS = rows(USUAL, "first", "last", of=("edges", "nodes"))
"""How many rows a connection has."""


class Row(Protocol):
    """A row of a list, with its place in it."""

    @property
    def position(self) -> tuple[Any, ...]: ...
    @property
    def record(self) -> Record: ...


class Pages(Wanting, ABC):
    """A list of which one page is asked for."""

    def __init__(self, order: str, page: Page) -> None:
        super().__init__()
        self.order = order
        self.page = page
        self.rows: Sequence[Row] = ()
        """The page's rows in the list's order, once they are loaded."""
        self.beyond = False
        """Whether there are more in the page's direction."""
        self.loading: asyncio.Future[None] | None = None

    @property
    @abstractmethod
    def group(self) -> Hashable:
        """Pages of one group are read and counted by one statement."""

    @abstractmethod
    async def read(self, pages: Sequence[Any], page: Page, size: int) -> Sequence[Sequence[Row]]:
        """For each list of this one's group: up to `size` rows from where `page` begins, in its direction."""

    @abstractmethod
    async def count(self, pages: Sequence[Any]) -> Sequence[int]:
        """How many rows each list of this one's group has."""

    def cursor(self, row: Row) -> str:
        """The cursor of a row."""
        return cursor(self.order, row.position)

    def edge(self, row: Row) -> Record:
        """The edge to a row."""
        return {"cursor": self.cursor(row), "node": row.record}

    @property
    def keys(self) -> list[str] | None:
        """The properties of its rows that are wanted; `None`: all."""
        return None if self.wanted is None else sorted({"id", "name", *self.wanted})

    async def behind(self, pages: Sequence["Pages"]) -> list[bool]:
        """For each list of this one's group: whether rows lie on the other side of where its page begins."""
        other = other_side(self.page)
        if other is None:
            return [False] * len(pages)
        return list(map(bool, await self.read(pages, other, 1)))

    async def load(self, pages: Sequence["Pages"]) -> None:
        """Load the rows of this one's group."""
        size = self.page.size
        for one, found in zip(pages, await self.read(pages, self.page, size + 1), strict=True):
            shown = found[:size]
            one.rows = shown[::-1] if self.page.backward else shown
            one.beyond = len(found) > size


class Listed(Pages):
    """A list of one kind."""

    def __init__(self, context: Context, listing: Listing, first: Any, after: Any, last: Any, before: Any) -> None:
        order = f"{listing.kind}-{listing.order}{'-' if listing.descending else ''}"
        super().__init__(order, page(order, first, after, last, before))
        self.lister = Lister(context.graph, listing)
        self._context = context

    @property
    def group(self) -> Hashable:
        return id(self)

    async def read(self, pages: Sequence["Listed"], page: Page, size: int) -> Sequence[Sequence[Row]]:
        if not self.nested:
            return [await self.lister.page(page, size, self.keys)]
        # The lists below need to know where the graph stands; it may be that this one then needs no statement.
        listing, keys, before = self.lister.listing, self.keys, self._context.lineages.projection.settled
        if before is not None and contained.lists(before, listing, keys):
            net = await self._context.net()
            known = contained.listed(net, listing, page, size, keys) if net else None
            if known is not None:
                return [known]
        rows, _ = await together([self.lister.page(page, size, keys), self._context.net()])
        return [rows]

    async def count(self, pages: Sequence["Listed"]) -> Sequence[int]:
        return [await one.lister.count() for one in pages]


class Held(Pages):
    """What one thing contains, or what flows at it; all things of a level are asked for together."""

    def __init__(
        self,
        context: Context,
        id: str,
        what: Contents,
        page: Page,
        in_force: bool | None = None,
        then: Then | None = None,
    ) -> None:
        super().__init__(what, page)
        self.id = id
        self.then = then
        """The moment at which the thing is looked at; `None` is now."""
        self._context = context
        self._what = what
        self._in_force = in_force

    @property
    def group(self) -> Hashable:
        return self._what, self.page, self._in_force, self.wanted, self.then is None

    @property
    def keys(self) -> list[str] | None:
        """As of any list; a link is in force only if what is at its end is."""
        keys = super().keys
        return keys if keys is None or not is_flow(self._what) else sorted({*keys, "valid_from", "valid_to", "closed"})

    async def read(self, pages: Sequence["Held"], page: Page, size: int) -> Sequence[Sequence[Row]]:
        if self.then is not None:
            owners = [(one.id, one.then) for one in pages if one.then is not None]
            then = await contents.page_then(self._context.graph, self._what, owners, page, size)
            return [then[owner] for owner in owners]
        ids = list(dict.fromkeys(one.id for one in pages))
        net = await self._context.net() if self._in_force is None else None
        known = contained.page(net, self._what, ids, page, size, self.keys) if net else None
        if known is not None:
            return [known[one.id] for one in pages]
        graph = self._context.graph
        found = await contents.page(graph, self._what, ids, page, size, self._in_force, self.keys)
        return [found[one.id] for one in pages]

    async def count(self, pages: Sequence["Held"]) -> Sequence[int]:
        if self.then is not None:
            owners = [(one.id, one.then) for one in pages if one.then is not None]
            then = await contents.count_then(self._context.graph, self._what, owners)
            return [then[owner] for owner in owners]
        ids = list(dict.fromkeys(one.id for one in pages))
        net = await self._context.net() if self._in_force is None else None
        found = contained.count(net, self._what, ids) if net else None
        if found is None:
            found = await contents.count(self._context.graph, self._what, ids, self._in_force)
        return [found[one.id] for one in pages]

    def edge(self, row: Any) -> Record:
        return super().edge(row) if row.link is None else {**super().edge(row), **row.link}


Work = Callable[[Sequence[Pages]], Awaitable[Sequence[T]]]


def _groups(pages: Sequence[Pages]) -> list[list[Pages]]:
    """The lists by their groups, each list once."""
    groups: dict[Hashable, list[Pages]] = {}
    for one in {id(one): one for one in pages}.values():
        groups.setdefault(one.group, []).append(one)
    return list(groups.values())


async def _by_group(pages: Sequence[Pages], work: Callable[[Pages], Work[T]]) -> dict[int, T]:
    """What `work` brings for each of the lists, by its identity; a statement or so for each group."""
    groups = _groups(pages)
    found = await asyncio.gather(*(work(members[0])(members) for members in groups))
    return {
        id(one): value
        for members, values in zip(groups, found, strict=True)
        for one, value in zip(members, values, strict=True)
    }


async def _loaded(pages: Sequence[Pages]) -> None:
    """Load the rows of lists, however many ask for them at the same time."""
    for members in _groups([one for one in pages if one.loading is None]):
        loading = asyncio.ensure_future(members[0].load(members))
        for one in members:
            one.loading = loading
    for waiting in {one.loading for one in pages if one.loading is not None}:
        await waiting


async def _has_more(pages: Sequence[Pages], *, backward: bool) -> list[bool]:
    """Whether rows lie before (`backward`) or after each page."""
    ahead = [one for one in pages if one.page.backward == backward]
    await _loaded(ahead)
    found = {id(one): one.beyond for one in ahead}
    found |= await _by_group([one for one in pages if one.page.backward != backward], lambda one: one.behind)
    return [found[id(one)] for one in pages]


async def _has_next(pages: list[Pages], context: Context) -> list[Any]:
    return await _has_more(pages, backward=False)


async def _has_previous(pages: list[Pages], context: Context) -> list[Any]:
    return await _has_more(pages, backward=True)


async def _start_cursor(pages: list[Pages], context: Context) -> list[Any]:
    await _loaded(pages)
    return [one.cursor(one.rows[0]) if one.rows else None for one in pages]


async def _end_cursor(pages: list[Pages], context: Context) -> list[Any]:
    await _loaded(pages)
    return [one.cursor(one.rows[-1]) if one.rows else None for one in pages]


async def _edges(pages: list[Pages], context: Context) -> list[Any]:
    await _loaded(pages)
    return [[one.edge(row) for row in one.rows] for one in pages]


async def _nodes(pages: list[Pages], context: Context) -> list[Any]:
    await _loaded(pages)
    known = [one.rows for one in pages if isinstance(one.rows, contained.Rows)]
    if len(known) == len(pages) and len({id(rows.columns) for rows in known}) == 1:
        return _as_table(known[0].columns, [rows.places for rows in known])
    return [[row.record for row in one.rows] for one in pages]


def _as_table(columns: contained.Columns, pages: list[range]) -> list[Any]:
    """The rows of several pages, as one table of which each page is a part."""
    rows = list(chain.from_iterable(pages))
    values = {key: list(map(column.__getitem__, rows)) for key, column in columns.values.items()}
    values["kind"] = [columns.kind] * len(rows)
    table = Table(len(rows), values, lambda row: columns.record(rows[row]))
    ends = list(accumulate(map(len, pages), initial=0))
    return [Part(table, range(first, last)) for first, last in pairwise(ends)]


async def _total(pages: list[Pages], context: Context) -> list[Any]:
    found: Mapping[int, int] = await _by_group(pages, lambda one: one.count)
    return [found[id(one)] for one in pages]


async def _facets(lists: list[Listed], context: Context) -> list[Any]:
    return [await one.lister.facets() for one in lists]


def _itself(pages: list[Pages], context: Context) -> list[Any]:
    return pages


@strawberry.federation.type(shareable=True, description="Where a page lies in its list. Right in both directions.")
class PageInfo:
    has_next_page: bool = many(_has_next, "Whether something follows the page.")
    has_previous_page: bool = many(_has_previous, "Whether something comes before the page.")
    start_cursor: str | None = many(_start_cursor, "Cursor of the first row; null on an empty page.")
    end_cursor: str | None = many(_end_cursor, "Cursor of the last row; null on an empty page.")


@strawberry.type(description="One value of a facet, and how many there are of it.")
class Facet:
    value: str | None = strawberry.field(description="The value, or the id of the thing; null counts what has none.")
    name: str | None = strawberry.field(description="The name of the thing, where the value is an id.")
    count: int = strawberry.field(description="How many of the filtered list have it.")


def _facet(description: str) -> Any:
    return strawberry.field(
        description=description + " Null where this kind has no such facet.", directives=[rows(100)]
    )


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
    edges: list[Edge[T]] = many(_edges, _EDGES)
    nodes: list[T] = many(_nodes, _NODES)
    page_info: PageInfo = many(_itself, _PAGE_INFO)
    total_count: int = many(_total, _TOTAL, weighs(2))
    facets: Facets = many(_facets, "How the whole list splits up.", weighs(20))


@strawberry.type(description="A page of what one thing contains.")
class ContentConnection(Generic[T]):
    edges: list[Edge[T]] = many(_edges, _EDGES)
    nodes: list[T] = many(_nodes, _NODES)
    page_info: PageInfo = many(_itself, _PAGE_INFO)
    total_count: int = many(_total, _TOTAL, weighs(2))
