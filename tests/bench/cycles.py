"""All cycles of 600,000 links in memory: python -m tests.bench.cycles [LINKS]. Prints a table.

Times are of the processor, so that whatever else runs on the machine does not count. "random" has links between
random fields; "rings" has as many, in rings of many sizes; "ring" is one ring through all fields.
"""

import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from graph.changes import now
from graph.engine import Graph
from graph.ground import Ground
from graph.load import take_links
from graph.moment import Level, Moment
from graph.mutual import mutual, ordered_pairs
from graph.net import FEEDS, FIELD, Net
from graph.strong import FoundCycles, ordered_sets, strong
from tests.bench.walks import build

TIMES = 3


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What `work` brings, and the median of its times in milliseconds."""
    took = []
    for _ in range(TIMES):
        began = time.process_time()
        found = work()
        took.append((time.process_time() - began) * 1000)
    return found, median(took)


def nets(links: int) -> dict[str, Net]:
    """The nets that are measured."""
    found = {"random": build(links)[0]}
    for name, sizes in (("rings", np.arange(2, 2_000)), ("ring", np.array([links]))):
        net = build(links)[0]
        fields = np.random.default_rng(5).permutation(np.flatnonzero(net.kind.data == FIELD))
        starts, ends, at = [], [], 0
        while at < len(fields):
            for size in sizes.tolist():
                ring = fields[at : at + size]
                starts.append(ring)
                ends.append(np.roll(ring, -1))
                at += size
                if at >= len(fields):
                    break
        net.start.size = net.end.size = net.flow.size = net.job.size = net.period.size = 0
        start, end = np.concatenate(starts).tolist(), np.concatenate(ends).tolist()
        take_links(net, FEEDS, start, end, [("job", None, None, 1, None)] * len(start), index=False)
        net.fold()
        found[name] = net
    return found


def whole(ground: Ground) -> FoundCycles:
    """All sets, from the net."""
    return ordered_sets(ground, *strong(ground, -1))


def measure(name: str, net: Net, level: Level, graph: Graph) -> tuple[str, ...]:
    """A row of the table."""
    ground = Ground(graph, Moment(net, now()), level, None, 0)
    found, sets = timed(lambda: whole(ground))
    first = found[0] if found.count else None
    row = [name, level.name, f"{found.count:,}", f"{first.size if first else 0:,}", f"{sets:.0f}"]
    for part in ("shortest", "closed", "walk"):
        if first is None:
            row.append("")
            continue
        began = time.process_time()
        value = getattr(first, part)
        exact = "" if getattr(value, "exact", True) else " (not exact)"
        length = f", {len(value.vertices):,} long{exact}" if part != "closed" and value else f", {value}"
        row.append(f"{(time.process_time() - began) * 1000:.0f}{length}")

    def pairing() -> Any:
        links, one, other, counts = mutual(ground, -1)
        return ordered_pairs(ground, links, np.unique(np.concatenate([one, other])), (one, other, counts))

    pairs, took = timed(pairing)
    return (*row, f"{pairs.count:,}", f"{took:.0f}")


def main() -> None:
    """Print the table."""
    links = int(sys.argv[1]) if len(sys.argv) > 1 else 600_000
    table = Table(
        "net", "level", "sets", "largest", "all sets ms", "its shortest ms", "closed ms", "walk ms", "pairs", "ms"
    )
    nobody: Any = None
    for name, net in nets(links).items():
        for level in Level:
            table.add_row(*measure(name, net, level, nobody))
    Console(width=200).print(table)


if __name__ == "__main__":
    main()
