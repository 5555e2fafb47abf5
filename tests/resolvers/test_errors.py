"""What the caller is told of errors: a mistake with its code, a fault of ours with a number and no detail."""

import logging
from collections.abc import Iterator

import pytest
import strawberry
from graphql import GraphQLError

from graph.errors import StatementTimeout, Unreachable
from graph.refusals import BadInput, NotFound, TooCostly
from resolvers.answering import Answers
from resolvers.errors import OURS
from resolvers.requests import Asked

SECRET = "bolt://neo4j:password@10.0.0.7 said: MATCH (n) RETURN n"

RAISED: dict[str, Exception] = {
    "input": BadInput("depth: must be less", argument="depth"),
    "unknown": NotFound("ids: unknown", argument="ids", ids=["a", "b"]),
    "costly": TooCostly("first: too many", argument="first"),
    "timeout": StatementTimeout("too long", SECRET),
    "unreachable": Unreachable(SECRET, SECRET),
    "bug": ZeroDivisionError(SECRET),
    "value": ValueError(SECRET),
}


def _fails(name: str) -> str:
    raise RAISED[name]


@strawberry.input
class Picked:
    value: int = 0
    inner: "Picked | None" = None


@strawberry.type
class Query:
    fails: str | None = strawberry.field(resolver=_fails)

    @strawberry.field
    def wrong(self) -> int:
        return "not a number"  # type: ignore[return-value]

    @strawberry.field
    def number(self, value: int) -> int:
        return value

    @strawberry.field
    def picked(self, of: list[Picked]) -> int:
        return len(of)


ANSWERS = Answers(strawberry.Schema(query=Query))


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


async def _errors(query: str) -> list[GraphQLError]:
    return (await ANSWERS.answer(Asked(query), None)).errors


@pytest.mark.parametrize(
    ("name", "message", "extensions"),
    [
        ("input", "depth: must be less", {"code": "BAD_INPUT", "argument": "depth"}),
        ("unknown", "ids: unknown", {"code": "NOT_FOUND", "argument": "ids", "ids": ["a", "b"]}),
        ("costly", "first: too many", {"code": "TOO_COSTLY", "argument": "first"}),
    ],
)
async def test_the_caller_s_mistake_is_told_as_it_is(
    name: str, message: str, extensions: dict[str, object], logged: pytest.LogCaptureFixture
) -> None:
    [error] = await _errors(f'{{ fails(name: "{name}") }}')
    assert error.formatted["message"] == message
    assert error.formatted["extensions"] == extensions
    assert logged.records == []


async def test_a_timeout_says_what_to_do_and_nothing_of_the_engine() -> None:
    [error] = await _errors('{ fails(name: "timeout") }')
    assert error.formatted["extensions"] == {"code": "TIMEOUT"}
    assert "Ask for less" in error.message
    assert SECRET not in str(error.formatted)


@pytest.mark.parametrize("name", ["unreachable", "bug", "value"])
async def test_a_fault_of_ours_has_a_number_that_the_log_has_too(name: str, logged: pytest.LogCaptureFixture) -> None:
    [error] = await _errors(f'{{ fails(name: "{name}") }}')
    told = error.formatted
    assert told["message"] == OURS
    assert told["path"] == ["fails"]
    assert told["extensions"].keys() == {"code", "errorId"}
    assert told["extensions"]["code"] == "INTERNAL"
    assert SECRET not in str(told)
    [record] = logged.records
    assert told["extensions"]["errorId"] in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[1] is RAISED[name]


async def test_a_wrong_answer_of_ours_is_ours() -> None:
    [error] = await _errors("{ wrong }")
    assert error.formatted["extensions"]["code"] == "INTERNAL"


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("{", "BAD_INPUT", "Syntax Error"),
        ("{ nothing }", "BAD_INPUT", "nothing"),
        ('{ number(value: "x") }', "BAD_INPUT", "value: "),
        ("{ number }", "BAD_INPUT", "value"),
        ("query A { __typename } query B { __typename }", "BAD_INPUT", "operationName: "),
        ("{ a {" + " ".join(map("b{}".format, range(5_000))) + " } }", "TOO_COSTLY", "5,000 are allowed"),
        ("mutation { x }", "BAD_INPUT", "mutation"),
    ],
)
async def test_a_wrong_document_is_the_caller_s_mistake(
    query: str, code: str, words: str, logged: pytest.LogCaptureFixture
) -> None:
    errors = await _errors(query)
    assert [(error.extensions or {})["code"] for error in errors] == [code]
    assert words in errors[0].message
    assert logged.records == []


async def test_a_wrong_variable_is_named() -> None:
    result = await ANSWERS.answer(Asked("query($n: Int!) { number(value: $n) }", {"n": "x"}), None)
    assert result.errors[0].extensions == {"code": "BAD_INPUT", "argument": "n"}
    assert "$n" in result.errors[0].message


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        ('query A($n: Int = "x") { number(value: $n) }', None),
        ('{ a: number(value: 1) ... { number(value: "x") } }', "value"),
        ("{ picked(of: [{ value: 1 }, { inner: { value: true } }]) }", "of.inner.value"),
        ("{ fails @skip(if: 1) }", "if"),
    ],
)
async def test_the_argument_that_a_wrong_value_is_in_is_named(query: str, argument: str | None) -> None:
    error = (await _errors(query))[0]
    assert (error.extensions or {}).get("argument") == argument


async def test_what_is_wrong_is_not_repeated_at_length() -> None:
    [error] = await _errors('{ number(value: "' + "x" * 10_000 + '") }')
    assert len(error.message) < 1_100
    assert error.message.endswith("xxx…")
