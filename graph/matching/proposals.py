"""A proposed system, what it is compared with, and the report of a duplicate check: plain data that becomes JSON.

Proposal.from_json({"name": "低保管理系统", "description": "低保对象的申请、审核和发放", "resources": [
    {"name": "低保对象", "fields": ["姓名", "身份证号", "救助金额"]}]})
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from graph.refusals import BadInput

LONGEST_NAME = 1_000
LONGEST_TEXT = 20_000
MOST_TEXTS = 500
"""Duties, functions, resources read or proposed; fields of one proposed resource."""
MOST_FIELDS = 3_000
"""Fields of all proposed resources."""


class Verdict(StrEnum):
    """What a check found. UNKNOWN: the proposal says too little (no usable name, or no matter)."""

    NONE = "NONE"
    OVERLAP = "OVERLAP"
    DUPLICATE = "DUPLICATE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class ProposedResource:
    """Data that a proposed system would keep: a name and the names of its fields."""

    name: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A system that somebody means to build. `reads` are ids or names of resources, `department` and `jurisdiction`
    ids; `instance_of` is the id of a registered standard solution."""

    name: str
    description: str | None = None
    department: str | None = None
    jurisdiction: str | None = None
    duties: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    resources: tuple[ProposedResource, ...] = ()
    functions: tuple[str, ...] = ()
    instance_of: str | None = None

    @staticmethod
    def from_json(given: object) -> "Proposal":
        """A proposal as JSON says it. BadInput names the place (`resources[1].fields[0]`) of what is wrong.

        Keys that it does not know are left alone: `unknown_keys` tells them.
        """
        said = _object(given, "the proposal")
        resources = tuple(
            _resource(one, f"resources[{at}]") for at, one in enumerate(_list(said.get("resources"), "resources"))
        )
        if sum(len(one.fields) for one in resources) > MOST_FIELDS:
            raise BadInput(f"resources: more than {MOST_FIELDS:,} fields in all; leave the least telling ones out.")
        return Proposal(
            name=_name(said.get("name"), "name"),
            description=_text(said.get("description"), "description", LONGEST_TEXT),
            department=_text(said.get("department"), "department", LONGEST_NAME),
            jurisdiction=_text(said.get("jurisdiction"), "jurisdiction", LONGEST_NAME),
            duties=_texts(said.get("duties"), "duties", LONGEST_TEXT),
            reads=_texts(said.get("reads"), "reads", LONGEST_NAME),
            resources=resources,
            functions=_texts(said.get("functions"), "functions", LONGEST_TEXT),
            instance_of=_text(said.get("instance_of"), "instance_of", LONGEST_NAME),
        )

    @staticmethod
    def unknown_keys(given: Mapping[str, Any]) -> tuple[str, ...]:
        """The keys of a proposal as JSON that no check looks at, sorted."""
        return tuple(sorted(str(key) for key in given if key not in _KEYS))


_KEYS = frozenset(Proposal.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Named:
    """Something registered, by its id, and its name for people to read."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Body:
    """A department: its jurisdiction with its level, and the ids of what is above it, nearest first: the departments
    that it is part of and the jurisdictions of its jurisdiction."""

    id: str
    name: str
    jurisdiction: str | None = None
    level: str | None = None
    above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldField:
    """A field of a resource, and the data element that it carries, if one is bound."""

    name: str
    element: Named | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a proposal is compared with: a registered system or resource.

    `matter` is what it is about (abstract or description, functions), `fields` are a resource's own or those of all
    resources that a system holds, `parts` the names of those resources, `reads` the resources that a system reads or
    that feed a resource. `component`: a common component of a platform, which other systems are meant to use.
    """

    id: str
    kind: str
    name: str
    aliases: tuple[str, ...] = ()
    matter: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    fields: tuple[HeldField, ...] = ()
    department: Body | None = None
    reads: tuple[Named, ...] = ()
    parts: tuple[str, ...] = ()
    component: bool = False


@dataclass(frozen=True, slots=True)
class Existing:
    """A field that is collected already: by whom, and how it may be shared (its share type, else its resource's)."""

    id: str
    name: str
    resource: Named
    provider: Body | None = None
    share_type: str | None = None
    share_condition: str | None = None
    share_methods: tuple[str, ...] = ()
    update_cycle: str | None = None
    element: Named | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the registry knows of a proposal: its department; elements of its fields (by the field's name as proposed);
    the resources that it reads; the ids of what is no duplicate of it (the system that it changes; the standard
    solution that it is an instance of, and other instances); and what it refers to that is not registered."""

    department: Body | None = None
    elements: Mapping[str, Named] = field(default_factory=dict)
    reads: tuple[Named, ...] = ()
    instances: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason why a candidate is like the proposal: 0 … 1, what it rests on, and a sentence."""

    kind: str
    score: float
    evidence: Mapping[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate with its score (0 … 1), the threshold that it is over, what of the proposal it was compared with
    (the name of a proposed resource; None: the proposal as a whole), whose it is and at which level, and why."""

    id: str
    kind: str
    name: str
    score: float
    over: Verdict | None
    compared: str | None
    department: Named | None
    level: str | None
    signals: tuple[Signal, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Shareable:
    """A proposed field that is collected already: where (the best first, each with HOW it was met: ELEMENT, NAME or
    PINYIN), how many more there are, and which levels have one."""

    resource: str
    field: str
    exists: tuple[Existing, ...]
    how: tuple[str, ...]
    more: int
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """Fields to ask for instead of collecting them, ready to be sent.

    `way` is OWN (the department has them itself), DIRECT (shared without condition), APPROVAL (the provider must
    consent), ASK (no share type is stated) or CONTEST (withheld: only after the basis for that is contested).
    `fields` are the ids of the provider's fields, `proposed` the names of the proposed ones, in the same order.
    """

    way: str
    provider: Named | None
    resource: Named
    fields: tuple[str, ...]
    proposed: tuple[str, ...]
    share_type: str | None
    share_condition: str | None
    method: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """A duplicate check with all that it rests on. It comes out the same, to the byte, from its own `inputs`.

    `rules` names the version of the rule profile, `sequence` and `at` the state of the graph; `asks` says what the
    proposal should say still (`name`, `matter`, `fields`), `unknown` what it refers to that is not registered; `levels`
    which level has one already, by ids of candidates over a threshold; `shareable` and `requests` what need not be
    collected again; `inputs` is all that was read: the rules' numbers, the candidates, the fields that exist, how
    common words are.
    """

    rules: str
    sequence: int
    at: str
    proposal: Proposal
    verdict: Verdict
    asks: tuple[str, ...]
    unknown: tuple[str, ...]
    candidates: tuple[Match, ...]
    levels: Mapping[str, tuple[str, ...]]
    shareable: tuple[Shareable, ...]
    requests: tuple[Request, ...]
    inputs: Mapping[str, Any]

    def as_json(self) -> bytes:
        """The report as JSON with sorted keys."""
        return orjson.dumps(plain(self), option=orjson.OPT_SORT_KEYS)


def plain(made: Any) -> Any:
    """Objects of this module as dictionaries, lists, texts and numbers."""
    return orjson.loads(orjson.dumps(made))


def candidate(said: Mapping[str, Any]) -> Candidate:
    """A candidate from what `plain` made of it."""
    return Candidate(
        id=said["id"],
        kind=said["kind"],
        name=said["name"],
        aliases=tuple(said["aliases"]),
        matter=tuple(said["matter"]),
        duties=tuple(said["duties"]),
        fields=tuple(HeldField(one["name"], _named(one["element"])) for one in said["fields"]),
        department=_body(said["department"]),
        reads=tuple(Named(**one) for one in said["reads"]),
        parts=tuple(said["parts"]),
        component=said["component"],
    )


def existing(said: Mapping[str, Any]) -> Existing:
    """A field that exists from what `plain` made of it."""
    return Existing(
        **{
            **said,
            "resource": Named(**said["resource"]),
            "provider": _body(said["provider"]),
            "share_methods": tuple(said["share_methods"]),
            "element": _named(said["element"]),
        }
    )


def known(said: Mapping[str, Any]) -> Known:
    """What is known of a proposal from what `plain` made of it."""
    return Known(
        department=_body(said["department"]),
        elements={name: Named(**one) for name, one in said["elements"].items()},
        reads=tuple(Named(**one) for one in said["reads"]),
        instances=tuple(said["instances"]),
        unknown=tuple(said["unknown"]),
    )


def _named(said: Mapping[str, Any] | None) -> Named | None:
    return Named(**said) if said else None


def _body(said: Mapping[str, Any] | None) -> Body | None:
    return Body(**{**said, "above": tuple(said["above"])}) if said else None


def _object(given: object, place: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise BadInput(f"{place}: an object is needed, with name and what else is known ({', '.join(sorted(_KEYS))}).")
    return given


def _list(given: object, place: str) -> list[object] | tuple[object, ...]:
    if given is None:
        return ()
    if not isinstance(given, list | tuple):
        raise BadInput(f"{place}: a list is needed.")
    if len(given) > MOST_TEXTS:
        raise BadInput(f"{place}: {len(given):,} entries; at most {MOST_TEXTS} are compared.")
    return given


def _texts(given: object, place: str, longest: int) -> tuple[str, ...]:
    return tuple(_said(one, f"{place}[{at}]", longest) for at, one in enumerate(_list(given, place)))


def _text(given: object, place: str, longest: int) -> str | None:
    return None if given is None else _said(given, place, longest)


def _said(given: object, place: str, longest: int) -> str:
    if not isinstance(given, str):
        raise BadInput(f"{place}: a text is needed.")
    if len(given) > longest:
        raise BadInput(f"{place}: {len(given):,} characters; at most {longest:,} are compared.")
    if "\x00" in given or any("\ud800" <= character <= "\udfff" for character in given):
        raise BadInput(f"{place}: holds a character that is no text.")
    return given


def _name(given: object, place: str) -> str:
    if given is None:
        raise BadInput(f"{place}: a name is needed.")
    return _said(given, place, LONGEST_NAME)


def _resource(given: object, place: str) -> ProposedResource:
    if not isinstance(given, Mapping):
        raise BadInput(f"{place}: an object with name and fields is needed.")
    return ProposedResource(
        name=_name(given.get("name"), f"{place}.name"),
        fields=_texts(given.get("fields"), f"{place}.fields", LONGEST_NAME),
    )
