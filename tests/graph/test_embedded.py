"""The embedded engine as processes: found, started, shared, killed, recovered."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from graph.embedded import Attachment, attach, wait_until_ended
from graph.engine import GraphSettings, Transaction, open_graph
from graph.errors import DiskFull, EngineSettings, FolderInUse, FolderUnusable, JavaMissing, WrongPassword
from tests.engines import embedded_settings
from tests.rights import as_nobody

_CREATE = "CREATE (s:Source {id: $id})"
_IDS = "MATCH (s:Source) RETURN s.id AS id ORDER BY id"

_CLIENT = """
import sys, time
from pathlib import Path
from graph.embedded import attach
attachment = attach(Path(sys.argv[1]), heap_mb=512, linger_seconds=0.5)
print(attachment.pid, flush=True)
time.sleep(float(sys.argv[2]))
"""

_FOREIGN = """
import os, sys
os.environ["ARCADEDB_JVM_ARGS"] = "-Xmx256m"
os.chdir(sys.argv[1])
import arcadedb_embedded
database = arcadedb_embedded.open_database("databases/registry")
print("open", flush=True)
sys.stdin.read()
"""


def _client(folder: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _CLIENT, str(folder), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _end(process: subprocess.Popen[str]) -> None:
    if process.returncode is None:
        process.kill()
        process.communicate()


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    while _is_alive(pid):
        time.sleep(0.01)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder that does not exist yet; its engine has ended when the test has."""
    folder = tmp_path / "data"
    yield folder
    assert wait_until_ended(folder, 20), "the engine did not end by itself"


@pytest.fixture
def engine(folder: Path) -> Iterator[Attachment]:
    """An attachment to a new engine."""
    attachment = attach(folder, heap_mb=512, linger_seconds=0.5)
    yield attachment
    attachment.close()


def test_a_second_process_attaches_and_the_engine_outlives_each_of_them(folder: Path) -> None:
    first, second = _client(folder, 60), None
    try:
        pid = int(_first_line(first))
        second = _client(folder, 60)
        assert int(_first_line(second)) == pid
        _end(first)  # it started the engine
        time.sleep(1.5)
        assert _is_alive(pid)
    finally:
        for process in (first, second):
            if process is not None:
                _end(process)
    assert wait_until_ended(folder, 20)
    assert not _is_alive(pid)
    assert not (folder / "engine.json").exists()


def test_of_processes_that_start_at_once_one_starts_the_engine(folder: Path) -> None:
    clients = [_client(folder, 60) for _ in range(4)]
    try:
        assert len({_first_line(client) for client in clients}) == 1
    finally:
        for client in clients:
            _end(client)


def test_an_engine_lingers_for_the_next_command(folder: Path) -> None:
    attachment = attach(folder, heap_mb=512, linger_seconds=3)
    attachment.close()
    time.sleep(1)
    again = attach(folder)
    assert again.pid == attachment.pid
    again.close()


def test_all_that_the_engine_writes_is_in_its_folder_and_for_its_owner_only(engine: Attachment) -> None:
    modes = {path: path.stat().st_mode & 0o777 for path in (engine.folder, *engine.folder.rglob("*"))}
    assert {path: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}
    assert modes[engine.folder] == 0o700
    assert modes[engine.folder / "password"] == 0o600
    assert modes[engine.folder / "engine.json"] == 0o600
    assert psutil.Process(engine.pid).cwd() == str(engine.folder)


def test_the_engine_listens_on_loopback_only_and_in_its_own_session(engine: Attachment) -> None:
    listening = [c for c in psutil.Process(engine.pid).net_connections() if c.status == psutil.CONN_LISTEN]
    assert {connection.laddr.ip.removeprefix("::ffff:") for connection in listening} == {"127.0.0.1"}
    assert {engine.port, engine.http_port} <= {connection.laddr.port for connection in listening}
    assert os.getsid(engine.pid) != os.getsid(0)  # Ctrl-C here is not for it
    assert engine.password() not in " ".join(psutil.Process(engine.pid).cmdline())


def test_the_settings_are_read_back_from_the_engine(engine: Attachment) -> None:
    assert engine.settings["arcadedb.txWalFlush"] == "2"
    assert engine.settings["arcadedb.command.timeout"] == "30000"
    assert engine.heap_mb == 512


def test_an_engine_that_runs_otherwise_than_asked_is_refused(engine: Attachment) -> None:
    state = json.loads((engine.folder / "engine.json").read_text(encoding="utf-8"))
    state["settings"]["arcadedb.txWalFlush"] = "0"
    (engine.folder / "engine.json").write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(EngineSettings, match=r"txWalFlush is 0, not 2"):
        attach(engine.folder)


async def test_what_was_acknowledged_is_there_after_the_engine_was_killed(folder: Path) -> None:
    graph = await open_graph(embedded_settings(folder))
    assert graph.attachment is not None

    async def create(transaction: Transaction) -> None:
        await transaction.run(_CREATE, id="kept")

    await graph.write(create)
    killed = graph.attachment.pid
    _kill(killed)
    try:
        assert await graph.read(_IDS) == [{"id": "kept"}]  # the same client goes on
        assert graph.attachment.pid != killed
        _kill(graph.attachment.pid)
        again = await open_graph(embedded_settings(folder))  # and so does a new one
        assert await again.read(_IDS) == [{"id": "kept"}]
        assert await graph.read(_IDS) == [{"id": "kept"}]
        await again.close()
    finally:
        await graph.close()


def test_a_stale_run_file_is_recovered_even_if_its_process_id_is_in_use_again(folder: Path) -> None:
    folder.mkdir()
    stale = {"state": "ready", "pid": os.getpid(), "bolt": 1, "http": 2, "asked": {}, "settings": {}}
    (folder / "engine.lock").touch()
    (folder / "engine.json").write_text(json.dumps(stale), encoding="utf-8")
    attachment = attach(folder, heap_mb=512, linger_seconds=0)
    assert attachment.pid != os.getpid()
    attachment.close()


async def test_a_password_file_that_does_not_fit_is_told(folder: Path) -> None:
    graph = await open_graph(embedded_settings(folder))
    try:
        (folder / "password").write_text("falsch", encoding="ascii")
        with pytest.raises(WrongPassword, match="password") as caught:
            await open_graph(embedded_settings(folder))
        assert "falsch" not in str(caught.value)
    finally:
        await graph.close()


async def test_a_lost_password_is_replaced_and_the_data_stays(folder: Path) -> None:
    graph = await open_graph(embedded_settings(folder))

    async def create(transaction: Transaction) -> None:
        await transaction.run(_CREATE, id="kept")

    await graph.write(create)
    await graph.close()
    wait_until_ended(folder)
    (folder / "password").unlink()
    graph = await open_graph(embedded_settings(folder))
    assert await graph.read(_IDS) == [{"id": "kept"}]
    await graph.close()


def test_a_folder_that_another_engine_has_opened_is_told(folder: Path) -> None:
    attach(folder, heap_mb=512, linger_seconds=0).close()
    assert wait_until_ended(folder)
    command = [sys.executable, "-c", _FOREIGN, str(folder)]
    foreign = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert _first_line(foreign) == "open"
        with pytest.raises(FolderInUse, match=str(folder)) as caught:
            attach(folder, heap_mb=512, linger_seconds=0)
        assert "REGISTRY_DATA" in caught.value.way_out
    finally:
        _end(foreign)


def test_a_java_that_cannot_start_is_told(folder: Path) -> None:
    with pytest.raises(JavaMissing, match="Java") as caught:
        attach(folder, heap_mb=1_000_000_000)
    assert "REGISTRY_HEAP_MB" in caught.value.way_out


def test_a_database_that_cannot_be_read_is_told(folder: Path) -> None:
    attach(folder, heap_mb=512, linger_seconds=0).close()
    assert wait_until_ended(folder)
    shutil.rmtree(folder / "databases" / "registry")
    (folder / "databases" / "registry").touch()
    with pytest.raises(FolderUnusable, match=str(folder)) as caught:
        attach(folder, heap_mb=512, linger_seconds=0)
    assert "engine.log" in caught.value.way_out


def test_a_folder_that_was_deleted_ends_its_engine(folder: Path) -> None:
    attachment = attach(folder, heap_mb=512, linger_seconds=30)
    shutil.rmtree(folder)
    deadline = time.monotonic() + 10
    while _is_alive(attachment.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_alive(attachment.pid)
    attachment.close()


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear …", encoding="utf-8")
    mode = tmp_path.stat().st_mode
    with pytest.raises(FolderUnusable, match="something else") as caught:
        attach(tmp_path)
    assert "REGISTRY_DATA" in caught.value.way_out
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    assert tmp_path.stat().st_mode == mode


def test_a_folder_that_was_made_read_only_stays_so_and_is_told() -> None:
    with as_nobody() as place:
        folder = place / "data"
        folder.mkdir()
        folder.chmod(0o555)
        with pytest.raises(FolderUnusable, match="cannot be written") as caught:
            attach(folder)
        assert "REGISTRY_DATA" in caught.value.way_out
        assert folder.stat().st_mode & 0o777 == 0o555


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(FolderUnusable, match="is not a folder"):
        attach(tmp_path / "data")


def test_a_disk_without_room_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1 << 20))
    with pytest.raises(DiskFull, match="1 MB"):
        attach(tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


async def test_a_relative_folder_stays_the_same_when_the_program_goes_elsewhere(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    graph = await open_graph(GraphSettings(data=Path("data"), heap_mb=512, linger_seconds=0))
    assert graph.attachment is not None
    monkeypatch.chdir("/")
    _kill(graph.attachment.pid)
    assert await graph.read(_IDS) == []
    assert graph.attachment.folder == folder
    await graph.close()
