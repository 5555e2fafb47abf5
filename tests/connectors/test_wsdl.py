"""WSDL descriptions: document and rpc style, schemas inside and beside, and hostile ones."""

from pathlib import Path

import pytest
from aiohttp import web

from connectors.protocol import Input, Trying
from connectors.wsdl import Wsdl
from graph.facts import Finding, Kind, Severity
from tests.connectors.sources import CASES, codes, fields, findings, read, serving, serving_files, things

HOUSEHOLD = CASES / "wsdl" / "household.wsdl"
PERMITS = CASES / "wsdl" / "permits.wsdl"
BASE = "http://exchange.example.gov.cn/ws/household"
QUERY = f"resource:{BASE}/HouseholdPort.queryHousehold"


def described(types: str, more: str = "") -> str:
    """A description whose only operation answers the element `a` of these types."""
    return f"""<definitions name="t" targetNamespace="u" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="u"
      xmlns:x="http://www.w3.org/2001/XMLSchema">{more}
      <types><x:schema targetNamespace="u">{types}</x:schema></types>
      <message name="m"><part name="p" element="t:a"/></message>
      <portType name="P"><operation name="o"><output message="t:m"/></operation></portType></definitions>"""


async def test_operations_are_resources_of_the_service() -> None:
    items = await read(Wsdl, HOUSEHOLD)
    (system,) = things(items, Kind.SYSTEM).values()
    assert (system.id, system.values["name"], system.values["description"]) == (
        f"system:{BASE}",
        "HouseholdService",
        "低保家庭查询服务",
    )
    resources = things(items, Kind.RESOURCE)
    assert list(resources) == [QUERY, f"resource:{BASE}/HouseholdPort.ping"]
    assert resources[QUERY].values["name"] == "查询低保家庭"
    assert resources[QUERY].values["format_types"] == ["soap"]
    assert resources[QUERY].extra == {"style": "document", "action": "urn:query"}
    assert resources[QUERY].place.row == 52
    assert list(fields(items, f"resource:{BASE}/HouseholdPort.ping")) == ["pingResponse"]
    assert not findings(items)
    assert "s3cret" not in repr(items)


async def test_elements_of_messages_are_fields_through_extensions_groups_and_references() -> None:
    found = fields(await read(Wsdl, HOUSEHOLD), QUERY)
    person = ("name", "formerName[]", "idCard", "sex", "photo", "@checked")
    assert list(found) == [
        "code",
        "message",
        *(f"household[].head.{name}" for name in person),
        *(f"household[].member[].{name}" for name in person),
        "household[].grant",
        "household[].phone",
        "household[].email",
        "household[].parent",
        "@version",
        "idCard",
        "year",
    ]
    id_card = found["household[].head.idCard"]
    assert (id_card.values["data_type"], id_card.values["length"]) == ("C", 18)
    assert id_card.values["aliases"] == ["公民身份号码"]
    assert found["household[].head.name"].values["aliases"] == ["姓名"]
    assert found["household[].head.sex"].values["length"] == 2
    assert (found["household[].grant"].values["data_type"], found["household[].grant"].values["length"]) == ("N", 12)
    assert found["household[].parent"].extra == {"in": ["response"], "again": "Household"}
    assert found["idCard"].extra == {"in": ["request"], "required": True}
    assert found["year"].extra == {"in": ["request"]}
    assert found["@version"].extra["required"] is True


async def test_rpc_with_encoded_arrays() -> None:
    items = await read(Wsdl, PERMITS)
    assert list(things(items, Kind.SYSTEM)) == ["system:urn:permits/Permits"]
    found = fields(items, "resource:urn:permits/Permits/Port.list")
    assert {name: field.extra["in"][0] for name, field in found.items()} == {
        "return[].no": "response",
        "return[].issued": "response",
        "uscc": "request",
        "fee": "request",
        "fee.@currency": "request",
        "bare": "request",
    }
    assert found["fee"].values["data_type"] == "B"


async def test_an_address_and_the_schemas_at_its_server_are_asked() -> None:
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
        if "xsd" in request.query:
            return web.Response(body=(CASES / "wsdl" / f"{request.query['xsd']}.xsd").read_bytes())
        text = HOUSEHOLD.read_text(encoding="utf-8")
        here = f"http://{request.host}"
        return web.Response(text=text.replace('"common.xsd"', f'"{here}/ws/household?xsd=common"'))

    async with serving(ws__household=answer) as base:
        items = await read(Wsdl, config={"url": f"{base}/ws/household?wsdl"})
    assert asked[:2] == ["/ws/household?wsdl", "/ws/household?xsd=common"]
    assert "household[].head.name" in fields(items, QUERY)


async def test_a_schema_at_another_server_is_not_asked(tmp_path: Path) -> None:
    async with serving_files(CASES / "wsdl") as other:
        (tmp_path / "a.wsdl").write_text(
            described(f'<x:import schemaLocation="{other}/common.xsd"/><x:element name="a"/>')
        )
        async with serving_files(tmp_path) as base:
            for items in (await read(Wsdl, config={"url": f"{base}/a.wsdl"}), await read(Wsdl, tmp_path / "a.wsdl")):
                assert codes(items) == ["REF_NOT_READ"]


async def test_a_description_in_gbk_is_read(tmp_path: Path) -> None:
    path = tmp_path / "gbk.wsdl"
    text = HOUSEHOLD.read_text(encoding="utf-8").replace('encoding="UTF-8"', 'encoding="GB2312"')
    path.write_bytes(text.encode("gb18030"))
    assert Wsdl.recognises(path)
    assert things(await read(Wsdl, path), Kind.RESOURCE)[QUERY].values["name"] == "查询低保家庭"


ELEMENT = '<x:element name="a" type="t:A"/>'


def complex_type(inner: str, name: str = 'name="A"') -> str:
    return f"<x:complexType {name}>{inner}</x:complexType>"


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (ELEMENT + complex_type('<x:sequence><x:element name="b" type="t:A"/></x:sequence>'), ["b"]),
        ("<x:element name='a'>" + complex_type('<x:all><x:element ref="t:a"/></x:all>', "") + "</x:element>", ["a"]),
        (ELEMENT + complex_type('<x:complexContent><x:extension base="t:A"/></x:complexContent>'), []),
        (ELEMENT + '<x:simpleType name="A"><x:restriction base="t:A"/></x:simpleType>', ["a"]),
        (
            ELEMENT
            + complex_type('<x:group ref="t:g"/>')
            + '<x:group name="g"><x:all><x:group ref="t:g"/><x:element name="z"/></x:all></x:group>',
            ["z"],
        ),
        ('<x:element name="a"/>', []),
        ("", []),
    ],
)
async def test_schemas_of_every_shape(tmp_path: Path, types: str, expected: list[str]) -> None:
    path = tmp_path / "t.wsdl"
    path.write_text(described(types))
    assert list(fields(await read(Wsdl, path), "resource:u/t/P.o")) == expected


async def test_schemas_that_load_each_other_end(tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        text = (
            f'<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema"><x:include schemaLocation="{other}.xsd"/></x:schema>'
        )
        (tmp_path / f"{one}.xsd").write_text(text)
    path = tmp_path / "t.wsdl"
    path.write_text(described('<x:include schemaLocation="a.xsd"/>', '<import location="t.wsdl"/>'))
    assert codes(await read(Wsdl, path)) == ["REF_NOT_FOUND"]


async def test_types_that_multiply_are_bounded(tmp_path: Path) -> None:
    inner = "".join(f'<x:element name="e{at}" type="t:T%d"/>' for at in range(10))
    types = "".join(
        f'<x:complexType name="T{at}"><x:sequence>{inner.replace("%d", str(at + 1))}</x:sequence></x:complexType>'
        for at in range(20)
    )
    path = tmp_path / "t.wsdl"
    path.write_text(described(f'<x:element name="a" type="t:T0"/>{types}'))
    items = await read(Wsdl, path)
    assert "FIELDS_CUT" in codes(items)
    assert len(things(items, Kind.FIELD)) <= 2_000


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('<!DOCTYPE d [<!ENTITY a "b">]>' + described("<x:element name='a'/>"), "XML_REFUSED"),
        (described("<x:element name='a'/>")[:-20], "XML_REFUSED"),
        (described("<x:a>" * 300 + "</x:a>" * 300), "XML_REFUSED"),
        ("<definitions/>", "FILE_NOT_READ"),
        ("<a xmlns='http://schemas.xmlsoap.org/wsdl/'/>", "FILE_NOT_READ"),
    ],
)
async def test_what_is_no_description_is_a_finding(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "bad.wsdl"
    path.write_text(text)
    (finding,) = findings(await read(Wsdl, path))
    assert (finding.code, finding.severity) == (code, Severity.ERROR)


def test_a_description_is_recognised_and_the_newer_kind_explained(tmp_path: Path) -> None:
    assert Wsdl.recognises(HOUSEHOLD)
    assert Wsdl.recognises(PERMITS)
    assert not Wsdl.recognises(CASES / "wsdl" / "common.xsd")
    path = tmp_path / "two"
    path.write_text('<description xmlns="http://www.w3.org/ns/wsdl"/>')
    assert not Wsdl.recognises(path)
    why = Wsdl.explain(path)
    assert isinstance(why, Finding)
    assert "WSDL 2.0" in why.message
    assert Wsdl.explain(PERMITS) is None


async def test_a_description_without_operations_is_told(tmp_path: Path) -> None:
    path = tmp_path / "none.wsdl"
    path.write_text('<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>')
    assert codes(await read(Wsdl, path)) == ["NO_OPERATIONS"]


async def test_trying_says_what_is_there() -> None:
    connector = Wsdl(Input([PERMITS]))
    assert isinstance(connector, Trying)
    assert await connector.try_out() == ["Found 1 systems, 1 resources, 6 fields."]
