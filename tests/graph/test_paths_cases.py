"""The hand-worked paths of `tests/cases/paths`: the reference answers them, and the product does on both engines."""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from graph.engine import Graph
from tests.graph.asking import lineages
from tests.graph.asking_paths import ask
from tests.graph.stating import replay
from tests.graph.test_lineage_random import plain
from tests.reference_cases import Case, cases, replayed
from tests.reference_paths import paths

CASES = list(cases(Path(__file__).parents[1] / "cases" / "paths"))
GROUPS = [list(group) for _, group in groupby(CASES, key=lambda case: (case.name.rsplit(" (", 1)[0], case.steps))]


def shortened(answer: dict[str, Any], expect: dict[str, Any]) -> dict[str, Any]:
    """As the cases have it: paths by their ids, and edges where they are told."""
    if "error" in answer:
        return plain(answer)
    edges = [
        [[edge["source"], edge["target"], edge["count"], edge["precise"]] for edge in path["edges"]]
        for path in answer["paths"]
    ]
    paths = [[node["id"] for node in path["nodes"]] for path in answer["paths"]]
    return {**answer, "paths": paths, **({"edges": edges} if "edges" in expect else {})}


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_brute_force_answers_as_worked_out_by_hand(case: Case) -> None:
    imports, marks = replayed(case.steps, datetime.now(UTC) - timedelta(hours=1))
    assert shortened(paths(imports, case.query, marks), case.expect) == case.expect


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0].name.removesuffix(" (1)"))
async def test_the_paths_are_those_worked_out_by_hand(graph: Graph, tmp_path: Path, group: list[Case]) -> None:
    grown = await lineages(graph, 100)
    marks = await replay(graph, tmp_path, group[0].steps)
    ways = {"grown": grown, "filled": await lineages(graph, 100), "statements": await lineages(graph, 0)}
    for case in group:
        for way, of in ways.items():
            assert shortened(await ask(of, case.query, marks), case.expect) == case.expect, (way, case.query)
