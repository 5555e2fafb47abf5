"""The catalogue finds what a proposal is like, is never older than the last write, and tells what the graph says."""

import asyncio
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from graph.engine import Graph
from graph.facts import Kind
from graph.matching.catalogue import Catalogue, Found
from graph.matching.proposals import Body, Candidate, HeldField, Named
from tests.engines import wipe
from tests.graph.stating import state

CITY, COUNTY = "jurisdiction:320900", "jurisdiction:320904"
CIVIL, OFFICE, TAX = "department:民政局", "department:民政局/救助处", "department:税务局"
AID, DESK = "system:低保", "system:大厅"
HOUSEHOLDS, PAID, LAND = "resource:低保对象", "resource:发放", "resource:不动产"

FACTS: list[dict[str, Any]] = [
    {"fact": "jurisdiction", "id": CITY, "name": "盐城市", "level": "MUNICIPAL", "within": "jurisdiction:320000"},
    {"fact": "jurisdiction", "id": "jurisdiction:320000", "name": "江苏省", "level": "PROVINCIAL"},
    {"fact": "jurisdiction", "id": COUNTY, "name": "大丰区", "level": "COUNTY", "within": CITY},
    {"fact": "department", "id": CIVIL, "name": "民政局", "jurisdiction": CITY},
    {"fact": "department", "id": OFFICE, "name": "救助处", "jurisdiction": COUNTY, "part_of": CIVIL},
    {"fact": "department", "id": TAX, "name": "税务局", "jurisdiction": CITY},
    {"fact": "element", "id": "element:身份", "name": "公民身份号码"},
    {
        "fact": "system",
        "id": AID,
        "name": "城乡居民低保信息管理系统",
        "aliases": ["最低生活保障平台"],
        "description": "低保申请、审核和发放",
        "functions": ["家庭经济状况核对"],
        "duties": ["社会救助"],
        "department": OFFICE,
    },
    {"fact": "system", "id": DESK, "name": "统一身份认证", "class": "支撑系统", "department": TAX},
    {
        "fact": "resource",
        "id": HOUSEHOLDS,
        "name": "低保对象信息",
        "abstract": "享受低保的家庭和成员",
        "system": AID,
        "share_type": "CONDITIONAL",
        "share_condition": "须经审批",
        "share_methods": ["接口"],
        "update_cycle": "MONTHLY",
    },
    {"fact": "resource", "id": PAID, "name": "救助金发放", "system": AID, "provider": CIVIL, "duties": ["资金发放"]},
    {"fact": "resource", "id": LAND, "name": "不动产登记", "provider": TAX, "share_type": "UNCONDITIONAL"},
    {"fact": "field", "id": "field:1", "name": "身份证号", "resource": HOUSEHOLDS, "element": "element:身份"},
    {"fact": "field", "id": "field:2", "name": "姓名", "resource": HOUSEHOLDS},
    {"fact": "field", "id": "field:3", "name": "姓名", "resource": PAID, "share_type": "WITHHELD"},
    {"fact": "field", "id": "field:4", "name": "姓 名", "resource": LAND},
    {"fact": "field", "id": "field:5", "name": "权利人证件号", "resource": LAND, "element": "element:身份"},
    {"fact": "field", "id": "field:6", "name": "*", "resource": LAND},
    {"fact": "feeds", "from": "field:5", "to": "field:1", "job": "比对"},
    {"fact": "feeds", "from": LAND, "to": PAID},
    {"fact": "reads", "system": DESK, "resource": HOUSEHOLDS},
]


async def catalogue_of(graph: Graph, folder: Path, facts: Iterable[Mapping[str, Any]] = FACTS) -> Catalogue:
    await state(graph, folder, facts)
    return Catalogue(graph)


async def test_things_are_found_by_name_alias_matter_and_what_they_hold(graph: Graph, tmp_path: Path) -> None:
    catalogue = await catalogue_of(graph, tmp_path)
    assert catalogue.progress.state == "EMPTY"
    assert await catalogue.candidates(["大丰区城鄉居民低保系统"], most=1) == [AID]
    assert (await catalogue.candidates(["最低生活保障"]))[0] == AID
    assert (await catalogue.candidates(["核查"], ["核对申请家庭的经济状况"]))[0] == AID
    assert await catalogue.candidates(["救助金的发放"], kinds=[Kind.SYSTEM]) == [AID]
    assert (await catalogue.candidates(["救助金的发放"]))[0] == PAID
    assert await catalogue.candidates(["不动产"], kinds=[Kind.RESOURCE]) == [LAND]
    assert await catalogue.candidates(["无", "*"], ["暂无"]) == []
    element = Named("element:身份", "公民身份号码")
    assert await catalogue.elements_called(["公民 身份號碼", "身份"]) == {"公民 身份號碼": element}
    assert await catalogue.called(["救助金 發放", "救助金"], Kind.RESOURCE) == {"救助金 發放": [PAID], "救助金": []}
    assert await catalogue.called(["救助金发放"], Kind.SYSTEM) == {"救助金发放": []}
    progress = catalogue.progress
    assert (progress.state, progress.things, progress.fields) == ("READY", 6, 5)
    assert progress.done == progress.total == catalogue.sequence


async def test_each_kind_has_its_share_of_the_candidates(graph: Graph, tmp_path: Path) -> None:
    many = [{"fact": "resource", "id": f"resource:{n:02}", "name": "低保发放"} for n in range(30)]
    catalogue = await catalogue_of(graph, tmp_path, [*FACTS, *many])
    found = await catalogue.candidates(["低保发放"], most=10)
    assert found[:8] == [f"resource:{n:02}" for n in range(8)]
    assert AID in found
    assert len(found) == 10


async def test_records_say_what_the_graph_says(graph: Graph, tmp_path: Path) -> None:
    catalogue = await catalogue_of(graph, tmp_path)
    above = (CIVIL, CITY, "jurisdiction:320000")
    office = Body(OFFICE, "救助处", COUNTY, "COUNTY", above)
    element = Named("element:身份", "公民身份号码")
    tax = Body(TAX, "税务局", CITY, "MUNICIPAL", ("jurisdiction:320000",))
    read = await catalogue.records([PAID, AID, DESK, HOUSEHOLDS, "resource:none"])
    assert read.settled
    assert read.sequence == catalogue.sequence
    paid, aid, desk, households = read.candidates
    assert aid == Candidate(
        AID,
        "system",
        "城乡居民低保信息管理系统",
        ("最低生活保障平台",),
        ("低保申请、审核和发放", "家庭经济状况核对"),
        ("社会救助",),
        (HeldField("姓名"), HeldField("身份证号", element)),
        office,
        parts=("低保对象信息", "救助金发放"),
    )
    held = Named(HOUSEHOLDS, "低保对象信息")
    assert desk == Candidate(DESK, "system", "统一身份认证", department=tax, reads=(held,), component=True)
    assert (households.department, households.reads) == (office, (Named(LAND, "不动产登记"),))
    assert households.fields == (HeldField("姓名"), HeldField("身份证号", element))
    assert paid.department == Body(CIVIL, "民政局", CITY, "MUNICIPAL", ("jurisdiction:320000",))
    assert (paid.matter, paid.duties, paid.reads) == ((), ("资金发放",), (Named(LAND, "不动产登记"),))


async def test_fields_that_exist_are_told_most_readily_shared_first(graph: Graph, tmp_path: Path) -> None:
    catalogue = await catalogue_of(graph, tmp_path)
    found = await catalogue.fields_named(["姓名", "*", "不存在"], first=2)
    assert [(field.id, field.share_type) for field in found["姓名"].fields] == [
        ("field:4", "UNCONDITIONAL"),
        ("field:2", "CONDITIONAL"),
    ]
    assert found["姓名"].more == 1
    assert found["*"] == found["不存在"] == Found((), 0)
    field = found["姓名"].fields[1]
    assert (field.resource, field.share_condition) == (Named(HOUSEHOLDS, "低保对象信息"), "须经审批")
    assert (field.share_methods, field.update_cycle) == (("接口",), "MONTHLY")
    assert field.provider
    assert field.provider.id == OFFICE
    carrying = (await catalogue.fields_carrying(["element:身份"]))["element:身份"]
    assert [(field.id, field.name) for field in carrying.fields] == [
        ("field:5", "权利人证件号"),
        ("field:1", "身份证号"),
    ]


async def test_what_is_written_is_found_at_once_and_what_is_gone_is_not(graph: Graph, tmp_path: Path) -> None:
    catalogue = await catalogue_of(graph, tmp_path)
    other = Catalogue(graph)
    assert await other.candidates(["不动产登记"]) == [LAND]
    await state(graph, tmp_path, [{"fact": "resource", "id": LAND, "name": "宅基地确权"}])
    for one in (catalogue, other):
        assert await one.candidates(["不动产登记"]) == []
        assert await one.candidates(["宅基地"]) == [LAND]
    await state(graph, tmp_path, [fact for fact in FACTS if fact.get("id") != LAND], full=True)
    assert await other.candidates(["宅基地"]) == []
    assert [field.id for field in (await other.fields_named(["姓名"]))["姓名"].fields] == ["field:2", "field:3"]
    assert (await other.records([LAND])).candidates == ()


async def test_what_is_only_referred_to_is_no_candidate(graph: Graph, tmp_path: Path) -> None:
    facts = [{"fact": "reads", "system": "system:税收征管", "resource": "resource:税收"}]
    catalogue = await catalogue_of(graph, tmp_path, facts)
    assert await catalogue.candidates(["税收征管", "税收"]) == []
    assert (await catalogue.records(["system:税收征管"])).candidates == ()


async def test_a_thing_that_moves_takes_its_names_along(graph: Graph, tmp_path: Path) -> None:
    catalogue = await catalogue_of(graph, tmp_path)
    assert (await catalogue.candidates(["救助金发放"], kinds=[Kind.SYSTEM]))[0] == AID
    await state(graph, tmp_path, [{"fact": "resource", "id": PAID, "system": DESK}])
    assert (await catalogue.candidates(["救助金发放"], kinds=[Kind.SYSTEM]))[0] == DESK
    aid, desk = (await catalogue.records([AID, DESK])).candidates
    assert (aid.parts, desk.parts) == (("低保对象信息",), ("救助金发放",))


async def test_a_graph_put_back_is_filled_anew(graph: Graph, tmp_path: Path) -> None:
    catalogue = await catalogue_of(graph, tmp_path)
    assert await catalogue.candidates(["不动产登记"]) == [LAND]
    await wipe(graph)
    assert await catalogue.candidates(["不动产登记"]) == []
    for number in range(12):  # more changes than the graph had before
        await state(graph, tmp_path, [{"fact": "system", "id": f"system:{number}", "name": f"渔船检验{number}"}])
    assert len(await catalogue.candidates(["渔船检验"])) == 12
    assert await catalogue.candidates(["低保"]) == []


async def test_questions_share_a_look_at_the_graph_and_statements_do_not_grow(graph: Graph, tmp_path: Path) -> None:
    catalogue = await catalogue_of(graph, tmp_path)
    before = graph.statements
    answers = await asyncio.gather(*(catalogue.candidates(["低保"]) for _ in range(20)))
    assert all(answer == answers[0] for answer in answers)
    assert graph.statements - before <= 5
    await state(graph, tmp_path, [{"fact": "system", "id": AID, "name": "渔船检验"}])
    before = graph.statements
    assert await catalogue.candidates(["渔船"]) == [AID]
    assert graph.statements - before == 4
    counts = []
    for ids in ([AID], [AID, DESK, HOUSEHOLDS, PAID, LAND]):
        before = graph.statements
        await catalogue.records(ids)
        counts.append(graph.statements - before)
    assert counts[0] <= counts[1] <= 4
    before = graph.statements
    await catalogue.fields_named(["姓名", "身份证号", "权利人证件号"])
    assert graph.statements - before == 2


async def test_an_element_is_meant_by_a_name_that_it_alone_has(graph: Graph, tmp_path: Path) -> None:
    facts = [
        {"fact": "element", "id": "element:1", "name": "姓名", "aliases": ["名字", "称呼"]},
        {"fact": "element", "id": "element:2", "name": "名字", "aliases": ["称呼"]},
    ]
    catalogue = await catalogue_of(graph, tmp_path, facts)
    one, two = Named("element:1", "姓名"), Named("element:2", "名字")
    assert await catalogue.elements_called(["姓 名", "名字", "称呼", "*", "性别"]) == {"姓 名": one, "名字": two}
    await state(graph, tmp_path, [{"fact": "element", "id": "element:2", "name": "曾用名", "aliases": []}])
    assert await catalogue.elements_called(["名字", "称呼"]) == {"名字": one, "称呼": one}


def random_facts(chance: random.Random, count: int) -> list[dict[str, Any]]:
    words = ["低保", "救助", "发放", "登记", "不动产", "渔船", "检验", "税收", "的", "系统"]

    def text() -> str:
        return "".join(chance.choices(words, k=chance.randint(1, 3)))

    facts: list[dict[str, Any]] = []
    for _ in range(count):
        number = chance.randint(0, 8)
        facts.append(
            chance.choice(
                [
                    {"fact": "system", "id": f"system:{number}", "name": text(), "functions": [text()]},
                    {
                        "fact": "resource",
                        "id": f"resource:{number}",
                        "name": text(),
                        "abstract": text(),
                        "system": f"system:{chance.randint(0, 8)}",
                        "share_type": chance.choice(["UNCONDITIONAL", "WITHHELD", None]),
                    },
                    {
                        "fact": "field",
                        "id": f"field:{number}",
                        "name": chance.choice(words),
                        "resource": f"resource:{chance.randint(0, 8)}",
                        "element": chance.choice(["element:1", None]),
                    },
                    {"fact": "element", "id": "element:1", "name": text()},
                ]
            )
        )
    return list({fact["id"]: fact for fact in facts}.values())


async def answers(catalogue: Catalogue) -> list[Any]:
    everything = [f"{kind}:{number}" for kind in ("system", "resource") for number in range(9)]
    return [
        [
            await catalogue.candidates([name], [name + "发放"], most=most)
            for name in ("低保", "渔船登记")
            for most in (3, 50)
        ],
        await catalogue.elements_called(["登记", "低保", "渔船", "发放", "检验"]),
        await catalogue.called(["低保", "渔船登记"], Kind.SYSTEM),
        await catalogue.names(["element:1", *everything]),
        await catalogue.frequencies(["低", "低保", "渔船"]),
        await catalogue.fields_named(["低保", "登记", "检验"], first=2),
        await catalogue.fields_carrying(["element:1"], first=3),
        await catalogue.records(everything),
    ]


@pytest.mark.parametrize("seed", range(3))
async def test_kept_by_changes_it_answers_as_one_filled_anew(graph: Graph, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    kept = await catalogue_of(graph, tmp_path, random_facts(chance, 12))
    for _ in range(4):
        await answers(kept)
        source = chance.choice("ab")
        await state(graph, tmp_path, random_facts(chance, 8), source, full=chance.random() < 0.4)
        assert await answers(kept) == await answers(Catalogue(graph))


async def test_while_it_is_written_to_questions_are_answered_as_of_a_change_that_was_there(
    embedded_graph: Graph, tmp_path: Path
) -> None:
    graph = embedded_graph
    catalogue = await catalogue_of(graph, tmp_path)

    async def written() -> None:
        for number in range(8):
            folder = tmp_path / str(number)
            folder.mkdir()
            await state(graph, folder, [{"fact": "system", "id": f"system:{number}", "name": "渔船检验"}])
            assert f"system:{number}" in await catalogue.candidates(["渔船检验"])

    async def asked() -> None:
        for _ in range(10):
            read = await catalogue.records(await catalogue.candidates(["渔船检验", "低保"]))
            assert read.sequence <= catalogue.sequence

    await asyncio.gather(written(), *(asked() for _ in range(3)))
    assert len(await catalogue.candidates(["渔船检验"])) == 8
