"""Filings as plain records, with the names of GraphQL's `Filing`, `FiledSystem` and `RunningFunds`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from graph.facts import as_text
from graph.filing_records import Body, Event, Filing
from graph.filing_scope import ScopeRow
from graph.running_funds import Funds, FundsDecision
from graph.solutions import Solution

__all__ = [
    "decision_record",
    "event_record",
    "filing_record",
    "funds_record",
    "scope_record",
    "solution_record",
]

Record = dict[str, Any]


def _time(instant: int | None) -> str | None:
    return None if instant is None else as_text(instant)


def _number(sequence: int | None) -> str | None:
    return None if sequence is None else str(sequence)  # as GraphQL: a client may lose digits of a number


def filing_record(one: Filing, possible: Sequence[str]) -> Record:
    """A filing as it stands."""
    return {
        "id": one.id,
        "kind": one.kind.value,
        "state": one.state.value,
        "version": one.version,
        "name": one.name,
        "by": one.by,
        "draftedAt": as_text(one.at),
        "changedAt": as_text(one.changed),
        "receivedAt": _time(one.received),
        "system": one.system,
        "department": one.department,
        "solution": one.solution,
        "content": dict(one.content),
        "warnings": [dict(each) for each in one.warnings],
        "rules": one.rules,
        "rulesVersion": one.rules_version,
        "decideBy": one.decide_by,
        "due": one.due,
        "dueUnknown": one.unknown,
        "verdict": one.verdict,
        "candidates": [asdict(each) for each in one.candidates],
        "undecided": one.undecided,
        "decisions": [
            {**asdict(each), "decided": each.decided.value, "at": as_text(each.at)} for each in one.decisions
        ],
        "bodies": list(map(_body, one.bodies)),
        "without": one.without,
        "possible": list(possible),
        "sequence": _number(one.sequence),
    }


def _body(one: Body) -> Record:
    return {
        "name": one.name,
        "department": one.department,
        "workingDays": one.days,
        "due": one.due,
        "dueUnknown": one.unknown,
        "opinion": one.opinion and one.opinion.value,
        "reason": one.reason,
        "by": one.by,
        "at": _time(one.at),
    }


def event_record(one: Event, report: str | None) -> Record:
    """One thing that happened to a filing; of a check with its report."""
    return {
        "number": one.number,
        "at": as_text(one.at),
        "by": one.by,
        "act": one.act,
        "before": one.before and one.before.value,
        "after": one.after.value,
        "reason": one.reason,
        "due": one.due,
        "dueUnknown": one.unknown,
        "rules": one.rules,
        "detail": dict(one.detail),
        "sequence": _number(one.sequence),
        "verdict": one.verdict,
        "report": None if report is None else orjson.loads(report),
    }


def scope_record(row: ScopeRow, names: Mapping[str, str], funds: Funds, decisions: Sequence[FundsDecision]) -> Record:
    """A system of the full-scope list."""
    department = row.department and {"id": row.department, "name": names.get(row.department, row.department)}
    filing = row.filing and {"id": row.filing, "state": row.state, "verdict": row.verdict}
    return {
        "system": {"id": row.id, "name": row.name, "status": row.status},
        "department": department,
        "filed": row.filed,
        "filing": filing,
        "funds": funds_record(funds),
        "fundsDecisions": list(map(decision_record, decisions)),
    }


def funds_record(one: Funds) -> Record:
    """What follows for the running funds of a system."""
    grounds = [{**asdict(each), "kind": each.kind.value, "weighed": each.weighed.value} for each in one.grounds]
    return {"outcome": one.outcome.value, "grounds": grounds, "sequence": _number(one.sequence)}


def decision_record(one: FundsDecision) -> Record:
    """What was decided on them."""
    told = {name: getattr(one, name) for name in ("number", "reason", "by", "rules")}
    when = {"outcome": one.outcome.value, "at": as_text(one.at), "sequence": _number(one.sequence)}
    return {**told, **when, "evidence": dict(one.evidence)}


def solution_record(one: Solution, at: int) -> Record:
    """A standard solution, and whether it may be used at an instant."""
    told = {name: getattr(one, name) for name in ("id", "title", "system", "by", "reason")}
    times = {"at": as_text(one.at), "since": as_text(one.since), "until": _time(one.until)}
    return {**told, **times, "endedBy": one.ended_by, "inForce": one.in_force(at)}
