"""What a dry run would do, thing by thing: which property would have which value in place of which."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.table import Table
from rich.text import Text

from graph.differing import Difference
from graph.facts import Kind
from graph.plan import Altered

__all__ = ["MOST", "Alterations", "as_records", "as_table"]

MOST = 1_000
"""Things that are listed; more are counted."""
_SHOWN = 50
"""Rows that the screen lists."""
_WIDE = 60
_ADDED = "added"
_CHANGED = "changed"
_WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class _Listed:
    act: str
    kind: str
    id: str
    name: str | None
    differences: Sequence[Difference] = ()


@dataclass(slots=True)
class Alterations:
    """The things that a dry run would add, change and withdraw: the first MOST of them, and how many there are."""

    listed: list[_Listed] = field(default_factory=list)
    count: int = 0

    def note(self, altered: Sequence[Altered], *, again: bool = False) -> None:
        """Take what a batch would do; `again`: the first statement about each was seen before, but not written."""
        for one in altered:
            act = _ADDED if one.added and not again else _CHANGED
            self._take(_Listed(act, one.kind.value, one.id, one.name, one.differences))

    def withdrawn(self, kind: Kind, id: str, name: str | None) -> None:
        """Note a thing that would be stated no more."""
        self._take(_Listed(_WITHDRAWN, kind.value, id, name))

    @property
    def full(self) -> bool:
        """Whether more would only be counted."""
        return len(self.listed) >= MOST

    def _take(self, one: _Listed) -> None:
        self.count += 1
        if not self.full:
            self.listed.append(one)


def as_records(changes: Alterations) -> dict[str, Any]:
    """The listing for `--format json` and reports."""
    return {
        "count": changes.count,
        "listed": len(changes.listed),
        "things": [
            {
                "act": one.act,
                "kind": one.kind,
                "id": one.id,
                "name": one.name,
                "properties": [asdict(difference) for difference in one.differences],
            }
            for one in changes.listed
        ],
    }


def as_table(changes: Alterations) -> Table:
    """The listing for a terminal: a row for each property that changes, one for each thing added or withdrawn."""
    table = Table(title="Changes", title_justify="left", title_style="bold")
    for column in ("act", "kind", "id", "property", "before", "after"):
        table.add_column(column, overflow="fold")
    rows = [row for one in changes.listed for row in _rows(one)]
    for row in rows[:_SHOWN]:
        table.add_row(*map(Text, row))
    left = changes.count - len({row[2] for row in rows[:_SHOWN]})
    if left > 0:
        table.add_row("", "", Text(f"{left:,} more things"), "", "", "see --format json or --report")
    return table


def _rows(one: _Listed) -> list[tuple[str, ...]]:
    head = (one.act, one.kind, one.id)
    if one.act != _CHANGED:
        return [
            (*head, "", one.name or "" if one.act == _WITHDRAWN else "", one.name or "" if one.act == _ADDED else "")
        ]
    if not one.differences:
        return [(*head, "", "", "only who states it")]
    return [(*head, each.name, _short(each.before), _short(each.after)) for each in one.differences]


def _short(value: Any) -> str:
    if value is None:
        return "–"
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= _WIDE else text[:_WIDE] + "…"
