"""A source that says what a test wants, and how it is configured."""

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import ClassVar

import orjson

from connectors.config import Config
from connectors.exchange_lines import Reader
from connectors.protocol import Connector, Input
from graph.facts import Fact, Finding
from registry.sources.configured import Configured, Running, Sources
from tests.registry.importing import Line

__all__ = ["configured", "feigned", "of"]

Saying = Callable[[], Sequence[Line] | Exception]


def feigned(says: Saying) -> type[Connector]:
    """A connector that states what `says` gives at each pull, or raises it."""

    class Feigned:
        """Says what a test wants."""

        name: ClassVar[str] = "feigned"
        title: ClassVar[str] = "Feigned"
        config: ClassVar[type[Config]] = Config

        def __init__(self, given: Input, /) -> None:
            self._given = given

        @classmethod
        def recognises(cls, path: Path) -> bool:
            return False

        async def pull(self) -> AsyncIterator[Fact | Finding]:
            said = says()
            if isinstance(said, Exception):
                raise said
            reader = Reader("feigned", self._given.zone)
            for row, line in enumerate(said, 1):
                fact = reader.fact(row, as_bytes(line))
                if fact is not None:
                    yield fact
            for finding in reader.findings:
                yield finding

    return Feigned


def as_bytes(line: Line) -> bytes:
    """A fact as the exchange format has it."""

    return orjson.dumps(line)


def configured(says: Saying, name: str = "people", **running: object) -> Configured:
    """A source of that kind."""
    return Configured(
        name, Running.model_validate({"kind": "feigned", **running}), feigned(says), Config.model_validate({})
    )


def of(*sources: Configured) -> Sources:
    """A settings file that has these."""
    return Sources(Path("registry.toml"), {one.name: one for one in sources}, {})
