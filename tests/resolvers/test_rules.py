"""Rule profiles and the work calendar over GraphQL. Nothing of it is in the graph."""

import re
from datetime import date
from pathlib import Path

import pytest

from graph.calendar import WorkCalendar
from graph.engine import Graph
from graph.lineage import Lineages
from graph.profiles import Profiles
from graph.projection import Projection
from graph.watch import Watch
from resolvers.http import graphql_app
from resolvers.options import Options
from tests.graph.test_calendar import IMAGINED
from tests.resolvers.asking import Api

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"

PROFILES = """
query ($on: Date) {
  ruleProfiles { name effectiveFrom effectiveTo version }
  ruleProfileInForce(on: $on) {
    name title basis note
    deadlines { event days extendable extension consent basis due(from: "2026-02-09") }
    yearly { event month day }
    thresholds { group name value }
    vocabulary { group word text }
  }
}
"""


@pytest.fixture
async def api(embedded_graph: Graph, tmp_path: Path) -> Api:
    """The API with a calendar that has 2027 too."""
    watch = Watch(embedded_graph)
    options = Options(calendar=WorkCalendar(IMAGINED), profiles=Profiles())
    lineages = Lineages(embedded_graph, Projection(embedded_graph, 0))
    return Api(embedded_graph, graphql_app(embedded_graph, lineages, options=options, watch=watch), watch)


async def test_profiles_tell_all_that_they_say(api: Api) -> None:
    told = await api.ask(PROFILES, on="2026-01-01")
    assert api.statements == 0
    assert [(one["name"], one["effectiveFrom"], one["effectiveTo"]) for one in told["ruleProfiles"]] == [
        ("plan-2018", "2018-01-01", "2025-08-01"),
        ("decree-809", "2025-08-01", None),
    ]
    decree = told["ruleProfileInForce"]
    assert (decree["name"], decree["title"]) == ("decree-809", "政务数据共享条例")
    update = next(one for one in decree["deadlines"] if one["event"] == "CATALOGUE_UPDATE")
    assert update == {
        "event": "CATALOGUE_UPDATE",
        "days": 10,
        "extendable": True,
        "extension": 5,
        "consent": True,
        "basis": "国务院令第809号",
        "due": "2026-02-28",
    }
    assert {"event": "CITY_REPORT", "month": 1, "day": 31} in decree["yearly"]
    assert {"group": "freshness", "name": "WEEKLY", "value": 9.0} in decree["thresholds"]
    assert "weights.mean" in {one["name"] for one in decree["thresholds"]}
    assert {"group": "verdict", "word": "DUPLICATE", "text": "重复建设"} in decree["vocabulary"]
    version = told["ruleProfiles"][0]["version"]
    query = "query ($name: String!) { ruleProfile(name: $name) { name } }"
    assert await api.ask(query, name=version) == {"ruleProfile": {"name": "plan-2018"}}
    assert await api.ask(query, name="none") == {"ruleProfile": None}


async def test_the_queries_of_the_page_are_answered(api: Api) -> None:
    queries = re.findall(r"^```graphql\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert queries
    for query in queries:
        told = await api.ask(query)
        assert (told["dueDate"], told["workCalendar"]["workingDays"]) == ("2026-02-27", 248)


def test_the_files_of_the_page_can_be_used(tmp_path: Path) -> None:
    files = re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert len(files) == 3
    for text in files:
        file = tmp_path / "ours.toml"
        file.write_text(text, encoding="utf-8")
        if "[[year]]" in text:
            assert WorkCalendar(file).year(2027).source.startswith("the number")
        else:
            assert Profiles(file).all[-1].version != Profiles().all[-1].version


async def test_without_a_day_the_rules_of_today_answer(api: Api) -> None:
    told = await api.ask("{ ruleProfileInForce { name } }")
    assert told["ruleProfileInForce"]["name"] == Profiles().in_force(date.today()).name


async def test_a_year_and_deadlines_of_the_calendar(api: Api) -> None:
    told = await api.ask("""{
      workCalendar(year: 2027) { year source workingDays loaded days { day working name source } }
      dueDate(from: "2026-12-30", workingDays: 3)
      direct: dueDate(from: "2027-01-01", workingDays: 0)
      workingDays(from: "2026-12-30", to: "2027-01-06")
      late: workingDays(from: "2027-01-06", to: "2026-12-30")
    }""")
    year = told["workCalendar"]
    assert (year["source"], year["workingDays"], year["loaded"][-1]) == ("imagined", 248, 2027)
    assert {"day": "2027-01-31", "working": True, "name": "春节", "source": "imagined"} in year["days"]
    assert (told["dueDate"], told["direct"]) == ("2027-01-05", "2027-01-01")
    assert (told["workingDays"], told["late"]) == (4, -4)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("{ workCalendar(year: 2028) { year } }", "does not have 2028"),
        ('{ dueDate(from: "2027-12-31", workingDays: 1) }', "does not have 2028"),
        ('{ workingDays(from: "2003-01-01", to: "2004-01-01") }', "does not have 2003"),
        ('{ dueDate(from: "2026-01-01", workingDays: -1) }', "workingDays: must be from 0 to 10,000"),
        ('{ dueDate(from: "2026-1-1", workingDays: 1) }', "an ISO 8601 day"),
        ('{ dueDate(from: "2026-02-30", workingDays: 1) }', "an ISO 8601 day"),
        ("{ dueDate(from: 20260101, workingDays: 1) }", "an ISO 8601 day"),
        ('{ dueDate(from: "2026-01-01T00:00:00Z", workingDays: 1) }', "an ISO 8601 day"),
        ('{ ruleProfileInForce(on: "2017-01-01") { name } }', "the first, plan-2018, begins on 2018-01-01"),
        (
            '{ ruleProfile(name: "decree-809") { deadlines { due(from: "2026-01-05", extended: true) } } }',
            "cannot be extended",
        ),
    ],
)
async def test_what_cannot_be_answered_is_refused(api: Api, query: str, told: str) -> None:
    errors = (await api.answer(query))["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"BAD_INPUT"}
    assert told in errors[0]["message"]
