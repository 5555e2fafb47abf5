"""Findings of a registry of 100,000 things: what statements, the sweep, the list and a page take, on each engine.

python -m tests.bench.findings [THINGS]        Neo4j too where REGISTRY_TEST_NEO4J names one; ALL IN IT IS DELETED
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from graph import noted
from graph.broken import FINDING_KINDS, Sweep
from graph.changes import now
from graph.facts import Finding, Place, Severity
from graph.finding_lists import FindingOrder, listed
from graph.findings import AskedFindings, FindingSearch
from graph.found_findings import taken
from graph.projection import Projection
from tests.engines import ENGINES, Engines, wipe
from tests.graph.stating import state

Fact = dict[str, Any]


def registry(things: int) -> list[Fact]:
    """A registry in which about one thing in five has something wrong with it."""
    facts: list[Fact] = [{"fact": "jurisdiction", "id": f"j{n}"} for n in range(10)]
    facts += [{"fact": "department", "id": f"d{n}", "jurisdiction": f"j{n % 10}"} for n in range(200)]
    facts += [{"fact": "element", "id": f"e{n}", "source": f"d{n % 200}"} for n in range(500)]
    resources = things // 6
    systems = max(things // 60, 1)
    facts += [{"fact": "system", "id": f"s{n}", "department": f"d{n % 200}"} for n in range(systems)]
    for n in range(resources):
        system = None if n % 9 == 0 else f"s{n % systems}"
        facts.append(
            {"fact": "resource", "id": f"r{n}", "name": f"资源{n}", "provider": f"d{n % 201}", "system": system}
        )
        fields = [{"fact": "field", "id": f"r{n}.{k}", "resource": f"r{n}", "element": f"e{n % 500}"} for k in range(5)]
        facts += fields
        if n % 3:
            facts += [{"fact": "feeds", "from": f"r{n // 3}.{k}", "to": f"r{n}.{k}"} for k in range(5)]
        if n % 7 == 0:
            facts.append({"fact": "reads", "system": f"s{(n + 1) % systems}", "resource": f"r{n}"})
        if n % 5 == 0:
            consumer = f"d{(n + 1) % 200}"
            facts.append({"fact": "agreement", "id": f"a{n}", "consumer": consumer, "covers": [f"r{n // 3}"]})
    return facts


async def timed(work: Awaitable[Any]) -> tuple[Any, float]:
    """What comes out, and the milliseconds that it took."""
    begun = time.perf_counter()
    return await work, (time.perf_counter() - begun) * 1000


async def measure(engine: str, engines: Engines, facts: list[Fact], folder: Path) -> None:
    """Print the lines of one engine."""
    graph = await engines.graph(engine)
    await wipe(graph)
    _, took = await timed(state(graph, folder, facts))
    odd = [
        Finding("ODD", Severity.INFO, Place("a", "", row), "odd", "kept", None, (f"r{row}",)) for row in range(5_000)
    ]
    await noted.keep(graph, [("a", "a", odd)])
    projection = Projection(graph, 2_000)
    await projection.fill()
    net = projection.net
    print(f"{engine}: {len(net.index):,} things, {net.start.size:,} links; imported in {took / 1000:.1f} s")
    search = FindingSearch(graph, projection)
    asked = AskedFindings()
    told, statements = await timed(search._particulars(net, asked, now()))

    async def sweep() -> Any:
        one = Sweep(net, now(), told)
        return one, [one.rows(kind) for kind in FINDING_KINDS]

    async def taking() -> Any:
        return taken(one.standing, rows, told.noted, (0, 0, None), ())

    async def ordering(order: FindingOrder) -> Any:
        return listed(found, None, None, None, order)

    (one, rows), sweeping = await timed(sweep())
    found, keeping = await timed(taking())
    print(f"  {found.size:,} findings: " + ", ".join(f"{part.kind} {len(part.first):,}" for part in rows))
    print(f"  statements {statements:,.0f} ms, sweep {sweeping:,.0f} ms, ids and names {keeping:,.0f} ms")
    for order in FindingOrder:
        _, ordered = await timed(ordering(order))
        print(f"  list by {order}: {ordered:,.0f} ms")
    beside = FindingSearch(graph, Projection(graph, 0))
    for name, by in (("projection", search), ("read for it", beside)):
        _, first = await timed(by.find(asked))
        answer, again = await timed(by.find(asked))
        begun = time.perf_counter()
        _ = [answer.row(place) for place in range(50)], answer.counts().departments()
        page = (time.perf_counter() - begun) * 1000
        print(f"  {name}: first {first:,.0f} ms, again {again:,.1f} ms, 50 rows and counts {page:,.1f} ms")


async def main(things: int) -> None:
    """Each engine that there is."""
    facts = registry(things)
    with tempfile.TemporaryDirectory() as folder:
        engines = Engines(Path(folder))
        for engine in ENGINES:
            await measure(engine, engines, facts, Path(folder))
        await engines.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
