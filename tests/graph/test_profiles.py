"""Rule profiles: what they say, when they are in force, and files that are laid over them."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from graph.calendar import WorkCalendar
from graph.dated import WrongFile
from graph.profiles import Profiles
from graph.profiles_check import check
from graph.refusals import BadInput, NotFound

PLAN, DECREE = "plan-2018", "decree-809"
BUILT_IN = Profiles()
TODAY = date(2026, 3, 2)

# Working days by event: by the plan, by the decree. None is not regulated.
DEADLINES = {
    "CATALOGUE_UPDATE": (15, 10),
    "CATALOGUE_REVIEW": (None, 2),
    "REPLY_UNCONDITIONAL": (0, 1),
    "REPLY_CONDITIONAL": (10, 10),
    "DELIVERY": (None, 20),
    "CORRECTION": (None, 10),
    "JOINT_OPINION": (5, 5),
    "FILING_REVIEW": (20, 20),
}


def test_the_deadlines_are_those_of_the_plan_and_of_the_decree() -> None:
    for place, name in enumerate((PLAN, DECREE)):
        found = {event: one.days for event, one in BUILT_IN.named(name).deadlines.items()}
        assert found == {event: days[place] for event, days in DEADLINES.items() if days[place] is not None}
    update, reply = (BUILT_IN.named(DECREE).deadlines[event] for event in ("CATALOGUE_UPDATE", "REPLY_CONDITIONAL"))
    assert (update.extendable, update.extension, update.consent) == (True, 5, True)
    assert (reply.extendable, reply.extension) == (True, None)


def test_each_profile_has_what_judgements_need() -> None:
    for one in BUILT_IN.all:
        assert 0 < one.duplicates["overlap"] < one.duplicates["duplicate"] <= 1
        assert one.thresholds["zombie"]["idle_use"] == 0.1
        assert one.thresholds["freshness"]["REALTIME"] == 1
        assert {(each.month, each.day) for each in one.yearly.values()} == {(12, 31), (1, 31)}
        assert one.vocabulary["verdict"].keys() == {"NONE", "OVERLAP", "DUPLICATE", "UNKNOWN"}
        assert one.vocabulary["decision"].keys() == {"REUSE", "EXTEND", "MERGE", "JUSTIFY"}
        assert one.vocabulary["event"].keys() >= {*one.deadlines, *one.yearly}
        assert one.basis
        assert "official text" in one.note


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2018-01-01", PLAN),
        ("2025-07-31", PLAN),
        ("2025-08-01", DECREE),
        ("2026-11-26", DECREE),
        ("9999-12-31", DECREE),
    ],
)
def test_a_day_has_the_profile_that_is_in_force_on_it(day: str, name: str) -> None:
    assert BUILT_IN.in_force(date.fromisoformat(day)).name == name


def test_before_the_first_profile_there_is_none() -> None:
    with pytest.raises(BadInput, match=r"2017-12-31: the first, plan-2018, begins on 2018-01-01\..*REGISTRY_RULES"):
        BUILT_IN.in_force(date(2017, 12, 31))


def test_profiles_are_found_by_name_and_by_version() -> None:
    decree = BUILT_IN.named(DECREE)
    assert decree.version.startswith("decree-809@")
    assert BUILT_IN.named(decree.version) is decree
    assert BUILT_IN.find("decree-809@00000000") is None
    with pytest.raises(NotFound, match="there are plan-2018, decree-809"):
        BUILT_IN.named("decree")


def test_deadlines_end_on_working_days_and_may_be_extended() -> None:
    calendar, deadlines = WorkCalendar(), BUILT_IN.named(DECREE).deadlines
    update = deadlines["CATALOGUE_UPDATE"]
    assert update.due(calendar, date(2026, 2, 9)) == date(2026, 2, 28)
    assert update.due(calendar, date(2026, 2, 9), extended=True) == date(2026, 3, 6)
    assert BUILT_IN.named(PLAN).deadlines["REPLY_UNCONDITIONAL"].due(calendar, date(2019, 5, 1)) == date(2019, 5, 1)
    with pytest.raises(BadInput, match="by how much is not said"):
        deadlines["REPLY_CONDITIONAL"].due(calendar, date(2026, 2, 9), extended=True)
    with pytest.raises(BadInput, match="cannot be extended"):
        deadlines["DELIVERY"].due(calendar, date(2026, 2, 9), extended=True)


def over(tmp_path: Path, text: str) -> Profiles:
    file = tmp_path / "ours.toml"
    file.write_text(text, encoding="utf-8")
    return Profiles(file)


OURS = '[[profile]]\nname = "decree-809"\n'
NEW = """
[[profile]]
name = "decree-809"
effective_to = 2027-01-01

[[profile]]
name = "city-2027"
like = "decree-809"
title = "本市办法"
basis = "本市办法第3条"
effective_from = 2027-01-01
effective_to = 2028-01-01

[profile.deadlines]
CORRECTION = false

[profile.deadlines.REPLY_CONDITIONAL]
days = 7
"""


def test_a_file_that_says_nothing_changes_nothing(tmp_path: Path) -> None:
    same = over(tmp_path, OURS + "[profile.duplicates]\n")
    assert [one.version for one in same.all] == [one.version for one in BUILT_IN.all]
    assert check(same, TODAY) == []


def test_a_number_that_is_set_otherwise_makes_another_version(tmp_path: Path) -> None:
    changed = over(tmp_path, OURS + "[profile.duplicates]\noverlap = 0.25\n[profile.deadlines.DELIVERY]\ndays = 15\n")
    decree, was = changed.named(DECREE), BUILT_IN.named(DECREE)
    assert decree.duplicates == {**was.duplicates, "overlap": 0.25}
    assert decree.deadlines["DELIVERY"].days == 15
    assert decree.deadlines["DELIVERY"].basis == was.deadlines["DELIVERY"].basis
    assert decree.version != was.version
    assert changed.named(PLAN).version == BUILT_IN.named(PLAN).version
    told = sorted((str(one.key), one.message.split()[-1]) for one in check(changed, TODAY))
    assert told == [("deadlines.DELIVERY.days", "15"), ("thresholds.duplicates.overlap", "0.25")]


def test_what_is_common_is_changed_for_all_that_do_not_say_otherwise(tmp_path: Path) -> None:
    changed = over(tmp_path, "[common.zombie]\nusers = 20\n" + OURS + "[profile.zombie]\nusers = 30.0\n")
    assert [one.thresholds["zombie"]["users"] for one in changed.all] == [20, 30]


def test_a_profile_follows_another_and_is_like_it_but_for_what_it_says(tmp_path: Path) -> None:
    profiles = over(tmp_path, NEW)
    assert [one.name for one in profiles.all] == [PLAN, DECREE, "city-2027"]
    city = profiles.in_force(date(2027, 5, 1))
    assert (city.name, city.basis, city.deadlines["REPLY_CONDITIONAL"].days) == ("city-2027", ("本市办法第3条",), 7)
    assert city.deadlines["REPLY_CONDITIONAL"].extendable
    assert "CORRECTION" not in city.deadlines
    assert "CORRECTION" in profiles.in_force(date(2026, 12, 31)).deadlines
    with pytest.raises(BadInput, match="the last, city-2027, is in force before 2028-01-01"):
        profiles.in_force(date(2028, 1, 1))
    told = [(one.severity.value, one.profile, one.key) for one in check(profiles, date(2028, 1, 1))]
    assert told == [("WARNING", None, None), ("INFO", DECREE, "effective_to"), ("INFO", "city-2027", None)]


def test_profiles_cover_each_day_once(tmp_path: Path) -> None:
    for one in over(tmp_path, NEW).all:
        day = one.effective_from
        assert [each.name for each in over(tmp_path, NEW).all if each.in_force(day)] == [one.name]
        assert not one.in_force(day - timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[profil]]\n", r"profil: there is no such key; did you mean profile\?"),
        ("[common.zombies]\n", "common, zombies: there is no such key"),
        ("[[profile]]\n", "profile number 1, name: has to be given"),
        (
            OURS + "[[profile]]\n" + OURS.split("\n")[1],
            "profile decree-809, name: the profile decree-809 stands there twice",
        ),
        (OURS + "effective_to = 2025-08-01\n", "profile decree-809, effective_to: must be after 2025-08-01"),
        (
            OURS + "effective_from = 2025-09-01\n",
            "plan-2018, effective_to: it is in force before 2025-08-01, and the next",
        ),
        (OURS + 'effective_from = "2025-08-01"\n', "effective_from: must be a day"),
        (OURS + "titel = 1\n", r"profile decree-809, titel: there is no such key; did you mean title\?"),
        (OURS + "title = 1\n", "title: must be a text"),
        (OURS + "basis = [1]\n", "basis: must be a list of texts"),
        (OURS + "basis = []\n", "basis: has to be given"),
        (OURS + 'like = "nobody"\n', "like: there is no profile nobody"),
        (OURS + "deadlines = 5\n", "deadlines: must be a table"),
        (
            OURS + "[profile.deadlines.DELIVERY]\ndays = -1\n",
            "deadlines, DELIVERY, days: must be a whole number from 0",
        ),
        (OURS + "[profile.deadlines.DELIVERY]\ndays = 1.5\n", "days: must be a whole number"),
        (OURS + "[profile.deadlines.DELIVRY]\ndays = 1\n", "deadlines, DELIVRY, title: has to be given"),
        (OURS + "[profile.deadlines.DELIVERY]\nday = 1\n", r"day: there is no such key; did you mean days\?"),
        (OURS + '[profile.yearly.CITY_REPORT]\nday = "13-01"\n', "CITY_REPORT, day: must be a month and a day"),
        (OURS + "[profile.duplicates]\noverlapp = 1\n", r"duplicates, overlapp: .*did you mean overlap\?"),
        (OURS + "[profile.duplicates]\noverlap = true\n", "overlap: must be a number from 0"),
        (OURS + "[profile.duplicates]\noverlap = nan\n", "overlap: must be a number from 0"),
        (OURS + "[profile.duplicates]\noverlap = 0.99\n", "duplicates, overlap: must not be above duplicate"),
        (OURS + "[profile.duplicates.weights]\nfield = 1\n", r"weights, field: .*did you mean fields\?"),
        (OURS + "[profile.duplicates]\nweights = 1\n", "weights: must be numbers of which one"),
        (OURS + '[profile.vocabulary.verdicts]\nNONE = "x"\n', r"vocabulary, verdicts: .*did you mean verdict\?"),
        (OURS + "[profile.vocabulary.verdict]\nNONE = 1\n", "verdict, NONE: must be a text"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(WrongFile, match=told) as raised:
        over(tmp_path, text)
    assert "ours.toml" in str(raised.value)
