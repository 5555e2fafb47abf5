"""Paths where there are very many, where the way is barred, and where time or patience ends: on nets in memory."""

from collections.abc import Iterable, Sequence
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.beside import ended
from graph.between import Between
from graph.moment import Level
from graph.net import NO_INTS, Net
from graph.path_answers import Asking, PathsAsked, PathsFound
from graph.paths import Listed, Listing, Wanted
from graph.reach import Question, Search
from graph.steps import Arcs
from graph.walk import Stop
from tests.graph.nets import net_of
from tests.strategies import Fact

NEVER = float("inf")


def resources(ids: Iterable[str], **keys: str) -> list[Fact]:
    return [{"fact": "resource", "id": id, **keys} for id in ids]


def feeds(*ways: Sequence[str]) -> list[Fact]:
    """Each way is fed from thing to thing."""
    return [{"fact": "feeds", "from": one, "to": next} for way in ways for one, next in pairwise(way)]


def full(rows: Sequence[Sequence[str]]) -> list[Fact]:
    """Each of a row feeds each of the next."""
    return [{"fact": "feeds", "from": one, "to": next} for a, b in pairwise(rows) for one in a for next in b]


LAYERS = [[f"{layer:02}-{place}" for place in range(10)] for layer in range(40)]
ROWS = [["S"], *LAYERS, ["T"]]
FACTS = [*resources(id for row in ROWS for id in row), *full(ROWS)]


@pytest.fixture(scope="module")
def layers() -> Net:
    """40 full layers of 10: 10^40 paths."""
    return net_of(FACTS)


def ask(net: Net, **asked: Any) -> PathsFound:
    return ended(Asking(net, PathsAsked(**{"source": "S", "target": "T", "max_depth": 100, **asked}), 7, 0).answer())


def ids(found: PathsFound) -> list[list[str]]:
    return [[found.found.answer.ids[place] for place in found.nodes(path)] for path in range(found.count)]


def stops(found: PathsFound) -> list[str]:
    return [stop.value for stop in found.found.answer.stopped_by]


def firsts(count: int, fixed: dict[int, str]) -> list[list[str]]:
    """The first of the paths through the layers that go through certain nodes."""
    tail = [[fixed[layer]] if layer in fixed else LAYERS[layer] for layer in range(36, 40)]
    head = [fixed.get(layer, LAYERS[layer][0]) for layer in range(36)]
    return [["S", *head, *last, "T"] for last in list(product(*tail))[:count]]


@pytest.mark.parametrize("count", [1, 10, 1_000])
@pytest.mark.parametrize("level", Level)
def test_of_very_many_paths_the_first_are_listed(layers: Net, level: Level, count: int) -> None:
    found = ask(layers, first=count, level=level)
    assert ids(found) == firsts(count, {})
    assert (found.exists, stops(found)) == (True, ["NODES"])
    assert not found.found.answer.complete


@pytest.mark.parametrize("turned", [False, True])
def test_very_many_paths_are_not_walked_one_by_one_when_some_lead_back(turned: bool) -> None:
    back = [{**fact, "from": fact["to"], "to": fact["from"]} for fact in full(LAYERS)]
    net = net_of([*FACTS, *back] if turned else [*back, *FACTS])
    assert ids(ask(net, first=100)) == firsts(100, {})
    found = ask(net, via=["20-3", "20-7"], first=3)
    assert {len(path) for path in ids(found)} == {44}
    assert all({"20-3", "20-7"} <= set(path) and len(set(path)) == 44 for path in ids(found))


def test_paths_that_must_pass_something_are_found_among_very_many(layers: Net) -> None:
    assert ids(ask(layers, via=["20-3"])) == firsts(10, {20: "20-3"})
    several = {5: "05-7", 20: "20-3", 38: "38-9", 39: "39-1"}
    assert ids(ask(layers, via=list(several.values()))) == firsts(10, several)
    none = ask(layers, via=["20-3", "20-7"])
    assert (none.count, none.exists, stops(none)) == (0, False, [])


def test_paths_that_must_avoid_something_are_found_among_very_many(layers: Net) -> None:
    assert ids(ask(layers, avoid=LAYERS[20][:9])) == firsts(10, {20: "20-9"})
    none = ask(layers, avoid=LAYERS[20])
    assert (none.count, none.exists, stops(none)) == (0, False, [])


def test_whether_there_is_one_is_told_without_listing(layers: Net) -> None:
    found = ask(layers, only_whether=True)
    assert (found.count, found.exists) == (0, True)
    assert ask(layers, only_whether=True, max_depth=40).exists is False
    assert ask(layers, only_whether=True, source="T", target="S").exists is False
    assert (ids(ask(layers, max_depth=40)), stops(ask(layers, max_depth=40))) == ([], ["DEPTH"])


def test_a_hub_with_very_many_neighbours_hides_no_path() -> None:
    spokes = [f"n{number:05}" for number in range(20_000)]
    net = net_of(
        [*resources(["S", "hub", "T", *spokes]), *feeds(["S", "hub"], ["n19999", "T"]), *full([["hub"], spokes])]
    )
    found = ask(net)
    assert (ids(found), stops(found)) == ([["S", "hub", "n19999", "T"]], [])
    assert found.found.answer.more == [0, 19_999, 0, 0]


def test_what_a_beginning_has_used_up_leads_nowhere_from_everywhere() -> None:
    """x is the only way to T and the only way into a thicket; who is in the thicket cannot come to T any more."""
    thicket = [f"b{number:02}" for number in range(60)]
    facts = [*resources(["S", "x", "T", *thicket]), *full([thicket, thicket])]
    net = net_of([*facts, *feeds(["S", "x", "T"], ["x", "b00"], ["b01", "x"])])
    found = ask(net, first=1_000)
    assert (ids(found), stops(found)) == ([["S", "x", "T"]], [])
    found = ask(net, via=["b30"])
    assert (found.count, found.exists, stops(found)) == (0, False, [])
    assert (ask(net, max_depth=1).exists, stops(ask(net, max_depth=1))) == (False, ["DEPTH"])


def test_a_container_that_was_left_is_not_come_back_to() -> None:
    thicket = [f"b{number:02}" for number in range(60)]
    inside = [{"fact": "system", "id": "s"}, *resources(["A", "A2"], system="s")]
    facts = [*inside, *resources(["S", "T", *thicket]), *full([thicket, thicket])]
    net = net_of([*facts, *feeds(["S", "A", "b00"], ["b01", "A2", "T"])])
    assert ids(ask(net, first=1)) == [["S", "A", "b00", "b01", "A2", "T"]]
    found = ask(net, level=Level.SYSTEM)
    assert (found.count, found.exists, stops(found)) == (0, False, [])


def test_paths_that_are_longer_than_they_seem_wait_for_their_turn() -> None:
    """Every way through the thicket seems to be out at once by x, which is used; the real way out is long."""
    thicket = [f"b{number:02}" for number in range(30)]
    facts = [*resources(["S", "x", "T", "y", "z", *thicket]), *full([thicket, thicket])]
    net = net_of([*facts, *feeds(["S", "x", "T"], ["x", "b00"], [*["b01"], "x"], ["b29", "y", "z", "T"])])
    found = ask(net, first=3)
    assert ids(found) == [
        ["S", "x", "T"],
        ["S", "x", "b00", "b29", "y", "z", "T"],
        ["S", "x", "b00", "b01", "b29", "y", "z", "T"],
    ]


def test_paths_that_are_told_before_all_is_seen_are_the_first() -> None:
    """When the ends have met, those of 3 steps are known; of 4 steps only some, and not the first of them."""
    ways = {"0": "23ST", "1": "4", "2": "0135T", "3": "4T", "4": "02ST", "5": "3T", "S": "014", "T": "14S"}
    net = net_of([*resources(ways), *feeds(*([one, other] for one, others in ways.items() for other in others))])
    found = ["".join(path) for path in ids(ask(net, first=9))]
    assert found == ["S0T", "S4T", "S02T", "S03T", "S14T", "S40T", "S42T", "S023T", "S025T"]


def searched(net: Net, *, milliseconds: int) -> Listed:
    """The answer of a search whose time is up before it begins, or not."""
    search = Search(net, 0, Question(Level.RESOURCE, 100, 10, (), (), 10_000, milliseconds))
    start, target = (np.array([net.index[id]], np.int64) for id in "ST")
    return ended(search.find(start, target))


def test_when_the_time_is_up_nothing_is_claimed(layers: Net) -> None:
    found = searched(layers, milliseconds=0)
    assert (found.paths, found.exists, found.stopped_by) == ([], None, [Stop.TIME])
    assert len(searched(layers, milliseconds=60_000).paths) == 10


def listed(steps: Sequence[tuple[int, int]], nodes: Sequence[int] = range(10), **wanted: Any) -> Listed:
    """The paths from 0 to 9 by steps between positions, each of which stands for a node."""
    ends = np.array(steps, np.int64).reshape(-1, 2)
    arcs = Arcs(ends[:, 0], ends[:, 1], np.arange(len(steps)))
    between = Between(arcs, np.array([0]), np.array([9]), np.array(nodes).__getitem__, [])
    given = {"first": 10, "max_depth": 30, "max_nodes": 100, "tries": 100, "deadline": NEVER, **wanted}
    return Listing(between, [str(number) for number in range(10)], Wanted(**given)).run()


STEPS = [(0, 1), (1, 9), (1, 2), (2, 1), (2, 3), (3, 2), (3, 1)]
"""One path, and a ring that leads nowhere."""


def test_who_runs_out_of_patience_says_so() -> None:
    found = listed(STEPS)
    assert ([path.nodes for path in found.paths], found.exists, found.stopped_by) == ([[0, 1, 9]], True, [])
    found = listed(STEPS, tries=0)
    assert ([path.nodes for path in found.paths], found.exists, found.stopped_by) == ([], None, [Stop.NODES])
    found = listed(STEPS, tries=2)
    assert ([path.nodes for path in found.paths], found.exists, found.stopped_by) == ([[0, 1, 9]], True, [])


def test_who_runs_out_of_time_while_listing_says_so() -> None:
    found = listed(STEPS, deadline=0.0)
    assert (found.paths, found.exists, found.stopped_by) == ([], None, [Stop.TIME])


def test_what_is_not_known_yet_is_not_denied() -> None:
    """Of the steps of paths longer than 1 not all are known: there may be one of 2."""
    assert listed([(0, 1), (1, 9)], known=1).exists is None
    assert listed([(0, 1)], known=1).exists is None
    assert listed([(0, 1)], known=1, max_depth=1).exists is False
    assert listed([(0, 9)], known=1).exists is True


def test_a_net_without_anything_has_no_path() -> None:
    net = net_of(resources("ST"))
    search = Search(net, 0, Question(Level.FIELD, 5, 1, (), (), 10, 1_000))
    found = ended(search.find(NO_INTS, np.array([net.index["T"]])))
    assert (found.paths, found.exists, found.stopped_by) == ([], False, [])


def walked(steps: Sequence[tuple[int, int]], nodes: Sequence[int]) -> list[list[int]]:
    """All paths from 0 to 9, by walking them."""
    waiting: list[tuple[int, tuple[int, ...]]] = [(0, (nodes[0],))]
    found, seen = set(), set(waiting)
    while waiting:
        at, path = waiting.pop()
        if at == 9:
            found.add(path)
            continue
        for start, end in steps:
            if start == at and (nodes[end] == path[-1] or nodes[end] not in path):
                there = (end, path if nodes[end] == path[-1] else (*path, nodes[end]))
                if there not in seen:
                    seen.add(there)
                    waiting.append(there)
    return [list(path) for path in sorted(found, key=lambda path: (len(path), path))]


@settings(max_examples=400, deadline=None)
@given(
    steps=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=8, max_size=30, unique=True),
    nodes=st.one_of(st.just(list(range(10))), st.lists(st.integers(0, 9), min_size=10, max_size=10)),
    first=st.sampled_from((1, 5, 1_000)),
    depth=st.sampled_from((2, 4, 30)),
    patience=st.sampled_from((64, -100)),
)
def test_listing_is_as_walking_them_all(
    steps: list[tuple[int, int]], nodes: list[int], first: int, depth: int, patience: int
) -> None:
    found = listed(steps, nodes, first=first, max_depth=depth, max_nodes=100_000, tries=10_000, patience=patience)
    every = walked(steps, nodes)
    near = [path for path in every if len(path) <= depth + 1]
    assert [path.nodes for path in found.paths] == near[:first]
    assert found.exists is bool(near)
    stops = [Stop.NODES] if len(near) > first else [Stop.DEPTH] if len(every) > len(near) else []
    assert found.stopped_by == stops
