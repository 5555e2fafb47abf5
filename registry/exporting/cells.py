"""Texts as cells: nothing that a spreadsheet would run, nothing that a file cannot hold."""

import re
from typing import Any

__all__ = ["flat", "is_risky", "printable", "safe"]

_FORMULA = "=+\\-@＝＋－＠﹦﹢﹣﹫−"
"""What a formula begins with, in full and half width."""
_BLANK = r"[\s\x00-\x1f\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]*"
_RISKY = re.compile(rf"^(?=[\t\r\n])|(?:^|(?<=[;|\t\r\n]))(?={_BLANK}[{_FORMULA}])")
"""Where a spreadsheet may see a formula: at the beginning, and behind what parts cells or lines in one."""
_SUSPECT = re.compile(rf"[{_FORMULA}\t\r\n]")
"""Without any of these a text is harmless: most are."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def safe(text: str) -> str:
    """A text of which no spreadsheet makes a formula: a quote stands before what one would begin with."""
    return _RISKY.sub("'", text) if _SUSPECT.search(text) else text


def is_risky(text: str) -> bool:
    """Whether a spreadsheet may take it for a formula."""
    return _SUSPECT.search(text) is not None and _RISKY.search(text) is not None


def printable(text: str) -> str:
    """A text without what XML, and so workbooks and pictures, cannot hold; each such character shows as one."""
    return text if text.isprintable() else _UNPRINTABLE.sub("\ufffd", text)


def flat(value: Any) -> Any:
    """A value as one cell: a text, a number, or nothing. What is a list is joined."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    return "" if value is None else value
