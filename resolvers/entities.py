"""Entities of an Apollo Federation 2 subgraph: things that a gateway names by a key, found in batches.

A representation that is wrong is an error of its own entity only; one that names nothing is null.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Union

import strawberry

from graph.facts import Kind
from graph.refusals import BadInput
from graph.things import CODES, Record, by_codes
from resolvers.context import Context, Info
from resolvers.costs import rows
from resolvers.scalars import Representation
from resolvers.things import TYPES, DataElement, Department, Field, Jurisdiction, Resource, SharingAgreement, System

KEYS: Mapping[Kind, Sequence[str]] = {kind: ("id", *(key for key in (CODES.get(kind),) if key)) for kind in TYPES}
"""The keys of each kind, the one that is looked at first first."""
MOST = 1_000
"""Representations of one request."""

Entity = Annotated[
    Union[Jurisdiction, Department, System, Resource, Field, DataElement, SharingAgreement],  # noqa: UP007
    strawberry.union("_Entity", description="Whatever a gateway may ask for by a key."),
]

_KINDS = {kind.label: kind for kind in TYPES}


@strawberry.type(name="_Service", description="What a gateway composes.")
class Service:
    sdl: str = strawberry.field(description="The schema with its federation directives.")


Found = Record | BadInput | None


async def entities(context: Context, representations: Sequence[Any]) -> list[Found]:
    """For each representation its record, `None` where there is no such thing, or what is wrong with it."""
    if len(representations) > MOST:
        raise BadInput(f"representations: at most {MOST:,} at once", argument="representations")
    asked = [_asked(one) for one in representations]
    wanted: dict[tuple[Kind, str], list[str]] = {}
    for one in asked:
        if not isinstance(one, BadInput):
            kind, key, value = one
            wanted.setdefault((kind, key), []).append(value)
    found = await asyncio.gather(*(_look(context, kind, key, values) for (kind, key), values in wanted.items()))
    records = dict(zip(wanted, found, strict=True))
    return [one if isinstance(one, BadInput) else records[one[:2]].get(one[2]) for one in asked]


async def _look(context: Context, kind: Kind, key: str, values: list[str]) -> Mapping[Any, Record | None]:
    if key == "id":
        return await context.things(kind, values)
    return await by_codes(context.graph, kind, values)


def _asked(representation: Any) -> tuple[Kind, str, str] | BadInput:
    if not isinstance(representation, dict):
        return _wrong("a representation is an object")
    kind = _KINDS.get(name) if isinstance(name := representation.get("__typename"), str) else None
    if kind is None:
        return _wrong("__typename must be one of " + ", ".join(_KINDS))
    for key in KEYS[kind]:
        value = representation.get(key)
        if key == "id" and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str):
            return kind, key, value
        if value is not None:
            return _wrong(f"{key} must be a text")
    return _wrong(f"a {kind.label} is named by {' or '.join(KEYS[kind])}")


def _wrong(message: str) -> BadInput:
    return BadInput(f"representations: {message}", argument="representations")


async def _entities(
    info: Info,
    representations: Annotated[
        list[Representation], strawberry.argument(description="What is asked for: `__typename` and a key of each.")
    ],
) -> Any:
    return await entities(info.context, representations)


entities_field: Any = strawberry.field(
    resolver=_entities,
    name="_entities",
    description="Things by their keys, for gateways.",
    directives=[rows(50, "representations")],
)
