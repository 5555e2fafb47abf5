"""How the drivers are told to connect: to checked addresses, in time, and to read only."""

import os
import socket
import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pymysql
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from sqlalchemy.engine import URL

from connectors.errors import SourceError

__all__ = ["Connecting", "connect_mysql", "connect_postgresql", "connect_sqlite"]

_WAL = 2
"""What an SQLite file has at byte 18 when it is written through a log beside it."""


@dataclass(slots=True)
class Connecting:
    """What a driver needs to connect, and how what it opened is cut off from another thread."""

    url: URL
    password: str | None
    addresses: tuple[str, ...]
    seconds: float
    connect_seconds: float
    was_cut: bool = False
    _twin: socket.socket | None = field(default=None, repr=False)

    def opened(self, descriptor: int) -> None:
        """A driver's socket; shut down through a twin, since its owner may close or wrap it at any time."""
        self.forget()
        self._twin = socket.socket(fileno=os.dup(descriptor))
        if self.was_cut:
            self.cut()

    def cut(self) -> None:
        """Shuts the connection down, whoever waits for it."""
        self.was_cut = True
        if self._twin is not None:
            with suppress(OSError):
                self._twin.shutdown(socket.SHUT_RDWR)

    def forget(self) -> None:
        """Nothing is left to be cut."""
        twin, self._twin = self._twin, None
        if twin is not None:
            twin.close()

    def options(self) -> dict[str, str]:
        """What follows the `?` of the address."""
        return {name: value if isinstance(value, str) else value[-1] for name, value in self.url.query.items()}

    def left(self, until: float) -> float:
        """Seconds that are left until then, but some."""
        return max(0.1, until - time.monotonic())


class _Text(Loader):
    """Text as it is; in a database that does not care, what is not UTF-8 is most likely GB 18030."""

    def load(self, data: Buffer) -> str:
        return _decoded(bytes(data))


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


_UNKNOWN = 705
"""The type of texts that have none; psycopg knows no name for it."""


def connect_postgresql(how: Connecting) -> Any:
    """A psycopg connection that reads only."""
    connection = _psycopg(how)
    how.opened(connection.fileno())
    for name in ("text", "name", "varchar", "bpchar", _UNKNOWN):
        connection.adapters.register_loader(name, _Text)
    if connection.info.parameter_status("server_encoding") == "SQL_ASCII":
        connection.execute("SET client_encoding = 'SQL_ASCII'")
    milliseconds = int(how.seconds * 1000)
    for statement in (
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        f"SET statement_timeout = {milliseconds}",
        "SELECT pg_catalog.set_config('search_path', '', false)",
        "SELECT pg_catalog.set_config(name, '5000', false) FROM pg_catalog.pg_settings WHERE name = 'lock_timeout'",
        "SELECT pg_catalog.set_config(name, 'off', false) FROM pg_catalog.pg_settings WHERE name = 'jit'",
    ):
        connection.execute(statement)
    connection.autocommit = False
    return connection


def _psycopg(how: Connecting) -> "psycopg.Connection[Any]":
    """A connection to the first checked address that takes it."""
    trouble: psycopg.Error = psycopg.OperationalError("no address")
    until = time.monotonic() + how.connect_seconds
    for address in how.addresses:
        try:
            return psycopg.connect(
                host=how.url.host,
                hostaddr=address,
                port=how.url.port or 5432,
                dbname=how.url.database,
                user=how.url.username,
                password=how.password,
                connect_timeout=max(2, round(how.left(until))),
                client_encoding="utf8",
                autocommit=True,
                **{"application_name": "federated-resource-registry", **how.options()},  # type: ignore[arg-type]
            )
        except psycopg.Error as error:
            trouble = error
            if time.monotonic() >= until:
                break
    raise trouble


def connect_mysql(how: Connecting) -> Any:
    """A PyMySQL connection that reads only."""
    options = how.options()
    connection = pymysql.connect(
        host=how.url.host,
        port=how.url.port or 3306,
        user=how.url.username,
        password=how.password or "",
        database=how.url.database or None,
        charset=options.pop("charset", "utf8mb4"),
        defer_connect=True,
        read_timeout=how.connect_seconds,
        write_timeout=how.connect_seconds,
        **{name: _flag(value) for name, value in options.items() if name.startswith("ssl_")},
    )
    raw = _first_socket(how, how.url.port or 3306)
    how.opened(raw.fileno())
    connection.connect(raw)
    connection._read_timeout = how.seconds + 10
    limit = (
        f"SET SESSION max_statement_time = {how.seconds}"
        if "mariadb" in str(connection.get_server_info()).casefold()
        else f"SET SESSION max_execution_time = {int(how.seconds * 1000)}"
    )
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_mode = ''")
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SET SESSION TRANSACTION READ ONLY")
        try:
            cursor.execute(limit)
        except pymysql.err.MySQLError as error:
            if error.args[:1] != (_UNKNOWN_VARIABLE,):
                raise
    return connection


_UNKNOWN_VARIABLE = 1193


def _flag(value: str) -> str | bool:
    return {"true": True, "false": False, "1": True, "0": False}.get(value.casefold(), value)


def _first_socket(how: Connecting, port: int) -> socket.socket:
    """A connection to the first checked address that answers."""
    trouble: OSError = OSError("no address")
    until = time.monotonic() + how.connect_seconds
    for address in how.addresses:
        try:
            raw = socket.create_connection((address, port), how.left(until))
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return raw
        except OSError as error:
            trouble = error
    raise trouble


def connect_sqlite(how: Connecting) -> Any:
    """An SQLite file, opened for reading; what its own text calls for is not trusted."""
    path = Path(how.url.database or "").absolute()
    if not path.is_file():
        raise SourceError(f"{path.name}: there is no such file")
    try:
        with path.open("rb") as file:
            head = file.read(20)
    except OSError as error:
        raise SourceError(f"{path.name}: the file cannot be read: {error.strerror}") from None
    # Reading through a log makes files beside the database; where there is no log nothing has to be made.
    logged = len(head) == 20 and head[18] == _WAL
    still = "&immutable=1" if logged and not Path(f"{path}-wal").exists() else ""
    address = f"file:{quote(os.fsencode(path))}?mode=ro{still}"
    connection = sqlite3.connect(address, uri=True, timeout=how.connect_seconds, check_same_thread=False)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.text_factory = _decoded
    connection.set_progress_handler(lambda: how.was_cut, 10_000)
    for pragma in ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
