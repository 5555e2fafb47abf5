"""How things were: each as it was recorded at an instant, and its versions with what made them."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.changes import now, position
from graph.engine import Graph
from graph.facts import Kind, Link, Thing
from graph.history import EVER, Act, Then, Told, as_known, count, histories
from graph.link_writes import write_links
from graph.paging import Page
from graph.things import Record, by_ids
from graph.withdraw import withdraw_things
from graph.writes import write_things
from tests.engines import wipe

IDS = ("r", "resource:乙", "s")


def resource(id: str, source: str = "a", **values: Any) -> Thing:
    return Thing(Kind.RESOURCE, id, values, source=source)


async def moment(graph: Graph) -> int:
    """Now, apart from all that was recorded."""
    return max(now(), (await position(graph)).at)


async def told(graph: Graph, id: str, kind: Kind = Kind.RESOURCE) -> list[Told]:
    return (await histories(graph, kind, [(id, EVER)], Page(), 50))[id, EVER]


async def known(graph: Graph, id: str, at: int, kind: Kind = Kind.RESOURCE) -> Record | None:
    """A thing as it was recorded at an instant."""
    found = await as_known(graph, kind, [(id, at)])
    return found[id, at].record(kind, Then(None, at)) if found else None


def summed(history: Sequence[Told]) -> list[tuple[str, list[str], dict[str, tuple[Any, Any]]]]:
    return [(one.act, list(one.by), {d.name: (d.before, d.after) for d in one.differences}) for one in history]


async def test_a_history_tells_what_changed_by_whom_newest_first(graph: Graph) -> None:
    await write_things(graph, Kind.RESOURCE, [resource("r", "目录", name="户籍", code="1", valid_from=0)])
    await write_things(graph, Kind.RESOURCE, [resource("r", "台账", name="户籍人口", provider="d")])
    await withdraw_things(graph, Kind.RESOURCE, ["r"], "台账")
    await withdraw_things(graph, Kind.RESOURCE, ["r"], "目录")
    await write_things(graph, Kind.RESOURCE, [resource("r", "person:张", abstract="回来")])
    history = await told(graph, "r")
    assert summed(history) == [
        (Act.STATED, ["person:张"], {"abstract": (None, "回来")}),
        (Act.WITHDRAWN, ["目录"], {}),
        (Act.CHANGED, ["台账"], {"name": ("户籍人口", "户籍"), "provider": ("d", None)}),
        (Act.CHANGED, ["台账"], {"name": ("户籍", "户籍人口"), "provider": (None, "d")}),
        (
            Act.STATED,
            ["目录"],
            {"name": (None, "户籍"), "code": (None, "1"), "valid_from": (None, "1970-01-01T00:00:00Z")},
        ),
    ]
    assert [one.sequence for one in history] == [5, 4, 3, 2, 1]
    starts = [one.version.recorded_from for one in history]
    assert [one.version.recorded_to for one in history] == [None, *starts[:-1]]
    assert [one.standing for one in history] == [True, False, False, False, False]


async def test_a_placeholder_was_named_before_it_was_stated(graph: Graph) -> None:
    """Also under a kind that was guessed wrong."""
    await write_links(graph, "FEEDS", [Link("FEEDS", "x", "y", {}, source="流")])
    guessed = await moment(graph)
    await write_things(graph, Kind.FIELD, [Thing(Kind.FIELD, "y", {"name": "身份证号"}, source="a")])
    history = await told(graph, "y", Kind.FIELD)
    assert summed(history) == [(Act.STATED, ["a"], {"name": (None, "身份证号")}), (Act.NAMED, ["流"], {})]
    assert [one.version.kind for one in history] == [Kind.FIELD, Kind.RESOURCE]
    then = await known(graph, "y", guessed, Kind.FIELD)
    assert then is not None
    assert (then["kind"], then["unregistered"], then["name"], then["sources"]) == (Kind.FIELD, True, "y", None)


async def test_a_source_that_changes_nothing_makes_no_version_and_is_known_all_the_same(graph: Graph) -> None:
    await write_things(graph, Kind.RESOURCE, [resource("r", "a", name="甲")])
    alone = await moment(graph)
    await write_things(graph, Kind.RESOURCE, [resource("r", "b", name="甲")])
    both = await moment(graph)
    await withdraw_things(graph, Kind.RESOURCE, ["r"], "a")
    left = await moment(graph)
    assert len(await told(graph, "r")) == 1
    sources = [(await known(graph, "r", at) or {})["sources"] for at in (alone, both, left)]
    assert sources == [["a"], ["a", "b"], ["b"]]
    await write_things(graph, Kind.RESOURCE, [resource("r", "b", name="乙")])
    sources = [(await known(graph, "r", at) or {})["sources"] for at in (alone, both, left)]
    assert sources == [["a"], ["a", "b"], ["b"]]


async def test_what_was_not_known_yet_is_nothing(graph: Graph) -> None:
    before = await moment(graph)
    await write_things(graph, Kind.RESOURCE, [resource("r", name="甲")])
    assert await as_known(graph, Kind.RESOURCE, [("r", before), ("nobody", EVER)]) == {}
    assert (await told(graph, "nobody")) == []


async def test_pages_of_a_history_are_parts_of_it_in_both_directions(graph: Graph) -> None:
    for number in range(7):
        await write_things(graph, Kind.RESOURCE, [resource("r", name=f"名{number}"), resource("q", name="乙")])
    whole = await told(graph, "r")
    assert [one.differences[0].after for one in whole] == [f"名{number}" for number in range(6, -1, -1)]

    async def paged(page: Page, known_at: int = EVER) -> list[Told]:
        pairs = [("q", EVER), ("r", known_at)]
        return (await histories(graph, Kind.RESOURCE, pairs, page, page.size))["r", known_at]

    for size in (1, 3, 9):
        for at in range(7):
            here = whole[at].position
            assert await paged(Page(size, after=here)) == whole[at + 1 : at + 1 + size]
            assert await paged(Page(size, before=here, backward=True)) == whole[max(0, at - size) : at][::-1]
            assert await paged(Page(1, after=here, here=True)) == [whole[at]]
            assert await paged(Page(1, before=here, backward=True, here=True)) == [whole[at]]
            assert await paged(Page(9, after=whole[0].position, before=here)) == whole[1:at]
    assert await paged(Page(2, backward=True)) == whole[:-3:-1]
    middle = whole[3].version.recorded_from
    then = await paged(Page(), middle)
    assert [one.version for one in then] == [one.version for one in whole[3:]]
    assert [one.standing for one in then] == [True, False, False, False]
    pairs = [("r", EVER), ("r", middle), ("r", 1), ("q", EVER), ("nobody", EVER)]
    assert list((await count(graph, Kind.RESOURCE, pairs)).values()) == [7, 4, 0, 1, 0]


async def test_many_histories_cost_two_statements(graph: Graph) -> None:
    counts = []
    for many in (2, 60):
        things = [resource(f"r{number}", name="甲") for number in range(many)]
        await write_things(graph, Kind.RESOURCE, things)
        await write_things(graph, Kind.RESOURCE, [resource(one.id, name=str(many)) for one in things])
        before = graph.statements
        found = await histories(graph, Kind.RESOURCE, [(one.id, EVER) for one in things], Page(), 50)
        assert all(len(history) >= 2 for history in found.values())
        counts.append(graph.statements - before)
    assert counts == [2, 2]


KEYS = {"name": ("甲", "乙", None), "code": ("1", None), "provider": ("d", "e", None), "valid_to": (5, None)}


@st.composite
def steps(draw: st.DrawFn) -> tuple[str, str, Any]:
    """A statement or a withdrawal of one source about some things."""
    source = draw(st.sampled_from(("a", "b", "person:张")))
    some = draw(st.lists(st.sampled_from(IDS), min_size=1, unique=True))
    if draw(st.integers(0, 2)) == 0:
        return "withdraw", source, some
    values = {key: st.sampled_from(of) for key, of in KEYS.items()}
    return "state", source, {id: draw(st.fixed_dictionaries({}, optional=values)) for id in some}


async def take(graph: Graph, act: str, source: str, what: Any) -> None:
    if act == "withdraw":
        await withdraw_things(graph, Kind.RESOURCE, what, source)
    else:
        await write_things(graph, Kind.RESOURCE, [resource(id, source, **values) for id, values in what.items()])


def shown(record: Record | None) -> Mapping[str, Any] | None:
    """What is the same whenever it is asked for: not what was stored of it for other ends."""
    if record is None:
        return None
    left = {key: value for key, value in record.items() if value is not None}
    for key in ("number", "sequence", "flows", "then"):
        left.pop(key, None)
    return left | {"sources": sorted(record.get("sources") or [])}


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(steps(), min_size=1, max_size=10))
async def test_at_any_instant_a_thing_is_what_was_recorded_then(graph: Graph, history: list[Any]) -> None:
    await wipe(graph)
    seen: dict[int, dict[str, Record]] = {}
    for step in history:
        await take(graph, *step)
        seen[await moment(graph)] = await by_ids(graph, Kind.RESOURCE, IDS)
    for at, records in seen.items():
        for id in IDS:
            assert shown(await known(graph, id, at)) == shown(records.get(id)), (id, at)
    histories_of = await histories(graph, Kind.RESOURCE, [(id, EVER) for id in IDS], Page(), 50)
    found = {id: history for (id, _), history in histories_of.items()}
    for id in IDS:
        versions = {record[id]["recorded_from"]: record[id] for record in seen.values() if id in record}
        told_of = {one.version.recorded_from: one for one in reversed(found[id])}
        assert list(told_of) == sorted(versions)
        before: Mapping[str, Any] = {}
        for start, record in versions.items():
            one = told_of[start]
            after = {key: record[key] for key in KEYS if record.get(key) is not None and record[key] != id}
            differing = [key for key in ("name", "code", "provider", "valid_to") if before.get(key) != after.get(key)]
            assert [d.name for d in one.differences] == differing
            assert (one.act is Act.WITHDRAWN) == ("closed" in record)
            before = after
        assert all(len(one.by) == 1 for one in found[id])
