"""The reference against the cases that were worked out by hand, and against what the contract promises of any graph."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from tests.reference import answer
from tests.reference_cases import Case, as_expected, cases, replayed
from tests.reference_facts import Fact, Import
from tests.strategies import Query, Scenario, scenarios, suffixed, turned

CASES = list(cases())
BEFORE = datetime(2023, 1, 1, tzinfo=UTC)
NOW = datetime(2023, 6, 1, tzinfo=UTC)
TURNED = {"UPSTREAM": "DOWNSTREAM", "DOWNSTREAM": "UPSTREAM"}


def unshown(query: Query) -> Query:
    """The same query for all of the answer: what is shown of it depends on what was reached."""
    return {**query, "filter": {**(query.get("filter") or {}), "show": None}}


def asked(facts: list[Fact], query: Query, **changes: Any) -> dict[str, Any]:
    return answer([Import(facts, BEFORE)], {**query, **changes}, now=NOW)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_reference_answers_as_worked_out_by_hand(case: Case) -> None:
    imports, marks = replayed(case.steps, datetime.now(UTC) - timedelta(hours=1))
    assert as_expected(case.expect, answer(imports, case.query, marks)) == case.expect


@pytest.mark.parametrize("case", [case for case in CASES if case.never], ids=lambda case: case.name)
def test_what_must_not_be_reached_is_there_and_left_out(case: Case) -> None:
    stated = {fact.get("id") for step in case.steps for fact in step.get("facts", ())}
    assert set(case.never) <= stated
    assert not set(case.never) & {node["id"] for node in case.expect["nodes"]}


def test_case_names_are_told_apart() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@settings(max_examples=100, deadline=None)
@given(scenarios())
def test_a_depth_limit_has_exactly_the_nodes_of_the_unlimited_answer_up_to_it(scenario: Scenario) -> None:
    facts, queries = scenario
    for query in map(unshown, queries):
        limit = query.get("depth", 5)
        most = {"name": "lineage", "budget": {"maxNodes": 10_000, "maxPerNode": 10_000}}
        cut, free = asked(facts, query, **most), asked(facts, query, **most, depth=1000)
        if "error" in free:
            continue
        within = [(n["id"], n["depth"]) for n in free["nodes"] if abs(n["depth"]) <= limit]
        assert [(n["id"], n["depth"]) for n in cut["nodes"]] == within
        assert free["complete"] and not any(n["more"] for n in free["nodes"])
        assert not cut["complete"] or not any(n["more"] for n in cut["nodes"])
        drawn = {(e["source"], e["target"]) for e in free["edges"]}
        assert all((e["source"], e["target"]) in drawn for e in cut["edges"])


@settings(max_examples=100, deadline=None)
@given(scenarios())
def test_upstream_is_downstream_with_every_arrow_turned(scenario: Scenario) -> None:
    facts, queries = scenario
    for query in queries:
        if query["direction"] == "BOTH" or query["name"] == "dependencies":
            continue
        one = asked(facts, query)
        other = asked(turned(facts), query, direction=TURNED[query["direction"]])
        assert one.get("nodes") == other.get("nodes")
        assert {(e["source"], e["target"], e["count"]) for e in one.get("edges", ())} == {
            (e["target"], e["source"], e["count"]) for e in other.get("edges", ())
        }
        assert one.get("stoppedBy") == other.get("stoppedBy")


@settings(max_examples=100, deadline=None)
@given(scenarios())
def test_a_cut_answer_is_the_beginning_of_the_uncut_one(scenario: Scenario) -> None:
    facts, queries = scenario
    for query in map(unshown, queries):
        per_node = {"maxPerNode": query.get("budget", {}).get("maxPerNode", 100)}
        cut = asked(facts, query, name="dependencies", budget={**per_node, "maxNodes": 3})
        free = asked(facts, query, name="dependencies", budget=per_node)
        if "error" in cut:
            continue
        taken = sorted((abs(n["depth"]), n["id"]) for n in free["nodes"])[:3]
        assert sorted((abs(n["depth"]), n["id"]) for n in cut["nodes"]) == taken
        assert ("NODES" in cut["stoppedBy"]) == (len(free["nodes"]) > 3)
        ends = {n["id"] for n in cut["nodes"]}
        assert all(e["source"] in ends and e["target"] in ends for e in cut["edges"])


@settings(max_examples=50, deadline=None)
@given(scenarios(most=3))
def test_counts_and_suffixes_agree_with_the_answer_itself(scenario: Scenario) -> None:
    facts, queries = suffixed(scenario, "@7")
    for query in queries:
        found, counts = asked(facts, query, name="lineage"), asked(facts, query, name="lineageCounts")
        if "error" in found:
            assert found == counts
            continue
        assert counts["total"] == len(found["nodes"]) == sum(c["count"] for c in counts["byDepth"])
        assert found["nodes"] == sorted(found["nodes"], key=lambda n: (n["depth"], n["id"]))
        assert found["edges"] == sorted(found["edges"], key=lambda e: (e["source"], e["target"], e["flow"]))
