"""Fixtures for the tests of the running program: commands on empty folders, and on one that holds the sample."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.embedded import attach, wait_until_ended
from tests.registry.npm import NODE, installed
from tests.registry.running import SAMPLE, Commands


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder of the scripts, with their packages."""
    return installed(NODE)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """Commands on a folder that holds the sample. Its engine stays up for the session: do not write to it."""
    here = tmp_path_factory.mktemp("sample")
    held = attach(here / "data", heap_mb=512, linger_seconds=0.5)
    commands = Commands(here / "data", here)
    done = commands.run("import", SAMPLE, "--source", "sample")
    assert done.status == 0, done.err
    yield commands
    held.close()
    wait_until_ended(here / "data")


@pytest.fixture
def commands(tmp_path: Path) -> Iterator[Commands]:
    """Commands on an empty folder of their own."""
    yield Commands(tmp_path / "data", tmp_path)
    wait_until_ended(tmp_path / "data")
