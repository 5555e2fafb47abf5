"""How many OpenLineage events a second the service takes over HTTP, and commits before it answers.

    python tests/bench/openlineage.py
    python tests/bench/openlineage.py --jobs 2000 --columns 10 --batch 500 --senders 50

It serves on the embedded engine in a temporary folder, and sends START and COMPLETE of one run of each job: two inputs
and an output with schemas, each column of the output from one of the first input. Each way of sending is measured
on jobs that were never seen before (`new`), on a second run of each that does the same (`again`), and on the
same events once more (`repeated`). Nothing is measured before the engine's Java is warm.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from tests.registry.running import Commands

DB = "postgres://db1:5432"
WARM = 200


def event(job: str, run: str, type: str, at: int, columns: int) -> dict[str, Any]:
    """One event."""
    names = [f"c{place}" for place in range(columns)]
    schema = {"schema": {"fields": [{"name": name, "type": "text"} for name in names]}}

    def dataset(name: str, **facets: Any) -> dict[str, Any]:
        return {"namespace": DB, "name": f"{job}.{name}", "facets": {**schema, **facets}}

    fields = {name: {"inputFields": [{"namespace": DB, "name": f"{job}.a", "field": name}]} for name in names}
    return {
        "eventType": type,
        "eventTime": f"2026-01-{1 + at // 86_400:02}T{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02}Z",
        "run": {"runId": run},
        "job": {"namespace": "bench", "name": job},
        "inputs": [dataset("a"), dataset("b")],
        "outputs": [dataset("c", columnLineage={"fields": fields})],
        "producer": "https://example.org/bench",
    }


def events(label: str, jobs: int, run: str, at: int, columns: int) -> list[dict[str, Any]]:
    """START and COMPLETE of one run of each job."""
    return [
        event(f"{label}{job}", f"{label}{job}-{run}", type, at + later, columns)
        for job in range(jobs)
        for later, type in enumerate(("START", "COMPLETE"))
    ]


async def in_batches(client: aiohttp.ClientSession, sent: Sequence[dict[str, Any]], size: int, _: int) -> None:
    """One batch after the other."""
    for first in range(0, len(sent), size):
        async with client.post("/api/v1/lineage", data=orjson.dumps(sent[first : first + size])) as answer:
            assert answer.status == 200, await answer.text()


async def one_by_one(client: aiohttp.ClientSession, sent: Sequence[dict[str, Any]], _: int, senders: int) -> None:
    """Single events, so many at the same time."""
    left = iter(sent)

    async def send() -> None:
        for one in left:
            async with client.post("/api/v1/lineage", data=orjson.dumps(one)) as answer:
                assert answer.status == 201, await answer.text()

    await asyncio.gather(*(send() for _ in range(senders)))


async def measure(url: str, given: argparse.Namespace) -> None:
    """Send all of it."""
    headers = {"content-type": "application/json"}
    connector = aiohttp.TCPConnector(limit=given.senders)
    async with aiohttp.ClientSession(url, headers=headers, connector=connector) as client:
        for round_ in range(5):
            await in_batches(client, events(f"warm{round_}-", WARM, "r", 0, given.columns), given.batch, 0)
        for way in (in_batches, one_by_one):
            new = events(way.__name__, given.jobs, "r1", 0, given.columns)
            again = events(way.__name__, given.jobs, "r2", 100, given.columns)
            for name, sent in (("new", new), ("again", again), ("repeated", again)):
                started = time.perf_counter()
                await way(client, sent, given.batch, given.senders)
                seconds = time.perf_counter() - started
                print(
                    f"{way.__name__:<12} {name:<10} {len(sent):>6} events {seconds:7.2f} s {len(sent) / seconds:8.0f}/s"
                )


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1_000)
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--senders", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        commands = Commands(Path(folder) / "data", Path(folder), REGISTRY_HEAP_MB="1024")
        with commands.serving() as service:
            asyncio.run(measure(service.url, given))


if __name__ == "__main__":
    main()
