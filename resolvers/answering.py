"""Answering a request: its document is found, what it costs is weighed, and its operation is executed."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, cast

import strawberry
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationType,
    located_error,
)
from graphql.execution import Executor, create_source_event_stream
from graphql.execution.collect_fields import collect_fields
from opentelemetry import trace
from strawberry.execution.is_awaitable import optimized_is_awaitable

from graph.engine import TALLY, Tally
from graph.spans import span
from resolvers.context import OperationContext
from resolvers.costs import Prices
from resolvers.documents import Documents, Expensive, Operation, Refused
from resolvers.errors import told
from resolvers.execution import FastExecutor
from resolvers.gate import Gate
from resolvers.limits import values
from resolvers.options import Answered, Options
from resolvers.requests import Asked
from resolvers.tracing import Tracer
from resolvers.trusted import UnknownDocument, Untrusted, WrongHash
from resolvers.ways import StrawberryWays, annotations

_tracer = trace.get_tracer("registry.graphql")


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


@dataclass(frozen=True, slots=True)
class _Admitted:
    """What is known of an operation that is executed."""

    document: DocumentNode
    name: str | None
    field: str
    cost: int
    text: str
    caller: str


class Answers:
    """Answers requests to one schema."""

    def __init__(
        self, schema: strawberry.Schema, options: Options | None = None, reading: Callable[[], str] = lambda: ""
    ) -> None:
        """`reading` says what is being read for the first time, and what to do until it is there, where anything is."""
        self.options = options or Options()
        self._reading = reading
        self._schema = schema._schema
        self._limits = self.options.limits
        self._ways = StrawberryWays()
        self.gate = Gate(self.options.room)
        self.draining = asyncio.Event()
        """Set when the service is about to stop: what goes on by itself ends."""
        self.documents = Documents(self._schema, Prices(self._schema, annotations), self.options)

    async def answer(self, asked: Asked, context: OperationContext | None, *, reading: bool = False) -> Answer:
        """The answer to a query; with `reading` nothing else may be in it. Raises Full, no errors of the request."""
        async with self.gate.entered(asked.caller):
            return await self._answer(asked, context, reading)

    async def _answer(self, asked: Asked, context: OperationContext | None, reading: bool) -> Answer:
        extensions: dict[str, Any] = {}
        tracer = Tracer() if "ftv1" in asked.reported else None
        try:
            executor, admitted = self._executor(asked, context, extensions, reading, live=False)
        except Refused as refused:
            answer = self._refused(refused, asked, extensions)
        else:
            if tracer is not None:
                executor.trace(tracer)
            answer = await self._executed(executor, admitted, extensions)
        if tracer is not None:
            extensions["ftv1"] = tracer.told(answer.errors)
        return answer

    async def stream(
        self, asked: Asked, context: OperationContext, *, reading: bool = False
    ) -> AsyncGenerator[Answer, None]:
        """The answer to a query, or one for each event of a subscription. Raises Full."""
        found = self.begin(asked, context, reading=reading)
        if isinstance(found, Answer):
            yield found
            return
        async with aclosing(found) as answers:
            async for answer in answers:
                yield answer

    def begin(
        self, asked: Asked, context: OperationContext, *, reading: bool = False
    ) -> Answer | AsyncGenerator[Answer, None]:
        """What refuses a request, else the answers to it as they come, which raise Full."""
        extensions: dict[str, Any] = {}
        try:
            executor, admitted = self._executor(asked, context, extensions, reading, live=True)
        except Refused as refused:
            return self._refused(refused, asked, extensions)
        if executor.operation.operation is OperationType.SUBSCRIPTION:
            return self._events(executor, admitted, extensions)
        return self._once(executor, admitted, extensions)

    async def _once(
        self, executor: FastExecutor, admitted: "_Admitted", extensions: dict[str, Any]
    ) -> AsyncGenerator[Answer, None]:
        async with self.gate.entered(admitted.caller):
            answer = await self._executed(executor, admitted, extensions)
        yield answer

    async def _events(
        self, executor: FastExecutor, admitted: "_Admitted", extensions: dict[str, Any]
    ) -> AsyncGenerator[Answer, None]:
        source = create_source_event_stream(executor)
        found = await source if isawaitable(source) else source
        if isinstance(found, ExecutionResult):
            yield Answer(
                None, [told(error, admitted.document) for error in found.errors or []], extensions, executed=False
            )
            return
        context: OperationContext = executor.context_value
        async with aclosing(cast("AsyncGenerator[Any, None]", found)) as events:
            try:
                async for event in events:
                    each = executor.build_per_event_executor(event)
                    each.context_value = context.fresh()
                    async with self.gate.entered(admitted.caller, patient=True):
                        answer = await self._executed(each, admitted, extensions)
                    yield answer
            except Exception as error:
                failed = self._located(error, executor)
                yield Answer(None, [told(failed, admitted.document)], extensions)

    def _located(self, error: Exception, executor: FastExecutor) -> GraphQLError:
        """What ended the events of a subscription, as an error of its field."""
        operation = executor.operation
        root = self._schema.get_root_type(operation.operation)
        assert root is not None
        found = collect_fields(self._schema, executor.fragments, executor.variable_values, root, operation)
        [(key, details)] = found.grouped_field_set.items()
        return located_error(error, [one.node for one in details], [key])

    async def _executed(self, executor: Executor[Any], admitted: "_Admitted", extensions: dict[str, Any]) -> Answer:
        started, tally = time.perf_counter(), Tally()
        mark = TALLY.set(tally)
        outcome = "errors"
        attributes = {"graphql.operation.name": admitted.name or "", "graphql.field": admitted.field}
        try:
            with span(_tracer, "graphql", attributes=attributes | {"graphql.cost": admitted.cost}):
                async with asyncio.timeout(self._limits.seconds):
                    result = executor.execute_operation()
                    if isawaitable(result):
                        result = await result
            assert isinstance(result, ExecutionResult)
            outcome = "errors" if result.errors else "ok"
        except asyncio.CancelledError:
            outcome = "gone"
            raise
        except TimeoutError:
            outcome = "timeout"
            way_out = self._reading() or "Ask for less at once, or filter."
            message = f"The answer took longer than {self._limits.seconds:g} s. {way_out}"
            return Answer(None, [GraphQLError(message, extensions={"code": "TIMEOUT"})], extensions)
        finally:
            TALLY.reset(mark)
            seconds = time.perf_counter() - started
            name, field, cost = admitted.name, admitted.field, admitted.cost
            self.options.observe(Answered(name, field, outcome, seconds, cost, tally, admitted.text))
        return Answer(result.data, [told(error, admitted.document) for error in result.errors or []], extensions)

    def _refused(self, refused: Refused, asked: Asked, extensions: dict[str, Any]) -> Answer:
        errors = [told(error, refused.document) for error in refused.errors]
        if isinstance(refused, Expensive):
            self._report(refused.cost, asked, extensions)
        self.options.observe(Answered(asked.operation, "none", "refused", 0, 0, Tally(), asked.query or ""))
        return Answer(None, errors, extensions, executed=False, unfit=refused.unfit)

    def _executor(
        self, asked: Asked, context: OperationContext | None, extensions: dict[str, Any], reading: bool, *, live: bool
    ) -> tuple[FastExecutor, "_Admitted"]:
        """What executes a request's operation, once it is admitted. Raises Refused."""
        text = self._text(asked)
        found = self.documents.find(text)
        operation = found.operation(asked.operation)
        cost = self._admit(operation, asked, extensions, reading, live=live)
        executor = FastExecutor.build(
            self._schema,
            found.node,
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
            raise Refused(executor, found.node)
        assert isinstance(executor, FastExecutor)
        node = operation.node
        name = node.name.value if node.name else None
        return executor, _Admitted(found.node, name, operation.field, cost, text, asked.caller)

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

    def _admit(
        self, operation: Operation, asked: Asked, extensions: dict[str, Any], reading: bool, *, live: bool
    ) -> int:
        """What it costs. Raises Refused."""
        kind = operation.node.operation
        if (kind is OperationType.SUBSCRIPTION and not live) or (kind is OperationType.MUTATION and reading):
            message = f"A {kind.value} is not taken here."
            if kind is OperationType.SUBSCRIPTION:
                message = "A subscription needs a WebSocket (graphql-transport-ws), or `Accept: text/event-stream`."
            raise Refused([GraphQLError(message, extensions={"code": "BAD_INPUT"})], unfit=True)
        if values(asked.variables, self._limits.values) > self._limits.values:
            message = f"The variables have more than the {self._limits.values:,} values that are allowed."
            raise Refused([GraphQLError(message, extensions={"code": "TOO_COSTLY"})])
        cost = operation.cost(asked.variables)
        if cost > self._limits.cost:
            raise Expensive(cost, self._limits.cost, operation.node)
        self._report(cost, asked, extensions)
        return cost

    def _report(self, cost: int, asked: Asked, extensions: dict[str, Any]) -> None:
        if "cost" in asked.reported:
            extensions["cost"] = {"requested": cost, "allowed": self._limits.cost}
