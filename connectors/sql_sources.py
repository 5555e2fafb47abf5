"""What stands in FROM: tables, queries, functions, joins, pivots – as relations under the names they have there."""

from collections.abc import Callable, Iterable, Mapping

from sqlglot import exp

from connectors.sql_draw import Drawing, children
from connectors.sql_names import Names
from connectors.sql_relations import Item, Output, Relation, Rest, add
from connectors.sql_scope import Scope
from connectors.sql_steps import Name

_FORMATS = frozenset({"parquet", "json", "csv", "orc", "avro", "text", "delta", "binaryfile"})
"""Spark reads files by these names: parquet.`/path`."""

_DUALS = frozenset({"", "oracle", "mysql", "snowflake", "redshift", "singlestore", "doris", "starrocks"})


class Sources:
    """Reads FROM. `query` says what a query gives, `temporary` holds the tables that end with the script."""

    def __init__(
        self,
        names: Names,
        temporary: Mapping[Name, Relation],
        drawing: Drawing,
        query: Callable[[exp.Expr, Scope], Relation],
    ) -> None:
        self._names = names
        self._temporary = temporary
        self._drawing = drawing
        self._query = query
        self._known: dict[Name, Relation] = {}
        self.reads: dict[Name, None] = {}

    def table(self, name: Name, *, read: bool = True) -> Relation:
        """A table by its full name. A temporary one is what was put there."""
        held = self._temporary.get(name)
        if held is not None:
            if read:
                self.reads.update(held.tables)
            return Relation(held.items, held.indirect, None, held.tables, held.free)
        if read:
            self.reads[name] = None
        found = self._known.get(name)
        if found is None:
            columns = self._names.some(name)
            items: list[Item] = [Output(column, {(name, column): None}) for column in columns or () if column != "*"]
            if columns is None or len(items) < len(columns):
                items.append(Rest(name, frozenset(column.casefold() for column in columns or ())))
            found = self._known[name] = Relation(items, None, name, [name])
        return found

    def forget(self) -> None:
        """Another statement begins: tables may have changed, and nothing was read."""
        self._known.clear()
        self.reads = {}

    def read(self, select: exp.Expr, scope: Scope, sink: Output) -> None:
        """All that FROM, its joins and its lateral views name. What joins by goes to `sink`."""
        first = select.args.get("from_")
        if isinstance(first, exp.Expr) and first.this is not None:
            self.add(first.this, scope, sink)
        self._beside(select, scope, sink)

    def _beside(self, node: exp.Expr, scope: Scope, sink: Output) -> None:
        for lateral in node.args.get("laterals") or ():
            self.add(lateral, scope, sink)
        for join in node.args.get("joins") or ():
            self._join(join, scope, sink)

    def add(self, node: exp.Expr, scope: Scope, sink: Output) -> None:
        """One source, with what hangs on it."""
        if isinstance(node, exp.Final):
            self.add(node.this, scope, sink)
            return
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table | exp.Subquery) and not _alias(node):
            self.add(node.this, scope, sink)
            self._beside(node, scope, sink)
            return
        name, relation = self._source(node, scope)
        alias = _alias(node)
        name = self._names.normal(alias.this) if alias is not None and alias.this is not None else name
        for pivot in node.args.get("pivots") or ():
            relation = self._pivot(pivot, relation, scope)
            named = pivot.args.get("alias")
            name = self._names.normal(named.this) if isinstance(named, exp.TableAlias) and named.this else name
        add(sink.indirect, relation.indirect)
        scope.add(name, relation)
        self._beside(node, scope, sink)

    def _source(self, node: exp.Expr, scope: Scope) -> tuple[str, Relation]:
        """The name that a source has of itself, and what it is."""
        columns = _columns(node)
        if isinstance(node, exp.Table):
            name, relation, function = self._named(node, scope)
        elif isinstance(node, exp.Lateral):
            name, relation, function = "", *self._lateral(node, scope)
        elif isinstance(node, exp.Values):
            name, relation, function = "", self.values(node, scope), False
        elif isinstance(node, exp.Subquery | exp.Select | exp.SetOperation):
            blank = Scope(self._names, scope.variables, scope.parent, scope.ctes)
            name, relation, function = "", self._query(node, blank), False
        else:
            name, relation, function = "", self._function([node], scope), True
        names = [self._names.normal(column) for column in columns]
        if function:
            return self._called(node, name, names, relation)
        return name, relation.renamed(names)

    def _called(self, node: exp.Expr, name: str, names: list[str], relation: Relation) -> tuple[str, Relation]:
        """A function's columns have the names given to them; one that gives single values is its own column."""
        alias = _alias(node)
        own = self._names.normal(alias.this) if alias is not None and alias.this is not None else ""
        assert relation.free is not None
        if not names and isinstance(node, exp.Unnest) and own:
            names = [own]
        items: list[Item] = [relation.free.named(column) for column in names]
        offset = node.args.get("offset")
        if isinstance(offset, exp.Expr):
            items.append(Output(self._names.normal(offset)))
        if not names:
            items.append(Rest(None, free=relation.free))
        return own or name or (names[0] if names else ""), Relation(
            items, relation.indirect, None, relation.tables, relation.free
        )

    def _named(self, node: exp.Table, scope: Scope) -> tuple[str, Relation, bool]:
        inner = node.this
        if not isinstance(inner, exp.Identifier | exp.Dot | exp.Parameter):
            if isinstance(inner, exp.Var | exp.Literal | exp.Placeholder | None):
                return "", _files(), False
            return "", self._function([inner], scope), True
        if not node.args.get("db") and isinstance(inner, exp.Identifier):
            name = self._names.normal(inner)
            cte = scope.ctes.get(name)
            if cte is None:
                cte = scope.variables.records.get(name.casefold())
            if cte is not None:
                self.reads.update(cte.tables)
                return name, cte, False
            if name.upper() == "DUAL" and self._names.dialect in _DUALS:
                return name, Relation(), False
        full = self._names.table(node)
        if len(full) > 1 and full[-2].lower() in _FORMATS and "/" in full[-1]:
            return "", _files(), False
        return (full[-1] if full else ""), self.table(full), False

    def _lateral(self, node: exp.Lateral, scope: Scope) -> tuple[Relation, bool]:
        inner = node.this
        while isinstance(inner, exp.Subquery) and isinstance(inner.this, exp.Subquery | exp.Values):
            inner = inner.this
        if isinstance(inner, exp.Values):
            return self.values(inner, scope), False
        if isinstance(inner, exp.Subquery | exp.Select | exp.SetOperation):
            return self._query(inner, scope), False
        if isinstance(inner, exp.Table):
            return self._named(inner, scope)[1:]
        return self._function([inner], scope), True

    def _function(self, nodes: Iterable[exp.Expr], scope: Scope) -> Relation:
        """What functions give: nobody knows more than what they were given."""
        free, indirect = Output(""), Output("")
        for node in nodes:
            value = self._drawing.value(node, scope, "")
            free.take(value)
            add(indirect.indirect, value.indirect)
        tables = dict.fromkeys(table for table, _ in free.direct)
        return Relation((), indirect.indirect, None, tables, free)

    def values(self, node: exp.Expr, scope: Scope) -> Relation:
        """VALUES: each column is what stands there in any row."""
        outputs: list[Output] = []
        for row in node.expressions:
            cells = row.expressions if isinstance(row, exp.Tuple) else [row]
            for at, cell in enumerate(cells):
                if at == len(outputs):
                    outputs.append(Output(f"column{at + 1}"))
                if not isinstance(cell, exp.Literal):
                    outputs[at].take(self._drawing.value(cell, scope, ""))
        return Relation(outputs)

    def _join(self, join: exp.Expr, scope: Scope, sink: Output) -> None:
        before = dict(scope.sources)
        self.add(join.this, scope, sink)
        added = {alias: relation for alias, relation in scope.sources.items() if alias not in before}
        for extra in join.args.get("expressions") or ():
            if isinstance(extra, exp.Expr):
                self.add(extra, scope, sink)
        if str(join.args.get("kind") or "").upper() in ("SEMI", "ANTI"):
            scope.hidden.update(added)
        for name in join.args.get("using") or ():
            self._merge(self._names.normal(name), before, added, scope, sink)
        if join.args.get("method") == "NATURAL":
            mine = {output.name for relation in before.values() for output in relation.outputs}
            for name in [output.name for relation in added.values() for output in relation.outputs]:
                if name in mine:
                    self._merge(name, before, added, scope, sink)
        for key in ("on", "match_condition"):
            self._drawing.decides(join.args.get(key), scope, sink)

    def _merge(
        self, name: str, before: Mapping[str, Relation], added: Mapping[str, Relation], scope: Scope, sink: Output
    ) -> None:
        """USING: the column is one for both sides."""
        held = scope.merged.get(name)
        if held is None:
            held = [relation for relation in before.values() if relation.find(name) is not None]
            held = held or [relation for relation in before.values() if relation.guesses(name)][:1]
            scope.merged[name] = held
        held += added.values()
        for relation in held:
            part = relation.pick(name)
            if part is not None:
                add(sink.indirect, part.direct, f"USING ({name})")
                add(sink.indirect, part.indirect)

    def _pivot(self, pivot: exp.Expr, relation: Relation, scope: Scope) -> Relation:
        inner = Scope(self._names, scope.variables, scope, scope.ctes)
        inner.add("", relation)
        made = self._unpivoted(pivot, inner) if pivot.args.get("unpivot") else self._pivoted(pivot, inner)
        used = {
            self._names.normal(column.this).casefold()
            for column in pivot.find_all(exp.Column)
            if isinstance(column.this, exp.Identifier)
        }
        kept: list[Item] = []
        for item in relation.items:
            if isinstance(item, Rest):
                kept.append(Rest(item.table, item.without | used, item.free))
            elif item.name.casefold() not in used:
                kept.append(item)
        names = [self._names.normal(column) for column in _columns(pivot)]
        return Relation([*kept, *made], relation.indirect, None, relation.tables).renamed(names)

    def _pivoted(self, pivot: exp.Expr, inner: Scope) -> list[Output]:
        over = Output("")
        for field in pivot.args.get("fields") or ():
            self._drawing.decides(field.this, inner, over)
        values = [self._drawing.value(value, inner, "") for value in pivot.expressions]
        made = []
        for at, column in enumerate(pivot.args.get("columns") or ()):
            output = Output(self._names.normal(column))
            if values:
                output.take(values[at % len(values)])
            add(output.indirect, over.indirect)
            made.append(output)
        return made

    def _unpivoted(self, pivot: exp.Expr, inner: Scope) -> list[Output]:
        names: list[Output] = []
        value = Output("")
        for field in pivot.args.get("fields") or ():
            names.append(Output(self._names.normal(field.this)))
            for listed in field.expressions:
                for column in listed.find_all(exp.Column):
                    value.take(self._drawing.value(column, inner, ""))
        made = []
        for node in pivot.expressions:
            for part in children(node) if isinstance(node, exp.Tuple) else [node]:
                made.append(value.named(self._names.normal(part)))
        return [*names, *made]


def _files() -> Relation:
    """Files, which may have any columns, from no table."""
    return Relation([Rest(None, free=Output(""))])


def _alias(node: exp.Expr) -> exp.TableAlias | None:
    alias = node.args.get("alias")
    return alias if isinstance(alias, exp.TableAlias) else None


def _columns(node: exp.Expr) -> list[exp.Expr]:
    alias = _alias(node)
    found = alias.args.get("columns") if alias is not None else None
    return [column for column in found or () if isinstance(column, exp.Expr)]
