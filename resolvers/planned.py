"""Planned fields: how the values of one selected field are got for all objects of a level."""

import asyncio
import marshal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import isawaitable
from itertools import count
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    Node,
    Undefined,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import get_field_entry_key
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import Path

from graph.kept import Kept
from resolvers.batches import ARGUMENTS, Batch, needs_of
from resolvers.completion import Column, Completer, Items, Keys, Object, Shape, Table, Uncovered, Wrapped

_UNSHARED = 2
"""The version of marshalled values in which the same values are the same bytes; others, `1` and `True` too, are not."""
_LONGEST = 1_000
"""Bytes of the variables of one field, up to which what it is asked with is kept."""
_gathered: Kept[tuple[int, bytes], dict[str, Any]] = Kept(2_000)
"""What fields were asked with lately: the arguments of their batches, which nobody changes."""
_numbers = count()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a resolver did: the value that it gave, or the exception that it raised, and whether it was awaited."""

    value: Any
    raised: bool = False
    awaited: bool = False


class Run:
    """One execution of a plan."""

    def __init__(self, executor: Executor[Any]) -> None:
        self.executor = executor
        self.context = executor.context_value
        self.variables = executor.variable_values
        self._remembered: list[tuple[Node, Sequence[Any], Callable[[], Sequence[Outcome]]]] = []

    def info(self, field: "Planned") -> GraphQLResolveInfo[Any]:
        """What a resolver of the field is told; the path has only the field's own key."""
        path = Path(None, field.key, field.parent.name)
        return self.executor.build_resolve_info(field.definition, field.nodes, field.parent, path)

    def select(self, field: "Planned") -> None:
        """Let the field's resolver know what is selected of its value."""
        selections = getattr(self.context, "selections", None)
        if selections is not None:
            selections[id(field.nodes[0])] = field.inner

    def remember(self, field: "Planned", objects: Sequence[Any], outcomes: Callable[[], Sequence[Outcome]]) -> None:
        """Keep what a field's resolver did for each object, in case graphql-core has to answer."""
        self._remembered.append((field.nodes[0], objects, outcomes))

    def memory(self) -> dict[tuple[int, int], Outcome]:
        """All outcomes, by the identities of the source and of the field's first node."""
        return {
            (id(source), id(node)): outcome
            for node, objects, outcomes in self._remembered
            for source, outcome in zip(objects, outcomes(), strict=True)
        }


class Planned:
    """A field of one object type, as it was selected under one key."""

    at_once = False
    """Whether nothing below has to be waited for."""
    lists = False
    """Whether it is a list that is read by pages."""

    def __init__(
        self, parent: GraphQLObjectType, definition: GraphQLField, nodes: list[FieldNode], completer: Completer
    ) -> None:
        self.parent = parent
        self.definition = definition
        self.nodes = nodes
        self.name = nodes[0].name.value
        self.key = get_field_entry_key(nodes[0])
        self._completer = completer
        self._names = sorted(set().union(*map(variables_in, nodes[0].arguments or ())))
        self._fixed: dict[str, Any] | None = {}
        if definition.args or nodes[0].arguments:
            self._fixed = None if self._names else self._arguments(None)

    @property
    def keys(self) -> Keys:
        """The keys of its source that it reads; `None`: it may be any."""
        return None

    def inner(self) -> Shape | None:
        """What is selected of it, where that is of one type."""
        completer: Any = self._completer
        while isinstance(completer, Wrapped):
            completer = completer.inner
        return completer.shape() if isinstance(completer, Object) else None

    def items(self) -> Completer | None:
        """What completes the items of its list, where it is one."""
        completer: Any = self._completer
        while isinstance(completer, Wrapped) and not isinstance(completer, Items):
            completer = completer.inner
        return completer.inner if isinstance(completer, Items) else None

    async def column(self, objects: Sequence[Any], run: Run) -> Column:
        """Its completed value on each object."""
        return await self._completer.complete(await self.values(objects, run), run, partial(run.info, self))

    async def values(self, objects: Sequence[Any], run: Run) -> Column:
        """What its resolver gives for each object."""
        raise NotImplementedError

    def arguments(self, run: Run) -> dict[str, Any]:
        """Its arguments, with the variables of this run."""
        return self._arguments(run.variables) if self._fixed is None else self._fixed

    def _arguments(self, variables: VariableValues | None) -> dict[str, Any]:
        try:
            return get_argument_values(self.definition, self.nodes[0], variables)
        except GraphQLError as error:
            raise Uncovered from error


def variables_in(node: Node) -> set[str]:
    """The names of the variables in a node."""
    found: set[str] = set()

    class Names(Visitor):
        def enter_variable(self, node: VariableNode, *_: object) -> None:
            found.add(node.name.value)

    visit(node, Names())
    return found


class TypeName(Planned):
    """`__typename`."""

    at_once = True
    keys = frozenset()

    async def values(self, objects: Sequence[Any], run: Run) -> Column:
        return [self.parent.name] * len(objects)


class Stated(Planned):
    """A field that its source has as it is, under `name`."""

    def __init__(self, *planned: Any, name: str, read: Callable[[Sequence[Any], str], Column]) -> None:
        super().__init__(*planned)
        self._stored = name
        self._read = read
        self.at_once = self._completer.plain

    @property
    def keys(self) -> Keys:
        return frozenset({self._stored})

    async def values(self, objects: Sequence[Any], run: Run) -> Column:
        if isinstance(objects, Table) and self._stored in objects.columns:
            return objects.columns[self._stored]
        try:
            return self._read(objects, self._stored)
        except Exception as error:
            raise Uncovered from error


class Together(Planned):
    """A field whose batch is asked for all objects at once."""

    def __init__(self, *planned: Any, batch: Batch) -> None:
        super().__init__(*planned)
        self._batch = batch
        self._number = next(_numbers)
        self._told, self._shaped = getattr(batch, "told", False), getattr(batch, "shaped", False)
        self.lists = getattr(batch, "lists", False)

    @property
    def keys(self) -> Keys:
        return needs_of(self._batch)

    async def values(self, objects: Sequence[Any], run: Run) -> Column:
        objects, awaited = list(objects), False
        key = self._asked_with(run.variables)
        given = None if key is None else _gathered.find(key)
        arguments = self.arguments(run) if given is None else {}
        try:
            if given is None:
                given = self._gather(arguments, run)
                if key is not None:
                    _gathered.keep(key, given)
            if self._told:
                shape = self.inner()
                given = {**given, "wanted": None if shape is None else shape.keys}
            if self._shaped:
                given = {**given, "selected": self.inner()}
            found = self._batch(objects, run.context, **given)
            awaited = not isinstance(found, list)
            values: Column = found if isinstance(found, list) else await found
        except Exception as error:
            failed = [Outcome(error, True, awaited)] * len(objects)
            run.remember(self, objects, lambda: failed)
            raise Uncovered from error
        run.remember(self, objects, lambda: [Outcome(value, False, awaited) for value in values])
        return values

    def _asked_with(self, variables: VariableValues) -> tuple[int, bytes] | None:
        """What decides the arguments of its batch; `None` where it has none, or that is long, or no JSON."""
        if not self.definition.args:
            return None
        try:
            given = [variables.sources[name].value for name in self._names]
            text = marshal.dumps([None if value is Undefined else (value,) for value in given], _UNSHARED)
        except (KeyError, ValueError):
            return None
        return (self._number, text) if len(text) <= _LONGEST else None

    def _gather(self, arguments: dict[str, Any], run: Run) -> dict[str, Any]:
        """The arguments as the batch takes them."""
        if not self.definition.args:
            return arguments
        assert self.definition.resolve is not None
        given: dict[str, Any] = self.definition.resolve(ARGUMENTS, run.info(self), **arguments)
        return given


class Each(Planned):
    """A field whose resolver is called for each object."""

    async def values(self, objects: Sequence[Any], run: Run) -> Column:
        objects = list(objects)
        given, info = self.arguments(run), run.info(self)
        run.select(self)
        resolve = self.definition.resolve or run.executor.field_resolver
        outcomes: list[Outcome] = []
        for one in objects:
            try:
                outcomes.append(Outcome(resolve(one, info, **given)))
            except Exception as error:
                outcomes.append(Outcome(error, raised=True))
        waiting = [index for index, outcome in enumerate(outcomes) if isawaitable(outcome.value)]
        if waiting:
            waits = (outcomes[index].value for index in waiting)
            for index, value in zip(waiting, await asyncio.gather(*waits, return_exceptions=True), strict=True):
                if isinstance(value, BaseException) and not isinstance(value, Exception):
                    raise value
                outcomes[index] = Outcome(value, isinstance(value, Exception), awaited=True)
        run.remember(self, objects, lambda: outcomes)
        if any(outcome.raised for outcome in outcomes):
            raise Uncovered
        return [outcome.value for outcome in outcomes]
