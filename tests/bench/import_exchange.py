"""What an import of the exchange format costs, against a bare batched UNWIND of the same rows.

    python tests/bench/import_exchange.py --engine embedded --fields 500000 --links 600000
    python tests/bench/import_exchange.py --engine neo4j --url bolt://127.0.0.1:7687 --password …

ALL THAT IS IN THE GRAPH IS DELETED. The bare load MERGEs the same nodes with the same properties, then the same
containment edges, then the same links, with the same constraints, batch size and flush setting; it reads
nothing, checks nothing and keeps no history. Ratios hold within one run only.
"""

import argparse
import asyncio
import random
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import orjson

from graph.engine import Graph, GraphSettings, Transaction, open_graph
from graph.facts import name_key
from registry.imports import ImportOptions, run_import
from tests.engines import wipe

BATCH = 5_000
PER_RESOURCE = 25

NODES = {
    label: """
UNWIND $rows AS row
MERGE (n:LABEL {id: row.id})
SET n = row
""".replace("LABEL", label)
    for label in ("Jurisdiction", "Department", "System", "Resource", "Field")
}
_EDGE = """
UNWIND $rows AS row
MATCH (a:FROM {id: row[0]}) MATCH (b:TO {id: row[1]})
MERGE (a)-[r:TYPE]->(b)
SET r.recorded_from = row[2]
"""
EDGES = {
    (start, flow, end): _EDGE.replace("FROM", start).replace("TYPE", flow).replace("TO", end, 1)
    for start, flow, end in (
        ("Department", "WITHIN", "Jurisdiction"),
        ("Department", "OPERATES", "System"),
        ("Department", "PROVIDES", "Resource"),
        ("System", "HOLDS", "Resource"),
        ("Resource", "HAS_FIELD", "Field"),
    )
}
FEEDS = """
UNWIND $rows AS row
MATCH (a:Field {id: row[0]}) MATCH (b:Field {id: row[1]})
MERGE (a)-[r:FEEDS {key: row[2].key}]->(b)
SET r = row[2]
"""

LABELS = {
    "jurisdiction": "Jurisdiction",
    "department": "Department",
    "system": "System",
    "resource": "Resource",
    "field": "Field",
}
CONTAINED = {
    "department": (("jurisdiction", ("Department", "WITHIN", "Jurisdiction"), True),),
    "system": (("department", ("Department", "OPERATES", "System"), False),),
    "resource": (
        ("provider", ("Department", "PROVIDES", "Resource"), False),
        ("system", ("System", "HOLDS", "Resource"), False),
    ),
    "field": (("resource", ("Resource", "HAS_FIELD", "Field"), False),),
}


def facts(fields: int, links: int) -> Iterator[dict[str, Any]]:
    """A city: departments, systems, resources of 25 fields, and links between fields anywhere."""
    yield {"fact": "jurisdiction", "id": "jurisdiction:320900", "name": "盐城市", "level": "MUNICIPAL"}
    resources = max(1, fields // PER_RESOURCE)
    departments, systems = max(1, resources // 400), max(1, resources // 100)

    def department(n: int) -> str:
        return f"department:320900/部门{n % departments}"

    def resource(n: int) -> str:
        return f"resource:320900/部门{n % departments}/资源{n}"

    def field(n: int) -> str:
        return f"field:320900/部门{n // PER_RESOURCE % departments}/资源{n // PER_RESOURCE}/信息项{n}"

    for n in range(departments):
        yield {"fact": "department", "id": department(n), "name": f"部门{n}", "jurisdiction": "jurisdiction:320900"}
    for n in range(systems):
        yield {"fact": "system", "id": f"system:320900/系统{n}", "name": f"系统{n}", "department": department(n)}
    for n in range(resources):
        yield {
            "fact": "resource",
            "id": resource(n),
            "name": f"资源{n}",
            "code": f"3070150900{n % departments:03}/{n:06}",
            "provider": department(n),
            "system": f"system:320900/系统{n % systems}",
            "share_type": "CONDITIONAL",
        }
    for n in range(fields):
        yield {
            "fact": "field",
            "id": field(n),
            "name": f"信息项{n}",
            "resource": resource(n // PER_RESOURCE),
            "data_type": "字符型C",
            "length": 18,
            "position": n % PER_RESOURCE,
        }
    chance = random.Random(1)
    for n in range(links):
        start, end = chance.randrange(fields), chance.randrange(fields)
        yield {
            "fact": "feeds",
            "from": field(start),
            "to": field(end),
            "job": f"任务{n % 100}",
            "valid_from": "2026-01-01",
        }


def rows(path: Path, what: str) -> Iterator[list[dict[str, Any]]]:
    """The facts of one kind, in batches."""
    batch: list[dict[str, Any]] = []
    with path.open("rb") as file:
        for line in file:
            record = orjson.loads(line)
            if record["fact"] == what:
                batch.append(record)
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


async def bare(graph: Graph, path: Path) -> AsyncIterator[tuple[str, float, int]]:
    """Load the file with nothing but UNWIND and MERGE; time and rows of each kind."""
    number = 0
    for kind, label in LABELS.items():
        began, count = time.perf_counter(), 0
        for batch in rows(path, kind):
            nodes = []
            for record in batch:
                number += 1
                node = {name: value for name, value in record.items() if name != "fact"}
                node |= {"number": number, "search": name_key(record["name"]), "sources": ["bench"]}
                nodes.append(node | {"recorded_from": 1, "created": 1, "sequence": 1})
            await _write(graph, NODES[label], nodes)
            for key, edge, outward in CONTAINED.get(kind, ()):
                pairs = [[r["id"], r[key], 1] if outward else [r[key], r["id"], 1] for r in batch]
                await _write(graph, EDGES[edge], pairs)
            count += len(batch)
        yield kind, time.perf_counter() - began, count
    began, count = time.perf_counter(), 0
    for batch in rows(path, "feeds"):
        made = []
        for record in batch:
            count += 1
            link = {"key": count, "job": record["job"], "valid_from": 1, "recorded_from": 1, "sequence": 1}
            made.append([record["from"], record["to"], link | {"from_number": 1, "to_number": 1, "sources": ["bench"]}])
        await _write(graph, FEEDS, made)
    yield "feeds", time.perf_counter() - began, count


async def _write(graph: Graph, text: str, values: list[Any]) -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.run(text, rows=values)

    await graph.write(work)


async def measured(graph: Graph, path: Path) -> dict[str, float]:
    """Import the file; seconds of each phase."""
    spent: dict[str, float] = {}
    last = time.perf_counter()

    def told(phase: str, done: int, total: int | None) -> None:
        nonlocal last
        now = time.perf_counter()
        spent[phase] = spent.get(phase, 0) + now - last
        last = now

    with await run_import(graph, [path], ImportOptions(progress=told)) as report:
        assert report.exit_code == 0, report.findings.tallies()
    return spent


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


async def main(arguments: argparse.Namespace) -> None:
    folder = Path(tempfile.mkdtemp())
    settings = GraphSettings(
        url=arguments.url, password=arguments.password, data=folder / "data", heap_mb=arguments.heap
    )
    graph = await open_graph(settings)
    path = folder / "facts.jsonl"
    with path.open("wb") as file:
        file.writelines(orjson.dumps(fact) + b"\n" for fact in facts(arguments.fields, arguments.links))
    try:
        await wipe(graph)
        plain: dict[str, float] = {}
        counts: dict[str, int] = {}
        async for kind, seconds, count in bare(graph, path):
            plain[kind], counts[kind] = seconds, count
        await wipe(graph)
        before = peak()
        spent = await measured(graph, path)
        after = peak()
        again = await measured(graph, path)
    finally:
        await graph.close()
    print(f"{graph.agent or graph.engine}, {path.stat().st_size / 1e6:.0f} MB")
    print(f"{'':<14}{'rows':>10}{'bare s':>10}{'import s':>10}{'ratio':>8}{'again s':>10}")
    for kind in plain:
        name = f"write {kind}"
        line = (plain[kind], spent.get(name, 0), spent.get(name, 0) / plain[kind], again.get(name, 0))
        print(f"{kind:<14}{counts[kind]:>10,}{line[0]:>10.1f}{line[1]:>10.1f}{line[2]:>8.2f}{line[3]:>10.1f}")
    reading = sum(seconds for phase, seconds in spent.items() if not phase.startswith("write"))
    total, whole = sum(plain.values()), sum(spent.values())
    print(f"{'read and sort':<14}{sum(counts.values()):>10,}{'':>10}{reading:>10.1f}")
    line = (total, whole, whole / total, sum(again.values()))
    print(f"{'all':<14}{sum(counts.values()):>10,}{line[0]:>10.1f}{line[1]:>10.1f}{line[2]:>8.2f}{line[3]:>10.1f}")
    print(f"peak memory of Python: {after} MB ({before} MB before the import)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("embedded", "neo4j"), default="embedded")
    parser.add_argument("--url", help="of the Neo4j")
    parser.add_argument("--password", help="at the Neo4j")
    parser.add_argument("--fields", type=int, default=500_000)
    parser.add_argument("--links", type=int, default=600_000)
    parser.add_argument("--heap", type=int, default=2048, help="MB, of the embedded engine")
    given = parser.parse_args()
    if given.engine == "neo4j" and not given.url:
        parser.error("--engine neo4j needs --url")
    asyncio.run(main(given))
