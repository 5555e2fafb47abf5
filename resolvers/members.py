"""How the fields of a thing are declared, a line each: what is stated, what it names, what it contains."""

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from strawberry import Parent

from graph.contents import Contents
from graph.facts import Kind
from graph.paging import page
from graph.things import Record, is_in_force
from resolvers.connections import Edge, Held, PageInfo, _edges, _field, _itself, _nodes, _total
from resolvers.context import Info
from resolvers.scalars import Instant, Json

T = TypeVar("T")

First = Annotated[
    int | None, strawberry.argument(description="How many rows, 0 to 1,000; 50 if neither `first` nor `last` is given.")
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many rows from the end, 0 to 1,000.")]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]


def stated(description: str, **more: Any) -> Any:
    """A property that is as it is stored."""
    return strawberry.field(description=description, **more)


def named(kind: Kind, key: str, description: str) -> Any:
    """The thing that a reference names."""

    async def resolve(root: Parent[Record], info: Info) -> Any:
        id = root.get(key)
        return None if id is None else await info.context.loaders.things(kind).load(id)

    return strawberry.field(resolver=resolve, description=description)


def held(what: Contents, description: str) -> Any:
    """What a thing contains."""

    def resolve(
        root: Parent[Record],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        return Held(info.context, root["id"], what, page(what, first, after, last, before))

    return strawberry.field(resolver=resolve, description=description)


def flowing(what: Contents, description: str) -> Any:
    """The links at a thing, with what is at their other end."""

    def resolve(
        root: Parent[Record],
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
        return Held(info.context, root["id"], what, page(what, first, after, last, before), in_force)

    return strawberry.field(resolver=resolve, description=description)


def _link_in_force(root: Parent[Record]) -> bool:
    return is_in_force(root) and is_in_force(root["node"])


@strawberry.type(description="One stored link, seen from one of its ends.")
class FlowEdge(Edge[T], Generic[T]):
    job: str | None = stated("What moves the data, by name.")
    transformation: str | None = stated("What is done to the data on the way; null for READS.")
    influence: str | None = stated("DIRECT, or INDIRECT where the source only decides (filter, join); null for READS.")
    valid_from: Instant | None = stated("Since when the link is valid; null: always was.")
    valid_to: Instant | None = stated("Until when (exclusive) the link is valid; null: no end is known.")
    ended: bool = strawberry.field(
        resolver=lambda root: bool(root.get("ended")) if isinstance(root, dict) else False,
        description="Whether the registry set `validTo`, because nobody states the link any more.",
    )
    recorded_from: Instant = stated("When the link as it is was recorded.")
    sources: list[str] | None = stated("Who states it; null when nobody does any more.")
    in_force: bool = strawberry.field(
        resolver=_link_in_force, description="Whether the link and the thing at its other end are in force now."
    )
    extra: Json | None = stated("Keys that the registry does not know, as they were stated.")


@strawberry.type(description="A page of links at one thing, by the id at the other end; two jobs are two links.")
class FlowConnection(Generic[T]):
    edges: list[FlowEdge[T]] = _field(_edges, "The links of the page.")
    nodes: list[T] = _field(_nodes, "What is at the other ends, once for each link.")
    page_info: PageInfo = _field(_itself, "Where the page lies in the list.")
    total_count: int = _field(_total, "How many links there are in all pages.")


Resolver = Callable[..., Any]
