"""The subscriptions."""

from collections.abc import AsyncGenerator
from typing import Any

import strawberry

from graph.changes import position
from graph.walk import Budget
from resolvers import feed, lineage
from resolvers.context import Info
from resolvers.costs import rows, weighs
from resolvers.enums import Level
from resolvers.feed import ChangeFeed, Kinds, Since, Within
from resolvers.lineage import BudgetInput, Lineage
from resolvers.query import AsOf, BudgetArgument, Depth, DirectionArgument, Ids, KnownAt, LevelArgument


async def _changes(
    info: Info, since: Since, kinds: Kinds = None, within: Within = None, first: feed.First = feed.USUAL
) -> AsyncGenerator[Any, None]:
    async for page in feed.stream(info.context, since, kinds, within, first):
        yield page


async def _lineage_changed(
    info: Info,
    ids: Ids,
    direction: DirectionArgument,
    level: LevelArgument = Level.RESOURCE,
    depth: Depth = 5,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    budget: BudgetArgument = None,
) -> AsyncGenerator[Any, None]:
    context = info.context
    allowed = (budget or BudgetInput()).budget(Budget().max_nodes)
    before = None
    while True:
        at = (await position(context.graph)).sequence
        found = await lineage.find(context, ids, direction, level, depth, as_of, known_at, allowed, reads=False)
        answered = lineage.answered(found)
        now = feed.signature(found)
        if now != before:
            before = now
            yield answered
        await context.watch.beyond(max(at, found.sequence))


def _live(resolver: Any, description: str, *annotations: object) -> Any:
    return strawberry.subscription(resolver=resolver, description=description, directives=annotations)


_LISTED = rows(Budget().max_nodes, "budget.maxNodes", of=("nodes", "edges"))


@strawberry.type(description="What the registry tells as it happens.")
class Subscription:
    changes: ChangeFeed = _live(
        _changes,
        "What was written after a change, then what is written from now on, in order. After a broken connection go on "
        "with the `sequence` that came last: nothing is missed, whichever worker answers.",
        feed.SIZE,
    )
    lineage_changed: Lineage = _live(
        _lineage_changed,
        "The lineage as it is, then each time that a change of the graph makes it another.",
        weighs(20),
        _LISTED,
    )
