"""The body of a request with events: bounded before anything is unpacked, and again while it is."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

import orjson

__all__ = ["LONGEST", "MOST_EVENTS", "Refused", "read_body"]

LONGEST = 10_000_000
"""Bytes of a request, unpacked."""
MOST_EVENTS = 1_000
"""Events of one request."""
DEEPEST = 200
"""Levels of nested JSON."""

_SMALL = 50_000
_GZIP = 31
"""How zlib is told that the data is in gzip's format."""


class Refused(Exception):
    """A request cannot be taken: the status of the answer and what it says."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers


async def read_body(chunks: AsyncIterator[bytes], media: str, encoding: str) -> Any:
    """The JSON of a request. Raises Refused."""
    kind = media.partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        said = f"not {kind}" if kind else "and the Content-Type says so"
        raise Refused(415, "BAD_INPUT", f"Events are application/json, {said}.")
    packing = encoding.strip().lower() or "identity"
    if packing not in ("identity", "gzip", "x-gzip"):
        raise Refused(415, "BAD_INPUT", f"A request may be packed with gzip, not with {packing[:50]}.")
    unpacked = bytearray()
    unpacking = zlib.decompressobj(_GZIP) if packing != "identity" else None
    async for chunk in chunks:
        if unpacking is None:
            unpacked += chunk
        else:
            _unpack(unpacking, chunk, unpacked)
        if len(unpacked) > LONGEST:
            raise Refused(413, "TOO_COSTLY", f"A request may have {LONGEST / 1e6:g} MB unpacked. Send fewer at once.")
    if unpacking is not None and (not unpacking.eof or unpacking.unused_data):
        raise Refused(
            400, "BAD_INPUT", "The request says that it is packed with gzip, but it is not, is cut off, or goes on."
        )
    if len(unpacked) <= _SMALL:
        return _parse(unpacked)
    return await asyncio.to_thread(_parse, unpacked)


def _unpack(unpacking: Any, chunk: bytes, unpacked: bytearray) -> None:
    """Unpack no more than is taken, however much there would be."""
    try:
        unpacked += unpacking.decompress(chunk, LONGEST + 1 - len(unpacked))
    except zlib.error:
        raise Refused(400, "BAD_INPUT", "The request says that it is packed with gzip, but it is not.") from None


def _parse(content: bytearray) -> Any:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Refused(400, "BAD_INPUT", f"The request is not JSON: {error.msg} (character {error.pos + 1}).") from None
    _check_depth(value)
    return value


def _check_depth(value: Any) -> None:
    """A level at a time, so that nothing hostile can go deep here."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [inner for one in level if isinstance(one, dict | list) for inner in _members(one)]
        if not level:
            return
    raise Refused(400, "BAD_INPUT", f"The request is nested deeper than {DEEPEST} levels.")


def _members(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value
