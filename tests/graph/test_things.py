"""Things by id: one statement for many, records as they are stored."""

from pathlib import Path
from typing import Any

from graph.engine import Graph
from graph.facts import Kind
from graph.things import by_ids, find, is_in_force
from tests.graph.stating import state

FACTS: list[dict[str, Any]] = [
    {
        "fact": "department",
        "id": "d",
        "name": "局",
        "contacts": [{"name": "张"}],
        "note": "x",
        "valid_to": "2020-01-01",
    },
    {"fact": "system", "id": "s", "department": "d", "money": {"paid": 1.5}, "use": {"users": None}},
    {"fact": "resource", "id": "r", "provider": "nobody", "system": "s"},
]


async def test_things_of_one_kind_are_found_in_one_statement(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    before = graph.statements
    found = await by_ids(graph, Kind.DEPARTMENT, ["d", "s", "d", "unknown", "nobody"])
    assert graph.statements - before == 1
    assert found.keys() == {"d", "nobody"}
    assert found["d"]["contacts"] == [{"name": "张"}]
    assert found["d"]["extra"] == {"note": "x"}
    assert found["d"]["sources"] == ["a"]
    assert found["nobody"]["unregistered"] is True
    assert found["nobody"]["name"] == "nobody"


async def test_things_of_any_kind_are_found_in_one_statement(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    before = graph.statements
    found = await find(graph, ["r", "s", "d", "unknown"])
    assert graph.statements - before == 1
    assert {id: record["kind"] for id, record in found.items()} == {
        "d": Kind.DEPARTMENT,
        "s": Kind.SYSTEM,
        "r": Kind.RESOURCE,
    }
    assert found["s"]["money"] == {"paid": 1.5}
    assert found["s"]["name"] == "s"
    assert not {"search", "statements", "sort_id"} & found["s"].keys()


async def test_nothing_is_found_for_nothing(graph: Graph) -> None:
    assert await by_ids(graph, Kind.FIELD, []) == {}
    assert await find(graph, []) == {}


def test_in_force_is_half_open() -> None:
    assert is_in_force({}, 5)
    assert is_in_force({"valid_from": 5}, 5)
    assert not is_in_force({"valid_from": 6}, 5)
    assert not is_in_force({"valid_to": 5}, 5)
    assert is_in_force({"valid_to": 6}, 5)
    assert not is_in_force({"closed": 1}, 5)
