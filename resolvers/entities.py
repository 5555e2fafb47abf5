"""The things of the registry as entities of a subgraph: one statement for each kind and key."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Union

import strawberry

from graph.facts import Kind
from graph.things import Record
from resolvers.context import Context
from resolvers.subgraph import Find, Reference
from resolvers.things import TYPES, DataElement, Department, Field, Jurisdiction, Resource, SharingAgreement, System

Entity = Annotated[
    Union[Jurisdiction, Department, System, Resource, Field, DataElement, SharingAgreement],  # noqa: UP007
    strawberry.union("_Entity", description="Whatever a gateway may ask for by a key."),
]


async def _find(kind: Kind, context: Context, references: Sequence[Reference]) -> list[Record | None]:
    wanted: dict[str, list[str]] = {}
    for one in references:
        wanted.setdefault(one.key, []).append(one.values[0])
    found = await asyncio.gather(*(_look(context, kind, key, values) for key, values in wanted.items()))
    records = dict(zip(wanted, found, strict=True))
    return [records[one.key].get(one.values[0]) for one in references]


async def _look(context: Context, kind: Kind, key: str, values: list[str]) -> Mapping[Any, Record | None]:
    if key == "id":
        return await context.things(kind, values)
    return await context.coded(kind, values)


FINDERS: Mapping[str, Find] = {kind.label: partial(_find, kind) for kind in TYPES}
"""How things of each kind are found."""
