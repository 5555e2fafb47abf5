"""What a filing says of a system: DOMAIN §9 under the exchange format's keys, and what is proposed of its data.

Read from JSON. A value that means nothing is refused and names its place; a key that the registry does not know is
kept and told; a login or password is not kept, and told.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from graph.facts import KEYS, Key, Kind, Shape, check_value, holds_password, is_id, is_placeholder
from graph.filing_states import FilingKind
from graph.matching.proposals import Proposal
from graph.refusals import BadInput
from graph.statements import json_text

__all__ = [
    "SYSTEM_KEYS",
    "Content",
    "Noticed",
    "check_proposal",
    "content_from",
    "lacking",
    "overlaid",
    "proposal_of",
    "stated_values",
]

LONGEST = 200_000
"""Bytes of what a filing may say, as JSON."""
MOST_RESOURCES = 500
MOST_FIELDS = 500
MOST_TOLD = 20
"""Faults that are told at once."""

SYSTEM_KEYS: Mapping[str, Key] = {name: key for name, key in KEYS[Kind.SYSTEM].items() if name != "status"}
"""What a filing may say of the system itself; its status is the filing's doing."""

_TEXTS = Key(Shape.TEXTS)
_LOGIN = ("账号", "帐号", "账户", "密码", "口令", "用户名", "登录名", "password", "passwd", "pwd", "username", "user=")
_ADDRESS = re.compile(r"address|地址|网址|url|入口", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something to be told of what was said: where, and what was done about it."""

    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a filing says. `values` are keys of a system as JSON has them; `None` is to clear one."""

    values: Mapping[str, Any] = field(default_factory=dict)
    reads: Sequence[str] = ()
    resources: Sequence[Mapping[str, Any]] = ()
    """What data it will hold: of each `name` and `fields`."""
    instance_of: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As it was given: keys that say nothing are left out."""
        told: dict[str, Any] = {**self.extra, **self.values}
        told |= {"reads": list(self.reads)} if self.reads else {}
        told |= {"resources": [dict(one) for one in self.resources]} if self.resources else {}
        return told | ({"instance_of": self.instance_of} if self.instance_of is not None else {})


def content_from(kind: FilingKind, given: Any, zone: tzinfo) -> tuple[Content, list[Noticed]]:
    """What is given as JSON, and what is to be told of it. Raises BadInput that names every bad place."""
    if not isinstance(given, Mapping):
        raise BadInput("content: must be a JSON object with the keys of a system", argument="content")
    try:
        size = len(json_text(given).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(
            "content: holds what JSON cannot (half a character, a number that is too great, or too deep a nesting)",
            argument="content",
        ) from error
    if size > LONGEST:
        raise BadInput(f"content: at most {LONGEST:,} bytes, not {size:,}; say less of it here", argument="content")
    noticed: list[Noticed] = []
    kept = _without_logins(given, "content", noticed)
    faults: list[tuple[str, str]] = []
    content = _read(kept, zone, faults, noticed)
    if kind is FilingKind.RETIRE and (content.reads or content.resources or content.instance_of is not None):
        faults.append(("content", "a system that is to be retired proposes no data and is no instance of anything"))
    if faults:
        told = "; ".join(f"{place}: {wrong}" for place, wrong in faults[:MOST_TOLD])
        raise BadInput(told, argument=faults[0][0])
    return content, noticed


def _read(given: Mapping[str, Any], zone: tzinfo, faults: list[tuple[str, str]], noticed: list[Noticed]) -> Content:
    values: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for name, value in given.items():
        place = f"content.{name}"
        if name == "status":
            faults.append((place, "is not to be given: approval makes it PLANNED, and building it LIVE or RETIRED"))
        elif name in SYSTEM_KEYS:
            found, wrong = check_value(SYSTEM_KEYS[name], value, zone)
            if wrong is not None:
                faults.append((place, wrong))
            values[name] = value if SYSTEM_KEYS[name].shape is Shape.TIME else found
        elif name not in ("reads", "resources", "instance_of"):
            extra[name] = value
            noticed.append(Noticed(place, "is no key that the registry knows; it is kept as it is"))
    _check_name(values, faults)
    reads, wrong = check_value(_TEXTS, given.get("reads"), zone)
    if wrong is not None:
        faults.append(("content.reads", wrong))
    instance = given.get("instance_of")
    if instance is not None and not is_id(instance):
        faults.append(("content.instance_of", "must be the id of a standard solution"))
    return Content(values, reads or (), _resources(given.get("resources"), faults), instance, extra)


def _check_name(values: Mapping[str, Any], faults: list[tuple[str, str]]) -> None:
    name = values.get("name")
    if name is not None and (not is_id(name) or not name.strip()):
        faults.append(("content.name", "must have 1 to 300 characters, none of them a control character"))


def _resources(given: Any, faults: list[tuple[str, str]]) -> list[dict[str, Any]]:
    if given is None:
        return []
    if not isinstance(given, list) or len(given) > MOST_RESOURCES:
        faults.append(("content.resources", f"must be a list of at most {MOST_RESOURCES:,} objects"))
        return []
    found = []
    for place, one in enumerate(given):
        where = f"content.resources[{place}]"
        if not isinstance(one, Mapping) or not is_id(one.get("name")):
            faults.append((f"{where}.name", "must be the name of a resource: 1 to 300 characters"))
            continue
        fields = one.get("fields", [])
        if not isinstance(fields, list) or len(fields) > MOST_FIELDS or not all(is_id(name) for name in fields):
            faults.append((f"{where}.fields", f"must be a list of at most {MOST_FIELDS:,} names of fields"))
            continue
        if unknown := sorted(map(str, one.keys() - {"name", "fields"})):
            faults.append((f"{where}.{unknown[0]}", "is not known here; a proposed resource has a name and fields"))
        found.append({"name": one["name"], "fields": fields})
    return found


# Logins: forms in use ask for them in the field of the address.


def _without_logins(value: Any, place: str, noticed: list[Noticed]) -> Any:
    """The value without what gives a login away; what is left out is told by its place."""
    if isinstance(value, Mapping):
        kept = {}
        for name, one in value.items():
            where = f"{place}.{name}"
            if _is_login(str(name), one):
                noticed.append(Noticed(where, "seems to hold a login; it is not kept anywhere"))
            else:
                kept[name] = _without_logins(one, where, noticed)
        return kept
    if isinstance(value, list):
        found = []
        for number, one in enumerate(value):
            if isinstance(one, str) and holds_password(one):
                noticed.append(Noticed(f"{place}[{number}]", "seems to hold a login; it is not kept anywhere"))
            else:
                found.append(_without_logins(one, f"{place}[{number}]", noticed))
        return found
    return value


def _is_login(name: str, value: Any) -> bool:
    if isinstance(value, str) and holds_password(value):
        return True
    if isinstance(value, str | int | float) and any(word in name.casefold() for word in _LOGIN):
        return True
    return isinstance(value, str) and bool(_ADDRESS.search(name)) and any(word in value.casefold() for word in _LOGIN)


# What becomes of it.


def overlaid(content: Content, stored: Mapping[str, Any]) -> Content:
    """What a system is going to be: what is filed laid over what is stored of it."""
    known = {name: stored[name] for name in SYSTEM_KEYS if stored.get(name) is not None}
    values = {name: value for name, value in {**known, **content.values}.items() if value is not None}
    return Content(values, content.reads, content.resources, content.instance_of, content.extra)


def proposal_of(content: Content, jurisdiction: str | None) -> dict[str, Any]:
    """The proposal that is checked, as `graph/matching/proposals.py` reads it."""
    values = content.values
    proposal: dict[str, Any] = {
        "name": values.get("name") or "",
        "description": values.get("description"),
        "department": values.get("department"),
        "jurisdiction": jurisdiction,
        "duties": list(values.get("duties") or ()),
        "functions": list(values.get("functions") or ()),
        "reads": list(content.reads),
        "resources": [dict(one) for one in content.resources],
        "instance_of": content.instance_of,
    }
    return {name: value for name, value in proposal.items() if value not in (None, [])}


def check_proposal(content: Content) -> None:
    """Raises BadInput where the check could not take it as a proposal: too much of something."""
    try:
        Proposal.from_json(proposal_of(content, None))
    except BadInput as error:
        raise BadInput(f"content.{error}", argument="content") from error


def stated_values(values: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    """What a filing says as a fact has it: times as instants."""
    return {name: check_value(SYSTEM_KEYS[name], value, zone)[0] for name, value in values.items()}


def lacking(kind: FilingKind, content: Content) -> Iterator[tuple[str, str]]:
    """What a filing must say before it is submitted: places, and what is missing there."""
    if kind is FilingKind.PROPOSE:
        if is_placeholder(content.values.get("name")):
            yield "content.name", "is missing: say how the system is called"
        if content.values.get("department") is None:
            yield "content.department", "is missing: give the id of the department that is to operate it"
    elif kind is FilingKind.CHANGE and not (content.values or content.extra or content.resources or content.reads):
        yield "content", "is empty: say what is to be different"
