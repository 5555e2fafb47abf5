"""Suggestions, decisions and conflicts about data elements as plain records, with the names of GraphQL.

Things are given by id and name.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from graph.bindings import Decided
from graph.decisions import Act, Decision
from graph.element_matching import Suggestion
from graph.facts import as_text
from graph.found_conflicts import ConflictList, ConflictRow
from registry.answers import facet_records
from registry.impact_answers import named_row

__all__ = ["conflicts_record", "decided_record", "decision_record", "match_record"]

Record = dict[str, Any]

MOST_FIELDS = 20
"""Fields and departments of one conflict that are told; `totalCount` says how many there are."""


def match_record(name: str, candidates: Sequence[Suggestion], names: Mapping[str, str]) -> Record:
    """A name, and the elements that it may stand for; `names` are theirs by id."""
    return {
        "name": name,
        "candidates": [
            {
                "score": one.score,
                "element": {"id": one.element_id, "name": names[one.element_id]},
                "reason": one.reason,
            }
            for one in candidates
        ],
    }


def decided_record(done: Decided) -> Record:
    """What a call decided."""
    return {
        "decisions": list(map(decision_record, done.decisions)),
        "unchanged": done.unchanged,
        "sequence": str(done.sequence),  # as GraphQL: a client may lose digits of a number
    }


def decision_record(one: Decision) -> Record:
    """One decision."""
    is_source = one.act in (Act.SOURCE_SET, Act.SOURCE_TAKEN_BACK)
    value = None if one.value is None else {"id": one.value}
    return {
        "id": one.id,
        "act": one.act.value,
        "field": None if is_source else {"id": one.about},
        "element": {"id": one.about} if is_source else value,
        "department": value if is_source else None,
        "by": one.by,
        "at": as_text(one.at),
        "reason": one.reason,
        "sequence": str(one.sequence),
    }


def conflicts_record(found: ConflictList, first: int) -> Record:
    """The first conflicts, how many there are, and how all of them split up."""
    facets = {"kind": found.kinds(), "severity": found.severities(), "department": found.departments()}
    return {
        "nodes": [_conflict(found.row(place)) for place in range(min(first, len(found)))],
        "totalCount": len(found),
        "facets": facet_records(facets),
        "asOf": as_text(found.found.as_of),
        "sequence": str(found.found.sequence),
    }


def _conflict(row: ConflictRow) -> Record:
    departments = row.departments()
    return {
        "id": row.id,
        "kind": row.kind.value,
        "severity": row.severity.value,
        "message": row.message,
        "element": named_row(row.element),
        "source": named_row(row.source),
        "departments": {
            "nodes": [
                {
                    "department": named_row(one.department),
                    "fields": one.fields,
                    "updateCycle": one.update_cycle,
                    "isSource": one.is_source,
                }
                for one in departments[:MOST_FIELDS]
            ],
            "totalCount": len(departments),
        },
        "fields": {
            "nodes": [_field(row, place) for place in range(min(row.count, MOST_FIELDS))],
            "totalCount": row.count,
        },
        "rule": row.rule,
        "wayOut": row.way_out,
    }


def _field(row: ConflictRow, place: int) -> Record:
    one = row.field(place)
    return {
        "id": one.id,
        "name": one.name,
        "resource": named_row(one.resource),
        "department": named_row(one.department),
        "dataType": one.data_type,
        "length": one.length,
        "updateCycle": one.update_cycle,
        "original": one.original,
    }
