"""What statements do: which tables they write, from what, and what there is afterwards to be read by later ones."""

import re
from collections.abc import Callable, Iterable, Sequence

from sqlglot import exp

from connectors.sql_changes import insert, many, merge, update
from connectors.sql_names import Names
from connectors.sql_parse import NotParsed, Parser
from connectors.sql_relations import Output, Relation, add
from connectors.sql_scope import Scope
from connectors.sql_split import words
from connectors.sql_state import Report, State
from connectors.sql_steps import Name, Step

_IGNORED = words(
    "GRANT REVOKE SHOW SET ANALYZE VACUUM COMMENT EXPLAIN LOAD MSCK LOCK UNLOCK OPTIMIZE FLUSH RESET CHECKPOINT PRAGMA"
    " KILL UNLOAD PUT GET LIST REMOVE NOTIFY LISTEN DISCARD REINDEX CLUSTER AUDIT PURGE DENY CHECK REPAIR"
)
_RENAMES = re.compile(r"([^\s,]+)\s+TO\s+([^\s,]+)", re.IGNORECASE)
_EXCHANGE = re.compile(r"table\s+(\S+)\s+exchange\s+partition\b.*\bwith\s+table\s+(\S+)", re.IGNORECASE | re.DOTALL)


class Statements:
    """Follows one statement after the other."""

    def __init__(
        self, parser: Parser, names: Names, report: Report, dropped: frozenset[str], into: Name | None
    ) -> None:
        self.state = State(parser, names, report, dropped, into)
        self.state.handlers = _HANDLERS

    def follow(self, text: str, line: int, *, inside: bool) -> None:
        """Follows the statements of a text. Raises NotParsed."""
        self.state.line, self.state.inside = line, inside
        for tree in self.state.parser.trees(text):
            self.state.queries.begin()
            self._statement(tree)

    def assign(self, names: Sequence[str], text: str) -> None:
        """Variables take the value of an expression."""
        for tree in self.state.parser.trees("SELECT " + text):
            self.state.queries.begin()
            scope = self.state.queries.scope()
            for output in list(self.state.queries.relation(tree, scope).outputs)[:1]:
                self.state.hold(names, output)

    def declare(self, names: Iterable[str]) -> None:
        """Names that are variables from here on, with nothing in them."""
        for name in names:
            self.state.variables.values.setdefault(name.casefold(), Output(name))

    def loop(self, name: str, text: str) -> None:
        """A cursor or a loop's variable runs over a query."""
        for tree in self.state.parser.trees(text):
            self.state.queries.begin()
            self.state.variables.records[name.casefold()] = self.state.queries.relation(
                tree, self.state.queries.scope()
            )

    def again(self, name: str, other: str) -> None:
        """A loop's variable runs over a cursor."""
        self.state.variables.records[name.casefold()] = self.state.variables.records.get(other.casefold(), Relation())

    def fetch(self, names: Sequence[str]) -> None:
        """Variables, after a cursor's name, take its columns."""
        cursor = self.state.variables.records.get(names[0].casefold(), Relation())
        if len(names) == 2 and len(cursor.items) > 1:
            self.state.variables.records[names[1].casefold()] = cursor
            return
        for name, item in zip(names[1:], cursor.items, strict=False):
            self.state.hold([name], item if isinstance(item, Output) else Output(name, item.whole))

    def _statement(self, tree: exp.Expr) -> None:
        handle = _HANDLERS.get(type(tree))
        if handle is not None:
            handle(self.state, tree, None)
        elif isinstance(tree, exp.Query):
            self._query(tree)

    def _query(self, tree: exp.Query) -> None:
        first: exp.Expr = tree
        while isinstance(first, exp.SetOperation):
            first = first.this
        into = first.args.get("into")
        relation = self.state.queries.relation(tree, self.state.queries.scope())
        if not isinstance(into, exp.Into) or not (into.this or into.expressions):
            if self.state.into is None:
                self.state.write(None, relation, None)
            else:
                self.state.create(self.state.into, relation, None, temporary=False)
            return
        targets = [into.this, *into.expressions] if into.this is not None else list(into.expressions)
        if self.state.inside and self.state.names.dialect not in ("tsql", "fabric"):
            self._select_into(targets, relation)
            return
        name = self.state.names.table(targets[0])
        if not name:
            return
        temporary = bool(into.args.get("temporary"))
        self.state.create(name, relation, None, temporary=temporary or name[-1].startswith("#"))

    def _select_into(self, targets: Sequence[exp.Expr], relation: Relation) -> None:
        """`SELECT … INTO v` of a routine fills variables; a table only if nobody declared them."""
        names = [target.name for target in targets]
        if len(names) == 1 and len(relation.items) > 1:
            self.state.variables.records[names[0].casefold()] = relation
        for name, item in zip(names, relation.items, strict=False):
            output = Output(name, dict(item.direct), dict(item.indirect)) if isinstance(item, Output) else Output(name)
            add(output.indirect, relation.indirect)
            self.state.hold([name], output)


def _drop(state: State, tree: exp.Expr, context: Scope | None = None) -> None:
    for table in tree.args.get("tables") or ():
        if isinstance(table, exp.Table):
            name = state.names.table(table)
            state.temporary.pop(name, None)
            state.names.forget(name)


def _alter(state: State, tree: exp.Expr, context: Scope | None = None) -> None:
    if not isinstance(tree.this, exp.Table):
        return
    name = state.names.table(tree.this)
    known = list(state.names.columns(name) or ())
    for action in tree.args.get("actions") or ():
        if isinstance(action, exp.AlterRename) and isinstance(action.this, exp.Table):
            state.rename(name, (*name[:-1], *state.names.table(action.this)[-1:]))
        elif isinstance(action, exp.SwapTable) and isinstance(action.this, exp.Table):
            state.swap(name, state.names.table(action.this))
        elif isinstance(action, exp.ColumnDef) and known:
            known.append(state.names.normal(action.this))
            state.names.learn(name, tuple(known))


def _use(state: State, tree: exp.Expr, context: Scope | None = None) -> None:
    if isinstance(tree.this, exp.Table):
        kind = tree.args.get("kind")
        state.names.use(
            kind.name.upper() if isinstance(kind, exp.Expr) else "",
            [state.names.normal(part) for part in tree.this.parts],
        )


def _cache(state: State, tree: exp.Expr, context: Scope | None = None) -> None:
    if isinstance(tree.expression, exp.Query):
        relation = state.queries.relation(tree.expression, state.queries.scope())
        state.create(state.names.table(tree.this), relation, None, temporary=True)


def _set_tree(state: State, tree: exp.Expr, context: Scope | None = None) -> None:
    for item in tree.expressions:
        given = item.this
        if not isinstance(given, exp.EQ):
            continue
        sign = "@" if isinstance(given.this, exp.Parameter) else ""
        name = f"{sign}{given.this.name}"
        if name.lower() in ("search_path", "current_schema", "schema"):
            first = given.expression
            state.names.use("SCHEMA", [state.names.normal(first.name)])
        elif isinstance(given.expression, exp.Expr):
            value = state.queries.drawing.value(given.expression, state.queries.scope(), name)
            state.hold([name], value)


def _declare_tree(state: State, tree: exp.Expr, context: Scope | None = None) -> None:
    for item in tree.expressions:
        names = item.this if isinstance(item.this, list) else [item.this]
        for name in names:
            if isinstance(item.args.get("kind"), exp.Schema):
                state.defined(state.names.table(name), _columns(item.args["kind"], state.names), temporary=True)
            elif isinstance(item.args.get("default"), exp.Expr):
                value = state.queries.drawing.value(item.args["default"], state.queries.scope(), "")
                state.hold([f"@{name.name}"], value)


def _command(state: State, tree: exp.Expr, context: Scope | None = None) -> None:
    word = str(tree.this).upper()
    text = tree.expression.name if isinstance(tree.expression, exp.Expr) else str(tree.expression or "")
    if word == "RENAME":
        for old, new in _RENAMES.findall(text.strip().removeprefix("TABLE").removeprefix("table")):
            state.rename(state.named(old), state.named(new))
    elif word == "ALTER":
        found = _EXCHANGE.match(text.strip())
        if found is not None:
            state.whole(state.named(found[1]), state.named(found[2]))
    elif word not in _IGNORED:
        raise NotParsed(f"{word} is not followed", "SQL_NOT_FOLLOWED")


def _routine(state: State, tree: exp.Expr, context: Scope | None = None) -> None:
    raise NotParsed(f"{type(tree).__name__.upper()} is not followed", "SQL_NOT_FOLLOWED")


def _create_tree(state: State, tree: exp.Expr, context: Scope | None = None) -> None:
    if tree.args["kind"] not in ("TABLE", "VIEW", "DYNAMIC TABLE"):
        return
    where, listed = tree.this, None
    if isinstance(where, exp.Schema):
        listed = _columns(where, state.names)
        where = where.this
    if not isinstance(where, exp.Table):
        return
    name = state.names.table(where)
    properties = tree.args.get("properties")
    temporary = bool(properties and properties.find(exp.TemporaryProperty)) or name[-1].startswith("#")
    like = _like(tree)
    source = tree.expression
    if isinstance(source, exp.Query | exp.Values | exp.Table):
        scope = state.queries.with_(tree, state.queries.scope())
        relation = state.queries.relation(source, scope)
        defined = [*(listed or ()), *_partitions(tree, state.names)]
        state.create(name, relation, defined or None, temporary=temporary)
    elif isinstance(tree.args.get("clone"), exp.Expr):
        copied = state.queries.sources.table(state.names.table(tree.args["clone"].this))
        state.create(name, copied, None, temporary=temporary)
    else:
        known = [*(listed or ()), *_partitions(tree, state.names)]
        if like is not None:
            known += state.names.columns(state.names.table(like)) or ()
        state.defined(name, known, temporary=temporary)


def _copy(state: State, tree: exp.Expr, context: Scope | None = None) -> None:
    """COPY of a table or a query to files, or from files into a table."""
    if isinstance(tree.this, exp.Query):
        state.write(None, state.queries.relation(tree.this, state.queries.scope()), None)
        return
    table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    if not isinstance(table, exp.Table) or isinstance(table.this, exp.Var):
        return
    name = state.names.table(table)
    if tree.args.get("kind"):
        state.steps.append(Step(state.line, name, (), ()))
    else:
        state.write(None, state.queries.sources.table(name), None)


def _nothing(state: State, tree: exp.Expr, context: Scope | None = None) -> None:
    """DELETE takes rows away: nothing flows."""


def _columns(schema: exp.Expr, names: Names) -> list[str]:
    """The columns of a definition, without constraints."""
    return [
        names.normal(part.this if isinstance(part, exp.ColumnDef) else part)
        for part in schema.expressions
        if isinstance(part, exp.ColumnDef | exp.Identifier)
    ]


def _partitions(tree: exp.Expr, names: Names) -> list[str]:
    """Hive: PARTITIONED BY (dt string) makes columns of its own."""
    properties = tree.args.get("properties")
    found = properties.find(exp.PartitionedByProperty) if isinstance(properties, exp.Expr) else None
    inner = found.this if found is not None else None
    if not isinstance(inner, exp.Schema):
        return []
    return [
        names.normal(part.this)
        for part in inner.expressions
        if isinstance(part, exp.ColumnDef) and part.args.get("kind")
    ]


def _like(tree: exp.Expr) -> exp.Table | None:
    found = next((like.this for like in tree.find_all(exp.LikeProperty)), None) if tree.expression is None else None
    return found if isinstance(found, exp.Table) else None


_HANDLERS: dict[type[exp.Expr], Callable[[State, exp.Expr, Scope | None], None]] = {
    exp.Alter: _alter,
    exp.Cache: _cache,
    exp.Command: _command,
    exp.Copy: _copy,
    exp.Create: _create_tree,
    exp.Declare: _declare_tree,
    exp.Delete: _nothing,
    exp.Drop: _drop,
    exp.Execute: _routine,
    exp.ExecuteSql: _routine,
    exp.Insert: insert,
    exp.Merge: merge,
    exp.MultitableInserts: many,
    exp.Set: _set_tree,
    exp.Update: update,
    exp.Use: _use,
}
