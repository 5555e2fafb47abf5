"""JSON out."""

import json
from typing import Any

import orjson


def encode(value: Any) -> bytes:
    """Answers as UTF-8; what a source stated as JSON may have numbers beyond 64 bits."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
