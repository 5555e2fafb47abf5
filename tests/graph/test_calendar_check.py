"""The check of the calendar finds what no official arrangement would say."""

from pathlib import Path

import pytest

from graph.calendar import Corrections, WorkCalendar
from graph.calendar_check import check
from graph.facts import Severity
from tests.graph.test_calendar import CASES, IMAGINED, YEARS


def codes(calendar: WorkCalendar) -> set[tuple[str, int]]:
    """What is wrong or odd, without what is only good to know."""
    return {(one.code, one.year) for one in check(calendar) if one.severity is not Severity.INFO}


def notes(calendar: WorkCalendar) -> list[str]:
    return [f"{one.code} {one.day or one.year}" for one in check(calendar) if one.severity is Severity.INFO]


def test_all_years_of_the_library_keep_what_arrangements_keep() -> None:
    assert codes(WorkCalendar()) == set()
    assert notes(WorkCalendar()) == ["CHANGED 2005-12-31", "ENDS 2026"]


def test_without_our_correction_the_arrangement_of_2006_does_not_add_up() -> None:
    class Uncorrected(WorkCalendar):
        @property
        def shipped(self) -> Corrections:
            return Corrections({}, ())

    assert codes(Uncorrected()) == {("UNBALANCED", 2006)}


def test_days_that_the_library_calls_off_and_worked_are_found() -> None:
    class Torn(WorkCalendar):
        @property
        def library(self) -> Corrections:
            said = WorkCalendar().library
            first = said.days[0]
            return Corrections(
                said.years, (type(first)(first.day, True, first.name, "x", first.arrangement), *said.days)
            )

    assert ("BOTH", 2004) in codes(Torn())


def test_an_imagined_year_is_taken() -> None:
    calendar = WorkCalendar(IMAGINED)
    assert codes(calendar) == set()
    assert notes(calendar) == ["CHANGED 2005-12-31", "ADDED 2027", "ENDS 2027"]


@pytest.mark.parametrize("year", [YEARS[0], YEARS[-1]])
def test_a_year_that_says_what_the_library_says_can_be_left_out(year: int) -> None:
    assert f"REDUNDANT {year}" in notes(WorkCalendar(CASES / f"{year}.toml"))


@pytest.mark.parametrize(
    ("was", "becomes", "found"),
    [
        ("work = [2027-01-31, 2027-02-20]", "work = [2027-01-31]", {"UNBALANCED"}),
        ("2027-01-31, 2027-02-20", "2027-01-31, 2027-02-22", {"UNBALANCED", "WEEKDAY"}),
        ("to = 2027-02-12\n", "to = 2027-02-10\n", {"UNBALANCED", "TOO_SHORT"}),
        ("from = 2027-02-05\n", "from = 2027-02-06\n", {"UNBALANCED", "HOLIDAY_MISSING"}),
        ("2027-06-09\nto = 2027-06-09", "2027-06-08\nto = 2027-06-08", {"HOLIDAY_MISSING"}),
        ("2027-06-09\nto = 2027-06-09", "2027-06-01\nto = 2027-06-30", {"UNBALANCED", "IMPLAUSIBLE"}),
    ],
)
def test_a_slip_in_a_year_of_ones_own_is_found(tmp_path: Path, was: str, becomes: str, found: set[str]) -> None:
    text = IMAGINED.read_text(encoding="utf-8")
    assert was in text
    file = tmp_path / "ours.toml"
    file.write_text(text.replace(was, becomes), encoding="utf-8")
    assert codes(WorkCalendar(file)) == {(code, 2027) for code in found}


def test_a_local_holiday_is_no_slip_and_what_is_known_already_is_told(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    about = 'name = "本地纪念日"\nbasis = "本市通知"\n'
    days = {"2025-06-18": "false", "2025-10-01": "false", "2025-10-11": "true"}
    file.write_text("".join(f"[[day]]\ndate = {day}\nworking = {it}\n{about}" for day, it in days.items()), "utf-8")
    calendar = WorkCalendar(file)
    assert codes(calendar) == set()
    assert set(notes(calendar)) >= {"CHANGED 2025-06-18", "REDUNDANT 2025-10-01", "REDUNDANT 2025-10-11"}
    assert calendar.year(2025).working_days == WorkCalendar().year(2025).working_days - 1


def test_a_year_whose_festivals_are_not_known_is_said_not_to_be_compared(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(IMAGINED.read_text(encoding="utf-8").replace("2027", "2060"), encoding="utf-8")
    assert "NOT_COMPARED 2060" in notes(WorkCalendar(file))
