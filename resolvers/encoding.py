"""JSON out."""

import json
from typing import Any

import orjson


class Text:
    """A part of an answer that is JSON already."""

    __slots__ = ("json",)

    def __init__(self, json: bytes) -> None:
        self.json = json


def encode(value: Any) -> bytes:
    """Answers as UTF-8; what a source stated as JSON may have numbers beyond 64 bits."""
    try:
        return orjson.dumps(value, default=_as_it_is)
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_read_back).encode()


def _as_it_is(value: Any) -> orjson.Fragment:
    if isinstance(value, Text):
        return orjson.Fragment(value.json)
    raise TypeError


def _read_back(value: Any) -> Any:
    if isinstance(value, Text):
        return json.loads(value.json)
    raise TypeError(f"{type(value).__name__} is no JSON")
