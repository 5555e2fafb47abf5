"""Rule profiles: deadlines, thresholds and words as dated data, each in force on its days.

    profiles = Profiles()
    rules = profiles.in_force(received)
    rules.deadlines["REPLY_CONDITIONAL"].due(calendar, received)
    rules.duplicates["overlap"]

The profiles are in `profiles.toml`; a file of one's own is laid over it (`docs/rules.md`). A request keeps the profile
that was in force on the day it was received, by its `version`.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import orjson

from graph.calendar import MOST_DAYS, WorkCalendar
from graph.dated import Table, WrongFile, open_file
from graph.refusals import BadInput, NotFound

__all__ = ["Deadline", "Profiles", "RuleProfile", "Yearly"]

SHIPPED = Path(__file__).with_name("profiles.toml")
THRESHOLDS = ("duplicates", "zombie", "freshness")
"""The tables of numbers that a profile has."""

Numbers = Mapping[str, Any]
"""Numbers by their names; a table of them where a name stands for several."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """How many working days something may take, counted from the day after its event; 0 is the same day."""

    event: str
    days: int
    title: str
    basis: str
    extendable: bool = False
    extension: int | None = None
    """Working days by which it may be made longer; None where the rules do not say how many."""
    consent: bool = False
    """Whether the authority has to consent to that."""

    def due(self, calendar: WorkCalendar, day: date, *, extended: bool = False) -> date:
        """Its last day for an event on `day`. Raises YearNotLoaded, BadInput where it cannot be extended so."""
        if extended and self.extension is None:
            how = "by how much is not said" if self.extendable else "it cannot be extended"
            raise BadInput(f"The deadline {self.event} has no extension: {how}")
        return calendar.due(day, self.days + (self.extension or 0 if extended else 0))


@dataclass(frozen=True, slots=True)
class Yearly:
    """What is due by the same day of each year."""

    event: str
    month: int
    day: int
    title: str
    basis: str


@dataclass(frozen=True, slots=True)
class RuleProfile:
    """Rules that are in force from one day on and, where another follows, before another."""

    name: str
    title: str
    basis: tuple[str, ...]
    note: str
    effective_from: date
    effective_to: date | None
    """The first day on which it is in force no longer."""
    deadlines: Mapping[str, Deadline]
    """By event. What is not there is not regulated."""
    yearly: Mapping[str, Yearly]
    thresholds: Mapping[str, Numbers]
    vocabulary: Mapping[str, Mapping[str, str]]
    """What the words of the API are called, by group: `vocabulary["verdict"]["OVERLAP"]`."""
    version: str = field(init=False)
    """Its name and a hash of all that it says."""

    def __post_init__(self) -> None:
        content = orjson.dumps(self.content(), option=orjson.OPT_SORT_KEYS)
        object.__setattr__(self, "version", f"{self.name}@{hashlib.sha256(content).hexdigest()[:8]}")

    @property
    def duplicates(self) -> Numbers:
        """Of the check for duplicates: `overlap` and `duplicate`, the scores from which on; `weights` of its parts."""
        return self.thresholds["duplicates"]

    @property
    def freshness(self) -> Numbers:
        """After how many days data of each update cycle is no longer fresh; of other cycles nobody can say."""
        return self.thresholds["freshness"]

    def content(self) -> dict[str, Any]:
        """All that it says, as plain values."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "version"}
        for name in ("deadlines", "yearly"):
            plain[name] = {event: asdict(one) for event, one in plain[name].items()}
        return plain

    def in_force(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.effective_from <= day and (self.effective_to is None or day < self.effective_to)


class Profiles:
    """All rule profiles, the earliest first; one after the other, without a gap."""

    def __init__(self, file: Path | None = None) -> None:
        """Those of this project, and a file laid over them. Raises WrongFile for what is wrong in it."""
        read = _Read(open_file(SHIPPED))
        if file is not None:
            read = read.over(open_file(file))
        self.file = file
        self.all = sorted((read.profile(name) for name in read.profiles), key=lambda one: one.effective_from)
        _follow(self.all, str(file or SHIPPED))

    def in_force(self, day: date) -> RuleProfile:
        """The profile that is in force on a day. Raises BadInput for one before the first or after the last."""
        for profile in self.all:
            if profile.in_force(day):
                return profile
        first, last = self.all[0], self.all[-1]
        begins = f"the first, {first.name}, begins on {first.effective_from}"
        ends = f"the last, {last.name}, is in force before {last.effective_to}"
        raise BadInput(
            f"No rule profile is in force on {day}: {begins if day < first.effective_from else ends}. "
            "Name another day, or add a profile to the file of REGISTRY_RULES",
            argument="on",
        )

    def find(self, name: str) -> RuleProfile | None:
        """The profile with a name, or with a version; None if there is none."""
        return next((one for one in self.all if name in (one.name, one.version)), None)

    def named(self, name: str) -> RuleProfile:
        """The same. Raises NotFound."""
        found = self.find(name)
        if found is None:
            names = ", ".join(one.name for one in self.all)
            raise NotFound(f"There is no rule profile {name}; there are {names}", argument="name", ids=[name])
        return found


def _follow(profiles: list[RuleProfile], file: str) -> None:
    """Raises WrongFile where two are in force on one day, or none between two."""
    for one in profiles:
        if one.effective_to is not None and one.effective_to <= one.effective_from:
            raise WrongFile(f"{file}, profile {one.name}, effective_to: must be after {one.effective_from}")
    for one, after in pairwise(profiles):
        if one.effective_to == after.effective_from:
            continue
        ends = "has no end" if one.effective_to is None else f"is in force before {one.effective_to}"
        raise WrongFile(
            f"{file}, profile {one.name}, effective_to: it {ends}, and the next, {after.name}, begins on "
            f"{after.effective_from}; set it to that day"
        )


_CONTENT = ("deadlines", "yearly", "vocabulary", *THRESHOLDS)
_ABOUT = ("name", "title", "basis", "note", "effective_from", "effective_to", "like")


class _Read:
    """What files say, laid over each other and not yet checked."""

    def __init__(self, file: Table) -> None:
        file.only("common", "profile")
        self.file = file.file
        file.table("common").only(*_CONTENT)
        self.common: Mapping[str, Any] = file.table("common").values
        self.profiles: dict[str, Mapping[str, Any]] = {}
        for table in file.tables("profile", "name"):
            table.only(*_ABOUT, *_CONTENT)
            name = table.text("name")
            if name in self.profiles:
                raise table.wrong("name", f"the profile {name} stands there twice")
            self.profiles[name] = table.values
        self.shipped: Mapping[str, Any] | None = None

    def over(self, file: Table) -> Self:
        """The same with another file's laid over it."""
        other = type(self)(file)
        other.shipped = _laid(*(self.profiles.values()), self.common)
        other.common = _laid(self.common, other.common)
        for name, values in self.profiles.items():
            other.profiles[name] = _laid(values, other.profiles.get(name, {}))
        return other

    def profile(self, name: str) -> RuleProfile:
        """One of them, checked. Raises WrongFile."""
        table = Table(self.file, f"profile {name}", _laid(self.common, self._own(name)))
        effective_to = table.day("effective_to") if "effective_to" in table else None
        if not table.texts("basis"):
            raise table.wrong("basis", "has to be given: what the profile rests on, a text or a list of texts")
        return RuleProfile(
            name=name,
            title=table.text("title"),
            basis=table.texts("basis"),
            note=table.text("note", "Check against the official text."),
            effective_from=table.day("effective_from"),
            effective_to=effective_to,
            deadlines={event: _deadline(event, one) for event, one in _entries(table.table("deadlines"))},
            yearly={event: _yearly(event, one) for event, one in _entries(table.table("yearly"))},
            thresholds={key: self._numbers(table, key) for key in THRESHOLDS},
            vocabulary=self._vocabulary(table),
        )

    def _own(self, name: str) -> Mapping[str, Any]:
        """What a profile says itself, and what it takes from the one that it is like."""
        values = self.profiles[name]
        table = Table(self.file, f"profile {name}", values)
        if "like" not in values:
            return values
        other = table.text("like")
        if other not in self.profiles or "like" in self.profiles[other]:
            raise table.wrong("like", f"there is no profile {other} that says all itself")
        content = {key: value for key, value in self.profiles[other].items() if key in _CONTENT}
        return _laid(content, values)

    def _numbers(self, table: Table, key: str) -> Numbers:
        found = table.table(key)
        self._only_known(found, key)
        numbers = {name: _number(found, name) for name in found.values}
        if key == "duplicates":
            _check_duplicates(found, numbers)
        return numbers

    def _vocabulary(self, table: Table) -> Mapping[str, Mapping[str, str]]:
        found = table.table("vocabulary")
        self._only_known(found, "vocabulary")
        return {group: {word: words.text(word) for word in words.values} for group, words in _entries(found)}

    def _only_known(self, table: Table, key: str) -> None:
        """Refuse what the shipped file does not know: nothing would ever ask for it."""
        if self.shipped is None:
            return
        table.only(*self.shipped[key])
        for name, known in self.shipped[key].items():
            if isinstance(known, dict) and isinstance(table.values.get(name), dict):
                table.table(name).only(*known)


def _laid(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Tables over each other, key by key; `false` takes away what was there."""
    laid: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            below = laid.get(key)
            laid[key] = _laid(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return laid


def _entries(table: Table) -> list[tuple[str, Table]]:
    """The tables within one, without those that were taken away."""
    return [(name, table.table(name)) for name, value in table.values.items() if value is not False]


def _deadline(event: str, table: Table) -> Deadline:
    table.only("days", "title", "basis", "extendable", "extension", "consent")
    extension = table.whole("extension", MOST_DAYS) if "extension" in table else None
    return Deadline(
        event=event,
        days=table.whole("days", MOST_DAYS),
        title=table.text("title"),
        basis=table.text("basis"),
        extendable=table.flag("extendable", extension is not None),
        extension=extension,
        consent=table.flag("consent", False),
    )


def _yearly(event: str, table: Table) -> Yearly:
    table.only("day", "title", "basis")
    text = table.text("day")
    try:
        day = date.fromisoformat(f"2001-{text}")
    except ValueError:
        raise table.wrong("day", f"must be a month and a day, such as 12-31, not {text!r}") from None
    return Yearly(event, day.month, day.day, table.text("title"), table.text("basis"))


def _number(table: Table, key: str) -> Any:
    value = table.values[key]
    if isinstance(value, dict):
        inner = table.table(key)
        return {name: _number(inner, name) for name in inner.values}
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise table.wrong(key, f"must be a number from 0, not {value!r}")
    return int(value) if value == int(value) else value


def _check_duplicates(table: Table, numbers: Numbers) -> None:
    for key in ("overlap", "duplicate", "weights"):
        if key not in numbers:
            raise table.wrong(key, "has to be given")
    if not numbers["overlap"] <= numbers["duplicate"]:
        raise table.wrong("overlap", f"must not be above duplicate ({numbers['duplicate']})")
    if not isinstance(numbers["weights"], dict) or not sum(numbers["weights"].values()) > 0:
        raise table.wrong("weights", "must be numbers of which one at least is above 0")
