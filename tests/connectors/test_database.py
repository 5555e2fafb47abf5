"""The connector for databases as a whole: its settings, which hosts it asks, and servers that do harm."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy.engine import make_url

from connectors.addresses import Policy
from connectors.database import Database
from connectors.database_config import DatabaseConfig
from connectors.database_connect import Connecting
from connectors.database_errors import explain_refusal
from connectors.database_other import Other
from connectors.database_reading import Reading
from connectors.errors import SourceError
from connectors.protocol import Input, Trying
from graph.facts import Finding, Thing
from tests.connectors.databases import HERE, config, connector, new_mysql, new_postgresql, server, session, settings
from tests.connectors.test_database_sqlite import make

pytestmark = pytest.mark.server("databases")

DOCS = Path(__file__).parents[2] / "docs" / "sources" / "database.md"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://reader:Geheim-987@db1/people",
        "mysql://reader:Geheim-987@db1/people",
        "postgresql://reader@db1/people?password=Geheim-987",
        "postgresql://reader@db1/people?sslpassword=Geheim-987",
        "oracle+oracledb://reader:Geheim-987@db1/?service_name=x",
        "Geheim-987",
        "postgresql://reader@db1:Geheim-987/people",
    ],
)
def test_a_password_in_the_address_is_refused_and_never_shown(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(url)
    assert "Geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql:///people", "names no host"),
        ("postgresql://reader@db1", "names no database"),
        ("postgresql://reader@db1/people?host=/run/postgresql", "options that are not taken"),
        ("postgresql://reader@db1/people?hostaddr=169.254.169.254", "options that are not taken"),
        ("postgresql://reader@db1/people?options=-c%20default_transaction_read_only=off", "options that are not taken"),
        ("mysql://reader@db1/people?local_infile=1", "options that are not taken"),
        ("mysql://reader@db1/people?unix_socket=/run/mysqld.sock", "options that are not taken"),
        ("mysql://reader@db1/people?read_default_file=/etc/my.cnf", "options that are not taken"),
        ("postgresql+asyncpg://reader@db1/people", "names a driver that is not used here"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("nothing", "cannot be read"),
    ],
)
def test_addresses_that_lead_elsewhere_or_nowhere_are_refused(url: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        settings(url)


def test_a_password_needs_a_user() -> None:
    with pytest.raises(ValidationError, match="names no user"):
        settings("postgresql://db1/people", password={"env": "X"})


@pytest.mark.parametrize(
    ("url", "namespace"),
    [
        ("postgresql://reader@DB1.example/people", "postgres://db1.example:5432"),
        ("postgresql+psycopg://reader@db1:6543/people", "postgres://db1:6543"),
        ("kingbase://reader@db1/people", "kingbase://db1:54321"),
        ("mariadb+pymysql://reader@db1/people", "mysql://db1:3306"),
        ("postgresql://reader@[2001:db8::1]/people", "postgres://[2001:db8::1]:5432"),
        ("oracle+oracledb://reader@db1/?service_name=people", "oracle://db1:1521"),
        ("mssql+pymssql://reader@db1/people", "mssql://db1:1433"),
    ],
)
async def test_places_and_messages_name_the_server_without_its_user(url: str, namespace: str) -> None:
    with pytest.raises(SourceError) as caught:
        await pull_all(settings(url), Policy(hosts=("elsewhere.example",)))
    assert "reader" not in str(caught.value)
    reading = Reading(Input([]), settings(url))
    assert reading._dataset("s", "t").namespace == namespace


async def pull_all(config: DatabaseConfig, policy: Policy = HERE) -> list[object]:
    return [item async for item in Database(Input([], config=config, addresses=policy)).pull()]


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "[::1]", "0.0.0.0"])
async def test_hosts_that_the_policy_does_not_allow_are_not_asked(host: str) -> None:
    with pytest.raises(SourceError, match="not asked"):
        await pull_all(settings(f"postgresql://reader@{host}:1/people"), Policy())


async def test_a_secret_that_is_not_there_is_named_by_its_place() -> None:
    said = settings("mysql://reader@127.0.0.1/x", password={"env": "REGISTRY_NOT_THERE"})
    with pytest.raises(SourceError, match="REGISTRY_NOT_THERE is not set"):
        await pull_all(said)


async def test_a_driver_that_is_missing_is_named() -> None:
    for url, package in (
        ("oracle+oracledb://reader@127.0.0.1/?service_name=x", "oracledb"),
        ("dm+dmPython://reader@127.0.0.1/x", "dmPython"),
        ("nosuch://reader@127.0.0.1/x", "the SQLAlchemy dialect"),
    ):
        with pytest.raises(SourceError, match=f"there is no driver.*{package}"):
            await pull_all(settings(url))


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that does with each connection what it is told."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended = threading.Event()
        connections: list[socket.socket] = []

        def accept() -> None:
            while not ended.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connections.append(connection)
                threading.Thread(target=quietly, args=(connection,), daemon=True).start()

        def quietly(connection: socket.socket) -> None:
            with suppress(OSError):
                answer(connection)

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            ended.set()
            listener.shutdown(socket.SHUT_RDWR)
            for connection in connections:
                connection.close()


def silent(connection: socket.socket) -> None:
    connection.recv(1)
    threading.Event().wait(30)


def dripping(connection: socket.socket) -> None:
    """The beginning of MySQL's greeting, a byte at a time; no PostgreSQL begins so either."""
    for byte in b"\x4a\x00\x00\x00\x0a" + b"5" * 1_000:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def closing_at_once(connection: socket.socket) -> None:
    connection.close()


def garbage(connection: socket.socket) -> None:
    connection.sendall(bytes(range(256)) * 40)
    connection.close()


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
@pytest.mark.parametrize("answer", [silent, dripping, closing_at_once, garbage])
async def test_a_server_that_does_harm_ends_as_a_source_error(
    kind: str, answer: Callable[[socket.socket], None]
) -> None:
    with serving(answer) as port:
        said = settings(f"{kind}://reader@127.0.0.1:{port}/people", connect_seconds=1, seconds=1)
        with pytest.raises(SourceError) as caught:
            async with asyncio.timeout(15):
                await pull_all(said)
        assert caught.value.passing


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
async def test_where_nothing_answers_another_try_may_help(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(SourceError, match="nothing answers there") as caught:
        await pull_all(settings(f"{kind}://reader@127.0.0.1:{port}/people"))
    assert caught.value.passing


@contextmanager
def stopping(kind: str, after: int) -> Iterator[int]:
    """A port that leads to the real server, until so many bytes came back from it; then nothing more does."""
    url = server(kind)

    def between(client: socket.socket) -> None:
        with socket.create_connection((url.host or "", url.port or 0)) as real:

            def forth() -> None:
                try:
                    while data := client.recv(65_536):
                        real.sendall(data)
                except OSError:
                    pass

            threading.Thread(target=forth, daemon=True).start()
            left = after
            while left > 0 and (data := real.recv(65_536)):
                client.sendall(data)
                left -= len(data)
            threading.Event().wait(30)

    with serving(between) as port:
        yield port


SILENT = ("public", "registry_silent")


def led(kind: str, port: int) -> str:
    return config(kind, "registry_silent").address.set(port=port).render_as_string()


@pytest.mark.parametrize("kind", ["POSTGRESQL", "MYSQL"])
async def test_a_server_that_falls_silent_in_the_middle_is_cut_off(kind: str) -> None:
    tables = [f"CREATE TABLE t_{at} (a int, b int)" for at in range(100)]
    (new_postgresql if kind == "POSTGRESQL" else new_mysql)("registry_silent", tables)
    with stopping(kind, 6_000) as port:
        read = connector(config(kind, "registry_silent", seconds=0.5, url=led(kind, port), schemas=SILENT))
        with pytest.raises(SourceError, match=r"no answer came within 0\.5 seconds|connection was lost") as caught:
            async with asyncio.timeout(25):
                async for _ in read.pull():
                    pass
        assert caught.value.passing


@pytest.mark.parametrize("kind", ["POSTGRESQL", "MYSQL"])
async def test_a_reading_that_is_cancelled_closes_its_connection(kind: str) -> None:
    server(kind)
    tables = [f"CREATE TABLE t_{at} (a int, b int)" for at in range(100)]
    (new_postgresql if kind == "POSTGRESQL" else new_mysql)("registry_silent", tables)
    with stopping(kind, 6_000) as port:
        read = connector(config(kind, "registry_silent", url=led(kind, port), schemas=SILENT))

        async def reading() -> None:
            async for _ in read.pull():
                pass

        task = asyncio.create_task(reading())
        await asyncio.sleep(0.5)
        assert not task.done()
        task.cancel()
        async with asyncio.timeout(5):
            await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()


async def test_an_iteration_that_is_left_early_closes_its_connection(tmp_path: Path) -> None:
    path = make(tmp_path / "x.db", "CREATE TABLE a (x); CREATE TABLE b (x);")
    pulling = Database(Input([path])).pull()
    assert isinstance(await anext(pulling), Thing)
    await pulling.aclose()  # type: ignore[attr-defined]


def test_what_was_cut_before_it_opened_is_cut_at_once() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connecting = Connecting(make_url("mysql://db1"), None, (), 1, 1)
        connecting.cut()
        connecting.opened(ours.fileno())
        assert theirs.recv(1) == b""
        connecting.forget()
        connecting.cut()


def test_drivers_errors_are_told_in_our_words() -> None:
    for error in (ValueError("Geheim"), OSError("Geheim"), RuntimeError("cryptography Geheim"), KeyError("Geheim")):
        said, _ = explain_refusal(error)
        assert "Geheim" not in said


@pytest.mark.parametrize("kind", ["POSTGRESQL", "MYSQL"])
def test_other_databases_are_read_as_their_dialect_tells(kind: str) -> None:
    """No Oracle is at hand: the way that all other dialects go is tried with those that are."""
    make_ = new_postgresql if kind == "POSTGRESQL" else new_mysql
    make_(
        "registry_other",
        [
            "CREATE TABLE area (code char(6) PRIMARY KEY, name varchar(50) UNIQUE)",
            "CREATE TABLE person (id int PRIMARY KEY, area char(6), FOREIGN KEY (area) REFERENCES area (code))",
            "CREATE VIEW named AS SELECT code, name FROM area",
        ],
    )
    schema = "public" if kind == "POSTGRESQL" else "registry_other"
    with session(config(kind, "registry_other")) as open_:
        reader = Other(open_, "Some")
        assert reader.version().startswith("Some 1")
        assert schema in reader.schemas()
        assert reader.count([schema]) == (2, 1)
        found = reader.tables(schema)
        reader.details(found)
        reader.texts(found, views=True, routines=True)
    area, named, person = found.tables
    assert ([column.name for column in area.columns], list(area.primary)) == (["code", "name"], ["code"])
    assert area.columns[0].length == 6
    assert area.uniques == [["name"]]
    assert (person.foreign[0].table, person.foreign[0].refers) == ("area", ["code"])
    assert named.kind == "view"
    assert named.text
    assert "name" in named.text
    assert not found.unread


def test_a_file_with_dialect_of_its_own_is_read_too(tmp_path: Path) -> None:
    path = make(tmp_path / "x.db", "CREATE TABLE a (x INT, y); CREATE VIEW b AS SELECT x FROM a;")
    with session(settings(f"sqlite:///{path}")) as open_:
        reader = Other(open_, "Some")
        found = reader.tables("main")
        reader.details(found)
        reader.texts(found, views=True, routines=False)
    assert [(table.name, table.kind, len(table.columns)) for table in found.tables] == [
        ("a", "table", 2),
        ("b", "view", 1),
    ]
    assert [unread.what for unread in found.unread] == ["comments"]


def test_the_connector_can_be_tried() -> None:
    assert isinstance(Database(Input([])), Trying)


async def test_without_settings_and_files_there_is_nothing() -> None:
    assert [item async for item in Database(Input([])).pull() if isinstance(item, Finding)] == []


def test_every_setting_is_in_the_documentation() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for name, field in DatabaseConfig.model_fields.items():
        assert f"| `{name}` |" in text, name
        assert field.description
        assert field.description.rstrip(".") in text, name


def test_every_finding_is_in_the_documentation() -> None:
    text = DOCS.read_text(encoding="utf-8")
    sources = Path(__file__).parents[2] / "connectors"
    codes = set()
    for path in sources.glob("database*.py"):
        codes |= set(re.findall(r'"([A-Z]+(?:_[A-Z0-9]+)+)"', path.read_text(encoding="utf-8")))
    codes -= {"SQL_ASCII", "SQLITE_CORRUPT", "SQLITE_NOTADB"}
    assert {code for code in codes if f"`{code}`" not in text} == set()
