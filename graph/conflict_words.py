"""What a conflict about a data element says to people: a sentence, where its rule comes from, and the way out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.affected import Named
from graph.data_types import NAMES
from graph.element_conflicts import ConflictKind

if TYPE_CHECKING:
    from graph.found_conflicts import ConflictDepartment

_FEW = 3


@dataclass(frozen=True, slots=True)
class Said:
    """What a sentence is made of: the element's name, its source, who has a part in it, and what is said how often."""

    element: str
    source: Named | None
    departments: Sequence["ConflictDepartment"]
    data_types: Sequence[tuple[str, int]]
    lengths: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of one kind."""

    sentence: Callable[[Said], str]
    rule: str
    way_out: str


def _some(names: Sequence[str]) -> str:
    more = len(names) - _FEW
    return ", ".join(names[:_FEW]) + (f" and {more:,} more" if more > 0 else "")


def _fields(count: int) -> str:
    return f"{count:,} field" + ("" if count == 1 else "s")


def _collected(said: Said) -> str:
    names = [one.department.name for one in said.departments]
    return (
        f"{said.element} is collected by {len(names):,} departments ({_some(names)}), and none is named as its "
        "authoritative source."
    )


def _typed(said: Said) -> str:
    parts = []
    if len(said.data_types) > 1:
        types = [f"{NAMES.get(one, '')}{one} in {_fields(count)}" for one, count in said.data_types]
        parts.append(f"different types ({_some(types)})")
    if len(said.lengths) > 1:
        lengths = [f"{one} in {_fields(count)}" for one, count in said.lengths]
        parts.append(f"different lengths ({_some(lengths)})")
    return f"{said.element} is kept with {' and '.join(parts)}."


def _without(said: Said) -> str:
    names = [one.department.name for one in said.departments]
    source = "" if said.source is None else said.source.name
    return (
        f"{source} is the authoritative source of {said.element}, but none of its resources has it; those of "
        f"{_some(names)} have."
    )


def _slower(said: Said) -> str:
    own = next((one for one in said.departments if one.is_source), None)
    others = [f"{one.department.name} {one.update_cycle}" for one in said.departments if not one.is_source]
    source = "" if said.source is None else said.source.name
    return (
        f"{source} is the authoritative source of {said.element} and updates it "
        f"{own.update_cycle if own else None}; fresher are {_some(others)}."
    )


_ONE_SOURCE = "one source for each item, 一数一源; how it is judged is ours (docs/elements.md)"

WORDS: Mapping[ConflictKind, Words] = {
    ConflictKind.NO_AUTHORITATIVE_SOURCE: Words(
        _collected,
        _ONE_SOURCE,
        "Name the department whose duty it is as the element's source; the others take it from there.",
    ),
    ConflictKind.DIFFERENT_TYPES: Words(
        _typed,
        "ours: what is the same is kept alike, so that it can be compared and joined (docs/elements.md)",
        "Agree on the element's type and length and have the fields follow; or bind a field to the element that it is.",
    ),
    ConflictKind.SOURCE_WITHOUT_DATA: Words(
        _without,
        _ONE_SOURCE,
        "Have the source register the resource that has it and bind its field, or name another source.",
    ),
    ConflictKind.SOURCE_NOT_FRESHEST: Words(
        _slower,
        "ours: who is the source has the freshest data (docs/elements.md)",
        "Have the source update as often as the others, or name the fresher department as the source.",
    ),
}
