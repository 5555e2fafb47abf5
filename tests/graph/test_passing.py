"""What is passed through costs no more than what it joins, and never more than its bounds."""

import itertools

import pytest

from graph.beside import ended
from graph.lineage import Asked, _answer
from graph.moment import Level
from graph.narrowing import LineageFilter
from graph.net import Net
from graph.rollup import Answer
from graph.walk import Budget, Stop
from tests.graph import nets
from tests.strategies import Fact


def net_of(resources: list[str], feeds: list[tuple[str, str]]) -> Net:
    """Resources without systems, and feeds between them; `p…` are held by the system P."""
    facts: list[Fact] = [{"fact": "system", "id": "P"}]
    facts += [{"fact": "resource", "id": id, "system": "P" if id.startswith("p") else None} for id in resources]
    return nets.net_of([*facts, *({"fact": "feeds", "from": start, "to": end} for start, end in feeds)])


def walked(net: Net, ids: list[str], direction: str = "DOWNSTREAM", depth: int = 10) -> Answer:
    budget = Budget(10_000, 10_000, 60_000)
    bounds = LineageFilter(through=("P",))
    return ended(_answer(net, Asked(ids, direction, Level.RESOURCE, depth, as_of=0, budget=budget, filter=bounds)))


@pytest.mark.parametrize(("width", "stops"), [(60, []), (1_100, [Stop.TIME])])
def test_a_hub_joins_all_with_all_up_to_a_bound_and_then_says_so(width: int, stops: list[Stop]) -> None:
    ins, outs = [f"in{i:04}" for i in range(width)], [f"out{i:04}" for i in range(width)]
    net = net_of(["p", *ins, *outs], [*((one, "p") for one in ins), *(("p", one) for one in outs)])
    found = walked(net, ins)
    assert found.stopped_by == stops
    assert found.complete == (not stops)
    assert found.ids == (ins if stops else [*ins, *outs])
    assert len(found.edges.source) == (0 if stops else width * width)
    alone = walked(net, ins[:1])
    assert alone.complete
    assert alone.ids == [ins[0], *outs]
    assert set(alone.edges.count) == {2}


def test_time_that_is_up_within_what_is_passed_leaves_the_layers_before_it() -> None:
    """a → p0 → b0 → p1 (which joins too many) → …: what lies before p1 is answered."""
    width = 1_100
    middle, outs = [f"b{i:04}" for i in range(width)], [f"out{i:04}" for i in range(width)]
    feeds = [("a", "p0"), *(("p0", one) for one in middle), *((one, "p1") for one in middle)]
    net = net_of(["a", "p0", "p1", *middle, *outs], [*feeds, *(("p1", one) for one in outs)])
    found = walked(net, ["a"])
    assert found.stopped_by == [Stop.TIME]
    assert found.ids == ["a"]
    assert walked(net, ["a"], depth=0).stopped_by == [Stop.DEPTH]


def test_many_ways_through_layers_that_are_passed_are_one_step() -> None:
    """40 full layers of 10, all passed: 10^40 paths."""
    layers = [[f"p{layer:02}/{i}" for i in range(10)] for layer in range(40)]
    feeds = [("a", one) for one in layers[0]] + [(one, "z") for one in layers[-1]]
    feeds += [(one, other) for here, there in itertools.pairwise(layers) for one in here for other in there]
    net = net_of(["a", "z", *(one for layer in layers for one in layer)], feeds)
    for ids, direction in ((["a"], "DOWNSTREAM"), (["z"], "UPSTREAM")):
        found = walked(net, ids, direction)
        assert (sorted(found.ids), found.reached_depth, found.complete) == (["a", "z"], 1, True)
        assert found.edges.count == [20]


def test_what_is_passed_round_and_round_is_left_once() -> None:
    ring = [f"p{i}" for i in range(5)]
    feeds = [("a", "p0"), ("p3", "z"), *zip(ring, [*ring[1:], ring[0]], strict=True)]
    found = walked(net_of(["a", "z", *ring], feeds), ["a"])
    assert (found.ids, found.edges.count, found.complete) == (["a", "z"], [2], True)
