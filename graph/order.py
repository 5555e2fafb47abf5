"""The order of strings by code point, on engines that compare some of them by UTF-16.

Neo4j compares a stored string with a parameter by UTF-16 unit, two stored ones by code point; the two orders
differ from U+E000 on. So where a string has such characters (full-width forms are among them), a key is stored
beside it in which both orders agree: `sort_id`, `sort_name`, `sort_code`. Most strings are their own key.
"""

import re
from collections.abc import Mapping
from typing import Any

from graph.facts import Kind

_HIGH = 0xD7FF
"""From here on a character is written as this one and two digits; all that a key has is up to here."""
_BASE = 0x4000
_ZERO = 0x20
_WRITTEN = re.compile("[\ud7ff\ue000-\U0010ffff]")

LAST = chr(_HIGH) * 2
"""Comes after every key."""

CODES: Mapping[Kind, str] = {Kind.DEPARTMENT: "uscc", Kind.AGREEMENT: "id"}
"""What counts as the code of a kind that has none."""


def order_key(text: str) -> str:
    """A string that compares by code point and by UTF-16 as `text` compares by code point."""
    return text if text.isascii() else _WRITTEN.sub(_write, text)


def _write(found: re.Match[str]) -> str:
    high, low = divmod(ord(found[0]) - _HIGH, _BASE)
    return chr(_HIGH) + chr(_ZERO + high) + chr(_ZERO + low)


def order_keys(kind: Kind, id: str, values: Mapping[str, Any]) -> dict[str, str]:
    """The keys to be stored with a thing: of its id, name and code, each where it is not the string itself."""
    texts = {"sort_id": id, "sort_name": values.get("name"), "sort_code": values.get(CODES.get(kind, "code"))}
    keys = {name: order_key(text) for name, text in texts.items() if text}
    return {name: key for name, key in keys.items() if key != texts[name]}


def bound_below(id: str) -> str:
    """An id that is not after `id` by code point, nor after any id that follows `id` by UTF-16."""
    found = _WRITTEN.search(id)
    return id if found is None else id[: found.start()]


def bound_above(id: str) -> str | None:
    """An id that is not before `id`, nor before any that precedes it, in either order; `None` if there is none."""
    found = _WRITTEN.search(id)
    if found is None:
        return id
    kept = id[: found.start()].rstrip("\ud7fe")
    return kept[:-1] + chr(ord(kept[-1]) + 1) if kept else None
