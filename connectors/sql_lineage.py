"""Lineage of columns from SQL text, for every connector that meets some.

    script = read_sql("INSERT INTO total SELECT sum(price) AS price FROM sale", "postgres", default=("shop", "public"))
    script.steps[0].flows[0]    # shop.public.sale.price → shop.public.total.price, "SUM(price)", direct

Nothing is asked of a database: what `SELECT *` stands for is known from `schema`, which the caller fills for the
tables that `tables_named` names, and from what the text itself creates.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp
from sqlglot.errors import SqlglotError

from connectors import sql_blocks as blocks
from connectors.sql_blocks import Blocks, Unit
from connectors.sql_names import Names
from connectors.sql_parse import ODD, NotParsed, parser
from connectors.sql_split import Piece, Places, Splitter
from connectors.sql_statements import Statements
from connectors.sql_steps import Flow, Name, Problem, Script, Step

__all__ = ["Flow", "Name", "Problem", "Script", "Step", "read_sql", "tables_named"]

_NO_SCHEMA: Mapping[Name, Sequence[str]] = {}
_NESTED = 5
_MOST_PROBLEMS = 1_000
_CREATES = re.compile(
    r"\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:\w+\s+){0,3}?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([^\s(;]+)", re.IGNORECASE
)
_DROPS = re.compile(r"\bDROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?([^\s(;]+)", re.IGNORECASE)


def tables_named(text: str, dialect: str = "", default: Sequence[str] = ()) -> set[Name]:
    """The tables that a text reads or writes: those whose columns `read_sql` should be told."""
    script = read_sql(text, dialect, default=default)
    return {name for step in script.steps for name in (step.writes, *step.reads) if name is not None}


def read_sql(
    text: str,
    dialect: str = "",
    schema: Mapping[Name, Sequence[str]] = _NO_SCHEMA,
    default: Sequence[str] = (),
    *,
    into: Name | None = None,
) -> Script:
    """The steps of a text and their flows. Never raises: what cannot be read is a problem with its place.

    `dialect` is sqlglot's name of one, `schema` the columns of tables in their order (a last `*` says that there may
    be more), `default` the catalog and schema of names that have none. `into` is what a query that puts its rows
    nowhere gives them to: a view whose definition is only its query. Raises ValueError only for a dialect that there
    is not.
    """
    return _Reader(text, dialect, schema, default, into).read()


class _Reader:
    """Reads one text."""

    def __init__(
        self,
        text: str,
        dialect: str,
        schema: Mapping[Name, Sequence[str]],
        default: Sequence[str],
        into: Name | None,
    ) -> None:
        self._text = text
        self._dialect = dialect
        self._places = Places(text)
        self._problems: dict[Problem, None] = {}
        self._at = Piece("", 0)
        names = Names(dialect, schema, default)
        self._statements = Statements(parser(dialect), names, self._odd, _passing(text), into)

    def read(self) -> Script:
        """All of it."""
        self._script(Piece(self._text, 0), 0)
        problems = sorted(self._problems, key=lambda problem: (problem.line, problem.column, problem.code))
        return Script(tuple(self._statements.state.steps), tuple(problems))

    def _script(self, piece: Piece, depth: int) -> None:
        splitter, taken = Splitter(piece.text, self._dialect), Blocks(self._dialect)
        for part in splitter.pieces():
            for unit in taken.units(Piece(part.text, piece.start + part.start)):
                self._unit(unit, taken.inside or depth > 0, depth)

    def _unit(self, unit: Unit, inside: bool, depth: int) -> None:
        self._at = unit.piece
        text = unit.piece.text
        try:
            if unit.what == blocks.STATEMENT:
                self._statements.follow(text, self._places.at(unit.piece.start)[0], inside=inside)
            elif unit.what == blocks.LOST or depth >= _NESTED:
                self._problem("SQL_NOT_FOLLOWED", f"not followed: {_short(text)}", 0)
            elif unit.what == blocks.BODY:
                self._script(unit.piece, depth + 1)
            elif unit.what == blocks.DYNAMIC:
                with self._statements.state.variables.hidden():
                    self._script(unit.piece, depth + 1)
            else:
                self._variables(unit)
        except NotParsed as error:
            self._problem(error.code, f"{error}: {_short(text)}", error.offset)
        except RecursionError:
            self._problem("SQL_TOO_DEEP", f"this is nested too deeply: {_short(text)}", 0)
        except (SqlglotError, *ODD):
            self._problem("SQL_NOT_FOLLOWED", f"this statement could not be followed: {_short(text)}", 0)

    def _variables(self, unit: Unit) -> None:
        """What a unit says of variables and cursors."""
        follow = self._statements
        match unit.what:
            case blocks.LOOP if len(unit.names) == 2:
                follow.again(*unit.names)
            case blocks.LOOP:
                follow.loop(unit.names[0], unit.piece.text)
            case blocks.ASSIGN:
                follow.assign(unit.names, unit.piece.text)
            case blocks.FETCH:
                follow.fetch(unit.names)
            case blocks.DECLARE:
                follow.declare(unit.names)
            case blocks.ROUTINE:
                follow.state.variables.clear()
                follow.declare(unit.names)

    def _odd(self, code: str, message: str, node: exp.Expr | None) -> None:
        offset = 0
        for part in _identifiers(node):
            offset = int(part.meta.get("start") or 0)
            break
        self._problem(code, message, offset)

    def _problem(self, code: str, message: str, offset: int) -> None:
        if len(self._problems) < _MOST_PROBLEMS:
            line, column = self._places.at(min(self._at.start + offset, len(self._text)))
            self._problems[Problem(line, column, message, code)] = None


def _identifiers(node: exp.Expr | None) -> Iterator[exp.Expr]:
    return node.find_all(exp.Identifier) if node is not None else iter(())


def _short(text: str) -> str:
    line = " ".join(text[:200].split())
    return line if len(line) <= 80 else line[:79] + "…"


def _passing(text: str) -> frozenset[str]:
    """The last names, without case, of the tables that a text first creates and last drops."""
    created = {_last(found[1]): found.start() for found in reversed(list(_CREATES.finditer(text)))}
    dropped = {_last(found[1]): found.start() for found in _DROPS.finditer(text)}
    last = {_last(found[1]): found.start() for found in _CREATES.finditer(text)}
    return frozenset(name for name, at in dropped.items() if name in created and at > last[name])


def _last(name: str) -> str:
    return name.split(".")[-1].strip('"`[],;').casefold()
