"""What `registry doctor` finds on a healthy graph, and where something is wrong."""

import shutil
from pathlib import Path

import pytest

from connectors.protocol import SourceError
from graph.engine import Graph, Transaction, open_graph
from registry.doctor import Check, Status, examine, look_at_sources
from registry.sources.runner import How, run_source
from tests.engines import embedded_settings
from tests.registry.feigned import configured, of

_TAKE_NUMBERS = "MATCH (s:Sequence {id: 'sequence'}) SET s.numbers = 7"


async def _write(graph: Graph, text: str) -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.run(text)

    await graph.write(work)


def _by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def _point_at(graph: Graph, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Make the settings of this process name the graph under test."""
    monkeypatch.chdir(tmp_path)
    if graph.settings.url:
        monkeypatch.setenv("REGISTRY_GRAPH_URL", graph.settings.url)
        monkeypatch.setenv("REGISTRY_GRAPH_PASSWORD", graph.settings.password or "")
    else:
        monkeypatch.setenv("REGISTRY_DATA", str(graph.settings.data))


async def test_a_healthy_graph_fails_nowhere(graph: Graph, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _point_at(graph, monkeypatch, tmp_path)
    checks = await examine()
    assert [check for check in checks if check.status is Status.FAIL] == []
    names = set(_by_name(checks))
    assert {"Python", "packages", "settings", "graph", "schema", "clock", "write and read", "content"} <= names
    if graph.engine == "embedded":
        assert {"platform", "Java", "data folder", "disk", "engine settings", "password"} <= names


async def test_missing_content_is_found(graph: Graph, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _point_at(graph, monkeypatch, tmp_path)
    await _write(graph, _TAKE_NUMBERS)
    check = _by_name(await examine())["content"]
    assert check.status is Status.FAIL
    assert "7 numbers" in check.found
    assert "backup" in check.to_do


async def test_every_check_that_is_not_ok_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a file").touch()
    monkeypatch.setenv("REGISTRY_DATA", str(tmp_path / "a file"))
    monkeypatch.setenv("REGISTRY_PROJECTION_MB", "100000000")
    monkeypatch.setenv("REGISTRY_DATEN", "x")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=200 << 20))
    checks = await examine()
    # Whether the calendar reaches far enough depends on the day.
    looked = [check for check in checks if check.name != "calendar"]
    bad = {check.name: check.status for check in looked if check.status is not Status.OK}
    assert bad == {
        "settings": Status.WARN,
        "memory": Status.WARN,
        "data folder": Status.FAIL,
        "disk": Status.WARN,
    }
    assert all(check.to_do for check in checks if check.status is not Status.OK)
    assert "graph" not in _by_name(checks)  # it would fail for the same reason


async def test_a_wrong_setting_is_the_last_thing_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGISTRY_TIMEZONE", "Mars")
    check = (await examine())[-1]
    assert (check.name, check.status) == ("settings", Status.FAIL)
    assert "REGISTRY_TIMEZONE" in check.found


async def test_a_graph_that_cannot_be_opened_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGISTRY_GRAPH_URL", "bolt://127.0.0.1:1")
    check = (await examine())[-1]
    assert (check.name, check.status) == ("graph", Status.FAIL)
    assert "REGISTRY_GRAPH_URL" in check.to_do


async def test_a_password_that_others_can_read_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    graph = await open_graph(embedded_settings(tmp_path / "data"))
    try:
        _point_at(graph, monkeypatch, tmp_path)
        (tmp_path / "data" / "password").chmod(0o644)
        check = _by_name(await examine())["password"]
        assert check.status is Status.FAIL
        assert check.to_do.startswith("chmod 600")
    finally:
        await graph.close()


async def test_sources_that_are_wrong_or_failed_are_told(
    embedded_graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REGISTRY_CONFIG", raising=False)
    assert await look_at_sources(embedded_graph) == []
    (tmp_path / "registry.toml").write_text('[sources.people]\nkind = "exchange"\npaths = ["x"]\n', encoding="utf-8")
    [good] = await look_at_sources(embedded_graph)
    assert (good.status, good.found) == (Status.OK, "1 in registry.toml, none failed")
    source = configured(lambda: SourceError("the password is wrong"))
    await run_source(embedded_graph, of(source), source, How(worker="here"))
    (tmp_path / "registry.toml").write_text(
        '[sources.people]\nkind = "exchange"\npaths = ["x"]\n[sources.b]\nkind = "no"\n', encoding="utf-8"
    )
    wrong, failed = await look_at_sources(embedded_graph)
    assert (wrong.status, failed.status) == (Status.FAIL, Status.WARN)
    assert failed.found == "run 1 of people failed: the password is wrong"
    (tmp_path / "registry.toml").write_text("sources = 1\n", encoding="utf-8")
    assert [check.status for check in await look_at_sources(embedded_graph)] == [Status.FAIL]
