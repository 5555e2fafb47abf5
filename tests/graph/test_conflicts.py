"""Conflicts about data elements: what is said of each, what types are alike, and what changes an answer."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graph.bindings import bind, set_source
from graph.conflicts import AskedConflicts, ConflictSearch
from graph.data_types import alike
from graph.element_conflicts import ConflictKind
from graph.engine import Graph
from graph.found_conflicts import ConflictRow
from graph.profiles import Profiles
from graph.projection import Projection
from graph.refusals import BadInput, NotFound
from tests.graph.stating import state


def department(name: str, cycle: str | None = None, **field: Any) -> list[dict[str, Any]]:
    """A department with one resource that has one field."""
    return [
        {"fact": "department", "id": name, "name": f"市{name}局"},
        {"fact": "resource", "id": f"{name}册", "provider": name, "update_cycle": cycle},
        {"fact": "field", "id": f"{name}号", "name": "身份证号", "resource": f"{name}册", **field},
    ]


NUMBER = {"fact": "element", "id": "号", "name": "公民身份号码"}


async def rows(search: ConflictSearch, **asked: Any) -> list[ConflictRow]:
    found = await search.find(AskedConflicts(**asked))
    return [found.row(place) for place in range(len(found))]


@pytest.mark.parametrize("megabytes", [64, 0])
async def test_conflicts_come_and_go_with_decisions(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    facts = [
        *department("公安", "MONTHLY", data_type="C", length=18),
        *department("民政", "DAILY", data_type="varchar(20)", element="号"),
        *department("卫健", "WEEKLY", data_type="N", element="号"),
        NUMBER,
    ]
    await state(graph, tmp_path, facts)
    projection = Projection(graph, megabytes)
    if megabytes:
        await projection.fill()
    search = ConflictSearch(graph, projection)
    collected, typed = await rows(search)
    assert (collected.kind, typed.kind) == (ConflictKind.NO_AUTHORITATIVE_SOURCE, ConflictKind.DIFFERENT_TYPES)
    assert collected.message == (
        "公民身份号码 is collected by 2 departments (市卫健局, 市民政局), "
        "and none is named as its authoritative source."
    )
    assert typed.message == "公民身份号码 is kept with different types (字符型C in 1 field, 数值型N in 1 field)."
    await set_source(graph, "号", "公安", "王科")
    await bind(graph, {"公安号": "号"}, "王科")
    typed, slower = await rows(search)
    assert typed.lengths() == [(18, 1), (20, 1)]
    assert slower.message == (
        "市公安局 is the authoritative source of 公民身份号码 and updates it MONTHLY; fresher are 市卫健局 WEEKLY, "
        "市民政局 DAILY."
    )
    [own, *_] = slower.departments()
    assert (own.department.id, own.fields, own.update_cycle, own.is_source) == ("公安", 1, "MONTHLY", True)
    assert [slower.field(place).id for place in range(slower.count)] == ["公安号", "卫健号", "民政号"]
    await bind(graph, {"公安号": None}, "王科")
    typed, without = await rows(search)
    assert without.message == (
        "市公安局 is the authoritative source of 公民身份号码, but none of its resources has it; those of 市卫健局, "
        "市民政局 have."
    )
    # Whose fields show it, and who is the source, have a part in it.
    assert [one.id for one in await rows(search, department="公安")] == [typed.id, without.id]
    assert [one.id for one in await rows(search, kinds=(without.kind,), department="民政")] == [without.id]
    assert (await search.of_elements(["号", "无"]))["无"] == []
    assert [one.id for one in (await search.of_elements(["号"]))["号"]] == [typed.id, without.id]
    await bind(graph, {"民政号": None, "卫健号": None}, "王科")
    assert await rows(search) == []


async def test_how_long_data_is_fresh_is_said_by_the_rules_in_force(embedded_graph: Graph, tmp_path: Path) -> None:
    facts = [
        *department("公安", "MONTHLY", element="号"),
        *department("民政", "DAILY", element="号"),
        {**NUMBER, "source": "公安"},
    ]
    await state(embedded_graph, tmp_path, facts)
    [usual, *_] = Profiles().all
    slow = replace(usual, thresholds={**usual.thresholds, "freshness": {"DAILY": 50, "MONTHLY": 35}})
    in_force = usual
    search = ConflictSearch(embedded_graph, Projection(embedded_graph, 0), rules=lambda: in_force)
    assert [one.kind for one in await rows(search)] == [ConflictKind.SOURCE_NOT_FRESHEST]
    in_force = slow
    assert await rows(search) == []


@pytest.mark.parametrize(
    ("asked", "error", "argument"),
    [
        ({"kinds": ()}, BadInput, "kinds"),
        ({"element": "无"}, NotFound, "element"),
        ({"element": "公安"}, BadInput, "element"),
        ({"department": "号"}, BadInput, "department"),
    ],
)
async def test_what_means_nothing_is_refused(
    embedded_graph: Graph, tmp_path: Path, asked: Any, error: Any, argument: str
) -> None:
    await state(embedded_graph, tmp_path, [*department("公安"), NUMBER])
    with pytest.raises(error) as caught:
        await rows(ConflictSearch(embedded_graph, Projection(embedded_graph, 0)), **asked)
    assert caught.value.argument == argument


@pytest.mark.parametrize(
    ("written", "letter", "length"),
    [
        ("C", "C", None),
        ("字符型", "C", None),
        ("字符型Ｃ", "C", None),
        ("ＶＡＲＣＨＡＲ（20）", "C", 20),
        ("nvarchar2(18 char)", "C", 18),
        ("decimal(10,2)", "N", 10),
        ("日期时间型", "T", None),
        ("日期型", "D", None),
        ("整數", "I", None),
        ("民族代码", "民族代码", None),
        ("-", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_types_are_alike_however_they_are_written(written: str | None, letter: str | None, length: int | None) -> None:
    assert alike(written) == (letter, length)
