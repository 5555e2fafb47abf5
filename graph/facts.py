"""What can be stated: the kinds of things and links, their keys, and the facts that connectors yield.

This module is all that `connectors/` may import from `graph/`. The tables below are the one place
that says which keys a kind has and what their values are; the exchange format, the writes, the
export and the documentation read them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from enum import StrEnum
from typing import Any

from graph.text import PLACEHOLDERS, holds_password, is_placeholder, name_key

__all__ = [
    "AGREEMENT_STATUSES",
    "KEYS",
    "LINK_KEYS",
    "PLACEHOLDERS",
    "Fact",
    "Finding",
    "Key",
    "Kind",
    "Link",
    "Place",
    "Severity",
    "Shape",
    "Thing",
    "as_instant",
    "as_text",
    "check_value",
    "holds_password",
    "is_id",
    "is_placeholder",
    "name_key",
    "prefix_kind",
]


class Kind(StrEnum):
    """The kinds of things. The value is the word of the exchange format; `label` the graph's and GraphQL's."""

    JURISDICTION = "jurisdiction"
    DEPARTMENT = "department"
    SYSTEM = "system"
    ELEMENT = "element"
    RESOURCE = "resource"
    FIELD = "field"
    AGREEMENT = "agreement"

    @property
    def label(self) -> str:
        """The node label, which is the GraphQL type's name too."""
        return _LABELS[self]


_LABELS = {
    Kind.JURISDICTION: "Jurisdiction",
    Kind.DEPARTMENT: "Department",
    Kind.SYSTEM: "System",
    Kind.ELEMENT: "DataElement",
    Kind.RESOURCE: "Resource",
    Kind.FIELD: "Field",
    Kind.AGREEMENT: "SharingAgreement",
}


class Shape(StrEnum):
    """What a key's value is."""

    TEXT = "text"
    TEXTS = "texts"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIME = "time"
    ENUM = "enum"
    OBJECT = "object"
    """A JSON object, list or scalar that the registry keeps as it is."""
    REFERENCE = "reference"
    REFERENCES = "references"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a kind: its shape, and what it may refer to or be."""

    shape: Shape
    to: tuple[Kind, ...] = ()
    values: tuple[str, ...] = ()


_TEXT = Key(Shape.TEXT)
_TEXTS = Key(Shape.TEXTS)
_INTEGER = Key(Shape.INTEGER)
_BOOLEAN = Key(Shape.BOOLEAN)
_OBJECT = Key(Shape.OBJECT)
_SECRECY = Key(Shape.ENUM, values=("PUBLIC", "INTERNAL", "SECRET"))
_SHARE_TYPE = Key(Shape.ENUM, values=("UNCONDITIONAL", "CONDITIONAL", "WITHHELD"))


def _to(*kinds: Kind) -> Key:
    return Key(Shape.REFERENCE, to=kinds)


AGREEMENT_STATUSES = (
    "DRAFT",
    "SUBMITTED",
    "IN_REVIEW",
    "APPROVED",
    "REFUSED",
    "RETURNED",
    "ACTIVE",
    "SUSPENDED",
    "EXPIRED",
    "TERMINATED",
)

_TIMES = {"valid_from": Key(Shape.TIME), "valid_to": Key(Shape.TIME)}

KEYS: Mapping[Kind, Mapping[str, Key]] = {
    Kind.JURISDICTION: {
        "name": _TEXT,
        "code": _TEXT,
        "level": Key(Shape.ENUM, values=("NATIONAL", "PROVINCIAL", "MUNICIPAL", "COUNTY", "TOWNSHIP")),
        "within": _to(Kind.JURISDICTION),
        "aliases": _TEXTS,
        **_TIMES,
    },
    Kind.DEPARTMENT: {
        "name": _TEXT,
        "uscc": _TEXT,
        "jurisdiction": _to(Kind.JURISDICTION),
        "part_of": _to(Kind.DEPARTMENT),
        "succeeded_by": _to(Kind.DEPARTMENT),
        "short_name": _TEXT,
        "aliases": _TEXTS,
        "contacts": _OBJECT,
        "order": _INTEGER,
        **_TIMES,
    },
    Kind.SYSTEM: {
        "name": _TEXT,
        "department": _to(Kind.DEPARTMENT),
        "description": _TEXT,
        "status": Key(Shape.ENUM, values=("PLANNED", "BUILDING", "LIVE", "RETIRED")),
        "code": _TEXT,
        "aliases": _TEXTS,
        "office": _TEXT,
        "basis": _TEXTS,
        "functions": _TEXTS,
        "duties": _TEXTS,
        "class": _TEXT,
        "reach": _TEXT,
        "secrecy": _SECRECY,
        "in_use_since": _TEXT,
        "retired_on": _TEXT,
        "approval": _OBJECT,
        "money": _OBJECT,
        "parties": _OBJECT,
        "building": _OBJECT,
        "runs_on": _OBJECT,
        "networks": _TEXTS,
        "protection_level": _TEXT,
        "use": _OBJECT,
        "integration": _OBJECT,
        **_TIMES,
    },
    Kind.RESOURCE: {
        "name": _TEXT,
        "code": _TEXT,
        "provider": _to(Kind.DEPARTMENT),
        "system": _to(Kind.SYSTEM),
        "share_type": _SHARE_TYPE,
        "secrecy": _SECRECY,
        "aliases": _TEXTS,
        "classification": _TEXT,
        "abstract": _TEXT,
        "duties": _TEXTS,
        "format_category": _TEXT,
        "format_types": _TEXTS,
        "share_condition": _TEXT,
        "share_methods": _TEXTS,
        "open": _BOOLEAN,
        "open_condition": _TEXT,
        "update_cycle": _TEXT,
        "update_cycle_text": _TEXT,
        "published": _TEXT,
        "related_codes": _TEXTS,
        "office": _TEXT,
        "grade": _TEXT,
        **_TIMES,
    },
    Kind.FIELD: {
        "name": _TEXT,
        "resource": _to(Kind.RESOURCE),
        "data_type": _TEXT,
        "length": _INTEGER,
        "element": _to(Kind.ELEMENT),
        "code": _TEXT,
        "position": _INTEGER,
        "raw_type": _TEXT,
        "share_type": _SHARE_TYPE,
        "aliases": _TEXTS,
        **_TIMES,
    },
    Kind.ELEMENT: {
        "name": _TEXT,
        "source": _to(Kind.DEPARTMENT),
        "code": _TEXT,
        "data_type": _TEXT,
        "length": _INTEGER,
        "aliases": _TEXTS,
        **_TIMES,
    },
    Kind.AGREEMENT: {
        "name": _TEXT,
        "provider": _to(Kind.DEPARTMENT),
        "consumer": _to(Kind.DEPARTMENT),
        "system": _to(Kind.SYSTEM),
        "covers": Key(Shape.REFERENCES, to=(Kind.RESOURCE, Kind.FIELD)),
        "status": Key(Shape.ENUM, values=AGREEMENT_STATUSES),
        "purpose": _TEXT,
        "basis": _TEXT,
        "share_method": _TEXT,
        "frequency": _TEXT,
        "office": _TEXT,
        "document": _TEXT,
        **_TIMES,
    },
}
"""Every key of every kind, `id` aside."""

LINK_KEYS: Mapping[str, Mapping[str, Key]] = {
    "FEEDS": {
        "job": _TEXT,
        "transformation": _TEXT,
        "influence": Key(Shape.ENUM, values=("DIRECT", "INDIRECT")),
        **_TIMES,
    },
    "READS": {"job": _TEXT, **_TIMES},
}
"""Every key of a link, its two ends aside; `job` and `valid_from` are part of what it is."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was said. `row` counts from 1; in a JSON Lines file it is the line."""

    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""

    def __str__(self) -> str:
        parts = [self.file, self.sheet, f"row {self.row}" if self.row is not None else "", self.column]
        return ", ".join(part for part in parts if part)


class Severity(StrEnum):
    """How bad a finding is: ERROR, something was not taken; WARNING, taken, but look; INFO, to know."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    INFO = "INFO"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something odd that an import met: where, what, how bad, and what was done about it."""

    code: str
    severity: Severity
    place: Place
    message: str
    done: str
    value: str | None = None
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thing:
    """A fact about a thing: the keys that are stated (`None` clears one), and what the file said (`raw`).

    Times are microseconds since 1970 UTC. `given_id` says that the source gave the id; otherwise the
    connector built it and the import may meet a thing that is already there under another id, by
    `uscc`, `code` or name.
    """

    kind: Kind
    id: str
    values: Mapping[str, Any]
    place: Place = Place()
    source: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    given_id: bool = True


@dataclass(frozen=True, slots=True)
class Link:
    """A fact about a flow: FEEDS from source to user, or READS with the resource as `start`, the system as `end`."""

    flow: str
    start: str
    end: str
    values: Mapping[str, Any]
    place: Place = Place()
    source: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


Fact = Thing | Link

_ID = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,300}")


def is_id(value: object) -> bool:
    """Whether `value` can be an id: a string of 1–300 characters without control characters."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def prefix_kind(id: str) -> Kind | None:
    """The kind that an id's prefix suggests; only ever a guess."""
    head, colon, _ = id.partition(":")
    return Kind(head) if colon and head in Kind._value2member_map_ else None


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def as_instant(text: str, zone: tzinfo) -> int:
    """An ISO 8601 date or time as microseconds since 1970 UTC; a bare date is the start of that day in `zone`.

    Raises ValueError when it is neither.
    """
    text = text.strip()
    if _DAY.fullmatch(text):
        moment = datetime.combine(date.fromisoformat(text), time(), zone)
    else:
        if len(text) < 11:
            raise ValueError("not an ISO 8601 date or time")
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
    delta = moment.astimezone(UTC) - _EPOCH if moment.year > 1 else moment.replace(tzinfo=UTC) - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def as_text(instant: int) -> str:
    """Microseconds since 1970 UTC as ISO 8601 text in UTC."""
    seconds, micros = divmod(instant, 1_000_000)
    days, seconds = divmod(seconds, 86_400)
    moment = datetime.fromordinal(_EPOCH.toordinal() + days).replace(
        hour=seconds // 3600, minute=seconds // 60 % 60, second=seconds % 60, microsecond=micros
    )
    return moment.isoformat() + "Z"


def check_value(key: Key, value: Any, zone: tzinfo) -> tuple[Any, str | None]:
    """A stated value as it is stored, and what is wrong with it (then the value is not to be used)."""
    if value is None:
        return None, None
    return _CHECKS[key.shape](key, value, zone)


def _check_text(key: Key, value: Any, zone: tzinfo) -> tuple[Any, str | None]:
    if isinstance(value, str):
        return value, None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value), None
    return None, "must be a text"


def _check_texts(key: Key, value: Any, zone: tzinfo) -> tuple[Any, str | None]:
    if isinstance(value, str):
        return [value], None
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value, None
    return None, "must be a list of texts"


def _check_integer(key: Key, value: Any, zone: tzinfo) -> tuple[Any, str | None]:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value.strip()):
        return int(value), None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value), None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return value, None
    return None, "must be a whole number"


def _check_boolean(key: Key, value: Any, zone: tzinfo) -> tuple[Any, str | None]:
    return (value, None) if isinstance(value, bool) else (None, "must be true or false")


def _check_time(key: Key, value: Any, zone: tzinfo) -> tuple[Any, str | None]:
    try:
        return as_instant(value, zone), None
    except (ValueError, AttributeError, TypeError, OverflowError):
        return None, "must be an ISO 8601 date or time, such as 2026-01-01 or 2026-01-01T08:00:00+08:00"


def _check_enum(key: Key, value: Any, zone: tzinfo) -> tuple[Any, str | None]:
    return (value, None) if value in key.values else (None, "must be one of " + ", ".join(key.values))


def _check_object(key: Key, value: Any, zone: tzinfo) -> tuple[Any, str | None]:
    return value, None


def _check_reference(key: Key, value: Any, zone: tzinfo) -> tuple[Any, str | None]:
    return (value, None) if is_id(value) else (None, "must be an id: 1–300 characters without control characters")


def _check_references(key: Key, value: Any, zone: tzinfo) -> tuple[Any, str | None]:
    if isinstance(value, list) and all(is_id(item) for item in value):
        return list(dict.fromkeys(value)), None
    return None, "must be a list of ids"


_CHECKS = {
    Shape.TEXT: _check_text,
    Shape.TEXTS: _check_texts,
    Shape.INTEGER: _check_integer,
    Shape.BOOLEAN: _check_boolean,
    Shape.TIME: _check_time,
    Shape.ENUM: _check_enum,
    Shape.OBJECT: _check_object,
    Shape.REFERENCE: _check_reference,
    Shape.REFERENCES: _check_references,
}
