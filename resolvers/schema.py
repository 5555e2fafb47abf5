"""The schema."""

from datetime import tzinfo
from zoneinfo import ZoneInfo

from graphql import GraphQLDirective, GraphQLNamedType, GraphQLSchema, GraphQLUnionType
from strawberry.federation.schema import Schema
from strawberry.schema.config import StrawberryConfig

from resolvers.mutation import Mutation
from resolvers.query import Query
from resolvers.scalars import OVERRIDES, scalars
from resolvers.subscription import Subscription
from resolvers.things import TYPES, Node
from resolvers.ways import read

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The time zone of a registry that sets none."""


def make_schema(zone: tzinfo = SHANGHAI) -> Schema:
    """The schema; bare dates and times without zone are meant in `zone`."""
    schema = Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=list(TYPES.values()),
        config=StrawberryConfig(default_resolver=read, scalar_map=scalars(zone)),
        scalar_overrides={**OVERRIDES},
        federation_version="2.9",
    )
    entity = schema._schema.get_type("_Entity")
    assert isinstance(entity, GraphQLUnionType)
    entity.resolve_type = Node.resolve_type  # strawberry would ask each type, and all say yes to a record
    _hide(schema._schema)
    return schema


def _hide(core: GraphQLSchema) -> None:
    """Take out of introspection what gateways import: directives that are not defined here, and their types."""

    def told(one: GraphQLDirective | GraphQLNamedType) -> bool:
        return getattr(one.extensions.get("strawberry-definition"), "print_definition", True)

    core.directives = tuple(filter(told, core.directives))
    for type in [one for one in core.type_map.values() if not told(one)]:
        del core.type_map[type.name]
