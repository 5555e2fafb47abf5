"""The schema of an SQLite file, which is in this process: one question for all tables, or for each if one is broken."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.database_errors import DAMAGED
from connectors.database_model import Column, ForeignKey, Routine, Schema, Table, Unread
from connectors.database_session import NotRead, Session
from connectors.database_types import length_of

__all__ = ["SQLite"]

VERSION = "SELECT sqlite_version()"

COUNT = """
SELECT type, count(*) FROM sqlite_schema
WHERE name NOT IN (SELECT l.name FROM pragma_table_list l WHERE l.type = 'shadow')
  AND type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
GROUP BY type
"""

TABLES = """
SELECT name, type, sql FROM sqlite_schema
WHERE name NOT IN (SELECT l.name FROM pragma_table_list l WHERE l.type = 'shadow')
  AND type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
ORDER BY name
"""

COLUMNS = """
SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden
FROM sqlite_schema m, pragma_table_xinfo(m.name) c
WHERE m.type IN ('table', 'view')
ORDER BY m.name, c.cid
"""

COLUMNS_OF_ONE = 'SELECT ?, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden FROM pragma_table_xinfo(?) c'

FOREIGN = """
SELECT m.name, f.id, f."from", f."table", f."to"
FROM sqlite_schema m, pragma_foreign_key_list(m.name) f
WHERE m.type = 'table'
ORDER BY m.name, f.id, f.seq
"""

UNIQUE = """
SELECT m.name, i.name, c.name
FROM sqlite_schema m, pragma_index_list(m.name) i, pragma_index_info(i.name) c
WHERE m.type = 'table' AND i."unique" AND i.origin <> 'pk' AND NOT i.partial
ORDER BY m.name, i.name, c.seqno
"""

STATISTICS = "SELECT tbl, max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl"

TRIGGERS = "SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY tbl_name, name"

_BODY = re.compile(r"\bBEGIN\b.*", re.IGNORECASE | re.DOTALL)
_GENERATED = (2, 3)
_HIDDEN = 1


class SQLite:
    """Reads the one schema of a file."""

    def __init__(self, session: Session, path: Path) -> None:
        self._session = session
        self._path = path

    def version(self) -> str:
        return f"SQLite file, read with SQLite {self._session.rows(VERSION)[0][0]}"

    def schemas(self) -> Sequence[str]:
        self._session.rows(COUNT)
        return ["main"]

    def count(self, schemas: Sequence[str]) -> tuple[int, int]:
        found: dict[str, int] = dict(self._session.rows(COUNT)) if schemas else {}
        return found.get("table", 0), found.get("view", 0)

    def tables(self, schema: str) -> Schema:
        found = Schema(schema)
        changed = datetime.fromtimestamp(self._path.stat().st_mtime, UTC).isoformat(timespec="seconds")
        for name, kind, text in self._session.rows(TABLES):
            table = Table(schema, name, kind, changed=changed if kind == "table" else None)
            table.text = text if kind == "view" else None
            table.hidden = kind == "view" and not text
            found.tables.append(table)
        try:
            rows: dict[str, int] = dict(self._session.rows(STATISTICS))
        except NotRead:
            return found
        for table in found.tables:
            table.rows = rows.get(table.name)
        return found

    def details(self, schema: Schema) -> None:
        named = {table.name: table for table in schema.tables}
        primary: dict[str, list[tuple[int, str]]] = {}
        for name, column, text, required, default, key, hidden in self._columns(schema):
            table = named.get(name)
            if table is None or hidden == _HIDDEN:
                continue
            table.columns.append(_column(table, str(column), str(text or ""), bool(required), default, hidden))
            if key:
                primary.setdefault(name, []).append((key, str(column)))
        for name, columns in primary.items():
            named[name].primary = [column for _, column in sorted(columns)]
        try:
            self._keys(named)
        except NotRead as error:
            schema.unread.append(Unread(schema.name, "keys", str(error), lost=False))

    def texts(self, schema: Schema, *, views: bool, routines: bool) -> None:
        if not views:
            for table in schema.tables:
                table.text = None
        if routines:
            try:
                for name, on, text in self._session.rows(TRIGGERS):
                    found = _BODY.search(str(text or ""))
                    body = found[0] if found is not None else None
                    schema.routines.append(Routine(schema.name, f"{on}.{name}", "trigger", body, (schema.name, on)))
            except NotRead as error:
                schema.unread.append(Unread(schema.name, "triggers", str(error)))

    def _columns(self, schema: Schema) -> Iterable[tuple[Any, ...]]:
        """The columns of all tables; a view that is broken fails the question for all, so that each is asked then."""
        try:
            return self._session.rows(COLUMNS)
        except NotRead:
            rows: list[tuple[Any, ...]] = []
            for table in schema.tables:
                try:
                    rows += self._session.rows(COLUMNS_OF_ONE, table.name, table.name)
                except NotRead as error:
                    what = f"columns of {table.name[:100]}"
                    schema.unread.append(Unread(schema.name, what, str(error), lost=str(error) == DAMAGED))
            return rows

    def _keys(self, named: dict[str, Table]) -> None:
        foreign: dict[tuple[str, int], ForeignKey] = {}
        for name, number, column, refers, to in self._session.rows(FOREIGN):
            if name not in named:
                continue
            key = foreign.get((name, number))
            if key is None:
                key = foreign[(name, number)] = ForeignKey([], "main", str(refers), [])
                named[name].foreign.append(key)
            key.columns = [*key.columns, str(column)]
            key.refers = [*key.refers, str(to)] if to is not None else key.refers
        uniques: dict[tuple[str, str], list[str]] = {}
        for name, index, column in self._session.rows(UNIQUE):
            if column is not None:
                uniques.setdefault((name, index), []).append(str(column))
        for (name, _), columns in uniques.items():
            if name in named:
                named[name].uniques.append(columns)


def _column(table: Table, name: str, text: str, required: bool, default: Any, hidden: int) -> Column:
    return Column(
        name,
        text,
        text,
        len(table.columns) + 1,
        nullable=not required,
        default=str(default) if default is not None else None,
        length=length_of(text),
        generated="generated" if hidden in _GENERATED else None,
    )
