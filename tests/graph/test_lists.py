"""Lists: filters, order and pages on both engines, against plain Python over the same rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.engine import Graph
from graph.facts import Kind, Thing
from graph.lists import PAGE, Lister, Listing, Order
from graph.paging import Page, Position, cursor, other_side, page, read_cursor
from graph.refusals import BadInput
from graph.writes import write_things
from tests.engines import wipe
from tests.graph.stating import state

# Half and full width, a surrogate-pair character beside the last of the plane before it, case, emptiness.
NAMES = ("A局", "Ａ局", "a局", "市局", "\uffdc局", "\U00020000局", "\U0002a6d6局", "\ue000局", "", " 局", "局")


def systems(rows: Mapping[str, Mapping[str, Any]]) -> list[Thing]:
    """Things of one kind by id."""
    return [Thing(Kind.SYSTEM, id, values, source="test") for id, values in rows.items()]


async def listed(graph: Graph, listing: Listing, page: Page | None = None, size: int = 1_000) -> list[str]:
    """The ids of a page, in its direction."""
    return [row.record["id"] for row in await Lister(graph, listing).page(page or Page(), size)]


def key(order: Order, id: str, values: Mapping[str, Any], descending: bool) -> Position:
    """Value and id that a row is ordered by, in plain Python: strings compare by code point."""
    absent = "" if descending else "\U0010ffff"
    value = {Order.ID: id, Order.NAME: values.get("name") or id, Order.CODE: values.get("code", absent)}[order]
    return value, id


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("order", [Order.ID, Order.NAME, Order.CODE])
async def test_the_order_is_by_code_point_on_every_engine(graph: Graph, order: Order, descending: bool) -> None:
    rows: dict[str, dict[str, Any]] = {}
    for number, name in enumerate(NAMES):
        rows[f"{name}{number}"] = {"name": name or None, "code": name} if number % 3 else {"name": name or None}
        rows[f"系{number}"] = {"name": name or None}
    await write_things(graph, Kind.SYSTEM, systems(rows))
    found = await listed(graph, Listing(Kind.SYSTEM, order=order, descending=descending))
    expected = sorted(rows, key=lambda id: key(order, id, rows[id], descending), reverse=descending)
    assert found == expected


async def test_what_has_no_value_comes_last_both_ways(graph: Graph) -> None:
    await write_things(graph, Kind.SYSTEM, systems({"a": {"code": "1"}, "b": {}, "c": {"code": "2"}, "d": {}}))
    assert await listed(graph, Listing(Kind.SYSTEM, order=Order.CODE)) == ["a", "c", "b", "d"]
    assert await listed(graph, Listing(Kind.SYSTEM, order=Order.CODE, descending=True)) == ["c", "a", "d", "b"]


async def test_the_last_change_comes_last(graph: Graph) -> None:
    for id in ("b", "a", "c"):
        await write_things(graph, Kind.SYSTEM, systems({id: {"name": "一"}}))
    await write_things(graph, Kind.SYSTEM, systems({"b": {"name": "二"}}))
    assert await listed(graph, Listing(Kind.SYSTEM, order=Order.UPDATED)) == ["a", "c", "b"]


FACTS: list[dict[str, Any]] = [
    {"fact": "jurisdiction", "id": "j", "name": "省", "level": "PROVINCIAL"},
    {"fact": "jurisdiction", "id": "j.1", "name": "市", "level": "MUNICIPAL", "within": "j"},
    {"fact": "jurisdiction", "id": "j.1.1", "name": "县", "level": "COUNTY", "within": "j.1"},
    {"fact": "jurisdiction", "id": "k", "name": "他省", "level": "PROVINCIAL"},
    {"fact": "department", "id": "d", "name": "省局", "jurisdiction": "j", "uscc": "11320600014208013B"},
    {"fact": "department", "id": "d.1", "name": "县局", "jurisdiction": "j.1.1", "part_of": "d"},
    {"fact": "department", "id": "d.2", "name": "他局", "jurisdiction": "k"},
    {"fact": "element", "id": "e", "name": "姓名", "source": "d"},
    {"fact": "system", "id": "s", "name": "省系统", "department": "d", "status": "LIVE"},
    {"fact": "system", "id": "s.1", "name": "县系统", "department": "d.1", "status": "RETIRED", "secrecy": "SECRET"},
    {"fact": "resource", "id": "r", "name": "户籍 信息", "provider": "d", "system": "s.1", "share_type": "WITHHELD"},
    {"fact": "resource", "id": "r.1", "name": "婚姻信息", "system": "s.1", "code": "c1", "share_type": "CONDITIONAL"},
    {"fact": "resource", "id": "r.2", "name": "他信息", "provider": "nobody", "system": "s.1", "open": True},
    {"fact": "resource", "id": "r.3", "name": "旧信息", "provider": "d.2", "valid_to": "2020-01-01", "open": False},
    {"fact": "field", "id": "f", "name": "姓名", "resource": "r", "element": "e", "data_type": "C"},
    {"fact": "field", "id": "f.1", "name": "姓 名", "resource": "r.1", "element": "e"},
    {"fact": "field", "id": "f.3", "name": "性别", "resource": "r.3", "share_type": "WITHHELD"},
    {"fact": "agreement", "id": "a", "provider": "d", "consumer": "d.2", "system": "s", "covers": ["r"]},
    {"fact": "agreement", "id": "a.1", "provider": "d.2", "consumer": "d.1", "covers": ["f.3"], "status": "ACTIVE"},
]

CASES: list[tuple[Kind, dict[str, Any], list[str]]] = [
    (Kind.JURISDICTION, {"jurisdictions": ["j"]}, ["j", "j.1", "j.1.1"]),
    (Kind.JURISDICTION, {"level": ["COUNTY", "MUNICIPAL"]}, ["j.1", "j.1.1"]),
    (Kind.DEPARTMENT, {"jurisdictions": ["j"]}, ["d", "d.1"]),
    (Kind.DEPARTMENT, {"jurisdictions": ["j.1.1", "k"]}, ["d.1", "d.2"]),
    (Kind.DEPARTMENT, {"jurisdictions": ["nowhere"]}, []),
    (Kind.DEPARTMENT, {"uscc": "11320600014208013B"}, ["d"]),
    (Kind.DEPARTMENT, {"part_of": ["d"]}, ["d.1"]),
    (Kind.SYSTEM, {"jurisdictions": ["j.1"]}, ["s.1"]),
    (Kind.SYSTEM, {"jurisdictions": ["j"], "departments": ["d", "d.2"]}, ["s"]),
    (Kind.SYSTEM, {"status": ["LIVE"]}, ["s"]),
    (Kind.SYSTEM, {"secrecy": ["SECRET"], "departments": ["d.1"]}, ["s.1"]),
    (Kind.RESOURCE, {"departments": ["d.1"]}, ["r.1"]),
    (Kind.RESOURCE, {"departments": ["d"]}, ["r"]),
    (Kind.RESOURCE, {"jurisdictions": ["j"]}, ["r", "r.1"]),
    (Kind.RESOURCE, {"system": ["s.1"]}, ["r", "r.1", "r.2"]),
    (Kind.RESOURCE, {"system": ["s.1"], "departments": ["d.1", "d.2"]}, ["r.1"]),
    (Kind.RESOURCE, {"element": ["e"]}, ["r", "r.1"]),
    (Kind.RESOURCE, {"element": ["e"], "departments": ["d"]}, ["r"]),
    (Kind.RESOURCE, {"code": "c1"}, ["r.1"]),
    (Kind.RESOURCE, {"share_type": ["WITHHELD", "CONDITIONAL"]}, ["r", "r.1"]),
    (Kind.RESOURCE, {"open": False}, ["r.3"]),
    (Kind.RESOURCE, {"name_contains": "户籍信息"}, ["r"]),
    (Kind.RESOURCE, {"name_contains": "信息", "system": ["s.1"]}, ["r", "r.1", "r.2"]),
    (Kind.RESOURCE, {"in_force": True}, ["r", "r.1", "r.2"]),
    (Kind.RESOURCE, {"in_force": False}, ["r.3"]),
    (Kind.RESOURCE, {"ids": ["r.1", "s", "unknown"]}, ["r.1"]),
    (Kind.RESOURCE, {"ids": ["r", "r.1"], "departments": ["d"]}, ["r"]),
    (Kind.RESOURCE, {"source": "a"}, ["r", "r.1", "r.2", "r.3"]),
    (Kind.RESOURCE, {"source": "another"}, []),
    (Kind.RESOURCE, {"updated_since": 2**60}, []),
    (Kind.FIELD, {"resource": ["r", "r.3"]}, ["f", "f.3"]),
    (Kind.FIELD, {"element": ["e"]}, ["f", "f.1"]),
    (Kind.FIELD, {"element": ["e"], "departments": ["d.1"]}, ["f.1"]),
    (Kind.FIELD, {"system": ["s.1"]}, ["f", "f.1"]),
    (Kind.FIELD, {"system": ["s.1"], "resource": ["r", "r.3"]}, ["f"]),
    (Kind.FIELD, {"jurisdictions": ["j"]}, ["f", "f.1"]),
    (Kind.FIELD, {"jurisdictions": ["k"]}, ["f.3"]),
    (Kind.FIELD, {"departments": ["d"], "name_contains": "姓名"}, ["f"]),
    (Kind.FIELD, {"in_force": True}, ["f", "f.1"]),
    (Kind.FIELD, {"in_force": False, "jurisdictions": ["k"]}, ["f.3"]),
    (Kind.FIELD, {"share_type": ["WITHHELD"]}, ["f.3"]),
    (Kind.FIELD, {"data_type": ["C"]}, ["f"]),
    (Kind.FIELD, {"has_element": True}, ["f", "f.1"]),
    (Kind.FIELD, {"has_element": False, "departments": ["d.2"]}, ["f.3"]),
    (Kind.ELEMENT, {"departments": ["d"]}, ["e"]),
    (Kind.ELEMENT, {"jurisdictions": ["k"]}, []),
    (Kind.AGREEMENT, {"departments": ["d.2"]}, ["a", "a.1"]),
    (Kind.AGREEMENT, {"jurisdictions": ["j.1"]}, ["a.1"]),
    (Kind.AGREEMENT, {"provider": ["d.2"]}, ["a.1"]),
    (Kind.AGREEMENT, {"consumer": ["d.2"], "departments": ["d"]}, ["a"]),
    (Kind.AGREEMENT, {"system": ["s"]}, ["a"]),
    (Kind.AGREEMENT, {"covers": ["f.3", "f"]}, ["a.1"]),
    (Kind.AGREEMENT, {"status": ["ACTIVE"]}, ["a.1"]),
]


async def test_filters_leave_just_what_they_say(graph: Graph, tmp_path: Path) -> None:
    """All in one test, as the facts are the same; each answer in each order, and counted."""
    await state(graph, tmp_path, FACTS)
    wrong = []
    for kind, filters, expected in CASES:
        for order in Order:
            listing = Listing(kind, filters, order=order)
            found = sorted(await listed(graph, listing))
            count = await Lister(graph, listing).count()
            if found != expected or count != len(expected):
                wrong.append((kind, filters, order, found, count))
    assert wrong == []


async def test_placeholders_and_closed_things_are_listed_only_when_asked_for(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    gone = [fact for fact in FACTS if fact["id"] != "r.3"]
    await state(graph, tmp_path, gone, full=True)
    assert await listed(graph, Listing(Kind.DEPARTMENT)) == ["d", "d.1", "d.2"]
    assert await listed(graph, Listing(Kind.DEPARTMENT, unregistered=True)) == ["nobody"]
    assert await listed(graph, Listing(Kind.RESOURCE)) == ["r", "r.1", "r.2"]
    assert await listed(graph, Listing(Kind.RESOURCE, closed=True)) == ["r.3"]
    assert await listed(graph, Listing(Kind.RESOURCE, {"in_force": True}, closed=True)) == []


async def test_facets_count_the_filtered_list(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    found = await Lister(graph, Listing(Kind.RESOURCE, {"system": ["s.1"]})).facets()
    shown = {name: [(facet.value, facet.name, facet.count) for facet in facets] for name, facets in found.items()}
    assert shown["department"] == [("d", "省局", 1), ("d.1", "县局", 1), ("nobody", "nobody", 1)]
    assert shown["jurisdiction"] == [("j", "省", 1), ("j.1.1", "县", 1), (None, None, 1)]
    assert shown["share_type"] == [("CONDITIONAL", None, 1), ("WITHHELD", None, 1), (None, None, 1)]
    assert shown["system"] == [("s.1", "县系统", 3)]
    assert shown["source"] == [("a", None, 3)]
    fields = await Lister(graph, Listing(Kind.FIELD)).facets()
    assert [(facet.value, facet.count) for facet in fields["department"]] == [("d", 1), ("d.1", 1), ("d.2", 1)]


async def test_a_statement_each_for_page_count_and_facets(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    lister = Lister(graph, Listing(Kind.RESOURCE, {"share_type": ["WITHHELD"]}))
    before = graph.statements
    await lister.page(Page(), 10)
    await lister.count()
    assert graph.statements - before == 2


# Pages.


def test_a_cursor_is_read_back_and_belongs_to_its_order() -> None:
    text = cursor("NAME", ("户籍\U00020000", "r/1"))
    assert read_cursor("NAME", text, "after") == ("户籍\U00020000", "r/1")
    for wrong in ("", "!", "户", text[:-2], text + "A", cursor("ID", ("a", "a")), "W10", "bnVsbA", "W1tdLDEsMl0"):
        with pytest.raises(BadInput, match="after: ") as refused:
            read_cursor("NAME", wrong, "after")
        assert refused.value.argument == "after"


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ({"first": -1}, "first"),
        ({"first": 1_001}, "first"),
        ({"first": None, "last": -1}, "last"),
        ({"first": None, "last": 2_000}, "last"),
        ({"first": 1, "last": 1}, "last"),
        ({"first": 1, "before": "x"}, "before"),
    ],
)
def test_wrong_pages_are_refused_by_the_argument_s_name(arguments: dict[str, Any], argument: str) -> None:
    with pytest.raises(BadInput, match=f"^{argument}: ") as refused:
        page("ID", **{"after": None, **arguments})
    assert refused.value.argument == argument


Act = tuple[str, Any]
ROWS = st.tuples(st.sampled_from([f"{name}{n}" for name in NAMES[:6] for n in range(3)]), st.sampled_from(NAMES))
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(ROWS, min_size=1, max_size=3)),
        st.tuples(st.just("turn"), st.integers(1, 3)),
    ),
    max_size=8,
)


async def _walk(
    graph: Graph, rows: Sequence[tuple[str, str]], acts: Sequence[Act], listing: Listing, back: bool
) -> None:
    """Page through a list while rows are added: each page is what lies ahead then, in order."""
    there = {id: {"name": name or None} for id, name in rows}

    def at(id: str) -> Position:
        return key(listing.order, id, there[id], listing.descending)

    await write_things(graph, Kind.SYSTEM, systems(there))
    lister = Lister(graph, listing)
    reverse = listing.descending != back
    seen: list[str] = []
    last: Position | None = None
    begin: Position | None = None
    for act, value in [*acts, ("turn", 50)]:
        if act == "add":
            new = {id: {"name": name or None} for id, name in value if id not in there}
            there |= new
            await write_things(graph, Kind.SYSTEM, systems(new))
            continue
        asked = Page(value, before=begin, backward=True) if back else Page(value, after=begin)
        found = await lister.page(asked, value + 1)
        ahead = [id for id in there if last is None or ((at(id) < last) if reverse else (at(id) > last))]
        expected = sorted(ahead, key=at, reverse=reverse)
        assert [row.record["id"] for row in found] == expected[: value + 1]
        other = other_side(asked)
        behind = bool(other and await lister.page(other, 1))
        assert behind == bool(set(there) - set(ahead))
        taken = found[:value]
        seen += [row.record["id"] for row in taken]
        if taken:
            begin, last = taken[-1].position, at(taken[-1].record["id"])
    assert len(seen) == len(set(seen))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(ROWS, max_size=6),
    acts=ACTS,
    order=st.sampled_from([Order.ID, Order.NAME]),
    descending=st.booleans(),
    back=st.booleans(),
)
async def test_pages_stay_right_while_rows_are_added(
    graph: Graph, rows: list[tuple[str, str]], acts: list[Act], order: Order, descending: bool, back: bool
) -> None:
    await wipe(graph)
    await _walk(graph, list(dict(rows).items()), acts, Listing(Kind.SYSTEM, order=order, descending=descending), back)


def test_each_kind_can_start_from_everything() -> None:
    assert {(kind, "all", down) for kind in Kind for down in (False, True)} <= PAGE.keys()
