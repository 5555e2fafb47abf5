"""Paths over GraphQL: that what the graph answers comes out whole. What it means is tested in `tests/graph/`."""

from itertools import pairwise
from typing import Any

import pytest

from tests.resolvers.asking import Api, opened

POLICE = "department:320900/市公安局"
RELIEF = "resource:320900/市民政局/最低生活保障对象信息"
FINANCE = "department:320900/市财政局"

PATHS = """query($from: ID!, $to: ID!, $level: Level! = RESOURCE, $maxDepth: Int! = 30, $first: Int! = 10,
                $asOf: DateTime, $via: [ID!], $avoid: [ID!], $budget: BudgetInput) {
  lineagePaths(from: $from, to: $to, level: $level, maxDepth: $maxDepth, first: $first, asOf: $asOf, via: $via,
               avoid: $avoid, budget: $budget) {
    paths {
      length
      nodes { id kind name depth whole more resource { id name } system { id name } department { id name }
              jurisdiction { id name } }
      edges { source target count precise flow jobs agreements }
    }
    exists complete stoppedBy sequence } }"""


async def ask(api: Api, **variables: Any) -> Any:
    return (await api.ask(PATHS, **{"from": POLICE, "to": RELIEF, **variables}))["lineagePaths"]


async def test_paths_have_nodes_and_edges_as_a_lineage_has(sample: Api) -> None:
    found = await ask(sample, level="DEPARTMENT")
    assert sample.statements == 1
    assert (found["exists"], found["complete"], found["stoppedBy"]) == (True, True, [])
    assert found["sequence"].isdigit()
    assert [path["length"] for path in found["paths"]] == [1, 3, 5, 7]
    for path in found["paths"]:
        ids = [node["id"] for node in path["nodes"]]
        assert [(edge["source"], edge["target"]) for edge in path["edges"]] == list(pairwise(ids))
        assert len(path["edges"]) == path["length"]
        assert [node["depth"] for node in path["nodes"]] == list(range(path["length"] + 1))
        assert all(edge["jobs"] and edge["flow"] == "FEEDS" and edge["precise"] for edge in path["edges"])
    first = found["paths"][0]
    assert first["nodes"][0] == {
        "id": POLICE,
        "kind": "DEPARTMENT",
        "name": "盐城市公安局",
        "depth": 0,
        "whole": True,
        "more": first["nodes"][0]["more"],
        "resource": None,
        "system": None,
        "department": {"id": POLICE, "name": "盐城市公安局"},
        "jurisdiction": {"id": "jurisdiction:320900", "name": "盐城市"},
    }
    assert first["edges"][0]["jobs"] == ["户籍家庭成员比对"]
    assert any(edge["agreements"] for path in found["paths"] for edge in path["edges"])


async def test_paths_pass_what_they_must_and_avoid_what_they_must_not(sample: Api) -> None:
    found = await ask(sample, level="DEPARTMENT", via=[FINANCE])
    assert [path["length"] for path in found["paths"]] == [3, 5, 7]
    assert all(FINANCE in [node["id"] for node in path["nodes"]] for path in found["paths"])
    found = await ask(sample, level="DEPARTMENT", avoid=[FINANCE])
    assert [path["length"] for path in found["paths"]] == [1]
    found = await ask(sample, via=[FINANCE], avoid=["department:320900/市数据局"])
    assert (found["paths"], found["exists"], found["complete"]) == ([], False, True)


async def test_a_cut_answer_says_what_cut_it(sample: Api) -> None:
    found = await ask(sample, first=2)
    assert (len(found["paths"]), found["complete"], found["stoppedBy"]) == (2, False, ["NODES"])
    found = await ask(sample, level="DEPARTMENT", maxDepth=3)
    assert (len(found["paths"]), found["complete"], found["stoppedBy"]) == (2, False, ["DEPTH"])
    found = await ask(sample, budget={"maxNodes": 3})
    assert (len(found["paths"]), found["complete"], found["stoppedBy"]) == (1, False, ["NODES"])


@pytest.mark.parametrize("megabytes", [64, 0])
async def test_whether_there_is_a_path_is_told_without_listing(sample: Api, megabytes: int) -> None:
    api = await opened(sample.graph, megabytes)
    query = "query($from: ID!, $to: ID!, $max: Int!) { lineagePaths(from: $from, to: $to, maxDepth: $max) { exists } }"
    for most, exists in ((30, True), (2, True), (1, False)):
        data = await api.ask(query, **{"from": POLICE, "to": RELIEF, "max": most})
        assert data == {"lineagePaths": {"exists": exists}}
    data = await api.ask(query, **{"from": RELIEF, "to": POLICE, "max": 30})
    assert data == {"lineagePaths": {"exists": False}}


async def test_statements_answer_as_the_projection_does(sample: Api) -> None:
    plain = await opened(sample.graph, 0)
    for variables in ({}, {"level": "FIELD", "first": 50}, {"level": "SYSTEM", "via": [FINANCE]}):
        assert await ask(plain, **variables) == await ask(sample, **variables)


async def test_the_things_behind_nodes_cost_a_statement_for_each_kind(sample: Api) -> None:
    query = "query($from: ID!, $to: ID!) { lineagePaths(from: $from, to: $to) { paths { nodes { id node { id } } } } }"
    data = await sample.ask(query, **{"from": POLICE, "to": RELIEF})
    nodes = [node for path in data["lineagePaths"]["paths"] for node in path["nodes"]]
    assert len(nodes) > 10
    assert all(node["node"]["id"] == node["id"] for node in nodes)
    assert sample.statements == 2


@pytest.mark.parametrize(
    ("arguments", "code", "argument", "words"),
    [
        ('from: "", to: "x"', "BAD_INPUT", "from", "an id may not be empty"),
        ('from: "x", to: ""', "BAD_INPUT", "to", "an id may not be empty"),
        ('from: "x", to: "y", via: ["z", ""]', "BAD_INPUT", "via", "an id may not be empty"),
        ('from: "x", to: "y", via: ["z"]', "NOT_FOUND", "from", "x, y, z"),
        ('from: "jurisdiction:320900", to: "y", avoid: ["z"]', "NOT_FOUND", "to", "y, z"),
        ('from: "x", to: "agreement:320900/2026-002"', "BAD_INPUT", "to", "SharingAgreement"),
        ('from: "x", to: "y", maxDepth: 1001', "BAD_INPUT", "maxDepth", "0 to 1,000"),
        ('from: "x", to: "y", maxDepth: -1', "BAD_INPUT", "maxDepth", "0 to 1,000"),
        ('from: "x", to: "y", first: 0', "BAD_INPUT", "first", "1 to 1,000"),
        ('from: "x", to: "y", first: 1001', "BAD_INPUT", "first", "1 to 1,000"),
        ('from: "x", to: "y", via: ["1", "2", "3", "4", "5"]', "BAD_INPUT", "via", "at most 4"),
        ('from: "x", to: "y", budget: { maxNodes: 0 }', "BAD_INPUT", "maxNodes", "1 to 10,000"),
        ('from: "x", to: "y", budget: { maxMilliseconds: 0 }', "BAD_INPUT", "maxMilliseconds", "1 to 60,000"),
        ('from: "x", to: "y", asOf: "2019-13-01"', "BAD_INPUT", "asOf", "ISO 8601"),
        ('from: "x", to: "y", level: TABLE', "BAD_INPUT", "level", "TABLE"),
    ],
)
async def test_mistakes_are_refused_with_the_way_out(
    sample: Api, arguments: str, code: str, argument: str, words: str
) -> None:
    error = await sample.error(f"{{ lineagePaths({arguments}) {{ complete }} }}")
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (code, argument)
    assert words in error["message"]


async def test_too_many_things_to_avoid_are_refused(sample: Api) -> None:
    answer = await sample.answer(PATHS, {"from": POLICE, "to": RELIEF, "avoid": [str(n) for n in range(101)]})
    [error] = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("BAD_INPUT", "avoid")
    assert "at most 100" in error["message"]
