"""The service as an ASGI application, in this process: its routes, headers, limits and masked errors."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from registry.app import create_app
from registry.imports import ImportOptions, run_import
from registry.metrics import Metrics
from registry.middleware import Guard, Requests
from registry.settings import load_settings
from resolvers.http import LONGEST_BODY
from tests.registry.running import Commands

NAME = '{ department(id: "department:320900/市公安局") { name } }'


def _client(app: Any, base: str = "http://localhost:8000") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=base, timeout=60)


@pytest.fixture
async def client(sample: Commands) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole application on the sample."""
    app = create_app(load_settings(data=sample.data, heap_mb=512, linger_seconds=0.5, projection_mb=50))
    async with app.router.lifespan_context(app), _client(app) as client:
        yield client


async def test_a_request_that_nobody_waits_for_is_counted_as_such() -> None:
    async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
        return

    metrics = Metrics()
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": [], "counted_as": "/graphql"}
    await Requests(nothing, metrics=metrics, seconds=5, access_log=False)(scope, _unused, _unused)
    assert b'registry_requests_total{method="POST",route="/graphql",status="499"} 1.0' in metrics.text()


async def _unused(message: Any = None) -> Any:
    raise AssertionError(message)


async def test_health_and_ready_say_how_it_is(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health")).json()["status"] == "ok"
    ready = (await client.get("/ready")).json()
    assert ready["ready"] is True
    assert ready["engine"] == "embedded"
    assert ready["version"].startswith("26.")
    assert ready["sequence"] > 0
    assert ready["projection"]["state"] in {"FILLING", "READY"}


async def test_before_and_after_its_life_nothing_is_ready_and_nothing_hangs(sample: Commands) -> None:
    app = create_app(load_settings(data=sample.data, projection_mb=0))
    async with _client(app) as client:
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/ready")).status_code == 503
        assert (await client.post("/graphql", json={"query": NAME})).status_code == 503
        assert (await client.get("/metrics")).status_code == 200


async def test_the_front_page_leads_to_graphiql(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/graphql"
    page = await client.get("/graphql", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    files = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert len(files) == 2
    for path in files:
        assert (await client.get(path)).status_code == 200


async def test_graphql_answers_posts_and_gets(client: httpx.AsyncClient) -> None:
    expected = {"data": {"department": {"name": "盐城市公安局"}}}
    assert (await client.post("/graphql", json={"query": NAME})).json() == expected
    assert (await client.get("/graphql", params={"query": NAME})).json() == expected


async def test_answers_carry_an_id_and_the_headers_of_a_careful_service(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/health")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert len(headers["x-request-id"]) == 16
    mine = await client.get("/health", headers={"x-request-id": "from-the-proxy.1"})
    assert mine.headers["x-request-id"] == "from-the-proxy.1"
    forged = await client.get("/health", headers={"x-request-id": "a b\tc"})
    assert forged.headers["x-request-id"] != "a b\tc"


async def test_an_unknown_path_is_a_json_error_and_counted_without_its_name(client: httpx.AsyncClient) -> None:
    answer = await client.get("/admin/secret-42")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    metrics = (await client.get("/metrics")).text
    assert 'registry_requests_total{method="GET",route="other",status="404"} 1.0' in metrics
    assert "secret-42" not in metrics
    assert "registry_statements_total" in metrics


async def test_other_methods_are_refused(client: httpx.AsyncClient) -> None:
    refused = await client.post("/health")
    assert refused.status_code == 405
    assert "GET" in refused.headers["allow"]
    assert (await client.patch("/graphql")).status_code == 405


async def test_what_is_called_by_another_name_is_not_answered(sample: Commands) -> None:
    """A page elsewhere may point its own name at a loopback address."""
    closed = create_app(load_settings(data=sample.data))
    open_ = create_app(load_settings(data=sample.data, open=True))
    for base, app, status in (
        ("http://evil.example", closed, 421),
        ("http://127.0.0.1:9", closed, 200),
        ("http://[::1]:9", closed, 200),
        ("http://localhost", closed, 200),
        ("http://registry.example", open_, 200),
    ):
        async with _client(app, base) as client:
            assert (await client.get("/health")).status_code == status, base


async def test_pages_of_another_site_may_not_send(client: httpx.AsyncClient) -> None:
    body = {"query": NAME}
    for origin in ("https://evil.example", "null", "http://localhost:1", "http://[", "localhost:8000"):
        refused = await client.post("/graphql", json=body, headers={"origin": origin})
        assert refused.status_code == 403
        refused = await client.get("/graphql", params=body, headers={"origin": origin})
        assert refused.status_code == 403
    own = await client.post("/graphql", json=body, headers={"origin": "http://localhost:8000"})
    assert own.status_code == 200


def _small(*routes: Route, seconds: float = 30) -> Any:
    """Some routes within the layers of the service."""
    layers = [
        Middleware(Requests, metrics=Metrics(), seconds=seconds, access_log=False),
        Middleware(Guard, open=False, routes={}, limit=LONGEST_BODY),
    ]
    return Starlette(routes=list(routes), middleware=layers)


async def test_a_fault_is_masked_and_the_log_has_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(request: Request) -> Response:
        raise RuntimeError("the password is sesame")

    with caplog.at_level(logging.ERROR, "registry"):
        async with _client(_small(Route("/", broken))) as client:
            answer = await client.get("/")
    assert answer.status_code == 500
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["errorId"] in caplog.text
    assert "sesame" not in answer.text
    assert "RuntimeError" not in answer.text
    assert "sesame" in caplog.text


async def test_a_body_that_is_too_long_is_refused_announced_or_not() -> None:
    async def size(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 100_000

    async with _client(_small(Route("/", size, methods=["POST"]))) as client:
        for content in (b"x" * 1_000_001, chunks()):
            answer = await client.post("/", content=content)
            assert answer.status_code == 413
            assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_COSTLY"
        assert (await client.post("/", content=b"x" * 1_000_000)).text == "1000000"


async def test_a_body_that_is_too_long_is_told_in_the_same_words_whoever_counts(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 100_000

    for path in ("/graphql", "/health"):
        for content in (b"x" * 1_000_001, chunks()) if path == "/graphql" else (b"x" * 1_000_001,):
            answer = await client.post(path, content=content, headers={"content-type": "application/json"})
            assert answer.status_code == 413
            [error] = answer.json()["errors"]
            assert error["extensions"] == {"code": "TOO_COSTLY"}
            assert error["message"] == (
                "The request is larger than 1 MB, which is all that is taken. Send less at once."
            )


async def test_an_answer_that_does_not_begin_in_time_is_given_up() -> None:
    async def slow(request: Request) -> Response:
        await asyncio.sleep(30)
        return PlainTextResponse("late")

    async with _client(_small(Route("/", slow), seconds=0.2)) as client:
        answer = await client.get("/")
    assert answer.status_code == 504
    assert answer.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"


async def test_an_answer_that_has_begun_may_take_its_time() -> None:
    async def long(request: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield b"x"
                await asyncio.sleep(0.15)

        return StreamingResponse(parts())

    async with _client(_small(Route("/", long), seconds=0.2)) as client:
        assert (await client.get("/")).text == "xxx"


async def test_an_error_in_the_middle_of_an_answer_breaks_it_off() -> None:
    """Closing it properly would make a half answer look whole."""

    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError

    wrapped = Requests(half, metrics=Metrics(), seconds=5, access_log=False)
    transport = httpx.ASGITransport(wrapped)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        with pytest.raises(ConnectionAbortedError):
            await client.get("/")


async def test_a_graph_that_stopped_answering_is_not_ready_and_a_clear_error(
    sample: Commands,
) -> None:
    app = create_app(load_settings(data=sample.data, projection_mb=0))
    async with app.router.lifespan_context(app), _client(app) as client:
        graph = app.state.parts.graph
        await app.state.keeping.close()
        while graph._working:  # a driver forgets what it opens while it is closed
            await asyncio.sleep(0.01)
        await graph._forget()
        await graph._driver.close()
        held, graph.attachment = graph.attachment, None  # what is lost now cannot be found again
        ready = await client.get("/ready")
        assert ready.status_code == 503
        assert ready.json()["ready"] is False
        await app.state.keeping.look()
        assert _measured(await client.get("/metrics"))["registry_graph_answers"] == 0
        assert str(sample.data) not in ready.text
        told = (await client.post("/graphql", json={"query": NAME})).json()
        assert told["errors"][0]["extensions"]["code"] in {"INTERNAL", "TIMEOUT"}
        held.close()


async def test_operations_are_counted_and_slow_ones_logged(sample: Commands, caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(load_settings(data=sample.data, slow_seconds=0))
    async with app.router.lifespan_context(app), _client(app) as client:
        query = "query Named($id: ID!) { department(id: $id) { name systems { totalCount } } }"
        for body in (
            {"query": query, "variables": {"id": "secret-42"}},
            {"query": "{ nothing }"},
            {"query": '{ lineage(ids: ["nobody"], direction: UPSTREAM) { complete } }'},
        ):
            await client.post("/graphql", json=body, headers={"x-request-id": "request-7"})
        metrics = (await client.get("/metrics")).text
    assert 'registry_graphql_total{field="department",outcome="ok"} 1.0' in metrics
    assert 'registry_graphql_total{field="none",outcome="refused"} 1.0' in metrics
    assert 'registry_graphql_total{field="lineage",outcome="errors"} 1.0' in metrics
    assert 'registry_graphql_seconds_count{field="department"} 1.0' in metrics
    assert 'registry_graphql_cost_sum{field="department"} 4.0' in metrics
    assert 'registry_graphql_statements_total{field="department"} 1.0' in metrics
    slow = [
        json.loads(record.message.partition(": ")[2]) for record in caplog.records if "slow operation" in record.message
    ]
    assert next((line["operation"], line["id"], line["cost"]) for line in slow) == ("Named", "request-7", 4)
    assert slow[0]["document"] == query
    assert "secret-42" not in caplog.text


def _measured(answer: httpx.Response) -> dict[str, float]:
    """The values without labels."""
    return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)$", answer.text, re.M)}


async def _until(client: httpx.AsyncClient, name: str, value: float) -> dict[str, float]:
    """What is measured, once it is so."""
    async with asyncio.timeout(60):
        while (measured := _measured(await client.get("/metrics")))[name] != value:
            await asyncio.sleep(0.05)
    return measured


async def test_it_is_measured_how_far_the_projection_and_the_feeds_are_behind(
    commands: Commands, tmp_path: Path
) -> None:
    app = create_app(load_settings(data=commands.data, heap_mb=512, linger_seconds=0.5, projection_mb=50))
    facts = tmp_path / "facts.jsonl"
    async with app.router.lifespan_context(app), _client(app) as client:
        await _until(client, "registry_projection_filled_ratio", 1)
        await app.state.keeping.close()  # it would catch up by itself
        parts = app.state.parts
        with parts.watch.following(parts.projection.sequence) as follower:
            facts.write_text('{"fact":"jurisdiction","id":"j"}\n', encoding="utf-8")
            with await run_import(parts.graph, [facts], ImportOptions(source="a")):
                pass
            await app.state.keeping.look()
            measured = _measured(await client.get("/metrics"))
            for name in ("projection", "feed"):
                assert measured[f"registry_{name}_behind_changes"] == 1
                assert measured[f"registry_{name}_behind_seconds"] > 0
            assert measured["registry_feeds"] == measured["registry_graph_answers"] == 1
            assert measured["registry_graph_sequence"] == measured["registry_sequence"] + 1
            follower.sequence += 1
        app.state.keeping.start()
        measured = await _until(client, "registry_projection_behind_changes", 0)
        assert measured["registry_projection_behind_seconds"] == measured["registry_feed_behind_changes"] == 0
        assert measured["registry_feeds"] == 0
