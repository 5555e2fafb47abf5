"""What became of a lineage between two moments, worked out by hand; on the projection and by statements."""

from pathlib import Path
from typing import Any

import pytest

from graph.changes import now, position
from graph.difference import Compared, Comparison, EdgeDifference, NodeDifference, compare
from graph.engine import Graph
from graph.facts import as_instant
from graph.lineage import Asked
from graph.moment import Level
from graph.reasons import Reason
from graph.refusals import BadInput, NotFound
from graph.walk import Budget
from tests.graph.asking import ZONE, lineages
from tests.graph.stating import state

Fact = dict[str, Any]
WAYS = pytest.mark.parametrize("megabytes", [100, 0])


def feeds(start: str, end: str, **more: Any) -> Fact:
    return {"fact": "feeds", "from": start, "to": end, **more}


def resources(*ids: str, **more: Any) -> list[Fact]:
    return [{"fact": "resource", "id": id, "name": f"{id}信息", **more} for id in ids]


async def moment(graph: Graph) -> int:
    """Now, apart from all that was recorded."""
    return max(now(), (await position(graph)).at)


class Differing:
    """Asks for differences downstream of `甲`."""

    def __init__(self, graph: Graph, megabytes: int) -> None:
        self._graph = graph
        self._megabytes = megabytes

    async def days(self, start: str, end: str, **more: Any) -> Comparison:
        """Between two dates of validity."""
        return await self._ask((as_instant(start, ZONE), as_instant(end, ZONE)), (None, None), **more)

    async def known(self, start: int, end: int | None = None, **more: Any) -> Comparison:
        """Between what was known at two instants."""
        return await self._ask((None, None), (start, end), **more)

    async def _ask(self, as_of: Any, known_at: Any, ids: tuple[str, ...] = ("甲",), **more: Any) -> Comparison:
        asked = Asked(ids, more.pop("direction", "DOWNSTREAM"), more.pop("level", Level.RESOURCE), **more)
        return await compare(await lineages(self._graph, self._megabytes), Compared(asked, as_of, known_at))


def nodes(found: Comparison) -> dict[str, Any]:
    """How each node differs, in what, and why."""
    return {one.id: _told(one) for one in found.nodes}


def edges(found: Comparison) -> dict[tuple[str, str], Any]:
    """How each edge differs, in what, and why."""
    return {(one.source, one.target): _told(one) for one in found.edges}


def _told(one: NodeDifference | EdgeDifference) -> tuple[str, dict[str, Any], list[Any]]:
    changes = {change.name: (change.before, change.after) for change in one.changes}
    return one.differs.value, changes, [_reason(reason) for reason in one.reasons]


def _reason(reason: Reason) -> tuple[Any, ...]:
    link = reason.link and (reason.link.start, reason.link.end, reason.link.job)
    changes = {change.name: (change.before, change.after) for change in reason.changes}
    return (reason.why.value, reason.thing or link, *([changes] if changes else []))


def day(text: str) -> int:
    return as_instant(text, ZONE)


@WAYS
async def test_between_two_dates_links_begin_and_end(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    """A hub with a cycle and a diamond: what is alike at both dates is not told."""
    await state(
        graph,
        tmp_path,
        [
            *resources("甲", "乙", "丙", "丁", "孤"),
            {"fact": "resource", "id": "戊", "name": "戊信息", "valid_to": "2020-06-01"},
            feeds("甲", "乙"),
            feeds("乙", "甲"),
            feeds("甲", "丙", valid_to="2020-01-01"),
            feeds("甲", "丁", job="夜间交换", valid_to="2020-03-01"),
            feeds("甲", "丁", job="实时接口", valid_from="2020-03-01"),
            feeds("乙", "丁", valid_from="2020-07-01"),
            feeds("甲", "戊"),
            feeds("甲", "孤", valid_from="2021-01-01"),
        ],
    )
    differing = Differing(graph, megabytes)
    found = await differing.days("2019-01-01", "2020-08-01")
    assert nodes(found) == {
        "丙": ("CLOSED", {}, [("REACH", None)]),
        "戊": ("CLOSED", {}, [("ENDED", "戊")]),
    }
    assert edges(found) == {
        ("乙", "丁"): ("ADDED", {}, [("BEGAN", ("乙", "丁", ""))]),
        ("甲", "丁"): (
            "ALTERED",
            {"jobs": (["夜间交换"], ["实时接口"])},
            [("ENDED", ("甲", "丁", "夜间交换")), ("BEGAN", ("甲", "丁", "实时接口"))],
        ),
        ("甲", "丙"): ("CLOSED", {}, [("ENDED", ("甲", "丙", ""))]),
        ("甲", "戊"): ("CLOSED", {}, [("ENDED", "戊")]),
    }
    ended = {(one.source, one.target): [reason.at for reason in one.reasons] for one in found.edges}
    assert ended["甲", "丁"] == [day("2020-03-01")] * 2
    assert ended["甲", "戊"] == [day("2020-06-01")]
    assert (found.complete, found.before.nodes, found.after.nodes) == (True, 5, 3)
    assert list(nodes(found)) == sorted(nodes(found))
    for start, end in (("2019-01-01", "2019-12-31"), ("2020-07-01", "2020-12-31"), ("2020-08-01", "2020-08-01")):
        same = await differing.days(start, end)
        assert (same.nodes, same.edges, same.complete) == ([], [], True)
    later = await differing.days("2020-08-01", "2022-01-01")
    assert nodes(later) == {"孤": ("ADDED", {}, [("REACH", None)])}


@WAYS
async def test_an_agreement_that_expires_alters_the_edge(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(
        graph,
        tmp_path,
        [
            {"fact": "department", "id": "民政局", "name": "市民政局"},
            *resources("甲"),
            *resources("乙", provider="民政局"),
            feeds("甲", "乙"),
            {"fact": "agreement", "id": "协议", "consumer": "民政局", "covers": ["甲"], "valid_to": "2020-01-01"},
        ],
    )
    found = await Differing(graph, megabytes).days("2019-01-01", "2021-01-01")
    assert nodes(found) == {}
    assert edges(found) == {("甲", "乙"): ("ALTERED", {"agreements": (["协议"], [])}, [("ENDED", "协议")])}


@WAYS
async def test_between_two_states_of_knowledge_things_are_recorded_changed_and_withdrawn(
    graph: Graph, tmp_path: Path, megabytes: int
) -> None:
    things = [
        {"fact": "system", "id": "旧系统", "name": "旧系统"},
        {"fact": "system", "id": "新系统", "name": "新系统"},
        *resources("甲", "乙", "丙", "丁"),
        *resources("戊", system="旧系统"),
    ]
    both = feeds("甲", "乙", job="交换")
    await state(graph, tmp_path, things, "登记")
    await state(
        graph,
        tmp_path,
        [both, feeds("甲", "丙"), feeds("甲", "丁", transformation="SELECT 1"), feeds("甲", "戊")],
        "目录",
    )
    await state(graph, tmp_path, [both], "台账")
    before = await moment(graph)
    kept = [feeds("甲", "丁", transformation="SELECT 2"), feeds("甲", "戊")]
    await state(graph, tmp_path, kept, "目录", full=True)
    changes = [{"fact": "resource", "id": "戊", "system": "新系统"}, {"fact": "resource", "id": "丁", "name": "改名"}]
    await state(graph, tmp_path, changes, "登记")
    await state(graph, tmp_path, [*resources("己"), feeds("丁", "己")], "接口")
    differing = Differing(graph, megabytes)
    found = await differing.known(before)
    assert nodes(found) == {
        "丙": ("CLOSED", {}, [("REACH", None)]),
        "丁": ("ALTERED", {"name": ("丁信息", "改名")}, [("CHANGED", "丁", {"name": ("丁信息", "改名")})]),
        "戊": (
            "ALTERED",
            {"system": ("旧系统", "新系统")},
            [("CHANGED", "戊", {"system": ("旧系统", "新系统")})],
        ),
        "己": ("ADDED", {}, [("RECORDED", "己")]),
    }
    assert edges(found) == {
        ("丁", "己"): ("ADDED", {}, [("RECORDED", ("丁", "己", ""))]),
        ("甲", "丁"): ("ALTERED", {}, [("CHANGED", ("甲", "丁", ""), {"transformation": ("SELECT 1", "SELECT 2")})]),
        ("甲", "丙"): ("CLOSED", {}, [("WITHDRAWN", ("甲", "丙", ""))]),
    }
    listed = [*(one.reasons for one in found.nodes), *(one.reasons for one in found.edges)]
    by = {reason.why.value: reason.sources for reasons in listed for reason in reasons}
    assert by == {"REACH": (), "CHANGED": ("目录",), "RECORDED": ("接口",), "WITHDRAWN": ("目录",)}
    rolled = await differing.known(before, level=Level.SYSTEM)
    assert {id: told for id, told in nodes(rolled).items() if "系统" in id} == {
        "旧系统": ("CLOSED", {}, [("MOVED", "戊", {"system": ("旧系统", "新系统")})]),
        "新系统": ("ADDED", {}, [("MOVED", "戊", {"system": ("旧系统", "新系统")})]),
    }
    assert (await differing.known(before, await moment(graph), ids=("己",))).nodes[0].differs == "ADDED"
    assert (await differing.known(await moment(graph))).nodes == []


@WAYS
async def test_what_is_withdrawn_is_closed_also_between_two_dates(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(graph, tmp_path, resources("甲", "乙", "丙"), "登记")
    await state(graph, tmp_path, [feeds("甲", "乙"), feeds("甲", "丙")], "目录")
    await state(graph, tmp_path, [feeds("甲", "丙")], "目录", full=True)
    found = await Differing(graph, megabytes).days("2020-01-01", "2100-01-01")
    assert edges(found) == {("甲", "乙"): ("CLOSED", {}, [("WITHDRAWN", ("甲", "乙", ""))])}
    assert [reason.sources for one in found.edges for reason in one.reasons] == [("目录",)]


CHAIN = [
    *resources("甲", *(f"链{number}" for number in range(8)), "近"),
    *(feeds(f"链{number}", f"链{number + 1}") for number in range(7)),
    feeds("甲", "链0"),
    feeds("链7", "近"),
    feeds("甲", "近", valid_to="2020-01-01"),
]


@WAYS
async def test_what_is_farther_away_is_altered_and_not_closed(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    """Both answers are cut by depth; beyond it the node is still reached."""
    await state(graph, tmp_path, CHAIN)
    differing = Differing(graph, megabytes)
    found = await differing.days("2019-01-01", "2021-01-01", depth=3)
    assert nodes(found) == {"近": ("ALTERED", {"depth": (1, 9)}, [("REACH", None)])}
    assert edges(found) == {("甲", "近"): ("CLOSED", {}, [("ENDED", ("甲", "近", ""))])}
    assert (found.complete, [stop.value for stop in found.stopped_by]) == (False, ["DEPTH"])


@WAYS
async def test_what_may_lie_beyond_the_nodes_allowed_is_undecided(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    """The later answer has no room for what may follow; what is out of force then is closed all the same."""
    gone = {"fact": "resource", "id": "完", "name": "完", "valid_to": "2020-01-01"}
    await state(graph, tmp_path, [*CHAIN, gone, feeds("甲", "完")])
    found = await Differing(graph, megabytes).days("2019-01-01", "2021-01-01", budget=Budget(max_nodes=4))
    told = {id: differs for id, (differs, _, _) in nodes(found).items()}
    assert told == {"完": "CLOSED", "近": "UNDECIDED", "链1": "UNDECIDED", "链2": "UNDECIDED"}
    closed = {ends: (differs, reasons) for ends, (differs, _, reasons) in edges(found).items()}
    assert closed["甲", "完"] == ("CLOSED", [("ENDED", "完")])
    assert closed["甲", "近"] == ("UNDECIDED", [("ENDED", ("甲", "近", ""))])
    assert (found.complete, [stop.value for stop in found.stopped_by]) == (False, ["NODES"])
    assert (await Differing(graph, megabytes).days("2019-01-01", "2021-01-01", depth=50)).complete


@WAYS
async def test_ids_have_to_be_known_once(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(graph, tmp_path, resources("甲"))
    before = await moment(graph)
    await state(graph, tmp_path, [*resources("乙"), feeds("乙", "甲")])
    differing = Differing(graph, megabytes)
    found = await differing.known(before, ids=("乙",))
    assert nodes(found) == {"乙": ("ADDED", {}, [("RECORDED", "乙")]), "甲": ("ADDED", {}, [("REACH", None)])}
    with pytest.raises(NotFound, match="丙") as refused:
        await differing.known(before, ids=("甲", "乙", "丙"))
    assert refused.value.ids == ["丙"]


@pytest.mark.parametrize(
    ("as_of", "known_at", "argument"),
    [
        ((None, None), (None, None), "from"),
        ((5, 4), (None, None), "from"),
        ((2**60, None), (None, None), "from"),
        ((None, None), (5, 4), "knownFrom"),
        ((None, None), (2**60, None), "knownFrom"),
    ],
)
async def test_moments_that_mean_nothing_are_refused(
    embedded_graph: Graph, as_of: Any, known_at: Any, argument: str
) -> None:
    with pytest.raises(BadInput) as refused:
        await compare(await lineages(embedded_graph, 0), Compared(Asked(["甲"], "DOWNSTREAM"), as_of, known_at))
    assert refused.value.argument == argument


@WAYS
async def test_the_number_of_statements_does_not_grow_with_what_differs(
    graph: Graph, tmp_path: Path, megabytes: int
) -> None:
    await state(graph, tmp_path, [*resources("甲"), {"fact": "field", "id": "甲/项", "resource": "甲"}])
    before = await moment(graph)
    counts = []
    for many in (3, 80):
        names = [f"{many}乙{number}" for number in range(many)]
        fields = [{"fact": "field", "id": f"{name}/项", "resource": name} for name in names]
        await state(graph, tmp_path, [*resources(*names), *fields, *(feeds("甲/项", f"{name}/项") for name in names)])
        of = await lineages(graph, megabytes)
        statements = graph.statements
        compared = Compared(Asked(["甲"], "DOWNSTREAM", Level.FIELD), (None, None), (before, None))
        assert len((await compare(of, compared)).edges) >= many
        counts.append(graph.statements - statements)
    assert counts[0] == counts[1]
    if megabytes:
        assert counts[0] <= 8
