"""Databases that are read through their SQLAlchemy dialect alone: Oracle, DM, SQL Server and others.

The inspector answers for all tables of a schema at once where the dialect can; texts of views come from the catalogue
where Oracle's is known, else from the inspector, one by one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Inspector
from sqlalchemy.engine.reflection import ObjectKind, ObjectScope
from sqlalchemy.exc import SQLAlchemyError

from connectors.database_model import Column, ForeignKey, Schema, Table, Unread
from connectors.database_session import NotRead, Session
from connectors.database_types import length_of

__all__ = ["Other"]

_SYSTEM = frozenset(
    {
        *("information_schema", "sys", "sysaux", "system", "sysauditor", "syssso", "sysdba_", "sysjob", "ctisys"),
        *("guest", "db_owner", "db_accessadmin", "db_securityadmin", "db_ddladmin", "db_backupoperator"),
        *("db_datareader", "db_datawriter", "db_denydatareader", "db_denydatawriter", "outln", "xdb", "wmsys"),
        *("mdsys", "ctxsys", "ordsys", "orddata", "ordplugins", "lbacsys", "dvsys", "dvf", "audsys", "appqossys"),
        *("dbsnmp", "gsmadmin_internal", "ojvmsys", "olapsys", "remote_scheduler_agent", "si_informtn_schema"),
        *("sysbackup", "sysdg", "syskm", "sysrac", "dbsfwuser", "ggsys", "anonymous", "gsmcatuser", "gsmuser"),
        *("xs$null", "dip", "mddata", "pdbadmin", "oracle_ocm", "performance_schema", "mysql", "pg_catalog"),
    }
)
"""Schemas that these databases bring along."""

ORACLE_VIEWS = "SELECT view_name, text FROM all_views WHERE owner = :1"
ORACLE_STATISTICS = """
SELECT table_name, num_rows, TO_CHAR(last_analyzed, 'YYYY-MM-DD"T"HH24:MI:SS') FROM all_tables WHERE owner = :1
"""


class Other:
    """Reads what SQLAlchemy's inspector tells. `oracle`: the catalogue is Oracle's, or DM's, which is like it."""

    def __init__(self, session: Session, product: str, *, oracle: bool = False) -> None:
        self._session = session
        self._product = product
        self._oracle = oracle

    def version(self) -> str:
        number = self._session.ask(lambda connection: connection.dialect.server_version_info)
        return f"{self._product} {'.'.join(map(str, number))}" if number else self._product

    def schemas(self) -> Sequence[str]:
        names = self._session.inspect(lambda inspector: inspector.get_schema_names())
        return sorted(name for name in names if name.casefold() not in _SYSTEM)

    def count(self, schemas: Sequence[str]) -> tuple[int, int]:
        tables = views = 0
        for schema in schemas:
            tables += len(self._names(schema, "get_table_names"))
            views += len(self._names(schema, "get_view_names"))
        return tables, views

    def tables(self, schema: str) -> Schema:
        found = Schema(schema)
        kinds = [("table", "get_table_names"), ("view", "get_view_names")]
        kinds += [("materialized view", "get_materialized_view_names")]
        seen: set[str] = set()
        for kind, method in kinds:
            for name in self._names(schema, method):
                if name not in seen:
                    seen.add(name)
                    found.tables.append(Table(schema, name, kind))
        found.tables.sort(key=lambda table: table.name)
        named = {table.name: table for table in found.tables}
        self._told(found, "comments", lambda schema: self._comments(schema, named), lost=False)
        if self._oracle:
            self._told(found, "statistics", lambda schema: self._statistics(schema, named), lost=False)
        return found

    def details(self, schema: Schema) -> None:
        named = {table.name: table for table in schema.tables}
        self._told(schema, "columns", lambda schema: self._columns(schema, named))
        self._told(schema, "keys", lambda schema: self._keys(schema, named), lost=False)

    def texts(self, schema: Schema, *, views: bool, routines: bool) -> None:
        if not views:
            return
        named = {table.name: table for table in schema.tables if table.is_view}
        if self._oracle:
            self._told(schema, "texts of views", lambda schema: self._oracle_views(schema, named))
        else:
            for name, table in named.items():
                table.text = self._view(schema.name, name)
        for table in named.values():
            table.hidden = not table.text

    def _told(self, schema: Schema, what: str, ask: Callable[[Schema], None], *, lost: bool = True) -> None:
        try:
            ask(schema)
        except NotRead as error:
            schema.unread.append(Unread(schema.name, what, str(error), lost))
        except NotImplementedError:
            schema.unread.append(Unread(schema.name, what, "its SQLAlchemy dialect cannot tell them", lost))

    def _names(self, schema: str, method: str) -> Sequence[str]:
        try:
            names: Sequence[str] = self._session.inspect(lambda inspector: getattr(inspector, method)(schema))
            return names
        except NotImplementedError:
            return ()

    def _comments(self, schema: Schema, named: Mapping[str, Table]) -> None:
        for (_, name), said in self._multi("get_multi_table_comment", schema).items():
            if name in named:
                named[name].comment = said.get("text")

    def _statistics(self, schema: Schema, named: Mapping[str, Table]) -> None:
        for name, rows, analysed in self._session.rows(ORACLE_STATISTICS, schema.name.upper()):
            table = named.get(name) or named.get(name.lower())
            if table is not None:
                table.rows, table.analysed = rows, analysed

    def _multi(self, method: str, schema: Schema) -> Mapping[tuple[str | None, str], Any]:
        def ask(inspector: Inspector) -> Any:
            return getattr(inspector, method)(schema=schema.name, kind=ObjectKind.ANY, scope=ObjectScope.DEFAULT)

        found: Mapping[tuple[str | None, str], Any] = self._session.inspect(ask)
        return found

    def _columns(self, schema: Schema, named: Mapping[str, Table]) -> None:
        def ask(inspector: Inspector) -> dict[str, list[Column]]:
            found = inspector.get_multi_columns(schema=schema.name, kind=ObjectKind.ANY, scope=ObjectScope.DEFAULT)
            dialect = inspector.dialect
            return {
                name: [_column(said, at, dialect) for at, said in enumerate(columns, 1)]
                for (_, name), columns in found.items()
            }

        for name, columns in self._session.inspect(ask).items():
            if name in named:
                named[name].columns = columns

    def _keys(self, schema: Schema, named: Mapping[str, Table]) -> None:
        for (_, name), key in self._multi("get_multi_pk_constraint", schema).items():
            if name in named and key:
                named[name].primary = key.get("constrained_columns") or ()
        for (_, name), uniques in self._multi("get_multi_unique_constraints", schema).items():
            if name in named:
                named[name].uniques = [unique["column_names"] for unique in uniques]
        for (_, name), keys in self._multi("get_multi_foreign_keys", schema).items():
            if name in named:
                named[name].foreign = [
                    ForeignKey(
                        key["constrained_columns"],
                        key["referred_schema"] or schema.name,
                        key["referred_table"],
                        key["referred_columns"],
                    )
                    for key in keys
                ]

    def _oracle_views(self, schema: Schema, named: Mapping[str, Table]) -> None:
        for name, text in self._session.rows(ORACLE_VIEWS, schema.name.upper()):
            table = named.get(name) or named.get(name.lower())
            if table is not None:
                table.text = text

    def _view(self, schema: str, name: str) -> str | None:
        try:
            text: str | None = self._session.inspect(lambda inspector: inspector.get_view_definition(name, schema))
            return text
        except (NotRead, NotImplementedError):
            return None


def _column(said: Mapping[str, Any], position: int, dialect: Any) -> Column:
    kind = said["type"]
    try:
        text = str(kind.compile(dialect=dialect))
    except (SQLAlchemyError, NotImplementedError, AttributeError):
        text = type(kind).__name__
    computed = said.get("computed") or {}
    return Column(
        said["name"],
        text,
        text,
        position,
        nullable=bool(said.get("nullable", True)),
        default=said.get("default"),
        comment=said.get("comment"),
        length=length_of(text),
        generated=computed.get("sqltext"),
        identity=bool(said.get("identity")),
    )
