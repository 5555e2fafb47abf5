"""Databases: tables, views and columns as resources and fields, and the lineage that views and routines hold.

The database is read in one transaction that cannot write, with a limit on each statement, by a handful of questions
for each schema (docs/sources/database.md). Nothing in its tables is read, only its catalogue.
"""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import ClassVar

from sqlalchemy.engine import URL

from connectors.config import Config
from connectors.database_config import DatabaseConfig
from connectors.errors import SourceError
from connectors.protocol import Input, not_taken
from graph.facts import Fact, Finding

__all__ = ["Database"]

_SQLITE = b"SQLite format 3\x00"


class Database:
    """A database's tables, views and what moves data between them.

    `queries` is the number of questions that the last `pull` asked. The drivers are imported when one is read: this
    class is looked at for every file, whatever it is.
    """

    name: ClassVar[str] = "database"
    title: ClassVar[str] = "Database (PostgreSQL, MySQL, MariaDB, SQLite and others)"
    config: ClassVar[type[Config]] = DatabaseConfig

    def __init__(self, given: Input, /) -> None:
        self.given = given
        self.queries = 0

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether the file begins as SQLite's do."""
        try:
            with path.open("rb") as file:
                return file.read(len(_SQLITE)) == _SQLITE
        except OSError:
            return False

    async def pull(self) -> AsyncIterator[Fact | Finding]:
        """The facts of the database schema by schema, then the lineage between its tables."""
        from connectors.database_errors import NotRead
        from connectors.database_reading import Reading

        if isinstance(self.given.config, DatabaseConfig):
            async with Reading(self.given, self.given.config) as reading:
                async for item in reading.pull():
                    yield item
                self.queries = reading.queries
        for path in self.given.paths:
            config, address = _of_file(path, self.given.config)
            try:
                async with Reading(self.given, config, address) as reading:
                    async for item in reading.pull():
                        yield item
                    self.queries = reading.queries
            except (SourceError, NotRead) as error:
                yield not_taken(path, str(error).removeprefix(f"{path.name}: "), "FILE_UNREADABLE")

    async def try_out(self) -> Sequence[str]:
        """Version, and how many schemas, tables and views there are. Raises SourceError."""
        from connectors.database_reading import Reading

        config = self.given.config
        if isinstance(config, DatabaseConfig):
            async with Reading(self.given, config) as reading:
                return await reading.try_out()
        said: list[str] = []
        for path in self.given.paths:
            async with Reading(self.given, *_of_file(path, config)) as reading:
                said += await reading.try_out()
        return said


def _of_file(path: Path, config: Config | None) -> tuple[DatabaseConfig, URL]:
    """What holds for an SQLite file that is named by its path."""
    known = config.model_dump(include=set(Config.model_fields)) if config is not None else {}
    return DatabaseConfig(url="sqlite:///file", **known), URL.create("sqlite", database=str(path.absolute()))
