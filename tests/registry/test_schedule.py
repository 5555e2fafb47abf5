"""Sources that are run by the service when they are due."""

import asyncio
from pathlib import Path

import pytest

from graph import runs
from graph.changes import now
from graph.engine import Graph
from graph.runs import Run, RunState, Trigger
from registry.settings import load_settings
from registry.sources import schedule
from registry.sources.schedule import Schedule
from tests.registry.importing import facts_file, said, small_graph


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a settings file with a source that is run each minute."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REGISTRY_CONFIG", raising=False)
    facts_file(tmp_path / "a.jsonl", small_graph())
    text = '[sources.a]\nkind = "exchange"\npaths = ["a.jsonl"]\nschedule = "* * * * *"\n'
    (tmp_path / "registry.toml").write_text(text, encoding="utf-8")
    return tmp_path


async def _ran(graph: Graph, ago: int) -> None:
    """The source ran some minutes ago."""
    began = await runs.begin(graph, Run("", "a", 0, "exchange", Trigger.PERSON, "w", now() - ago * 60 * 1_000_000))
    assert began is not None
    await runs.end(graph, began)


async def _history(graph: Graph, count: int) -> list[Run]:
    """The runs, when there are so many and all have ended."""
    async with asyncio.timeout(60):
        while True:
            found = await runs.history(graph, "a", 99)
            if len(found) == count and all(run.state is not RunState.RUNNING or run.number == 1 for run in found):
                return found
            await asyncio.sleep(0.05)


async def test_what_is_due_is_run_once_by_whichever_worker(graph: Graph, folder: Path) -> None:
    await _ran(graph, ago=3)
    workers = [Schedule(graph, load_settings()) for _ in range(3)]
    await asyncio.gather(*(worker.look() for worker in workers))
    found = await _history(graph, 2)
    await asyncio.gather(*(worker.look() for worker in workers))
    for worker in workers:
        await worker.close()
    assert (found[0].trigger, found[0].state) == (Trigger.SCHEDULE, RunState.DONE)
    assert len(await runs.history(graph, "a", 99)) == 2
    assert len(await said(graph, folder)) == len(small_graph())


async def test_what_never_ran_waits_for_its_time(graph: Graph, folder: Path) -> None:
    worker = Schedule(graph, load_settings())
    await worker.look()
    await worker.close()
    assert await runs.history(graph, "a", 99) == []


async def test_a_wrong_file_is_told_once_and_does_not_end_the_looking(
    graph: Graph, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(schedule, "LOOK_SECONDS", 0.02)
    good = (folder / "registry.toml").read_text(encoding="utf-8")
    (folder / "registry.toml").write_text("sources = 7\n", encoding="utf-8")
    await _ran(graph, ago=3)
    worker = Schedule(graph, load_settings(data=folder / "d"))
    worker.start()
    await asyncio.sleep(0.3)
    (folder / "registry.toml").write_text(good, encoding="utf-8")
    found = await _history(graph, 2)
    await worker.close()
    assert found[0].state is RunState.DONE
    assert sum("must be tables" in record.message for record in caplog.records) == 1
