"""What is broken, worked out by hand: each kind, what is not one, whose it is, and the lists of them."""

from pathlib import Path
from typing import Any

import pytest

from graph import findings as module
from graph import noted
from graph.broken import FindingKind
from graph.engine import Graph
from graph.facts import Finding, Place, Severity, as_instant
from graph.finding_lists import FindingList, FindingOrder
from graph.findings import AskedFindings, FindingSearch
from graph.found_findings import FindingRow
from graph.projection import Projection
from graph.refusals import BadInput, NotFound, Refusal, TooCostly
from graph.sources import record_run
from tests.graph.asking import ZONE
from tests.graph.stating import state
from tests.strategies import renamed

Fact = dict[str, Any]

WAYS = pytest.mark.parametrize("megabytes", [100, 0], ids=["projection", "beside"])

CITY: list[Fact] = [
    {"fact": "jurisdiction", "id": "市", "name": "盐城市"},
    {"fact": "jurisdiction", "id": "区", "name": "亭湖区", "within": "市"},
    {"fact": "department", "id": "公安", "name": "市公安局", "jurisdiction": "市"},
    {"fact": "department", "id": "民政", "name": "市民政局", "jurisdiction": "市"},
    {"fact": "department", "id": "区民政", "name": "区民政局", "jurisdiction": "区"},
    {"fact": "system", "id": "人口系统", "department": "公安"},
    {"fact": "system", "id": "低保系统", "department": "民政"},
    {"fact": "system", "id": "区系统", "department": "区民政"},
    {"fact": "element", "id": "证号", "name": "身份证号", "source": "公安"},
    {"fact": "resource", "id": "户籍", "name": "户籍信息", "system": "人口系统", "provider": "公安"},
    {"fact": "field", "id": "户籍.号", "name": "号", "resource": "户籍", "element": "证号"},
    {"fact": "resource", "id": "低保", "name": "低保对象", "system": "低保系统", "provider": "民政"},
    {"fact": "field", "id": "低保.号", "name": "号", "resource": "低保", "element": "证号"},
]
FEED: Fact = {"fact": "feeds", "from": "户籍.号", "to": "低保.号", "valid_from": "2020-01-01"}
READ: Fact = {"fact": "reads", "system": "区系统", "resource": "低保", "valid_from": "2021-01-01"}
AGREED: Fact = {"fact": "agreement", "id": "协议", "name": "户籍共享", "consumer": "民政", "covers": ["户籍"]}
READING: Fact = {"fact": "agreement", "id": "查询协议", "system": "区系统", "covers": ["低保.号"]}
SOUND = [*CITY, FEED, READ, AGREED, READING]
"""Nothing is broken here."""


async def search(graph: Graph, megabytes: int = 100) -> FindingSearch:
    projection = Projection(graph, megabytes)
    if megabytes:
        await projection.fill()
    return FindingSearch(graph, projection)


def rows(found: FindingList) -> list[FindingRow]:
    return [found.row(place) for place in range(len(found))]


def about(found: FindingList) -> list[tuple[str, ...]]:
    return [(row.kind.value, *(thing.id for thing in row.things)) for row in rows(found)]


async def broken(graph: Graph, folder: Path, facts: list[Fact], megabytes: int = 100, **more: Any) -> FindingList:
    await state(graph, folder, facts)
    return await (await search(graph, megabytes)).find(AskedFindings(**more))


@WAYS
async def test_a_sound_registry_has_no_findings(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    assert about(await broken(graph, tmp_path, SOUND, megabytes)) == []


CHANGES: list[tuple[list[Fact], list[tuple[str, ...]]]] = [
    ([{"fact": "resource", "id": "低保", "system": None}], [("NO_SYSTEM", "低保")]),
    ([{"fact": "system", "id": "低保系统", "valid_to": "2020-01-01"}], [("NO_SYSTEM", "低保")]),
    ([{"fact": "element", "id": "证号", "source": "民政"}], [("NO_SOURCE", "户籍.号")]),
    ([{"fact": "element", "id": "证号", "valid_to": "2020-01-01"}], [("NO_SOURCE", "户籍.号")]),
    ([{"fact": "field", "id": "户籍.名", "resource": "户籍"}], [("NO_SOURCE", "户籍.名")]),
    ([{"fact": "field", "id": "低保.名", "resource": "低保"}], [("NO_SOURCE", "低保.名")]),
    (
        [
            {"fact": "resource", "id": "单", "system": "人口系统"},
            {"fact": "field", "id": "单.甲", "resource": "单"},
            {"fact": "field", "id": "单.乙", "resource": "单"},
            {"fact": "feeds", "from": "单.甲", "to": "单.乙"},
            {"fact": "feeds", "from": "单.甲", "to": "单.甲"},
        ],
        [("NO_SOURCE", "单.甲"), ("NOT_MOUNTED", "单")],
    ),
    ([{"fact": "resource", "id": "空", "system": "人口系统"}], [("NOT_MOUNTED", "空")]),
    ([{"fact": "resource", "id": "空", "system": "人口系统", "share_type": "WITHHELD"}], []),
    (
        [{**READING, "covers": ["户籍.号"]}],
        [("READER_WITHOUT_AGREEMENT", "低保", "区系统"), ("AGREEMENT_WITHOUT_FLOW", "查询协议")],
    ),
    (
        [{**READING, "valid_to": "2022-01-01"}],
        [("READER_WITHOUT_AGREEMENT", "低保", "区系统")],
    ),
    (
        [{**AGREED, "consumer": "区民政"}],
        [("FLOW_WITHOUT_AGREEMENT", "户籍", "低保"), ("AGREEMENT_WITHOUT_FLOW", "协议")],
    ),
    ([{**AGREED, "consumer": None, "system": "低保系统", "covers": ["户籍.号"]}], []),
    ([{"fact": "agreement", "id": "草案", "status": "DRAFT", "consumer": "民政", "covers": ["低保"]}], []),
    (
        [{"fact": "agreement", "id": "新", "status": "ACTIVE", "consumer": "公安", "covers": ["低保"]}],
        [("AGREEMENT_WITHOUT_FLOW", "新")],
    ),
    ([{"fact": "system", "id": "低保系统", "department": "残联"}], [("UNREGISTERED", "残联", "低保系统")]),
    (
        [{"fact": "department", "id": "民政", "succeeded_by": "新局"}, {**AGREED, "provider": "新局"}],
        [("UNREGISTERED", "新局", "协议", "民政")],
    ),
    ([{"fact": "feeds", "from": "外.号", "to": "户籍.号"}], [("UNREGISTERED", "外.号", "户籍.号")]),
    ([{"fact": "feeds", "from": "外.号", "to": "户籍.号", "valid_to": "2020-01-01"}], []),
]
"""What is stated of a sound registry besides, and what is found then."""


@WAYS
async def test_what_is_changed_in_it_is_found_and_nothing_else(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    """A registry for each change, all beside each other."""
    suffixes = [f"/{number:02}" for number in range(len(CHANGES))]
    await state(graph, tmp_path, [fact for suffix in suffixes for fact in renamed(SOUND, suffix)])
    changes = [fact for suffix, (change, _) in zip(suffixes, CHANGES, strict=True) for fact in renamed(change, suffix)]
    found = about(await broken(graph, tmp_path, changes, megabytes))
    for suffix, (change, expected) in zip(suffixes, CHANGES, strict=True):
        those = [(kind, *(id.removesuffix(suffix) for id in ids)) for kind, *ids in found if ids[0].endswith(suffix)]
        assert those == expected, change
    assert len(found) == sum(len(expected) for _, expected in CHANGES)


@WAYS
async def test_a_whole_that_feeds_is_a_source_of_all_fields_unless_it_sums_up(
    graph: Graph, tmp_path: Path, megabytes: int
) -> None:
    more: list[Fact] = [
        {"fact": "field", "id": "低保.名", "resource": "低保"},
        {"fact": "feeds", "from": "户籍", "to": "低保"},
    ]
    summed = await broken(graph, tmp_path, [*SOUND, *more], megabytes)
    assert about(summed) == [("NO_SOURCE", "低保.名")]
    other: list[Fact] = [
        {"fact": "resource", "id": "他", "system": "低保系统", "provider": "民政"},
        {"fact": "feeds", "from": "他", "to": "低保"},
    ]
    assert about(await broken(graph, tmp_path, other, megabytes)) == []


@WAYS
async def test_a_finding_says_what_it_is_about_and_whose_it_is(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(graph, tmp_path, [fact for fact in SOUND if fact["fact"] != "agreement"])
    secret = {"fact": "resource", "id": "低保", "share_type": "WITHHELD"}
    again = {**FEED, "job": "又一次", "valid_from": "2019-01-01"}
    found = await broken(graph, tmp_path, [secret, again], megabytes, order=FindingOrder.SEVERITY)
    read, flow = rows(found)
    assert (read.severity, read.crosses, read.count) == (Severity.ERROR, "JURISDICTION", 1)
    assert read.message == "区系统 reads 低保对象 of another jurisdiction (1 link); no agreement in force covers that."
    assert [(thing.id, thing.name, thing.department and thing.department.name) for thing in read.things] == [
        ("低保", "低保对象", "市民政局"),
        ("区系统", "区系统", "区民政局"),
    ]
    assert read.department is not None and read.jurisdiction is not None
    assert (read.department.name, read.jurisdiction.name) == ("区民政局", "亭湖区")
    assert read.since == as_instant("2021-01-01", ZONE)
    assert (flow.severity, flow.crosses, flow.count) == (Severity.WARNING, "DEPARTMENT", 2)
    assert flow.since == as_instant("2019-01-01", ZONE)
    assert "户籍信息 flows into another department, to 低保对象 (2 links)" in flow.message
    assert flow.department is not None and flow.department.id == "民政"
    assert read.way_out and read.rule and read.id != flow.id


@WAYS
async def test_what_is_not_registered_says_how_often_and_by_whom(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    many: list[Fact] = [
        {"fact": "resource", "id": f"表{number:02}", "provider": "无名局", "share_type": "WITHHELD"}
        for number in range(12)
    ]
    found = await broken(graph, tmp_path, [*SOUND, *many], megabytes, kinds=(FindingKind.UNREGISTERED,))
    [row] = rows(found)
    assert (row.things[0].id, row.count, len(row.things)) == ("无名局", 12, 11)
    assert [thing.id for thing in row.things[1:]] == [f"表{number:02}" for number in range(10)]
    assert row.message.startswith("无名局 is named 12 times, by 表00, 表01")
    assert "and others" in row.message
    assert row.department is not None and row.department.id == "无名局"
    assert row.since is not None


@WAYS
async def test_a_source_that_was_not_imported_for_long_is_quiet(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(graph, tmp_path, SOUND, "甲")
    await state(graph, tmp_path, [FEED], "乙")
    await state(graph, tmp_path, [READ], "person:王")
    for source, last in (("甲", "2024-01-01"), ("乙", "2024-03-01")):
        await record_run(graph, source, "exchange", as_instant(last, ZONE), {})
    by = await search(graph, megabytes)

    async def quiet(at: str, days: int) -> FindingList:
        kinds = (FindingKind.QUIET_SOURCE,)
        return await by.find(AskedFindings(kinds=kinds, as_of=as_instant(at, ZONE), quiet_days=days))

    assert about(await quiet("2024-03-30", 30)) == []
    found = await quiet("2024-03-31", 30)
    [row] = rows(found)
    assert about(found) == [("QUIET_SOURCE", "户籍", "低保")]
    assert (row.sources, row.since) == (["乙", "甲"], as_instant("2024-03-01", ZONE))
    assert row.department is not None and row.department.id == "民政"
    assert [facet.value for facet in found.counts().sources()] == ["乙", "甲"]
    assert about(await quiet("2024-03-31", 31)) == []


async def test_as_of_another_day_other_things_are_broken(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, SOUND)
    ended = {**AGREED, "valid_to": "2023-01-01"}
    for at, expected in (("2022-12-31", 0), ("2023-01-01", 1), ("2019-06-01", 0)):
        found = await broken(
            graph,
            tmp_path,
            [ended],
            kinds=(FindingKind.FLOW_WITHOUT_AGREEMENT,),
            as_of=as_instant(at, ZONE),
        )
        assert len(found) == expected


def odd(code: str, file: str, row: int, severity: Severity = Severity.WARNING, *ids: str) -> Finding:
    return Finding(code, severity, Place(file, "表", row, "A"), f"{code} in {row}", "kept", "raw", ids)


@WAYS
async def test_what_imports_found_stands_beside_it(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(graph, tmp_path, SOUND)
    first = [odd("B", "a.xlsx", 10), odd("A", "a.xlsx", 9, Severity.ERROR, "没有", "低保", "户籍")]
    await noted.keep(graph, [("甲", "a.xlsx", first), ("甲", "b.xlsx", [odd("A", "b.xlsx", 1)])])
    by = await search(graph, megabytes)
    found = await by.find(AskedFindings())
    assert [(row.code, row.place and row.place.row) for row in rows(found)] == [("A", 9), ("B", 10), ("A", 1)]
    row = found.row(0)
    assert (row.severity, row.message, row.sources) == (Severity.ERROR, "A in 9", ["甲"])
    assert [thing.id for thing in row.things] == ["低保", "户籍"]
    assert row.department is not None and row.department.id == "民政"
    assert row.place is not None
    assert (row.place.file, row.place.sheet, row.place.column, row.place.value, row.place.done) == (
        "a.xlsx",
        "表",
        "A",
        "raw",
        "kept",
    )
    assert len(await by.find(AskedFindings(codes=("A",)))) == 2
    assert len(await by.find(AskedFindings(codes=("A",), severities=(Severity.ERROR,)))) == 1
    assert len(await by.find(AskedFindings(within="公安"))) == 1
    await noted.keep(graph, [("甲", "a.xlsx", [odd("C", "a.xlsx", 3)])])
    assert [row.code for row in rows(await by.find(AskedFindings()))] == ["C", "A"]
    await noted.forget(graph, ["甲"])
    assert len(await by.find(AskedFindings())) == 0


async def test_of_one_code_so_many_are_kept_and_the_rest_counted(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noted, "MOST_OF_A_CODE", 3)
    monkeypatch.setattr(noted, "MOST_OF_A_FILE", 5)
    every = [odd(code, "a", row) for row, code in enumerate("AAAAABBBC", 1)]
    await noted.keep(graph, [("甲", "a", every)])
    found = await (await search(graph)).find(AskedFindings())
    assert [(row.code, row.count) for row in rows(found)] == [
        ("A", 2),
        ("B", 1),
        ("C", 1),
        ("A", 1),
        ("A", 1),
        ("A", 1),
        ("B", 1),
        ("B", 1),
    ]
    assert "2 more findings A of this file" in found.row(0).message


async def test_lists_are_in_the_order_that_is_asked_for(graph: Graph, tmp_path: Path) -> None:
    later = {**READ, "system": "区系统", "resource": "户籍", "valid_from": "2022-01-01"}
    await state(graph, tmp_path, [*(fact for fact in SOUND if fact["fact"] != "agreement"), later])
    await state(graph, tmp_path, [{"fact": "resource", "id": id, "share_type": "WITHHELD"} for id in ("户籍", "孤")])
    by = await search(graph)
    orders = {
        FindingOrder.KIND: ["孤", "低保区系统", "户籍区系统", "户籍低保"],
        FindingOrder.SEVERITY: ["户籍区系统", "户籍低保", "孤", "低保区系统"],
        FindingOrder.DEPARTMENT: ["低保区系统", "户籍区系统", "户籍低保", "孤"],
        FindingOrder.OLDEST: ["户籍低保", "低保区系统", "户籍区系统", "孤"],
        FindingOrder.NEWEST: ["户籍区系统", "低保区系统", "户籍低保", "孤"],
    }
    for order, expected in orders.items():
        found = await by.find(AskedFindings(order=order))
        assert ["".join(names[1:]) for names in about(found)] == expected, order
        keys = [found.key(place) for place in range(len(found))]
        assert keys == sorted(set(keys))
    counts = found.counts()
    assert [(one.value, one.count) for one in counts.departments()] == [("区民政", 2), ("民政", 1), (None, 1)]
    assert [(one.name, one.count) for one in counts.jurisdictions()] == [("亭湖区", 2), ("盐城市", 1), (None, 1)]
    assert [(one.value, one.count) for one in counts.severities()] == [("ERROR", 2), ("WARNING", 2)]


async def test_an_answer_is_found_again_until_something_changes(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, SOUND)
    for megabytes in (100, 0):
        by = await search(graph, megabytes)
        first = await by.find(AskedFindings())
        before = graph.statements
        assert await by.find(AskedFindings()) is first
        assert graph.statements - before <= 3
        await state(graph, tmp_path, [{"fact": "resource", "id": f"新{megabytes}", "system": "人口系统"}])
        second = await by.find(AskedFindings())
        assert len(second) == len(first) + 1
        assert second.found.sequence > first.found.sequence
        assert len(first) + 1 == len(second)


@pytest.mark.parametrize(
    ("asked", "code", "argument"),
    [
        (AskedFindings(quiet_days=0), BadInput, "quietDays"),
        (AskedFindings(quiet_days=36_501), BadInput, "quietDays"),
        (AskedFindings(kinds=()), BadInput, "kinds"),
        (AskedFindings(severities=()), BadInput, "severities"),
        (AskedFindings(codes=()), BadInput, "codes"),
        (AskedFindings(within="没有"), NotFound, "within"),
        (AskedFindings(within="证号"), BadInput, "within"),
        (AskedFindings(within="协议"), BadInput, "within"),
    ],
)
async def test_wrong_input_names_the_argument(
    embedded_graph: Graph, tmp_path: Path, asked: AskedFindings, code: type[Refusal], argument: str
) -> None:
    await state(embedded_graph, tmp_path, SOUND)
    with pytest.raises(code) as caught:
        await (await search(embedded_graph)).find(asked)
    assert caught.value.argument == argument
    assert str(caught.value).startswith(argument)


async def test_a_graph_that_is_too_large_is_refused_with_a_way_out(
    embedded_graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await state(embedded_graph, tmp_path, SOUND)
    full = Projection(embedded_graph, 100)
    full.limit = 1_000
    await full.fill()
    assert full.state == "TOO_BIG"
    for by in (FindingSearch(embedded_graph, full), FindingSearch(embedded_graph, Projection(embedded_graph, 0), 0)):
        with pytest.raises(TooCostly, match="REGISTRY_PROJECTION_MB"):
            await by.find(AskedFindings())


async def test_a_long_sweep_goes_on_beside_everything_else(
    embedded_graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SHORT", 0)
    found = await broken(embedded_graph, tmp_path, [*SOUND, {"fact": "resource", "id": "空", "system": "人口系统"}])
    assert about(found) == [("NOT_MOUNTED", "空")]
