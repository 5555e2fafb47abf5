"""Every Cypher text of `graph/`, found by itself: Neo4j plans it without a warning, and both engines run it.

A text is a module constant in capitals: a string, or a table or tuple of strings, that starts like Cypher. One whose
name starts with `_` is a template or a part, never run by itself (`tests/test_layers.py` sees to that).
"""

import importlib
import pkgutil
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import neo4j
import pytest

import graph as package
from graph.engine import Graph, Transaction
from tests.engines import ENGINES, Engines, neo4j_settings

_START = re.compile(r"\s*(MATCH|OPTIONAL MATCH|MERGE|CREATE \(|UNWIND|RETURN|WITH|CALL)\b")
_PARAMETER = re.compile(r"\$([A-Za-z_]\w*)")
_NEO4J_ONLY = {"graph.migrations.AWAIT_INDEXES"}
_FRAGMENTS = {"graph.filters.PROVIDED"}
"""Parts of statements that several modules need; those of one module have names that start with `_`."""

# What a parameter must be for its text to run at all; all others are given an empty list.
_TEXTS = {"id", "after", "source", "text", "name", "word", "start", "end", "of"}
_NUMBERS = {"first", "last", "limit", "page", "skip", "now", "at", "sequence", "since", "number", "numbers", "count"}
_MAPS = {"properties", "run"}
_COUNTED = r"(range\([^)]*|sequence\s*[<>=]+\s*|\bLIMIT\s+|\bSKIP\s+)\$"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if _START.match(value):
            yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _texts(item)


def _named(name: str) -> str:
    module, _, constant = name.rpartition(".")
    return str(getattr(importlib.import_module(module), constant))


def _constants() -> dict[str, tuple[str, ...]]:
    """Each constant with its texts; a text that several hold is listed once."""
    found: dict[str, tuple[str, ...]] = {}
    seen = {_named(name) for name in _FRAGMENTS}
    for module in pkgutil.iter_modules(package.__path__, "graph."):
        for name, value in sorted(vars(importlib.import_module(module.name)).items()):
            full = f"{module.name}.{name}"
            if name.isupper() and not name.startswith("_"):
                texts = tuple(text for text in _texts(value) if text not in seen)
                seen.update(texts)
                if texts:
                    found[full] = texts
    return found


CONSTANTS = _constants()


def _parameters(text: str) -> dict[str, Any]:
    return {name: _value(name, text) for name in _PARAMETER.findall(text)}


def _value(name: str, text: str) -> Any:
    if re.search(rf"\bIN \${name}\b", text):
        return []
    if name == "sequence":
        return 2**40  # one that no change has taken
    if name in _NUMBERS or name.endswith(("_number", "_sequence")) or re.search(_COUNTED + name + r"\b", text):
        return 1
    if name in _TEXTS:
        return "nothing"
    return {"id": "nothing"} if name in _MAPS else []


@pytest.fixture(scope="module")
async def driver() -> AsyncIterator[neo4j.AsyncDriver]:
    """A driver that reports all that Neo4j has to say."""
    settings = neo4j_settings()
    async with neo4j.AsyncGraphDatabase.driver(
        str(settings.url), auth=(settings.user, settings.password or "")
    ) as driver:
        yield driver


class UndoneError(Exception):
    """Ends a transaction that is not to be kept."""


def test_the_texts_are_found() -> None:
    assert {"graph.migrations.FIRST_NODE", "graph.changes.TAKE", "graph.health.CHECK"} <= CONSTANTS.keys()


@pytest.mark.server("neo4j")
@pytest.mark.parametrize("name", CONSTANTS)
async def test_neo4j_plans_it_without_a_warning(name: str, engines: Engines, driver: neo4j.AsyncDriver) -> None:
    await engines.graph("neo4j")
    async with driver.session() as session:
        for text in CONSTANTS[name]:
            summary = await (await session.run("EXPLAIN " + text, _parameters(text))).consume()
            told = [status for status in summary.gql_status_objects if status.is_notification]
            assert [(status.raw_classification, status.status_description) for status in told] == [], text


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", CONSTANTS)
async def test_both_engines_run_it(name: str, engine: str, engines: Engines) -> None:
    """With parameters that name nothing, in a transaction that is undone."""
    graph = await engines.graph(engine)
    if name in _NEO4J_ONLY:
        if engine == "neo4j":
            await graph.schema(CONSTANTS[name][0])
        return
    for text in CONSTANTS[name]:
        await _run_and_undo(graph, text)


async def _run_and_undo(graph: Graph, text: str) -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.run(text, **_parameters(text))
        raise UndoneError

    with pytest.raises(UndoneError):
        await graph.write(work)
