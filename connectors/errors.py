"""What a source or document that cannot be read raises; by itself, so that all of `connectors/` may import it."""

from typing import ClassVar


class SourceError(Exception):
    """A source cannot be read at all; the message says why and what to do, and holds no secret.

    `passing` says that another try may help: a server that is away, rather than a wrong password.
    """

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class Unread(Exception):
    """A document that is not taken: why is its message, where `row` and `column` (from 1), `code` its finding's."""

    code: ClassVar[str] = "FILE_NOT_READ"

    def __init__(self, message: str, row: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.row = row
        self.column = column
