"""What every connector must do, run over all that are installed.

A new connector adds the files that it reads to `SAMPLES`; a test fails if it does not.
"""

import asyncio
import inspect
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.protocol import Connector, Explaining, Input, connectors, recognise
from graph.facts import KEYS, LINK_KEYS, Fact, Finding, Link, Severity, Thing, check_value, is_id
from tests.connectors import tables
from tests.connectors import workbooks as make
from tests.connectors.databases import CASES

EXCHANGE = """\
{"fact":"department","id":"department:320900/市数据局","name":"市数据局"}
{"fact":"resource","id":"resource:320900/a","name":"甲","provider":"department:320900/市数据局"}
{"fact":"resource","id":"resource:320900/b","name":"乙","published":7}
{"fact":"feeds","from":"resource:320900/a","to":"resource:320900/b","job":"交换"}
"""


def _exchange(folder: Path) -> Path:
    path = folder / "facts.jsonl"
    path.write_text(EXCHANGE, encoding="utf-8")
    return path


def _events(name: str) -> Callable[[Path], Path]:
    events = Path(__file__).parents[1] / "cases" / "sources" / "openlineage" / name
    return lambda folder: Path(shutil.copy(events, folder / name))


def _sqlite(folder: Path) -> Path:
    path = folder / "people.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((CASES / "sqlite.sql").read_text(encoding="utf-8"))
    return path


SOURCES = Path(__file__).parents[1] / "cases" / "sources"


def _case(name: str) -> Callable[[Path], Path]:
    """A recorded file, as a sample of its own."""
    return lambda folder: Path(shutil.copy(SOURCES / name, folder))


SAMPLES: Mapping[str, list[Callable[[Path], Path]]] = {
    "exchange": [_exchange],
    "catalogue": [
        lambda folder: make.jiangsu(folder / "j.xlsx", {}, {"field": "*", "length": "*"}, {"cycle": "无"}),
        lambda folder: make.guangdong(folder / "g.xlsx", {}, {"信息项名称": "住所"}),
        lambda folder: make.national(folder / "n.xlsx", {}, {"提供方代码": make.WRONG}),
    ],
    "openlineage": [
        _events(name) for name in ("spark.jsonl", "airflow.json", "dbt.jsonl", "first-versions.jsonl", "static.jsonl")
    ],
    "database": [_sqlite],
    "openapi": [_case("openapi/permits.json"), _case("openapi/people.yaml")],
    "graphql": [_case("graphql/registry.graphql"), _case("graphql/introspection.json")],
    "wsdl": [_case("wsdl/permits.wsdl"), _case("wsdl/household.wsdl")],
    "ckan": [_case("ckan/package_search.json"), _case("ckan/package_show.json")],
    "datahub": [_case("datahub/metadata.json")],
    "openmetadata": [_case("openmetadata/tables.json"), _case("openmetadata/lineage.json")],
    "dcat": [_case("dcat/city.ttl"), *(_case(f"dcat/{name}") for name in ("city.rdf", "city.nt", "catalog.jsonld"))],
    "sql": [
        *(_case(f"sql/{name}.sql") for name in ("postgres", "oracle", "tsql", "hive")),
        _case("database/sqlite.sql"),
    ],
    "dbt": [_case("dbt/manifest.json")],
    "table": [tables.systems_csv, tables.demands, tables.template],
}
ALL = sorted(connectors())
PAIRS = [(name, at) for name, samples in SAMPLES.items() for at in range(len(samples))]


def read(connector: type[Connector], path: Path) -> list[Fact | Finding]:
    async def collect() -> list[Fact | Finding]:
        return [item async for item in connector(Input([path], zone=UTC)).pull()]

    return asyncio.run(collect())


def test_every_connector_has_samples() -> None:
    assert set(ALL) == set(SAMPLES)


@pytest.mark.parametrize("name", ALL)
def test_a_connector_has_a_name_a_title_and_a_docstring(name: str) -> None:
    connector = connectors()[name]
    assert connector.name == name
    assert connector.title
    assert inspect.getdoc(connector)
    assert not isinstance(connector, Explaining) or connector.explain.__doc__


@pytest.mark.parametrize(("name", "at"), PAIRS)
def test_a_sample_is_recognised_by_its_own_connector_only(tmp_path: Path, name: str, at: int) -> None:
    path = SAMPLES[name][at](tmp_path).rename(tmp_path / "without-a-suffix")
    assert [other for other in ALL if connectors()[other].recognises(path)] == [name]
    assert recognise(path) is connectors()[name]


@pytest.mark.parametrize(("name", "at"), PAIRS)
def test_a_sample_gives_the_same_every_time(tmp_path: Path, name: str, at: int) -> None:
    path = SAMPLES[name][at](tmp_path)
    first = read(connectors()[name], path)
    assert first
    assert read(connectors()[name], path) == first


@pytest.mark.parametrize(("name", "at"), PAIRS)
def test_facts_are_valid_and_say_where_they_come_from(tmp_path: Path, name: str, at: int) -> None:
    path = SAMPLES[name][at](tmp_path)
    for item in read(connectors()[name], path):
        assert item.place.file.endswith(path.name)
        if isinstance(item, Finding):
            assert item.code
            assert item.message
            assert item.done
        else:
            check_fact(item)


def check_fact(fact: Fact) -> None:
    keys = KEYS[fact.kind] if isinstance(fact, Thing) else LINK_KEYS[fact.flow]
    ids = (fact.id,) if isinstance(fact, Thing) else (fact.start, fact.end)
    assert all(map(is_id, ids))
    assert fact.values.keys() <= keys.keys()
    times = {"valid_from", "valid_to"}
    wrong = {name: check_value(keys[name], value, UTC)[1] for name, value in fact.values.items() if name not in times}
    assert not any(wrong.values()), wrong


@pytest.mark.parametrize(("name", "at"), PAIRS)
def test_no_thing_of_a_sample_is_stated_twice(tmp_path: Path, name: str, at: int) -> None:
    facts = [item for item in read(connectors()[name], SAMPLES[name][at](tmp_path)) if isinstance(item, Thing | Link)]
    ids = [fact.id for fact in facts if isinstance(fact, Thing)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=300), start=st.sampled_from([b"", b"PK\x03\x04", b'{"fact":', b"\xd0\xcf\x11\xe0"]))
def test_garbage_never_raises(tmp_path: Path, name: str, content: bytes, start: bytes) -> None:
    path = tmp_path / "garbage"
    path.write_bytes(start + content)
    connector = connectors()[name]
    assert connector.recognises(path) in (True, False)
    found = recognise(path)
    assert isinstance(found, Finding) or found in connectors().values()
    items = read(connector, path)
    assert not any(isinstance(item, Thing | Link) for item in items)


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(damage=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=20))
def test_a_sample_with_damage_never_raises(tmp_path: Path, name: str, damage: list[tuple[int, int]]) -> None:
    content = bytearray(SAMPLES[name][0](tmp_path).read_bytes())
    for at, byte in damage:
        content[at % len(content)] = byte
    path = tmp_path / "damaged"
    path.write_bytes(content)
    for item in read(connectors()[name], path):
        if not isinstance(item, Finding):
            check_fact(item)


@pytest.mark.parametrize("name", ALL)
def test_a_file_that_is_not_there_is_an_error_finding(tmp_path: Path, name: str) -> None:
    items = read(connectors()[name], tmp_path / "none")
    assert [isinstance(item, Finding) and item.severity for item in items] == [Severity.ERROR]
