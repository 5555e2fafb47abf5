"""The export: an import of it says the same again, byte for byte."""

import tempfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.engine import Graph
from registry.export import export
from registry.imports import run_import
from tests.engines import wipe
from tests.graph.asking import ask, lineages
from tests.registry.importing import said, small_graph, state
from tests.strategies import Scenario, scenarios

SAMPLE = Path(__file__).parents[2] / "registry" / "sample" / "yancheng.jsonl"


async def there_and_back(graph: Graph, folder: Path) -> list[dict[str, Any]]:
    """Export, import into the emptied graph, export again: the same file. What it says."""
    first, second = folder / "first.jsonl", folder / "second.jsonl"
    await export(graph, first)
    await wipe(graph)
    (await run_import(graph, [first])).close()
    await export(graph, second)
    assert second.read_bytes() == first.read_bytes()
    return [orjson.loads(line) for line in first.read_bytes().splitlines()]


async def test_the_sample_comes_back_as_it_was(graph: Graph, tmp_path: Path) -> None:
    (await run_import(graph, [SAMPLE])).close()
    lines = await there_and_back(graph, tmp_path)
    count = sum(1 for line in SAMPLE.read_bytes().splitlines() if line)
    assert len(lines) == count


async def test_lines_are_in_order_of_kinds_then_ids_by_code_point(graph: Graph, tmp_path: Path) -> None:
    names = ["\U00020000", "｡", "a", "Z", "é", "中"]
    lines: list[dict[str, Any]] = [{"fact": "system", "id": name, "name": name} for name in names]
    lines += [{"fact": "department", "id": "d", "name": "d"}]
    (await state(graph, tmp_path, lines)).close()
    found = [line["id"] for line in await there_and_back(graph, tmp_path)]
    assert found == ["d", *sorted(names)]


async def test_every_kind_of_value_comes_back(graph: Graph, tmp_path: Path) -> None:
    system: dict[str, Any] = {
        "fact": "system",
        "id": "s",
        "name": '=1+1 "引号" \\ \u2028 \u0000 {id: 1}) DETACH DELETE n //',
        "aliases": [],
        "duties": ["甲", "乙"],
        "money": {"b": 1.5, "a": [None, True, {"深": 10**18}]},
        "networks": ["extranet"],
        "integration": "文本",
        "valid_from": "2026-01-01",
        "valid_to": "2026-01-01T10:00:00.000001+02:00",
        "own": {"z": 1, "a": 2},
        "another": False,
        "source": "甲局",
    }
    (await state(graph, tmp_path, [system])).close()
    [line] = await there_and_back(graph, tmp_path)
    assert line == {**system, "valid_from": "2025-12-31T16:00:00Z", "valid_to": "2026-01-01T08:00:00.000001Z"}


async def test_each_source_says_its_own_and_a_person_last(graph: Graph, tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        {"fact": "element", "id": "e", "name": "甲", "code": "1", "stated_by": "A"},
        {"fact": "element", "id": "e", "name": "丁", "stated_by": "person:王"},
        {"fact": "element", "id": "e", "name": "乙", "code": None, "source": "d", "stated_by": "B"},
        {"fact": "element", "id": "e", "name": "丙", "stated_by": "C"},
        {"fact": "feeds", "from": "field:a", "to": "field:b", "influence": "DIRECT", "source": "A"},
        {"fact": "feeds", "from": "field:a", "to": "field:b", "influence": None, "source": "B"},
    ]
    for line in lines:
        (await state(graph, tmp_path, [line])).close()
    found = await there_and_back(graph, tmp_path)
    assert [line.get("stated_by", line.get("source")) for line in found] == ["A", "B", "C", "person:王", "A", "B"]
    assert found[1] == {"fact": "element", "id": "e", "name": "乙", "source": "d", "code": None, "stated_by": "B"}
    assert found[5]["influence"] is None


async def test_what_nobody_states_any_more_stays_out_of_force(graph: Graph, tmp_path: Path) -> None:
    lines = small_graph(30)
    (await state(graph, tmp_path, lines)).close()
    others = [{"fact": "feeds", "from": "rb.1", "to": "ra.0", "source": "B"}]
    (await state(graph, tmp_path, others, name="others")).close()
    fewer = [line for line in lines if "ra.0" not in (line.get("id"), line.get("from"))]
    (await state(graph, tmp_path, fewer, full=True)).close()
    found = await there_and_back(graph, tmp_path)
    [closed] = [line for line in found if line.get("id") == "ra.0"]
    assert closed["source"] == "registry"
    assert closed["valid_to"] < "0002"
    assert "resource" not in closed
    [ended] = [line for line in found if line.get("from") == "ra.0"]
    assert ended["valid_to"] > "2020"


async def test_placeholders_are_not_stated_but_come_back(graph: Graph, tmp_path: Path) -> None:
    (await state(graph, tmp_path, [{"fact": "feeds", "from": "field:x", "to": "field:y"}])).close()
    found = await there_and_back(graph, tmp_path)
    assert [line["fact"] for line in found] == ["feeds"]


async def test_a_failed_export_leaves_the_old_file_and_no_other(embedded_graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old", encoding="utf-8")
    (await state(embedded_graph, tmp_path, small_graph(), name="in")).close()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await export(embedded_graph, path, progress=stop)
    assert path.read_text(encoding="utf-8") == "old"
    assert sorted(found.name for found in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


async def test_an_empty_registry_gives_an_empty_file(graph: Graph, tmp_path: Path) -> None:
    assert await said(graph, tmp_path) == []


def asked(facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lineage and dependencies of every thing that may be asked for."""
    kinds = ("jurisdiction", "department", "system", "resource", "field")
    ids = sorted({fact["id"] for fact in facts if fact["fact"] in kinds})
    return [
        {"name": name, "ids": [id], "direction": "BOTH", "level": level, "depth": 20, **when}
        for id in ids
        for name, level in (("lineage", "FIELD"), ("dependencies", "SYSTEM"))
        for when in ({}, {"asOf": "2021-06-01T12:00:00+08:00"})
    ]


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(scenario=scenarios(), part=st.integers(0, 100))
async def test_a_registry_made_from_an_export_answers_the_same(graph: Graph, scenario: Scenario, part: int) -> None:
    facts, questions = scenario
    await wipe(graph)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (await state(graph, folder, facts)).close()
        # A second source says a part of it, then the first one forgets another part.
        (await state(graph, folder, facts[: len(facts) * part // 100], name="others")).close()
        left = facts[len(facts) * part // 200 :]
        (await state(graph, folder, left, full=True, withdraw_share=1.0)).close()
        questions = [query for query in questions if "knownAt" not in query] + asked(facts)
        of = await lineages(graph, 100)
        before = [await ask(of, query, {}) for query in questions]
        await there_and_back(graph, folder)
        of = await lineages(graph, 100)
        for query, answer in zip(questions, before, strict=True):
            assert await ask(of, query, {}) == answer, query
