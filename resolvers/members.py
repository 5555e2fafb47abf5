"""How the fields of a thing are declared, a line each: what is stated, what it names, what it contains."""

from typing import Annotated, Any, Generic, TypeVar

import strawberry
from strawberry import Parent
from strawberry.federation.schema_directives import Tag

from graph import contained
from graph.contents import Contents
from graph.facts import Kind
from graph.paging import Page, page
from graph.refusals import BadInput
from graph.things import Record, is_in_force
from resolvers.batches import Batch, batched, many, needs, one, told
from resolvers.connections import ROWS, Edge, Held, PageInfo, _edges, _itself, _nodes, _total
from resolvers.context import Context, Info
from resolvers.scalars import Instant, Json

T = TypeVar("T")

First = Annotated[
    int | None, strawberry.argument(description="How many rows, 0 to 1,000; 50 if neither `first` nor `last` is given.")
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many rows from the end, 0 to 1,000.")]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]


INTERNAL = Tag(name="internal")
"""Marks what is for those who keep the registry: a gateway's contract for others leaves it out by this tag."""


def instant(record: Record) -> int | None:
    """The instant for which it is asked whether something is in force; `None` is now."""
    then = record.get("then")
    return None if then is None else then.as_of


def stated(description: str, **more: Any) -> Any:
    """A property that is as it is stored."""
    return strawberry.field(description=description, **more)


def named(kind: Kind, key: str, description: str) -> Any:
    """The thing that a reference names."""

    @told
    @needs(key)
    async def things(roots: list[Record], context: Context, wanted: frozenset[str] | None = None) -> list[Any]:
        ids = [root.get(key) for root in roots]
        now = not any("then" in root for root in roots)
        net = await context.net() if now and wanted is not None and wanted <= contained.KNOWN[kind] else None
        found = contained.named(net, kind, ids) if net else None
        if found is None:
            return await context.things_then(
                kind, [(id, root.get("then")) for id, root in zip(ids, roots, strict=True)]
            )
        return [found[id] for id in ids]

    return many(things, description)


def _held(what: Contents) -> Batch:
    @needs("id")
    def lists(roots: list[Record], context: Context, page: Page, in_force: bool | None = None) -> list[Any]:
        if in_force is not None and any("then" in root for root in roots):
            raise BadInput("inForce: a list of what was recorded before cannot be narrowed by it", argument="inForce")
        return [Held(context, root["id"], what, page, in_force, root.get("then")) for root in roots]

    lists.lists = True  # type: ignore[attr-defined]
    return lists


def held(what: Contents, description: str) -> Any:
    """What a thing contains."""
    return paged(_held(what), what, description)


def paged(lists: Batch, order: str, description: str) -> Any:
    """A field that is a list in pages; `lists` takes the sources, the context and the page."""

    def resolve(
        root: Parent[Any],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        return one(lists, root, info, page=page(order, first, after, last, before))

    return batched(resolve, lists, description, ROWS)


def flowing(what: Contents, description: str) -> Any:
    """The links at a thing, with what is at their other end."""
    lists = _held(what)

    def resolve(
        root: Parent[Any],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        in_force: Annotated[
            bool | None,
            strawberry.argument(description="Only links that are (true) or are not (false) in force now; null: all."),
        ] = None,
    ) -> Any:
        return one(lists, root, info, page=page(what, first, after, last, before), in_force=in_force)

    return batched(resolve, lists, description, ROWS)


def _links_in_force(links: list[Record], context: Context) -> list[Any]:
    return [is_in_force(link, instant(link)) and is_in_force(link["node"], instant(link)) for link in links]


def _links_ended(links: list[Record], context: Context) -> list[Any]:
    return [bool(link.get("ended")) for link in links]


@strawberry.type(description="One stored link, seen from one of its ends.")
class FlowEdge(Edge[T], Generic[T]):
    job: str | None = stated("What moves the data, by name.")
    transformation: str | None = stated("What is done to the data on the way; null for READS.")
    influence: str | None = stated("DIRECT, or INDIRECT where the source only decides (filter, join); null for READS.")
    valid_from: Instant | None = stated("Since when the link is valid; null: always was.")
    valid_to: Instant | None = stated("Until when (exclusive) the link is valid; null: no end is known.")
    ended: bool = many(_links_ended, "Whether the registry set `validTo`, because nobody states the link any more.")
    recorded_from: Instant = stated("When the link as it is was recorded.")
    sources: list[str] | None = stated("Who states it; null when nobody does any more.", directives=[INTERNAL])
    in_force: bool = many(_links_in_force, "Whether the link and the thing at its other end are in force now.")
    extra: Json | None = stated("Keys that the registry does not know, as they were stated.", directives=[INTERNAL])


@strawberry.type(description="A page of links at one thing, by the id at the other end; two jobs are two links.")
class FlowConnection(Generic[T]):
    edges: list[FlowEdge[T]] = many(_edges, "The links of the page.")
    nodes: list[T] = many(_nodes, "What is at the other ends, once for each link.")
    page_info: PageInfo = many(_itself, "Where the page lies in the list.")
    total_count: int = many(_total, "How many links there are in all pages.")
