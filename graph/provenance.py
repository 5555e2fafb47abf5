"""Who stated a thing or link as it is stored, from when until when: those too who no longer do.

What is stored carries its `sources`, and `statements` where these do not say it all. A source that comes or
goes without changing anything leaves the version as it is; so what ended while a version stood is kept beside
it as `former`, JSON of [source, since, until]. Of a version that is over, `former` has all of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from graph.statements import json_text


@dataclass(frozen=True, slots=True, order=True)
class Stated:
    """One statement of a source: recorded at `since`, ended at `until`, `None` while it stands."""

    since: int
    source: str
    until: int | None = None

    def stands(self, at: int) -> bool:
        """Whether it stood at an instant."""
        return self.since <= at and (self.until is None or at < self.until)


def stated(stored: Mapping[str, Any]) -> list[Stated]:
    """All statements of a stored state, those first that were recorded first."""
    return sorted([*_former(stored), *(Stated(since, source) for source, since in _standing(stored))], key=_place)


def standing(statements: Iterable[Stated], at: int) -> list[Stated]:
    """Those that stood at an instant."""
    return [one for one in statements if one.stands(at)]


def kept_former(before: Mapping[str, Any], after: Mapping[str, Any], at: int) -> dict[str, str]:
    """The `former` of a state that went on, when its statements changed at `at`."""
    gone = _standing(before) - _standing(after)
    return _text([*_former(before), *(Stated(since, source, at) for source, since in gone)])


def whole_former(stored: Mapping[str, Any], at: int) -> dict[str, str]:
    """The `former` of a state that was over at `at`: all its statements."""
    return _text([*_former(stored), *(Stated(since, source, at) for source, since in _standing(stored))])


def _place(one: Stated) -> tuple[int, str]:
    return one.since, one.source


def _text(statements: list[Stated]) -> dict[str, str]:
    rows = [[one.source, one.since, one.until] for one in sorted(statements, key=_place)]
    return {"former": json_text(rows)} if rows else {}


def _former(stored: Mapping[str, Any]) -> list[Stated]:
    text = stored.get("former")
    return [Stated(since, source, until) for source, since, until in orjson.loads(text)] if text else []


def _standing(stored: Mapping[str, Any]) -> set[tuple[str, int]]:
    """The sources that state it, each with the instant at which its statement was recorded."""
    sources = stored.get("sources")
    if not sources:
        return set()
    text = stored.get("statements")
    if text:
        return {(one["source"], one["at"]) for one in orjson.loads(text)}
    return {(sources[0], stored.get("recorded_from") or 0)}
