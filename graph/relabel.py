"""A placeholder whose kind was guessed wrong: the node is made anew under the right label, keeping its number.

Labels cannot be changed on every engine, so the flows at it are read, and written again at the new node.
A flow that now joins a field to a resource can be no flow: it is closed. Its other end, if it is a guess
too, follows instead.
"""

from collections.abc import Mapping
from typing import Any

from graph.changes import Turn
from graph.ends import End, ends
from graph.engine import Transaction
from graph.facts import KEYS, Kind

_FLOWS = """
MATCH (n:LABEL {id: $id})-[r:FEEDS]->(m)
RETURN 'FEEDS' AS type, true AS outward, m.id AS other, properties(r) AS properties
UNION ALL
MATCH (n:LABEL {id: $id})<-[r:FEEDS]-(m)
RETURN 'FEEDS' AS type, false AS outward, m.id AS other, properties(r) AS properties
UNION ALL
MATCH (n:LABEL {id: $id})<-[r:READS]-(m)
RETURN 'READS' AS type, false AS outward, m.id AS other, properties(r) AS properties
UNION ALL
MATCH (n:LABEL {id: $id})-[r:READS]->(m)
RETURN 'READS' AS type, true AS outward, m.id AS other, properties(r) AS properties
"""
FLOWS: Mapping[Kind, str] = {kind: _FLOWS.replace("LABEL", kind.label) for kind in KEYS}

_TAKE_OUT = """
MATCH (n:LABEL {id: $id})
WITH n, properties(n) AS properties
DETACH DELETE n
RETURN properties
"""
TAKE_OUT: Mapping[Kind, str] = {kind: _TAKE_OUT.replace("LABEL", kind.label) for kind in KEYS}

_PUT_BACK = """
CREATE (n:LABEL {id: $properties.id})
SET n = $properties
"""
PUT_BACK: Mapping[Kind, str] = {kind: _PUT_BACK.replace("LABEL", kind.label) for kind in KEYS}

_JOIN = """
UNWIND $rows AS row
MATCH (a:FROM {id: row[0]}) MATCH (b:TO {id: row[1]})
CREATE (a)-[r:TYPE]->(b)
SET r = row[2]
"""
_FLOWING = (Kind.FIELD, Kind.RESOURCE)
JOIN: Mapping[tuple[str, Kind, Kind], str] = {
    (flow, start, end): _JOIN.replace("TYPE", flow).replace("FROM", start.label).replace("TO", end.label)
    for flow, starts, targets in (("FEEDS", KEYS, KEYS), ("READS", KEYS, KEYS))
    for start in starts
    for end in targets
    if start in _FLOWING or end in _FLOWING
}


async def relabel(transaction: Transaction, turn: Turn, id: str, end: End, kind: Kind) -> dict[str, Any]:
    """Make the placeholder `id` a `kind`; its stored properties."""
    properties: dict[str, Any] = {}
    waiting = [(id, end.kind)]
    seen = {id}
    while waiting:
        this, old = waiting.pop()
        flows = await transaction.run(FLOWS[old], id=this)
        [row] = await transaction.run(TAKE_OUT[old], id=this)
        moved = {**row["properties"], "sequence": turn.sequence}
        await transaction.run(PUT_BACK[kind], properties=moved)
        if this == id:
            properties = moved
        others = await ends(transaction, [flow["other"] for flow in flows if flow["other"] != this])
        follow = {
            other
            for other, its in others.items()
            if its.unregistered and its.kind is old and kind in _FLOWING and old in _FLOWING and other not in seen
        }
        waiting += [(other, old) for other in sorted(follow)]
        seen |= follow
        await _join_again(transaction, turn, this, kind, flows, others, follow)
    return properties


async def _join_again(
    transaction: Transaction,
    turn: Turn,
    id: str,
    kind: Kind,
    flows: list[dict[str, Any]],
    others: Mapping[str, End],
    follow: set[str],
) -> None:
    """Write the flows at the old node again at the new one, closing those that its kind rules out."""
    for flow in flows:
        other = flow["other"]
        its = kind if other == id else others[other].kind
        if other == id and not flow["outward"]:
            continue
        pair = [(id, kind), (other, its)] if flow["outward"] else [(other, its), (id, kind)]
        right = its is kind if flow["type"] == "FEEDS" else (pair[0][1], pair[1][1]) == (Kind.SYSTEM, Kind.RESOURCE)
        properties = {**flow["properties"], "sequence": turn.sequence}
        if not right and other not in follow and properties.get("recorded_to") is None:
            properties["recorded_to"] = turn.at
        text = JOIN.get((flow["type"], pair[0][1], pair[1][1]))
        if text is not None:
            await transaction.run(text, rows=[[pair[0][0], pair[1][0], properties]])
