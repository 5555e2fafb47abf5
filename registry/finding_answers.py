"""Findings as plain records, in the shape and with the names of GraphQL's `FindingConnection`."""

from typing import Any

from graph.facts import as_text
from graph.finding_lists import FindingList
from graph.found_findings import FindingPlace, FindingRow, FindingThing
from registry.answers import facet_records
from registry.impact_answers import named_row

__all__ = ["finding_record", "findings_record"]

Record = dict[str, Any]


def findings_record(found: FindingList, first: int) -> Record:
    """The first rows, how many there are, and how all of them split up."""
    counts = found.counts()
    facets = {
        "kind": counts.kinds(),
        "severity": counts.severities(),
        "department": counts.departments(),
        "jurisdiction": counts.jurisdictions(),
        "source": counts.sources(),
        "code": counts.codes(),
    }
    return {
        "nodes": [finding_record(found.row(place)) for place in range(min(first, len(found)))],
        "totalCount": len(found),
        "facets": facet_records(facets),
        "asOf": as_text(found.found.as_of),
        "sequence": str(found.found.sequence),  # as GraphQL: a client may lose digits of a number
    }


def finding_record(row: FindingRow) -> Record:
    """One finding."""
    return {
        "id": row.id,
        "kind": row.kind.value,
        "code": row.code,
        "severity": row.severity.value,
        "message": row.message,
        "things": list(map(_thing, row.things)),
        "count": row.count,
        "crosses": row.crosses,
        "department": named_row(row.department),
        "jurisdiction": named_row(row.jurisdiction),
        "since": None if row.since is None else as_text(row.since),
        "sources": row.sources,
        "place": _place(row.place),
        "rule": row.rule,
        "wayOut": row.way_out,
    }


def _thing(one: FindingThing) -> Record:
    return {"id": one.id, "kind": one.kind.name, "name": one.name, "department": named_row(one.department)}


def _place(one: FindingPlace | None) -> Record | None:
    if one is None:
        return None
    return {
        "file": one.file,
        "sheet": one.sheet,
        "row": one.row,
        "column": one.column,
        "value": one.value,
        "done": one.done,
    }
