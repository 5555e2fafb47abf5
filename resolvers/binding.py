"""Decisions about data elements that can be given: which field has which, which has not, and who is the source."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from graph import bindings as decisions
from graph.refusals import BadInput
from resolvers.context import Info
from resolvers.costs import weighs
from resolvers.decisions import DecisionsTaken

By = Annotated[
    str,
    strawberry.argument(
        description=f"Who decides, as they call themselves, 1 to {decisions.LONGEST_NAME} characters: there is no "
        "sign-in to know it from."
    ),
]
Reason = Annotated[
    str | None, strawberry.argument(description=f"Why, up to {decisions.LONGEST_REASON:,} characters; it is kept.")
]
Element = Annotated[strawberry.ID, strawberry.argument(description="The data element.")]


@strawberry.input(description="Which data element a field has.")
class BindingInput:
    field: strawberry.ID = strawberry.field(description="The field.")
    element: strawberry.ID | None = strawberry.field(description="The element; null: none at all.")


@strawberry.input(description="A data element that a field does not have.")
class RefusalInput:
    field: strawberry.ID = strawberry.field(description="The field.")
    element: strawberry.ID = strawberry.field(description="The element.")


_MOST = f" Up to {decisions.MOST:,} at once."
Bindings = Annotated[list[BindingInput], strawberry.argument(description="Which field has which." + _MOST)]
Refusals = Annotated[list[RefusalInput], strawberry.argument(description="Which field and which element." + _MOST)]
Fields = Annotated[list[strawberry.ID], strawberry.argument(description="Which fields." + _MOST)]


def _pairs(refusals: Sequence[RefusalInput]) -> list[tuple[str, str]]:
    return [(str(one.field), str(one.element)) for one in refusals]


async def _bind(info: Info, bindings: Bindings, by: By, reason: Reason = None) -> Any:
    wanted: dict[str, str | None] = {}
    for one in bindings:
        field, element = str(one.field), None if one.element is None else str(one.element)
        if wanted.setdefault(field, element) != element:
            raise BadInput(f"bindings: {field} is bound to two elements at once", argument="bindings", ids=[field])
    return await decisions.bind(info.context.graph, wanted, by, reason)


async def _unbind(info: Info, fields: Fields, by: By, reason: Reason = None) -> Any:
    return await decisions.unbind(info.context.graph, map(str, fields), by, reason)


async def _refuse(info: Info, refusals: Refusals, by: By, reason: Reason = None) -> Any:
    return await decisions.refuse(info.context.graph, _pairs(refusals), by, reason)


async def _allow(info: Info, refusals: Refusals, by: By, reason: Reason = None) -> Any:
    return await decisions.allow_again(info.context.graph, _pairs(refusals), by, reason)


async def _set_source(
    info: Info,
    element: Element,
    department: Annotated[
        strawberry.ID | None, strawberry.argument(description="The department; null: the element has no source.")
    ],
    by: By,
    reason: Reason = None,
) -> Any:
    named = None if department is None else str(department)
    return await decisions.set_source(info.context.graph, str(element), named, by, reason)


async def _take_back_source(info: Info, element: Element, by: By, reason: Reason = None) -> Any:
    return await decisions.take_back_source(info.context.graph, str(element), by, reason)


def _deciding(resolver: Any, description: str) -> Any:
    return strawberry.field(resolver=resolver, description=description, directives=[weighs(50)])


bind_field = _deciding(
    _bind,
    "State which data element each field has, as the person who decides: it counts before what sources state, is in "
    "the field's history, and is used for the next suggestions. Of several people the last one is followed. All are "
    "taken or none.",
)
unbind_field = _deciding(
    _unbind, "Take back which data element people said each field has; what sources state holds again."
)
refuse_field = _deciding(
    _refuse, "Keep that these fields do not have these data elements, so that they are not suggested any more."
)
allow_field = _deciding(_allow, "Take back refusals: the data elements may be suggested again.")
source_field = _deciding(_set_source, "State which department is a data element's authoritative source. (数源部门)")
take_back_source_field = _deciding(
    _take_back_source, "Take back which department people said is a data element's authoritative source."
)

__all__ = [
    "DecisionsTaken",
    "allow_field",
    "bind_field",
    "refuse_field",
    "source_field",
    "take_back_source_field",
    "unbind_field",
]
