"""What a reader of a database finds, before it becomes facts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

__all__ = ["Column", "ForeignKey", "Reader", "Routine", "Schema", "Table", "Unread"]


@dataclass(slots=True)
class Column:
    """A column. `type` is the type as the database writes it, `base` the built-in one below a domain."""

    name: str
    type: str
    base: str
    position: int
    nullable: bool = True
    default: str | None = None
    comment: str | None = None
    length: int | None = None
    generated: str | None = None
    identity: bool = False
    values: Sequence[str] = ()


@dataclass(slots=True)
class ForeignKey:
    """Columns that refer to another table's."""

    columns: Sequence[str]
    schema: str
    table: str
    refers: Sequence[str]


@dataclass(slots=True)
class Table:
    """A table or view. `text` is a view's definition; `hidden` says that there is one which may not be read.

    `rows` and `bytes` are estimates of the statistics, times ISO 8601.
    """

    schema: str
    name: str
    kind: str
    comment: str | None = None
    rows: int | None = None
    bytes: int | None = None
    analysed: str | None = None
    changed: str | None = None
    created: str | None = None
    partitions: int = 0
    inherits: Sequence[str] = ()
    columns: list[Column] = field(default_factory=list)
    primary: Sequence[str] = ()
    uniques: list[Sequence[str]] = field(default_factory=list)
    foreign: list[ForeignKey] = field(default_factory=list)
    text: str | None = None
    hidden: bool = False

    @property
    def is_view(self) -> bool:
        return self.kind.endswith("view")


@dataclass(slots=True)
class Routine:
    """A procedure, function, trigger or event. `text` is a statement that creates it, None: it may not be read.

    `on` is the table whose changes a trigger follows; its text is its body.
    """

    schema: str
    name: str
    kind: Literal["procedure", "function", "trigger", "event"]
    text: str | None
    on: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of a schema that the database did not tell, and why. `lost`: facts are missing for that."""

    schema: str
    what: str
    why: str
    lost: bool = True


@dataclass(slots=True)
class Schema:
    """What one schema holds. `parts` leads from partitions to the table that they are parts of."""

    name: str
    tables: list[Table] = field(default_factory=list)
    routines: list[Routine] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    parts: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)


class Reader(Protocol):
    """How one family of databases is read. All methods block; each costs a handful of queries, however many tables."""

    def version(self) -> str:
        """Product and version, for a person."""
        ...

    def schemas(self) -> Sequence[str]:
        """The schemas that there are, the system's own aside."""
        ...

    def count(self, schemas: Sequence[str]) -> tuple[int, int]:
        """How many tables and how many views these schemas hold."""
        ...

    def tables(self, schema: str) -> Schema:
        """The tables and views of a schema by name, without their columns."""
        ...

    def details(self, schema: Schema) -> None:
        """Adds columns and keys to the tables that are left in `schema`."""
        ...

    def texts(self, schema: Schema, *, views: bool, routines: bool) -> None:
        """Adds the texts of the views that are left in `schema`, and its routines with theirs."""
        ...
