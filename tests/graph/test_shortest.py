"""The shortest cycle of a set, and whether and how a walk comes back, against trying everything."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graph.components import strongly_connected
from graph.returns import Parts, comes_back, way_back
from graph.shortest import Round, shortest

Pairs = list[tuple[int, int]]


def columns(pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    ordered = sorted(set(pairs))
    return np.array([one for one, _ in ordered], np.int64), np.array([other for _, other in ordered], np.int64)


def all_rounds(pairs: Pairs) -> list[list[int]]:
    """Every simple cycle, from its smallest vertex."""
    found, waiting = [], [[one] for one in {one for one, _ in pairs}]
    while waiting:
        way = waiting.pop()
        for one, other in pairs:
            if one == way[-1] and other == way[0]:
                found.append(way)
            elif one == way[-1] and other > way[0] and other not in way:
                waiting.append([*way, other])
    return found


def around(*vertices: int) -> Pairs:
    return [*pairwise(vertices), (vertices[-1], vertices[0])]


@st.composite
def strong(draw: st.DrawFn, there_and_back: bool) -> tuple[Pairs, int]:
    """A strongly connected set: a ring through all of it, and more edges."""
    size = draw(st.integers(2 if there_and_back else 3, 8))
    pairs = around(*draw(st.permutations(range(size))))
    ends = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
    for one, other in draw(st.lists(ends, max_size=2 * size)):
        if one != other and (there_and_back or (other, one) not in pairs):
            pairs.append((one, other))
    return pairs, size


@settings(max_examples=300, deadline=None)
@given(case=st.one_of(strong(True), strong(False), strong(False)))
def test_the_shortest_cycle_is_the_first_of_all(case: tuple[Pairs, int]) -> None:
    pairs, size = case
    expected = min(all_rounds(pairs), key=lambda way: (len(way), way))
    assert shortest(*columns(pairs), size) == Round(expected)


def test_a_large_ring_is_its_own_shortest_cycle() -> None:
    size = 100_000
    order = np.random.default_rng(3).permutation(size).tolist()
    found = shortest(*columns(around(*order)), size)
    start = order.index(0)
    assert found == Round(order[start:] + order[:start])


def test_a_large_ring_with_a_short_cut_is_searched_to_the_end() -> None:
    size = 30_000
    found = shortest(*columns([*around(*range(size)), (20_000, 10_000)]), size)
    assert found == Round(list(range(10_000, 20_001)))


def test_layers_that_lead_round_are_searched_once() -> None:
    """60 layers of 60, each joined to all of the next: as many vertices as may begin, and 60 edges at least."""
    layers = np.arange(3_600).reshape(60, 60)
    pairs = [
        (int(a), int(b)) for one, other in zip(layers, np.roll(layers, -1, 0), strict=True) for a in one for b in other
    ]
    found = shortest(*columns(pairs), 3_600)
    assert found == Round(list(range(0, 3_600, 60)))


def test_a_search_that_is_ended_says_so() -> None:
    pairs = [*around(0, *range(10, 30)), *around(5, 6, 7), (7, 10), (12, 5)]
    labels, number = np.unique(np.array(pairs), return_inverse=True)
    edges = [(int(one), int(other)) for one, other in number.reshape(-1, 2)]
    found = shortest(*columns(edges), len(labels), steps=10)
    assert not found.exact
    assert set(zip(found.vertices, [*found.vertices[1:], found.vertices[0]], strict=True)) <= set(edges)


def ways(among: Parts) -> list[list[int]]:
    """Every sequence of different colours that a walk goes through from one back to it."""
    colour = among.colour.tolist()
    moves = list(zip(among.start.tolist(), among.end.tolist(), strict=True))
    found = []
    for start in set(colour):
        waiting = [([start], vertex, frozenset({vertex})) for vertex in range(len(colour)) if colour[vertex] == start]
        while waiting:
            way, here, seen = waiting.pop()
            for _, there in (move for move in moves if move[0] == here):
                if colour[there] == way[-1]:
                    if there not in seen:
                        waiting.append((way, there, seen | {there}))
                elif colour[there] == start:
                    found.append(way)
                elif colour[there] not in way:
                    waiting.append(([*way, colour[there]], there, seen | {there}))
    return found


@st.composite
def colourings(draw: st.DrawFn) -> Parts:
    """Some vertices, few of each colour, and moves between them; often without a way round."""
    size = draw(st.integers(2, 9))
    colour = draw(st.lists(st.integers(0, 4), min_size=size, max_size=size))
    ends = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
    moves = [pair for pair in draw(st.lists(ends, max_size=12)) if pair[0] != pair[1]]
    if draw(st.booleans()):
        moves = [(min(pair), max(pair)) for pair in moves]
    return Parts(
        np.array(colour, np.int64),
        np.array([one for one, _ in moves], np.int64),
        np.array([other for _, other in moves], np.int64),
    )


@pytest.mark.parametrize("width", [1_024, 1])
@settings(max_examples=300, deadline=None)
@given(among=colourings())
@example(among=Parts(np.array([0, 1, 1, 2]), np.array([0, 1, 3, 2]), np.array([1, 3, 2, 0])))
def test_a_walk_comes_back_where_trying_all_ways_says_so(width: int, among: Parts) -> None:
    found = ways(among)
    expected = min(found, key=lambda way: (len(way), way), default=None)
    known = comes_back(among, width)
    assert (known is None) == (expected is None)
    if known is not None and expected is not None:
        assert way_back(among, known, 2) == way_back(among, known, len(expected)) == Round(expected)
        ended = way_back(among, known, 2, steps=-1)
        assert ended.vertices in found
        assert ended == Round(expected) or not ended.exact


def test_a_long_way_without_a_return_is_followed_to_its_end() -> None:
    """Through the one field of each of many, and from the last to another field of the first."""
    size = 20_000
    colour = np.array([*range(size), 0, size - 1], np.int64)
    start = np.array([*range(size - 1), size + 1], np.int64)
    end = np.array([*range(1, size), size], np.int64)
    assert comes_back(Parts(colour, start, end)) is None
    # Once the last field itself leads back, one walk goes all the way.
    known = comes_back(Parts(colour, np.append(start, size - 1), np.append(end, size)))
    assert known == 0


def test_what_hangs_together_has_the_same_number() -> None:
    labels = strongly_connected(np.array([0, 1, 2, 3]), np.array([1, 2, 0, 0]), 5)
    assert len({labels[at] for at in (0, 1, 2)}) == 1
    assert len(set(labels.tolist())) == 3
