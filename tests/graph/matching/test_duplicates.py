"""A duplicate check finds what exists already, says why, and is not misled by what everything has."""

from dataclasses import replace
from typing import Any

import opencc
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.facts import PLACEHOLDERS
from graph.matching.proposals import Body, Candidate, HeldField, Known, Named, Proposal, ProposedResource, Verdict
from graph.matching.reports import reproduce
from graph.matching.scoring import Rules, related
from graph.profiles import Profiles
from graph.refusals import BadInput
from tests.graph.matching.checking import CANDIDATES, PROPOSALS, candidate, checked, proposal

_TEXTS = st.text(alphabet="低保对象信息系统许可证采砂营业执照无*，、（） 姓名aB1", max_size=12)
_NAMES = st.sampled_from([one.name for one in CANDIDATES]) | _TEXTS
_FIELDS = st.lists(st.sampled_from(["姓名", "XM", "公民身份号码", "许可证编号", "无"]) | _TEXTS, max_size=5).map(tuple)
_PROPOSALS = st.builds(
    Proposal,
    name=_NAMES,
    description=st.none() | _TEXTS | st.sampled_from([one.matter[0] for one in CANDIDATES if one.matter]),
    duties=st.lists(_TEXTS, max_size=2).map(tuple),
    resources=st.lists(st.builds(ProposedResource, name=_NAMES, fields=_FIELDS), max_size=3).map(tuple),
)
CITY, COUNTY = (
    Body("department:city", "市民政局", "jurisdiction:320900", "MUNICIPAL", ("jurisdiction:320000",)),
    Body(
        "department:county", "县民政局", "jurisdiction:320922", "COUNTY", ("jurisdiction:320900", "jurisdiction:320000")
    ),
)


@pytest.mark.parametrize("case", PROPOSALS, ids=[case["says"] for case in PROPOSALS])
def test_the_verdict_and_the_first_candidates(case: dict[str, Any]) -> None:
    report = checked(proposal(case))
    assert report.verdict in case["verdict"]
    found = [one.id for one in report.candidates]
    assert found[: len(case.get("first", ()))] == case.get("first", [])
    assert set(case.get("among", ())) <= set(found)
    assert case.get("asks") is None or list(report.asks) == case["asks"]


@given(_PROPOSALS)
def test_a_report_comes_out_the_same_from_its_own_inputs(made: Proposal) -> None:
    stored = checked(made, sequence=7, at="2026-01-05T09:00:00+08:00").as_json()
    assert reproduce(stored) == stored


@given(_PROPOSALS, st.permutations(CANDIDATES))
def test_the_order_of_candidates_makes_no_difference(made: Proposal, shuffled: list[Candidate]) -> None:
    assert checked(made, shuffled).as_json() == checked(made).as_json()


@given(_PROPOSALS)
def test_a_score_is_a_share_and_only_what_is_judged_is_over(made: Proposal) -> None:
    report = checked(made)
    assert all(0 <= one.score <= 1 for one in report.candidates)
    assert [one.score for one in report.candidates] == sorted((one.score for one in report.candidates), reverse=True)
    if report.verdict in (Verdict.UNKNOWN, Verdict.NONE):
        assert not any(one.over for one in report.candidates)


@given(
    st.sampled_from(sorted(PLACEHOLDERS | {"信息", "数据表", "管理系统"})),
    st.none() | st.sampled_from(sorted(PLACEHOLDERS | {"基本信息", "数据"})),
    st.lists(st.sampled_from(sorted(PLACEHOLDERS)), max_size=3),
)
def test_what_says_nothing_is_never_flagged_and_scores_nothing(
    name: str, description: str | None, fields: list[str]
) -> None:
    report = checked(Proposal(name, description, resources=(ProposedResource(name, tuple(fields)),)))
    assert report.verdict is Verdict.UNKNOWN
    assert report.candidates == ()


@pytest.mark.parametrize("case", PROPOSALS, ids=[case["says"] for case in PROPOSALS])
def test_traditional_characters_and_spaces_score_the_same(case: dict[str, Any]) -> None:
    made = proposal(case)
    other = replace(made, name=" ".join(opencc.OpenCC("s2t").convert(made.name)))
    assert [(one.id, one.score) for one in checked(other).candidates] == [
        (one.id, one.score) for one in checked(made).candidates
    ]


def test_the_reasons_tell_words_fields_and_whose_it_is() -> None:
    theirs = [replace(one, department=CITY) if one.id == "resource:dibao" else one for one in CANDIDATES]
    made = Proposal("低保对象", "最低生活保障对象的救助金额", resources=(ProposedResource("低保", ("XM", "救助金额")),))
    first = checked(made, theirs, known=Known(department=COUNTY)).candidates[0]
    signals = {signal.kind: signal for signal in first.signals}
    assert first.department == Named(CITY.id, CITY.name)
    assert "低保对象" in signals["NAME"].evidence["words"]
    pairs = [(pair["proposed"], pair["existing"]) for pair in signals["FIELDS"].evidence["pairs"]]
    assert ("XM", "姓名") in pairs
    assert signals["DEPARTMENT"].evidence["relation"] == "ABOVE"
    assert "市民政局" in first.text


def test_fields_meet_by_their_data_element() -> None:
    element = Named("element:id", "公民身份号码")
    theirs = [
        candidate({"id": "resource:a", "kind": "resource", "name": "社区矫正人员", "matter": ["社区矫正对象管理"]})
    ]
    theirs = [replace(theirs[0], fields=(HeldField("证号", element),))]
    made = Proposal("社区矫正人员", "社区矫正", resources=(ProposedResource("社区矫正人员", ("身份标识",)),))
    assert "ELEMENTS" not in {signal.kind for signal in checked(made, theirs).candidates[0].signals}
    known = Known(elements={"身份标识": element})
    signals = {signal.kind: signal for signal in checked(made, theirs, known=known).candidates[0].signals}
    assert signals["ELEMENTS"].evidence == {"elements": ["element:id"]}
    assert signals["FIELDS"].evidence["pairs"] == [{"proposed": "身份标识", "existing": "证号", "likeness": 1.0}]


def test_duties_sources_and_components_are_told() -> None:
    source = Named("resource:renkou", "人口基本信息")
    theirs = replace(CANDIDATES[0], duties=("困难群众救助",), reads=(source,), component=True)
    made = Proposal("社会救助管理系统", duties=("对困难群众的救助",), reads=(source.id,))
    first = checked(made, [theirs], known=Known(reads=(source,))).candidates[0]
    assert {"DUTIES", "SOURCES", "COMPONENT"} <= {signal.kind for signal in first.signals}


def test_an_instance_of_a_standard_solution_is_no_duplicate_of_it() -> None:
    made = replace(proposal(PROPOSALS[0]), instance_of="solution:救助")
    assert checked(made, CANDIDATES[:1]).verdict is Verdict.DUPLICATE
    report = checked(made, CANDIDATES[:1], known=Known(instances=("system:jiuzhu",)))
    assert report.verdict is Verdict.NONE
    assert report.candidates[0].over is None
    assert "INSTANCE" in {signal.kind for signal in report.candidates[0].signals}


def test_which_level_has_one_already() -> None:
    theirs = [replace(one, department=CITY) for one in CANDIDATES]
    assert checked(proposal(PROPOSALS[6]), theirs).levels == {"MUNICIPAL": ("resource:feiqi",)}


@pytest.mark.parametrize(
    ("mine", "theirs", "relation"),
    [
        (CITY, CITY, "SAME"),
        (COUNTY, CITY, "ABOVE"),
        (CITY, COUNTY, "BELOW"),
        (CITY, replace(CITY, id="department:other"), None),
        (CITY, None, None),
        (CITY, replace(CITY, id="department:office", above=(CITY.id,)), "BELOW"),
    ],
)
def test_how_departments_stand_to_each_other(mine: Body, theirs: Body | None, relation: str | None) -> None:
    assert related(mine, theirs) == relation


def test_rules_come_from_a_table_and_tell_what_is_wrong_in_it() -> None:
    rules = Rules.from_table("own-1", {"overlap": 0.3, "duplicate": 0.4, "weights": {"fields": 0}})
    assert (rules.overlap, rules.duplicate, rules.weights.fields, rules.version) == (0.3, 0.4, 0, "own-1")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"overlaps": 0.3}, "duplicates.overlaps"),
        ({"overlap": "0.3"}, "duplicates.overlap"),
        ({"overlap": 0.9, "duplicate": 0.4}, "overlap must not be above"),
        ({"weights": {"name": 1}}, "duplicates.weights.name"),
        ({"weights": {"mean": 0, "best": 0}}, "must weigh"),
        ({"weights": 3}, "duplicates.weights"),
    ]
    for table, place in wrong:
        with pytest.raises(BadInput, match=place):
            Rules.from_table("own", table)


def test_the_shipped_profiles_have_the_rules_that_were_tuned() -> None:
    for profile in Profiles().all:
        assert Rules.from_table("usual", profile.duplicates) == Rules()


def test_rules_of_a_report_are_kept_in_it() -> None:
    rules = Rules.from_table("strict-2", {"overlap": 0.9, "duplicate": 0.99})
    stored = checked(proposal(PROPOSALS[4]), rules=rules).as_json()
    assert orjson.loads(stored)["verdict"] == "NONE"
    assert reproduce(stored) == stored
