"""Exports over HTTP: what GraphQL answers, whole, or an error that nobody can overlook."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from graph.engine import Graph
from registry.app import create_app
from registry.exporting.asking import LineageExports
from registry.exporting.cells import printable
from registry.exporting.lineage import EDGES, NODES
from registry.exporting.service import Exports
from registry.settings import load_settings
from resolvers.gate import Gate, Room
from resolvers.questions import Questions
from resolvers.schema import make_schema
from tests.graph.asking import lineages
from tests.graph.stating import state
from tests.registry.hostile import HOSTILE
from tests.registry.running import Commands
from tests.resolvers.asking import opened

QUESTIONS = Questions(make_schema())
ALL = """query($ids: [ID!]!, $direction: Direction!, $level: Level!, $depth: Int!) {
  FIELD(ids: $ids, direction: $direction, level: $level, depth: $depth, budget: {maxNodes: 10000, maxPerNode: 10000}) {
    nodes { id kind name depth whole more resource { id name } system { id name } department { id name }
            jurisdiction { id name } }
    edges { source target count precise flow jobs agreements } complete stoppedBy reachedDepth sequence } }"""


def facts() -> list[dict[str, Any]]:
    """A hub with more neighbours than GraphQL follows unasked, with hostile names, across departments."""
    found: list[dict[str, Any]] = [
        {"fact": "jurisdiction", "id": "j", "name": HOSTILE[0]},
        *({"fact": "department", "id": f"d{n}", "name": name, "jurisdiction": "j"} for n, name in enumerate(HOSTILE)),
        {"fact": "system", "id": "s", "name": HOSTILE[11], "department": "d1"},
        {"fact": "resource", "id": "hub", "name": "=hub", "system": "s"},
        {"fact": "reads", "system": "s", "resource": "r3"},
    ]
    for number in range(120):
        name = HOSTILE[number % len(HOSTILE)] or None
        found.append({"fact": "resource", "id": f"r{number}", "name": name, "provider": f"d{number % len(HOSTILE)}"})
        found.append({"fact": "feeds", "from": "hub", "to": f"r{number}", "job": f"=job;{number}"})
    return found


async def client_of(graph: Graph, megabytes: int = 64) -> httpx.AsyncClient:
    """A client of the exports of a graph, from the projection or by statements."""
    offers = LineageExports(QUESTIONS, await lineages(graph, megabytes), 30).offers()
    app = Exports(offers, Gate(Room()), 4, 30, lambda exported: None)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry", timeout=60)


def records(text: str) -> tuple[list[dict[str, str]], dict[str, list[str]], list[str]]:
    """Of a CSV: its rows by the titles, its header, and its end."""
    titles, *table = csv.reader(io.StringIO(text, newline=""))
    header: dict[str, list[str]] = {}
    for record in table:
        if record[0] == "header":
            header.setdefault(record[1], []).append(record[2])
    rows = [dict(zip(titles, record, strict=True)) for record in table if record[0] not in ("header", "end")]
    return rows, header, table[-1]


@pytest.fixture
async def stated(graph: Graph, tmp_path: Path) -> Graph:
    await state(graph, tmp_path, facts())
    return graph


@pytest.mark.parametrize("field", ["lineage", "dependencies"])
async def test_an_export_is_what_graphql_answers_and_all_of_it(stated: Graph, field: str) -> None:
    question: dict[str, Any] = {"ids": ["hub"], "direction": "BOTH", "level": "RESOURCE", "depth": 9}
    answer = (await (await opened(stated)).ask(ALL.replace("FIELD", field), **question))[field]
    assert len(answer["nodes"]) > 120
    assert answer["complete"]
    for megabytes in (64, 0):
        sent = {}
        async with await client_of(stated, megabytes) as client:
            lines = (await client.get(f"/export/{field}.jsonl", params=question)).text.split("\n")[:-1]
            for part in ("nodes", "edges"):
                sent[part] = (await client.get(f"/export/{field}.csv", params={**question, "of": part})).text
        told = [json.loads(line) for line in lines]
        nodes = [{k: v for k, v in line.items() if k != "part"} for line in told if line["part"] == "node"]
        edges = [{k: line[k] for k in answer["edges"][0]} for line in told if line["part"] == "edge"]
        assert (nodes, edges) == (answer["nodes"], answer["edges"])
        rows, header, end = records(sent["nodes"])
        assert [row["id"] for row in rows] == [node["id"] for node in answer["nodes"]]
        for row, node in zip(rows, answer["nodes"], strict=True):
            assert row["name"].replace("'", "") == printable(node["name"]).replace("'", "")
        assert end[:3] == ["end", f"rows={len(rows)}", "complete=true"]
        assert header["sequence"] == [answer["sequence"]]
        assert header["viewer"] == ["anonymous"]
        assert header["flows"] == (["FEEDS"] if field == "lineage" else ["FEEDS", "READS"])
        assert {"ids", "direction", "level", "depth", "asOf", "knownAt", "now", "maxPerNode"} <= header.keys()
        rows, _, end = records(sent["edges"])
        assert [(row["source"], row["target"]) for row in rows] == [(e["source"], e["target"]) for e in answer["edges"]]
        assert end[1] == f"rows={len(rows)}"


@pytest.mark.parametrize(
    ("filter", "dotted"),
    [
        ({"only": {"departments": ["d1", "d2"]}}, {"filter.only.departments": ["d1", "d2"]}),
        ({"through": ["r3"]}, {"filter.through": ["r3"]}),
        ({"stopAt": ["r3"], "show": {"flows": ["FEEDS"]}}, {"filter.stopAt": ["r3"], "filter.show.flows": ["FEEDS"]}),
    ],
)
async def test_a_filter_bounds_an_export_which_says_it(
    stated: Graph, filter: dict[str, Any], dotted: dict[str, list[str]]
) -> None:
    question: dict[str, Any] = {"ids": ["hub"], "direction": "BOTH", "level": "RESOURCE", "depth": 9}
    asking = ALL.replace("FIELD", "dependencies").replace("Int!)", "Int!, $filter: LineageFilter)")
    asking = asking.replace("(ids:", "(filter: $filter, ids:")
    answer = await (await opened(stated)).ask(asking, **question, filter=filter)
    for megabytes in (64, 0):
        async with await client_of(stated, megabytes) as client:
            rows, header, _ = records((await client.get("/export/dependencies.csv", params=question | dotted)).text)
            posted = (await client.post("/export/dependencies.jsonl", json=question | {"filter": filter})).text
            free, plain, _ = records((await client.get("/export/dependencies.csv", params=question)).text)
        nodes = [node["id"] for node in answer["dependencies"]["nodes"]]
        assert [row["id"] for row in rows] == nodes != [row["id"] for row in free]
        told = [json.loads(line) for line in posted.splitlines()]
        assert [line["id"] for line in told if line["part"] == "node"] == nodes
        for said in (header, told[0]):
            assert {name: values for name, values in said.items() if name.startswith("filter")} == dotted
        assert not [name for name in plain if name.startswith("filter")]


async def test_a_workbook_has_the_same_rows(stated: Graph) -> None:
    question = {"ids": "hub", "direction": "DOWNSTREAM"}
    async with await client_of(stated) as client:
        answer = await client.get("/export/lineage.xlsx", params=question)
        lines = (await client.get("/export/lineage.jsonl", params=question)).text.splitlines()
    assert answer.headers["content-type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert answer.headers["content-disposition"] == 'attachment; filename="lineage.xlsx"'
    assert int(answer.headers["content-length"]) == len(answer.content)
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["question", "nodes", "edges"]
    for name, kind in (("nodes", "node"), ("edges", "edge")):
        titles, *rows = book[name].iter_rows(values_only=True)
        expected = [record for record in map(json.loads, lines) if record["part"] == kind]
        key = titles[0]
        assert [row[0] for row in rows] == [record[key] for record in expected]
        assert not any(cell.data_type == "f" for row in book[name].iter_rows() for cell in row)
    asked = dict(row[:2] for row in book["question"].iter_rows(values_only=True))
    assert (asked["ids"], asked["direction"], asked["viewer"]) == ("hub", "DOWNSTREAM", "anonymous")


async def test_limits_that_are_asked_for_cut_it_and_it_says_so(stated: Graph) -> None:
    async with await client_of(stated) as client:
        question = {"ids": "hub", "direction": "DOWNSTREAM", "budget.maxPerNode": "7"}
        rows, header, end = records((await client.get("/export/lineage.csv", params=question)).text)
        assert (len(rows), rows[0]["more"]) == (8, "113")
        assert (header["complete"], header["stoppedBy"], header["maxPerNode"]) == (["false"], ["FANOUT"], ["7"])
        assert end[2] == "complete=false stoppedBy=FANOUT"
        shallow = {"ids": "hub", "direction": "DOWNSTREAM", "depth": "0"}
        last = json.loads((await client.get("/export/lineage.jsonl", params=shallow)).text.splitlines()[-1])
        assert last == {"part": "end", "rows": 1, "nodes": 1, "edges": 0, "complete": False, "stoppedBy": ["DEPTH"]}


async def test_a_post_takes_more_ids_than_an_address(stated: Graph) -> None:
    ids = ["hub", *(f"r{number}" for number in range(120))]
    async with await client_of(stated) as client:
        body = {"ids": ids, "direction": "UPSTREAM", "budget": {"maxPerNode": 500}, "of": "edges"}
        answer = await client.post("/export/lineage.csv", json=body)
    rows, header, _ = records(answer.text)
    assert len(rows) == 120
    assert header["ids"] == ids
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.content.startswith(b"\xef\xbb\xbfpart,source,target,")


async def test_an_answer_that_is_empty_is_whole(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, [{"fact": "department", "id": "d"}])
    async with await client_of(graph) as client:
        question = {"ids": "d", "direction": "UPSTREAM"}
        rows, _, end = records((await client.get("/export/lineage.csv", params=question)).text)
        assert (rows, end[:3]) == ([], ["end", "rows=0", "complete=true"])
        book = openpyxl.load_workbook(io.BytesIO((await client.get("/export/lineage.xlsx", params=question)).content))
        assert book["nodes"].max_row == 1


@pytest.fixture(scope="module")
async def whole_app(sample: Commands) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole service on the sample."""
    app = create_app(load_settings(data=sample.data, heap_mb=512, linger_seconds=0.5, projection_mb=50))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost:8000", timeout=60) as client,
    ):
        yield client


ASK = {"ids": "department:320900/市公安局", "direction": "BOTH"}


@pytest.mark.parametrize(
    ("given", "status", "code", "argument", "words"),
    [
        ({}, 400, "BAD_INPUT", "ids", "has to be given"),
        ({"ids": "x"}, 400, "BAD_INPUT", "direction", "has to be given"),
        ({**ASK, "ids": ["x", "y"]}, 404, "NOT_FOUND", "ids", "x, y"),
        ({**ASK, "ids": "agreement:320900/2026-002"}, 400, "BAD_INPUT", "ids", "SharingAgreement"),
        ({**ASK, "direction": "SIDEWAYS"}, 400, "BAD_INPUT", "direction", "SIDEWAYS"),
        ({**ASK, "level": "TABLE"}, 400, "BAD_INPUT", "level", "TABLE"),
        ({**ASK, "depth": "1001"}, 400, "BAD_INPUT", "depth", "0 to 1,000"),
        ({**ASK, "depth": "x"}, 400, "BAD_INPUT", "depth", "non-integer"),
        ({**ASK, "depth": ["1", "2"]}, 400, "BAD_INPUT", "depth", "2 times"),
        ({**ASK, "asOf": "2019-13-01"}, 400, "BAD_INPUT", "asOf", "ISO 8601"),
        ({**ASK, "depht": "3"}, 400, "BAD_INPUT", "depht", "no such parameter"),
        ({**ASK, "budget.maxNodes": "5"}, 400, "BAD_INPUT", "budget.maxNodes", "always whole"),
        ({**ASK, "budget.maxPerNode": "0"}, 400, "BAD_INPUT", "maxPerNode", "1 to 10,000"),
        ({**ASK, "budget.most": "0"}, 400, "BAD_INPUT", "budget", "most"),
        ({**ASK, "budget": "{"}, 400, "BAD_INPUT", "budget", "JSON"),
        ({**ASK, "filter.only.kinds": "x"}, 400, "BAD_INPUT", "filter.only", "kinds"),
        ({**ASK, "filter.stopAt": "x"}, 404, "NOT_FOUND", "filter.stopAt", "x"),
        ({**ASK, "filter.only.flows": "COPIES"}, 400, "BAD_INPUT", "filter.only.flows", "COPIES"),
        ({**ASK, "of": "all"}, 400, "BAD_INPUT", "of", "nodes or edges"),
    ],
)
async def test_mistakes_are_told_before_the_first_byte(
    whole_app: httpx.AsyncClient, given: dict[str, Any], status: int, code: str, argument: str, words: str
) -> None:
    answer = await whole_app.get("/export/lineage.csv", params=given)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"], error["extensions"]["argument"]) == (
        status,
        code,
        argument,
    )
    assert words in error["message"]
    assert "content-disposition" not in answer.headers


async def test_requests_that_are_none_are_refused_as_graphql_does(whole_app: httpx.AsyncClient) -> None:
    path, body = "/export/lineage.csv", {**ASK, "ids": [ASK["ids"]]}
    json_type = {"content-type": "application/json"}
    for request, status in (
        (whole_app.put(path, json=body), 405),
        (whole_app.head(path, params=ASK), 405),
        (whole_app.post(path, data=ASK), 415),
        (whole_app.post(path, content=b"{", headers=json_type), 400),
        (whole_app.post(path, json=[body]), 400),
        (whole_app.post(path, json={**body, "of": 1}), 400),
        (whole_app.post(path, json={**body, "ids": ["x" * 1_000_000]}), 413),
        (whole_app.get("/export/lineage.pdf", params=ASK), 404),
        (whole_app.get("/export/", params=ASK), 404),
        (whole_app.get(path + "?ids=%ff"), 400),
        (whole_app.post(path, json=body, headers={"origin": "https://evil.example"}), 403),
        (whole_app.post(path, json=body), 200),
        (whole_app.get("/export/lineage.jsonl", params={**ASK, "of": "nodes"}), 400),
    ):
        answer = await request
        assert answer.status_code == status, (answer.request.method, answer.text[:200])
    assert (await whole_app.put(path)).headers["allow"] == "GET, POST"


async def test_exports_are_counted_by_what_became_of_them(whole_app: httpx.AsyncClient) -> None:
    answer = await whole_app.get("/export/dependencies.csv", params=ASK)
    rows, _, _ = records(answer.text)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await whole_app.get("/export/dependencies.csv")).status_code == 400
    metrics = (await whole_app.get("/metrics")).text
    assert 'registry_exports_total{export="dependencies",format="csv",outcome="ok"} 1.0' in metrics
    assert 'registry_exports_total{export="dependencies",format="csv",outcome="refused"} 1.0' in metrics
    assert f'registry_export_rows_total{{export="dependencies",format="csv"}} {len(rows)}.0' in metrics
    assert 'registry_requests_total{method="GET",route="/export/dependencies.csv",status="200"} 1.0' in metrics


async def test_pictures_are_shown_by_browsers_and_say_what_cut_them(whole_app: httpx.AsyncClient) -> None:
    question = {**ASK, "budget.maxNodes": "20"}
    answer = await whole_app.get("/export/lineage.svg", params=question)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["content-disposition"] == 'inline; filename="lineage.svg"'
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    root = ElementTree.fromstring(answer.content)
    text = "".join(root.itertext())
    assert "盐城市公安局: lineage, both ways" in text
    assert "✂ NODES: only the first 20 nodes" in text
    assert (await whole_app.get("/export/dependencies.dot", params=ASK)).text.startswith("digraph lineage {")
    posted = await whole_app.post("/export/lineage.mmd", json={"ids": [ASK["ids"]], "direction": "BOTH", "depth": 1})
    assert posted.text.startswith("flowchart LR")
    assert posted.headers["content-type"] == "text/vnd.mermaid; charset=utf-8"


async def test_a_picture_that_is_too_big_is_refused_with_the_way_out(graph: Graph, tmp_path: Path) -> None:
    many: list[dict[str, Any]] = [{"fact": "resource", "id": "r"}]
    many += ({"fact": "feeds", "from": "r", "to": f"r{number}"} for number in range(1_001))
    await state(graph, tmp_path, many)
    question = {"ids": "r", "direction": "DOWNSTREAM", "budget.maxNodes": "10000", "budget.maxPerNode": "10000"}
    async with await client_of(graph) as client:
        for suffix, words in (("svg", "1,002 nodes and 1,001 edges"), ("mmd", "Mermaid draws at most 500")):
            answer = await client.get(f"/export/lineage.{suffix}", params=question)
            [error] = answer.json()["errors"]
            assert (answer.status_code, error["extensions"]["code"]) == (422, "TOO_COSTLY")
            assert words in error["message"]
        assert (await client.get("/export/lineage.dot", params=question)).text.count(" -> ") == 1_001


def test_a_question_is_the_same_as_parameters_and_as_json() -> None:
    texts = [("ids", "a,b"), ("ids", "c"), ("direction", "BOTH"), ("depth", "3"), ("budget.maxPerNode", "9")]
    values: Mapping[str, Any] = {
        "ids": ["a,b", "c"],
        "direction": "BOTH",
        "depth": 3,
        "budget": {"maxPerNode": 9},
    }
    found = QUESTIONS.from_values("lineage", QUESTIONS.values("lineage", texts))
    assert found == QUESTIONS.from_values("lineage", values)
    as_text = [*texts[:-1], ("budget", '{"maxPerNode": 9}')]
    found = QUESTIONS.from_values("dependencies", QUESTIONS.values("dependencies", as_text))
    assert found == QUESTIONS.from_values("dependencies", values)


PAGE = Path(__file__).parents[2] / "docs" / "export.md"
_BLOCK = re.compile(r"^```http\n(.*?)^```$", re.M | re.S)
_COLUMNS = re.compile(r"`((?:\w+, )+\w+)`")


async def test_the_addresses_of_the_page_are_answered(whole_app: httpx.AsyncClient) -> None:
    lines = [line for block in _BLOCK.findall(PAGE.read_text(encoding="utf-8")) for line in block.splitlines()]
    assert len(lines) > 5
    for line in lines:
        method, address, *body = line.split(" ", 2)
        given = {"content": body[0].encode(), "headers": {"content-type": "application/json"}} if body else {}
        answer = await whole_app.request(method, address, **given)
        assert answer.status_code == 200, (line, answer.text[:300])
        assert len(answer.content) > 500


def test_the_page_names_all_formats_and_columns() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for path in LineageExports.paths:
        suffix = path.rpartition(".")[2]
        assert f"| `{suffix}`" in text
    named = {name for names in _COLUMNS.findall(text) for name in names.split(", ")}
    assert {one.title for one in (*NODES, *EDGES) if not one.title.endswith("Name")} <= named
