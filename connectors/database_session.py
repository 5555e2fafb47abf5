"""A connection to a database that only reads, is bounded in time, and can be cut off from another thread."""

import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL, Connection, Engine, Inspector
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.inspection import inspect
from sqlalchemy.pool import NullPool

from connectors.database_connect import Connecting, connect_mysql, connect_postgresql, connect_sqlite
from connectors.database_errors import NotRead, explain_refusal, is_lost, why_not_read
from connectors.errors import SourceError

__all__ = ["NotRead", "Session"]

_GRACE = 5.0
"""Seconds that a server may take beyond its own limit before the connection is cut."""

_GARBLED = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, struct.error)
"""What drivers raise where an answer is not what they understand."""

registry.register("registry_postgresql", "connectors.database_dialects", "PostgreSQL")


class Session:
    """One connection. `queries` counts the statements that were sent through it, those of connecting aside."""

    def __init__(
        self,
        url: URL,
        family: str,
        dialect: str,
        password: str | None,
        addresses: Sequence[str],
        *,
        seconds: float,
        connect_seconds: float,
        place: str,
    ) -> None:
        self.place = place
        self.seconds = seconds
        self.grace = _GRACE
        self.queries = 0
        self._connecting = Connecting(url, password, tuple(addresses), seconds, connect_seconds)
        self._family, self._dialect = family, dialect
        self._engine: Engine | None = None
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._cut: str | None = None

    def open(self) -> None:
        """Connects. Raises SourceError."""
        limit = self._connecting.connect_seconds
        try:
            self._engine = self._make_engine()
            with self._watch(limit, f"no connection stood within {limit:g} seconds"):
                self._connection = self._engine.connect()
        except SourceError:
            raise
        except (NoSuchModuleError, ImportError, ArgumentError):
            raise self._no_driver() from None
        except (SQLAlchemyError, OSError, RuntimeError, *_GARBLED) as error:
            raise self._unreachable(error) from None

    def _make_engine(self) -> Engine:
        creators: Mapping[str, Callable[[Connecting], Any]] = {
            "postgresql": connect_postgresql,
            "mysql": connect_mysql,
            "sqlite": connect_sqlite,
        }
        creator = creators.get(self._family)
        if creator is None:
            url = self._connecting.url.set(password=self._connecting.password)
            return create_engine(url, poolclass=NullPool, hide_parameters=True)
        name = "registry_postgresql" if self._family == "postgresql" else self._dialect
        options = {"use_native_hstore": False} if self._family == "postgresql" else {}
        return create_engine(
            URL.create(name),
            creator=lambda: creator(self._connecting),
            poolclass=NullPool,
            hide_parameters=True,
            **options,
        )

    def rows(self, text: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What a statement answers. `%s` (in SQLite `?`) stand for the parameters.

        Raises NotRead when the server refuses it or it takes too long; the connection goes on. Raises SourceError
        when the connection is lost.
        """
        answer: list[tuple[Any, ...]] = self.ask(
            lambda connection: [tuple(row) for row in connection.exec_driver_sql(text, parameters)]
        )
        return answer

    def inspect(self, ask: Callable[[Inspector], Any]) -> Any:
        """What SQLAlchemy's inspector answers; raises as `rows` does."""
        return self.ask(lambda connection: ask(inspect(connection)))

    def ask(self, ask: Callable[[Connection], Any]) -> Any:
        """What `ask` gives in a savepoint of the transaction; raises as `rows` does."""
        connection = self._connection
        if connection is None:
            raise self._lost()
        self.queries += 1
        try:
            says = f"no answer came within {self.seconds:g} seconds"
            with self._watch(self.seconds + self.grace, says), connection.begin_nested():
                return ask(connection)
        except (DBAPIError, OSError) as error:
            if self._cut is not None or is_lost(error):
                raise self._lost() from None
            raise NotRead(why_not_read(error, self.seconds)) from None
        except (SQLAlchemyError, *_GARBLED):
            if self._cut is not None or connection.invalidated or connection.closed:
                raise self._lost() from None
            raise NotRead("the database answered with what cannot be read") from None

    @contextmanager
    def _watch(self, seconds: float, says: str) -> Iterator[None]:
        """Cuts the connection if the block takes longer."""
        timer = threading.Timer(seconds, self.abort, (says,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def abort(self, says: str = "it was stopped") -> None:
        """Cuts the connection off; may be called from any thread, and what waits there ends with SourceError."""
        with self._lock:
            self._cut = self._cut or says
            self._connecting.cut()

    def close(self) -> None:
        """Ends the connection, whatever its state; blocks for as long as the server takes to say goodbye, bounded."""
        connection, self._connection = self._connection, None
        engine, self._engine = self._engine, None
        with self._watch(self.grace, "it did not end in time"), suppress(SQLAlchemyError, OSError, *_GARBLED):
            if connection is not None:
                if self._cut is not None:
                    connection.invalidate()
                connection.close()
        if engine is not None:
            engine.dispose()
        with self._lock:
            self._connecting.forget()

    def _lost(self) -> SourceError:
        return SourceError(f"{self.place}: {self._cut or 'the connection was lost'}", passing=True)

    def _unreachable(self, error: Exception) -> SourceError:
        if self._cut is not None:
            return self._lost()
        why, passing = explain_refusal(error)
        return SourceError(f"{self.place}: {why}", passing=passing)

    def _no_driver(self) -> SourceError:
        kind = self._connecting.url.drivername
        package = _PACKAGES.get(kind) or _PACKAGES.get(kind.partition("+")[0])
        way = f"install {package}" if package else "install the SQLAlchemy dialect and driver for it"
        return SourceError(f"{self.place}: there is no driver for {kind.partition('+')[0]} databases; {way}")


_PACKAGES: Mapping[str, str] = {
    "oracle": "the package oracledb, and write oracle+oracledb:// in the address",
    "oracle+cx_oracle": "the package cx_Oracle, or oracledb and write oracle+oracledb:// in the address",
    "dm": "the packages dmPython and dmSQLAlchemy, and write dm+dmPython:// in the address",
    "mssql": "the package pyodbc or pymssql",
}
