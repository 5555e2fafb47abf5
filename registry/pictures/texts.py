"""How wide a text is when it is drawn, whatever font is there, and how a long one is broken into lines."""

import re
import unicodedata

from registry.exporting.cells import printable

__all__ = ["FONTS", "clean", "is_known", "lines", "width"]

FONTS = (
    "'Noto Sans SC', 'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', "
    "'WenQuanYi Micro Hei', SimHei, sans-serif"
)
"""The fonts of a picture, for the systems that people have."""

_WIDE = "WFA"
_SIGNS = "✂"
_NARROW = frozenset("ijlI|!.,:;'`()[]{} ")
_BROAD = frozenset("mwMW@%&#")
_INVISIBLE = re.compile(r"[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""What takes no place, or turns the direction of what follows."""


def clean(text: str) -> str:
    """A text on one line, of what can be seen."""
    return " ".join(_INVISIBLE.sub("", printable(text)).split())


def width(text: str) -> float:
    """How wide a text is at most, in times the size of its letters."""
    return sum(map(_width, text))


def is_known(text: str) -> bool:
    """Whether its letters are those whose widths are known."""
    return all(letter.isascii() or _is_wide(letter) for letter in text)


def _is_wide(letter: str) -> bool:
    return letter in _SIGNS or unicodedata.east_asian_width(letter) in _WIDE


def _width(letter: str) -> float:
    if not letter.isascii():
        if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
            return 0
        return 1.03 if _is_wide(letter) else 0.8
    if letter in _NARROW:
        return 0.4
    if letter in _BROAD:
        return 0.95
    return 0.75 if letter.isupper() else 0.63


def lines(text: str, most: float, count: int) -> list[str]:
    """A text as lines, each at most `most` wide; where it has more than `count` the last ends with an ellipsis."""
    rest, found = clean(text), list[str]()
    while rest and len(found) < count:
        line = _first(rest, most)
        rest = rest[len(line) :].lstrip()
        found.append(line.rstrip())
    if rest:
        found[-1] = _first(found[-1], most - width("…")).rstrip() + "…"
    return found or [""]


def _first(text: str, most: float) -> str:
    """As much of a text as fits, at least a letter; a word in it is broken only where it fills half of the line."""
    taken = 0.0
    for place, letter in enumerate(text):
        taken += _width(letter)
        if taken > most and place:
            return text[: _break(text, place)]
    return text


def _break(text: str, place: int) -> int:
    at = place
    while at > place // 2 and text[at - 1].isascii() and text[at - 1].isalnum() and text[at].isascii():
        at -= 1
    return at if at > place // 2 else place
