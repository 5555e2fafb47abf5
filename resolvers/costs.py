"""What a document costs before it is executed: weights of fields, times the rows that lists may have.

The annotations are those of the GraphQL cost directive specification: `@cost` gives a field a weight, `@listSize`
says how many rows a list has, by an argument or by assumption. Without them a field with fields of its own weighs 1,
a leaf 0, and a list has 10 rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    IntValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)
from strawberry.schema_directive import Location

ASSUMED = 10
"""Rows of a list of which nothing is said."""


@strawberry.schema_directive(locations=[Location.FIELD_DEFINITION], name="cost", description="What a field weighs.")
class Weight:
    weight: str = strawberry.directive_field(name="weight")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], name="listSize", description="How many rows a list has."
)
class ListSize:
    assumed_size: int | None = strawberry.directive_field(name="assumedSize", default=strawberry.UNSET)
    slicing_arguments: list[str] | None = strawberry.directive_field(name="slicingArguments", default=strawberry.UNSET)
    sized_fields: list[str] | None = strawberry.directive_field(name="sizedFields", default=strawberry.UNSET)
    require_one_slicing_argument: bool | None = strawberry.directive_field(
        name="requireOneSlicingArgument", default=strawberry.UNSET
    )


def weighs(weight: int) -> Weight:
    """A field that weighs more than another."""
    return Weight(weight=str(weight))


def rows(assumed: int, *arguments: str, of: Sequence[str] = ()) -> ListSize:
    """A list of as many rows as one of `arguments` says, else `assumed`; `of`: the fields that have the rows."""
    return ListSize(
        assumed_size=assumed,
        slicing_arguments=list(arguments) or strawberry.UNSET,
        sized_fields=list(of) or strawberry.UNSET,
        require_one_slicing_argument=False,
    )


Annotations = Callable[[GraphQLField], Sequence[object]]


@dataclass(frozen=True, slots=True)
class Price:
    """What a field costs: its weight, and its rows, said by one of the arguments or assumed."""

    weight: int
    assumed: int
    arguments: Sequence[str]
    listed: bool
    """Whether it is a list itself."""
    sized: bool
    """Whether its rows are those that the field around it says."""


class Prices:
    """The prices of all fields of a schema."""

    def __init__(self, schema: GraphQLSchema, annotations: Annotations) -> None:
        self._prices: dict[tuple[str, str], Price] = {}
        fields = [
            (type, name, found, annotations(found))
            for type in schema.type_map.values()
            if not type.name.startswith("__") and hasattr(type, "fields") and not hasattr(type, "out_type")
            for name, found in type.fields.items()
        ]
        sized: set[tuple[str, str]] = set()
        for _, _, found, notes in fields:
            for note in notes:
                if isinstance(note, ListSize):
                    sized |= {(get_named_type(found.type).name, name) for name in note.sized_fields or ()}
        for type, name, found, notes in fields:
            self._prices[type.name, name] = _price(found, notes, (type.name, name) in sized)

    def of(self, type: GraphQLNamedType | None, name: str) -> Price:
        """The price of a field; what is not there costs nothing."""
        return self._prices.get((type.name, name), _NOTHING) if type else _NOTHING


_NOTHING = Price(0, 0, (), False, False)


def _price(found: GraphQLField, notes: Sequence[object], sized: bool) -> Price:
    weight = 0 if is_leaf_type(get_named_type(found.type)) else 1
    assumed = ASSUMED
    arguments: Sequence[str] = ()
    for note in notes:
        if isinstance(note, Weight):
            weight = int(note.weight)
        elif isinstance(note, ListSize):
            assumed = ASSUMED if note.assumed_size in (None, strawberry.UNSET) else note.assumed_size
            arguments = tuple(note.slicing_arguments or ())
    inner = found.type.of_type if isinstance(found.type, GraphQLNonNull) else found.type
    return Price(weight, assumed, arguments, isinstance(inner, GraphQLList), sized)


@dataclass(slots=True)
class Bill:
    """What a selection set costs once; `parts` may be shared by many."""

    parts: list["Item | Bill"] = field(default_factory=list)

    def total(self, variables: Mapping[str, Any], known: dict[int, tuple[int, int]]) -> tuple[int, int]:
        """The cost, and the cost for each row that the field around it has."""
        if id(self) not in known:
            known[id(self)] = (0, 0)
            pairs = [part.total(variables, known) for part in self.parts]
            known[id(self)] = (sum(once for once, _ in pairs), sum(row for _, row in pairs))
        return known[id(self)]


@dataclass(slots=True)
class Item:
    """What one selected field costs."""

    price: Price
    node: FieldNode
    inner: Bill | None

    def total(self, variables: Mapping[str, Any], known: dict[int, tuple[int, int]]) -> tuple[int, int]:
        """As Bill.total."""
        once, row = self.inner.total(variables, known) if self.inner else (0, 0)
        weight = self.price.weight
        if self.price.sized:
            return 0, weight + once + row * ASSUMED
        if self.price.listed:
            return weight + self._rows(variables) * (once + row * ASSUMED), 0
        return weight + once + self._rows(variables) * row, 0

    def _rows(self, variables: Mapping[str, Any]) -> int:
        said = [_number(self.node, path.split("."), variables) for path in self.price.arguments]
        numbers = [number for number in said if number is not None]
        return max(numbers, default=self.price.assumed)


def _number(node: FieldNode, path: Sequence[str], variables: Mapping[str, Any]) -> int | None:
    """The number that an argument has, if it has one."""
    value: ValueNode | None = next((one.value for one in node.arguments or () if one.name.value == path[0]), None)
    for index, name in enumerate(path):
        if index and isinstance(value, ObjectValueNode):
            value = next((one.value for one in value.fields if one.name.value == name), None)
        if isinstance(value, VariableNode):
            return _whole(variables.get(value.name.value), path[index + 1 :])
    return max(int(value.value), 0) if isinstance(value, IntValueNode) else None


def _whole(value: Any, path: Sequence[str]) -> int | None:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return max(value, 0) if isinstance(value, int) else None
