"""Lineage questions that come as parameters, not as GraphQL: with the arguments, defaults and errors that it has.

    ids=system:a&ids=system:b&direction=UPSTREAM&budget.maxPerNode=5      or the same as a JSON object

A list is a parameter that is given several times; what lies within another is named with a dot, or given as JSON.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    coerce_input_value,
    get_named_type,
    is_required_argument,
    validate_input_value,
)
from strawberry import Schema
from strawberry.types.arguments import convert_arguments

from graph.lineage import Asked
from graph.refusals import BadInput
from resolvers.lineage import asking

FIELDS = {"lineage": False, "dependencies": True}
"""The root fields that ask for lineage, and whether they follow READS too."""

Inputs = Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the arguments that were given for it."""

    asked: Asked
    given: Mapping[str, Any]


class Questions:
    """Reads questions by the arguments of a schema's root fields."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        query = schema._schema.query_type
        assert query is not None
        self._fields = query.fields

    def from_values(self, field: str, values: Mapping[str, Any]) -> Question:
        """The question of a JSON object. Raises BadInput."""
        found = self.arguments(field, values)
        asked: Asked = asking(lambda _, info, asked: asked, reads=FIELDS[field])(None, None, **found)
        return Question(asked, values)

    def values(self, field: str, texts: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The JSON object that the parameters of an address stand for, of any root field. Raises BadInput."""
        return _tree(texts, self._fields[field].args)

    def arguments(self, field: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of any root field, as its resolver takes them. Raises BadInput."""
        arguments, given = self._fields[field].args, {}
        for name in values:
            if name not in arguments:
                raise BadInput(f"{name}: there is no such parameter; there are {', '.join(arguments)}", argument=name)
        for name, argument in arguments.items():
            if name in values:
                given[name] = _coerced(name, values[name], argument.type)
            elif is_required_argument(argument):
                raise BadInput(f"{name}: has to be given", argument=name)
        definition = self._fields[field].extensions["strawberry-definition"]
        return convert_arguments(
            given, definition.arguments, self._schema.schema_converter.scalar_registry, self._schema.config
        )


def _coerced(name: str, value: Any, type: GraphQLInputType) -> Any:
    """A value as resolvers take it. Raises BadInput that says where it is wrong."""

    def refuse(error: GraphQLError, path: Sequence[str | int]) -> None:
        argument = ".".join([name, *(str(part) for part in path if isinstance(part, str))])
        raise BadInput(f"{argument}: {error.message}", argument=argument)

    try:
        validate_input_value(value, type, refuse)
    except RecursionError:
        raise BadInput(f"{name}: is nested too deeply", argument=name) from None
    return coerce_input_value(value, type)


_INTEGER = re.compile(r"-?\d{1,18}")


def _tree(texts: Sequence[tuple[str, str]], inputs: Inputs, within: str = "") -> dict[str, Any]:
    """Parameters as the object that they stand for."""
    by_name: dict[str, list[tuple[str, str]]] = {}
    for name, text in texts:
        first, _, rest = name.partition(".")
        by_name.setdefault(first, []).append((rest, text))
    return {name: _value(within + name, found, inputs.get(name)) for name, found in by_name.items()}


def _value(name: str, texts: list[tuple[str, str]], given: GraphQLArgument | GraphQLInputField | None) -> Any:
    type = None if given is None else _nullable(given.type)
    if isinstance(type, GraphQLInputObjectType) and any(rest for rest, _ in texts):
        return _tree(texts, type.fields, name + ".")
    plain = [_scalar(name, text, type) for rest, text in texts if not rest]
    if len(plain) < len(texts):
        raise BadInput(f"{name}: has no parts", argument=name)
    if isinstance(type, GraphQLList):
        return plain
    if len(plain) > 1:
        raise BadInput(f"{name}: is given {len(plain)} times", argument=name)
    return plain[0]


def _scalar(name: str, text: str, type: Any) -> Any:
    """A text as the JSON value that it stands for; one that stands for none is left to be refused."""
    named = get_named_type(type)
    if isinstance(named, GraphQLInputObjectType):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            raise BadInput(f"{name}: is no JSON object", argument=name) from None
    if named is not None and named.name == "Int" and _INTEGER.fullmatch(text):
        return int(text)
    if named is not None and named.name == "Boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _nullable(type: GraphQLInputType) -> Any:
    return type.of_type if isinstance(type, GraphQLNonNull) else type
