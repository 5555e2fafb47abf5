"""A mapping: which column of a table becomes what. It is a TOML table, saved under a name.

    title = "Our list of systems"
    sheet = "系统清单"
    [[columns]]
    header = ["系统名称", "系统"]
    to = ["system.name"]

Where it is looked for: the mapping itself in `registry.toml`, a file NAME.toml in the folder of mappings,
then the ones that are built in (`table_mappings.toml`).
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

import tomlkit
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from connectors.normalise import header_key
from connectors.table_targets import key_of, targets, wrong_target
from graph.facts import Shape

__all__ = ["Column", "MappingError", "TableMapping", "built_in", "find_mapping", "load_mapping", "saved", "toml_text"]

_NAME = re.compile(r"[^\x00-\x1f/\\:*?\"<>|.][^\x00-\x1f/\\:*?\"<>|]{0,99}")


class MappingError(ValueError):
    """There is no such mapping, or it cannot be used; the message says why."""


def _target(path: str) -> str:
    wrong = wrong_target(path)
    if wrong is not None:
        raise ValueError(wrong)
    return path


Path_ = Annotated[str, AfterValidator(_target)]


class Column(BaseModel):
    """One column, known by any of its headers, and what it becomes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    header: tuple[str, ...] = Field(min_length=1, description="Headers that it may have, the usual one first.")
    to: tuple[Path_, ...] = Field(description="What it becomes, such as resource.name; empty: nothing, it is left out.")
    split: str | None = Field(default=None, min_length=1, description="Characters that part the items of a list.")
    values: Mapping[str, str] = Field(default={}, description="What its words are taken as.")
    fill_down: bool = Field(default=False, description="An empty cell says what the one above it says.")

    def compared(self) -> tuple[str, ...]:
        """Its headers as they are compared."""
        return tuple(dict.fromkeys(map(header_key, self.header)))


class TableMapping(BaseModel):
    """A mapping as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(default="", description="What it is for, for a person.")
    sheet: str | None = Field(default=None, description="Name of the sheet; none: every sheet that has its headers.")
    header_row: int | None = Field(default=None, ge=1, description="Row of the headers; none: it is looked for.")
    needs: tuple[tuple[str, ...], ...] = Field(default=(), description="Headers that must be there, one of each group.")
    alone: bool = Field(default=False, description="The sheet must have no other columns.")
    constants: Mapping[Path_, str] = Field(default={}, description="What every row says: agreement.status = SUBMITTED.")
    columns: tuple[Column, ...] = Field(min_length=1, description="The columns.")

    @model_validator(mode="after")
    def _once(self) -> "TableMapping":
        seen: set[str] = set()
        for column in self.columns:
            for path in column.to:
                key = key_of(path)
                many = key is not None and key.shape in (Shape.TEXTS, Shape.REFERENCES)
                if path in seen and not many:
                    raise ValueError(f"{path} stands twice: a column may become several things, not the reverse")
                seen.add(path)
        return self

    def paths(self) -> tuple[str, ...]:
        """All that columns and constants become."""
        return tuple(dict.fromkeys([path for column in self.columns for path in column.to] + list(self.constants)))

    def by_header(self) -> dict[str, Column]:
        """The columns by compared header; of two that have one the first counts."""
        found: dict[str, Column] = {}
        for column in self.columns:
            for key in column.compared():
                found.setdefault(key, column)
        return found

    def lacks(self, headers: Iterable[str]) -> list[str]:
        """What it needs and `headers` (compared ones) do not have, each as a header that would do."""
        there = set(headers)
        if self.needs:
            return [group[0] for group in self.needs if not there & {header_key(header) for header in group}]
        identity = [column for column in self.columns if any(_identifies(path) for path in column.to)]
        named = identity or list(self.columns)
        return [] if any(there & set(column.compared()) for column in named) else [named[0].header[0]]


def _identifies(path: str) -> bool:
    target = targets().get(path)
    return (target is not None and target.needed) or path.endswith((".id", ".code"))


def load_mapping(table: Mapping[str, object], name: str) -> TableMapping:
    """A mapping from its TOML table. Raises MappingError that names the column and what is wrong."""
    try:
        return TableMapping.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        says = str(first["msg"]).removeprefix("Value error, ")
        raise MappingError(f"the mapping {name} cannot be used: {place + ': ' if place else ''}{says}") from error


@cache
def built_in() -> Mapping[str, TableMapping]:
    """The mappings that the registry brings, by name."""
    table = tomllib.loads(Path(__file__).with_name("table_mappings.toml").read_text(encoding="utf-8"))
    return {name: load_mapping(entry, name) for name, entry in table.items()}


def saved(folder: Path | None) -> Mapping[str, Path]:
    """The files of saved mappings by name, in order of names; none where there is no folder."""
    if folder is None or not folder.is_dir():
        return {}
    return {path.stem: path for path in sorted(folder.glob("*.toml")) if path.is_file()}


def find_mapping(name: str, folder: Path | None = None) -> TableMapping:
    """The mapping saved under a name, else the one that is built in. Raises MappingError."""
    path = saved(folder).get(name)
    if path is not None:
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise MappingError(f"the mapping {name} cannot be read: {why}") from error
        return load_mapping(table, name)
    if name in built_in():
        return built_in()[name]
    there = ", ".join((*saved(folder), *built_in()))
    raise MappingError(f"there is no mapping {name}; there are {there}")


def is_mapping_name(name: str) -> bool:
    """Whether a mapping can be saved under this name: it becomes a file's."""
    return _NAME.fullmatch(name) is not None


def toml_text(mapping: TableMapping, told: Sequence[str] = ()) -> str:
    """A mapping as TOML, with a comment of `told` in each column; `load_mapping` reads it again."""
    document = tomlkit.document()
    plain = mapping.model_dump(exclude_defaults=True, exclude={"columns"})
    for name, value in plain.items():
        document[name] = [list(group) for group in value] if name == "needs" else value
    columns = tomlkit.aot()
    for at, column in enumerate(mapping.columns):
        table = tomlkit.table()
        said = column.model_dump(exclude_defaults=True)
        if told:
            table.add(tomlkit.comment(_printable(told[at])))
        for name, value in said.items():
            table[name] = list(value) if isinstance(value, tuple) else value
        columns.append(table)
    document["columns"] = columns
    text: str = tomlkit.dumps(document)
    return text


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
