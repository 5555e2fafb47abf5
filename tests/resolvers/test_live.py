"""Subscriptions over WebSocket and as server-sent events, on both engines."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message

from graph.changes import Position, position
from graph.engine import Graph
from resolvers.websocket import WebSockets
from tests.graph.stating import state
from tests.resolvers.asking import Api, opened
from tests.resolvers.sockets import Socket, connected
from tests.resolvers.sockets import opened as connection
from tests.resolvers.streams import Stream, streaming

FACTS = [
    {"fact": "resource", "id": "r1"},
    {"fact": "resource", "id": "r2"},
    {"fact": "feeds", "from": "r1", "to": "r2"},
]
CHANGES = """subscription($since: Sequence!, $first: Int) {
  changes(since: $since, first: $first) { sequence more changes { ids } } }"""
LINEAGE = """subscription { lineageChanged(ids: ["r1"], direction: DOWNSTREAM) { nodes { id } edges { count } } }"""


@pytest.fixture
async def api(graph: Graph) -> AsyncIterator[Api]:
    api = await opened(graph)
    yield api
    await api.http.aclose()


async def test_changes_come_from_where_one_was_and_go_on(api: Api, graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    async with connected(api.app) as socket:
        socket.subscribe(CHANGES, variables={"since": 0})
        page = (await socket.data())["changes"]
        assert {id for change in page["changes"] for id in change["ids"]} == {"r1", "r2"}
        last = page["sequence"]
        await state(graph, tmp_path, [{"fact": "resource", "id": "r3"}])
        page = (await socket.data())["changes"]
        assert [change["ids"] for change in page["changes"]] == [["r3"]]
        socket.say({"id": "1", "type": "complete"})
        # Another connection goes on from what it had.
        async with connected((await opened(graph)).app) as other:
            other.subscribe(CHANGES, variables={"since": last, "first": None})
            assert [change["ids"] for change in (await other.data())["changes"]["changes"]] == [["r3"]]


async def test_it_is_known_how_far_feeds_are_and_when_they_end(api: Api, graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    here, watch = (await position(graph)).sequence, api.watch
    async with connected(api.app) as socket:
        socket.subscribe(CHANGES, variables={"since": 0})
        await socket.data()
        socket.subscribe(LINEAGE, "2")
        await socket.data()
        await state(graph, tmp_path, [{"fact": "resource", "id": "r3"}])
        await socket.data()
        async with asyncio.timeout(10):
            while watch.last != here + 1:  # a moment later: what is told counts as taken over when it goes on
                await asyncio.sleep(0.02)
        assert watch.followers == 2
    assert watch.followers == 0


async def test_a_lineage_comes_again_only_when_it_is_another(api: Api, graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    async with connected(api.app) as socket:
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
    async with connected(api.app) as socket, connected(api.app) as other:
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
    async with connected(api.app) as socket:
        socket.subscribe(CHANGES, variables={"since": head + 100})
        heard = await socket.hear()
        assert heard["payload"]["errors"][0]["extensions"] == {"code": "BAD_INPUT", "argument": "since"}
        assert (await socket.hear())["type"] == "complete"
        fragment = " fragment F on Subscription { here: changes(since: $since) { head } }"
        socket.subscribe("subscription($since: Sequence!) { ...F }" + fragment, variables={"since": head + 100})
        [error] = (await socket.hear())["payload"]["errors"]
        assert (error["path"], error["extensions"]) == (["here"], {"code": "BAD_INPUT", "argument": "since"})
        assert (await socket.hear())["type"] == "complete"
        socket.subscribe("subscription { changes(since: 0) { nothing } }", "2")
        heard = await socket.hear()
        assert (heard["type"], heard["payload"][0]["extensions"]["code"]) == ("error", "BAD_INPUT")
        socket.subscribe("subscription { changes(since: 0) { head } lineageChanged(ids: []) { complete } }", "3")
        assert (await socket.hear())["type"] == "error"


class Deaf(Socket):
    """Takes no answers."""

    async def take(self, message: Message) -> None:
        if message["type"] == "websocket.send" and "next" in message["text"]:
            await asyncio.sleep(60)
        await super().take(message)


async def test_a_client_that_does_not_read_is_sent_away(api: Api, graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    sockets = WebSockets(api.app._answers, api.app._context, slowest=0.5)
    async with connection(sockets, socket=Deaf()) as socket:
        await socket.greet()
        for id in ("1", "2"):  # both are late at the same time
            socket.subscribe(CHANGES, id, variables={"since": 0})
        assert await socket.hear() == 1013


def streamed(api: Api, query: str, **variables: Any) -> AbstractAsyncContextManager[Stream]:
    """The events of an operation."""
    body = {"query": query, "variables": variables}
    return streaming(api.app, "POST", body=body, accept="text/event-stream")


async def test_a_query_as_events_is_one_and_the_end(api: Api) -> None:
    async with streamed(api, "{ __typename }") as stream:
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert await stream.part() == ":\n\n"
        assert await stream.event() == ("next", {"data": {"__typename": "Query"}})
        assert [await stream.event() for _ in range(2)] == [("complete", None), None]
    async with streamed(api, "{ nothing }") as stream:
        assert await told_error(stream) == {"code": "BAD_INPUT"}
        assert [await stream.event() for _ in range(2)] == [("complete", None), None]


async def told_error(stream: Stream) -> Any:
    """The extensions of the only error of the next answer."""
    event = await stream.event()
    assert event is not None
    assert event[0] == "next"
    [error] = event[1]["errors"]
    return error["extensions"]


async def told(stream: Stream) -> Any:
    """The data of the next answer."""
    event = await stream.event()
    assert event is not None
    assert event[0] == "next"
    return event[1]["data"]


async def test_a_subscription_as_events_goes_on(api: Api, graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    async with streamed(api, CHANGES, since=0) as stream:
        page = (await told(stream))["changes"]
        assert {id for change in page["changes"] for id in change["ids"]} == {"r1", "r2"}
        await state(graph, tmp_path, [{"fact": "resource", "id": "r3"}])
        assert [change["ids"] for change in (await told(stream))["changes"]["changes"]] == [["r3"]]


async def test_a_subscription_without_a_stream_is_told_what_it_needs(api: Api) -> None:
    error = await api.error(CHANGES, since=0)
    assert "text/event-stream" in error["message"]
    assert error["extensions"] == {"code": "BAD_INPUT"}
