"""The connection to a real PostgreSQL: what it may not do, what it survives, and what a user has a right to."""

import pytest

from connectors.database_session import NotRead, Session
from connectors.errors import SourceError
from graph.facts import Severity
from tests.connectors.databases import config, connector, new_postgresql, on_postgresql, pull, server, session

pytestmark = pytest.mark.server("databases")


async def test_few_questions_are_asked_however_many_tables() -> None:
    new_postgresql("registry_few", ["CREATE TABLE t (a int)"])
    few = connector(config("POSTGRESQL", "registry_few"))
    await pull(few)
    on_postgresql("registry_few", [f"CREATE TABLE t_{at} (a int, b text)" for at in range(200)])
    many = connector(config("POSTGRESQL", "registry_few"))
    assert len((await pull(many)).resources) == 201
    assert many.queries == few.queries <= 12


async def test_nothing_can_be_written_through_the_connection() -> None:
    new_postgresql("registry_written", ["CREATE TABLE t (a int)"])
    with session(config("POSTGRESQL", "registry_written")) as open_:
        for statement in ("INSERT INTO public.t VALUES (1)", "CREATE TABLE public.u (a int)", "DROP TABLE public.t"):
            with pytest.raises(NotRead, match="25006"):
                open_.rows(statement)
        assert open_.rows("SELECT count(*) FROM public.t") == [(0,)]


async def test_a_statement_ends_at_its_limit_and_the_connection_goes_on() -> None:
    with session(config("POSTGRESQL", "postgres", seconds=0.3)) as open_:
        with pytest.raises(NotRead, match=r"longer than 0\.3 seconds"):
            open_.rows("SELECT pg_sleep(20)")
        assert open_.rows("SELECT 1") == [(1,)]


async def test_a_connection_that_is_lost_is_worth_another_try() -> None:
    with session(config("POSTGRESQL", "postgres")) as open_:
        [(number,)] = open_.rows("SELECT pg_backend_pid()")
        on_postgresql("postgres", [f"SELECT pg_terminate_backend({number})"])
        with pytest.raises(SourceError) as caught:
            open_.rows("SELECT 1")
        assert caught.value.passing


async def test_a_wrong_password_is_not_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRONG", "Geheim-987")
    wrong = config("POSTGRESQL", "postgres", password={"env": "WRONG"})
    with pytest.raises(SourceError, match="check user and password") as caught:
        await connector(wrong).try_out()
    assert not caught.value.passing
    assert "Geheim" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_no_password_and_no_database_are_said_plainly() -> None:
    with pytest.raises(SourceError, match="wants a password"):
        await connector(config("POSTGRESQL", "postgres", password=None)).try_out()
    with pytest.raises(SourceError, match="no such database") as caught:
        await connector(config("POSTGRESQL", "registry_nowhere")).try_out()
    assert not caught.value.passing


async def test_a_user_without_rights_reads_the_catalogue_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    new_postgresql("registry_rights", ["CREATE SCHEMA s", "CREATE TABLE s.t (a int)", "CREATE VIEW s.v AS TABLE s.t"])
    on_postgresql(
        "registry_rights",
        ["DROP ROLE IF EXISTS registry_nobody", "CREATE ROLE registry_nobody LOGIN PASSWORD 'nobody-1'"],
    )
    monkeypatch.setenv("NOBODY", "nobody-1")
    url = server("POSTGRESQL").set(username="registry_nobody", password="x", database="registry_rights")
    shown = f"postgresql://registry_nobody@{url.host}:{url.port}/registry_rights"
    found = await pull(connector(config("POSTGRESQL", "postgres", url=shown, password={"env": "NOBODY"})))
    assert set(found.resources) == {"registry_rights.s.t", "registry_rights.s.v"}
    assert not [finding for finding in found.findings if finding.severity is Severity.ERROR]
    on_postgresql("registry_rights", ["REVOKE CONNECT ON DATABASE registry_rights FROM public"])
    with pytest.raises(SourceError, match="may not connect"):
        await pull(connector(config("POSTGRESQL", "postgres", url=shown, password={"env": "NOBODY"})))


async def test_a_catalogue_table_that_may_not_be_read_costs_its_part_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hardened server: the user may not read the texts of functions."""
    new_postgresql("registry_hard", ["CREATE TABLE t (a int)", "REVOKE SELECT ON pg_catalog.pg_trigger FROM public"])
    on_postgresql(
        "registry_hard",
        ["DROP ROLE IF EXISTS registry_little", "CREATE ROLE registry_little LOGIN PASSWORD 'little-1'"],
    )
    monkeypatch.setenv("LITTLE", "little-1")
    url = server("POSTGRESQL")
    shown = f"postgresql://registry_little@{url.host}:{url.port}/registry_hard"
    found = await pull(connector(config("POSTGRESQL", "postgres", url=shown, password={"env": "LITTLE"})))
    assert set(found.resources) == {"registry_hard.public.t"}
    [told] = [finding for finding in found.findings if finding.code == "PART_NOT_READ"]
    assert told.message == "triggers: the user has no right to read it"
    assert told.severity is Severity.ERROR


def test_a_session_is_closed_twice_without_harm() -> None:
    with session(config("POSTGRESQL", "postgres")) as open_:
        assert isinstance(open_, Session)
        open_.close()
