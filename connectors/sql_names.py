"""Names as a dialect reads them: case and quotes, catalogs and schemas that are left out, and known columns."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect, NormalizationStrategy

from connectors.sql_steps import Name

_PARTS = re.compile(r"\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|[^.\s;\"`\[]+")
_UPPER = (NormalizationStrategy.UPPERCASE, NormalizationStrategy.CASE_INSENSITIVE_UPPERCASE)
_ALL = (NormalizationStrategy.CASE_INSENSITIVE, NormalizationStrategy.CASE_INSENSITIVE_UPPERCASE)
_ASCII_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_TRANSACT = ("tsql", "fabric")


@lru_cache(maxsize=64)
def _fold(dialect: str) -> tuple[Callable[[str], str], bool]:
    """How unquoted names are changed, and whether quoted ones are too."""
    found = Dialect.get_or_raise(dialect or None)
    strategy = found.normalization_strategy
    if strategy is NormalizationStrategy.CASE_SENSITIVE:
        return str, False
    if found.ASCII_ONLY_NORMALIZATION and strategy not in _UPPER:
        return (lambda text: text.translate(_ASCII_LOWER)), strategy in _ALL
    return (str.upper if strategy in _UPPER else str.lower), strategy in _ALL


class Names:
    """Names in one text. `default` changes when the text says USE."""

    def __init__(self, dialect: str, schema: Mapping[Name, Sequence[str]], default: Sequence[str]) -> None:
        self.dialect = dialect
        self.default = tuple(default)
        self._fold, self._quoted_too = _fold(dialect)
        self._keeps_tables = dialect == "bigquery"
        self._schema = schema
        self._learnt: dict[Name, Sequence[str] | None] = {}
        self._by_table: dict[str, list[Name]] | None = None

    def normal(self, identifier: exp.Expr | str | None) -> str:
        """A column's, alias's or common table expression's name."""
        if isinstance(identifier, exp.Identifier):
            text = str(identifier.this)
            if identifier.args.get("temporary"):
                text = "#" + text.lstrip("#")
            if identifier.args.get("global_"):
                text = "##" + text.lstrip("#")
            return text if identifier.args.get("quoted") and not self._quoted_too else self._fold(text)
        if isinstance(identifier, str):
            return self._fold(identifier)
        return self.normal(identifier.this) if isinstance(identifier, exp.Expr) else ""

    def table(self, table: exp.Expr) -> Name:
        """A table's name with the catalog and schema that it stands in as far as they are known."""
        parts = list(table.parts) if isinstance(table, exp.Table) else [table]
        if isinstance(table, exp.Table) and table.args.get("db") == "" and len(parts) == 2:
            parts.insert(1, exp.to_identifier(""))
        keep = self._keeps_tables and len(parts) > 1
        given = [self._part(part, keep) for part in parts]
        return self.qualified(given)

    def _part(self, part: exp.Expr, keep: bool) -> str:
        if isinstance(part, exp.Parameter):
            return "@" + part.name.lower()
        return str(part.name) if keep else self.normal(part)

    def qualified(self, parts: Sequence[str]) -> Name:
        """A name with what is missing in front of it; an empty part, as in `db..table`, is missing too."""
        missing = max(len(self.default) + 1 - len(parts), 0)
        full = [*self.default[:missing], *parts]
        for at, part in enumerate(full[:-1]):
            if not part and at < len(self.default):
                full[at] = self.default[at]
        return tuple(part for part in full if part)

    def use(self, kind: str, name: Sequence[str]) -> None:
        """Takes USE: from here on names stand in another catalog or schema."""
        if kind in ("WAREHOUSE", "ROLE", "SECONDARY ROLES"):
            return
        if len(name) > 1:
            self.default = tuple(name)
        elif self.dialect in _TRANSACT and kind != "SCHEMA":
            self.default = (*name, self.default[1] if len(self.default) > 1 else "dbo")
        elif self.dialect == "snowflake" and kind == "DATABASE":
            self.default = (*name, "PUBLIC")
        elif kind == "CATALOG":
            self.default = (*name, "default")
        else:
            self.default = (*self.default[:-1], *name)

    def written(self, text: str) -> Name:
        """A table's name from its text, such as `"db"."schema"."table"`."""
        parts = [exp.to_identifier(part.strip('"`[]'), quoted=part[:1] in '"`[') for part in _PARTS.findall(text)]
        keep = self._keeps_tables and len(parts) > 1
        return self.qualified([self._part(part, keep) for part in parts])

    def learn(self, name: Name, columns: Sequence[str]) -> None:
        """Remembers the columns of a table."""
        self._learnt[name] = columns
        if self._by_table is not None:
            self._by_table.setdefault(name[-1].casefold(), []).append(name)

    def forget(self, name: Name) -> None:
        """A table is gone, or is another one from here on."""
        self._learnt[name] = None

    def columns(self, name: Name) -> Sequence[str] | None:
        """All columns of a table, where they are known."""
        found = self.some(name)
        return None if found is None or found[-1:] == ["*"] or found[-1:] == ("*",) else found

    def some(self, name: Name) -> Sequence[str] | None:
        """The known columns of a table; `*` at the end says that there may be more.

        A name with less or more parts finds the table if only one fits.
        """
        if name in self._learnt:
            return self._learnt[name]
        found = self._schema.get(name)
        if found is not None or not name:
            return found
        same = {self._held(other) for other in self._like(name) if _alike(name, other)}
        if len(same) == 1:
            return same.pop()
        near = {other for other in self._like(name) if _fits(name, other)}
        return self._held(near.pop()) if len(near) == 1 else None

    def _held(self, name: Name) -> tuple[str, ...] | None:
        found = self._learnt[name] if name in self._learnt else self._schema.get(name)
        return tuple(found) if found is not None else None

    def _like(self, name: Name) -> Sequence[Name]:
        if self._by_table is None:
            self._by_table = {}
            for other in dict.fromkeys((*self._schema, *self._learnt)):
                if other:
                    self._by_table.setdefault(other[-1].casefold(), []).append(other)
        return self._by_table.get(name[-1].casefold(), ())


def _alike(name: Name, other: Name) -> bool:
    return len(name) == len(other) and all(
        mine.casefold() == its.casefold() for mine, its in zip(name, other, strict=True)
    )


def _fits(name: Name, other: Name) -> bool:
    """Whether one name is the end of the other."""
    short = min(len(name), len(other))
    return len(name) != len(other) and all(
        mine.casefold() == its.casefold() for mine, its in zip(name[-short:], other[-short:], strict=True)
    )
