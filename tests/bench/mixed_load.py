"""A load of mixed questions on a service of several workers, each answer compared, while imports run beside.

    python -m tests.bench.mixed_load [--url bolt://127.0.0.1:7687 --password …] [--seconds 300] [--connections 32]

Without --url on the embedded engine. At a Neo4j ALL THAT IS IN THE GRAPH IS DELETED. Prints the times of each kind of
question, what went wrong, and the memory of each worker. "imports" are taken in one after the other, 0.2 s apart.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from graph.engine import Graph, GraphSettings, open_graph
from registry.imports import ImportOptions, run_import
from tests.bench.graphql_http import LINEAGE, QUESTIONS, load, roots
from tests.engines import embedded_settings
from tests.registry.mixed import Load, Question, Writer, post, questions
from tests.registry.running import SAMPLE, Commands, Service


def workers(service: Service) -> list[psutil.Process]:
    """The processes that answer."""
    children = psutil.Process(service.process.pid).children(recursive=True)
    found = [child for child in children if any("spawn_main" in word for word in child.cmdline())]
    return sorted(found, key=lambda process: process.pid) or [psutil.Process(service.process.pid)]


def memory(processes: Sequence[psutil.Process]) -> list[str]:
    """What each holds."""
    return [f"{process.memory_info().rss / 1e6:,.0f} MB" for process in processes]


def trees(departments: int) -> list[Question]:
    """Lineages of the large graph, and lists of it."""
    asked = [post(f"lineage {size:,}", LINEAGE, {"id": id}) for size, id in roots(departments).items()]
    return [*asked, post("nested 10×10×10", QUESTIONS["nested 10×10×10"][0])]


def table(times: dict[str, list[float]], seconds: float) -> Table:
    shown = Table("kind", "answers", "a second", "p50 ms", "p95", "p99", "most")
    everything = sorted(time for kind, some in times.items() if kind != "import" for time in some)
    for kind, some in [*sorted(times.items()), ("all but imports", everything)]:
        ranked = sorted(some)
        shares = [ranked[min(int(len(ranked) * share), len(ranked) - 1)] for share in (0.5, 0.95, 0.99, 1)]
        shown.add_row(
            kind, f"{len(some):,}", f"{len(some) / seconds:,.1f}", *(f"{milliseconds:,.1f}" for milliseconds in shares)
        )
    return shown


def _passed(moment: float) -> bool:
    return time.monotonic() >= moment


async def measured(out: Console, given: argparse.Namespace, graph: Graph, commands: Commands) -> bool:
    """Run the load; whether all went well."""
    load_questions = questions() + (trees(given.departments) if given.departments else [])
    with commands.serving("--workers", str(given.workers), REGISTRY_SLOW_SECONDS="60") as service:
        processes = workers(service)
        work = Load(service.url, load_questions)
        await work.prepare()
        told = [("before", memory(processes))]
        writer = Writer(graph, commands.here)
        began = time.monotonic()
        parts = 4
        for part in range(1, parts + 1):
            until = partial(_passed, began + given.seconds * part / parts)
            await work.run(until, given.connections, writer)
            told.append((f"after {time.monotonic() - began:,.0f} s", memory(processes)))
        out.print(table(work.times, time.monotonic() - began))
        await asyncio.sleep(10)
        told.append(("10 s later", memory(processes)))
        for when, each in told:
            out.print(f"memory of the workers {when}: {', '.join(each)}")
        same = [process.pid for process in workers(service)] == [process.pid for process in processes]
        ended = service.end()
    out.print(
        f"imports: {writer.written:,}; went away without waiting: {work.left:,}; "
        f"changes told to subscribers: {[len(one) for one in work.events]}"
    )
    out.print(f"the same workers to the end: {same}; ended with {ended}; late: {work.late}; wrong: {len(work.wrong)}")
    for one in work.wrong:
        out.print(one, markup=False)
    return same and not ended and not work.wrong


async def main(given: argparse.Namespace) -> int:
    out = Console(width=120)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        commands = Commands(folder / "data", folder)
        if given.url:
            commands.environment |= {"REGISTRY_GRAPH_URL": given.url, "REGISTRY_GRAPH_PASSWORD": given.password}
            graph = await open_graph(GraphSettings(url=given.url, password=given.password, statement_seconds=120))
        else:
            graph = await open_graph(embedded_settings(commands.data))
        await load(graph, given.departments)
        with await run_import(graph, [SAMPLE], ImportOptions(source="sample")):
            pass
        well = await measured(out, given, graph, commands)
        await graph.close()
    return 0 if well else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="of the Neo4j")
    parser.add_argument("--password", default=os.environ.get("REGISTRY_GRAPH_PASSWORD", ""), help="at the Neo4j")
    large = "beside the sample, each with a thousand fields: 0, or from 6"
    parser.add_argument("--departments", type=int, default=20, help=large)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--workers", type=int, default=2)
    sys.exit(asyncio.run(main(parser.parse_args())))
