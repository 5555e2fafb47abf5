"""Plans answer as graphql-core does: the same data, nulls, errors and order, over generated schemas and queries."""

import asyncio
import json
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    execute,
    parse,
    specified_rules,
    validate,
)
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from resolvers.batches import ARGUMENTS
from resolvers.completion import Table
from resolvers.encoding import Text
from resolvers.execution import FastExecutor, Plans

KINDS = ("A", "B", "C")
RULES = [rule for rule in specified_rules if rule not in (NoUnusedFragmentsRule, NoUnusedVariablesRule)]
"""What is generated may leave some of its fragments and variables unused."""


class Colour(Enum):
    RED = "r"
    BLUE = "b"


def _shout(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value.upper()


LEAVES = {
    "text": GraphQLString,
    "id": GraphQLID,
    "number": GraphQLInt,
    "ratio": GraphQLFloat,
    "flag": GraphQLBoolean,
    "colour": GraphQLEnumType("Colour", Colour),
    "loud": GraphQLScalarType("Loud", coerce_output_value=_shout),
}
WRAPPERS = ("T", "T!", "[T]", "[T!]", "[T]!", "[T!]!", "[[T]]", "[[T!]!]!")
HOW = ("stated", "sync", "async", "together", "together async")


class Failure(Exception):
    """What resolvers of these tests raise."""


def read(source: Any, name: str) -> Any:
    return source.get(name) if isinstance(source, dict) else getattr(source, name)


def wrapped(type: Any, wrapper: str) -> Any:
    if wrapper.endswith("!"):
        return GraphQLNonNull(wrapped(type, wrapper[:-1]))
    if wrapper.startswith("["):
        return GraphQLList(wrapped(type, wrapper[1:-1]))
    return type


def value_of(source: Any, key: str, given: dict[str, Any]) -> Any:
    value = read(source, key)
    if isinstance(value, Failure):
        raise value
    return value if not given.get("twice") or not isinstance(value, str) else value * 2


def value_or_error(source: Any, key: str, given: dict[str, Any]) -> Any:
    try:
        return value_of(source, key, given)
    except (Failure, AttributeError) as error:
        return error


def field(type: GraphQLOutputType, key: str, how: str) -> GraphQLField:
    def batch(roots: list[Any], context: Any, **given: Any) -> list[Any]:
        # What a batch raises is the error of each, so it is raised for one alone.
        return [value_or_error(root, key, given) if roots[1:] else value_of(root, key, given) for root in roots]

    async def later(roots: list[Any], context: Any, **given: Any) -> list[Any]:
        return batch(roots, context, **given)

    def now(source: Any, info: Any, **given: Any) -> Any:
        return given if source is ARGUMENTS else value_of(source, key, given)

    async def soon(source: Any, info: Any, **given: Any) -> Any:
        return value_of(source, key, given)

    def either(source: Any, info: Any, **given: Any) -> Any:
        return given if source is ARGUMENTS else soon(source, info, **given)

    if how == "stated":
        return GraphQLField(type, extensions={"stated": key})
    resolve: Callable[..., Any] = {"sync": now, "async": soon, "together": now, "together async": either}[how]
    batches = {"together": batch, "together async": later}
    arguments = {"twice": GraphQLArgument(GraphQLBoolean, default_value=False)}
    return GraphQLField(type, arguments, resolve, extensions={"batch": batches.get(how)})


class TestWays:
    __test__ = False

    def stated(self, field: GraphQLField) -> str | None:
        return field.extensions.get("stated")

    def batch(self, field: GraphQLField) -> Any:
        return field.extensions.get("batch")

    def column(self, sources: Sequence[Any], name: str) -> list[Any]:
        return [read(one, name) for one in sources]

    def fits_always(self, type: GraphQLObjectType) -> bool:
        return False


@st.composite
def schemas(draw: st.DrawFn) -> tuple[GraphQLSchema, dict[str, dict[str, tuple[str, str, str]]]]:
    """A schema, and for each kind its fields: key → (what, wrapper, how)."""
    objects: dict[str, GraphQLObjectType] = {}
    common = {"text": ("text", draw(st.sampled_from(("T", "T!"))), "stated")}
    fields: dict[str, dict[str, tuple[str, str, str]]] = {}
    for kind in KINDS:
        leaves = draw(st.lists(st.tuples(st.sampled_from(sorted(LEAVES)), st.sampled_from(WRAPPERS)), max_size=3))
        links = draw(
            st.lists(st.tuples(st.sampled_from((*KINDS, "Any", "Common")), st.sampled_from(WRAPPERS[:6])), max_size=3)
        )
        fields[kind] = dict(common)
        for index, (what, wrapper) in enumerate([*leaves, *links]):
            fields[kind][f"f{index}"] = (what, wrapper, draw(st.sampled_from(HOW)))

    def named(value: Any, info: Any, type: Any) -> Any:
        return value.get("kind") if isinstance(value, dict) else None

    common_type = GraphQLInterfaceType(
        "Common", {"text": GraphQLField(wrapped(GraphQLString, common["text"][1]))}, resolve_type=named
    )

    def type_of(what: str) -> Any:
        return {**LEAVES, **objects, "Any": any_type, "Common": common_type}[what]

    def made(kind: str) -> Callable[[], dict[str, GraphQLField]]:
        return lambda: {
            key: field(wrapped(type_of(what), wrapper), key, how) for key, (what, wrapper, how) in fields[kind].items()
        }

    for kind in KINDS:
        objects[kind] = GraphQLObjectType(kind, made(kind), interfaces=[common_type])
    any_type = GraphQLUnionType("Any", [objects["A"], objects["B"]], resolve_type=named)
    return GraphQLSchema(objects["A"], types=list(objects.values())), fields


Fields = dict[str, dict[str, tuple[str, str, str]]]
GOOD: dict[str, list[Any]] = {
    "text": ["x", "长", 3, True],
    "id": ["i", 7],
    "number": [1, 0, -5, 2.0, True],
    "ratio": [0.5, 2, 1e30],
    "flag": [True, False, 1],
    "colour": [Colour.RED, Colour.BLUE, "r"],
    "loud": ["a"],
}
BAD: list[Any] = [None, None, 2**40, float("nan"), {"a": 1}, [], "?", Failure("failed"), ValueError("as a value")]


@st.composite
def sources(draw: st.DrawFn, fields: Fields, kind: str, depth: int) -> dict[str, Any]:
    source: dict[str, Any] = {"kind": kind}
    for key, (what, wrapper, _) in fields[kind].items():
        source[key] = draw(values(fields, what, wrapper, depth))
    return source


def table(fields: dict[str, tuple[str, str, str]], sources: list[Any]) -> Table:
    """The same sources kept as columns."""
    return Table(len(sources), {key: [one.get(key) for one in sources] for key in fields}, sources.__getitem__)


@st.composite
def values(draw: st.DrawFn, fields: Fields, what: str, wrapper: str, depth: int) -> Any:
    """What a source has for a field: mostly as it should be."""
    if draw(st.integers(0, 40)) == 0:
        return draw(st.sampled_from(BAD))
    wrapper = wrapper.removesuffix("!")
    if wrapper.startswith("["):
        size = draw(st.integers(0, 3)) if depth or what in LEAVES else 0
        items = [draw(values(fields, what, wrapper[1:-1], depth - 1)) for _ in range(size)]
        if what in KINDS and all(isinstance(item, dict) for item in items):
            return draw(st.sampled_from([items, tuple(items), table(fields[what], items)]))
        return draw(st.sampled_from([items, tuple(items)]))
    if what in LEAVES:
        return draw(st.sampled_from(GOOD[what] if draw(st.integers(0, 20)) else BAD))
    if depth <= 0:
        return None
    kinds = {"Any": ("A", "B"), "Common": KINDS}.get(what, (what,))
    kind = draw(st.sampled_from(kinds)) if draw(st.integers(0, 40)) else draw(st.sampled_from([*KINDS, "Nobody"]))
    return draw(sources(fields, kind if kind in KINDS else "A", depth - 1)) | {"kind": kind}


SWITCHES = ["", "", "", "", " @include(if: $on)", " @skip(if: $off)", " @include(if: true)", " @skip(if: $on)"]


@st.composite
def selections(draw: st.DrawFn, fields: Fields, kind: str, depth: int, spreads: str = "FG") -> str:
    """A selection set on a type, with the fragments `spreads`."""
    parts = []
    for _ in range(draw(st.integers(1, 5))):
        switch = draw(st.sampled_from(SWITCHES))
        if kind in KINDS and draw(st.integers(0, 5)):
            key = draw(st.sampled_from(sorted(fields[kind])))
            what, _, how = fields[kind][key]
            alias = f"{draw(st.sampled_from(['x', 'y', 'z']))}{key}: " if draw(st.booleans()) else ""
            given = (
                draw(st.sampled_from(["", "(twice: true)", "(twice: $on)", "(twice: $both)"]))
                if how != "stated"
                else ""
            )
            if given and not alias:
                alias = f"g{len(given)}{key}: "
            if what in LEAVES:
                parts.append(f"{alias}{key}{given}{switch}")
            elif depth:
                parts.append(f"{alias}{key}{given}{switch} {draw(selections(fields, what, depth - 1, spreads))}")
        elif depth and draw(st.booleans()):
            on = draw(st.sampled_from([kind, *KINDS, "Common"]))
            parts.append(f"... on {on}{switch} {draw(selections(fields, on, depth - 1, spreads))}")
        else:
            named = ["__typename", f"kind{depth}: __typename", *(f"...{name}" for name in spreads)]
            parts.append(draw(st.sampled_from(named)) + switch)
    return "{ " + " ".join(parts or ["__typename"]) + " }"


@st.composite
def cases(draw: st.DrawFn) -> tuple[GraphQLSchema, str, Any, dict[str, bool]]:
    schema, fields = draw(schemas())
    parts = [
        f"query Q($on: Boolean! = true, $off: Boolean!, $both: Boolean! = true) {draw(selections(fields, 'A', 3))}"
    ]
    for name in "FG":
        on = draw(st.sampled_from(KINDS))
        parts.append(f"fragment {name} on {on} {draw(selections(fields, on, 1, ''))}")
    document = "\n".join(parts)
    assume(not validate(schema, parse(document), RULES))  # before the sources, which take longest to draw
    given = {name: draw(st.booleans()) for name in ("on", "off", "both")}
    return schema, document, draw(sources(fields, "A", 4)), given


def shown(result: ExecutionResult) -> str:
    told = [result.data, [error.formatted for error in result.errors or []]]
    return json.dumps(told, ensure_ascii=False, indent=1, default=plain)


def plain(value: Any) -> Any:
    """What JSON does not know, finished JSON above all."""
    return json.loads(value.json) if isinstance(value, Text) else str(value)


async def _whole(result: Any) -> ExecutionResult:
    """The result, when all that was begun for it has ended: an error does not wait for what runs beside it."""
    try:
        return result if isinstance(result, ExecutionResult) else await result
    finally:
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)


def both(schema: GraphQLSchema, document: str, root: Any, given: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What graphql-core answers and what a plan does: the first time, the second, and with another variable."""
    parsed = parse(document)

    def resolver(source: Any, info: Any, **_: Any) -> Any:
        return read(source, info.parent_type.fields[info.field_name].extensions["stated"])

    plans = Plans(frozenset({"on", "off"}))

    async def asked() -> tuple[list[str], list[str]]:
        common: dict[str, Any] = {"root_value": root, "field_resolver": resolver}
        core, answers = [], []
        for values in (given, given, {**given, "both": not given.get("both")}):
            core.append(shown(await _whole(execute(schema, parsed, variable_values=values, **common))))
            executor = FastExecutor.build(
                schema,
                parsed,
                **common,
                raw_variable_values=values,
                ways=TestWays(),
                plans=plans,
            )
            assert isinstance(executor, FastExecutor)
            answers.append(shown(await _whole(executor.execute_operation())))
        return core, answers

    return asyncio.run(asked())


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_a_plan_answers_as_graphql_core_does(case: tuple[GraphQLSchema, str, Any, dict[str, bool]]) -> None:
    schema, document, root, given = case
    core, planned = both(schema, document, root, given)
    assert planned == core


VALUES = [
    object(),
    1,
    True,
    1.0,
    "1",
    [1],
    [True],
    {"a": 1},
    {"a": 1.0},
    None,
    "ab" * 1_000,
    "ab" * 999,
    2**70,
    float("nan"),
]


def test_one_plan_asks_with_the_variables_of_each_request() -> None:
    """Variables that are alike but not the same, long ones, and such as cannot be written as JSON."""
    given: list[Any] = []

    async def batch(roots: list[Any], context: Any, **arguments: Any) -> list[Any]:
        given.append(arguments)
        return [repr(arguments)] * len(roots)

    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        return arguments if source is ARGUMENTS else repr(arguments)

    arguments = {"value": GraphQLArgument(GraphQLScalarType("Anything"), default_value="none")}
    told = GraphQLField(GraphQLString, arguments, resolve, extensions={"batch": batch})
    schema = GraphQLSchema(GraphQLObjectType("Query", {"told": told}))
    parsed, plans = parse("query($value: Anything) { told(value: $value) same: told(value: 7) }"), Plans()

    async def asked(variables: dict[str, Any]) -> Any:
        executor = FastExecutor.build(
            schema, parsed, raw_variable_values=variables, ways=TestWays(), plans=plans, field_resolver=read
        )
        assert isinstance(executor, FastExecutor)
        return (await _whole(executor.execute_operation())).data

    async def all_twice() -> None:
        for variables in [*({"value": value} for value in VALUES), {}] * 2:
            told = variables or {"value": "none"}
            assert await asked(variables) == {"told": repr(told), "same": repr({"value": 7})}
        assert len(given) == 2 * 2 * (len(VALUES) + 1)

    asyncio.run(all_twice())
