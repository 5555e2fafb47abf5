"""A caller's mistake: what is wrong, where, and the way out. The words are shown to the caller as they are."""

from collections.abc import Sequence


class Refusal(Exception):
    """A request that cannot be answered as asked. `code` is one of CONTRACT §5."""

    code = "BAD_INPUT"

    def __init__(self, message: str, *, argument: str | None = None, ids: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.argument = argument
        self.ids = list(ids)


class BadInput(Refusal):
    """An argument that means nothing."""


class NotFound(Refusal):
    """Ids that the registry does not know."""

    code = "NOT_FOUND"


class TooCostly(Refusal):
    """A request whose answer would be too big; the way out is to ask for less at once."""

    code = "TOO_COSTLY"


class Moved(Refusal):
    """A place in something that can no longer be had; the way out is to begin again."""

    code = "CONFLICT"


class Taken(Refusal):
    """What cannot be because of what is there already."""

    code = "CONFLICT"
