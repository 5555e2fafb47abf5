"""Server-sent events: the protocol graphql-sse in both modes, what is refused, and how streams end."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

import httpx
import pytest
import strawberry
from starlette.types import ASGIApp

from resolvers.answering import Answers
from resolvers.context import OperationContext
from resolvers.gate import Full
from resolvers.http import GraphQLApp
from resolvers.options import Options
from resolvers.reservations import MOST_OPERATIONS, MOST_RESERVATIONS, PATIENCE, Reservations
from resolvers.single import LONGEST_ID, TOKEN_HEADER
from resolvers.streams import SLOWEST
from resolvers.subgraph import Subgraph
from tests.resolvers.streams import Stream, streaming

EVENTS = "text/event-stream"
QUERY, TICKS = "{ name }", "subscription { ticks }"

RAN: list[str] = []
"""What was begun and what was ended, of `ticks`."""


@strawberry.type
class Query:
    @strawberry.field
    def name(self) -> str:
        RAN.append("name")
        return "x"

    @strawberry.field
    def fails(self) -> str | None:
        raise ZeroDivisionError("secret")

    @strawberry.field
    async def waits(self) -> str:
        await asyncio.sleep(30)
        return "never"


@strawberry.type
class Mutation:
    @strawberry.field
    def change(self) -> str:
        RAN.append("change")
        return "changed"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, upto: int | None = None) -> AsyncGenerator[int, None]:
        try:
            number = 0
            while upto is None or number < upto:
                yield number
                number += 1
        finally:
            RAN.append("ended")

    @strawberry.subscription
    async def breaks(self) -> AsyncGenerator[int, None]:
        yield 1
        raise ZeroDivisionError("secret")


SCHEMA = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)


def made(patience: float = PATIENCE, slowest: float = SLOWEST, **options: Any) -> GraphQLApp:
    RAN.clear()
    answers = Answers(SCHEMA, Options(**options))
    return GraphQLApp(answers, partial(OperationContext, cast(Subgraph, None)), None, patience, slowest)


@pytest.fixture
def app() -> GraphQLApp:
    return made()


async def sent(app: ASGIApp, method: str, query: str = "", body: Any = None, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry") as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.request(method, f"/graphql?{query}", json=body, headers=named)


async def reserved(app: ASGIApp) -> str:
    return (await sent(app, "PUT")).text


async def ask(app: ASGIApp, token: str, query: str = QUERY, id: Any = "1", **more: Any) -> httpx.Response:
    body = {"query": query, "extensions": {"operationId": id}, **more}
    return await sent(app, "POST", body=body, **{TOKEN_HEADER: token})


@asynccontextmanager
async def stream_of(app: ASGIApp, token: str) -> AsyncIterator[Stream]:
    async with streaming(app, accept=EVENTS, **{TOKEN_HEADER: token}) as stream:
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        yield stream


def told(id: str, payload: Any) -> tuple[str, Any]:
    return "next", {"id": id, "payload": payload}


def ended(id: str) -> tuple[str, Any]:
    return "complete", {"id": id}


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


# One connection for many operations.


async def test_a_reservation_is_a_token(app: GraphQLApp) -> None:
    answers = [
        await sent(app, "PUT"),
        await sent(app, "PUT", accept="text/plain"),
        await sent(app, "PUT", accept="*/*"),
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert answers[0].headers["content-type"] == "text/plain; charset=utf-8"
    assert answers[0].headers["cache-control"] == "no-store"
    assert len({answer.text for answer in answers}) == 3
    assert all(len(answer.text) >= 32 for answer in answers)


async def test_queries_are_accepted_and_told_in_the_stream(app: GraphQLApp) -> None:
    token = await reserved(app)
    async with stream_of(app, token) as stream:
        assert await stream.part() == ":\n\n"
        for id in ("1", "身份", "1"):
            accepted = await ask(app, token, id=id)
            assert (accepted.status_code, accepted.content) == (202, b"")
            assert await stream.event() == told(id, {"data": {"name": "x"}})
            assert await stream.event() == ended(id)
        await ask(app, token, "{ fails }", "2")
        event = await stream.event()
        assert event is not None
        assert event[1]["payload"]["data"] == {"fails": None}
        assert event[1]["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL"
        assert "secret" not in json.dumps(event)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("place", ["header", "address"])
async def test_the_token_comes_in_a_header_or_in_the_address(app: GraphQLApp, method: str, place: str) -> None:
    token = await reserved(app)
    query, headers = (f"token={token}", {}) if place == "address" else ("", {TOKEN_HEADER: token})
    async with streaming(app, method, query, accept=EVENTS, **headers) as stream:
        assert stream.status == 200
        body = {"query": QUERY, "extensions": {"operationId": "1"}}
        assert (await sent(app, "POST", query, body, **headers)).status_code == 202
        assert await stream.event() == told("1", {"data": {"name": "x"}})


async def test_operations_wait_for_the_stream(app: GraphQLApp) -> None:
    token = await reserved(app)
    assert (await ask(app, token)).status_code == 202
    await asyncio.sleep(0.05)
    assert RAN == []
    async with stream_of(app, token) as stream:
        assert [await stream.event() for _ in range(2)] == [told("1", {"data": {"name": "x"}}), ended("1")]


async def test_a_subscription_is_told_until_it_is_stopped_and_others_beside_it(app: GraphQLApp) -> None:
    token = await reserved(app)
    async with stream_of(app, token) as stream:
        await ask(app, token, TICKS, "ticks")
        assert await stream.event() == told("ticks", {"data": {"ticks": 0}})
        await ask(app, token, "subscription { ticks(upto: 2) }", "two")
        heard = []
        while ended("two") not in heard:
            heard.append(await stream.event())
        assert [event for event in heard if event and event[1]["id"] == "two"] == [
            told("two", {"data": {"ticks": 0}}),
            told("two", {"data": {"ticks": 1}}),
            ended("two"),
        ]
        assert told("ticks", {"data": {"ticks": 1}}) in heard
        RAN.clear()
        stopped = await sent(app, "DELETE", "operationId=ticks", **{TOKEN_HEADER: token})
        assert (stopped.status_code, stopped.content) == (200, b"")
        await until(lambda: RAN == ["ended"])
        # Its id is free at once, and of the stopped one only what was under way is told.
        await ask(app, token, QUERY, "ticks")
        heard = []
        while ended("ticks") not in heard:
            heard.append(await stream.event())
        assert heard[-2] == told("ticks", {"data": {"name": "x"}})
        assert len(heard) <= 4


async def test_a_fault_while_events_come_is_told_and_ends_the_operation(app: GraphQLApp) -> None:
    token = await reserved(app)
    async with stream_of(app, token) as stream:
        await ask(app, token, "subscription { breaks }")
        assert await stream.event() == told("1", {"data": {"breaks": 1}})
        event = await stream.event()
        assert event is not None
        assert event[1]["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL"
        assert "secret" not in json.dumps(event)
        assert await stream.event() == ended("1")


GOOD = {"query": QUERY, "extensions": {"operationId": "2"}}


@pytest.mark.parametrize(
    ("method", "query", "body", "headers", "status"),
    [
        ("PUT", "", None, {}, 409),
        ("PUT", "", None, {"accept": "application/json", TOKEN_HEADER: ""}, 406),
        ("GET", "", None, {"accept": "gibberish"}, 406),
        ("GET", "", None, {"accept": "application/json"}, 400),
        ("GET", "", None, {"accept": EVENTS, TOKEN_HEADER: "0"}, 404),
        ("GET", "token=0", None, {"accept": EVENTS, TOKEN_HEADER: ""}, 404),
        ("POST", "", GOOD, {TOKEN_HEADER: "0"}, 404),
        ("POST", "", GOOD, {TOKEN_HEADER: "../../a"}, 404),
        ("POST", "", GOOD, {TOKEN_HEADER: f"deadbeef.{'a' * 32}"}, 404),
        ("POST", "", GOOD, {"accept": "image/png"}, 406),
        ("POST", "", {"query": QUERY}, {}, 400),
        ("POST", "", {"query": QUERY, "extensions": {"operationId": ""}}, {}, 400),
        ("POST", "", {"query": QUERY, "extensions": {"operationId": 5}}, {}, 400),
        ("POST", "", {"query": QUERY, "extensions": {"operationId": "x" * (LONGEST_ID + 1)}}, {}, 400),
        ("POST", "", {"query": QUERY, "extensions": {"operationId": "1"}}, {}, 409),
        ("POST", "", {"query": 5, "extensions": {"operationId": "2"}}, {}, 400),
        ("POST", "", {"query": "{ nothing }", "extensions": {"operationId": "2"}}, {}, 400),
        ("POST", "", {"query": "{", "extensions": {"operationId": "2"}}, {}, 400),
        ("POST", "", {**GOOD, "operationName": "other"}, {}, 400),
        ("POST", "", [GOOD], {}, 400),
        ("POST", "", None, {"content-type": "text/plain"}, 415),
        ("DELETE", "operationId=1", None, {TOKEN_HEADER: ""}, 404),
        ("DELETE", "operationId=1", None, {TOKEN_HEADER: "0"}, 404),
        ("DELETE", "", None, {}, 400),
        ("PATCH", "", None, {}, 405),
    ],
)
async def test_misuse_is_refused_and_harms_nothing(
    app: GraphQLApp, method: str, query: str, body: Any, headers: dict[str, str], status: int
) -> None:
    token = await reserved(app)
    async with stream_of(app, token) as stream:
        await ask(app, token, "{ waits }", "1")
        refused = await sent(app, method, query, body, **{TOKEN_HEADER: token, **headers})
        assert refused.status_code == status
        assert refused.headers["content-type"] == "application/json"
        assert refused.json()["errors"][0]["extensions"]["code"] in {"BAD_INPUT", "NOT_FOUND", "CONFLICT"}
        await ask(app, token, QUERY, "after")
        assert [await stream.event() for _ in range(2)] == [told("after", {"data": {"name": "x"}}), ended("after")]


async def test_a_token_has_one_stream_and_ends_with_it(app: GraphQLApp) -> None:
    token = await reserved(app)
    async with stream_of(app, token) as stream:
        await ask(app, token, TICKS)
        assert await stream.event() == told("1", {"data": {"ticks": 0}})
        async with streaming(app, accept=EVENTS, **{TOKEN_HEADER: token}) as second:
            assert second.status == 409
        assert await stream.event() == told("1", {"data": {"ticks": 1}})
    assert RAN == ["ended"]
    assert (await ask(app, token)).status_code == 404
    assert (await sent(app, "DELETE", "operationId=1", **{TOKEN_HEADER: token})).status_code == 404
    async with streaming(app, accept=EVENTS, **{TOKEN_HEADER: token}) as stream:
        assert stream.status == 404
    again = await sent(app, "PUT", **{TOKEN_HEADER: token})
    assert again.status_code == 201
    assert again.text != token


async def test_a_get_reads(app: GraphQLApp) -> None:
    token = await reserved(app)
    async with stream_of(app, token) as stream:
        for id, query, status in (("1", "{name}", 202), ("3", "mutation{change}", 400)):
            extensions = json.dumps({"operationId": id})
            answer = await sent(app, "GET", f"query={query}&extensions={extensions}", **{TOKEN_HEADER: token})
            assert answer.status_code == status
        assert await stream.event() == told("1", {"data": {"name": "x"}})
        assert "change" not in RAN
        assert (await ask(app, token, "mutation { change }", "2")).status_code == 202
        assert await stream.event() == ended("1")
        assert await stream.event() == told("2", {"data": {"change": "changed"}})


async def test_one_stream_has_only_so_many_operations(app: GraphQLApp) -> None:
    token = await reserved(app)
    for number in range(MOST_OPERATIONS):
        assert (await ask(app, token, TICKS, str(number))).status_code == 202
    assert (await ask(app, token, TICKS, "more")).status_code == 429
    assert (await sent(app, "DELETE", "operationId=5", **{TOKEN_HEADER: token})).status_code == 200
    assert (await ask(app, token, QUERY, "more")).status_code == 202


async def test_a_stream_that_nobody_opens_is_forgotten_with_its_operations() -> None:
    app = made(patience=0.2)
    token, opened = await reserved(app), await reserved(app)
    await ask(app, token, TICKS)
    async with stream_of(app, opened) as stream:
        await asyncio.sleep(0.4)
        assert (await ask(app, token)).status_code == 404
        assert (await ask(app, opened)).status_code == 202
        assert await stream.event() == told("1", {"data": {"name": "x"}})
    assert RAN == ["name"]


async def test_only_so_many_streams_are_reserved_and_one_caller_leaves_room_for_others() -> None:
    reservations = Reservations()
    mine = [reservations.reserve("me") for _ in range(MOST_RESERVATIONS // 2)]
    with pytest.raises(Full):
        reservations.reserve("me")
    for _ in range(MOST_RESERVATIONS // 2):
        reservations.reserve("other")
    with pytest.raises(Full):
        reservations.reserve("third")
    await reservations.end(mine[0])
    assert reservations.reserve("me").token != mine[0].token
    await reservations.close()
    reservations.reserve("third")
    await reservations.close()


async def test_too_many_reservations_are_told_to_come_later(app: GraphQLApp) -> None:
    for _ in range(MOST_RESERVATIONS // 2):
        app._singles.reserve(None, "127.0.0.1")
    answer = await sent(app, "PUT")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["errors"][0]["extensions"] == {"code": "TOO_COSTLY"}
    await app.close()


async def test_a_client_that_reads_nothing_is_left_and_nothing_heaps_up_for_it() -> None:
    app = made(slowest=0.3)
    token = await reserved(app)
    async with stream_of(app, token) as stream:
        await ask(app, token, TICKS)
        assert await stream.event() == told("1", {"data": {"ticks": 0}})
        await until(lambda: RAN == ["ended"])
        assert (await ask(app, token)).status_code == 404
        assert stream.outgoing.get_nowait()["more_body"]
        assert stream.outgoing.empty()  # broken off, not ended
    RAN.clear()
    async with streaming(app, "POST", body={"query": TICKS}, accept=EVENTS) as stream:
        await until(lambda: RAN == ["ended"])
        assert stream.outgoing.get_nowait()["more_body"]
        assert stream.outgoing.empty()


async def test_streams_end_without_complete_when_the_service_does(app: GraphQLApp) -> None:
    token = await reserved(app)
    async with stream_of(app, token) as stream, streaming(app, "POST", body={"query": TICKS}, accept=EVENTS) as one:
        await ask(app, token, "{ waits }")
        app.drain()
        assert await stream.event() is None
        while (event := await one.event()) is not None:
            assert event[0] == "next"
    assert (await ask(app, token)).status_code == 404


# A connection for each operation.


async def test_a_client_that_leaves_ends_its_operation(app: GraphQLApp) -> None:
    async with streaming(app, "GET", "query=subscription{ticks}", accept=EVENTS) as stream:
        assert await stream.event() == ("next", {"data": {"ticks": 0}})
        assert RAN == []
    assert RAN == ["ended"]


@pytest.mark.parametrize("query", ["{ nothing }", "{", "mutation { change }"])
async def test_what_is_refused_is_told_as_an_event(app: GraphQLApp, query: str) -> None:
    async with streaming(app, "GET", f"query={query}", accept=EVENTS) as stream:
        event = await stream.event()
        assert event is not None
        assert event[1]["errors"][0]["extensions"] == {"code": "BAD_INPUT"}
        assert [await stream.event() for _ in range(2)] == [("complete", None), None]
    assert RAN == []


async def test_what_is_no_request_is_refused_before_a_stream_begins(app: GraphQLApp) -> None:
    bodies: list[Any] = [{}, {"query": 5}, []]
    for body in bodies:
        async with streaming(app, "POST", body=body, accept=EVENTS) as stream:
            assert (stream.status, stream.headers["content-type"]) == (400, "application/json")
