"""Random registries: what does not fit about data elements in them, as the plain reference has it."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.conflicts import AskedConflicts, ConflictSearch
from graph.element_conflicts import ConflictKind
from graph.engine import Graph
from graph.found_conflicts import ConflictList
from graph.projection import Projection
from tests.engines import wipe
from tests.graph.stating import state
from tests.graph.test_findings_random import ids
from tests.reference_conflicts import DAYS, ConflictsReference, Told
from tests.reference_facts import Import
from tests.reference_findings import FindingsReference
from tests.strategies import Fact, links, renamed, things, whens

CYCLES = (*list(DAYS)[:4], "IRREGULAR", None)
TYPES: tuple[Fact, ...] = ({}, {"data_type": "C"}, {"data_type": "C", "length": 18}, {"length": 20}, {"data_type": "N"})


@st.composite
def carrying(draw: st.DrawFn) -> list[Fact]:
    """A few departments whose resources carry the same few elements, with types, update cycles and some flows."""
    departments = draw(things("department", 2, 3))
    named = ids(departments, "department")
    systems = draw(things("system", 0, 1, department=named))
    resources = draw(things("resource", 3, 5, provider=named, system=ids(systems, "system")))
    elements = draw(things("element", 1, 2, source=(*named, *named, *named)))
    fields: list[Fact] = []
    for resource in resources:
        resource["update_cycle"] = draw(st.sampled_from(CYCLES))
        for name in draw(st.sampled_from(("f", "fg"))):
            field = {"fact": "field", "id": f"field:{resource['name']}/{name}", "name": name, **draw(whens())}
            field |= {"resource": resource["id"], "element": draw(st.sampled_from(ids(elements, "element")))}
            field |= draw(st.sampled_from(TYPES))
            fields.append(field)
    for element in elements:
        if draw(st.integers(0, 2)) == 0:
            element.pop("source", None)
    carriers, holders = (tuple(one["id"] for one in those) for those in (fields, resources))
    flows = [*draw(links("feeds", carriers, carriers, 2)), *draw(links("feeds", holders, holders, 1))]
    return [*departments, *systems, *resources, *elements, *fields, *flows]


@st.composite
def cases(draw: st.DrawFn) -> list[Fact]:
    several = draw(st.lists(carrying(), min_size=5, max_size=7))
    return [fact for number, part in enumerate(several) for fact in renamed(part, f"/{number}")]


def told(found: ConflictList) -> list[Told]:
    rows = [found.row(place) for place in range(len(found))]
    return [
        Told(
            row.kind.value,
            row.element.id,
            None if row.source is None else row.source.id,
            row.severity.value,
            tuple(row.field(place).id for place in range(row.count)),
        )
        for row in rows
    ]


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(facts=cases())
async def test_random_registries_have_the_conflicts_that_the_reference_says(graph: Graph, facts: list[Fact]) -> None:
    await wipe(graph)
    with tempfile.TemporaryDirectory() as folder:
        await state(graph, Path(folder), facts)
    findings = FindingsReference([Import(facts, datetime(2020, 1, 1, tzinfo=UTC))], datetime.now(UTC), {}, 1)
    reference = ConflictsReference(findings)
    expected = reference.all()
    for megabytes in (100, 0):
        projection = Projection(graph, megabytes)
        if megabytes:
            await projection.fill()
        search = ConflictSearch(graph, projection)
        found = await search.find(AskedConflicts())
        assert told(found) == expected
        keys = [found.key(place) for place in range(len(found))]
        assert keys == sorted(set(keys))
        for one in expected[:1]:
            kind = ConflictKind(one.kind)
            assert told(await search.find(AskedConflicts(kinds=(kind,)))) == [e for e in expected if e.kind == kind]
            about = await search.find(AskedConflicts(element=one.element))
            assert told(about) == [e for e in expected if e.element == one.element]
            for party in sorted(reference.parties(one))[:1]:
                theirs = await search.find(AskedConflicts(department=party))
                assert told(theirs) == [e for e in expected if party in reference.parties(e)]
