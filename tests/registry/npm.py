"""Scripts of Node, with their packages from npm; CI has both."""

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

NODE = Path(__file__).parent.parent / "node"


def installed(folder: Path) -> Path:
    """The folder, with the packages that its scripts need."""
    if shutil.which("npm") is None:
        reason = "npm is not there"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with (folder / "package.json").open() as listed:
        fcntl.flock(listed, fcntl.LOCK_EX)  # tests in another process wait until they are there
        made = folder / "node_modules" / ".package-lock.json"
        if not made.exists() or made.stat().st_mtime < (folder / "package.json").stat().st_mtime:
            command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
            subprocess.run(command, cwd=folder, check=True, timeout=300)
    return folder


def node(folder: Path, script: str, *arguments: str, given: str = "", **environment: str) -> list[Any]:
    """The lines of JSON that a script prints."""
    ran = subprocess.run(
        ["node", script, *arguments],
        cwd=folder,
        input=given.encode(),
        env={**os.environ, **environment},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    return [json.loads(line) for line in ran.stdout.decode().splitlines()]
