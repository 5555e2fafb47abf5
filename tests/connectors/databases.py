"""The database servers that tests run on, and connectors that read them.

PostgreSQL is the one at `REGISTRY_TEST_POSTGRESQL`, MySQL or MariaDB the one at `REGISTRY_TEST_MYSQL`: addresses as
SQLAlchemy writes them, of users who may make databases and users, whose passwords are in the variable of the same
name with `_PASSWORD`. Where they are missing their tests are skipped, in CI they fail. `tests/postgresql/start.sh`
and `tests/mysql/start.sh` start such servers. What tests make there begins with `registry_`.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from pymysql.constants import CLIENT
from sqlalchemy.engine import URL, make_url

from connectors.addresses import Policy
from connectors.database import Database
from connectors.database_config import DatabaseConfig
from connectors.database_session import Session
from connectors.protocol import Input
from graph.facts import Fact, Finding, Kind, Link, Thing
from tests.spread import hold

CASES = Path(__file__).parents[1] / "cases" / "sources" / "database"

HERE = Policy(hosts=("127.0.0.1",))
"""What allows the servers for tests."""


def server(kind: str) -> URL:
    """Where the server is, `POSTGRESQL` or `MYSQL`; skips the test where there is none, and fails it in CI."""
    address = os.environ.get(f"REGISTRY_TEST_{kind}")
    if not address:
        reason = f"REGISTRY_TEST_{kind} names no server"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    url = make_url(address)
    hold(f"{url.host}:{url.port}")
    return url.set(password=os.environ.get(f"REGISTRY_TEST_{kind}_PASSWORD"))


def on_postgresql(database: str, statements: Iterable[str]) -> None:
    """Runs statements there, as the user who may all."""
    url = server("POSTGRESQL")
    with psycopg.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, dbname=database, autocommit=True
    ) as connection:
        for statement in statements:
            connection.execute(statement)


def on_mysql(statements: Iterable[str], database: str | None = None) -> None:
    """Runs statements there, as the user who may all."""
    url = server("MYSQL")
    with (
        closing(
            pymysql.connect(
                host=url.host,
                port=url.port,
                user=url.username,
                password=url.password or "",
                database=database,
                autocommit=True,
                client_flag=CLIENT.MULTI_STATEMENTS,
            )
        ) as connection,
        connection.cursor() as cursor,
    ):
        for statement in statements:
            cursor.execute(statement)
            while cursor.nextset():
                pass


def new_postgresql(name: str, statements: Iterable[str]) -> None:
    """A database of that name, made anew."""
    first = server("POSTGRESQL").database or "postgres"
    on_postgresql(first, [f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}"])
    on_postgresql(name, statements)


def new_mysql(name: str, statements: Iterable[str]) -> None:
    """A database of that name, made anew."""
    on_mysql([f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} CHARACTER SET utf8mb4"])
    on_mysql(statements, name)


def settings(url: str, **more: Any) -> DatabaseConfig:
    return DatabaseConfig.model_validate({"url": url, **more})


def config(kind: str, database: str | None, **more: Any) -> DatabaseConfig:
    """The connector's settings for one database of a server."""
    url = server(kind)
    shown = URL.create(url.drivername, url.username, None, url.host, url.port, database).render_as_string()
    more = {"url": shown, "password": {"env": f"REGISTRY_TEST_{kind}_PASSWORD"}, **more}
    return settings(**more)


def connector(config: DatabaseConfig, **given: Any) -> Database:
    return Database(Input([], config=config, **{"addresses": HERE, **given}))


class Pulled:
    """What a connector gave, by what it is."""

    def __init__(self, items: Sequence[Fact | Finding]) -> None:
        self.items = items
        self.things = {item.id: item for item in items if isinstance(item, Thing)}
        self.links = [item for item in items if isinstance(item, Link)]
        self.findings = [item for item in items if isinstance(item, Finding)]
        self.resources = {str(item.values["code"]): item for item in self.things.values() if item.kind is Kind.RESOURCE}

    def fields(self, resource: str) -> dict[str, Thing]:
        """The fields of a resource that has this code, by theirs."""
        id = self.resources[resource].id
        return {
            str(thing.values["code"]): thing
            for thing in self.things.values()
            if thing.kind is Kind.FIELD and thing.values["resource"] == id
        }

    def details(self, resource: str, field: str | None = None) -> dict[str, Any]:
        """What was told of the table, or of a column."""
        thing = self.resources[resource] if field is None else self.fields(resource)[field]
        details: dict[str, Any] = thing.extra["database"]
        return details

    def flows(self, influence: str = "DIRECT") -> set[tuple[str, str]]:
        """The ends of all links of that influence, as far as their ids say it shortly."""
        return {(_short(link.start), _short(link.end)) for link in self.links if link.values["influence"] == influence}

    def codes(self) -> list[str]:
        return [finding.code for finding in self.findings]


async def pull(connector: Database) -> Pulled:
    return Pulled([item async for item in connector.pull()])


def _short(id: str) -> str:
    """An id without the server: `shop.public.sale/price`."""
    return id.partition("://")[2].partition("/")[2] or id.partition("/")[2]


@contextmanager
def session(config: DatabaseConfig) -> Iterator[Session]:
    """The connection that the connector would read through."""
    url = config.address
    password = config.password.reveal() if config.password else None
    open_ = Session(
        url,
        config.family.name,
        config.family.dialect,
        password,
        (url.host,) if url.host else (),
        seconds=config.seconds,
        connect_seconds=config.connect_seconds,
        place="the database",
    )
    open_.open()
    try:
        yield open_
    finally:
        open_.close()
