"""A change that somebody thinks of: what is to be retired, altered or merged. Nothing of it is written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from graph.facts import Kind
from graph.moment import Moment
from graph.net import KINDS, Net
from graph.refusals import BadInput, NotFound
from graph.starts import located

MOST_IDS = 1_000
"""Things that one change may name."""
LONGEST_TEXT = 300

OF_FIELDS = ("data_type", "length", "code_list")
OF_RESOURCES = ("share_type", "update_cycle")
SHARE_TYPES = ("UNCONDITIONAL", "CONDITIONAL", "WITHHELD")
_CHANGEABLE = (Kind.FIELD, Kind.RESOURCE, Kind.SYSTEM, Kind.DEPARTMENT)


class ChangeKind(StrEnum):
    """What is to be done."""

    RETIRE = "RETIRE"
    ALTER = "ALTER"
    MERGE = "MERGE"


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """What is to be done to things: `into` says where they merge, `altered` what they are to be, by key."""

    kind: ChangeKind
    ids: tuple[str, ...]
    into: str | None = None
    altered: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Located:
    """A change as indexes of a net, each thing once."""

    things: list[int]
    into: int
    kind: Kind
    """Of all its things; of mixed ones that of the first."""


def check(change: PlannedChange) -> None:
    """Refuse what means nothing, before the graph is asked."""
    if not change.ids:
        raise BadInput("change.ids: name at least one thing to change", argument="change.ids")
    if len(change.ids) > MOST_IDS:
        raise BadInput(
            f"change.ids: at most {MOST_IDS:,} things, not {len(change.ids):,}; name what contains them",
            argument="change.ids",
        )
    if not all(change.ids) or change.into == "":
        which = "change.into" if change.into == "" else "change.ids"
        raise BadInput(f"{which}: an id may not be empty", argument=which, ids=[""])
    _check_into(change)
    _check_altered(change)


def _check_into(change: PlannedChange) -> None:
    if change.kind is ChangeKind.MERGE and change.into is None:
        raise BadInput("change.into: say into which thing they are merged", argument="change.into")
    if change.kind is not ChangeKind.MERGE and change.into is not None:
        raise BadInput("change.into: only MERGE has it; leave it out", argument="change.into")
    if change.into in change.ids:
        raise BadInput(
            f"change.into: {change.into} is among change.ids; nothing is merged into itself",
            argument="change.into",
            ids=[change.into or ""],
        )


def _check_altered(change: PlannedChange) -> None:
    altered = dict(change.altered)
    if change.kind is not ChangeKind.ALTER:
        if altered:
            raise BadInput("change.alter: only ALTER has it; leave it out", argument="change.alter")
        return
    if not altered:
        raise BadInput(
            "change.alter: say what is altered: dataType, length or codeList of fields, "
            "shareType or updateCycle of resources",
            argument="change.alter",
        )
    if altered.keys() & set(OF_FIELDS) and altered.keys() & set(OF_RESOURCES):
        raise BadInput(
            "change.alter: dataType, length and codeList are of fields, shareType and updateCycle of resources; "
            "ask for each kind by itself",
            argument="change.alter",
        )
    if altered.get("length", 1) < 1:
        raise BadInput("change.alter.length: must be 1 or more", argument="change.alter.length")
    if altered.get("share_type", SHARE_TYPES[0]) not in SHARE_TYPES:
        raise BadInput(f"change.alter.shareType: must be {', '.join(SHARE_TYPES)}", argument="change.alter.shareType")
    for name, value in altered.items():
        if isinstance(value, str) and not 1 <= len(value) <= LONGEST_TEXT:
            argument = f"change.alter.{_camel(name)}"
            raise BadInput(f"{argument}: must have 1 to {LONGEST_TEXT} characters", argument=argument)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))


def locate(net: Net, change: PlannedChange) -> Located:
    """Where its things are. Raises BadInput for kinds that do not fit, NotFound that names all unknown ids."""
    things, unknown = located(net, change.ids, None, "change.ids")
    into, nowhere = located(net, [change.into] if change.into is not None else [], None, "change.into")
    kinds = [KINDS[net.kind.data[at]] for at in things]
    _check_kinds(net, change, things, kinds)
    if into and any(kind is not KINDS[net.kind.data[into[0]]] for kind in kinds):
        raise BadInput(
            f"change.into: {change.into} is a {KINDS[net.kind.data[into[0]]].label}; "
            "merge into a thing of the same kind as change.ids",
            argument="change.into",
            ids=[change.into or ""],
        )
    if unknown or nowhere:
        missing = [*unknown, *nowhere]
        argument = "change.ids" if unknown else "change.into"
        raise NotFound(f"{argument}: the registry does not know {', '.join(missing)}", argument=argument, ids=missing)
    return Located(things, into[0] if into else -1, kinds[0])


def _check_kinds(net: Net, change: PlannedChange, things: Sequence[int], kinds: Sequence[Kind]) -> None:
    ids = [net.ids[at] for at in things]
    allowed: Iterable[Kind] = _CHANGEABLE
    if change.kind is ChangeKind.ALTER:
        allowed = (Kind.FIELD,) if dict(change.altered).keys() & set(OF_FIELDS) else (Kind.RESOURCE,)
    for id, kind in zip(ids, kinds, strict=True):
        if kind not in allowed:
            words = ", ".join(f"{one.value}s" for one in allowed)
            raise BadInput(
                f"change.ids: {id} is a {kind.label}; this change is one of {words}", argument="change.ids", ids=[id]
            )
    if change.kind is ChangeKind.MERGE and len(set(kinds)) > 1:
        raise BadInput("change.ids: things that are merged are all of one kind", argument="change.ids", ids=ids)


def check_in_force(moment: Moment, change: PlannedChange, into: int) -> None:
    """Refuse a merger into what is not there at that time."""
    if into >= 0 and not moment.things(np.array([into]))[0]:
        raise BadInput(
            f"change.into: {change.into} is not in force at that time; choose one that is",
            argument="change.into",
            ids=[change.into or ""],
        )
