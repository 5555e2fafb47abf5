"""What a statement writes: nothing when nothing is new, else an earlier version too; placeholders and refusals."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from graph.changes import position
from graph.engine import Graph
from graph.facts import Kind, Link, Thing
from graph.link_writes import write_links
from graph.plan import Written
from graph.withdraw import count_stated, stated_links, stated_things, withdraw_links, withdraw_things
from graph.writes import write_things

NODES = """
MATCH (n)
WHERE n.id IS NOT NULL AND n.number IS NOT NULL AND NOT n:Version
RETURN collect([labels(n)[0], properties(n)]) AS found
"""

EDGES = """
MATCH (a)-[r]->(b)
WHERE a.id IS NOT NULL AND b.id IS NOT NULL
RETURN collect([a.id, type(r), b.id, r.recorded_to IS NULL]) AS found
"""

VERSIONS = """
MATCH (n)-[:HAS_VERSION]->(v:Version)
RETURN collect([n.id, v.kind, v.state, v.recorded_from, v.recorded_to, n.recorded_from]) AS found
"""

FLOWS = """
MATCH ()-[r:FEEDS]->()
RETURN collect(properties(r)) AS found
"""


def resource(id: str, source: str = "a", **values: Any) -> Thing:
    return Thing(Kind.RESOURCE, id, values, source=source)


def feeds(start: str, end: str, source: str = "a", **values: Any) -> Link:
    return Link("FEEDS", start, end, values, source=source)


async def nodes(graph: Graph) -> dict[str, tuple[str, dict[str, Any]]]:
    [row] = await graph.read(NODES)
    return {properties["id"]: (label, properties) for label, properties in row["found"]}


async def edges(graph: Graph) -> set[tuple[str, str, str, bool]]:
    [row] = await graph.read(EDGES)
    return {tuple(edge) for edge in row["found"]}


async def flows(graph: Graph) -> list[dict[str, Any]]:
    [row] = await graph.read(FLOWS)
    return sorted(row["found"], key=lambda flow: flow["recorded_from"])


async def state(graph: Graph, *things: Thing) -> Written:
    return await write_things(graph, things[0].kind, things)


async def gather(pages: AsyncIterator[list[Any]]) -> list[Any]:
    return [item async for page in pages for item in page]


async def test_the_same_again_writes_nothing_and_uses_no_number(graph: Graph) -> None:
    first = await state(graph, resource("r", name="甲", provider="d"))
    before = await position(graph)
    again = await state(graph, resource("r", name="甲", provider="d"))
    assert (first.added, first.placeholders) == (1, 1)
    assert (again.sequence, again.added, again.changed, again.unchanged) == (None, 0, 0, 1)
    after = await position(graph)
    assert (after.sequence, after.numbers) == (before.sequence, before.numbers)


async def test_a_change_keeps_the_earlier_version_and_moves_the_edge(graph: Graph) -> None:
    await state(graph, resource("r", name="甲", provider="d1"))
    await state(graph, resource("r", name="乙", provider="d2"))
    [row] = await graph.read(VERSIONS)
    kept = {(id, kind, orjson.loads(text).get("name")) for id, kind, text, *_ in row["found"]}
    assert kept == {("r", "resource", "甲")}
    [(_, _, _, start, end, current)] = row["found"]
    assert start < end == current
    assert await edges(graph) == {("d1", "PROVIDES", "r", False), ("d2", "PROVIDES", "r", True)}


async def test_a_placeholder_becomes_the_thing_and_keeps_its_number(graph: Graph) -> None:
    await state(graph, resource("r", name="甲", provider="d"))
    label, placeholder = (await nodes(graph))["d"]
    assert (label, placeholder["unregistered"], "name" in placeholder) == ("Department", True, False)
    await state(graph, Thing(Kind.DEPARTMENT, "d", {"name": "局"}, source="a"))
    label, stated = (await nodes(graph))["d"]
    assert (label, stated.get("unregistered"), stated["number"]) == ("Department", None, placeholder["number"])
    [row] = await graph.read(VERSIONS)
    assert [(id, orjson.loads(text)) for id, _, text, *_ in row["found"]] == [("d", {"unregistered": True})]


async def test_a_wrong_guess_yields_to_a_statement_and_keeps_its_flows(graph: Graph) -> None:
    await write_links(graph, "FEEDS", [feeds("x", "y", job="j"), feeds("y", "z"), feeds("y", "y")])
    assert {label for label, _ in (await nodes(graph)).values()} == {"Resource"}
    await state(graph, Thing(Kind.FIELD, "y", {"name": "项", "resource": "r"}, source="a"))
    found = await nodes(graph)
    assert {id: label for id, (label, _) in found.items()} == {
        "x": "Field",
        "y": "Field",
        "z": "Field",
        "r": "Resource",
    }
    assert {edge for edge in await edges(graph) if edge[1] == "FEEDS"} == {
        ("x", "FEEDS", "y", True),
        ("y", "FEEDS", "z", True),
        ("y", "FEEDS", "y", True),
    }
    numbers = sorted(properties["number"] for _, properties in found.values())
    assert numbers == list(range(4))


async def test_a_flow_that_a_statement_makes_impossible_is_closed(graph: Graph) -> None:
    await state(graph, resource("x", name="甲"))
    await write_links(graph, "FEEDS", [feeds("x", "y")])
    await state(graph, Thing(Kind.FIELD, "y", {"name": "项"}, source="a"))
    assert await edges(graph) == {("x", "FEEDS", "y", False)}


async def test_one_id_as_two_kinds_is_refused(graph: Graph) -> None:
    await state(graph, resource("r", name="甲"))
    written = await state(graph, Thing(Kind.SYSTEM, "r", {"name": "乙"}, source="a"))
    assert [(finding.code, finding.ids) for finding in written.findings] == [("KIND_CONFLICT", ("r",))]
    assert (await nodes(graph))["r"][0] == "Resource"


async def test_a_reference_to_a_thing_of_the_wrong_kind_is_dropped_and_kept_raw(graph: Graph) -> None:
    await state(graph, Thing(Kind.SYSTEM, "s", {"name": "系统"}, source="a"))
    written = await state(graph, resource("r", name="甲", provider="s"))
    assert [finding.code for finding in written.findings] == ["REFERENCE_KIND"]
    _, stored = (await nodes(graph))["r"]
    assert "provider" not in stored
    assert orjson.loads(stored["raw"]) == {"provider": "s"}


async def test_feeds_between_kinds_and_reads_of_no_system_are_refused(graph: Graph) -> None:
    await state(graph, resource("r", name="甲"))
    await state(graph, Thing(Kind.FIELD, "f", {"name": "项"}, source="a"))
    written = await write_links(graph, "FEEDS", [feeds("r", "f")])
    read = await write_links(graph, "READS", [Link("READS", "r", "f", {}, source="a")])
    codes = [finding.code for finding in (*written.findings, *read.findings)]
    assert codes == ["LINK_KINDS", "LINK_KINDS"]
    assert await flows(graph) == []


async def test_an_empty_interval_is_refused_also_when_two_statements_make_it(graph: Graph) -> None:
    await write_links(graph, "FEEDS", [feeds("a", "b", valid_from=5, valid_to=9)])
    written = await write_links(graph, "FEEDS", [feeds("a", "b", valid_from=5, valid_to=5)])
    assert [finding.code for finding in written.findings] == ["INTERVAL_EMPTY"]
    assert [flow["valid_to"] for flow in await flows(graph)] == [9]


async def test_a_changed_flow_is_closed_and_written_anew(graph: Graph) -> None:
    await write_links(graph, "FEEDS", [feeds("a", "b", job="j", transformation="x")])
    await write_links(graph, "FEEDS", [feeds("a", "b", job="j", transformation="y")])
    old, new = await flows(graph)
    assert (old["transformation"], old["recorded_to"]) == ("x", new["recorded_from"])
    assert (new["transformation"], new.get("recorded_to")) == ("y", None)


async def test_flows_that_differ_in_job_or_start_are_different(graph: Graph) -> None:
    links = [feeds("a", "b"), feeds("a", "b", job="j"), feeds("a", "b", job="j", valid_from=1)]
    assert (await write_links(graph, "FEEDS", links)).added == 3
    assert (await write_links(graph, "FEEDS", links)).unchanged == 3


async def test_what_its_last_source_withdraws_is_closed_and_can_come_back(graph: Graph) -> None:
    await state(graph, resource("r", name="甲", code="1", provider="d"))
    await state(graph, resource("r", "b", name="甲"))
    await withdraw_things(graph, Kind.RESOURCE, ["r"], "a")
    _, stored = (await nodes(graph))["r"]
    assert (stored["sources"], stored.get("closed"), stored.get("code")) == (["b"], None, None)
    await withdraw_things(graph, Kind.RESOURCE, ["r"], "b")
    _, stored = (await nodes(graph))["r"]
    assert stored["closed"] == stored["recorded_from"]
    assert "sources" not in stored
    assert ("d", "PROVIDES", "r", True) not in await edges(graph)
    back = await state(graph, resource("r", "c", abstract="回来"))
    _, stored = (await nodes(graph))["r"]
    assert (back.changed, stored["sources"], stored["name"], stored.get("closed")) == (1, ["c"], "甲", None)


async def test_a_withdrawn_flow_ends_by_a_mark_that_stating_it_again_lifts(graph: Graph) -> None:
    link = ("a", "b", None, None)
    await write_links(graph, "FEEDS", [feeds("a", "b", valid_to=2**55)])
    assert await withdraw_links(graph, "FEEDS", [link], "a") == 1
    ended = (await flows(graph))[-1]
    assert (ended["ended"], ended["valid_to"], ended["stated_to"]) == (True, ended["recorded_from"], 2**55)
    assert await withdraw_links(graph, "FEEDS", [link], "a") == 0
    await write_links(graph, "FEEDS", [feeds("a", "b")])
    again = (await flows(graph))[-1]
    assert (again.get("ended"), again["valid_to"], again.get("recorded_to")) == (None, 2**55, None)


async def test_a_source_knows_what_it_states(graph: Graph) -> None:
    await state(graph, resource("r", name="甲"), resource("q", name="乙"))
    await state(graph, resource("r", "b", name="甲"))
    await write_links(graph, "FEEDS", [feeds("r", "q", job="j", valid_from=3)])
    assert (await count_stated(graph, "a"), await count_stated(graph, "b")) == (3, 1)
    assert sorted(await gather(stated_things(graph, "a", Kind.RESOURCE))) == ["q", "r"]
    assert await gather(stated_links(graph, "a", "FEEDS")) == [("r", "q", "j", 3)]
    assert await gather(stated_links(graph, "b", "FEEDS")) == []


async def test_a_rehearsal_tells_what_would_happen_and_writes_nothing(graph: Graph) -> None:
    await state(graph, resource("r", name="甲"))
    before = await position(graph)
    things = [resource("r", name="乙"), resource("q", name="丙", provider="d")]
    written = await write_things(graph, Kind.RESOURCE, things, dry_run=True)
    assert (written.added, written.changed, written.placeholders, written.sequence) == (1, 1, 1, None)
    assert await position(graph) == before
    assert set(await nodes(graph)) == {"r"}


@pytest.mark.parametrize("name", ["'}) DETACH DELETE n //", "\\", "𠮷𠀀（）", "a\u200bb", "x" * 20_000, '"`$ids'])
async def test_any_text_is_kept_as_it_is(graph: Graph, name: str) -> None:
    await state(graph, resource(f"resource:{name[:200]}", name=name))
    assert (await nodes(graph))[f"resource:{name[:200]}"][1]["name"] == name


async def test_links_are_found_from_where_they_start_not_by_going_through_all(graph: Graph) -> None:
    """Five thousand links among twenty thousand things, twice: no statement comes near its time limit."""
    for first in range(0, 20_000, 5_000):
        await state(graph, *(resource(f"r{i}", name=f"资源{i}") for i in range(first, first + 5_000)))
    links = [feeds(f"r{i}", f"r{(i * 7 + 1) % 20_000}", job=str(i % 3)) for i in range(5_000)]
    assert (await write_links(graph, "FEEDS", links)).added == 5_000
    assert (await write_links(graph, "FEEDS", links)).unchanged == 5_000
    assert await withdraw_links(graph, "FEEDS", [("r0", "r1", "0", None)], "a") == 1


async def test_what_a_source_named_before_counts_again_when_it_becomes_the_latest(graph: Graph) -> None:
    await state(graph, resource("r", "a", provider="d"))
    await state(graph, resource("r", "b", provider="e"))
    await state(graph, resource("r", "a", name="甲"))
    assert await edges(graph) == {
        ("d", "PROVIDES", "r", False),
        ("d", "PROVIDES", "r", True),
        ("e", "PROVIDES", "r", False),
    }
