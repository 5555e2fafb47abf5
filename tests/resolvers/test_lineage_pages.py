"""A whole lineage in pages: consistent whatever is written meanwhile, from any worker, or a clear error."""

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from graph.engine import Graph
from graph.paging import cursor, read_cursor
from tests.engines import wipe
from tests.graph.stating import state
from tests.resolvers.asking import Api, opened

PAGE_OF_DOCS = Path(__file__).parents[2] / "docs" / "export.md"
POLICE = "department:320900/市公安局"
PAGE = """query($ids: [ID!]!, $direction: Direction! = BOTH, $level: Level! = FIELD, $depth: Int! = 30, $asOf: DateTime,
               $budget: BudgetInput, $filter: LineageFilter, $first: Int, $after: String, $last: Int, $before: String) {
  lineage(ids: $ids, direction: $direction, level: $level, depth: $depth, asOf: $asOf, budget: $budget,
          filter: $filter) {
    nodesPage(first: $first, after: $after, last: $last, before: $before) {
      nodes { id kind name depth whole more resource { id name } department { name } }
      edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      totalCount complete stoppedBy reachedDepth sequence } } }"""
ALL = """query($ids: [ID!]!) { lineage(ids: $ids, direction: BOTH, level: FIELD, depth: 30, budget: {maxNodes: 10000}) {
  nodes { id kind name depth whole more resource { id name } department { name } } reachedDepth } }"""

CHAIN: list[dict[str, Any]] = [
    *({"fact": "resource", "id": f"r{number}", "name": f"资源{number}"} for number in range(6)),
    *({"fact": "feeds", "from": f"r{number}", "to": f"r{number + 1}"} for number in range(5)),
]
LATER: list[dict[str, Any]] = [
    {"fact": "resource", "id": "r3", "name": "改名"},
    {"fact": "resource", "id": "r1a"},
    {"fact": "feeds", "from": "r0", "to": "r1a"},
    {"fact": "feeds", "from": "r2", "to": "r3", "valid_to": "2020-01-01"},
]
DOWN = {"ids": ["r0"], "direction": "DOWNSTREAM", "level": "RESOURCE"}


async def page(api: Api, **variables: Any) -> Any:
    return (await api.ask(PAGE, **variables))["lineage"]["nodesPage"]


def ids(found: Mapping[str, Any]) -> list[str]:
    assert [edge["node"]["id"] for edge in found["edges"]] == [node["id"] for node in found["nodes"]]
    return [node["id"] for node in found["nodes"]]


async def test_the_pages_together_are_the_answer(sample: Api) -> None:
    expected = (await sample.ask(ALL, ids=[POLICE]))["lineage"]
    assert len(expected["nodes"]) > 60
    nodes, after, sizes = [], None, []
    while True:
        found = await page(sample, ids=[POLICE], first=25, after=after, budget={"maxNodes": 1})
        nodes += found["nodes"]
        sizes.append(len(found["nodes"]))
        info = found["pageInfo"]
        assert info["hasPreviousPage"] == (after is not None)
        assert (info["startCursor"], info["endCursor"]) == (found["edges"][0]["cursor"], found["edges"][-1]["cursor"])
        assert found["totalCount"] == len(expected["nodes"])
        assert (found["complete"], found["stoppedBy"]) == (True, [])
        assert found["reachedDepth"] == expected["reachedDepth"]
        after = info["endCursor"]
        if not info["hasNextPage"]:
            break
    assert nodes == expected["nodes"]
    assert set(sizes[:-1]) == {25}


async def test_pages_go_backward_too(sample: Api) -> None:
    expected = [node["id"] for node in (await sample.ask(ALL, ids=[POLICE]))["lineage"]["nodes"]]
    found = await page(sample, ids=[POLICE], last=10)
    assert ids(found) == expected[-10:]
    assert (found["pageInfo"]["hasPreviousPage"], found["pageInfo"]["hasNextPage"]) == (True, False)
    earlier = await page(sample, ids=[POLICE], last=10, before=found["pageInfo"]["startCursor"])
    assert ids(earlier) == expected[-20:-10]
    assert (earlier["pageInfo"]["hasPreviousPage"], earlier["pageInfo"]["hasNextPage"]) == (True, True)
    between = await page(
        sample, ids=[POLICE], after=earlier["edges"][2]["cursor"], before=found["edges"][4]["cursor"], first=50
    )
    assert ids(between) == expected[-17:-6]


async def test_the_first_page_of_a_walk_needs_no_other_walk(sample: Api) -> None:
    """Only pages are selected, so the answer that `maxNodes` cuts is not worked out beside."""
    variables = {"ids": [POLICE], "budget": {"maxNodes": 1}, "first": 1}
    plain = await opened(sample.graph, 0)
    await page(plain, **variables)
    alone = plain.statements
    both = await plain.ask(PAGE.replace("nodesPage(", "complete nodesPage("), **variables)
    assert both["lineage"]["complete"] is False
    assert plain.statements > alone


async def test_pages_go_on_in_the_state_that_they_began_in(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, CHAIN)
    first_worker = await opened(graph)
    whole = await page(first_worker, **DOWN)
    first = await page(first_worker, **DOWN, first=2)
    after = first["pageInfo"]["endCursor"]
    await state(graph, tmp_path, LATER)
    now = await page(first_worker, **DOWN)
    assert ids(now) == ["r0", "r1", "r1a", "r2"]
    for worker in (first_worker, await opened(graph), await opened(graph, 0)):
        rest = await page(worker, **DOWN, first=50, after=after)
        assert first["nodes"] + rest["nodes"] == whole["nodes"]
        assert (rest["sequence"], rest["totalCount"]) == (first["sequence"], 6)
        assert (await page(worker, **DOWN))["sequence"] > rest["sequence"]


async def test_a_graph_that_was_put_back_is_a_clear_conflict(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, CHAIN)
    await state(graph, tmp_path, LATER)
    after = (await page(await opened(graph), **DOWN, first=2))["pageInfo"]["endCursor"]
    await wipe(graph)
    await state(graph, tmp_path, CHAIN)
    error = await (await opened(graph)).error(PAGE, **DOWN, first=2, after=after)
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("CONFLICT", "after")
    assert "first page again" in error["message"]
    assert error["path"][:2] == ["lineage", "nodesPage"]


@pytest.mark.parametrize(
    ("variables", "code", "argument", "words"),
    [
        ({"after": "x"}, "BAD_INPUT", "after", "no cursor"),
        ({"after": cursor("lineage-0", ("1.2.3", 4))}, "BAD_INPUT", "after", "another list"),
        ({"first": 1001}, "BAD_INPUT", "first", "0 to 1,000"),
        ({"first": 1, "last": 1}, "BAD_INPUT", "last", "not both"),
        ({"ids": ["nobody"]}, "NOT_FOUND", "ids", "nobody"),
        ({"budget": {"maxNodes": 10_001}}, "BAD_INPUT", "maxNodes", "10,000"),
    ],
)
async def test_mistakes_are_refused(
    sample: Api, variables: dict[str, Any], code: str, argument: str, words: str
) -> None:
    error = await sample.error(PAGE, **{"ids": [POLICE], **variables})
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (code, argument)
    assert words in error["message"]


async def test_a_cursor_belongs_to_its_question_and_state(sample: Api) -> None:
    found = await page(sample, ids=[POLICE], first=3)
    after = found["pageInfo"]["endCursor"]
    others: list[dict[str, Any]] = [{"depth": 29}, {"level": "SYSTEM"}, {"asOf": "2020-01-01"}]
    others += [{"budget": {"maxPerNode": 5}}, {"filter": {"stopAt": [POLICE]}}]
    for other in others:
        error = await sample.error(PAGE, **{"ids": [POLICE], "after": after, **other})
        assert error["extensions"] == {"code": "BAD_INPUT", "argument": "after"}
    assert ids(await page(sample, ids=[POLICE], first=3, after=after, budget={"maxNodes": 2})) != ids(found)


async def test_a_cursor_that_somebody_made_up_is_refused(sample: Api) -> None:
    after = (await page(sample, ids=[POLICE], first=3))["pageInfo"]["endCursor"]
    order = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))[0]
    pin, place = read_cursor(order, after, "after")
    for forged in ("", "1.2", "x.y.z", "-1.2.3", f"{2**70}.1.1", 7):
        error = await sample.error(PAGE, ids=[POLICE], after=cursor(order, (forged, place)))
        assert error["extensions"] == {"code": "BAD_INPUT", "argument": "after"}
    for elsewhere in (-1, "x"):
        error = await sample.error(PAGE, ids=[POLICE], after=cursor(order, (pin, elsewhere)))
        assert error["extensions"] == {"code": "BAD_INPUT", "argument": "after"}
    sequence, at, as_of = pin.split(".")
    other = cursor(order, (f"{sequence}.{at}.{int(as_of) - 1}", place))
    error = await sample.error(PAGE, ids=[POLICE], after=after, before=other)
    assert error["extensions"] == {"code": "BAD_INPUT", "argument": "before"}
    beyond = await page(sample, ids=[POLICE], after=cursor(order, (pin, 10**9)))
    assert (beyond["nodes"], beyond["pageInfo"]["hasNextPage"]) == ([], False)


async def test_what_time_has_cut_has_no_pages(sample: Api) -> None:
    """By statements a layer takes longer than a millisecond."""
    plain = await opened(sample.graph, 0)
    error = await plain.error(PAGE, ids=[POLICE], budget={"maxMilliseconds": 1}, depth=20)
    assert error["extensions"] == {"code": "TOO_COSTLY", "argument": "budget.maxMilliseconds"}
    assert "export" in error["message"]


async def test_the_query_of_the_page_about_exports_is_answered(sample: Api) -> None:
    [query] = re.findall(r"^```graphql\n(.*?)^```$", PAGE_OF_DOCS.read_text(encoding="utf-8"), re.M | re.S)
    found = (await sample.ask(query))["lineage"]["nodesPage"]
    assert len(found["nodes"]) == min(found["totalCount"], 100) > 20
