"""Random histories: what differs between two moments is the difference of two walks of the reference.

Where an answer is cut, nothing is told as added or closed that the other moment has, however far away.
"""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.difference import Compared, Comparison, Differs, EdgeDifference, NodeDifference, compare
from graph.engine import Graph
from graph.facts import as_instant
from graph.reasons import Why
from graph.refusals import NotFound
from tests.engines import wipe
from tests.graph.asking import ZONE, lineages, question
from tests.graph.stating import replay
from tests.graph.test_evidence_random import explained
from tests.graph.test_lineage_histories import Steps, histories, recorded
from tests.reference import answer
from tests.reference_difference import Side, edges, nodes
from tests.reference_facts import instant
from tests.strategies import MOMENTS, Query

Pair = tuple[Any, Any]


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[Steps, list[tuple[Query, Pair, Pair]]]:
    """A history, and questions for two moments each."""
    steps, asked = draw(histories(explained(), whole=draw(st.booleans())))
    marks = [step["mark"] for step in steps if "mark" in step]
    found = []
    for query in asked:
        query.pop("knownAt", None)
        query.pop("filter", None)
        days = tuple(sorted(draw(st.tuples(*[st.sampled_from(MOMENTS)] * 2)), key=lambda day: as_instant(day, ZONE)))
        known = draw(
            st.sampled_from([(None, None), *((a, b) for a in marks for b in (*marks, None) if b is None or a <= b)])
        )
        found.append(({**query, "name": query["name"].replace("Counts", "")}, days, known))
    return steps, found


def told_nodes(found: Comparison) -> dict[str, Any]:
    return {one.id: _differs(one, [change.name for change in one.changes]) for one in found.nodes}


def told_edges(found: Comparison) -> dict[tuple[str, str, str], Any]:
    told: dict[tuple[str, str, str], Any] = {}
    for one in found.edges:
        restated = any(reason.why is Why.CHANGED and reason.link is not None for reason in one.reasons)
        agreements = any(change.name == "agreements" for change in one.changes)
        both = (one.gone, one.come, restated and not (one.gone or one.come), agreements)
        alone = (one.differs, one.gone + one.come)
        told[one.source, one.target, one.flow] = both if one.differs is Differs.ALTERED else alone
    return told


def _differs(one: NodeDifference | EdgeDifference, changes: list[str]) -> Any:
    return changes if one.differs is Differs.ALTERED else one.differs


def expected_edges(before: Side, after: Side) -> dict[Any, Any]:
    """Whether links are stated otherwise is told apart from others only where these are the same."""
    return {
        edge: (*how[:2], how[2] and not (how[0] or how[1]), how[3]) if len(how) == 4 else how
        for edge, how in edges(before, after).items()
    }


def check_cut(found: Comparison, before: Side, after: Side) -> None:
    """What is told of cut answers is true of the whole ones, and nothing that may differ is passed over."""
    whole = {Differs.CLOSED: after.whole, Differs.ADDED: before.whole}
    for one in found.nodes:
        assert one.differs not in whole or one.id not in whole[one.differs][0], one
    for edge in found.edges:
        key = (edge.source, edge.target, edge.flow)
        assert edge.differs not in whole or key not in whole[edge.differs][1], edge
    told = {one.id for one in found.nodes}
    for mine, other in ((before, after), (after, before)):
        for id in mine.answer[0].keys() - other.answer[0].keys():
            assert id in told or id in other.whole[0], id
    told_of = {(one.source, one.target, one.flow) for one in found.edges}
    for mine, other in ((before, after), (after, before)):
        for key in mine.answer[1].keys() - other.answer[1].keys():
            assert key in told_of or key in other.whole[1], key


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(comparison=comparisons())
async def test_what_differs_is_the_difference_of_two_walks(
    graph: Graph, comparison: tuple[Steps, list[tuple[Query, Pair, Pair]]]
) -> None:
    steps, asked = comparison
    await wipe(graph)
    with tempfile.TemporaryDirectory() as folder:
        marks = await replay(graph, Path(folder), steps)
    imports, moments = recorded(steps, datetime.now(UTC) - timedelta(hours=1))
    ways = {"filled": await lineages(graph, 100), "statements": await lineages(graph, 0)}
    now = datetime.now(UTC)
    for query, days, known in asked:
        if answer(imports, query, moments).get("error", {}).get("code") == "BAD_INPUT":
            continue
        sides = [
            Side(imports, query, instant(day) or now, now if mark is None else moments[mark])
            for day, mark in zip(days, known, strict=True)
        ]
        compared = Compared(
            question(query, {}),
            (as_instant(days[0], ZONE), as_instant(days[1], ZONE)),
            (None if known[0] is None else marks[known[0]], None if known[1] is None else marks[known[1]]),
        )
        for way, of in ways.items():
            try:
                found = await compare(of, compared)
            except NotFound as error:
                assert set(error.ids) == sides[0].unknown & sides[1].unknown
                continue
            assert not sides[0].unknown & sides[1].unknown
            stops = [side.answer[2] for side in sides]
            assert [set(found.before.stopped_by), set(found.after.stopped_by)] == stops
            assert found.complete == (not any(stops))
            if found.complete:
                assert told_nodes(found) == nodes(*sides), (way, query, days, known)
                assert told_edges(found) == expected_edges(*sides), (way, query, days, known)
            else:
                check_cut(found, *sides)
