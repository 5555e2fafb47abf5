"""Things over GraphQL: containers and contents in both directions, and what a nested listing costs."""

from pathlib import Path
from typing import Any

import pytest

from graph.engine import Graph
from tests.graph.stating import state
from tests.resolvers.asking import Api, ids, opened

POLICE = "department:320900/市公安局"
HOUSEHOLDS = "resource:320900/市公安局/户籍人口基本信息"


async def test_a_node_is_answered_as_what_it_is(sample: Api) -> None:
    data = await sample.ask(
        """query($ids: [ID!]!, $a: ID!, $b: ID!, $c: ID!) {
          a: node(id: $a) { __typename id kind name inForce ... on Department { uscc jurisdiction { name } } }
          b: node(id: $b) { __typename kind ... on Field { position resource { id } } }
          c: node(id: $c) { __typename }
          lineage(ids: $ids, direction: DOWNSTREAM, depth: 0) { nodes { node { __typename } } }
        }""",
        a=POLICE,
        b=f"field:{HOUSEHOLDS.removeprefix('resource:')}/死亡标识",
        c="department:nobody",
        ids=[HOUSEHOLDS],
    )
    assert data["a"].items() >= {"__typename": "Department", "id": POLICE, "kind": "DEPARTMENT"}.items()
    assert data["a"]["jurisdiction"] == {"name": "盐城市"}
    assert data["b"]["resource"] == {"id": HOUSEHOLDS}
    assert data["c"] is None
    assert data["lineage"]["nodes"] == [{"node": {"__typename": "Resource"}}]


async def test_a_thing_of_another_kind_is_null(sample: Api) -> None:
    data = await sample.ask(
        "query($id: ID!) { department(id: $id) { id } system(id: $id) { id } jurisdiction(id: $id) { id }"
        " field(id: $id) { id } element(id: $id) { id } agreement(id: $id) { id } resource(id: $id) { id } }",
        id=POLICE,
    )
    assert data.pop("department") == {"id": POLICE}
    assert set(data.values()) == {None}


async def test_containers_and_contents_agree_in_both_directions(sample: Api) -> None:
    """Whatever a thing contains names it as its container, and the counts are those of the lists."""
    data = await sample.ask(
        """query($police: ID!) {
          department(id: $police) {
            jurisdiction { id departments(first: 100) { nodes { id } } }
            systems { totalCount nodes { department { id } resources { nodes { system { department { id } } } } } }
            resources { totalCount nodes { department { id } fields { nodes { resource { department { id } } } } } }
            agreementsGiven { totalCount nodes { provider { id } consumer { agreementsReceived { nodes { id } } } id } }
          }
          systems(filter: { department: [$police] }) { totalCount }
          resources(filter: { department: [$police] }) { totalCount }
          agreements(filter: { provider: [$police] }) { totalCount }
        }""",
        police=POLICE,
    )
    police = data["department"]
    assert POLICE in ids(police["jurisdiction"]["departments"])
    for system in police["systems"]["nodes"]:
        assert system["department"]["id"] == POLICE
        for resource in system["resources"]["nodes"]:
            assert resource["system"]["department"]["id"] == POLICE
    for resource in police["resources"]["nodes"]:
        assert resource["department"]["id"] == POLICE
        assert resource["fields"]["nodes"]
        assert all(field["resource"]["department"]["id"] == POLICE for field in resource["fields"]["nodes"])
    for agreement in police["agreementsGiven"]["nodes"]:
        assert agreement["provider"]["id"] == POLICE
        assert agreement["id"] in ids(agreement["consumer"]["agreementsReceived"])
    for name in ("systems", "resources"):
        assert data[name]["totalCount"] == police[name]["totalCount"] == len(police[name]["nodes"]) > 0
    assert data["agreements"]["totalCount"] == police["agreementsGiven"]["totalCount"]


async def test_flows_are_told_from_both_ends(sample: Api) -> None:
    data = await sample.ask(
        """query($id: ID!) { resource(id: $id) {
          feeds { totalCount edges { job validFrom inForce node { fedBy { nodes { id } } } } }
          readers { edges { job node { reads { nodes { id } } } } }
          fields { nodes { id feeds { totalCount edges { node { id fedBy { nodes { id } } } } } } }
        } }""",
        id=HOUSEHOLDS,
    )
    resource = data["resource"]
    assert resource["feeds"]["totalCount"] == len(resource["feeds"]["edges"]) == 2
    assert all(HOUSEHOLDS in ids(edge["node"]["fedBy"]) for edge in resource["feeds"]["edges"])
    assert all(HOUSEHOLDS in ids(edge["node"]["reads"]) for edge in resource["readers"]["edges"])
    for field in resource["fields"]["nodes"]:
        assert field["feeds"]["totalCount"] == len(field["feeds"]["edges"])
        assert all(field["id"] in ids(edge["node"]["fedBy"]) for edge in field["feeds"]["edges"])


NESTED = """query($first: Int!) { jurisdictions(first: $first) { nodes { name
  departments(first: $first) { totalCount nodes { name
    systems(first: $first) { nodes { name department { jurisdiction { name } }
      resources(first: $first) { totalCount nodes { name
        fields(first: $first) { nodes { name element { name } } } } } } }
} } } } }"""


async def test_the_number_of_statements_depends_on_the_nesting_only(sample: Api) -> None:
    """A page for each of five lists, two counts, and three kinds of containers: however many there are of each.

    The projection knows the lists of names but for that of fields, the counts and what is named.
    """
    without = await opened(sample.graph, 0)
    counts, told = [], []
    for api in (sample, without):
        for first in (2, 5, 8):
            told.append(await api.ask(NESTED, first=first))
            counts.append(api.statements)
    assert counts == [2, 2, 2, 10, 10, 10]
    assert told[:3] == told[3:]
    await without.http.aclose()


async def test_what_is_named_needs_no_statement_where_only_its_name_is_asked_for(graph: Graph, tmp_path: Path) -> None:
    facts = [
        {"fact": "system", "id": "s", "department": "d"},
        {"fact": "resource", "id": "r", "system": "s", "provider": "nobody"},
        {"fact": "department", "id": "d", "jurisdiction": "j", "part_of": "s"},
    ]
    await state(graph, tmp_path, facts)
    query = """{ resource(id: "r") { provider { ID }
      system { ID department { ID partOf { ID } jurisdiction { ID } } } } }"""
    answers = []
    for megabytes, statements in ((50, 3), (0, 6)):
        api = await opened(graph, megabytes)
        answers.append(await api.ask(query.replace("ID", "__typename id kind name")))
        assert api.statements == statements
        more = await api.ask(query.replace("ID", "id kind name unregistered"))
        assert more["resource"]["provider"] == {
            "id": "nobody",
            "kind": "DEPARTMENT",
            "name": "nobody",
            "unregistered": True,
        }
        await api.http.aclose()
    assert answers[0] == answers[1]
    assert answers[0]["resource"]["system"]["department"]["partOf"] is None


async def test_pages_within_pages_go_on_where_they_ended(sample: Api) -> None:
    query = """query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { resource(id: $id) {
      fields(first: $first, after: $after, last: $last, before: $before) { totalCount nodes { name position }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
    seen: list[int] = []
    after = None
    while True:
        fields = (await sample.ask(query, id=HOUSEHOLDS, first=3, after=after))["resource"]["fields"]
        assert fields["pageInfo"]["hasPreviousPage"] is bool(seen)
        seen += [node["position"] for node in fields["nodes"]]
        after = fields["pageInfo"]["endCursor"]
        if not fields["pageInfo"]["hasNextPage"]:
            break
    assert seen == list(range(1, fields["totalCount"] + 1))
    back = (await sample.ask(query, id=HOUSEHOLDS, last=2, before=after))["resource"]["fields"]
    assert [node["position"] for node in back["nodes"]] == seen[-3:-1]
    assert back["pageInfo"]["hasNextPage"] is True


async def test_the_cursor_of_another_list_is_refused(sample: Api) -> None:
    cursor = (await sample.ask("{ systems(first: 1) { pageInfo { endCursor } } }"))["systems"]["pageInfo"]["endCursor"]
    error = await sample.error(
        "query($id: ID!, $after: String) { resource(id: $id) { fields(after: $after) { totalCount } } }",
        id=HOUSEHOLDS,
        after=cursor,
    )
    assert error["extensions"] == {"code": "BAD_INPUT", "argument": "after"}


async def test_elements_tell_their_source_and_their_fields(sample: Api) -> None:
    data = await sample.ask(
        "{ elements(first: 3) { nodes { name code source { elements { nodes { id } } } id "
        "fields { totalCount nodes { element { id } } } } } }"
    )
    for element in data["elements"]["nodes"]:
        assert all(field["element"]["id"] == element["id"] for field in element["fields"]["nodes"])
        assert element["source"] is None or element["id"] in ids(element["source"]["elements"])


async def test_an_agreement_covers_resources_and_fields(sample: Api) -> None:
    data = await sample.ask(
        """{ agreement(id: "agreement:320900/2026-002") { name status covers(first: 2) { totalCount
             nodes { __typename id } pageInfo { hasNextPage } } system { agreements { nodes { id } } } } }"""
    )
    agreement = data["agreement"]
    assert (agreement["name"], agreement["status"]) == ("agreement:320900/2026-002", "IN_REVIEW")
    assert agreement["covers"]["totalCount"] == 5
    assert agreement["covers"]["pageInfo"] == {"hasNextPage": True}
    assert {node["__typename"] for node in agreement["covers"]["nodes"]} == {"Field"}
    assert "agreement:320900/2026-002" in ids(agreement["system"]["agreements"])


@pytest.mark.parametrize("kind", ["jurisdictions", "departments", "systems", "resources", "fields", "elements"])
async def test_all_stated_properties_can_be_asked_for_at_once(sample: Api, kind: str) -> None:
    """Each scalar field of a type, as introspection lists it."""
    type = {"elements": "DataElement"}.get(kind, kind[:-1].title())
    wrapped = "kind ofType { kind ofType { kind ofType { kind } } }"
    schema = await sample.ask(
        f"query($type: String!) {{ __type(name: $type) {{ fields {{ name args {{ name }} type {{ {wrapped} }} }} }} }}",
        type=type,
    )
    plain = [
        field["name"]
        for field in schema["__type"]["fields"]
        if _innermost(field["type"]) not in ("OBJECT", "INTERFACE") and not field["args"]
    ]
    assert len(plain) > 12
    data = await sample.ask(f"{{ {kind}(first: 100) {{ nodes {{ {' '.join(plain)} }} }} }}")
    assert data[kind]["nodes"]


def _innermost(type: dict[str, Any]) -> str:
    """The kind of a type within lists and what may not be null."""
    return _innermost(type["ofType"]) if type.get("ofType") else str(type["kind"])


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("{ }", {}),
        ("query Nothing { }", {}),
        ("{ ...Nothing } fragment Nothing on Query { }", {}),
        ("{ departments { } }", {"departments": {}}),
        ("{ departments(first: 2) { nodes { } pageInfo { } } }", {"departments": {"nodes": [{}, {}], "pageInfo": {}}}),
        ("{ departments(first: 1) { edges { node { } } } }", {"departments": {"edges": [{"node": {}}]}}),
    ],
)
async def test_who_selects_nothing_is_answered(sample: Api, query: str, answer: dict[str, Any]) -> None:
    """The grammar of GraphQL has come to allow empty selections."""
    assert await sample.ask(query) == answer
