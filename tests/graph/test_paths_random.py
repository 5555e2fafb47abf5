"""Random registries and questions about paths: every way of answering agrees with brute force."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.beside import ended
from graph.engine import Graph
from graph.path_answers import Asking
from tests.engines import wipe
from tests.graph.asking import lineages
from tests.graph.asking_paths import ask, question, whole
from tests.graph.nets import net_of
from tests.graph.stating import state
from tests.graph.test_lineage_random import plain
from tests.reference_facts import ENDS, Import
from tests.reference_paths import paths
from tests.strategies import MOMENTS, Fact, Query, known_ids, often, registries

LEVELS = ("FIELD", "RESOURCE", "SYSTEM", "DEPARTMENT", "JURISDICTION")


@st.composite
def path_queries(draw: st.DrawFn, facts: list[Fact]) -> Query:
    """A question about two of the ids, seldom about one that nobody knows."""
    linked = sorted(fact[end] for fact in facts if fact["fact"] == "feeds" for end in ENDS["feeds"])
    everything = [id for id in known_ids(facts) if not id.startswith("element:")] + 2 * linked
    ids = st.sampled_from(everything)
    query: Query = {"from": draw(ids), "to": draw(ids), "level": draw(st.sampled_from(LEVELS))}
    if draw(st.integers(0, 40)) == 23:
        query["to"] = "没有这个"
    if (depth := draw(st.one_of(st.none(), st.integers(0, 3)))) is not None:
        query["maxDepth"] = depth
    query["first"] = draw(st.sampled_from((1, 2, 10, 1_000)))
    for name in ("via", "avoid"):
        if draw(st.integers(0, 3)) == 0:
            query[name] = draw(st.lists(ids, min_size=1, max_size=2, unique=True))
    if draw(st.integers(0, 9)) == 0:
        query["budget"] = {"maxNodes": draw(st.integers(1, 8))}
    if moment := draw(often(st.none(), "some", 1)) and draw(st.sampled_from(MOMENTS)):
        query["asOf"] = moment
    return query


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(data=st.data())
async def test_random_paths_are_those_of_brute_force(graph: Graph, data: st.DataObject) -> None:
    facts = data.draw(registries())
    questions = data.draw(st.lists(path_queries(facts), min_size=1, max_size=12))
    await wipe(graph)
    with tempfile.TemporaryDirectory() as folder:
        await state(graph, Path(folder), facts)
    imports = [Import(facts, datetime(2020, 1, 1, tzinfo=UTC), "a", False)]
    ways = [await lineages(graph, 100), await lineages(graph, 0)]
    for query in questions:
        expected: dict[str, Any] = plain(paths(imports, query))
        for of in ways:
            assert plain(await ask(of, query, {})) == expected, query
            if "error" not in expected:
                whether = await ask(of, {**query, "onlyWhether": True}, {})
                assert (whether["paths"], whether["exists"]) == ([], expected["exists"]), query


def crowded(random: Random) -> Iterator[Fact]:
    """A registry in which much feeds much, all of it in force."""

    def some(key: str, ids: list[str], often: float) -> dict[str, str]:
        return {key: random.choice(ids)} if random.random() < often else {}

    cities, departments, systems = ([f"{kind}{number}" for number in range(3)] for kind in "jds")
    yield from ({"fact": "jurisdiction", "id": id, **some("within", cities, 0.4)} for id in cities)
    yield from ({"fact": "department", "id": id, **some("jurisdiction", cities, 0.8)} for id in departments)
    yield from ({"fact": "system", "id": id, **some("department", departments, 0.8)} for id in systems)
    resources = [f"r{number}" for number in range(random.randint(4, 8))]
    fields = []
    for id in resources:
        held = {**some("system", systems, 0.7), **some("provider", departments, 0.3)}
        yield {"fact": "resource", "id": id, **held}
        for name in range(random.choice([0, 0, 1, 2, 3])):
            fields.append(f"{id}.{name}")
            yield {"fact": "field", "id": fields[-1], "resource": id}
    pairs = {(random.choice(resources), random.choice(resources)) for _ in range(random.randint(6, 20))}
    pairs |= {(random.choice(fields), random.choice(fields)) for _ in range(random.randint(0, 14)) if fields}
    yield from ({"fact": "feeds", "from": one, "to": other} for one, other in sorted(pairs))


@settings(max_examples=120, deadline=None)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_paths_through_crowds_are_those_of_brute_force(seed: int, data: st.DataObject) -> None:
    facts = list(crowded(Random(seed)))
    net, imports = net_of(facts), [Import(facts, datetime(2020, 1, 1, tzinfo=UTC), "a", False)]
    for query in data.draw(st.lists(path_queries(facts), min_size=3, max_size=6)):
        query["to"] = query["to"] if query["to"] in net.index else query["from"]
        found = ended(Asking(net, question(query, {}), 0, 0).answer())
        assert whole(found) == paths(imports, query), query
