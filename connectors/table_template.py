"""Reads workbooks that `registry template` made: what was edited in them, and which rows are no longer there.

The workbook says of itself what it is, in sheets that are not shown:

    _registry   the mark, and what it was made for
    _lists      how departments, systems and resources are shown, and their ids
    _exported   of each entry: kind, id, whose statements it is, and a mark for each cell as it was written

A cell that is as it was written says nothing; one that was changed says its new value; one that was emptied clears
the old one. So what others changed meanwhile in other cells stays.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from connectors.catalogue_layouts import Layout, Table
from connectors.catalogue_workbook import Cell, Sheet
from connectors.normalise import text_of, unguarded
from connectors.protocol import Removed
from connectors.table_findings import TableReport
from connectors.table_mapping import Column, TableMapping
from connectors.table_rows import Said
from connectors.table_targets import wrong_target
from graph.facts import Kind, Place, is_id

__all__ = [
    "EXAMPLE",
    "EXPORTED",
    "LISTS",
    "MARK",
    "MARKER",
    "Exported",
    "Template",
    "cell_mark",
    "is_template",
]

MARKER, LISTS, EXPORTED = "_registry", "_lists", "_exported"
MARK = "registry-template 1"
EXAMPLE = "示例 example"
"""What stands in the first cell of a row that only shows how one looks."""
_HEAD_WITHIN = 5


def cell_mark(text: str) -> str:
    """What tells whether a cell was edited: a short hash of its text without white space around it."""
    plain = "\n".join(line.strip() for line in unguarded(text.strip()).splitlines())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:12] if plain else ""


@dataclass(frozen=True, slots=True)
class Exported:
    """An entry as it was written: whose statements it is, the one that counts last, and the marks of its cells."""

    sources: tuple[str, ...]
    marks: Mapping[str, str]


def is_template(sheets: Sequence[Sheet]) -> bool:
    """Whether a workbook says that `registry template` made it."""
    marker = next((sheet for sheet in sheets if sheet.name == MARKER), None)
    return marker is not None and bool(marker.rows) and text_of(_first(marker.rows[0][1])) == MARK


def _first(cells: Sequence[Cell]) -> Cell:
    return cells[0] if cells else None


@dataclass(slots=True)
class Template:
    """What a workbook that we made says of itself."""

    tables: list[tuple[str, TableMapping, Table]] = field(default_factory=list)
    labels: dict[tuple[Kind, str], str] = field(default_factory=dict)
    exported: dict[tuple[str, str], Exported] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    department: str | None = None
    jurisdiction: str | None = None
    """What it was made for: the department whose new rows are, and where departments that are only named are."""

    @classmethod
    def of(cls, sheets: Sequence[Sheet]) -> "Template":
        """Read the sheets. What is damaged in those that are not shown counts as not there."""
        template = cls()
        for sheet in sheets:
            if sheet.name == LISTS:
                template.labels = _labels(sheet)
            elif sheet.name == EXPORTED:
                template.exported = _exported(sheet)
            elif sheet.name == MARKER:
                template._take_about(sheet)
            else:
                found = _table(sheet)
                if found is not None:
                    template.tables.append(found)
        return template

    def _take_about(self, sheet: Sheet) -> None:
        about = _json(text_of(_first(sheet.rows[1][1]))) if len(sheet.rows) > 1 else None
        said = about if isinstance(about, dict) else {}
        known = {name: said[name] for name in ("department", "jurisdiction") if is_id(said.get(name))}
        self.department, self.jurisdiction = known.get("department"), known.get("jurisdiction")

    def rows(
        self, kind: str, mapping: TableMapping, rows: Iterator[Said], report: TableReport, sheet: str
    ) -> Iterator[Said]:
        """The rows of a sheet that say something: new ones whole, exported ones as far as they were edited.

        One that was not edited has its id alone, and is its source's statement.
        """
        at = {column.to[0]: number for number, column in enumerate(mapping.columns)}
        own = at.get(f"{kind}.id")
        for row in rows:
            place = Place(report.file, sheet, row.number)
            id = row.cells.get(own, "") if own is not None else ""
            if any(text == EXAMPLE for text in row.cells.values()):
                report.add("EXAMPLE_LEFT_OUT", place, "it is the template's example", "it was left out")
                continue
            if id and (kind, id) in self.seen:
                report.add("ID_TWICE", place, "an earlier row has the same id", "the row is not taken", id, (id,))
                continue
            known = self.exported.get((kind, id)) if id else None
            if id:
                self.seen.add((kind, id))
            if known is None:
                if id and self.exported:
                    report.add(
                        "ROW_UNKNOWN", place, "the workbook was not made with this id", "taken as new", id, (id,)
                    )
                yield row
                continue
            yield _edited(row, known, at, own)

    def removed(self, file: str) -> list[Removed]:
        """The entries that are no longer there, but for those of sheets that are gone as a whole."""
        sheets = {kind: table.sheet.name for kind, _, table in self.tables}
        return [
            Removed(Kind(kind), id, entry.sources, Place(file, sheets[kind]))
            for (kind, id), entry in self.exported.items()
            if kind in sheets and (kind, id) not in self.seen
        ]

    def held(self) -> Counter[str]:
        """How many entries of each source the workbook was made with."""
        return Counter(source for entry in self.exported.values() for source in entry.sources)


def _edited(row: Said, known: Exported, at: Mapping[str, int], own: int | None) -> Said:
    """What was edited of an exported row."""
    kept: dict[int, str] = {}
    cleared: list[str] = []
    for path, number in at.items():
        text = row.cells.get(number, "")
        if number == own or cell_mark(text) == known.marks.get(path, ""):
            continue
        if text:
            kept[number] = text
        else:
            cleared.append(path)
    source = known.sources[-1] if known.sources else None
    if own is not None:
        kept[own] = row.cells[own]
    return replace(row, cells=kept, others={}, edited=True, cleared=tuple(cleared), source=source)


def _labels(sheet: Sheet) -> dict[tuple[Kind, str], str]:
    """Ids by how things are shown: columns in pairs, headed by `kind` and `kind id`."""
    rows = [cells for _, cells in sheet.rows]
    head = [text_of(cell) for cell in rows[0]] if rows else []
    pairs = [(place, Kind(text)) for place, text in enumerate(head) if text in Kind._value2member_map_]
    found: dict[tuple[Kind, str], str] = {}
    for cells in rows[1:]:
        for place, kind in pairs:
            if place + 1 < len(cells) and (label := text_of(cells[place])):
                found[kind, label] = text_of(cells[place + 1])
    return found


def _exported(sheet: Sheet) -> dict[tuple[str, str], Exported]:
    found = {}
    for _, cells in sheet.rows:
        texts = [text_of(cell) for cell in cells]
        sources, marks = (_json(text) for text in (texts[2:4] if len(texts) >= 4 else ("", "")))
        if isinstance(sources, list) and isinstance(marks, dict) and texts[0] in Kind._value2member_map_:
            found[texts[0], texts[1]] = Exported(tuple(map(str, sources)), marks)
    return found


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _table(sheet: Sheet) -> tuple[str, TableMapping, Table] | None:
    """The table of a sheet whose second row of headers names what its columns are."""
    for at, (number, cells) in enumerate(sheet.rows[:_HEAD_WITHIN]):
        paths = {place: text_of(cell) for place, cell in enumerate(cells)}
        paths = {place: path for place, path in paths.items() if "." in path and wrong_target(path) is None}
        kinds = {path.partition(".")[0] for path in paths.values()}
        if len(paths) < 2 or len(kinds) != 1:
            continue
        above = sheet.rows[at - 1][1] if at else ()
        shown = {place: text_of(above[place]) if place < len(above) else path for place, path in paths.items()}
        once = dict(reversed([(path, place) for place, path in paths.items()]))
        columns = [Column(header=(shown[place] or path, path), to=(path,)) for path, place in once.items()]
        kind = kinds.pop()
        mapping = TableMapping(columns=tuple(columns))
        places = {place: str(number) for number, (path, place) in enumerate(once.items())}
        headers = {place: shown[place] or path for place, path in paths.items()}
        layout = Layout(kind, sheet.name, {}, (), frozenset())
        return kind, mapping, Table(sheet, layout, number + 1, places, headers)
    return None
