"""`registry demo`: a story in the terminal, a service, and nothing left behind."""

import signal
import time
from pathlib import Path

import pytest

from graph.embedded import wait_until_ended
from tests.registry.running import Commands, Service, address, read_until


@pytest.fixture
def elsewhere(tmp_path: Path) -> Commands:
    """Commands whose temporary files are below the test's folder."""
    (tmp_path / "tmp").mkdir()
    return Commands(tmp_path / "data", tmp_path, TMPDIR=str(tmp_path / "tmp"))


def _left(commands: Commands) -> list[str]:
    return sorted(path.name for path in (commands.here / "tmp").iterdir())


def test_it_tells_a_story_and_leaves_nothing(elsewhere: Commands) -> None:
    done = elsewhere.run("demo", "--once")
    assert done.status == 0
    assert not done.err
    assert "Where does that mark go" in done.out
    assert "养老金待遇发放信息" in done.out
    assert "↺ back to 居民家庭经济状况核对信息" in done.out
    assert "Complete:" in done.out
    assert "户籍地址" not in done.out
    assert _left(elsewhere) == []
    assert not elsewhere.data.exists()


def test_it_never_touches_the_graph_of_the_settings(elsewhere: Commands) -> None:
    done = elsewhere.run("demo", "--once", REGISTRY_GRAPH_URL="bolt://127.0.0.1:1", REGISTRY_DATA="/nowhere")
    assert done.status == 0, done.err


def test_it_serves_what_it_told_and_ends_cleanly(elsewhere: Commands) -> None:
    process = elsewhere.start("demo", "--port", "0")
    lines = read_until(process, "Ctrl-C")
    service = Service(address(lines), process)
    answer = service.ask('{ department(id: "department:320900/市公安局") { name } }')
    assert answer == {"data": {"department": {"name": "盐城市公安局"}}}
    assert service.end() == 0
    process.communicate()
    assert _left(elsewhere) == []


def test_ctrl_c_before_it_serves_ends_with_130_and_leaves_nothing(elsewhere: Commands) -> None:
    process = elsewhere.start("demo", "--once")
    until = time.monotonic() + 30
    while not list((elsewhere.here / "tmp").glob("*/data/engine.json")) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    process.communicate()
    for folder in (elsewhere.here / "tmp").glob("*/data"):
        wait_until_ended(folder)
    assert [name for name in _left(elsewhere) if name.startswith("registry-demo")] == []
