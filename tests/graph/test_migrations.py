"""The schema on both engines."""

import asyncio
from pathlib import Path

import pytest

from graph.engine import Graph, GraphSettings, Transaction, open_graph
from graph.errors import GraphTooNew
from graph.facts import KEYS
from graph.migrations import LATEST, MIGRATIONS, migrate
from tests.engines import embedded_settings

_NUMBERS = "MATCH (m:Migration) RETURN collect(m.number) AS numbers"
_CONSTRAINTS = "SHOW CONSTRAINTS YIELD labelsOrTypes, properties RETURN labelsOrTypes, properties"
_INDEXES = "SHOW INDEXES YIELD labelsOrTypes, properties RETURN labelsOrTypes, properties"
_ALL = "MATCH (n) RETURN count(n) AS count"
_DELETE = "MATCH (m:Migration) DELETE m"
_DELETE_AFTER = "MATCH (m:Migration) WHERE m.number > $number DELETE m"
_FROM_THE_FUTURE = "CREATE (m:Migration {number: 1000})"
_NOT_FROM_THE_FUTURE = "MATCH (m:Migration {number: 1000}) DELETE m"


async def _run(graph: Graph, text: str, **values: int) -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.run(text, **values)

    await graph.write(work)


async def _pairs(graph: Graph, text: str) -> set[tuple[str, str]]:
    rows = await graph.read(text)
    return {(row["labelsOrTypes"][0], row["properties"][0]) for row in rows if row["properties"]}


def test_migrations_are_numbered_from_one_without_gaps() -> None:
    assert [migration.number for migration in MIGRATIONS] == list(range(1, LATEST + 1))


async def test_an_open_graph_has_taken_every_step(graph: Graph) -> None:
    [row] = await graph.read(_NUMBERS)
    assert sorted(row["numbers"]) == list(range(1, LATEST + 1))


async def test_every_kind_has_a_unique_id_and_an_index_on_its_sequence(graph: Graph) -> None:
    unique = await _pairs(graph, _CONSTRAINTS)
    indexed = await _pairs(graph, _INDEXES)
    labels = [kind.label for kind in KEYS]
    assert {(label, "id") for label in (*labels, "Source", "Sequence")} <= unique
    assert {("Migration", "number"), ("Change", "sequence"), ("WhatIf", "name")} <= unique
    assert {(label, "sequence") for label in (*labels, "Version")} <= indexed
    assert {("Field", "flows"), ("Resource", "flows")} <= indexed
    assert {("Version", "of"), ("Department", "uscc"), ("Resource", "code"), ("Change", "at")} <= indexed


async def test_a_new_graph_holds_its_sequence_and_its_migrations_only(graph: Graph) -> None:
    [row] = await graph.read(_ALL)
    assert row["count"] == 1 + LATEST
    [row] = await graph.read("MATCH (s:Sequence) RETURN s.id AS id, s.value AS value, s.at AS at, s.numbers AS numbers")
    assert row == {"id": "sequence", "value": 0, "at": 0, "numbers": 0}


async def test_steps_may_run_again_and_beside_each_other(graph: Graph) -> None:
    await _run(graph, _DELETE)
    await asyncio.gather(*(migrate(graph) for _ in range(3)))
    [row] = await graph.read(_NUMBERS)
    assert sorted(row["numbers"]) == list(range(1, LATEST + 1))
    [row] = await graph.read(_ALL)
    assert row["count"] == 1 + LATEST


async def test_an_older_graph_takes_the_steps_that_it_has_not_taken(graph: Graph) -> None:
    for number in range(1, LATEST):
        await _run(graph, _DELETE_AFTER, number=number)
        await migrate(graph)
        [row] = await graph.read(_NUMBERS)
        assert sorted(row["numbers"]) == list(range(1, LATEST + 1))


async def test_two_clients_that_open_a_new_folder_at_once_both_get_it(tmp_path: Path) -> None:
    settings = embedded_settings(tmp_path / "data")
    graphs = await asyncio.gather(*(open_graph(settings) for _ in range(3)))
    try:
        assert len({graph.attachment.pid for graph in graphs if graph.attachment}) == 1
        [row] = await graphs[0].read(_NUMBERS)
        assert sorted(row["numbers"]) == list(range(1, LATEST + 1))
    finally:
        for graph in graphs:
            await graph.close()


async def test_a_graph_of_a_newer_version_is_refused(graph: Graph) -> None:
    await _run(graph, _FROM_THE_FUTURE)
    try:
        with pytest.raises(GraphTooNew, match="newer version") as caught:
            await open_graph(graph.settings)
        assert "Install" in caught.value.way_out
    finally:
        await _run(graph, _NOT_FROM_THE_FUTURE)


async def test_opening_a_graph_again_costs_one_statement(graph: Graph) -> None:
    settings: GraphSettings = graph.settings
    again = await open_graph(settings)
    try:
        assert again.statements == 1
    finally:
        await again.close()
