"""A schema as a subgraph of Apollo Federation 2: its text, and its entities, which a gateway names by their keys.

    subgraph = Subgraph(schema, {"Department": find})

Keys are what the types state (`strawberry.federation.type(keys=...)`). The things that are named are found in batches,
a call for each type. A representation that is wrong is an error of its own entity only; one that names nothing is
null.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import strawberry
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    parse,
)
from strawberry.federation.schema import FederationAny, Schema
from strawberry.federation.schema_directives import Key as KeyDirective
from strawberry.types.base import StrawberryObjectDefinition

from graph.refusals import BadInput
from resolvers.sdl import subgraph_text

MOST = 1_000
"""Representations of one request."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A thing as a gateway names it: the key's fields as they are stated, their values in that order, and all that
    was sent, such as what a field `@requires`; only the values of the key have been looked at."""

    type: str
    key: str
    values: tuple[Any, ...]
    sent: Mapping[str, Any]


Find = Callable[[Any, Sequence[Reference]], Awaitable[Sequence[Any]]]
"""(context, references to things of one type) to the source of each, in order; `None` where there is no such thing."""


class Subgraph:
    """What gateways are told of a schema, and what they ask it. `finders` has the way to find things of each type that
    has keys, by its name."""

    def __init__(self, schema: Schema, finders: Mapping[str, Find]) -> None:
        self._schema = schema
        self._finders = finders
        self._keys = dict(_keys(schema))
        if self._keys.keys() != finders.keys():
            raise ValueError(f"entities and finders differ: {sorted(self._keys.keys() ^ finders.keys())}")

    @cached_property
    def sdl(self) -> str:
        """The schema with its federation directives."""
        return subgraph_text(self._schema)

    async def entities(self, context: Any, representations: Sequence[Any]) -> list[Any]:
        """For each representation its source, `None` where there is no such thing, or the BadInput that it is."""
        if len(representations) > MOST:
            raise BadInput(f"representations: at most {MOST:,} at once", argument="representations")
        asked = [self._reference(one) for one in representations]
        wanted: dict[str, list[Reference]] = {}
        for one in asked:
            if isinstance(one, Reference):
                wanted.setdefault(one.type, []).append(one)
        found = await asyncio.gather(*(self._finders[type](context, them) for type, them in wanted.items()))
        sources: dict[Any, Any] = {}
        for them, theirs in zip(wanted.values(), found, strict=True):
            sources.update(zip(them, theirs, strict=True))
        return [sources[one] if isinstance(one, Reference) else one for one in asked]

    def _reference(self, sent: Any) -> Reference | BadInput:
        if not isinstance(sent, dict):
            return _wrong("a representation is an object")
        type = sent.get("__typename")
        if not isinstance(type, str) or type not in self._keys:
            return _wrong("__typename must be one of " + ", ".join(self._keys))
        try:
            for key in self._keys[type]:
                values = key.values(sent)
                if None not in values:
                    return Reference(type, key.fields, values, sent)
        except BadInput as wrong:
            return wrong
        return _wrong(f"{type} is named by {' or '.join(key.fields for key in self._keys[type])}")


class Key:
    """One way to name things of a type: a set of fields, as `@key` has it, down to scalars and enums."""

    def __init__(self, type: GraphQLObjectType, fields: str) -> None:
        self.fields = fields
        [operation] = parse(f"{{ {fields} }}", no_location=True).definitions
        assert isinstance(operation, OperationDefinitionNode)
        self._leaves = list(_leaves(type, operation.selection_set, ()))

    def values(self, sent: Mapping[str, Any]) -> tuple[Any, ...]:
        """Its values in a representation; `None` where one is missing. Raises BadInput."""
        return tuple(_value(sent, path, type) for path, type in self._leaves)


def _leaves(
    type: GraphQLObjectType, selected: SelectionSetNode, above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], GraphQLLeafType]]:
    for one in selected.selections:
        assert isinstance(one, FieldNode)
        path = (*above, one.name.value)
        inner = get_named_type(type.fields[one.name.value].type)
        if is_leaf_type(inner):
            yield path, inner
        else:
            assert isinstance(inner, GraphQLObjectType) and one.selection_set is not None
            yield from _leaves(inner, one.selection_set, path)


def _value(sent: Any, path: Sequence[str], type: GraphQLLeafType) -> Any:
    for depth, name in enumerate(path):
        if sent is None:
            return None
        if not isinstance(sent, dict):
            raise _wrong(f"{'.'.join(path[:depth])} must be an object")
        sent = sent.get(name)
    try:
        return None if sent is None else type.coerce_input_value(sent)
    except (GraphQLError, ValueError, TypeError):
        raise _wrong(f"{'.'.join(path)} must be of the type {type.name}") from None


def _keys(schema: Schema) -> Iterable[tuple[str, list[Key]]]:
    """The keys by which things may be asked for here, by type."""
    core: GraphQLSchema = schema._schema
    for name, type in core.type_map.items():
        definition = type.extensions.get("strawberry-definition")
        if isinstance(type, GraphQLObjectType) and isinstance(definition, StrawberryObjectDefinition):
            stated = [one for one in definition.directives or () if isinstance(one, KeyDirective)]
            keys = [Key(type, str(one.fields)) for one in stated if one.resolvable is not False]
            if keys:
                yield name, keys


def _wrong(message: str) -> BadInput:
    return BadInput(f"representations: {message}", argument="representations")


@strawberry.type(name="_Service", description="What a gateway composes.")
class Service:
    sdl: str = strawberry.field(description="The schema with its federation directives.")


async def _entities(
    info: strawberry.Info[Any, Any],
    representations: Annotated[
        list[FederationAny], strawberry.argument(description="What is asked for: `__typename` and a key of each.")
    ],
) -> Any:
    return await info.context.subgraph.entities(info.context, representations)


def _service(info: strawberry.Info[Any, Any]) -> Any:
    return Service(sdl=info.context.subgraph.sdl)


def entities_field(*annotations: object) -> Any:
    """The root field by which gateways ask for entities; its type is a list of a union `_Entity`."""
    return strawberry.field(
        resolver=_entities,
        name="_entities",
        description="Things by their keys, for gateways.",
        directives=annotations,
    )


def service_field() -> Any:
    """The root field by which gateways ask for the schema."""
    return strawberry.field(
        resolver=_service, name="_service", description="The schema of this subgraph, for gateways."
    )
