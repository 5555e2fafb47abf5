"""What people decided about data elements, with who, when and why; and which elements fields do not have.

They are the registry's own notes, not facts: no source states them, they take no number of the change sequence, and
no list, export or walk sees them. They are written together with the statements that a decision makes
(`graph/bindings.py`), in the writers' turn. Nothing of the record is changed later, but that a refusal may stand no
longer.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from graph.changes import Turn
from graph.engine import Graph, Transaction

CREATE = """
UNWIND $rows AS row
CREATE (n:ElementDecision {id: row.id})
SET n = row
"""

# Only a refusal stands: one property that is there or not.
REFUSED = """
UNWIND $ids AS id
MATCH (n:ElementDecision {about: id})
WHERE n.stands = true
RETURN collect([n.about, n.value]) AS pairs
"""

END_REFUSALS = """
UNWIND $pairs AS pair
MATCH (n:ElementDecision {about: pair[0]})
WHERE n.stands = true AND n.value = pair[1]
REMOVE n.stands
"""

RECORDED = """
UNWIND $ids AS id
MATCH (n:ElementDecision {about: id})
RETURN collect([n.id, n.act, n.about, n.value, n.by, n.at, n.reason, n.sequence]) AS rows
"""

STANDING = """
MATCH (n:ElementDecision)
WHERE n.stands = true
RETURN collect([n.about, n.value]) AS pairs
"""

STATE = """
MATCH (n:ElementDecision)
RETURN count(n) AS count, max(n.at) AS at
"""

State = tuple[int, int | None]
"""What is different whenever something else was decided."""
Pair = tuple[str, str]
"""A field, and an element that it does not have."""


class Act(StrEnum):
    """What was decided."""

    BOUND = "BOUND"
    UNBOUND = "UNBOUND"
    REFUSED = "REFUSED"
    ALLOWED = "ALLOWED"
    SOURCE_SET = "SOURCE_SET"
    SOURCE_TAKEN_BACK = "SOURCE_TAKEN_BACK"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: about a field `value` is an element, about an element a department; `None` is none.

    What was taken back is told as it was. `sequence` is the graph's last change when it was taken.
    """

    id: str
    act: Act
    about: str
    value: str | None
    by: str
    at: int
    reason: str | None
    sequence: int


def written_down(
    turn: Turn, act: Act, pairs: Iterable[tuple[str, str | None]], by: str, reason: str | None, sequence: int
) -> list[Decision]:
    """The same decision about some things, as it is kept."""
    return [
        Decision(f"decision:{secrets.token_hex(8)}", act, about, value, by, turn.at, reason, sequence)
        for about, value in pairs
    ]


async def keep(transaction: Transaction, decisions: Iterable[Decision]) -> None:
    """Keep decisions; a refusal stands from now on."""
    rows = [_row(one) for one in decisions]
    if rows:
        await transaction.run(CREATE, rows=rows)


def _row(one: Decision) -> dict[str, Any]:
    row = {
        "id": one.id,
        "act": one.act.value,
        "about": one.about,
        "value": one.value,
        "by": one.by,
        "at": one.at,
        "reason": one.reason,
        "sequence": one.sequence,
        "stands": True if one.act is Act.REFUSED else None,
    }
    return {name: value for name, value in row.items() if value is not None}


async def refused(transaction: Transaction, fields: Sequence[str]) -> set[Pair]:
    """Which elements these fields do not have."""
    [row] = await transaction.run(REFUSED, ids=list(dict.fromkeys(fields)))
    return {(about, value) for about, value in row["pairs"]}


async def allow(transaction: Transaction, pairs: Iterable[Pair]) -> None:
    """Let these refusals stand no longer, where there are any."""
    rows = [list(pair) for pair in pairs]
    if rows:
        await transaction.run(END_REFUSALS, pairs=rows)


async def recorded(graph: Graph, ids: Iterable[str]) -> dict[str, list[Decision]]:
    """All that was decided about fields and elements, by id, the latest first; one statement."""
    found: dict[str, list[Decision]] = defaultdict(list)
    [row] = await graph.read(RECORDED, ids=list(dict.fromkeys(ids)))
    for id, act, *more in row["rows"]:
        one = Decision(id, Act(act), *more)
        found[one.about].append(one)
    return {about: sorted(those, key=lambda one: (-one.at, one.id)) for about, those in found.items()}


async def standing(graph: Graph) -> set[Pair]:
    """All refusals that stand."""
    [row] = await graph.read(STANDING)
    return {(about, value) for about, value in row["pairs"]}


async def state(graph: Graph) -> State:
    """What stands for all that is decided now."""
    [row] = await graph.read(STATE)
    return row["count"], row["at"]
