"""Things by id: one statement for many keys. A record is a thing's stored properties, with its kind."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from graph.changes import now
from graph.engine import Graph
from graph.facts import KEYS, Kind, Shape

Record = dict[str, Any]
"""Stored properties of a thing by name, plus `kind`; `name` is its id where none is stated, objects are parsed."""

_BY_IDS = """
UNWIND $ids AS id
MATCH (n:LABEL {id: id})
RETURN 'KIND' AS kind, collect(properties(n)) AS found
"""
BY_IDS: Mapping[Kind, str] = {kind: _BY_IDS.replace("LABEL", kind.label).replace("KIND", kind) for kind in KEYS}
FIND = "UNION ALL".join(BY_IDS.values())

STORED = "CASE WHEN $keys IS NULL THEN properties(n) ELSE [k IN $keys | n[k]] END"
"""All that is stored of a thing `n`, or the values of `$keys` only: `as_record` takes either."""

Keys = Sequence[str] | None
"""The properties that are wanted; `None`: all."""

_OBJECTS: Mapping[Kind, tuple[str, ...]] = {
    kind: (*(name for name, key in keys.items() if key.shape is Shape.OBJECT), "extra", "raw")
    for kind, keys in KEYS.items()
}
_INTERNAL = ("search", "statements", "former", "sort_id", "sort_name", "sort_code")


def as_record(kind: Kind, stored: Any, keys: Keys = None) -> Record:
    """Stored properties as a record; `keys` are those that were asked for, `id` and `name` among them.

    A dict that is given becomes the record.
    """
    properties: Record = stored if keys is None else dict(zip(keys, stored, strict=True))
    properties["kind"] = kind
    for name in _OBJECTS[kind]:
        text = properties.get(name)
        if text is not None:
            properties[name] = orjson.loads(text)
    for name in _INTERNAL:
        properties.pop(name, None)
    if properties.get("name") is None:
        properties["name"] = properties["id"]
    return properties


def as_link(properties: Record) -> Record:
    """Stored properties of a flow as a record. The dict that is given becomes the record."""
    if properties.get("extra") is not None:
        properties["extra"] = orjson.loads(properties["extra"])
    properties.pop("statements", None)
    properties.pop("former", None)
    return properties


async def by_ids(graph: Graph, kind: Kind, ids: Sequence[str]) -> dict[str, Record]:
    """The things of `kind` among `ids`, by id; what is not known is left out."""
    return _by_id(await graph.read(BY_IDS[kind], ids=list(dict.fromkeys(ids))))


async def find(graph: Graph, ids: Iterable[str]) -> dict[str, Record]:
    """The things of any kind among `ids`, by id; one statement."""
    return _by_id(await graph.read(FIND, ids=list(dict.fromkeys(ids))))


CODES: Mapping[Kind, str] = {
    Kind.JURISDICTION: "code",
    Kind.DEPARTMENT: "uscc",
    Kind.SYSTEM: "code",
    Kind.RESOURCE: "code",
    Kind.ELEMENT: "code",
}
"""The key that identifies things of a kind outside of the registry."""

_BY_CODES = """
UNWIND $codes AS code
MATCH (n:LABEL {CODE: code})
WHERE n.closed IS NULL
RETURN 'KIND' AS kind, collect(properties(n)) AS found
"""
BY_CODES: Mapping[Kind, str] = {
    kind: _BY_CODES.replace("LABEL", kind.label).replace("KIND", kind).replace("CODE", key)
    for kind, key in CODES.items()
}


async def by_codes(graph: Graph, kind: Kind, codes: Sequence[str]) -> dict[str, Record]:
    """The things of `kind` that somebody states with one of `codes`, by code; a code that several have is left out."""
    records = _by_id(await graph.read(BY_CODES[kind], codes=list(dict.fromkeys(codes)))).values()
    counts = Counter(record[CODES[kind]] for record in records)
    return {record[CODES[kind]]: record for record in records if counts[record[CODES[kind]]] == 1}


def _by_id(rows: Sequence[Mapping[str, Any]]) -> dict[str, Record]:
    records = (as_record(Kind(row["kind"]), properties) for row in rows for properties in row["found"])
    return {record["id"]: record for record in records}


def is_in_force(record: Mapping[str, Any], at: int | None = None) -> bool:
    """Whether a thing or link is valid at an instant (now if `None`) and not closed; its container is not looked at."""
    instant = now() if at is None else at
    start, end = record.get("valid_from"), record.get("valid_to")
    return record.get("closed") is None and (start is None or start <= instant) and (end is None or instant < end)
