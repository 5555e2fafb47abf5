"""`duplicateCheck` over GraphQL: what is like a proposal, why, what could be shared, and what is said of bad input."""

import asyncio
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from graph.changes import Position, position
from graph.lineage import Lineages
from graph.matching.catalogue import Catalogue
from graph.matching.entries import Entries
from graph.matching.reports import reproduce
from graph.projection import Projection
from registry.commands.check import EXAMPLE, proposal, told
from registry.commands.check import checked as checked_by_command
from registry.imports import ImportOptions, run_import
from registry.settings import load_settings
from resolvers.http import graphql_app
from resolvers.limits import Limits
from resolvers.options import Options
from tests.engines import ENGINES, Engines, wipe
from tests.graph.stating import state
from tests.registry.running import SAMPLE
from tests.resolvers.asking import Api, opened

ALL = """
query ($proposal: ProposalInput!) {
  duplicateCheck(proposal: $proposal) {
    verdict asks unknown rules sequence at document
    candidates {
      id kind name score over compared text level department { id name }
      signals { kind score text words pairs { proposed existing likeness } things evidence }
      system { id name department { name } } resource { id name fields { totalCount } }
    }
    levels { level candidates }
    shareable {
      resource field more levels
      exists {
        id name metBy level shareType updateCycle resource { id name } provider { id name } element { id name }
      }
    }
    requests {
      way proposed fields shareType shareCondition method text provider { id name } resource { id name }
    }
  }
}
"""
PROPOSAL: dict[str, Any] = json.loads(EXAMPLE.read_bytes())
MEANS_TEST = "system:320900/市民政局/家庭经济状况核对系统"
HOUSING = "system:320900/市住建局/住房保障核查系统"


@pytest.fixture(scope="module", params=ENGINES)
async def api(request: pytest.FixtureRequest, engines: Engines) -> Api:
    """The API on the sample, which only the last test adds to."""
    graph = await engines.graph(request.param)
    await wipe(graph)
    with await run_import(graph, [SAMPLE], ImportOptions(source="sample")):
        pass
    return await opened(graph)


async def checked(api: Api, **said: Any) -> Any:
    return (await api.ask(ALL, proposal={**PROPOSAL, **said}))["duplicateCheck"]


async def test_what_does_the_same_is_found_with_reasons_and_nothing_is_written(api: Api) -> None:
    before = await position(api.graph)
    report = await checked(api)
    assert await position(api.graph) == before
    assert (report["verdict"], report["asks"], report["unknown"]) == ("OVERLAP", [], [])
    assert report["rules"].startswith("decree-809@")
    assert report["sequence"] == str(before.sequence)
    systems = [one["system"]["id"] for one in report["candidates"] if one["over"] and one["resource"] is None]
    assert set(systems) == {MEANS_TEST, HOUSING}
    best = report["candidates"][0]
    assert best["id"] == best["system"]["id"] == MEANS_TEST
    assert (best["kind"], best["resource"], best["level"]) == ("SYSTEM", None, "MUNICIPAL")
    signals = {one["kind"]: one for one in best["signals"]}
    assert {"NAME", "MATTER", "FIELDS", "ELEMENTS"} <= signals.keys()
    assert {"proposed": "车辆数量", "existing": "车辆数量", "likeness": 1} in signals["FIELDS"]["pairs"]
    assert "element:320900/公积金月缴存额" in signals["ELEMENTS"]["things"]
    assert all(one["text"] in best["text"] for one in best["signals"])
    assert report["levels"] == [
        {"level": "MUNICIPAL", "candidates": [one["id"] for one in report["candidates"] if one["over"]]}
    ]


async def test_a_resource_comes_with_the_system_that_holds_it(api: Api) -> None:
    report = await checked(api)
    found = {one["resource"]["id"]: one for one in report["candidates"] if one["resource"]}
    held = found["resource:320900/市民政局/居民家庭经济状况核对信息"]
    assert (held["kind"], held["system"]["id"], held["compared"]) == (
        "RESOURCE",
        MEANS_TEST,
        "学生家庭经济状况核查信息",
    )
    assert held["resource"]["fields"] == {"totalCount": 10}


async def test_data_that_exists_is_to_be_shared(api: Api) -> None:
    report = await checked(api)
    fields = {one["field"]: one for one in report["shareable"]}
    assert list(fields) == [name for name in PROPOSAL["resources"][0]["fields"] if name in fields]
    own = fields["学籍号"]["exists"][0]
    assert (own["metBy"], own["provider"]["id"], own["level"]) == ("ELEMENT", "department:320900/市教育局", "MUNICIPAL")
    requests = {one["way"]: one for one in report["requests"]}
    assert requests["OWN"]["proposed"] == ["学籍号"]
    asked = requests["APPROVAL"]
    assert len(asked["fields"]) == len(asked["proposed"])
    assert asked["shareType"] == "CONDITIONAL"
    assert asked["provider"]["name"] in asked["text"]


async def test_a_copy_of_a_system_is_a_duplicate_and_a_novel_one_is_none(api: Api) -> None:
    system = (await api.ask("query ($id: ID!) { system(id: $id) { name description functions duties } }", id=HOUSING))[
        "system"
    ]
    again = await checked(api, **{**system, "name": f"某市{system['name']}（二期）", "resources": None, "reads": None})
    assert (again["verdict"], again["candidates"][0]["id"]) == ("DUPLICATE", HOUSING)
    novel = {
        "name": "古树名木病虫害诊断平台",
        "description": "古树名木病虫害图像的采集、诊断与防治处方",
        "duties": ["古树名木保护"],
    }
    new = await checked(api, **novel, functions=None, resources=None, reads=None)
    assert new["verdict"] == "NONE"
    assert not any(one["over"] for one in new["candidates"])


@pytest.mark.parametrize("name", ["无", "*", "信息管理系统"])
async def test_a_proposal_that_says_nothing_is_unknown_and_asked_for_more(api: Api, name: str) -> None:
    report = (await api.ask(ALL, proposal={"name": name, "description": "无"}))["duplicateCheck"]
    assert report["verdict"] == "UNKNOWN"
    assert {"NAME", "MATTER"} <= set(report["asks"])
    assert not any(one["over"] for one in report["candidates"])


async def test_what_is_not_registered_is_told_and_the_check_goes_on(api: Api) -> None:
    report = await checked(api, department="department:nowhere", reads=["户籍人口基本信息", "没有的资源"])
    assert report["unknown"] == ["department:nowhere", "没有的资源"]
    assert report["verdict"] == "OVERLAP"
    sources = [one for each in report["candidates"] for one in each["signals"] if one["kind"] == "SOURCES"]
    assert sources[0]["things"] == ["resource:320900/市公安局/户籍人口基本信息"]


async def test_the_document_makes_the_report_again_to_the_byte(api: Api) -> None:
    document = (await checked(api))["document"]
    assert reproduce(document.encode()).decode() == document
    said = json.loads(document)
    said["inputs"]["candidates"] = said["inputs"]["candidates"][1:]
    assert reproduce(json.dumps(said).encode()).decode() != document


async def test_the_command_answers_as_the_api_does(api: Api) -> None:
    report = await checked_by_command(api.graph, load_settings(), proposal(EXAMPLE.read_bytes(), "proposal.json"))
    answer = await checked(api)
    del answer["document"]
    for one in answer["candidates"]:
        del one["system"], one["resource"]
    assert orjson.loads(orjson.dumps(told(report))) == answer


async def test_the_same_is_answered_whatever_the_order_of_what_is_proposed(api: Api) -> None:
    first = await checked(api)
    turned = [{**one, "fields": one["fields"][::-1]} for one in PROPOSAL["resources"]]
    second = await checked(api, resources=turned, functions=PROPOSAL["functions"][::-1])
    assert [(one["id"], one["score"]) for one in first["candidates"]] == [
        (one["id"], one["score"]) for one in second["candidates"]
    ]


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"name": "字" * 1_001}, "proposal.name"),
        ({"description": "字" * 20_001}, "proposal.description"),
        ({"duties": ["核查", "\u0000"]}, "proposal.duties[1]"),
        ({"resources": [{"name": "一", "fields": ["字" * 1_001]}]}, "proposal.resources[0].fields[0]"),
        ({"resources": [{"name": f"{n}", "fields": ["字"] * 500} for n in range(7)]}, "proposal.resources"),
    ],
)
async def test_what_cannot_be_compared_is_refused_by_its_place(api: Api, said: Any, place: str) -> None:
    error = await api.error(ALL, proposal={**PROPOSAL, **said})
    assert error["extensions"] == {"code": "BAD_INPUT", "argument": place}
    assert error["message"].startswith(f"{place}: ")


async def test_a_check_takes_the_same_statements_however_much_is_proposed(api: Api) -> None:
    await checked(api)
    await checked(api)
    few = api.statements
    fields = [f"{name}{n}" for n in range(20) for name in PROPOSAL["resources"][0]["fields"]]
    many = [{"name": f"学生家庭经济状况核查信息{n}", "fields": fields} for n in range(5)]
    await checked(api, resources=many)
    assert api.statements <= few


async def test_what_is_stated_later_is_found_by_the_next_check(api: Api, tmp_path: Path) -> None:
    named = {"name": "量子通信密钥分发", "description": "政务专网量子密钥的分发与轮换"}
    nothing = dict.fromkeys(("functions", "duties", "resources", "reads"))
    before = await checked(api, **named, **nothing)
    assert before["verdict"] == "NONE"
    fact = {
        "fact": "system",
        "id": "system:新",
        "name": "量子密钥分发平台",
        "description": "政务专网量子密钥分发、轮换",
    }
    await state(api.graph, tmp_path, [fact])
    after = await checked(api, **named, **nothing)
    assert (after["candidates"][0]["id"], after["verdict"] != "NONE") == ("system:新", True)
    assert int(after["sequence"]) == int(before["sequence"]) + 1


async def test_who_asks_before_all_is_read_is_told_how_far_it_is(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    read, go_on = Catalogue._read, asyncio.Event()

    async def waits(self: Catalogue, entries: Entries, after: int, where: Position) -> None:
        self._done, self._total = 3, 8
        await go_on.wait()
        await read(self, entries, after, where)

    monkeypatch.setattr(Catalogue, "_read", waits)
    lineages = Lineages(api.graph, Projection(api.graph, 0))
    app = graphql_app(api.graph, lineages, options=Options(limits=Limits(seconds=0.1)))
    slow = Api(api.graph, app, api.watch)
    error = await slow.error(ALL, proposal=PROPOSAL)
    assert error["extensions"]["code"] == "TIMEOUT"
    assert "is being read, 37 % so far" in error["message"]
    app._answers._limits = Limits(seconds=60)
    go_on.set()
    assert (await checked(slow))["verdict"] == "OVERLAP"
    await app.close()
    await slow.http.aclose()
