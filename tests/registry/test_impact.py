"""`registry impact`: the same answer as the API, tables, and what is refused with which status."""

from typing import Any

import pytest

from graph.engine import Graph
from graph.impact import LONGEST, Impacts
from graph.moment import Level
from graph.planned_change import ChangeKind, PlannedChange
from graph.projection import Projection
from registry.impact_answers import impact_record
from registry.imports import ImportOptions, run_import
from tests.registry.running import SAMPLE, Commands
from tests.resolvers.asking import opened

PEOPLE = "resource:320900/市公安局/户籍人口基本信息"
CHECK = "system:320900/市住建局/住房保障核查系统"
OTHER = "system:320900/市民政局/家庭经济状况核对系统"

ANSWER = """
query ($change: ChangeInput!) { impact(change: $change, maxMilliseconds: 60000, asOf: "2026-11-01") {
  levels { level total precise complete stoppedBy reachedDepth }
  affected(level: SYSTEM, first: 7) { totalCount nodes {
    id kind name depth precise whole
    resource { id name } system { id name } department { id name } jurisdiction { id name }
  } }
  outlooks { outlook count }
  sources(outlook: [LOSES, LOSES_IN_CONSEQUENCE], first: 7) { totalCount nodes {
    id kind name depth precise outlook lost left feeders { id name } resource { id name } department { id name }
  } }
  agreements(first: 7) { totalCount nodes { id name effect reason covered } }
  departments(first: 7) { totalCount nodes { id name depth precise fields resources systems losing contacts } }
  withoutDepartment
  successors(first: 7) { totalCount nodes {
    replaces { id name } successor { id name } resource { id name } department { id name } element { id name } reason
  } }
  migration(first: 7) { totalCount nodes { step ring id kind name depth precise department { id name } } }
  complete stoppedBy reachedDepth hiddenCount asOf sequence
} }
"""


async def test_the_command_answers_as_the_api_does(graph: Graph) -> None:
    with await run_import(graph, [SAMPLE], ImportOptions(source="sample")):
        pass
    change = {"kind": "RETIRE", "ids": [PEOPLE]}
    told: dict[str, Any] = (await (await opened(graph)).ask(ANSWER, change=change))["impact"]
    at = 1_793_462_400_000_000  # 2026-11-01 in Shanghai
    found = await Impacts(graph, Projection(graph, 0)).find(PlannedChange(ChangeKind.RETIRE, (PEOPLE,)), at, LONGEST)
    answer = await impact_record(graph, found, Level.SYSTEM, 7)
    assert answer == told
    assert answer["sources"]["totalCount"] > 7


def test_tables_tell_what_is_lost_and_whom_to_tell(sample: Commands) -> None:
    done = sample.run("impact", "retire", PEOPLE, "--first", "5", "--max-milliseconds", "60000")
    assert done.status == 0
    for words in (
        "Loses its only source (5 of",
        "Departments to tell (5 of",
        "人口管理支队",
        "Complete:",
        "nothing was",
    ):
        assert words in done.out
    merged = sample.run("impact", "merge", CHECK, "--into", OTHER, "--format", "json", "--max-milliseconds", "60000")
    assert {one["effect"] for one in merged.json["agreements"]["nodes"]} == {"REDO"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["retire", PEOPLE, "--into", OTHER], "change.into"),
        (["merge", CHECK], "change.into"),
        (["alter", PEOPLE], "change.alter"),
        (["alter", PEOPLE, "--length", "0"], "change.alter.length"),
        (["retire", PEOPLE, "--first", "-1"], "--first"),
        (["retire", PEOPLE, "--max-milliseconds", "0"], "--max-milliseconds"),
        (["destroy", PEOPLE], "retire"),
    ],
)
def test_wrong_usage_ends_with_2(sample: Commands, arguments: list[str], words: str) -> None:
    done = sample.run("impact", *arguments)
    assert done.status == 2
    assert words in done.err
    assert not done.out


def test_what_the_graph_does_not_know_ends_with_1(sample: Commands) -> None:
    done = sample.run("impact", "retire", PEOPLE, "resource:nobody", "system:either")
    assert done.status == 1
    assert "resource:nobody, system:either" in done.err
