"""What stands behind an edge: the jobs that move the data, and the agreements that allow it at that moment."""

from pathlib import Path
from typing import Any

import pytest

from graph.engine import Graph
from graph.facts import as_instant
from graph.lineage import Asked, agreements_of, jobs_of
from graph.moment import Level
from graph.narrowing import LineageFilter
from tests.graph.asking import ZONE, lineages
from tests.graph.stating import state

FACTS: list[dict[str, Any]] = [
    {"fact": "department", "id": "d1", "name": "提供"},
    {"fact": "department", "id": "d2", "name": "使用"},
    {"fact": "system", "id": "s2", "name": "用系统", "department": "d2"},
    {"fact": "system", "id": "s3", "name": "他系统"},
    {"fact": "resource", "id": "A", "name": "甲", "provider": "d1"},
    {"fact": "resource", "id": "B", "name": "乙", "system": "s2"},
    {"fact": "field", "id": "A.f", "name": "f", "resource": "A"},
    {"fact": "field", "id": "A.g", "name": "g", "resource": "A"},
    {"fact": "field", "id": "B.f", "name": "f", "resource": "B"},
    {"fact": "feeds", "from": "A.f", "to": "B.f", "job": "夜间交换"},
    {"fact": "feeds", "from": "A.f", "to": "B.f", "job": "补数"},
    {"fact": "feeds", "from": "A.g", "to": "B.f"},
    {"fact": "reads", "system": "s3", "resource": "A", "job": "查询"},
    {"fact": "agreement", "id": "g-whole", "consumer": "d2", "covers": ["A"], "valid_to": "2030-01-01"},
    {"fact": "agreement", "id": "g-field", "consumer": "d2", "covers": ["A.g"]},
    {"fact": "agreement", "id": "g-system", "system": "s2", "covers": ["A.f"]},
    {"fact": "agreement", "id": "g-expired", "consumer": "d2", "covers": ["A"], "valid_to": "2020-01-01"},
    {"fact": "agreement", "id": "g-other", "consumer": "d1", "covers": ["A"]},
    {"fact": "agreement", "id": "g-reader", "system": "s3", "covers": ["A"]},
]

Evidence = dict[tuple[str, str, int], tuple[list[str], list[str]]]


async def evidence(graph: Graph, megabytes: int, level: Level, as_of: str | None = None) -> Evidence:
    of = await lineages(graph, megabytes)
    moment = None if as_of is None else as_instant(as_of, ZONE)
    answer = (await of.find(Asked(["A"], "DOWNSTREAM", level, as_of=moment, reads=True))).answer
    edges, ids = answer.edges, answer.ids
    return {
        (ids[edges.source[place]], ids[edges.target[place]], edges.flow[place]): (
            jobs_of(answer, place),
            agreements_of(answer, place),
        )
        for place in range(len(edges.source))
    }


@pytest.mark.parametrize("megabytes", [100, 0])
async def test_an_edge_tells_its_jobs_and_agreements(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(graph, tmp_path, FACTS)
    assert await evidence(graph, megabytes, Level.RESOURCE) == {
        ("A", "B", 0): (["夜间交换", "补数"], ["g-field", "g-system", "g-whole"]),
        ("A", "s3", 1): (["查询"], ["g-reader"]),
    }
    assert await evidence(graph, megabytes, Level.FIELD) == {
        ("A.f", "B.f", 0): (["夜间交换", "补数"], ["g-system", "g-whole"]),
        ("A.g", "B.f", 0): ([], ["g-field", "g-whole"]),
        ("A", "s3", 1): (["查询"], ["g-reader"]),
    }


@pytest.mark.parametrize("megabytes", [100, 0])
async def test_agreements_are_those_in_force_then(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(graph, tmp_path, FACTS)
    then = await evidence(graph, megabytes, Level.DEPARTMENT, "2019-06-01")
    assert then["d1", "d2", 0][1] == ["g-expired", "g-field", "g-system", "g-whole"]
    later = await evidence(graph, megabytes, Level.DEPARTMENT, "2031-01-01")
    assert later["d1", "d2", 0][1] == ["g-field", "g-system"]


async def test_an_agreement_that_changes_is_followed(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    of = await lineages(graph, 100)
    asked = Asked(["A.g"], "DOWNSTREAM", Level.FIELD)
    assert agreements_of((await of.find(asked)).answer, 0) == ["g-field", "g-whole"]
    await state(graph, tmp_path, [{"fact": "agreement", "id": "g-field", "covers": ["A.f"]}])
    assert agreements_of((await of.find(asked)).answer, 0) == ["g-whole"]


@pytest.mark.parametrize("megabytes", [100, 0])
@pytest.mark.parametrize("level", [Level.FIELD, Level.RESOURCE, Level.DEPARTMENT])
async def test_a_joined_edge_tells_the_jobs_at_its_ends_and_the_agreements_between_them(
    graph: Graph, tmp_path: Path, megabytes: int, level: Level
) -> None:
    """A → P → Q → B through the platform: what A's provider granted to B's department, none of what P has."""
    facts: list[dict[str, Any]] = [
        {"fact": "system", "id": "p", "name": "平台"},
        *({"fact": "department", "id": id, "name": id} for id in ("d1", "d2", "d3")),
        {"fact": "resource", "id": "A", "name": "甲", "provider": "d1"},
        *({"fact": "resource", "id": id, "name": id, "provider": "d3", "system": "p"} for id in ("P", "Q")),
        {"fact": "resource", "id": "B", "name": "乙", "provider": "d2"},
        *({"fact": "field", "id": f"{id}.f", "name": "f", "resource": id} for id in "APQB"),
        {"fact": "feeds", "from": "A.f", "to": "P.f", "job": "上报"},
        {"fact": "feeds", "from": "P.f", "to": "Q.f", "job": "内部"},
        {"fact": "feeds", "from": "Q.f", "to": "B.f", "job": "下发"},
        {"fact": "agreement", "id": "g-across", "consumer": "d2", "covers": ["A"]},
        {"fact": "agreement", "id": "g-expired", "consumer": "d2", "covers": ["A"], "valid_to": "2020-01-01"},
        {"fact": "agreement", "id": "g-in", "consumer": "d3", "covers": ["A"]},
        {"fact": "agreement", "id": "g-out", "consumer": "d2", "covers": ["Q"]},
    ]
    await state(graph, tmp_path, facts)
    of = await lineages(graph, megabytes)
    for direction, start in (("DOWNSTREAM", "A.f"), ("UPSTREAM", "B.f")):
        asked = Asked([start], direction, level, filter=LineageFilter(through=("p",)))
        found = (await of.find(asked)).answer
        assert found.edges.count == [2]
        assert jobs_of(found, 0) == ["上报", "下发"]
        assert agreements_of(found, 0) == ["g-across"]
