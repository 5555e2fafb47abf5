"""One reading of one database: what is asked in which order, and what is made of the answers."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy.engine import URL

from connectors.addresses import check_host
from connectors.catalogue_words import Words, load_words
from connectors.config import SecretMissing
from connectors.database_config import DatabaseConfig
from connectors.database_facts import Facts, Owner, Stated, own
from connectors.database_lineage import Lineage, Names, Text, text_of_routine, text_of_view
from connectors.database_model import Reader, Schema, Table, Unread
from connectors.database_mysql import MySQL
from connectors.database_other import Other
from connectors.database_postgresql import PostgreSQL
from connectors.database_session import NotRead, Session
from connectors.database_sqlite import SQLite
from connectors.datasets import Dataset, Met, Naming
from connectors.errors import SourceError
from connectors.normalise import clean_name
from connectors.protocol import Input
from graph.facts import Fact, Finding, Place, Severity

__all__ = ["Reading"]

_TEXTS = 50
"""Texts that are read in one go, before the others who wait have their turn."""

_TABLES = 100
"""Tables that are stated in one go."""

T = TypeVar("T")


class Reading:
    """Opens a connection, reads through it, and closes it however that ends."""

    def __init__(self, given: Input, config: DatabaseConfig, address: URL | None = None) -> None:
        self._given = given
        self._config = config
        self._url = address or config.address
        self._family = config.family
        self._file = Path(self._url.database or "") if self._family.name == "sqlite" else None
        self._label = self._file.name if self._file else _label(self._url, self._family.port)
        self._naming = Naming(given.rules, given.registered)
        self._session: Session | None = None

    @property
    def queries(self) -> int:
        return self._session.queries if self._session is not None else 0

    async def __aenter__(self) -> Self:
        password = self._password()
        addresses: Sequence[str] = ()
        if self._file is None:
            port = self._url.port or self._family.port or 0
            addresses = await check_host(self._url.host or "", port, self._given.addresses)
        self._session = Session(
            self._url,
            self._family.name,
            self._family.dialect,
            password,
            addresses,
            seconds=self._config.seconds,
            connect_seconds=self._config.connect_seconds,
            place=self._label,
        )
        try:
            await self._blocking(self._session.open)
        except BaseException:
            await asyncio.to_thread(self._session.close)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await asyncio.to_thread(self._session.close)

    def _password(self) -> str | None:
        try:
            return self._config.password.reveal() if self._config.password is not None else None
        except SecretMissing as error:
            raise SourceError(f"{self._label}: {error}") from None

    async def _blocking(self, work: Callable[[], T]) -> T:
        """`work` in a thread; who cancels it cuts the connection that it waits for."""
        assert self._session is not None
        task = asyncio.ensure_future(asyncio.to_thread(work))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._session.abort()
            await asyncio.wait([task], timeout=self._config.connect_seconds)
            if task.done() and not task.cancelled():
                task.exception()
            raise

    def _reader(self) -> Reader:
        assert self._session is not None
        if self._file is not None:
            return SQLite(self._session, self._file)
        if self._family.name == "postgresql":
            return PostgreSQL(self._session)
        if self._family.name == "mysql":
            return MySQL(self._session, statistics=self._config.row_counts)
        return Other(self._session, self._family.product, oracle=self._family.sql == "oracle")

    async def try_out(self) -> Sequence[str]:
        """Version, and how many schemas, tables and views there are. Raises SourceError."""
        reader = self._reader()
        try:
            version = await self._blocking(reader.version)
            schemas = self._chosen(await self._blocking(reader.schemas))
            tables, views = await self._blocking(lambda: reader.count(schemas))
        except NotRead as error:
            raise SourceError(f"{self._label}: {error}") from None
        said = [f"{self._label} is {version}.", f"{len(schemas)} schemas are read: {', '.join(schemas[:20])}"]
        said[1] = said[1] + (" …" if len(schemas) > 20 else ".") if schemas else "No schema is there to be read."
        return [*said, f"They hold {tables} tables and {views} views."]

    async def pull(self) -> AsyncIterator[Fact | Finding]:
        """The facts of the chosen schemas, then their lineage."""
        reader = self._reader()
        try:
            schemas = await self._blocking(reader.schemas)
        except NotRead as error:
            raise SourceError(f"{self._label}: {error}") from None
        for finding in self._missing(schemas):
            yield finding
        words = await asyncio.to_thread(load_words, self._given.words)
        facts, names, texts = self._facts(words), Names(), list[Text]()
        left = self._config.max_tables
        for name in self._chosen(schemas):
            schema, dropped = await self._blocking(lambda name=name, left=left: self._read(reader, name, left))  # type: ignore[misc]
            left -= len(schema.tables)
            for finding in self._told(schema, dropped):
                yield finding
            async for item in self._tables(schema, facts, names):
                yield item
            texts += self._texts(schema)
            names.parts.update(schema.parts)
        for finding in self._at_the_end(facts, names):
            yield finding
        async for item in self._lineage(names, texts):
            yield item

    def _facts(self, words: Words) -> Facts:
        config = self._config
        owner = Owner(config.system, config.department, self._family.format, loose=self._family.name == "sqlite")
        return Facts(owner, words, self._label)

    def _read(self, reader: Reader, name: str, left: int) -> tuple[Schema, int]:
        """A schema with the tables that are wanted, at most `left`, and how many were too many."""
        try:
            schema = reader.tables(name)
        except NotRead as error:
            return Schema(name, unread=[Unread(name, "tables", str(error))]), 0
        wanted = [table for table in schema.tables if self._wanted(table)]
        schema.tables = wanted[:left]
        reader.details(schema)
        reader.texts(schema, views=self._config.views, routines=self._config.procedures)
        if not self._config.row_counts:
            for table in schema.tables:
                table.rows = table.bytes = table.analysed = table.changed = table.created = None
        return schema, len(wanted) - len(schema.tables)

    def _chosen(self, schemas: Sequence[str]) -> list[str]:
        only, without = self._config.schemas, self._config.exclude_schemas
        return [name for name in schemas if (not only or _fits(only, name)) and not _fits(without, name)]

    def _wanted(self, table: Table) -> bool:
        only, without = self._config.tables, self._config.exclude_tables
        ways = (table.name, f"{table.schema}.{table.name}")
        return (not only or any(_fits(only, way) for way in ways)) and not any(_fits(without, way) for way in ways)

    def _missing(self, schemas: Sequence[str]) -> Iterator[Finding]:
        for pattern in self._config.schemas:
            if not any(_fits((pattern,), name) for name in schemas):
                message = f"there is no schema {pattern} that this user sees"
                yield self._finding("SCHEMA_MISSING", Severity.WARNING, message, "nothing is taken for it")

    def _told(self, schema: Schema, dropped: int) -> Iterator[Finding]:
        if dropped:
            message = f"{dropped:,} tables are more than the settings allow (max_tables)"
            yield self._finding("TOO_MANY_TABLES", Severity.ERROR, message, "they are not taken", schema.name)
        for part in schema.unread:
            severity = Severity.ERROR if part.lost else Severity.WARNING
            yield self._finding("PART_NOT_READ", severity, f"{part.what}: {part.why}", "not taken", part.schema)
        if self._config.views:
            for table in schema.tables:
                if table.is_view and table.hidden:
                    message = "the user may not read what the view is made of"
                    done = "the view is taken, its lineage is not; docs/sources/database.md says which right is needed"
                    yield self._finding("VIEW_TEXT_HIDDEN", Severity.WARNING, message, done, schema.name, table.name)
        for routine in schema.routines:
            if routine.text is None:
                message = f"the user may not read the text of this {routine.kind}"
                done = "its lineage is not taken"
                yield self._finding("ROUTINE_TEXT_HIDDEN", Severity.INFO, message, done, schema.name, routine.name)

    async def _tables(self, schema: Schema, facts: Facts, names: Names) -> AsyncIterator[Fact | Finding]:
        datasets = {table.name: self._dataset(schema.name, table.name) for table in schema.tables}
        met = await self._naming.meet(datasets.values())
        for at, table in enumerate(schema.tables):
            if at % _TABLES == 0:
                await asyncio.sleep(0)
            dataset = datasets[table.name]
            stated, items = facts.table(table, self._code(schema.name, table.name), own(dataset, met[dataset]))
            if stated is not None:
                names.add(table, stated)
            for item in items:
                yield item
            for finding in facts.findings:
                yield finding
            facts.findings.clear()
            table.columns = []

    def _texts(self, schema: Schema) -> list[Text]:
        family = self._family.name
        texts = [text_of_view(table, family) for table in schema.tables if self._config.views]
        texts += [
            text_of_routine(routine, self._code(schema.name, routine.name), family)
            for routine in schema.routines
            if self._config.procedures and (routine.on is None or self._wanted(Table(*routine.on, "table")))
        ]
        return [text for text in texts if text is not None]

    async def _lineage(self, names: Names, texts: Sequence[Text]) -> AsyncIterator[Fact | Finding]:
        catalog = self._url.database if self._family.name in ("postgresql", "other") else None
        lineage = Lineage(names, self._family.sql, catalog, self._label, self._dataset)
        for start in range(0, len(texts), _TEXTS):
            some = texts[start : start + _TEXTS]
            scripts = await asyncio.to_thread(lambda some=some: [lineage.read(text) for text in some])  # type: ignore[misc]
            pairs = list(zip(scripts, some, strict=True))
            outside = dict.fromkeys(one for script, text in pairs for one in lineage.outside(script, text))
            met = await self._naming.meet(outside)
            stated = {dataset: _outside(dataset, met[dataset]) for dataset in outside}
            for finding in lineage.findings:
                yield finding
            lineage.findings.clear()
            for script, text in pairs:
                for link in lineage.links(script, text, stated):
                    yield link

    def _at_the_end(self, facts: Facts, names: Names) -> Iterator[Finding]:
        if not names.stated:
            message = "no table is there that this user sees"
            done = "nothing was taken; docs/sources/database.md says which rights are needed"
            yield self._finding("NOTHING_SEEN", Severity.WARNING, message, done)
        for text, count in sorted(facts.unknown_types.items()):
            message = f"{text} is no type that the registry has a letter for ({count} columns)"
            yield self._finding("TYPE_UNKNOWN", Severity.INFO, message, "it stays unknown; raw_type keeps it")

    def _finding(
        self, code: str, severity: Severity, message: str, done: str, schema: str = "", name: str = ""
    ) -> Finding:
        place = Place(file=self._label, sheet=clean_name(schema), column=clean_name(name))
        return Finding(code, severity, place, message, done)

    def _code(self, schema: str, name: str) -> str:
        """A table's full name; of a file without the folders that lead to it."""
        return f"{self._file.name}/{name}" if self._file is not None else self._dataset(schema, name).name

    def _dataset(self, schema: str, table: str) -> Dataset:
        """A table as OpenLineage names it."""
        name = f"{schema}.{table}"
        if self._file is not None:
            base = self._file.name if self._config.namespace else self._file.absolute().as_posix()
            return Dataset(self._config.namespace or "file", f"{base}/{table}")
        if self._family.name != "mysql":
            database = self._url.database or self._url.query.get("service_name")
            name = f"{database}.{name}" if database else name
        return Dataset(self._config.namespace or _server(self._url, self._family.port), name)


def _outside(dataset: Dataset, met: Met) -> Stated:
    found = own(dataset, met)
    return Stated(found.id, {column.code or column.name: column.id for column in found.columns})


def _server(url: URL, port: int | None) -> str:
    """The namespace of a server: `postgres://db1:5432`."""
    kind = url.drivername.partition("+")[0]
    kind = {"postgresql": "postgres", "mariadb": "mysql"}.get(kind, kind)
    host = (url.host or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = url.port or port
    return f"{kind}://{host}:{port}" if port else f"{kind}://{host}"


def _label(url: URL, port: int | None) -> str:
    """What places and messages call the database: without user and options."""
    return clean_name(f"{_server(url, port)}/{url.database or ''}".rstrip("/"))


def _fits(patterns: Sequence[str], name: str) -> bool:
    return any(
        re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.IGNORECASE | re.DOTALL)
        for pattern in patterns
    )
