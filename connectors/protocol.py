"""What a connector is, how connectors are found, and which one takes a file.

A connector reads one kind of source and states facts; it never sees the graph. What it is told of a source in
`registry.toml` is an instance of its `config`. It is a class registered under the entry point group
`registry.connectors`:

    [project.entry-points."registry.connectors"]
    catalogue = "connectors.catalogue:Catalogue"

`tests/connectors/test_conformance.py` runs over every one that is installed.
"""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

from connectors.addresses import POLICY, Policy
from connectors.config import Config
from connectors.datasets import Registered, Rule
from connectors.errors import SourceError as SourceError
from connectors.names import Names
from graph.facts import Fact, Finding, Kind, Place, Severity

GROUP = "registry.connectors"


@dataclass(frozen=True, slots=True)
class Input:
    """What a connector is asked to read, and what it is told about it.

    `source` says whose statements these are (None: the import names it). `jurisdiction` and `home`
    are ids of jurisdictions for what the files leave open, the first before the second. `zone` is
    where a time without a zone was written. `words` is a file that adds to the connector's tables
    of words, for the connectors that have some. `config` is what `registry.toml` says of the source (None: it
    was named on a command line, and everything is as by default). `rules` name datasets, `registered` answers what
    the registry has already, `names` finds things there by name, `addresses` says which addresses may be asked.
    """

    paths: Sequence[Path]
    source: str | None = None
    jurisdiction: str | None = None
    home: str | None = None
    zone: tzinfo = UTC
    words: Path | None = None
    config: Config | None = None
    rules: Sequence[Rule] = ()
    registered: Registered | None = None
    names: Names | None = None
    addresses: Policy = POLICY


class Connector(Protocol):
    """One kind of source. `name` is the word for `--as` and `kind`, `title` what a person reads.

    A kind that is files has a `config` that extends `Files`, and is run over each of them.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    config: ClassVar[type[Config]]

    def __init__(self, given: Input, /) -> None: ...

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether this connector reads that file, judged by its content; cheap, and never raises."""
        ...

    def pull(self) -> AsyncIterator[Fact | Finding]:
        """All that the files state, and what was odd about it.

        Bad content never raises: it is an ERROR finding that names the place, and the rest is read. Only what is
        not a file raises SourceError, when it cannot be reached at all.
        The same files give the same facts in the same order.
        """
        ...


@runtime_checkable
class Trying(Protocol):
    """What a connector may have beside: a cheap look whether its source can be reached and read."""

    async def try_out(self) -> Sequence[str]:
        """What was found there, a sentence each, for a person. Raises SourceError."""
        ...


@dataclass(frozen=True, slots=True)
class Removed:
    """An entry that a file was made with and no longer has, and whose statements it was."""

    kind: Kind
    id: str
    sources: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Removals:
    """What is gone from files that know what they were made with; `held`: how much of each source they then had."""

    removed: Sequence[Removed]
    held: Mapping[str, int]


@runtime_checkable
class Removing(Protocol):
    """What a connector may have beside: files that say only part of what their sources have, and know which part."""

    def removals(self) -> Removals | None:
        """After the pull: what is gone from the files; None if they do not know."""
        ...


@runtime_checkable
class Explaining(Protocol):
    """What a connector may have beside: why it does not take a file that looks like its kind."""

    @classmethod
    def explain(cls, path: Path) -> Finding | None:
        """Why the file is not taken, or None if it is not this connector's kind at all."""
        ...


@cache
def connectors() -> Mapping[str, type[Connector]]:
    """Every installed connector by its name, in the order of names."""
    found = [entry.load() for entry in entry_points(group=GROUP)]
    return {connector.name: connector for connector in sorted(found, key=lambda connector: str(connector.name))}


def recognise(path: Path) -> type[Connector] | Finding:
    """The connector that reads this file; else an ERROR finding that says what the file is and what to do."""
    trouble = unreadable(path)
    if trouble is not None:
        return trouble
    for connector in connectors().values():
        if connector.recognises(path):
            return connector
    for connector in connectors().values():
        why = connector.explain(path) if isinstance(connector, Explaining) else None
        if why is not None:
            return why
    return not_taken(path, f"no connector reads this file: it {looks_like(path)}")


def unreadable(path: Path) -> Finding | None:
    """An ERROR finding if there is no file there, it cannot be opened or it is empty."""
    what = "file"
    try:
        if path.is_dir():
            what = "folder"
            os.scandir(path).close()
        if not path.is_file():
            return not_taken(path, "there is no such file" if not path.exists() else "this is not a file")
        with path.open("rb") as file:
            return None if file.read(1) else not_taken(path, "the file is empty")
    except OSError as error:
        return not_taken(path, f"the {what} cannot be read: {error.strerror}")


def not_taken(
    path: Path, message: str, code: str = "FILE_NOT_READ", done: str = "nothing was taken from it"
) -> Finding:
    """The finding about a file as a whole that could not be taken."""
    return Finding(code, Severity.ERROR, Place(file=shown(path)), message, done)


def shown(path: Path) -> str:
    """A file's name as a place gives it: bytes that are no UTF-8 are replaced, so that a report can be written."""
    return path.name.encode("utf-8", "replace").decode()


_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "is a PNG picture"),
    (b"\xff\xd8\xff", "is a JPEG picture"),
    (b"GIF8", "is a GIF picture"),
    (b"BM", "looks like a BMP picture"),
    (b"%PDF", "is a PDF document"),
    (b"PK\x05\x06", "is an empty zip archive"),
    (b"PK\x03\x04", "is a zip archive or a document kept as one"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old Office document (.xls, .doc) or an encrypted one"),
    (b"Rar!", "is a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7-Zip archive"),
    (b"\x1f\x8b", "is a gzip archive"),
    (b"SQLite format 3\x00", "is an SQLite database"),
    (b"<?xml", "is an XML document"),
    (b"<!DOCTYPE", "is a web page"),
    (b"<html", "is a web page"),
)


def looks_like(path: Path) -> str:
    """What the first bytes of a file say that it is, as the end of a sentence that begins with "it"."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    for mark, says in _STARTS:
        if start.startswith(mark):
            return says
    return "is binary data of an unknown kind" if b"\x00" in start else "is text of an unknown kind"
