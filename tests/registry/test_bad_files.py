"""Files that are wrong, hostile or cut off: a clear finding, flat memory, and an import that goes on."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from graph.embedded import wait_until_ended
from graph.engine import Graph, GraphSettings, open_graph
from graph.facts import Kind, Thing
from registry.imports import run_import
from registry.spill import Spill, SpillFailed
from tests.engines import embedded_settings
from tests.registry.importing import codes, facts_file, of_code, said, small_graph, state

GOOD = b'{"fact":"system","id":"good","name":"good"}\n'
CYPHER = "x'}) DETACH DELETE n; MATCH (n) //`}]->()"


async def test_a_line_of_200_mb_is_one_finding_and_takes_no_memory(graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    with path.open("wb") as file:
        file.write(GOOD + b'{"fact":"system","id":"long","name":"')
        for _ in range(200):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n' + GOOD.replace(b"good", b"after"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with await run_import(graph, [path]) as report:
        [finding] = of_code(report, "LINE_TOO_LONG")
        assert finding.place.row == 2
        assert (report.exit_code, report.counts["system"].added) == (1, 2)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


async def test_hostile_lines_are_findings_and_the_others_are_taken(graph: Graph, tmp_path: Path) -> None:
    lines = [
        GOOD,
        b'{"fact":"system","id":"\xc3\x28"}\n',
        json.dumps({"fact": "system", "id": "i" * 10_000}).encode() + b"\n",
        json.dumps({"fact": "system", "id": CYPHER, "name": CYPHER, CYPHER: CYPHER}).encode() + b"\n",
        b'{"fact":"system","id":"n","name":"a\\u0000b"}\n',
        b'{"fact":"system","id":"d","money":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
        b'{"fact":"system","id":"e","money":' + b"[" * 500 + b"]" * 500 + b"}\n",
        json.dumps({"fact": "resource", "id": "good"}).encode() + b"\n",
        b"\x00\x01\x02\n",
        json.dumps({"fact": "resource", "id": "r", "name": "长" * 100_000, "system": "good"}).encode() + b"\n",
        json.dumps({"fact": "feeds", "from": "r", "to": "r", "job": "j" * 3_000}).encode() + b"\n",
        json.dumps({"fact": "resource", "id": "r2", "abstract": "长" * 30_000, "system": "good"}).encode() + b"\n",
    ]
    path = tmp_path / "hostile.jsonl"
    path.write_bytes(b"".join(lines))
    with await run_import(graph, [path]) as report:
        found = {finding.place.row: finding.code for finding in report.findings if finding.code != "UNKNOWN_KEY"}
    assert found == {
        2: "BROKEN_UTF8",
        3: "BAD_ID",
        6: "NOT_JSON",
        7: "BAD_VALUE",
        8: "KIND_CONFLICT",
        9: "NOT_JSON",
        10: "BAD_VALUE",
        11: "BAD_VALUE",
    }
    now = {line["id"]: line for line in await said(graph, tmp_path)}
    assert now.keys() == {"good", CYPHER, "n", "e", "r", "r2"}
    assert now[CYPHER]["name"] == now[CYPHER][CYPHER] == CYPHER
    assert now["n"]["name"] == "a\0b"


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n" + b"\0" * 99, b"", b"\0" * 1_000, b"{" * 1_000])
async def test_a_file_that_is_no_source_is_an_error_that_names_it(
    embedded_graph: Graph, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "facts.jsonl"
    path.write_bytes(content)
    with await run_import(embedded_graph, [path]) as report:
        assert (codes(report), report.exit_code) == (["FILE_NOT_READ"], 1)


async def test_a_file_that_is_not_there_is_an_error(embedded_graph: Graph, tmp_path: Path) -> None:
    with await run_import(embedded_graph, [tmp_path / "none.jsonl"]) as report:
        assert (codes(report), report.exit_code) == (["FILE_NOT_READ"], 1)


async def test_every_line_twice_and_every_id_as_two_kinds(graph: Graph, tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = []
    for n in range(300):
        lines += [{"fact": "system", "id": f"x{n}", "name": "a"}, {"fact": "resource", "id": f"x{n}", "name": "b"}]
    with await state(graph, tmp_path, lines + lines) as report:
        assert len(of_code(report, "KIND_CONFLICT")) == 600
        assert report.totals()["added"] == 300


def test_a_temporary_file_that_cannot_grow_is_a_clear_error() -> None:
    spill = Spill(lambda finding: None)
    spill.database.execute("PRAGMA max_page_count = 30")
    with pytest.raises(SpillFailed, match="TMPDIR"):
        for n in range(100_000):
            spill.add(Thing(Kind.SYSTEM, f"s{n}", {"name": "x" * 100}), "s")
    spill.close()


CHILD = """
import asyncio, sys
from pathlib import Path
from graph.engine import GraphSettings, open_graph
from registry.imports import ImportOptions, run_import

def told(phase, done, total):
    print(phase, done, flush=True)

async def main(url, password, data, path):
    where = {"url": url, "password": password} if url else {"data": Path(data)}
    graph = await open_graph(GraphSettings(**where, heap_mb=1024, linger_seconds=5))
    (await run_import(graph, [Path(path)], ImportOptions(progress=told))).close()
    await graph.close()

asyncio.run(main(*sys.argv[1:]))
"""


def importing(settings: GraphSettings, path: Path) -> "subprocess.Popen[str]":
    """An import in a process of its own that tells its progress line by line."""
    arguments = [settings.url or "", settings.password or "", str(settings.data), str(path)]
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(child: "subprocess.Popen[str]", phase: str) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith(phase):
            return
    pytest.fail(f"the import ended before it came to {phase}: {child.communicate()[1]}")


def many(count: int = 7_000) -> list[dict[str, Any]]:
    """More than one batch of fields."""
    return small_graph(count)


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["sort", "write department", "write field 5000"])
async def test_an_import_that_is_killed_is_completed_by_another(graph: Graph, tmp_path: Path, phase: str) -> None:
    lines = many(2_600)
    path = facts_file(tmp_path / "facts.jsonl", lines)
    child = importing(graph.settings, path)
    wait_for(child, phase)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    acknowledged = await said(graph, tmp_path)
    (await run_import(graph, [path])).close()
    now = await said(graph, tmp_path)
    key = ("fact", "id", "from", "to", "system", "resource")
    assert sorted(str([line.get(name) for name in key]) for line in now) == sorted(
        str([line.get(name) for name in key]) for line in lines
    )
    assert all(line in now for line in acknowledged)
    if phase.startswith("write field"):
        assert sum(line["fact"] == "field" for line in acknowledged) >= 5_000


@pytest.mark.slow
async def test_an_engine_that_is_killed_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    settings = embedded_settings(tmp_path / "data")
    lines = many(2_600)
    path = facts_file(tmp_path / "facts.jsonl", lines)
    child = importing(settings, path)
    wait_for(child, "write field 5000")
    pid = json.loads((tmp_path / "data" / "engine.json").read_text(encoding="utf-8"))["pid"]
    os.kill(pid, signal.SIGKILL)
    child.communicate(timeout=300)
    again = await open_graph(settings)
    try:
        assert sum(line["fact"] == "field" for line in await said(again, tmp_path)) >= 5_000
        (await run_import(again, [path])).close()
        now = await said(again, tmp_path)
    finally:
        await again.close()
    wait_until_ended(settings.data)
    assert len(now) == len(lines)
    assert len({json.dumps(line, sort_keys=True) for line in now}) == len(lines)


def test_the_temporary_file_has_no_name(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "SQLITE_TMPDIR": str(tmp_path)}
    code = """
import os, time
from graph.facts import Kind, Thing
from registry.spill import Spill
spill = Spill(lambda finding: None)
for n in range(300_000):
    spill.add(Thing(Kind.SYSTEM, f"s{n}", {"name": "x" * 100}), "s")
print(os.listdir(os.environ["TMPDIR"]), flush=True)
time.sleep(60)
"""
    child = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "[]\n"
    held = [str(link.readlink()) for link in Path(f"/proc/{child.pid}/fd").iterdir()]
    assert any(name.startswith(str(tmp_path)) for name in held)
    child.kill()
    child.communicate()
    time.sleep(0.1)
    assert list(tmp_path.iterdir()) == []
