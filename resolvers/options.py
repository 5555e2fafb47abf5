"""What whoever runs the service may set about the API."""

from dataclasses import dataclass, field

from resolvers.gate import Room
from resolvers.limits import Limits
from resolvers.trusted import Texts


@dataclass(frozen=True, slots=True)
class Options:
    """`introspect`: whether the schema may be asked for; `suggest`: whether errors say what may have been meant."""

    limits: Limits = field(default_factory=Limits)
    room: Room = field(default_factory=Room)
    texts: Texts = field(default_factory=Texts)
    introspect: bool = True
    suggest: bool = True
