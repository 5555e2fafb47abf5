"""Which column a name means where it stands."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlglot import exp

from connectors.sql_names import Names
from connectors.sql_relations import Output, Relation, add, wholes
from connectors.sql_split import words

ALIASES_IN_SELECT = frozenset({"snowflake", "redshift", "databricks", "spark", "duckdb", "teradata", "clickhouse"})
"""Dialects in which a column of SELECT may be used in a later one by its alias."""

_NOT_COLUMNS = words(
    "ROWNUM LEVEL SYSDATE SYSTIMESTAMP USER UID NEXTVAL CURRVAL CONNECT_BY_ISLEAF CONNECT_BY_ISCYCLE DEFAULT"
    " CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER SESSION_USER SQLERRM SQLCODE FOUND"
)

Report = Callable[[exp.Expr, str, str], None]
"""Takes a node, a code and a message."""


@dataclass(slots=True)
class Variables:
    """What the variables and cursors of a routine hold. Names are kept without case."""

    values: dict[str, Output] = field(default_factory=dict)
    records: dict[str, Relation] = field(default_factory=dict)

    def hold(self, name: str, output: Output) -> None:
        """A variable may have this value, besides those that it had before."""
        held = Output(name)
        held.take(self.values.get(name.casefold(), held))
        held.take(output)
        self.values[name.casefold()] = held

    def clear(self) -> None:
        """Another routine begins."""
        self.values.clear()
        self.records.clear()

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """While this lasts there are none: SQL in a string does not see them."""
        values, records = self.values, self.records
        self.values, self.records = {}, {}
        try:
            yield
        finally:
            self.values, self.records = values, records


@dataclass(slots=True)
class Scope:
    """The tables that names in one SELECT may mean, within those around it."""

    names: Names
    variables: Variables
    parent: "Scope | None" = None
    ctes: dict[str, Relation] = field(default_factory=dict)
    sources: dict[str, Relation] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    merged: dict[str, list[Relation]] = field(default_factory=dict)
    aliases: dict[str, Output] = field(default_factory=dict)
    aliases_first: bool = False
    windows: dict[str, exp.Expr] = field(default_factory=dict)
    shadowed: frozenset[str] = frozenset()

    def add(self, alias: str, relation: Relation) -> None:
        """Adds a table under the name that it has here."""
        while alias in self.sources:
            alias += " "  # twice the same name: neither is lost, the first has it
        self.sources[alias] = relation

    def source(self, parts: Sequence[str]) -> Relation | None:
        """The table that is called so here, by its alias or by its name with or without its schema."""
        found = self.sources.get(parts[-1])
        if found is not None and (len(parts) == 1 or found.base is None or _ends(found, parts)):
            return found
        wanted = parts[-1].casefold()
        for alias, relation in self.sources.items():
            same = alias.rstrip(" ").casefold() == wanted
            if (same or (relation.base and relation.base[-1].casefold() == wanted)) and (
                len(parts) == 1 or _ends(relation, parts)
            ):
                return relation
        return None


def _ends(relation: Relation, parts: Sequence[str]) -> bool:
    base = relation.base
    if base is None:
        return False
    length = min(len(base), len(parts))
    return [part.casefold() for part in base[-length:]] == [part.casefold() for part in parts[-length:]]


def column(node: exp.Column, scope: Scope, report: Report) -> Output | None:
    """What a column means; None where it is no column, or nobody can say of what."""
    parts = [part for key in ("catalog", "db", "table", "this") if (part := node.args.get(key)) is not None]
    if len(parts) == 1:
        return _bare(node, parts[0], scope, report)
    normal = [scope.names.normal(part) for part in parts]
    name = normal[-1]
    if name.upper() in ("NEXTVAL", "CURRVAL"):
        return None
    for length in range(len(parts) - 1, 0, -1):
        found = _source(normal[:length], scope)
        if found is not None:
            picked = found.pick(normal[length])
            if picked is None:
                report(node, "SQL_COLUMN_UNKNOWN", f"{'.'.join(normal[:length])} has no column {normal[length]}")
            return picked
    struct = _certain(normal[0], scope)
    if struct is None:
        struct = _only_guess(normal[0], scope)
    if struct is None:
        report(node, "SQL_COLUMN_UNKNOWN", f"no table is called {'.'.join(normal[:-1])} here")
    return struct


def _source(parts: Sequence[str], scope: Scope | None) -> Relation | None:
    inner = scope
    while scope is not None:
        found = scope.source(parts)
        if found is not None:
            return found
        scope = scope.parent
    if inner is not None and len(parts) == 1:
        return inner.variables.records.get(parts[0].casefold())
    return None


def _certain(name: str, scope: Scope | None) -> Output | None:
    while scope is not None:
        for relation in scope.sources.values():
            found = relation.find(name)
            if found is not None:
                return found
        scope = scope.parent
    return None


def _only_guess(name: str, scope: Scope) -> Output | None:
    guesses = [guess for relation in scope.sources.values() for guess in relation.guesses(name)]
    return guesses[0] if len(guesses) == 1 else None


def _bare(node: exp.Column, identifier: exp.Expr, scope: Scope, report: Report) -> Output | None:
    """A name without a table: the nearest that surely has it, then the only one that may."""
    name = scope.names.normal(identifier)
    at: Scope | None = scope
    while at is not None:
        if name in at.shadowed:
            return None
        found = _here(node, name, at, report)
        if found is not None:
            return found
        at = at.parent
    if name.upper() in _NOT_COLUMNS and not identifier.args.get("quoted"):
        return None
    row = _source([name], scope)
    if row is not None:
        return row.row(name)
    bases = [relation for relation in scope.sources.values() if relation.base is not None]
    if len(bases) == 1 and len(scope.sources) == 1:
        return bases[0].pick(name)
    if scope.sources:
        report(node, "SQL_COLUMN_UNKNOWN", f"no table here has a column {name}")
    return None


def _here(node: exp.Column, name: str, scope: Scope, report: Report) -> Output | None:
    """What a name means in one SELECT alone."""
    merged = scope.merged.get(name)
    if merged is not None:
        both = Output(name)
        for relation in merged:
            part = relation.pick(name)
            if part is not None:
                both.take(part)
        return both
    certain = [found for relation in scope.sources.values() if (found := relation.find(name)) is not None]
    if len(certain) == 1:
        return certain[0]
    if certain:
        report(node, "SQL_COLUMN_AMBIGUOUS", f"{name} is a column of {len(certain)} tables here")
        both = Output(name)
        for found in certain:
            add(both.direct, {(table, None): text for (table, _), text in found.direct.items()})
        return both
    value = scope.variables.values.get(name.casefold())
    if value is not None:
        return value
    alias = scope.aliases.get(name)
    if alias is not None and scope.aliases_first:
        return alias
    if name.upper() in _NOT_COLUMNS:
        return alias
    guesses = [guess for relation in scope.sources.values() for guess in relation.guesses(name)]
    if len(guesses) == 1:
        return guesses[0]
    if not guesses or alias is not None or _source([name], scope) is not None:
        return alias
    report(node, "SQL_COLUMN_AMBIGUOUS", f"{name} may be a column of any of {len(guesses)} tables, which are not known")
    return wholes(name, [rest for relation in scope.sources.values() for rest in relation.rests])
