"""What a change touches, worked out by hand: what loses its only source, whom to tell, in which order."""

from pathlib import Path
from typing import Any

import pytest

from graph.affected import Told
from graph.consequences import Effect, agreements, successors
from graph.engine import Graph
from graph.facts import as_instant
from graph.impact import LONGEST, Impact, Impacts
from graph.moment import Level
from graph.planned_change import ChangeKind, PlannedChange
from graph.projection import Projection
from graph.refusals import Refusal
from tests.graph.asking import ZONE
from tests.graph.stating import state

Fact = dict[str, Any]

WAYS = pytest.mark.parametrize("megabytes", [100, 0], ids=["projection", "statements"])


def resources(*ids: str, **more: Any) -> list[Fact]:
    return [{"fact": "resource", "id": id, "name": id, **more} for id in ids]


def fields(*ids: str) -> list[Fact]:
    """Fields by ids such as `A.f` of the resource `A`."""
    return [{"fact": "field", "id": id, "name": id.partition(".")[2], "resource": id.partition(".")[0]} for id in ids]


def feeds(*pairs: str, **more: Any) -> list[Fact]:
    """Feeds from pairs such as `A.f>B.f`."""
    return [{"fact": "feeds", "from": p.partition(">")[0], "to": p.partition(">")[2], **more} for p in pairs]


async def impacts(graph: Graph, megabytes: int) -> Impacts:
    projection = Projection(graph, megabytes)
    if megabytes:
        await projection.fill()
    return Impacts(graph, projection)


async def retire(graph: Graph, megabytes: int, *ids: str, as_of: str | None = None) -> Impact:
    at = None if as_of is None else as_instant(as_of, ZONE)
    return await (await impacts(graph, megabytes)).find(PlannedChange(ChangeKind.RETIRE, ids), at, LONGEST)


def outlooks(impact: Impact) -> dict[str, str]:
    return dict(zip(impact.units.ids, map(str, impact.units.outlook), strict=True))


def listed(impact: Impact, level: Level) -> list[tuple[str, int, bool]]:
    found = impact.at_level(level)
    return list(zip(found.ids, found.depth, found.precise, strict=True))


@WAYS
async def test_of_a_diamond_one_side_keeps_the_end(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    things = [*resources("源", "左", "右", "末"), *fields("源.f", "左.f", "右.f", "末.f", "左.g")]
    await state(graph, tmp_path, [*things, *feeds("源.f>左.f", "源.f>右.f", "左.f>末.f", "右.f>末.f")])
    one_side = await retire(graph, megabytes, "左")
    assert outlooks(one_side) == {"末": "KEEPS", "末.f": "KEEPS"}
    assert [feeder.id for feeder in one_side.units.row(0).feeders] == ["右.f"]
    assert (one_side.units.row(1).lost, one_side.units.row(1).left) == (1, 1)
    source = await retire(graph, megabytes, "源.f")
    assert outlooks(source) == {
        "右": "LOSES",
        "右.f": "LOSES",
        "左": "LOSES",
        "左.f": "LOSES",
        "末": "LOSES_IN_CONSEQUENCE",
        "末.f": "LOSES_IN_CONSEQUENCE",
    }
    steps = source.at_level(Level.RESOURCE).steps()
    assert [(one.step, one.ring) for one in steps] == [(0, None), (1, None), (1, None), (2, None)]
    assert listed(source, Level.RESOURCE) == [("源", 0, True), ("右", 1, True), ("左", 1, True), ("末", 2, True)]
    assert "左.g" not in source.at_level(Level.FIELD).ids


@WAYS
async def test_a_ring_that_feeds_only_itself_has_lost_its_source(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    things = resources("源", "甲", "乙", "丙", "另")
    ring = feeds("源>甲", "甲>乙", "乙>丙", "丙>甲")
    await state(graph, tmp_path, [*things, *ring])
    lost = await retire(graph, megabytes, "源")
    assert outlooks(lost) == dict.fromkeys(("甲", "乙", "丙"), "LOSES_IN_CONSEQUENCE")
    assert [(one.step, one.ring) for one in lost.at_level(Level.RESOURCE).steps()] == [(0, None), *[(1, "丙")] * 3]
    await state(graph, tmp_path, [*things, *ring, *feeds("另>丙")])
    assert set(outlooks(await retire(graph, megabytes, "源")).values()) == {"KEEPS"}


@WAYS
async def test_what_is_reached_through_a_whole_only_is_not_precise(
    graph: Graph, tmp_path: Path, megabytes: int
) -> None:
    things = [
        *resources("A", "B", "C"),
        *fields("A.f", "B.f", "B.g", "C.f"),
        {"fact": "system", "id": "s", "name": "查"},
    ]
    links = [*feeds("A>B", "B.f>C.f"), {"fact": "reads", "system": "s", "resource": "A"}]
    await state(graph, tmp_path, [*things, *links])
    whole = await retire(graph, megabytes, "A")
    assert listed(whole, Level.RESOURCE) == [("A", 0, True), ("B", 1, True), ("s", 1, True), ("C", 2, False)]
    assert listed(whole, Level.FIELD)[1:] == [("B", 1, True), ("B.f", 1, False), ("s", 1, True), ("C.f", 2, False)]
    one = await retire(graph, megabytes, "A.f")
    assert listed(one, Level.RESOURCE) == [("A", 0, True), ("B", 1, False), ("s", 1, False), ("C", 2, False)]
    # The whole of A still feeds B and is still read: nobody said that it was for that field.
    assert outlooks(one) == dict.fromkeys(("B", "B.f", "C", "C.f", "s"), "KEEPS")
    assert outlooks(whole)["s"] == "LOSES"


@WAYS
async def test_what_has_ended_counts_neither_as_reached_nor_as_kept(
    graph: Graph, tmp_path: Path, megabytes: int
) -> None:
    things = [*resources("A", "B", "C"), *fields("A.f", "B.f", "C.f")]
    links = [*feeds("A.f>B.f"), *feeds("C.f>B.f", valid_to="2021-01-01"), *feeds("A.f>C.f", valid_to="2019-01-01")]
    await state(graph, tmp_path, [*things, *links])
    assert outlooks(await retire(graph, megabytes, "A")) == {"B": "LOSES", "B.f": "LOSES"}
    assert outlooks(await retire(graph, megabytes, "A", as_of="2020-06-01")) == {"B": "KEEPS", "B.f": "KEEPS"}


PARTIES: list[Fact] = [
    {"fact": "department", "id": "公安", "name": "市公安局", "contacts": {"张": "1"}},
    {"fact": "department", "id": "民政", "name": "市民政局"},
    {"fact": "department", "id": "人社", "name": "市人社局"},
    {"fact": "system", "id": "民政系统", "name": "救助", "department": "民政"},
    {"fact": "element", "id": "证号", "name": "公民身份号码", "source": "公安"},
    *resources("户籍", "流动人口", provider="公安"),
    *resources("低保", provider="民政"),
    *resources("社保", provider="人社"),
    *({**field, "element": "证号"} for field in fields("户籍.号", "流动人口.号", "低保.号", "社保.号")),
    *fields("户籍.名"),
    *feeds("户籍.号>低保.号", "低保.号>社保.号"),
    {"fact": "reads", "system": "民政系统", "resource": "户籍"},
    {"fact": "agreement", "id": "协议1", "provider": "公安", "consumer": "民政", "covers": ["户籍"]},
    {"fact": "agreement", "id": "协议2", "provider": "公安", "consumer": "人社", "covers": ["户籍.名", "流动人口"]},
    {"fact": "agreement", "id": "协议3", "consumer": "人社", "covers": ["户籍"], "valid_to": "2020-01-01"},
    {
        "fact": "agreement",
        "id": "协议4",
        "provider": "民政",
        "consumer": "人社",
        "system": "民政系统",
        "covers": ["低保"],
    },
]


@WAYS
async def test_departments_are_told_with_what_is_theirs(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(graph, tmp_path, PARTIES)
    impact = await retire(graph, megabytes, "户籍")
    assert impact.departments == [
        Told("公安", "市公安局", 0, True, 1, 1, 0, 0),
        Told("民政", "市民政局", 1, True, 1, 1, 1, 3),
        Told("人社", "市人社局", 2, True, 1, 1, 0, 2),
    ]
    assert impact.without_department == 0


@WAYS
async def test_agreements_end_or_are_redone(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(graph, tmp_path, PARTIES)

    async def touched(impact: Impact) -> dict[str, Effect]:
        return {one.id: one.effect for one in await agreements(graph, impact)}

    assert await touched(await retire(graph, megabytes, "户籍")) == {"协议1": Effect.ENDS, "协议2": Effect.REDO}
    before = await retire(graph, megabytes, "户籍", as_of="2019-06-01")
    assert (await touched(before))["协议3"] is Effect.ENDS
    assert await touched(await retire(graph, megabytes, "户籍.号")) == {"协议1": Effect.REDO}
    assert await touched(await retire(graph, megabytes, "民政系统")) == {"协议4": Effect.ENDS}
    of = await impacts(graph, megabytes)
    merged = await of.find(PlannedChange(ChangeKind.MERGE, ("民政",), "人社"))
    assert await touched(merged) == {"协议1": Effect.REDO, "协议4": Effect.ENDS}
    withheld = PlannedChange(ChangeKind.ALTER, ("户籍",), None, (("share_type", "WITHHELD"),))
    assert await touched(await of.find(withheld)) == {"协议1": Effect.ENDS, "协议2": Effect.REDO}
    longer = PlannedChange(ChangeKind.ALTER, ("户籍.号",), None, (("length", 20),))
    [redone] = await agreements(graph, await of.find(longer))
    assert redone.reason == "What it covers has another length."


@WAYS
async def test_successors_come_from_the_authoritative_source(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(graph, tmp_path, PARTIES)
    found = await successors(graph, await retire(graph, megabytes, "户籍"))
    assert [(one.replaces.id, one.successor.id) for one in found] == [("户籍.号", "流动人口.号")]
    assert "公民身份号码" in found[0].reason
    assert "市公安局" in found[0].reason
    # What the change comes to is no successor.
    await state(graph, tmp_path, [*PARTIES, *feeds("户籍.号>流动人口.号")])
    assert await successors(graph, await retire(graph, megabytes, "户籍")) == []


@WAYS
async def test_a_merger_names_what_it_merges_into_as_successor(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(graph, tmp_path, PARTIES)
    of = await impacts(graph, megabytes)
    found = await successors(graph, await of.find(PlannedChange(ChangeKind.MERGE, ("社保",), "低保")))
    assert ("社保", "低保") in [(one.replaces.id, one.successor.id) for one in found]


@WAYS
async def test_a_hub_is_answered_whole(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    users = [f"用{number:04}" for number in range(1_500)]
    await state(graph, tmp_path, [*resources("源", *users), *feeds(*(f"源>{user}" for user in users))])
    impact = await retire(graph, megabytes, "源")
    assert impact.complete
    assert impact.at_level(Level.RESOURCE).ids == ["源", *users]
    assert set(impact.units.outlook) == {"LOSES"}
    assert impact.without_department == 1_501


NOBODY = "nobody"


@pytest.mark.parametrize(
    ("change", "code", "argument"),
    [
        (PlannedChange(ChangeKind.RETIRE, ()), "BAD_INPUT", "change.ids"),
        (PlannedChange(ChangeKind.RETIRE, ("",)), "BAD_INPUT", "change.ids"),
        (PlannedChange(ChangeKind.RETIRE, ("户籍",), "低保"), "BAD_INPUT", "change.into"),
        (PlannedChange(ChangeKind.MERGE, ("户籍",)), "BAD_INPUT", "change.into"),
        (PlannedChange(ChangeKind.MERGE, ("户籍",), "户籍"), "BAD_INPUT", "change.into"),
        (PlannedChange(ChangeKind.MERGE, ("户籍",), "公安"), "BAD_INPUT", "change.into"),
        (PlannedChange(ChangeKind.MERGE, ("户籍", "公安"), "低保"), "BAD_INPUT", "change.ids"),
        (PlannedChange(ChangeKind.RETIRE, ("证号",)), "BAD_INPUT", "change.ids"),
        (PlannedChange(ChangeKind.ALTER, ("户籍",)), "BAD_INPUT", "change.alter"),
        (PlannedChange(ChangeKind.ALTER, ("户籍",), None, (("length", 3),)), "BAD_INPUT", "change.ids"),
        (PlannedChange(ChangeKind.ALTER, ("户籍.号",), None, (("length", 0),)), "BAD_INPUT", "change.alter.length"),
        (PlannedChange(ChangeKind.ALTER, ("户籍.号",), None, (("update_cycle", "每日"),)), "BAD_INPUT", "change.ids"),
        (
            PlannedChange(ChangeKind.ALTER, ("户籍.号",), None, (("length", 3), ("update_cycle", "每日"))),
            "BAD_INPUT",
            "change.alter",
        ),
        (PlannedChange(ChangeKind.RETIRE, ("户籍", NOBODY)), "NOT_FOUND", "change.ids"),
        (PlannedChange(ChangeKind.MERGE, ("户籍",), NOBODY), "NOT_FOUND", "change.into"),
        (PlannedChange(ChangeKind.MERGE, ("公安",), "旧局"), "BAD_INPUT", "change.into"),
    ],
)
async def test_wrong_input_names_the_argument(
    embedded_graph: Graph, tmp_path: Path, change: PlannedChange, code: str, argument: str
) -> None:
    gone = {"fact": "department", "id": "旧局", "name": "旧局", "valid_to": "2020-01-01"}
    await state(embedded_graph, tmp_path, [*PARTIES, gone])
    with pytest.raises(Refusal) as caught:
        await (await impacts(embedded_graph, 0)).find(change)
    assert (caught.value.code, caught.value.argument) == (code, argument)
    assert str(caught.value).startswith(argument)
