"""The schema, and how an operation is executed on it."""

from collections.abc import Iterator
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import strawberry
from graphql import GraphQLError, OperationDefinitionNode
from strawberry.extensions import AddValidationRules, SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from resolvers.context import Context
from resolvers.errors import told
from resolvers.limits import MOST_TOKENS, DepthRule
from resolvers.query import Query
from resolvers.scalars import scalars
from resolvers.things import TYPES

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The time zone of a registry that sets none."""


def _read(source: Any, name: str) -> Any:
    """A field without a resolver: a key of a record, or an attribute. A missing key is null."""
    if isinstance(source, dict):
        return source.get(_KEYS.get(name, name))
    return getattr(source, name)


_KEYS = {"class_": "class", "closed_at": "closed"}
"""Fields that are stored under another name."""


class Operation(SchemaExtension):
    """Gives each operation a context of its own, and limits its document."""

    def on_operation(self) -> Iterator[None]:
        context = self.execution_context
        if isinstance(context.context, Context):
            context.context = context.context.fresh()
        context.parse_options["max_tokens"] = MOST_TOKENS
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        document = context.graphql_document
        # `operation_name` falls back to the first operation, which the specification does not allow.
        if document is not None and context._provided_operation_name is None:
            operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
            if len(operations) > 1:
                raise GraphQLError("operationName: the document has several operations; say which one is meant.")
        yield


class Schema(strawberry.Schema):
    """A schema that tells errors as `resolvers/errors.py` says."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Replace the errors in place, before anybody sees them."""
        document = execution_context.graphql_document if execution_context else None
        errors[:] = [told(error, document) for error in errors]


def make_schema(zone: tzinfo = SHANGHAI) -> Schema:
    """The schema; bare dates and times without zone are meant in `zone`."""
    return Schema(
        query=Query,
        types=list(TYPES.values()),
        extensions=[Operation, lambda: AddValidationRules([DepthRule])],
        config=StrawberryConfig(default_resolver=_read, scalar_map=scalars(zone)),
    )
