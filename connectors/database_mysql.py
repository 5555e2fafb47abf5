"""The information schema of MySQL and MariaDB: a query for each matter of a schema, none for a table.

What the user has no right to is not in it; joins between its tables are slow, so that there are none.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from connectors.database_model import Column, ForeignKey, Routine, Schema, Table, Unread
from connectors.database_session import NotRead, Session

__all__ = ["MySQL"]

VERSION = "SELECT version()"

SCHEMAS = """
SELECT schema_name FROM information_schema.schemata
WHERE schema_name NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys', 'ndbinfo', 'oceanbase')
ORDER BY schema_name
"""

COUNT = """
SELECT table_type, count(*) FROM information_schema.tables WHERE table_schema IN ({}) GROUP BY table_type
"""

TABLES = """
SELECT table_name, table_type, table_comment, table_rows, coalesce(data_length, 0) + coalesce(index_length, 0),
  create_time, update_time
FROM information_schema.tables
WHERE table_schema = %s AND table_type <> 'SEQUENCE'
ORDER BY table_name
"""

PLAIN_TABLES = """
SELECT table_name, table_type, table_comment, NULL, NULL, NULL, NULL
FROM information_schema.tables
WHERE table_schema = %s AND table_type <> 'SEQUENCE'
ORDER BY table_name
"""

COLUMNS = """
SELECT table_name, column_name, ordinal_position, column_type, data_type, character_maximum_length, numeric_precision,
  is_nullable, column_default, extra, column_comment, generation_expression
FROM information_schema.columns
WHERE table_schema = %s
ORDER BY table_name, ordinal_position
"""

KEYS = """
SELECT table_name, constraint_name, column_name, referenced_table_schema, referenced_table_name, referenced_column_name
FROM information_schema.key_column_usage
WHERE table_schema = %s
ORDER BY table_name, constraint_name, ordinal_position
"""

VIEWS = """
SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = %s
"""

ROUTINES = """
SELECT routine_name, routine_type, routine_definition FROM information_schema.routines
WHERE routine_schema = %s AND routine_type IN ('PROCEDURE', 'FUNCTION')
ORDER BY routine_name, routine_type
"""

PARAMETERS = """
SELECT specific_name, routine_type, parameter_name, dtd_identifier FROM information_schema.parameters
WHERE specific_schema = %s AND parameter_name IS NOT NULL
ORDER BY specific_name, ordinal_position
"""

TRIGGERS = """
SELECT trigger_name, event_object_schema, event_object_table, action_statement
FROM information_schema.triggers
WHERE trigger_schema = %s
ORDER BY event_object_table, trigger_name
"""

EVENTS = """
SELECT event_name, event_definition FROM information_schema.events WHERE event_schema = %s ORDER BY event_name
"""

_VALUES = re.compile(r"'((?:[^']|'')*)'")
_KINDS = {"VIEW": "view", "SYSTEM VIEW": "view"}


class MySQL:
    """Reads what the user has rights to."""

    def __init__(self, session: Session, *, statistics: bool = True) -> None:
        self._session = session
        self._statistics = statistics

    def version(self) -> str:
        text = str(self._session.rows(VERSION)[0][0])
        number = text.partition("-")[0]
        return f"MariaDB {number}" if "mariadb" in text.casefold() else f"MySQL {number}"

    def schemas(self) -> Sequence[str]:
        return [name for (name,) in self._session.rows(SCHEMAS)]

    def count(self, schemas: Sequence[str]) -> tuple[int, int]:
        if not schemas:
            return 0, 0
        text = COUNT.format(", ".join(["%s"] * len(schemas)))
        found: dict[str, int] = dict(self._session.rows(text, *schemas))
        views = sum(number for kind, number in found.items() if kind in _KINDS)
        return sum(found.values()) - views - found.get("SEQUENCE", 0), views

    def tables(self, schema: str) -> Schema:
        found = Schema(schema)
        text = TABLES if self._statistics else PLAIN_TABLES
        for name, kind, comment, rows, size, created, updated in self._session.rows(text, schema):
            table = Table(schema, name, _KINDS.get(kind, "table"))
            if not table.is_view:
                table.comment = comment
                table.rows, table.bytes = rows, int(size) if size else None
                table.created, table.changed = _time(created), _time(updated)
            found.tables.append(table)
        return found

    def details(self, schema: Schema) -> None:
        named = {table.name: table for table in schema.tables}
        if not named:
            return
        self._told(schema, "columns", lambda schema: self._columns(schema, named))
        self._told(schema, "keys", lambda schema: self._keys(schema, named), lost=False)

    def texts(self, schema: Schema, *, views: bool, routines: bool) -> None:
        if views and any(table.is_view for table in schema.tables):
            self._told(schema, "texts of views", self._views)
        if routines:
            self._told(schema, "procedures and functions", self._routines)
            self._told(schema, "triggers", self._triggers)
            self._told(schema, "events", self._events)

    def _told(self, schema: Schema, what: str, ask: Callable[[Schema], None], *, lost: bool = True) -> None:
        try:
            ask(schema)
        except NotRead as error:
            schema.unread.append(Unread(schema.name, what, str(error), lost))

    def _columns(self, schema: Schema, named: dict[str, Table]) -> None:
        for row in self._session.rows(COLUMNS, schema.name):
            table = named.get(row[0])
            if table is not None:
                table.columns.append(_column(row))

    def _keys(self, schema: Schema, named: dict[str, Table]) -> None:
        for (name, constraint), rows in _grouped(self._session.rows(KEYS, schema.name)):
            table = named.get(name)
            if table is None:
                continue
            columns = [row[2] for row in rows]
            if rows[0][4] is not None:
                table.foreign.append(ForeignKey(columns, rows[0][3], rows[0][4], [row[5] for row in rows]))
            elif constraint == "PRIMARY":
                table.primary = columns
            else:
                table.uniques.append(columns)

    def _views(self, schema: Schema) -> None:
        texts = dict(self._session.rows(VIEWS, schema.name))
        for table in schema.tables:
            if table.is_view:
                table.text = texts.get(table.name) or None
                table.hidden = table.text is None

    def _routines(self, schema: Schema) -> None:
        rows = self._session.rows(ROUTINES, schema.name)
        takes: dict[tuple[str, str], list[str]] = {}
        for name, kind, parameter, text in self._session.rows(PARAMETERS, schema.name) if rows else ():
            takes.setdefault((name, kind), []).append(f"{_named(parameter)} {text}")
        for name, kind, body in rows:
            head = f"CREATE {kind} {_quoted(name)}({', '.join(takes.get((name, kind), ()))})"
            head += " RETURNS INT" if kind == "FUNCTION" else ""
            what: Literal["function", "procedure"] = "function" if kind == "FUNCTION" else "procedure"
            schema.routines.append(Routine(schema.name, name, what, f"{head} {body}" if body else None))

    def _triggers(self, schema: Schema) -> None:
        for name, on_schema, on, body in self._session.rows(TRIGGERS, schema.name):
            schema.routines.append(Routine(schema.name, f"{on}.{name}", "trigger", body or None, (on_schema, on)))

    def _events(self, schema: Schema) -> None:
        for name, body in self._session.rows(EVENTS, schema.name):
            text = f"CREATE PROCEDURE {_quoted(name)}() {body}" if body else None
            schema.routines.append(Routine(schema.name, name, "event", text))


def _column(row: Sequence[Any]) -> Column:
    _, name, position, text, kind, characters, digits, nullable, default, extra, comment, generated = row
    values = ()
    if kind in ("enum", "set"):
        values = tuple(value.replace("''", "'") for value in _VALUES.findall(text))
        characters = None
    sized = kind in ("decimal", "numeric", "char", "varchar", "binary", "varbinary", "bit")
    length = characters if characters is not None else digits
    return Column(
        name,
        text,
        text if text.startswith(("tinyint(1)", "bit(")) else kind,
        int(position),
        nullable=nullable == "YES",
        default=None if default == "NULL" else default,
        comment=comment or None,
        length=int(length) if sized and length is not None else None,
        generated=generated or None,
        identity="auto_increment" in (extra or "").casefold(),
        values=values,
    )


def _grouped(rows: Iterable[tuple[Any, ...]]) -> list[tuple[tuple[str, str], list[tuple[Any, ...]]]]:
    groups: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for row in rows:
        groups.setdefault((row[0], row[1]), []).append(row)
    return list(groups.items())


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _named(parameter: str) -> str:
    """A parameter as most write it, which readers of SQL know better."""
    return parameter if re.fullmatch(r"[^\W\d]\w*", parameter) else _quoted(parameter)


def _time(value: Any) -> str | None:
    """A time of the server's zone, which it does not name, as ISO 8601 without one."""
    return value.isoformat() if hasattr(value, "isoformat") else None
