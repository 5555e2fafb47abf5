"""What a run knows of things, its own and stored ones, by the keys that tell them apart. Kept in the spill."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors.codes import CODE_SCHEMES, is_uscc
from graph.facts import Kind, is_placeholder, name_key
from graph.identity import Body
from registry.spill import Spill

MOST_MATCHES = 5
"""Counterparts of one thing that are listed on one ground."""

_UNIQUE = tuple(re.compile(pattern) for pattern in CODE_SCHEMES.values())
_PLACE = re.compile(r"(.{1,4}?[省市县区州盟旗]|[省市县区])(?=.{2})")

_ADD = "INSERT OR IGNORE INTO keys VALUES (?, ?, ?, ?, ?, ?)"
_FIND = "SELECT id, note, stored FROM keys WHERE kind = ? AND scope = ? AND key = ? ORDER BY stored DESC, id LIMIT ?"
_IS_STORED = "SELECT 1 FROM keys WHERE kind = ? AND scope = ? AND key = ? AND id = ? AND stored"


@dataclass(frozen=True, slots=True)
class Match:
    """A thing that may be the one in question: on what ground, its code, whether it is in the very same container,
    and whether it was stored before this run stated anything of its kind there."""

    id: str
    by: str
    code: str | None
    here: bool
    stored: bool


class Known:
    """The table of keys."""

    def __init__(self, spill: Spill) -> None:
        self._db = spill.database

    def add(self, kind: Kind, body: Body, *, stored: bool) -> None:
        """Note a thing under all its keys; the first note of one stays."""
        keys = _keys(kind, body, body.container)
        self._db.executemany(_ADD, [(kind.value, scope, key, body.id, note, stored) for scope, key, _, note in keys])

    def matches(self, kind: Kind, body: Body) -> list[Match]:
        """The things that may be `body`, the surest ground first, each once.

        Of many on one ground all that are stored come, up to MOST_MATCHES, so that nobody guesses between them; but
        only the first of those of this run, or if `body` is stored itself: each is listed with the first, not with all.
        """
        found: dict[str, Match] = {}
        containers = [body.container, *self.twins(body.container)] if body.container else [None]
        for container in containers:
            for scope, key, by, note in _keys(kind, body, container):
                itself = self._db.execute(_IS_STORED, (kind.value, scope, key, body.id)).fetchone() is not None
                for id, other, stored in self._others(kind, scope, key, body.id, itself):
                    if by == "name but for the place" and note and other and note != other:
                        continue
                    elsewhere = kind is Kind.RESOURCE and by == "code" and scope == ""
                    ground = "code, with another provider" if elsewhere else by
                    found.setdefault(id, Match(id, ground, other, container == body.container, stored))
        return list(found.values())

    def _others(self, kind: Kind, scope: str, key: str, id: str, itself: bool) -> list[tuple[str, str | None, bool]]:
        rows = self._db.execute(_FIND, (kind.value, scope, key, MOST_MATCHES + 1)).fetchall()
        others = [(other, note, bool(stored)) for other, note, stored in rows if other != id]
        there = [other for other in others if other[2]]
        return others[:1] if itself or not there else there[:MOST_MATCHES]

    def fresh(self, kind: Kind, scopes: Sequence[str]) -> list[str]:
        """Those of `scopes` that were not asked for before."""
        ask = "INSERT OR IGNORE INTO keys VALUES (?, ?, '?', '', NULL, 0)"
        return [scope for scope in scopes if self._db.execute(ask, (kind.value, scope)).rowcount == 1]

    def pair(self, one: str, other: str) -> None:
        """Note that two ids may stand for the same."""
        rows = (("twin", one, "", other, None, False), ("twin", other, "", one, None, False))
        self._db.executemany(_ADD, rows)

    def is_new_pair(self, one: str, other: str) -> bool:
        """Note such a pair as told; whether it was not told before."""
        self.pair(one, other)
        row = ("told", min(one, other), "", max(one, other), None, False)
        return self._db.execute(_ADD, row).rowcount == 1

    def twins(self, id: str) -> list[str]:
        """The ids that may stand for the same as `id`."""
        return [other for other, _, _ in self._db.execute(_FIND, ("twin", id, "", MOST_MATCHES))]


def code_key(code: str) -> str:
    """A code without width, case and spaces; punctuation counts."""
    return "".join(unicodedata.normalize("NFKC", code).casefold().split())


def is_unique_code(kind: Kind, code: str) -> bool:
    """Whether no two things in the land have this code."""
    if kind is Kind.JURISDICTION:
        return True
    if kind is Kind.DEPARTMENT:
        return is_uscc(code)
    return kind is Kind.RESOURCE and any(pattern.fullmatch(code) for pattern in _UNIQUE)


def _keys(kind: Kind, body: Body, container: str | None) -> Iterator[tuple[str, str, str, str | None]]:
    """Scope, key, ground and note of each key of a thing, as if it were in `container`; the surest first."""
    code = body.code
    if code and not is_placeholder(code) and kind is not Kind.FIELD:
        ground = "USCC" if kind is Kind.DEPARTMENT else "code"
        if container is not None and kind is not Kind.DEPARTMENT:
            yield container, "c:" + code_key(code), ground, code
        if is_unique_code(kind, code):
            yield "", "c:" + code_key(code), ground, code
    if container is None:
        return
    names = dict.fromkeys(name_key(name) for name in body.names if not is_placeholder(name))
    for name in names:
        yield container, "n:" + name, "name", code
    if kind is Kind.DEPARTMENT:
        for name in names:
            place = _PLACE.match(name)
            if place is not None and len(place[1]) > 1:
                yield container, "p:" + name[place.end() :], "name but for the place", place[1]
            elif place is not None:
                yield container, "p:" + name[1:], "name but for the place", None
            yield container, "p:" + name, "name but for the place", None
