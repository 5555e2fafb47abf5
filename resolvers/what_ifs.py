"""Saved what-ifs as GraphQL types: what was asked, by whom, and what is different by now."""

from dataclasses import dataclass
from typing import Annotated, Any

import strawberry
from strawberry import Parent

from graph import what_ifs
from graph.changes import position
from graph.planned_change import PlannedChange
from graph.refusals import Refusal
from resolvers.batches import many
from resolvers.connections import ROWS
from resolvers.context import Context, Info
from resolvers.costs import rows, weighs
from resolvers.enums import ShareType
from resolvers.impact import ChangeKind, ImpactType
from resolvers.members import After, Before, First, Last
from resolvers.scalars import Instant, SequenceNumber
from resolvers.slices import AnswerConnection, Slice, slice_page


def _described(description: str) -> Any:
    return strawberry.field(description=description)


@strawberry.type(description="A change that is only thought of, as it was asked about.")
class SavedChange:
    kind: ChangeKind = _described("What is to be done.")
    ids: list[strawberry.ID] = strawberry.field(description="To what.", directives=[rows(10)])
    into: strawberry.ID | None = _described("Of MERGE: what they become part of.")
    data_type: str | None = _described("Of ALTER: the data type of fields.")
    length: int | None = _described("Of ALTER: the length of fields.")
    code_list: str | None = _described("Of ALTER: the code list of fields.")
    share_type: ShareType | None = _described("Of ALTER: the share type of resources.")
    update_cycle: str | None = _described("Of ALTER: the update cycle of resources.")

    @staticmethod
    def record(change: PlannedChange) -> dict[str, Any]:
        """A change as a source of this type."""
        return {"kind": change.kind.value, "ids": list(change.ids), "into": change.into, **dict(change.altered)}


@strawberry.type(description="One thing that is different between two answers.")
class ImpactDifference:
    part: str = _described(
        "Where: one of the levels (FIELD to JURISDICTION: what is affected), SOURCES, AGREEMENTS or DEPARTMENTS."
    )
    id: strawberry.ID | None = _described(
        "Of which thing. Null where the part has more than 10,000 rows: then it is only counted."
    )
    before: str | None = _described("What the earlier answer says of it; null: it was not in it.")
    after: str | None = _described("What the later answer says of it; null: it is not in it.")


Id = Annotated[strawberry.ID, strawberry.argument(description="The id of the what-if.")]
Other = Annotated[
    strawberry.ID | None,
    strawberry.argument(name="with", description="The what-if to compare it with; null: its own change, asked now."),
]


@dataclass(slots=True)
class Record:
    """The source of a WhatIf."""

    one: what_ifs.WhatIf
    id: str
    name: str
    by: str
    saved_at: int
    as_of: int | None
    sequence: int
    complete: bool
    change: dict[str, Any]


async def _now(record: Record, context: Context) -> Any:
    return await context.impacts().find(record.one.change, record.as_of)


async def _impacts(records: list[Record], context: Context) -> list[Any]:
    return [await _now(record, context) for record in records]


async def _moved(records: list[Record], context: Context) -> list[Any]:
    here = await position(context.graph)
    return [record.sequence != here.sequence for record in records]


async def _differences_now(record: Record, context: Context) -> list[what_ifs.Difference]:
    before = await what_ifs.saved_answer(context.graph, record.id, "id")
    return what_ifs.differences(before, await what_ifs.answer_of(context.graph, await _now(record, context)))


async def _stale(records: list[Record], context: Context) -> list[Any]:
    found = []
    for record in records:
        try:
            found.append(bool(await _differences_now(record, context)))
        except Refusal:
            found.append(True)  # what it speaks of is not what it was
    return found


async def _differences(
    root: Parent[Any],
    info: Info,
    other: Other = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    order = f"differences-{other or ''}"
    page = slice_page(order, first, after, last, before)
    graph = info.context.graph
    if other is None:
        found = await _differences_now(root, info.context)
    else:
        theirs = await what_ifs.saved_answer(graph, str(other), "with")
        found = what_ifs.differences(await what_ifs.saved_answer(graph, root.id, "id"), theirs)
    parts = {part: number for number, part in enumerate(dict.fromkeys(one.part for one in found))}
    rows = [{"part": one.part, "id": one.id or None, "before": one.before, "after": one.after} for one in found]
    return Slice(order, page, len(rows), lambda row: (parts[found[row].part], found[row].id), rows.__getitem__)


@strawberry.type(name="WhatIf", description="A saved what-if: a change, who thought of it, and what it touched then.")
class WhatIfType:
    id: strawberry.ID = _described("Its id; nothing is to be built from it.")
    name: str = _described("Its name.")
    by: str = _described("Who saved it, as they called themselves.")
    saved_at: Instant = _described("When it was saved.")
    as_of: Instant | None = _described("The instant that it asks about; null: the time at which it is asked.")
    sequence: SequenceNumber = _described("The change of the graph that the saved answer stands on.")
    complete: bool = _described("Whether nothing was missing in the saved answer.")
    change: SavedChange = _described("What was asked.")
    moved: bool = many(_moved, "Whether the graph has changed since.")
    stale: bool = many(_stale, "Whether the same question is answered differently now.", weighs(100))
    impact: ImpactType = many(_impacts, "The same question, asked now.", weighs(100))
    differences: AnswerConnection[ImpactDifference] = strawberry.field(
        resolver=_differences,
        description="What is different from its saved answer: in that of another what-if, or in its own now; part by "
        "part, then by id.",
        directives=[ROWS, weighs(100)],
    )

    @staticmethod
    def of(one: what_ifs.WhatIf) -> Any:
        """The source of this type."""
        change = SavedChange.record(one.change)
        return Record(one, one.id, one.name, one.by, one.at, one.as_of, one.sequence, one.complete, change)


async def _what_if(info: Info, id: Id) -> Any:
    found = (await what_ifs.by_ids(info.context.graph, [str(id)])).get(str(id))
    return found and WhatIfType.of(found)


async def _what_ifs(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    page = slice_page("what-ifs", first, after, last, before)
    found = await what_ifs.every(info.context.graph)
    return Slice(
        "what-ifs",
        page,
        len(found),
        lambda row: (0, f"{found[row].name}\x00{found[row].id}"),
        lambda row: WhatIfType.of(found[row]),
    )


what_if_field: Any = strawberry.field(
    resolver=_what_if, description="The saved what-if with this id; null if there is none."
)
what_ifs_field: Any = strawberry.field(
    resolver=_what_ifs, description="All saved what-ifs, by name.", directives=[ROWS]
)
