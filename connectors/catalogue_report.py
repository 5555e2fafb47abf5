"""Collects the findings of one workbook, each once, and answers them in the order of the workbook."""

from collections.abc import Sequence

from connectors.catalogue_findings import finding
from connectors.catalogue_layouts import Table
from graph.facts import Finding, Place


class Report:
    """Findings by place; the same finding at the same place is told once."""

    def __init__(self, file: str, sheets: Sequence[str]) -> None:
        self.file = file
        self._order = {sheet: at for at, sheet in enumerate(sheets)}
        self._letters: dict[tuple[int, str], str] = {}
        self._found: dict[tuple[str, Place, str | None], Finding] = {}

    def place(self, table: Table, row: int | None, column: str = "") -> Place:
        """A place in the workbook; `column` is the layout's word for it."""
        shown = self._letters.get((id(table), column)) if column else ""
        if shown is None:
            shown = self._letters[id(table), column] = table.letter(column)
        return Place(self.file, table.sheet.name, row, shown)

    def add(
        self,
        code: str,
        place: Place,
        message: str,
        done: str,
        value: str | None = None,
        ids: tuple[str, ...] = (),
    ) -> None:
        self._found.setdefault((code, place, value), finding(code, place, message, done, value, ids))

    def findings(self) -> list[Finding]:
        """All findings by sheet, row and column."""
        return sorted(
            self._found.values(),
            key=lambda found: (
                self._order.get(found.place.sheet, -1),
                found.place.row or 0,
                found.place.column,
                found.code,
            ),
        )
