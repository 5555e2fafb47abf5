"""Answering a request: its document is found, what it costs is weighed, and its operation is executed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from inspect import isawaitable
from operator import attrgetter
from typing import Any, cast

import strawberry
from graphql import ExecutionResult, GraphQLError, GraphQLField, GraphQLObjectType, OperationType
from strawberry.execution.is_awaitable import optimized_is_awaitable
from strawberry.types.field import StrawberryField

from resolvers.batches import Batch, batch_of
from resolvers.context import Context
from resolvers.costs import Prices
from resolvers.documents import Documents, Operation, Refused
from resolvers.errors import told
from resolvers.execution import FastExecutor
from resolvers.gate import Gate
from resolvers.limits import values
from resolvers.options import Options
from resolvers.trusted import UnknownDocument, Untrusted, WrongHash

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


def _annotations(field: GraphQLField) -> Sequence[object]:
    definition = _definition(field)
    return () if definition is None else tuple(definition.directives)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, with the document's text, or the id or the hash of one that is known.

    `reported` are the extensions of the answer that are asked for.
    """

    query: str | None
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation: str | None = None
    reported: frozenset[str] = frozenset()
    document: str | None = None
    hash: str | None = None


@dataclass(slots=True)
class Answer:
    """What is told. `executed` is false where the request was refused before anything was asked of the graph."""

    data: Any = None
    errors: list[GraphQLError] = field(default_factory=list)
    extensions: dict[str, Any] = field(default_factory=dict)
    executed: bool = True
    unfit: bool = False
    """Whether it asked for an operation that is not in its document, or not taken here."""

    def formatted(self) -> dict[str, Any]:
        """As the specification has it: errors first, data only if there was an execution."""
        whole: dict[str, Any] = {}
        if self.errors:
            whole["errors"] = [error.formatted for error in self.errors]
        if self.executed:
            whole["data"] = self.data
        if self.extensions:
            whole["extensions"] = self.extensions
        return whole


class Answers:
    """Answers requests to one schema."""

    def __init__(self, schema: strawberry.Schema, options: Options | None = None) -> None:
        self.options = options or Options()
        self._schema = schema._schema
        self._limits = self.options.limits
        self._ways = StrawberryWays()
        self.gate = Gate(self.options.room)
        self.documents = Documents(self._schema, Prices(self._schema, _annotations), self.options)

    async def answer(self, asked: Asked, context: Context | None, *, reading: bool = False) -> Answer:
        """The answer to a request; with `reading` only queries are taken. Never raises an Exception."""
        document = None
        extensions: dict[str, Any] = {}
        try:
            found = self.documents.find(self._text(asked))
            document = found.node
            operation = found.operation(asked.operation)
            self._admit(operation, asked, extensions, reading)
            executor = FastExecutor.build(
                self._schema,
                document,
                None,
                context,
                dict(asked.variables),
                asked.operation,
                is_awaitable=cast(Any, optimized_is_awaitable),
                hide_suggestions=not self.options.suggest,
                ways=self._ways,
                plans=found.plans,
            )
            if isinstance(executor, list):
                raise Refused(executor, document)
        except Refused as refused:
            errors = [told(error, refused.document or document) for error in refused.errors]
            return Answer(None, errors, extensions, executed=False, unfit=refused.unfit)
        try:
            async with asyncio.timeout(self._limits.seconds):
                result = executor.execute_operation()
                if isawaitable(result):
                    result = await result
        except TimeoutError:
            message = f"The answer took longer than {self._limits.seconds:g} s. Ask for less at once, or filter."
            return Answer(None, [GraphQLError(message, extensions={"code": "TIMEOUT"})], extensions)
        assert isinstance(result, ExecutionResult)
        return Answer(result.data, [told(error, document) for error in result.errors or []], extensions)

    def _text(self, asked: Asked) -> str:
        """The document's text. Raises Refused."""
        try:
            return self.options.texts.find(asked.query, asked.document, asked.hash)
        except UnknownDocument as error:
            code = "PERSISTED_QUERY_NOT_FOUND" if error.sendable else "BAD_INPUT"
            raise Refused([GraphQLError(str(error), extensions={"code": code})]) from None
        except Untrusted:
            message = "Only the documents that this registry knows are taken here. Ask whoever runs it to add yours."
            raise Refused([GraphQLError(message, extensions={"code": "FORBIDDEN"})]) from None
        except WrongHash:
            message = "sha256Hash: this is not the hash of the query that was sent with it."
            raise Refused([GraphQLError(message, extensions={"code": "BAD_INPUT"})], unfit=True) from None

    def _admit(self, operation: Operation, asked: Asked, extensions: dict[str, Any], reading: bool) -> None:
        kind = operation.node.operation
        if kind is OperationType.SUBSCRIPTION or (reading and kind is not OperationType.QUERY):
            message = f"A {kind.value} is not taken here."
            raise Refused([GraphQLError(message, extensions={"code": "BAD_INPUT"})], unfit=True)
        if values(asked.variables, self._limits.values) > self._limits.values:
            message = f"The variables have more than the {self._limits.values:,} values that are allowed."
            raise Refused([GraphQLError(message, extensions={"code": "TOO_COSTLY"})])
        cost = operation.cost(asked.variables)
        if "cost" in asked.reported:
            extensions["cost"] = {"requested": cost, "allowed": self._limits.cost}
        if cost > self._limits.cost:
            message = (
                f"The request may cost {cost:,}, more than the {self._limits.cost:,} that are allowed. "
                "Ask for fewer rows (`first`, `last`, `budget.maxNodes`), or in several requests."
            )
            raise Refused([GraphQLError(message, operation.node, extensions={"code": "TOO_COSTLY"})])
