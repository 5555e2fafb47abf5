"""Whether the work calendar can be right: what it says is held against what every official arrangement keeps.

Each holiday by law is off and long enough, only weekends are worked for it, and a year's weekdays off less the
weekends worked for them are as many as the law gives. What the law gave when is in `calendar.toml`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from graph.calendar import OWN, Corrections, SpecialDay, WorkCalendar, days_of, laid_over
from graph.dated import Table, open_file
from graph.facts import Severity

__all__ = ["CalendarFinding", "check"]

_FEWEST, _MOST = 240, 256
"""Working days that a year has."""
_FESTIVALS = ("春节", "清明", "端午", "中秋")
"""The holidays that move."""

Special = Mapping[date, SpecialDay]


@dataclass(frozen=True, slots=True)
class CalendarFinding:
    """Something that is wrong (ERROR), odd (WARNING), or good to know (INFO)."""

    severity: Severity
    code: str
    year: int
    day: date | None
    message: str


@dataclass(frozen=True, slots=True)
class _Law:
    since: int
    days: Mapping[str, list[str | int]]
    least: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the calendar is checked with."""

    laws: list[_Law]
    festivals: Mapping[int, Mapping[str, date]]
    more: Mapping[int, int]
    """Days that a year's arrangement gave beside the law."""

    def law(self, year: int) -> _Law | None:
        """The law as it was in a year."""
        return next((law for law in reversed(self.laws) if law.since <= year), None)


@cache
def _known() -> _Known:
    file = open_file(OWN)
    laws = [_law(table) for table in file.tables("law")]
    years = file.table("festival")
    festivals = {int(year): _festivals(years.table(year)) for year in years.values}
    more = {table.whole("year", 9999): table.whole("days", 31) for table in file.tables("exception")}
    return _Known(sorted(laws, key=lambda law: law.since), festivals, more)


def _law(table: Table) -> _Law:
    days = {name: list(found) for name, found in table.table("days").values.items()}
    return _Law(table.whole("from", 9999), days, dict(table.table("least").values))


def _festivals(table: Table) -> Mapping[str, date]:
    return {name: table.day(name) for name in _FESTIVALS}


def check(calendar: WorkCalendar) -> list[CalendarFinding]:
    """All that is found, by year; what is wrong before what is good to know."""
    layers = calendar.library, calendar.shipped, calendar.corrections
    years, special = laid_over(*layers)
    _, unsingled = laid_over(*layers[:2], Corrections(layers[2].years, layers[2].days))
    found = [*_twice(calendar.library.days)]
    for year in sorted(years):
        found += _of_year(year, special, unsingled, calendar)
    found += _corrected(laid_over(layers[0])[1], layers[1], "The registry's own correction")
    found += _corrected(laid_over(*layers[:2])[1], layers[2], str(calendar.file))
    found += [_no_later(year) for year in sorted(years) if year + 1 not in years]
    order = list(Severity)
    return sorted(found, key=lambda one: (order.index(one.severity), one.year, one.day or date(one.year, 1, 1)))


def _of_year(year: int, special: Special, unsingled: Special, calendar: WorkCalendar) -> Iterator[CalendarFinding]:
    for day in (one for one in special.values() if one.day.year == year and one.working and one.day.weekday() < 5):
        yield _weekday(day)
    count = calendar.year(year).working_days
    if not _FEWEST <= count <= _MOST:
        message = f"{year} has {count} working days; a year has {_FEWEST} to {_MOST}"
        yield CalendarFinding(Severity.WARNING, "IMPLAUSIBLE", year, None, message)
    law, festivals = _known().law(year), _known().festivals.get(year)
    if law is None or festivals is None:
        message = f"{year} was not compared with the law: when its holidays fall is not known here"
        yield CalendarFinding(Severity.INFO, "NOT_COMPARED", year, None, message)
        return
    holidays = _holidays(year, law, festivals)
    for name, days in holidays.items():
        yield from _kept(name, days, law.least.get(name, 1), special)
    lawful = sum(map(len, holidays.values())) + _known().more.get(year, 0)
    off = _off(year, special)
    if off != lawful and _off(year, unsingled) != lawful:
        message = (
            f"The arrangement of {year} makes {off} weekdays free that nobody works for on a weekend; "
            f"by law it gives {lawful}. A day is missing or too much"
        )
        yield CalendarFinding(Severity.ERROR, "UNBALANCED", year, None, message)


def _holidays(year: int, law: _Law, festivals: Mapping[str, date]) -> dict[str, list[date]]:
    def day(name: str, said: str | int) -> date:
        if isinstance(said, int):
            return festivals[name] + timedelta(days=said)
        return date.fromisoformat(f"{year}-{said}")

    return {name: [day(name, said) for said in days] for name, days in law.days.items()}


def _kept(name: str, days: list[date], least: int, special: Special) -> Iterator[CalendarFinding]:
    """That a holiday's days by law are off, and enough of them in a row."""
    missing = [day for day in days if not _is_off(day, special)]
    for day in missing:
        message = f"{day} is {name} by law, and is not off"
        yield CalendarFinding(Severity.ERROR, "HOLIDAY_MISSING", day.year, day, message)
    if missing:
        return
    first = last = days[0]
    while _is_off(first - timedelta(days=1), special):
        first -= timedelta(days=1)
    while _is_off(last + timedelta(days=1), special):
        last += timedelta(days=1)
    length = (last - first).days + 1
    if length < least:
        message = f"{name} has {length} days in a row ({first} to {last}); arrangements give {least} at least"
        yield CalendarFinding(Severity.WARNING, "TOO_SHORT", days[0].year, days[0], message)


def _is_off(day: date, special: Special) -> bool:
    said = special.get(day)
    return day.weekday() >= 5 if said is None else not said.working


def _off(year: int, special: Special) -> int:
    """How many weekdays an arrangement makes free, less the weekends that it has worked."""
    days = [one for one in special.values() if one.arrangement == year]
    free = sum(1 for one in days if not one.working and one.day.weekday() < 5)
    return free - sum(1 for one in days if one.working and one.day.weekday() >= 5)


def _twice(days: Iterable[SpecialDay]) -> Iterator[CalendarFinding]:
    seen: dict[date, bool] = {}
    for one in days:
        if seen.setdefault(one.day, one.working) != one.working:
            message = f"{one.day} is off and worked, by {one.source}"
            yield CalendarFinding(Severity.ERROR, "BOTH", one.day.year, one.day, message)


def _weekday(one: SpecialDay) -> CalendarFinding:
    message = f"{one.day} is to be worked for {one.name} ({one.source}), and is a weekday anyway"
    return CalendarFinding(Severity.WARNING, "WEEKDAY", one.day.year, one.day, message)


def _corrected(before: Special, layer: Corrections, who: str) -> Iterator[CalendarFinding]:
    """What a layer changes in what was said before it, and what it need not say."""
    _, after = laid_over(Corrections({}, tuple(before.values())), layer)
    for year, basis in layer.years.items():
        days = [day for day in days_of(year) if _is_off(day, before) != _is_off(day, after)]
        if not any(one.arrangement == year for one in before.values()):
            message = f"{who} adds {year} ({basis})"
            yield CalendarFinding(Severity.INFO, "ADDED", year, None, message)
        elif not days:
            message = f"{who} says of {year} what {LATER}"
            yield CalendarFinding(Severity.INFO, "REDUNDANT", year, None, message)
        else:
            message = f"{who} makes {', '.join(map(str, days))} of {year} other than the library has them ({basis})"
            yield CalendarFinding(Severity.INFO, "CHANGED", year, days[0], message)
    for one in layer.single:
        if _is_off(one.day, before) == (not one.working):
            message = f"{who} says of {one.day} what {LATER}"
            yield CalendarFinding(Severity.INFO, "REDUNDANT", one.day.year, one.day, message)
        else:
            now = "worked" if one.working else "off"
            message = f"{who} makes {one.day} {now} ({one.name}, {one.source})"
            yield CalendarFinding(Severity.INFO, "CHANGED", one.day.year, one.day, message)


LATER = "is known without it: it can be left out"


def _no_later(year: int) -> CalendarFinding:
    message = (
        f"{year + 1} is not loaded: deadlines that run past {year}-12-31 are refused, and the last days of "
        f"December may change with its arrangement"
    )
    return CalendarFinding(Severity.INFO, "ENDS", year, None, message)
