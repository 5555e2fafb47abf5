"""CKAN: recorded answers, and a server that answers as a CKAN does, or not."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from connectors.ckan import Ckan
from connectors.errors import SourceError
from connectors.harvest import home_id, share_type, update_cycle
from connectors.protocol import Input, Trying
from graph.facts import Kind, Severity
from tests.connectors.sources import CASES, HERE, Handler, Item, codes, fields, findings, read, serving, things

SEARCH = CASES / "ckan" / "package_search.json"
SHOW = CASES / "ckan" / "package_show.json"
ASSISTANCE = "resource:33333331-aaaa-4bbb-8ccc-000000000001"
STOPS = "resource:55555555-aaaa-4bbb-8ccc-000000000005"


def packages() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(SEARCH.read_text(encoding="utf-8"))["result"]["results"]
    return found


COLUMNS = [
    {"id": "_id", "type": "int"},
    {"id": "id_card", "type": "text", "info": {"label": "身份证号", "notes": "公民身份号码"}},
    {"id": "since", "type": "timestamp"},
    {"id": "amount", "type": "numeric"},
]


class Portal:
    """A CKAN: its datasets, and what it was asked."""

    def __init__(self, datasets: list[dict[str, Any]], page: int = 1000) -> None:
        self.datasets = datasets
        self.page = page
        self.asked: list[Mapping[str, str]] = []
        self.broken = False

    def handlers(self) -> dict[str, Handler]:
        return {"api__3__action__package_search": self.search, "api__3__action__datastore_search": self.columns}

    async def search(self, request: web.Request) -> web.Response:
        self.asked.append({**request.query, "key": request.headers.get("Authorization", "")})
        start, rows = int(request.query.get("start", 0)), min(int(request.query["rows"]), self.page)
        result = {"count": len(self.datasets), "results": self.datasets[start : start + rows]}
        return web.json_response({"success": True, "result": result})

    async def columns(self, request: web.Request) -> web.Response:
        if self.broken:
            return web.json_response({"success": False, "error": {"message": "s3cret"}}, status=403)
        self.asked.append(request.query)
        return web.json_response({"success": True, "result": {"fields": COLUMNS, "records": []}})


async def harvest(portal: Portal, **config: Any) -> list[Item]:
    async with serving(**portal.handlers()) as base:
        return await read(Ckan, config={"url": f"{base}/dataset", **config})


async def test_datasets_are_resources_and_organisations_departments() -> None:
    items = await read(Ckan, SEARCH)
    departments = things(items, Kind.DEPARTMENT)
    assert {id: thing.values["name"] for id, thing in departments.items()} == {
        "department:11111111-aaaa-4bbb-8ccc-000000000001": "市民政局",
        "department:66666666-aaaa-4bbb-8ccc-000000000006": "市交通局",
    }
    resources = things(items, Kind.RESOURCE)
    assert [thing.values["name"] for thing in resources.values()] == [
        "低保对象信息",
        "临时救助发放",
        "公交站点",
        "空气质量",
    ]
    one = resources[ASSISTANCE]
    assert one.values == {
        "name": "低保对象信息",
        "code": "social-assistance",
        "abstract": "全市低保对象名单，按月更新。",
        "classification": "社会保障",
        "update_cycle": "MONTHLY",
        "published": "2023-06-01",
        "format_types": ["csv", "pdf"],
        "open": True,
        "provider": "department:11111111-aaaa-4bbb-8ccc-000000000001",
    }
    assert one.extra["tags"] == ["低保", "救助"]
    assert one.extra["license"] == "Creative Commons Attribution"
    assert not one.given_id
    other = resources["resource:33333332-aaaa-4bbb-8ccc-000000000002"].values
    assert (other["update_cycle"], other["published"]) == ("QUARTERLY", "2024-03-05")
    assert list(fields(items, "resource:33333332-aaaa-4bbb-8ccc-000000000002")) == ["id_card", "amount"]
    air = resources["resource:urn:x-gov:air:1"]
    assert air.values["open"] is False
    assert "provider" not in air.values
    assert not findings(items)


async def test_no_login_is_taken() -> None:
    for what in ("datasets", "both"):
        told = repr(await read(Ckan, config={"paths": [SEARCH], "entries": what}))
        assert "s3cret" not in told
        assert "Abc12345" not in told


async def test_a_dataset_keeps_the_id_of_its_first_publisher() -> None:
    harvested, own = await read(Ckan, SEARCH), await read(Ckan, SHOW)
    assert STOPS in things(harvested, Kind.RESOURCE)
    assert list(things(own, Kind.RESOURCE)) == [STOPS]
    providers = {things(items, Kind.RESOURCE)[STOPS].values["provider"] for items in (harvested, own)}
    assert providers == {"department:66666666-aaaa-4bbb-8ccc-000000000006"}
    assert things(harvested, Kind.RESOURCE)[STOPS].extra["harvested"] is True
    assert things(harvested, Kind.RESOURCE)[STOPS].values["update_cycle_text"] == "whenever the wind turns"


@pytest.mark.parametrize(
    ("own", "said", "expected"),
    [
        ("abc", [], "abc"),
        ("abc", [None, "12"], "abc"),
        ("abc", ["https://a/dataset/55555555-AAAA-4bbb-8ccc-000000000005/"], "55555555-aaaa-4bbb-8ccc-000000000005"),
        ("abc", ["urn:uuid:55555555-aaaa-4bbb-8ccc-000000000005"], "55555555-aaaa-4bbb-8ccc-000000000005"),
        ("abc", ["12", "https://a/x/"], "https://a/x"),
        ("abc", ["https://a/dataset/name"], "https://a/dataset/name"),
        ("55555555-aaaa-4bbb-8ccc-000000000005", [], "55555555-aaaa-4bbb-8ccc-000000000005"),
    ],
)
def test_home_ids(own: str, said: list[str | None], expected: str) -> None:
    assert home_id(own, said) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R/P1M", "MONTHLY"),
        ("http://purl.org/cld/freq/daily", "DAILY"),
        ("http://publications.europa.eu/resource/authority/frequency/ANNUAL_2", "HALF_YEARLY"),
        ("每年", "YEARLY"),
        ("as needed", "IRREGULAR"),
        ("http://publications.europa.eu/resource/authority/frequency/UNKNOWN", None),
        ("sometimes", "OTHER"),
        (None, None),
        ("", None),
    ],
)
def test_update_cycles(text: str | None, expected: str | None) -> None:
    assert update_cycle(text) == expected


def test_share_types() -> None:
    base = "http://publications.europa.eu/resource/authority/access-right/"
    said = ("PUBLIC", "RESTRICTED", "NON_PUBLIC", "OTHER")
    expected = ["UNCONDITIONAL", "CONDITIONAL", "WITHHELD", None, "UNCONDITIONAL", None]
    assert [share_type(text) for text in (*(base + word for word in said), "无条件共享", None)] == expected


async def test_a_jurisdiction_names_its_departments() -> None:
    items = await read(Ckan, SEARCH, jurisdiction="jurisdiction:320900")
    assert {id: thing.values.get("jurisdiction") for id, thing in things(items, Kind.DEPARTMENT).items()} == {
        "department:320900/市民政局": "jurisdiction:320900",
        "department:320900/市交通局": "jurisdiction:320900",
    }


async def test_a_ckan_is_asked_page_by_page_with_the_columns_of_its_tables() -> None:
    numbered = [{**packages()[1], "id": f"n{at}", "name": f"n{at}", "extras": []} for at in range(230)]
    portal = Portal([packages()[0], *numbered])
    items = await harvest(portal, filter="organization:x")
    assert [(one.get("start"), one.get("fq")) for one in portal.asked if "rows" in one] == [
        ("0", "organization:x"),
        ("100", "organization:x"),
        ("200", "organization:x"),
    ]
    assert len(things(items, Kind.RESOURCE)) == 231
    found = fields(items, ASSISTANCE)
    assert {name: (one.values["data_type"], one.values.get("aliases")) for name, one in found.items()} == {
        "id_card": ("C", ["身份证号", "公民身份号码"]),
        "since": ("T", None),
        "amount": ("N", None),
    }
    assert found["since"].extra == {"table": "名单"}
    assert things(items, Kind.RESOURCE)[ASSISTANCE].extra["address"].endswith("/dataset/social-assistance")
    assert not findings(items)


async def test_the_parts_of_datasets_may_be_the_resources() -> None:
    items = await harvest(Portal(packages()[:1]), entries="resources")
    resources = things(items, Kind.RESOURCE)
    assert {id: thing.values["name"] for id, thing in resources.items()} == {
        "resource:44444441-aaaa-4bbb-8ccc-000000000001": "低保对象信息 / 名单",
        "resource:44444442-aaaa-4bbb-8ccc-000000000002": "低保对象信息 / 说明",
    }
    assert list(fields(items, "resource:44444441-aaaa-4bbb-8ccc-000000000001")) == ["id_card", "since", "amount"]
    both = await harvest(Portal(packages()[:1]), entries="both")
    assert set(things(both, Kind.RESOURCE)) == {ASSISTANCE, *resources}
    assert len(things(both, Kind.DEPARTMENT)) == 1


async def test_fields_are_not_asked_for_when_they_are_not_wanted() -> None:
    portal = Portal(packages())
    items = await harvest(portal, fields=False)
    assert not fields(items, ASSISTANCE)
    assert all("rows" in one for one in portal.asked)


async def test_columns_that_cannot_be_asked_for_are_told() -> None:
    portal = Portal(packages()[:1])
    portal.broken = True
    items = await harvest(portal)
    assert ASSISTANCE in things(items, Kind.RESOURCE)
    (finding,) = findings(items)
    assert (finding.code, finding.severity) == ("FIELDS_NOT_READ", Severity.ERROR)
    assert "s3cret" not in finding.message


async def test_a_server_that_gives_the_same_page_for_ever_ends_and_is_told() -> None:
    class Stuck(Portal):
        async def search(self, request: web.Request) -> web.Response:
            self.asked.append(request.query)
            return web.json_response({"success": True, "result": {"count": 10**9, "results": self.datasets[:2]}})

    portal = Stuck(packages())
    items = await harvest(portal, fields=False)
    assert len(portal.asked) == 2
    assert codes(items) == ["PAGES_MISSING"]
    assert len(things(items, Kind.RESOURCE)) == 2


@pytest.mark.parametrize(
    "answer", ["[]", "{}", "no", '{"success": false, "result": {}}', '{"success": true, "result": []}']
)
async def test_what_is_no_ckan_raises(answer: str) -> None:
    async def say(request: web.Request) -> web.Response:
        return web.Response(text=answer)

    async with serving(api__3__action__package_search=say) as base:
        with pytest.raises(SourceError):
            await read(Ckan, config={"url": f"{base}/api/3/action/package_search?q=x"})


async def test_a_list_of_names_and_a_page_of_several_are_told(tmp_path: Path) -> None:
    assert codes(await read(Ckan, CASES / "ckan" / "package_list.json")) == ["NAMES_ONLY"]
    page = json.loads(SEARCH.read_text(encoding="utf-8"))
    page["result"]["count"] = 500
    (tmp_path / "page.json").write_text(json.dumps(page))
    assert codes(await read(Ckan, tmp_path / "page.json")) == ["PAGE_ONLY"]


@pytest.mark.parametrize(
    "package",
    [
        7, None, [], {}, {"id": 5},
        {"id": "x", "title": 3, "tags": 3, "groups": {}, "resources": "r", "extras": [1, {"key": 2}]},
        {"name": "y", "organization": [], "extras": {"guid": {}, "frequency": []}},
        {"name": "z", "resources": [None, {"schema": {"fields": [3, {"name": 5}, {"name": "ok"}]}, "format": 3}]},
        {"id": "\u0000", "name": "\u0001\u200b"}, {"id": "x" * 1000, "title": "t" * 100_000},
    ],
)  # fmt: skip
async def test_a_dataset_of_any_shape_is_taken_or_told(tmp_path: Path, package: Any) -> None:
    path = tmp_path / "odd.json"
    path.write_text(json.dumps({"success": True, "result": {"count": 1, "results": [package]}}))
    for thing in things(await read(Ckan, path), Kind.RESOURCE).values():
        assert thing.id.startswith("resource:")
        assert thing.values["name"]


async def test_ten_thousand_columns_are_cut(tmp_path: Path) -> None:
    package = {"id": "wide", "resources": [{"schema": {"fields": [{"name": f"c{at}"} for at in range(10_000)]}}]}
    path = tmp_path / "wide.json"
    path.write_text(json.dumps({"success": True, "result": package}))
    items = await read(Ckan, path)
    assert len(fields(items, "resource:wide")) == 2_000
    assert codes(items) == ["FIELDS_CUT"]


@pytest.mark.parametrize("text", ["[]", "{", '{"success": true}', '"x"'])
async def test_what_is_no_answer_is_a_finding(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    assert codes(await read(Ckan, path)) == ["FILE_NOT_READ"]


def test_answers_are_recognised(tmp_path: Path) -> None:
    assert Ckan.recognises(SEARCH)
    assert Ckan.recognises(SHOW)
    path = tmp_path / "x"
    for text in ("{}", '{"success": true, "result": {"id": 1}}', '{"success": false, "result": {"results": []}}', "x"):
        path.write_text(text)
        assert not Ckan.recognises(path)


async def test_trying_says_how_many_there_are() -> None:
    async with serving(**Portal(packages()).handlers()) as base:
        config = Ckan.config.model_validate({"url": base})
        connector = Ckan(Input([], config=config, addresses=HERE))
        assert isinstance(connector, Trying)
        assert await connector.try_out() == ["The CKAN answers; it has 5 datasets for this source."]
