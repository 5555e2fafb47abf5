"""Cycles over GraphQL: that what the graph finds comes out whole. What it means is tested in `tests/graph/`."""

import re
from pathlib import Path
from typing import Any

import pytest

from graph.paging import cursor
from tests.resolvers.asking import Api, opened

PAGE = Path(__file__).parents[2] / "docs" / "cycles.md"
BLOCKS = re.findall(r"^```graphql\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)

CITY = "jurisdiction:320900"
REGISTERED = "resource:320900/市工商局/企业登记基本信息"
NODE = "id kind name resource { id name } system { id name } department { id name } jurisdiction { id name }"
EDGE = "source target count fields resources jobs"
WHOLE = """query($level: Level!, $within: ID, $first: Int, $after: String, $last: Int, $before: String) {
  cycles(level: $level, within: $within, first: $first, after: $after, last: $last, before: $before) {
    totalCount sequence
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { size } }
    nodes {
      size closed
      shortest { length exact nodes { NODE } edges { EDGE } }
      walk { length exact nodes { id } edges { EDGE links(first: 3) { totalCount nodes {
        source { NODE } target { NODE } job validFrom validTo } } } }
      members(first: 100) { totalCount nodes { NODE } }
      edges(first: 100) { totalCount nodes { EDGE } } } } }""".replace("NODE", NODE).replace("EDGE", EDGE)
PAIRS = """query($level: Level! = DEPARTMENT, $first: Int, $after: String) {
  mutualDependence(level: $level, first: $first, after: $after) {
    totalCount sequence pageInfo { hasNextPage endCursor }
    nodes { one { NODE } other { NODE } count closed
      there { EDGE links(first: 100) { totalCount nodes { source { NODE } target { NODE } job } } } back { EDGE } } } }
""".replace("NODE", NODE).replace("EDGE", EDGE)


async def cycles(api: Api, level: str = "RESOURCE", **variables: Any) -> Any:
    return (await api.ask(WHOLE, level=level, **variables))["cycles"]


@pytest.mark.parametrize("number", range(2))
async def test_a_query_of_the_page_is_answered(sample: Api, number: int) -> None:
    assert len(BLOCKS) == 2
    [connection] = (await sample.ask(BLOCKS[number])).values()
    assert connection["totalCount"] > 0
    assert connection["nodes"]


async def test_a_set_is_told_whole(sample: Api) -> None:
    found = await cycles(sample)
    assert sample.statements == 1
    assert found["sequence"].isdigit()
    assert [one["size"] for one in found["nodes"]] == [edge["node"]["size"] for edge in found["edges"]] == [7, 3, 3, 2]
    [one] = [one for one in found["nodes"] if one["members"]["nodes"][0]["id"] == REGISTERED]
    names = ["企业登记基本信息", "税务登记信息", "清税证明信息"]
    assert (one["size"], one["closed"], one["walk"]) == (3, False, None)
    assert one["shortest"]["length"] == 3 and one["shortest"]["exact"]
    assert [node["name"] for node in one["shortest"]["nodes"]] == names
    assert [(edge["count"], edge["fields"], edge["resources"]) for edge in one["shortest"]["edges"]] == [
        (3, 3, 1),
        (2, 2, 1),
        (1, 1, 1),
    ]
    assert one["shortest"]["nodes"][0] == {
        "id": REGISTERED,
        "kind": "RESOURCE",
        "name": "企业登记基本信息",
        "resource": {"id": REGISTERED, "name": "企业登记基本信息"},
        "system": one["members"]["nodes"][0]["system"],
        "department": {"id": "department:320900/市市场监管局", "name": "盐城市市场监督管理局"},
        "jurisdiction": {"id": CITY, "name": "盐城市"},
    }
    for each in found["nodes"]:
        members = [node["id"] for node in each["members"]["nodes"]]
        assert members == sorted(members) and len(members) == each["size"] == each["members"]["totalCount"]
        edges = [(edge["source"], edge["target"]) for edge in each["edges"]["nodes"]]
        assert edges == sorted(edges) and len(edges) == each["edges"]["totalCount"]
        for way in (each["shortest"], each["walk"]):
            if way:
                ids = [node["id"] for node in way["nodes"]]
                assert [(edge["source"], edge["target"]) for edge in way["edges"]] == list(
                    zip(ids, [*ids[1:], ids[0]], strict=True)
                )
                assert set(zip(ids, [*ids[1:], ids[0]], strict=True)) <= set(edges)


async def test_a_walk_that_comes_back_is_one_that_lineage_draws(sample: Api) -> None:
    for level in ("RESOURCE", "SYSTEM", "DEPARTMENT"):
        for one in (await cycles(sample, level))["nodes"]:
            start = (one["walk"] or one["shortest"])["nodes"][0]["id"]
            data = await sample.ask(
                "query($ids: [ID!]!, $level: Level!) { lineage(ids: $ids, direction: DOWNSTREAM, level: $level, "
                "depth: 100) { complete edges { source target } } }",
                ids=[start],
                level=level,
            )
            assert data["lineage"]["complete"]
            assert any(edge["target"] == start for edge in data["lineage"]["edges"]) == one["closed"]


async def test_pages_are_parts_of_one_list(sample: Api) -> None:
    whole = await cycles(sample, "FIELD")
    sizes = [one["size"] for one in whole["nodes"]]
    assert whole["totalCount"] == len(sizes) > 1
    after, seen = None, []
    while True:
        page = await cycles(sample, "FIELD", first=1, after=after)
        seen += page["nodes"]
        assert page["totalCount"] == len(sizes)
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == whole["nodes"]
    last = await cycles(sample, "FIELD", last=1)
    assert last["nodes"] == whole["nodes"][-1:]
    assert (last["pageInfo"]["hasNextPage"], last["pageInfo"]["hasPreviousPage"]) == (False, True)
    before = await cycles(sample, "FIELD", last=1, before=last["pageInfo"]["startCursor"])
    assert before["nodes"] == whole["nodes"][-2:-1]
    assert (await cycles(sample, "FIELD", first=0))["nodes"] == []


async def test_members_edges_and_links_come_in_pages(sample: Api) -> None:
    query = """query($members: String, $edges: String, $links: String) {
      cycles(level: RESOURCE, first: 1) { nodes { size
        members(first: 2, after: $members) { nodes { id } pageInfo { hasNextPage endCursor } totalCount }
        edges(first: 1, after: $edges) { pageInfo { endCursor } totalCount nodes { source target count
          links(first: 1, after: $links) { edges { cursor node { source { id } } } pageInfo { hasNextPage endCursor }
            totalCount } } } } } }"""
    first = (await sample.ask(query))["cycles"]["nodes"][0]
    edge = first["edges"]["nodes"][0]
    assert edge["links"]["totalCount"] == edge["count"]
    variables = {
        "members": first["members"]["pageInfo"]["endCursor"],
        "links": edge["links"]["pageInfo"]["endCursor"],
    }
    second = (await sample.ask(query, **variables))["cycles"]["nodes"][0]
    assert not {one["id"] for one in first["members"]["nodes"]} & {one["id"] for one in second["members"]["nodes"]}
    assert second["edges"]["nodes"][0]["links"]["edges"] != edge["links"]["edges"]
    error = await sample.error(query, members=variables["links"])
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("BAD_INPUT", "after")


async def test_within_leaves_what_lies_inside(sample: Api) -> None:
    found = await cycles(sample, within=CITY)
    members = [node for one in found["nodes"] for node in one["members"]["nodes"]]
    assert found["totalCount"] == 2
    assert {node["jurisdiction"]["id"] for node in members} <= {CITY, "jurisdiction:320902"}
    assert (await cycles(sample, within="department:320900/市税务局"))["totalCount"] == 0


async def test_mutual_dependence_names_the_links_of_each_way(sample: Api) -> None:
    found = (await sample.ask(PAIRS))["mutualDependence"]
    assert sample.statements == 1
    assert found["totalCount"] == len(found["nodes"]) == 9
    order = [(-one["count"], one["one"]["id"], one["other"]["id"]) for one in found["nodes"]]
    assert order == sorted(order)
    assert {one["closed"] for one in found["nodes"]} == {True, False}
    for one in found["nodes"]:
        there, back = one["there"], one["back"]
        assert (there["source"], there["target"]) == (one["one"]["id"], one["other"]["id"])
        assert (back["source"], back["target"]) == (one["other"]["id"], one["one"]["id"])
        assert one["count"] == there["count"] + back["count"]
        links = there["links"]["nodes"]
        assert len(links) == there["links"]["totalCount"] == there["count"]
        assert {link["source"]["department"]["id"] for link in links} == {one["one"]["id"]}
        assert {link["target"]["department"]["id"] for link in links} == {one["other"]["id"]}
        assert there["fields"] == len({link["source"]["id"] for link in links if link["source"]["kind"] == "FIELD"})
        assert there["resources"] == len({link["source"]["resource"]["id"] for link in links})
    page = (await sample.ask(PAIRS, first=4))["mutualDependence"]
    rest = (await sample.ask(PAIRS, after=page["pageInfo"]["endCursor"]))["mutualDependence"]
    assert page["nodes"] + rest["nodes"] == found["nodes"]


async def test_a_survey_answers_as_the_projection_does(sample: Api) -> None:
    plain = await opened(sample.graph, 0)
    for level in ("FIELD", "RESOURCE", "SYSTEM", "DEPARTMENT", "JURISDICTION"):
        assert await cycles(plain, level) == await cycles(sample, level)
        assert await plain.ask(PAIRS, level=level) == await sample.ask(PAIRS, level=level)
    await cycles(plain, "FIELD")
    assert plain.statements <= 3  # what it shows of fields is looked up for all together
    await plain.app.close()


async def test_the_things_behind_members_are_loaded_if_selected(sample: Api) -> None:
    data = await sample.ask(
        "{ cycles(level: SYSTEM) { nodes { members { nodes { id kind node { __typename id } } } } } }"
    )
    members = [node for one in data["cycles"]["nodes"] for node in one["members"]["nodes"]]
    assert all(node["node"]["id"] == node["id"] for node in members)
    assert sample.statements == 1 + len({node["kind"] for node in members})


@pytest.mark.parametrize(
    ("arguments", "code", "argument", "words"),
    [
        ('within: "nobody"', "NOT_FOUND", "within", "nobody"),
        ('within: ""', "BAD_INPUT", "within", "may not be empty"),
        ('within: "agreement:320900/2026-002"', "BAD_INPUT", "within", "SharingAgreement"),
        ("first: 1001", "BAD_INPUT", "first", "0 to 1,000"),
        ("first: 1, last: 1", "BAD_INPUT", "last", "not both"),
        ('after: "x"', "BAD_INPUT", "after", "no cursor"),
        ('after: "WyJjeWNsZXMtRklFTEQiLC0yLCJ4Il0"', "BAD_INPUT", "after", "another list"),
        ('asOf: "2019-13-01"', "BAD_INPUT", "asOf", "ISO 8601"),
    ],
)
@pytest.mark.parametrize("field", ["cycles", "mutualDependence"])
async def test_mistakes_are_refused_with_the_way_out(
    sample: Api, field: str, arguments: str, code: str, argument: str, words: str
) -> None:
    error = await sample.error(f"{{ {field}(level: SYSTEM, {arguments}) {{ totalCount nodes {{ __typename }} }} }}")
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (code, argument)
    assert words in error["message"]


async def test_cursors_that_were_made_up_are_refused(sample: Api) -> None:
    made_up = cursor("cycles-RESOURCE", ("a", 1))
    for arguments in (f'after: "{made_up}"', f'before: "{made_up}"'):
        error = await sample.error(f"{{ cycles(level: RESOURCE, {arguments}) {{ nodes {{ size }} }} }}")
        assert error["extensions"]["code"] == "BAD_INPUT"
        assert "no cursor" in error["message"]
    for field, order in (("members", "members"), ("edges", "crossings")):
        made_up = cursor(order, (True, 1))
        query = (
            f'{{ cycles(level: RESOURCE) {{ nodes {{ {field}(after: "{made_up}") {{ nodes {{ __typename }} }} }} }} }}'
        )
        assert (await sample.error(query))["extensions"]["argument"] == "after"


async def test_what_it_may_cost_is_known_before(sample: Api) -> None:
    query = "{ cycles(level: FIELD, first: 1000) { nodes { members(first: 1000) { nodes { id } } } } }"
    error = await sample.error(query)
    assert error["extensions"]["code"] == "TOO_COSTLY"
    answer = await sample.answer(query.replace("1000", "10"), extensions={"cost": True})
    assert 100 < answer["extensions"]["cost"]["requested"] < 1_000
