"""The documentation does what it says: its commands run, its links lead somewhere, and nothing public is left out.

A block that begins with ```sh or ```console is run unless the line above it says why not:
`<!-- not run: needs a network -->`. In ```console blocks lines with `$ ` are run and the others are what
must come out. All blocks of a page run one after the other in one folder of their own.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import pytest

from graph.embedded import attach, wait_until_ended
from graph.engine import Graph
from graph.facts import KEYS, LINK_KEYS, as_instant
from registry.cli import app
from registry.settings import Settings
from tests.connectors import workbooks
from tests.registry.running import SAMPLE, Commands

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "sources").glob("*.md")),
]

_BLOCK = re.compile(
    r"(?:<!-- not run: (?P<why>[^>]+?) -->\n)?^```(?P<kind>sh|console)\n(?P<text>.*?)^```$", re.M | re.S
)
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.M)
_FACTS = re.compile(r"^```\n((?:\{\"fact\":[^…\n]*\n)+)```$", re.M)
"""Examples of the exchange format; they are imported, so they must be right."""
_FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
_REASONS = ("needs a network", "needs a Neo4j", "serves until it is stopped", "needs the service of the last step")


@dataclass(frozen=True, slots=True)
class Block:
    """Commands of a page, and what must come out of them (None: anything)."""

    commands: str
    expected: str | None


def _blocks(page: Path) -> Iterator[Block]:
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        if found["why"]:
            continue
        if found["kind"] == "sh":
            yield Block(found["text"], None)
            continue
        lines = found["text"].splitlines()
        told = "\n".join(line for line in lines if not line.startswith("$ "))
        yield Block("\n".join(line[2:] for line in lines if line.startswith("$ ")), told or None)


def _id(page: Path) -> str:
    return str(page.relative_to(ROOT))


RUN = [page for page in PAGES if any(_blocks(page))]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Commands]:
    """A folder with a `registry` to call."""
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "registry"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m registry.cli "$@"\n')
    script.chmod(0o755)
    place = Commands(tmp_path / "registry-data", tmp_path)
    place.environment["PATH"] = f"{tmp_path / 'bin'}:{place.environment['PATH']}"
    del place.environment["REGISTRY_DATA"]  # the default is part of what the pages say
    held = attach(tmp_path / "registry-data", heap_mb=512, linger_seconds=0.5)  # or each command starts an engine
    yield place
    held.close()
    for folder in (tmp_path / "registry-data", tmp_path / "elsewhere"):
        wait_until_ended(folder)


@pytest.mark.parametrize("page", RUN, ids=_id)
def test_the_commands_of_a_page_run(page: Path, place: Commands) -> None:
    if page.name != "getting-started.md":  # which begins with nothing
        _lay_out(page, place)
    for block in _blocks(page):
        ran = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", block.commands],
            cwd=place.here,
            env=place.environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=180,
            check=False,
        )
        assert ran.returncode == 0, f"{block.commands}\n{ran.stdout}\n{ran.stderr}"
        if block.expected is not None:
            assert _even(ran.stdout) == _even(block.expected)


def _lay_out(page: Path, place: Commands) -> None:
    """What pages take for granted: the sample is imported, and the files that they name are there."""
    shutil.copy(SAMPLE, place.here / "all.jsonl")
    assert place.run("import", "all.jsonl", "--source", "sample").status == 0
    facts = "".join(_FACTS.findall(page.read_text(encoding="utf-8")))
    (place.here / "facts.jsonl").write_text(facts or '{"fact":"jurisdiction","id":"jurisdiction:320900"}\n', "utf-8")
    (place.here / "folder").mkdir()
    shutil.copy(place.here / "facts.jsonl", place.here / "folder" / "more.jsonl")
    workbooks.jiangsu(place.here / "catalogue.xlsx")


def _even(text: str) -> list[str]:
    """Lines without spaces at their ends."""
    return [line.rstrip() for line in text.strip().splitlines()]


def test_what_is_not_run_says_a_reason_that_is_known() -> None:
    for page in PAGES:
        for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
            assert not found["why"] or found["why"].startswith(_REASONS) or page.name == "contributing.md", _id(page)


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_links_lead_somewhere(page: Path) -> None:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in _LINK.findall(text):
        path, _, anchor = target.partition("#")
        if path.startswith(("http://", "https://", "mailto:")):
            continue
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), f"{_id(page)} links to {target}"
        if anchor and other.suffix == ".md":
            assert anchor in _anchors(other), f"{_id(page)} links to {target}"


def _anchors(page: Path) -> set[str]:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in _HEADING.findall(text)}


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    sources = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "index.md" or f"({page.name})" in index, page.name
    for page in (ROOT / "docs" / "sources").glob("*.md"):
        assert f"(sources/{page.name})" in sources, page.name


def test_the_readme_has_exactly_two_commands() -> None:
    assert len(_BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))) == 2


def test_every_command_and_option_is_on_its_page() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    parts = dict(re.findall(r"^## registry (\w+)\n(.*?)(?=^## |\Z)", text, re.M | re.S))
    import typer.main

    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert set(parts) == set(commands)
    for name, command in commands.items():
        below = getattr(command, "commands", {})
        for word in below:
            assert word in parts[name], f"registry {name} {word}"
        for option in [option for one in (command, *below.values()) for option in one.params]:
            for word in option.opts:
                if word.startswith("--") and word != "--help":
                    assert word in parts[name], f"{word} of registry {name}"


def test_every_setting_is_documented() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert f"`REGISTRY_{name.upper()}`" in operations, name


def test_every_setting_that_a_page_names_exists() -> None:
    known = {f"REGISTRY_{name.upper()}" for name in Settings.model_fields} | {"REGISTRY_CONFIG"}
    for page in PAGES:
        named = set(re.findall(r"REGISTRY_[A-Z0-9_]*[A-Z0-9]", page.read_text(encoding="utf-8")))
        assert {name for name in named if not name.startswith("REGISTRY_TEST_")} <= known, _id(page)


def test_every_key_of_the_exchange_format_is_in_the_contract() -> None:
    text = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8").partition("## 3.")[2].partition("## 4.")[0]
    words = set(re.findall(r"\w+", text))
    for kind, keys in [*KEYS.items(), *LINK_KEYS.items()]:
        assert not set(keys) - words, kind


def test_every_metric_is_documented() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    from registry.metrics import Metrics

    for name in re.findall(r"^# TYPE (\w+)", Metrics().text().decode(), re.M):
        assert f"`{name}`" in operations, name


_CYPHER = re.compile(r"^```cypher\n(.*?)^```$", re.M | re.S)


async def test_the_cypher_of_the_graph_page_runs_on_neo4j(neo4j_graph: Graph) -> None:
    texts = _CYPHER.findall((ROOT / "docs" / "graph.md").read_text(encoding="utf-8"))
    assert len(texts) >= 4
    for text in texts:
        rows = await neo4j_graph.read(text)
        if "AS readable" in text:
            assert rows[0]["stored"] == as_instant("2026-01-01T00:00:00+08:00", UTC)
            assert str(rows[0]["readable"]).startswith("2026-11-24")
