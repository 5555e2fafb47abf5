"""Placeholders whose kind was guessed wrong: each node is made anew under the right label, keeping its number.

Labels cannot be changed on every engine, so the flows at it are read, and written again at the new node.
A flow that now joins a field to a resource can be no flow: it is closed. Its other end, if it is a guess
too, follows instead.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from graph.changes import Turn
from graph.ends import End, ends, stored
from graph.engine import Transaction
from graph.facts import KEYS, LINK_KEYS, Kind
from graph.plan import CREATE, KEEP_VERSION, version

_FLOWS = """
UNWIND $ids AS id
MATCH (n:LABEL {id: id})-[r:FEEDS|READS]->(m)
RETURN collect([type(r), n.id, m.id, properties(r)]) AS flows
UNION ALL
UNWIND $ids AS id
MATCH (n:LABEL {id: id})<-[r:FEEDS|READS]-(m)
RETURN collect([type(r), m.id, n.id, properties(r)]) AS flows
"""
FLOWS: Mapping[Kind, str] = {kind: _FLOWS.replace("LABEL", kind.label) for kind in KEYS}

_TAKE_OUT = """
UNWIND $ids AS id
MATCH (n:LABEL {id: id})
DETACH DELETE n
"""
TAKE_OUT: Mapping[Kind, str] = {kind: _TAKE_OUT.replace("LABEL", kind.label) for kind in KEYS}

_JOIN = """
UNWIND $rows AS row
MATCH (a:FROM {id: row[0]}) MATCH (b:TO {id: row[1]})
CREATE (a)-[r:TYPE]->(b)
SET r = row[2], START.flows = $sequence
"""
_FLOWING = (Kind.FIELD, Kind.RESOURCE)


def _join(flow: str, start: Kind, end: Kind) -> str:
    text = _JOIN.replace("TYPE", flow).replace("START", "a" if flow == "FEEDS" else "b")
    return text.replace("FROM", start.label).replace("TO", end.label)


JOIN: Mapping[tuple[str, Kind, Kind], str] = {
    (flow, start, end): _join(flow, start, end)
    for flow in LINK_KEYS
    for start in KEYS
    for end in KEYS
    if start in _FLOWING or end in _FLOWING
}


async def relabel(
    transaction: Transaction, turn: Turn, ids: Iterable[str], known: dict[str, End], kind: Kind
) -> dict[str, dict[str, Any]]:
    """Make the placeholders `ids`, and what must follow, a `kind`; their stored properties. Keeps `known` right."""
    moved: dict[str, dict[str, Any]] = {}
    wave = set(ids)
    while wave:
        follow: set[str] = set()
        for old in {known[id].kind for id in wave}:
            these = sorted(id for id in wave if known[id].kind is old)
            moved |= await _move(transaction, turn, these, known, old, kind, follow)
        wave = follow - moved.keys()
    return moved


async def _move(
    transaction: Transaction,
    turn: Turn,
    ids: list[str],
    known: dict[str, End],
    old: Kind,
    kind: Kind,
    follow: set[str],
) -> dict[str, dict[str, Any]]:
    """Move nodes from one label to another with their flows; neighbours that have to follow are put into `follow`."""
    there = await stored(transaction, old, ids)
    rows = [row for record in await transaction.run(FLOWS[old], ids=ids) for row in record["flows"]]
    # A flow between two of them was found from both.
    flows = {(flow, start, end, row["key"], row["recorded_from"]): row for flow, start, end, row in rows}
    others = {id for _, start, end, *_ in flows for id in (start, end)} - set(ids)
    known |= await ends(transaction, sorted(others))
    if kind in _FLOWING and old in _FLOWING:
        follow |= {id for id in others if known[id].unregistered and known[id].kind is old}
    moved = {id: {**its, "sequence": turn.sequence, "recorded_from": turn.at} for id, its in there.items()}
    known |= {id: End(kind, properties["number"], True) for id, properties in moved.items()}
    await transaction.run(TAKE_OUT[old], ids=ids)
    await transaction.run(CREATE[kind], rows=list(moved.values()))
    await transaction.run(KEEP_VERSION[kind], rows=[version(old, its, turn) for its in there.values()])
    joined: dict[tuple[str, Kind, Kind], list[list[Any]]] = {}
    for (flow, start, end, *_), properties in flows.items():
        pair = (known[start].kind, known[end].kind)
        row = {**properties, "sequence": turn.sequence}
        fits = pair[0] is pair[1] if flow == "FEEDS" else pair == (Kind.SYSTEM, Kind.RESOURCE)
        if not fits and not {start, end} & follow and row.get("recorded_to") is None:
            row["recorded_to"] = turn.at
        joined.setdefault((flow, *pair), []).append([start, end, row])
    for between, those in joined.items():
        if between in JOIN:
            await transaction.run(JOIN[between], rows=those, sequence=turn.sequence)
    return moved
