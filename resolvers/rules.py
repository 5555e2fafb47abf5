"""Rule profiles and the work calendar as GraphQL types: what is due when, by which rules."""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry
from strawberry import Parent

from graph.calendar import SpecialDay
from graph.profiles import RuleProfile
from resolvers.context import Info
from resolvers.costs import rows, weighs
from resolvers.scalars import Day

Record = dict[str, Any]


def _described(description: str) -> Any:
    return strawberry.field(description=description)


def _list(description: str) -> Any:
    return strawberry.field(description=description, directives=[rows(20)])


From = Annotated[
    Day, strawberry.argument(name="from", description="The day of the event; days are counted from the day after.")
]
Extended = Annotated[bool, strawberry.argument(description="Whether it is extended, where the rules say by how much.")]


def _due(root: Parent[Any], info: Info, from_: From, extended: Extended = False) -> Any:
    return root["deadline"].due(info.context.calendar, from_, extended=extended)


@strawberry.type(name="RuleDeadline", description="How long something may take by a rule profile.")
class RuleDeadlineType:
    event: str = _described("What it is of, such as REPLY_CONDITIONAL; the vocabulary has its Chinese name.")
    title: str = _described("What has to be done.")
    days: int = _described("In how many working days, counted from the day after the event; 0 is the same day.")
    extendable: bool = _described("Whether it may be made longer.")
    extension: int | None = _described("By how many working days; null where it may not, or the rules do not say.")
    consent: bool = _described("Whether the authority has to consent to that.")
    basis: str = _described("What says so.")
    due: Day = strawberry.field(
        resolver=_due, description="Its last day, for an event on a day. Refused for a year that is not loaded."
    )


@strawberry.type(name="YearlyDuty", description="What is due by the same day of each year.")
class YearlyDutyType:
    event: str = _described("What it is.")
    title: str = _described("What has to be done.")
    month: int = _described("By which month, 1 to 12.")
    day: int = _described("By which day of it.")
    basis: str = _described("What says so.")


@strawberry.type(description="A number that judgements are made by.")
class RuleThreshold:
    group: str = _described("Of which judgement: duplicates, zombie, freshness.")
    name: str = _described("Which number; weights.mean is within weights.")
    value: float = _described("The number.")


@strawberry.type(description="What a word of the API is called.")
class RuleWord:
    group: str = _described("Which words: verdict, decision, event …")
    word: str = _described("The word of the API, such as OVERLAP.")
    text: str = _described("What it is called, such as 部分重叠.")


@strawberry.type(
    name="RuleProfile",
    description="Rules that are in force from one day to another. A request keeps those of the day it was received.",
)
class RuleProfileType:
    name: str = _described("Its name.")
    title: str = _described("The title of the regulation.")
    basis: list[str] = strawberry.field(description="Its legal basis.", directives=[rows(5)])
    note: str = _described("What to look at before relying on it.")
    effective_from: Day = _described("The first day on which it is in force.")
    effective_to: Day | None = _described("The first day on which it is in force no longer; null: no end is known.")
    version: str = _described("Its name and a hash of all that it says: what reports and requests keep.")
    deadlines: list[RuleDeadlineType] = _list("All deadlines, by event. What is not listed is not regulated.")
    yearly: list[YearlyDutyType] = _list("What is due each year.")
    thresholds: list[RuleThreshold] = _list("The numbers that judgements are made by.")
    vocabulary: list[RuleWord] = strawberry.field(description="What words are called.", directives=[rows(50)])


@strawberry.type(description="A day that is off though it may be a weekday, or worked though it is a weekend.")
class CalendarDay:
    day: Day = _described("The day.")
    working: bool = _described("Whether it is worked: then it is a weekend that makes up for a holiday.")
    name: str = _described("The holiday that it belongs to.")
    source: str = _described("Who says so: the library, or the basis of a correction.")


@strawberry.type(description="A year of the work calendar.")
class WorkCalendarYear:
    year: int = _described("The year.")
    source: str = _described("Who says so: the library, or the legal basis of a year of one's own.")
    working_days: int = _described("How many days of it are worked.")
    days: list[CalendarDay] = strawberry.field(
        description="All days that are not as their weekday, in their order.", directives=[rows(50)]
    )
    loaded: list[int] = strawberry.field(description="All years that are loaded.", directives=[rows(30)])


def _profile(profile: RuleProfile | None) -> Record | None:
    """A profile as a source of its type."""
    if profile is None:
        return None
    told = {name: getattr(profile, name) for name in RuleProfile.__dataclass_fields__}
    return {
        **told,
        "basis": list(profile.basis),
        "deadlines": [{**_record(one), "deadline": one} for _, one in sorted(profile.deadlines.items())],
        "yearly": [_record(one) for _, one in sorted(profile.yearly.items())],
        "thresholds": [
            {"group": group, "name": name, "value": value}
            for group, numbers in profile.thresholds.items()
            for name, value in _flat(numbers)
        ],
        "vocabulary": [
            {"group": group, "word": word, "text": text}
            for group, words in profile.vocabulary.items()
            for word, text in words.items()
        ],
    }


def _record(one: Any) -> Record:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def _flat(numbers: Mapping[str, Any], within: str = "") -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for name, value in numbers.items():
        found += _flat(value, f"{within}{name}.") if isinstance(value, Mapping) else [(within + name, value)]
    return found


def _day(one: SpecialDay) -> Record:
    return {"day": one.day, "working": one.working, "name": one.name, "source": one.source}


Name = Annotated[str, strawberry.argument(description="Its name, or a version of it that a report keeps.")]
On = Annotated[Day | None, strawberry.argument(description="On which day; today if not given.")]
YearNumber = Annotated[int, strawberry.argument(description="Which year; refused if it is not loaded.")]
Days = Annotated[int, strawberry.argument(description="How many working days: 0 (the same day) to 10,000.")]
Start = Annotated[Day, strawberry.argument(name="from", description="From the day after this one …")]
End = Annotated[Day, strawberry.argument(description="… up to this one.")]


def _profiles(info: Info) -> Any:
    return [_profile(one) for one in info.context.profiles.all]


def _named(info: Info, name: Name) -> Any:
    return _profile(info.context.profiles.find(name))


def _in_force(info: Info, on: On = None) -> Any:
    return _profile(info.context.profiles.in_force(on or info.context.today()))


def _calendar(info: Info, year: YearNumber) -> Any:
    calendar = info.context.calendar
    found = calendar.year(year)
    days = [_day(one) for one in found.days]
    told = {"year": found.year, "source": found.source, "working_days": found.working_days}
    return {**told, "days": days, "loaded": calendar.years}


def _due_date(info: Info, from_: From, working_days: Days) -> Any:
    return info.context.calendar.due(from_, working_days)


def _working_days(info: Info, from_: Start, to: End) -> int:
    return info.context.calendar.between(from_, to)


profiles_field: Any = strawberry.field(
    resolver=_profiles, description="All rule profiles, the earliest first.", directives=[rows(5), weighs(5)]
)
profile_field: Any = strawberry.field(
    resolver=_named, description="The rule profile with this name or version; null if there is none."
)
in_force_field: Any = strawberry.field(
    resolver=_in_force, description="The rule profile that is in force on a day; refused where none is."
)
calendar_field: Any = strawberry.field(
    resolver=_calendar,
    description="A year of the work calendar: holidays, and the weekends that are worked for them.",
)
due_date_field: Any = strawberry.field(
    resolver=_due_date,
    description="The last day of a deadline in working days. Refused where it runs into a year that is not loaded.",
)
working_days_field: Any = strawberry.field(
    resolver=_working_days,
    description="How many working days lie after a day and up to another; negative where that lies before it.",
)
