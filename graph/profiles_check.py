"""What a file of rule profiles makes of those that are built in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from graph.facts import Severity
from graph.profiles import Profiles
from graph.refusals import BadInput

__all__ = ["RuleFinding", "check"]


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """Something that is wrong (ERROR), odd (WARNING), or good to know (INFO)."""

    severity: Severity
    profile: str | None
    key: str | None
    message: str


def check(profiles: Profiles, today: date) -> list[RuleFinding]:
    """What is odd in profiles that could be loaded, and what the file changes. `Profiles` refuses what is wrong."""
    found = []
    try:
        profiles.in_force(today)
    except BadInput as error:
        found.append(RuleFinding(Severity.WARNING, None, None, str(error)))
    built_in = {one.name: _flat(one.content()) for one in Profiles().all} if profiles.file else {}
    for one in profiles.all if profiles.file else ():
        before, after = built_in.get(one.name), _flat(one.content())
        if before is None:
            message = f"is added, in force from {one.effective_from}"
            found.append(RuleFinding(Severity.INFO, one.name, None, message))
            continue
        found += [
            RuleFinding(Severity.INFO, one.name, key, f"{_told(before, key)} becomes {_told(after, key)}")
            for key in dict.fromkeys([*before, *after])
            if before.get(key) != after.get(key)
        ]
    return found


def _flat(value: Any) -> dict[str, Any]:
    return dict(_leaves(value, ""))


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{place}.{name}" if place else name)
    else:
        yield place, value


def _told(flat: Mapping[str, Any], key: str) -> str:
    value = flat.get(key)
    return "nothing" if value is None else str(value)
