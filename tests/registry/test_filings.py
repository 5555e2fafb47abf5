"""`registry filings`: the same answers as the API, files that are read, and how commands end."""

import json
from pathlib import Path
from typing import Any

import pytest

from graph.engine import Graph
from graph.filing_states import FilingAct, FilingKind, possible
from graph.filing_steps import AskedBody
from registry import choices
from registry.commands.filings import bodies
from registry.filing_answers import event_record, filing_record
from resolvers import filing_enums as types
from tests.graph.filing import CITY, DIBAO, FAGAI, NEW, candidate, filings_on
from tests.graph.stating import state
from tests.registry.running import Commands
from tests.resolvers.asking import opened

ASK = """
query ($id: ID!) {
  filing(id: $id) {
    id kind state version name by draftedAt changedAt receivedAt system { id } department { id } solution { id } content
    warnings { place message } rules rulesVersion decideBy due dueUnknown verdict
    candidates { id kind name score over exempt } undecided decisions { candidate decided reason by at }
    bodies { name department { id } workingDays due dueUnknown opinion reason by at }
    without possible sequence
    events { number at by act before after reason due dueUnknown rules detail sequence verdict report }
  }
}
"""


def plain(node: dict[str, Any]) -> dict[str, Any]:
    """A node as commands print it: things by their ids, kinds as candidates have them."""
    told = {
        name: value["id"] if isinstance(value, dict) and set(value) == {"id"} else value for name, value in node.items()
    }
    told["candidates"] = [{**one, "kind": one["kind"].lower()} for one in told["candidates"]]
    told["bodies"] = [{**one, "department": one["department"] and one["department"]["id"]} for one in told["bodies"]]
    return told


async def test_commands_answer_as_the_api_does(graph: Graph, tmp_path: Path) -> None:
    await state(graph, tmp_path, CITY)
    filings, check = filings_on(graph, [candidate(DIBAO, None)])
    one = await filings.draft(FilingKind.PROPOSE, None, {**NEW, "备注": "急"}, "王科")
    await filings.submit(one.id, "王科")
    await filings.review(one.id, [AskedBody(FAGAI), AskedBody("市财政局")], "李处")
    one = await filings.find(one.id)
    told = (await (await opened(graph, checker=check)).ask(ASK, id=one.id))["filing"]
    happened = told.pop("events")
    acts = [act.value for act in possible(one.state, short=False)]
    assert filing_record(one, acts) == plain(told)
    from graph.filing_records import events, reports

    found = (await events(graph, [one.id]))[one.id]
    kept = await reports(graph, [each.id for each in found if each.act == FilingAct.CHECK])
    assert [event_record(each, kept.get(each.id)) for each in found] == happened


def test_options_are_those_of_the_api() -> None:
    for option, type in (
        (choices.FilingKind, types.FilingKind),
        (choices.FilingState, types.FilingState),
        (choices.FilingOrder, types.FilingOrder),
        (choices.ListOrder, types.ScopeOrder),
        (choices.Decided, types.CandidateDecision),
        (choices.Opinion, types.OpinionType),
    ):
        assert [one.value for one in option] == list(type.__members__)
    assert {one.value for one in choices.Funds} < set(types.FundsOutcome.__members__)


@pytest.mark.parametrize(
    ("given", "name", "days"),
    [("市财政局", "市财政局", None), ("市财政局=3", "市财政局", 3), ("a=b", "a=b", None), ("a=b=10", "a=b", 10)],
)
def test_bodies_may_have_their_own_days(given: str, name: str, days: int | None) -> None:
    assert bodies([given]) == [AskedBody(name, days=days)]


def test_a_filing_is_begun_from_a_file_and_refused_as_it_should_be(sample: Commands, tmp_path: Path) -> None:
    # A filing that is withdrawn is no fact: what others ask of the sample stays as it is.
    file = tmp_path / "retire.json"
    file.write_text(json.dumps({"kind": "RETIRE", "system": "system:没有", "口令": "abc123"}), "utf-8")
    done = sample.run("filings", "draft", str(file), "--by", "王科", "--format", "json")
    assert done.status == 0 and "seems to hold a login" in done.err and "abc123" not in done.out + done.err
    told = json.loads(done.out)
    assert (told["kind"], told["state"], told["system"], told["content"]) == ("RETIRE", "DRAFT", "system:没有", {})
    done = sample.run("filings", "submit", told["id"], "--by", "王科", "--format", "json")
    assert done.status == 1
    assert json.loads(done.out)["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    done = sample.run("filings", "approve", told["id"], "--by", "王科")
    assert done.status == 1 and "possible now: EDIT, SUBMIT, WITHDRAW" in done.err
    assert sample.run("filings", "withdraw", told["id"], "--by", "王科").status == 0
    file.write_text("[", "utf-8")
    assert sample.run("filings", "draft", str(file), "--by", "王科").status == 1
    assert sample.run("filings", "funds", "system:x", "--decide", "funds").status == 2
