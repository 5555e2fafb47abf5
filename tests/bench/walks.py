"""Walk and roll-up on 600,000 links in memory: python -m tests.bench.walks [LINKS]. Prints a table."""

import sys
import time
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from graph.beside import ended
from graph.facts import Kind
from graph.lineage import Asked, _answer, shown
from graph.load import take_links, take_things
from graph.moment import Level
from graph.net import FEEDS, Net
from graph.walk import Budget

FIELDS_A_RESOURCE = 20


def build(links: int, seed: int = 7) -> tuple[Net, dict[int, str]]:
    """A net of trees of flows whose sizes are known, among many others; the roots by size."""
    random = np.random.default_rng(seed)
    fields = links
    net = Net()
    resources, systems, departments = fields // FIELDS_A_RESOURCE, fields // 400, 200
    first = {"d": 0, "s": departments, "r": departments + systems}
    first["f"] = first["r"] + resources

    def rows(kind: Kind, start: int, count: int, holder: str | None, per: int) -> None:
        ids = [f"{kind}:320900/市某局/某系统/{i:07d}" for i in range(count)]
        holders = [None if holder is None else f"{holder}:320900/市某局/某系统/{i // per:07d}" for i in range(count)]
        providers = [
            f"department:320900/市某局/某系统/{i % departments:07d}" if kind is Kind.RESOURCE else None
            for i in range(count)
        ]
        data: list[list[Any]] = [
            [start + i, ids[i], ids[i][-9:], holders[i], providers[i], None, None, 0, *[None] * 5] for i in range(count)
        ]
        take_things(
            net, kind, data, [row[0] for row in data], lambda id: net.index.get(id, -1) if id else -1, index=False
        )

    rows(Kind.DEPARTMENT, first["d"], departments, None, 1)
    rows(Kind.SYSTEM, first["s"], systems, "department", max(systems // departments, 1))
    rows(Kind.RESOURCE, first["r"], resources, "system", 20)
    rows(Kind.FIELD, first["f"], fields, "resource", FIELDS_A_RESOURCE)
    order = random.permutation(fields)
    starts, ends, roots, at = [], [], {}, 0
    for size, breadth in ((100, 3), (600, 4), (4_400, 5), (12_000, 6)):
        members = order[at : at + size]
        roots[size] = net.ids[first["f"] + int(members[0])]
        starts += [first["f"] + int(members[(i - 1) // breadth]) for i in range(1, size)]
        ends += [first["f"] + int(members[i]) for i in range(1, size)]
        at += size
    rest = order[at:]
    more = links - len(starts)
    starts += (first["f"] + rest[random.integers(0, len(rest), more)]).tolist()
    ends += (first["f"] + rest[random.integers(0, len(rest), more)]).tolist()
    take_links(net, FEEDS, starts, ends, [("job", None, None, 1, None, ("bench",))] * len(starts), index=False)
    began = time.perf_counter()
    net.fold()
    print(f"{links:,} links: indexed in {time.perf_counter() - began:.2f} s, about {net.nbytes / 1e6:.0f} MB")
    return net, roots


def main() -> None:
    """Print the table."""
    net, roots = build(int(sys.argv[1]) if len(sys.argv) > 1 else 600_000)
    table = Table("nodes", "level", "answered", "edges", "walk and roll-up ms", "shown ms")
    for size, root in roots.items():
        for level in Level:
            asked = Asked([root], "DOWNSTREAM", level, 100, budget=Budget(10_000 if size < 12_000 else 20_000, 1000))
            walks, shows = [], []
            for _ in range(9):
                began = time.perf_counter()
                found = ended(_answer(net, asked))
                walked = time.perf_counter()
                shown(found)
                walks.append(walked - began)
                shows.append(time.perf_counter() - walked)
            table.add_row(
                str(size),
                level.name,
                str(len(found.nodes)),
                str(len(found.edges.source)),
                f"{median(walks) * 1000:.2f}",
                f"{median(shows) * 1000:.2f}",
            )
    Console().print(table)


if __name__ == "__main__":
    main()
