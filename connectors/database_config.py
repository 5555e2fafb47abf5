"""What `registry.toml` says of a database, and which driver reads it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from connectors.config import Config, Secret

__all__ = ["DatabaseConfig", "Family", "family_of"]


@dataclass(frozen=True, slots=True)
class Family:
    """Databases that are read alike. `dialect` is SQLAlchemy's, `sql` what `read_sql` calls it, `port` the usual one.

    `format` is the word of the catalogue for it, `product` what people call it.
    """

    name: str
    dialect: str
    sql: str
    port: int | None
    format: str | None
    product: str


_POSTGRESQL = Family("postgresql", "postgresql+psycopg", "postgres", 5432, "postgresql", "PostgreSQL")
_KINGBASE = Family("postgresql", "postgresql+psycopg", "postgres", 54321, "kingbase", "KingbaseES")
_OPENGAUSS = Family("postgresql", "postgresql+psycopg", "postgres", 5432, "gaussdb", "openGauss")
_MYSQL = Family("mysql", "mysql+pymysql", "mysql", 3306, "mysql", "MySQL")
_SQLITE = Family("sqlite", "sqlite+pysqlite", "sqlite", None, None, "SQLite")

_FAMILIES: Mapping[str, Family] = {
    "postgresql": _POSTGRESQL,
    "postgres": _POSTGRESQL,
    "kingbase": _KINGBASE,
    "kingbasees": _KINGBASE,
    "opengauss": _OPENGAUSS,
    "gaussdb": _OPENGAUSS,
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "sqlite": _SQLITE,
}

_OTHERS: Mapping[str, tuple[str, int | None, str | None, str]] = {
    "oracle": ("oracle", 1521, "oracle", "Oracle"),
    "dm": ("oracle", 5236, "dm", "DM"),
    "mssql": ("tsql", 1433, "sqlserver", "SQL Server"),
}
"""What is known of databases that are read through their SQLAlchemy dialect alone."""

_DRIVERS = frozenset({"psycopg", "pymysql", "pysqlite"})

_OPTIONS = frozenset(
    {
        *("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "ssl_min_protocol_version", "channel_binding"),
        *("ssl_ca", "ssl_cert", "ssl_key", "ssl_verify_cert", "ssl_verify_identity", "ssl_disabled"),
        *("application_name", "charset", "encoding", "service_name", "sid", "driver"),
    }
)
"""What may follow the `?` of an address: nothing that leads elsewhere, opens files to the server or runs commands."""


def _address(text: str) -> str:
    """The address as it was given; its refusals show nothing of it, for a password may stand anywhere."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError("cannot be read; write it like postgresql://reader@db1:5432/people") from None
    if url.password is not None or re.search(r"(?i)(password|passwd|pwd|token|secret)=", text):
        raise ValueError('must not hold a password; give it by reference: password = { env = "NAME" }')
    kind, _, driver = url.drivername.partition("+")
    if kind in _FAMILIES and driver and driver not in _DRIVERS:
        raise ValueError("names a driver that is not used here; leave out what stands between + and ://")
    wrong = sorted(set(url.query) - _OPTIONS)
    if wrong:
        raise ValueError(f"has options that are not taken; those that are: {', '.join(sorted(_OPTIONS))}")
    if kind == "sqlite":
        if not url.database or url.database == ":memory:" or url.host:
            raise ValueError("names no file; write it like sqlite:////srv/people.db")
        return text
    if not url.host:
        raise ValueError("names no host; write it like postgresql://reader@db1:5432/people")
    if kind in ("postgresql", "postgres", "kingbase", "kingbasees", "opengauss", "gaussdb") and not url.database:
        raise ValueError("names no database; write it like postgresql://reader@db1:5432/people")
    return text


class DatabaseConfig(Config):
    """A database that is asked over the network, or an SQLite file."""

    model_config = ConfigDict(hide_input_in_errors=True)

    url: Annotated[str, AfterValidator(_address)] = Field(
        min_length=1,
        max_length=2000,
        description="Address as SQLAlchemy writes it, without a password: postgresql://reader@db1:5432/people.",
    )
    password: Secret | None = Field(None, description="Where the password of the address's user stands.")
    schemas: tuple[str, ...] = Field(
        (), description="Schemas that are read, `*` stands for any text; none: all but the system's own."
    )
    exclude_schemas: tuple[str, ...] = Field((), description="Schemas that are not read, `*` stands for any text.")
    tables: tuple[str, ...] = Field(
        (), description="Tables and views that are read, as `table` or `schema.table` with `*`; none: all."
    )
    exclude_tables: tuple[str, ...] = Field((), description="Tables and views that are not read, written alike.")
    views: bool = Field(True, description="Whether the text of views is read for lineage.")
    procedures: bool = Field(
        True, description="Whether the text of procedures, functions, triggers and events is read for lineage."
    )
    row_counts: bool = Field(
        True, description="Whether rows, bytes and times are taken from the statistics; nothing is counted."
    )
    seconds: float = Field(60, gt=0, le=3600, description="Longest time for one statement, set in the server too.")
    connect_seconds: float = Field(10, gt=0, le=300, description="Longest time until a connection stands.")
    max_tables: int = Field(20_000, ge=1, le=1_000_000, description="Most tables and views that are taken.")
    namespace: str | None = Field(
        None, min_length=1, max_length=200, description="Namespace of the datasets, in place of the one of the address."
    )

    @model_validator(mode="after")
    def _user(self) -> Self:
        if self.password is not None and not self.address.username and self.family.name != "sqlite":
            raise ValueError("there is a password but the address names no user")
        return self

    @property
    def address(self) -> URL:
        return make_url(self.url)

    @property
    def family(self) -> Family:
        return family_of(self.address)


def family_of(url: URL) -> Family:
    """How that database is read; every kind that is not known goes through its SQLAlchemy dialect."""
    kind = url.drivername.partition("+")[0]
    known = _FAMILIES.get(kind)
    if known is not None:
        return known
    sql, port, format_, product = _OTHERS.get(kind, ("", None, None, kind))
    return Family("other", url.drivername, sql, port, format_, product)
