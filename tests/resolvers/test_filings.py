"""Filings over GraphQL: from proposal to decision, what is shown on the way, lists with counts, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from graph.engine import Graph
from graph.filing_records import report_of
from graph.matching.reports import reproduce
from tests.graph.filing import CITY, DIBAO, FAGAI, MINZHENG, NEW, XINYONG, Check, candidate
from tests.graph.stating import state
from tests.resolvers.asking import Api, opened

DRAFT = "mutation ($input: FilingInput!) { draftFiling(input: $input) { id state version warnings { place message } } }"
SUBMIT = """
mutation ($id: ID!) {
  submitFiling(id: $id, by: "王科") {
    state verdict undecided moved possible version rules rulesVersion decideBy due
    candidates { id kind name score over exempt node { __typename } }
  }
}
"""
DECIDE = """
mutation ($id: ID!, $candidate: ID!, $version: Int) {
  decideCandidate(id: $id, candidate: $candidate, decision: EXTEND, by: "李处", reason: "先扩展", version: $version) {
    undecided version decisions { candidate decided reason by at }
  }
}
"""
REVIEW = """
mutation ($id: ID!, $bodies: [FilingBodyInput!]!) {
  reviewFiling(id: $id, bodies: $bodies, by: "李处") {
    state bodies { name department { id } workingDays due dueUnknown opinion late }
  }
}
"""
OPINE = """
mutation ($id: ID!, $body: String!, $opinion: FilingOpinion!, $reason: String) {
  giveOpinion(id: $id, body: $body, opinion: $opinion, by: "赵科", reason: $reason) { bodies { opinion by late } }
}
"""
CLOSE = """
mutation ($id: ID!, $outcome: FilingOutcome!, $reason: String, $without: String) {
  closeFiling(id: $id, outcome: $outcome, by: "李处", reason: $reason, without: $without) {
    state without possible system { id status department { id } }
  }
}
"""
BUILD = """
mutation ($id: ID!) { buildFiling(id: $id, by: "王科", on: "2026-03-01") { state system { status inUseSince } } }
"""
SHOW = """
query ($id: ID!) {
  filing(id: $id) {
    kind state name by version content moved report department { name } solution { id } receivedAt late
    checkNow { verdict undecided sequence candidates { id } report }
    events { number act before after by reason due rules detail sequence verdict report }
  }
}
"""
LIST = """
query ($filter: FilingFilter, $order: FilingOrder! = CHANGED, $first: Int, $after: String) {
  filings(filter: $filter, orderBy: $order, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id name state }
    facets { state { value count } kind { value count } department { value name count } verdict { value count } }
  }
}
"""
SCOPE = """
query ($filter: FilingListFilter, $order: FilingListOrder! = ID) {
  filingList(filter: $filter, orderBy: $order) {
    totalCount
    nodes {
      filed system { id } department { name } filing { id state decisions { decided } }
      funds { outcome sequence grounds { kind weighed basis evidence missing } }
      fundsDecisions { number outcome reason by at rules sequence evidence }
    }
    facets { state { value count } department { value name count } status { value count } verdict { count }
             funds { value count } }
  }
}
"""


async def drafted(api: Api, content: dict[str, Any] = NEW, kind: str = "PROPOSE", system: str | None = None) -> str:
    given = {"kind": kind, "system": system, "content": content, "by": "王科"}
    id: str = (await api.ask(DRAFT, input=given))["draftFiling"]["id"]
    return id


async def test_a_proposal_goes_its_way_to_a_system(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, CITY)
    api = await opened(graph, checker=Check(graph, [candidate(DIBAO), candidate(XINYONG, None, 0.1)]))
    given = {"content": {**NEW, "地址": "账号 admin 密码：abc123"}, "by": "王科"}
    made = (await api.ask(DRAFT, input=given))["draftFiling"]
    assert (made["state"], made["version"], [one["place"] for one in made["warnings"]]) == (
        "DRAFT",
        1,
        ["content.地址"],
    )
    id = made["id"]
    told = (await api.ask(SUBMIT, id=id))["submitFiling"]
    assert (told["state"], told["verdict"], told["undecided"], told["moved"]) == ("CHECKED", "OVERLAP", [DIBAO], False)
    assert told["possible"] == ["CHECK", "DECIDE", "REVIEW", "RETURN"]
    assert told["rulesVersion"].startswith(told["rules"]) and told["due"] == told["decideBy"] is not None
    assert told["candidates"][0] == {
        "id": DIBAO,
        "kind": "SYSTEM",
        "name": DIBAO,
        "score": 0.7,
        "over": "OVERLAP",
        "exempt": None,
        "node": {"__typename": "System"},
    }
    bodies = [{"body": FAGAI}, {"body": "市财政局", "workingDays": 3}]
    error = await api.error(REVIEW, id=id, bodies=bodies)
    assert (error["extensions"]["code"], error["extensions"]["ids"]) == ("CONFLICT", [DIBAO])
    told = (await api.ask(DECIDE, id=id, candidate=DIBAO))["decideCandidate"]
    assert (told["undecided"], told["decisions"][0]["decided"]) == ([], "EXTEND")
    told = (await api.ask(REVIEW, id=id, bodies=bodies))["reviewFiling"]
    assert [(one["name"], one["department"], one["workingDays"], one["late"]) for one in told["bodies"]] == [
        ("市发改委", {"id": FAGAI}, 5, False),
        ("市财政局", None, 3, False),
    ]
    error = await api.error(CLOSE, id=id, outcome="APPROVED")
    assert error["extensions"]["argument"] == "without" and "市财政局" in error["message"]
    await api.ask(OPINE, id=id, body=FAGAI, opinion="POSITIVE")
    told = (await api.ask(CLOSE, id=id, outcome="APPROVED", without="逾期未复"))["closeFiling"]
    assert (told["state"], told["without"], told["possible"]) == ("APPROVED", "逾期未复", ["BUILD"])
    assert told["system"] == {"id": "system:320900/民政/救助平台", "status": "PLANNED", "department": {"id": MINZHENG}}
    told = (await api.ask(BUILD, id=id))["buildFiling"]
    assert told == {"state": "BUILT", "system": {"status": "LIVE", "inUseSince": "2026-03-01"}}
    shown = (await api.ask(SHOW, id=id))["filing"]
    assert [(one["number"], one["act"], one["after"]) for one in shown["events"]] == [
        (1, "DRAFT", "DRAFT"),
        (2, "SUBMIT", "SUBMITTED"),
        (3, "CHECK", "CHECKED"),
        (4, "DECIDE", "CHECKED"),
        (5, "REVIEW", "IN_REVIEW"),
        (6, "OPINE", "IN_REVIEW"),
        (7, "APPROVE", "APPROVED"),
        (8, "BUILD", "BUILT"),
    ]
    assert shown["report"] == shown["events"][2]["report"] and shown["events"][3]["report"] is None
    assert shown["report"]["inputs"] == {"asked": 1}
    assert (shown["moved"], shown["version"], shown["content"]) == (True, 8, NEW)
    assert "abc123" not in str(shown)


async def test_what_a_check_finds_now_is_shown_and_not_kept(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, CITY)
    check = Check(graph, [candidate(DIBAO)])
    api = await opened(graph, checker=check)
    id = await drafted(api)
    await api.ask(SUBMIT, id=id)
    await state(graph, tmp_path, [{"fact": "system", "id": "system:新"}])
    check.found.append(candidate("system:新"))
    shown = (await api.ask(SHOW, id=id))["filing"]
    assert (shown["moved"], shown["checkNow"]["undecided"], shown["version"]) == (True, [DIBAO, "system:新"], 3)
    error = await api.error(DECIDE, id=id, candidate=DIBAO, version=2)
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("CONFLICT", "version")
    told = (await api.ask(DECIDE, id=id, candidate=DIBAO, version=3))["decideCandidate"]
    assert (told["undecided"], told["version"]) == (["system:新"], 5)


async def test_filings_are_listed_with_counts(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, CITY)
    api = await opened(graph, checker=Check(graph, verdict="NONE"))
    made = [await drafted(api, {**NEW, "name": name}) for name in ("甲", "乙", "丙")]
    await api.ask(SUBMIT, id=made[1])
    retire = await drafted(api, {"office": "科室"}, "RETIRE", XINYONG)
    listed = (await api.ask(LIST, order="NAME", first=2))["filings"]
    assert ([one["name"] for one in listed["nodes"]], listed["totalCount"]) == (["丙", "乙"], 4)
    assert listed["facets"] == {
        "state": [{"value": "DRAFT", "count": 3}, {"value": "CHECKED", "count": 1}],
        "kind": [{"value": "PROPOSE", "count": 3}, {"value": "RETIRE", "count": 1}],
        "department": [
            {"value": MINZHENG, "name": "市民政局", "count": 3},
            {"value": None, "name": None, "count": 1},
        ],
        "verdict": [{"value": None, "count": 3}, {"value": "NONE", "count": 1}],
    }
    rest = (await api.ask(LIST, order="NAME", after=listed["pageInfo"]["endCursor"]))["filings"]
    assert [one["id"] for one in rest["nodes"]] == [retire, made[0]]
    found = (await api.ask(LIST, filter={"state": ["CHECKED"], "department": [MINZHENG], "late": False}))["filings"]
    assert [one["id"] for one in found["nodes"]] == [made[1]]
    assert (await api.ask('{ filing(id: "filing:没有") { id } }')) == {"filing": None}


async def test_the_full_scope_list_shows_what_follows_for_running_funds(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, [*CITY[:4], {**CITY[4], "duties": []}, CITY[5]])
    api = await opened(graph, checker=Check(graph))
    id = await drafted(api, {"functions": ["审批"]}, "CHANGE", DIBAO)
    decide = """
      mutation ($system: ID!, $outcome: FundsOutcome!) {
        decideFunds(system: $system, outcome: $outcome, by: "李处", reason: "联合认定") {
          number outcome evidence rules
        }
      }
    """
    told = (await api.ask(decide, system=XINYONG, outcome="NO_FUNDS"))["decideFunds"]
    assert (told["number"], told["outcome"], told["evidence"]["outcome"]) == (1, "NO_FUNDS", "NO_FUNDS")
    error = await api.error(decide, system="system:没有", outcome="FUNDS")
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("NOT_FOUND", "system")
    found = (await api.ask(SCOPE))["filingList"]
    assert [(one["system"]["id"], one["filed"], one["filing"] and one["filing"]["id"]) for one in found["nodes"]] == [
        (XINYONG, False, None),
        (DIBAO, False, id),
    ]
    assert [one["funds"]["outcome"] for one in found["nodes"]] == ["NO_FUNDS", "UNKNOWN"]
    [ground] = [one for one in found["nodes"][0]["funds"]["grounds"] if one["weighed"] == "HOLDS"]
    assert (ground["kind"], ground["evidence"]) == ("ZOMBIE", ["it serves no duty"])
    assert [one["reason"] for one in found["nodes"][0]["fundsDecisions"]] == ["联合认定"]
    assert found["facets"]["funds"] == [{"value": "NO_FUNDS", "count": 1}, {"value": None, "count": 1}]
    assert found["facets"]["department"][0]["name"] in ("市民政局", "市发改委")
    for filter, ids in (
        ({"funds": ["NO_FUNDS"]}, [XINYONG]),
        ({"state": ["DRAFT"]}, [DIBAO]),
        ({"status": ["LIVE"], "filed": False, "nameContains": "低保"}, [DIBAO]),
        ({"jurisdiction": ["jurisdiction:没有"]}, []),
    ):
        found = (await api.ask(SCOPE, filter=filter))["filingList"]
        assert [one["system"]["id"] for one in found["nodes"]] == ids
    told = await api.ask("query ($id: ID!) { runningFunds(system: $id) { outcome } }", id=DIBAO)
    assert told == {"runningFunds": {"outcome": "UNKNOWN"}}


async def test_an_instance_of_a_solution_is_approved_without_opinions(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, CITY)
    api = await opened(graph, checker=Check(graph, [candidate(DIBAO, "DUPLICATE")]))
    register = 'mutation ($s: ID!) { registerSolution(system: $s, title: "标准救助", by: "李处") { id inForce } }'
    solution = (await api.ask(register, s=DIBAO))["registerSolution"]
    assert solution["inForce"] is True
    id = await drafted(api, {**NEW, "instance_of": solution["id"]})
    told = (await api.ask(SUBMIT, id=id))["submitFiling"]
    assert ("APPROVE" in told["possible"], told["candidates"][0]["exempt"], told["undecided"]) == (True, "SOLUTION", [])
    assert (await api.ask(CLOSE, id=id, outcome="APPROVED"))["closeFiling"]["state"] == "APPROVED"
    ask = "{ standardSolutions { nodes { id title inForce endedBy system { id } instances { id } } } }"
    [listed] = (await api.ask(ask))["standardSolutions"]["nodes"]
    assert (listed["system"], listed["instances"]) == ({"id": DIBAO}, [{"id": "system:320900/民政/救助平台"}])
    end = 'mutation ($id: ID!) { endSolution(id: $id, by: "李处", reason: "停用") { inForce endedBy reason } }'
    told = (await api.ask(end, id=solution["id"]))["endSolution"]
    assert told == {"inForce": False, "endedBy": "李处", "reason": "停用"}
    assert (await api.error(end, id=solution["id"]))["extensions"]["code"] == "CONFLICT"


async def test_the_check_is_that_for_duplicates_and_its_report_reproduces(graph: Graph, tmp_path: Path) -> None:
    told = {"functions": ["低保对象申请审核"], "duties": ["最低生活保障"], "description": "低保申请、审核和发放"}
    await state(graph, tmp_path, [*CITY[:3], {**CITY[3], **told}, *CITY[4:]])
    api = await opened(graph)
    id = await drafted(api, {**NEW, **told, "name": "盐城市低保信息系统", "department": FAGAI})
    answer = (await api.ask(SUBMIT, id=id))["submitFiling"]
    assert (answer["verdict"], answer["undecided"], answer["candidates"][0]["over"]) == (
        "DUPLICATE",
        [DIBAO],
        "DUPLICATE",
    )
    shown = (await api.ask(SHOW, id=id))["filing"]
    kept = await report_of(graph, id, 3)
    assert kept is not None and reproduce(kept.encode()) == kept.encode()
    assert shown["report"] == json.loads(kept) and shown["report"]["rules"] == answer["rulesVersion"]
    register = 'mutation ($s: ID!) { registerSolution(system: $s, title: "标准低保", by: "李处") { id } }'
    solution = (await api.ask(register, s=DIBAO))["registerSolution"]["id"]
    id = await drafted(api, {**NEW, **told, "name": "低保信息系统", "department": FAGAI, "instance_of": solution})
    answer = (await api.ask(SUBMIT, id=id))["submitFiling"]
    assert (answer["undecided"], "APPROVE" in answer["possible"]) == ([], True)


@pytest.mark.parametrize(
    ("document", "code", "argument"),
    [
        ('mutation { submitFiling(id: "filing:x", by: "王") { id } }', "NOT_FOUND", "id"),
        ('mutation { withdrawFiling(id: "filing:x", by: " ") { id } }', "BAD_INPUT", "by"),
        ('mutation { draftFiling(input: {content: [], by: "王"}) { id } }', "BAD_INPUT", "content"),
        (
            'mutation { draftFiling(input: {content: {secrecy: "无"}, by: "王"}) { id } }',
            "BAD_INPUT",
            "content.secrecy",
        ),
        ('mutation { draftFiling(input: {kind: RETIRE, content: {}, by: "王"}) { id } }', "BAD_INPUT", "system"),
        ('mutation { registerSolution(system: "x", title: "x", by: "王") { id } }', "NOT_FOUND", "system"),
        ('mutation { endSolution(id: "x", by: "王") { id } }', "NOT_FOUND", "id"),
        ('{ runningFunds(system: "x") { outcome } }', "NOT_FOUND", "system"),
        ("{ filings(first: 1001) { totalCount } }", "BAD_INPUT", "first"),
        ('{ filingList(after: "x") { totalCount } }', "BAD_INPUT", "after"),
    ],
)
async def test_what_means_nothing_is_refused(embedded_graph: Graph, document: str, code: str, argument: str) -> None:
    error = await (await opened(embedded_graph)).error(document)
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (code, argument)
