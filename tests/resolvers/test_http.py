"""GraphQL over HTTP and WebSocket, and the page for browsers. No graph is needed: nothing here asks it."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute

from graph.engine import Graph
from graph.lineage import Lineages
from resolvers.graphiql import examples
from resolvers.http import LONGEST_BODY, graphql_app
from tests.resolvers.sockets import connected

APP = graphql_app(cast(Graph, None), cast(Lineages, None))
MOUNTED = Starlette(
    routes=[Route("/graphql", APP), WebSocketRoute("/graphql", APP), Mount("/graphql", APP)],
)
JSON = {"content-type": "application/json"}
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
QUERY = "{ __typename }"
ANSWER = {"data": {"__typename": "Query"}}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(MOUNTED), base_url="http://registry") as client:
        yield client


async def test_a_query_comes_by_post_or_get(client: httpx.AsyncClient) -> None:
    assert (await client.post("/graphql", json={"query": QUERY})).json() == ANSWER
    assert (await client.get("/graphql", params={"query": QUERY})).json() == ANSWER
    named = {"query": "query A { a: __typename } query B($x: Boolean!) { b: __typename @skip(if: $x) }"}
    answer = await client.post("/graphql", json={**named, "operationName": "B", "variables": {"x": False}})
    assert answer.json() == {"data": {"b": "Query"}}
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "JSON"),
        (b"", 400, "JSON"),
        (b"\xff\xfe", 400, "JSON"),
        (b"5", 400, "JSON object"),
        (b"[]", 400, "Batching"),
        (b'[{"query": "{ __typename }"}]', 400, "Batching"),
        (b"{}", 400, "query"),
        (b'{"query": 5}', 400, "query"),
        (b'{"query": "{ __typename }", "variables": [1]}', 400, "variables"),
        (b'{"query": "query A { __typename }", "operationName": "B"}', 400, "B"),
        (b'{"query": "' + b" " * LONGEST_BODY + b'"}', 413, "larger than 1 MB"),
    ],
)
async def test_what_is_no_request_is_refused_as_json(
    client: httpx.AsyncClient, body: bytes, status: int, words: str
) -> None:
    answer = await client.post("/graphql", content=body, headers=JSON)
    assert answer.status_code == status
    [error] = answer.json()["errors"]
    assert error["extensions"] == {"code": "TOO_COSTLY" if status == 413 else "BAD_INPUT"}
    assert words in error["message"]


@pytest.mark.parametrize("directive", ["defer", "stream"])
async def test_answers_do_not_come_in_parts(client: httpx.AsyncClient, directive: str) -> None:
    used = "... @defer { __typename }" if directive == "defer" else "__schema { types @stream { name } }"
    answer = (await client.post("/graphql", json={"query": f"{{ {used} }}"})).json()
    [error] = answer["errors"]
    assert error["message"] == f"Unknown directive '@{directive}'."
    assert error["extensions"] == {"code": "BAD_INPUT"}


async def test_a_long_body_is_refused_though_its_length_is_not_told(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 100_000

    answer = await client.post("/graphql", content=endless(), headers=JSON)
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"] == {"code": "TOO_COSTLY"}


@pytest.mark.parametrize("name", ["variables", "extensions"])
async def test_a_parameter_of_a_get_that_is_no_json_is_named(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get("/graphql", params={"query": QUERY, name: "{x"})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]) == (400, {"code": "BAD_INPUT"})
    assert error["message"] == f"The parameter {name} is not JSON."
    assert (await client.get("/graphql", params={"query": QUERY, name: "{}"})).json() == ANSWER


async def test_other_types_and_methods_are_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/graphql", content=b'{"query": "{ __typename }"}', headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 415
    answer = await client.patch("/graphql", json={"query": QUERY})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST, PUT, DELETE")
    answer = await client.get("/graphql", params={"query": 'mutation { deleteImpact(id: "x") }'})
    assert answer.status_code == 400
    assert "mutation" in answer.json()["errors"][0]["message"]
    assert (await client.get("/graphql/nothing")).status_code == 404


async def test_what_is_nested_too_deep_is_refused(client: httpx.AsyncClient) -> None:
    deep = "{ systems { nodes { department { systems { nodes { id } } } } } }"
    assert "errors" not in (await client.post("/graphql", json={"query": "{ __schema { types { name } } }"})).json()
    for _ in range(6):
        deep = deep.replace("{ id }", "{ department { systems { nodes { id } } } }")
    fragments = (
        "{ ...A } fragment A on Query { systems { nodes { ...B } } } fragment B on System { department { ...C } }"
    )
    fragments += " fragment C on Department { systems { nodes { ...B } } }"
    for query, code in ((deep, "TOO_COSTLY"), (fragments, "BAD_INPUT")):
        answer = (await client.post("/graphql", json={"query": query})).json()
        assert answer["errors"][0]["extensions"]["code"] == code


async def test_a_query_comes_by_websocket() -> None:
    async with connected(MOUNTED) as socket:
        socket.subscribe(QUERY)
        assert await socket.hear() == {"type": "next", "id": "1", "payload": ANSWER}
        assert await socket.hear() == {"type": "complete", "id": "1"}


@pytest.mark.parametrize(
    ("accepted", "told"),
    [
        (["image/png", "application/json"], "application/json"),
        (["application/json;q=0.1", "application/graphql-response+json"], "application/graphql-response+json"),
        ([""], "application/json"),
    ],
)
async def test_what_is_accepted_may_stand_in_several_lines(
    client: httpx.AsyncClient, accepted: list[str], told: str
) -> None:
    headers = [("content-type", "application/json"), *(("accept", line) for line in accepted)]
    answer = await client.post("/graphql", content=json.dumps({"query": QUERY}), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, told)


async def test_pages_of_another_site_may_not_ask_but_may_lead_here(client: httpx.AsyncClient) -> None:
    foreign = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    refused = await client.get("/graphql", params={"query": QUERY}, headers=foreign)
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]) == (403, {"code": "FORBIDDEN"})
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert (await client.get("/graphql", params={"query": QUERY}, headers=followed)).json() == ANSWER
    assert (await client.get("/graphql", headers=HTML | followed)).status_code == 200


# The page.


async def test_a_browser_gets_the_page_and_a_program_does_not(client: httpx.AsyncClient) -> None:
    page = await client.get("/graphql", headers=HTML)
    assert page.headers["content-type"].startswith("text/html")
    assert "GraphiQL" in page.text
    assert (await client.get("/graphql", headers={"accept": "*/*"})).status_code == 400
    assert (await client.get("/graphql", params={"query": QUERY}, headers=HTML)).json() == ANSWER


async def test_nothing_of_the_page_comes_from_elsewhere(client: httpx.AsyncClient) -> None:
    """All that it names is served from here, and the browser is told to load nothing else."""
    page = await client.get("/graphql", headers=HTML)
    assert "default-src 'self'" in page.headers["content-security-policy"]
    named = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert len(named) == 3
    for address in named:
        if not address.startswith("data:"):
            assert address.startswith("/graphql/graphiql/")
            file = await client.get(address)
            assert file.status_code == 200
            assert len(file.content) > 100_000
            assert file.headers["cache-control"].startswith("public")
    css = (await client.get(next(name for name in named if ".css" in name))).text
    assert not re.search(r"url\(\s*['\"]?(?!data:|#)", css)
    assert "@import" not in css


async def test_no_other_file_is_served(client: httpx.AsyncClient) -> None:
    for name in ("README.md", "../schema.py", "..%2fschema.py", "queries/4-search.graphql", ""):
        assert (await client.get(f"/graphql/graphiql/{name}")).status_code == 404


async def test_the_page_shows_the_examples(client: httpx.AsyncClient) -> None:
    page = await client.get("/graphql", headers=HTML)
    [text] = re.findall(r'<script type="application/json" id="queries">(.*?)</script>', page.text, re.DOTALL)
    shown: list[dict[str, Any]] = json.loads(text)
    assert [tab["query"] for tab in shown] == list(examples().values())
    assert len(shown) >= 6
