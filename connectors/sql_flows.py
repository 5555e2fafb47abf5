"""From what a query gives to the flows into the table that it is put into."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from connectors.sql_parse import ODD
from connectors.sql_relations import Item, Origin, Output, Relation, Rest, Told, add
from connectors.sql_steps import Flow, Name

LONGEST = 1_000
"""Characters of the longest expression that is kept."""

MOST = 200_000
"""Flows of one statement."""


@dataclass(frozen=True, slots=True)
class Target:
    """A table, what is put into it, and into which columns by position (None: into those of the same names).

    `more` is put in by name besides.
    """

    name: Name
    relation: Relation
    columns: Sequence[str] | None
    more: Sequence[Item] = ()

    def items(self) -> list[Item]:
        """What is put in, under the names of the columns that it goes to."""
        return [*self._placed(), *self.more]

    def _placed(self) -> list[Item]:
        items, columns = self.relation.items, self.columns
        if columns is None:
            return items
        rests = [at for at, item in enumerate(items) if isinstance(item, Rest)]
        if not rests:
            return [item.named(name) for item, name in zip(items, columns, strict=False) if isinstance(item, Output)]
        first, last = rests[0], rests[-1]
        found: list[Item] = [
            item.named(name) for item, name in zip(items[:first], columns, strict=False) if isinstance(item, Output)
        ]
        found += items[first : last + 1]
        behind = items[last + 1 :]
        found += [
            item.named(name)
            for item, name in zip(behind, columns[max(len(columns) - len(behind), 0) :], strict=False)
            if isinstance(item, Output)
        ]
        return found

    def kept(self, held: Relation) -> Relation:
        """What a temporary table holds with this added to it."""
        merged = {item.name: Output(item.name, dict(item.direct), dict(item.indirect)) for item in held.outputs}
        rests = list(held.rests)
        for item in self.items():
            if isinstance(item, Rest):
                rests += [] if item in rests else [item]
            elif item.name in merged:
                merged[item.name].take(item)
            else:
                merged[item.name] = Output(item.name, dict(item.direct), dict(item.indirect))
        indirect = dict(held.indirect)
        add(indirect, self.relation.indirect)
        tables = {**held.tables, **self.relation.tables}
        return Relation([*merged.values(), *rests], indirect, None, tables)


class _Flows:
    """Collects flows, each once, and renders each expression once."""

    def __init__(self, target: Name, dialect: str) -> None:
        self._target = target
        self._dialect = dialect or None
        self._texts: dict[int, str] = {}
        self.found: dict[tuple[Name, str | None, str | None, bool], Flow] = {}

    def put(self, origin: Origin, told: Told, into: str | None, *, direct: bool) -> None:
        """A flow, unless it is there, says nothing (a table decides on itself), or there are too many."""
        source, column = origin
        if source == self._target and (into is None or column is None or (column == into and not direct)):
            return
        key = (source, column, into, direct)
        if key in self.found or (not direct and (source, column, into, True) in self.found) or len(self.found) >= MOST:
            return
        text = self._text(told) if told is not None else column or ""
        self.found[key] = Flow(source, column, self._target, into, text, direct)

    def _text(self, told: exp.Expr | str) -> str:
        if isinstance(told, str):
            return told
        text = self._texts.get(id(told))
        if text is None:
            text = self._texts[id(told)] = expression(told, self._dialect)
        return text


def expression(node: exp.Expr, dialect: str | None) -> str:
    """The SQL of an expression, bounded, without comments."""
    try:
        text = node.sql(dialect, comments=False)
    except ODD:
        return ""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def flows(target: Target, reads: Sequence[Name], dialect: str) -> tuple[tuple[Flow, ...], list[Rest]]:
    """The flows into a table, and the parts of which nobody knows the columns."""
    collected = _Flows(target.name, dialect)
    unknown = []
    for item in target.items():
        if isinstance(item, Rest):
            if item.whole:
                unknown.append(item)
            for origin in item.whole:
                collected.put((origin[0], None), "*", None, direct=True)
            continue
        for origin, told in item.direct.items():
            collected.put(origin, told, item.name or None, direct=True)
        for origin, told in item.indirect.items():
            collected.put(origin, told, item.name or None, direct=False)
    for origin, told in target.relation.indirect.items():
        collected.put(origin, told, None, direct=False)
    flowing = {flow.source for flow in collected.found.values()}
    for name in reads:
        if name not in flowing:
            collected.put((name, None), None, None, direct=False)
    return tuple(collected.found.values()), unknown
