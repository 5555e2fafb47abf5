"""Plans: an operation compiled into completers, with the fields, names and order that graphql-core would have."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLUnionType,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues

from resolvers.batches import Batch
from resolvers.completion import Abstract, Completer, Items, Leaf, Object, Required, Shape, Uncovered
from resolvers.planned import Each, Planned, Stated, Together, TypeName


class Ways(Protocol):
    """What is known of the fields and types of a schema, beyond what graphql-core knows."""

    def stated(self, field: GraphQLField) -> str | None:
        """The name under which a source has the field as it is; `None` where a resolver works it out."""
        ...

    def column(self, sources: Sequence[Any], name: str) -> list[Any]:
        """Such a field of many sources."""
        ...

    def batch(self, field: GraphQLField) -> Batch | None:
        """The batch that answers the field, if it has one."""
        ...

    def fits_always(self, type: GraphQLObjectType) -> bool:
        """Whether any source may be an object of this type, whatever its `is_type_of` says."""
        ...


class Planner:
    """Compiles the operation of an executor; the variables `switches` decide `@skip` and `@include`."""

    def __init__(self, executor: Executor[Any], ways: Ways, switches: Iterable[str]) -> None:
        self._schema = executor.schema
        self._operation = executor.operation
        self._fragments = executor.fragments
        # A plan is kept, and with it what it was made of: no other variables than these.
        sources, coerced = executor.variable_values
        kept = [name for name in switches if name in coerced]
        self._variables = VariableValues(
            {name: sources[name] for name in kept if name in sources}, {name: coerced[name] for name in kept}
        )
        self._ways = ways

    def plan(self) -> Shape:
        """The operation's root. Raises Uncovered."""
        root = self._schema.get_root_type(self._operation.operation)
        if root is None:
            raise Uncovered
        found = collect_fields(self._schema, self._fragments, self._variables, root, self._operation)
        if found.new_defer_usages:
            raise Uncovered
        return self._shape(root, found.grouped_field_set)

    def _shape(self, parent: GraphQLObjectType, grouped: Mapping[str, list[FieldDetails]]) -> Shape:
        return Shape([self._field(parent, details) for details in grouped.values()])

    def _field(self, parent: GraphQLObjectType, details: list[FieldDetails]) -> Planned:
        nodes = [one.node for one in details]
        name = nodes[0].name.value
        definition = self._schema.get_field(parent, name)
        if definition is None or name in ("__schema", "__type") or any(map(_streamed, nodes)):
            raise Uncovered
        planned = parent, definition, nodes, self._completer(definition.type, details)
        if name == "__typename":
            return TypeName(*planned)
        stated = self._ways.stated(definition)
        if stated is not None:
            return Stated(*planned, name=stated, read=self._ways.column)
        batch = self._ways.batch(definition)
        return Each(*planned) if batch is None else Together(*planned, batch=batch)

    def _completer(self, type: GraphQLOutputType, details: list[FieldDetails]) -> Completer:
        if isinstance(type, GraphQLNonNull):
            return Required(self._completer(type.of_type, details))
        if isinstance(type, GraphQLList):
            return Items(self._completer(type.of_type, details))
        if isinstance(type, GraphQLObjectType):
            return self._object(type, details)
        if isinstance(type, GraphQLInterfaceType | GraphQLUnionType):
            return self._abstract(type, details)
        return Leaf(type)

    def _object(self, type: GraphQLObjectType, details: list[FieldDetails]) -> Object:
        if type.is_type_of is not None and not self._ways.fits_always(type):
            raise Uncovered
        return Object(partial(self._subfields, type, details))

    def _subfields(self, type: GraphQLObjectType, details: list[FieldDetails]) -> Shape:
        schema, fragments, variables = self._schema, self._fragments, self._variables
        found = collect_subfields(schema, fragments, variables, self._operation, type, details)
        if found.new_defer_usages:
            raise Uncovered
        return self._shape(type, found.grouped_field_set)

    def _abstract(self, type: GraphQLInterfaceType | GraphQLUnionType, details: list[FieldDetails]) -> Abstract:
        objects: dict[str, Object] = {}

        def of(name: str) -> Object:
            if name not in objects:
                found = self._schema.get_type(name)
                if not isinstance(found, GraphQLObjectType) or not self._schema.is_sub_type(type, found):
                    raise Uncovered
                objects[name] = self._object(found, details)
            return objects[name]

        if type.resolve_type is None:
            raise Uncovered
        resolve = type.resolve_type

        def named(value: Any, info: GraphQLResolveInfo[Any]) -> Any:
            return resolve(value, info, type)

        return Abstract(named, of)


def _streamed(node: FieldNode) -> bool:
    return any(directive.name.value == "stream" for directive in node.directives or ())
