"""Impact from memory: how much of the processor a hub with very many users and a long chain take, by part.

python -m tests.bench.impact
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from graph.beside import ended
from graph.impact import MOST, Asking, Impact
from graph.moment import Level
from graph.planned_change import ChangeKind, PlannedChange
from tests.graph.nets import net_of

Fact = dict[str, Any]


def hub(users: int) -> list[Fact]:
    """One resource that feeds very many, field by field."""
    facts: list[Fact] = [{"fact": "department", "id": f"d{n}"} for n in range(50)]
    for number in range(users + 1):
        owner = f"d{number % 50}"
        facts.append({"fact": "system", "id": f"s{number % 2_000}", "department": owner} if number < 2_000 else {})
        facts.append({"fact": "resource", "id": f"r{number}", "provider": owner, "system": f"s{number % 2_000}"})
        facts.append({"fact": "field", "id": f"r{number}.f", "resource": f"r{number}"})
    facts += [{"fact": "feeds", "from": "r0.f", "to": f"r{number}.f"} for number in range(1, users + 1)]
    return [fact for fact in facts if fact]


def layers(count: int, wide: int) -> list[Fact]:
    """Full layers: very many paths, few links."""
    facts: list[Fact] = [{"fact": "resource", "id": f"r{k}-{n}"} for k in range(count) for n in range(wide)]
    for k in range(count - 1):
        facts += [
            {"fact": "feeds", "from": f"r{k}-{n}", "to": f"r{k + 1}-{m}"} for n in range(wide) for m in range(wide)
        ]
    return facts


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What comes out, and the milliseconds of the processor that it took."""
    begun = time.process_time()
    return work(), (time.process_time() - begun) * 1000


def main() -> None:
    """Print a line for each shape."""
    shapes = [(f"hub of {n:,}", hub(n), "r0") for n in (100, 1_000, 10_000, 100_000, 200_000)]
    shapes.append(("40 layers of 10", layers(40, 10), "r0-0"))
    print(f"{'shape':<18}{'affected':>10}{'units':>10}{'answer ms':>12}{'steps ms':>10}{'complete':>10}")
    for name, facts, id in shapes:
        net = net_of(facts)
        change = PlannedChange(ChangeKind.RETIRE, (id,))
        asking = Asking(net, change, 1, 1, MOST, time.monotonic() + 60)
        found, took = timed(partial(ended, asking.answer()))
        impact: Impact = found
        level = impact.at_level(Level.RESOURCE)
        _, sorting = timed(level.steps)
        row = f"{name:<18}{len(level.ids):>10,}{len(impact.units):>10,}{took:>12,.1f}{sorting:>10,.1f}"
        print(f"{row}{impact.complete!s:>10}")


if __name__ == "__main__":
    main()
