"""Real processes for tests: commands and services on a data folder of their own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from registry.demo import SAMPLE

__all__ = ["SAMPLE", "Commands", "Done", "Service"]

_SECONDS = 120
MAIN = [sys.executable, "-m", "registry.cli"]


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


@dataclass(slots=True)
class Service:
    """A service that answers, at `url`."""

    url: str
    process: subprocess.Popen[str]

    def get(self, path: str) -> httpx.Response:
        """Ask with GET."""
        return httpx.get(self.url + path, timeout=30)

    def ask(self, query: str, **variables: Any) -> Any:
        """Ask GraphQL; the whole answer."""
        body = {"query": query, "variables": variables}
        return httpx.post(f"{self.url}/graphql", json=body, timeout=60).json()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end, and wait; how it ended."""
        self.process.send_signal(number)
        return self.process.wait(30)


class Commands:
    """Runs commands on one data folder, with nothing else of the environment's settings."""

    def __init__(self, data: Path, here: Path, **settings: str) -> None:
        self.data = data
        self.here = here
        kept = {name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")}
        base = {"REGISTRY_DATA": str(data), "REGISTRY_HEAP_MB": "512", "REGISTRY_LINGER_SECONDS": "0.5"}
        self.environment = {**kept, **base, **settings, "PYTHONUNBUFFERED": "1"}

    def run(self, *arguments: str | Path, **settings: str) -> Done:
        """Run `registry ARGUMENTS` to its end."""
        ran = subprocess.run(
            [*MAIN, *map(str, arguments)],
            cwd=self.here,
            env={**self.environment, **settings},
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        return Done(ran.returncode, ran.stdout.decode(), ran.stderr.decode())

    def start(self, *arguments: str | Path, **settings: str) -> subprocess.Popen[str]:
        """Start `registry ARGUMENTS`; what it says on standard error goes where the test's does."""
        return subprocess.Popen(
            [*MAIN, *map(str, arguments)],
            cwd=self.here,
            env={**self.environment, **settings},
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    @contextmanager
    def serving(self, *arguments: str, **settings: str) -> Iterator[Service]:
        """A service on a free port, from when it answers."""
        process = self.start("serve", "--port", "0", *arguments, **settings)
        try:
            yield Service(address(read_until(process, "Ctrl-C")), process)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)
            if process.stdout is not None:
                process.stdout.close()


def read_until(process: subprocess.Popen[str], word: str) -> list[str]:
    """The lines of its standard output up to the one with `word` in it."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if word in line:
            return lines
    raise AssertionError(f"it ended with {process.wait()} and never said {word!r}: {lines}")


def address(lines: Sequence[str]) -> str:
    """Where the service is, by what it printed."""
    line = next(line for line in lines if line.strip().startswith("GraphQL"))
    return line.split()[1].removesuffix("/graphql")
