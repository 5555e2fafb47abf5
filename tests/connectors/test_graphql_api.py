"""GraphQL services by their SDL, by introspection in a file, and by introspection at an address."""

import json
from pathlib import Path

import pytest
from aiohttp import web
from graphql import build_schema, graphql_sync

from connectors.errors import SourceError
from connectors.graphql_api import GraphQLApi
from connectors.protocol import Input, Trying
from graph.facts import Kind, Severity
from tests.connectors.sources import CASES, codes, fields, findings, read, serving, things

SDL = CASES / "graphql" / "registry.graphql"
INTROSPECTION = CASES / "graphql" / "introspection.json"


async def test_root_fields_are_resources_and_what_they_answer_fields() -> None:
    items = await read(GraphQLApi, SDL)
    (system,) = things(items, Kind.SYSTEM).values()
    assert (system.id, system.values["description"]) == ("system:registry", "企业信用信息服务")
    resources = things(items, Kind.RESOURCE)
    assert [thing.values["code"] for thing in resources.values()] == [
        "query company",
        "query companies",
        "query search",
        "query count",
        "mutation report",
    ]
    assert resources["resource:registry/query company"].values["abstract"] == "按统一社会信用代码查询企业"
    assert resources["resource:registry/query count"].extra == {"answers": "Int!", "deprecated": True}
    company = fields(items, "resource:registry/query company")
    assert list(company) == [
        "uscc",
        "name",
        "founded",
        "capital",
        "state",
        "address.city",
        "address.street",
        "address.country",
        "owners[].name",
        "owners[].idCard",
        "owners[].companies[]",
        "parent",
        "tags[][]",
        "score",
    ]
    assert company["uscc"].values["aliases"] == ["统一社会信用代码"]
    assert company["uscc"].extra == {"in": ["response", "request"], "required": True}
    assert company["founded"].values["data_type"] == "D"
    assert company["parent"].values["raw_type"] == "Company"
    sent = fields(items, "resource:registry/query companies")
    assert [name for name, field in sent.items() if field.extra["in"] == ["request"]] == [
        "filter.name",
        "filter.state",
        "filter.and[]",
        "first",
    ]
    hits = fields(items, "resource:registry/query search")
    assert {"uscc", "idCard", "companies[].uscc"} <= hits.keys()
    assert list(fields(items, "resource:registry/query count")) == ["value"]
    assert not findings(items)


async def test_introspection_says_the_same_as_sdl() -> None:
    sdl, answer = await read(GraphQLApi, SDL), await read(GraphQLApi, INTROSPECTION)
    for kind in (Kind.RESOURCE, Kind.FIELD):
        one, other = things(sdl, kind), things(answer, kind)
        assert {id.replace("introspection", "registry") for id in other} == set(one)
    assert len(things(answer, Kind.FIELD)) > 60


async def test_depth_is_a_setting() -> None:
    for depth, expected in ((1, "address"), (2, "address.country"), (3, "address.country.code")):
        items = await read(GraphQLApi, config={"paths": [SDL], "depth": depth})
        found = [name for name in fields(items, "resource:registry/query company") if name.startswith("address")]
        assert found[-1] == expected


async def test_an_address_is_asked_by_post_with_a_token(tmp_path: Path) -> None:
    schema = build_schema(SDL.read_text(encoding="utf-8"))
    told = []

    async def answer(request: web.Request) -> web.Response:
        told.append((request.method, request.headers["Authorization"]))
        asked = await request.json()
        result = graphql_sync(schema, asked["query"], operation_name=asked["operationName"])
        return web.json_response({"data": result.data})

    (tmp_path / "token").write_text("Bearer s3cret\n")
    async with serving(graphql=answer) as base:
        config = {"url": f"{base}/graphql", "headers": {"Authorization": {"file": str(tmp_path / "token")}}}
        items = await read(GraphQLApi, config=config)
    assert told == [("POST", "Bearer s3cret")]
    assert list(things(items, Kind.SYSTEM)) == [f"system:{base}/graphql"]
    assert len(things(items, Kind.RESOURCE)) == 5
    assert "s3cret" not in repr(items)


async def test_a_service_that_refuses_introspection_is_told() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"errors": [{"message": "introspection is disabled"}]})

    async with serving(graphql=answer) as base:
        items = await read(GraphQLApi, config={"url": f"{base}/graphql"})
        with pytest.raises(SourceError):
            await read(GraphQLApi, config={"url": f"{base}/none"})
    (finding,) = findings(items)
    assert "does not answer introspection" in finding.message


async def test_a_subgraph_is_read_although_types_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "sub.graphql"
    path.write_text('extend type Query @x { me: User }\nextend type User @key(fields: "id") { id: ID! at: Elsewhere }')
    items = await read(GraphQLApi, path)
    assert list(fields(items, "resource:sub/query me")) == ["id", "at"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("type Query { a: ", "no proper GraphQL SDL"),
        ("type Query { a(x: I = " + "[" * 10_000, "nested more than"),
        ("type Query { a: " + "[" * 101 + "Int" + "]" * 101 + " }", "nested more than"),
        ('{"__schema": {}}', "not complete"),
        ('{"data": {}}', "holds no `__schema`"),
        ('{"data": null, "errors": [1]}', "does not answer introspection"),
        ("{ me { name } }", "no proper"),
    ],
)
async def test_what_is_no_schema_is_a_finding(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad"
    path.write_text(text)
    (finding,) = findings(await read(GraphQLApi, path))
    assert (finding.code, finding.severity) == ("FILE_NOT_READ", Severity.ERROR)
    assert says in finding.message


async def test_a_schema_without_operations_is_told(tmp_path: Path) -> None:
    path = tmp_path / "types.graphql"
    for text in ("type A { b: Int }", '{"data": {"__schema": {"types": []}}}'):
        path.write_text(text)
        assert codes(await read(GraphQLApi, path)) == ["NO_OPERATIONS"]


async def test_a_union_of_itself_ends(tmp_path: Path) -> None:
    path = tmp_path / "round.graphql"
    path.write_text("union A = A | B | C\nunion B = A\ntype C { a: A x: Int }\ntype Query { a: A }")
    assert list(fields(await read(GraphQLApi, path), "resource:round/query a")) == ["a.a", "a.x", "x"]


async def test_types_that_multiply_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "wide.graphql"
    fields_ = [" ".join(f"f{n}: T{at + 1}" for n in range(30)) for at in range(8)]
    types = "\n".join(f"type T{at} {{ {inner} }}" for at, inner in enumerate(fields_))
    path.write_text(f"type Query {{ a: T0 }}\n{types}\ntype T8 {{ x: Int }}")
    items = await read(GraphQLApi, config={"paths": [path], "depth": 6})
    assert codes(items) == ["FIELDS_CUT"]
    assert len(things(items, Kind.FIELD)) == 2_000


def test_a_schema_is_recognised(tmp_path: Path) -> None:
    yes = [
        "type A { b: Int }",
        '"""x"""\nschema\n{ query: A }',
        "extend type A @k { b: Int }",
        json.dumps({"__schema": {}}),
    ]
    no = [
        "",
        "type A = { b: number };",
        "type A struct {",
        "interface A { b: string; }",
        "query { a }",
        "{}",
        "<type A {",
        "type A {",
    ]
    path = tmp_path / "x"
    for text, expected in [*((text, True) for text in yes), *((text, False) for text in no)]:
        path.write_text(text)
        assert GraphQLApi.recognises(path) is expected, text


async def test_trying_says_what_is_there() -> None:
    connector = GraphQLApi(Input([SDL]))
    assert isinstance(connector, Trying)
    assert (await connector.try_out())[0].startswith("Found 1 systems, 5 resources")
