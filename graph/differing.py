"""What differs between two states, key by key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from graph.facts import Key, Shape, as_text

EXTRA = Key(Shape.OBJECT)
"""The keys that the registry does not know, as one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A key whose value differs; times are texts, references ids."""

    name: str
    before: Any
    after: Any

    @property
    def field(self) -> str:
        """The name of the field that tells it."""
        first, *rest = self.name.split("_")
        return first + "".join(map(str.title, rest))


def compared(keys: Mapping[str, Key], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The keys whose stored values differ, in the order of `keys`."""
    return [
        Difference(name, _shown(key.shape, before.get(name)), _shown(key.shape, after.get(name)))
        for name, key in keys.items()
        if before.get(name) != after.get(name)
    ]


def _shown(shape: Shape, value: Any) -> Any:
    if value is None:
        return None
    if shape is Shape.TIME:
        return as_text(value)
    return orjson.loads(value) if shape is Shape.OBJECT else value
