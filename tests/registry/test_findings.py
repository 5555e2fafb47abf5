"""`registry findings` and `/export/findings`: the API's answers, files that are whole, and what imports leave."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from graph.engine import Graph
from graph.findings import AskedFindings, FindingSearch
from graph.projection import Projection
from registry.choices import Bad, Finding, FindingOrder
from registry.exporting.findings import FINDINGS, FindingExports
from registry.exporting.service import Exports
from registry.finding_answers import findings_record
from registry.imports import ImportOptions, run_import
from resolvers import findings as types
from resolvers.gate import Gate, Room
from resolvers.questions import Questions
from resolvers.schema import make_schema
from tests.graph.stating import state
from tests.registry.hostile import HOSTILE
from tests.registry.running import SAMPLE, Commands
from tests.registry.test_exports import records
from tests.resolvers.asking import opened
from tests.resolvers.test_findings import ALL

QUESTIONS = Questions(make_schema())


async def client_of(graph: Graph, megabytes: int = 64) -> httpx.AsyncClient:
    projection = Projection(graph, megabytes)
    if megabytes:
        await projection.fill()
    offers = FindingExports(QUESTIONS, FindingSearch(graph, projection)).offers()
    app = Exports(offers, Gate(Room()), 4, 30, lambda exported: None)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry", timeout=60)


def without(node: dict[str, Any]) -> dict[str, Any]:
    """A finding without what is loaded beside it."""
    things = [{key: value for key, value in thing.items() if key != "node"} for thing in node["things"]]
    return {**node, "things": things}


async def test_the_command_answers_as_the_api_does(graph: Graph) -> None:
    with await run_import(graph, [SAMPLE], ImportOptions(source="sample")):
        pass
    told = (await (await opened(graph)).ask(ALL, first=40))["findings"]
    found = await FindingSearch(graph, Projection(graph, 0)).find(AskedFindings())
    answer = findings_record(found, 40)
    assert answer["nodes"] == list(map(without, told["nodes"]))
    assert {name: answer[name] for name in ("totalCount", "sequence")} == {
        name: told[name] for name in ("totalCount", "sequence")
    }
    facets = told["facets"]
    assert {
        name: [{key: one[key] for key in facets[name][0]} for one in values]
        for name, values in answer["facets"].items()
        if facets[name]
    } == {name: values for name, values in facets.items() if values}


def test_options_are_those_of_the_api() -> None:
    for option, type in ((Finding, types.FindingKind), (Bad, types.Severity), (FindingOrder, types.FindingOrder)):
        assert [one.value for one in option] == list(type.__members__)


def test_tables_tell_how_many_whose_and_what(sample: Commands) -> None:
    done = sample.run(
        "findings", "--first", "4", "--order-by", "severity", "--kind", "no_system", "--kind", "UNREGISTERED"
    )
    assert done.status == 0
    for words in ("NO_SYSTEM", "Who has to act", "Findings (4 of ", "no system in force holds it", "as of change"):
        assert words in done.out
    inside = sample.run(
        "findings", "--within", "department:320900/市民政局", "--severity", "warning", "--format", "json"
    )
    assert {one["severity"] for one in inside.json["nodes"]} == {"WARNING"}
    assert inside.json["totalCount"] == len(inside.json["nodes"]) > 0


def test_files_have_all_of_it(sample: Commands, tmp_path: Path) -> None:
    every = sample.run("findings", "--format", "json", "--first", "10000").json
    path = tmp_path / "findings.csv"
    done = sample.run("findings", "--format", "csv", "--output", path)
    assert done.status == 0
    assert f"{every['totalCount']:,} findings" in done.out
    rows, header, end = records(path.read_text("utf-8-sig"))
    assert [row["id"] for row in rows] == [node["id"] for node in every["nodes"]]
    assert (end[1], header["viewer"]) == (f"rows={every['totalCount']}", ["anonymous"])
    lines = sample.run("findings", "--format", "jsonl", "--kind", "no_system").out.splitlines()
    assert json.loads(lines[-1])["rows"] == len(lines) - 2 > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--kind", "everything"], "no_system"),
        (["--quiet-days", "0"], "--quiet-days"),
        (["--first", "10001"], "--first"),
        (["--first", "3", "--format", "csv"], "--first"),
        (["--format", "xlsx"], "--output"),
        (["--as-of", "yesterday"], "--as-of"),
    ],
)
def test_wrong_usage_ends_with_2(sample: Commands, arguments: list[str], words: str) -> None:
    done = sample.run("findings", *arguments)
    assert done.status == 2
    assert words in done.err
    assert not done.out


def test_what_the_graph_does_not_know_ends_with_1(sample: Commands) -> None:
    done = sample.run("findings", "--within", "department:nobody")
    assert done.status == 1
    assert "department:nobody" in done.err


def hostile() -> list[dict[str, Any]]:
    return [
        {"fact": "resource", "id": f"r{number}", "name": name or None, "provider": "d"}
        for number, name in enumerate(HOSTILE)
    ]


async def test_exports_are_what_graphql_answers_and_all_of_it(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, hostile())
    answer = (await (await opened(graph)).ask(ALL, first=1000))["findings"]
    for megabytes in (64, 0):
        async with await client_of(graph, megabytes) as client:
            lines = (await client.get("/export/findings.jsonl")).text.split("\n")[:-1]
            table = (await client.get("/export/findings.csv", params={"kinds": ["NO_SYSTEM"]})).text
            book = (await client.get("/export/findings.xlsx", params={"within": "d"})).content
        head, *found, end = map(json.loads, lines)
        assert [{key: value for key, value in one.items() if key != "part"} for one in found] == [
            without(node) for node in answer["nodes"]
        ]
        assert end == {
            "part": "end",
            "rows": len(found),
            "findings": len(found),
            "complete": True,
            "stoppedBy": [],
        }
        assert (head["sequence"], head["viewer"], head["severities"]) == (answer["sequence"], "anonymous", "all")
        rows, header, last = records(table)
        assert len(rows) == len(HOSTILE)
        assert (header["kinds"], last[1]) == (["NO_SYSTEM"], f"rows={len(rows)}")
        risky = [cell for row in csv.reader(io.StringIO(table)) for cell in row if cell[:1] in ("=", "+", "-", "@")]
        assert risky == []
        sheet = openpyxl.load_workbook(io.BytesIO(book))["findings"]
        assert sheet.max_row - 1 == len(found)
        assert [cell.value for cell in sheet[1]] == [column.title for column in FINDINGS]
        assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize(
    ("given", "status", "argument"),
    [
        ({"first": "3"}, 400, "first"),
        ({"after": "x"}, 400, "after"),
        ({"kinds": "NOTHING"}, 400, "kinds"),
        ({"within": "nobody"}, 404, "within"),
        ({"quietDays": "0"}, 400, "quietDays"),
        ({"quiet": "1"}, 400, "quiet"),
    ],
)
async def test_mistakes_are_told_before_the_first_byte(
    embedded_graph: Graph, given: dict[str, str], status: int, argument: str
) -> None:
    async with await client_of(embedded_graph) as client:
        answer = await client.get("/export/findings.csv", params=given)
        posted = await client.post("/export/findings.jsonl", json={"kinds": ["IMPORT"], "first": 1})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["argument"]) == (status, argument)
    assert posted.status_code == 400


async def test_what_an_import_finds_is_kept_until_the_file_is_imported_again(graph: Graph, tmp_path: Path) -> None:
    path, other = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    good = '{"fact":"department","id":"d"}\n'
    search = FindingSearch(graph, Projection(graph, 0))

    async def kept(**options: Any) -> list[tuple[str | None, str | None, list[str]]]:
        with await run_import(graph, [path, other], ImportOptions(**options)):
            pass
        found = await search.find(AskedFindings())
        rows = [found.row(place) for place in range(len(found))]
        return [(row.code, row.place.file if row.place else None, row.sources) for row in rows]

    path.write_text("{\n" + good + '{"fact":"department","id":"e","colour":1}\n', "utf-8")
    other.write_text("[]\n" + good, "utf-8")
    assert await kept(dry_run=True) == []
    first = await kept(connector="exchange")
    assert first == [
        ("NOT_JSON", "a.jsonl", ["exchange:a.jsonl"]),
        ("UNKNOWN_KEY", "a.jsonl", ["exchange:a.jsonl"]),
        ("NOT_AN_OBJECT", "b.jsonl", ["exchange:b.jsonl"]),
    ]
    path.write_text(good, "utf-8")
    assert await kept(connector="exchange") == first[2:]
    other.write_text("nothing that is known", "utf-8")
    unread = await kept()
    assert unread == [("FILE_NOT_READ", "b.jsonl", []), *first[2:]]
    other.write_text(good, "utf-8")
    assert await kept(connector="exchange") == []


async def test_a_full_run_leaves_nothing_of_other_files(graph: Graph, tmp_path: Path) -> None:
    search = FindingSearch(graph, Projection(graph, 0))
    for name, full, expected in (("a.jsonl", False, 1), ("b.jsonl", False, 2), ("c.jsonl", True, 2)):
        path = tmp_path / name
        path.write_text('[]\n{"fact":"department","id":"NAME"}\n'.replace("NAME", name), "utf-8")
        options = ImportOptions(connector="exchange", source="s", full=full)
        with await run_import(graph, [path], options):
            pass
        found = await search.find(AskedFindings())
        assert len(found) == expected
    codes = {found.row(place).code for place in range(len(found))}
    assert codes == {"NOT_AN_OBJECT", "WITHDRAW_STOPPED"}
