"""A duplicate check as a plain record, in the shape of GraphQL's `DuplicateReport`: for the API and for commands."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from graph.facts import Kind, as_instant
from graph.matching.proposals import Body, Existing, Match, Named, Report, Request, Shareable, Signal

__all__ = ["report_record"]

Record = dict[str, Any]


def report_record(report: Report) -> Record:
    """A report as a source of its type."""
    return {
        "verdict": report.verdict.value,
        "asks": [part.upper() for part in report.asks],
        "unknown": list(report.unknown),
        "candidates": list(map(_candidate, report.candidates)),
        "levels": [{"level": level, "candidates": list(ids)} for level, ids in report.levels.items()],
        "shareable": list(map(_shareable, report.shareable)),
        "requests": list(map(_request, report.requests)),
        "rules": report.rules,
        "sequence": report.sequence,
        "at": as_instant(report.at, UTC),
        "report": report,
    }


def _candidate(one: Match) -> Record:
    return {
        "id": one.id,
        "kind": Kind(one.kind),
        "name": one.name,
        "score": one.score,
        "over": one.over and one.over.value,
        "compared": one.compared,
        "department": _container(one.department),
        "level": one.level,
        "text": one.text,
        "signals": list(map(_signal, one.signals)),
        "system_id": one.id if one.kind == Kind.SYSTEM else None,
        "resource_id": one.id if one.kind == Kind.RESOURCE else None,
    }


def _signal(one: Signal) -> Record:
    said: Mapping[str, Any] = one.evidence
    pairs = list(said.get("pairs", ()))
    if one.kind == "NAME":
        pairs = [{"proposed": said["proposed"], "existing": said["existing"], "likeness": one.score}]
    things = [*said.get("elements", ()), *said.get("resources", ())]
    things += [said["department"]] if "department" in said else []
    told = {"kind": one.kind, "score": one.score, "text": one.text, "evidence": said}
    return {**told, "words": list(said.get("words", ())), "pairs": pairs, "things": things}


def _shareable(one: Shareable) -> Record:
    exists = [_existing(field, how) for field, how in zip(one.exists, one.how, strict=True)]
    told = {"resource": one.resource, "field": one.field, "exists": exists, "more": one.more}
    return {**told, "levels": list(one.levels)}


def _existing(one: Existing, how: str) -> Record:
    return {
        "id": one.id,
        "name": one.name,
        "met_by": how,
        "resource": _container(one.resource),
        "provider": _container(one.provider),
        "level": one.provider and one.provider.level,
        "share_type": one.share_type,
        "update_cycle": one.update_cycle,
        "element": _container(one.element),
    }


def _request(one: Request) -> Record:
    told = {name: getattr(one, name) for name in ("way", "share_type", "share_condition", "method", "text")}
    named = {"provider": _container(one.provider), "resource": _container(one.resource)}
    return {**told, **named, "fields": list(one.fields), "proposed": list(one.proposed)}


def _container(one: Named | Body | None) -> Record | None:
    return None if one is None else {"id": one.id, "name": one.name}
