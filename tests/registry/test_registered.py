"""What connectors are told of what the registry has already."""

from pathlib import Path
from typing import Any

from connectors.datasets import Column, Dataset, Naming
from graph.engine import Graph
from registry.sources.registered import Stored
from tests.graph.stating import state

PERSON = {"fact": "resource", "id": "resource:a/person", "name": "人口", "code": "320900/001", "aliases": ["T_Person"]}


def field(id: str, name: str, **more: Any) -> dict[str, Any]:
    return {"fact": "field", "id": id, "name": name, "resource": "resource:a/person", **more}


async def test_resources_are_called_by_id_code_and_alias(graph: Graph, tmp_path: Path) -> None:
    await state(
        graph, tmp_path, [PERSON, {"fact": "resource", "id": "resource:b", "name": "乙", "aliases": ["t_person"]}]
    )
    found = await Stored(graph).called(["resource:a/person", "320900/001", "Ｔ_PERSON", "人口", "nothing"])
    assert found == {
        "resource:a/person": ["resource:a/person"],
        "320900/001": ["resource:a/person"],
        "Ｔ_PERSON": ["resource:a/person", "resource:b"],
    }


async def test_what_is_not_in_force_is_not_called(graph: Graph, tmp_path: Path) -> None:
    over = {
        "fact": "resource",
        "id": "resource:over",
        "name": "旧",
        "code": "c",
        "valid_to": "2020-01-01",
        "aliases": ["x"],
    }
    await state(graph, tmp_path, [over, PERSON, field("field:1", "住所", resource="resource:only-named")])
    stored = Stored(graph)
    names = ["resource:over", "c", "x", "resource:only-named", "t_person"]
    assert await stored.called(names) == {"t_person": ["resource:a/person"]}
    await state(graph, tmp_path, [over], full=True)
    assert await stored.called([*names, "320900/001"]) == {}


async def test_aliases_follow_every_change(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, [PERSON])
    stored = Stored(graph)
    assert await stored.called(["t_person"]) == {"t_person": ["resource:a/person"]}
    await state(graph, tmp_path, [{**PERSON, "aliases": ["renkou", "t_person2"]}])
    assert await stored.called(["t_person", "RENKOU"]) == {"RENKOU": ["resource:a/person"]}
    await state(graph, tmp_path, [{**PERSON, "aliases": None}])
    assert await stored.called(["t_person", "RENKOU"]) == {}


async def test_columns_come_in_order_and_without_those_that_are_not_in_force(graph: Graph, tmp_path: Path) -> None:
    facts = [
        PERSON,
        field("field:z", "姓名", position=1, code="NAME"),
        field("field:b", "其他"),
        field("field:a", "住所"),
        field("field:old", "旧", valid_to="2020-01-01"),
    ]
    await state(graph, tmp_path, facts)
    found = await Stored(graph).columns(["resource:a/person", "resource:none"])
    assert found == {
        "resource:a/person": [
            Column("field:z", "姓名", "NAME"),
            Column("field:a", "住所"),
            Column("field:b", "其他"),
        ]
    }
    assert await Stored(graph).columns([]) == {}


async def test_fields_that_only_some_sources_state_may_be_left_out(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, [PERSON, field("field:a", "住所")])
    await state(graph, tmp_path, [field("field:a", "住所"), field("field:b", "姓名")], source="events:x")
    found = await Stored(graph, besides="events:").columns(["resource:a/person"])
    assert [one.id for one in found["resource:a/person"]] == ["field:a"]
    assert len((await Stored(graph).columns(["resource:a/person"]))["resource:a/person"]) == 2


async def test_a_dataset_meets_a_resource_and_its_fields(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, [PERSON, field("field:n", "姓名", code="NAME")])
    dataset, other = Dataset("postgres://db1:5432", "t_person"), Dataset("postgres://db1:5432", "public.other")
    met = await Naming((), Stored(graph)).meet([dataset, other])
    assert (met[dataset].id, met[dataset].known) == ("resource:a/person", True)
    assert met[dataset].field("name") == "field:n"
    assert (met[other].id, met[other].known) == ("resource:postgres://db1:5432/public.other", False)
