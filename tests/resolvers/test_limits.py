"""Documents beyond a limit are refused before they are executed, and cost is what the annotations say."""

from typing import Any

import pytest
import strawberry
from graphql import get_introspection_query

from resolvers.answering import Answer, Answers
from resolvers.costs import rows, weighs
from resolvers.documents import MOST_TEXT
from resolvers.limits import Limits, values
from resolvers.options import Options
from resolvers.requests import Asked


def _heavy() -> str:
    return "x"


@strawberry.type
class Item:
    name: str = "x"

    @strawberry.field
    def items(self, first: int | None = None) -> list["Item"]:
        return [Item()] * (first or 2)

    heavy: str = strawberry.field(resolver=_heavy, directives=[weighs(7)])


@strawberry.type
class Page:
    nodes: list[Item]
    total: int = 0


@strawberry.input
class Budget:
    most: int | None = None


def _page(first: int | None = None, budget: Budget | None = None) -> Page:
    return Page(nodes=[Item()] * 3)


def _picked(ids: list[str] | None = None) -> list[Item]:
    return [Item() for _ in ids or ()]


@strawberry.type
class Query:
    @strawberry.field
    def name(self) -> str:
        return "x"

    @strawberry.field
    def item(self) -> Item:
        return Item()

    picked: list[Item] = strawberry.field(resolver=_picked, directives=[rows(50, "ids")])
    page: Page = strawberry.field(resolver=_page, directives=[rows(50, "first", "budget.most", of=("nodes",))])


SCHEMA = strawberry.Schema(query=Query)


async def ask(query: str, given: dict[str, Any] | None = None, **limits: Any) -> Answer:
    answers = Answers(SCHEMA, Options(limits=Limits(**limits)))
    return await answers.answer(Asked(query, given or {}, reported=frozenset({"cost"})), None)


@pytest.mark.parametrize(
    ("limit", "within", "beyond", "says"),
    [
        ({"tokens": 6}, "{ a: name b: __typename }"[:22] + "}", "{ name name name name name }", "tokens"),
        ({"nesting": 3}, "{ item { name } }", "{ item { items { items { name } } } }", "levels of brackets"),
        ({"depth": 3}, "{ item { items { name } } }", "{ item { items { items { name } } } }", "levels of fields"),
        ({"fields": 4}, "{ item { name } name }", "{ item { name } a: item { name } name }", "fields"),
        ({"aliases": 1}, "{ a: name }", "{ a: name b: name }", "aliases"),
        ({"directives": 1}, "{ name @skip(if: false) }", "{ name @skip(if: false) @include(if: true) }", "directives"),
        ({"operations": 1}, "{ name }", "query A { name } query B { name }", "operations"),
        (
            {"variables": 1},
            "query($a: Int) { page(first: $a) { total } }",
            "query($a: Int, $b: Int) { name }",
            "variables",
        ),
        (
            {"introspections": 1},
            "{ __schema { description } }",
            '{ ...A } fragment A on Query { __schema { description } ... { __type(name: "Item") { name } } }',
            "introspection",
        ),
        ({"digits": 3}, "{ page(first: 100) { total } }", "{ page(first: 1000) { total } }", "digits of one number"),
        ({"digits": 3}, "query($a: Int = 1) { page(first: $a) { total } }", "query($a: Int = -1e9) { name }", "digits"),
        ({"repeats": 2}, "{ item { name name } }", "{ item { name name name } }", "selections of name side by side"),
        ({"repeats": 1}, "{ a: name b: name }", "{ a: name a: name }", "selections of a side by side"),
        (
            {"arguments": 1},
            "{ page(first: 1) { total } }",
            "{ page(first: 1, budget: null) { total } }",
            "arguments of one field",
        ),
        (
            {"depth": 2},
            "{ page(budget: {most: 1}) { total } }",
            "{ page(budget: {most: [1]}) { total } }",
            "levels of values",
        ),
        ({"root_fields": 2}, "{ name item { name } }", "{ name item { name } __typename }", "root fields"),
        (
            {"fragments": 1},
            "{ ...A } fragment A on Query { name }",
            "{ ...A ...B } fragment A on Query { name } fragment B on Query { name }",
            "fragments",
        ),
    ],
)
async def test_each_limit_refuses_what_is_beyond_it(limit: dict[str, Any], within: str, beyond: str, says: str) -> None:
    if limit != {"tokens": 6}:
        assert not (await ask(within, **limit)).errors
    answer = await ask(beyond, **limit)
    [error] = answer.errors
    assert not answer.executed
    assert says in error.message
    assert error.extensions == {"code": "TOO_COSTLY"}


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{ name }", {}, 0),
        ("{ item { name } }", {}, 1),
        ("{ item { heavy } }", {}, 8),
        ("{ item { items { name } } }", {}, 1 + 10),
        ("{ item { items { items { name } } } }", {}, 1 + 10 * (1 + 10)),
        ("{ page { total } }", {}, 1),
        ("{ page { nodes { name } } }", {}, 1 + 50),
        ("{ page(first: 3) { nodes { heavy } } }", {}, 1 + 3 * (1 + 7)),
        ("{ page(first: 3) { ...P } } fragment P on Page { nodes { heavy } }", {}, 1 + 3 * (1 + 7)),
        ("{ a: page(first: 3) { ...P } b: page { ...P } } fragment P on Page { nodes { name } }", {}, 1 + 3 + 1 + 50),
        ("query($n: Int) { page(first: $n) { nodes { name } } }", {"n": 4}, 1 + 4),
        ("query($n: Int = 5) { page(first: $n) { nodes { name } } }", {}, 1 + 5),
        ("query($n: Int) { page(first: $n) { nodes { name } } }", {"n": None}, 1 + 50),
        ("query($b: Budget) { page(budget: $b) { nodes { name } } }", {"b": {"most": 6}}, 1 + 6),
        ("query($m: Int) { page(budget: {most: $m}) { nodes { name } } }", {"m": 7}, 1 + 7),
        ("{ page(budget: {most: 8}) { nodes { name } } }", {}, 1 + 8),
        ('{ picked(ids: ["a", "b"]) { heavy } }', {}, 2 * (1 + 7)),
        ("{ picked(ids: []) { heavy } }", {}, 0),
        ("query($ids: [String!]) { picked(ids: $ids) { heavy } }", {"ids": ["a"] * 60}, 60 * (1 + 7)),
        ("query($ids: [String!]) { picked(ids: $ids) { heavy } }", {}, 50 * (1 + 7)),
        ("{ item { ... on Item { name } ...I } } fragment I on Item { items { name } }", {}, 1 + 10),
    ],
)
async def test_the_cost_is_weights_times_rows(query: str, variables: dict[str, Any], cost: int) -> None:
    answer = await ask(query, variables)
    assert not answer.errors
    assert answer.extensions == {"cost": {"requested": cost, "allowed": 200_000}}
    if cost:
        refused = await ask(query, variables, cost=cost - 1)
        assert refused.errors[0].extensions == {"code": "TOO_COSTLY"}
        assert not refused.executed
        assert refused.extensions == {"cost": {"requested": cost, "allowed": cost - 1}}


async def test_what_costs_too_much_whatever_the_variables_is_not_validated_first() -> None:
    """Each time the same is told of it, and of an operation beside it that costs less nothing."""
    answers = Answers(SCHEMA, Options(limits=Limits(cost=100)))
    costly = "query Costly { page(first: 200) { nodes { name nothing } } }"
    for _ in range(2):
        answer = await answers.answer(Asked(costly, operation="Costly"), None)
        [error] = answer.errors
        assert error.extensions == {"code": "TOO_COSTLY"}
        assert error.formatted["locations"] == [{"line": 1, "column": 1}]
    answer = await answers.answer(Asked(costly + " query Cheap { name }", operation="Cheap"), None)
    assert [error.extensions for error in answer.errors] == [{"code": "BAD_INPUT"}]
    both = costly.replace(" nothing", "") + " query Cheap { name }"
    assert (await answers.answer(Asked(both, operation="Cheap"), None)).data == {"name": "x"}
    assert [error.extensions for error in (await answers.answer(Asked(both, operation="Costly"), None)).errors] == [
        {"code": "TOO_COSTLY"}
    ]


async def test_fragments_that_double_each_other_are_counted_without_being_followed() -> None:
    doubling = "".join(
        f"fragment F{i} on Item {{ a: items {{ ...F{i + 1} }} b: items {{ ...F{i + 1} }} }} " for i in range(60)
    )
    answer = await ask("{ item { ...F0 } } " + doubling + "fragment F60 on Item { name }", depth=1_000)
    assert answer.errors[0].extensions == {"code": "TOO_COSTLY"}
    assert "over a thousand million fields" in answer.errors[0].message


@pytest.mark.parametrize(
    "query",
    [
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ ...A } fragment A on Query { item { ...B } } fragment B on Item { items { ...B } }",
        "{ ...Nothing }",
        "fragment A on Query { name }",
        "{ name } type X { a: Int }",
        "{" * 70,
        '{ name(a: "' + "x" * 1000,
        '{ a(b: """' + '""',
        "#" * 100,
    ],
)
async def test_wrong_documents_are_told_and_nothing_is_executed(query: str) -> None:
    answer = await ask(query)
    assert answer.errors
    assert not answer.executed
    assert all((error.extensions or {})["code"] in ("BAD_INPUT", "TOO_COSTLY") for error in answer.errors)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("{ ...A nothing } fragment A on Query { ...B } fragment B on Query { ...A }", ["A' within itself via 'B'"]),
        ("{ item { ...A } } fragment A on Item { items { ...A } }", ["A' within itself"]),
        ("{ ...A } fragment A on Query { name } fragment A on Query { ...A }", ["only one fragment named 'A'"]),
        ("{ ...A } fragment A on Query { ...A } fragment A on Query { name }", ["A' within itself", "only one"]),
        ("{ ...A } fragment A on Query { name ...B ...B } fragment B on Query { name }", []),
        ("{ name } fragment A on Query { ...A }", ["A' within itself", "'A' is never used"]),
    ],
)
async def test_fragments_within_themselves_are_refused(query: str, says: list[str]) -> None:
    """One that an operation comes to is all that is told, since that is what takes no time to find."""
    errors = [error.message for error in (await ask(query)).errors]
    assert len(errors) == len(says), errors
    assert all(words in error for words, error in zip(says, errors, strict=True)), errors


async def test_deep_fragments_of_fragments_exhaust_nothing() -> None:
    chain = "".join(f"fragment F{i} on Item {{ items {{ items {{ items {{ ...F{i + 1} }} }} }} }} " for i in range(99))
    answer = await ask("{ item { ...F0 } } " + chain + "fragment F99 on Item { name }", depth=10_000, fields=10_000)
    assert not answer.executed
    assert (answer.errors[0].extensions or {})["code"] in ("TOO_COSTLY", "BAD_INPUT")
    answer = await ask("{ item { ...F0 } } " + chain + "fragment F99 on Item { name }")
    assert answer.errors[0].extensions == {"code": "TOO_COSTLY"}


async def test_many_errors_end_the_validation_soon() -> None:
    answer = await ask("{ " + " ".join(f"nothing{i}" for i in range(25)) + " }")
    assert len(answer.errors) <= 6


async def test_clients_may_ask_for_the_schema_unless_that_is_off() -> None:
    on, off = Answers(SCHEMA), Answers(SCHEMA, Options(introspect=False, suggest=False))
    for query in (get_introspection_query(), '{ __type(name: "Item") { name } }'):
        assert not (await on.answer(Asked(query), None)).errors
        assert "introspection" in (await off.answer(Asked(query), None)).errors[0].message
    assert (await off.answer(Asked("{ __typename }"), None)).data == {"__typename": "Query"}
    assert "Did you mean" in (await on.answer(Asked("{ nam }"), None)).errors[0].message
    assert "Did you mean" not in (await off.answer(Asked("{ nam }"), None)).errors[0].message


async def test_variables_have_a_limit_of_their_own() -> None:
    answer = await ask("query($n: Int) { page(first: $n) { total } }", {"n": 1, "x": [[1, 2], {"a": 3}]}, values=7)
    assert not answer.errors
    answer = await ask("query($n: Int) { page(first: $n) { total } }", {"n": 1, "x": [[1, 2], {"a": 3}]}, values=6)
    assert answer.errors[0].extensions == {"code": "TOO_COSTLY"}
    assert values({"a": [0] * 1000}, 10) == 11


async def test_what_takes_too_long_is_ended() -> None:
    import asyncio

    ended = []

    @strawberry.type
    class Slow:
        @strawberry.field
        async def slow(self) -> str:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                ended.append(True)
                raise
            return "never"

    answers = Answers(strawberry.Schema(query=Slow), Options(limits=Limits(seconds=0.05)))
    answer = await answers.answer(Asked("{ slow }"), None)
    assert answer.data is None
    assert answer.errors[0].extensions == {"code": "TIMEOUT"}
    assert ended == [True]


async def test_documents_are_kept_while_there_is_room() -> None:
    documents = Answers(SCHEMA).documents
    first = documents.find("{ name }")
    assert documents.find("{ name }") is first
    for number in range(30):
        documents.find("{ name } #" + str(number) * (MOST_TEXT // 25))
    assert documents.find("{ name }") is not first


async def test_fields_that_many_fragments_share_are_too_much_to_compare() -> None:
    count = 80
    spread = " ".join(f"...F{number}" for number in range(count))
    shared = " ".join(f"fragment F{number} on Item {{ name heavy items {{ name }} }}" for number in range(count))
    answer = await ask(f"{{ item {{ {spread} }} }} {shared}")
    [error] = answer.errors
    assert error.extensions == {"code": "TOO_COSTLY"}
    assert "Select what they share once" in error.message
