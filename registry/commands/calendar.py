"""`registry calendar`: which days are worked, when deadlines end, and whether the calendar can be right."""

from datetime import date
from typing import Any

from rich.text import Text

from graph.calendar import WorkCalendar
from graph.calendar_check import CalendarFinding, check
from graph.facts import Severity
from registry.commands.opened import Failure, settings
from registry.settings import SettingsError
from registry.terminal import Format, console, print_json, table

__all__ = ["between", "check_calendar", "day", "due", "show"]

_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_COLUMNS = {"day": "left", "": "left", "is": "left", "for": "left", "by": "left"}
_FOUND = {"severity": "left", "year": "left", "what is found": "left"}


def day(name: str, text: str) -> date:
    """A day from the command line. Raises Failure."""
    try:
        if len(text) == len("2026-01-31"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Failure(f"{name}: {text!r} is not a day.", "Write it as 2026-01-31.", status=2)


def show(year: int, form: Format) -> int:
    """Print a year's days that are not as their weekday."""
    found = settings().work_calendar().year(year)
    if form is Format.JSON:
        days = [
            {"day": str(one.day), "working": one.working, "name": one.name, "source": one.source} for one in found.days
        ]
        print_json({"year": year, "source": found.source, "workingDays": found.working_days, "days": days})
        return 0
    rows = [
        (one.day, _WEEK[one.day.weekday()], "worked" if one.working else "off", one.name, one.source)
        for one in found.days
    ]
    console().print(table(_COLUMNS, rows))
    console().print(Text(f"{year} has {found.working_days} working days, by {found.source}."))
    return 0


def due(start: str, working_days: int, form: Format) -> int:
    """Print the last day of a deadline."""
    begun = day("DATE", start)
    found = settings().work_calendar().due(begun, working_days)
    if form is Format.JSON:
        print_json({"from": str(begun), "workingDays": working_days, "due": str(found)})
    else:
        console().print(Text(f"{found} ({_WEEK[found.weekday()]})"))
    return 0


def between(start: str, end: str, form: Format) -> int:
    """Print how many working days lie between two days."""
    begun, ended = day("DATE", start), day("END", end)
    found = settings().work_calendar().between(begun, ended)
    if form is Format.JSON:
        print_json({"from": str(begun), "to": str(ended), "workingDays": found})
    else:
        console().print(Text(f"{found}"))
    return 0


def check_calendar(form: Format) -> int:
    """Print what is found; 1 if something is wrong or odd."""
    given = settings()
    try:
        calendar = given.work_calendar()
    except SettingsError as error:
        raise Failure(str(error)) from error
    found = check(calendar)
    wrong = any(one.severity is not Severity.INFO for one in found)
    if form is Format.JSON:
        print_json({"ok": not wrong, "years": calendar.years, "findings": [_record(one) for one in found]})
    else:
        _print(calendar, found)
    return 1 if wrong else 0


def _record(one: CalendarFinding) -> dict[str, Any]:
    found = {"severity": one.severity.value, "code": one.code, "year": one.year, "message": one.message}
    return {**found, "day": None if one.day is None else str(one.day)}


def _print(calendar: WorkCalendar, found: list[CalendarFinding]) -> None:
    if found:
        console().print(table(_FOUND, [(one.severity.value, one.year, f"{one.message}.") for one in found]))
        console().print()
    wrong = sum(1 for one in found if one.severity is not Severity.INFO)
    years = calendar.years
    console().print(Text(f"{years[0]} to {years[-1]}, {len(years)} years: {wrong or 'nothing'} to correct."))
