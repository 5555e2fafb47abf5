"""OpenMetadata: answers that were kept, and a server that answers as it does."""

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from connectors.errors import SourceError
from connectors.openmetadata import OpenMetadata
from connectors.protocol import Input, Trying
from graph.facts import Kind, Link
from tests.connectors.sources import CASES, HERE, codes, fields, links, read, serving, things

TABLES, LINEAGE = CASES / "openmetadata" / "tables.json", CASES / "openmetadata" / "lineage.json"
PERSON, GRANTS = "resource:pg/people.public.person", "resource:hive/dw.grants.v2"
FEEDS = {(PERSON, GRANTS), ("field:pg/people.public.person/id_card", "field:hive/dw.grants.v2/holder")}


async def test_tables_are_resources_with_fields() -> None:
    items = await read(OpenMetadata, TABLES)
    resources = things(items, Kind.RESOURCE)
    assert {id: thing.values["name"] for id, thing in resources.items()} == {PERSON: "人口", GRANTS: "grants"}
    assert resources[PERSON].extra == {"namespace": "pg", "owners": ["people-team"], "tags": ["PII.Sensitive"]}
    found = fields(items, PERSON)
    assert list(found) == ["id_card", "address.city"]
    assert (found["id_card"].values["data_type"], found["id_card"].values["length"]) == ("C", 18)
    assert not codes(items)


async def test_lineage_is_feeds_with_their_pipeline() -> None:
    items = await read(OpenMetadata, LINEAGE)
    assert links(items) == FEEDS
    said = {(one.values["job"], one.values["transformation"]) for one in items if isinstance(one, Link)}
    assert said == {
        ("airflow.nightly", "insert into grants select id_card from person"), ("airflow.nightly", "trim(id_card)"),
    }  # fmt: skip


async def test_a_server_is_asked_page_by_page_with_a_token(tmp_path: Path) -> None:
    tables = json.loads(TABLES.read_text(encoding="utf-8"))["data"]
    tokens = set()

    async def page(request: web.Request) -> web.Response:
        tokens.add(request.headers["Authorization"])
        at = int(request.query.get("after", 0))
        paging = {"total": 2, **({"after": "1"} if at == 0 else {})}
        return web.json_response({"data": tables[at : at + 1], "paging": paging})

    async def lineage(request: web.Request) -> web.Response:
        if request.match_info["id"].endswith("1"):
            return web.Response(status=500)
        return web.json_response(json.loads(LINEAGE.read_text(encoding="utf-8")))

    (tmp_path / "token").write_text("Bearer s3cret")
    async with serving(**{"api__v1__tables": page, "api__v1__lineage__table__{id}": lineage}) as base:
        config = {"url": base, "headers": {"Authorization": {"file": str(tmp_path / "token")}}}
        items = await read(OpenMetadata, config=config)
        connector = OpenMetadata(Input([], config=OpenMetadata.config.model_validate(config), addresses=HERE))
        assert isinstance(connector, Trying)
        assert await connector.try_out() == ["The OpenMetadata answers; it has 2 tables."]
        with pytest.raises(SourceError):
            await read(OpenMetadata, config={"url": f"{base}/none"})
    assert tokens == {"Bearer s3cret"}
    assert set(things(items, Kind.RESOURCE)) == {PERSON, GRANTS}
    assert links(items) == FEEDS
    assert codes(items) == ["LINEAGE_NOT_READ"]


@pytest.mark.parametrize(
    "tree",
    [
        {"data": [7, {}, {"fullyQualifiedName": "x"}, {"fullyQualifiedName": 'a."b', "columns": [1, {"name": 5}]}]},
        {"entity": 5, "nodes": [1, {"id": []}], "upstreamEdges": [3, {"fromEntity": 1}], "downstreamEdges": {}},
        {"fullyQualifiedName": "a.b.c", "columns": {"name": "x"}, "owners": [3], "tags": [None], "owner": 7},
    ],
)
async def test_answers_of_any_shape_are_taken_or_told(tmp_path: Path, tree: Any) -> None:
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(tree))
    items = await read(OpenMetadata, path)
    assert set(codes(items)) <= {"NO_NAME"}
    assert not links(items)


async def test_what_is_no_answer_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    for text in ("{}", "{", "[]"):
        path.write_text(text)
        assert codes(await read(OpenMetadata, path)) == ["FILE_NOT_READ"]


def test_answers_are_recognised() -> None:
    assert OpenMetadata.recognises(TABLES)
    assert OpenMetadata.recognises(LINEAGE)
    assert not OpenMetadata.recognises(CASES / "datahub" / "metadata.json")
