"""The rules that a filing stands under: the profile in force when it was received, and its deadlines."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from graph.profiles import Profiles, RuleProfile
from graph.refusals import Refusal

__all__ = ["MOST_DAYS", "OPINION_DAYS", "Due", "FilingRules"]

OPINION_DAYS = 5
"""Working days for an opinion where the profile says nothing."""
MOST_DAYS = 250
"""The longest deadline of a body, in working days: about a year."""


@dataclass(frozen=True, slots=True)
class Due:
    """Until which day something has to be done; `unknown` says why that day is not known, and the way out."""

    day: str | None = None
    unknown: str | None = None


@dataclass(frozen=True, slots=True)
class FilingRules:
    """`due` counts working days from the day after; a year that is not loaded is a Refusal (`graph/calendar.py`)."""

    profiles: Profiles
    due: Callable[[date, int], date]
    zone: tzinfo

    def day(self, instant: int) -> date:
        """The day of an instant, where the registry is."""
        return datetime.fromtimestamp(instant / 1_000_000, UTC).astimezone(self.zone).date()

    def received(self, instant: int) -> RuleProfile:
        """The profile that a filing is kept under which was received then. Raises Refusal where there is none."""
        return self.profiles.in_force(self.day(instant))

    def opinion_days(self, profile: str | None) -> int:
        """Working days that a body has for its opinion, under the profile of this name."""
        found = None if profile is None else self.profiles.find(profile)
        days = None if found is None else _days(found, "JOINT_OPINION")
        return OPINION_DAYS if days is None else days

    def review_days(self, profile: RuleProfile) -> int | None:
        """Working days in which a filing is decided; `None` where that is not regulated."""
        return _days(profile, "FILING_REVIEW")

    def after(self, instant: int, working_days: int | None) -> Due:
        """Until when something has to be done that may take so many working days."""
        if working_days is None:
            return Due()
        try:
            return Due(self.due(self.day(instant), working_days).isoformat())
        except Refusal as refusal:
            return Due(unknown=str(refusal))


def _days(profile: RuleProfile, what: str) -> int | None:
    found = profile.deadlines.get(what)
    return None if found is None else found.days
