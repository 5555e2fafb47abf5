"""`lineageDiff` over GraphQL: what the graph compares comes out whole. What it means is tested in `tests/graph/`."""

from pathlib import Path
from typing import Any

import pytest

from graph.changes import now, position
from graph.engine import Graph
from graph.facts import as_text
from tests.graph.stating import state
from tests.resolvers.asking import Api, opened

DIFF = """query($ids: [ID!]!, $knownFrom: DateTime, $from: DateTime, $first: Int) {
  lineageDiff(ids: $ids, direction: DOWNSTREAM, level: FIELD, knownFrom: $knownFrom, from: $from) {
    nodes { differs id kind name before { id } after { id node { __typename } } changes { name before after }
      reasons { why at thing { id name } sources changes { name before after } } }
    edges { differs source target flow gone come changes { name before after }
      before { count evidence(first: $first) { totalCount nodes { job transformation statedBy { source } } } }
      after { count evidence(first: $first) { totalCount nodes { job transformation statedBy { source } } } }
      reasons { why link { source { id name } target { id name } job validFrom } sources
        changes { name before after } } }
    before { nodes edges complete } after { nodes edges complete } complete stoppedBy hiddenCount sequence } }"""


async def compared(api: Api, **variables: Any) -> Any:
    return (await api.ask(DIFF, **{"ids": ["户籍/姓名"], "first": 5, **variables}))["lineageDiff"]


@pytest.mark.parametrize("megabytes", [64, 0])
async def test_a_comparison_is_told_with_the_evidence_of_both_sides(
    graph: Graph, tmp_path: Path, megabytes: int
) -> None:
    resources = [{"fact": "resource", "id": id, "name": f"{id}信息"} for id in ("户籍", "救助")]
    fields = [{"fact": "field", "id": f"{one['id']}/姓名", "name": "姓名", "resource": one["id"]} for one in resources]
    link = {"fact": "feeds", "from": "户籍/姓名", "to": "救助/姓名", "job": "交换"}
    await state(graph, tmp_path, [*resources, *fields, {**link, "transformation": "SELECT 1"}], "目录")
    before = as_text(max(now(), (await position(graph)).at))
    more = [{**link, "transformation": "SELECT 2"}, {"fact": "field", "id": "救助/姓名", "name": "对象姓名"}]
    await state(graph, tmp_path, more, "台账")
    api = await opened(graph, megabytes)
    found = await compared(api, knownFrom=before)
    [node] = found["nodes"]
    renamed = [{"name": "name", "before": "姓名", "after": "对象姓名"}]
    assert (node["differs"], node["id"], node["kind"], node["name"]) == ("ALTERED", "救助/姓名", "FIELD", "对象姓名")
    assert (node["before"], node["after"]) == (
        {"id": "救助/姓名"},
        {"id": "救助/姓名", "node": {"__typename": "Field"}},
    )
    assert node["changes"] == renamed
    [reason] = node["reasons"]
    assert (reason["why"], reason["sources"], reason["changes"]) == ("CHANGED", ["台账"], renamed)
    assert reason["thing"] == {"id": "救助/姓名", "name": "对象姓名"}
    assert reason["at"] > before
    [edge] = found["edges"]
    assert (edge["differs"], edge["flow"], edge["gone"], edge["come"], edge["changes"]) == (
        "ALTERED",
        "FEEDS",
        0,
        0,
        [],
    )
    told = [edge[side]["evidence"]["nodes"][0] for side in ("before", "after")]
    assert told == [
        {"job": "交换", "transformation": "SELECT 1", "statedBy": [{"source": "目录"}]},
        {"job": "交换", "transformation": "SELECT 2", "statedBy": [{"source": "目录"}, {"source": "台账"}]},
    ]
    [reason] = edge["reasons"]
    assert reason == {
        "why": "CHANGED",
        "link": {
            "source": {"id": "户籍/姓名", "name": "姓名"},
            "target": {"id": "救助/姓名", "name": "对象姓名"},
            "job": "交换",
            "validFrom": None,
        },
        "sources": ["台账"],
        "changes": [{"name": "transformation", "before": "SELECT 1", "after": "SELECT 2"}],
    }
    assert (found["before"], found["complete"], found["stoppedBy"], found["hiddenCount"]) == (
        {"nodes": 2, "edges": 1, "complete": True},
        True,
        [],
        0,
    )
    await api.http.aclose()


@pytest.mark.parametrize(
    ("arguments", "code", "argument", "words"),
    [
        ('ids: ["x"]', "BAD_INPUT", "from", "knownFrom and knownTo"),
        ('ids: ["x"], from: "2020-01-02", to: "2020-01-01"', "BAD_INPUT", "from", "not be after to"),
        ('ids: ["x"], from: "2100-01-01"', "BAD_INPUT", "from", "not be after to"),
        ('ids: ["x"], knownFrom: "2100-01-01"', "BAD_INPUT", "knownFrom", "not be after knownTo"),
        ('ids: [], from: "2020-01-01"', "BAD_INPUT", "ids", "at least one"),
        ('ids: ["x"], from: "2020-01-01", depth: -1', "BAD_INPUT", "depth", "0 to 1,000"),
        ('ids: ["x", "y"], from: "2020-01-01"', "NOT_FOUND", "ids", "x, y"),
        ('ids: ["x"], from: "heute"', "BAD_INPUT", "from", "ISO 8601"),
    ],
)
async def test_mistakes_are_refused_with_the_way_out(
    embedded_graph: Graph, arguments: str, code: str, argument: str, words: str
) -> None:
    api = await opened(embedded_graph, 0)
    error = await api.error(f"{{ lineageDiff({arguments}, direction: UPSTREAM) {{ complete }} }}")
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (code, argument)
    assert words in error["message"]
    await api.http.aclose()
