"""The relationships that come from a thing's own statement, one per key that refers to another thing."""

from collections.abc import Mapping
from dataclasses import dataclass

from graph.facts import KEYS, Kind, Shape


@dataclass(frozen=True, slots=True)
class Reference:
    """How one key becomes a relationship. `outward`: from the thing that states it to what it names."""

    kind: Kind
    key: str
    type: str
    outward: bool
    to: tuple[Kind, ...]
    many: bool


_TYPES: Mapping[tuple[Kind, str], tuple[str, bool]] = {
    (Kind.JURISDICTION, "within"): ("WITHIN", True),
    (Kind.DEPARTMENT, "jurisdiction"): ("WITHIN", True),
    (Kind.DEPARTMENT, "part_of"): ("PART_OF", True),
    (Kind.DEPARTMENT, "succeeded_by"): ("SUCCEEDED_BY", True),
    (Kind.SYSTEM, "department"): ("OPERATES", False),
    (Kind.RESOURCE, "provider"): ("PROVIDES", False),
    (Kind.RESOURCE, "system"): ("HOLDS", False),
    (Kind.FIELD, "resource"): ("HAS_FIELD", False),
    (Kind.FIELD, "element"): ("REPRESENTS", True),
    (Kind.ELEMENT, "source"): ("SOURCED_BY", True),
    (Kind.AGREEMENT, "provider"): ("GRANTED_BY", True),
    (Kind.AGREEMENT, "consumer"): ("GRANTED_TO", True),
    (Kind.AGREEMENT, "system"): ("SERVES", True),
    (Kind.AGREEMENT, "covers"): ("COVERS", True),
}

REFERENCES: Mapping[Kind, tuple[Reference, ...]] = {
    kind: tuple(
        Reference(kind, name, *_TYPES[kind, name], to=key.to, many=key.shape is Shape.REFERENCES)
        for name, key in keys.items()
        if key.shape in (Shape.REFERENCE, Shape.REFERENCES)
    )
    for kind, keys in KEYS.items()
}
"""The references of each kind."""

Ends = tuple[str, Kind, Kind]
"""A relationship's type and the kinds it joins, from and to."""

_CREATE = """
UNWIND $rows AS row
MATCH (a:FROM {id: row[0]}) MATCH (b:TO {id: row[1]})
CREATE (a)-[:TYPE {recorded_from: $at}]->(b)
"""

_CLOSE = """
UNWIND $rows AS row
MATCH (a:FROM {id: row[0]})-[r:TYPE]->(b:TO {id: row[1]})
WHERE r.recorded_to IS NULL
SET r.recorded_to = $at
"""


def _all_ends() -> list[Ends]:
    found = []
    for references in REFERENCES.values():
        for reference in references:
            for to in reference.to:
                pair = (reference.kind, to) if reference.outward else (to, reference.kind)
                found.append((reference.type, *pair))
    return found


def _text(template: str, ends: Ends) -> str:
    return template.replace("TYPE", ends[0]).replace("FROM", ends[1].label).replace("TO", ends[2].label, 1)


CREATE_REFERENCE: Mapping[Ends, str] = {ends: _text(_CREATE, ends) for ends in _all_ends()}
CLOSE_REFERENCE: Mapping[Ends, str] = {ends: _text(_CLOSE, ends) for ends in _all_ends()}
