"""Values out of JSON that anybody may have written, each with the path that a message names."""

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["LONGEST", "WrongEvent", "items", "member", "objects", "shown_key", "text", "text_or"]

LONGEST = 2_000
"""Characters of a name."""


class WrongEvent(ValueError):
    """An event, or a part of one, cannot be taken. `path` is where in it, such as `outputs[0].name`."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path} {message}" if path else message)
        self.path = path
        self.message = message


def shown_key(key: str) -> str:
    """A key as a path shows it."""
    return f".{key[:80]}" if key.isidentifier() else f"[{key[:80]!r}]"


def member(value: Mapping[str, Any], key: str, path: str) -> dict[str, Any]:
    """The object under a key. Raises WrongEvent."""
    found = value.get(key)
    where = f"{path}.{key}" if path else key
    if found is None:
        raise WrongEvent(where, "is missing")
    if not isinstance(found, dict):
        raise WrongEvent(where, "must be an object")
    return found


def text(value: Mapping[str, Any], key: str, path: str, longest: int = LONGEST) -> str:
    """The text under a key, of at least one character. Raises WrongEvent."""
    found = value.get(key)
    where = f"{path}.{key}" if path else key
    if found is None:
        raise WrongEvent(where, "is missing")
    if not isinstance(found, str):
        raise WrongEvent(where, "must be a text")
    if not found.strip():
        raise WrongEvent(where, "must not be empty")
    if len(found) > longest:
        raise WrongEvent(where, f"must not be longer than {longest:,} characters")
    return found


def text_or(value: Mapping[str, Any], key: str, default: str = "", longest: int = LONGEST) -> str:
    """The text under a key, cut where it is long; `default` where there is none."""
    found = value.get(key)
    return found[:longest] if isinstance(found, str) else default


def items(value: Mapping[str, Any], key: str, path: str) -> list[Any]:
    """The list under a key; an absent one is empty. Raises WrongEvent."""
    found = value.get(key)
    if found is None:
        return []
    if not isinstance(found, list):
        raise WrongEvent(f"{path}.{key}" if path else key, "must be a list")
    return found


def objects(value: Mapping[str, Any], key: str, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path and object of each member of the list under a key. Raises WrongEvent at one that is none."""
    where = f"{path}.{key}" if path else key
    for at, one in enumerate(items(value, key, path)):
        if not isinstance(one, dict):
            raise WrongEvent(f"{where}[{at}]", "must be an object")
        yield f"{where}[{at}]", one
