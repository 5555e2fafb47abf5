"""What a document costs before it is executed: weights of fields, times the rows that lists may have.

The annotations are those of Apollo Federation 2.9: `@cost` gives a field a weight, `@listSize`
says how many rows a list has, by an argument or by assumption. Without them a field with fields of its own weighs 1,
a leaf 0, and a list has 10 rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import strawberry
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)
from strawberry.federation.schema_directives import FederationDirective, ImportedFrom
from strawberry.federation.versions import FederationVersion
from strawberry.schema_directive import Location

ASSUMED = 10
"""Rows of a list of which nothing is said."""


@strawberry.schema_directive(locations=[Location.FIELD_DEFINITION], name="cost", description="What a field weighs.")
class Weight(FederationDirective):
    imported_from: ClassVar[ImportedFrom] = ImportedFrom("cost")
    minimum_version: ClassVar[FederationVersion] = (2, 9)
    weight: int = strawberry.directive_field(name="weight")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], name="listSize", description="How many rows a list has."
)
class ListSize(FederationDirective):
    imported_from: ClassVar[ImportedFrom] = ImportedFrom("listSize")
    minimum_version: ClassVar[FederationVersion] = (2, 9)
    assumed_size: int | None = strawberry.directive_field(name="assumedSize", default=strawberry.UNSET)
    slicing_arguments: list[str] | None = strawberry.directive_field(name="slicingArguments", default=strawberry.UNSET)
    sized_fields: list[str] | None = strawberry.directive_field(name="sizedFields", default=strawberry.UNSET)
    require_one_slicing_argument: bool | None = strawberry.directive_field(
        name="requireOneSlicingArgument", default=strawberry.UNSET
    )


def weighs(weight: int) -> Weight:
    """A field that weighs more than another."""
    return Weight(weight=weight)


def rows(assumed: int, *arguments: str, of: Sequence[str] = ()) -> ListSize:
    """A list of as many rows as one of `arguments` says, else `assumed`; `of`: the fields that have the rows.

    An argument that is a list says how many by its length.
    """
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
            weight = note.weight
        elif isinstance(note, ListSize):
            assumed = ASSUMED if note.assumed_size in (None, strawberry.UNSET) else note.assumed_size
            arguments = tuple(note.slicing_arguments or ())
    inner = found.type.of_type if isinstance(found.type, GraphQLNonNull) else found.type
    return Price(weight, assumed, arguments, isinstance(inner, GraphQLList), sized)


@dataclass(slots=True)
class Bill:
    """What a selection set costs: `once`, for each row that the field around it has, and what the variables say."""

    once: int = 0
    row: int = 0
    open: list["Item | Bill"] = field(default_factory=list)
    """Parts whose cost hangs on variables; they may be shared by many."""

    def add(self, part: "Item | Bill") -> None:
        """Take in a part."""
        if isinstance(part, Item) and not part.is_open:
            once, row = part.total({}, {})
        elif isinstance(part, Bill) and not part.open:
            once, row = part.once, part.row
        else:
            self.open.append(part)
            return
        self.once += once
        self.row += row

    def total(self, variables: Mapping[str, Any], known: dict[int, tuple[int, int]]) -> tuple[int, int]:
        """The cost, and the cost for each row that the field around it has."""
        if not self.open:
            return self.once, self.row
        if id(self) not in known:
            known[id(self)] = (0, 0)
            pairs = [part.total(variables, known) for part in self.open]
            known[id(self)] = (self.once + sum(once for once, _ in pairs), self.row + sum(row for _, row in pairs))
        return known[id(self)]


class Item:
    """What one selected field costs."""

    __slots__ = ("_inner", "_price", "_rows", "is_open")

    def __init__(self, price: Price, node: FieldNode, inner: Bill) -> None:
        self._price = price
        self._inner = inner
        said = [_number(node, path.split(".")) for path in price.arguments]
        self._rows = [rows for rows in said if rows is not None]
        self.is_open = bool(inner.open) or any(callable(rows) for rows in self._rows)

    def total(self, variables: Mapping[str, Any], known: dict[int, tuple[int, int]]) -> tuple[int, int]:
        """As Bill.total."""
        once, row = self._inner.total(variables, known)
        price = self._price
        if price.sized:
            return 0, price.weight + once + row * ASSUMED
        said = [rows(variables) if callable(rows) else rows for rows in self._rows]
        rows = max((number for number in said if number is not None), default=price.assumed)
        if price.listed:
            return rows * (price.weight + once + row * ASSUMED), 0
        return price.weight + once + rows * row, 0


Rows = int | Callable[[Mapping[str, Any]], int | None]


def _number(node: FieldNode, path: Sequence[str]) -> Rows | None:
    """The number that an argument says, if it says one; where it is a variable, how to look it up."""
    value: ValueNode | None = next((one.value for one in node.arguments or () if one.name.value == path[0]), None)
    for index, name in enumerate(path):
        if index and isinstance(value, ObjectValueNode):
            value = next((one.value for one in value.fields if one.name.value == name), None)
        if isinstance(value, VariableNode):
            return partial(_looked_up, value.name.value, path[index + 1 :])
    if isinstance(value, ListValueNode):
        return len(value.values)
    return max(int(value.value), 0) if isinstance(value, IntValueNode) else None


def _looked_up(name: str, path: Sequence[str], variables: Mapping[str, Any]) -> int | None:
    value = variables.get(name)
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, list):
        return len(value)
    return max(value, 0) if isinstance(value, int) else None
