"""One way to open a graph, embedded or Neo4j, and to run statements on it.

    graph = await open_graph(GraphSettings(data=Path("registry-data")))
    rows = await graph.read(BY_ID, id="department:320900/…")
    await graph.write(work)         # async def work(transaction): await transaction.run(…)
    await graph.close()

A read is one statement, a write one of the driver's managed transactions. What can be tried again is, with a
growing and random pause, until `total_seconds` are over; what cannot be is raised as one of `graph/errors.py`.
"""

import asyncio
import contextlib
import logging
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Literal, LiteralString, TypeVar

import neo4j
from neo4j import AsyncDriver, AsyncGraphDatabase, AsyncManagedTransaction, AsyncSession
from neo4j.exceptions import DriverError, Neo4jError
from opentelemetry import trace

from graph import embedded
from graph.access import GraphSettings, attach, check_version, is_routed, new_driver, shown
from graph.errors import Conflict, GraphError, StatementTimeout, Unreachable
from graph.faults import Where, is_lost, retry_limit, translated
from graph.migrations import migrate
from graph.slow import log_slow
from graph.spans import span

__all__ = ["TALLY", "Graph", "GraphSettings", "Tally", "Transaction", "open_graph"]

T = TypeVar("T")
_Faults = (Neo4jError, DriverError)

_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 1.0
_FETCH = 10_000
_MOST_IDLE = 32
_OPENING = 1.0

# Both only on the embedded engine.
RUNNING = "SHOW TRANSACTIONS YIELD transactionId, clientAddress RETURN transactionId AS id, clientAddress AS client"
TERMINATE = "TERMINATE TRANSACTION $ids"

_tracer = trace.get_tracer("registry.graph")

logging.getLogger("neo4j").addHandler(logging.NullHandler())  # what it logs, it raises too, and we tell it better


@dataclass(slots=True)
class Tally:
    """What the statements of one piece of work came to."""

    statements: int = 0
    rows: int = 0
    seconds: float = 0


TALLY: ContextVar[Tally | None] = ContextVar("tally", default=None)
"""Where statements are counted that the current task runs, and the tasks that it starts."""


class Transaction:
    """A write transaction that is under way."""

    def __init__(self, graph: "Graph", inner: AsyncManagedTransaction, clock: "_Clock") -> None:
        self._graph = graph
        self._inner = inner
        self._clock = clock

    async def run(self, text: LiteralString, **parameters: Any) -> list[dict[str, Any]]:
        """Run one statement and return all its rows."""
        self._graph.statements += 1
        with self._clock.statement(), _span("write", text):
            return await _rows(await self._inner.run(text, parameters))


def _span(kind: str, text: str) -> AbstractContextManager[trace.Span]:
    """What is told of a statement to whoever collects traces: its text, never its parameters."""
    attributes = {"db.system.name": "neo4j", "db.query.text": text}
    return span(_tracer, f"graph {kind}", kind=trace.SpanKind.CLIENT, attributes=attributes)


async def _rows(result: neo4j.AsyncResult) -> list[dict[str, Any]]:
    keys = result.keys()
    return [dict(zip(keys, record, strict=False)) async for record in result]


class _Clock:
    """Time limits of one attempt. They cancel from outside the session, so that the driver drops the
    connection instead of asking an engine that is busy to roll back."""

    def __init__(self, limit: asyncio.Timeout, until: float, statement_seconds: float) -> None:
        self._limit = limit
        self._until = until
        self._statement_seconds = statement_seconds

    @contextlib.contextmanager
    def statement(self) -> Any:
        now = asyncio.get_running_loop().time()
        self._limit.reschedule(min(self._until, now + self._statement_seconds))
        yield
        self._limit.reschedule(self._until)


class Graph:
    """An open graph. `statements` counts the statements that were run, tries included."""

    def __init__(
        self, settings: GraphSettings, driver: AsyncDriver, attachment: embedded.Attachment | None = None
    ) -> None:
        self.settings = settings
        self.engine: Literal["embedded", "neo4j"] = "embedded" if attachment else "neo4j"
        self.agent = ""
        self.attachment = attachment
        self.statements = 0
        self._driver = driver
        # In a cluster a read waits for what this graph wrote before.
        self._bookmarks = AsyncGraphDatabase.bookmark_manager() if is_routed(settings) else None
        self._closed = False
        self._idle: list[AsyncSession] = []
        self._working: set[asyncio.Future[Any]] = set()
        self._beside: set[asyncio.Task[None]] = set()
        self._reopening = asyncio.Lock()
        self._writing = asyncio.Lock()

    async def read(self, text: LiteralString, **parameters: Any) -> list[dict[str, Any]]:
        """Run one statement that reads, a transaction by itself in one round trip, and return all its rows."""
        query = neo4j.Query(text, timeout=self.settings.statement_seconds)

        async def attempt(session: AsyncSession, clock: _Clock) -> list[dict[str, Any]]:
            self.statements += 1
            started = time.perf_counter()
            with clock.statement(), _span("read", text) as told:
                rows = await _rows(await session.run(query, parameters))
                told.set_attribute("db.response.returned_rows", len(rows))
            seconds = time.perf_counter() - started
            tally = TALLY.get()
            if tally is not None:
                tally.statements += 1
                tally.rows += len(rows)
                tally.seconds += seconds
            if seconds >= self.settings.slow_seconds:
                self._later(self._explain(text, parameters, seconds, len(rows)))
            return rows

        return await self._attempts(attempt, neo4j.READ_ACCESS, self.settings.total_seconds)

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in a write transaction and commit it. `work` may run several times, each time from scratch."""
        total = self.settings.total_seconds

        async def attempt(session: AsyncSession, clock: _Clock) -> T:
            # A write may have several statements, which _Clock limits one by one.
            @neo4j.unit_of_work(timeout=total)
            async def unit(inner: AsyncManagedTransaction) -> T:
                return await work(Transaction(self, inner, clock))

            return await session.execute_write(unit)

        return await self._attempts(attempt, neo4j.WRITE_ACCESS, total)

    async def schema(self, text: LiteralString, **parameters: Any) -> None:
        """Run one statement outside of any transaction: one that changes the schema, or is a transaction by itself."""

        async def attempt(session: AsyncSession, clock: _Clock) -> None:
            self.statements += 1
            query = neo4j.Query(text, timeout=self.settings.schema_seconds)
            await (await session.run(query, parameters)).consume()

        await self._attempts(attempt, neo4j.WRITE_ACCESS, self.settings.schema_seconds)

    async def greet(self) -> None:
        """See that the engine answers, lets us in, and is not too old."""
        tries = 0
        while not self.agent:
            tries += 1
            driver = self._driver
            try:
                self.agent = (await driver.get_server_info()).agent
            except (*_Faults, ValueError) as error:
                # An embedded engine that was killed a moment ago may seem to be there still.
                if self.attachment is None or not is_lost(error) or tries >= retry_limit(error, self.engine):
                    raise translated(error, self.where) from error
                await asyncio.sleep(_pause(tries))
                await self._reopen(driver)
        check_version(self.agent)

    async def close(self) -> None:
        """Close all connections; an embedded engine without other clients ends by itself soon.

        What is under way has a second to end.
        """
        if self._working:
            _, late = await asyncio.wait(self._working, timeout=_OPENING)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        while self._beside:  # what is done beside may have something done beside it
            await asyncio.gather(*self._beside)
        self._closed = True
        await self._forget()
        await self._driver.close()
        if self.attachment is not None:
            self.attachment.close()

    async def _attempts(
        self, attempt: Callable[[AsyncSession, _Clock], Awaitable[T]], access: str, seconds: float
    ) -> T:
        until = asyncio.get_running_loop().time() + seconds
        async with self._turn(until) if access == neo4j.WRITE_ACCESS else contextlib.nullcontext():
            return await self._tries(attempt, access, until)

    @contextlib.asynccontextmanager
    async def _turn(self, until: float) -> AsyncIterator[None]:
        """On the embedded engine one write at a time; Neo4j makes writers wait by itself."""
        if self.attachment is None:
            yield
            return
        turn = self.attachment.open_turn()
        try:
            async with asyncio.timeout_at(until):
                await self._writing.acquire()
                try:
                    if not embedded.wait_turn(turn, block=False):
                        await asyncio.to_thread(embedded.wait_turn, turn, block=True)
                except BaseException:
                    self._writing.release()
                    raise
        except BaseException as error:
            os.close(turn)
            if not isinstance(error, TimeoutError):
                raise
            raise Conflict("Another process has been writing all the time.", "Try again when it is done.") from error
        try:
            yield
        finally:
            os.close(turn)
            self._writing.release()

    async def _tries(self, attempt: Callable[[AsyncSession, _Clock], Awaitable[T]], access: str, until: float) -> T:
        tries = 0
        while True:
            if self._closed:  # else an engine would be started again, and what is opened then never closed
                raise Unreachable("The graph was closed.", "Open it again.")
            tries += 1
            driver = self._driver
            try:
                return await self._attempt(attempt, driver, access, until)
            except _Faults as error:
                pause = _pause(tries)
                in_time = asyncio.get_running_loop().time() + pause < until
                if not in_time or tries >= retry_limit(error, self.engine):
                    raise translated(error, self.where) from error
                if self.attachment is not None and is_lost(error):
                    await self._reopen(driver)
            await asyncio.sleep(pause)

    async def _attempt(
        self, attempt: Callable[[AsyncSession, _Clock], Awaitable[T]], driver: AsyncDriver, access: str, until: float
    ) -> T:
        try:
            async with asyncio.timeout_at(until) as limit:
                # A statement is given a little longer here than there, so that the engine speaks first.
                clock = _Clock(limit, until, self.settings.statement_seconds + 1)
                async with self._session(driver, access) as session:
                    return await self._watched(session, attempt(session, clock))
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise StatementTimeout(
                f"The graph did not finish in time ({self.settings.statement_seconds:g} s a statement, "
                f"{self.settings.total_seconds:g} s in all).",
                "Ask for less at once, or allow more with REGISTRY_STATEMENT_SECONDS.",
            ) from error

    @contextlib.asynccontextmanager
    async def _session(self, driver: AsyncDriver, access: str) -> AsyncIterator[AsyncSession]:
        """A session. One that has read without trouble is used again; meanwhile it holds no connection."""
        reading = access == neo4j.READ_ACCESS
        if reading and driver is self._driver and self._idle:
            session = self._idle.pop()
        else:
            session = driver.session(
                database=self.database,
                default_access_mode=access,
                fetch_size=_FETCH,
                bookmark_manager=self._bookmarks,
            )
        keep = False
        try:
            yield session
            keep = reading and not self._closed and driver is self._driver and len(self._idle) < _MOST_IDLE
        except asyncio.CancelledError:
            session.cancel()
            raise
        finally:
            if keep:
                self._idle.append(session)
            else:
                await _end(session)

    @property
    def database(self) -> str | None:
        """The name of the database, None for the user's own."""
        return embedded.DATABASE if self.attachment else self.settings.database

    @property
    def where(self) -> Where:
        """What an error needs to know to say where it happened."""
        address = str(self.attachment.folder) if self.attachment else shown(str(self.settings.url))
        user = embedded.USER if self.attachment else self.settings.user
        return Where(address, user, self.database or "", self.engine, self.settings.statement_seconds)

    async def _watched(self, session: AsyncSession, work: Awaitable[T]) -> T:
        """What is done in a session. When this is cancelled, so is the statement.

        The driver forgets a connection that it is interrupted in opening, so it may finish that first.
        Neo4j ends a statement when the connection goes that it came by, the embedded engine has to be told.
        """
        task = asyncio.ensure_future(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            port = None
            try:
                await _connected(session, task)
                port = getattr(getattr(session, "_connection", None), "local_port", None)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            if port is not None and self.attachment is not None:
                self._later(self._terminate(f":{port}"))
            raise

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside what is under way; it is done before the graph is closed."""
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _explain(self, text: str, parameters: dict[str, Any], seconds: float, rows: int) -> None:
        """Log a statement that took long, with the plan that the engine has for it."""
        plan = None
        explained = neo4j.Query("EXPLAIN " + text, timeout=self.settings.statement_seconds)
        with contextlib.suppress(*_Faults, OSError):
            async with self._session(self._driver, neo4j.READ_ACCESS) as session:
                plan = (await (await session.run(explained, parameters)).consume()).plan
        log_slow(text, seconds, rows, plan)

    async def _terminate(self, port: str) -> None:
        with contextlib.suppress(GraphError):
            rows = await self.read(RUNNING)
            ids = [row["id"] for row in rows if str(row["client"]).endswith(port)]
            if ids:
                await self.read(TERMINATE, ids=ids)

    async def _forget(self) -> None:
        """Close the sessions that are kept."""
        sessions, self._idle = self._idle, []
        for session in sessions:
            with contextlib.suppress(*_Faults, OSError):
                await _end(session)

    async def _reopen(self, lost: AsyncDriver) -> None:
        """The embedded engine went away under us: start it again, or find the one that somebody else started."""
        async with self._reopening:
            if self._driver is not lost or self.attachment is None or self._closed:
                return  # another task was here first
            attachment = await attach(self.settings)
            self.attachment.close()
            self.attachment = attachment
            self._driver = new_driver(self.settings, attachment)
            await self._forget()
            with contextlib.suppress(Exception):  # there is nobody left to say goodbye to
                await lost.close()


async def _connected(session: AsyncSession, task: asyncio.Future[Any]) -> None:
    """Wait until a session has its connection, for a second at most."""
    until = asyncio.get_running_loop().time() + _OPENING
    while getattr(session, "_connection", None) is None and not task.done():
        await asyncio.sleep(0.001)
        if asyncio.get_running_loop().time() > until:
            return


async def _end(session: AsyncSession) -> None:
    """Close a session. One that is interrupted in this would stay open for good: it lets its connection go first."""
    try:
        await session.close()
    except BaseException:
        session.cancel()
        await session.close()  # waits for nothing any more
        raise


def _pause(tries: int) -> float:
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(tries - 1, 10))
    return random.uniform(0.5, 1) * longest  # noqa: S311


async def open_graph(settings: GraphSettings) -> Graph:
    """Open the graph and bring its schema up to date.

    Raises one of `CannotOpen`, or DiskFull. Takes a second or two if the embedded engine has to be started.
    """
    settings = replace(settings, data=settings.data.absolute())  # the program may go elsewhere
    attachment = await attach(settings) if settings.url is None else None
    try:
        graph = Graph(settings, new_driver(settings, attachment), attachment)
    except BaseException:
        if attachment is not None:
            attachment.close()
        raise
    try:
        await graph.greet()
        await migrate(graph)
    except BaseException:
        await graph.close()
        raise
    return graph
