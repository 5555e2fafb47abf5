"""What a proposal must say before it can be compared: a name and a matter that are more than generic words."""

from graph.matching.proposals import Proposal
from graph.matching.tables import kept, read
from graph.matching.words import words

_FIELDS = 3
"""So many fields of its own say what a proposal is about when nothing else does."""


@kept(1)
def _generic_words() -> tuple[str, ...]:
    return tuple(sorted(read("telling")["generic"], key=lambda word: (-len(word), word)))


@kept(2)
def _cores(name: str) -> frozenset[str]:
    return frozenset(words(field).core for field in read("telling")[name])


def is_own_bookkeeping(field: str) -> bool:
    """Whether a field is what every system keeps for itself (序号, 备注): nothing to ask others for."""
    return words(field).core in _cores("bookkeeping")


@kept(50_000)
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
