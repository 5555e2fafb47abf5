"""Subscriptions over WebSocket and as server-sent events, on both engines."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message

from graph.changes import Position, position
from graph.engine import Graph
from tests.graph.stating import state
from tests.resolvers.asking import Api, opened

FACTS = [
    {"fact": "resource", "id": "r1"},
    {"fact": "resource", "id": "r2"},
    {"fact": "feeds", "from": "r1", "to": "r2"},
]
CHANGES = "subscription($since: Sequence!) { changes(since: $since) { sequence more changes { ids } } }"
LINEAGE = """subscription { lineageChanged(ids: ["r1"], direction: DOWNSTREAM) { nodes { id } edges { count } } }"""


class Socket:
    """One WebSocket to the API."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.incoming: asyncio.Queue[Message] = asyncio.Queue()
        self.outgoing: asyncio.Queue[Message] = asyncio.Queue()

    def say(self, **message: Any) -> None:
        self.incoming.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            message = await self.outgoing.get()
        heard: dict[str, Any] = json.loads(message["text"]) if "text" in message else dict(message)
        return heard

    async def data(self) -> Any:
        heard = await self.hear()
        assert heard["type"] == "next", heard
        assert "errors" not in heard["payload"], heard
        return heard["payload"]["data"]

    def subscribe(self, query: str, id: str = "1", **variables: Any) -> None:
        self.say(id=id, type="subscribe", payload={"query": query, "variables": variables})


@asynccontextmanager
async def connected(api: Api) -> AsyncIterator[Socket]:
    socket = Socket(api)
    socket.incoming.put_nowait({"type": "websocket.connect"})
    scope = {"type": "websocket", "path": "/graphql", "headers": [], "subprotocols": ["graphql-transport-ws"]}
    served = asyncio.create_task(api.app(scope, socket.incoming.get, socket.outgoing.put))
    await socket.outgoing.get()
    socket.say(type="connection_init")
    await socket.hear()
    yield socket
    socket.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
    async with asyncio.timeout(10):
        await served


@pytest.fixture
async def api(graph: Graph) -> AsyncIterator[Api]:
    api = await opened(graph)
    yield api
    await api.http.aclose()


async def test_changes_come_from_where_one_was_and_go_on(api: Api, graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    async with connected(api) as socket:
        socket.subscribe(CHANGES, since=0)
        page = (await socket.data())["changes"]
        assert {id for change in page["changes"] for id in change["ids"]} == {"r1", "r2"}
        last = page["sequence"]
        await state(graph, tmp_path, [{"fact": "resource", "id": "r3"}])
        page = (await socket.data())["changes"]
        assert [change["ids"] for change in page["changes"]] == [["r3"]]
        socket.say(id="1", type="complete")
        # Another connection goes on from what it had.
        async with connected(await opened(graph)) as other:
            other.subscribe(CHANGES, since=last)
            assert [change["ids"] for change in (await other.data())["changes"]["changes"]] == [["r3"]]


async def test_a_lineage_comes_again_only_when_it_is_another(api: Api, graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    async with connected(api) as socket:
        socket.subscribe(LINEAGE)
        assert [node["id"] for node in (await socket.data())["lineageChanged"]["nodes"]] == ["r1", "r2"]
        await state(graph, tmp_path, [{"fact": "resource", "id": "elsewhere"}])
        await state(graph, tmp_path, [{"fact": "feeds", "from": "r2", "to": "r3"}])
        assert [node["id"] for node in (await socket.data())["lineageChanged"]["nodes"]] == ["r1", "r2", "r3"]
        assert socket.outgoing.empty()


async def test_one_look_at_the_graph_serves_all_who_wait(
    api: Api, graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking: list[int] = []
    at_once: list[int] = []

    async def slowly(graph: Graph) -> Position:
        looking.append(1)
        at_once.append(len(looking))
        await asyncio.sleep(0.05)
        looking.pop()
        return await position(graph)

    monkeypatch.setattr("graph.watch.position", slowly)
    await state(graph, tmp_path, FACTS)
    async with connected(api) as socket, connected(api) as other:
        for one in (socket, other):
            one.subscribe(LINEAGE)
            await one.data()
        await state(graph, tmp_path, [{"fact": "feeds", "from": "r2", "to": "r3"}])
        for one in (socket, other):
            assert len((await one.data())["lineageChanged"]["nodes"]) == 3
    assert set(at_once) == {1}


async def test_errors_of_a_subscription_are_told(api: Api, graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    head = (await position(graph)).sequence
    async with connected(api) as socket:
        socket.subscribe(CHANGES, since=head + 100)
        heard = await socket.hear()
        assert heard["payload"]["errors"][0]["extensions"] == {"code": "BAD_INPUT", "argument": "since"}
        assert (await socket.hear())["type"] == "complete"
        fragment = " fragment F on Subscription { here: changes(since: $since) { head } }"
        socket.subscribe("subscription($since: Sequence!) { ...F }" + fragment, since=head + 100)
        [error] = (await socket.hear())["payload"]["errors"]
        assert (error["path"], error["extensions"]) == (["here"], {"code": "BAD_INPUT", "argument": "since"})
        assert (await socket.hear())["type"] == "complete"
        socket.subscribe("subscription { changes(since: 0) { nothing } }", "2")
        heard = await socket.hear()
        assert (heard["type"], heard["payload"][0]["extensions"]["code"]) == ("error", "BAD_INPUT")
        socket.subscribe("subscription { changes(since: 0) { head } lineageChanged(ids: []) { complete } }", "3")
        assert (await socket.hear())["type"] == "error"


async def test_a_client_that_does_not_read_is_sent_away(graph: Graph, tmp_path: Path) -> None:
    from resolvers.websocket import WebSockets

    await state(graph, tmp_path, FACTS)
    api = await opened(graph)
    sockets = WebSockets(api.app._answers, api.app._context, slowest=0.5)
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    sent: list[Message] = []

    async def send(message: Message) -> None:
        if message["type"] == "websocket.send" and "next" in message["text"]:
            await asyncio.sleep(60)
        sent.append(message)

    scope = {"type": "websocket", "path": "/graphql", "headers": [], "subprotocols": ["graphql-transport-ws"]}
    incoming.put_nowait({"type": "websocket.connect"})
    subscribe = {"id": "1", "type": "subscribe", "payload": {"query": CHANGES, "variables": {"since": 0}}}
    for message in ({"type": "connection_init"}, subscribe):
        incoming.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})
    async with asyncio.timeout(20):
        await sockets(scope, incoming.get, send)
    assert (sent[-1]["type"], sent[-1]["code"]) == ("websocket.close", 1013)
    await api.http.aclose()


async def events(api: Api, query: str, count: int, method: str = "POST", **variables: Any) -> list[tuple[str, str]]:
    """The first events of an operation as (name, data), read as a client of the wire does."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    headers = [(b"accept", b"text/event-stream"), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": method,
        "path": "/graphql",
        "query_string": b"",
        "headers": headers,
        "asgi": {"version": "3.0", "spec_version": "2.4"},
    }
    told: asyncio.Queue[Message] = asyncio.Queue()
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    incoming.put_nowait({"type": "http.request", "body": body})
    served = asyncio.create_task(api.app(scope, incoming.get, told.put))
    text = ""
    async with asyncio.timeout(10):
        start = await told.get()
        assert (start["status"], dict(start["headers"])[b"content-type"]) == (200, b"text/event-stream; charset=utf-8")
        while text.count("event: ") < count or not text.endswith("\n\n"):
            text += (await told.get())["body"].decode()
    served.cancel()
    await asyncio.gather(served, return_exceptions=True)
    found = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(":", 1) for line in block.split("\n"))
        if "event" in lines:
            found.append((lines["event"].strip(), lines["data"].strip()))
    return found


async def test_a_query_as_events_is_one_and_the_end(api: Api) -> None:
    assert await events(api, "{ __typename }", 2) == [("next", '{"data":{"__typename":"Query"}}'), ("complete", "")]
    [(name, data), end] = await events(api, "{ nothing }", 2)
    assert (name, end) == ("next", ("complete", ""))
    assert json.loads(data)["errors"][0]["extensions"] == {"code": "BAD_INPUT"}


async def test_a_subscription_as_events_goes_on(api: Api, graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)

    async def later() -> None:
        await asyncio.sleep(0.5)
        await state(graph, tmp_path, [{"fact": "resource", "id": "r3"}])

    writing = asyncio.create_task(later())
    first, second = await events(api, CHANGES, 2, since=0)
    await writing
    assert "r1" in first[1]
    assert [change["ids"] for change in json.loads(second[1])["data"]["changes"]["changes"]] == [["r3"]]


async def test_a_subscription_without_a_stream_is_told_what_it_needs(api: Api) -> None:
    error = await api.error(CHANGES, since=0)
    assert "text/event-stream" in error["message"]
    assert error["extensions"] == {"code": "BAD_INPUT"}
