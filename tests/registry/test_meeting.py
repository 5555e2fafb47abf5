"""Meeting: one node per real body, or a listed pair; whichever of the three sources comes first.

The three: a workbook (ids built), an exchange file that names the same bodies otherwise (ids given), and the
same workbook with other codes. `Stated` stands in for the workbook: a connector that states what it is given.
"""

import random
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from connectors.config import Config, Files
from connectors.protocol import Input
from graph.engine import Graph
from graph.facts import Fact, Finding, Kind, Link, Place, Thing
from registry.imports import ImportOptions, run_import
from registry.report import ImportReport
from tests.registry.importing import of_code, said, state

USCC = "11320900000000000N"


def built(kind: Kind, id: str, **values: Any) -> Thing:
    return Thing(kind, id, values, Place("catalogue.xlsx"), given_id=False)


def workbook(code: str = "3070150900001/000001") -> list[Fact]:
    """A department, a system, a resource with two fields, as a workbook's connector states them."""
    resource = f"resource:320900/{code}"
    return [
        built(
            Kind.DEPARTMENT, "department:320900/u", name="盐城市民政局", uscc=USCC, jurisdiction="jurisdiction:320900"
        ),
        built(Kind.SYSTEM, "system:320900/u/低保系统", name="低保系统", department="department:320900/u"),
        built(
            Kind.RESOURCE,
            resource,
            name="低保人员信息",
            code=code,
            provider="department:320900/u",
            system="system:320900/u/低保系统",
        ),
        built(Kind.FIELD, f"field:320900/{code}/姓名", name="姓名", resource=resource),
        built(Kind.FIELD, f"field:320900/{code}/证号", name="身份证号", resource=resource),
    ]


def exchange(uscc: str | None = USCC, code: str | None = "3070150900001/000001") -> list[dict[str, Any]]:
    """The same bodies under ids of their own."""
    return [
        {"fact": "jurisdiction", "id": "jurisdiction:320900", "name": "盐城市", "code": "320900"},
        {"fact": "department", "id": "mz", "name": "市民政局", "uscc": uscc, "jurisdiction": "jurisdiction:320900"},
        {"fact": "system", "id": "db", "name": "低保系统（新）", "aliases": ["低保系统"], "department": "mz"},
        {"fact": "resource", "id": "dbry", "name": "低保 人员信息", "code": code, "provider": "mz", "system": "db"},
        {"fact": "field", "id": "dbry.1", "name": "姓名", "resource": "dbry"},
        {"fact": "field", "id": "dbry.2", "name": "身份证号", "resource": "dbry"},
    ]


@pytest.fixture
def states(tmp_path: Path) -> Any:
    """A run of a connector that states the given facts."""

    async def run(graph: Graph, facts: Iterable[Fact | Finding], **options: Any) -> ImportReport:
        stated = list(facts)

        class Stated:
            name: ClassVar[str] = "stated"
            title: ClassVar[str] = "Facts of a test"
            config: ClassVar[type[Config]] = Files

            def __init__(self, given: Input, /) -> None:
                pass

            @classmethod
            def recognises(cls, path: Path) -> bool:
                return False

            async def pull(self) -> AsyncIterator[Fact | Finding]:
                for fact in stated:
                    yield fact

        path = tmp_path / "catalogue.xlsx"
        path.write_bytes(b"x")
        return await run_import(graph, [path], ImportOptions(connector=Stated, **options))

    return run


def pairs(report: ImportReport) -> set[frozenset[str]]:
    return {frozenset(finding.ids) for finding in report.pairs()}


async def ids(graph: Graph, folder: Path) -> set[str]:
    return {line["id"] for line in await said(graph, folder) if "id" in line}


async def test_a_workbook_meets_what_an_exchange_file_named_otherwise(
    graph: Graph, tmp_path: Path, states: Any
) -> None:
    (await state(graph, tmp_path, exchange())).close()
    before = await ids(graph, tmp_path)
    for dry_run in (True, False, False):
        with await states(graph, workbook(), dry_run=dry_run) as report:
            assert {finding.ids[0] for finding in of_code(report, "MET")} == {"mz", "db", "dbry"}
            assert pairs(report) == set()
            assert report.totals()["added"] == 0
            assert report.placeholders == 0
    assert await ids(graph, tmp_path) == before
    [field] = [
        line for line in await said(graph, tmp_path) if line.get("id") == "dbry.2" and "stated" in line["source"]
    ]
    assert field["resource"] == "dbry"


async def test_by_name_where_there_is_no_credit_code(graph: Graph, tmp_path: Path, states: Any) -> None:
    lines = exchange(uscc=None)
    lines[1]["aliases"] = ["盐城市 民政局"]
    (await state(graph, tmp_path, lines)).close()
    with await states(graph, workbook()) as report:
        assert {finding.ids[0] for finding in of_code(report, "MET")} == {"mz", "db", "dbry"}


async def test_an_exchange_file_after_the_workbook_keeps_its_ids_and_lists_the_pairs(
    graph: Graph, tmp_path: Path, states: Any
) -> None:
    (await states(graph, workbook())).close()
    for _ in range(2):
        with await state(graph, tmp_path, exchange()) as report:
            assert pairs(report) == {
                frozenset({"mz", "department:320900/u"}),
                frozenset({"db", "system:320900/u/低保系统"}),
                frozenset({"dbry", "resource:320900/3070150900001/000001"}),
            }


async def test_pairs_of_containers_are_found_again_when_a_later_file_states_only_what_they_hold(
    graph: Graph, tmp_path: Path, states: Any
) -> None:
    (await states(graph, workbook())).close()
    (await state(graph, tmp_path, exchange()[:2])).close()
    with await state(graph, tmp_path, exchange(code=None)[3:4]) as report:
        assert pairs(report) == {frozenset({"dbry", "resource:320900/3070150900001/000001"})}


async def test_a_name_that_differs_by_the_place_is_a_pair(graph: Graph, tmp_path: Path, states: Any) -> None:
    (await states(graph, workbook())).close()
    with await state(graph, tmp_path, exchange(uscc=None)[:2]) as report:
        [finding] = report.pairs()
        assert set(finding.ids) == {"mz", "department:320900/u"}
        assert "but for the place" in finding.message


async def test_the_same_workbook_with_other_codes_lists_each_resource_with_the_old_one(
    graph: Graph, tmp_path: Path, states: Any
) -> None:
    (await states(graph, workbook())).close()
    with await states(graph, workbook("3070150900001/000002")) as report:
        assert pairs(report) == {
            frozenset({"resource:320900/3070150900001/000001", "resource:320900/3070150900001/000002"})
        }
        assert report.counts["department"].added == report.counts["system"].added == 0
        assert report.counts["resource"].added == 1


async def test_two_of_one_name_in_one_file_are_a_pair(graph: Graph, tmp_path: Path) -> None:
    lines = exchange()
    lines += [{**lines[3], "id": "dbry2", "code": "3070150900001/000009"}]
    for dry_run in (True, False):
        with await state(graph, tmp_path, lines, dry_run=dry_run) as report:
            assert pairs(report) == {frozenset({"dbry", "dbry2"})}


async def test_names_that_say_nothing_are_never_the_same(graph: Graph, tmp_path: Path) -> None:
    lines = exchange()
    lines += [{"fact": "resource", "id": f"none{n}", "name": "无", "provider": "mz"} for n in range(3)]
    with await state(graph, tmp_path, lines) as report:
        assert pairs(report) == set()


async def test_two_that_are_there_are_not_guessed_between(graph: Graph, tmp_path: Path, states: Any) -> None:
    lines = [*exchange(), {**exchange()[2], "id": "db2"}]
    (await state(graph, tmp_path, lines)).close()
    with await states(graph, workbook()[:2]) as report:
        new = "system:320900/u/低保系统"
        assert pairs(report) == {frozenset({new, "db"}), frozenset({new, "db2"})}
        assert new in await ids(graph, tmp_path)


async def test_references_and_links_follow_the_id_that_was_met(graph: Graph, tmp_path: Path, states: Any) -> None:
    (await state(graph, tmp_path, exchange())).close()
    facts: list[Fact] = workbook()
    facts.append(
        Thing(Kind.AGREEMENT, "agreement:1", {"provider": "department:320900/u", "covers": [facts[2].id]}, Place())
        if isinstance(facts[2], Thing)
        else facts[2]
    )
    facts.append(Link("FEEDS", "field:320900/3070150900001/000001/姓名", "field:x", {}, Place()))
    (await states(graph, facts)).close()
    lines = {line.get("id", line["fact"]): line for line in await said(graph, tmp_path)}
    assert (lines["agreement:1"]["provider"], lines["agreement:1"]["covers"]) == ("mz", ["dbry"])
    assert lines["feeds"]["from"] == "dbry.1"


async def test_a_jurisdiction_is_met_by_its_code(graph: Graph, tmp_path: Path, states: Any) -> None:
    lines: list[dict[str, Any]] = [{"fact": "jurisdiction", "id": "yc", "name": "盐城市", "code": "320900"}]
    lines += [{**exchange(uscc=None)[1], "name": "盐城市民政局", "jurisdiction": "yc"}]
    (await state(graph, tmp_path, lines)).close()
    with await states(graph, workbook()) as report:
        assert [finding.ids for finding in of_code(report, "MET")] == [("mz",)]
    assert "department:320900/u" not in await ids(graph, tmp_path)


async def test_a_full_run_of_what_was_met_withdraws_nothing(graph: Graph, tmp_path: Path, states: Any) -> None:
    (await state(graph, tmp_path, exchange())).close()
    for _ in range(2):
        with await states(graph, workbook(), full=True) as report:
            assert (report.exit_code, report.totals()["withdrawn"]) == (0, 0)


async def test_what_two_built_ids_both_mean_is_written_once(graph: Graph, tmp_path: Path, states: Any) -> None:
    (await state(graph, tmp_path, exchange())).close()
    facts = workbook()
    assert isinstance(facts[0], Thing)
    again = replace(facts[0], id="department:320900/v", values={**facts[0].values, "short_name": "民政局"})
    for _ in range(2):
        with await states(graph, random.Random(1).sample([*facts, again], 6)) as report:
            assert report.totals()["added"] == 0
    assert report.totals()["changed"] == 0


async def test_what_one_run_states_apart_stays_apart(graph: Graph, tmp_path: Path, states: Any) -> None:
    resource = "resource:320900/3070150900001/000001"
    facts: list[Fact] = [*workbook(), built(Kind.FIELD, f"{resource}/ip", name="客户端ip", resource=resource)]
    facts.append(built(Kind.FIELD, f"{resource}/IP", name="客户端IP", resource=resource))
    for stated, added in ((facts[:-1], len(facts) - 1), (facts, 1), (facts, 0)):
        with await states(graph, stated) as report:
            assert report.totals()["added"] == added
            assert list(report.findings) == []


async def test_of_many_with_one_name_each_is_listed_with_the_first(graph: Graph, tmp_path: Path) -> None:
    lines = [*exchange()[:2], *({**exchange()[3], "id": f"r{n}", "code": f"c{n}"} for n in range(9))]
    for _ in range(2):
        with await state(graph, tmp_path, lines) as report:
            assert pairs(report) == {frozenset({"r0", f"r{n}"}) for n in range(1, 9)}
