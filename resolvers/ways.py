"""What strawberry knows of the fields of a schema, for plans and prices."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from graphql import GraphQLField, GraphQLObjectType
from strawberry.types.field import StrawberryField

from resolvers.batches import Batch, batch_of

_DEFINITION = "strawberry-definition"


def read(source: Any, name: str) -> Any:
    """A field without a resolver: a key of a record, or an attribute. A missing key is null."""
    if isinstance(source, dict):
        return source.get(_KEYS.get(name, name))
    return getattr(source, name)


_KEYS = {"class_": "class", "closed_at": "closed"}
"""Fields that are stored under another name."""


class StrawberryWays:
    """What strawberry knows of the fields of a schema."""

    def column(self, sources: Sequence[Any], name: str) -> list[Any]:
        """As `read`, of many sources: mostly of one type."""
        get = dict.get
        try:
            if isinstance(sources[0], dict):
                return [get(one, name) for one in sources]
            return list(map(attrgetter(name), sources))
        except (TypeError, AttributeError):
            return [read(one, name) for one in sources]

    def stated(self, field: GraphQLField) -> str | None:
        """The key of a field without a resolver."""
        definition = _definition(field)
        if definition is None or definition.base_resolver is not None:
            return None
        return _KEYS.get(definition.python_name, definition.python_name)

    def batch(self, field: GraphQLField) -> Batch | None:
        """The batch of its resolver."""
        definition = _definition(field)
        if definition is None or definition.base_resolver is None:
            return None
        return batch_of(definition.base_resolver.wrapped_func)

    def fits_always(self, type: GraphQLObjectType) -> bool:
        """Types say so by `is_type_of.always`."""
        return bool(getattr(type.is_type_of, "always", False))


def _definition(field: GraphQLField) -> StrawberryField | None:
    found = field.extensions.get(_DEFINITION)
    return found if isinstance(found, StrawberryField) else None


def annotations(field: GraphQLField) -> Sequence[object]:
    """What a field is annotated with."""
    definition = _definition(field)
    return () if definition is None else tuple(definition.directives)
