"""Random registries: what is broken in them, as the plain reference has it, narrowed and in pages."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.broken import FindingKind
from graph.engine import Graph
from graph.facts import AGREEMENT_STATUSES, as_instant
from graph.finding_lists import FindingList
from graph.findings import AskedFindings, FindingSearch
from graph.found_findings import FindingRow
from graph.projection import Projection
from graph.sources import record_run
from tests.engines import wipe
from tests.graph.asking import ZONE
from tests.graph.stating import state
from tests.reference_facts import Import, instant
from tests.reference_findings import KINDS, FindingsReference, Told
from tests.strategies import LABELS, MOMENTS, Fact, ids_of, often, registries, renamed, things, whens

HEARD = {"a": "2020-03-01", "b": "2021-05-01"}
"""When the sources were last imported."""
DAYS = 90
BROKEN = tuple(FindingKind(kind) for kind in KINDS)

Case = tuple[list[Fact], str, str]
"""Several registries beside each other, a moment, and a thing to look within."""


def ids(facts: list[Fact], kind: str) -> tuple[str, ...]:
    return ids_of([fact for fact in facts if fact["fact"] == kind], kind, "未登记")


@st.composite
def agreements(draw: st.DrawFn, facts: list[Fact]) -> list[Fact]:
    """Some agreements about some resources and fields."""
    found = []
    covered = st.lists(st.sampled_from(ids(facts, "resource") + ids(facts, "field")), max_size=3, unique=True)
    for label in draw(st.lists(st.sampled_from(LABELS), max_size=4, unique=True)):
        fact: Fact = {"fact": "agreement", "id": f"agreement:{label}", "covers": draw(covered), **draw(whens())}
        for key, kind, weight in (("consumer", "department", 3), ("system", "system", 1)):
            if named := draw(often(st.sampled_from(ids(facts, kind)), None, weight)):
                fact[key] = named
        if status := draw(often(st.none(), "some", 1)) and draw(st.sampled_from(AGREEMENT_STATUSES)):
            fact["status"] = status
        found.append(fact)
    return found


@st.composite
def crowded(draw: st.DrawFn) -> list[Fact]:
    """A registry with all that findings are about."""
    facts = draw(registries())
    elements = draw(things("element", 0, 2, source=ids(facts, "department")))
    for fact in facts:
        if fact["fact"] == "field" and draw(st.booleans()):
            fact["element"] = draw(st.sampled_from(ids(elements, "element")))
        if fact["fact"] == "resource" and draw(st.booleans()):
            fact["share_type"] = draw(st.sampled_from(("UNCONDITIONAL", "CONDITIONAL", "WITHHELD")))
        if fact["fact"] in ("feeds", "reads") and draw(st.booleans()):
            fact["source"] = draw(st.sampled_from(("b", "person:甲")))
    return facts + elements + draw(agreements(facts))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    several = draw(st.lists(crowded(), min_size=4, max_size=6))
    facts = [fact for number, part in enumerate(several) for fact in renamed(part, f"/{number}")]
    containers = [fact["id"] for fact in facts if fact["fact"] in ("jurisdiction", "department", "system", "resource")]
    return facts, draw(st.sampled_from(MOMENTS)), draw(st.sampled_from(containers))


def told(row: FindingRow) -> Told:
    """A finding as the reference has it."""
    first, second = (*(one.id for one in row.things), "")[:2]
    about = (first, second if row.kind in _PAIRS else "")
    return Told(
        row.kind.value, *about, row.count, None if row.department is None else row.department.id, row.severity.value
    )


_PAIRS = {FindingKind.READER_WITHOUT_AGREEMENT, FindingKind.FLOW_WITHOUT_AGREEMENT, FindingKind.QUIET_SOURCE}


def rows(found: FindingList) -> list[FindingRow]:
    return [found.row(place) for place in range(len(found))]


async def search(graph: Graph, megabytes: int) -> FindingSearch:
    projection = Projection(graph, megabytes)
    if megabytes:
        await projection.fill()
    return FindingSearch(graph, projection)


def asked(moment: str, **more: Any) -> AskedFindings:
    return AskedFindings(**{"kinds": BROKEN, "as_of": as_instant(moment, ZONE), "quiet_days": DAYS, **more})


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(case=cases())
async def test_random_registries_are_broken_where_the_reference_says(graph: Graph, case: Case) -> None:
    facts, moment, within = case
    await wipe(graph)
    with tempfile.TemporaryDirectory() as folder:
        await state(graph, Path(folder), facts)
    for source, last in HEARD.items():
        await record_run(graph, source, "exchange", as_instant(last, ZONE), {})
    at = instant(moment)
    assert at is not None
    heard = {source: known for source, text in HEARD.items() if (known := instant(text))}
    reference = FindingsReference([Import(facts, datetime(2020, 1, 1, tzinfo=UTC), "a", False)], at, heard, DAYS)
    expected = reference.all()
    for megabytes in (100, 0):
        by = await search(graph, megabytes)
        found = await by.find(asked(moment))
        assert [told(row) for row in rows(found)] == expected
        inside = await by.find(asked(moment, within=within))
        assert [told(row) for row in rows(inside)] == [one for one in expected if reference.inside(one, within)]
        assert sum(facet.count for facet in inside.counts().departments()) == len(inside)
        keys = [found.key(place) for place in range(len(found))]
        assert keys == sorted(set(keys))
