"""`findings` over GraphQL: all that is told, pages, counts, what it is narrowed to, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from graph import noted
from graph.engine import Graph
from tests.graph.stating import state
from tests.graph.test_findings import CITY, SOUND, odd
from tests.resolvers.asking import opened

WAYS = pytest.mark.parametrize("megabytes", [64, 0], ids=["projection", "beside"])

ALL = """
query ($kinds: [FindingKind!], $within: ID, $severities: [Severity!], $codes: [String!], $order: FindingOrder! = KIND,
       $first: Int, $after: String, $last: Int, $before: String) {
  findings(kinds: $kinds, within: $within, severities: $severities, codes: $codes, orderBy: $order,
           first: $first, after: $after, last: $last, before: $before) {
    totalCount sequence asOf
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    facets { kind { value count } severity { value count } department { value name count }
             jurisdiction { name count } source { value count } code { value count } }
    edges { cursor }
    nodes { id kind code severity message count crosses since sources rule wayOut
            things { id kind name department { id name } node { __typename inForce } }
            department { id name } jurisdiction { id name }
            place { file sheet row column value done } }
  }
}
"""

BROKEN: list[dict[str, Any]] = [
    *(fact for fact in SOUND if fact["fact"] != "agreement"),
    *({"fact": "resource", "id": f"表{number}", "provider": "无名局"} for number in range(4)),
]


def about(answer: Any) -> list[tuple[str, ...]]:
    return [(node["kind"], *(thing["id"] for thing in node["things"])) for node in answer["nodes"]]


@WAYS
async def test_findings_are_told_with_all_that_belongs_to_them(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(graph, tmp_path, BROKEN)
    await noted.keep(graph, [("a", "x.xlsx", [odd("BAD_VALUE", "x.xlsx", 3)])])
    answer = (await (await opened(graph, megabytes)).ask(ALL))["findings"]
    assert answer["totalCount"] == len(answer["nodes"]) == len({node["id"] for node in answer["nodes"]}) == 12
    assert {one["value"]: one["count"] for one in answer["facets"]["kind"]} == {
        "NO_SYSTEM": 4,
        "NOT_MOUNTED": 4,
        "READER_WITHOUT_AGREEMENT": 1,
        "FLOW_WITHOUT_AGREEMENT": 1,
        "UNREGISTERED": 1,
        "IMPORT": 1,
    }
    assert answer["facets"]["department"] == [
        {"value": "无名局", "name": "无名局", "count": 9},
        {"value": "区民政", "name": "区民政局", "count": 1},
        {"value": "民政", "name": "市民政局", "count": 1},
        {"value": None, "name": None, "count": 1},
    ]
    by_kind = {node["kind"]: node for node in answer["nodes"]}
    read = by_kind["READER_WITHOUT_AGREEMENT"]
    assert read["things"][0] == {
        "id": "低保",
        "kind": "RESOURCE",
        "name": "低保对象",
        "department": {"id": "民政", "name": "市民政局"},
        "node": {"__typename": "Resource", "inForce": True},
    }
    assert (read["crosses"], read["since"], read["jurisdiction"]["name"]) == (
        "JURISDICTION",
        "2020-12-31T16:00:00Z",
        "亭湖区",
    )
    told = by_kind["IMPORT"]
    assert (told["code"], told["sources"], told["place"]["row"], told["things"]) == ("BAD_VALUE", ["a"], 3, [])
    assert read["place"] is None


@WAYS
async def test_pages_stay_right_while_others_are_found(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(graph, tmp_path, BROKEN)
    api = await opened(graph, megabytes)
    every = about((await api.ask(ALL))["findings"])
    for order in ("KIND", "SEVERITY", "DEPARTMENT", "OLDEST", "NEWEST"):
        listed = about((await api.ask(ALL, order=order))["findings"])
        assert sorted(listed) == sorted(every)
        found: list[tuple[str, ...]] = []
        after = None
        while True:
            page = (await api.ask(ALL, order=order, first=4, after=after))["findings"]
            assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
            found += about(page)
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert found == listed
        last = (await api.ask(ALL, order=order, last=3))["findings"]
        assert about(last) == listed[-3:]
        earlier = (await api.ask(ALL, order=order, last=2, before=last["pageInfo"]["startCursor"]))["findings"]
        assert about(earlier) == listed[-5:-3]
    page = (await api.ask(ALL, first=2))["findings"]
    assert about(page) == [("NO_SYSTEM", "表0"), ("NO_SYSTEM", "表1")]
    await state(graph, tmp_path, [{"fact": "resource", "id": "表00", "provider": "公安"}])
    rest = (await api.ask(ALL, first=2, after=page["pageInfo"]["endCursor"]))["findings"]
    assert about(rest) == [("NO_SYSTEM", "表2"), ("NO_SYSTEM", "表3")]


async def test_lists_are_narrowed(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, BROKEN)
    await noted.keep(graph, [("a", "x.xlsx", [odd("BAD_VALUE", "x.xlsx", 3)])])
    api = await opened(graph)

    async def found(**more: Any) -> list[tuple[str, ...]]:
        return about((await api.ask(ALL, **more))["findings"])

    read, flow = ("READER_WITHOUT_AGREEMENT", "低保", "区系统"), ("FLOW_WITHOUT_AGREEMENT", "户籍", "低保")
    assert await found(within="区") == [read]
    assert await found(within="市") == [read, flow]
    assert await found(within="人口系统") == [flow]
    assert await found(within="低保.号") == []
    assert len(await found(within="无名局")) == 9
    assert await found(within="民政", kinds=["FLOW_WITHOUT_AGREEMENT", "UNREGISTERED"]) == [flow]
    assert await found(codes=["BAD_VALUE", "NONE"]) == [("IMPORT",)]
    assert await found(severities=["ERROR"]) == []


@pytest.mark.parametrize(
    ("arguments", "code", "argument"),
    [
        ('within: "没有"', "NOT_FOUND", "within"),
        ('within: "证号"', "BAD_INPUT", "within"),
        ("kinds: []", "BAD_INPUT", "kinds"),
        ("quietDays: 0", "BAD_INPUT", "quietDays"),
        ("first: 1001", "BAD_INPUT", "first"),
        ('after: "x"', "BAD_INPUT", "after"),
        ("first: 1, last: 1", "BAD_INPUT", "last"),
    ],
)
async def test_what_means_nothing_is_refused(
    embedded_graph: Graph, tmp_path: Path, arguments: str, code: str, argument: str
) -> None:
    await state(embedded_graph, tmp_path, CITY)
    api = await opened(embedded_graph)
    error = await api.error("{ findings(ARGUMENTS) { totalCount } }".replace("ARGUMENTS", arguments))
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (code, argument)


async def test_a_cursor_of_another_order_is_refused(embedded_graph: Graph, tmp_path: Path) -> None:
    await state(embedded_graph, tmp_path, BROKEN)
    api = await opened(embedded_graph)
    cursor = (await api.ask(ALL, first=1))["findings"]["edges"][0]["cursor"]
    error = await api.error("query ($a: String) { findings(orderBy: OLDEST, after: $a) { totalCount } }", a=cursor)
    assert error["extensions"]["argument"] == "after"
