"""What whoever runs the service may set about the API."""

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp

from graph.calendar import WorkCalendar
from graph.engine import Tally
from graph.profiles import Profiles
from resolvers.gate import Room
from resolvers.limits import Limits
from resolvers.trusted import Texts


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered, for whoever counts: `field` is the root field, `several` where there are more.

    `outcome` is `ok`, `errors` (some of it could not be answered), `refused` (before anything was executed),
    `timeout` or `gone` (nobody waited for it any more). Times are seconds; what the statements took is added up, also
    of those that ran side by side.
    """

    operation: str | None
    field: str
    outcome: str
    seconds: float
    cost: int
    tally: Tally
    document: str


def _nobody(answered: Answered) -> None:
    """Nobody counts."""


def _alone(name: str, here: ASGIApp) -> ASGIApp:
    """There is no other worker."""
    return here


@dataclass(frozen=True, slots=True)
class Options:
    """`calendar` and `profiles`: what is due when, by which rules.

    `introspect`: whether the schema may be asked for; `suggest`: whether errors say what may have been meant.

    `worker` is the name of this worker (8 hexadecimal digits, made up if not given), `others` finds another one of
    this machine by its name; the application that it is given answers where there is none.
    """

    limits: Limits = field(default_factory=Limits)
    room: Room = field(default_factory=Room)
    texts: Texts = field(default_factory=Texts)
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    profiles: Profiles = field(default_factory=Profiles)
    introspect: bool = True
    suggest: bool = True
    observe: Callable[[Answered], None] = _nobody
    worker: str | None = None
    others: Callable[[str, ASGIApp], ASGIApp] = _alone
