"""What a query gives: columns, and which columns of real tables each comes from or is decided by."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from connectors.sql_steps import Name

Origin = tuple[Name, str | None]
"""A column of a table; None: the table as a whole."""

Told = exp.Expr | str | None
"""What an expression's text is made from. None: the values are passed on as they are."""

Origins = dict[Origin, Told]


def add(to: Origins, more: Origins, told: Told = None) -> None:
    """Adds origins; what is there already keeps its expression. `told` is the expression that they went through."""
    if told is None:
        for origin, text in more.items():
            to.setdefault(origin, text)
    else:
        for origin in more:
            to.setdefault(origin, told)


@dataclass(slots=True)
class Output:
    """A column: what its values come from, and what only decides on it."""

    name: str
    direct: Origins = field(default_factory=dict)
    indirect: Origins = field(default_factory=dict)

    def named(self, name: str) -> "Output":
        """The same under another name."""
        return self if name == self.name else Output(name, self.direct, self.indirect)

    def take(self, other: "Output") -> None:
        """Adds what another column comes from."""
        add(self.direct, other.direct)
        add(self.indirect, other.indirect)


@dataclass(frozen=True, slots=True)
class Rest:
    """Columns that nobody can name: all of a table whose columns are not known, less some."""

    table: Name | None
    without: frozenset[str] = frozenset()
    free: Output | None = None

    def column(self, name: str) -> Output | None:
        """The column if it is one of these, which nobody can know."""
        if name.casefold() in self.without:
            return None
        if self.free is not None:
            return self.free.named(name)
        assert self.table is not None
        return Output(name, {(self.table, name): None})

    @property
    def whole(self) -> Origins:
        """Where all of it comes from."""
        return dict(self.free.direct) if self.free else {(self.table, None): None} if self.table else {}


Item = Output | Rest


class Relation:
    """What a table, a query or a function in FROM gives.

    `items` are its columns in their order. `indirect` decides on all rows: filters, joins, groups. `base` is the
    table that it is, if it is one; `tables` are those that its rows come from. `free` is what a column is that is
    asked for by the relation's name and is none of the items.
    """

    __slots__ = ("_folded", "_named", "base", "free", "indirect", "items", "rests", "tables")

    def __init__(
        self,
        items: Iterable[Item] = (),
        indirect: Origins | None = None,
        base: Name | None = None,
        tables: Iterable[Name] = (),
        free: Output | None = None,
    ) -> None:
        self.items: list[Item] = list(items)
        self.indirect: Origins = {} if indirect is None else indirect
        self.base = base
        self.tables = dict.fromkeys(tables)
        self.free = free
        self.rests = [item for item in self.items if isinstance(item, Rest)]
        self._named: dict[str, Output] | None = None
        self._folded: dict[str, Output] | None = None

    @property
    def outputs(self) -> Iterator[Output]:
        """The columns that are known."""
        return (item for item in self.items if isinstance(item, Output))

    def find(self, name: str) -> Output | None:
        """The column of this name if it surely has it."""
        if self._named is None:
            self._named = {}
            for output in self.outputs:
                self._named.setdefault(output.name, output)
        found = self._named.get(name)
        if found is not None or not self._named:
            return found
        if self._folded is None:
            self._folded = {}
            for output in self._named.values():
                self._folded.setdefault(output.name.casefold(), output)
        return self._folded.get(name.casefold())

    def guesses(self, name: str) -> list[Output]:
        """The columns that this may be, one for each part whose columns are not known."""
        return [found for rest in self.rests if (found := rest.column(name)) is not None]

    def pick(self, name: str) -> Output | None:
        """The column of this name when it is asked for as this relation's; one of several parts is all as a whole."""
        found = self.find(name)
        if found is not None:
            return found
        guesses = self.guesses(name)
        if len(guesses) == 1:
            return guesses[0]
        if guesses:
            return wholes(name, self.rests)
        if self.free is not None:
            return self.free.named(name)
        return Output(name, {(self.base, name): None}) if self.base is not None else None

    def row(self, name: str) -> Output:
        """All columns as one value."""
        output = Output(name)
        for item in self.items:
            if isinstance(item, Output):
                output.take(item)
            else:
                add(output.direct, item.whole)
        if self.free is not None:
            output.take(self.free)
        return output

    def renamed(self, names: Sequence[str]) -> "Relation":
        """The same with other names for its first columns."""
        if not names:
            return self
        items: list[Item] = []
        for at, item in enumerate(self.items):
            if isinstance(item, Rest):
                items += self.items[at:] if at else [item]
                break
            items.append(item.named(names[at]) if at < len(names) else item)
        if self.rests and isinstance(self.items[0], Rest):
            row = self.row("")
            items = [row.named(name) for name in names]
        return Relation(items, self.indirect, None, self.tables, self.free)


def wholes(name: str, rests: Iterable[Rest]) -> Output:
    """A column that may come from any of several tables: nobody knows more than the tables."""
    output = Output(name)
    for rest in rests:
        add(output.direct, rest.whole)
    return output


def combine(left: Relation, right: Relation, *, by_name: bool = False, filters: bool = False) -> Relation:
    """UNION of two: columns by their position, named by the first. `filters`: the second only takes rows away."""
    indirect = dict(left.indirect)
    add(indirect, right.indirect)
    tables = {**left.tables, **right.tables}
    if filters:
        row = right.row("")
        add(indirect, row.direct)
        add(indirect, row.indirect)
        return Relation(left.items, indirect, None, tables, left.free)
    items: list[Item] = []
    for at, item in enumerate(left.items):
        other: Item | None = right.items[at] if at < len(right.items) else None
        if by_name and isinstance(item, Output):
            other = right.find(item.name)
        if isinstance(item, Rest) or (isinstance(other, Rest) and not by_name):
            return Relation([*items, *left.items[at:], *right.items[at:]], indirect, None, tables)
        both = Output(item.name, dict(item.direct), dict(item.indirect))
        if isinstance(other, Output):
            both.take(other)
        items.append(both)
    if by_name:
        items += [item for item in right.items if isinstance(item, Rest) or left.find(item.name) is None]
    else:
        items += right.items[len(left.items) :]
    return Relation(items, indirect, None, tables)
