"""The full-scope list and "no running funds": what each system's filing is, what follows, and what people decide."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from graph.engine import Graph
from graph.filing_lists import AskedFilings, FilingOrder, counted
from graph.filing_lists import find as find_filings
from graph.filing_scope import AskedScope, ScopeOrder, find
from graph.filing_states import FilingAct, FilingKind, FilingState
from graph.filing_steps import AskedBody
from graph.refusals import BadInput, NotFound
from graph.running_funds import GroundKind, Outcome, Weighed, decide, decisions, grounds
from graph.solutions import every, register
from tests.graph.filing import CITY, DIBAO, FAGAI, MINZHENG, NEW, XINYONG, candidate, filings_on
from tests.graph.stating import state

ZOMBIE = {"users": 10, "logins": 20, "contract_months": 6}
TODAY = date(2026, 11, 1)
USED = {"use": {"registered_users": 400, "uses_a_month": 9000}, "parties": {"maintenance_until": "2027-12-31"}}


async def test_every_registered_system_is_listed_with_how_it_is_filed(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, [*CITY, {"fact": "reads", "system": "system:没登记", "resource": "resource:低保对象"}])
    filings, _ = filings_on(graph)
    one = await filings.draft(FilingKind.CHANGE, DIBAO, {"functions": ["审批"]}, "王科")
    one = await filings.submit(one.id, "王科")
    await filings.review(one.id, [AskedBody(FAGAI)], "李处")
    await filings.close(one.id, FilingAct.APPROVE, "李处", without="会上同意")
    later = await filings.draft(FilingKind.RETIRE, DIBAO, {}, "王科")
    found = await find(graph, AskedScope())
    assert [(row.id, row.filed, row.filing, row.state) for row in found.rows] == [
        (XINYONG, False, None, None),
        (DIBAO, True, later.id, "DRAFT"),
    ]
    assert [(facet.value, facet.count) for facet in counted(found.rows, "state")] == [("DRAFT", 1), (None, 1)]

    async def listed(**asked: Any) -> list[str]:
        return [row.id for row in (await find(graph, AskedScope(**asked))).rows]

    assert await listed(filed=True) == [DIBAO]
    assert await listed(filed=False) == await listed(departments=[FAGAI]) == await listed(text="信用") == [XINYONG]
    assert await listed(jurisdictions=["jurisdiction:320900"], order=ScopeOrder.FILED) == [DIBAO, XINYONG]
    assert await listed(jurisdictions=["jurisdiction:别"]) == await listed(verdicts=["DUPLICATE"]) == []
    assert await listed(statuses=["LIVE"], states=["DRAFT"]) == [DIBAO]
    assert await listed(order=ScopeOrder.DEPARTMENT) == [XINYONG, DIBAO]
    assert await listed(order=ScopeOrder.NAME) == [DIBAO, XINYONG]


async def test_filings_are_narrowed_ordered_and_late(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, CITY)
    filings, _ = filings_on(graph, [candidate(DIBAO)])
    draft = await filings.draft(FilingKind.RETIRE, XINYONG, {}, "周科")
    one = await filings.draft(FilingKind.PROPOSE, None, NEW, "王科")
    one = await filings.submit(one.id, "王科")
    assert one.due is not None

    async def listed(today: date = TODAY, **asked: Any) -> list[str]:
        return [row.id for row in (await find_filings(graph, AskedFilings(**asked), today)).rows]

    assert await listed() == [one.id, draft.id]
    assert await listed(order=FilingOrder.DUE) == await listed(order=FilingOrder.DRAFTED) == [one.id, draft.id]
    assert await listed(kinds=[FilingKind.RETIRE]) == await listed(by="周科") == await listed(systems=[XINYONG])
    assert await listed(states=[FilingState.CHECKED], departments=[MINZHENG], verdicts=["OVERLAP"]) == [one.id]
    assert await listed(text="救助 平台") == [one.id]
    assert await listed(date.fromisoformat(one.due), late=True) == []
    assert await listed(date(2100, 1, 1), late=True) == [one.id]
    assert await listed(body=FAGAI) == []
    other = await filings.draft(FilingKind.RETIRE, DIBAO, {}, "王科")
    await filings.submit(other.id, "王科")
    await filings.review(other.id, [AskedBody(FAGAI), AskedBody("市财政局")], "李处")
    assert await listed(body=FAGAI) == await listed(body=" 市财政局") == [other.id]


async def test_a_system_that_is_filed_connected_and_used_has_nothing_against_it_but_what_is_not_known(
    graph: Graph, tmp_path: Path
) -> None:
    facts = [
        *CITY[:3],
        {**CITY[3], **USED},
        {**CITY[4], "duties": [], "use": {"registered_users": 6, "uses_a_month": 4}},
        {**CITY[5], "share_type": "CONDITIONAL"},
        {"fact": "resource", "id": "resource:信用", "system": XINYONG, "share_type": "UNCONDITIONAL"},
        {"fact": "resource", "id": "resource:台账", "system": "system:孤", "share_type": "UNCONDITIONAL"},
        {"fact": "field", "id": "field:低保对象/号", "resource": "resource:低保对象"},
        {"fact": "field", "id": "field:信用/号", "resource": "resource:信用"},
        {"fact": "feeds", "from": "field:低保对象/号", "to": "field:信用/号"},
        {"fact": "system", "id": "system:孤", "integration": {"left_out_reason": "专网"}},
        {"fact": "system", "id": "system:空"},
        {"fact": "system", "id": "system:停", "status": "RETIRED"},
    ]
    await state(graph, tmp_path, facts)
    found = await grounds(graph, [DIBAO, XINYONG, "system:孤", "system:空", "system:停", "system:没有"], ZOMBIE, TODAY)
    weighed = {id: {one.kind: one.weighed for one in funds.grounds} for id, funds in found.items()}
    holds, fails, unknown = Weighed.HOLDS, Weighed.HOLDS_NOT, Weighed.UNKNOWN
    kinds = (GroundKind.NOT_FILED, GroundKind.NOT_CONNECTED, GroundKind.ZOMBIE)
    assert {id: tuple(its[kind] for kind in kinds) for id, its in weighed.items()} == {
        DIBAO: (unknown, fails, unknown),
        XINYONG: (unknown, fails, holds),
        "system:孤": (unknown, unknown, unknown),
        "system:空": (unknown, unknown, unknown),
        "system:停": (unknown, unknown, holds),
    }
    assert {id: funds.outcome for id, funds in found.items()} == {
        DIBAO: Outcome.UNKNOWN,
        XINYONG: Outcome.NO_FUNDS,
        "system:孤": Outcome.UNKNOWN,
        "system:空": Outcome.UNKNOWN,
        "system:停": Outcome.NO_FUNDS,
    }
    zombie = found[XINYONG].grounds[2]
    assert zombie.evidence == [
        "it serves no duty",
        "6 registered users, fewer than 10",
        "4 uses a month, fewer than 20",
    ]
    assert all(one.missing for funds in found.values() for one in funds.grounds if one.weighed is unknown)
    assert "专网" in str(found["system:孤"].grounds[1].evidence)


@pytest.mark.parametrize("link", ["whole", "reads", "read", "ended"])
async def test_exchange_of_any_kind_is_a_connection(graph: Graph, tmp_path: Path, link: str) -> None:
    other = {"fact": "resource", "id": "resource:信用", "system": XINYONG}
    links: dict[str, dict[str, Any]] = {
        "whole": {"fact": "feeds", "from": "resource:信用", "to": "resource:低保对象"},
        "reads": {"fact": "reads", "system": DIBAO, "resource": "resource:信用"},
        "read": {"fact": "reads", "system": XINYONG, "resource": "resource:低保对象"},
        "ended": {"fact": "reads", "system": XINYONG, "resource": "resource:低保对象", "valid_to": "2020-01-01"},
    }
    await state(graph, tmp_path, [*CITY[:5], {**CITY[5], "share_type": "CONDITIONAL"}, other, links[link]])
    funds = (await grounds(graph, [DIBAO], ZOMBIE, TODAY))[DIBAO]
    assert funds.grounds[1].weighed is (Weighed.HOLDS if link == "ended" else Weighed.HOLDS_NOT)


async def test_what_people_decide_keeps_its_evidence(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, CITY)
    funds = (await grounds(graph, [DIBAO], ZOMBIE, TODAY))[DIBAO]
    first = await decide(graph, DIBAO, Outcome.NO_FUNDS, "李处", "联合认定", funds, "plan-1")
    again = await decide(graph, DIBAO, Outcome.FUNDS, "李处", "已接入", funds, "plan-1")
    found = await decisions(graph, [DIBAO, XINYONG])
    assert ([one.number for one in found[DIBAO]], found[XINYONG]) == ([2, 1], [])
    assert found[DIBAO][0] == again and found[DIBAO][1].evidence == first.evidence
    assert first.evidence["outcome"] == "UNKNOWN" and len(first.evidence["grounds"]) == 3
    assert [row.funds for row in (await find(graph, AskedScope(decided=["FUNDS"]))).rows] == ["FUNDS"]
    for outcome, reason in ((Outcome.UNKNOWN, "因为"), (Outcome.FUNDS, " ")):
        with pytest.raises(BadInput):
            await decide(graph, DIBAO, outcome, "李处", reason, funds, "plan-1")
    with pytest.raises(NotFound):
        await decide(graph, "system:没有", Outcome.FUNDS, "李处", "因为", None, "plan-1")


async def test_a_refused_filing_means_no_funds(embedded_graph: Graph, tmp_path: Path) -> None:
    await state(embedded_graph, tmp_path, CITY)
    filings, _ = filings_on(embedded_graph)
    one = await filings.draft(FilingKind.CHANGE, DIBAO, {"functions": ["审批"]}, "王科")
    await filings.submit(one.id, "王科")
    await filings.review(one.id, [AskedBody(FAGAI)], "李处")
    await filings.close(one.id, FilingAct.REFUSE, "李处", "不符合共建共享要求", "会上已议")
    funds = (await grounds(embedded_graph, [DIBAO], ZOMBIE, TODAY))[DIBAO]
    assert funds.grounds[0].weighed is Weighed.HOLDS and funds.outcome is Outcome.NO_FUNDS


async def test_solutions_are_registered_and_listed(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, CITY)
    with pytest.raises(NotFound):
        await register(graph, "system:没有", "方案", "李处")
    with pytest.raises(BadInput):
        await register(graph, DIBAO, "方案", "李处", since=5, until=5)
    old = await register(graph, DIBAO, "旧方案", "李处", since=1, until=5)
    new = await register(graph, DIBAO, "新方案", "李处")
    assert await every(graph) == sorted([old, new], key=lambda one: one.title)
    assert (old.in_force(4), old.in_force(5), new.in_force(new.since)) == (True, False, True)
