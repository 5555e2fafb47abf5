"""Working days: as the State Council arranged them, and counted as day by day."""

import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graph.calendar import WorkCalendar, YearNotLoaded, days_of, laid_over
from graph.dated import WrongFile
from graph.refusals import BadInput

CASES = Path(__file__).parents[1] / "cases" / "calendar"
IMAGINED = CASES / "imagined-2027.toml"
YEARS = range(2015, 2027)
CALENDAR = WorkCalendar()
DAYS = st.dates(date(2004, 1, 1), date(2026, 12, 31))


def official(year: int) -> tuple[set[date], set[date]]:
    """The days off and the days worked that an arrangement names, read without the code under test."""
    [arranged] = tomllib.loads((CASES / f"{year}.toml").read_text(encoding="utf-8"))["year"]
    off: set[date] = set()
    for holiday in arranged["holiday"]:
        length = (holiday["to"] - holiday["from"]).days + 1
        off |= {holiday["from"] + timedelta(days=n) for n in range(length)}
    return off, {day for holiday in arranged["holiday"] for day in holiday.get("work", ())}


@pytest.mark.parametrize("year", YEARS)
def test_each_day_is_as_it_was_officially_arranged(year: int) -> None:
    off, worked = official(year)
    if year + 1 in YEARS:  # the last days of December belong to the next New Year
        off, worked = (mine | next for mine, next in zip((off, worked), official(year + 1), strict=True))
    expected = {day: day in worked or (day.weekday() < 5 and day not in off) for day in days_of(year)}
    assert {day: CALENDAR.is_working_day(day) for day in expected} == expected
    _, library = laid_over(CALENDAR.library)
    by_library = {day: library[day].working if day in library else day.weekday() < 5 for day in expected}
    assert by_library == expected


@pytest.mark.parametrize("year", YEARS)
def test_an_arrangement_that_is_a_file_says_the_same_as_the_library(year: int) -> None:
    own = WorkCalendar(CASES / f"{year}.toml")
    assert own.year(year).working_days == CALENDAR.year(year).working_days
    assert own.year(year).source.startswith("国办发明电")
    assert [day for day in days_of(year) if own.is_working_day(day) != CALENDAR.is_working_day(day)] == []


def slowly_due(day: date, working_days: int) -> date:
    while working_days:
        day += timedelta(days=1)
        working_days -= CALENDAR.is_working_day(day)
    return day


@given(DAYS, st.integers(0, 300))
@example(date(2024, 2, 9), 5)  # across Spring Festival
@example(date(2020, 1, 23), 1)  # the one that was prolonged
@example(date(2023, 9, 28), 2)  # across National Day and Mid-autumn
@example(date(2026, 2, 14), 1)  # from a weekend that is worked
@example(date(2026, 12, 31), 0)
def test_a_deadline_ends_where_counting_day_by_day_ends(day: date, working_days: int) -> None:
    try:
        expected = slowly_due(day, working_days)
    except YearNotLoaded as refused:
        with pytest.raises(YearNotLoaded) as raised:
            CALENDAR.due(day, working_days)
        assert raised.value.year == refused.year == 2027
        return
    found = CALENDAR.due(day, working_days)
    assert found == expected
    assert CALENDAR.between(day, found) == working_days
    assert working_days == 0 or CALENDAR.is_working_day(found)


@given(DAYS, DAYS, DAYS)
def test_counting_adds_up_and_never_goes_back(a: date, b: date, c: date) -> None:
    first, middle, last = sorted((a, b, c))
    assert CALENDAR.between(first, last) == CALENDAR.between(first, middle) + CALENDAR.between(middle, last)
    assert 0 <= CALENDAR.between(first, middle) <= CALENDAR.between(first, last)
    assert CALENDAR.between(last, first) == -CALENDAR.between(first, last)
    if last < date(2026, 1, 1):
        assert CALENDAR.due(first, 10) <= CALENDAR.due(last, 10)


def test_deadlines_across_the_long_holidays() -> None:
    assert CALENDAR.due(date(2026, 2, 13), 5) == date(2026, 2, 27)  # 14 worked; 15 to 23 off
    assert CALENDAR.due(date(2025, 9, 30), 1) == date(2025, 10, 9)
    assert CALENDAR.due(date(2025, 9, 30), 3) == date(2025, 10, 11)  # a Saturday that is worked
    assert CALENDAR.due(date(2015, 2, 14), 1) == date(2015, 2, 15)  # a Sunday that is worked
    assert CALENDAR.between(date(2023, 9, 28), date(2023, 10, 8)) == 2


def test_what_the_library_lacks_is_corrected() -> None:
    assert CALENDAR.is_working_day(date(2005, 12, 31))
    [said] = [one for one in CALENDAR.year(2005).days if one.day == date(2005, 12, 31)]
    assert (said.working, said.source) == (True, "国办发明电〔2005〕35号")


@pytest.mark.parametrize(
    ("ask", "year"),
    [
        (lambda: CALENDAR.is_working_day(date(2003, 12, 31)), 2003),
        (lambda: CALENDAR.due(date(2027, 1, 1), 0), 2027),
        (lambda: CALENDAR.due(date(2026, 12, 31), 1), 2027),
        (lambda: CALENDAR.due(date(2026, 1, 5), 10_000), 2027),
        (lambda: CALENDAR.between(date(2026, 12, 1), date(2027, 1, 1)), 2027),
        (lambda: CALENDAR.between(date(2026, 1, 1), date(2003, 1, 1)), 2003),
        (lambda: CALENDAR.year(9999), 9999),
        (lambda: WorkCalendar(IMAGINED).due(date(2027, 12, 31), 1), 2028),
    ],
)
def test_a_year_that_is_not_loaded_is_refused(ask, year: int) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(
        YearNotLoaded, match=rf"does not have {year} .*\[\[year\]\] {year} to .*REGISTRY_CALENDAR"
    ) as it:
        ask()
    assert it.value.year == year


def test_years_with_one_missing_between_are_not_counted_across(tmp_path: Path) -> None:
    file = tmp_path / "later.toml"
    file.write_text(IMAGINED.read_text(encoding="utf-8").replace("2027", "2028"), encoding="utf-8")
    calendar = WorkCalendar(file)
    assert calendar.years[-2:] == [2026, 2028]
    assert calendar.due(date(2028, 1, 3), 5) == date(2028, 1, 10)
    for ask in (
        lambda: calendar.due(date(2026, 12, 30), 5),
        lambda: calendar.between(date(2026, 1, 1), date(2028, 6, 1)),
    ):
        with pytest.raises(YearNotLoaded, match=r"does not have 2027 .*later\.toml"):
            ask()


@pytest.mark.parametrize("working_days", [-1, 10_001])
def test_a_deadline_that_is_none_is_refused(working_days: int) -> None:
    with pytest.raises(BadInput, match="from 0 to 10,000"):
        CALENDAR.due(date(2026, 1, 5), working_days)


def test_the_library_is_loaded_on_the_first_question() -> None:
    calendar = WorkCalendar()
    assert "library" not in vars(calendar)
    calendar.is_working_day(date(2026, 1, 1))
    assert "library" in vars(calendar)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "ours.toml"
    file.write_text(text, encoding="utf-8")
    return file


YEAR = '[[year]]\nyear = 2027\nbasis = "b"\n'
HOLIDAY = '[[year.holiday]]\nname = "元旦"\n'
DAY = '[[day]]\ndate = 2026-12-31\nworking = false\nname = "元旦"\nbasis = "b"\n'


def test_a_single_day_and_the_december_of_a_new_year_lie_over_the_library(tmp_path: Path) -> None:
    text = DAY + YEAR + HOLIDAY + "from = 2026-12-30\nto = 2027-01-02\nwork = [2026-12-27]\n"
    calendar = WorkCalendar(written(tmp_path, text))
    assert not calendar.is_working_day(date(2026, 12, 30))
    assert calendar.is_working_day(date(2026, 12, 27))
    assert calendar.due(date(2026, 12, 29), 1) == date(2027, 1, 4)
    assert calendar.is_working_day(date(2026, 1, 4))  # what else is said of 2026 stays


def test_a_year_of_ones_own_takes_the_place_of_the_librarys(tmp_path: Path) -> None:
    text = YEAR.replace("2027", "2019") + HOLIDAY + "from = 2019-01-01\nto = 2019-01-01\n"
    calendar = WorkCalendar(written(tmp_path, text))
    assert calendar.is_working_day(date(2019, 10, 1))
    assert calendar.is_working_day(date(2018, 12, 31))  # it was of the arrangement of 2019
    assert not calendar.is_working_day(date(2018, 10, 1))
    assert calendar.year(2019).working_days == 260


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[day]\n", "is not TOML"),
        ("[[days]]\n", r"days: there is no such key; did you mean day\?"),
        ("day = 5\n", r"day: must be a list of tables: \[\[day\]\]"),
        ("day = [5]\n", "day: must be a list of tables"),
        (DAY.replace("2026-12-31", '"2026-12-31"'), "day 2026-12-31, date: must be a day, .* without quotation marks"),
        (DAY.replace("2026-12-31", "2026-12-31T08:00:00"), "must be a day"),
        (DAY.replace("false", '"no"'), "working: must be true or false, not 'no'"),
        (DAY.replace('basis = "b"', ""), "day 2026-12-31, basis: has to be given"),
        (DAY.replace('"元旦"', '" "'), "name: must be a text"),
        (DAY + DAY, "2026-12-31 stands there twice"),
        (YEAR, r"year 2027, holiday: has to be given: each holiday as \[\[year.holiday\]\]"),
        (YEAR.replace("2027", "true") + HOLIDAY, "year: must be a whole number"),
        (YEAR + HOLIDAY + "from = 2027-01-01\n", "year 2027, holiday 元旦, to: has to be given"),
        (YEAR + HOLIDAY + "from = 2027-01-03\nto = 2027-01-01\n", "to: must be a day from 2027-01-03 on"),
        (YEAR + HOLIDAY + "from = 2027-01-01\nto = 2027-03-01\n", "at most 31 days"),
        (YEAR + HOLIDAY + "from = 2026-11-30\nto = 2026-11-30\n", "2026-11-30 does not belong to 2027"),
        (
            YEAR + HOLIDAY + "from = 2027-01-01\nto = 2027-01-01\nwork = [2027-01-01]\n",
            "stands there twice in 2027",
        ),
        (YEAR + HOLIDAY + "from = 2027-01-01\nto = 2027-01-01\nwork = 5\n", "work: must be a list of days"),
        ((YEAR + HOLIDAY + "from = 2027-01-01\nto = 2027-01-01\n") * 2, "2027 stands there twice"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(WrongFile, match=told) as raised:
        WorkCalendar(written(tmp_path, text))
    assert "ours.toml" in str(raised.value)


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(WrongFile, match=r"nowhere\.toml cannot be read"):
        WorkCalendar(Path("nowhere.toml"))
