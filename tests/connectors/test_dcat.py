"""DCAT catalogues in every form of RDF, at addresses with pages, and hostile ones."""

import json
from pathlib import Path

import pytest
from aiohttp import web

from connectors.addresses import Policy
from connectors.dcat import Dcat
from connectors.errors import SourceError
from connectors.protocol import Input, Trying
from connectors.rdf import form_of
from graph.facts import Finding, Kind, Severity
from tests.connectors.sources import CASES, codes, fields, findings, links, read, serving, things

FOLDER = CASES / "dcat"
CITY = FOLDER / "city.ttl"
DATA = "https://data.example.gov.cn"
ASSISTANCE = f"resource:{DATA}/ds/assistance"
GRANTS = "resource:https://doi.example/10.1/grants"
MZ = f"department:{DATA}/org/mz"
PREFIXES = "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .\n"


async def test_datasets_are_resources_and_publishers_departments() -> None:
    items = await read(Dcat, CITY)
    resources = things(items, Kind.RESOURCE)
    assert {id: thing.values["name"] for id, thing in resources.items()} == {
        "resource:55555555-aaaa-4bbb-8ccc-000000000005": "公交站点",
        "resource:air-quality": "空气质量",
        ASSISTANCE: "低保对象信息",
        GRANTS: "临时救助发放",
        f"resource:{DATA}/api/assistance": "低保查询接口",
    }
    assert resources[ASSISTANCE].values == {
        "name": "低保对象信息",
        "code": "3070150900001/000001",
        "abstract": "全市低保对象名单",
        "classification": "社会保障",
        "update_cycle": "MONTHLY",
        "published": "2023-06-01",
        "share_type": "UNCONDITIONAL",
        "secrecy": "PUBLIC",
        "format_types": ["csv"],
        "aliases": ["3070150900001/000001"],
        "provider": MZ,
    }
    extra = resources[ASSISTANCE].extra
    assert extra["tags"] == ["poverty", "低保", "救助"]
    assert extra["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert extra["catalogue"] == "盐城市数据目录"
    assert (resources[GRANTS].values["share_type"], resources[GRANTS].values["update_cycle"]) == ("WITHHELD", "YEARLY")
    assert resources[f"resource:{DATA}/api/assistance"].values["share_methods"] == ["API"]
    assert {id: thing.values["name"] for id, thing in things(items, Kind.DEPARTMENT).items()} == {
        "department:市交通局": "市交通局", MZ: "市民政局", "department:市财政局": "市财政局",
    }  # fmt: skip
    assert not findings(items)


async def test_table_schemas_are_fields() -> None:
    found = fields(await read(Dcat, CITY), ASSISTANCE)
    assert {name: (one.values["data_type"], one.values.get("length")) for name, one in found.items()} == {
        "id_card": ("C", 18), "amount": ("N", None), "since": ("D", None),
    }  # fmt: skip
    assert found["id_card"].values["aliases"] == ["身份证号"]


async def test_sources_and_services_are_flows() -> None:
    assert links(await read(Dcat, CITY)) == {
        ("resource:https://elsewhere.example/ds/1", GRANTS),
        (ASSISTANCE, GRANTS),
        (ASSISTANCE, f"resource:{DATA}/api/assistance"),
    }


async def test_every_form_says_the_same() -> None:
    facts = []
    for name in ("city.ttl", "city.rdf", "city.nt", "city.jsonld"):
        assert Dcat.recognises(FOLDER / name)
        items = await read(Dcat, FOLDER / name)
        facts.append(
            [(item.id, item.values) for item in items if not isinstance(item, Finding) and hasattr(item, "id")]
        )
    assert len(facts[0]) == 11
    assert facts[1:] == [facts[0]] * 3


async def test_no_secret_is_taken() -> None:
    assert "s3cret" not in repr(await read(Dcat, CITY))


async def test_the_language_is_a_setting() -> None:
    items = await read(Dcat, config={"paths": [CITY], "language": "en"})
    assert things(items, Kind.RESOURCE)[ASSISTANCE].values["name"] == "Social assistance"
    assert things(items, Kind.DEPARTMENT)[MZ].values["name"] == "Civil Affairs"


async def test_a_context_at_an_address_is_never_loaded(tmp_path: Path) -> None:
    asked = []

    async def context(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({"@context": {"title": "http://purl.org/dc/terms/title"}})

    async with serving(**{"context.jsonld": context}) as base:
        tree = json.loads((FOLDER / "catalog.jsonld").read_text(encoding="utf-8"))
        here = f"{base}/context.jsonld"
        tree["@context"] = [here, {"x": {"@id": "u:x", "@context": here}, "@import": here}]
        tree["dataset"][0]["distribution"][0]["@context"] = here
        (tmp_path / "c.jsonld").write_text(json.dumps(tree))
        items = await read(Dcat, tmp_path / "c.jsonld")
    assert not asked
    assert codes(items) == ["CONTEXT_NOT_LOADED"]
    (school,) = things(items, Kind.RESOURCE).values()
    assert (school.values["name"], school.values["format_types"]) == ("学校名录", ["csv"])


async def test_an_address_is_asked_for_rdf_and_its_pages_followed() -> None:
    asked = []

    async def page(request: web.Request) -> web.Response:
        at = int(request.query.get("page", 1))
        asked.append((at, request.headers["Accept"].partition(",")[0], request.headers.get("X-Key")))
        text = f'{PREFIXES}<http://d/{at}> a dcat:Dataset ; dct:title "d{at}" ; dct:publisher <http://d/p> .\n'
        headers = {}
        if at == 1:
            text += "<catalog> <http://www.w3.org/ns/hydra/core#next> <catalog?page=2> ."
        elif at == 2:
            headers["Link"] = f'<{request.path}?page=3>; rel="next"'
        elif at == 3:
            text += f"<catalog> <http://www.w3.org/ns/hydra/core#nextPage> <http://{request.host}/catalog> ."
        return web.Response(text=text, content_type="text/turtle", headers=headers)

    async with serving(catalog=page) as base:
        items = await read(Dcat, config={"url": f"{base}/catalog", "headers": {"X-Key": {"env": "HOME"}}})
    assert [at for at, accept, key in asked if accept == "text/turtle" and key] == [1, 2, 3]
    assert list(things(items, Kind.RESOURCE)) == ["resource:http://d/1", "resource:http://d/2", "resource:http://d/3"]
    assert list(things(items, Kind.DEPARTMENT)) == ["department:http://d/p"]
    assert not findings(items)


async def test_a_next_page_at_another_server_is_not_asked() -> None:
    async def page(request: web.Request) -> web.Response:
        following = "<u:> <http://www.w3.org/ns/hydra/core#next> <http://127.0.0.1:1/> ."
        text = f"{PREFIXES}<http://d/1> a dcat:Dataset . {following}"
        return web.Response(text=text, content_type="text/turtle")

    async with serving(catalog=page) as base:
        items = await read(Dcat, config={"url": f"{base}/catalog"})
        with pytest.raises(SourceError):
            await read(Dcat, config={"url": f"{base}/none"})
        with pytest.raises(SourceError, match="loopback"):
            await read(Dcat, addresses=Policy(), config={"url": f"{base}/catalog"})
    assert codes(items) == ["PAGES_MISSING"]
    assert "resource:http://d/1" in things(items, Kind.RESOURCE)


LAUGHS = """<?xml version="1.0"?><!DOCTYPE rdf:RDF [<!ENTITY a "aaa"><!ENTITY b "&a;&a;">]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dcat="http://www.w3.org/ns/dcat#">&b;</rdf:RDF>"""


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (LAUGHS, "XML_REFUSED", "entities"),
        ("<?xml version='1.0'?><rdf:RDF>", "XML_REFUSED", "no proper XML"),
        ("<?xml version='1.0'?><a/>", "NO_DATASETS", "no dataset"),
        (PREFIXES + "<a> a dcat:Dataset ;", "FILE_NOT_READ", "no proper Turtle"),
        (
            PREFIXES + "<a> dct:title " + "[ dct:title " * 3_000 + "1" + "]" * 3_000 + " .",
            "FILE_NOT_READ",
            "",
        ),
        (PREFIXES + "<a> dct:title " + "( " * 3_000 + ") " * 3_000 + " .", "FILE_NOT_READ", ""),
        ('{"@graph": ' + "[" * 300 + "]" * 300 + "}", "FILE_NOT_READ", "nested more than"),
        ('{"@context": 7, "@id": "a"}', "FILE_NOT_READ", "no proper JSON-LD"),
        ('{"@graph": [', "FILE_NOT_READ", "no proper JSON"),
        ("[]", "NO_DATASETS", "no dataset"),
        ('{"@id": "u:g", "@graph": [{"@id": "u:a", "u:b": 1}]}', "NO_DATASETS", "no dataset"),
        ("<http://a> <http://b> <http://c> .\n<http://a> <http://b .\n", "FILE_NOT_READ", "no proper N-Triples"),
        ("", "FILE_NOT_READ", "empty"),
    ],
)
async def test_what_is_no_catalogue_is_a_finding(tmp_path: Path, text: str, code: str, says: str) -> None:
    path = tmp_path / "bad"
    path.write_text(text)
    (finding,) = findings(await read(Dcat, path))
    assert (finding.code, finding.severity is Severity.ERROR) == (code, code != "NO_DATASETS")
    assert says in finding.message


async def test_xml_in_a_text_is_not_parsed(tmp_path: Path) -> None:
    bomb = "<!DOCTYPE a [<!ENTITY x 'lol'>]><a>&x;</a>"
    path = tmp_path / "a.ttl"
    path.write_text(
        f'{PREFIXES}<http://a> a dcat:Dataset ; dct:title "t" ; '
        f'dct:description "{bomb}"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral> .'
    )
    (thing,) = things(await read(Dcat, path), Kind.RESOURCE).values()
    assert thing.values["abstract"] == bomb


@pytest.mark.parametrize(
    "text",
    [
        '[ a dcat:Dataset ] .',
        '<http://a> a dcat:Dataset ; dct:title "" ; dct:publisher [], "", <> ; dct:identifier 5, "" .',
        '<http://a> a dcat:Dataset, dcat:DataService ; dct:source <http://a>, "x", [] .',
        '<http://a> a dcat:Dataset ; dct:issued "soon" ; dct:accrualPeriodicity [], [] ; dct:accessRights "?" .',
        '<http://a> a dcat:Dataset ; dct:conformsTo <http://s> .'
        ' <http://s> <http://www.w3.org/ns/csvw#tableSchema> <http://s> ;'
        ' <http://www.w3.org/ns/csvw#column> _:l . _:l <http://www.w3.org/1999/02/22-rdf-syntax-ns#first> 1 ;'
        ' <http://www.w3.org/1999/02/22-rdf-syntax-ns#rest> _:l .',
        '<urn:x> a dcat:Dataset ; dct:title "\\u0000\\u0001" .',
        '<http://a/' + "x" * 1_000 + '> a dcat:Dataset .',
    ],
)  # fmt: skip
async def test_datasets_of_any_shape_are_taken_or_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.ttl"
    path.write_text(PREFIXES + text)
    items = await read(Dcat, path)
    for thing in things(items, Kind.RESOURCE).values():
        assert thing.values["name"]
        assert len(thing.id) <= 300
    assert items


def test_forms_are_told_apart() -> None:
    said = {
        b"<?xml version='1.0'?>": "xml",
        b"<rdf:RDF xmlns:rdf='x'>": "xml",
        b'{"@graph": []}': "json-ld",
        b'[{"@id": "a"}]': "json-ld",
        b"[ a <http://x> ] .": "turtle",
        b"@prefix a: <b> .": "turtle",
        b'# c\n<http://a> <http://b> "c"@en .\n': "nt",
        b"<http://a> <http://b> <http://c>, <http://d> .": "turtle",
    }
    assert {content: form_of(content) for content in said} == said
    assert form_of(b"x", "application/ld+json") == "json-ld"


def test_a_catalogue_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for text in (
        "dcat: is a word",
        '{"a": "http://www.w3.org/ns/dcat#"}',
        "<a>http://www.w3.org/ns/dcat#</a>",
        "",
        "{",
    ):
        path.write_text(text)
        assert not Dcat.recognises(path)
    assert Dcat.recognises(FOLDER / "catalog.jsonld")


async def test_trying_says_what_is_there() -> None:
    connector = Dcat(Input([CITY]))
    assert isinstance(connector, Trying)
    assert await connector.try_out() == ["Found 3 departments, 5 resources, 3 fields."]
