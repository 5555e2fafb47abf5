"""Lists and search as connections: pages, facets, filters, and what is refused."""

from typing import Any

import pytest

from tests.resolvers.asking import Api, ids, names

PAGE = """query($first: Int, $after: String, $last: Int, $before: String, $filter: ResourceFilter, $order: Ordering) {
  resources(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $order) {
    totalCount nodes { id name code } edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""

ORDERS: list[dict[str, Any] | None] = [
    None,
    {"by": "ID", "direction": "DESC"},
    {"by": "NAME"},
    {"by": "CODE", "direction": "DESC"},
    {"by": "UPDATED"},
]


async def page(api: Api, **variables: Any) -> Any:
    found = (await api.ask(PAGE, **variables))["resources"]
    assert [edge["node"]["id"] for edge in found["edges"]] == ids(found)
    info = found["pageInfo"]
    ends = [found["edges"][0]["cursor"], found["edges"][-1]["cursor"]] if found["edges"] else [None, None]
    assert [info["startCursor"], info["endCursor"]] == ends
    return found


@pytest.mark.parametrize("order", ORDERS)
async def test_pages_forward_and_backward_are_the_whole_list(sample: Api, order: dict[str, Any] | None) -> None:
    whole = await page(sample, first=1_000, order=order)
    assert len(whole["nodes"]) == whole["totalCount"] == 96
    assert whole["pageInfo"]["hasNextPage"] is whole["pageInfo"]["hasPreviousPage"] is False
    forward: list[str] = []
    cursor = None
    while len(forward) < 96:
        found = await page(sample, first=25, after=cursor, order=order)
        assert found["pageInfo"]["hasPreviousPage"] is bool(forward)
        forward += ids(found)
        assert found["pageInfo"]["hasNextPage"] is (len(forward) < 96)
        cursor = found["pageInfo"]["endCursor"]
    backward: list[str] = []
    cursor = None
    while len(backward) < 96:
        found = await page(sample, last=25, before=cursor, order=order)
        assert found["pageInfo"]["hasNextPage"] is bool(backward)
        backward = ids(found) + backward
        assert found["pageInfo"]["hasPreviousPage"] is (len(backward) < 96)
        cursor = found["pageInfo"]["startCursor"]
    assert forward == backward == ids(whole)


async def test_an_empty_page_still_knows_what_is_around_it(sample: Api) -> None:
    whole = await page(sample, first=1_000)
    beyond = await page(sample, first=5, after=whole["pageInfo"]["endCursor"])
    assert beyond["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": None,
        "endCursor": None,
    }
    none = await page(sample, first=0)
    assert (none["nodes"], none["totalCount"]) == ([], 96)
    assert none["pageInfo"]["hasNextPage"] is True
    nothing = await page(sample, first=5, filter={"code": "no such code"})
    assert (nothing["totalCount"], nothing["pageInfo"]["hasNextPage"]) == (0, False)


async def test_a_page_lies_between_two_cursors(sample: Api) -> None:
    whole = await page(sample, first=1_000)
    cursors = [edge["cursor"] for edge in whole["edges"]]
    between = await page(sample, first=10, after=cursors[3], before=cursors[6])
    assert ids(between) == ids(whole)[4:6]
    assert ids(await page(sample, last=1, after=cursors[3], before=cursors[6])) == ids(whole)[5:6]


async def test_only_what_is_selected_costs_a_statement(sample: Api) -> None:
    for selected, statements in (
        ("totalCount", 1),
        ("nodes { id }", 1),
        ("nodes { id } edges { cursor } pageInfo { hasNextPage endCursor hasPreviousPage }", 1),
        ("nodes { id } totalCount", 2),
        ("facets { shareType { count } secrecy { count } }", 4),
        ("__typename", 0),
    ):
        await sample.ask(f"{{ resources(first: 3) {{ {selected} }} }}")
        assert sample.statements == statements, selected


async def test_filters_work_together(sample: Api) -> None:
    data = await sample.ask(
        """{ resources(filter: { jurisdiction: "jurisdiction:320900", shareType: [CONDITIONAL], nameContains: "人 口",
               secrecy: INTERNAL, inForce: true, updatedSince: "2000-01-01", source: "sample" },
               orderBy: { by: NAME }) {
             nodes { name shareType secrecy department { jurisdiction { within { name } name } } } totalCount } }"""
    )
    found = data["resources"]
    assert found["totalCount"] == len(found["nodes"]) > 3
    for node in found["nodes"]:
        assert "人口" in node["name"]
        assert (node["shareType"], node["secrecy"]) == ("CONDITIONAL", "INTERNAL")
        assert node["department"]["jurisdiction"]["name"] in ("盐城市", "亭湖区", "东台市")
    assert names(found) == sorted(names(found))


async def test_facets_add_up_to_the_list(sample: Api) -> None:
    data = await sample.ask(
        """{ resources { totalCount facets { department { value name count } jurisdiction { name count }
             shareType { value count } source { value count } level { count } } }
           systems(filter: { status: [LIVE] }) { totalCount facets { status { value count } } } }"""
    )
    facets = data["resources"]["facets"]
    for name in ("department", "jurisdiction", "shareType", "source"):
        assert sum(one["count"] for one in facets[name]) == data["resources"]["totalCount"] == 96
        counts = [one["count"] for one in facets[name]]
        assert counts == sorted(counts, reverse=True)
    assert facets["level"] is None
    assert {one["value"] for one in facets["shareType"]} == {"CONDITIONAL", "UNCONDITIONAL", "WITHHELD"}
    assert facets["source"] == [{"value": "sample", "count": 96}]
    assert data["systems"]["facets"]["status"] == [{"value": "LIVE", "count": 39}]
    assert data["systems"]["totalCount"] == 39


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ("first: 1001", "first"),
        ("first: -1", "first"),
        ("last: -1", "last"),
        ("first: 1, last: 1", "last"),
        ('after: "x"', "after"),
        ('before: ""', "before"),
        ('filter: { updatedSince: "yesterday" }', "filter.updatedSince"),
        ("filter: { shareType: [SECRET] }", "filter.shareType"),
        ("orderBy: { by: COLOUR }", "orderBy.by"),
        ("first: 99999999999", "first"),
        (f'filter: {{ nameContains: "{"人" * 301}" }}', "filter.nameContains"),
        (f"filter: {{ ids: [{'1 ' * 1_001}] }}", "filter.ids"),
    ],
)
async def test_a_wrong_argument_is_refused_by_its_name(sample: Api, arguments: str, argument: str) -> None:
    error = await sample.error(f"{{ resources({arguments}) {{ totalCount }} }}")
    assert error["extensions"]["code"] == "BAD_INPUT"
    assert error["extensions"]["argument"] == argument
    assert error["message"].startswith(f"{argument}: ")


async def test_search_shows_what_matched(sample: Api) -> None:
    query = """query($text: String!, $after: String, $within: ID, $kinds: [NodeKind!]) {
      search(text: $text, first: 3, after: $after, within: $within, kinds: $kinds) { totalCount nodes { name }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor rank match { key text start end } node { __typename id kind name } } } }"""
    found = (await sample.ask(query, text="人 口"))["search"]
    assert found["totalCount"] > 10
    ends = {key: found["edges"][place]["cursor"] for key, place in (("startCursor", 0), ("endCursor", -1))}
    assert found["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": False, **ends}
    for edge in found["edges"]:
        match = edge["match"]
        assert match["text"][match["start"] : match["end"]] == "人口"
    seen = names(found)
    while found["pageInfo"]["hasNextPage"]:
        found = (await sample.ask(query, text="人口", after=found["pageInfo"]["endCursor"]))["search"]
        assert found["pageInfo"]["hasPreviousPage"] is True
        seen += names(found)
    assert len(seen) == found["totalCount"]
    alias = (await sample.ask(query, text="市大数据局"))["search"]["edges"][0]
    assert (alias["rank"], alias["match"]["key"]) == ("WORD", "aliases")
    fields = (await sample.ask(query, text="姓名", kinds=["FIELD"], within="jurisdiction:320981"))["search"]
    assert fields["totalCount"] > 0
    assert all(edge["node"]["id"].startswith("field:320981/") for edge in fields["edges"])


@pytest.mark.parametrize(
    ("arguments", "code", "argument"),
    [
        ('text: " "', "BAD_INPUT", "text"),
        ('text: "a", within: "nothing"', "NOT_FOUND", "within"),
        ('text: "a", first: 1001', "BAD_INPUT", "first"),
        ('text: "a", after: "W10"', "BAD_INPUT", "after"),
        ('text: "a", kinds: [HOUSE]', "BAD_INPUT", "kinds"),
    ],
)
async def test_a_wrong_search_is_refused(sample: Api, arguments: str, code: str, argument: str) -> None:
    error = await sample.error(f"{{ search({arguments}) {{ totalCount }} }}")
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (code, argument)


async def test_what_lies_around_nested_pages_costs_a_statement_for_all(sample: Api) -> None:
    query = """query($cursor: String) { departments(first: 50) { nodes { id resources(first: 2, after: $cursor)
      { nodes { id } pageInfo { hasPreviousPage hasNextPage endCursor } } } } }"""
    whole = await sample.ask(query)
    lists = [one["resources"] for one in whole["departments"]["nodes"]]
    assert not any(one["pageInfo"]["hasPreviousPage"] for one in lists)
    cursor = next(one["pageInfo"]["endCursor"] for one in lists if one["pageInfo"]["hasNextPage"])
    last = next(one["nodes"][-1]["id"] for one in lists if one["pageInfo"]["endCursor"] == cursor)
    found = await sample.ask(query, cursor=cursor)
    statements = sample.statements
    for before, after in zip(lists, found["departments"]["nodes"], strict=True):
        earlier = any(node["id"] <= last for node in before["nodes"])
        assert after["resources"]["pageInfo"]["hasPreviousPage"] is earlier
    assert statements <= 4
