"""What is handed to a command in a file, or (`-`) on standard input."""

import sys
from pathlib import Path
from typing import Any

import orjson

from registry.commands.opened import Failure

__all__ = ["json_of", "read_file"]

_LONGEST = 20_000_000
"""Bytes of a file that is read."""


def read_file(file: Path) -> bytes:
    """The content of a file. Raises Failure."""
    try:
        content = sys.stdin.buffer.read(_LONGEST + 1) if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise Failure(f"{file}: cannot be read ({error.strerror}).", status=2) from error
    if len(content) > _LONGEST:
        raise Failure(f"{file}: is longer than {_LONGEST // 1_000_000} MB.")
    return content


def json_of(content: bytes, file: str, way_out: str) -> Any:
    """The JSON value that a file holds. Raises Failure that names the line, and the way out."""
    try:
        return orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise Failure(f"{file}, line {error.lineno}: is no JSON ({error.msg}).", way_out) from error
