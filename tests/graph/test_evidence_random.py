"""Random histories with agreements: the links behind every edge are those that the reference reads off the facts."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.engine import Graph
from graph.evidence import Behind, Line, tell
from graph.lineage import Found, Lineages
from graph.net import FLOWS
from graph.paging import Page
from tests.engines import wipe
from tests.graph.asking import lineages, question
from tests.graph.stating import replay
from tests.graph.test_lineage_histories import Steps, histories, recorded
from tests.reference import answer
from tests.reference_evidence import Edge, Told, evidence
from tests.strategies import Fact, Query, ids_of, often, registries, whens


@st.composite
def explained(draw: st.DrawFn) -> list[Fact]:
    """A registry whose feeds say what they do to the data, with agreements."""
    facts = []
    for fact in draw(registries()):
        more = {"transformation": draw(st.sampled_from(("select 姓名", "union")))} if fact["fact"] == "feeds" else {}
        facts.append({**fact, **(more if draw(st.booleans()) else {})})
    of = {kind: [f for f in facts if f["fact"] == kind] for kind in ("department", "system", "resource", "field")}
    given = {f["from" if f["fact"] == "feeds" else "resource"] for f in facts if f["fact"] in ("feeds", "reads")}
    given |= {f["resource"] for f in of["field"] if f["id"] in given and "resource" in f}
    for name in draw(st.lists(st.sampled_from("甲乙丙"), min_size=1, unique=True)) if given else ():
        covers = draw(st.lists(st.sampled_from(sorted(given)), min_size=1))
        agreement = {"fact": "agreement", "id": f"agreement:{name}", "covers": covers}
        for key, kind in (("consumer", "department"), ("system", "system")):
            if named := draw(often(st.sampled_from(ids_of(of[kind], kind, "未登记")), None)):
                agreement[key] = named
        facts.append({**agreement, **draw(whens())})
    return facts


def told(line: Line) -> Told:
    """A line in the reference's shape."""
    record = line.record
    return {
        "source": record["source"]["id"],
        "target": record["target"]["id"],
        "job": record["job"],
        "validFrom": _moment(record["valid_from"]),
        "validTo": None if record["ended"] else _moment(record["valid_to"]),
        "ended": record["ended"],
        "transformation": record["transformation"],
        "statedBy": sorted(one["source"] for one in record["stated_by"]),
        "crosses": record["crosses_departments"],
        "agreed": record["agreed"],
        "agreements": [one["id"] for one in record["agreements"]],
        "others": [(one["how"], one["source"]["id"], one["target"]["id"], one["job"]) for one in record["others"]],
    }


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)


async def explain(graph: Graph, found: Found, size: int) -> dict[Edge, list[Told]]:
    """What stands behind each edge, read page by page."""
    behind = Behind(found)
    edges, ids = found.answer.edges, found.answer.ids
    whole: dict[Edge, list[Told]] = {}
    for place in range(len(edges.source)):
        lines: list[Line] = []
        while page := behind.lines(place, Page(size, after=lines[-1].position if lines else None), size):
            lines += page
        await tell(graph, behind, lines)
        assert len(lines) == behind.count(place) == edges.count[place]
        assert behind.lines(place, Page(99, backward=True), 99)[::-1] == behind.lines(place, Page(99), 99)
        key = (ids[edges.source[place]], ids[edges.target[place]], FLOWS[edges.flow[place]])
        whole[key] = [told(line) for line in lines]
    return whole


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(history=histories(explained(), whole=True), size=st.integers(1, 3))
async def test_what_stands_behind_edges_is_what_the_reference_says(
    graph: Graph, history: tuple[Steps, list[Query]], size: int
) -> None:
    steps, asked = history
    await wipe(graph)
    grown = await lineages(graph, 100)
    with tempfile.TemporaryDirectory() as folder:
        marks = await replay(graph, Path(folder), steps)
    imports, moments = recorded(steps, datetime.now(UTC) - timedelta(hours=1))
    ways: dict[str, Lineages] = {
        "grown": grown,
        "filled": await lineages(graph, 100),
        "statements": await lineages(graph, 0),
    }
    for query in asked:
        if "error" in answer(imports, query, moments):
            continue
        expected = evidence(imports, query, moments, datetime.now(UTC))
        for way, of in ways.items():
            found = await of.find(question(query, marks))
            assert await explain(graph, found, size) == expected, (way, query)
