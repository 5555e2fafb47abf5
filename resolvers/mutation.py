"""What the registry can be told: what to keep, and what people decide about data elements and filings."""

from typing import Annotated, Any

import strawberry

from graph import what_ifs
from graph.impact import MILLISECONDS
from resolvers.binding import (
    DecisionsTaken,
    allow_field,
    bind_field,
    refuse_field,
    source_field,
    take_back_source_field,
    unbind_field,
)
from resolvers.context import Info
from resolvers.costs import weighs
from resolvers.filing_mutations import FilingMutations
from resolvers.impact import ChangeArgument, MaxMilliseconds
from resolvers.lineage import AsOf
from resolvers.what_ifs import Id, WhatIfType

Name = Annotated[str, strawberry.argument(description="Its name, 1 to 300 characters; no other what-if has it.")]
By = Annotated[
    str, strawberry.argument(description="Who saves it, as they call themselves: there is no sign-in to know it from.")
]


async def _save(
    info: Info,
    name: Name,
    by: By,
    change: ChangeArgument,
    as_of: AsOf = None,
    max_milliseconds: MaxMilliseconds = MILLISECONDS,
) -> Any:
    context = info.context
    impact = await context.impacts().find(change.planned(), as_of, max_milliseconds)
    return WhatIfType.of(await what_ifs.save(context.graph, name, by, as_of, impact))


async def _delete(info: Info, id: Id) -> bool:
    return await what_ifs.delete(info.context.graph, str(id))


@strawberry.type(
    description="What the registry can be told. Decisions are statements of the person who takes them; all other facts "
    "come by imports."
)
class Mutation(FilingMutations):
    save_impact: WhatIfType = strawberry.field(
        resolver=_save,
        description="Keep a change that is thought of, and what it touches now, under a name. What it touches is not "
        "changed. Up to 1,000 are kept.",
        directives=[weighs(100)],
    )
    delete_impact: bool = strawberry.field(
        resolver=_delete,
        description="Keep a what-if no longer; false if there is none with this id.",
        directives=[weighs(10)],
    )
    bind_fields: DecisionsTaken = bind_field
    unbind_fields: DecisionsTaken = unbind_field
    refuse_elements: DecisionsTaken = refuse_field
    allow_elements: DecisionsTaken = allow_field
    set_element_source: DecisionsTaken = source_field
    take_back_element_source: DecisionsTaken = take_back_source_field
