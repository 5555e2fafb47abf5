"""What a check of a proposal costs where many names are registered: filling the catalogue, and what a check reads.

    python -m tests.bench.catalogue --names 1000000
    python -m tests.bench.catalogue --names 100000 --engine neo4j --url bolt://127.0.0.1:7687 --password …

ALL THAT IS IN THE GRAPH IS DELETED. The things are written bare, without statements and histories, since only
reading is measured: a system for 24 resources, each tenth resource with five fields, one of them with an element.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from graph.element_matching import ElementMatcher
from graph.engine import Graph, GraphSettings, Transaction, open_graph
from graph.facts import Kind, Thing, name_key
from graph.matching.catalogue import Catalogue
from graph.matching.checks import Checks
from graph.matching.proposals import Proposal, ProposedResource
from graph.matching.words import all_grams
from graph.profiles import Profiles
from graph.writes import write_things
from tests.bench.name_index import OBJECTS, SUBJECTS, names, resident
from tests.bench.projection import timed
from tests.engines import wipe

BATCH = 5_000
ELEMENTS = 3_000
PER_SYSTEM = 25
FIELDS = 5

_THINGS = """
UNWIND $rows AS row
CREATE (n:LABEL)
SET n = row
"""
_HELD = """
UNWIND $rows AS row
MATCH (a:FROM {id: row.OWNER}) MATCH (b:TO {id: row.id})
CREATE (a)-[:TYPE {recorded_from: 1}]->(b)
"""
THINGS = {label: _THINGS.replace("LABEL", label) for label in ("DataElement", "System", "Resource", "Field")}
HELD = {
    "Resource": _HELD.replace("FROM", "System")
    .replace("TO", "Resource")
    .replace("OWNER", "system")
    .replace("TYPE", "HOLDS"),
    "Field": _HELD.replace("FROM", "Resource")
    .replace("TO", "Field")
    .replace("OWNER", "resource")
    .replace("TYPE", "HAS_FIELD"),
}
ADVANCE = """
MATCH (s:Sequence {id: 'sequence'})
SET s.value = $sequence, s.at = $sequence, s.numbers = $numbers
CREATE (:Change {sequence: $sequence, at: $sequence})
"""


def things(count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Label and properties: data elements, systems, resources and fields, of which some carry an element."""
    chance, found = random.Random(3), names(count)
    field_names = [subject + one for subject in SUBJECTS for one in OBJECTS]
    for number in range(ELEMENTS):
        yield "DataElement", {"id": f"element:DE{number:05d}", "name": field_names[number * 7 % len(field_names)]}
    for number in range(count):
        name, about = next(found), "，".join(chance.choices(OBJECTS, k=6))
        if number % PER_SYSTEM == 0:
            system = f"system:320900/{number}"
            yield "System", {"id": system, "name": name, "description": about}
            continue
        id = f"resource:320900/{number}"
        yield "Resource", {"id": id, "name": name, "abstract": about, "system": system, "share_type": "CONDITIONAL"}
        if number % 10 == 1:
            for at, called in enumerate(chance.sample(field_names, FIELDS)):
                bound = {"element": f"element:DE{chance.randrange(ELEMENTS):05d}"} if at == 0 else {}
                yield "Field", {"id": f"{id}/{at}", "name": called, "resource": id, **bound}


async def load(graph: Graph, count: int) -> None:
    """Fill the graph, batch by batch, each a change."""
    await wipe(graph)
    number = sequence = 0
    waiting: dict[str, list[dict[str, Any]]] = {label: [] for label in THINGS}

    async def write(label: str) -> None:
        nonlocal sequence
        sequence += 1
        rows = [{**row, "sequence": sequence} for row in waiting[label]]
        waiting[label] = []

        async def work(transaction: Transaction) -> None:
            await transaction.run(THINGS[label], rows=rows)
            if label in HELD:
                await transaction.run(HELD[label], rows=rows)
            await transaction.run(ADVANCE, sequence=sequence, numbers=number)

        await graph.write(work)

    for label, row in things(count):
        row |= {"number": number, "search": name_key(row["name"]), "recorded_from": 1, "created": 1}
        number += 1
        waiting[label].append(row)
        if len(waiting[label]) == BATCH:
            for one in THINGS:  # what holds others first
                if waiting[one]:
                    await write(one)
    for label in THINGS:
        if waiting[label]:
            await write(label)


async def spread(work: Callable[[], Awaitable[Any]], times: int = 15) -> str:
    """Median and worst, in milliseconds."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        await work()
        took.append((time.perf_counter() - began) * 1000)
    return f"{median(took):.0f} ({max(took):.0f})"


class Reads:
    """What a check reads, part by part, of a proposal that is another each time."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._names, self._chance = names(100_000, seed=9), random.Random(9)
        self.ids: list[str] = []

    async def candidates(self) -> None:
        own, *further = (next(self._names) for _ in range(3))
        self._texts = [own, *further, "，".join(self._chance.choices(OBJECTS, k=8))]
        self.ids = await self._catalogue.candidates([own, *further], [self._texts[-1]], most=200)

    async def records(self) -> None:
        read = await self._catalogue.records(self.ids)
        self._texts += [text for one in read.candidates for text in (one.name, *one.matter)]

    async def frequencies(self) -> None:
        await self._catalogue.frequencies(all_grams(self._texts))

    async def fields(self) -> None:
        asked = [self._chance.choice(SUBJECTS) + self._chance.choice(OBJECTS) for _ in range(20)]
        await self._catalogue.fields_named(asked, first=10)

    async def all(self) -> None:
        await self.candidates()
        await self.records()
        await self.frequencies()
        await self.fields()


def proposals() -> Iterator[Proposal]:
    """Proposed systems, another each time: a name, a matter, three resources with eight fields each."""
    chance, found = random.Random(11), names(100_000, seed=11)
    while True:
        resources = tuple(
            ProposedResource(next(found), tuple(chance.choice(SUBJECTS) + chance.choice(OBJECTS) for _ in range(8)))
            for _ in range(3)
        )
        about = "，".join(chance.choices(OBJECTS, k=8))
        yield Proposal(next(found), about, resources=resources, functions=tuple(chance.choices(OBJECTS, k=3)))


async def longest_wait(work: Awaitable[Any]) -> float:
    """For how long the event loop did nothing else while something went on, in milliseconds."""
    task, longest = asyncio.ensure_future(work), 0.0
    while not task.done():
        began = time.perf_counter()
        await asyncio.sleep(0.005)
        longest = max(longest, (time.perf_counter() - began) * 1000 - 5)
    await task
    return longest


async def measure(graph: Graph, count: int) -> Table:
    """The table."""
    table = Table("what", "value")
    before, began, cpu = resident(), time.perf_counter(), time.process_time()
    checks = Checks(graph, ElementMatcher(graph))
    catalogue = checks.catalogue
    waited = await longest_wait(catalogue.refresh())
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    progress = catalogue.progress
    table.add_row("things, fields", f"{progress.things:,}, {progress.fields:,}")
    table.add_row("filled in, s (of this process)", f"{seconds:.1f} ({cpu:.1f})")
    table.add_row("names/s", f"{count / seconds:,.0f}")
    table.add_row("longest wait of others while it fills, ms", f"{waited:.0f}")
    table.add_row("MB, told and resident", f"{progress.megabytes:,}, {resident() - before:,.0f}")
    reads = Reads(catalogue)
    await reads.all()
    for what in ("candidates", "records", "frequencies", "fields", "all"):
        table.add_row(f"{what}, ms (worst)", await spread(getattr(reads, what)))
    profile, made = Profiles().in_force(date.today()), proposals()

    async def whole() -> None:
        await checks.check(next(made), profile)

    for what in ("the first whole check", "whole checks"):
        cpu = time.process_time()
        times = 1 if what.startswith("the first") else 25
        told = await spread(whole, times)
        cpu = (time.process_time() - cpu) * 1000 / times
        table.add_row(f"{what}, ms (worst); of this process", f"{told}; {cpu:.0f}")
    table.add_row("nothing new, ms", f"{await timed(catalogue.refresh):.1f}")

    async def change_one() -> None:
        await write_things(graph, Kind.SYSTEM, [Thing(Kind.SYSTEM, "system:new", {"name": next(new)}, source="bench")])
        began = time.perf_counter()
        await catalogue.refresh()
        followed.append((time.perf_counter() - began) * 1000)

    async def check_changed() -> None:
        await write_things(
            graph, Kind.SYSTEM, [Thing(Kind.SYSTEM, "system:other", {"name": next(new)}, source="bench")]
        )
        began = time.perf_counter()
        await whole()
        checked.append((time.perf_counter() - began) * 1000)

    new, followed, checked = names(200, seed=5), list[float](), list[float]()
    await timed(change_one)
    table.add_row("following a change of one system, ms", f"{median(followed):.1f}")
    await timed(check_changed)
    table.add_row("a whole check after a change of one system, ms", f"{median(checked):.0f}")
    return table


async def main(arguments: argparse.Namespace) -> None:
    """Load, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        settings = (
            GraphSettings(url=arguments.url, password=arguments.password)
            if arguments.engine == "neo4j"
            else GraphSettings(data=Path(folder) / "data", heap_mb=arguments.heap)
        )
        graph = await open_graph(settings)
        began = time.perf_counter()
        await load(graph, arguments.names)
        console = Console(width=100)
        console.print(f"{graph.engine}, {arguments.names:,} names, written in {time.perf_counter() - began:.0f} s")
        console.print(await measure(graph, arguments.names))
        await graph.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("embedded", "neo4j"), default="embedded")
    parser.add_argument("--url", help="of the Neo4j")
    parser.add_argument("--password", help="at the Neo4j")
    parser.add_argument("--names", type=int, default=1_000_000)
    parser.add_argument("--heap", type=int, default=2048, help="MB, of the embedded engine")
    asyncio.run(main(parser.parse_args()))
