"""The hand-worked cases, on both engines, from a projection that grew, one that was filled, and by statements."""

from itertools import groupby
from pathlib import Path

import pytest

from graph.engine import Graph
from tests.graph.asking import ask, lineages
from tests.graph.stating import replay
from tests.reference_cases import Case, as_expected, cases

GROUPS = [list(group) for _, group in groupby(cases(), key=lambda case: (case.name.rsplit(" (", 1)[0], case.steps))]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0].name.removesuffix(" (1)"))
async def test_the_answer_is_the_one_worked_out_by_hand(graph: Graph, tmp_path: Path, group: list[Case]) -> None:
    grown = await lineages(graph, 100)
    marks = await replay(graph, tmp_path, group[0].steps)
    ways = {"grown": grown, "filled": await lineages(graph, 100), "statements": await lineages(graph, 0)}
    for case in group:
        for way, of in ways.items():
            got = await ask(of, case.query, marks)
            expect = case.expect
            if "error" in expect:
                expect = {"error": {**expect["error"], "names": sorted(expect["error"]["names"])}}
                got = {"error": {**got["error"], "names": sorted(got["error"]["names"])}}
            assert as_expected(expect, got) == expect, (way, case.name, case.query)
