"""What whoever runs the service may set about the API."""

from collections.abc import Callable
from dataclasses import dataclass, field

from graph.engine import Tally
from resolvers.gate import Room
from resolvers.limits import Limits
from resolvers.trusted import Texts


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered, for whoever counts: `field` is the root field, `several` where there are more.

    `outcome` is `ok`, `errors` (some of it could not be answered), `refused` (before anything was executed) or
    `timeout`. Times are seconds; what the statements took is added up, also of those that ran side by side.
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


@dataclass(frozen=True, slots=True)
class Options:
    """`introspect`: whether the schema may be asked for; `suggest`: whether errors say what may have been meant."""

    limits: Limits = field(default_factory=Limits)
    room: Room = field(default_factory=Room)
    texts: Texts = field(default_factory=Texts)
    introspect: bool = True
    suggest: bool = True
    observe: Callable[[Answered], None] = _nobody
