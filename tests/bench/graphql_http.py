"""The API over HTTP beside the Node library that a user would pick instead, on the same Neo4j and machine.

    python -m tests.bench.graphql_http --url bolt://127.0.0.1:7687 --password … [--departments 500]

ALL THAT IS IN THE GRAPH IS DELETED. Needs Node and npm. One connection, the same question again and again; "processor"
is the time of all servers for one answer, Neo4j's too if it is here; "new" is never the same question; "memory" is a
walk over the projection in this process with prepared texts of the nodes and no GraphQL: what the API cannot beat.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson
import psutil
from rich.console import Console
from rich.table import Table

from graph.changes import position
from graph.engine import Graph, GraphSettings, open_graph
from graph.lineage import Asked, Lineages
from graph.moment import Level
from graph.projection import Projection
from graph.walk import Budget
from registry.imports import ImportOptions, run_import
from resolvers.answering import Answers
from resolvers.requests import Asked as Request
from resolvers.schema import make_schema
from tests.engines import wipe
from tests.registry.running import Commands

LIBRARY = Path(__file__).parent / "library"
SIZES = (100, 600, 4_400)
LINEAGE = """query($id: ID!) { lineage(ids: [$id], direction: DOWNSTREAM, level: FIELD,
  depth: 1000, budget: {maxNodes: 10000, maxPerNode: 1000}) { nodes { id name resource { id name } system { id name }
  department { id name } } edges { source target } } }"""
THEIRS = """query($id: ID!) { lineage(id: $id) { nodes { id name resource { id name } system { id name }
  department { id name } } edges { source target } } }"""
_IN_THE_CITY = {"jurisdiction": "jurisdiction:320900"}
_ABSTRACT = {"abstract": "人口基础信息" * 5}
QUESTIONS = {
    "look-up by id": (
        "query($id: ID!) { resource(id: $id) { id name code shareType abstract } }",
        "query($id: ID!) { resources(where: {id: {eq: $id}}) { id name code share_type abstract } }",
    ),
    "nested 10×10×10": (
        """{ departments(first: 10) { nodes { id name systems(first: 10) { nodes { id name
           resources(first: 10) { nodes { id name } } } } } } }""",
        "{ departments(limit: 10) { id name systems(limit: 10) { id name resources(limit: 10) { id name } } } }",
    ),
}
HOSTILE = {
    "aliases": "{" + " ".join(f"a{i}:__typename" for i in range(60)) + "}",
    "directives": "{__typename " + "@a" * 330 + "}",
    "same field": "{" + "a " * 500 + "}",
    "same field below": "{departments{nodes{" + "id " * 320 + "}}}",
    "same alias below": "{departments{nodes{" + "x:id y:name " * 80 + "}}}",
    "spreads": "{" + "...F " * 190 + "}fragment F on Query{__typename}",
    "arguments": "{node(" + " ".join(f"a{i}:1" for i in range(160)) + "){id}}",
    "keys": "{departments(filter:{" + " ".join(f"k{i}:1" for i in range(150)) + "}){totalCount}}",
    "values": "{departments(filter:" + "{a:" * 77 + "1" + "}" * 77 + "){totalCount}}",
    "brackets": "{node(id:1)" + "{node" * 160 + "}" * 161,
    "fragments": "{...F0}"
    + "".join(f"fragment F{i} on Query{{a:node(id:1){{id}}...F{i + 1} ...F{i + 1}}}" for i in range(16))
    + "fragment F16 on Query{__typename}",
    "cycle": "{...F0}" + "".join(f"fragment F{i} on Query{{...F{(i + 1) % 28} ...F{(i + 7) % 28}}}" for i in range(28)),
    "conflicts": "{" + "".join(f"...{{node(id:{i}){{id}}}}" for i in range(45)) + "}",
    "lists": "{" + "...{departments{nodes{systems{nodes{resources{nodes{fields{nodes{id}}}}}}}}}" * 13 + "}",
    "unknown fields": "{" + " ".join(f"departmen{i}" for i in range(70)) + "}",
    "list sizes": "{resources(first:1000){nodes{fields(first:1000){nodes{feeds(first:1000){nodes{id}}}}}}}",
}


def facts(departments: int) -> Iterator[dict[str, Any]]:
    """A city with ten systems a department, ten resources a system and ten fields a resource.

    There are 1.2 links a field: a tree of links for each size, and all others between any fields.
    """
    yield {"fact": "jurisdiction", "id": "jurisdiction:320900", "name": "盐城市", "level": "MUNICIPAL"}
    for number in range(departments):
        yield {"fact": "department", "id": f"department:{number}", "name": f"部门{number}", **_IN_THE_CITY}
    for number in range(departments * 10):
        holder = {"department": f"department:{number // 10}"}
        yield {"fact": "system", "id": f"system:{number}", "name": f"系统{number}", **holder}
    for number in range(departments * 100):
        holder = {"system": f"system:{number // 10}", "provider": f"department:{number // 100}"}
        yield {"fact": "resource", "id": f"resource:{number}", "name": f"资源{number}", **holder, **_ABSTRACT}
    for number in range(departments * 1_000):
        holder = {"resource": f"resource:{number // 10}"}
        yield {"fact": "field", "id": f"field:{number}", "name": f"数据项{number}", **holder}
    ids, count = _fields(departments), departments * 1_200
    for size in SIZES if departments else ():
        tree, ids = ids[:size], ids[size:]
        ends = [(tree[(i - 1) // 3], tree[i]) for i in range(1, size)]
        ends += [(tree[a], tree[b]) for a, b in (sorted(random.sample(range(size), 2)) for _ in range(size // 2))]
        count -= len(ends)
        yield from ({"fact": "feeds", "from": a, "to": b, "job": f"作业{i % 50}"} for i, (a, b) in enumerate(ends))
    for _ in range(count):
        a, b = random.sample(ids, 2)
        yield {"fact": "feeds", "from": a, "to": b}


def _fields(departments: int) -> list[str]:
    random.seed(1)
    ids = [f"field:{number}" for number in range(departments * 1_000)]
    random.shuffle(ids)
    return ids


def roots(departments: int) -> dict[int, str]:
    """The id that each tree of links begins with."""
    ids = _fields(departments)
    return {size: ids[sum(SIZES[: SIZES.index(size)])] for size in SIZES}


async def load(graph: Graph, departments: int) -> None:
    await wipe(graph)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "facts.jsonl"
        with path.open("wb") as file:
            file.writelines(orjson.dumps(fact) + b"\n" for fact in facts(departments))
        with await run_import(graph, [path], ImportOptions(source="bench", connector="exchange")):
            pass


def listening(port: int | None) -> list[psutil.Process]:
    """The processes of this machine that listen on a port, and those that they began."""
    found = {one.pid for one in psutil.net_connections("tcp") if one.status == "LISTEN" and one.laddr.port == port}
    own = [psutil.Process(pid) for pid in found if pid is not None]
    return list({one.pid: one for process in own for one in (process, *process.children(recursive=True))}.values())


@dataclass(frozen=True, slots=True)
class Side:
    """Where questions are asked, and the servers that work for the answer."""

    url: str
    servers: list[psutil.Process]

    @property
    def spent(self) -> float:
        """Milliseconds of processor time so far."""
        return sum(sum(process.cpu_times()[:2]) for process in self.servers) * 1_000


async def measured(
    session: aiohttp.ClientSession, side: Side, query: str, variables: Any, seconds: float
) -> tuple[list[float], float]:
    """Milliseconds of each answer, for some seconds, and of processor time; `variables` may be some for each."""
    headers = {"content-type": "application/json"}
    each = repeat(variables) if isinstance(variables, dict) else variables
    times: list[float] = []
    began, before = time.perf_counter(), side.spent
    while len(times) < 8 or time.perf_counter() - began < seconds:
        body = orjson.dumps({"query": query, "variables": next(each)})
        start = time.perf_counter()
        async with session.post(side.url, data=body, headers=headers) as answer:
            told = await answer.read()
        times.append((time.perf_counter() - start) * 1000)
        assert b'"errors"' not in told[:200], told[:500]
    return times[3:], (side.spent - before) / len(times)


def shown(times: list[float]) -> str:
    return f"{statistics.median(times):.2f} ({sorted(times)[int(len(times) * 0.95)]:.1f})"


def ratio(slow: list[float], fast: list[float]) -> str:
    return f"{statistics.median(slow) / statistics.median(fast):.1f}"


async def in_memory(graph: Graph, lineages: Lineages, id: str) -> tuple[float, float]:
    """Milliseconds of a walk with prepared texts of its nodes, and of the statement that tells how fresh they are."""
    texts: dict[str, orjson.Fragment] = {}
    walks, trips = [], []
    for number in range(30):
        asked = Asked([id], "DOWNSTREAM", Level.FIELD, 1_000, budget=Budget(9_999 - number, 1_000))
        start = time.perf_counter()
        await position(graph)
        trips.append((time.perf_counter() - start) * 1000)
        start = time.perf_counter()
        answer = (await lineages.find(asked)).answer
        ids = answer.ids
        for at, node in zip(answer.nodes, ids, strict=True):
            if node not in texts:
                texts[node] = orjson.Fragment(orjson.dumps({"id": node, "name": answer.net.names[at]}))
        nodes = list(map(texts.__getitem__, ids))
        edges = [(ids[a], ids[b]) for a, b in zip(answer.edges.source, answer.edges.target, strict=True)]
        orjson.dumps({"nodes": nodes, "edges": edges})
        walks.append((time.perf_counter() - start) * 1000)
    return statistics.median(walks[5:]) - statistics.median(trips[5:]), statistics.median(trips[5:])


@contextmanager
def library(url: str, password: str, port: int) -> Iterator[str]:
    """The Node library on the same graph."""
    if not (LIBRARY / "node_modules").exists():
        subprocess.run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"], cwd=LIBRARY, check=True)
    environment = {**os.environ, "BOLT_URL": url, "BOLT_PASSWORD": password}
    command = ["node", "server.mjs", str(port)]
    with subprocess.Popen(command, cwd=LIBRARY, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield f"http://127.0.0.1:{port}/"
        process.terminate()


async def compare(out: Console, given: argparse.Namespace, graph: Graph, ours: Side, theirs: Side) -> None:
    projection = Projection(graph, 1_000)
    await projection.fill()
    lineages = Lineages(graph, projection)
    servers = "processor", "times", "new", "times", "memory + round trip"
    table = Table("p50 ms (p95)", "library", "registry", "times", *servers)
    questions: list[tuple[str, str, str, Any]] = [
        (name, mine, other, {"id": "resource:77"}) for name, (mine, other) in QUESTIONS.items()
    ]
    questions += [(f"lineage {size:,}", LINEAGE, THEIRS, {"id": id}) for size, id in roots(given.departments).items()]
    async with aiohttp.ClientSession() as session:
        for name, mine, other, variables in questions:
            slow, theirs_spent = await measured(session, theirs, other, variables, given.seconds)
            fast, ours_spent = await measured(session, ours, mine, variables, given.seconds)
            row = [shown(slow), shown(fast), ratio(slow, fast)]
            row += [f"{theirs_spent:.1f} / {ours_spent:.1f}", f"{theirs_spent / ours_spent:.1f}"]
            if name.startswith("lineage"):
                # Another budget each time, so that no answer is one that was kept.
                other = mine.replace("$id: ID!", "$id: ID!, $most: Int!").replace("10000", "$most")
                budgets = ({**variables, "most": most} for most in range(9_999, 5_000, -1))
                new, _ = await measured(session, ours, other, budgets, 1.5)
                walk, trip = await in_memory(graph, lineages, variables["id"])
                row += [shown(new), ratio(slow, new), f"{walk:.2f} + {trip:.2f}"]
            table.add_row(name, *row)
        out.print(table)
        began, count = time.perf_counter(), 4_000
        small = "{ __typename }"
        await asyncio.gather(*(_repeated(session, ours.url, small, count // 8) for _ in range(8)))
        out.print(f"a small query again and again, 8 connections: {count / (time.perf_counter() - began):,.0f}/s")


async def _repeated(session: aiohttp.ClientSession, url: str, query: str, count: int) -> None:
    body, headers = json.dumps({"query": query}), {"content-type": "application/json"}
    for _ in range(count):
        async with session.post(url, data=body, headers=headers) as answer:
            await answer.read()


async def hostile(out: Console) -> None:
    """How long it takes to refuse documents that were made to do harm."""
    table = Table("document", "bytes", "best ms", "told")
    schema = make_schema()
    for name, query in HOSTILE.items():
        best, told = 1e9, ""
        for _ in range(20):
            answers = Answers(schema)
            start = time.perf_counter()
            answer = await answers.answer(Request(query), None)
            best = min(best, (time.perf_counter() - start) * 1000)
            told = answer.errors[0].message
        table.add_row(name, str(len(query)), f"{best:.2f}", told[:70])
    out.print(table)


async def main(given: argparse.Namespace) -> None:
    out = Console(width=150)
    await hostile(out)
    graph = await open_graph(GraphSettings(url=given.url, password=given.password, statement_seconds=120))
    if not given.keep:
        await load(graph, given.departments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = {"REGISTRY_GRAPH_URL": given.url, "REGISTRY_GRAPH_PASSWORD": given.password}
        service = stack.enter_context(Commands(folder / "data", folder, **settings).serving())
        theirs = stack.enter_context(library(given.url, given.password, given.port))
        while '"READY"' not in service.get("/ready").text:
            await asyncio.sleep(0.2)
        engine = listening(urlsplit(given.url).port)
        ours = Side(f"{service.url}/graphql", [*listening(urlsplit(service.url).port), *engine])
        await compare(out, given, graph, ours, Side(theirs, [*listening(given.port), *engine]))
    await graph.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="of the Neo4j")
    parser.add_argument("--password", required=True, help="at the Neo4j")
    parser.add_argument("--departments", type=int, default=500, help="each with a thousand fields")
    parser.add_argument("--seconds", type=float, default=4, help="for each question")
    parser.add_argument("--port", type=int, default=4100, help="for the library")
    parser.add_argument("--keep", action="store_true", help="the graph is loaded already")
    sys.exit(asyncio.run(main(parser.parse_args())))
