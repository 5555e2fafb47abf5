"""The change feed: everything that was written, in order, once, narrowed to what is asked for."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from graph.changes import MOST_IDS, Behind, behind, now, position
from graph.engine import Graph
from graph.facts import Kind
from graph.feed import MOST, changes
from graph.refusals import BadInput, NotFound
from graph.watch import Watch
from tests.engines import wipe
from tests.graph.stating import state

FACTS: list[dict[str, Any]] = [
    {"fact": "jurisdiction", "id": "j"},
    {"fact": "jurisdiction", "id": "j.1", "within": "j"},
    {"fact": "department", "id": "d", "jurisdiction": "j.1"},
    {"fact": "department", "id": "d.2"},
    {"fact": "system", "id": "s", "department": "d"},
    {"fact": "resource", "id": "r", "system": "s"},
    {"fact": "resource", "id": "r.2", "provider": "d.2"},
    {"fact": "field", "id": "f", "resource": "r"},
]


async def everything(graph: Graph, first: int, **narrowed: Any) -> list[str]:
    """All ids of the feed, page by page from its beginning."""
    ids, since = [], 0
    while True:
        page = await changes(graph, since, first, **narrowed)
        assert [change.sequence for change in page.changes] == sorted(change.sequence for change in page.changes)
        assert all(since < change.sequence <= page.sequence for change in page.changes)
        ids += [id for change in page.changes for id in change.ids]
        since = page.sequence
        if since == page.head:
            return ids


@pytest.mark.parametrize("first", [1, 2, 100])
async def test_pages_miss_nothing_and_repeat_nothing(graph: Graph, tmp_path: Path, first: int) -> None:
    await state(graph, tmp_path, FACTS)
    assert sorted(await everything(graph, first)) == sorted(fact["id"] for fact in FACTS)
    here = (await position(graph)).sequence
    await state(graph, tmp_path, [{"fact": "system", "id": "s", "name": "新", "department": "d"}])
    page = await changes(graph, here, 10)
    assert [list(change.ids) for change in page.changes] == [["s"]]
    assert page.changes[0].sources == ["a"]
    assert page.sequence == page.head == here + 1


async def test_it_is_narrowed_to_kinds_and_containers(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    assert await everything(graph, 3, kinds=[Kind.SYSTEM, Kind.FIELD]) == ["s", "f"]
    for within, ids in (
        ("j", ["d", "f", "j", "j.1", "r", "s"]),
        ("d", ["d", "f", "r", "s"]),
        ("s", ["f", "r", "s"]),
        ("r", ["f", "r"]),
        ("d.2", ["d.2", "r.2"]),
    ):
        assert sorted(await everything(graph, 3, within=within)) == ids
    assert await everything(graph, 3, kinds=[Kind.RESOURCE], within="d.2") == ["r.2"]
    assert await everything(graph, 3, kinds=[]) == []
    with pytest.raises(NotFound):
        await changes(graph, 0, 10, within="nobody")
    with pytest.raises(BadInput):
        await changes(graph, 0, 10, within="f")


async def test_both_ends_of_links_and_placeholders_are_listed_each_once(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    here = (await position(graph)).sequence
    twice = [{"fact": "feeds", "from": "r", "to": "r.2", "job": job} for job in ("a", "b")]
    unknown = {"fact": "feeds", "from": "r", "to": "x"}
    reads = {"fact": "reads", "system": "s", "resource": "r.2"}
    await state(graph, tmp_path, [*twice, unknown, reads], "b")
    await state(graph, tmp_path, [{"fact": "resource", "id": "r", "provider": "nobody"}])
    await state(graph, tmp_path, twice, "b", full=True)
    found = (await changes(graph, here, 10)).changes
    assert [(sorted(change.ids), change.count) for change in found] == [
        (["r", "r.2", "x"], 3),
        (["r.2", "s"], 2),
        (["nobody", "r"], 2),
        (["r", "x"], 2),
        (["r.2", "s"], 2),
    ]
    linked = (await changes(graph, here, 10, [Kind.SYSTEM])).changes
    assert [change.ids for change in linked] == [["s"], ["s"]]
    used = (await changes(graph, here, 10, within="d.2")).changes
    assert [change.ids for change in used] == [["r.2"], ["r.2"], ["r.2"]]


async def test_a_change_of_very_many_is_told_but_not_listed(graph: Graph, tmp_path: Path) -> None:
    many = [{"fact": "jurisdiction", "id": f"j{number}"} for number in range(MOST_IDS + 1)]
    await state(graph, tmp_path, many)
    for narrowed in ({}, {"kinds": [Kind.FIELD]}):
        [change] = (await changes(graph, 0, 10, **narrowed)).changes  # type: ignore[arg-type]
        assert (change.ids, change.count, change.listed) == ([], MOST_IDS + 1, False)


async def test_wrong_numbers_are_refused_with_the_way_out(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    head = (await position(graph)).sequence
    assert (await changes(graph, head, 10)).changes == []
    for since, first in ((0, 0), (0, MOST + 1), (head + 1, 10)):
        with pytest.raises(BadInput):
            await changes(graph, since, first)


async def test_how_far_behind_something_is_counts_from_the_first_change_that_it_lacks(
    graph: Graph, tmp_path: Path
) -> None:
    here = await position(graph)
    assert await behind(graph, here.sequence, here) == Behind(0, 0)
    began = now()
    await state(graph, tmp_path, FACTS)
    first = await position(graph)
    await asyncio.sleep(0.3)
    await state(graph, tmp_path, [{"fact": "system", "id": "s", "name": "新", "department": "d"}])
    head = await position(graph)
    found = await behind(graph, here.sequence, head)
    assert found.changes == head.sequence - here.sequence
    assert 0.3 <= found.seconds <= (now() - began) / 1_000_000
    later = await behind(graph, first.sequence, head)
    assert later.changes == 1
    assert later.seconds < found.seconds
    assert await behind(graph, head.sequence + 5, head) == Behind(0, 0)  # the graph was put back


async def test_a_watch_knows_who_is_the_farthest_behind(graph: Graph) -> None:
    watch = Watch(graph)
    with watch.following(5) as one, watch.following(5) as other:
        one.sequence = 7
        assert (watch.followers, watch.last) == (2, 5)
        other.sequence = 8
        assert watch.last == 7
    assert watch.followers == 0
    assert watch.last is None


async def test_who_waits_is_woken_by_what_anybody_writes(graph: Graph, tmp_path: Path) -> None:
    watch = Watch(graph, 0.02)
    here = (await position(graph)).sequence
    waiting = [asyncio.create_task(watch.beyond(here)) for _ in range(3)]
    await asyncio.sleep(0.2)
    assert not any(task.done() for task in waiting)
    await state(graph, tmp_path, FACTS)
    async with asyncio.timeout(5):
        assert all(found > here for found in await asyncio.gather(*waiting))
    before = graph.statements
    await asyncio.sleep(0.2)
    assert graph.statements - before <= 1
    async with asyncio.timeout(5):
        assert await watch.beyond(here) > here
    await watch.close()
    await wipe(graph)
