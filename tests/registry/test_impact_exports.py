"""Impacts as files: all that GraphQL lists, of all levels, over HTTP and from the command line."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from graph.engine import Graph
from graph.impact import Impacts
from graph.moment import Level
from graph.projection import Projection
from registry.exporting.asking import ImpactExports
from registry.exporting.impact import PARTS, Contacts
from registry.exporting.service import Exports
from registry.imports import ImportOptions, run_import
from resolvers.gate import Gate, Room
from resolvers.questions import Questions
from resolvers.schema import make_schema
from tests.graph.stating import state
from tests.registry.running import SAMPLE, Commands
from tests.resolvers.asking import opened

PEOPLE = "resource:320900/市公安局/户籍人口基本信息"
CHANGE = {"kind": "RETIRE", "ids": [PEOPLE]}
TEXTS = {"change.kind": "RETIRE", "change.ids": PEOPLE, "asOf": "2026-11-01"}

_THINGS = "resource { id name } system { id name } department { id name } jurisdiction { id name }"
_LEVELS = {
    "affected": "id kind name depth precise whole " + _THINGS,
    "migration": "step ring id kind name depth precise department { id name }",
}
_LISTS = {
    "sources": "id kind name depth precise outlook lost left "
    "feeders { id name } resource { id name } department { id name }",
    "agreements": "id name effect reason covered",
    "departments": "id name depth precise fields resources systems losing contacts",
    "successors": " ".join(f"{n} {{ id name }}" for n in ("replaces", "successor", "resource", "department", "element"))
    + " reason",
}
ONES = dict(zip(PARTS, ("affected", "source", "agreement", "department", "successor", "step"), strict=True))


def _question() -> str:
    lists = [f"{name}(first: 1000) {{ nodes {{ {keys} }} }}" for name, keys in _LISTS.items()]
    for level in Level:
        for name, keys in _LEVELS.items():
            lists.append(f"{name}_{level.name}: {name}(level: {level.name}, first: 1000) {{ nodes {{ {keys} }} }}")
    asked = 'impact(change: $change, asOf: "2026-11-01", maxMilliseconds: 60000)'
    return f"query ($change: ChangeInput!) {{ {asked} {{ {' '.join(lists)} sequence complete }} }}"


def client_of(graph: Graph, projection: Projection) -> httpx.AsyncClient:
    offers = ImpactExports(Questions(make_schema()), Impacts(graph, projection), 60).offers()
    app = Exports(offers, Gate(Room()), 4, 60, lambda exported: None)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry", timeout=120)


@pytest.fixture
async def stated(graph: Graph) -> Graph:
    with await run_import(graph, [SAMPLE], ImportOptions(source="sample")):
        pass
    return graph


async def test_an_export_has_all_that_graphql_lists(stated: Graph) -> None:
    told: dict[str, Any] = (await (await opened(stated)).ask(_question(), change=CHANGE))["impact"]
    expected: dict[str, list[Any]] = {name: told[name]["nodes"] for name in _LISTS}
    for name in _LEVELS:
        rows = [(level, row) for level in Level for row in told[f"{name}_{level.name}"]["nodes"]]
        expected[name] = [{"level": level.name, **row} for level, row in rows]
    assert all(expected.values())
    projection = Projection(stated, 64)
    await projection.fill()
    for way in (projection, Projection(stated, 0)):
        async with client_of(stated, way) as client:
            lines = (await client.get("/export/impact.jsonl", params=TEXTS)).text.splitlines()
            texts = {
                name: (await client.get("/export/impact.csv", params={**TEXTS, "of": name})).text for name in PARTS
            }
        header, *written, end = map(json.loads, lines)
        assert (header["part"], header["change"], header["ids"]) == ("header", "RETIRE", [PEOPLE])
        assert (header["sequence"], header["complete"], header["viewer"]) == (told["sequence"], True, "anonymous")
        assert (end["part"], end["rows"], end["complete"]) == ("end", len(written), True)
        for name in PARTS:
            found = [{k: v for k, v in row.items() if k != "part"} for row in written if row["part"] == ONES[name]]
            assert found == expected[name]
            assert end[name] == len(found)
            _check_csv(texts[name], ONES[name], found)


def _check_csv(text: str, one: str, expected: list[dict[str, Any]]) -> None:
    titles, *records = csv.reader(io.StringIO(text, newline=""))
    rows = [record for record in records if record[0] == one]
    assert len(rows) == len(expected)
    assert records[-1][:3] == ["end", f"rows={len(rows)}", "complete=true"]
    if "id" in titles:
        assert [row[titles.index("id")] for row in rows] == [row["id"] for row in expected]


async def test_a_workbook_has_a_sheet_for_each_list(stated: Graph) -> None:
    async with client_of(stated, Projection(stated, 0)) as client:
        answer = await client.post("/export/impact.xlsx", json={"change": CHANGE, "asOf": "2026-11-01"})
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["question", *PARTS]
    titles, *rows = book["departments"].iter_rows(values_only=True)
    assert any(row[titles.index("contacts")] for row in rows)


async def test_mistakes_are_told(embedded_graph: Graph, tmp_path: Path) -> None:
    await state(embedded_graph, tmp_path, [{"fact": "resource", "id": "r"}])
    right = {"change.kind": "RETIRE", "change.ids": "r"}
    async with client_of(embedded_graph, Projection(embedded_graph, 0)) as client:
        assert (await client.get("/export/impact.csv", params=right)).status_code == 200
        for parameters, status, words in (
            ({"change.kind": "RETIRE"}, 400, "required field 'ids'"),
            ({**right, "change.kind": "BURN"}, 400, "change.kind"),
            ({**right, "change.ids": "none"}, 404, "none"),
            ({**right, "of": "nodes"}, 400, "must be affected or sources"),
            ({**right, "level": "FIELD"}, 400, "there is no such parameter"),
            ({**right, "maxMilliseconds": "0"}, 400, "maxMilliseconds"),
        ):
            answer = await client.get("/export/impact.csv", params=parameters)
            assert answer.status_code == status
            assert words in answer.json()["errors"][0]["message"]


def test_the_command_writes_all_rows_of_all_levels(sample: Commands, tmp_path: Path) -> None:
    file = tmp_path / "impact.jsonl"
    asked = ("impact", "retire", PEOPLE, "--max-milliseconds", "60000")
    done = sample.run(*asked, "--format", "jsonl", "--output", str(file))
    assert done.status == 0, done.err
    assert "nothing was written to the graph" in done.out
    lines = list(map(json.loads, file.read_text(encoding="utf-8").splitlines()))
    assert {line["level"] for line in lines if line["part"] == "affected"} == {level.name for level in Level}
    piped = sample.run(*asked, "--format", "csv", "--of", "departments")
    assert piped.out.startswith("\ufeffpart,id,name,depth")
    assert sample.run(*asked, "--of", "sources").status == 2
    assert sample.run(*asked, "--format", "xlsx").status == 2


@pytest.mark.parametrize(
    ("stated", "text"), [(None, ""), ("张三", "张三"), (["a", 1], "a; 1"), ({"张三": "0515-1"}, "张三 0515-1")]
)
def test_contacts_are_one_line(stated: Any, text: str) -> None:
    assert Contacts.text(stated) == text
