"""People's decisions about data elements: who is followed, what is taken back, what is refused, and what is kept."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from graph import bindings, decisions
from graph.changes import position
from graph.decisions import Act
from graph.engine import Graph
from graph.facts import Kind
from graph.history import EVER, histories
from graph.paging import Page
from graph.refusals import BadInput, NotFound, Taken
from graph.things import by_ids
from tests.graph.stating import state

FACTS: list[dict[str, Any]] = [
    {"fact": "department", "id": "民政"},
    {"fact": "department", "id": "公安"},
    {"fact": "resource", "id": "名册", "provider": "民政"},
    {"fact": "field", "id": "f", "name": "身份证号", "resource": "名册"},
    {"fact": "field", "id": "g", "name": "姓名", "resource": "名册", "element": "名"},
    {"fact": "element", "id": "号", "name": "公民身份号码"},
    {"fact": "element", "id": "名", "name": "姓名"},
    {"fact": "element", "id": "别", "name": "证件号码", "source": "民政"},
]


async def element_of(graph: Graph, field: str) -> str | None:
    return (await by_ids(graph, Kind.FIELD, [field]))[field].get("element")


async def sources_of(graph: Graph, field: str) -> list[str]:
    found: list[str] = (await by_ids(graph, Kind.FIELD, [field]))[field]["sources"]
    return found


async def acts(graph: Graph, id: str) -> list[tuple[Act, str | None, str]]:
    told = (await decisions.recorded(graph, [id])).get(id, [])
    return [(one.act, one.value, one.by) for one in told]


async def sequence(graph: Graph) -> int:
    return (await position(graph)).sequence


async def test_a_binding_is_a_persons_statement_that_imports_do_not_overwrite(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    before = await sequence(graph)
    done = await bindings.bind(graph, {"f": "号", "g": "名"}, " 王科 ", "与身份证一致")
    assert (done.sequence, done.unchanged, [one.about for one in done.decisions]) == (before + 1, 0, ["f", "g"])
    assert await sequence(graph) == before + 1
    assert (await element_of(graph, "f"), await sources_of(graph, "f")) == ("号", ["a", "person:王科"])
    await state(graph, tmp_path, [{**FACTS[3], "element": "别"}, *FACTS], full=True)
    assert await element_of(graph, "f") == "号"
    [one] = (await decisions.recorded(graph, ["f"]))["f"]
    assert (one.act, one.value, one.by, one.reason, one.sequence) == (
        Act.BOUND,
        "号",
        "王科",
        "与身份证一致",
        before + 1,
    )
    page = Page(10)
    [newest, *_] = (await histories(graph, Kind.FIELD, [("f", EVER)], page, 11))["f", EVER]
    assert (list(newest.by), newest.sequence) == (["person:王科"], before + 1)
    # Said again by the same person: nothing is written, nothing is kept.
    again = await bindings.bind(graph, {"f": "号"}, "王科")
    assert (again.decisions, again.unchanged, again.sequence) == ([], 1, await sequence(graph))


async def test_who_decided_last_is_followed_and_taking_back_ends_what_all_said(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    for by, element in (("王科", "号"), ("李科", "别"), ("王科", "号"), ("李科", "号")):
        await bindings.bind(graph, {"g": element}, by)
        assert await element_of(graph, "g") == element
    assert len(await acts(graph, "g")) == 4
    after = await sequence(graph)
    done = await bindings.unbind(graph, ["g", "f"], "张科", "重新核对")
    assert (await element_of(graph, "g"), await sources_of(graph, "g")) == ("名", ["a"])
    assert ([one.about for one in done.decisions], done.unchanged, done.sequence) == (["g"], 1, after + 1)
    assert (await acts(graph, "g"))[0] == (Act.UNBOUND, "号", "张科")
    assert (await bindings.unbind(graph, ["g"], "张科")).decisions == []
    assert await sequence(graph) == after + 1


async def test_a_field_may_be_said_to_have_none(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    await bindings.bind(graph, {"g": None}, "王科")
    assert await element_of(graph, "g") is None
    await state(graph, tmp_path, FACTS)
    assert await element_of(graph, "g") is None
    await bindings.unbind(graph, ["g"], "王科")
    assert await element_of(graph, "g") == "名"


async def test_what_a_person_stated_besides_stays(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    own = {"fact": "field", "id": "f", "name": "证号", "element": "别", "extra": {"note": 1}, "source": "person:王科"}
    alone = {"fact": "field", "id": "h", "resource": "名册", "element": "号", "source": "person:王科"}
    await state(graph, tmp_path, [own, alone])
    await bindings.bind(graph, {"f": "号"}, "李科")
    await bindings.bind(graph, {"f": "别"}, "王科")
    assert await element_of(graph, "f") == "别"
    await bindings.unbind(graph, ["f", "h"], "李科")
    found = await by_ids(graph, Kind.FIELD, ["f", "h"])
    assert (found["f"]["name"], found["f"].get("element"), found["f"]["sources"]) == (
        "证号",
        None,
        ["a", "person:王科"],
    )
    assert (found["h"]["resource"], found["h"].get("element"), found["h"].get("closed")) == ("名册", None, None)


async def test_a_withdrawn_field_is_there_as_long_as_a_decision_stands(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    await bindings.bind(graph, {"f": "号"}, "王科")
    await state(graph, tmp_path, [fact for fact in FACTS if fact["id"] != "f"], full=True)
    assert (await element_of(graph, "f"), await sources_of(graph, "f")) == ("号", ["person:王科"])
    await bindings.unbind(graph, ["f"], "王科")
    assert (await by_ids(graph, Kind.FIELD, ["f"]))["f"]["closed"]
    with pytest.raises(NotFound, match="nobody states the field f"):
        await bindings.bind(graph, {"f": "号"}, "王科")


async def test_what_is_refused_stays_refused_until_it_is_allowed_or_bound(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    before = await sequence(graph)
    pairs = [("f", "名"), ("f", "别"), ("g", "号")]
    done = await bindings.refuse(graph, pairs, "王科", "不是同一个概念")
    assert (len(done.decisions), done.sequence, await sequence(graph)) == (3, before, before)
    assert await decisions.standing(graph) == set(pairs)
    assert (await bindings.refuse(graph, [("f", "名")], "李科")).unchanged == 1
    done = await bindings.allow_again(graph, [("f", "别"), ("f", "号")], "李科")
    assert ([(one.about, one.value) for one in done.decisions], done.unchanged) == ([("f", "别")], 1)
    await bindings.bind(graph, {"f": "名"}, "李科")
    assert await decisions.standing(graph) == {("g", "号")}
    with pytest.raises(Taken, match="f has the element") as caught:
        await bindings.refuse(graph, [("g", "别"), ("f", "名")], "王科")
    assert caught.value.ids == ["f"]
    assert await decisions.standing(graph) == {("g", "号")}
    kept = [act for act, _, _ in await acts(graph, "f")]
    assert kept[:2] == [Act.BOUND, Act.ALLOWED]
    assert sorted(kept[2:]) == [Act.REFUSED, Act.REFUSED]


async def test_the_source_of_an_element_is_decided_as_bindings_are(graph: Graph, tmp_path: Path) -> None:
    async def source() -> Any:
        return (await by_ids(graph, Kind.ELEMENT, ["别"]))["别"].get("source")

    await state(graph, tmp_path, FACTS)
    await bindings.set_source(graph, "别", "公安", "王科", "三定方案")
    assert await source() == "公安"
    await bindings.set_source(graph, "别", None, "李科")
    assert await source() is None
    assert len((await bindings.take_back_source(graph, "别", "李科")).decisions) == 1
    assert await source() == "民政"
    assert [act for act, _, _ in await acts(graph, "别")] == [Act.SOURCE_TAKEN_BACK, Act.SOURCE_SET, Act.SOURCE_SET]


async def test_of_two_at_once_one_is_followed_and_both_are_kept(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    await asyncio.gather(*(bindings.bind(graph, {"f": one}, by) for by, one in (("王科", "号"), ("李科", "别"))))
    [last, first] = await acts(graph, "f")
    assert {last[2], first[2]} == {"王科", "李科"}
    assert await element_of(graph, "f") == last[1]


@pytest.mark.parametrize(
    ("call", "error", "argument", "words"),
    [
        (lambda g: bindings.bind(g, {"f": "无", "x": "号"}, "王"), NotFound, "field", "x"),
        (lambda g: bindings.bind(g, {"f": "民政"}, "王"), NotFound, "element", "民政"),
        (lambda g: bindings.bind(g, {"f": "占位"}, "王"), NotFound, "element", "占位"),
        (lambda g: bindings.bind(g, {"名册": "号"}, "王"), NotFound, "field", "名册"),
        (lambda g: bindings.bind(g, {"f": "号"}, " "), BadInput, "by", "characters"),
        (lambda g: bindings.bind(g, {"f": "号"}, "王" * 294), BadInput, "by", "293"),
        (lambda g: bindings.bind(g, {"f": "号"}, "王", "因" * 2_001), BadInput, "reason", "2,000"),
        (lambda g: bindings.bind(g, {}, "王"), BadInput, None, "nothing"),
        (lambda g: bindings.bind(g, {str(n): "号" for n in range(1_001)}, "王"), BadInput, None, "1,000"),
        (lambda g: bindings.unbind(g, ["x"], "王"), NotFound, "field", "x"),
        (lambda g: bindings.refuse(g, [("f", "号"), ("f", "x")], "王"), NotFound, "element", "x"),
        (lambda g: bindings.set_source(g, "号", "名册", "王"), NotFound, "department", "名册"),
        (lambda g: bindings.set_source(g, "f", "民政", "王"), NotFound, "element", "f"),
    ],
)
async def test_what_means_nothing_is_refused_and_nothing_is_written(
    embedded_graph: Graph, tmp_path: Path, call: Any, error: Any, argument: str | None, words: str
) -> None:
    await state(embedded_graph, tmp_path, [*FACTS, {"fact": "field", "id": "h", "element": "占位"}])
    before = await position(embedded_graph), await decisions.state(embedded_graph)
    with pytest.raises(error, match=words) as caught:
        await call(embedded_graph)
    assert caught.value.argument == argument
    assert (await position(embedded_graph), await decisions.state(embedded_graph)) == before
