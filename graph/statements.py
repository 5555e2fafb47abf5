"""Statements per source, and the one state that they add up to. Pure: no graph, no clock.

A thing or link has one statement per source: the keys that the source gave, laid over what it gave
before. Its state is these statements laid over each other, oldest first and a person's last, so the
latest wins and a key that nobody newer speaks of stays. `None` in a statement clears the key.
Everything here is in stored form: what the graph can hold as a property.
"""

import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from graph.facts import KEYS, LINK_KEYS, Key, Kind, Link, Shape, Thing, name_key

PERSON = "person:"
"""How the name of a source that is a person starts; what a person stated no other source overwrites."""

REGISTRY = "registry"
"""The source of what an export says in the registry's own name: that something was closed. It yields to any other."""

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def json_text(value: Any) -> str:
    """JSON with sorted keys, so that equal values are equal texts."""
    return orjson.dumps(value, option=_OPTIONS).decode()


@dataclass(slots=True)
class Statement:
    """What one source says: stated keys in stored form, unknown keys, and what the file said."""

    source: str
    at: int
    values: dict[str, Any]
    extra: dict[str, Any]
    raw: dict[str, Any]
    since: int | None = None
    """Where it stands among the others, when that is not by `at`: one that was said again counts since it was said."""

    @property
    def counts(self) -> int:
        """The instant since which it counts."""
        return self.at if self.since is None else self.since

    def as_json(self) -> dict[str, Any]:
        told = {"source": self.source, "at": self.at, "values": self.values, "extra": self.extra, "raw": self.raw}
        return told if self.since is None else {**told, "since": self.since}


@dataclass(slots=True)
class Change:
    """What a fact does to what is stored. `state` is new only where `same_state` is false."""

    statements: list[Statement]
    values: dict[str, Any]
    extra: dict[str, Any]
    raw: dict[str, Any]
    same_state: bool
    """Values and unknown keys are as before: no new version."""
    same: bool
    """Nothing at all is to be written."""


_OBJECT_KEYS: dict[str, frozenset[str]] = {
    kind: frozenset(name for name, key in keys.items() if key.shape is Shape.OBJECT) for kind, keys in KEYS.items()
}


def stored_values(fact: Thing | Link) -> dict[str, Any]:
    """A fact's values as they are stored: objects as JSON text."""
    objects = _OBJECT_KEYS[fact.kind] if isinstance(fact, Thing) else frozenset[str]()
    values = dict(fact.values)
    for name in objects & values.keys():
        if values[name] is not None:
            values[name] = json_text(values[name])
    return values


def read_statements(stored: Mapping[str, Any], keys: Mapping[str, Key]) -> list[Statement]:
    """The statements behind stored properties, oldest first; one that was closed keeps its last as a base."""
    text = stored.get("statements")
    if text:
        return [Statement(**item) for item in orjson.loads(text)]
    sources = stored.get("sources") or [""]
    return [
        Statement(
            sources[0],
            stored.get("recorded_from") or 0,
            {name: stored[name] for name in keys if stored.get(name) is not None},
            orjson.loads(stored.get("extra") or b"{}"),
            orjson.loads(stored.get("raw") or b"{}"),
        )
    ]


def _in_order(statements: Iterable[Statement]) -> list[Statement]:
    return sorted(statements, key=lambda statement: (statement.source.startswith(PERSON), statement.counts))


def _overlay(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    laid: dict[str, Any] = {}
    for part in parts:
        laid.update(part)
    return {name: value for name, value in laid.items() if value is not None}


def add_up(statements: list[Statement]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Values, unknown keys and raw values that `statements` (oldest first) add up to."""
    ordered = _in_order(statements)
    return (
        _overlay(s.values for s in ordered),
        _overlay(s.extra for s in ordered),
        _overlay(s.raw for s in ordered),
    )


def said_before(source: str, stored: Mapping[str, Any] | None, keys: Mapping[str, Key]) -> dict[str, Any] | None:
    """What `source` says of a thing or link that is `stored`, as JSON; `None` when it says nothing of it."""
    if stored is None or not stored.get("sources"):
        return None
    own = next((one for one in read_statements(stored, keys) if one.source == source), None)
    return None if own is None else {"since": own.counts, "values": own.values, "extra": own.extra, "raw": own.raw}


def state_again(
    fact: Thing | Link, at: int, stored: Mapping[str, Any], again: int | None = None, *, exact: bool = False
) -> Change:
    """What `fact` does to a thing or link that is `stored` (registered or closed).

    `exact`: it is all that its source says, and is not laid over what that said. `again`: it is that, was said before,
    and counts since then.
    """
    exact = exact or again is not None
    keys = KEYS[fact.kind] if isinstance(fact, Thing) else LINK_KEYS[fact.flow]
    statements = read_statements(stored, keys)
    closed = not stored.get("sources")
    before = add_up(statements)
    new = stored_values(fact)
    extra, raw = dict(fact.extra), dict(fact.raw) if isinstance(fact, Thing) else {}
    source = fact.source or ""
    if stored.get("sources") == [REGISTRY] and source != REGISTRY:
        # It came closed from another registry's export: stating it again lifts that.
        lifted = ("valid_from", "valid_to") if isinstance(fact, Thing) else ("valid_to",)
        statements[0].values = {name: v for name, v in statements[0].values.items() if name not in lifted}
        closed = True
    own = statements[0] if closed else next((s for s in statements if s.source == source), None)
    if own is None:
        statements.append(Statement(source, at, new, extra, raw, again))
    else:
        laid = (new, extra, raw) if exact else ({**own.values, **new}, {**own.extra, **extra}, {**own.raw, **raw})
        # Beside other sources' statements a null is one more thing that is said.
        alike = _same if len(statements) == 1 and not exact else operator.eq
        pairs = zip(laid, (own.values, own.extra, own.raw), strict=True)
        if not closed and all(alike(one, other) for one, other in pairs):
            return Change(statements, *before, same_state=True, same=True)
        statements.remove(own)
        statements.append(Statement(source, at, *laid, again))
    after = add_up(statements)
    same_state = not closed and after[0] == before[0] and after[1] == before[1]
    return Change(statements, *after, same_state=same_state, same=False)


def _same(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Equal, where a key cleared by `None` equals one that was never there."""
    if len(new) == len(old):
        return new == old
    return {k: v for k, v in new.items() if v is not None} == {k: v for k, v in old.items() if v is not None}


def without(source: str, stored: Mapping[str, Any], keys: Mapping[str, Key]) -> Change | None:
    """What is left when `source` states it no more; `None` when nobody else does."""
    statements = read_statements(stored, keys)
    left = [s for s in statements if s.source != source]
    if not left:
        return None
    before, after = add_up(statements), add_up(left)
    return Change(left, *after, same_state=after[:2] == before[:2], same=False)


def provenance(statements: list[Statement], recorded: int | None = None) -> dict[str, Any]:
    """The stored `sources`, and `statements` where they do not say it all.

    Of a single statement they do, unless it is told that it was not recorded when the state was (`recorded`).
    """
    ordered = sorted(statements, key=lambda statement: statement.at)
    sources = [statement.source for statement in ordered]
    if len(ordered) == 1 and recorded in (None, ordered[0].at):
        return {"sources": sources}
    return {"sources": sources, "statements": json_text([statement.as_json() for statement in ordered])}


def state_of(kind: Kind, stored: Mapping[str, Any]) -> dict[str, Any]:
    """What a version keeps of a stored thing: its keys, the unknown ones, and whether nobody stated it."""
    state = {key: stored[key] for key in (*KEYS[kind], "extra") if stored.get(key) is not None}
    return state | {key: stored[key] for key in ("unregistered", "closed") if stored.get(key)}


def search_text(kind: Kind, values: Mapping[str, Any]) -> str:
    """What a search looks in: the keys of name, short name, codes and aliases, a line each."""
    words = [values.get(name) for name in ("name", "short_name", "code", "uscc")]
    words += values.get("aliases") or []
    return "\n".join(dict.fromkeys(name_key(word) for word in words if word))


def is_empty_interval(values: Mapping[str, Any]) -> bool:
    """Whether a validity ends before or where it begins."""
    start, end = values.get("valid_from"), values.get("valid_to")
    return start is not None and end is not None and start >= end
