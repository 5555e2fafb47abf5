"""Statements that change rows: INSERT, UPDATE, MERGE."""

from collections.abc import Sequence

from sqlglot import exp

from connectors.sql_names import Names
from connectors.sql_relations import Item, Output, Relation, Rest, add
from connectors.sql_scope import Scope
from connectors.sql_state import State
from connectors.sql_steps import Name


def insert(state: State, tree: exp.Expr, context: Scope | None = None) -> None:
    """INSERT, with or without a list of columns, and what it does where a row is there already."""
    where = tree.this
    columns = None
    if isinstance(where, exp.Schema):
        columns = [
            state.names.normal(column.this if isinstance(column, exp.ColumnDef) else column)
            for column in where.expressions
        ]
        where = where.this
    if isinstance(where, exp.Tuple):
        where = None
    scope = state.queries.with_(tree, context if context is not None else state.queries.scope())
    source = tree.expression
    relation = state.queries.relation(source, scope) if isinstance(source, exp.Expr) else Relation()
    if not isinstance(where, exp.Table) or isinstance(where.this, exp.Func):
        state.write(None, relation, None)  # a directory, or a function
        return
    name = state.names.table(where)
    if isinstance(source, exp.Values):
        relation = relation.renamed([""] * len(relation.items))  # VALUES name no columns
    conflict = tree.args.get("conflict")
    more = _on_conflict(state, where, conflict, relation, columns) if isinstance(conflict, exp.Expr) else []
    by_name, fixed = bool(tree.args.get("by_name")), _partition(where, state.names)
    state.write(name, relation, columns, by_name=by_name, fixed=fixed, more=more)


def _on_conflict(
    state: State, table: exp.Table, conflict: exp.Expr, relation: Relation, columns: Sequence[str] | None
) -> list[Item]:
    """DO UPDATE SET a = excluded.a and ON DUPLICATE KEY UPDATE a = VALUES(a): what comes to which column."""
    name = state.names.table(table)
    known = columns or state.names.columns(name) or []
    scope = state.queries.scope()
    scope.add(*state.target(table))
    for alias in ("excluded", "EXCLUDED", "values", "new"):
        if alias not in scope.sources:
            scope.sources[alias] = relation.renamed(known)
    scope.hidden.update(("excluded", "EXCLUDED", "values", "new"))
    sink = Output("")
    where = conflict.args.get("where")
    if isinstance(where, exp.Expr):
        state.queries.drawing.decides(where.this, scope, sink)
    made: list[Item] = []
    for part in conflict.expressions:
        if isinstance(part, exp.EQ):
            output = state.queries.drawing.value(part.expression, scope, state.names.normal(_last(part.this)))
            add(output.indirect, sink.indirect)
            made.append(output)
    return made


def update(state: State, tree: exp.Expr, context: Scope | None = None) -> None:
    """UPDATE of one table, or of several where a join names them."""
    outer = state.queries.with_(tree, context if context is not None else state.queries.scope())
    scope, sink = state.queries.scope(outer), Output("")
    state.queries.sources.read(tree, scope, sink)
    table = tree.this
    own = (
        scope.source([state.names.normal(table.this)])
        if isinstance(table, exp.Table) and not table.args.get("db")
        else None
    )
    if own is None or own.base is None:
        if isinstance(table, exp.Table) and not table.args.get("joins"):
            alias, own = state.target(table)
            scope.add(alias, own)
        else:
            state.queries.sources.add(table, scope, sink)
            own = next(iter(scope.sources.values()))
    where = tree.args.get("where")
    state.queries.drawing.decides(where.this if isinstance(where, exp.Expr) else None, scope, sink)
    default = own.base or (state.names.table(table) if isinstance(table, exp.Table) else None)
    made: dict[Name | None, list[Item]] = {}
    for part in tree.expressions:
        _set(state, part, scope, default, made)
    for name, outputs in made.items():
        if name is not None:
            state.queries.sources.reads.pop(name, None)
            state.write(
                name, Relation(outputs, sink.indirect), [item.name for item in outputs if isinstance(item, Output)]
            )


def _set(state: State, part: exp.Expr, scope: Scope, default: Name | None, made: dict[Name | None, list[Item]]) -> None:
    """One `a = value`, or `(a, b) = (values)`, with the table that it is about."""
    if not isinstance(part, exp.EQ | exp.PropertyEQ):
        return
    where = part.this
    if isinstance(where, exp.Tuple):
        value = part.expression
        if isinstance(value, exp.Subquery):
            relation = state.queries.relation(value, scope)
            outputs = [
                Output(item.name, item.direct, {**item.indirect, **relation.indirect}) for item in relation.outputs
            ]
        else:
            cells = value.expressions if isinstance(value, exp.Tuple) else [value]
            outputs = [state.queries.drawing.value(cell, scope, "") for cell in cells]
        for column, output in zip(where.expressions, outputs, strict=False):
            made.setdefault(default, []).append(output.named(state.names.normal(_last(column))))
        return
    name = default
    if isinstance(where, exp.Column) and where.args.get("table") is not None:
        named = scope.source([state.names.normal(where.args["table"])])
        name = named.base if named is not None and named.base is not None else default
    output = state.queries.drawing.value(part.expression, scope, state.names.normal(_last(where)))
    made.setdefault(name, []).append(output)


def merge(state: State, tree: exp.Expr, context: Scope | None = None) -> None:
    """MERGE: all its branches may come about."""
    outer = state.queries.with_(tree, context if context is not None else state.queries.scope())
    scope, sink = state.queries.scope(outer), Output("")
    alias, target = state.target(tree.this)
    state.queries.sources.add(tree.args["using"], scope, sink)
    source = list(scope.sources.values())
    scope.add(alias, target)
    decides = state.queries.drawing.decides
    decides(tree.args.get("on"), scope, sink)
    for column in tree.args.get("using_cond") or ():
        decides(column, scope, sink)
    name = state.names.table(tree.this)
    items: list[Item] = []
    for when in tree.args["whens"].expressions:
        decides(when.args.get("condition"), scope, sink)
        items += _when(state, when.args["then"], scope, name, source)
    state.write(name, Relation(_joined(items), sink.indirect), None, by_name=True)


def _when(state: State, then: exp.Expr, scope: Scope, name: Name, source: Sequence[Relation]) -> list[Item]:
    """What one branch of MERGE puts into the table."""
    made: dict[Name | None, list[Item]] = {}
    if isinstance(then, exp.Update):
        if any(isinstance(part, exp.Star) for part in then.expressions):
            return [item for relation in source for item in relation.items]
        for part in then.expressions:
            _set(state, part, scope, name, made)
        where = then.args.get("where")
        if isinstance(where, exp.Expr):
            sink = Output("")
            state.queries.drawing.decides(where.this, scope, sink)
            for item in made.get(name, ()):
                if isinstance(item, Output):
                    add(item.indirect, sink.indirect)
    elif isinstance(then, exp.Insert):
        if (
            isinstance(then.this, exp.Star)
            or not isinstance(then.expression, exp.Expr)
            or isinstance(then.this, exp.Var)
        ):
            return [item for relation in source for item in relation.items]
        listed = then.this.expressions if isinstance(then.this, exp.Tuple | exp.Schema) else []
        columns = [state.names.normal(_last(column)) for column in listed] or state.names.columns(name) or []
        cells = then.expression.expressions if isinstance(then.expression, exp.Tuple) else [then.expression]
        return [state.queries.drawing.value(cell, scope, column) for column, cell in zip(columns, cells, strict=False)]
    return made.get(name, [])


def many(state: State, tree: exp.Expr, context: Scope | None = None) -> None:
    """Several INSERTs from one source: of Hive, and INSERT ALL of Oracle."""
    scope = state.queries.with_(tree, state.queries.scope())
    source = tree.args["source"]
    if isinstance(source, exp.Table) or not isinstance(source, exp.Query):
        for part in tree.expressions:
            query = part.expression
            if isinstance(query, exp.Select) and query.args.get("from_") is None:
                query.set("from_", exp.From(this=source.copy()))
            state.queries.begin()
            insert(state, part, scope)
        return
    relation = state.queries.relation(source, scope)
    alias = source.args.get("alias")
    reads = dict(state.queries.sources.reads)
    for part in tree.expressions:
        one = part.this if isinstance(part, exp.ConditionalInsert) else part
        inner = state.queries.scope(scope)
        inner.add(state.names.normal(alias.this) if alias is not None else "", relation)
        state.queries.sources.reads = dict(reads)
        _one_of_many(state, one, part, inner, relation)


def _one_of_many(state: State, one: exp.Expr, part: exp.Expr, scope: Scope, relation: Relation) -> None:
    sink = Output("", {}, dict(relation.indirect))
    if isinstance(part, exp.ConditionalInsert):
        state.queries.drawing.decides(part.expression, scope, sink)
    where, columns = one.this, None
    if isinstance(where, exp.Schema):
        columns = [state.names.normal(column) for column in where.expressions]
        where = where.this
    query = one.expression
    if isinstance(query, exp.Values):
        given = state.queries.sources.values(query, scope).items
    elif isinstance(query, exp.Select):
        given = state.queries.items(query, scope)
        state.queries.filters(query, scope, sink, given)
    else:
        given = relation.items
    state.write(state.names.table(where), Relation(given, sink.indirect, None, relation.tables), columns)


def _last(column: exp.Expr) -> exp.Expr | None:
    """The name of a column that a statement sets."""
    if isinstance(column, exp.Dot):
        return _first(column)
    return column.this if isinstance(column.this, exp.Expr) and not isinstance(column, exp.Identifier) else column


def _first(column: exp.Expr) -> exp.Expr | None:
    while isinstance(column, exp.Dot):
        column = column.this
    return _last(column)


def _partition(table: exp.Table, names: Names) -> list[str]:
    """INSERT … PARTITION (dt = '1'): the columns that are not in the query."""
    partition = table.args.get("partition")
    if not isinstance(partition, exp.Partition):
        return []
    return [names.normal(_last(part.this)).casefold() for part in partition.expressions if isinstance(part, exp.EQ)]


def _joined(items: Sequence[Item]) -> list[Item]:
    """Columns that several branches fill are one."""
    joined: dict[str, Output] = {}
    rests: list[Rest] = []
    for item in items:
        if isinstance(item, Rest):
            if item not in rests:
                rests.append(item)
        elif item.name in joined:
            joined[item.name].take(item)
        else:
            joined[item.name] = Output(item.name, dict(item.direct), dict(item.indirect))
    return [*joined.values(), *rests]
