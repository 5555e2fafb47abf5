"""What a proposal must say before it can be compared: a name and a matter that are more than generic words."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from graph.matching.proposals import Proposal
from graph.matching.words import words

_FILE = Path(__file__).with_name("telling.toml")
_FIELDS = 3
"""So many fields of its own say what a proposal is about when nothing else does."""


@lru_cache(maxsize=1)
def _lists() -> Mapping[str, list[str]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _generic_words() -> tuple[str, ...]:
    return tuple(sorted(_lists()["generic"], key=lambda word: (-len(word), word)))


@lru_cache(maxsize=2)
def _cores(name: str) -> frozenset[str]:
    return frozenset(words(field).core for field in _lists()[name])


def is_own_bookkeeping(field: str) -> bool:
    """Whether a field is what every system keeps for itself (序号, 备注): nothing to ask others for."""
    return words(field).core in _cores("bookkeeping")


@lru_cache(maxsize=50_000)
def tells(text: str | None) -> bool:
    """Whether a name or text says more than that there is some system, data or information."""
    left = words(text).core if text else ""
    for word in _generic_words():
        left = left.replace(word, "")
    return sum(not character.isdigit() for character in left) > 1


def asks(proposal: Proposal) -> tuple[str, ...]:
    """What a proposal should say still, as keys of it: name, matter, fields."""
    missing = []
    if not tells(proposal.name):
        missing.append("name")
    if not any(map(tells, (proposal.description, *proposal.duties, *proposal.functions))):
        missing.append("matter")
    if not any(words(name).core for one in proposal.resources for name in one.fields):
        missing.append("fields")
    return tuple(missing)


def is_comparable(proposal: Proposal) -> bool:
    """Whether enough is said for a verdict: a usable name, and a matter or fields that are its own."""
    missing = asks(proposal)
    return "name" not in missing and ("matter" not in missing or _own_fields(proposal) >= _FIELDS)


def _own_fields(proposal: Proposal) -> int:
    generic = _cores("fields") | _cores("bookkeeping")
    cores = {words(name).core for one in proposal.resources for name in one.fields}
    return sum(tells(core) and core not in generic for core in cores)
