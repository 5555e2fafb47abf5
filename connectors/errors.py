"""What a source that cannot be read raises; by itself, so that all of `connectors/` may import it."""


class SourceError(Exception):
    """A source cannot be read at all; the message says why and what to do, and holds no secret.

    `passing` says that another try may help: a server that is away, rather than a wrong password.
    """

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing
