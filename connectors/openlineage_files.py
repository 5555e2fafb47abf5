"""JSON values out of files, each with its place: one a line, or one value over several lines, or an array of them."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from connectors.exchange import lines
from connectors.protocol import shown
from graph.facts import Finding, Place, Severity

__all__ = ["LONGEST", "Read", "head_of", "read_values", "wrong"]

LONGEST = 10_000_000
"""Bytes of the longest line."""
LONGEST_WHOLE = 100_000_000
"""Bytes of the largest file that is not read line by line."""
_HEAD = 65_536

Read = tuple[Place, Any] | Finding


def head_of(path: Path) -> bytes:
    """How a file begins, without a byte order mark and white space."""
    try:
        with path.open("rb") as file:
            return file.read(_HEAD).removeprefix(codecs.BOM_UTF8).lstrip()
    except OSError:
        return b""


def read_values(path: Path) -> Iterator[Read]:
    """The values, and a finding for each part that is not JSON. Never raises."""
    name = shown(path)
    try:
        if _is_lines(head_of(path)):
            yield from _lines(path, name)
        elif path.stat().st_size > LONGEST_WHOLE:
            yield wrong(Place(name), f"the file has more than {LONGEST_WHOLE:,} bytes; put one event on each line")
        else:
            yield from _whole(path.read_bytes().removeprefix(codecs.BOM_UTF8), name)
    except OSError as error:
        message = f"{name} cannot be read: {error.strerror or error}"
        yield Finding("FILE_UNREADABLE", Severity.ERROR, Place(name), message, "what comes after was not read")


def wrong(place: Place, message: str) -> Finding:
    """The finding about an event that cannot be taken."""
    return Finding("EVENT_NOT_READ", Severity.ERROR, place, message, "not taken; the other events were")


def _is_lines(head: bytes) -> bool:
    """Whether each line is a value: the first one is, or is too long to see."""
    line, end, _ = head.partition(b"\n")
    if line.startswith(b"["):
        return False
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return not end or line.rstrip().endswith(b"}")
    return True


def _lines(path: Path, name: str) -> Iterator[Read]:
    with path.open("rb") as file:
        for row, line in lines(file, LONGEST):
            place = Place(name, row=row)
            if line is None:
                yield wrong(place, f"the line is longer than {LONGEST:,} bytes")
            elif line.strip():
                value = _parsed(line, place)
                yield value if isinstance(value, Finding) else (place, value)


def _whole(content: bytes, name: str) -> Iterator[Read]:
    value = _parsed(content, Place(name))
    if isinstance(value, Finding):
        yield value
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield Place(name, column=f"[{at}]"), one
    else:
        yield Place(name), value


def _parsed(content: bytes, place: Place) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        return wrong(place, f"this is not JSON: {error.msg} (character {error.pos + 1})")
