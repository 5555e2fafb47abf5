"""Answers that come packed (gzip, deflate), unpacked a bounded piece at a time."""

import zlib
from collections.abc import Iterator

__all__ = ["BrokenOff", "Unpacking"]

_PIECE = 262_144
"""Bytes that are unpacked at once, however much there is inside."""


class BrokenOff(Exception):
    """What came is not what it says to be, or ends too early; `passing`: another try may help."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class Unpacking:
    """One answer on its way from packed to unpacked."""

    def __init__(self, coding: str) -> None:
        if coding not in ("identity", "", "gzip", "x-gzip", "deflate"):
            raise BrokenOff("the answer is packed in a way that was not asked for")
        self._coding = "gzip" if coding == "x-gzip" else coding or "identity"
        self._open: zlib._Decompress | None = None

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """The unpacked pieces of what came next. Raises BrokenOff."""
        if self._coding == "identity":
            yield packed
            return
        more = True
        while packed or more:
            if self._open is None:
                if not packed.strip(b"\x00" if self._coding == "gzip" else b""):
                    return
                self._open = zlib.decompressobj(self._bits(packed))
            try:
                piece = self._open.decompress(packed, _PIECE)
            except zlib.error:
                raise BrokenOff("the answer cannot be unpacked") from None
            if piece:
                yield piece
            more = len(piece) == _PIECE
            packed = self._open.unconsumed_tail
            if self._open.eof:
                packed, self._open, more = self._open.unused_data, None, False
                if self._coding == "deflate":
                    return

    def end(self) -> None:
        """Raises BrokenOff if more should have come."""
        if self._open is not None and not self._open.eof:
            raise BrokenOff("the answer ends in the middle", passing=True)

    def _bits(self, packed: bytes) -> int:
        if self._coding == "gzip":
            return 31
        return 15 if packed[0] & 0x0F == 8 else -15
