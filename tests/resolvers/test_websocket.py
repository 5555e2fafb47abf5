"""The subprotocol graphql-transport-ws: what is answered, and with which code a connection is closed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

import pytest
import strawberry
from starlette.types import Message

from resolvers.answering import Answers
from resolvers.context import OperationContext
from resolvers.subgraph import Subgraph
from resolvers.websocket import MOST_OPERATIONS, PROTOCOL, WebSockets


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


ANSWERS = Answers(strawberry.Schema(query=Query))


class Client:
    """The other end of one connection."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[Message] = asyncio.Queue()
        self.outgoing: asyncio.Queue[Message] = asyncio.Queue()

    def say(self, message: Any) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        self.incoming.put_nowait({"type": "websocket.receive", "text": text})

    async def hear(self) -> Any:
        """The next message, or the code and reason of the end."""
        async with asyncio.timeout(5):
            message = await self.outgoing.get()
        if message["type"] == "websocket.close":
            return message["code"]
        return json.loads(message["text"])

    async def greet(self) -> None:
        self.say({"type": "connection_init"})
        assert await self.hear() == {"type": "connection_ack"}

    def subscribe(self, query: str, id: str = "1", **more: Any) -> None:
        self.say({"id": id, "type": "subscribe", "payload": {"query": query, **more}})


@asynccontextmanager
async def connected(protocols: tuple[str, ...] = (PROTOCOL,), patience: float = 5) -> AsyncIterator[Client]:
    client = Client()
    client.incoming.put_nowait({"type": "websocket.connect"})
    scope = {"type": "websocket", "path": "/graphql", "headers": [], "subprotocols": list(protocols)}
    sockets = WebSockets(ANSWERS, partial(OperationContext, cast(Subgraph, None)), patience)
    served = asyncio.create_task(sockets(scope, client.incoming.get, client.outgoing.put))
    accepted = await client.outgoing.get()
    assert accepted["type"] == "websocket.accept"
    assert accepted.get("subprotocol") == (PROTOCOL if PROTOCOL in protocols else None)
    yield client
    client.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
    async with asyncio.timeout(5):
        await served


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
        await asyncio.sleep(0.05)
        client.subscribe("{ name }")
        assert (await client.hear())["id"] == "1"
        assert await client.hear() == {"type": "complete", "id": "1"}
        client.subscribe("{ name }", "2")
        assert await client.hear() == 4409


async def test_a_connection_runs_only_so_many_operations() -> None:
    async with connected() as client:
        await client.greet()
        for number in range(MOST_OPERATIONS + 1):
            client.subscribe("{ waits }", str(number))
        assert await client.hear() == 4400


async def test_bytes_are_taken_as_text() -> None:
    async with connected() as client:
        client.incoming.put_nowait({"type": "websocket.receive", "bytes": b'{"type": "connection_init"}'})
        assert await client.hear() == {"type": "connection_ack"}
        client.incoming.put_nowait({"type": "websocket.receive", "bytes": b"\xff"})
        assert await client.hear() == 4400
