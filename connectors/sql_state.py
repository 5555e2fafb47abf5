"""What following the statements of one text leaves: steps so far, temporary tables, variables."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlglot import exp

from connectors.sql_flows import Target, flows
from connectors.sql_names import Names
from connectors.sql_parse import Parser
from connectors.sql_queries import Queries
from connectors.sql_relations import Item, Output, Relation
from connectors.sql_scope import Scope, Variables
from connectors.sql_steps import Name, Step

Report = Callable[[str, str, exp.Expr | None], None]
"""Takes a code, a message and the node that it is about."""


class State:
    """What there is after the statements so far. `into` is what a query gives its rows to that puts them nowhere.

    `dropped` are the last names, without case, of tables that the text creates and drops.
    """

    def __init__(
        self, parser: Parser, names: Names, report: Report, dropped: frozenset[str], into: Name | None
    ) -> None:
        self.parser = parser
        self.names = names
        self.variables = Variables()
        self.temporary: dict[Name, Relation] = {}
        self.steps: list[Step] = []
        self.line = 1
        self.inside = False
        self.into = into
        self.handlers: dict[type[exp.Expr], Callable[[State, exp.Expr, Scope | None], None]] = {}
        self._report = report
        self._dropped = dropped
        self.queries = Queries(
            names,
            self.variables,
            self.temporary,
            lambda node, code, message: report(code, message, node),
            self._performed,
        )

    def hold(self, names: Sequence[str], output: Output) -> None:
        """Variables may hold this value, besides those that they held before."""
        for name in names:
            self.variables.hold(name, output)

    def target(self, table: exp.Table, *, read: bool = False) -> tuple[str, Relation]:
        """The table that a statement writes, under the name that it has there."""
        relation = self.queries.sources.table(self.names.table(table), read=read)
        alias = table.args.get("alias")
        if isinstance(alias, exp.TableAlias) and alias.this is not None:
            return self.names.normal(alias.this), relation
        return (relation.base or self.names.table(table) or ("",))[-1], relation

    def defined(self, name: Name, columns: Sequence[str], *, temporary: bool) -> None:
        """A table that is created empty."""
        if not name:
            return
        if columns:
            self.names.learn(name, columns)
        if temporary or self._ends(name):
            self.temporary[name] = Relation([Output(column) for column in columns])
        else:
            self.steps.append(Step(self.line, name, (), (), tuple(columns)))

    def create(self, name: Name, relation: Relation, columns: Sequence[str] | None, *, temporary: bool) -> None:
        """A table or view that is created from a query."""
        if not name:
            return
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
        more: Sequence[Item] = (),
    ) -> None:
        """Puts what a query gives into a table: by `columns`, by the table's columns in their order, or by names.

        `fixed` are columns that are not filled by position, for they have one value; `more` comes by name.
        """
        reads = tuple(self.queries.sources.reads)
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
        target = Target(name, relation, columns, more)
        if name in self.temporary:
            self.temporary[name] = target.kept(self.temporary[name])
            return
        found, unknown = flows(target, reads, self.parser.name)
        for rest in unknown:
            what = ".".join(rest.table) if rest.table else "what a function gives"
            self._report("SQL_COLUMN_UNKNOWN", f"`*` is taken as a whole: the columns of {what} are not known", None)
        reads = tuple(dict.fromkeys((*reads, *(flow.source for flow in found))))
        self.steps.append(Step(self.line, name, reads, found, tuple(created)))

    def rename(self, old: Name, new: Name) -> None:
        """What was written to a table before is in the one of its new name."""
        columns = self.names.columns(old)
        self.steps = [_moved(step, {old: new}) for step in self.steps]
        if old in self.temporary:
            self.temporary[new] = self.temporary.pop(old)
        if columns is not None:
            self.names.forget(old)
            self.names.learn(new, columns)

    def swap(self, left: Name, right: Name) -> None:
        """Two tables change their contents."""
        if any(name in (step.writes, *step.reads) for step in self.steps for name in (left, right)):
            self.steps = [_moved(step, {left: right, right: left}) for step in self.steps]
            return
        self.whole(left, right)
        self.whole(right, left)

    def whole(self, target: Name, source: Name) -> None:
        """All of a table comes to be in another."""
        self.queries.sources.reads = {source: None}
        self.write(target, self.queries.sources.table(source), None, by_name=True)

    def named(self, text: str) -> Name:
        """The table of a name that was not parsed."""
        return self.names.written(text)

    def _performed(self, tree: exp.Expr, context: Scope) -> Relation:
        """A statement that writes inside WITH, and the rows that it returns."""
        handle = self.handlers.get(type(tree))
        if handle is None:
            return Relation()
        table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        returning = tree.args.get("returning")
        reads = self.queries.sources.reads
        if not isinstance(tree, exp.Delete):
            self.queries.sources.reads = {}
            handle(self, tree, context)
            self.queries.sources.reads = reads
        if not isinstance(returning, exp.Expr) or not isinstance(table, exp.Table):
            return Relation()
        scope = self.queries.scope(context)
        scope.add(*self.target(table, read=isinstance(tree, exp.Delete)))
        sink = Output("")
        where = tree.args.get("where")
        if isinstance(where, exp.Expr):
            self.queries.drawing.decides(where.this, scope, sink)
        items = self.queries.items(returning, scope)
        return Relation(items, sink.indirect, None, [self.names.table(table)])


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
