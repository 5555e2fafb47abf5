"""How the tests are spread over processes.

A run of all tests, or of folders, has two processes; one of single files has one, for which starting others
costs more than it saves. `-n 0` is one process, `-n 4` four.

Tests that use a server of which there is only one (Neo4j, databases) would empty it under each other: they all run
in one process, one after the other. All others go by module, so that what a module shares is made once. An embedded
engine, folders and ports are each process's own.
"""

import fcntl
import json
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

_WORKERS = 2


def workers(config: pytest.Config) -> int:
    """How many processes run the tests that the command line names; 0: this one alone."""
    return _WORKERS if any(Path(argument).is_dir() for argument in config.args) else 0


def server_of(item: pytest.Item) -> str | None:
    """The server that a test uses: the one that it is marked with, or Neo4j if it runs on that engine."""
    mark = item.get_closest_marker("server")
    if mark is not None:
        return str(mark.args[0])
    if not isinstance(item, pytest.Function):
        return None
    given = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return "neo4j" if "neo4j" in given or "neo4j_graph" in item.fixturenames else None


def tell(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Tells the scheduler, which is in another process, which tests use a server; the first process does it for all."""
    given: dict[str, Any] = getattr(config, "workerinput", {})
    if given.get("workerid") == "gw0":
        servers = {item.nodeid: server for item in items if (server := server_of(item))}
        _file(given).write_text(json.dumps(servers), encoding="utf-8")


def _file(given: dict[str, Any]) -> Path:
    """By what all processes of a run are given."""
    return Path(tempfile.gettempdir()) / f"registry-tests-{given['testrunuid']}.json"


class Spread(LoadScopeScheduling):  # type: ignore[misc]
    """All tests on a server are one piece of work, of the others those of a module; what has most tests comes first."""

    def __init__(self, config: pytest.Config, log: object) -> None:
        super().__init__(config, log)
        self._servers: dict[str, str] = {}

    def schedule(self) -> None:
        """All processes have listed the tests."""
        if self.collection is None:
            told = _file(self.nodes[0].workerinput)
            if told.exists():  # else nothing could be collected, which is told elsewhere
                self._servers = json.loads(told.read_text(encoding="utf-8"))
                told.unlink()
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        return self._servers.get(nodeid) or nodeid.partition("::")[0]


_held: dict[str, int] = {}


def hold(address: str) -> None:
    """Use a server for as long as this process lives; the test fails if another process does, too."""
    if address in _held:
        return
    name = re.sub(r"\W+", "-", address)
    descriptor = os.open(Path(tempfile.gettempdir()) / f"registry-tests-{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        pytest.fail(f"Other tests are using {address}. If they are of this run, mark this one with that server.")
    _held[address] = descriptor
