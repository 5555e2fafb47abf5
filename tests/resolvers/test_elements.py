"""Data elements over GraphQL: suggest, decide, suggest again; conflicts in pages; the record of decisions."""

from pathlib import Path
from typing import Any

import pytest

from graph.bindings import bind
from graph.element_matching import ElementMatcher, Named
from graph.engine import Graph
from tests.engines import wipe
from tests.graph.scoring import Plain
from tests.graph.stating import state
from tests.resolvers.asking import Api, ids, opened

FACTS: list[dict[str, Any]] = [
    *({"fact": "department", "id": id, "name": f"市{id}局"} for id in ("公安", "民政", "卫健")),
    {"fact": "system", "id": "平台", "department": "卫健"},
    {"fact": "resource", "id": "册", "name": "人口册", "provider": "公安", "update_cycle": "MONTHLY"},
    {"fact": "resource", "id": "表", "name": "救助表", "provider": "民政", "update_cycle": "DAILY"},
    {"fact": "resource", "id": "档", "name": "健康档案", "system": "平台"},
    {"fact": "field", "id": "册/号", "name": "身份证号", "resource": "册", "element": "号", "data_type": "C"},
    {"fact": "field", "id": "表/号", "name": "身份证号", "resource": "表"},
    {"fact": "field", "id": "表/名", "name": "姓名", "resource": "表"},
    {"fact": "field", "id": "档/号", "name": "身份证号", "resource": "档", "element": "号", "data_type": "N"},
    {"fact": "field", "id": "档/无", "resource": "档"},
    {"fact": "element", "id": "号", "name": "公民身份号码", "code": "DE1"},
    {"fact": "element", "id": "名", "name": "姓名"},
    {"fact": "element", "id": "旧", "name": "旧号", "valid_to": "2020-01-01"},
]
MATCH = """
query ($names: [String!]!, $table: String, $department: ID, $first: Int! = 2) {
  matchFields(names: $names, table: $table, department: $department, first: $first) {
    name candidates { score reason element { id name code } }
  }
}
"""
BIND = """
mutation ($bindings: [BindingInput!]!, $by: String! = "王科", $reason: String) {
  bindFields(bindings: $bindings, by: $by, reason: $reason) {
    sequence unchanged decisions { act by reason field { id element { id } } element { id } department { id } }
  }
}
"""
REFUSE = """
mutation ($refusals: [RefusalInput!]!) {
  refuseElements(refusals: $refusals, by: "王科") { unchanged decisions { act } }
}
"""
ALLOW = """
mutation ($refusals: [RefusalInput!]!) {
  allowElements(refusals: $refusals, by: "王科") { unchanged decisions { act } }
}
"""
CONFLICTS = """
query ($kinds: [ElementConflictKind!], $element: ID, $department: ID, $first: Int, $after: String) {
  elementConflicts(kinds: $kinds, element: $element, department: $department, first: $first, after: $after) {
    totalCount sequence asOf pageInfo { hasNextPage endCursor }
    facets { kind { value count } severity { value count } department { value name count } }
    nodes {
      id kind severity message rule wayOut element { id } source { id }
      departments { totalCount nodes { fields updateCycle isSource department { id name } } }
      fields(first: 1) { totalCount pageInfo { hasNextPage } nodes {
        id name dataType length updateCycle original resource { id } department { name } field { id }
      } }
    }
  }
}
"""


async def asking(graph: Graph, folder: Path) -> Api:
    await state(graph, folder, FACTS)
    return await opened(graph, scoring=Plain())


def told(answer: Any) -> list[list[tuple[str, float]]]:
    return [[(one["element"]["id"], one["score"]) for one in match["candidates"]] for match in answer["matchFields"]]


async def test_a_department_that_is_not_registered_goes_by_the_end_of_its_id(graph: Graph, tmp_path: Path) -> None:
    api = await asking(graph, tmp_path)
    given = {"names": ["身份证号"], "table": "救助表"}
    name = (await api.ask('{ department(id: "民政") { name } }'))["department"]["name"]
    known = await api.ask(MATCH, **given, department="民政")
    assert await api.ask(MATCH, **given, department=f"department:新/{name}") == known


async def test_what_is_bound_and_refused_is_used_for_the_next_suggestion(graph: Graph, tmp_path: Path) -> None:
    api = await asking(graph, tmp_path)
    given = {"names": ["身份证号", "姓名", "*"], "table": "救助表", "department": "民政"}
    assert told(await api.ask(MATCH, **given)) == [[("号", 0.9), ("名", 0.1)], [("名", 0.8), ("号", 0.1)], []]
    done = (await api.ask(BIND, bindings=[{"field": "表/号", "element": "号"}], reason="同一号码"))["bindFields"]
    [one] = done["decisions"]
    assert one == {
        "act": "BOUND",
        "by": "王科",
        "reason": "同一号码",
        "field": {"id": "表/号", "element": {"id": "号"}},
        "element": {"id": "号"},
        "department": None,
    }
    assert told(await api.ask(MATCH, **given))[0] == [("号", 1.0), ("名", 0.1)]
    refusal = [{"field": "表/名", "element": "名"}]
    assert (await api.ask(REFUSE, refusals=refusal))["refuseElements"] == {
        "unchanged": 0,
        "decisions": [{"act": "REFUSED"}],
    }
    # Refused for this name of this resource, not for others of the same name.
    assert told(await api.ask(MATCH, **given))[1] == [("号", 0.1)]
    assert told(await api.ask(MATCH, **{**given, "table": "人口册"}))[1] == [("名", 0.8), ("号", 0.1)]
    assert told(await api.ask(MATCH, names=["姓名"], first=1)) == [[("名", 0.8)]]
    assert (await api.ask(ALLOW, refusals=refusal))["allowElements"]["unchanged"] == 0
    assert told(await api.ask(MATCH, **given))[1] == [("名", 0.8), ("号", 0.1)]


async def test_fields_without_an_element_are_listed_with_suggestions(graph: Graph, tmp_path: Path) -> None:
    api = await asking(graph, tmp_path)
    await api.ask(REFUSE, refusals=[{"field": "表/名", "element": "名"}])
    query = """
    query ($has: Boolean) {
      fields(filter: {hasElement: $has}) { totalCount nodes { id suggestions(first: 1) { score element { id } } } }
    }
    """
    found = (await api.ask(query, has=False))["fields"]
    assert found["totalCount"] == 3
    assert {
        node["id"]: [(one["element"]["id"], one["score"]) for one in node["suggestions"]] for node in found["nodes"]
    } == {
        "档/无": [],
        "表/号": [("号", 0.9)],
        "表/名": [("号", 0.1)],
    }
    assert ids((await api.ask(query, has=True))["fields"]) == ["册/号", "档/号"]
    assert (await api.ask(query))["fields"]["totalCount"] == 5


async def test_the_memory_is_kept_by_the_change_sequence(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, FACTS)
    plain = Plain()
    matcher = ElementMatcher(graph, plain)

    async def best(name: str, table: str | None = None) -> tuple[str, float]:
        [[one]] = await matcher.match([name], table, None, 1)
        return one.element_id, one.score

    assert await best("姓名") == ("名", 0.8)
    assert await best("姓名") == ("名", 0.8)
    await state(
        graph, tmp_path, [*FACTS, {"fact": "resource", "id": "别", "name": "别"}, {"fact": "department", "id": "别"}]
    )
    assert await best("姓名") == ("名", 0.8)
    await state(graph, tmp_path, [*FACTS, {"fact": "agreement", "id": "协"}, {"fact": "system", "id": "别"}])
    assert await best("姓名") == ("名", 0.8)
    assert (plain.built, plain.learned) == (1, 1)  # what has nothing to do with fields that are bound builds nothing
    await bind(graph, {"表/名": "号"}, "王科")
    assert await best("姓名") == ("号", 0.9)
    # Renamed resources and departments are context under their new names; a withdrawn field is none.
    await state(graph, tmp_path, [{"fact": "resource", "id": "档", "name": "新档"}, {"fact": "system", "id": "平台"}])
    known = matcher.memory.known
    assert {(one.table, one.department) for one in (await matcher.memory.refresh()).bound()} == {
        ("人口册", "市公安局"),
        ("救助表", "市民政局"),
        ("新档", "市卫健局"),
    }
    assert len(known.bound()) == 3
    assert [one.id for one in (await matcher.memory.refresh()).elements()] == ["号", "名"]
    found = await matcher.of_fields([Named("表/名", "姓名", "表"), Named("无", None, None)], 1)
    assert {id: [one.element_id for one in those] for id, those in found.items()} == {"表/名": ["号"], "无": []}
    # Another graph in its place, with the same numbers of changes or more.
    await wipe(graph)
    await state(graph, tmp_path, [{"fact": "element", "id": f"元{n}", "name": "姓名"} for n in range(3)])
    assert (await best("姓名"))[0] == "元0"
    await matcher.close()


async def test_conflicts_are_told_with_their_evidence_in_pages(graph: Graph, tmp_path: Path) -> None:
    api = await asking(graph, tmp_path)
    found = (await api.ask(CONFLICTS))["elementConflicts"]
    assert [(one["kind"], one["element"]["id"], one["source"]) for one in found["nodes"]] == [
        ("NO_AUTHORITATIVE_SOURCE", "号", None),
        ("DIFFERENT_TYPES", "号", None),
    ]
    assert found["facets"] == {
        "kind": [{"value": kind, "count": 1} for kind in ("DIFFERENT_TYPES", "NO_AUTHORITATIVE_SOURCE")],
        "severity": [{"value": "WARNING", "count": 2}],
        "department": [{"value": id, "name": f"市{id}局", "count": 2} for id in ("公安", "卫健")],
    }
    first = found["nodes"][0]
    assert first["departments"]["nodes"] == [
        {"fields": 1, "updateCycle": cycle, "isSource": False, "department": {"id": id, "name": f"市{id}局"}}
        for id, cycle in (("公安", "MONTHLY"), ("卫健", None))
    ]
    assert (first["fields"]["totalCount"], first["fields"]["pageInfo"]["hasNextPage"]) == (2, True)
    assert first["fields"]["nodes"] == [
        {
            "id": "册/号",
            "name": "身份证号",
            "dataType": "C",
            "length": None,
            "updateCycle": "MONTHLY",
            "original": True,
            "resource": {"id": "册"},
            "department": {"name": "市公安局"},
            "field": {"id": "册/号"},
        }
    ]
    page = (await api.ask(CONFLICTS, first=1))["elementConflicts"]
    rest = (await api.ask(CONFLICTS, after=page["pageInfo"]["endCursor"]))["elementConflicts"]
    assert [*ids(page), *ids(rest)] == ids(found)
    narrowed = {"kinds": ["DIFFERENT_TYPES"], "element": "号", "department": "卫健"}
    assert ids((await api.ask(CONFLICTS, **narrowed))["elementConflicts"]) == ids(found)[1:]
    below = await api.ask("{ elements { nodes { id conflicts { id } } } }")
    assert {one["id"]: [two["id"] for two in one["conflicts"]] for one in below["elements"]["nodes"]} == {
        "号": ids(found),
        "名": [],
        "旧": [],
    }
    error = await api.error(CONFLICTS, department="号")
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("BAD_INPUT", "department")


async def test_the_source_is_decided_and_all_decisions_are_on_record(graph: Graph, tmp_path: Path) -> None:
    api = await asking(graph, tmp_path)
    set_source = """
    mutation ($department: ID, $by: String!) {
      setElementSource(element: "号", department: $department, by: $by) { decisions { act element { source { id } } } }
    }
    """
    await api.ask(set_source, department="公安", by="王科")
    await api.ask(set_source, department="民政", by="李科")
    back = (
        'mutation { takeBackElementSource(element: "号", by: "张科", reason: "再议") { decisions { act } unchanged } }'
    )
    assert (await api.ask(back))["takeBackElementSource"]["unchanged"] == 0
    await api.ask(BIND, bindings=[{"field": "表/号", "element": "号"}])
    unbind = 'mutation { unbindFields(fields: ["表/号"], by: "李科") { decisions { element { id } } } }'
    assert (await api.ask(unbind))["unbindFields"]["decisions"] == [{"element": {"id": "号"}}]
    record = """
    query ($after: String) {
      element(id: "号") { source { id } decisions(first: 2, after: $after) {
        totalCount pageInfo { endCursor } nodes { act by reason element { id } department { id } field { id } }
      } }
      field(id: "表/号") { element { id } history { totalCount } decisions { nodes { act by } } }
      resource(id: "表") { fields { nodes { id decisions { totalCount } } } }
    }
    """
    found = await api.ask(record)
    decided = found["element"]["decisions"]
    rest = await api.ask(record, after=decided["pageInfo"]["endCursor"])
    told = [*decided["nodes"], *rest["element"]["decisions"]["nodes"]]
    assert [(one["act"], one["by"], one["department"]["id"], one["field"]) for one in told] == [
        ("SOURCE_TAKEN_BACK", "张科", "民政", None),
        ("SOURCE_SET", "李科", "民政", None),
        ("SOURCE_SET", "王科", "公安", None),
    ]
    assert (found["element"]["source"], told[0]["reason"], decided["totalCount"]) == (None, "再议", 3)
    assert found["field"] == {
        "element": None,
        "history": {"totalCount": 3},
        "decisions": {"nodes": [{"act": "UNBOUND", "by": "李科"}, {"act": "BOUND", "by": "王科"}]},
    }
    assert [one["decisions"]["totalCount"] for one in found["resource"]["fields"]["nodes"]] == [2, 0]


@pytest.mark.parametrize(
    ("query", "variables", "code", "argument"),
    [
        (MATCH, {"names": []}, "BAD_INPUT", "names"),
        (MATCH, {"names": ["名"] * 1_001}, "BAD_INPUT", "names"),
        (MATCH, {"names": ["名" * 301]}, "BAD_INPUT", "names"),
        (MATCH, {"names": ["名"], "first": 51}, "BAD_INPUT", "first"),
        (BIND, {"bindings": [{"field": "表/名", "element": e} for e in ("名", "号")]}, "BAD_INPUT", "bindings"),
        (BIND, {"bindings": [{"field": "无", "element": "号"}]}, "NOT_FOUND", "field"),
        (BIND, {"bindings": [{"field": "表/名", "element": "名"}], "by": ""}, "BAD_INPUT", "by"),
        (REFUSE, {"refusals": [{"field": "册/号", "element": "号"}]}, "CONFLICT", "element"),
        ('query { field(id: "表/名") { suggestions(first: 0) { score } } }', {}, "BAD_INPUT", "first"),
    ],
)
async def test_mistakes_name_the_argument(
    embedded_graph: Graph, tmp_path: Path, query: str, variables: dict[str, Any], code: str, argument: str
) -> None:
    error = await (await asking(embedded_graph, tmp_path)).error(query, **variables)
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (code, argument)
