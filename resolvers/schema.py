"""The schema."""

from datetime import tzinfo
from zoneinfo import ZoneInfo

import strawberry
from strawberry.schema.config import StrawberryConfig

from resolvers.answering import read
from resolvers.query import Query
from resolvers.scalars import scalars
from resolvers.things import TYPES

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The time zone of a registry that sets none."""


def make_schema(zone: tzinfo = SHANGHAI) -> strawberry.Schema:
    """The schema; bare dates and times without zone are meant in `zone`."""
    return strawberry.Schema(
        query=Query,
        types=list(TYPES.values()),
        config=StrawberryConfig(default_resolver=read, scalar_map=scalars(zone)),
    )
