"""Paths in memory, among more and more things: python -m tests.bench.paths. Prints a table.

Between the ends lie 20 layers of resources; each feeds three of the next layer and one of the layer before.
"""

import time
from statistics import median

import numpy as np
from rich.console import Console
from rich.table import Table

from graph.beside import ended
from graph.moment import Level
from graph.net import Net
from graph.path_answers import Asking, PathsAsked, PathsFound
from tests.graph.nets import net_of
from tests.strategies import Fact

LAYERS = 20


def build(size: int, seed: int = 7) -> Net:
    """A net of about `size` resources in systems, and besides two that no path joins."""
    random = np.random.default_rng(seed)
    width = max(size // LAYERS, 1)
    rows = [["S"], *([f"resource:{row:02}/{place:06}" for place in range(width)] for row in range(LAYERS)), ["T"]]
    facts: list[Fact] = [{"fact": "system", "id": f"system:{number}"} for number in range(50)]
    for row in rows:
        facts += [{"fact": "resource", "id": id, "system": f"system:{random.integers(50)}"} for id in row]
    facts += [{"fact": "resource", "id": "X"}, {"fact": "feeds", "from": "T", "to": "X"}]
    for before, row, after in zip([[], *rows], rows, [*rows[1:], []], strict=False):
        for id in row:
            for there, count in ((after, 3), (before, 1)):
                some = random.integers(0, max(len(there), 1), min(count, len(there))).tolist()
                facts += [{"fact": "feeds", "from": id, "to": there[at]} for at in some]
    facts += [{"fact": "feeds", "from": "S", "to": id} for id in rows[1][:50]]
    facts += [{"fact": "feeds", "from": id, "to": "T"} for id in rows[-2][:50]]
    return net_of(facts)


def timed(net: Net, asked: PathsAsked, times: int = 5) -> tuple[float, PathsFound]:
    """The median of milliseconds, and the answer."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        found = ended(Asking(net, asked, 0, 0).answer())
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken), found


def main() -> None:
    """Print the table."""
    table = Table(
        "things", "level", "first 10 ms", "length", "first 1,000 ms", "exists ms", "through one ms", "none ms"
    )
    for size in (100, 1_000, 10_000, 100_000):
        net = build(size)
        for level in (Level.RESOURCE, Level.SYSTEM):
            ten, found = timed(net, PathsAsked("S", "T", level, 100, max_milliseconds=60_000))
            many, _ = timed(net, PathsAsked("S", "T", level, 100, 1_000, max_milliseconds=60_000), 3)
            exists, _ = timed(net, PathsAsked("S", "T", level, 100, only_whether=True))
            one = net.ids[int(np.flatnonzero(net.kind.data >= 0)[net.size // 2])]
            through, _ = timed(net, PathsAsked("S", "T", level, 100, via=[one], max_milliseconds=60_000))
            none, nothing = timed(net, PathsAsked("X", "S", level, 100, max_milliseconds=60_000))
            assert nothing.found.answer.complete
            length = str(len(found.edges(0)))
            numbers = [ten, length, many, exists, through, none]
            table.add_row(f"{size:,}", level.name, *(one if isinstance(one, str) else f"{one:.1f}" for one in numbers))
    Console().print(table)


if __name__ == "__main__":
    main()
