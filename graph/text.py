"""How names are compared: one key for all ways to write the same name; and which texts are not to be kept."""

import re
import unicodedata
from functools import lru_cache

import opencc

PLACEHOLDERS = frozenset({"", "无", "无。", "*", "-", "/", "其他", "暂无", "未知"})
"""Values that say nothing: never filled, never equal to another (the catalogue's own words)."""

_NOT_SAID = re.compile(r"[\W_]+")
_SECRET = re.compile(r"(?:密码|口令|password|passwd|pwd)\s*(?:[:=]|是|为)\s*[!-~]{3,}", re.IGNORECASE)
_URL_LOGIN = re.compile(r"\w+://[^/\s@]+:[^/\s@]+@")


class _Simplified(dict[int, str]):
    """A `str.translate` table from traditional to simplified characters, filled as they are met."""

    def __init__(self) -> None:
        super().__init__()
        self._converter = opencc.OpenCC("t2s")

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = character if code < 0x3400 else self._converter.convert(character)
        return self[code]


@lru_cache(maxsize=1)
def _simplified() -> _Simplified:
    return _Simplified()


def name_key(text: str) -> str:
    """`text` without width, case, spaces, punctuation and traditional forms.

    Two names with the same key are the same name written otherwise. A text of
    punctuation alone keeps its own (full and half width made one), so that it
    is not equal to every other.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    if not plain.isascii():
        plain = plain.translate(_simplified())
    return _NOT_SAID.sub("", plain) or plain.strip()


def is_placeholder(text: str | None) -> bool:
    """Whether `text` stands for "nothing said"."""
    return text is None or unicodedata.normalize("NFKC", text).strip() in PLACEHOLDERS


@lru_cache(maxsize=65_536)
def holds_password(text: str) -> bool:
    """Whether a free text gives a password away."""
    return _SECRET.search(unicodedata.normalize("NFKC", text)) is not None or _URL_LOGIN.search(text) is not None
