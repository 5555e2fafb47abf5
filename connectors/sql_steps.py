"""What is known of a text in SQL once it was read: steps, the flows of each, and problems with their places."""

from dataclasses import dataclass

Name = tuple[str, ...]
"""(catalog, schema, table) as far as it is known, such as ("people", "public", "person")."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What a column – or, where it is None, a table as a whole – gives to another.

    `direct`: its values go there; else it only decides what goes there, as a filter does. `expression` is the SQL
    that the values come from, as it was written, without comments and bounded.
    """

    source: Name
    column: str | None
    target: Name
    into: str | None
    expression: str
    direct: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was not read or not followed. Line and column count from 1 in the whole text."""

    line: int
    column: int
    message: str
    code: str


@dataclass(frozen=True, slots=True)
class Step:
    """A statement: where it begins, what it writes (None: nothing that stays), what it reads, and its flows.

    `columns` are the target's as far as the statement says them: of CREATE TABLE and CREATE VIEW.
    """

    line: int
    writes: Name | None
    reads: tuple[Name, ...]
    flows: tuple[Flow, ...]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """All steps of a text in their order, and all problems in the order of their places."""

    steps: tuple[Step, ...]
    problems: tuple[Problem, ...]
