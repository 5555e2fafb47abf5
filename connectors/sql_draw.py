"""What an expression's value comes from, and what only decides on it."""

from collections.abc import Callable, Iterator

from sqlglot import exp

from connectors.sql_relations import Output, Relation, Told, add
from connectors.sql_scope import Report, Scope, column

Work = tuple[exp.Expr, Told, Scope]
"""A part still to look at; what is told of it as a condition (None: its value counts); where it stands."""

Query = Callable[[exp.Expr, Scope], Relation]

_QUERIES = (exp.Select, exp.SetOperation, exp.Subquery)


class Drawing:
    """Draws expressions in the queries of one statement. `query` says what a query in an expression gives."""

    def __init__(self, query: Query, report: Report) -> None:
        self._query = query
        self._report = report

    def value(self, node: exp.Expr, scope: Scope, name: str) -> Output:
        """A column whose value an expression is. What is only passed on keeps the expression that it came from."""
        bare = node
        while isinstance(bare, exp.Paren | exp.Alias):
            bare = bare.this
        output = Output(name)
        if isinstance(bare, exp.Column) and not isinstance(bare.this, exp.Star):
            found = column(bare, scope, self._report)
            if found is not None:
                for origin, told in found.direct.items():
                    output.direct[origin] = told if told is not None else bare
                add(output.indirect, found.indirect)
            return output
        self._draw([(node, None, scope)], output, bare)
        return output

    def decides(self, node: exp.Expr | None, scope: Scope, output: Output) -> None:
        """Adds what a condition, a group or an order consists of to what decides on a column or on all."""
        if not isinstance(node, exp.Expr):
            return
        for part in conjuncts(node):
            self._draw([(part, part, scope)], output, part)

    def _draw(self, work: list[Work], output: Output, whole: exp.Expr) -> None:
        while work:
            node, told, scope = work.pop()
            handle = _HANDLERS.get(type(node))
            if handle is not None:
                work.extend(reversed(list(handle(node, told, scope))))
            elif isinstance(node, exp.Column):
                self._column(node, told, scope, output, whole)
            elif isinstance(node, _QUERIES):
                self._subquery(node, told, scope, output, whole)
            elif isinstance(node, exp.Exists):
                self._exists(node, told or node, scope, output)
            elif isinstance(node, exp.Window):
                work.extend(_window(node, told, scope))
            elif isinstance(node, exp.Star):
                self._star(scope, output, told, whole)
            elif isinstance(node, exp.Dot) and isinstance(node.this, exp.Placeholder):
                self._bound(node, told, scope, output, whole)
            elif isinstance(node, exp.Parameter | exp.Placeholder):
                self._variable(node, told, scope, output, whole)
            else:
                work.extend([(child, told, scope) for child in reversed(children(node))])

    def _column(self, node: exp.Column, told: Told, scope: Scope, output: Output, whole: exp.Expr) -> None:
        if isinstance(node.this, exp.Star):
            self._star(scope, output, told, whole)
            return
        found = column(node, scope, self._report)
        if found is not None:
            self._take(found, told, output, whole)

    def _take(self, found: Output, told: Told, output: Output, whole: exp.Expr) -> None:
        if told is None:
            add(output.direct, found.direct, whole)
            add(output.indirect, found.indirect)
        else:
            add(output.indirect, found.direct, told)
            add(output.indirect, found.indirect, told)

    def _star(self, scope: Scope, output: Output, told: Told, whole: exp.Expr) -> None:
        """`count(*)`: the rows of all tables here."""
        to = output.direct if told is None else output.indirect
        for relation in scope.sources.values():
            add(to, {(table, None): None for table in relation.tables}, told or whole)

    def _subquery(self, node: exp.Expr, told: Told, scope: Scope, output: Output, whole: exp.Expr) -> None:
        relation = self._query(node, scope)
        self._take(relation.row(""), told, output, whole)
        add(output.indirect, relation.indirect, told)

    def _exists(self, node: exp.Exists, told: Told, scope: Scope, output: Output) -> None:
        """Only whether there are rows counts."""
        if not isinstance(node.this, _QUERIES):
            self._draw([(node.this, told, scope)], output, node)
            return
        relation = self._query(node.this, scope)
        add(output.indirect, relation.indirect, told)
        if not relation.indirect:
            add(output.indirect, {(table, None): None for table in relation.tables}, told)

    def _variable(self, node: exp.Expr, told: Told, scope: Scope, output: Output, whole: exp.Expr) -> None:
        sign = "@" if isinstance(node, exp.Parameter) else ""
        found = scope.variables.values.get(f"{sign}{node.name}".casefold())
        if found is not None:
            self._take(found, told, output, whole)

    def _bound(self, node: exp.Dot, told: Told, scope: Scope, output: Output, whole: exp.Expr) -> None:
        """`:NEW.a` of a trigger."""
        record = scope.variables.records.get(node.this.name.casefold())
        found = record.pick(scope.names.normal(node.expression)) if record is not None else None
        if found is not None:
            self._take(found, told, output, whole)


def conjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    """The conditions that AND joins."""
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, exp.And):
            stack += [part.expression, part.this]
        elif isinstance(part, exp.Paren) and isinstance(part.this, exp.And):
            stack.append(part.this)
        else:
            yield part


def children(node: exp.Expr) -> list[exp.Expr]:
    """The parts of an expression, in their order."""
    found: list[exp.Expr] = []
    for value in node.args.values():
        if isinstance(value, list):
            found += [item for item in value if isinstance(item, exp.Expr)]
        elif isinstance(value, exp.Expr):
            found.append(value)
    return found


def _case(node: exp.Expr, told: Told, scope: Scope) -> Iterator[Work]:
    if node.this is not None:
        yield node.this, told or node.this, scope
    for branch in node.args["ifs"]:
        yield branch.this, told or branch.this, scope
        yield branch.args["true"], told, scope
    if node.args.get("default") is not None:
        yield node.args["default"], told, scope


def _if(node: exp.Expr, told: Told, scope: Scope) -> Iterator[Work]:
    yield node.this, told or node.this, scope
    for key in ("true", "false"):
        if isinstance(node.args.get(key), exp.Expr):
            yield node.args[key], told, scope


def _decode(node: exp.Expr, told: Told, scope: Scope) -> Iterator[Work]:
    parts = node.expressions
    for at, part in enumerate(parts):
        value = at > 0 and (at % 2 == 0 or (at == len(parts) - 1 and len(parts) % 2 == 0))
        yield part, told if value else told or part, scope


def _nullif(node: exp.Expr, told: Told, scope: Scope) -> Iterator[Work]:
    yield node.this, told, scope
    yield node.expression, told or node, scope


def _filter(node: exp.Expr, told: Told, scope: Scope) -> Iterator[Work]:
    yield node.this, told, scope
    condition = node.expression
    if isinstance(condition, exp.Expr):
        yield condition, told or condition, scope


def _order(node: exp.Expr, told: Told, scope: Scope) -> Iterator[Work]:
    """The order in which an aggregate takes its values."""
    if isinstance(node.this, exp.Expr):
        yield node.this, told, scope
        for part in node.expressions:
            yield part, told or part, scope
    else:
        for part in node.expressions:
            yield part, told, scope


def _within(node: exp.Expr, told: Told, scope: Scope) -> Iterator[Work]:
    """`percentile_cont(0.5) WITHIN GROUP (ORDER BY x)` takes its values from x, `listagg(a) … (ORDER BY b)` from a."""
    has_values = node.this.find(exp.Column) is not None
    yield node.this, told, scope
    if isinstance(node.expression, exp.Expr):
        yield node.expression, (told or node.expression) if has_values else told, scope


def _window(node: exp.Window, told: Told, scope: Scope) -> list[Work]:
    work: list[Work] = [(node.this, told, scope)]
    seen = 0
    window: exp.Expr | None = node
    while window is not None and seen < 9:
        for part in window.args.get("partition_by") or ():
            work.append((part, told or part, scope))
        order = window.args.get("order")
        for part in order.expressions if isinstance(order, exp.Expr) else ():
            work.append((part, told or part, scope))
        alias = window.args.get("alias") if window is node else window.args.get("first") or window.this
        window = scope.windows.get(scope.names.normal(alias)) if isinstance(alias, exp.Identifier) else None
        seen += 1
    work.reverse()
    return work


def _named(node: exp.Expr, told: Told, scope: Scope) -> Iterator[Work]:
    """`name => value` and `name := value`: only the value counts."""
    if isinstance(node.expression, exp.Expr):
        yield node.expression, told, scope


def _lambda(node: exp.Expr, told: Told, scope: Scope) -> Iterator[Work]:
    """The parameters of a lambda are no columns."""
    names = frozenset(scope.names.normal(part) for part in node.expressions)
    inner = Scope(scope.names, scope.variables, scope, scope.ctes, shadowed=names)
    yield node.this, told, inner


def _this(node: exp.Expr, told: Told, scope: Scope) -> Iterator[Work]:
    if isinstance(node.this, exp.Expr):
        yield node.this, told, scope


def _anonymous(node: exp.Expr, told: Told, scope: Scope) -> Iterator[Work]:
    """`VALUES(a)` after ON DUPLICATE KEY UPDATE is a column of what is inserted."""
    row = node.name.upper() == "VALUES"
    for part in node.expressions:
        if row and isinstance(part, exp.Identifier):
            yield exp.Column(this=part, table=exp.Identifier(this="values", quoted=True)), told, scope
        elif isinstance(part, exp.Expr):
            yield part, told, scope


def _nothing(node: exp.Expr, told: Told, scope: Scope) -> Iterator[Work]:
    return iter(())


_HANDLERS: dict[type[exp.Expr], Callable[[exp.Expr, Told, Scope], Iterator[Work]]] = {
    exp.Alias: _this,
    exp.Anonymous: _anonymous,
    exp.Case: _case,
    exp.Cast: _this,
    exp.DataType: _nothing,
    exp.DecodeCase: _decode,
    exp.Filter: _filter,
    exp.Identifier: _nothing,
    exp.If: _if,
    exp.Interval: _this,
    exp.Kwarg: _named,
    exp.Lambda: _lambda,
    exp.Literal: _nothing,
    exp.Nullif: _nullif,
    exp.Nvl2: _if,
    exp.Order: _order,
    exp.PropertyEQ: _named,
    exp.Pseudocolumn: _nothing,
    exp.TryCast: _this,
    exp.WithinGroup: _within,
}
