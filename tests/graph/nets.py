"""A net made of exchange facts, without an engine: for what is tested on very many or very large graphs.

Only things that are stated and feeds between them, all of them unbounded in time.
"""

from collections.abc import Iterable
from typing import Any

from graph.facts import KEYS, Kind
from graph.load import HOLDER, take_links, take_things
from graph.net import FEEDS, Net
from tests.strategies import Fact


def net_of(facts: Iterable[Fact]) -> Net:
    """The net; facts in any order."""
    net = Net()
    by_kind: dict[str, list[Fact]] = {}
    for fact in facts:
        by_kind.setdefault(fact["fact"], []).append(fact)
    number = 0
    for kind in KEYS:
        rows: list[list[Any]] = []
        for fact in by_kind.get(kind.value.lower(), ()):
            holder = fact.get(HOLDER[kind]) if kind in HOLDER else None
            provider = fact.get("provider") if kind is Kind.RESOURCE else None
            told = (fact.get("share_type"), fact.get("element"))
            rows.append([number, fact["id"], fact.get("name"), holder, provider, None, None, 0, *[None] * 3, *told])
            number += 1
        take_things(net, kind, rows, [row[0] for row in rows], lambda id: net.index.get(id or "", -1), index=False)
    feeds = by_kind.get("feeds", [])
    starts, ends = ([net.index[fact[end]] for fact in feeds] for end in ("from", "to"))
    links = [(fact.get("job"), None, None, 0, None, (fact.get("source", "a"),)) for fact in feeds]
    take_links(net, FEEDS, starts, ends, links, index=False)
    net.fold()
    return net
