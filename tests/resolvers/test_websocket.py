"""The subprotocol graphql-transport-ws: what is answered, and with which code a connection is closed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256
from typing import Any, cast

import pytest
import strawberry
from starlette.types import Message

from resolvers.answering import Answers
from resolvers.context import OperationContext
from resolvers.options import Options
from resolvers.subgraph import Subgraph
from resolvers.trusted import Texts
from resolvers.websocket import MOST_OPERATIONS, PROTOCOL, WebSockets
from tests.resolvers.sockets import Socket, opened


@strawberry.type
class Query:
    @strawberry.field
    def name(self) -> str:
        return "x"

    @strawberry.field
    async def waits(self) -> str:
        await asyncio.sleep(30)
        return "never"

    @strawberry.field
    def fails(self) -> str | None:
        raise ZeroDivisionError("secret")


ANSWERS = Answers(strawberry.Schema(query=Query), Options(texts=Texts({"known": "{ known: name }"})))


@asynccontextmanager
async def connected(protocols: tuple[str, ...] = (PROTOCOL,), patience: float = 5) -> AsyncIterator[Socket]:
    context = partial(OperationContext, cast(Subgraph, None))
    async with opened(WebSockets(ANSWERS, context, patience), protocols) as client:
        yield client


async def test_a_query_is_answered_once() -> None:
    async with connected() as client:
        await client.greet()
        client.subscribe("query($x: Boolean!) { name @include(if: $x) }", variables={"x": True})
        assert await client.hear() == {"type": "next", "id": "1", "payload": {"data": {"name": "x"}}}
        assert await client.hear() == {"type": "complete", "id": "1"}
        client.subscribe("{ name }")
        assert (await client.hear())["type"] == "next"


async def test_a_wrong_document_is_an_error_and_a_fault_is_part_of_the_answer() -> None:
    async with connected() as client:
        await client.greet()
        client.subscribe("{ nothing }")
        heard = await client.hear()
        assert (heard["type"], heard["id"], heard["payload"][0]["extensions"]) == ("error", "1", {"code": "BAD_INPUT"})
        client.subscribe("{ fails }")
        heard = await client.hear()
        assert heard["payload"]["data"] == {"fails": None}
        assert heard["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL"
        assert "secret" not in json.dumps(heard)


async def test_pings_are_answered_before_and_after_the_greeting() -> None:
    async with connected() as client:
        client.say({"type": "ping"})
        assert await client.hear() == {"type": "pong"}
        await client.greet()
        client.say({"type": "pong", "payload": {"a": 1}})
        client.say({"type": "ping", "payload": {}})
        assert await client.hear() == {"type": "pong"}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", 4400),
        ("null", 4400),
        ("[]", 4400),
        ("5", 4400),
        ({}, 4400),
        ({"type": None}, 4400),
        ({"type": "other"}, 4400),
        ({"type": ["ping"]}, 4400),
        ({"type": "ping", "payload": 5}, 4400),
        ({"type": "connection_init"}, 4429),
        ({"type": "subscribe"}, 4400),
        ({"type": "subscribe", "id": 5, "payload": {"query": "{ name }"}}, 4400),
        ({"type": "subscribe", "id": "", "payload": {"query": "{ name }"}}, 4400),
        ({"type": "subscribe", "id": "1", "payload": None}, 4400),
        ({"type": "subscribe", "id": "1", "payload": {"query": 5}}, 4400),
        ({"type": "subscribe", "id": "1", "payload": {"query": "{ name }", "variables": []}}, 4400),
        ({"type": "subscribe", "id": "1", "payload": {"query": "{ name }", "operationName": 5}}, 4400),
        ({"type": "subscribe", "id": "1", "payload": {"query": "{ name }", "extensions": []}}, 4400),
        ({"type": "subscribe", "id": "1", "payload": {"documentId": 5}}, 4400),
        ({"type": "subscribe", "id": "1", "payload": {}}, 4400),
        ({"type": "complete"}, 4400),
        ({"type": "complete", "id": None}, 4400),
    ],
)
async def test_a_message_against_the_protocol_ends_the_connection(message: Any, code: int) -> None:
    async with connected() as client:
        await client.greet()
        client.say(message)
        assert await client.hear() == code


async def test_nothing_is_answered_before_the_greeting() -> None:
    async with connected() as client:
        client.subscribe("{ name }")
        assert await client.hear() == 4401
    async with connected() as client:
        client.say({"type": "connection_init", "payload": 5})
        assert await client.hear() == 4400


async def test_who_does_not_greet_is_sent_away() -> None:
    async with connected(patience=0.05) as client:
        assert await client.hear() == 4408
    async with connected(patience=1) as client:
        await client.greet()
        await asyncio.sleep(1.2)
        client.subscribe("{ name }")
        assert (await client.hear())["type"] == "next"


@pytest.mark.parametrize("protocols", [(), ("graphql-ws",), ("other", "graphql-ws")])
async def test_other_subprotocols_are_refused(protocols: tuple[str, ...]) -> None:
    async with connected(protocols) as client:
        assert await client.hear() == 4406


async def test_an_id_is_used_once_at_a_time() -> None:
    async with connected() as client:
        await client.greet()
        client.subscribe("{ waits }")
        client.subscribe("{ waits }", "2")
        client.say({"type": "complete", "id": "1"})
        client.subscribe("{ name }")
        assert (await client.hear())["id"] == "1"
        assert await client.hear() == {"type": "complete", "id": "1"}
        client.subscribe("{ name }", "2")
        assert await client.hear() == 4409


async def test_what_is_told_of_the_end_has_room_in_its_frame() -> None:
    async with connected() as client:
        await client.greet()
        for _ in range(2):
            client.subscribe("{ waits }", "市" * 80)
        end = await client.outgoing.get()
        assert end["code"] == 4409
        assert end["reason"].startswith("Subscriber for 市市")
        assert len(end["reason"].encode()) <= 123


def persisted(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256(text.encode()).hexdigest()}}


async def test_documents_are_named_and_costs_told_as_over_http() -> None:
    async with connected() as client:
        await client.greet()
        client.say({"id": "1", "type": "subscribe", "payload": {"documentId": "known"}})
        assert await client.hear() == {"type": "next", "id": "1", "payload": {"data": {"known": "x"}}}
        assert (await client.hear())["type"] == "complete"
        text = "query Sent { name }"
        client.say({"id": "1", "type": "subscribe", "payload": {"extensions": persisted(text)}})
        [error] = (await client.hear())["payload"]
        assert error["extensions"] == {"code": "PERSISTED_QUERY_NOT_FOUND"}
        client.subscribe(text, extensions=persisted(text))
        assert [(await client.hear())["type"] for _ in range(2)] == ["next", "complete"]
        client.say({"id": "1", "type": "subscribe", "payload": {"extensions": {**persisted(text), "cost": True}}})
        heard = await client.hear()
        assert heard["payload"]["data"] == {"name": "x"}
        assert heard["payload"]["extensions"]["cost"]["requested"] == 0


@pytest.mark.parametrize(
    "payload",
    [
        {"query": ""},
        {"query": "{ name }", "documentId": "known"},
        {"query": "{ name }", "extensions": {"persistedQuery": 5}},
        {"query": "{ name }", "extensions": persisted("{ other }")},
        {"query": "{ name", "variables": {}},
    ],
)
async def test_a_fault_of_an_operation_is_an_error_of_its_own(payload: dict[str, Any]) -> None:
    async with connected() as client:
        await client.greet()
        client.say({"id": "1", "type": "subscribe", "payload": payload})
        heard = await client.hear()
        assert (heard["type"], heard["id"]) == ("error", "1")
        assert [error["extensions"] for error in heard["payload"]] == [{"code": "BAD_INPUT"}]
        client.subscribe("{ name }")
        assert (await client.hear())["type"] == "next"


async def test_a_connection_runs_only_so_many_operations() -> None:
    async with connected() as client:
        await client.greet()
        for number in range(MOST_OPERATIONS + 1):
            client.subscribe("{ waits }", str(number))
        assert await client.hear() == 4400


async def test_bytes_are_taken_as_text() -> None:
    async with connected() as client:
        client.say(b'{"type": "connection_init"}')
        assert await client.hear() == {"type": "connection_ack"}
        client.say(b"\xff")
        assert await client.hear() == 4400


async def test_a_client_that_has_gone_is_told_nothing_more() -> None:
    """A server may raise OSError where nobody is there any more; that is no fault of ours."""

    class Lost(Socket):
        async def take(self, message: Message) -> None:
            await super().take(message)
            if message["type"] == "websocket.send":
                raise OSError

    app = WebSockets(ANSWERS, partial(OperationContext, cast(Subgraph, None)))
    async with opened(app, socket=Lost()) as client:
        await client.greet()
        client.subscribe("{ name }")
        assert (await client.hear())["type"] == "next"
        assert (await client.hear())["type"] == "complete"
