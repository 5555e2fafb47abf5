"""Lineage over GraphQL: that what the graph answers comes out whole. What it means is tested in `tests/graph/`."""

from collections import Counter
from typing import Any

import pytest

from tests.resolvers.asking import Api, opened

REPORT = "resource:320900/市发改委/企业公共信用报告"
POLICE = "department:320900/市公安局"

WALK = """query($ids: [ID!]!, $direction: Direction!, $level: Level!, $depth: Int!, $asOf: DateTime,
               $budget: BudgetInput) {
  lineage(ids: $ids, direction: $direction, level: $level, depth: $depth, asOf: $asOf, budget: $budget) {
    nodes { id kind name depth whole more resource { id name } system { id name } department { id name }
            jurisdiction { id name } }
    edges { source target count precise flow jobs agreements }
    complete stoppedBy reachedDepth hiddenCount sequence } }"""


async def walk(api: Api, **variables: Any) -> Any:
    given = {"ids": [REPORT], "direction": "UPSTREAM", "level": "RESOURCE", "depth": 10, **variables}
    return (await api.ask(WALK, **given))["lineage"]


async def test_nodes_carry_their_containers_and_edges_what_is_behind_them(sample: Api) -> None:
    found = await walk(sample)
    assert sample.statements == 1
    assert (found["complete"], found["stoppedBy"], found["hiddenCount"]) == (True, [], 0)
    assert found["sequence"].isdigit()
    start = found["nodes"][0]
    assert start == {
        "id": REPORT,
        "kind": "RESOURCE",
        "name": "企业公共信用报告",
        "depth": 0,
        "whole": True,
        "more": 0,
        "resource": {"id": REPORT, "name": "企业公共信用报告"},
        "system": {"id": "system:320900/市发改委/公共信用信息平台", "name": "市公共信用信息服务平台"} | start["system"],
        "department": {"id": "department:320900/市发改委", "name": "盐城市发展和改革委员会"},
        "jurisdiction": {"id": "jurisdiction:320900", "name": "盐城市"},
    }
    order = [(node["depth"], node["id"]) for node in found["nodes"]]
    assert order == sorted(order)
    assert max(node["depth"] for node in found["nodes"]) == found["reachedDepth"]
    assert [(edge["source"], edge["target"]) for edge in found["edges"]] == sorted(
        (edge["source"], edge["target"]) for edge in found["edges"]
    )
    known = {node["id"] for node in found["nodes"]}
    assert all({edge["source"], edge["target"]} <= known for edge in found["edges"])
    assert any(edge["agreements"] for edge in found["edges"])
    assert any(len(edge["jobs"]) > 1 for edge in found["edges"])


async def test_the_time_asked_for_counts(sample: Api) -> None:
    """The tax rating did not reach the credit file from 2018-07-01 to 2020-06-01; a bare date is a day in Shanghai."""
    sources = {}
    for day in ("2018-06-30", "2019-06-01", "2020-05-31T23:59:59", "2020-06-01", "2020-05-31T16:00:00Z"):
        found = await walk(sample, ids=["resource:320900/市发改委/法人信用档案信息"], asOf=day, depth=1)
        sources[day] = any("纳税信用等级" in node["name"] for node in found["nodes"])
    assert list(sources.values()) == [True, False, False, True, True]


async def test_imprecise_edges_are_marked_at_field_level(sample: Api) -> None:
    found = await walk(sample, ids=["field:320900/市发改委/企业公共信用报告/许可信息"], level="FIELD", depth=20)
    assert {edge["precise"] for edge in found["edges"]} == {True, False}
    assert {node["kind"] for node in found["nodes"]} == {"FIELD", "RESOURCE"}


async def test_a_budget_cuts_and_says_so(sample: Api) -> None:
    found = await walk(sample, budget={"maxNodes": 3})
    assert len(found["nodes"]) == 3
    assert (found["complete"], found["stoppedBy"]) == (False, ["NODES"])
    assert sum(node["more"] for node in found["nodes"]) > 0
    found = await walk(sample, depth=1)
    assert (found["complete"], found["stoppedBy"], found["reachedDepth"]) == (False, ["DEPTH"], 1)


@pytest.mark.parametrize("level", ["FIELD", "RESOURCE", "SYSTEM", "DEPARTMENT", "JURISDICTION"])
async def test_counts_are_those_of_the_lineage(sample: Api, level: str) -> None:
    arguments = {"ids": [POLICE], "direction": "BOTH", "level": level, "depth": 6}
    found = await walk(sample, **arguments, budget={"maxNodes": 10_000})
    data = await sample.ask(
        """query($ids: [ID!]!, $direction: Direction!, $level: Level!, $depth: Int!) {
          lineageCounts(ids: $ids, direction: $direction, level: $level, depth: $depth) {
            total byDepth { depth count } byKind { kind count } byDepartment { department { id name } count }
            complete stoppedBy reachedDepth hiddenCount sequence } }""",
        **arguments,
    )
    counts = data["lineageCounts"]
    assert sample.statements == 1
    for name in ("complete", "stoppedBy", "reachedDepth", "hiddenCount", "sequence"):
        assert counts[name] == found[name]
    assert counts["total"] == len(found["nodes"])
    depths = Counter(node["depth"] for node in found["nodes"])
    assert [(one["depth"], one["count"]) for one in counts["byDepth"]] == sorted(depths.items())
    assert {one["kind"]: one["count"] for one in counts["byKind"]} == Counter(n["kind"] for n in found["nodes"])
    departments = Counter(node["department"] and node["department"]["id"] for node in found["nodes"])
    told = [(one["department"] and one["department"]["id"], one["count"]) for one in counts["byDepartment"]]
    assert told == sorted(departments.items(), key=lambda item: (item[0] is None, -item[1], item[0]))


async def test_a_dependency_names_its_flow(sample: Api) -> None:
    data = await sample.ask(
        "query($ids: [ID!]!) { dependencies(ids: $ids, direction: DOWNSTREAM, level: SYSTEM) "
        "{ nodes { id kind } edges { flow source target } } }",
        ids=["resource:320900/市公安局/户籍人口基本信息"],
    )
    assert {edge["flow"] for edge in data["dependencies"]["edges"]} == {"FEEDS", "READS"}


async def test_the_things_behind_nodes_cost_a_statement_for_each_kind(sample: Api) -> None:
    data = await sample.ask(
        "query($ids: [ID!]!) { lineage(ids: $ids, direction: UPSTREAM, level: SYSTEM, depth: 20) "
        "{ nodes { kind node { id name } id } } }",
        ids=[REPORT],
    )
    nodes = data["lineage"]["nodes"]
    assert len(nodes) > 5
    assert all(node["node"]["id"] == node["id"] for node in nodes)
    assert sample.statements == 1 + len({node["kind"] for node in nodes})


async def test_statements_answer_as_the_projection_does(sample: Api) -> None:
    plain = await opened(sample.graph, 0)
    for variables in ({}, {"level": "FIELD"}, {"ids": [POLICE], "direction": "BOTH", "level": "DEPARTMENT"}):
        assert await walk(plain, **variables) == await walk(sample, **variables)


FILTERED = """query($ids: [ID!]!, $direction: Direction!, $level: Level!, $depth: Int!, $filter: LineageFilter) {
  lineage(ids: $ids, direction: $direction, level: $level, depth: $depth, filter: $filter) {
    nodes { id name depth system { id } department { id } } edges { source target count jobs } complete } }"""
BASE = "system:320900/市数据局/法人库"
MARKET = "department:320900/市市场监管局"


async def filtered(api: Api, filter: dict[str, Any] | None, **variables: Any) -> Any:
    given = {"ids": [REPORT], "direction": "UPSTREAM", "level": "RESOURCE", "depth": 10, **variables}
    return (await api.ask(FILTERED, filter=filter, **given))["lineage"]


async def test_a_filter_bounds_the_walk_and_complete_speaks_of_what_it_allows(sample: Api) -> None:
    free = await filtered(sample, None)
    assert {BASE, MARKET} <= {
        one["id"] for node in free["nodes"] for one in (node["system"], node["department"]) if one
    }
    nothing: dict[str, Any] = {"only": {}, "stopAt": [], "through": None, "show": {"departments": None}}
    for asked in ({}, nothing):
        assert await filtered(sample, asked) == free
    inside = await filtered(sample, {"only": {"jurisdictions": ["jurisdiction:320900"]}})
    assert 1 < len(inside["nodes"]) < len(free["nodes"])
    assert inside["complete"]
    stopped = await filtered(sample, {"stopAt": [MARKET]})
    boundary = {node["id"] for node in stopped["nodes"] if node["department"] and node["department"]["id"] == MARKET}
    assert boundary
    assert not boundary & {edge["target"] for edge in stopped["edges"]}
    through = await filtered(sample, {"through": [BASE]})
    assert BASE not in {node["system"] and node["system"]["id"] for node in through["nodes"]}
    assert max(node["depth"] for node in through["nodes"]) < max(node["depth"] for node in free["nodes"])
    shown = await filtered(sample, {"show": {"departments": [MARKET]}})
    assert shown["nodes"] == [n for n in free["nodes"] if n["department"] and n["department"]["id"] == MARKET]


async def test_a_filter_picks_links_and_data(sample: Api) -> None:
    free = await filtered(sample, None)
    job = next(job for edge in free["edges"] for job in edge["jobs"])
    shown = await filtered(sample, {"show": {"jobs": [job], "flows": ["FEEDS"]}})
    assert shown["nodes"] == free["nodes"]
    assert shown["edges"] == [edge for edge in free["edges"] if job in edge["jobs"]]
    assert await filtered(sample, {"only": {"sources": ["sample"]}}) == free
    for nobody in ({"sources": ["nobody"]}, {"jobs": ["nobody"]}, {"flows": ["READS"]}):
        assert [node["id"] for node in (await filtered(sample, {"only": nobody}))["nodes"]] == [REPORT]
    number = {
        "ids": ["field:320900/市公安局/户籍人口基本信息/公民身份号码"],
        "level": "FIELD",
        "direction": "DOWNSTREAM",
    }
    traced = await filtered(sample, {"only": {"elements": ["element:320900/公民身份号码"]}}, **number)
    everything = await filtered(sample, None, **number)
    assert 3 < len(traced["nodes"]) <= len(everything["nodes"])
    shares = [await filtered(sample, {"only": {"shareTypes": [one]}}) for one in ("UNCONDITIONAL", "CONDITIONAL")]
    assert all(1 <= len(one["nodes"]) < len(free["nodes"]) for one in shares)


async def test_statements_answer_filters_as_the_projection_does(sample: Api) -> None:
    plain = await opened(sample.graph, 0)
    filters: list[dict[str, Any]] = [
        {"only": {"jurisdictions": ["jurisdiction:320900"], "shareTypes": ["UNCONDITIONAL", "CONDITIONAL"]}},
        {"stopAt": [MARKET], "through": [BASE]},
        {"only": {"elements": ["element:320900/统一社会信用代码"]}, "show": {"sources": ["sample"]}},
    ]
    for filter in filters:
        for level in ("FIELD", "SYSTEM"):
            assert await filtered(plain, filter, level=level) == await filtered(sample, filter, level=level)


async def test_counts_are_those_of_the_filtered_lineage(sample: Api) -> None:
    filter = {"through": [BASE], "show": {"jurisdictions": ["jurisdiction:320900"]}}
    found = await filtered(sample, filter)
    data = await sample.ask(
        "query($ids: [ID!]!, $filter: LineageFilter) { lineageCounts(ids: $ids, direction: UPSTREAM, depth: 10, "
        "filter: $filter) { total complete } }",
        ids=[REPORT],
        filter=filter,
    )
    assert data["lineageCounts"] == {"total": len(found["nodes"]), "complete": found["complete"]}


@pytest.mark.parametrize(
    ("arguments", "code", "argument", "words"),
    [
        ("ids: []", "BAD_INPUT", "ids", "at least one"),
        ('ids: ["x", ""]', "BAD_INPUT", "ids", "an id may not be empty"),
        ('ids: ["x", "y"]', "NOT_FOUND", "ids", "x, y"),
        ('ids: ["agreement:320900/2026-002"]', "BAD_INPUT", "ids", "SharingAgreement"),
        ('ids: ["x"], depth: 1001', "BAD_INPUT", "depth", "0 to 1,000"),
        ('ids: ["x"], budget: { maxNodes: 10001 }', "BAD_INPUT", "maxNodes", "1 to 10,000"),
        ('ids: ["x"], budget: { maxPerNode: 0 }', "BAD_INPUT", "maxPerNode", "1 to 10,000"),
        ('ids: ["x"], budget: { maxMilliseconds: 0 }', "BAD_INPUT", "maxMilliseconds", "1 to 60,000"),
        ('ids: ["x"], asOf: "2019-13-01"', "BAD_INPUT", "asOf", "ISO 8601"),
        ('ids: ["x"], knownAt: 5', "BAD_INPUT", "knownAt", "ISO 8601"),
        ('ids: ["x"], level: TABLE', "BAD_INPUT", "level", "TABLE"),
        ('ids: ["x"], filter: { only: { departments: [] } }', "BAD_INPUT", "filter.only.departments", "leave it out"),
        ('ids: ["x"], filter: { show: { jobs: [] } }', "BAD_INPUT", "filter.show.jobs", "leave it out"),
        ('ids: ["x"], filter: { stopAt: ["y", ""] }', "BAD_INPUT", "filter.stopAt", "may not be empty"),
        (f'ids: ["{POLICE}"], filter: {{ stopAt: "y", through: ["z"] }}', "NOT_FOUND", "filter.stopAt", "y, z"),
        ('ids: ["x"], filter: { through: ["y"] }', "NOT_FOUND", "ids", "x, y"),
        (
            f'ids: ["x"], filter: {{ only: {{ systems: "{POLICE}" }} }}',
            "BAD_INPUT",
            "filter.only.systems",
            "not a System",
        ),
    ],
)
@pytest.mark.parametrize("field", ["lineage", "dependencies", "lineageCounts"])
async def test_mistakes_are_refused_with_the_way_out(
    sample: Api, field: str, arguments: str, code: str, argument: str, words: str
) -> None:
    error = await sample.error(f"{{ {field}({arguments}, direction: UPSTREAM) {{ complete }} }}")
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (code, argument)
    assert words in error["message"]
