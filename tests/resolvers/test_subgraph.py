"""A subgraph of any schema: keys of several and of nested fields, what a gateway sends with them, links, traces."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import strawberry
from graphql import parse
from strawberry.federation.schema import Schema
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from resolvers.sdl import subgraph_text
from resolvers.subgraph import Subgraph
from tests.resolvers.products import EMAIL, FINDERS, SCHEMA, products_app

QUERY = """query($them: [_Any!]!) { _entities(representations: $them) { __typename
  ... on Product { id } ... on DeprecatedProduct { reason } ... on ProductResearch { study { description } }
  ... on User { name averageProductsCreatedPerYear } ... on Inventory { deprecatedProducts { sku } } } }"""
FEDERATION = {"__typename": "Product", "id": "apollo-federation"}


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(products_app()), base_url="http://products") as client:
        yield client


async def found(http: httpx.AsyncClient, *them: Any, **headers: str) -> Any:
    """The whole answer."""
    body = {"query": QUERY, "variables": {"them": list(them)}}
    return (await http.post("/graphql", json=body, headers=headers)).json()


async def test_each_key_names_the_same_thing(http: httpx.AsyncClient) -> None:
    product = {"__typename": "Product"}
    answer = await found(
        http,
        FEDERATION,
        {**product, "sku": "federation", "package": "@apollo/federation"},
        {**product, "sku": "federation", "variation": {"id": "OSS"}},
        {**product, "id": None, "sku": "federation", "package": None, "variation": {"id": "OSS", "more": 1}},
    )
    assert answer == {"data": {"_entities": [FEDERATION] * 4}}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"__typename": "Product"}, "Product is named by id or sku package or sku variation { id }"),
        ({"__typename": "Product", "sku": "studio"}, "Product is named by"),
        ({"__typename": "Product", "sku": "studio", "variation": {}}, "Product is named by"),
        ({"__typename": "Product", "sku": "studio", "variation": "platform"}, "variation must be an object"),
        ({"__typename": "Product", "sku": "studio", "variation": {"id": [1]}}, "variation.id must be of the type ID"),
        ({"__typename": "Product", "sku": 5, "package": ""}, "sku must be of the type String"),
        ({"__typename": "ProductResearch", "study": [{"caseNumber": "1234"}]}, "study must be an object"),
        ({"__typename": "ProductDimension", "size": "small"}, "__typename must be one of"),
    ],
)
async def test_what_is_wrong_with_a_key_is_told_of_its_own_entity(
    http: httpx.AsyncClient, wrong: dict[str, Any], says: str
) -> None:
    answer = await found(http, FEDERATION, wrong)
    assert answer["data"] == {"_entities": [FEDERATION, None]}
    [error] = answer["errors"]
    assert error["path"] == ["_entities", 1]
    assert error["extensions"]["code"] == "BAD_INPUT"
    assert says in error["message"]


async def test_types_are_found_side_by_side_each_in_its_place(http: httpx.AsyncClient) -> None:
    answer = await found(
        http,
        {"__typename": "Inventory", "id": "apollo-oss"},
        {"__typename": "ProductResearch", "study": {"caseNumber": 1235}},
        {"__typename": "DeprecatedProduct", "sku": "none", "package": "none"},
        FEDERATION,
        {"__typename": "DeprecatedProduct", "sku": "apollo-federation-v1", "package": "@apollo/federation-v1"},
    )
    assert answer["data"]["_entities"] == [
        {"__typename": "Inventory", "deprecatedProducts": [{"sku": "apollo-federation-v1"}]},
        {"__typename": "ProductResearch", "study": {"description": "Studio Study"}},
        None,
        FEDERATION,
        {"__typename": "DeprecatedProduct", "reason": "Migrate to Federation V2"},
    ]


async def test_what_a_field_requires_of_others_comes_with_the_key(http: httpx.AsyncClient) -> None:
    user = {"__typename": "User", "email": EMAIL}
    answer = await found(http, {**user, "totalProductsCreated": 30, "yearsOfEmployment": 10}, user)
    assert [one["averageProductsCreatedPerYear"] for one in answer["data"]["_entities"]] == [3, None]


async def test_an_answer_is_the_same_with_a_trace_and_without(http: httpx.AsyncClient) -> None:
    plain = await found(http, FEDERATION)
    traced = await found(http, FEDERATION, **{"apollo-federation-include-trace": "ftv1"})
    assert traced.pop("extensions").keys() == {"ftv1"}
    assert traced == plain


def test_directives_of_others_are_composed_and_keep_their_definition() -> None:
    text = subgraph_text(SCHEMA)
    parse(text)
    assert '@link(url: "https://myspecs.dev/myCustomDirective/v1.0", import: ["@custom"])' in text
    assert '@composeDirective(name: "@custom")' in text
    assert "directive @custom on OBJECT" in text
    assert "directive @key" not in text


def test_a_type_with_keys_must_be_found_somehow() -> None:
    with pytest.raises(ValueError, match="Inventory"):
        Subgraph(SCHEMA, {name: find for name, find in FINDERS.items() if name != "Inventory"})
    with pytest.raises(ValueError, match="CaseStudy"):
        Subgraph(SCHEMA, {**FINDERS, "CaseStudy": FINDERS["User"]})


def test_a_key_that_is_not_resolvable_is_only_told() -> None:
    @strawberry.federation.type(keys=[Key(fields=FieldSet("id"), resolvable=False)])
    class Elsewhere:
        id: strawberry.ID

    @strawberry.type
    class Query:
        elsewhere: Elsewhere

    assert '@key(fields: "id", resolvable: false)' in Subgraph(Schema(query=Query), {}).sdl
