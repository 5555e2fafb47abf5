"""Cycles worked out by hand: what is one, what only looks like one, and how they are found and kept."""

import asyncio
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph.changes import now
from graph.crossings import Behind, Crossing
from graph.cuts import cut
from graph.cycles import AskedCycles, Cycles
from graph.engine import Graph
from graph.facts import Kind, Link, Thing, as_instant
from graph.link_writes import write_links
from graph.moment import Level
from graph.paging import Page
from graph.projection import Projection
from graph.refusals import BadInput, Moved, NotFound, TooCostly
from graph.writes import write_things
from tests.engines import wipe
from tests.graph.asking import ZONE
from tests.graph.cycling import Answer, finder, pairs, sets
from tests.graph.stating import state

WAYS = pytest.mark.parametrize("megabytes", [100, 0])


def flows(*texts: str, **times: str) -> list[Answer]:
    """Facts of feeds such as `A.f>B.g`, from a field to a field, or `A>B`; resources and fields included."""
    facts: dict[str, Answer] = {}
    links = []
    for text in texts:
        ends = []
        for part in text.split(">"):
            resource, _, field = part.partition(".")
            facts[resource] = {"fact": "resource", "id": resource, "name": f"资源{resource}"}
            if field:
                facts[part] = {"fact": "field", "id": part, "name": field, "resource": resource}
            ends.append(part)
        links.append({"fact": "feeds", "from": ends[0], "to": ends[1], **times})
    return [*facts.values(), *links]


def held(system: str, department: str, *resources: str) -> list[Answer]:
    """A system of a department, and what it holds."""
    named = [{"fact": "resource", "id": one, "system": system} for one in resources]
    return [{"fact": "system", "id": system, "department": department}, *named]


async def found(graph: Graph, megabytes: int, level: str = "RESOURCE", **more: Any) -> list[Answer]:
    return await sets(await finder(graph, megabytes), AskedCycles(Level[level], **more))


LOOKS = [
    ("ends that do not meet", ("A.f1>B.f2", "B.f3>A.f4"), ("A", "B"), None),
    ("one walk", ("A.f>B.g", "B.g>A.h"), ("A", "B"), ("A", "B")),
    ("one walk, from the other side", ("B.f>A.g", "A.g>B.h"), ("A", "B"), ("B", "A")),
    ("a whole leads on from any of its fields", ("A>B", "B.g>A.f"), ("A", "B"), ("A", "B")),
    ("a field leads on as its whole does", ("A.f>B.g", "B>A"), ("A", "B"), ("A", "B")),
    ("a whole goes on from where one came in", ("A>B", "C.f>A.h", "B.g>C.k"), ("A", "B", "C"), ("C", "A", "B")),
    ("what only sums up is not walked", ("A.f1>B.f2", "A>B", "B.f3>A.f4", "B>A"), ("A", "B"), None),
    ("wholes", ("A>B", "B>C", "C>A"), ("A", "B", "C"), ("A", "B", "C")),
    ("a step inside joins the two", ("A.f1>B.f2", "B.f2>B.f3", "B.f3>A.f4"), ("A", "B"), ("A", "B")),
    ("the shortest does not come back", ("A.f>B.g", "B.h>A.k", "B.g>C.m", "C.m>A.n"), ("A", "B"), ("A", "B", "C")),
    ("the smaller of two", ("A.f>C.g", "C.g>A.f", "A.f>B.g", "B.g>A.f"), ("A", "B"), ("A", "B")),
    ("of two ways from one start the smaller", ("A.f>B.g", "B.g>C.h", "C.h>B.k", "B.m>A.f"), ("A", "B"), ("B", "A")),
    ("met on the way back to another", ("A.f>B.g", "B.h>A.f", "B>C", "C>B"), ("A", "B"), ("B", "A")),
]


def apart(texts: tuple[str, ...] | None, number: int) -> tuple[str, ...] | None:
    """The same in a row of resources of its own."""
    return texts and tuple(re.sub("[A-Z]", lambda found: f"{found[0]}{number:02}", text) for text in texts)


@WAYS
async def test_whether_one_walk_comes_back(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    facts = [fact for number, look in enumerate(LOOKS) for fact in flows(*apart(look[1], number) or ())]
    await state(graph, tmp_path, facts)
    by_first = {one["members"][0]: one for one in await found(graph, megabytes)}
    assert len(by_first) == len(LOOKS)
    for number, (name, _, shortest, walk) in enumerate(LOOKS):
        one = by_first[f"A{number:02}"]
        assert (one["shortest"], one["walk"]) == (apart(shortest, number), apart(walk, number)), name
        assert one["closed"] == (walk is not None), name


@WAYS
async def test_what_is_no_cycle(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    """A diamond, a hub, self-loops, flows inside a resource, and a system that reads what its own data goes into."""
    facts = flows("A.f>B.g", "A.f>C.g", "B.g>D.h", "C.g>D.h", "A.f>A.f", "A>A", "D.h>D.k", "D.k>D.h")
    facts += held("S", "department:甲", "A")
    facts += [{"fact": "reads", "system": "S", "resource": "D"}]
    await state(graph, tmp_path, facts)
    for level in ("RESOURCE", "SYSTEM", "DEPARTMENT", "JURISDICTION"):
        assert await found(graph, megabytes, level) == []
    [inside] = await found(graph, megabytes, "FIELD")
    assert inside["members"] == ["D.h", "D.k"]
    assert await pairs(await finder(graph, megabytes), AskedCycles(Level.DEPARTMENT)) == []


@WAYS
async def test_fields_and_wholes_are_sets_of_their_own(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    """At FIELD level nothing is drawn from a whole to its fields."""
    await state(graph, tmp_path, flows("A.f>B.g", "B.g>A.f", "C>D", "D>C", "E>F", "F.k>E.m"))
    one, other = await found(graph, megabytes, "FIELD")
    assert (one["members"], other["members"]) == (["A.f", "B.g"], ["C", "D"])
    assert (one["walk"], other["walk"]) == (("A.f", "B.g"), ("C", "D"))
    assert [each["members"] for each in await found(graph, megabytes)] == [["A", "B"], ["C", "D"], ["E", "F"]]


@WAYS
async def test_a_cycle_is_there_while_all_its_links_are(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    facts = flows("A.f>B.g") + flows("B.g>A.f", valid_from="2020-01-01", valid_to="2022-01-01")
    await state(graph, tmp_path, facts)
    for moment, count in (("2019-12-31", 0), ("2020-01-01", 1), ("2021-12-31T23:59:59", 1), ("2022-01-01", 0)):
        at = as_instant(moment, ZONE)
        assert len(await found(graph, megabytes, as_of=at)) == count, moment
    before = now()
    await state(graph, tmp_path, flows("C.f>B.g", "B.g>C.f"))
    await state(graph, tmp_path, [{"fact": "resource", "id": "C", "valid_to": "2000-01-01"}])
    assert await found(graph, megabytes) == []  # a resource that is not in force takes its fields with it
    assert await found(graph, megabytes, known_at=before) == []
    at = as_instant("1999-01-01", ZONE)
    assert [one["members"] for one in await found(graph, megabytes, as_of=at)] == [["B", "C"]]


@WAYS
async def test_each_level_has_its_own(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    """A and B lie in one system, C in another of the same department, D has none of these, E is another's."""
    facts = flows("A.f>B.g", "B.g>C.h", "C.h>A.f", "C.h>D.k", "D.k>C.m", "E.f>A.n", "A.f>E.p")
    facts += held("S", "department:甲", "A", "B") + held("T", "department:甲", "C") + held("U", "department:乙", "E")
    facts += [{"fact": "department", "id": "department:甲", "jurisdiction": "jurisdiction:市"}]
    await state(graph, tmp_path, facts)
    members = {level.name: [one["members"] for one in await found(graph, megabytes, level.name)] for level in Level}
    assert members == {
        "FIELD": [["A.f", "B.g", "C.h"]],
        "RESOURCE": [["A", "B", "C", "D", "E"]],
        "SYSTEM": [["D", "S", "T", "U"]],
        "DEPARTMENT": [["D", "department:乙", "department:甲"]],
        "JURISDICTION": [["D", "department:乙", "jurisdiction:市"]],
    }
    [systems] = await found(graph, megabytes, "SYSTEM")
    assert systems["edges"]["S", "T"] == {"count": 1, "fields": 1, "resources": 1}
    assert (systems["shortest"], systems["closed"], systems["walk"]) == (("D", "T"), True, ("S", "T"))


@WAYS
async def test_within_takes_sets_that_lie_inside_as_a_whole(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    facts = flows("A.f>B.g", "B.g>A.f", "C.f>D.g", "D.g>C.f", "D.g>E.f", "E.f>D.g", "F.f>G.g", "G.g>F.f")
    facts += (
        held("S", "department:甲", "A", "B") + held("T", "department:甲", "C", "D") + held("U", "department:乙", "E")
    )
    facts += held("V", "department:丙", "F", "G")
    facts += [
        {"fact": "jurisdiction", "id": "jurisdiction:市", "within": "jurisdiction:省"},
        {"fact": "jurisdiction", "id": "jurisdiction:区", "within": "jurisdiction:市"},
        {"fact": "department", "id": "department:甲", "jurisdiction": "jurisdiction:市"},
        {"fact": "department", "id": "department:乙", "jurisdiction": "jurisdiction:区"},
        {"fact": "department", "id": "department:丙", "jurisdiction": "jurisdiction:旧"},
        {"fact": "jurisdiction", "id": "jurisdiction:旧", "valid_to": "2000-01-01"},
    ]
    await state(graph, tmp_path, facts)
    of = await finder(graph, megabytes)

    async def inside(id: str, level: Level = Level.RESOURCE) -> list[list[str]]:
        return [one["members"] for one in await sets(of, AskedCycles(level, id))]

    assert await inside("jurisdiction:省") == await inside("jurisdiction:市") == [["C", "D", "E"], ["A", "B"]]
    assert await inside("jurisdiction:区") == []
    assert await inside("department:甲") == [["A", "B"]]
    assert await inside("S") == [["A", "B"]]
    assert await inside("T") == await inside("U") == await inside("A") == []
    assert await inside("A", Level.FIELD) == []
    assert await inside("department:甲", Level.SYSTEM) == []
    assert await inside("jurisdiction:市", Level.DEPARTMENT) == [["department:乙", "department:甲"]]
    assert await inside("jurisdiction:市", Level.JURISDICTION) == [["jurisdiction:区", "jurisdiction:市"]]
    assert await inside("jurisdiction:旧") == []  # it is not in force, and holds nothing
    assert await inside("department:丙") == [["F", "G"]]
    assert [one["pair"] for one in await pairs(of, AskedCycles(Level.DEPARTMENT, "jurisdiction:省"))] == [
        ("department:乙", "department:甲")
    ]
    assert await pairs(of, AskedCycles(Level.DEPARTMENT, "department:甲")) == []


@WAYS
async def test_the_largest_come_first_then_the_smallest_id_by_code_point(
    graph: Graph, tmp_path: Path, megabytes: int
) -> None:
    """A full-width letter comes before Extension B by code point, after it by UTF-16."""
    names = ["Ａ", "𠀀", "乙", "Z", "a", "z"]
    texts = [f"{one}.f>{one}二.g" for one in names] + [f"{one}二.g>{one}.f" for one in names]
    texts += ["𠀀.f>𠀀三.h", "𠀀三.h>𠀀.f"]
    await state(graph, tmp_path, flows(*texts))
    firsts = [one["members"][0] for one in await found(graph, megabytes)]
    assert firsts == ["𠀀", "Z", "a", "z", "乙", "Ａ"]
    [largest, *_] = await found(graph, megabytes)
    assert largest["members"] == ["𠀀", "𠀀三", "𠀀二"]
    assert largest["shortest"] == ("𠀀", "𠀀三")


@WAYS
async def test_a_large_ring_is_one_set(graph: Graph, megabytes: int) -> None:
    count = 1_000
    order = np.random.default_rng(2).permutation(count).tolist()
    ring = zip(order, [*order[1:], order[0]], strict=True)
    await write_links(graph, "FEEDS", [Link("FEEDS", f"r{a:03}", f"r{b:03}", {}, source="a") for a, b in ring])
    [one] = await found(graph, megabytes)
    start = order.index(0)
    assert len(one["members"]) == count
    assert one["shortest"] == one["walk"] == tuple(f"r{at:03}" for at in order[start:] + order[:start])


@WAYS
async def test_links_behind_an_edge_are_in_order_and_come_in_pages(
    graph: Graph, tmp_path: Path, megabytes: int
) -> None:
    facts = flows("A.f>B.g", "A.h>B.g", "A>B", "B.g>A.f")  # A>B only sums up
    facts += [{**facts[-4], "job": "二"}, {**facts[-4], "job": "一", "valid_from": "2020-01-01"}]
    await state(graph, tmp_path, facts)
    found = await (await finder(graph, megabytes)).sets(AskedCycles(Level.RESOURCE))
    [one] = [found[place] for place in range(found.count)]
    edge = Crossing(one.ground, one.flows, 0, 1)
    assert (edge.source, edge.target, edge.count, edge.fields, edge.resources) == ("A", "B", 4, 2, 1)
    assert edge.jobs == ["一", "二"]
    behind = Behind(edge)
    await one.ground.learn(behind.needs)
    links = behind.records(range(behind.count))
    assert [(link["source"]["id"], link["job"]) for link in links] == [
        ("A.f", None),
        ("A.f", "一"),
        ("A.f", "二"),
        ("A.h", None),
    ]
    assert links[1]["valid_from"] == as_instant("2020-01-01", ZONE)
    assert links[0]["source"]["name"] == "f"
    assert links[0]["source"]["resource"] == {"id": "A", "name": "资源A"}
    places = [behind.position(row) for row in range(behind.count)]
    assert places == sorted(places)
    assert list(cut(behind.count, behind.position, Page(2, after=places[0]), 2)) == [1, 2]


@WAYS
async def test_mutual_dependence_counts_the_links_each_way(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    facts = flows("A.f>C.g", "A.h>C.g", "C.k>A.m", "A.f>E.p", "E.p>A.f", "E.p>D.q", "X.f>A.f", "A.f>X.f")
    facts += held("S", "department:甲", "A") + held("T", "department:乙", "C") + held("U", "department:丙", "E")
    facts += held("V", "department:丁", "D")
    await state(graph, tmp_path, facts)
    one, other = await pairs(await finder(graph, megabytes), AskedCycles(Level.DEPARTMENT))
    assert (one["pair"], one["count"], one["closed"]) == (("department:乙", "department:甲"), 3, False)
    assert one["there"] == {"count": 1, "fields": 1, "resources": 1, "links": [("C.k", "A.m", None)]}
    assert one["back"] == {
        "count": 2,
        "fields": 2,
        "resources": 1,
        "links": [("A.f", "C.g", None), ("A.h", "C.g", None)],
    }
    # X is of no department, and 丁 gives nothing back.
    assert (other["pair"], other["count"], other["closed"]) == (("department:丙", "department:甲"), 2, True)


@WAYS
async def test_an_answer_is_kept_while_nothing_changes(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    soon = now() + 3_600_000_000
    await write_links(graph, "FEEDS", [Link("FEEDS", "a", "b", {}, source="a")])
    await write_links(graph, "FEEDS", [Link("FEEDS", "b", "a", {"valid_to": soon}, source="a")])
    of, asked = await finder(graph, megabytes), AskedCycles(Level.RESOURCE)
    first = await of.sets(asked)
    before = graph.statements
    again = await asyncio.gather(*(of.sets(asked) for _ in range(3)))
    assert all(one is first for one in again)
    assert graph.statements - before == 1  # whether it has changed
    assert await of.sets(AskedCycles(Level.RESOURCE, as_of=soon)) is not first
    assert await of.sets(AskedCycles(Level.FIELD)) is not first
    assert await of.sets(asked) is first
    await state(graph, tmp_path, flows("c>d", "d>c"))
    assert [one["members"] for one in await sets(of, asked)][-1] == ["c", "d"]


async def test_a_survey_is_read_once_and_follows(graph: Graph, tmp_path: Path) -> None:
    texts = [f"A{at}.f>B{at}.g" for at in range(300)]
    await state(graph, tmp_path, flows(*texts, "A0.f>B0.h", "B0.h>A0.f"))
    of, asked = await finder(graph, 0), AskedCycles(Level.FIELD)
    before = graph.statements
    found, other = await asyncio.gather(of.sets(asked), of.sets(AskedCycles(Level.RESOURCE)))
    assert (found.count, other.count) == (1, 1)
    assert graph.statements - before < 60
    survey = of._survey
    assert survey is not None
    held = [id for id in survey.net.ids if "." in id]
    assert held == []
    await state(graph, tmp_path, flows("B1.g>A1.f"))
    before = graph.statements
    assert [one["members"] for one in await sets(of, asked)] == [["A0.f", "B0.h"], ["A1.f", "B1.g"]]
    assert graph.statements - before < 12
    await wipe(graph)
    await state(graph, tmp_path, flows("C.f>D.g", "D.g>C.f"))
    assert [one["members"] for one in await sets(of, asked)] == [["C.f", "D.g"]]
    await of.close()


async def test_the_name_that_a_field_had_is_shown_whatever_answers(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, flows("A.f>B.g", "B.g>A.f"))
    then = now()
    await state(graph, tmp_path, [{"fact": "field", "id": "A.f", "name": "新", "resource": "C"}])
    for megabytes in (100, 0):
        of = await finder(graph, megabytes)
        for known_at, name, resource in ((None, "新", "C"), (then, "f", "A")):
            one = (await of.sets(AskedCycles(Level.FIELD, known_at=known_at)))[0]
            [first, second] = one.ground.located(one.flows.nodes)
            assert (first["id"], first["name"], first["kind"], first["resource"]["id"]) == (
                "A.f",
                name,
                Kind.FIELD,
                resource,
            )
            assert second["name"] == "g"


async def test_what_is_being_looked_at_is_told_whatever_is_written_meanwhile(graph: Graph, tmp_path: Path) -> None:
    apart = {"fact": "field", "id": "孤", "name": "一"}
    links = [{"fact": "feeds", "from": "孤", "to": "A.f"}, {"fact": "feeds", "from": "A.f", "to": "孤"}]
    await state(graph, tmp_path, [*flows("A.f>B.g", "A.h>C.k"), apart, *links])
    of, asked = await finder(graph, 0), AskedCycles(Level.FIELD)
    one = (await of.sets(asked))[0]
    await state(graph, tmp_path, [{"fact": "field", "id": "孤", "resource": "D"}, *flows("C.k>A.h")])
    assert (await of.sets(asked)).count == 2
    assert [node["id"] for node in one.ground.located(one.flows.nodes)] == ["A.f", "孤"]
    pair = (await of.pairs(AskedCycles(Level.RESOURCE)))[0]
    await wipe(graph)
    with pytest.raises(Moved, match="another graph"):
        await pair.ground.learn(Behind(Crossing(pair.ground, pair.flows, pair.one, pair.other)).needs)
    await of.close()


async def test_a_graph_that_is_too_large_is_refused_with_a_way_out(graph: Graph) -> None:
    things = [Thing(Kind.RESOURCE, f"r{i}", {"name": str(i)}, source="a") for i in range(5_000)]
    await write_things(graph, Kind.RESOURCE, things)
    of = Cycles(graph, Projection(graph, 0), 1)
    for _ in range(2):
        with pytest.raises(TooCostly, match=r"in 1 MB: .*REGISTRY_PROJECTION_MB"):
            await of.sets(AskedCycles(Level.RESOURCE))


async def test_a_projection_that_is_too_small_leaves_it_to_a_survey(graph: Graph, tmp_path: Path) -> None:
    """Fields take less there."""
    texts = [f"A.f{at}>B.g{at}" for at in range(2_000)]
    await state(graph, tmp_path, flows(*texts, "B.g1>A.f1"))
    projection = Projection(graph, 1)
    await projection.fill()
    assert projection.state == "TOO_BIG"
    [one] = await sets(Cycles(graph, projection), AskedCycles(Level.FIELD))
    assert one["members"] == ["A.f1", "B.g1"]


@WAYS
async def test_mistakes_are_refused(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    before = now()
    await state(graph, tmp_path, [*flows("A.f>B.g"), {"fact": "element", "id": "E"}])
    of = await finder(graph, megabytes)
    for id, words in (("", "may not be empty"), ("A.f", "is a Field"), ("E", "is a DataElement")):
        with pytest.raises(BadInput, match=words) as raised:
            await of.sets(AskedCycles(Level.RESOURCE, id))
        assert raised.value.argument == "within"
    with pytest.raises(NotFound, match="does not know nobody"):
        await of.pairs(AskedCycles(Level.DEPARTMENT, "nobody"))
    with pytest.raises(NotFound, match="does not know A"):
        await of.sets(AskedCycles(Level.RESOURCE, "A", known_at=before))


async def test_an_empty_graph_has_none(graph: Graph) -> None:
    for megabytes in (100, 0):
        of = await finder(graph, megabytes)
        assert (await of.sets(AskedCycles(Level.SYSTEM))).count == 0
        assert (await of.pairs(AskedCycles(Level.DEPARTMENT))).count == 0


def test_pages_are_cut_from_either_end() -> None:
    def page(**more: Any) -> list[int]:
        size = more.pop("size", 3)
        return list(cut(10, lambda row: (row, ""), Page(size, **more), size))

    assert page() == [0, 1, 2]
    assert page(after=(2, "")) == [3, 4, 5]
    assert page(after=(2, ""), here=True) == [2, 3, 4]
    assert page(after=(2, ""), before=(4, "")) == [3]
    assert page(backward=True) == [9, 8, 7]
    assert page(before=(2, ""), backward=True) == [1, 0]
    assert page(before=(2, ""), backward=True, here=True) == [2, 1, 0]
    assert page(after=(8, ""), backward=True) == [9]
    assert page(after=(9, "")) == page(before=(0, ""), backward=True) == page(size=0) == []
    assert page(after=(7, ""), before=(3, "")) == []
