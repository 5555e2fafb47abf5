"""What comes of a filing in the graph: approval makes the system as PLANNED, building makes it what was filed.

The filing is the source of these facts, so their history says why they are so. All of it is written in the
transaction in which the filing goes on.
"""

from collections.abc import Mapping
from datetime import tzinfo
from hashlib import sha256
from typing import Any

from graph.changes import Turn
from graph.engine import Transaction
from graph.facts import Kind, Thing, name_key
from graph.filing_content import Content, stated_values
from graph.filing_records import Filing
from graph.filing_states import FilingKind
from graph.identity import WITHIN
from graph.plan import Plan
from graph.refusals import Taken
from graph.writes import finish, plan_things

__all__ = ["build", "make_planned"]

STORED = """
MATCH (s:System {id: $id})
RETURN s.status AS status, s.unregistered AS unregistered, s.closed AS closed
"""

_LONGEST = 300


async def make_planned(
    transaction: Transaction, turn: Turn, filing: Filing, content: Content, zone: tzinfo
) -> tuple[str, int | None]:
    """State the proposed system as PLANNED; its id, and the change of the graph. Raises Taken where it is there."""
    values = {name: value for name, value in stated_values(content.values, zone).items() if value is not None}
    id = await _identity(transaction, values)
    thing = Thing(
        Kind.SYSTEM, id, {**values, "status": "PLANNED"}, source=filing.id, extra=content.extra, given_id=False
    )
    return id, await _state(transaction, turn, thing)


async def build(
    transaction: Transaction, turn: Turn, filing: Filing, content: Content, day: str, zone: tzinfo
) -> int | None:
    """State what was filed as done on a day; the change of the graph. Raises Taken where the system is gone."""
    id = filing.system or ""
    rows = await transaction.run(STORED, id=id)
    if not rows or rows[0]["unregistered"] or rows[0]["closed"]:
        raise Taken(f"id: {id} is not registered any more, so nothing can be said of it", argument="id", ids=[id])
    values = stated_values(content.values, zone)
    extra: Mapping[str, Any] = content.extra
    if filing.kind is FilingKind.PROPOSE:
        values, extra = {"status": "LIVE", "in_use_since": values.get("in_use_since") or day}, {}
    elif filing.kind is FilingKind.RETIRE:
        values |= {"status": "RETIRED", "retired_on": values.get("retired_on") or day}
    return await _state(transaction, turn, Thing(Kind.SYSTEM, id, values, source=filing.id, extra=extra))


async def _identity(transaction: Transaction, values: Mapping[str, Any]) -> str:
    """The id of the system: that of the department's planned one of this name, else one that is built of both.

    Raises Taken where the department has such a system already.
    """
    department, name = values["department"], " ".join(values["name"].split())
    [row] = await transaction.run(WITHIN[Kind.SYSTEM], ids=[department])
    built = system_id(department, name)
    same = [id for id, _, _, *names in row["found"] if name_key(name) in _keys(names)]
    for id in dict.fromkeys([*sorted(same), built]):
        stored = await transaction.run(STORED, id=id)
        if not stored or stored[0]["unregistered"] or stored[0]["closed"]:
            continue
        if stored[0]["status"] != "PLANNED":
            raise Taken(
                f"id: {department} has a system of this name already: {id}. File a change of that one, or propose it "
                "under another name",
                argument="id",
                ids=[id],
            )
        return str(id)
    return built


def _keys(names: list[Any]) -> set[str]:
    name, _, aliases = names
    return {name_key(one) for one in (name, *(aliases or ())) if one}


def system_id(department: str, name: str) -> str:
    """The id of a department's system; one that is too long ends in a hash of the whole."""
    id = f"system:{department.partition(':')[2] or department}/{name}"
    if len(id) <= _LONGEST:
        return id
    mark = sha256(id.encode()).hexdigest()[:16]
    return f"{id[: _LONGEST - len(mark) - 1]}~{mark}"


async def _state(transaction: Transaction, turn: Turn, thing: Thing) -> int | None:
    plan = Plan(turn)
    touched = await plan_things(transaction, plan, Kind.SYSTEM, [thing])
    if plan.written.findings:
        told = plan.written.findings[0]
        raise Taken(f"id: {told.message}; edit the filing, or correct what is registered", argument="id")
    await plan.run(transaction)
    written = await finish(transaction, plan, Kind.SYSTEM.value, touched, {thing.source or ""})
    return written.sequence
