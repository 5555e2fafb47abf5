"""What a column of a table can become: `kind.key`, and `kind.key.key` for what is known of a thing that it names.

The words that headers have for them are data (`table_targets.toml`).
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from connectors.normalise import header_key
from graph.facts import KEYS, LINK_KEYS, Key, Kind, Shape

__all__ = ["ENDS", "TASK", "Target", "key_of", "targets", "value_words", "values_of", "wrong_target"]

TASK = "task"
"""What no fact is about; its rows are told."""

ENDS: Mapping[str, Mapping[str, tuple[Kind, ...]]] = {
    "feeds": {"from": (Kind.FIELD, Kind.RESOURCE), "to": (Kind.FIELD, Kind.RESOURCE)},
    "reads": {"system": (Kind.SYSTEM,), "resource": (Kind.RESOURCE,)},
}
"""The ends of links, and what they may be."""

_CODES = {Kind.DEPARTMENT: "uscc"}
_HOLDERS = {
    Kind.DEPARTMENT: ("jurisdiction", Kind.JURISDICTION),
    Kind.SYSTEM: ("department", Kind.DEPARTMENT),
    Kind.RESOURCE: ("provider", Kind.DEPARTMENT),
    Kind.FIELD: ("resource", Kind.RESOURCE),
}


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that a column can become, with the words for it."""

    path: str
    zh: str
    en: str
    words: tuple[str, ...]
    help: str
    example: str
    shown: bool
    needed: bool
    values: str | None

    @property
    def kind(self) -> str:
        return self.path.partition(".")[0]

    def headers(self) -> tuple[str, ...]:
        """Everything that a header may say to mean it, the usual word first."""
        return (self.zh, *self.words, self.en, self.path)


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("table_targets.toml").read_text(encoding="utf-8"))


@cache
def targets() -> Mapping[str, Target]:
    """All targets that have words, by path, in the order of the file."""
    found = {}
    for kind, entries in _table().items():
        for name, entry in entries.items() if kind != "values" else ():
            path = f"{kind}.{name}"
            texts = (entry["zh"], entry["en"], tuple(entry["words"]), entry["help"], entry["example"])
            flags = (bool(entry.get("shown")), bool(entry.get("needed")))
            found[path] = Target(path, *texts, *flags, entry.get("values"))
    return found


@cache
def value_words() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """The lists of fixed values, by name: of each value the words for it, the one that is shown first."""
    from connectors.catalogue_words import BUILT_IN

    words = tomllib.loads(BUILT_IN.read_text(encoding="utf-8"))
    own: dict[str, Mapping[str, Sequence[str]]] = dict(_table()["values"])
    types = {value: [_lettered(listed, value), *listed] for value, listed in words["data_types"].items()}
    cycles = {
        value: [*listed, *words["update_cycles_loose"].get(value, [])]
        for value, listed in words["update_cycles"].items()
    }
    return own | {
        "share_types": words["share_types"],
        "data_types": types,
        "update_cycles": cycles,
        "yes_no": {"true": words["yes"], "false": words["no"]},
    }


def _lettered(words: Sequence[str], letter: str) -> str:
    """The word that says its letter, such as 字符型C."""
    return next((word for word in words if len(word) > 1 and word.endswith(letter)), words[0])


@cache
def values_of(name: str) -> Mapping[str, str]:
    """From a compared word to the value of a fixed list; the value itself is a word for it."""
    turned: dict[str, str] = {}
    for value, words in value_words()[name].items():
        for word in (value, *words):
            turned.setdefault(header_key(word), value)
    return turned


@lru_cache(maxsize=4_096)
def key_of(path: str) -> Key | None:
    """The key of the exchange format that a path names directly; None for ids, ends and what is below a reference."""
    kind, _, name = path.partition(".")
    if kind in KEYS:
        return KEYS[Kind(kind)].get(name)
    return LINK_KEYS[kind.upper()].get(name) if kind in ENDS else None


def wrong_target(path: str) -> str | None:
    """What is wrong with a path; None if a column can become it."""
    kind, *rest = path.split(".")
    if kind not in (*KEYS, *ENDS, TASK):
        return f"there is no kind {kind}; there are {', '.join((*KEYS, *ENDS, TASK))}"
    if not rest or not all(rest):
        return f"{path} must name a key of a {kind}, such as {kind}.name"
    if kind == TASK:
        return None if f"{TASK}.{'.'.join(rest)}" in targets() else f"a task has no {'.'.join(rest)}"
    if kind in ENDS:
        return _wrong_end(kind, rest)
    return _wrong_key(Kind(kind), rest)


def _wrong_end(flow: str, rest: Sequence[str]) -> str | None:
    name, *below = rest
    if name in ENDS[flow]:
        kinds = ENDS[flow][name]
        if not below:
            return None
        if len(kinds) > 1:
            return None if below in (["provider"], ["resource"], ["field"]) else f"an end has no {'.'.join(below)}"
        return _wrong_key(kinds[0], below)
    if name in LINK_KEYS[flow.upper()] and not below:
        return None
    return f"{flow} has no {'.'.join(rest)}; it has {', '.join((*ENDS[flow], *LINK_KEYS[flow.upper()]))}"


def _wrong_key(kind: Kind, rest: Sequence[str], depth: int = 0) -> str | None:
    name, *below = rest
    if name == "id" and not below:
        return None
    key = KEYS[kind].get(name)
    if key is None:
        return f"a {kind} has no {name}; it has id, {', '.join(KEYS[kind])}"
    if depth and name not in ("name", _CODES.get(kind, "code"), _HOLDERS.get(kind, ("",))[0]):
        return f"of a {kind} that is only named, {name} cannot be said"
    if key.shape is Shape.OBJECT:
        return None if len(below) == 1 else f"{name} of a {kind} has parts: name one, such as {name}.name"
    if not below:
        return None
    if key.shape is Shape.REFERENCES:
        return None if below in (["provider"], ["resource"], ["field"]) else f"{name} has no {'.'.join(below)}"
    if key.shape is not Shape.REFERENCE:
        return f"{name} of a {kind} has no parts"
    return _wrong_key(key.to[0], below, depth + 1)
