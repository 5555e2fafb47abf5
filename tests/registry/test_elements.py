"""`registry elements`: the API's answers in the terminal, decisions that are kept, and wrong usage."""

import json
from pathlib import Path

import pytest

from graph.bindings import bind, set_source
from graph.conflicts import AskedConflicts, ConflictSearch
from graph.decisions import recorded
from graph.embedded import attach
from graph.engine import Graph
from graph.projection import Projection
from registry.choices import Conflict
from registry.element_answers import conflicts_record, decided_record, decision_record
from resolvers.element_conflicts import ConflictKind
from tests.graph.stating import state
from tests.registry.running import Commands
from tests.resolvers.asking import opened
from tests.resolvers.test_elements import FACTS

CONFLICTS = """
{
  elementConflicts {
    totalCount sequence
    facets { kind { value name count } severity { value name count } department { value name count } }
    nodes {
      id kind severity message rule wayOut element { id name } source { id name }
      departments { totalCount nodes { fields updateCycle isSource department { id name } } }
      fields { totalCount nodes {
        id name dataType length updateCycle original resource { id name } department { id name }
      } }
    }
  }
}
"""
DECISIONS = """
fragment Told on ElementDecision { id act by at reason sequence field { id } element { id } department { id } }
{
  field(id: "表/号") { decisions { nodes { ...Told } } }
  element(id: "号") { decisions { nodes { ...Told } } }
}
"""


async def test_records_are_as_the_api_tells_them(embedded_graph: Graph, tmp_path: Path) -> None:
    graph = embedded_graph
    await state(graph, tmp_path, FACTS)
    done = await bind(graph, {"表/号": "号"}, "王科", "同一号码")
    await set_source(graph, "号", "公安", "李科")
    api = await opened(graph)
    answer = conflicts_record(await ConflictSearch(graph, Projection(graph, 0)).find(AskedConflicts()), 50)
    answer.pop("asOf")
    assert answer == (await api.ask(CONFLICTS))["elementConflicts"]
    assert answer["totalCount"] == 2
    told = await api.ask(DECISIONS)
    for id, name in (("表/号", "field"), ("号", "element")):
        assert list(map(decision_record, (await recorded(graph, [id]))[id])) == told[name]["decisions"]["nodes"]
    assert decided_record(done)["decisions"] == told["field"]["decisions"]["nodes"]


def test_options_are_those_of_the_api() -> None:
    assert [one.value for one in Conflict] == list(ConflictKind.__members__)


def test_conflicts_of_the_sample(sample: Commands) -> None:
    done = sample.run("elements", "conflicts", "--first", "2")
    assert done.status == 0
    for words in ("Conflicts (2 of ", "现居住地址 is collected by 2 departments", "as of change"):
        assert words in done.out
    found = sample.run(
        "elements",
        "conflicts",
        "--kind",
        "source_without_data",
        "--department",
        "department:320900/市民政局",
        "--format",
        "json",
    ).json
    assert [one["element"]["id"] for one in found["nodes"]] == ["element:320900/婚姻状况"]


def test_decisions_are_kept_and_told(commands: Commands, tmp_path: Path) -> None:
    held = attach(tmp_path / "data", heap_mb=512, linger_seconds=0.5)  # or each command starts an engine
    path = tmp_path / "facts.jsonl"
    path.write_text("".join(json.dumps(fact) + "\n" for fact in FACTS), "utf-8")
    assert commands.run("import", path).status == 0
    bound = commands.run("elements", "bind", "表/号", "号", "表/名", "-", "--by", "王科", "--format", "json").json
    assert [one["element"] for one in bound["decisions"]] == [{"id": "号"}, None]
    again = commands.run("elements", "bind", "表/号", "号", "--by", "王科")
    assert "0 decided, 1 were so already" in again.out
    refused = commands.run("elements", "refuse", "表/号", "号", "--by", "王科")
    assert (refused.status, "表/号 has the element" in refused.err) == (1, True)
    source = commands.run("elements", "source", "号", "民政", "--by", "李科", "--reason", "三定方案")
    assert "1 decided" in source.out
    record = commands.run("elements", "record", "号").out
    assert all(words in record for words in ("SOURCE_SET", "民政", "李科", "三定方案"))
    held.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bind", "f", "--by", "王科"], "go in pairs"),
        (["bind", "f", "e"], "--by"),
        (["bind", "f", "e", "f", "g", "--by", "王科"], "two elements"),
        (["source", "e", "--by", "王科"], "--take-back"),
        (["source", "e", "d", "--by", "王科", "--take-back"], "--take-back"),
        (["conflicts", "--first", "10001"], "--first"),
        (["conflicts", "--kind", "x"], "--kind"),
    ],
)
def test_wrong_usage_ends_with_2(
    arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from registry.cli import main

    monkeypatch.setattr("sys.argv", ["registry", "elements", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert words in capsys.readouterr().err
