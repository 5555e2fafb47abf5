"""The work calendar: which days are worked, and deadlines in working days.

    calendar = WorkCalendar()
    calendar.due(date(2026, 2, 13), 5)     # 2026-02-27: Spring Festival and its make-up day lie between

Days are counted from the day after the event. Holidays and the weekends that are worked for them come from the
chinese-calendar library, corrected by `calendar.toml`, and by a file of one's own that comes last (`docs/rules.md`).
A year that none of them has is refused, also when counting comes to it: never a guess.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from graph.dated import Table, open_file
from graph.refusals import BadInput, Refusal

__all__ = ["SpecialDay", "WorkCalendar", "Year", "YearNotLoaded"]

OWN = Path(__file__).with_name("calendar.toml")
NEW_YEAR = "元旦"
LIBRARY = "chinese-calendar"
"""The source of what the library says."""
MOST_DAYS = 10_000
"""The longest deadline."""


class YearNotLoaded(Refusal):
    """A day of a year that the calendar does not have, or a deadline that runs into one."""

    def __init__(self, year: int, loaded: Iterable[int], file: Path | None) -> None:
        years = sorted(loaded)
        held = f"it has {years[0]} to {years[-1]}" if years else "it has none"
        where = f"{file}, the file of REGISTRY_CALENDAR" if file else "a file that REGISTRY_CALENDAR names"
        super().__init__(
            f"The work calendar does not have {year} ({held}), so its working days are not known. Add [[year]] {year} "
            f"to {where}, from the State Council's arrangement, or install a newer {LIBRARY}"
        )
        self.year = year


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that is off though it may be a weekday, or worked though it is a weekend."""

    day: date
    working: bool
    name: str
    """Of the holiday that it belongs to."""
    source: str
    """Who says so: the library, or the legal basis in a file."""
    arrangement: int
    """The year whose arrangement it belongs to: the last days of December may belong to the next New Year."""


@dataclass(frozen=True, slots=True)
class Year:
    """A year that is loaded; `source` is the library, or the legal basis in a file."""

    year: int
    source: str
    days: tuple[SpecialDay, ...]
    """In their order."""
    working_days: int


class WorkCalendar:
    """Working days of the years that are loaded. The library is loaded on the first question."""

    def __init__(self, file: Path | None = None) -> None:
        """`file` holds corrections and years of one's own. Raises WrongFile for what is wrong in it."""
        self.file = file
        self.corrections = Corrections.of(open_file(file)) if file is not None else Corrections({}, ())
        """What the file says."""

    @cached_property
    def library(self) -> "Corrections":
        """What the library says, as it came."""
        return _library()

    @cached_property
    def shipped(self) -> "Corrections":
        """What this project corrects in it."""
        return Corrections.of(open_file(OWN), more=("law", "exception", "festival"))

    @cached_property
    def _laid(self) -> tuple[Mapping[int, str], Mapping[date, SpecialDay]]:
        return laid_over(self.library, self.shipped, self.corrections)

    @property
    def years(self) -> list[int]:
        """The years that are loaded."""
        return sorted(self._laid[0])

    def special(self, day: date) -> SpecialDay | None:
        """What is special about a day, also of a year that is not loaded; None for an ordinary one."""
        return self._laid[1].get(day)

    def year(self, year: int) -> Year:
        """A year that is loaded. Raises YearNotLoaded."""
        self._check(year)
        sources, special = self._laid
        days = tuple(special[day] for day in sorted(special) if day.year == year)
        first, last = date(year, 1, 1), date(year, 12, 31)
        return Year(year, sources[year], days, self.is_working_day(first) + self.between(first, last))

    def is_working_day(self, day: date) -> bool:
        """Whether a day is worked. Raises YearNotLoaded."""
        self._check(day.year)
        return _worked(day, self._laid[1])

    def due(self, day: date, working_days: int) -> date:
        """The last day of a deadline: the `working_days`-th working day after `day`; `day` itself for 0.

        Raises YearNotLoaded, BadInput for a number that is none.
        """
        if not 0 <= working_days <= MOST_DAYS:
            raise BadInput(
                f"workingDays: must be from 0 to {MOST_DAYS:,}, not {working_days:,}", argument="workingDays"
            )
        self._check(day.year)
        if working_days == 0:
            return day
        last, worked = self._runs[day.year]
        place = bisect_right(worked, day.toordinal()) + working_days - 1
        if place >= len(worked):
            raise self._not_loaded(last + 1)
        return date.fromordinal(worked[place])

    def between(self, start: date, end: date) -> int:
        """How many working days lie after `start` and up to `end`, so that `between(d, due(d, n)) == n`.

        Negative where `end` lies before `start`. Raises YearNotLoaded for any year from the one to the other.
        """
        if end < start:
            return -self.between(end, start)
        self._check(start.year)
        last, worked = self._runs[start.year]
        if end.year > last:
            raise self._not_loaded(last + 1)
        return bisect_right(worked, end.toordinal()) - bisect_right(worked, start.toordinal())

    def _check(self, year: int) -> None:
        if year not in self._laid[0]:
            raise self._not_loaded(year)

    def _not_loaded(self, year: int) -> YearNotLoaded:
        return YearNotLoaded(year, self._laid[0], self.file)

    @cached_property
    def _runs(self) -> Mapping[int, tuple[int, list[int]]]:
        """For each year the last one of the unbroken run that it is in, and that run's working days as ordinals."""
        found: dict[int, tuple[int, list[int]]] = {}
        worked: list[int] = []
        run: list[int] = []
        for year in self.years:
            if run and year != run[-1] + 1:
                run, worked = [], []
            run.append(year)
            worked.extend(day.toordinal() for day in days_of(year) if _worked(day, self._laid[1]))
            found.update(dict.fromkeys(run, (year, worked)))
        return found


@dataclass(frozen=True, slots=True)
class Corrections:
    """What one source says: the years that it has whole, each with who says so, their days, and single days."""

    years: Mapping[int, str]
    days: tuple[SpecialDay, ...]
    single: tuple[SpecialDay, ...] = ()

    @staticmethod
    def of(file: Table, more: tuple[str, ...] = ()) -> "Corrections":
        """What a file says. Raises WrongFile."""
        file.only("day", "year", *more)
        years: dict[int, str] = {}
        days: list[SpecialDay] = []
        for table in file.tables("year", "year"):
            year, basis, found = _year(table)
            if year in years:
                raise table.wrong("year", f"{year} stands there twice")
            years[year] = basis
            days.extend(found)
        single: dict[date, SpecialDay] = {}
        for table in file.tables("day", "date"):
            one = _day(table)
            if one.day in single:
                raise table.wrong("date", f"{one.day} stands there twice")
            single[one.day] = one
        return Corrections(years, tuple(days), tuple(single.values()))


def laid_over(*layers: Corrections) -> tuple[Mapping[int, str], Mapping[date, SpecialDay]]:
    """The years that are loaded with their sources, and the special days, later layers over earlier ones.

    A whole year takes the place of all that was said before of its arrangement.
    """
    years: dict[int, str] = {}
    special: dict[date, SpecialDay] = {}
    for layer in layers:
        special = {day: said for day, said in special.items() if said.arrangement not in layer.years}
        special.update({one.day: one for one in (*layer.days, *layer.single)})
        years.update(layer.years)
    return years, special


def days_of(year: int) -> list[date]:
    """All days of a year."""
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year, 12, 31) - first).days + 1)]


def _worked(day: date, special: Mapping[date, SpecialDay]) -> bool:
    said = special.get(day)
    return day.weekday() < 5 if said is None else said.working


def _day(table: Table) -> SpecialDay:
    table.only("date", "working", "name", "basis")
    day, name = table.day("date"), table.text("name")
    return SpecialDay(day, table.flag("working"), name, table.text("basis"), _arrangement(day, name))


def _arrangement(day: date, name: str) -> int:
    return day.year + (day.month == 12 and name == NEW_YEAR)


_LONGEST = 31


def _year(table: Table) -> tuple[int, str, Iterable[SpecialDay]]:
    table.only("year", "basis", "holiday")
    year, basis = table.whole("year", 9998), table.text("basis")
    found: dict[date, SpecialDay] = {}
    for holiday in table.tables("holiday", "name"):
        holiday.only("name", "from", "to", "work")
        name, first, last = holiday.text("name"), holiday.day("from"), holiday.day("to")
        if not 0 <= (last - first).days < _LONGEST:
            raise holiday.wrong("to", f"must be a day from {first} on, at most {_LONGEST} days in all")
        off = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        for day, working in [*((day, False) for day in off), *((day, True) for day in holiday.days("work"))]:
            if day.year != year and not (day.year == year - 1 and day.month == 12):
                raise holiday.wrong("", f"{day} does not belong to {year} or to the December before")
            if day in found:
                raise holiday.wrong("", f"{day} stands there twice in {year}; write holidays that share days as one")
            found[day] = SpecialDay(day, working, name, basis, year)
    if not found:
        raise table.wrong("holiday", "has to be given: each holiday as [[year.holiday]] with name, from, to, work")
    return year, basis, found.values()


_NAMES = {
    "New Year's Day": NEW_YEAR,
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋",
    "Anti-Fascist 70th Day": "抗战胜利70周年纪念日",
}


def _library() -> Corrections:
    from chinese_calendar import constants  # takes its time to load

    found = []
    for days, working in ((constants.holidays, False), (constants.workdays, True)):
        for day, english in days.items():
            name = _NAMES.get(english, english)
            found.append(SpecialDay(day, working, name, LIBRARY, _arrangement(day, name)))
    return Corrections({day.year: LIBRARY for day in constants.holidays}, tuple(found))
