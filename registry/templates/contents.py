"""What stands in a workbook to fill in: sheets and columns, lists to choose from, a department's entries."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from connectors.table_targets import Target, targets
from graph.changes import position
from graph.engine import Graph
from graph.entries import KINDS, all_of, entries_of
from graph.facts import Kind
from graph.refusals import TooCostly
from graph.statements import PERSON
from graph.things import Record
from registry.templates.shown import shown

__all__ = ["SHEETS", "Contents", "Entry", "Page", "blank", "of_department"]

SHEETS: Mapping[str, str] = {
    "department": "部门",
    "system": "信息系统",
    "resource": "信息资源",
    "field": "信息项",
    "element": "数据元",
    "agreement": "共享协议",
    "feeds": "数据流向",
    "reads": "系统读取",
}
"""The sheets, by what their rows are about."""

MOST_LISTED = 10_000
"""Things that a list offers; what is not on it is written by hand."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row: the id and sources of a thing that is registered, and its texts in the order of the columns."""

    id: str
    sources: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet."""

    kind: str
    name: str
    columns: tuple[Target, ...]
    entries: Sequence[Entry] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """A whole workbook. `lists`: what can be chosen of a kind, as label and id; `about`: what it was made for."""

    pages: Sequence[Page]
    lists: Mapping[Kind, Sequence[tuple[str, str]]] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many entries it has."""
        return sum(len(page.entries) for page in self.pages)


def _columns(kind: str) -> tuple[Target, ...]:
    return tuple(target for target in targets().values() if target.kind == kind and target.shown)


async def blank(kinds: Sequence[str], graph: Graph | None) -> Contents:
    """A workbook with examples; with a graph it offers the departments and systems that are registered."""
    pages = [Page(kind, SHEETS[kind], _columns(kind)) for kind in kinds]
    lists = {}
    if graph is not None:
        for kind in (Kind.DEPARTMENT, Kind.SYSTEM):
            lists[kind] = await _choices(graph, kind)
    return Contents(pages, lists, {"kinds": list(kinds)})


async def of_department(graph: Graph, department: str, kinds: Sequence[str], zone: tzinfo) -> Contents:
    """A workbook with a department's entries. Raises NotFound, TooCostly."""
    before = (await position(graph)).sequence
    entries = await entries_of(graph, department)
    lists = {Kind.DEPARTMENT: await _choices(graph, Kind.DEPARTMENT)}
    for kind in (Kind.SYSTEM, Kind.RESOURCE):
        lists[kind] = _labelled(entries.by_kind[kind])
    labels = {(kind, id): label for kind, pairs in lists.items() for label, id in pairs}
    pages = []
    for kind in KINDS:
        if kind.value in kinds:
            columns = _columns(kind.value)
            rows = [_entry(record, columns, labels, zone) for record in entries.by_kind[kind]]
            pages.append(Page(kind.value, SHEETS[kind.value], columns, rows))
    about = {"department": department, "jurisdiction": entries.department.get("jurisdiction"), "sequence": before}
    return Contents(pages, lists, about)


def _entry(record: Record, columns: Sequence[Target], labels: Mapping[tuple[Kind, str], str], zone: tzinfo) -> Entry:
    sources = sorted(record.get("sources") or (), key=lambda source: source.startswith(PERSON))
    return Entry(record["id"], tuple(sources), tuple(shown(column, record, labels, zone) for column in columns))


async def _choices(graph: Graph, kind: Kind) -> list[tuple[str, str]]:
    try:
        return _labelled(await all_of(graph, kind))[:MOST_LISTED]
    except TooCostly:
        return []


def _labelled(records: Sequence[Record]) -> list[tuple[str, str]]:
    """Label and id of things: the name, or where several have it, or it looks like no name, the id."""
    names = Counter(record["name"].strip() for record in records)
    pairs = []
    for record in records:
        name = record["name"].strip()
        plain = names[name] == 1 and name == record["name"] and "\n" not in name and len(name) <= 200
        pairs.append((name if plain else record["id"], record["id"]))
    return sorted(pairs)
