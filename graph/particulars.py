"""What a sweep for findings needs to know and a net does not hold: a statement for each, things by their numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.engine import Graph
from graph.facts import KEYS, LINK_KEYS, Kind
from graph.net import KINDS, Net
from graph.noted import Noted
from graph.statements import PERSON

_AT_ONCE = 10_000
"""Ids of one statement."""

ORIGINALS = """
MATCH (e:DataElement)-[s:SOURCED_BY]->(d:Department)
WHERE s.recorded_to IS NULL
MATCH (e)<-[p:REPRESENTS]-(f:Field)
WHERE p.recorded_to IS NULL
WITH e, d, collect(f.number) AS fields
RETURN collect([e.number, d.number, fields]) AS rows
"""

SHARE_TYPES = """
MATCH (n:Resource)
WHERE n.share_type IS NOT NULL
WITH n.share_type AS value, collect(n.number) AS numbers
RETURN collect([value, numbers]) AS rows
"""

STATUSES = """
MATCH (n:SharingAgreement)
WHERE n.status IS NOT NULL
WITH n.status AS value, collect(n.number) AS numbers
RETURN collect([value, numbers]) AS rows
"""

_REFERENCES = """
UNWIND $ids AS id
MATCH (n:LABEL {id: id})-[r]-(m)
WHERE r.recorded_to IS NULL AND type(r) <> 'HAS_VERSION'
RETURN collect([n.number, m.number, r.valid_from, r.valid_to]) AS rows
"""
REFERENCES: Mapping[Kind, str] = {kind: _REFERENCES.replace("LABEL", kind.label) for kind in KEYS}

SOURCES = """
MATCH (s:Source)
RETURN collect([s.id, s.last_run]) AS rows
"""

_QUIET = """
MATCH ()-[r:FLOW]->()
WHERE r.recorded_to IS NULL AND r.sources IS NOT NULL AND all(source IN r.sources WHERE source IN $quiet)
RETURN collect([r.from_number, r.to_number, r.valid_from, r.valid_to, r.sources]) AS rows
"""
QUIET: Mapping[str, str] = {flow: _QUIET.replace("FLOW", flow) for flow in LINK_KEYS}

Rows = Sequence[Sequence[Any]]


@dataclass(slots=True)
class Particulars:
    """What was asked for; all else is empty."""

    originals: Rows = ()
    """Element, its authoritative department, and the fields that carry it."""
    share_types: Mapping[str, Sequence[int]] = field(default_factory=dict)
    statuses: Mapping[str, Sequence[int]] = field(default_factory=dict)
    references: Rows = ()
    """What is not registered, what refers to it, and from when to when."""
    heard: Mapping[str, int] = field(default_factory=dict)
    """When each source was last imported; persons are none of them."""
    quiet: Rows = ()
    """Links that only quiet sources state: their ends, from when to when, and who states them."""
    noted: Sequence[Noted] = ()


async def originals(graph: Graph) -> Rows:
    """Fields whose data element has an authoritative department."""
    [found] = await graph.read(ORIGINALS)
    rows: Rows = found["rows"]
    return rows


async def share_types(graph: Graph) -> dict[str, list[int]]:
    """Resources by share type."""
    [found] = await graph.read(SHARE_TYPES)
    return dict(found["rows"])


async def statuses(graph: Graph) -> dict[str, list[int]]:
    """Agreements by status."""
    [found] = await graph.read(STATUSES)
    return dict(found["rows"])


async def references(graph: Graph, net: Net, unregistered: Sequence[int]) -> Rows:
    """Who refers to what is not registered."""
    by_kind: dict[Kind, list[str]] = {}
    for at in unregistered:
        by_kind.setdefault(KINDS[net.kind.data[at]], []).append(net.ids[at])
    rows: list[Sequence[Any]] = []
    for kind, ids in by_kind.items():
        for first in range(0, len(ids), _AT_ONCE):
            [found] = await graph.read(REFERENCES[kind], ids=ids[first : first + _AT_ONCE])
            rows += found["rows"]
    return rows


async def heard(graph: Graph) -> dict[str, int]:
    """When each source that is no person was last imported."""
    [found] = await graph.read(SOURCES)
    return {id: at for id, at in found["rows"] if at is not None and not id.startswith(PERSON)}


async def quiet(graph: Graph, sources: Sequence[str]) -> Rows:
    """The links that nobody but `sources` states."""
    rows: list[Sequence[Any]] = []
    if sources:
        for flow in LINK_KEYS:
            [found] = await graph.read(QUIET[flow], quiet=list(sources))
            rows += found["rows"]
    return rows
