"""What a query gives: SELECT, UNION and its like, and the common table expressions before them."""

from collections.abc import Callable, Mapping

from sqlglot import exp

from connectors.sql_draw import Drawing, children
from connectors.sql_names import Names
from connectors.sql_relations import Item, Output, Relation, Rest, add, combine
from connectors.sql_scope import ALIASES_IN_SELECT, Report, Scope, Variables
from connectors.sql_sources import Sources
from connectors.sql_steps import Name

PASSES = 4
"""How often a recursive query is gone through at most, until its columns come from nothing new."""

_ALL_PASSES = 100
_FUNCTION_NAMES = frozenset({"postgres", "redshift", "materialize", "risingwave", "duckdb"})

Perform = Callable[[exp.Expr, Scope], Relation]
"""Follows a statement that writes and stands in WITH; gives what it returns."""


class Queries:
    """Follows the queries of one statement after the other."""

    def __init__(
        self,
        names: Names,
        variables: Variables,
        temporary: Mapping[Name, Relation],
        report: Report,
        perform: Perform,
    ) -> None:
        self.names = names
        self.variables = variables
        self.drawing = Drawing(self.relation, report)
        self.sources = Sources(names, temporary, self.drawing, self.relation)
        self._perform = perform
        self._passes = 0

    def begin(self) -> None:
        """Another statement begins."""
        self.sources.forget()
        self._passes = 0

    def scope(self, parent: Scope | None = None) -> Scope:
        """A place for names, within another."""
        return Scope(self.names, self.variables, parent, parent.ctes if parent is not None else {})

    def relation(self, query: exp.Expr, context: Scope) -> Relation:
        """What a query gives where the tables of `context` may be named too."""
        context = self.with_(query, context)
        if isinstance(query, exp.Select):
            return self._select(query, context)
        if isinstance(query, exp.SetOperation):
            return self._united(query, context)
        if isinstance(query, exp.Subquery | exp.Paren):
            return self.relation(query.this, context)
        if isinstance(query, exp.Values):
            return self.sources.values(query, context)
        if isinstance(query, exp.Table):
            scope, sink = self.scope(context), Output("")
            self.sources.add(query, scope, sink)
            items = self._star(exp.Star(), scope, [*scope.sources])
            return Relation(items, sink.indirect, None, _tables(scope))
        if isinstance(query, exp.DML):
            return self._perform(query, context)
        return Relation()

    def with_(self, node: exp.Expr, context: Scope) -> Scope:
        """The scope in which the common table expressions of a statement are known."""
        clause = node.args.get("with_")
        if not isinstance(clause, exp.With):
            return context
        inner = self.scope(context)
        inner.ctes = dict(context.ctes)
        for cte in clause.expressions:
            if not isinstance(cte, exp.CTE) or cte.args.get("scalar"):
                continue
            alias = cte.args["alias"]
            name = self.names.normal(alias.this)
            columns = [self.names.normal(column) for column in alias.args.get("columns") or ()]
            blank = self.scope(inner)
            blank.ctes = inner.ctes
            inner.ctes = {**inner.ctes, name: self._cte(cte.this, name, columns, blank)}
        return inner

    def _cte(self, query: exp.Expr, name: str, columns: list[str], scope: Scope) -> Relation:
        body = query
        while isinstance(body, exp.Subquery) and not body.args.get("with_"):
            body = body.this
        if not isinstance(body, exp.SetOperation) or not self._names_itself(body, name):
            return self.relation(query, scope).renamed(columns)
        scope = self.with_(body, scope)
        first = found = self.relation(_first(body), scope).renamed(columns)
        size = -1
        for _ in range(PASSES if self._passes < _ALL_PASSES else 1):
            self._passes += 1
            scope.ctes = {**scope.ctes, name: found}
            found = combine(first, self._united(body, scope)).renamed(columns)
            grown = sum(len(item.direct) + len(item.indirect) for item in found.outputs) + len(found.indirect)
            if grown == size:
                break
            size = grown
        return found

    def _names_itself(self, body: exp.Expr, name: str) -> bool:
        return any(
            not table.args.get("db") and self.names.normal(table.this) == name
            for table in body.find_all(exp.Table)
            if isinstance(table.this, exp.Identifier)
        )

    def _united(self, query: exp.SetOperation, context: Scope) -> Relation:
        chain: list[exp.SetOperation] = [query]
        while isinstance(chain[-1].this, exp.SetOperation) and not chain[-1].this.args.get("with_"):
            chain.append(chain[-1].this)
        found = self.relation(chain[-1].this, context)
        for node in reversed(chain):
            right = self.relation(node.expression, context)
            found = combine(found, right, by_name=bool(node.args.get("by_name")), filters=isinstance(node, exp.Except))
        return found

    def _select(self, query: exp.Select, context: Scope) -> Relation:
        scope, sink = self.scope(context), Output("")
        self.sources.read(query, scope, sink)
        for window in query.args.get("windows") or ():
            scope.windows[self.names.normal(window.this)] = window
        scope.aliases_first = self.names.dialect in ALIASES_IN_SELECT
        items = self.items(query, scope)
        self.filters(query, scope, sink, items)
        return Relation(items, sink.indirect, None, _tables(scope))

    def filters(self, query: exp.Expr, scope: Scope, sink: Output, items: list[Item]) -> None:
        """All that decides which rows there are."""
        decides = self.drawing.decides
        for key in ("where", "prewhere"):
            clause = query.args.get(key)
            decides(clause.this if isinstance(clause, exp.Expr) else None, scope, sink)
        connect = query.args.get("connect")
        if isinstance(connect, exp.Expr):
            decides(connect.args.get("start"), scope, sink)
            decides(connect.args.get("connect"), scope, sink)
        scope.aliases_first = True
        group = query.args.get("group")
        for part in children(group) if isinstance(group, exp.Expr) else ():
            self._by(part, scope, sink, items)
        for key in ("having", "qualify"):
            clause = query.args.get(key)
            decides(clause.this if isinstance(clause, exp.Expr) else None, scope, sink)
        distinct = query.args.get("distinct")
        if isinstance(distinct, exp.Distinct) and isinstance(distinct.args.get("on"), exp.Expr):
            decides(distinct.args["on"], scope, sink)
        order = query.args.get("order")
        if isinstance(order, exp.Expr) and (query.args.get("limit") or query.args.get("offset")):
            for part in order.expressions:
                self._by(part.this if isinstance(part, exp.Ordered) else part, scope, sink, items)

    def _by(self, part: exp.Expr, scope: Scope, sink: Output, items: list[Item]) -> None:
        """What GROUP BY or ORDER BY names, which may be the number of a column."""
        if isinstance(part, exp.Literal) and part.is_int:
            at = int(part.name) - 1 if len(part.name) < 6 else -1
            item = items[at] if 0 <= at < len(items) else None
            if isinstance(item, Output) and not any(isinstance(other, Rest) for other in items[:at]):
                add(sink.indirect, item.direct)
                add(sink.indirect, item.indirect)
            return
        self.drawing.decides(part, scope, sink)

    def items(self, query: exp.Expr, scope: Scope) -> list[Item]:
        """The columns that SELECT or RETURNING lists."""
        items: list[Item] = []
        for node in query.expressions:
            if isinstance(node, exp.Star):
                items += self._star(node, scope, [alias for alias in scope.sources if alias not in scope.hidden])
            elif isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
                items += self._qualified_star(node, scope)
            elif isinstance(node, exp.Aliases):
                names = [self.names.normal(name) for name in node.expressions]
                value = self.drawing.value(node.this, scope, "")
                items += [value.named(name) for name in names]
            elif isinstance(node, exp.EQ) and isinstance(node.this, exp.Parameter):
                variable = f"@{node.this.name}"
                self.variables.hold(variable, self.drawing.value(node.expression, scope, variable))
            else:
                output = self.drawing.value(node, scope, self.label(node))
                items.append(output)
                if isinstance(node, exp.Alias):
                    scope.aliases.setdefault(output.name, output)
        return items

    def _qualified_star(self, node: exp.Column, scope: Scope) -> list[Item]:
        parts = [self.names.normal(part) for key in ("catalog", "db", "table") if (part := node.args.get(key))]
        at: Scope | None = scope
        while at is not None:
            relation = at.source(parts)
            alias = next((alias for alias, one in at.sources.items() if one is relation), None)
            if relation is not None and alias is not None:
                return self._star(node.this, at, [alias], merge=False)
            at = at.parent
        record = self.variables.records.get(parts[-1].casefold())
        if record is not None:
            return list(record.items)
        value = self.drawing.value(exp.Column(this=node.args["table"]), scope, "")
        return [Rest(None, free=value)]

    def _star(self, star: exp.Expr, scope: Scope, aliases: list[str], *, merge: bool = True) -> list[Item]:
        """All columns of some sources, less those that the star leaves out, with those that it replaces or renames."""
        gone = {self.names.normal(_column(name)).casefold() for name in star.args.get("except_") or ()}
        replaced = {self.names.normal(node.args["alias"]): node.this for node in _aliased(star, "replace")}
        renamed = {
            self.names.normal(_column(node.this)): self.names.normal(node.args["alias"])
            for node in _aliased(star, "rename")
        }
        items: list[Item] = []
        if merge:
            for name, relations in scope.merged.items():
                both = Output(name)
                for relation in relations:
                    both.take(relation.pick(name) or Output(name))
                items.append(both)
            gone |= {name.casefold() for name in scope.merged}
        for alias in aliases:
            relation = scope.sources[alias]
            for item in relation.items or ([Rest(None, free=relation.free)] if relation.free else []):
                if isinstance(item, Rest):
                    without = gone | {name.casefold() for name in (*replaced, *renamed)}
                    items.append(Rest(item.table, item.without | without, item.free))
                    found = [relation.pick(old) for old in renamed]
                    items += [one.named(new) for one, new in zip(found, renamed.values(), strict=True) if one]
                    items += [self.drawing.value(node, scope, name) for name, node in replaced.items()]
                elif item.name in replaced:
                    items.append(self.drawing.value(replaced[item.name], scope, item.name))
                elif item.name.casefold() not in gone:
                    items.append(item.named(renamed.get(item.name, item.name)))
        return items

    def label(self, node: exp.Expr) -> str:
        """The name of a column of SELECT; one without a name has that which the dialect gives it."""
        alias = node.args.get("alias")
        if isinstance(alias, exp.TableAlias):
            alias = alias.this
        if isinstance(alias, exp.Identifier):
            return self.names.normal(alias)
        if isinstance(node, exp.Column | exp.Dot):
            last = node.expression if isinstance(node, exp.Dot) else node.this
            return self.names.normal(last)
        if self.names.dialect in _FUNCTION_NAMES:
            if isinstance(node, exp.Cast):
                return self.label(node.this)
            if isinstance(node, exp.Window):
                return self.label(node.this)
            if isinstance(node, exp.Func):
                return (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
            return "?column?"
        return node.sql(self.names.dialect or None, comments=False)[:200]


def _tables(scope: Scope) -> dict[Name, None]:
    return {table: None for relation in scope.sources.values() for table in relation.tables}


def _aliased(star: exp.Expr, key: str) -> list[exp.Expr]:
    return [node for node in star.args.get(key) or () if node.args.get("alias")]


def _first(body: exp.SetOperation) -> exp.Expr:
    """The part of a recursive query that begins it."""
    first: exp.Expr = body
    while isinstance(first, exp.SetOperation):
        first = first.this
    return first


def _column(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, exp.Column) else node
