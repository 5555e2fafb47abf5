"""Sources and their runs over GraphQL."""

from pathlib import Path
from typing import Any

import pytest

from graph.engine import Graph
from registry.sources.runner import How, run_source, undo_run
from tests.registry.feigned import configured, of
from tests.registry.importing import Line, small_graph, state
from tests.resolvers.asking import opened

RUNS = """
query ($source: ID!, $first: Int, $after: String) {
  sourceRuns(source: $source, first: $first, after: $after) {
    totalCount pageInfo { endCursor hasNextPage }
    nodes { number kind trigger state full attempts facts firstChange lastChange message undoes undoneBy
      counts { what stated added changed unchanged withdrawn refused } findings { code severity count } }
  }
}
"""


async def ran(graph: Graph, lines: list[Line]) -> None:
    source = configured(lambda: lines)
    done = await run_source(graph, of(source), source, How(worker="here"))
    if done.report is not None:
        done.report.close()


async def test_sources_are_listed_with_what_they_state(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, small_graph(), name="city")
    await ran(graph, [{"fact": "resource", "id": "resource:a", "name": "甲"}])
    api = await opened(graph)
    query = "{ sources(first: %s) { totalCount nodes { id connector things links lastImport lastRun { number } } } }"
    found = (await api.ask(query % 5))["sources"]
    assert found["totalCount"] == 2
    [city, people] = found["nodes"]
    assert (city["id"], city["connector"], city["lastRun"]) == ("exchange:city.jsonl", "exchange", None)
    assert (city["things"], city["links"]) == (len(small_graph()) - 7, 7)
    assert (people["id"], people["things"], people["links"]) == ("people", 1, 0)
    assert people["lastRun"] == {"number": 1}
    assert people["lastImport"].endswith("Z")
    assert [one["id"] for one in (await api.ask(query % 1))["sources"]["nodes"]] == ["exchange:city.jsonl"]


async def test_runs_are_listed_the_newest_first_in_pages(graph: Graph) -> None:
    await ran(graph, [{"fact": "resource", "id": "resource:a", "name": "甲"}, {"fact": "resource"}])
    await ran(graph, [{"fact": "resource", "id": "resource:a", "name": "乙"}])
    await undo_run(graph, "people", None, How(worker="here"))
    api = await opened(graph)
    page: Any = (await api.ask(RUNS, source="people", first=2))["sourceRuns"]
    assert page["totalCount"] == 3
    assert page["pageInfo"]["hasNextPage"]
    [undone, second] = page["nodes"]
    assert (undone["number"], undone["trigger"], undone["undoes"], undone["state"]) == (3, "UNDO", 2, "DONE")
    assert (second["number"], second["trigger"], second["undoneBy"]) == (2, "PERSON", 3)
    assert second["counts"] == [
        {"what": "resource", "stated": 1, "added": 0, "changed": 1, "unchanged": 0, "withdrawn": 0, "refused": 0}
    ]
    rest = await api.ask(RUNS, source="people", first=2, after=page["pageInfo"]["endCursor"])
    [first] = rest["sourceRuns"]["nodes"]
    assert (first["number"], first["facts"], first["kind"]) == (1, 1, "feigned")
    assert [(one["severity"], one["count"]) for one in first["findings"]] == [("ERROR", 1)]
    assert first["message"] == "1 of what it says could not be taken"
    assert first["firstChange"] == first["lastChange"] == "1"


async def test_a_source_that_never_ran_has_no_runs(graph: Graph) -> None:
    api = await opened(graph)
    assert (await api.ask(RUNS, source="nobody"))["sourceRuns"]["nodes"] == []
    assert (await api.ask("{ sources { nodes { id } } }"))["sources"]["nodes"] == []


@pytest.mark.parametrize("given", ['source: ""', 'source: "a", after: "x"'])
async def test_what_cannot_be_asked_is_refused(graph: Graph, given: str) -> None:
    api = await opened(graph)
    error = await api.error(f"{{ sourceRuns({given}) {{ totalCount }} }}")
    assert error["extensions"]["code"] == "BAD_INPUT"


CHANGED = """
query ($after: String, $last: Int, $first: Int) { sourceRuns(source: "people", first: 2) { nodes { number
  changed(first: $first, after: $after, last: $last) {
    totalCount pageInfo { endCursor hasNextPage }
    nodes { what act id start end job changes { name before after } }
} } } }
"""


async def test_what_a_run_changed_is_told_in_order_and_pages(graph: Graph, tmp_path: Path) -> None:
    feeds = {"fact": "feeds", "from": "resource:0", "to": "resource:1", "job": "夜间"}
    things = [{"fact": "resource", "id": f"resource:{n}", "name": f"甲{n}", "published": "2020"} for n in range(4)]
    await ran(graph, [*things, feeds])
    await ran(graph, [{**things[0], "name": "乙", "published": None}, {**feeds, "transformation": "x"}, *things[1:]])
    api = await opened(graph)
    [second, first] = (await api.ask(CHANGED, first=10))["sourceRuns"]["nodes"]
    assert second["changed"]["nodes"] == [
        {
            "what": "resource",
            "act": "CHANGED",
            "id": "resource:0",
            "start": None,
            "end": None,
            "job": None,
            "changes": [
                {"name": "name", "before": "甲0", "after": "乙"},
                {"name": "published", "before": "2020", "after": None},
            ],
        },
        {
            "what": "feeds",
            "act": "CHANGED",
            "id": None,
            "start": "resource:0",
            "end": "resource:1",
            "job": "夜间",
            "changes": [{"name": "transformation", "before": None, "after": "x"}],
        },
    ]
    assert [(one["act"], one["id"]) for one in first["changed"]["nodes"]][:4] == [
        ("STATED", f"resource:{n}") for n in range(4)
    ]
    page = (await api.ask(CHANGED, first=3))["sourceRuns"]["nodes"][1]["changed"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"], len(page["nodes"])) == (5, True, 3)
    query = CHANGED.replace("first: 2)", f'first: 2, after: "{await cursor(api)}")')
    rest = (await api.ask(query, first=3, after=page["pageInfo"]["endCursor"]))["sourceRuns"]["nodes"][0]["changed"]
    assert [(one["what"], one["act"]) for one in rest["nodes"]] == [("resource", "STATED"), ("feeds", "STATED")]
    [end] = (await api.ask(CHANGED, last=1))["sourceRuns"]["nodes"][0]["changed"]["nodes"]
    assert end["what"] == "feeds"
    await undo_run(graph, "people", None, How(worker="here"))
    [undone, _] = (await api.ask(CHANGED, first=9))["sourceRuns"]["nodes"]
    assert sorted(one["what"] for one in undone["changed"]["nodes"]) == ["feeds", "resource"]


async def cursor(api: Any) -> str:
    """Where the second run of the list begins."""
    found = await api.ask('{ sourceRuns(source: "people", first: 1) { pageInfo { endCursor } } }')
    end: str = found["sourceRuns"]["pageInfo"]["endCursor"]
    return end
