"""Requests that another worker answers: all of them arrives there, and the answer here, as if it were one worker."""

import asyncio
import gc
import json
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from registry.handover import Handover
from registry.middleware import request_id
from tests.resolvers.streams import streaming
from tests.resolvers.test_events import EVENTS, QUERY, RAN, TICKS, ended, made, sent, told, until


@asynccontextmanager
async def handing_over(folder: Path, app: ASGIApp) -> AsyncIterator[ASGIApp]:
    """An application that has another worker's answer."""
    there, here = Handover(folder), Handover(folder)
    await there.listen(app)
    try:
        yield here.find(there.name, _nobody)
    finally:
        await there.close()
    assert here.find(there.name, _nobody) is _nobody


async def _nobody(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("nobody else is to answer")


async def _mirror(scope: Scope, receive: Receive, send: Send) -> None:
    """Tells what was asked."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message.get("more_body", False)
    asked = {
        "method": scope["method"],
        "path": scope["path"],
        "query": scope["query_string"].decode(),
        "header": [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-mine"],
        "client": scope["client"][0],
        "id": request_id.get(),
        "length": len(body),
    }
    await send({"type": "http.response.start", "status": 299, "headers": [(b"x-theirs", "é".encode("latin-1"))]})
    await send({"type": "http.response.body", "body": json.dumps(asked).encode(), "more_body": True})
    await send({"type": "http.response.body", "body": body})


async def test_a_request_and_its_answer_are_passed_on_whole(tmp_path: Path) -> None:
    async with handing_over(tmp_path, _mirror) as app:
        transport = httpx.ASGITransport(app, client=("10.0.0.7", 5))
        body = bytes(range(256)) * 2_000
        mark = request_id.set("mine")
        async with httpx.AsyncClient(transport=transport, base_url="http://registry") as client:
            answer = await client.post("/graphql?a=b%20c", content=body, headers=[(b"x-mine", b"\xfc")])
        request_id.reset(mark)
    assert (answer.status_code, answer.headers["x-theirs"]) == (299, "é")
    text, _, rest = answer.content.partition(b"}")
    assert json.loads(text + b"}") == {
        "method": "POST",
        "path": "/graphql",
        "query": "a=b%20c",
        "header": ["ü"],
        "client": "10.0.0.7",
        "id": "mine",
        "length": len(body),
    }
    assert rest == body


async def test_an_answer_arrives_though_the_request_is_not_read(tmp_path: Path) -> None:
    async def refuses(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b"too much"})

    here, there = Handover(tmp_path), Handover(tmp_path)
    ready, done = threading.Event(), threading.Event()

    async def answer() -> None:
        await there.listen(refuses)
        ready.set()
        await asyncio.to_thread(done.wait)
        await there.close()

    answering = asyncio.create_task(asyncio.to_thread(asyncio.run, answer()))  # a loop of its own, as a worker has
    await asyncio.to_thread(ready.wait)
    app = here.find(there.name, _nobody)
    try:
        for size in (0, 1, 1_000_000):
            for _ in range(50):
                async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry") as client:
                    answered = await client.post("/graphql", content=b"x" * size)
                assert (answered.status_code, answered.content) == (413, b"too much")
    finally:
        done.set()
        await answering


async def test_what_comes_bit_by_bit_is_not_read_before_it_is_taken(tmp_path: Path) -> None:
    made: list[int] = []

    async def plenty(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(1_000):
            made.append(number)
            await send({"type": "http.response.body", "body": b"x" * 10_000, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async with handing_over(tmp_path, plenty) as app, streaming(app) as stream:
        await asyncio.sleep(0.3)
        assert 0 < len(made) < 500
        parts = 0
        while await stream.part() is not None:
            parts += 1
        assert parts == len(made) == 1_000


async def test_the_other_worker_is_told_that_the_client_has_left(tmp_path: Path) -> None:
    heard: list[str] = []

    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not heard or heard[-1] != "http.disconnect":
            heard.append((await receive())["type"])

    async with handing_over(tmp_path, waits) as app:
        async with streaming(app) as stream:
            assert stream.status == 200
        await until(lambda: heard == ["http.request", "http.disconnect"])


async def test_an_answer_that_the_other_worker_broke_off_is_broken_off(tmp_path: Path) -> None:
    async def breaks(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})

    async with handing_over(tmp_path, breaks) as app, streaming(app) as stream:
        assert await stream.part() == "half"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await stream.part()


@pytest.mark.parametrize("name", ["", "deadbeef", "../other", "a" * 300, "deadbeef.socket", "\0"])
async def test_who_is_not_there_hands_nothing_over(tmp_path: Path, name: str) -> None:
    (tmp_path / "other").touch()
    assert Handover(tmp_path).find(name, _nobody) is _nobody
    assert Handover().find(name, _nobody) is _nobody


async def test_a_worker_that_was_killed_holds_nothing_up(tmp_path: Path) -> None:
    (tmp_path / "deadbeef.socket").touch()
    handover = Handover(tmp_path)
    app = made(worker=handover.name, others=handover.find)
    headers = {"x-graphql-event-stream-token": f"deadbeef.{'a' * 32}"}
    answer = await sent(app, "POST", body={"query": QUERY, "extensions": {"operationId": "1"}}, **headers)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (404, {"code": "NOT_FOUND"})
    answer = await sent(app, "PUT", **headers)  # clients may send the old one along
    assert (answer.status_code, answer.text.partition(".")[0]) == (201, handover.name)


async def test_a_reserved_stream_is_the_same_whichever_worker_answers(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        apps = []
        for _ in range(3):
            handover = Handover(tmp_path)
            apps.append(made(worker=handover.name, others=handover.find))
            await handover.listen(apps[-1])
            stack.push_async_callback(handover.close)
        first, second, third = apps
        token = (await sent(first, "PUT")).text
        headers = {"x-graphql-event-stream-token": token}

        async def ask(app: ASGIApp, query: str, id: str) -> int:
            body: Any = {"query": query, "extensions": {"operationId": id}}
            return (await sent(app, "POST", body=body, **headers)).status_code

        async with streaming(second, accept=EVENTS, **headers) as stream:
            assert stream.headers["content-type"].startswith(EVENTS)
            for number, app in enumerate(apps):
                assert await ask(app, QUERY, str(number)) == 202
                assert await stream.event() == told(str(number), {"data": {"name": "x"}})
                assert await stream.event() == ended(str(number))
            assert await ask(third, TICKS, "ticks") == 202
            assert await stream.event() == told("ticks", {"data": {"ticks": 0}})
            for app in apps:
                assert await ask(app, TICKS, "ticks") == 409
                assert (await sent(app, "PUT", **headers)).status_code == 409
                async with streaming(app, accept=EVENTS, **headers) as another:
                    assert another.status == 409
            assert (await sent(second, "DELETE", "operationId=ticks", **headers)).status_code == 200
            assert RAN[-1] == "ended"
            assert await ask(third, TICKS, "ticks") == 202
        await until(lambda: RAN.count("ended") == 2)
        for app in apps:
            assert await ask(app, QUERY, "1") == 404


def test_a_client_that_has_gone_is_no_fault_on_the_faster_event_loop(tmp_path: Path) -> None:
    uvloop = pytest.importorskip("uvloop")
    faults: list[dict[str, Any]] = []

    async def leave() -> None:
        ended = asyncio.Event()

        async def lasting(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            while (await receive())["type"] != "http.disconnect":
                pass
            for _ in range(20):
                await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
            ended.set()
            if scope["path"] == "/on":
                await asyncio.Event().wait()

        asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(context))
        async with handing_over(tmp_path, lasting) as app:
            arrived = asyncio.Event()

            async def receive() -> Any:
                await arrived.wait()
                return {"type": "http.disconnect"}

            async def send(message: Any) -> None:
                arrived.set()

            for path in ("/", "/on"):
                ended.clear()
                await app(
                    {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}, receive, send
                )
                async with asyncio.timeout(10):
                    await ended.wait()
            await asyncio.sleep(0)
        gc.collect()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(leave())
    assert not faults
