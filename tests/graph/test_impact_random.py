"""Random registries and changes: what is affected, and what keeps a source, as the plain reference has it."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.engine import Graph
from graph.facts import as_instant
from graph.impact import LONGEST, Impact, Impacts
from graph.moment import Level
from graph.planned_change import ChangeKind, PlannedChange
from graph.projection import Projection
from graph.refusals import Refusal
from tests.engines import wipe
from tests.graph.asking import ZONE
from tests.graph.stating import state
from tests.reference_facts import Import, instant
from tests.reference_impact import ImpactReference
from tests.strategies import MOMENTS, Fact, registries

Case = tuple[list[Fact], list[str], str]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    facts = draw(registries())
    kinds = ("department", "system", "resource", "field")
    ids = [fact["id"] for fact in facts if fact["fact"] in kinds]
    ids += [fact["from"] for fact in facts if fact["fact"] == "feeds"]
    chosen = draw(st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True))
    return facts, chosen, draw(st.sampled_from(MOMENTS))


def rows(impact: Impact) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for level in Level:
        one = impact.at_level(level)
        columns = zip(one.ids, one.depth, one.precise, strict=True)
        found[level.name] = [{"id": id, "depth": depth, "precise": precise} for id, depth, precise in columns]
    return found


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(case=cases())
async def test_random_changes_touch_what_the_reference_says(graph: Graph, case: Case) -> None:
    facts, ids, moment = case
    await wipe(graph)
    with tempfile.TemporaryDirectory() as folder:
        await state(graph, Path(folder), facts)
    at = instant(moment)
    assert at is not None
    imports = [Import(facts, datetime(2020, 1, 1, tzinfo=UTC), "a", False)]
    reference = ImpactReference(imports, ids, at, datetime.now(UTC))
    filled = Projection(graph, 100)
    await filled.fill()
    change = PlannedChange(ChangeKind.RETIRE, tuple(ids))
    for projection in (filled, Projection(graph, 0)):
        impact = await Impacts(graph, projection).find(change, as_instant(moment, ZONE), LONGEST)
        assert impact.complete
        assert rows(impact) == reference.all_levels()
        assert dict(zip(impact.units.ids, map(str, impact.units.outlook), strict=True)) == reference.units()


async def test_a_refusal_names_all_unknown_ids_at_once(graph: Graph) -> None:
    change = PlannedChange(ChangeKind.MERGE, ("无", "resource:none"), "nobody")
    for projection in (Projection(graph, 0),):
        try:
            await Impacts(graph, projection).find(change)
        except Refusal as refusal:
            assert (refusal.code, refusal.argument) == ("NOT_FOUND", "change.ids")
            assert refusal.ids == ["无", "resource:none", "nobody"]
        else:
            raise AssertionError("it was answered")
