"""The catalogue as DCAT, from the graph: over HTTP and as files, and what another registry makes of it."""

import io
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.rdf_out import MEDIA_TYPES
from graph.engine import Graph
from registry.exporting.dcat import FORMS, DcatExports, Titled, write_dcat
from registry.exporting.service import Exports
from registry.imports import ImportOptions, run_import
from resolvers.gate import Gate, Room
from tests.engines import wipe
from tests.registry.hostile import HOSTILE
from tests.registry.importing import Line, said, state

FACTS: list[Line] = [
    {"fact": "jurisdiction", "id": "jurisdiction:320900", "name": "盐城市", "code": "320900"},
    {
        "fact": "department",
        "id": "department:320900/市公安局",
        "name": "盐城市公安局",
        "short_name": "市公安局",
        "jurisdiction": "jurisdiction:320900",
    },
    {
        "fact": "system",
        "id": "system:a",
        "name": "人口库",
        "department": "department:320900/市公安局",
        "status": "LIVE",
    },
    {
        "fact": "resource",
        "id": "resource:320900/人口",
        "name": "人口基本信息",
        "code": "R1",
        "abstract": "摘要\n二",
        "provider": "department:320900/市公安局",
        "system": "system:a",
        "share_type": "CONDITIONAL",
        "secrecy": "INTERNAL",
        "update_cycle": "DAILY",
        "aliases": ["人口"],
        "format_types": ["xlsx", "数据库"],
    },
    {
        "fact": "field",
        "id": "field:2",
        "name": "姓名",
        "resource": "resource:320900/人口",
        "position": 2,
        "length": 50,
        "code": "XM",
    },
    {"fact": "field", "id": "field:1", "name": "公民身份号码", "resource": "resource:320900/人口", "position": 1},
    *({"fact": "resource", "id": f"resource:h{n}", "name": name} for n, name in enumerate(HOSTILE) if name.strip()),
]


def told(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is said of departments, systems, resources and fields, whoever says it."""
    kinds = ("department", "system", "resource", "field")
    return [{k: v for k, v in line.items() if k != "source"} for line in lines if line["fact"] in kinds]


@pytest.mark.parametrize("suffix", FORMS)
async def test_another_registry_takes_the_same_facts(graph: Graph, tmp_path: Path, suffix: str) -> None:
    await state(graph, tmp_path, FACTS)
    before = told(await said(graph, tmp_path))
    path = tmp_path / f"catalogue.{suffix}"
    with path.open("wb") as file:
        count = await write_dcat(graph, FORMS[suffix], file, Titled("目录", "https://data.example"))
    assert count == len([line for line in FACTS if line["fact"] in ("department", "system", "resource")])
    await wipe(graph)
    report = await run_import(graph, [path], ImportOptions())
    with report:
        assert report.exit_code == 0
    after = {line["id"]: line for line in told(await said(graph, tmp_path))}
    assert {line["id"] for line in before} == set(after)
    plain = [line for line in before if not line["id"].startswith("resource:h")]
    assert [after[line["id"]] | line for line in plain] == [after[line["id"]] for line in plain]


async def test_what_was_withdrawn_or_never_stated_is_not_in_it(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, [*FACTS[:4], {"fact": "field", "id": "field:x", "resource": "resource:nobody"}])
    await state(graph, tmp_path, FACTS[:2], full=True, withdraw_share=1)
    file = io.BytesIO()
    assert await write_dcat(graph, "turtle", file, Titled()) == 1
    text = file.getvalue().decode()
    assert "市公安局" in text
    assert "人口" not in text
    assert "nobody" not in text


async def test_it_is_answered_over_http(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    app = Exports(DcatExports(graph).offers(), Gate(Room()), 4, 30, lambda exported: None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry") as client:
        for suffix, form in FORMS.items():
            answer = await client.get(f"/export/catalogue.{suffix}", params={"title": "盐城市目录"})
            assert answer.status_code == 200
            assert answer.headers["content-type"].partition(";")[0] == MEDIA_TYPES[form]
            assert "盐城市目录" in answer.text
            assert "人口基本信息" in answer.text
        wrong = await client.get("/export/catalogue.ttl", params={"name": "x"})
        assert wrong.status_code == 400
        assert wrong.json()["errors"][0]["extensions"]["argument"] == "name"
