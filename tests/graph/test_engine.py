"""Reading and writing on both engines: transactions, tries, time limits, and what is said when it fails."""

import asyncio
import gc
import json
import shutil
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graph.access import check_version, parse_version
from graph.engine import Graph as OpenGraph
from graph.engine import GraphSettings, Transaction, _end, open_graph
from graph.errors import (
    Conflict,
    DatabaseMissing,
    DiskFull,
    StatementFailed,
    StatementTimeout,
    Unreachable,
    VersionTooOld,
    WrongPassword,
)
from tests.engines import neo4j_settings

_CREATE = "CREATE (s:Source {id: $id, name: $name})"
_NAMES = "MATCH (s:Source) RETURN s.id AS id, s.name AS name ORDER BY id"
_MERGE = "MERGE (s:Source {id: $id}) RETURN s.id AS id"
_ADVANCE = "MATCH (s:Sequence {id: 'sequence'}) SET s.value = s.value + 1 RETURN s.value AS value"
_VALUE = "MATCH (s:Sequence {id: 'sequence'}) RETURN s.value AS value"
_LONG = """
UNWIND range(1, 3000) AS a UNWIND range(1, 3000) AS b UNWIND range(1, 3000) AS c
WITH a, b, c WHERE a + b + c = -1
RETURN count(*) AS count
"""


async def test_a_write_is_read_back_with_its_types(graph: OpenGraph) -> None:
    row = {"text": "盐城𠮷", "whole": 2**62, "part": 0.5, "yes": True, "list": ["a", "b"], "none": None}

    async def work(transaction: Transaction) -> list[dict[str, Any]]:
        return await transaction.run("RETURN $row.text AS text, $row AS row", row=row)

    assert await graph.write(work) == [{"text": "盐城𠮷", "row": row}]


async def test_a_transaction_is_written_whole_or_not_at_all(graph: OpenGraph) -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.run(_CREATE, id="a", name="A")
        raise LookupError("changed my mind")

    with pytest.raises(LookupError):
        await graph.write(work)
    assert await graph.read(_NAMES) == []


async def test_what_was_written_is_seen_by_the_next_read_of_another_client(graph: OpenGraph) -> None:
    other = await open_graph(graph.settings)
    try:

        async def work(transaction: Transaction) -> None:
            await transaction.run(_CREATE, id="a", name="A")

        for _ in range(5):
            await graph.write(work) if not await other.read(_NAMES) else None
            assert await other.read(_NAMES) == [{"id": "a", "name": "A"}]
    finally:
        await other.close()


async def test_twenty_writers_of_one_node_lose_nothing(graph: OpenGraph) -> None:
    async def advance(transaction: Transaction) -> int:
        [row] = await transaction.run(_ADVANCE)
        await asyncio.sleep(0.002)
        return int(row["value"])

    values = await asyncio.gather(*(graph.write(advance) for _ in range(20)))
    assert sorted(values) == list(range(1, 21))
    assert await graph.read(_VALUE) == [{"value": 20}]


async def test_writers_in_two_clients_lose_nothing(graph: OpenGraph) -> None:
    other = await open_graph(graph.settings)
    try:

        async def advance(transaction: Transaction) -> None:
            await transaction.run(_ADVANCE)
            await asyncio.sleep(0.002)

        await asyncio.gather(*(client.write(advance) for client in (graph, other) for _ in range(10)))
        assert await graph.read(_VALUE) == [{"value": 20}]
    finally:
        await other.close()


async def test_conflicts_that_the_engine_finds_are_tried_again(embedded_graph: OpenGraph, tmp_path: Path) -> None:
    """Two writers whose turns do not keep them apart: the second one's commit fails, and it starts again."""
    graph = embedded_graph
    tries = 0
    first, second = asyncio.Event(), asyncio.Event()

    async def slow(transaction: Transaction) -> None:
        nonlocal tries
        tries += 1
        await transaction.run(_ADVANCE)
        first.set()
        await second.wait()

    async def without_turn(transaction: Transaction) -> None:
        await transaction.run(_ADVANCE)

    other = await open_graph(graph.settings)
    assert other.attachment is not None
    other.attachment.folder = tmp_path  # its turns are those of another folder
    try:
        writing = asyncio.create_task(graph.write(slow))
        await first.wait()
        await other.write(without_turn)
        second.set()
        await writing
    finally:
        await other.close()
    assert tries > 1
    assert await graph.read(_VALUE) == [{"value": 2}]


async def test_writers_that_merge_one_new_id_make_one_node(graph: OpenGraph) -> None:
    async def merge(transaction: Transaction) -> None:
        await transaction.run(_MERGE, id="same")

    other = await open_graph(graph.settings)
    try:
        await asyncio.gather(*(client.write(merge) for client in (graph, other) for _ in range(8)))
    finally:
        await other.close()
    assert [row["id"] for row in await graph.read(_NAMES)] == ["same"]


async def test_an_id_that_is_taken_is_a_conflict(graph: OpenGraph) -> None:
    async def create(transaction: Transaction) -> None:
        await transaction.run(_CREATE, id="a", name="A")

    await graph.write(create)
    with pytest.raises(Conflict):
        await graph.write(create)


async def test_statements_are_counted(graph: OpenGraph) -> None:
    before = graph.statements

    async def work(transaction: Transaction) -> None:
        await transaction.run(_CREATE, id="a", name="A")
        await transaction.run(_CREATE, id="b", name="B")

    await graph.write(work)
    await graph.read(_NAMES)
    assert graph.statements - before == 3


async def test_a_statement_that_takes_too_long_is_given_up(graph: OpenGraph, tmp_path: Path) -> None:
    settings = GraphSettings(
        url=graph.settings.url,
        password=graph.settings.password,
        data=tmp_path / "data",
        statement_seconds=1,
        linger_seconds=0,
        heap_mb=512,
    )
    quick = await open_graph(settings)

    async def write(transaction: Transaction) -> None:
        await transaction.run(_LONG)

    try:
        for attempt in (quick.read(_LONG), quick.write(write)):
            start = time.monotonic()
            with pytest.raises(StatementTimeout, match="1 s") as caught:
                await attempt
            assert time.monotonic() - start < 5
            assert "REGISTRY_STATEMENT_SECONDS" in caught.value.way_out
        assert await quick.read("RETURN 1 AS one") == [{"one": 1}]
    finally:
        await quick.close()


async def test_a_statement_that_fails_on_a_full_disk_is_told_so(
    embedded_graph: OpenGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=0))
    with pytest.raises(DiskFull, match="full"):
        await embedded_graph.read("RETURN nothing AS here")


async def test_a_fault_of_ours_is_told_as_such(graph: OpenGraph) -> None:
    with pytest.raises(StatementFailed):
        await graph.read("RETURN nothing AS here")


async def test_a_cancelled_read_leaves_the_graph_usable(graph: OpenGraph) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(graph.read(_LONG), 0.2)
    assert await graph.read("RETURN 1 AS one") == [{"one": 1}]


async def test_a_cancelled_write_lets_the_next_one_go_ahead(graph: OpenGraph) -> None:
    async def long(transaction: Transaction) -> None:
        await transaction.run(_CREATE, id="a", name="A")
        await asyncio.sleep(30)

    async def short(transaction: Transaction) -> None:
        await transaction.run(_CREATE, id="b", name="B")

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(graph.write(long), 0.2)
    await asyncio.wait_for(graph.write(short), 5)
    assert [row["id"] for row in await graph.read(_NAMES)] == ["b"]


async def test_an_address_where_nothing_answers_is_told_with_a_way_out() -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1") as caught:
        await open_graph(GraphSettings(url="bolt://127.0.0.1:1", password="geheim"))
    assert "REGISTRY_GRAPH_URL" in caught.value.way_out
    assert "geheim" not in str(caught.value)
    assert caught.value.message == "Nothing answers at bolt://127.0.0.1:1."  # and nothing of the driver's own words


@pytest.mark.parametrize("url", ["http://localhost:7474", "localhost:7687", "bolt://"])
async def test_an_address_that_is_none_is_told(url: str) -> None:
    with pytest.raises(Unreachable, match="not the address"):
        await open_graph(GraphSettings(url=url))


@pytest.mark.parametrize("url", ["http://a:geheim@localhost:7474", "bolt://a:geheim@127.0.0.1:1"])
async def test_a_password_that_somebody_put_into_the_address_is_not_shown(url: str) -> None:
    with pytest.raises(Unreachable) as caught:
        await open_graph(GraphSettings(url=url))
    assert "geheim" not in str(caught.value)


@pytest.mark.server("neo4j")
@pytest.mark.parametrize("password", ["falsch", None])
async def test_a_wrong_password_is_told_and_not_repeated(password: str | None) -> None:
    settings = neo4j_settings()
    with pytest.raises(WrongPassword, match="user neo4j") as caught:
        await open_graph(GraphSettings(url=settings.url, password=password))
    assert "REGISTRY_GRAPH_PASSWORD" in caught.value.way_out
    assert "falsch" not in str(caught.value)


@pytest.mark.server("neo4j")
async def test_a_database_that_is_not_there_is_told() -> None:
    settings = neo4j_settings()
    with pytest.raises(DatabaseMissing, match="nowhere") as caught:
        await open_graph(GraphSettings(url=settings.url, password=settings.password, database="nowhere"))
    assert "REGISTRY_GRAPH_DATABASE" in caught.value.way_out


def test_a_password_is_not_in_what_settings_print() -> None:
    assert "geheim" not in repr(GraphSettings(password="geheim"))


@pytest.mark.parametrize(
    ("agent", "version"),
    [
        ("Neo4j/5.26.12", (5, 26)),
        ("Neo4j/2025.06.0", (2025, 6)),
        ("Neo4j/5.27-aura", (5, 27)),
        ("Neo4j/5.26.0 compatible (ArcadeDB 26.10.2)", (5, 26)),
        ("Memgraph", None),
    ],
)
def test_a_version_is_read_from_what_a_server_says(agent: str, version: tuple[int, int] | None) -> None:
    assert parse_version(agent) == version


@pytest.mark.parametrize("agent", ["Neo4j/5.25.1", "Neo4j/4.4.40", "Memgraph", ""])
def test_a_server_that_is_too_old_is_refused(agent: str) -> None:
    with pytest.raises(VersionTooOld, match=r"5\.26") as caught:
        check_version(agent)
    assert "Upgrade" in caught.value.way_out


@pytest.mark.parametrize("agent", ["Neo4j/5.26.0", "Neo4j/2025.01.0"])
def test_a_server_that_is_new_enough_is_taken(agent: str) -> None:
    check_version(agent)


SLOW = """
UNWIND range(1, 30000) AS x
UNWIND range(1, 30000) AS y
WITH x, y WHERE x * y % 7 = 3
RETURN count(x) AS count
"""
RUNNING = "SHOW TRANSACTIONS YIELD currentQuery RETURN collect(currentQuery) AS texts"


async def test_a_statement_ends_with_the_request_that_it_was_for(graph: OpenGraph) -> None:
    reading = asyncio.create_task(graph.read(SLOW))
    await asyncio.sleep(0.5)
    [row] = await graph.read(RUNNING)
    assert any("30000" in text for text in row["texts"])
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    async with asyncio.timeout(10):
        while any("30000" in text for text in (await graph.read(RUNNING))[0]["texts"]):
            await asyncio.sleep(0.1)


async def test_a_slow_statement_is_logged_with_its_plan(graph: OpenGraph, caplog: pytest.LogCaptureFixture) -> None:
    before = graph.settings
    graph.settings = replace(before, slow_seconds=0)
    try:
        await graph.read("MATCH (s:Sequence {id: $id}) RETURN s.value AS value", id="secret-42")
        await asyncio.gather(*graph._beside)
    finally:
        graph.settings = before
    [line] = [json.loads(one.message.partition(": ")[2]) for one in caplog.records if "slow" in one.message]
    assert line["statement"].startswith("MATCH (s:Sequence")
    assert any("Seek" in operator for operator in line["plan"])
    assert "secret-42" not in caplog.text


async def test_nothing_stays_open_of_reads_that_are_cancelled_whenever_it_may_be(graph: OpenGraph) -> None:
    other = await open_graph(graph.settings)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for turn in range(60):
            reading = asyncio.create_task(other.read(_NAMES))
            for _ in range(turn):
                await asyncio.sleep(0)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        late = [asyncio.create_task(other.read(_NAMES)) for _ in range(4)]
        await asyncio.sleep(0)
        await other.close()
        await asyncio.gather(*late, return_exceptions=True)
        del reading, late
        gc.collect()
    assert [str(one.message) for one in told if "Session" in str(one.message)] == []


async def test_a_session_that_is_interrupted_when_it_ends_is_closed_all_the_same(neo4j_graph: OpenGraph) -> None:
    other = await open_graph(neo4j_graph.settings)
    async with asyncio.timeout(20):
        session = await other._driver.session().__aenter__()
        result = await session.run(_LONG)
        ending = asyncio.create_task(_end(session))
        await asyncio.sleep(0.1)
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)
        assert ending.cancelled()
        assert session._closed
        del result
    await other.close()


async def test_a_graph_that_was_closed_refuses_instead_of_starting_its_engine_again(graph: OpenGraph) -> None:
    other = await open_graph(graph.settings)
    await other.close()
    driver = other._driver
    with pytest.raises(Unreachable, match="closed"):
        await other.read(_NAMES)
    assert other._driver is driver
