"""The links behind an edge over GraphQL: who states them, over which agreement, what else does, and what it costs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from graph.changes import now, position
from graph.engine import Graph
from graph.evidence import Behind, tell
from graph.facts import as_text
from graph.lineage import Asked
from graph.moment import Level
from graph.paging import Page, cursor
from tests.graph.asking import lineages
from tests.graph.stating import state
from tests.resolvers.asking import Api, opened

FACTS: list[dict[str, Any]] = [
    {"fact": "department", "id": "公安局", "name": "市公安局"},
    {"fact": "department", "id": "民政局", "name": "市民政局"},
    {"fact": "system", "id": "救助", "name": "社会救助系统", "department": "民政局"},
    {"fact": "resource", "id": "户籍", "name": "户籍信息", "provider": "公安局"},
    {"fact": "resource", "id": "对象", "name": "救助对象", "provider": "民政局"},
    {"fact": "field", "id": "户籍/姓名", "name": "姓名", "resource": "户籍"},
    {"fact": "field", "id": "户籍/证号", "name": "身份证号", "resource": "户籍"},
    {"fact": "field", "id": "对象/姓名", "name": "姓名", "resource": "对象"},
    {
        "fact": "feeds",
        "from": "户籍/姓名",
        "to": "对象/姓名",
        "job": "夜间交换",
        "transformation": "SELECT xm FROM hj",
        "influence": "DIRECT",
        "ticket": 7,
    },
    {"fact": "feeds", "from": "户籍/姓名", "to": "对象/姓名", "job": "补数", "valid_from": "2019-01-01"},
    {"fact": "feeds", "from": "户籍/证号", "to": "对象/姓名", "influence": "INDIRECT"},
    {"fact": "feeds", "from": "户籍", "to": "对象", "job": "目录"},
    {"fact": "reads", "system": "救助", "resource": "户籍", "job": "查询"},
    {
        "fact": "agreement",
        "id": "协议一",
        "provider": "公安局",
        "consumer": "民政局",
        "covers": ["户籍"],
        "valid_to": "2020-01-01",
    },
    {"fact": "agreement", "id": "协议二", "consumer": "民政局", "covers": ["户籍/证号"], "valid_from": "2018-01-01"},
    {
        "fact": "agreement",
        "id": "协议三",
        "name": "将来",
        "system": "救助",
        "covers": ["户籍"],
        "valid_from": "2100-01-01",
    },
]
LINK = """source { id kind name resource { id name } } target { id } flow job transformation influence validFrom validTo
  ended recordedFrom statedBy { source since until } extra crossesDepartments agreed
  agreements { id name state validFrom validTo }
  others { how source { id } target { id } flow job validFrom validTo recordedFrom statedBy { source } } othersCount"""
EXPLAIN = """query($ids: [ID!]!, $level: Level!, $asOf: DateTime, $knownAt: DateTime, $first: Int, $after: String,
               $last: Int, $before: String) {
  dependencies(ids: $ids, direction: DOWNSTREAM, level: $level, asOf: $asOf, knownAt: $knownAt) {
    edges { source target flow count
      evidence(first: $first, after: $after, last: $last, before: $before) { totalCount nodes { LINK }
        edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }""".replace("LINK", LINK)


async def explain(api: Api, level: str = "RESOURCE", **more: Any) -> dict[tuple[str, str, str], Any]:
    """The evidence of each edge downstream of 户籍."""
    data = await api.ask(EXPLAIN, **{"ids": ["户籍"], "level": level, **more})
    edges = data["dependencies"]["edges"]
    assert all(edge["count"] == edge["evidence"]["totalCount"] for edge in edges)
    return {(edge["source"], edge["target"], edge["flow"]): edge["evidence"] for edge in edges}


def by(links: Sequence[Any]) -> list[list[str]]:
    return [[one["source"] for one in link["statedBy"]] for link in links]


def explained(recorded: str, other: Any) -> dict[str, Any]:
    """What is told of the link of names; `other` is what else states the same ends."""
    return {
        "source": {"id": "户籍/姓名", "kind": "FIELD", "name": "姓名", "resource": {"id": "户籍", "name": "户籍信息"}},
        "target": {"id": "对象/姓名"},
        "flow": "FEEDS",
        "job": "补数",
        "transformation": None,
        "influence": None,
        "validFrom": "2018-12-31T16:00:00Z",
        "validTo": None,
        "ended": False,
        "recordedFrom": recorded,
        "statedBy": [{"source": "目录", "since": recorded, "until": None}],
        "extra": None,
        "crossesDepartments": True,
        "agreed": "EXPIRED",
        "agreements": [
            {"id": "协议一", "name": "协议一", "state": "EXPIRED", "validFrom": None, "validTo": "2019-12-31T16:00:00Z"}
        ],
        "others": [
            other,
            {
                "how": "SUM",
                "source": {"id": "户籍"},
                "target": {"id": "对象"},
                "flow": "FEEDS",
                "job": "目录",
                "validFrom": None,
                "validTo": None,
                "recordedFrom": recorded,
                "statedBy": [{"source": "目录"}],
            },
        ],
        "othersCount": 2,
    }


@pytest.mark.parametrize("megabytes", [64, 0])
async def test_an_edge_is_explained_link_by_link(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    await state(graph, tmp_path, FACTS, "目录")
    api = await opened(graph, megabytes)
    found = await explain(api)
    assert found.keys() == {("户籍", "对象", "FEEDS"), ("户籍", "救助", "READS")}
    second, first, third = found["户籍", "对象", "FEEDS"]["nodes"]
    recorded = first["recordedFrom"]
    other = first["others"][0]
    assert (other["how"], other["job"], other["statedBy"]) == ("SAME_ENDS", "夜间交换", [{"source": "目录"}])
    assert first == explained(recorded, other)
    assert (second["job"], second["transformation"], second["extra"]) == (
        "夜间交换",
        "SELECT xm FROM hj",
        {"ticket": 7},
    )
    assert (third["source"]["id"], third["influence"], third["agreed"]) == ("户籍/证号", "INDIRECT", "IN_FORCE")
    assert [(one["id"], one["state"]) for one in third["agreements"]] == [
        ("协议二", "IN_FORCE"),
        ("协议一", "EXPIRED"),
    ]
    assert [one["how"] for one in third["others"]] == ["SUM"]
    [reading] = found["户籍", "救助", "READS"]["nodes"]
    assert (reading["source"]["id"], reading["source"]["resource"], reading["target"]["id"]) == ("户籍", None, "救助")
    assert (reading["job"], reading["transformation"], reading["others"]) == ("查询", None, [])
    assert [(one["id"], one["state"]) for one in reading["agreements"]] == [
        ("协议三", "UPCOMING"),
        ("协议一", "EXPIRED"),
    ]
    await api.http.aclose()


@pytest.mark.parametrize("megabytes", [64, 0])
async def test_evidence_is_told_as_of_the_moment_of_the_answer(graph: Graph, tmp_path: Path, megabytes: int) -> None:
    """A link stated by two sources of which one withdraws, a withdrawn source, a withdrawn agreement."""
    link = {"fact": "feeds", "from": "户籍/姓名", "to": "对象/姓名", "job": "夜间交换"}
    things = [fact for fact in FACTS if fact["fact"] in ("department", "system", "resource", "field")]
    await state(graph, tmp_path, things, "登记")
    await state(graph, tmp_path, [fact for fact in FACTS if fact not in things], "目录")
    alone = as_text(max(now(), (await position(graph)).at))
    await state(graph, tmp_path, [link], "台账")
    both = as_text(max(now(), (await position(graph)).at))
    await state(graph, tmp_path, [link], "目录", full=True)
    gone = as_text(max(now(), (await position(graph)).at))
    await state(graph, tmp_path, [{**link, "transformation": "SELECT xm, xb"}], "台账")
    await state(graph, tmp_path, [{"fact": "department", "id": "公安局"}], "目录", full=True)
    api = await opened(graph, megabytes)
    seen = {}
    for at in (alone, both, gone, None):
        found = await explain(api, "FIELD", ids=["户籍/姓名"], knownAt=at, asOf="2019-06-01")
        nodes = found["户籍/姓名", "对象/姓名", "FEEDS"]["nodes"]
        seen[at] = [(one["job"], one["ended"], one["agreed"], one["transformation"]) for one in nodes], by(nodes)
    select = "SELECT xm FROM hj"
    assert seen == {
        alone: ([("夜间交换", False, "IN_FORCE", select), ("补数", False, "IN_FORCE", None)], [["目录"], ["目录"]]),
        both: (
            [("夜间交换", False, "IN_FORCE", select), ("补数", False, "IN_FORCE", None)],
            [["目录", "台账"], ["目录"]],
        ),
        gone: ([("夜间交换", False, "WITHDRAWN", select), ("补数", True, "WITHDRAWN", None)], [["目录", "台账"], []]),
        None: ([("夜间交换", False, "WITHDRAWN", "SELECT xm, xb"), ("补数", True, "WITHDRAWN", None)], [["台账"], []]),
    }
    await api.http.aclose()


@pytest.mark.parametrize("megabytes", [64, 0])
async def test_an_edge_of_a_path_is_explained_by_the_links_on_its_way(
    graph: Graph, tmp_path: Path, megabytes: int
) -> None:
    """Between 甲 and 丙 lie two fields of 乙; only the links at one of them lie on the way."""
    facts: list[dict[str, Any]] = [
        *({"fact": "resource", "id": id, "name": id} for id in "甲乙丙"),
        *({"fact": "field", "id": id, "name": id, "resource": id[0]} for id in ("甲/1", "乙/1", "乙/2", "丙/1")),
        *({"fact": "feeds", "from": "甲/1", "to": to, "job": f"到{to}"} for to in ("乙/1", "乙/2")),
        {"fact": "feeds", "from": "乙/1", "to": "丙/1", "job": "汇总"},
        {"fact": "feeds", "from": "乙", "to": "丙", "job": "目录"},
    ]
    await state(graph, tmp_path, facts, "目录")
    api = await opened(graph, megabytes)
    select = f"edges {{ source target count evidence {{ totalCount nodes {{ {LINK} }} }} }}"
    query = f"""query($from: ID!, $to: ID!, $level: Level!) {{
      lineagePaths(from: $from, to: $to, level: $level) {{ paths {{ {select} }} }} }}"""

    async def only(**asked: str) -> Any:
        [path] = (await api.ask(query, **asked))["lineagePaths"]["paths"]
        return path

    path = await only(**{"from": "甲"}, to="丙", level="RESOURCE")
    assert [[link["job"] for link in edge["evidence"]["nodes"]] for edge in path["edges"]] == [["到乙/1"], ["汇总"]]
    assert [edge["evidence"]["totalCount"] for edge in path["edges"]] == [edge["count"] for edge in path["edges"]]
    [last] = path["edges"][1]["evidence"]["nodes"]
    assert [(one["how"], one["job"]) for one in last["others"]] == [("SUM", "目录")]
    walk = f"""{{ lineage(ids: ["甲/1"], direction: DOWNSTREAM, level: FIELD) {{ {select} }} }}"""
    walked = {edge["target"]: edge for edge in (await api.ask(walk))["lineage"]["edges"]}
    fields = await only(**{"from": "甲/1"}, to="丙/1", level="FIELD")
    assert fields["edges"] == [walked["乙/1"], walked["丙/1"]]
    await api.http.aclose()


async def test_evidence_costs_one_statement_for_all_edges_and_only_if_it_is_asked_for(
    graph: Graph, tmp_path: Path
) -> None:
    await state(graph, tmp_path, [{"fact": "resource", "id": "户籍", "name": "户籍信息"}])
    api = await opened(graph)
    counts = []
    for many in (2, 40):
        names = [f"资源{number}" for number in range(many)]
        await state(
            graph,
            tmp_path,
            [
                *({"fact": "resource", "id": name, "name": name} for name in names),
                *(
                    {"fact": "feeds", "from": "户籍", "to": name, "job": f"交换{job}"}
                    for name in names
                    for job in range(9)
                ),
                *({"fact": "reads", "system": f"系统{name}", "resource": "户籍"} for name in names),
            ],
        )
        query = """{ dependencies(ids: ["户籍"], direction: DOWNSTREAM) { edges { jobs agreements EVIDENCE } } }"""
        asked = ("", "evidence { totalCount nodes { job source { name resource { name } } agreed othersCount } }")
        for evidence in (*asked, "evidence(first: 3) { nodes { statedBy { source } others { statedBy { source } } } }"):
            edges = (await api.ask(query.replace("EVIDENCE", evidence)))["dependencies"]["edges"]
            assert len(edges) == 2 * many
            counts.append(api.statements)
    few, several = counts[:3], counts[3:]
    # The projection takes over what was written, then a statement says that nothing is new.
    assert few[1:] == several[1:] == [1, 2]
    await api.http.aclose()


async def test_the_links_behind_an_edge_are_read_page_by_page(graph: Graph, tmp_path: Path) -> None:
    jobs = [f"任务{number:02}" for number in range(23)]
    links = [{"fact": "feeds", "from": "户籍", "to": "对象", "job": job} for job in jobs]
    await state(graph, tmp_path, [*FACTS[3:5], *links, {**links[0], "valid_from": "2019-01-01"}])
    api = await opened(graph)

    async def page(**more: Any) -> Any:
        return (await explain(api, **more))["户籍", "对象", "FEEDS"]

    usual = await page()
    assert usual["totalCount"] == 24
    assert len(usual["nodes"]) == 10
    seen = usual["nodes"]
    while usual["pageInfo"]["hasNextPage"]:
        usual = await page(after=usual["pageInfo"]["endCursor"], first=6)
        assert usual["pageInfo"]["hasPreviousPage"]
        seen += usual["nodes"]
    assert [link["job"] for link in seen] == [jobs[0], *jobs]
    assert [link["validFrom"] for link in seen[:2]] == [None, "2018-12-31T16:00:00Z"]
    back = await page(last=2, before=usual["pageInfo"]["startCursor"])
    assert [link["job"] for link in back["nodes"]] == jobs[19:21]
    assert (await page(last=1))["nodes"] == seen[-1:]
    assert (await page(first=0))["nodes"] == []
    others = seen[5]["others"]
    assert seen[5]["othersCount"] == 23
    assert [other["job"] for other in others] == [jobs[0], jobs[0], *(job for job in jobs[1:10] if job != jobs[4])]
    for wrong in (cursor("evidence", (1, 1)), cursor("evidence", ("a", "b")), cursor("history", (1, 1)), "x"):
        error = await api.error(EXPLAIN, ids=["户籍"], level="RESOURCE", after=wrong)
        assert error["extensions"] == {"code": "BAD_INPUT", "argument": "after"}
    assert (await page(after=cursor("evidence", ("￿", 1))))["nodes"] == []
    error = await api.error(
        """{ lineage(ids: ["户籍"], direction: DOWNSTREAM, budget: { maxNodes: 9 }) {
          edges { evidence(first: 1001) { totalCount } } } }"""
    )
    assert error["extensions"] == {"code": "BAD_INPUT", "argument": "first"}
    await api.http.aclose()


async def test_evidence_of_a_great_answer_is_weighed(embedded_graph: Graph) -> None:
    api = await opened(embedded_graph, 0)
    query = """{ lineage(ids: ["x"], direction: DOWNSTREAM, budget: { maxNodes: 10000 }) {
      edges { evidence(first: 100) { nodes { statedBy { source } } } } } }"""
    assert (await api.error(query))["extensions"]["code"] == "TOO_COSTLY"
    await api.http.aclose()


async def test_what_is_written_while_an_answer_is_told_does_not_show_in_it(graph: Graph, tmp_path: Path) -> None:
    """The answer is made, then another source states the link, then who states it is read."""
    await state(graph, tmp_path, FACTS, "目录")
    of = await lineages(graph, 64)
    found = await of.find(Asked(["户籍/证号"], "DOWNSTREAM", Level.FIELD))
    behind = Behind(found)
    await state(graph, tmp_path, [FACTS[10], {"fact": "department", "id": "公安局", "name": "改名"}], "台账")
    await state(graph, tmp_path, [{**FACTS[10], "influence": "DIRECT"}], "台账")
    await of.find(Asked(["户籍"], "DOWNSTREAM"))
    [line] = behind.lines(0, Page(5), 5)
    await tell(graph, behind, [line])
    assert (line.record["influence"], [one["source"] for one in line.record["stated_by"]]) == ("INDIRECT", ["目录"])
