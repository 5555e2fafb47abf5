"""Contents and flows: every parent of a level in one statement, each with a page of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from graph import contained, contents
from graph.contents import MOST, Content, Contents
from graph.engine import Graph
from graph.facts import Kind
from graph.lists import Lister, Listing, Order
from graph.net import KINDS, Net
from graph.paging import Page
from graph.projection import Projection
from graph.refusals import TooCostly
from tests.graph.stating import state

FACTS: list[dict[str, Any]] = [
    {"fact": "jurisdiction", "id": "j", "name": "市"},
    {"fact": "jurisdiction", "id": "j.1", "name": "区", "within": "j"},
    {"fact": "department", "id": "d", "jurisdiction": "j", "order": 2},
    {"fact": "department", "id": "d.1", "jurisdiction": "j", "order": 1, "part_of": "d", "succeeded_by": "d.2"},
    {"fact": "department", "id": "d.2", "jurisdiction": "j"},
    {"fact": "element", "id": "e", "source": "d"},
    {"fact": "system", "id": "s", "department": "d"},
    {"fact": "system", "id": "s.2", "department": "d.2"},
    {"fact": "resource", "id": "r", "provider": "d", "system": "s.2"},
    {"fact": "resource", "id": "r.1", "system": "s"},
    {"fact": "resource", "id": "r.2", "provider": "d.2", "system": "s"},
    {"fact": "field", "id": "f.b", "resource": "r", "position": 1, "element": "e"},
    {"fact": "field", "id": "f.a", "resource": "r", "position": 2},
    {"fact": "field", "id": "f.c", "resource": "r"},
    {"fact": "field", "id": "f.1", "resource": "r.1", "element": "e"},
    {"fact": "feeds", "from": "f.a", "to": "f.1", "job": "一"},
    {"fact": "feeds", "from": "f.a", "to": "f.1", "job": "二"},
    {"fact": "feeds", "from": "f.a", "to": "f.b", "valid_to": "2020-01-01"},
    {"fact": "feeds", "from": "f.a", "to": "f.a"},
    {"fact": "feeds", "from": "r", "to": "r.1"},
    {"fact": "reads", "system": "s", "resource": "r", "job": "查询"},
    {"fact": "agreement", "id": "a", "provider": "d", "consumer": "d.2", "system": "s", "covers": ["r", "f.1", "x"]},
]

CASES: list[tuple[Contents, dict[str, list[str]]]] = [
    (Contents.LOWER_JURISDICTIONS, {"j": ["j.1"], "j.1": []}),
    (Contents.DEPARTMENTS, {"j": ["d.1", "d", "d.2"]}),
    (Contents.PARTS, {"d": ["d.1"], "d.1": []}),
    (Contents.PREDECESSORS, {"d.2": ["d.1"]}),
    (Contents.SYSTEMS, {"d": ["s"], "d.1": [], "d.2": ["s.2"]}),
    (Contents.PROVIDED, {"d": ["r", "r.1"], "d.2": ["r.2"], "d.1": []}),
    (Contents.ELEMENTS, {"d": ["e"]}),
    (Contents.GIVEN, {"d": ["a"], "d.2": []}),
    (Contents.RECEIVED, {"d": [], "d.2": ["a"]}),
    (Contents.HELD, {"s": ["r.1", "r.2"], "s.2": ["r"]}),
    (Contents.SERVING, {"s": ["a"]}),
    (Contents.FIELDS, {"r": ["f.b", "f.a", "f.c"], "r.1": ["f.1"], "r.2": []}),
    (Contents.COVERING_RESOURCE, {"r": ["a"], "r.1": [], "x": ["a"]}),
    (Contents.COVERING_FIELD, {"f.1": ["a"]}),
    (Contents.CARRIERS, {"e": ["f.1", "f.b"]}),
    (Contents.COVERED, {"a": ["f.1", "r", "x"]}),
    (Contents.FIELD_FEEDS, {"f.a": ["f.1", "f.1", "f.a", "f.b"], "f.1": []}),
    (Contents.FIELD_FED_BY, {"f.1": ["f.a", "f.a"], "f.a": ["f.a"]}),
    (Contents.RESOURCE_FEEDS, {"r": ["r.1"], "r.1": []}),
    (Contents.RESOURCE_FED_BY, {"r.1": ["r"]}),
    (Contents.READERS, {"r": ["s"]}),
    (Contents.READS, {"s": ["r"], "s.2": []}),
]


async def test_each_kind_of_contents(graph: Graph, tmp_path: Path) -> None:
    """Whole, counted, and page by page in both directions; a statement each, whatever the number of parents."""
    await state(graph, tmp_path, FACTS)
    assert {what for what, _ in CASES} == set(Contents)
    for what, expected in CASES:
        parents = [*expected, "unknown"]
        before = graph.statements
        found = await contents.page(graph, what, parents, Page(), 10)
        counts = await contents.count(graph, what, parents)
        assert graph.statements - before == 2
        ids = {parent: [row.record["id"] for row in rows] for parent, rows in found.items()}
        assert ids == {**expected, "unknown": []}, what
        assert counts == {parent: len(rows) for parent, rows in ids.items()}
        for parent, rows in expected.items():
            assert await _one_by_one(graph, what, parent, backward=False) == rows
            assert await _one_by_one(graph, what, parent, backward=True) == rows[::-1]


async def _one_by_one(graph: Graph, what: Contents, parent: str, *, backward: bool) -> list[str]:
    seen: list[str] = []
    page = Page(1, backward=backward)
    while rows := (await contents.page(graph, what, [parent], page, 1))[parent]:
        [row] = rows
        seen.append(row.record["id"])
        page = Page(1, before=row.position, backward=True) if backward else Page(1, after=row.position)
    return seen


async def test_a_link_is_told_with_its_thing(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    rows = (await contents.page(graph, Contents.FIELD_FEEDS, ["f.a"], Page(), 10))["f.a"]
    assert sorted(row.link["job"] for row in rows if row.link and row.link.get("job")) == ["一", "二"]
    in_force = await contents.page(graph, Contents.FIELD_FEEDS, ["f.a"], Page(), 10, True)
    assert [row.record["id"] for row in in_force["f.a"]] == ["f.1", "f.1", "f.a"]
    assert await contents.count(graph, Contents.FIELD_FEEDS, ["f.a"], False) == {"f.a": 1}


async def test_what_was_parted_is_no_longer_contained(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    await state(graph, tmp_path, [{"fact": "system", "id": "s", "department": "d.2"}])
    found = await contents.page(graph, Contents.SYSTEMS, ["d", "d.2"], Page(), 10)
    assert {parent: [row.record["id"] for row in rows] for parent, rows in found.items()} == {
        "d": [],
        "d.2": ["s", "s.2"],
    }


async def test_what_would_not_fit_in_memory_is_refused(graph: Graph) -> None:
    before = graph.statements
    with pytest.raises(TooCostly, match="first: "):
        await contents.page(graph, Contents.FIELDS, [str(n) for n in range(MOST // 1_000 + 1)], Page(1_000), 1_001)
    assert graph.statements == before


# The same from the projection.

HELD = (
    Contents.LOWER_JURISDICTIONS,
    Contents.DEPARTMENTS,
    Contents.SYSTEMS,
    Contents.PROVIDED,
    Contents.HELD,
    Contents.FIELDS,
)


def some_facts(random: Random) -> list[dict[str, Any]]:
    """Things in containers that may be missing, of one id or another, many with the same place."""
    ids = {kind: [f"{kind}{mark}{number}" for number in range(4) for mark in ("", "，", "𠀀")] for kind in "jdsrf"}

    def one(kind: str) -> str | None:
        return random.choice([*ids[kind], f"{kind}-nobody", None])

    facts: list[dict[str, Any]] = []
    for id in random.sample(ids["j"], 6):
        facts.append({"fact": "jurisdiction", "id": id, "name": random.choice(["市", None]), "within": one("j")})
    for id in random.sample(ids["d"], 8):
        facts.append({"fact": "department", "id": id, "jurisdiction": one("j"), "order": random.choice([1, 2, None])})
    for id in random.sample(ids["s"], 8):
        facts.append(
            {"fact": "system", "id": id, "department": one("d"), "valid_to": random.choice(["2020-01-01", None])}
        )
    for id in random.sample(ids["r"], 10):
        provider = one("d") if random.random() < 0.5 else None
        facts.append({"fact": "resource", "id": id, "system": one("s"), "provider": provider})
    for id in random.sample(ids["f"], 10):
        facts.append({"fact": "field", "id": id, "resource": one("r"), "position": random.choice([1, 2, None])})
    return facts


@pytest.mark.parametrize("seed", range(4))
async def test_the_projection_knows_the_same_contents(graph: Graph, tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    projection = Projection(graph, 100)
    for turn in range(3):
        await state(graph, tmp_path, some_facts(random), full=turn > 0)
        if turn:
            await projection.refresh()
        else:
            await projection.fill()
        net = projection.net
        for what in HELD:
            ids = [*net.index, "nobody"]
            for asked in (Page(1), Page(50), Page(50, backward=True)):
                stated = await contents.page(graph, what, ids, asked, asked.size, None, ["id", "name"])
                shown = contained.page(net, what, ids, asked, asked.size, ["id", "name"])
                assert shown is not None
                assert _told(shown) == _told(stated)
                for some in [rows for rows in stated.values() if len(rows) > 1][:2]:
                    after = Page(50, after=some[0].position, backward=asked.backward)
                    before = Page(1, before=some[-1].position, backward=asked.backward)
                    here = [replace(cut, here=True) for cut in (Page(1, after=some[0].position), before)]
                    for cut in (after, before, *here):
                        stated = await contents.page(graph, what, ids, cut, cut.size, None, ["id", "name"])
                        shown = contained.page(net, what, ids, cut, cut.size, ["id", "name"])
                        assert shown is not None
                        assert _told(shown) == _told(stated)
            assert contained.count(net, what, ids) == await contents.count(graph, what, ids)
        await check_lists(graph, net)


async def check_lists(graph: Graph, net: Net) -> None:
    """All of a kind by id, page by page from either end, is the same from the projection as by statements."""
    for kind in (Kind.JURISDICTION, Kind.DEPARTMENT, Kind.SYSTEM, Kind.RESOURCE, Kind.FIELD):
        listing, keys = Listing(kind), ["id", "name"]
        lister = Lister(graph, listing)
        assert contained.lists(net, listing, keys)
        rows = await lister.page(Page(50), 50, keys)
        assert rows
        middle = rows[len(rows) // 2].position
        pages = [Page(50), Page(2), Page(2, backward=True), Page(50, after=middle), Page(1, before=middle)]
        pages += [replace(one, here=True, backward=backward) for one in pages[3:] for backward in (False, True)]
        for asked in pages:
            assert contained.listed(net, listing, asked, asked.size, keys) == await lister.page(asked, asked.size, keys)


def test_the_projection_lists_nothing_else() -> None:
    net = Net()
    assert contained.lists(net, Listing(Kind.SYSTEM), ["id", "name"])
    assert not contained.lists(net, Listing(Kind.SYSTEM), ["id", "abstract"])
    assert not contained.lists(net, Listing(Kind.SYSTEM), None)
    others: list[dict[str, Any]] = [{"order": Order.NAME}, {"descending": True}, {"closed": True}]
    for other in [*others, {"unregistered": True}]:
        assert not contained.lists(net, Listing(Kind.SYSTEM, **other), ["id", "name"])
    assert not contained.lists(net, Listing(Kind.SYSTEM, {"status": ["LIVE"]}), ["id", "name"])
    assert contained.lists(net, Listing(Kind.SYSTEM, {"status": None}), ["id", "name"])
    net.alter()
    net.make_room(contained.FEW + 1)
    net.kind.data[:] = KINDS.index(Kind.SYSTEM)
    assert not contained.lists(net, Listing(Kind.SYSTEM), ["id", "name"])


def _told(found: Mapping[str, Sequence[Content]]) -> dict[str, list[Any]]:
    return {
        id: [(list(row.position), row.record["id"], row.record["name"], row.record["kind"]) for row in rows]
        for id, rows in found.items()
    }
