"""The subgraph: entities by their keys, each with its own fate, and the schema that gateways compose."""

import re
from typing import Any

import pytest
from graphql import DirectiveNode, DocumentNode, Visitor, build_schema, parse, visit

from graph.facts import Kind
from graph.things import CODES
from resolvers.answering import Answers
from resolvers.schema import make_schema
from resolvers.sdl import schema_text, subgraph_text
from resolvers.subgraph import MOST
from resolvers.things import TYPES
from tests.resolvers.asking import Api

CITY, HOUSEHOLDS = "jurisdiction:320900", "resource:320900/市公安局/户籍人口基本信息"
QUERY = """query($them: [_Any!]!) { _entities(representations: $them) {
  __typename ... on Node { id } ... on Jurisdiction { code } ... on Resource { name department { name } } } }"""


async def found(sample: Api, *them: Any) -> tuple[list[Any], list[tuple[Any, str]]]:
    """The entities, and the errors by their paths."""
    answer = await sample.answer(QUERY, {"them": list(them)})
    errors = [(error["path"][:2], error["extensions"]["code"]) for error in answer.get("errors", [])]
    return answer["data"]["_entities"], errors


async def test_things_are_found_by_their_keys_in_the_order_asked(sample: Api) -> None:
    them = [
        {"__typename": "Resource", "id": HOUSEHOLDS},
        {"__typename": "Jurisdiction", "code": "320900"},
        {"__typename": "Jurisdiction", "id": CITY},
        {"__typename": "Resource", "id": HOUSEHOLDS},
    ]
    entities, errors = await found(sample, *them)
    assert not errors
    assert [entity["id"] for entity in entities] == [HOUSEHOLDS, CITY, CITY, HOUSEHOLDS]
    assert entities[0]["department"]["name"] == "盐城市公安局"
    assert entities[1] == {"__typename": "Jurisdiction", "id": CITY, "code": "320900"}


async def test_each_kind_is_one_statement_however_many_are_asked_for(sample: Api) -> None:
    ids = [resource["id"] for resource in (await sample.ask("{ resources { nodes { id } } }"))["resources"]["nodes"]]
    for many in (1, len(ids)):
        them = [{"__typename": "Resource", "id": id} for id in ids[:many]]
        them += [{"__typename": "Jurisdiction", "id": CITY}, {"__typename": "Jurisdiction", "code": "320900"}]
        await sample.ask("query($them: [_Any!]!) { _entities(representations: $them) { __typename } }", them=them)
        assert sample.statements == 3


@pytest.mark.parametrize("traced", [False, True])
async def test_each_kind_is_one_statement_in_however_many_fields_they_are_asked_for(sample: Api, traced: bool) -> None:
    """As some gateways do; with a trace it is graphql-core that executes."""
    listed = (await sample.ask("{ resources(first: 2) { nodes { id } } }"))["resources"]["nodes"]
    one, other = (node["id"] for node in listed)
    headers = {"apollo-federation-include-trace": "ftv1"} if traced else {}

    async def told(document: str, **variables: Any) -> tuple[Any, int]:
        before, body = sample.graph.statements, {"query": document, "variables": variables}
        answer = (await sample.http.post("/graphql", json=body, headers=headers)).json()
        return answer["data"], sample.graph.statements - before

    things = [
        [{"__typename": "Resource", "id": id}, {"__typename": "Jurisdiction", "code": "320900"}] for id in (one, other)
    ]
    data, statements = await told(
        """query($one: [_Any!]!, $other: [_Any!]!) {
          _v0: _entities(representations: $one) { ... on Resource { id name } }
          _v1: _entities(representations: $other) { ... on Resource { id code } }
        }""",
        one=things[0],
        other=things[1],
    )
    assert [data["_v0"][0]["id"], data["_v1"][0]["id"], statements] == [one, other, 2]
    data, statements = await told(
        """query($one: ID!, $other: ID!) {
          a: resource(id: $one) { id } b: resource(id: $other) { id }
          c: node(id: $one) { id } d: node(id: $other) { id } e: node(id: "nothing") { id }
        }""",
        one=one,
        other=other,
    )
    assert [data[name] and data[name]["id"] for name in "abcde"] == [one, other, one, other, None]
    assert statements == 2


@pytest.mark.parametrize("nothing", ["nothing", "", CITY, "x" * 5_000, "'; MATCH (n) DETACH DELETE n //"])
async def test_what_is_not_there_is_null(sample: Api, nothing: str) -> None:
    them = [{"__typename": "Resource", "id": nothing}, {"__typename": "Resource", "id": HOUSEHOLDS}]
    entities, errors = await found(sample, *them)
    assert entities[0] is None
    assert entities[1]["id"] == HOUSEHOLDS
    assert not errors
    assert await found(sample, {"__typename": "Jurisdiction", "code": nothing}) == ([None], [])


@pytest.mark.parametrize(
    "wrong",
    [
        5,
        "Resource",
        None,
        [],
        [{"__typename": "Resource", "id": HOUSEHOLDS}],
        {},
        {"id": HOUSEHOLDS},
        {"__typename": "Nothing", "id": "x"},
        {"__typename": "Query", "id": "x"},
        {"__typename": "Node", "id": HOUSEHOLDS},
        {"__typename": None, "id": "x"},
        {"__typename": ["Resource"], "id": "x"},
        {"__typename": {"a": 1}, "id": "x"},
        {"__typename": "Resource"},
        {"__typename": "Resource", "id": None},
        {"__typename": "Resource", "id": {"a": 1}},
        {"__typename": "Resource", "id": ["x"]},
        {"__typename": "Resource", "id": True},
        {"__typename": "Resource", "id": 1.5},
        {"__typename": "Jurisdiction", "code": 320900},
        {"__typename": "Field", "code": "x"},
        {"__typename": "Resource", "name": "户籍人口基本信息"},
    ],
)
async def test_a_wrong_representation_is_the_error_of_its_own_entity(sample: Api, wrong: Any) -> None:
    if wrong is None:
        answer = await sample.answer(QUERY, {"them": [None]})
        assert answer["errors"][0]["extensions"] == {"code": "BAD_INPUT", "argument": "them"}
        return
    good = {"__typename": "Resource", "id": HOUSEHOLDS}
    entities, errors = await found(sample, good, wrong, good)
    assert [entity and entity["id"] for entity in entities] == [HOUSEHOLDS, None, HOUSEHOLDS]
    assert errors == [(["_entities", 1], "BAD_INPUT")]


async def test_other_keys_of_a_representation_do_not_matter(sample: Api) -> None:
    entities, errors = await found(
        sample, {"__typename": "Resource", "id": HOUSEHOLDS, "code": 5, "name": {"a": 1}, "__proto__": None}
    )
    assert entities[0]["id"] == HOUSEHOLDS
    assert not errors


async def test_too_many_representations_are_refused(sample: Api) -> None:
    answer = await sample.answer(QUERY, {"them": [{"__typename": "Resource", "id": "x"}] * (MOST + 1)})
    assert answer["errors"][0]["extensions"] == {"code": "BAD_INPUT", "argument": "representations"}


async def test_entities_cost_as_many_as_are_asked_for(sample: Api) -> None:
    query = (
        """query($them: [_Any!]!) { _entities(representations: $them) { ... on Resource { fields { totalCount } } } }"""
    )
    for many in (1, 200):
        them = [{"__typename": "Resource", "id": "x"}] * many
        answer = await sample.answer(query, {"them": them}, extensions={"cost": True})
        # The thing itself, the connection and its count.
        assert answer["extensions"]["cost"]["requested"] == many * (1 + 1 + 2)


async def test_a_gateway_may_ask_in_as_many_places_as_it_needs(sample: Api) -> None:
    fields = " ".join(f"e{number}: _entities(representations: $them) {{ __typename }}" for number in range(100))
    them = [{"__typename": "Resource", "id": HOUSEHOLDS}]
    found = await sample.ask(f"query($them: [_Any!]!) {{ {fields} }}", them=them)
    assert list(found.values()) == [[{"__typename": "Resource"}]] * 100


async def test_the_service_tells_the_subgraph_schema_also_without_introspection(sample: Api) -> None:
    from resolvers.options import Options
    from resolvers.requests import Asked

    sdl = (await sample.ask("{ _service { sdl } }"))["_service"]["sdl"]
    assert sdl == subgraph_text(make_schema())
    closed = Answers(make_schema(), Options(introspect=False))
    context = sample.app._context()
    answer = await closed.answer(Asked("{ _service { sdl } }"), context)
    assert answer.data == {"_service": {"sdl": sdl}}


SUBGRAPH = subgraph_text(make_schema())


@pytest.mark.parametrize("kind", TYPES)
def test_each_kind_is_an_entity_by_id_and_by_its_code(kind: Kind) -> None:
    head = SUBGRAPH.split(f"type {kind.label} ", 1)[1].split("{\n", 1)[0]
    stated = re.findall(r'@key\(fields: "(\w+)"\)', head)
    assert stated == ["id", *(code for code in (CODES.get(kind),) if code)]


def test_the_subgraph_schema_imports_what_it_uses_and_has_nothing_that_only_gateways_ask_for() -> None:
    document = parse(SUBGRAPH)
    [imported] = re.findall(r"import: \[([^]]*)\]", SUBGRAPH)
    used = {one.name.value for one in _directives(document)} - {"link", "specifiedBy", "oneOf", "deprecated"}
    assert set(re.findall(r"\w+", imported)) == used == {"key", "shareable", "cost", "listSize", "tag", "inaccessible"}
    assert "_entities" not in SUBGRAPH
    assert "_Any" not in SUBGRAPH
    assert "type PageInfo @shareable" in SUBGRAPH


def test_gateways_are_told_which_arguments_say_the_size_of_a_list_as_composers_take_it() -> None:
    sizes = {line.split("@listSize", 1)[1] for line in SUBGRAPH.splitlines() if "@listSize" in line}
    assert any('assumedSize: 50, slicingArguments: ["first", "last"]' in size for size in sizes)
    assert any('(slicingArguments: ["first"], sizedFields: ["changes"]' in size for size in sizes)
    assert not any("budget.maxNodes" in size for size in sizes)
    assert " = null" not in SUBGRAPH


def test_clients_are_told_nothing_of_the_federation() -> None:
    text = schema_text(make_schema())
    build_schema(text)
    assert not re.search(r"@key|@shareable|@link|FieldSet|_entities|_service", text)


def _directives(document: DocumentNode) -> list[DirectiveNode]:
    found: list[DirectiveNode] = []

    class Applied(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: object) -> None:
            found.append(node)

    visit(document, Applied())
    return found
