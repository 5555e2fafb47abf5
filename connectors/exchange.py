"""The exchange format: JSON Lines, one fact a line (docs/exchange.md).

A file is read line by line, so memory does not grow with it. A line that cannot be taken is a finding
with its number; the lines after it are read as if it were not there.
"""

import codecs
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO, ClassVar

from connectors.config import Config, Files
from connectors.exchange_lines import Reader
from connectors.protocol import Input, not_taken
from graph.facts import Fact, Finding, Place, Severity

LONGEST = 1_000_000
"""Bytes of the longest line that is read; what is longer is no fact, and is skipped without being held."""

_HEAD = 65_536
"""Bytes that are looked at to know a file."""

# A text that only says "fact" is not followed by a colon.
_FACT = re.compile(rb'"fact"\s*:')

Line = tuple[int, bytes | None]


class Exchange:
    """Facts in the exchange format."""

    name: ClassVar[str] = "exchange"
    title: ClassVar[str] = "Exchange format (JSON Lines, one fact a line)"
    config: ClassVar[type[Config]] = Files

    def __init__(self, given: Input, /) -> None:
        self.given = given

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether a line near the beginning looks like a JSON object with a `fact` in it."""
        return any(line.lstrip().startswith(b"{") and _FACT.search(line) is not None for line in _head(path))

    @classmethod
    def explain(cls, path: Path) -> Finding | None:
        """Why a file that holds JSON is not taken."""
        head = _head(path)
        start = next((line.lstrip() for line in head if line.strip()), b"")
        if not start.startswith((b"{", b"[")):
            return None
        message = 'the file looks like JSON but none of its first lines is a fact, such as {"fact":"system","id":…}'
        return not_taken(path, message, done="nothing was taken; docs/exchange.md describes the format")

    async def pull(self) -> AsyncIterator[Fact | Finding]:
        """The facts of all files in turn, with a finding for each line that is not one."""
        for path in self.given.paths:
            reader = Reader(path.name, self.given.zone)
            try:
                with path.open("rb") as file:
                    for row, line in lines(file):
                        if line is None:
                            reader.too_long(row, LONGEST)
                            fact = None
                        else:
                            fact = reader.fact(row, line)
                        if reader.findings:
                            for finding in reader.findings:
                                yield finding
                            reader.findings.clear()
                        if fact is not None:
                            yield fact
            except OSError as error:
                yield _unreadable(path, error)
            for finding in reader.unknown_keys():
                yield finding


def lines(file: BinaryIO, longest: int = LONGEST) -> Iterator[Line]:
    """Number (from 1) and bytes of each line; `None` for one that is longer than `longest`."""
    row = 0
    while line := file.readline(longest + 2):
        row += 1
        if row == 1 and line.startswith(codecs.BOM_UTF8):
            line = line[3:]
        if len(line) <= longest or line.endswith(b"\n"):
            yield row, line
            continue
        while (rest := file.readline(longest)) and not rest.endswith(b"\n"):
            pass
        yield row, None


def _head(path: Path) -> list[bytes]:
    """The lines, the last one perhaps cut, that a file begins with."""
    try:
        with path.open("rb") as file:
            return file.read(_HEAD).removeprefix(codecs.BOM_UTF8).split(b"\n")
    except OSError:
        return []


def _unreadable(path: Path, error: OSError) -> Finding:
    return Finding(
        "FILE_UNREADABLE",
        Severity.ERROR,
        Place(path.name),
        f"{path.name} cannot be read: {error.strerror or error}",
        "what comes after was not read",
    )
