"""The projection is never older than the last committed write, and a change costs an entry, not a rebuild."""

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from graph.changes import now
from graph.engine import Graph
from graph.facts import Kind, Link, Thing
from graph.lineage import Asked, Lineages
from graph.link_writes import write_links
from graph.load import take_links, take_things
from graph.moment import Level
from graph.narrowing import Conditions, LineageFilter
from graph.net import FEEDS, OPEN_END, Net
from graph.projection import Projection
from graph.remembered import Remembered
from graph.withdraw import withdraw_links
from graph.writes import write_things
from tests.engines import wipe
from tests.graph.asking import lineages
from tests.graph.stating import state


def feeds(start: str, end: str, **values: object) -> Link:
    return Link("FEEDS", start, end, values, source="a")


async def chain(graph: Graph, length: int, width: int = 1) -> None:
    """A chain of resources r0 → r1 → …, each feeding `width` further ones that lead nowhere."""
    links = [feeds(f"r{i}", f"r{i + 1}") for i in range(length)]
    links += [feeds(f"r{i}", f"x{i}/{k}") for i in range(length) for k in range(width)]
    await write_links(graph, "FEEDS", links)


async def reached(of: Lineages, id: str = "r0", depth: int = 50) -> list[str]:
    found = (await of.find(Asked([id], "DOWNSTREAM", Level.RESOURCE, depth))).answer
    assert [found.net.ids[at] for at in found.nodes] == found.ids
    return found.ids


async def test_an_answer_has_what_was_written_last(graph: Graph) -> None:
    await chain(graph, 2, 0)
    one, other = await lineages(graph, 100), await lineages(graph, 100)
    assert await reached(one) == ["r0", "r1", "r2"]
    await write_links(graph, "FEEDS", [feeds("r2", "r3")])
    assert await reached(one) == await reached(other) == ["r0", "r1", "r2", "r3"]
    await withdraw_links(graph, "FEEDS", [("r0", "r1", None, None)], "a")
    assert await reached(one) == await reached(other) == ["r0"]


async def test_who_asks_together_shares_a_look_at_the_graph_and_none_is_answered_from_before(graph: Graph) -> None:
    await chain(graph, 1, 0)
    of = await lineages(graph, 100)
    before = graph.statements
    assert await asyncio.gather(*(reached(of) for _ in range(20))) == [["r0", "r1"]] * 20
    assert graph.statements == before + 1

    async def written(number: int) -> None:
        await write_links(graph, "FEEDS", [feeds("r0", f"new{number}")])
        answers = await asyncio.gather(*(reached(of) for _ in range(5)))
        assert all(f"new{number}" in answer for answer in answers)

    await asyncio.gather(*(written(number) for number in range(8)))


async def test_one_more_link_is_an_entry_in_the_overlay(graph: Graph) -> None:
    await chain(graph, 20)
    projection = (of := await lineages(graph, 100)).projection
    base = projection.net.out._members
    await write_links(graph, "FEEDS", [feeds("r2", "new")])
    assert "new" in await reached(of)
    assert projection.net.out._members is base
    assert projection.net.out.overlay == 1


async def test_many_new_links_are_folded_in(graph: Graph) -> None:
    await chain(graph, 3)
    of = await lineages(graph, 100)
    await write_links(graph, "FEEDS", [feeds("r0", f"many{i}") for i in range(3_000)])
    assert len(await reached(of, depth=1)) == 101
    assert of.projection.net.out.overlay == 0


async def test_a_renamed_or_moved_thing_is_shown_as_it_is_now(graph: Graph, tmp_path: Path) -> None:
    facts = [
        {"fact": "system", "id": "s1", "name": "一"},
        {"fact": "system", "id": "s2", "name": "二"},
        {"fact": "resource", "id": "r", "name": "资源", "system": "s1"},
    ]
    await state(graph, tmp_path, facts)
    of = await lineages(graph, 100)
    assert (await of.find(Asked(["r"], "DOWNSTREAM", Level.SYSTEM))).answer.nodes == [of.projection.net.index["s1"]]
    await state(graph, tmp_path, [{"fact": "resource", "id": "r", "system": "s2"}])
    for start in ("r", "s2"):
        nodes = (await of.find(Asked([start], "DOWNSTREAM", Level.SYSTEM))).answer.nodes
        assert nodes == [of.projection.net.index["s2"]]
    assert (await of.find(Asked(["s1"], "DOWNSTREAM", Level.SYSTEM))).answer.nodes == []


async def test_a_graph_beyond_the_memory_allowed_is_answered_by_statements(graph: Graph) -> None:
    things = [Thing(Kind.RESOURCE, f"r{i}", {"name": str(i)}, source="a") for i in range(5_000)]
    await write_things(graph, Kind.RESOURCE, things)
    await chain(graph, 3, 0)
    projection = Projection(graph, 1)
    await projection.fill()
    assert projection.progress.state == "TOO_BIG"
    assert await reached(Lineages(graph, projection)) == ["r0", "r1", "r2", "r3"]


@pytest.mark.parametrize("put_back", [True, False])
async def test_a_graph_that_no_longer_fits_is_answered_by_statements(graph: Graph, put_back: bool) -> None:
    await chain(graph, 3, 0)
    of = await lineages(graph, 1)
    assert await reached(of) == ["r0", "r1", "r2", "r3"]
    expected = ["r0", "r1", "r2", "r3"]
    if put_back:
        await wipe(graph)
        await chain(graph, 1, 0)
        expected = ["r0", "r1"]
    things = [Thing(Kind.RESOURCE, f"many{i}", {"name": str(i)}, source="a") for i in range(5_000)]
    await write_things(graph, Kind.RESOURCE, things)
    assert await reached(of) == expected
    assert of.projection.progress.state == "TOO_BIG"
    assert await reached(of) == expected


@pytest.mark.parametrize("megabytes", [100, 0])
async def test_the_number_of_statements_does_not_grow_with_the_answer(graph: Graph, megabytes: int) -> None:
    counts = []
    for width in (1, 60):
        await chain(graph, 4, width)
        of = await lineages(graph, megabytes)
        before = graph.statements
        await reached(of)
        counts.append(graph.statements - before)
    assert counts[0] == counts[1]
    if megabytes:
        assert counts[0] == 1


async def test_progress_tells_how_far_it_is(graph: Graph) -> None:
    await chain(graph, 3)
    projection = Projection(graph, 100)
    assert projection.progress.state == "FILLING"
    await projection.fill()
    progress = projection.progress
    assert (progress.state, progress.links, progress.things) == ("READY", 6, 7)
    assert progress.done == progress.total > 0


async def test_a_graph_that_was_put_back_is_read_anew(graph: Graph) -> None:
    await chain(graph, 3, 0)
    of = await lineages(graph, 100)
    assert await reached(of) == ["r0", "r1", "r2", "r3"]
    await wipe(graph)
    await chain(graph, 1, 0)
    assert await reached(of) == ["r0", "r1"]


async def test_what_names_a_container_before_it_is_here_finds_it_later() -> None:
    net = Net()

    def locate(id: str | None) -> int:
        return net.index.get(id, -1) if id else -1

    field = [1, "f", "项", "r", None, None, None, 0, *[None] * 4, "e"]
    resource = [0, "r", "资源", None, "d", None, None, 0, *[None] * 5]
    take_things(net, Kind.FIELD, [field], [1], locate, index=True)
    assert net.holder.data[1] == -1
    take_things(net, Kind.RESOURCE, [resource], [0], locate, index=True)
    assert net.holder.data[1] == 0
    assert net.held.gather(np.array([0]))[1].tolist() == [1]
    assert net.waiting == {"e": [(1, "element")], "d": [(0, "provider")]}
    take_things(
        net, Kind.ELEMENT, [[2, "e", "数据元", None, None, None, None, 0, *[None] * 5]], [2], locate, index=True
    )
    assert net.element.data[1] == 2


async def test_a_kept_answer_ends_with_what_it_stands_on(graph: Graph) -> None:
    soon = now() + 3_000_000
    await write_links(graph, "FEEDS", [feeds("r0", "r1"), feeds("r1", "r2", valid_to=soon)])
    of = await lineages(graph, 100)
    asked = Asked(["r0"], "DOWNSTREAM", Level.RESOURCE)
    first = await of.find(asked)
    assert await of.find(asked) is first
    assert [first.answer.net.ids[at] for at in first.answer.nodes] == ["r0", "r1", "r2"]
    await asyncio.sleep((soon - now()) / 1_000_000 + 0.05)
    assert await reached(of) == ["r0", "r1"]
    assert await of.find(replace(asked, as_of=soon - 1)) is first
    assert await of.find(replace(asked, as_of=soon)) is not first
    await write_links(graph, "FEEDS", [feeds("r1", "r3")])
    assert await reached(of) == ["r0", "r1", "r3"]


async def test_answers_are_kept_filter_by_filter(graph: Graph) -> None:
    await chain(graph, 3, 0)
    of = await lineages(graph, 100)
    asked = Asked(["r0"], "DOWNSTREAM", Level.RESOURCE)
    stopping = replace(asked, filter=LineageFilter(stop_at=("r1",)))
    passing = replace(asked, filter=LineageFilter(through=("r1",)))
    ids = {one.filter: (await of.find(one)).answer.ids for one in (asked, stopping, passing)}
    assert list(ids.values()) == [["r0", "r1", "r2", "r3"], ["r0", "r1"], ["r0", "r2", "r3"]]
    assert await of.find(stopping) is await of.find(replace(asked, filter=LineageFilter(stop_at=("r1",))))


async def test_who_states_a_link_is_followed(graph: Graph) -> None:
    await chain(graph, 2, 0)
    of = await lineages(graph, 100)
    of_b = Asked(["r0"], "DOWNSTREAM", Level.RESOURCE, filter=LineageFilter(Conditions(sources=("b",))))
    assert (await of.find(of_b)).answer.ids == ["r0"]
    await write_links(graph, "FEEDS", [replace(feeds("r0", "r1"), source="b")])
    assert (await of.find(of_b)).answer.ids == ["r0", "r1"]
    assert of.projection.net.start.size == 2
    await withdraw_links(graph, "FEEDS", [("r0", "r1", None, None)], "b")
    assert (await of.find(of_b)).answer.ids == ["r0"]


async def test_columns_of_small_numbers_widen_when_the_numbers_grow() -> None:
    net = Net()
    net.make_room(2)
    links = [(f"job {i}", None, None, 1, None, (f"source {i}",)) for i in range(40_000)]
    take_links(net, FEEDS, [0] * 10, [1] * 10, links[:10], index=False)
    assert net.job.data.dtype == net.source.data.dtype == np.int16
    take_links(net, FEEDS, [0] * 39_990, [1] * 39_990, links[10:], index=False)
    assert net.job.data.tolist() == net.source.data.tolist() == list(range(40_000))


async def test_answers_are_kept_while_there_is_room() -> None:
    kept: Remembered[str] = Remembered(40)
    for question in "abcde":
        assert kept.find(question, 1) is None
        kept.keep(question, 1, question.upper(), 10)
    assert [kept.find(question, 1) for question in "abcde"] == [None, "B", "C", "D", "E"]
    kept.keep("f", 1, "F", 11)
    assert kept.find("f", 1) is None
    assert kept.find("e", 2) is None


async def test_time_is_in_stretches_in_which_nothing_begins_or_ends() -> None:
    net = Net()
    assert net.stretch(-1) == net.stretch(5) == net.stretch(2**61)
    net.lives.number((10, 20))
    net.periods.number((15, OPEN_END, 12, 13))
    moments = (9, 10, 12, 14, 15, 19, 20, 99)
    assert len({net.stretch(at) for at in moments}) == 4
    assert net.stretch(10) == net.stretch(12) == net.stretch(14)
    net.lives.number((5, 99))
    assert net.stretch(4) != net.stretch(5) == net.stretch(9)
    assert net.stretch(98) != net.stretch(99)
