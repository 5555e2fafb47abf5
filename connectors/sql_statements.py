"""What statements do: which tables they write, from what, and what there is afterwards to be read by later ones."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sqlglot import exp

from connectors.sql_flows import Target, flows
from connectors.sql_names import Names
from connectors.sql_parse import NotParsed, Parser
from connectors.sql_queries import Queries
from connectors.sql_relations import Item, Output, Relation, Rest, add
from connectors.sql_scope import Scope, Variables
from connectors.sql_steps import Name, Step

_IGNORED = frozenset(
    "GRANT REVOKE SHOW SET ANALYZE VACUUM COMMENT EXPLAIN LOAD MSCK LOCK UNLOCK OPTIMIZE FLUSH RESET CHECKPOINT PRAGMA"
    " KILL UNLOAD PUT GET LIST REMOVE NOTIFY LISTEN DISCARD REINDEX CLUSTER AUDIT PURGE DENY CHECK REPAIR".split()
)
_RENAMES = re.compile(r"([^\s,]+)\s+TO\s+([^\s,]+)", re.IGNORECASE)
_EXCHANGE = re.compile(r"table\s+(\S+)\s+exchange\s+partition\b.*\bwith\s+table\s+(\S+)", re.IGNORECASE | re.DOTALL)

Report = Callable[[str, str, exp.Expr | None], None]
"""Takes a code, a message and the node that it is about."""


class Statements:
    """Follows one statement after the other. `steps` are those so far."""

    def __init__(
        self, parser: Parser, names: Names, report: Report, dropped: frozenset[str], into: Name | None
    ) -> None:
        self.names = names
        self.variables = Variables()
        self.temporary: dict[Name, Relation] = {}
        self.steps: list[Step] = []
        self.line = 1
        self.inside = False
        self._parser = parser
        self._report = report
        self._dropped = dropped
        self._into = into
        self._queries = Queries(
            names,
            self.variables,
            self.temporary,
            lambda node, code, message: report(code, message, node),
            self._performed,
        )

    def follow(self, text: str, line: int, *, inside: bool) -> None:
        """Follows the statements of a text. Raises NotParsed."""
        self.line, self.inside = line, inside
        for tree in self._parser.trees(text):
            self._queries.begin()
            self._statement(tree)

    def assign(self, names: Sequence[str], text: str) -> None:
        """Variables take the value of an expression."""
        for tree in self._parser.trees("SELECT " + text):
            self._queries.begin()
            scope = self._queries.scope()
            for output in list(self._queries.relation(tree, scope).outputs)[:1]:
                self._hold(names, output)

    def declare(self, names: Iterable[str]) -> None:
        """Names that are variables from here on, with nothing in them."""
        for name in names:
            self.variables.values.setdefault(name.casefold(), Output(name))

    def loop(self, name: str, text: str) -> None:
        """A cursor or a loop's variable runs over a query."""
        for tree in self._parser.trees(text):
            self._queries.begin()
            self.variables.records[name.casefold()] = self._queries.relation(tree, self._queries.scope())

    def again(self, name: str, other: str) -> None:
        """A loop's variable runs over a cursor."""
        self.variables.records[name.casefold()] = self.variables.records.get(other.casefold(), Relation())

    def fetch(self, names: Sequence[str]) -> None:
        """Variables, after a cursor's name, take its columns."""
        cursor = self.variables.records.get(names[0].casefold(), Relation())
        if len(names) == 2 and len(cursor.items) > 1:
            self.variables.records[names[1].casefold()] = cursor
            return
        for name, item in zip(names[1:], cursor.items, strict=False):
            self._hold([name], item if isinstance(item, Output) else Output(name, item.whole))

    def _hold(self, names: Sequence[str], output: Output) -> None:
        for name in names:
            held = Output(name)
            held.take(self.variables.values.get(name.casefold(), held))
            held.take(output)
            self.variables.values[name.casefold()] = held

    def _statement(self, tree: exp.Expr) -> None:
        handle = _HANDLERS.get(type(tree))
        if handle is not None:
            handle(self, tree)
        elif isinstance(tree, exp.Query):
            self._query(tree)

    def _performed(self, tree: exp.Expr, context: Scope) -> Relation:
        """A statement that writes inside WITH, and the rows that it returns."""
        handle = _HANDLERS.get(type(tree))
        if handle is None:
            return Relation()
        table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        returning = tree.args.get("returning")
        reads = self._queries.sources.reads
        if not isinstance(tree, exp.Delete):
            self._queries.sources.reads = {}
            handle(self, tree, context)
            self._queries.sources.reads = reads
        if not isinstance(returning, exp.Expr) or not isinstance(table, exp.Table):
            return Relation()
        scope = self._queries.scope(context)
        scope.add(*self._target(table, read=isinstance(tree, exp.Delete)))
        sink = Output("")
        where = tree.args.get("where")
        if isinstance(where, exp.Expr):
            self._queries.drawing.decides(where.this, scope, sink)
        items = self._queries._items(returning, scope)
        return Relation(items, sink.indirect, None, [self.names.table(table)])

    def _target(self, table: exp.Table, *, read: bool = False) -> tuple[str, Relation]:
        relation = self._queries.sources.table(self.names.table(table), read=read)
        alias = table.args.get("alias")
        if isinstance(alias, exp.TableAlias) and alias.this is not None:
            return self.names.normal(alias.this), relation
        return (relation.base or self.names.table(table) or ("",))[-1], relation

    # Queries and what they are put into.

    def _query(self, tree: exp.Query) -> None:
        into = tree.args.get("into") if isinstance(tree, exp.Select) else None
        relation = self._queries.relation(tree, self._queries.scope())
        if not isinstance(into, exp.Into):
            self.write(self._into, relation, None)
            return
        targets = [into.this, *into.expressions] if into.this is not None else list(into.expressions)
        if self.inside and self.names.dialect not in ("tsql", "fabric"):
            self._select_into(targets, relation)
            return
        name = self.names.table(targets[0])
        temporary = bool(into.args.get("temporary"))
        self._create(name, relation, None, temporary=temporary or name[-1].startswith("#"))

    def _select_into(self, targets: Sequence[exp.Expr], relation: Relation) -> None:
        """`SELECT … INTO v` of a routine fills variables; a table only if nobody declared them."""
        names = [target.name for target in targets]
        if len(names) == 1 and len(relation.items) > 1:
            self.variables.records[names[0].casefold()] = relation
        for name, item in zip(names, relation.items, strict=False):
            output = Output(name, dict(item.direct), dict(item.indirect)) if isinstance(item, Output) else Output(name)
            add(output.indirect, relation.indirect)
            self._hold([name], output)

    def _insert(self, tree: exp.Expr, context: Scope | None = None) -> None:
        where = tree.this
        columns = None
        if isinstance(where, exp.Schema):
            columns = [
                self.names.normal(column.this if isinstance(column, exp.ColumnDef) else column)
                for column in where.expressions
            ]
            where = where.this
        if isinstance(where, exp.Tuple):
            where = None
        scope = self._queries.with_(tree, context if context is not None else self._queries.scope())
        source = tree.expression
        relation = self._queries.relation(source, scope) if isinstance(source, exp.Expr) else Relation()
        if not isinstance(where, exp.Table) or isinstance(where.this, exp.Func):
            return
        name = self.names.table(where)
        if isinstance(source, exp.Values):
            relation = relation.renamed([""] * len(relation.items))  # VALUES name no columns
        self.write(name, relation, columns, by_name=bool(tree.args.get("by_name")), fixed=_partition(where, self.names))
        conflict = tree.args.get("conflict")
        if isinstance(conflict, exp.Expr) and conflict.expressions:
            self._on_conflict(where, conflict, relation, columns)

    def _on_conflict(
        self, table: exp.Table, conflict: exp.Expr, relation: Relation, columns: Sequence[str] | None
    ) -> None:
        """DO UPDATE SET a = excluded.a and ON DUPLICATE KEY UPDATE a = VALUES(a)."""
        name = self.names.table(table)
        known = columns or self.names.columns(name) or []
        scope = self._queries.scope()
        scope.add(*self._target(table))
        for alias in ("excluded", "EXCLUDED", "values", "new"):
            if alias not in scope.sources:
                scope.sources[alias] = relation.renamed(known)
        scope.hidden.update(("excluded", "EXCLUDED", "values", "new"))
        sink = Output("")
        where = conflict.args.get("where")
        if isinstance(where, exp.Expr):
            self._queries.drawing.decides(where.this, scope, sink)
        made = [
            self._queries.drawing.value(part.expression, scope, self.names.normal(_last(part.this)))
            for part in conflict.expressions
            if isinstance(part, exp.EQ) and not isinstance(part.expression, exp.Anonymous)
        ]
        self.write(name, Relation(made, sink.indirect), None)

    def _create_tree(self, tree: exp.Expr, context: Scope | None = None) -> None:
        if tree.args["kind"] not in ("TABLE", "VIEW", "DYNAMIC TABLE"):
            return
        where, listed = tree.this, None
        if isinstance(where, exp.Schema):
            listed = _columns(where, self.names)
            where = where.this
        if not isinstance(where, exp.Table):
            return
        name = self.names.table(where)
        properties = tree.args.get("properties")
        temporary = bool(properties and properties.find(exp.TemporaryProperty)) or name[-1].startswith("#")
        like = _like(tree)
        source = tree.expression
        if isinstance(source, exp.Query | exp.Values | exp.Table):
            scope = self._queries.with_(tree, self._queries.scope())
            relation = self._queries.relation(source, scope)
            defined = [*(listed or ()), *_partitions(tree, self.names)]
            self._create(name, relation, defined or None, temporary=temporary)
        elif isinstance(tree.args.get("clone"), exp.Expr):
            copied = self._queries.sources.table(self.names.table(tree.args["clone"].this))
            self._create(name, copied, None, temporary=temporary)
        else:
            known = [*(listed or ()), *_partitions(tree, self.names)]
            if like is not None:
                known += self.names.columns(self.names.table(like)) or ()
            self._defined(name, known, temporary=temporary)

    def _defined(self, name: Name, columns: Sequence[str], *, temporary: bool) -> None:
        """A table that is created empty."""
        if columns:
            self.names.learn(name, columns)
        if temporary or self._ends(name):
            self.temporary[name] = Relation([Output(column) for column in columns])
        else:
            self.steps.append(Step(self.line, name, (), (), tuple(columns)))

    def _create(self, name: Name, relation: Relation, columns: Sequence[str] | None, *, temporary: bool) -> None:
        """A table or view that is created from a query."""
        named = relation.renamed(columns or ())
        outputs = list(named.outputs)
        known = len(outputs) == len(named.items)
        if temporary or self._ends(name):
            self.temporary[name] = Relation()
        self.names.forget(name)
        self.write(name, named, None, created=[output.name for output in outputs] if known else [])
        if known:
            self.names.learn(name, [output.name for output in outputs])

    def _ends(self, name: Name) -> bool:
        """Whether the script drops a table that it creates, which then is a temporary one by another name."""
        return name[-1].casefold() in self._dropped

    def write(
        self,
        name: Name | None,
        relation: Relation,
        columns: Sequence[str] | None,
        *,
        by_name: bool = False,
        fixed: Sequence[str] = (),
        created: Sequence[str] = (),
    ) -> None:
        """Puts what a query gives into a table: by `columns`, by the table's columns in their order, or by names.

        `fixed` are columns that are not filled by position, for they have one value.
        """
        reads = tuple(self._queries.sources.reads)
        if name is None:
            if reads:
                self.steps.append(Step(self.line, None, reads, ()))
            return
        if columns is None and not by_name and not created:
            held = self.temporary.get(name)
            known = [output.name for output in held.outputs] if held is not None and held.items else None
            columns = known or self.names.columns(name)
            if columns is not None and fixed:
                columns = [column for column in columns if column.casefold() not in fixed]
        target = Target(name, relation, columns)
        if name in self.temporary:
            self.temporary[name] = target.kept(self.temporary[name])
            return
        found, unknown = flows(target, reads, self._parser.name)
        for rest in unknown:
            what = ".".join(rest.table) if rest.table else "what a function gives"
            self._report("SQL_COLUMN_UNKNOWN", f"`*` is taken as a whole: the columns of {what} are not known", None)
        reads = tuple(dict.fromkeys((*reads, *(flow.source for flow in found))))
        self.steps.append(Step(self.line, name, reads, found, tuple(created)))

    # Statements that change rows.

    def _update(self, tree: exp.Expr, context: Scope | None = None) -> None:
        outer = self._queries.with_(tree, context if context is not None else self._queries.scope())
        scope, sink = self._queries.scope(outer), Output("")
        self._queries.sources.read(tree, scope, sink)
        table = tree.this
        own = (
            scope.source([self.names.normal(table.this)])
            if isinstance(table, exp.Table) and not table.args.get("db")
            else None
        )
        if own is None or own.base is None:
            if isinstance(table, exp.Table) and not table.args.get("joins"):
                alias, own = self._target(table)
                scope.add(alias, own)
            else:
                self._queries.sources.add(table, scope, sink)
                own = next(iter(scope.sources.values()))
        where = tree.args.get("where")
        self._queries.drawing.decides(where.this if isinstance(where, exp.Expr) else None, scope, sink)
        default = own.base or (self.names.table(table) if isinstance(table, exp.Table) else None)
        made: dict[Name | None, list[Item]] = {}
        for part in tree.expressions:
            self._set(part, scope, default, made)
        for name, outputs in made.items():
            if name is not None:
                self._queries.sources.reads.pop(name, None)
                self.write(
                    name, Relation(outputs, sink.indirect), [item.name for item in outputs if isinstance(item, Output)]
                )

    def _set(self, part: exp.Expr, scope: Scope, default: Name | None, made: dict[Name | None, list[Item]]) -> None:
        """One `a = value`, or `(a, b) = (values)`, with the table that it is about."""
        if not isinstance(part, exp.EQ | exp.PropertyEQ):
            return
        where = part.this
        if isinstance(where, exp.Tuple):
            value = part.expression
            if isinstance(value, exp.Subquery):
                relation = self._queries.relation(value, scope)
                outputs = [
                    Output(item.name, item.direct, {**item.indirect, **relation.indirect}) for item in relation.outputs
                ]
            else:
                cells = value.expressions if isinstance(value, exp.Tuple) else [value]
                outputs = [self._queries.drawing.value(cell, scope, "") for cell in cells]
            for column, output in zip(where.expressions, outputs, strict=False):
                made.setdefault(default, []).append(output.named(self.names.normal(_last(column))))
            return
        name = default
        if isinstance(where, exp.Column) and where.args.get("table") is not None:
            named = scope.source([self.names.normal(where.args["table"])])
            name = named.base if named is not None and named.base is not None else default
        output = self._queries.drawing.value(part.expression, scope, self.names.normal(_last(where)))
        made.setdefault(name, []).append(output)

    def _merge(self, tree: exp.Expr, context: Scope | None = None) -> None:
        outer = self._queries.with_(tree, context if context is not None else self._queries.scope())
        scope, sink = self._queries.scope(outer), Output("")
        alias, target = self._target(tree.this)
        self._queries.sources.add(tree.args["using"], scope, sink)
        source = list(scope.sources.values())
        scope.add(alias, target)
        decides = self._queries.drawing.decides
        decides(tree.args.get("on"), scope, sink)
        for column in tree.args.get("using_cond") or ():
            decides(column, scope, sink)
        name = self.names.table(tree.this)
        items: list[Item] = []
        for when in tree.args["whens"].expressions:
            decides(when.args.get("condition"), scope, sink)
            items += self._when(when.args["then"], scope, name, source)
        self.write(name, Relation(_joined(items), sink.indirect), None, by_name=True)

    def _when(self, then: exp.Expr, scope: Scope, name: Name, source: Sequence[Relation]) -> list[Item]:
        """What one branch of MERGE puts into the table."""
        made: dict[Name | None, list[Item]] = {}
        if isinstance(then, exp.Update):
            if any(isinstance(part, exp.Star) for part in then.expressions):
                return [item for relation in source for item in relation.items]
            for part in then.expressions:
                self._set(part, scope, name, made)
            where = then.args.get("where")
            if isinstance(where, exp.Expr):
                sink = Output("")
                self._queries.drawing.decides(where.this, scope, sink)
                for item in made.get(name, ()):
                    if isinstance(item, Output):
                        add(item.indirect, sink.indirect)
        elif isinstance(then, exp.Insert):
            if isinstance(then.this, exp.Star) or then.expression is None or isinstance(then.this, exp.Var):
                return [item for relation in source for item in relation.items]
            listed = then.this.expressions if isinstance(then.this, exp.Tuple | exp.Schema) else []
            columns = [self.names.normal(_last(column)) for column in listed] or self.names.columns(name) or []
            cells = then.expression.expressions if isinstance(then.expression, exp.Tuple) else [then.expression]
            return [
                self._queries.drawing.value(cell, scope, column) for column, cell in zip(columns, cells, strict=False)
            ]
        return made.get(name, [])

    def _many(self, tree: exp.Expr, context: Scope | None = None) -> None:
        """Several INSERTs from one source: of Hive, and INSERT ALL of Oracle."""
        scope = self._queries.with_(tree, self._queries.scope())
        source = tree.args["source"]
        if isinstance(source, exp.Table) or not isinstance(source, exp.Query):
            for insert in tree.expressions:
                query = insert.expression
                if isinstance(query, exp.Select) and query.args.get("from_") is None:
                    query.set("from_", exp.From(this=source.copy()))
                self._queries.begin()
                self._insert(insert, scope)
            return
        relation = self._queries.relation(source, scope)
        alias = source.args.get("alias")
        reads = dict(self._queries.sources.reads)
        for part in tree.expressions:
            insert = part.this if isinstance(part, exp.ConditionalInsert) else part
            inner = self._queries.scope(scope)
            inner.add(self.names.normal(alias.this) if alias is not None else "", relation)
            self._queries.sources.reads = dict(reads)
            self._one_of_many(insert, part, inner, relation)

    def _one_of_many(self, insert: exp.Expr, part: exp.Expr, scope: Scope, relation: Relation) -> None:
        sink = Output("", {}, dict(relation.indirect))
        if isinstance(part, exp.ConditionalInsert):
            self._queries.drawing.decides(part.expression, scope, sink)
        where, columns = insert.this, None
        if isinstance(where, exp.Schema):
            columns = [self.names.normal(column) for column in where.expressions]
            where = where.this
        query = insert.expression
        if isinstance(query, exp.Values):
            given = self._queries.sources.values(query, scope).items
        elif isinstance(query, exp.Select):
            given = self._queries._items(query, scope)
            self._queries.filters(query, scope, sink, given)
        else:
            given = relation.items
        self.write(self.names.table(where), Relation(given, sink.indirect, None, relation.tables), columns)

    # Statements about tables.

    def _drop(self, tree: exp.Expr, context: Scope | None = None) -> None:
        for table in tree.args.get("tables") or ():
            if isinstance(table, exp.Table):
                name = self.names.table(table)
                self.temporary.pop(name, None)
                self.names.forget(name)

    def _alter(self, tree: exp.Expr, context: Scope | None = None) -> None:
        if not isinstance(tree.this, exp.Table):
            return
        name = self.names.table(tree.this)
        known = list(self.names.columns(name) or ())
        for action in tree.args.get("actions") or ():
            if isinstance(action, exp.AlterRename) and isinstance(action.this, exp.Table):
                self._rename(name, (*name[:-1], *self.names.table(action.this)[-1:]))
            elif isinstance(action, exp.SwapTable) and isinstance(action.this, exp.Table):
                self._swap(name, self.names.table(action.this))
            elif isinstance(action, exp.ColumnDef) and known:
                known.append(self.names.normal(action.this))
                self.names.learn(name, tuple(known))

    def _rename(self, old: Name, new: Name) -> None:
        """What was written to a table before is in the one of its new name."""
        columns = self.names.columns(old)
        self.steps = [_moved(step, {old: new}) for step in self.steps]
        if old in self.temporary:
            self.temporary[new] = self.temporary.pop(old)
        if columns is not None:
            self.names.forget(old)
            self.names.learn(new, columns)

    def _swap(self, left: Name, right: Name) -> None:
        """Two tables change their contents."""
        if any(name in (step.writes, *step.reads) for step in self.steps for name in (left, right)):
            self.steps = [_moved(step, {left: right, right: left}) for step in self.steps]
            return
        self._whole(left, right)
        self._whole(right, left)

    def _whole(self, target: Name, source: Name) -> None:
        self._queries.sources.reads = {source: None}
        self.write(target, self._queries.sources.table(source), None, by_name=True)

    def _use(self, tree: exp.Expr, context: Scope | None = None) -> None:
        if isinstance(tree.this, exp.Table):
            kind = tree.args.get("kind")
            self.names.use(
                kind.name.upper() if isinstance(kind, exp.Expr) else "",
                [self.names.normal(part) for part in tree.this.parts],
            )

    def _cache(self, tree: exp.Expr, context: Scope | None = None) -> None:
        if isinstance(tree.expression, exp.Query):
            relation = self._queries.relation(tree.expression, self._queries.scope())
            self._create(self.names.table(tree.this), relation, None, temporary=True)

    def _set_tree(self, tree: exp.Expr, context: Scope | None = None) -> None:
        for item in tree.expressions:
            given = item.this
            if not isinstance(given, exp.EQ):
                continue
            sign = "@" if isinstance(given.this, exp.Parameter) else ""
            name = f"{sign}{given.this.name}"
            if name.lower() in ("search_path", "current_schema", "schema"):
                first = given.expression
                self.names.use("SCHEMA", [self.names.normal(first.name)])
            elif isinstance(given.expression, exp.Expr):
                value = self._queries.drawing.value(given.expression, self._queries.scope(), name)
                self._hold([name], value)

    def _declare_tree(self, tree: exp.Expr, context: Scope | None = None) -> None:
        for item in tree.expressions:
            names = item.this if isinstance(item.this, list) else [item.this]
            for name in names:
                if isinstance(item.args.get("kind"), exp.Schema):
                    self._defined(self.names.table(name), _columns(item.args["kind"], self.names), temporary=True)
                elif isinstance(item.args.get("default"), exp.Expr):
                    value = self._queries.drawing.value(item.args["default"], self._queries.scope(), "")
                    self._hold([f"@{name.name}"], value)

    def _command(self, tree: exp.Expr, context: Scope | None = None) -> None:
        word = str(tree.this).upper()
        text = tree.expression.name if isinstance(tree.expression, exp.Expr) else str(tree.expression or "")
        if word == "RENAME":
            for old, new in _RENAMES.findall(text.strip().removeprefix("TABLE").removeprefix("table")):
                self._rename(self._named(old), self._named(new))
        elif word == "ALTER":
            found = _EXCHANGE.match(text.strip())
            if found is not None:
                self._whole(self._named(found[1]), self._named(found[2]))
        elif word not in _IGNORED:
            raise NotParsed(f"{word} is not followed", "SQL_NOT_FOLLOWED")

    def _named(self, text: str) -> Name:
        return self.names.table(exp.to_table(text, dialect=self._parser.name or None))

    def _routine(self, tree: exp.Expr, context: Scope | None = None) -> None:
        raise NotParsed(f"{type(tree).__name__.upper()} is not followed", "SQL_NOT_FOLLOWED")


def _last(column: exp.Expr) -> exp.Expr | None:
    """The name of a column that a statement sets."""
    if isinstance(column, exp.Dot):
        return _first(column)
    return column.this if isinstance(column.this, exp.Expr) and not isinstance(column, exp.Identifier) else column


def _first(column: exp.Expr) -> exp.Expr | None:
    while isinstance(column, exp.Dot):
        column = column.this
    return _last(column)


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


def _partition(table: exp.Table, names: Names) -> list[str]:
    """INSERT … PARTITION (dt = '1'): the columns that are not in the query."""
    partition = table.args.get("partition")
    if not isinstance(partition, exp.Partition):
        return []
    return [names.normal(_last(part.this)).casefold() for part in partition.expressions if isinstance(part, exp.EQ)]


def _like(tree: exp.Expr) -> exp.Table | None:
    found = next((like.this for like in tree.find_all(exp.LikeProperty)), None) if tree.expression is None else None
    return found if isinstance(found, exp.Table) else None


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


def _moved(step: Step, names: dict[Name, Name]) -> Step:
    return replace(
        step,
        writes=names.get(step.writes, step.writes) if step.writes is not None else None,
        reads=tuple(names.get(name, name) for name in step.reads),
        flows=tuple(
            replace(flow, source=names.get(flow.source, flow.source), target=names.get(flow.target, flow.target))
            for flow in step.flows
        ),
    )


_HANDLERS: dict[type[exp.Expr], Callable[..., None]] = {
    exp.Alter: Statements._alter,
    exp.Cache: Statements._cache,
    exp.Command: Statements._command,
    exp.Create: Statements._create_tree,
    exp.Declare: Statements._declare_tree,
    exp.Delete: lambda self, tree, context=None: None,
    exp.Drop: Statements._drop,
    exp.Execute: Statements._routine,
    exp.ExecuteSql: Statements._routine,
    exp.Insert: Statements._insert,
    exp.Merge: Statements._merge,
    exp.MultitableInserts: Statements._many,
    exp.Set: Statements._set_tree,
    exp.Update: Statements._update,
    exp.Use: Statements._use,
}
