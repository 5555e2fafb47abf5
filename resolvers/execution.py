"""Executing an operation: by a compiled plan where that covers it, else by graphql-core, with the same answer.

    executor = FastExecutor.build(schema, document, None, context, variables, operation_name, ways=ways, plans=plans)
    result = await executor.execute_operation()

A plan answers only what goes well. At the first error the operation is answered by graphql-core, which says what
failed where and which nulls follow; what resolvers have done by then is not done again.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from graphql import ExecutionResult, GraphQLResolveInfo, OperationType
from graphql.execution import MiddlewareManager
from graphql.execution.executor import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from resolvers.completion import Shape, Uncovered
from resolvers.planned import Outcome, Run
from resolvers.planning import Planner, Ways

MOST_PLANS = 16
"""Plans of one document: one for each operation and each set of values of the variables in `@skip` and `@include`."""


class Plans:
    """The plans of one document. `switches` are the variables that decide what is selected."""

    def __init__(self, switches: frozenset[str] = frozenset()) -> None:
        self._switches = sorted(switches)
        self._plans: dict[tuple[Any, ...], Shape | None] = {}

    def find(self, executor: Executor[Any], ways: Ways) -> Shape | None:
        """The plan of an executor's operation; `None` where it is not covered."""
        values = executor.variable_values.coerced
        key = (id(executor.operation), *(values.get(name) for name in self._switches))
        if key not in self._plans:
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            try:
                self._plans[key] = Planner(executor, ways, self._switches).plan()
            except (Uncovered, RecursionError):
                self._plans[key] = None
        return self._plans[key]


class Remembering:
    """Gives graphql-core what resolvers have done before, as they did it."""

    def __init__(self, memory: dict[tuple[int, int], Outcome]) -> None:
        self._memory = memory

    def resolve(
        self, following: Callable[..., Any], source: Any, info: GraphQLResolveInfo[Any], /, **given: Any
    ) -> Any:
        """The outcome that is known, else the resolver's."""
        outcome = self._memory.get((id(source), id(info.field_nodes[0])))
        if outcome is None:
            return following(source, info, **given)
        if outcome.awaited:
            return _later(outcome)
        if outcome.raised:
            raise outcome.value
        return outcome.value


async def _later(outcome: Outcome) -> Any:
    if outcome.raised:
        raise outcome.value
    return outcome.value


class FastExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, with plans. `ways` and `plans` are given to `build`; without plans it is as it was."""

    def __init__(self, *args: Any, ways: Ways | None = None, plans: Plans | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ways = ways
        self._plans = plans

    def trace(self, tracer: Any) -> None:
        """Execute field by field, through a middleware."""
        self._plans = None
        self.middleware_manager = MiddlewareManager(tracer)

    def execute_operation(self, serially: bool | None = None) -> Any:
        """The result, or what has to be awaited for it."""
        covered = self.operation.operation is not OperationType.MUTATION and self.error_propagation
        if self._plans is None or self._ways is None or not covered or self.abort_signal is not None:
            return super().execute_operation(serially)
        plan = self._plans.find(self, self._ways)
        return super().execute_operation(serially) if plan is None else self._by_plan(plan, serially)

    async def _by_plan(self, plan: Shape, serially: bool | None) -> Any:
        run = Run(self)
        try:
            data = await plan.complete([self.root_value], run)
        except Uncovered:
            pass
        else:
            return ExecutionResult(data[0], None)
        self.middleware_manager = MiddlewareManager(Remembering(run.memory()))
        result = super().execute_operation(serially)
        return await result if isinstance(result, Awaitable) else result
