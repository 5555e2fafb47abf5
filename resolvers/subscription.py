"""The subscriptions."""

from collections.abc import AsyncGenerator
from typing import Any

import strawberry

from graph.lineage import Asked
from resolvers import feed, lineage
from resolvers.context import Info
from resolvers.costs import weighs
from resolvers.feed import ChangeFeed, Kinds, Since, Within
from resolvers.lineage import LISTED, Lineage, asking


async def _changes(
    info: Info, since: Since, kinds: Kinds = None, within: Within = None, first: feed.First = feed.USUAL
) -> AsyncGenerator[Any, None]:
    async for page in feed.stream(info.context, since, kinds, within, first):
        yield page


async def _lineage_changed(root: None, info: Info, asked: Asked) -> AsyncGenerator[Any, None]:
    context = info.context
    before = None
    found = await context.lineages.find(asked)
    with context.watch.following(found.sequence) as follower:
        while True:
            now = feed.signature(found)
            if now != before:
                before = now
                yield lineage.answered(asked, found)
            follower.sequence = found.sequence
            await context.watch.beyond(found.sequence)
            found = await context.lineages.find(asked)


def _live(resolver: Any, description: str, *annotations: object) -> Any:
    return strawberry.subscription(resolver=resolver, description=description, directives=annotations)


@strawberry.type(description="What the registry tells as it happens.")
class Subscription:
    changes: ChangeFeed = _live(
        _changes,
        "What was written after a change, then what is written from now on, in order. After a broken connection go on "
        "with the `sequence` that came last: nothing is missed, whichever worker answers.",
        feed.SIZE,
    )
    lineage_changed: Lineage = _live(
        asking(_lineage_changed),
        "The lineage as it is, then each time that a change of the graph makes it another.",
        weighs(20),
        LISTED,
    )
