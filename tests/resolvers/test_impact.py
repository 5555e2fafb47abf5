"""`impact` over GraphQL: pages, counts, both ways of answering, what is refused, and that nothing is written."""

from pathlib import Path
from typing import Any

import pytest

from graph.changes import position
from graph.engine import Graph
from tests.graph.stating import state
from tests.graph.test_impact import PARTIES, feeds, fields, resources
from tests.resolvers.asking import ids, opened

WAYS = pytest.mark.parametrize("megabytes", [64, 0], ids=["projection", "statements"])

ALL = """
query ($change: ChangeInput!, $first: Int, $after: String) {
  impact(change: $change, maxMilliseconds: 60000) {
    levels { level total precise complete }
    affected(level: FIELD, first: $first, after: $after) {
      totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
      edges { cursor node { id kind name depth precise whole resource { id } node { __typename } } }
    }
    outlooks { outlook count }
    sources { totalCount nodes { id kind outlook lost left feeders { id } department { name } } }
    agreements { totalCount nodes { id effect reason covered agreement { provider { name } } } }
    departments { nodes { id depth fields resources systems losing contacts department { uscc } } }
    successors { nodes { replaces { id } successor { id name } resource { id } element { name } reason } }
    migration(level: RESOURCE) { nodes { step ring id department { id } } }
    withoutDepartment complete stoppedBy reachedDepth hiddenCount sequence asOf
  }
}
"""


def retire(*things: str) -> dict[str, Any]:
    return {"kind": "RETIRE", "ids": list(things)}


@WAYS
async def test_a_change_is_answered_in_all_its_parts(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(graph, tmp_path, PARTIES)
    api = await opened(graph, megabytes)
    before = await position(graph)
    impact = (await api.ask(ALL, change=retire("户籍")))["impact"]
    assert [(one["level"], one["total"]) for one in impact["levels"]] == [
        ("FIELD", 5),
        ("RESOURCE", 4),
        ("SYSTEM", 4),
        ("DEPARTMENT", 3),
        ("JURISDICTION", 3),
    ]
    first = impact["affected"]["edges"][0]["node"]
    assert first["id"] == "户籍"
    assert (first["depth"], first["precise"], first["whole"], first["resource"]) == (0, True, True, {"id": "户籍"})
    assert first["node"] == {"__typename": "Resource"}
    assert {one["outlook"]: one["count"] for one in impact["outlooks"]} == {
        "LOSES": 3,
        "LOSES_IN_CONSEQUENCE": 2,
        "KEEPS": 0,
    }
    assert impact["agreements"]["nodes"][0] == {
        "id": "协议1",
        "effect": "ENDS",
        "reason": "All that it covers is retired.",
        "covered": 1,
        "agreement": {"provider": {"name": "市公安局"}},
    }
    assert ids(impact["departments"]) == ["公安", "民政", "人社"]
    assert impact["departments"]["nodes"][0]["contacts"] == {"张": "1"}
    assert [one["successor"]["id"] for one in impact["successors"]["nodes"]] == ["流动人口.号"]
    assert [(one["step"], one["id"]) for one in impact["migration"]["nodes"]] == [
        (0, "户籍"),
        (1, "低保"),
        (1, "民政系统"),
        (2, "社保"),
    ]
    assert (impact["complete"], impact["stoppedBy"], impact["sequence"]) == (True, [], str(before.sequence))
    assert await position(graph) == before


async def test_pages_follow_each_other_in_both_directions(graph: Graph, tmp_path: Path) -> None:
    users = [f"用{number:02}" for number in range(7)]
    await state(graph, tmp_path, [*resources("源", *users), *feeds(*(f"源>{user}" for user in users))])
    api = await opened(graph)
    found: list[str] = []
    after = None
    while True:
        page = (await api.ask(ALL, change=retire("源"), first=3, after=after))["impact"]["affected"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        assert page["totalCount"] == 8
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == ["源", *users]
    query = """query ($c: ChangeInput!, $b: String) { impact(change: $c) {
      affected(level: FIELD, last: 2, before: $b) { nodes { id } pageInfo { hasPreviousPage hasNextPage startCursor } }
    } }"""
    last = (await api.ask(query, c=retire("源")))["impact"]["affected"]
    assert ids(last) == ["用05", "用06"]
    assert (last["pageInfo"]["hasPreviousPage"], last["pageInfo"]["hasNextPage"]) == (True, False)
    earlier = (await api.ask(query, c=retire("源"), b=last["pageInfo"]["startCursor"]))["impact"]["affected"]
    assert ids(earlier) == ["用03", "用04"]
    assert earlier["pageInfo"]["hasNextPage"] is True


async def test_a_cursor_of_another_list_is_refused(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, PARTIES)
    api = await opened(graph)
    cursor = (await api.ask("{ departments(first: 1) { edges { cursor } } }"))["departments"]["edges"][0]["cursor"]
    for wrong in (cursor, "WyJzb3VyY2VzIiwiYSIsMV0"):
        query = """query ($a: String) { impact(change: {kind: RETIRE, ids: "户籍"}) {
          sources(after: $a) { totalCount } } }"""
        error = await api.error(query, a=wrong)
        assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("BAD_INPUT", "after")


async def test_lists_are_narrowed(graph: Graph, tmp_path: Path) -> None:
    things = [*resources("A", "B", "C"), *fields("B.f", "C.f")]
    await state(graph, tmp_path, [*things, *feeds("A>B", "B.f>C.f")])
    api = await opened(graph)
    query = """{ impact(change: {kind: RETIRE, ids: "A"}) {
      maybe: affected(precise: false) { totalCount nodes { id } }
      surely: affected(precise: true) { nodes { id } }
      sources(outlook: [LOSES]) { totalCount nodes { id } }
    } }"""
    impact = (await api.ask(query))["impact"]
    assert (ids(impact["maybe"]), ids(impact["surely"])) == (["C"], ["A", "B"])
    assert impact["maybe"]["totalCount"] == 1
    assert ids(impact["sources"]) == ["B", "B.f"]


@pytest.mark.parametrize(
    ("change", "code", "argument"),
    [
        ({"kind": "RETIRE", "ids": []}, "BAD_INPUT", "change.ids"),
        ({"kind": "MERGE", "ids": ["户籍"]}, "BAD_INPUT", "change.into"),
        ({"kind": "ALTER", "ids": ["户籍.号"], "alter": {}}, "BAD_INPUT", "change.alter"),
        ({"kind": "ALTER", "ids": ["户籍.号"], "alter": {"length": -1}}, "BAD_INPUT", "change.alter.length"),
        ({"kind": "RETIRE", "ids": ["户籍", "没有", "也没有"]}, "NOT_FOUND", "change.ids"),
    ],
)
async def test_what_means_nothing_is_refused(
    embedded_graph: Graph, tmp_path: Path, change: dict[str, Any], code: str, argument: str
) -> None:
    await state(embedded_graph, tmp_path, PARTIES)
    api = await opened(embedded_graph)
    error = await api.error("query ($c: ChangeInput!) { impact(change: $c) { complete } }", c=change)
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (code, argument)
    if code == "NOT_FOUND":
        assert error["extensions"]["ids"] == ["没有", "也没有"]


async def test_the_time_for_an_answer_has_a_range(embedded_graph: Graph, tmp_path: Path) -> None:
    await state(embedded_graph, tmp_path, PARTIES)
    api = await opened(embedded_graph)
    query = '{ impact(change: {kind: RETIRE, ids: "户籍"}, maxMilliseconds: 0) { complete } }'
    assert (await api.error(query))["extensions"]["argument"] == "maxMilliseconds"
