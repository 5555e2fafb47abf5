"""What has changed, as a page and as a stream; and a lineage whenever it changes."""

from collections.abc import AsyncGenerator, Hashable
from typing import Annotated, Any

import strawberry

from graph import feed
from graph.facts import Kind
from graph.feed import Change as ChangeRecord
from graph.feed import Changes
from graph.lineage import Found
from graph.things import find as find_things
from resolvers.batches import many
from resolvers.context import Context, Info
from resolvers.costs import rows
from resolvers.enums import NodeKind
from resolvers.scalars import Instant, SequenceNumber
from resolvers.things import Node

USUAL = 100
"""Changes of a page when nobody says how many."""

Since = Annotated[
    SequenceNumber, strawberry.argument(description="The change after which to begin: 0, or the `sequence` of a page.")
]
Kinds = Annotated[
    list[NodeKind] | None, strawberry.argument(description="Only changes that touch these kinds; all if not given.")
]
Within = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="Only changes that touch what lies in this jurisdiction (lower levels included), department, "
        "system or resource."
    ),
]
First = Annotated[
    int | None,
    strawberry.argument(description="How many changes to look through at most, 1 to 500; 100 if null."),
]
SIZE = rows(USUAL, "first", of=("changes",))


def _described(description: str, *annotations: object) -> Any:
    return strawberry.field(description=description, directives=annotations)


async def _nodes(changes: list[ChangeRecord], context: Context) -> list[Any]:
    found = await find_things(context.graph, {id for change in changes for id in change.ids})
    return [[found[id] for id in change.ids if id in found] for change in changes]


@strawberry.type(description="One change of the graph: a batch that was written as a whole.")
class Change:
    sequence: SequenceNumber = _described("Its number; later ones have greater numbers.")
    at: Instant = _described("When it was recorded.")
    sources: list[str] = _described("Whose statements were written.")
    acts: list[str] = _described("What was done, in words.")
    count: int = _described("How many things and ends of links it touched.")
    ids: list[strawberry.ID] = _described("Which of those were asked for; none where there are too many to list.")
    listed: bool = _described(
        "Whether `ids` lists what was touched. If not, read the lists that you keep again, by `updatedSince`."
    )
    nodes: list[Node] = many(_nodes, "The things themselves as they are now, loaded only if selected.", rows(10))


def _more(pages: list[Changes], context: Context) -> list[Any]:
    return [page.sequence < page.head for page in pages]


@strawberry.type(description="What was written after a change, in order.")
class ChangeFeed:
    changes: list[Change] = _described("The changes.")
    sequence: SequenceNumber = _described("The change up to which this looked; give it as `since` to go on.")
    head: SequenceNumber = _described("The last change of the graph.")
    more: bool = many(_more, "Whether more changes follow.")


async def read(
    context: Context,
    since: SequenceNumber,
    kinds: list[NodeKind] | None,
    within: strawberry.ID | None,
    first: int | None,
) -> Changes:
    """A page of the feed."""
    wanted = None if kinds is None else [Kind(kind.value) for kind in kinds]
    return await feed.changes(context.graph, since, USUAL if first is None else first, wanted, within)


async def _page(info: Info, since: Since, kinds: Kinds = None, within: Within = None, first: First = USUAL) -> Any:
    return await read(info.context, since, kinds, within, first)


changes_field: Any = strawberry.field(
    resolver=_page, description="What was written after a change, in order: all of it, page by page.", directives=[SIZE]
)


async def stream(
    context: Context,
    since: SequenceNumber,
    kinds: list[NodeKind] | None,
    within: strawberry.ID | None,
    first: int | None,
) -> AsyncGenerator[Changes, None]:
    """Pages as they come: whatever was written after `since`, then what is written from now on."""
    with context.watch.following(int(since)) as follower:
        while True:
            page = await read(context, SequenceNumber(follower.sequence), kinds, within, first)
            if page.changes:
                yield page
            follower.sequence = page.sequence
            if page.sequence == page.head:
                await context.watch.beyond(page.sequence)


def signature(found: Found) -> Hashable:
    """What tells one answer from another."""
    answer, edges = found.answer, found.answer.edges
    drawn = zip(edges.source, edges.target, edges.flow, edges.count, edges.precise, strict=True)
    reached = zip(answer.nodes, answer.depth, answer.whole, answer.more, strict=True)
    return tuple(reached), tuple(drawn), answer.complete, tuple(answer.stopped_by)
