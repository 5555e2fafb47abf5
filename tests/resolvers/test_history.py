"""History and `at` over GraphQL: what was answered at a moment is what is answered of that moment ever after."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings

from graph.changes import now, position
from graph.engine import Graph
from graph.facts import as_text
from graph.paging import cursor as cursor_of
from graph.things import find
from tests.engines import wipe
from tests.graph.stating import state
from tests.graph.test_lineage_histories import Steps, histories
from tests.resolvers.asking import Api, opened
from tests.strategies import Query, known_ids

_LINK = "edges { job transformation validFrom validTo ended recordedFrom sources inForce extra node { id name } }"
SELECTED = {
    "Jurisdiction": "code level within { id name } children { totalCount nodes { id name } } "
    "departments { nodes { id name } }",
    "Department": "jurisdiction { id name } systems { totalCount nodes { id name } } "
    "resources { totalCount nodes { id name system { id } } } agreementsReceived { nodes { id } }",
    "System": "department { id jurisdiction { id name } } resources { totalCount nodes { id provider { id } } } "
    f"reads {{ totalCount {_LINK} }}",
    "Resource": "department { id name } provider { id name } system { id name } shareType "
    "fields { totalCount nodes { id name inForce } } "
    f"feeds {{ totalCount {_LINK} }} fedBy {{ {_LINK} }} readers {{ {_LINK} }} agreements {{ nodes {{ id }} }}",
    "Field": f"resource {{ id name }} element {{ id name }} feeds {{ totalCount {_LINK} }} fedBy {{ {_LINK} }}",
    "DataElement": "code source { id name } fields { totalCount nodes { id name } }",
}
OWN = "id kind name validFrom validTo inForce recordedFrom created closedAt sources unregistered extra"
NOW = " ".join(f"... on {type} {{ {OWN} {fields} }}" for type, fields in SELECTED.items())
THEN = " ".join(f"... on {type} {{ at(knownAt: $then) {{ {OWN} {fields} }} }}" for type, fields in SELECTED.items())


async def things(api: Api, ids: list[str], selected: str, **variables: Any) -> dict[str, Any]:
    """What is told of each of the things that are known, by id."""
    kinds = {id: record["kind"].label for id, record in (await find(api.graph, ids)).items()}
    representations = [{"__typename": label, "id": id} for id, label in kinds.items()]
    given = "".join(f", ${name}: DateTime" for name in variables)
    query = f"query($of: [_Any!]!{given}) {{ _entities(representations: $of) {{ {selected} }} }}"
    found = (await api.ask(query, of=representations, **variables))["_entities"]
    return dict(zip(kinds, found, strict=True))


def even(told: Any) -> Any:
    """Sources in one order: the order in which they were stated is not told of what is over."""
    if isinstance(told, dict):
        return {key: sorted(value) if key == "sources" and value else even(value) for key, value in told.items()}
    return [even(one) for one in told] if isinstance(told, list) else told


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(history=histories())
async def test_a_moment_is_told_ever_after_as_it_was_told_then(
    graph: Graph, history: tuple[Steps, list[Query]]
) -> None:
    steps = [step for step in history[0] if "mark" not in step]
    ids = known_ids([fact for step in steps for fact in step["facts"]])
    await wipe(graph)
    api = await opened(graph)
    seen: list[tuple[str, dict[str, Any]]] = []
    with tempfile.TemporaryDirectory() as folder:
        for step in steps:
            await state(graph, Path(folder), step["facts"], step["source"], full=step["full"])
            at = as_text(max(now(), (await position(graph)).at))
            seen.append((at, await things(api, ids, NOW)))
    for at, told in seen:
        then = {id: found["at"] for id, found in (await things(api, ids, THEN, then=at)).items()}
        for id, one in then.items():
            assert even(one) == even(told.get(id)), (id, at)
    await api.http.aclose()


FACTS: list[dict[str, Any]] = [
    {"fact": "department", "id": "公安局", "name": "市公安局"},
    {"fact": "department", "id": "民政局", "name": "市民政局", "contacts": [{"name": "张"}]},
    {"fact": "system", "id": "人口库", "name": "人口库", "department": "公安局"},
    {"fact": "resource", "id": "户籍", "name": "户籍信息", "provider": "公安局", "system": "人口库"},
    {"fact": "resource", "id": "死亡", "name": "死亡登记", "provider": "民政局", "valid_to": "2020-01-01"},
    {"fact": "field", "id": "户籍/姓名", "name": "姓名", "resource": "户籍"},
    {"fact": "agreement", "id": "协议一", "provider": "公安局", "consumer": "民政局", "covers": ["户籍"]},
]
LATER: list[dict[str, Any]] = [
    {"fact": "resource", "id": "户籍", "name": "户籍人口", "provider": "民政局", "share_type": "CONDITIONAL"},
    {"fact": "department", "id": "民政局", "name": "民政局", "contacts": None},
    {"fact": "agreement", "id": "协议一", "covers": ["户籍/姓名", "死亡"]},
]
HISTORY = """query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { node(id: $id) {
  history(first: $first, after: $after, last: $last, before: $before) { totalCount
    nodes { kind act by recordedFrom recordedTo sequence changes { name before after }
      statements { source since until }
      node { id name recordedFrom sources ... on Resource { provider { id name } fields { nodes { id } } } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""


async def told(api: Api, id: str, **page: Any) -> Any:
    """The history of a thing."""
    return (await api.ask(HISTORY, id=id, **page))["node"]["history"]


async def test_a_history_tells_each_version_with_what_made_it(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS, "目录")
    await state(graph, tmp_path, LATER, "台账")
    await state(graph, tmp_path, [{"fact": "resource", "id": "户籍", "share_type": "CONDITIONAL"}], "person:张")
    api = await opened(graph)
    history = await told(api, "户籍")
    new, old = history["nodes"]
    assert history["totalCount"] == 2
    assert (new["act"], new["by"], old["act"], old["by"]) == ("CHANGED", ["台账"], "STATED", ["目录"])
    assert (new["recordedTo"], old["recordedTo"]) == (None, new["recordedFrom"])
    assert new["changes"] == [
        {"name": "name", "before": "户籍信息", "after": "户籍人口"},
        {"name": "provider", "before": "公安局", "after": "民政局"},
        {"name": "shareType", "before": None, "after": "CONDITIONAL"},
    ]
    assert [change["name"] for change in old["changes"]] == ["name", "provider", "system"]
    assert [(one["source"], one["until"]) for one in new["statements"]] == [
        ("目录", None),
        ("台账", None),
        ("person:张", None),
    ]
    assert [(one["source"], one["until"]) for one in old["statements"]] == [("目录", new["recordedFrom"])]
    assert new["node"]["sources"] == ["目录", "台账", "person:张"]
    assert new["node"]["provider"] == {"id": "民政局", "name": "民政局"}
    assert old["node"]["provider"] == {"id": "公安局", "name": "市公安局"}
    assert old["node"]["fields"]["nodes"] == [{"id": "户籍/姓名"}]
    contacts = (await told(api, "民政局"))["nodes"][0]["changes"]
    assert {"name": "contacts", "before": [{"name": "张"}], "after": None} in contacts
    change = await api.ask(
        "query($s: Sequence!) { changes(since: $s, first: 1) { changes { ids } } }", s=str(int(new["sequence"]) - 1)
    )
    assert "户籍" in change["changes"]["changes"][0]["ids"]
    await api.http.aclose()


async def test_a_history_is_read_page_by_page_in_both_directions(graph: Graph, tmp_path: Path) -> None:
    for number in range(5):
        await state(graph, tmp_path, [{"fact": "element", "id": "姓名", "name": f"姓名{number}"}])
    api = await opened(graph)
    whole = (await told(api, "姓名"))["nodes"]
    first = await told(api, "姓名", first=2)
    assert first["pageInfo"]["hasNextPage"]
    second = await told(api, "姓名", first=2, after=first["pageInfo"]["endCursor"])
    third = await told(api, "姓名", first=2, after=second["pageInfo"]["endCursor"])
    assert first["nodes"] + second["nodes"] + third["nodes"] == whole
    assert (third["pageInfo"]["hasNextPage"], third["pageInfo"]["hasPreviousPage"]) == (False, True)
    assert (await told(api, "姓名", last=2, before=third["pageInfo"]["startCursor"]))["nodes"] == whole[2:4]
    assert (await told(api, "姓名", last=2))["nodes"] == whole[3:]
    for cursor in (cursor_of("history", ("x", 0)), cursor_of("history", (1, "x")), cursor_of("HELD", (1, 0))):
        error = await api.error(HISTORY, id="姓名", after=cursor)
        assert error["extensions"] == {"code": "BAD_INPUT", "argument": "after"}
    await api.http.aclose()


AT = """query($ids: [_Any!]!, $asOf: DateTime, $knownAt: DateTime) { _entities(representations: $ids) {
  ... on Resource { at(asOf: $asOf, knownAt: $knownAt) { name inForce provider { name } department { id }
    agreements { totalCount nodes { id } } history { totalCount nodes { act recordedTo } } } }
  ... on SharingAgreement { at(asOf: $asOf, knownAt: $knownAt) {
    covers { totalCount nodes { __typename id name } } } } } }"""


async def test_a_thing_is_told_as_it_was_with_what_belonged_to_it(graph: Graph, tmp_path: Path) -> None:
    api = await opened(graph)
    before = as_text(max(now(), (await position(graph)).at))
    await state(graph, tmp_path, FACTS, "目录")
    then = as_text(max(now(), (await position(graph)).at))
    await state(graph, tmp_path, LATER, "台账")
    asked = [{"__typename": "Resource", "id": "户籍"}, {"__typename": "SharingAgreement", "id": "协议一"}]

    async def at(**moment: str) -> list[Any]:
        return [one["at"] for one in (await api.ask(AT, ids=asked, **moment))["_entities"]]

    assert await at(knownAt=before) == [None, None]
    was, agreed = await at(knownAt=then)
    assert (was["name"], was["provider"]["name"], was["department"]["id"]) == ("户籍信息", "市公安局", "公安局")
    assert was["agreements"] == {"totalCount": 1, "nodes": [{"id": "协议一"}]}
    assert was["history"] == {"totalCount": 1, "nodes": [{"act": "STATED", "recordedTo": None}]}
    assert agreed["covers"] == {
        "totalCount": 1,
        "nodes": [{"__typename": "Resource", "id": "户籍", "name": "户籍信息"}],
    }
    for moment in ({}, {"asOf": "2026-01-01"}):
        now_is, agreed = await at(**moment)
        assert (now_is["name"], now_is["provider"]["name"], now_is["agreements"]["totalCount"]) == (
            "户籍人口",
            "民政局",
            0,
        )
        assert now_is["history"]["totalCount"] == 2
        assert [one["id"] for one in agreed["covers"]["nodes"]] == ["户籍/姓名", "死亡"]
    await api.http.aclose()


async def test_in_force_is_told_of_the_moment(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    await state(graph, tmp_path, [{"fact": "feeds", "from": "死亡", "to": "户籍", "valid_from": "2019-06-01"}])
    api = await opened(graph)
    query = """query($at: DateTime) { resource(id: "死亡") { inForce at(asOf: $at) { inForce
      feeds { edges { inForce node { id } } } } } }"""
    told_of = {}
    for day in ("2019-01-01", "2019-07-01", "2020-01-01"):
        found = (await api.ask(query, at=day))["resource"]
        assert found["inForce"] is False
        told_of[day] = found["at"]["inForce"], found["at"]["feeds"]["edges"][0]["inForce"]
    assert told_of == {"2019-01-01": (True, False), "2019-07-01": (True, True), "2020-01-01": (False, True)}
    error = await api.error(
        '{ resource(id: "死亡") { at(knownAt: "2100-01-01") { feeds(inForce: true) { totalCount } } } }'
    )
    assert error["extensions"] == {"code": "BAD_INPUT", "argument": "inForce"}
    await api.http.aclose()


async def test_the_number_of_statements_does_not_grow_with_things_versions_or_moments(
    graph: Graph, tmp_path: Path
) -> None:
    api = await opened(graph)
    query = """{ resources(first: 12) { nodes { history(first: 12) { totalCount nodes { node { name
        ... on Resource { provider { name systems(first: 2) { nodes { id } } }
        fields(first: 3) { totalCount nodes { id } } } } } }
      at(knownAt: "2100-01-01") { provider { name } fields(first: 3) { nodes { element { id } } } } } } }"""
    counts = []
    for many in (2, 12):
        resources = [{"fact": "resource", "id": f"资源{one}"} for one in range(many)]
        fields = [{"fact": "field", "id": f"{one['id']}/项", "resource": one["id"]} for one in resources]
        for number in range(many):
            versions = [{**one, "name": str(number), "provider": f"局{number}"} for one in resources]
            await state(graph, tmp_path, [*versions, *fields])
        await api.ask(query)
        counts.append(api.statements)
    assert counts[0] == counts[1]
    await api.http.aclose()
