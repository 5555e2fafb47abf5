"""A department's entries: its systems, resources and their fields, and the agreements it gives and receives."""

from collections.abc import Mapping
from dataclasses import dataclass

from graph.engine import Graph
from graph.facts import Kind
from graph.lists import Lister, Listing
from graph.paging import Page
from graph.refusals import NotFound, TooCostly
from graph.things import Record, by_ids

__all__ = ["KINDS", "Entries", "all_of", "entries_of"]

KINDS = (Kind.SYSTEM, Kind.RESOURCE, Kind.FIELD, Kind.AGREEMENT)
_PAGE = 5_000
MOST = 200_000
"""Entries of one kind: a sheet has a million rows, and each entry stands in it twice."""


@dataclass(frozen=True, slots=True)
class Entries:
    """The department, and its entries by kind: systems, resources and agreements by id, fields in their resources."""

    department: Record
    by_kind: Mapping[Kind, list[Record]]


async def entries_of(graph: Graph, department: str) -> Entries:
    """All entries of a department that somebody states. Raises NotFound, TooCostly."""
    found = await by_ids(graph, Kind.DEPARTMENT, [department])
    record = found.get(department)
    if record is None or record.get("closed") is not None:
        raise NotFound(f"there is no department {department}")
    by_kind = {kind: await all_of(graph, kind, departments=[department]) for kind in KINDS}
    last = 2**62
    by_kind[Kind.FIELD].sort(
        key=lambda field: (field.get("resource") or "", field.get("position") or last, field["id"])
    )
    return Entries(record, by_kind)


async def all_of(graph: Graph, kind: Kind, *, departments: list[str] | None = None) -> list[Record]:
    """All things of a kind that somebody states, those of `departments` if given, by id. Raises TooCostly."""
    lister = Lister(graph, Listing(kind, {"departments": departments} if departments is not None else {}))
    found: list[Record] = []
    page = Page(_PAGE)
    while True:
        rows = await lister.page(page, _PAGE)
        found += [row.record for row in rows]
        if len(found) > MOST:
            raise TooCostly(f"there are over {MOST:,} {kind.value}s")
        if len(rows) < _PAGE:
            return found
        page = Page(_PAGE, after=rows[-1].position)
