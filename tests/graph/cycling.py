"""Questions about cycles, asked of the product, and its answers in the shape of `tests/reference_cycles.py`."""

from collections.abc import Sequence
from typing import Any

from graph.crossings import Behind, Crossing
from graph.cycles import AskedCycles, Cycles
from graph.engine import Graph
from graph.facts import as_text
from graph.mutual import Pair
from graph.projection import Projection
from graph.shortest import Round
from graph.strong import CycleSet

Answer = dict[str, Any]


async def finder(graph: Graph, megabytes: int) -> Cycles:
    """What answers on `graph`: from a filled projection, or with 0 megabytes by statements."""
    projection = Projection(graph, megabytes)
    if megabytes:
        await projection.fill()
        assert projection.state == "READY"
    return Cycles(graph, projection)


async def sets(of: Cycles, asked: AskedCycles) -> list[Answer]:
    """All cycles."""
    found = await of.sets(asked)
    return [_set(found[place]) for place in range(found.count)]


def _set(one: CycleSet) -> Answer:
    sources, targets = one.edges
    pairs = zip(sources.tolist(), targets.tolist(), strict=True)
    edges = [Crossing(one.ground, one.flows, source, target) for source, target in pairs]
    return {
        "members": list(one.flows.ids),
        "closed": one.closed,
        "shortest": _told(one.flows.ids, one.shortest),
        "walk": one.walk and _told(one.flows.ids, one.walk),
        "edges": {(edge.source, edge.target): _counts(edge) for edge in edges},
    }


def _told(ids: Sequence[str], way: Round) -> tuple[str, ...]:
    assert way.exact
    return tuple(ids[place] for place in way.vertices)


def _counts(edge: Crossing) -> Answer:
    return {"count": edge.count, "fields": edge.fields, "resources": edge.resources}


async def pairs(of: Cycles, asked: AskedCycles) -> list[Answer]:
    """All pairs that depend on each other, with the links behind."""
    found = await of.pairs(asked)
    return [await _pair(found[place]) for place in range(found.count)]


async def _pair(one: Pair) -> Answer:
    ids = one.flows.ids
    there, back = [await _links(one, *ends) for ends in ((one.one, one.other), (one.other, one.one))]
    return {
        "pair": (ids[one.one], ids[one.other]),
        "count": one.count,
        "closed": one.closed,
        "there": there,
        "back": back,
    }


async def _links(one: Pair, source: int, target: int) -> Answer:
    edge = Crossing(one.ground, one.flows, source, target)
    behind = Behind(edge)
    await one.ground.learn(behind.needs)
    links = [(link["source"]["id"], link["target"]["id"], link["job"]) for link in behind.records(range(behind.count))]
    return {**_counts(edge), "links": links}


def begins(link: Answer) -> str | None:
    """When a link begins, as text."""
    return None if link["valid_from"] is None else as_text(link["valid_from"])
