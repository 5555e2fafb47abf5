"""OpenAPI and Swagger descriptions, real and hostile."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from connectors.datasets import Rule
from connectors.documents import Described
from connectors.errors import SourceError
from connectors.openapi import OpenApi
from connectors.protocol import Input, Trying
from graph.facts import Kind, Severity
from tests.connectors.sources import CASES, codes, fields, findings, read, serving, serving_files, things

PEOPLE = CASES / "openapi" / "people.yaml"
PERMITS = CASES / "openapi" / "permits.json"
BASE = "https://api.share.example.gov.cn/people/v2"


def described(folder: Path, schemas: dict[str, Any], **more: Any) -> Path:
    """A description whose only operation answers the schema `A`."""
    answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}
    tree = {
        "openapi": "3.0.3",
        "info": {"title": "t"},
        "paths": {"/a": {"get": {"responses": {"200": answer}}}},
        "components": {"schemas": schemas},
        **more,
    }
    path = folder / "api.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    return path


async def names(path: Path) -> list[str]:
    return list(fields(await read(OpenApi, path), "resource:t/GET /a"))


async def test_operations_are_resources_of_the_interface() -> None:
    items = await read(OpenApi, PEOPLE)
    (system,) = things(items, Kind.SYSTEM).values()
    assert system.id == f"system:{BASE}"
    assert system.values["name"] == "人口信息共享接口"
    resources = things(items, Kind.RESOURCE)
    assert [id.removeprefix(f"resource:{BASE}/") for id in resources] == [
        "GET /persons",
        "POST /persons",
        "GET /persons/{id_card}/household",
        "WEBHOOK POST moved",
    ]
    first = resources[f"resource:{BASE}/GET /persons"]
    assert first.values == {
        "name": "查询人口信息",
        "code": "GET /persons",
        "system": system.id,
        "abstract": "按姓名或身份证号查询，分页返回。",
        "classification": "人口、核验",
        "share_methods": ["API"],
        "format_category": "服务接口",
        "format_types": ["rest"],
    }
    assert first.extra["security"] == ["gatewayKey"]
    assert "security" not in resources[f"resource:{BASE}/GET /persons/{{id_card}}/household"].extra
    assert resources[f"resource:{BASE}/POST /persons"].extra["deprecated"] is True
    assert not findings(items)
    assert not any(thing.given_id for thing in resources.values())


async def test_schemas_are_fields_through_references_compositions_and_lists() -> None:
    items = await read(OpenApi, PEOPLE)
    found = fields(items, f"resource:{BASE}/GET /persons")
    item = "data.items[]."
    assert {name: (field.values.get("data_type"), field.values.get("length")) for name, field in found.items()} == {
        "code": ("I", None),
        "message": ("C", None),
        f"{item}id": ("I", None),
        f"{item}id_card": ("C", 18),
        f"{item}name": ("C", 50),
        f"{item}birth": ("D", None),
        f"{item}address.city": ("C", 20),
        f"{item}address.street": ("C", None),
        f"{item}tags[]": ("C", None),
        f"{item}gender": ("C", None),
        f"{item}guardian": (None, None),
        f"{item}contact.phone": ("C", None),
        f"{item}contact.email": ("C", None),
        f"{item}labels.*": ("C", None),
        "page": ("I", None),
        "name": ("C", 50),
        "X-Trace": ("C", None),
    }
    assert found[f"{item}id_card"].values["aliases"] == ["身份证号"]
    assert found[f"{item}birth"].values["raw_type"] == "string(date)"
    assert found[f"{item}guardian"].extra == {"in": ["response"], "again": "Person"}
    assert found["code"].extra == {"in": ["response"], "required": True}
    assert found["page"].extra == {"in": ["query"]}
    assert [field.values["position"] for field in found.values()] == list(range(1, 18))


async def test_what_is_sent_and_what_is_answered_are_one_field_by_name() -> None:
    found = fields(await read(OpenApi, PEOPLE), f"resource:{BASE}/POST /persons")
    assert found["name"].extra["in"] == ["response", "request"]
    assert found["id"].extra["in"] == ["response"]
    assert found["pin"].extra["in"] == ["request"]


async def test_no_secret_is_taken() -> None:
    for path in (PEOPLE, PERMITS):
        told = repr(await read(OpenApi, path))
        assert "s3cret" not in told
        assert "Abc12345" not in told
        assert "320900199001011234" not in told


async def test_swagger_two() -> None:
    items = await read(OpenApi, PERMITS)
    base = "https://zz.example.gov.cn/api"
    assert list(things(items, Kind.SYSTEM)) == [f"system:{base}"]
    assert list(fields(items, f"resource:{base}/GET /permits/{{no}}")) == [
        "no",
        "holder.name",
        "holder.uscc",
        "issued",
        "fee",
    ]
    listed = fields(items, f"resource:{base}/GET /permits")
    assert list(listed) == ["no", "holder.name", "holder.uscc", "issued", "fee", "size"]
    sent = fields(items, f"resource:{base}/POST /permits")
    assert sent["scan"].values["data_type"] == "G"
    assert {name for field in sent.values() for name in field.extra["in"]} == {"request"}
    assert codes(items) == ["PASSWORD_IN_TEXT", "REF_NOT_FOUND"]


async def test_the_configuration_places_the_interface_and_rules_name_its_operations() -> None:
    config = {"paths": [PERMITS], "department": "department:320900/市政务办", "system": "system:320900/zz"}
    rule = Rule(namespace="https://zz.*", name="GET /permits", resource="resource:320900/证照")
    items = await read(OpenApi, config=config, rules=[rule])
    assert not things(items, Kind.SYSTEM)
    resources = things(items, Kind.RESOURCE)
    assert "resource:320900/证照" in resources
    assert {thing.values["provider"] for thing in resources.values()} == {"department:320900/市政务办"}
    assert {thing.values["system"] for thing in resources.values()} == {"system:320900/zz"}
    del config["system"]
    (system,) = things(await read(OpenApi, config=config), Kind.SYSTEM).values()
    assert system.id == "system:320900/市政务办/电子证照服务"
    assert system.values["department"] == "department:320900/市政务办"


async def test_an_address_is_asked_with_its_headers_and_its_neighbours_too() -> None:
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.path, request.headers.get("X-Key")))
        path = CASES / "openapi" / request.path.rpartition("/")[2]
        return web.Response(body=path.read_bytes(), content_type="application/yaml")

    async with serving(**{"api__people.yaml": answer, "api__common.yaml": answer}) as base:
        config = {"url": f"{base}/api/people.yaml", "headers": {"X-Key": {"env": "HOME"}}}
        items = await read(OpenApi, config=config)
    assert [path for path, _ in asked] == ["/api/people.yaml", "/api/common.yaml"]
    assert all(key for _, key in asked)
    assert len(fields(items, f"resource:{BASE}/GET /persons")) == 17
    assert {item.place.file for item in items} == {f"{base}/api/people.yaml"}


async def test_a_relative_server_is_one_at_the_address_of_the_description(tmp_path: Path) -> None:
    described(tmp_path, {"A": {}}, servers=[{"url": "/v1"}])
    async with serving_files(tmp_path) as base:
        items = await read(OpenApi, config={"url": f"{base}/api.json"})
    assert list(things(items, Kind.SYSTEM)) == [f"system:{base}/v1"]


async def test_an_address_that_is_away_raises_and_a_secret_that_is_missing_too() -> None:
    async with serving() as base:
        with pytest.raises(SourceError, match="nothing there"):
            await read(OpenApi, config={"url": f"{base}/none"})
        with pytest.raises(SourceError, match="NO_SUCH_VARIABLE"):
            await read(OpenApi, config={"url": base, "headers": {"X": {"env": "NO_SUCH_VARIABLE"}}})


@pytest.mark.parametrize(
    "config", [{}, {"paths": ["a"], "url": "http://a"}, {"paths": ["a"], "headers": {"X": {"env": "A"}}}]
)
def test_the_configuration_is_files_or_an_address(config: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Described.model_validate(config)


async def test_only_what_stands_beside_is_read(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.yaml").write_text("A: { type: object, properties: { leaked: {} } }")
    (inner / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    refs = [
        "../secret.yaml#/A",
        "/etc/passwd",
        "http://127.0.0.1:1/x",
        "file:///etc/passwd",
        "link.yaml#/A",
        "x\0y",
        "none.yaml",
    ]
    schemas = {"A": {"type": "object", "properties": {f"p{at}": {"$ref": ref} for at, ref in enumerate(refs)}}}
    items = await read(OpenApi, described(inner, schemas))
    assert list(fields(items, "resource:t/GET /a")) == [f"p{at}" for at in range(len(refs))]
    assert "leaked" not in repr(items)
    assert set(codes(items)) == {"REF_NOT_READ", "REF_NOT_FOUND"}


async def test_a_folder_of_the_configuration_is_opened(tmp_path: Path) -> None:
    for name in ("people.yaml", "common.yaml"):
        shutil.copy(CASES / "openapi" / name, tmp_path / name)
    items = await read(OpenApi, config={"paths": [tmp_path]})
    assert len(things(items, Kind.RESOURCE)) == 4
    assert [(one.code, one.place.file) for one in findings(items)] == [("FILE_NOT_READ", "common.yaml")]


@pytest.mark.parametrize(
    ("schemas", "expected"),
    [
        ({"A": {"$ref": "#/components/schemas/A"}}, []),
        ({"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}, []),
        ({"A": {"properties": {"a": {"$ref": "#/components/schemas/A"}, "b": {}}}}, ["a", "b"]),
        ({"A": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}}, []),
        ({"A": {"allOf": [{"$ref": "#/components/schemas/A"}, {"properties": {"b": {}}}]}}, ["b"]),
        ({"A": {"properties": {"a": True, "b": None, "c": 7, "d": []}}}, ["a", "b", "c", "d"]),
        ({"A": {"properties": {"a": {"type": "array"}, "b": {"type": "array", "items": {}}}}}, ["a", "b[]"]),
        ({"A": {"properties": {"a": {"items": {"items": {"properties": {"x": {}}}}}}}}, ["a[][].x"]),
        (
            {"A": {"properties": {"a": {"prefixItems": [{"properties": {"x": {}}}, {"properties": {"y": {}}}]}}}},
            ["a[].x", "a[].y"],
        ),
        ({"A": {"anyOf": [{"properties": {"x": {}}}, {"properties": {"y": {}}}]}}, ["x", "y"]),
        ({"A": {"properties": {"a\u0001b": {}, "": {}, "😀": {}}}}, ["a b", "😀"]),
        ({"A": {"properties": 7, "allOf": {"x": 1}, "required": "x", "items": 3}}, []),
        ({"A": {"patternProperties": {"^x": {"properties": {"y": {}}}}}}, ["*.y"]),
        ({"A": {"$ref": "#here"}, "B": {"$anchor": "here", "properties": {"z": {}}}}, ["z"]),
        (
            {
                "A": {"properties": {"a~/b": {}}, "$ref": "#/components/schemas/x~1y%20~0"},
                "x/y ~": {"properties": {"c": {}}},
            },
            ["a~/b"],
        ),
    ],
)
async def test_schemas_of_every_shape(tmp_path: Path, schemas: dict[str, Any], expected: list[str]) -> None:
    assert await names(described(tmp_path, schemas)) == expected


async def test_references_that_multiply_are_bounded(tmp_path: Path) -> None:
    wide = {
        f"S{at}": {"properties": {f"p{n}": {"$ref": f"#/components/schemas/S{at + 1}"} for n in range(10)}}
        for at in range(40)
    }
    doubling = {f"D{at}": {"allOf": [{"$ref": f"#/components/schemas/D{at + 1}"}] * 2} for at in range(60)}
    for schemas in ({**wide, "A": wide["S0"]}, {**doubling, "A": doubling["D0"]}):
        items = await read(OpenApi, described(tmp_path, schemas))
        assert "FIELDS_CUT" in codes(items)
        assert len(fields(items, "resource:t/GET /a")) <= 2_000


async def test_a_hundred_thousand_properties_are_cut(tmp_path: Path) -> None:
    items = await read(OpenApi, described(tmp_path, {"A": {"properties": {f"p{at}": {} for at in range(100_000)}}}))
    assert len(fields(items, "resource:t/GET /a")) == 2_000
    assert codes(items) == ["FIELDS_CUT"]


LAUGHS = "\n".join(
    [
        "openapi: 3.0.0",
        "info: {title: t}",
        "a0: &a0 [x]",
        *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)),
    ]
)
MERGES = "\n".join(
    [
        "openapi: 3.0.0",
        "info: {title: t}",
        "a0: &a0 {x: 1}",
        *(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 20)),
    ]
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LAUGHS, "aliases stand for too much"),
        (MERGES, "bring in too much"),
        ("openapi: 3.0.0\ninfo: &a { title: t, x: *a }", "holds itself"),
        ("openapi: 3.0.0\ninfo: !!python/object/apply:os.system ['true']", "no proper YAML"),
        ("openapi: 3.0.0\ninfo: " + "[" * 5_000, "no proper YAML"),
        ("openapi: 3.0.0\ninfo:\n\t- x", "no proper YAML"),
        ('{"openapi": "3.0.0", "info": ' + "[" * 300 + "]" * 300 + "}", "nested more than 200 deep"),
        ('{"openapi": "3.0.0", "info": ' + "[" * 100_000, "no proper JSON"),
        ('{"openapi": "3.0.0", "info": }', "no proper JSON"),
        ('{"openapi": "4.0.0", "info": {}}', "no OpenAPI"),
        ("[1, 2]", "no OpenAPI"),
        ("just a text", "no OpenAPI"),
    ],
)
async def test_what_is_no_description_is_a_finding(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    (finding,) = findings(await read(OpenApi, path))
    assert (finding.code, finding.severity) == ("FILE_NOT_READ", Severity.ERROR)
    assert says in finding.message


async def test_what_a_description_holds_of_wrong_types_is_passed_over(tmp_path: Path) -> None:
    operation = {
        "tags": "x",
        "parameters": [7, {"in": 1}, {"name": "n", "in": "query"}],
        "responses": [],
        "requestBody": "b",
    }
    tree: dict[str, Any] = {
        "openapi": "3.0.0",
        "info": [],
        "servers": {"url": 1},
        "paths": {"/a": {"get": operation, "post": 3, "parameters": {}}, "/b": None, "x-y": {"get": {}}},
    }
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(tree))
    items = await read(OpenApi, path)
    assert list(things(items, Kind.RESOURCE)) == ["resource:odd/GET /a"]
    assert list(fields(items, "resource:odd/GET /a")) == ["n"]


def test_a_description_is_recognised_by_its_outermost_keys(tmp_path: Path) -> None:
    yes = [
        '{"info":{},"paths":{},"openapi":"3.1.0"}',
        "info: {}\nswagger: '2.0'\npaths: {}",
        '"openapi": 3.0.1\n"info": {}',
    ]
    no = [
        '{"a":{"openapi":"3.0.0","info":{}}}',
        "a:\n  openapi: 3.0.0\n  info: {}",
        '{"openapi":"3.0.0"}',
        "openapi: 1.0",
        '{"openapi":"3.0.0","info":{}',
        "",
    ]
    big = (
        '{"openapi":"3.0.0","info":{"title":"t"},"paths":{' + ",".join(f'"/p{at}":{{}}' for at in range(700_000)) + "}}"
    )
    path = tmp_path / "x"
    for text, expected in [*((text, True) for text in (*yes, big)), *((text, False) for text in no)]:
        path.write_text(text)
        assert OpenApi.recognises(path) is expected, text[:80]
    assert not OpenApi.recognises(tmp_path / "none")
    assert not OpenApi.recognises(tmp_path)


async def test_trying_says_what_is_there() -> None:
    connector = OpenApi(Input([PEOPLE]))
    assert isinstance(connector, Trying)
    assert await connector.try_out() == ["Found 1 systems, 4 resources, 58 fields."]
