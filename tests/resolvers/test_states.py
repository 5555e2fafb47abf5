"""Things that are not simply registered and in force: placeholders, ended and closed ones."""

from pathlib import Path

from graph.engine import Graph
from tests.graph.stating import state
from tests.resolvers.asking import ids, names, opened


async def test_what_is_not_in_force_counts_as_no_department(graph: Graph, tmp_path: Path) -> None:
    ended = {"fact": "department", "id": "old", "name": "旧局", "valid_to": "2020-01-01"}
    facts = [
        ended,
        {"fact": "department", "id": "d", "name": "局"},
        {"fact": "system", "id": "s", "name": "系统", "department": "d"},
        {"fact": "system", "id": "s.old", "name": "旧系统", "department": "old"},
        {"fact": "resource", "id": "r.provided", "provider": "old", "system": "s"},
        {"fact": "resource", "id": "r.held", "system": "s"},
        {"fact": "resource", "id": "r.old", "system": "s.old"},
        {"fact": "resource", "id": "r.none"},
    ]
    await state(graph, tmp_path, facts)
    api = await opened(graph, 0)
    data = await api.ask("{ resources { nodes { id provider { id } department { id } } } }")
    departments = {node["id"]: node["department"] for node in data["resources"]["nodes"]}
    assert departments == {"r.held": {"id": "d"}, "r.none": None, "r.old": None, "r.provided": None}
    data = await api.ask('{ department(id: "old") { inForce validTo } }')
    assert data["department"] == {"inForce": False, "validTo": "2019-12-31T16:00:00Z"}


async def test_placeholders_say_that_nobody_registered_them(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, [{"fact": "resource", "id": "r", "name": "信息", "provider": "somebody"}])
    api = await opened(graph, 0)
    fields = "id name unregistered inForce sources closedAt"
    data = await api.ask(
        f'{{ node(id: "somebody") {{ __typename {fields} }} resource(id: "r") {{ provider {{ {fields} }} }}'
        " departments { totalCount } shown: departments(filter: { unregistered: true }) { nodes { id } } }"
    )
    expected = {
        "id": "somebody",
        "name": "somebody",
        "unregistered": True,
        "inForce": True,
        "sources": None,
        "closedAt": None,
    }
    assert data["node"] == {"__typename": "Department", **expected}
    assert data["resource"]["provider"] == expected
    assert data["departments"]["totalCount"] == 0
    assert ids(data["shown"]) == ["somebody"]


async def test_what_nobody_states_any_more_is_told_as_closed(graph: Graph, tmp_path: Path) -> None:
    facts = [{"fact": "system", "id": f"s.{n}", "name": f"系统{n}"} for n in range(3)]
    await state(graph, tmp_path, facts)
    await state(graph, tmp_path, facts[:2], full=True)
    api = await opened(graph, 0)
    data = await api.ask(
        '{ system(id: "s.2") { name inForce sources closedAt } systems { totalCount }'
        " closed: systems(filter: { closed: true }) { nodes { name } } }"
    )
    assert data["system"]["name"] == "系统2"
    assert data["system"]["inForce"] is False
    assert data["system"]["sources"] is None
    assert data["system"]["closedAt"] is not None
    assert data["systems"]["totalCount"] == 2
    assert names(data["closed"]) == ["系统2"]
    error = await api.error('{ systems(filter: { closed: true, department: "d" }) { totalCount } }')
    assert error["extensions"] == {"code": "BAD_INPUT", "argument": "filter.closed"}


async def test_a_field_is_in_force_only_while_its_resource_is(graph: Graph, tmp_path: Path) -> None:
    facts = [
        {"fact": "resource", "id": "r.old", "valid_to": "2020-01-01"},
        {"fact": "resource", "id": "r", "valid_from": "2020-01-01"},
        {"fact": "field", "id": "f.old", "resource": "r.old"},
        {"fact": "field", "id": "f", "resource": "r"},
        {"fact": "field", "id": "f.alone", "resource": "unknown"},
    ]
    await state(graph, tmp_path, facts)
    api = await opened(graph, 0)
    data = await api.ask("{ fields { nodes { id inForce } } live: fields(filter: { inForce: true }) { nodes { id } } }")
    assert {node["id"] for node in data["fields"]["nodes"] if node["inForce"]} == {"f", "f.alone"}
    assert set(ids(data["live"])) == {"f", "f.alone"}
