"""PostgreSQL's catalogue, and those of its descendants: a query for each matter of a schema, none for a table."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from connectors.database_model import Column, ForeignKey, Routine, Schema, Table, Unread
from connectors.database_session import NotRead, Session
from connectors.database_types import length_of

__all__ = ["PostgreSQL"]

VERSION = "SELECT pg_catalog.version()"

KNOWN = """
SELECT c.relname::text || '.' || a.attname::text
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'pg_catalog' AND c.relname IN ('pg_class', 'pg_attribute', 'pg_proc')
  AND a.attname IN ('relispartition', 'attidentity', 'attgenerated', 'prokind')
"""
"""Which of the columns there are that came with later versions."""

SCHEMAS = """
SELECT n.nspname::text
FROM pg_catalog.pg_namespace n
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname
"""

_SYSTEM = frozenset(
    {
        *("blockchain", "coverage", "cstore", "db4ai", "dbe_perf", "dbe_pldebugger", "dbe_pldeveloper"),
        *("dbe_sql_util", "pkg_service", "pkg_util", "snapshot", "sqladvisor", "sys", "sys_catalog", "sys_hm"),
        *("sysaudit", "sysmac", "anon", "dbms_sql", "src_restrict", "xlog_record_read", "gs_logical_cluster"),
    }
)
"""Schemas that openGauss and KingbaseES bring along."""

COUNT = """
SELECT count(CASE WHEN c.relkind IN ('r', 'p', 'f') THEN 1 END), count(CASE WHEN c.relkind IN ('v', 'm') THEN 1 END)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT /*relispartition*/
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
"""

TABLES = """
SELECT c.oid::bigint, c.relname::text, c.relkind::text, pg_catalog.obj_description(c.oid, 'pg_class'),
  c.reltuples::float8, c.relpages::bigint * pg_catalog.current_setting('block_size')::bigint,
  pg_catalog.to_char(pg_catalog.timezone('UTC', greatest(pg_catalog.pg_stat_get_last_analyze_time(c.oid),
    pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid))), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT /*relispartition*/
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relname
"""

INHERITS = """
SELECT cn.nspname::text, c.relname::text, pn.nspname::text, p.relname::text, /*relispartition*/, c.reltuples::float8,
  c.relpages::bigint * pg_catalog.current_setting('block_size')::bigint
FROM pg_catalog.pg_inherits i
JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
WHERE c.relkind IN ('r', 'p', 'f') AND (cn.nspname = %s OR pn.nspname = %s)
ORDER BY i.inhrelid, i.inhseqno
"""

COLUMNS = """
SELECT a.attrelid::bigint, a.attname::text, a.attnum::int, pg_catalog.format_type(a.atttypid, a.atttypmod),
  a.atttypid::bigint, a.attnotnull, pg_catalog.pg_get_expr(d.adbin, d.adrelid), /*attidentity*/, /*attgenerated*/,
  pg_catalog.col_description(a.attrelid, a.attnum)
FROM pg_catalog.pg_attribute a
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY (%s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""

TYPES = """
SELECT t.oid::bigint, t.typtype::text, t.typbasetype::bigint, pg_catalog.format_type(t.typbasetype, t.typtypmod),
  t.typnotnull,
  ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
FROM pg_catalog.pg_type t
WHERE t.typtype IN ('d', 'e')
"""

KEYS = """
SELECT k.conrelid::bigint, k.contype::text, k.conkey::int[], fn.nspname::text, f.relname::text,
  ARRAY(SELECT a.attname::text
        FROM pg_catalog.generate_subscripts(k.confkey, 1) s
        JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = k.confkey[s]
        ORDER BY s)
FROM pg_catalog.pg_constraint k
LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
WHERE k.conrelid = ANY (%s::oid[]) AND k.contype IN ('p', 'u', 'f')
ORDER BY k.conrelid, k.conname
"""

VIEWS = """
SELECT c.oid::bigint, pg_catalog.pg_get_viewdef(c.oid)
FROM pg_catalog.pg_class c
WHERE c.oid = ANY (%s::oid[])
"""

ROUTINES = """
SELECT p.proname::text || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', /*prokind*/,
  pg_catalog.pg_get_functiondef(p.oid)
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE n.nspname = %s AND l.lanname IN ('sql', 'plpgsql') AND p.prorettype <> 'pg_catalog.trigger'::pg_catalog.regtype
  AND /*prokind*/ IN ('f', 'p')
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY 1
"""

TRIGGERS = """
SELECT t.tgname::text, c.relname::text, p.prosrc
FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE n.nspname = %s AND NOT t.tgisinternal AND l.lanname = 'plpgsql'
ORDER BY c.relname, t.tgname
"""

_LATER = {
    "relispartition": ("pg_class", "c.relispartition", "false"),
    "attidentity": ("pg_attribute", "a.attidentity::text", "''::text"),
    "attgenerated": ("pg_attribute", "a.attgenerated::text", "''::text"),
    "prokind": (
        "pg_proc",
        "p.prokind::text",
        "(CASE WHEN p.proisagg THEN 'a' WHEN p.proiswindow THEN 'w' ELSE 'f' END)",
    ),
}

_KINDS = {
    "r": "table",
    "p": "partitioned table",
    "f": "foreign table",
    "v": "view",
    "m": "materialized view",
}

BATCH = 5_000
"""Tables whose columns are asked for at once."""


class PostgreSQL:
    """Reads pg_catalog, which every user may who may connect."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._oids: dict[int, Table] = {}

    def version(self) -> str:
        text = str(self._session.rows(VERSION)[0][0])
        found = re.match(r"\(?\s*([A-Za-z]+) V?[\w.]+", text)
        return found[0].strip("( ") if found else "PostgreSQL"

    def schemas(self) -> Sequence[str]:
        return [name for (name,) in self._session.rows(SCHEMAS) if name.casefold() not in _SYSTEM]

    def count(self, schemas: Sequence[str]) -> tuple[int, int]:
        tables, views = self._session.rows(self._fitted(COUNT), list(schemas))[0]
        return tables, views

    def tables(self, schema: str) -> Schema:
        found = Schema(schema)
        self._oids = {}
        for oid, name, kind, comment, rows, size, analysed in self._session.rows(self._fitted(TABLES), schema):
            table = Table(schema, name, _KINDS[kind], comment)
            if kind in ("r", "p", "m"):
                table.rows = int(rows) if rows is not None and (rows > 0 or analysed) else None
                table.bytes = int(size) if size else None
                table.analysed = analysed
            self._oids[oid] = table
            found.tables.append(table)
        self._told(found, "how tables inherit", self._inherit)
        return found

    def details(self, schema: Schema) -> None:
        wanted = {id(table) for table in schema.tables}
        self._oids = {oid: table for oid, table in self._oids.items() if id(table) in wanted}
        numbers: dict[int, dict[int, str]] = {}
        oids = sorted(self._oids)
        for start in range(0, len(oids), BATCH):
            batch = oids[start : start + BATCH]
            self._told(schema, "columns", lambda schema, some=batch: self._columns(some, numbers))  # type: ignore[misc]
            self._told(schema, "keys", lambda schema, some=batch: self._keys(some, numbers), lost=False)  # type: ignore[misc]

    def texts(self, schema: Schema, *, views: bool, routines: bool) -> None:
        if views and any(table.is_view for table in schema.tables):
            self._told(schema, "texts of views", lambda schema: self._views())
        if routines:
            self._told(schema, "procedures and functions", self._routines)
            self._told(schema, "triggers", self._triggers)

    def _told(self, schema: Schema, what: str, ask: Callable[[Schema], None], *, lost: bool = True) -> None:
        try:
            ask(schema)
        except NotRead as error:
            schema.unread.append(Unread(schema.name, what, str(error), lost))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(str(name) for (name,) in self._session.rows(KNOWN))

    def _fitted(self, text: str) -> str:
        """The statement as this version understands it."""
        for column, (table, here, otherwise) in _LATER.items():
            text = text.replace(f"/*{column}*/", here if f"{table}.{column}" in self._known else otherwise)
        return text

    @cached_property
    def _types(self) -> dict[int, tuple[str, int, str, bool, Sequence[str]]]:
        rows = self._session.rows(TYPES)
        return {oid: (kind, base, text, required, labels) for oid, kind, base, text, required, labels in rows}

    def _base(self, oid: int, text: str) -> tuple[str, bool, Sequence[str]]:
        """The built-in type below domains, whether one of them must be filled, the labels of an enumeration."""
        filled = False
        for _ in range(50):
            kind, base, below, required, labels = self._types.get(oid, ("b", 0, text, False, ()))
            if kind == "e":
                return "enum", filled, labels
            if kind != "d":
                break
            filled = filled or required
            oid, text = base, below
        return text, filled, ()

    def _inherit(self, schema: Schema) -> None:
        named = {table.name: table for table in schema.tables}
        up: dict[tuple[str, str], tuple[str, str]] = {}
        sizes: list[tuple[tuple[str, str], float, int]] = []
        for child_schema, child, parent_schema, parent, part, rows, size in self._session.rows(
            self._fitted(INHERITS), schema.name, schema.name
        ):
            if part:
                up[(child_schema, child)] = (parent_schema, parent)
                sizes.append(((child_schema, child), rows, size))
            elif child_schema == schema.name and child in named:
                named[child].inherits = (*named[child].inherits, f"{parent_schema}.{parent}")
        for name, rows, size in sizes:
            top = name
            for _ in range(len(up)):
                if top not in up:
                    break
                top = up[top]
            schema.parts[name] = up[name]
            table = named.get(top[1]) if top[0] == schema.name else None
            if table is not None and name not in up.values():
                table.partitions += 1
                table.rows = (table.rows or 0) + int(rows) if rows > 0 and not table.analysed else table.rows
                table.bytes = (table.bytes or 0) + size if size else table.bytes

    def _columns(self, oids: Sequence[int], numbers: dict[int, dict[int, str]]) -> None:
        rows = self._session.rows(self._fitted(COLUMNS), list(oids))
        for oid, name, number, text, type_oid, required, default, identity, generated, comment in rows:
            base, filled, labels = self._base(type_oid, text)
            table = self._oids[oid]
            table.columns.append(
                Column(
                    name,
                    text,
                    base,
                    len(table.columns) + 1,
                    nullable=not (required or filled),
                    default=default if not generated else None,
                    comment=comment,
                    length=length_of(base),
                    generated=default if generated else None,
                    identity=bool(identity),
                    values=labels,
                )
            )
            numbers.setdefault(oid, {})[number] = name

    def _keys(self, oids: Sequence[int], numbers: dict[int, dict[int, str]]) -> None:
        for oid, kind, numbered, schema, name, refers in self._session.rows(KEYS, list(oids)):
            table, names = self._oids[oid], numbers.get(oid, {})
            columns = [names[number] for number in numbered if number in names]
            if kind == "p":
                table.primary = columns
            elif kind == "u":
                table.uniques.append(columns)
            elif name is not None:
                table.foreign.append(ForeignKey(columns, schema, name, refers))

    def _views(self) -> None:
        views = {oid: table for oid, table in self._oids.items() if table.is_view}
        for oid, text in self._session.rows(VIEWS, sorted(views)):
            views[oid].text = text or None
            views[oid].hidden = not text

    def _routines(self, schema: Schema) -> None:
        for name, kind, text in self._session.rows(self._fitted(ROUTINES), schema.name):
            schema.routines.append(Routine(schema.name, name, "procedure" if kind == "p" else "function", text))

    def _triggers(self, schema: Schema) -> None:
        rows: list[tuple[Any, ...]] = self._session.rows(TRIGGERS, schema.name)
        for name, table, text in rows:
            schema.routines.append(Routine(schema.name, f"{table}.{name}", "trigger", text, (schema.name, table)))
