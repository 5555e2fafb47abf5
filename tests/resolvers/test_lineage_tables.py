"""Nodes and edges of a lineage as tables, while the graph changes."""

from pathlib import Path
from typing import Any

from graph.engine import Graph
from graph.lineage import Asked, Lineages
from graph.moment import Level
from graph.projection import Projection
from resolvers.completion import Keys, Shape, Table
from resolvers.lineage_tables import edge_table, node_table
from tests.engines import wipe
from tests.graph.stating import state
from tests.resolvers.asking import opened


def facts(name: str, system: str) -> list[dict[str, Any]]:
    return [
        {"fact": "system", "id": "s", "name": "老系统"},
        {"fact": "system", "id": "t", "name": "新系统"},
        {"fact": "resource", "id": "a", "name": name, "system": system},
        {"fact": "resource", "id": "b", "system": "s"},
        {"fact": "feeds", "from": "a", "to": "b"},
    ]


NAMED = """{ lineage(ids: ["IDS"], direction: DOWNSTREAM) { nodes { id name system { id name } }
  edges { source target } } }"""


async def test_a_change_is_told_at_once(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, facts("户籍", "s"))
    api = await opened(graph)
    for name, system in (("户籍", "s"), ("户口", "s"), ("户口", "t"), ("户籍", "s")):
        await state(graph, tmp_path, facts(name, system), full=True)
        [first, second] = (await api.ask(NAMED.replace("IDS", "a")))["lineage"]["nodes"]
        assert (first["name"], first["system"]["id"]) == (name, system)
        assert second == {"id": "b", "name": "b", "system": {"id": "s", "name": "老系统"}}
        [same] = (await api.ask(NAMED.replace("IDS", "b")))["lineage"]["nodes"]
        assert same == second


async def test_a_system_has_the_department_of_what_was_reached_in_it(graph: Graph, tmp_path: Path) -> None:
    owned = [{"fact": "department", "id": id, "name": id} for id in ("d", "e", "o")]
    held = [{"fact": "resource", "id": f"of-{id}", "system": "s", "provider": id} for id in ("d", "e")]
    await state(graph, tmp_path, [*owned, {"fact": "system", "id": "s", "department": "o"}, *held])
    api = await opened(graph)
    query = """{ lineage(ids: ["IDS"], direction: DOWNSTREAM, level: SYSTEM) { nodes { id department { id } } } }"""
    for ids, department in (("of-d", "d"), ("of-e", "e"), ('of-d", "of-e', None), ("of-d", "d")):
        [node] = (await api.ask(query.replace("IDS", ids)))["lineage"]["nodes"]
        assert node == {"id": "s", "department": department and {"id": department}}


class Everything(Shape):
    """A selection of all that nodes have, of which nothing is told beforehand."""

    def __init__(self) -> None:
        super().__init__([])

    def below(self, *path: str) -> Keys:
        return None


async def test_columns_that_are_asked_for_late_are_those_of_the_answer(graph: Graph, tmp_path: Path) -> None:
    """graph-core may ask for records after the graph has moved on."""
    await state(graph, tmp_path, facts("户籍", "s"))
    projection = Projection(graph, 64)
    await projection.fill()
    found = await Lineages(graph, projection).find(Asked(["a"], "DOWNSTREAM", Level.RESOURCE))
    nodes = node_table(found, Everything(), dict)
    edges = edge_table(found, Everything(), lambda row, **values: values)
    await state(graph, tmp_path, facts("户口", "t"), full=True)
    await projection.refresh()
    first, second = nodes.rows()
    assert (first["name"], first["system"], second["system"]) == (
        "户籍",
        {"id": "s", "name": "老系统"},
        {"id": "s", "name": "老系统"},
    )
    assert [(edge["source"], edge["target"]) for edge in edges.rows()] == [("a", "b")]
    later = await Lineages(graph, projection).find(Asked(["a"], "DOWNSTREAM", Level.RESOURCE))
    assert node_table(later, None, dict).rows()[0]["name"] == "户口"


async def test_what_is_known_of_things_is_kept_until_a_thing_changes(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, facts("户籍", "s"))
    projection = Projection(graph, 64)
    await projection.fill()
    lineages, asked = Lineages(graph, projection), Asked(["a"], "DOWNSTREAM", Level.RESOURCE)
    first = await lineages.find(asked)
    await state(graph, tmp_path, [{"fact": "feeds", "from": "a", "to": "b", "job": "夜间"}])
    again = await lineages.find(asked)
    assert (again.sequence > first.sequence, again.around is first.around) == (True, True)
    await state(graph, tmp_path, [{"fact": "resource", "id": "b", "name": "新"}])
    assert (await lineages.find(asked)).around is not first.around
    await wipe(graph)
    await state(graph, tmp_path, facts("户口", "s"))
    other = await lineages.find(asked)
    assert other.around is not first.around
    assert node_table(other, None, dict).columns["name"][0] == "户口"


def test_a_table_finds_its_columns_when_they_are_asked_for() -> None:
    asked = []

    def columns() -> dict[str, list[Any]]:
        asked.append(1)
        return {"a": [1, 2]}

    table = Table(2, columns, lambda row: row)
    assert (len(table), asked) == (2, [])
    assert (table.columns, table.columns, asked) == ({"a": [1, 2]}, {"a": [1, 2]}, [1])
