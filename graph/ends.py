"""What an id is already: its kind and number, whatever its label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.engine import Transaction
from graph.facts import KEYS, Kind

_STORED = """
UNWIND $ids AS id
MATCH (n:LABEL {id: id})
RETURN collect(properties(n)) AS found
"""
STORED: Mapping[Kind, str] = {kind: _STORED.replace("LABEL", kind.label) for kind in KEYS}

_ENDS = """
UNWIND $ids AS id
MATCH (n:LABEL {id: id})
RETURN 'KIND' AS kind, collect([n.id, n.number, n.unregistered, n.closed]) AS found
"""
ENDS = "UNION ALL".join(_ENDS.replace("LABEL", kind.label).replace("KIND", kind) for kind in KEYS)


@dataclass(slots=True)
class End:
    """A node as a reference or link sees it."""

    kind: Kind
    number: int
    unregistered: bool
    closed: int | None = None


async def stored(transaction: Transaction, kind: Kind, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The stored properties of the things of `kind` among `ids`."""
    [row] = await transaction.run(STORED[kind], ids=ids)
    return {properties["id"]: properties for properties in row["found"]}


async def ends(transaction: Transaction, ids: Sequence[str]) -> dict[str, End]:
    """Kind and number of those `ids` that are in the graph."""
    return {
        id: End(Kind(row["kind"]), number, bool(unregistered), closed)
        for row in await transaction.run(ENDS, ids=ids)
        for id, number, unregistered, closed in row["found"]
    }
