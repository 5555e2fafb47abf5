"""The facets of a dataset that say what it is: schema, other names, owners, life. Lineage is in its own module."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.datasets import Dataset
from connectors.openlineage_json import LONGEST, WrongEvent, objects, text, text_or
from connectors.openlineage_state import MOST_COLUMNS, Column, Seen

__all__ = ["FACETS", "Described"]

_DEEPEST = 20
"""Levels of nested fields; what is deeper is left out."""
_NOTE = 300
_USER = re.compile(r"(?<=://)[^/@\s]*(?=@)")
_SECRET = re.compile(r"(?<=[?&;])(password|pwd|token|secret)=[^&;\s]*", re.IGNORECASE)

# After these the columns that are told are all that there are.
_ANEW = frozenset({"ALTER", "CREATE", "OVERWRITE"})


@dataclass(slots=True)
class Described:
    """What the facets of a dataset say of it, at an instant."""

    at: int
    columns: dict[str, Column] = field(default_factory=dict)
    names: set[Dataset] = field(default_factory=set)
    notes: set[str] = field(default_factory=set)
    former: set[Dataset] = field(default_factory=set)
    life: str = ""

    @property
    def dropped(self) -> bool:
        """Whether the dataset is no more."""
        return self.life == "DROP"

    def fill(self, seen: Seen, *, alone: bool) -> None:
        """Lay this beside what was said.

        Columns are all that there are where the event is about the dataset `alone`, or tells that it was made anew;
        else a job may have told only those that it uses.
        """
        seen.names |= self.names
        seen.notes |= self.notes
        if self.dropped:
            seen.cleared = max(seen.cleared, self.at + 1)
            return
        if self.columns and (alone or self.life in _ANEW):
            seen.cleared = max(seen.cleared, self.at)
        for name, column in self.columns.items():
            seen.see(name, self.at, column)


def _schema(facet: Mapping[str, Any], path: str, to: Described) -> None:
    """Fields, nested ones as `a.b`; the shallow ones first."""
    wrong: list[WrongEvent] = []
    level: list[tuple[str, str, Mapping[str, Any]]] = [("", path, facet)]
    for _ in range(_DEEPEST):
        level = [inner for prefix, where, holder in level for inner in _fields(holder, where, prefix, to, wrong)]
    if level:
        wrong.append(WrongEvent(level[0][1], f"is nested deeper than {_DEEPEST} levels; the rest was left out"))
    if wrong:
        raise wrong[0]


def _fields(
    holder: Mapping[str, Any], path: str, prefix: str, to: Described, wrong: list[WrongEvent]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Take the fields of one level; those that hold others, as prefix, path and field."""
    try:
        for where, one in objects(holder, "fields", path):
            name = prefix + text(one, "name", where)
            if len(name) > LONGEST:
                raise WrongEvent(where, f"has a name of more than {LONGEST:,} characters with what it is nested in")
            if len(to.columns) >= MOST_COLUMNS:
                raise WrongEvent(path, f"has more than {MOST_COLUMNS:,} fields; the rest was left out")
            said = text_or(one, "type", longest=200), len(to.columns), text_or(one, "description").strip()
            to.columns.setdefault(name, Column(to.at, *said))
            if one.get("fields"):
                yield name + ".", where, one
    except WrongEvent as error:
        wrong.append(error)


def _symlinks(facet: Mapping[str, Any], path: str, to: Described) -> None:
    for where, one in objects(facet, "identifiers", path):
        to.names.add(Dataset(text(one, "namespace", where), text(one, "name", where)))


def _ownership(facet: Mapping[str, Any], path: str, to: Described) -> None:
    for where, one in objects(facet, "owners", path):
        kind = text_or(one, "type")
        to.notes.add(_note("owner", text(one, "name", where) + (f" ({kind})" if kind else "")))


def _documentation(facet: Mapping[str, Any], path: str, to: Described) -> None:
    to.notes.add(_note("documentation", text(facet, "description", path, 1_000_000)))


def _source(facet: Mapping[str, Any], path: str, to: Described) -> None:
    said = " ".join(dict.fromkeys(filter(None, (text_or(facet, "name"), text_or(facet, "uri")))))
    if said:
        to.notes.add(_note("data source", said))


def _storage(facet: Mapping[str, Any], path: str, to: Described) -> None:
    said = "/".join(filter(None, (text_or(facet, "storageLayer"), text_or(facet, "fileFormat"))))
    if said:
        to.notes.add(_note("storage", said))


def _life(facet: Mapping[str, Any], path: str, to: Described) -> None:
    to.life = text(facet, "lifecycleStateChange", path).upper()
    former = facet.get("previousIdentifier")
    if to.life == "RENAME" and isinstance(former, dict):
        where = f"{path}.previousIdentifier"
        to.former.add(Dataset(text(former, "namespace", where), text(former, "name", where)))


def _note(what: str, said: str) -> str:
    said = " ".join(_SECRET.sub(r"\1=…", _USER.sub("…", said[: 10 * _NOTE])).split())
    return f"{what}: {said if len(said) <= _NOTE else said[: _NOTE - 1] + '…'}"


FACETS: Mapping[str, Callable[[Mapping[str, Any], str, Described], None]] = {
    "schema": _schema,
    "symlinks": _symlinks,
    "ownership": _ownership,
    "documentation": _documentation,
    "dataSource": _source,
    "storage": _storage,
    "lifecycleStateChange": _life,
}
"""How each is read. A facet that is wrong raises WrongEvent; what was read of it before counts."""
