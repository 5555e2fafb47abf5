"""No running funds: a consequence that is worked out for a system from the plan's rules, and decided by people.

What is worked out is evidence, not a verdict: each ground says what speaks for it, and what is not known. Where
evidence is missing the answer is UNKNOWN, never "fine". A decision keeps the evidence that it was made on.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import orjson

from graph.changes import now, position
from graph.engine import Graph, Transaction
from graph.facts import Kind
from graph.filing_check import registered
from graph.filing_words import by_text, free_text
from graph.refusals import BadInput
from graph.statements import json_text
from graph.things import Record, by_ids

__all__ = ["Funds", "FundsDecision", "Ground", "GroundKind", "Outcome", "Weighed", "decide", "decisions", "grounds"]

FILINGS = """
UNWIND $ids AS id
MATCH (f:Filing {system: id})
RETURN collect([id, f.id, f.state, f.at]) AS rows
"""

HELD = """
UNWIND $ids AS id
MATCH (:System {id: id})-[h:HOLDS]->(r:Resource)
WHERE h.recorded_to IS NULL AND r.closed IS NULL
RETURN collect([id, r.id, r.share_type]) AS rows
"""

_IN_FORCE = """LINK.recorded_to IS NULL AND coalesce(LINK.valid_from, $now) <= $now
  AND coalesce(LINK.valid_to, $now + 1) > $now"""

# What is copied between a system's resources (or their fields) and other systems' or nobody's, either way.
_COPIED_WHOLE = """
UNWIND $ids AS id
MATCH (:System {id: id})-[h:HOLDS]->(:Resource)ARROW(o:Resource)
WHERE h.recorded_to IS NULL AND coalesce(o.system, '') <> id
  AND IN_FORCE
RETURN collect(DISTINCT [id, o.id]) AS rows
"""
_COPIED_FIELD = """
UNWIND $ids AS id
MATCH (:System {id: id})-[h:HOLDS]->(:Resource)-[a:HAS_FIELD]->(:Field)ARROW(:Field)<-[b:HAS_FIELD]-(o:Resource)
WHERE h.recorded_to IS NULL AND a.recorded_to IS NULL AND b.recorded_to IS NULL AND coalesce(o.system, '') <> id
  AND IN_FORCE
RETURN collect(DISTINCT [id, o.id]) AS rows
"""
_READING = """
UNWIND $ids AS id
MATCH (:System {id: id})-[x:READS]->(o:Resource)
WHERE coalesce(o.system, '') <> id
  AND IN_FORCE
RETURN collect(DISTINCT [id, o.id]) AS rows
"""
_READ = """
UNWIND $ids AS id
MATCH (:System {id: id})-[h:HOLDS]->(:Resource)<-[x:READS]-(o:System)
WHERE h.recorded_to IS NULL AND o.id <> id
  AND IN_FORCE
RETURN collect(DISTINCT [id, o.id]) AS rows
"""


def _exchange(text: str, arrow: str = "") -> str:
    return text.replace("ARROW", arrow).replace("IN_FORCE", _IN_FORCE.replace("LINK", "x"))


EXCHANGES: Mapping[str, str] = {
    "gives": _exchange(_COPIED_WHOLE, "-[x:FEEDS]->"),
    "gives fields": _exchange(_COPIED_FIELD, "-[x:FEEDS]->"),
    "takes": _exchange(_COPIED_WHOLE, "<-[x:FEEDS]-"),
    "takes fields": _exchange(_COPIED_FIELD, "<-[x:FEEDS]-"),
    "reads": _exchange(_READING),
    "is read": _exchange(_READ),
}

NUMBER = """
MATCH (n:System {id: $id})
SET n.number = n.number
WITH n
OPTIONAL MATCH (d:FundsDecision {system: $id})
RETURN max(d.number) AS number
"""

KEEP = """
CREATE (d:FundsDecision {id: $id})
SET d = $properties
"""

DECISIONS = """
UNWIND $ids AS id
MATCH (d:FundsDecision {system: id})
RETURN collect([d.id, d.system, d.number, d.outcome, d.reason, d.by, d.at, d.sequence, d.rules, d.evidence]) AS rows
"""

_SHAREABLE = ("UNCONDITIONAL", "CONDITIONAL")
MOST_NAMED = 5


class GroundKind(StrEnum):
    """Why a system is to get no running funds."""

    NOT_FILED = "NOT_FILED"
    NOT_CONNECTED = "NOT_CONNECTED"
    ZOMBIE = "ZOMBIE"


class Weighed(StrEnum):
    """Whether a ground holds."""

    HOLDS = "HOLDS"
    HOLDS_NOT = "HOLDS_NOT"
    UNKNOWN = "UNKNOWN"


class Outcome(StrEnum):
    """What follows, or was decided."""

    FUNDS = "FUNDS"
    NO_FUNDS = "NO_FUNDS"
    UNKNOWN = "UNKNOWN"


BASIS: Mapping[GroundKind, str] = {
    GroundKind.NOT_FILED: "实施方案“完善项目备案管理制度”：建设和运维实行备案，不符合共建共享要求的，不拨付运维经费",
    GroundKind.NOT_CONNECTED: "实施方案：2019年起，应当接入而实际未接入共享交换平台的，原则上不予安排运维经费",
    GroundKind.ZOMBIE: "实施方案：自2019年起，“僵尸”信息系统不再提供经费支持，须经联合认定",
}


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground: whether it holds, what speaks for that, and what is not known."""

    kind: GroundKind
    weighed: Weighed
    basis: str
    evidence: Sequence[str]
    missing: Sequence[str]


@dataclass(frozen=True, slots=True)
class Funds:
    """What follows for a system from all grounds, at a change of the graph."""

    system: str
    outcome: Outcome
    grounds: Sequence[Ground]
    sequence: int

    def as_json(self) -> dict[str, Any]:
        """As a decision keeps it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class FundsDecision:
    """What people decided, and on which evidence. `rules` is the version of the rule profile in force then."""

    id: str
    system: str
    number: int
    outcome: Outcome
    reason: str
    by: str
    at: int
    sequence: int
    rules: str
    evidence: Mapping[str, Any]


async def grounds(graph: Graph, ids: Sequence[str], zombie: Mapping[str, Any], today: date) -> dict[str, Funds]:
    """What follows for systems, by id; a few statements for all. `zombie` are the numbers of the rule profile."""
    where = await position(graph)
    ids = list(dict.fromkeys(ids))
    systems = await by_ids(graph, Kind.SYSTEM, ids)
    ids = [id for id in ids if id in systems]
    filed, held = await _pairs(graph, FILINGS, ids), await _pairs(graph, HELD, ids)
    others: dict[str, set[str]] = defaultdict(set)
    for text in EXCHANGES.values():
        [row] = await graph.read(text, ids=ids, now=now())
        for id, other in row["rows"]:
            others[id].add(other)
    found = {}
    for id in ids:
        weighed = [
            _not_filed(filed[id]),
            _not_connected(systems[id], held[id], sorted(others[id])),
            _zombie(systems[id], zombie, today),
        ]
        found[id] = Funds(id, _outcome(weighed), weighed, where.sequence)
    return found


async def _pairs(graph: Graph, text: str, ids: Sequence[str]) -> dict[str, list[Sequence[Any]]]:
    [row] = await graph.read(text, ids=list(ids))
    found: dict[str, list[Sequence[Any]]] = defaultdict(list)
    for id, *rest in row["rows"]:
        found[id].append(rest)
    return found


def _outcome(weighed: Sequence[Ground]) -> Outcome:
    if any(one.weighed is Weighed.HOLDS for one in weighed):
        return Outcome.NO_FUNDS
    return Outcome.UNKNOWN if any(one.weighed is Weighed.UNKNOWN for one in weighed) else Outcome.FUNDS


def _ground(kind: GroundKind, weighed: Weighed, evidence: Sequence[str] = (), missing: Sequence[str] = ()) -> Ground:
    return Ground(kind, weighed, BASIS[kind], list(evidence), list(missing))


def _not_filed(filings: Sequence[Sequence[Any]]) -> Ground:
    told = [f"{id} is {state}" for id, state, _ in sorted(filings, key=lambda one: one[2])]
    states = {state for _, state, _ in filings}
    if states & {"APPROVED", "BUILT"}:
        return _ground(GroundKind.NOT_FILED, Weighed.HOLDS_NOT, told)
    if "REFUSED" in states:
        return _ground(GroundKind.NOT_FILED, Weighed.HOLDS, told)
    return _ground(GroundKind.NOT_FILED, Weighed.UNKNOWN, told, ["a filing of it that was approved or refused"])


def _not_connected(system: Record, held: Sequence[Sequence[Any]], others: Sequence[str]) -> Ground:
    kind, integration = GroundKind.NOT_CONNECTED, _object(system, "integration")
    if others:
        shown = ", ".join(others[:MOST_NAMED]) + (
            f" and {len(others) - MOST_NAMED} more" if others[MOST_NAMED:] else ""
        )
        return _ground(kind, Weighed.HOLDS_NOT, [f"data goes to or comes from {shown}"])
    shareable = sorted(id for id, share in held if share in _SHAREABLE)
    told = [f"resources that it holds: {len(held):,}, to be shared: {len(shareable):,}", "nothing is exchanged"]
    reason = integration.get("left_out_reason")
    if reason:
        return _ground(kind, Weighed.UNKNOWN, [*told, f"it asked to be left out: {reason}"], ["a decision on that"])
    if shareable:
        return _ground(kind, Weighed.HOLDS, told)
    if held and all(share is not None for _, share in held):
        return _ground(kind, Weighed.HOLDS_NOT, told)
    return _ground(kind, Weighed.UNKNOWN, told, ["its resources with their share types"])


def _zombie(system: Record, numbers: Mapping[str, Any], today: date) -> Ground:
    signs, told, missing = [], [], ["whether its duties are active, and what may replace it"]
    if system.get("status") == "RETIRED":
        signs.append("it is out of use")
    if system.get("duties") == []:
        signs.append("it serves no duty")
    use = _object(system, "use")
    for key, least, what in (
        ("registered_users", "users", "registered users"),
        ("uses_a_month", "logins", "uses a month"),
    ):
        count, limit = use.get(key), numbers.get(least)
        if not isinstance(count, int | float) or isinstance(count, bool) or limit is None:
            missing.append(f"how many {what} it has")
        elif count < limit:
            signs.append(f"{count:,} {what}, fewer than {limit:,}")
        else:
            told.append(f"{count:,} {what}")
    ended = _day(_object(system, "parties").get("maintenance_until"))
    if ended is None:
        missing.append("until when it is maintained")
    elif _months(ended, today) > numbers.get("contract_months", 6):
        signs.append(f"its maintenance ended on {ended}")
    else:
        told.append(f"maintained until {ended}")
    weighed = Weighed.HOLDS if signs else Weighed.UNKNOWN
    return _ground(GroundKind.ZOMBIE, weighed, [*signs, *told], missing)


def _object(system: Record, key: str) -> Mapping[str, Any]:
    found = system.get(key)
    return found if isinstance(found, Mapping) else {}


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _months(since: date, today: date) -> float:
    return (today.year - since.year) * 12 + today.month - since.month + (today.day - since.day) / 31


async def decide(
    graph: Graph, system: str, outcome: Outcome, by: str, reason: str, funds: Funds | None, rules: str
) -> FundsDecision:
    """Keep what people decided over the evidence that there is now."""
    by, said = by_text(by), free_text(reason, "reason")
    if said is None:
        raise BadInput("reason: say why, so that the decision can be argued with", argument="reason")
    if outcome is Outcome.UNKNOWN:
        raise BadInput("outcome: decide FUNDS or NO_FUNDS; UNKNOWN decides nothing", argument="outcome")
    await registered(graph, system)
    evidence = {} if funds is None else funds.as_json()
    sequence = 0 if funds is None else funds.sequence
    at = now()

    async def work(transaction: Transaction) -> FundsDecision:
        [row] = await transaction.run(NUMBER, id=system)
        number = (row["number"] or 0) + 1
        id = f"funds:{system}#{number}"
        made = FundsDecision(id, system, number, outcome, said, by, at, sequence, rules, evidence)
        stored = {**asdict(made), "outcome": outcome.value, "evidence": json_text(evidence)}
        await transaction.run(KEEP, id=id, properties=stored)
        return made

    return await graph.write(work)


async def decisions(graph: Graph, ids: Sequence[str]) -> dict[str, list[FundsDecision]]:
    """What was decided on systems, the newest first, by their ids."""
    [row] = await graph.read(DECISIONS, ids=list(dict.fromkeys(ids)))
    found: dict[str, list[FundsDecision]] = {id: [] for id in ids}
    for id, system, number, outcome, reason, by, at, sequence, rules, evidence in row["rows"]:
        said = outcome, reason, by, at, sequence, rules, orjson.loads(evidence)
        found[system].append(FundsDecision(id, system, number, Outcome(said[0]), *said[1:]))
    for listed in found.values():
        listed.sort(key=lambda one: -one.number)
    return found
