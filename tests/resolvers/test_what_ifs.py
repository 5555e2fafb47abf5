"""Saved what-ifs: kept, opened again, compared, stale when their answer has become another; and no facts."""

import json
from pathlib import Path
from typing import Any

import pytest

from graph.changes import position
from graph.engine import Graph
from graph.export import things
from graph.facts import KEYS
from tests.graph.stating import state
from tests.graph.test_impact import PARTIES, feeds, fields, resources
from tests.resolvers.asking import Api, ids, opened

SAVE = """
mutation ($name: String!, $change: ChangeInput!, $asOf: DateTime) {
  saveImpact(name: $name, by: "王科", change: $change, asOf: $asOf, maxMilliseconds: 60000) { id }
}
"""
OPEN = """
query ($id: ID!, $with: ID) {
  whatIf(id: $id) {
    name by sequence asOf complete change { kind ids into length shareType } moved stale
    impact { complete levels { total } }
    differences(with: $with) { totalCount nodes { part id before after } }
  }
}
"""
CHAIN = [*resources("A", "B", "C"), *fields("A.f", "B.f", "C.f"), *feeds("A.f>B.f", "B.f>C.f")]


async def everything(graph: Graph) -> list[Any]:
    """All things that an export reads."""
    return [batch for kind in KEYS async for batch in things(graph, kind)]


async def saved(api: Api, name: str, change: dict[str, Any], **more: Any) -> str:
    id: str = (await api.ask(SAVE, name=name, change=change, **more))["saveImpact"]["id"]
    return id


async def test_a_what_if_is_opened_again_and_stale_when_its_answer_is_another(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, CHAIN)
    api = await opened(graph)
    id = await saved(api, "停用A", {"kind": "RETIRE", "ids": ["A"]})
    before = str((await position(graph)).sequence)
    found = (await api.ask(OPEN, id=id))["whatIf"]
    assert found["change"] == {"kind": "RETIRE", "ids": ["A"], "into": None, "length": None, "shareType": None}
    assert (found["name"], found["by"], found["sequence"], found["asOf"]) == ("停用A", "王科", before, None)
    assert (found["moved"], found["stale"], found["complete"]) == (False, False, True)
    assert found["differences"] == {"totalCount": 0, "nodes": []}
    # What has nothing to do with it moves the graph, not the answer.
    await state(graph, tmp_path, [*CHAIN, *resources("别")])
    found = (await api.ask(OPEN, id=id))["whatIf"]
    assert (found["moved"], found["stale"]) == (True, False)
    await state(graph, tmp_path, [*CHAIN, *resources("D"), *fields("D.f"), *feeds("D.f>C.f", "C.f>D.f")])
    found = (await api.ask(OPEN, id=id))["whatIf"]
    assert (found["moved"], found["stale"]) == (True, True)
    assert found["differences"]["nodes"] == [
        {"part": part, "id": id, "before": None, "after": after}
        for part, id, after in (
            ("FIELD", "D.f", "depth 3"),
            ("RESOURCE", "D", "depth 3"),
            ("SYSTEM", "D", "depth 3"),
            ("DEPARTMENT", "D", "depth 3"),
            ("JURISDICTION", "D", "depth 3"),
            ("SOURCES", "D", "LOSES_IN_CONSEQUENCE"),
            ("SOURCES", "D.f", "LOSES_IN_CONSEQUENCE"),
        )
    ]


async def test_two_what_ifs_are_compared(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, [*CHAIN, *resources("D"), *fields("D.f"), *feeds("D.f>C.f")])
    api = await opened(graph)
    one = await saved(api, "停用B", {"kind": "RETIRE", "ids": ["B"]})
    other = await saved(api, "停用BD", {"kind": "RETIRE", "ids": ["B", "D"]})
    found = (await api.ask(OPEN, id=one, **{"with": other}))["whatIf"]["differences"]["nodes"]
    assert {"part": "SOURCES", "id": "C.f", "before": "KEEPS", "after": "LOSES"} in found
    assert {"part": "FIELD", "id": "D.f", "before": None, "after": "depth 0"} in found
    error = await api.error(OPEN, id=one, **{"with": "what-if:none"})
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("NOT_FOUND", "with")


async def test_what_ifs_are_listed_by_name_and_deleted(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, CHAIN)
    api = await opened(graph)
    made = {name: await saved(api, name, {"kind": "RETIRE", "ids": ["A"]}) for name in ("乙", "甲", "b")}
    listed = await api.ask("{ whatIfs(first: 2) { totalCount nodes { id name } pageInfo { endCursor hasNextPage } } }")
    assert ids(listed["whatIfs"]) == [made["b"], made["乙"]]
    assert (listed["whatIfs"]["totalCount"], listed["whatIfs"]["pageInfo"]["hasNextPage"]) == (3, True)
    after = listed["whatIfs"]["pageInfo"]["endCursor"]
    rest = await api.ask("query ($a: String) { whatIfs(after: $a) { nodes { id } } }", a=after)
    assert ids(rest["whatIfs"]) == [made["甲"]]
    delete = "mutation ($id: ID!) { deleteImpact(id: $id) }"
    assert (await api.ask(delete, id=made["乙"])) == {"deleteImpact": True}
    assert (await api.ask(delete, id=made["乙"])) == {"deleteImpact": False}
    assert (await api.ask(OPEN, id=made["乙"])) == {"whatIf": None}
    assert (await api.ask("{ whatIfs { totalCount } }"))["whatIfs"]["totalCount"] == 2


async def test_a_what_if_is_no_fact(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, PARTIES)
    api = await opened(graph)
    before = await position(graph)
    exported = await everything(graph)
    await saved(api, "合并", {"kind": "MERGE", "ids": ["民政"], "into": "人社"}, asOf="2026-01-01")
    assert await position(graph) == before
    assert await everything(graph) == exported
    changes = await api.ask('{ changes(since: 0) { changes { ids } } search(text: "合并", first: 5) { totalCount } }')
    assert "what-if" not in json.dumps(changes)
    assert changes["search"]["totalCount"] == 0


@pytest.mark.parametrize(
    ("name", "change", "code", "argument"),
    [
        ("", {"kind": "RETIRE", "ids": ["A"]}, "BAD_INPUT", "name"),
        ("名\n", {"kind": "RETIRE", "ids": ["A"]}, "BAD_INPUT", "name"),
        ("有了", {"kind": "RETIRE", "ids": ["A"]}, "CONFLICT", "name"),
        ("新", {"kind": "RETIRE", "ids": []}, "BAD_INPUT", "change.ids"),
        ("新", {"kind": "RETIRE", "ids": ["无"]}, "NOT_FOUND", "change.ids"),
    ],
)
async def test_what_cannot_be_kept_is_refused(
    embedded_graph: Graph, tmp_path: Path, name: str, change: dict[str, Any], code: str, argument: str
) -> None:
    await state(embedded_graph, tmp_path, CHAIN)
    api = await opened(embedded_graph)
    await saved(api, "有了", {"kind": "RETIRE", "ids": ["A"]})
    error = await api.error(SAVE, name=name, change=change)
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (code, argument)
    assert (await api.ask("{ whatIfs { totalCount } }"))["whatIfs"]["totalCount"] == 1


DELETE = 'mutation { deleteImpact(id: "what-if:none") }'


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_a_get_writes_nothing(embedded_graph: Graph, accept: str) -> None:
    api = await opened(embedded_graph)
    answer = await api.http.get("/graphql", params={"query": DELETE}, headers={"accept": accept})
    assert "A mutation is not taken here" in answer.text
    assert "deleteImpact" not in answer.text


async def test_a_form_of_another_site_writes_nothing(embedded_graph: Graph) -> None:
    api = await opened(embedded_graph)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = await api.http.post("/graphql", content=json.dumps({"query": DELETE}), headers={"content-type": kind})
        assert answer.status_code == 415


async def test_a_mutation_has_limits_too(embedded_graph: Graph) -> None:
    api = await opened(embedded_graph)
    many = " ".join(
        f'a{number}: saveImpact(name: "x", by: "y", change: {{kind: RETIRE, ids: ["A"]}}) {{ id stale }}'
        for number in range(400)
    )
    error = await api.error(f"mutation {{ {many} }}")
    assert error["extensions"]["code"] == "TOO_COSTLY"
