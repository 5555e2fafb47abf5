"""A dbt manifest and catalog as what they hold: tables, exposures, and what depends on what. Any version from v1 on.

Nothing is taken for granted: what is absent or of another type is as if it were not there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.sql_names import Names
from connectors.sql_steps import Name

__all__ = ["ADAPTERS", "NAMESPACES", "Column", "Manifest", "Node"]

TABLES = frozenset({"model", "seed", "snapshot", "source"})

ADAPTERS: Mapping[str, str] = {
    "athena": "athena",
    "bigquery": "bigquery",
    "clickhouse": "clickhouse",
    "databricks": "databricks",
    "dm": "oracle",
    "doris": "doris",
    "dremio": "dremio",
    "duckdb": "duckdb",
    "exasol": "exasol",
    "fabric": "fabric",
    "fabricspark": "spark",
    "glue": "spark",
    "greenplum": "postgres",
    "hive": "hive",
    "impala": "hive",
    "mariadb": "mysql",
    "materialize": "materialize",
    "mysql": "mysql",
    "mysql5": "mysql",
    "oracle": "oracle",
    "postgres": "postgres",
    "redshift": "redshift",
    "risingwave": "risingwave",
    "singlestore": "mysql",
    "snowflake": "snowflake",
    "spark": "spark",
    "sqlite": "sqlite",
    "sqlserver": "tsql",
    "starrocks": "starrocks",
    "synapse": "tsql",
    "teradata": "teradata",
    "tidb": "mysql",
    "trino": "trino",
    "vertica": "postgres",
}
"""sqlglot's dialect of each adapter."""

NAMESPACES: Mapping[str, str] = {
    "athena": "awsathena",
    "fabric": "mssql",
    "fabricspark": "spark",
    "mysql5": "mysql",
    "sqlserver": "mssql",
    "synapse": "mssql",
}
"""The scheme of a namespace in OpenLineage where it is not the adapter's name."""


@dataclass(slots=True)
class Column:
    """A column as the manifest and the catalog tell of it; the catalog's position counts from 1."""

    name: str
    type: str = ""
    description: str = ""
    position: int | None = None


@dataclass(slots=True)
class Node:
    """A table: a model, seed, snapshot or source. `complete`: all of its columns are known."""

    id: str
    kind: str
    name: str
    table: Name
    description: str
    sql: str
    language: str
    depends: tuple[str, ...]
    extra: dict[str, Any]
    columns: dict[str, Column] = field(default_factory=dict)
    complete: bool = False

    def column(self, name: str) -> Column | None:
        """The column of this name; case does not count."""
        return self.columns.get(name.casefold())


class Manifest:
    """Reads the trees of a manifest and, where there is one, of its catalog."""

    def __init__(self, tree: Mapping[str, Any], catalog: Mapping[str, Any], dialect: str | None = None) -> None:
        metadata = mapping(tree.get("metadata"))
        self.adapter = text(metadata.get("adapter_type")).lower()
        self.project = text(metadata.get("project_name"))
        self.dialect = dialect if dialect is not None else ADAPTERS.get(self.adapter, "")
        self._names = Names(self.dialect, {}, ())
        self._catalog = {**mapping(catalog.get("nodes")), **mapping(catalog.get("sources"))}
        self._tree = tree
        self.nodes: dict[str, Node] = {}
        self.between: dict[str, tuple[str, ...]] = {}
        self.odd: list[str] = []
        for part in ("sources", "nodes"):
            for id, node in mapping(tree.get(part)).items():
                self._node(str(id), node, part)
        for part in ("metrics", "semantic_models", "saved_queries"):
            for id, node in mapping(tree.get(part)).items():
                self.between[str(id)] = _depends(mapping(node))

    def _node(self, id: str, tree: Any, part: str) -> None:
        node = mapping(tree)
        kind = "source" if part == "sources" else text(node.get("resource_type")) or id.partition(".")[0]
        if kind not in TABLES:
            return
        if text(mapping(node.get("config")).get("materialized")) == "ephemeral":
            self.between[id] = _depends(node)
            return
        table = self._table(node)
        if not table:
            self.odd.append(id)
            return
        called = text(node.get("identifier")) or text(node.get("alias")) or text(node.get("name")) or table[-1]
        self.nodes[id] = Node(
            id,
            kind,
            called,
            table,
            text(node.get("description")) or text(node.get("source_description")),
            text(node.get("compiled_code")) or text(node.get("compiled_sql")),
            text(node.get("language")) or "sql",
            _depends(node),
            _extra(id, node),
        )
        self._columns(self.nodes[id], mapping(node.get("columns")), mapping(self._catalog.get(id)))

    def _table(self, node: Mapping[str, Any]) -> Name:
        relation = text(node.get("relation_name"))
        if relation:
            return self._names.written(relation)
        last = text(node.get("identifier")) or text(node.get("alias")) or text(node.get("name"))
        parts = (text(node.get("database")), text(node.get("schema")), last)
        return tuple(self._names.normal(part) for part in parts if part) if last else ()

    def _columns(self, node: Node, described: Mapping[str, Any], listed: Mapping[str, Any]) -> None:
        known = [column for column in map(mapping, mapping(listed.get("columns")).values()) if text(column.get("name"))]
        known.sort(key=lambda column: (number(column.get("index")) or 0, text(column.get("name"))))
        for at, column in enumerate(known, 1):
            name = text(column.get("name"))
            found = Column(name, text(column.get("type")), text(column.get("comment")), at)
            node.columns.setdefault(name.casefold(), found)
        node.complete = bool(known)
        for key, value in described.items():
            column = mapping(value)
            name = text(column.get("name")) or str(key)
            quoted = column.get("quote") is True
            spelled = name if quoted else self._names.normal(name)
            one = node.columns.setdefault(name.casefold(), Column(spelled))
            one.description = text(column.get("description")) or one.description
            one.type = one.type or text(column.get("data_type"))

    def tables(self, ids: Iterable[str]) -> list[Node]:
        """The tables that these are or, where they are none themselves, come from."""
        found: dict[str, Node] = {}
        seen: set[str] = set()
        stack = list(reversed(list(ids)))
        while stack:
            id = stack.pop()
            if id in seen:
                continue
            seen.add(id)
            if id in self.nodes:
                found[id] = self.nodes[id]
            else:
                stack.extend(reversed(self.between.get(id, ())))
        return list(found.values())

    def ordered(self) -> Iterator[Node]:
        """All tables, those first that others come from; what depends on itself in the end as it comes."""
        waiting = {id: {one.id for one in self.tables(node.depends)} - {id} for id, node in self.nodes.items()}
        users: dict[str, list[str]] = {}
        for id, sources in waiting.items():
            for source in sources:
                users.setdefault(source, []).append(id)
        ready = [id for id, sources in waiting.items() if not sources]
        done: set[str] = set()
        for id in ready:
            done.add(id)
            yield self.nodes[id]
            for user in users.get(id, ()):
                waiting[user].discard(id)
                if not waiting[user]:
                    ready.append(user)
        yield from (node for id, node in self.nodes.items() if id not in done)

    def exposures(self) -> Iterator[tuple[str, Mapping[str, Any], Sequence[Node]]]:
        """Id, content and tables of each exposure."""
        for id, tree in mapping(self._tree.get("exposures")).items():
            node = mapping(tree)
            yield str(id), node, self.tables(_depends(node))


def _depends(node: Mapping[str, Any]) -> tuple[str, ...]:
    listed = mapping(node.get("depends_on")).get("nodes")
    return tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()


def _extra(id: str, node: Mapping[str, Any]) -> dict[str, Any]:
    tags = node.get("tags")
    extra: dict[str, Any] = {
        "dbt_id": id,
        "dbt_materialized": text(mapping(node.get("config")).get("materialized")),
        "dbt_path": text(node.get("original_file_path")),
        "dbt_tags": [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else [],
    }
    return {key: value for key, value in extra.items() if value}


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    """The value if it is a text, else none, without what no text may hold."""
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace").decode().replace("\x00", " ").strip()


def number(value: Any) -> int | None:
    """The value if it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
