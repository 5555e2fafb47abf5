"""Filings from draft to what comes of them, on both engines: what is kept, what is refused, and two at once."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from graph.changes import position
from graph.engine import Graph
from graph.facts import Kind
from graph.filing_records import Filing, events, report_of
from graph.filing_states import Decided, FilingAct, FilingKind, FilingState, Opinion
from graph.filing_steps import AskedBody
from graph.filings import Filings
from graph.refusals import BadInput, NotFound, Refusal, Taken
from graph.solutions import end, instances, register
from graph.things import by_ids
from tests.graph.filing import CITY, DIBAO, FAGAI, MINZHENG, NEW, XINYONG, Check, candidate, filings_on, no_year
from tests.graph.stating import state

KIND = FilingKind
BODIES = [AskedBody(FAGAI), AskedBody("市财政局", days=3)]


async def opened(graph: Graph, folder: Path, *found: dict[str, Any], **more: Any) -> tuple[Filings, Check]:
    await state(graph, folder, CITY)
    return filings_on(graph, found, **more)


async def submitted(filings: Filings, content: dict[str, Any] | None = None, **more: Any) -> Filing:
    one = await filings.draft(KIND.PROPOSE, None, {**NEW, **(content or {}), **more}, "王科")
    return await filings.submit(one.id, "王科")


async def approved(filings: Filings) -> Filing:
    one = await submitted(filings)
    await filings.review(one.id, BODIES, "李处")
    for body in (FAGAI, "市财政局"):
        await filings.opine(one.id, body, Opinion.POSITIVE, "赵科")
    return await filings.close(one.id, FilingAct.APPROVE, "李处")


async def acts(graph: Graph, id: str) -> list[tuple[str, str]]:
    return [(one.act, one.after) for one in (await events(graph, [id]))[id]]


async def refused(what: Any) -> Refusal:
    with pytest.raises(Refusal) as error:
        await what
    return error.value


async def test_a_proposal_is_decided_and_made(graph: Graph, tmp_path: Path) -> None:
    filings, check = await opened(graph, tmp_path, candidate(DIBAO), candidate(XINYONG, None, 0.2))
    one = await submitted(filings, money={"construction": 120}, 备注="急")
    assert (one.state, one.verdict, one.undecided) == (FilingState.CHECKED, "OVERLAP", [DIBAO])
    assert one.warnings == [
        {"place": "content.备注", "message": "is no key that the registry knows; it is kept as it is"}
    ]
    assert check.asked == [
        {
            "name": "救助平台",
            "department": MINZHENG,
            "jurisdiction": "jurisdiction:320900",
            "duties": ["社会救助"],
            "functions": ["救助申请"],
        }
    ]
    error = await refused(filings.review(one.id, BODIES, "李处"))
    assert isinstance(error, Taken) and error.ids == [DIBAO]
    await filings.decide(one.id, DIBAO, Decided.EXTEND, "李处", "先在低保系统上扩展")
    one = await filings.review(one.id, BODIES, "李处")
    assert [(body.name, body.department, body.days) for body in one.bodies] == [
        ("市发改委", FAGAI, 5),
        ("市财政局", None, 3),
    ]
    assert one.due == one.bodies[1].due
    await filings.opine(one.id, "市财政局", Opinion.NEGATIVE, "钱科", "没有预算")
    one = await filings.opine(one.id, FAGAI, Opinion.ABSTAINED, "赵科", "非本部门事项")
    assert one.due == one.decide_by
    error = await refused(filings.close(one.id, FilingAct.APPROVE, "李处"))
    assert error.argument == "reason"
    one = await filings.close(one.id, FilingAct.APPROVE, "李处", "省里要求")
    assert (one.state, one.system) == (FilingState.APPROVED, "system:320900/民政/救助平台")
    made = (await by_ids(graph, Kind.SYSTEM, [one.system or ""]))[one.system or ""]
    assert (made["status"], made["sources"], made["money"], made["extra"], made["department"]) == (
        "PLANNED",
        [one.id],
        {"construction": 120},
        {"备注": "急"},
        MINZHENG,
    )
    one = await filings.build(one.id, "王科", date(2026, 3, 1))
    made = (await by_ids(graph, Kind.SYSTEM, [one.system or ""]))[one.system or ""]
    assert (one.state, made["status"], made["in_use_since"]) == (FilingState.BUILT, "LIVE", "2026-03-01")
    assert [act for act, _ in await acts(graph, one.id)] == [
        "DRAFT",
        "SUBMIT",
        "CHECK",
        "DECIDE",
        "REVIEW",
        "OPINE",
        "OPINE",
        "APPROVE",
        "BUILD",
    ]
    assert one.version == 9


async def test_each_transition_keeps_who_when_until_when_and_under_which_rules(graph: Graph, tmp_path: Path) -> None:
    filings, _ = await opened(graph, tmp_path)
    one = await approved(filings)
    found = (await events(graph, [one.id]))[one.id]
    assert [(event.number, event.before, event.after, event.by) for event in found[:4]] == [
        (1, None, "DRAFT", "王科"),
        (2, "DRAFT", "SUBMITTED", "王科"),
        (3, "SUBMITTED", "CHECKED", "registry"),
        (4, "CHECKED", "IN_REVIEW", "李处"),
    ]
    assert one.rules_version is not None and one.rules_version.startswith(f"{one.rules}@")
    assert [event.rules for event in found[1:]] == [
        f"{one.rules}@1" if event.act == "CHECK" else one.rules_version for event in found[1:]
    ]
    assert found[1].due == one.decide_by and found[3].due == one.bodies[1].due and found[-1].due is None
    assert all(event.at for event in found)
    report = orjson.loads(await report_of(graph, one.id, 3) or "")
    assert report["inputs"] == {"asked": 1}
    assert await report_of(graph, one.id, 2) is None


async def test_the_check_runs_again_when_the_graph_has_moved_and_decisions_stay(graph: Graph, tmp_path: Path) -> None:
    filings, check = await opened(graph, tmp_path, candidate(DIBAO))
    one = await submitted(filings)
    await filings.decide(one.id, DIBAO, Decided.JUSTIFY, "李处", "对象不同")
    assert len(check.asked) == 1
    await state(graph, tmp_path, [{"fact": "system", "id": "system:新", "name": "社会救助平台"}])
    check.found.append(candidate("system:新", "DUPLICATE", 0.95))
    error = await refused(filings.review(one.id, BODIES, "李处"))
    assert error.ids == ["system:新"]
    one = await filings.find(one.id)
    assert (len(check.asked), one.undecided, [each.candidate for each in one.decisions]) == (2, ["system:新"], [DIBAO])
    assert one.sequence == (await position(graph)).sequence
    await filings.decide(one.id, "system:新", Decided.MERGE, "李处", "并入")
    await filings.review(one.id, BODIES, "李处")
    # Also while it is under review, before it is closed.
    await state(graph, tmp_path, [{"fact": "system", "id": "system:又新"}])
    check.found.append(candidate("system:又新"))
    error = await refused(filings.close(one.id, FilingAct.APPROVE, "李处", without="都同意"))
    assert error.ids == ["system:又新"]
    assert (await filings.find(one.id)).state is FilingState.IN_REVIEW


async def test_opinions_are_waited_for_or_it_is_said_why_not(graph: Graph, tmp_path: Path) -> None:
    filings, _ = await opened(graph, tmp_path)
    one = await submitted(filings)
    await filings.review(one.id, BODIES, "李处")
    await filings.opine(one.id, " 市财政局", Opinion.POSITIVE, "钱科")
    for act in (FilingAct.APPROVE, FilingAct.REFUSE):
        error = await refused(filings.close(one.id, act, "李处", "因为"))
        assert error.argument == "without" and "市发改委" in str(error)
    assert isinstance(await refused(filings.opine(one.id, "市卫健委", Opinion.POSITIVE, "某")), NotFound)
    assert (await refused(filings.opine(one.id, FAGAI, Opinion.NEGATIVE, "某"))).argument == "reason"
    assert (await refused(filings.close(one.id, FilingAct.REFUSE, "李处"))).argument == "reason"
    one = await filings.close(one.id, FilingAct.REFUSE, "李处", "重复", "逾期未复")
    assert (one.state, one.without, one.system) == (FilingState.REFUSED, "逾期未复", None)
    detail = (await events(graph, [one.id]))[one.id][-1].detail
    assert detail == {"without": "逾期未复", "silent": ["市发改委"]}


async def test_what_was_returned_is_edited_and_handed_in_again(graph: Graph, tmp_path: Path) -> None:
    filings, check = await opened(graph, tmp_path, candidate(DIBAO))
    one = await submitted(filings)
    await filings.decide(one.id, DIBAO, Decided.REUSE, "李处", "可以复用")
    assert (await refused(filings.close(one.id, FilingAct.RETURN, "李处"))).argument == "reason"
    one = await filings.close(one.id, FilingAct.RETURN, "李处", "说清事项")
    assert (await refused(filings.submit(one.id, "王科"))).code == "CONFLICT"
    one = await filings.edit(one.id, {**NEW, "money": {"construction": 1}}, "王科")
    assert (one.state, one.verdict, [each.candidate for each in one.decisions]) == (FilingState.DRAFT, None, [DIBAO])
    one = await filings.edit(one.id, {**NEW, "functions": ["别的"]}, "王科")
    assert one.decisions == ()
    one = await filings.submit(one.id, "王科")
    assert (one.undecided, check.asked[-1]["functions"]) == ([DIBAO], ["别的"])


async def test_an_instance_of_a_standard_solution_is_reuse_and_takes_a_short_path(graph: Graph, tmp_path: Path) -> None:
    filings, check = await opened(graph, tmp_path)
    solution = await register(graph, DIBAO, "救助标准方案", "李处")
    assert (await refused(register(graph, DIBAO, "又一个", "李处"))).code == "CONFLICT"
    check.found = [candidate(DIBAO, "DUPLICATE"), candidate("resource:低保对象"), candidate(XINYONG)]
    one = await submitted(filings, instance_of=solution.id)
    assert [(each.id, each.exempt) for each in one.candidates] == [
        (DIBAO, "SOLUTION"),
        ("resource:低保对象", "SOLUTION"),
        (XINYONG, None),
    ]
    assert (await refused(filings.close(one.id, FilingAct.APPROVE, "李处"))).ids == [XINYONG]
    await filings.decide(one.id, XINYONG, Decided.JUSTIFY, "李处", "不同")
    one = await filings.close(one.id, FilingAct.APPROVE, "李处")
    assert (one.state, one.bodies) == (FilingState.APPROVED, [])
    assert await instances(graph, [solution.id]) == {solution.id: [one.system]}
    check.found = [candidate(one.system or "", "DUPLICATE")]
    other = await submitted(filings, name="区救助平台", instance_of=solution.id)
    assert [(each.id, each.exempt) for each in other.candidates] == [(one.system, "INSTANCE")]
    await end(graph, solution.id, "李处", "停用")
    error = await refused(filings.close(other.id, FilingAct.APPROVE, "李处"))
    assert "only an instance of a standard solution" in str(error)
    assert (await refused(submitted(filings, instance_of=solution.id))).code == "CONFLICT"
    assert isinstance(await refused(submitted(filings, instance_of="solution:没有")), NotFound)


async def test_a_change_is_stated_when_it_is_done(graph: Graph, tmp_path: Path) -> None:
    filings, check = await opened(graph, tmp_path, candidate(DIBAO, "DUPLICATE"), candidate("resource:低保对象"))
    one = await filings.draft(KIND.CHANGE, DIBAO, {"functions": ["低保审批"]}, "王科")
    one = await filings.submit(one.id, "王科")
    assert (one.name, one.department, check.asked[0]["name"]) == ("低保系统", MINZHENG, "低保系统")
    assert {each.exempt for each in one.candidates} == {"SELF"} and one.undecided == []
    await filings.review(one.id, [AskedBody(FAGAI)], "李处")
    before = await position(graph)
    await filings.close(one.id, FilingAct.APPROVE, "李处", without="会上已同意")
    assert await position(graph) == before
    await filings.build(one.id, "王科")
    stored = (await by_ids(graph, Kind.SYSTEM, [DIBAO]))[DIBAO]
    assert (stored["functions"], stored["name"], stored["status"]) == (["低保审批"], "低保系统", "LIVE")
    assert sorted(stored["sources"]) == sorted(["a", one.id])


async def test_the_end_of_a_system_shows_what_it_touches(graph: Graph, tmp_path: Path) -> None:
    reading = {"fact": "reads", "system": XINYONG, "resource": "resource:低保对象"}
    await state(graph, tmp_path, [*CITY, reading])
    filings, check = filings_on(graph)
    one = await filings.draft(KIND.RETIRE, DIBAO, {}, "王科")
    one = await filings.submit(one.id, "王科")
    assert (one.verdict, check.asked) == (None, [])
    report = orjson.loads(await report_of(graph, one.id, one.checked or 0) or "")
    assert report["impact"]["affected"]["SYSTEM"] >= 1
    assert FAGAI in [each["id"] for each in report["impact"]["departments"]]
    await filings.review(one.id, [AskedBody(FAGAI)], "李处")
    await filings.opine(one.id, FAGAI, Opinion.POSITIVE, "赵科")
    await filings.close(one.id, FilingAct.APPROVE, "李处")
    await filings.build(one.id, "王科", date(2026, 6, 30))
    stored = (await by_ids(graph, Kind.SYSTEM, [DIBAO]))[DIBAO]
    assert (stored["status"], stored["retired_on"]) == ("RETIRED", "2026-06-30")


async def test_a_department_has_no_two_systems_of_one_name(graph: Graph, tmp_path: Path) -> None:
    filings, _ = await opened(graph, tmp_path)
    one = await submitted(filings, name="低保 系统")
    await filings.review(one.id, [AskedBody(FAGAI)], "李处")
    before = await position(graph)
    error = await refused(filings.close(one.id, FilingAct.APPROVE, "李处", without="急"))
    assert error.ids == [DIBAO] and "file a change" in str(error).casefold()
    assert await position(graph) == before
    assert (await filings.find(one.id)).state is FilingState.IN_REVIEW
    # One that is only planned so far is this one.
    await state(graph, tmp_path, [{**CITY[3], "status": "PLANNED"}])
    one = await filings.close(one.id, FilingAct.APPROVE, "李处", without="急")
    assert one.system == DIBAO


async def test_of_two_at_once_one_wins(graph: Graph, tmp_path: Path) -> None:
    filings, _ = await opened(graph, tmp_path)
    one = await submitted(filings)
    await filings.review(one.id, [AskedBody(FAGAI)], "李处")
    await filings.opine(one.id, FAGAI, Opinion.POSITIVE, "赵科")
    both = await asyncio.gather(
        filings.close(one.id, FilingAct.APPROVE, "李处"),
        filings.close(one.id, FilingAct.REFUSE, "周处", "不必"),
        return_exceptions=True,
    )
    lost = [each for each in both if isinstance(each, BaseException)]
    assert len(lost) == 1 and isinstance(lost[0], Taken), both
    won = next(each for each in both if isinstance(each, Filing))
    assert (await filings.find(one.id)).state is won.state
    systems = await by_ids(graph, Kind.SYSTEM, ["system:320900/民政/救助平台"])
    assert bool(systems) is (won.state is FilingState.APPROVED)
    assert len(await acts(graph, one.id)) == won.version


async def test_who_names_an_older_version_is_refused(graph: Graph, tmp_path: Path) -> None:
    filings, _ = await opened(graph, tmp_path, candidate(DIBAO), candidate(XINYONG))
    one = await submitted(filings)
    await filings.decide(one.id, DIBAO, Decided.REUSE, "李处", "可用", one.version)
    error = await refused(filings.decide(one.id, DIBAO, Decided.MERGE, "周处", "并", one.version))
    assert (error.code, error.argument) == ("CONFLICT", "version")
    # Two decisions on different candidates do not get in each other's way.
    await asyncio.gather(*(filings.decide(one.id, id, Decided.JUSTIFY, "李处", "不同") for id in (DIBAO, XINYONG)))
    one = await filings.find(one.id)
    assert one.undecided == [] and [each.decided for each in one.decisions] == [Decided.JUSTIFY] * 2
    assert [number for number, _ in enumerate(await acts(graph, one.id), 1)][-1] == one.version


async def test_a_year_that_is_not_loaded_is_no_day(embedded_graph: Graph, tmp_path: Path) -> None:
    filings, _ = await opened(embedded_graph, tmp_path, due=no_year)
    one = await submitted(filings)
    assert one.due is None and "does not have" in (one.unknown or "")
    one = await filings.review(one.id, BODIES, "李处")
    assert {body.due for body in one.bodies} == {None}
    assert all("does not have" in (body.unknown or "") for body in one.bodies)
    assert (await events(embedded_graph, [one.id]))[one.id][-1].unknown == one.unknown


async def test_what_the_check_cannot_say_needs_a_reason(embedded_graph: Graph, tmp_path: Path) -> None:
    filings, check = await opened(embedded_graph, tmp_path)
    check.verdict = "UNKNOWN"
    one = await submitted(filings)
    assert (await refused(filings.review(one.id, BODIES, "李处"))).argument == "reason"
    assert (await filings.review(one.id, BODIES, "李处", "事项另附")).state is FilingState.IN_REVIEW


async def test_a_check_that_fails_is_made_up_for(embedded_graph: Graph, tmp_path: Path) -> None:
    filings, check = await opened(embedded_graph, tmp_path, {"id": "没有别的"})
    one = await filings.draft(KIND.PROPOSE, None, NEW, "王科")
    with pytest.raises(KeyError):
        await filings.submit(one.id, "王科")
    assert (await filings.find(one.id)).state is FilingState.SUBMITTED
    other = await filings.draft(KIND.PROPOSE, None, NEW, "王科")
    with pytest.raises(KeyError):
        await filings.submit(other.id, "王科")
    assert (await filings.close(other.id, FilingAct.RETURN, "李处", "无法查重")).state is FilingState.RETURNED
    check.found = []
    assert (await filings.check(one.id, "王科")).state is FilingState.CHECKED


@pytest.mark.parametrize(
    ("kind", "system", "content", "argument"),
    [
        (KIND.PROPOSE, None, [], "content"),
        (KIND.PROPOSE, None, {"name": "名\n"}, "content.name"),
        (KIND.PROPOSE, None, {"name": "\ud800"}, "content"),
        (KIND.PROPOSE, None, {"money": 2**70}, "content"),
        (KIND.PROPOSE, None, {"status": "LIVE"}, "content.status"),
        (KIND.PROPOSE, None, {"secrecy": "无"}, "content.secrecy"),
        (KIND.PROPOSE, None, {"duties": [1]}, "content.duties"),
        (KIND.PROPOSE, None, {"reads": 1}, "content.reads"),
        (KIND.PROPOSE, None, {"resources": [{"name": "表"}, {"fields": []}]}, "content.resources[1].name"),
        (KIND.PROPOSE, None, {"resources": [{"name": "表", "fields": [1]}]}, "content.resources[0].fields"),
        (KIND.PROPOSE, None, {"resources": [{"name": "表", "owner": 1}]}, "content.resources[0].owner"),
        (KIND.PROPOSE, None, {"instance_of": 1}, "content.instance_of"),
        (KIND.PROPOSE, None, {"description": "长" * 70_000}, "content"),
        (KIND.PROPOSE, DIBAO, {}, "system"),
        (KIND.CHANGE, None, {}, "system"),
        (KIND.RETIRE, DIBAO, {"reads": ["a"]}, "content"),
    ],
)
async def test_every_bad_value_names_its_place(
    embedded_graph: Graph, kind: FilingKind, system: str | None, content: Any, argument: str
) -> None:
    filings, _ = filings_on(embedded_graph)
    error = await refused(filings.draft(kind, system, content, "王科"))
    assert isinstance(error, BadInput)
    assert (error.argument, str(error).startswith(f"{argument}: ")) == (argument, True)


async def test_several_faults_are_told_at_once(embedded_graph: Graph) -> None:
    filings, _ = filings_on(embedded_graph)
    error = await refused(filings.draft(KIND.PROPOSE, None, {"secrecy": "无", "duties": 1, "aliases": [1]}, "王科"))
    assert str(error).count("content.") == 3


@pytest.mark.parametrize(
    ("kind", "system", "content", "argument"),
    [
        (KIND.PROPOSE, None, {"name": "无", "department": MINZHENG}, "content.name"),
        (KIND.PROPOSE, None, {"name": "平台"}, "content.department"),
        (KIND.PROPOSE, None, {"name": "平台", "department": "department:没有"}, "content.department"),
        (KIND.CHANGE, DIBAO, {}, "content"),
        (KIND.CHANGE, "system:没有", {"name": "新"}, "system"),
        (KIND.RETIRE, "system:没有", {}, "system"),
    ],
)
async def test_what_is_not_complete_stays_a_draft(
    embedded_graph: Graph, tmp_path: Path, kind: FilingKind, system: str | None, content: Any, argument: str
) -> None:
    filings, _ = await opened(embedded_graph, tmp_path)
    one = await filings.draft(kind, system, content, "王科")
    assert (await refused(filings.submit(one.id, "王科"))).argument == argument
    assert (await filings.find(one.id)).state is FilingState.DRAFT
    assert (await filings.withdraw(one.id, "王科")).state is FilingState.WITHDRAWN


async def test_logins_are_told_and_not_kept(embedded_graph: Graph) -> None:
    filings, _ = filings_on(embedded_graph)
    content = {
        "name": "平台",
        "description": "测试 密码：abc123",
        "runs_on": {"address": "http://10.0.0.1 账号 admin", "password": "s3cret", "database": "mysql"},
        "integration": {"interfaces": [{"url": "http://u:p4ss@host/x"}, "口令=abcdef"]},
    }
    one = await filings.draft(KIND.PROPOSE, None, content, "王科")
    assert {warning["place"] for warning in one.warnings} == {
        "content.description",
        "content.runs_on.address",
        "content.runs_on.password",
        "content.integration.interfaces[0].url",
        "content.integration.interfaces[1]",
    }
    [kept] = [event.detail for event in (await events(embedded_graph, [one.id]))[one.id]]
    for secret in ("abc123", "admin", "s3cret", "p4ss", "abcdef"):
        assert secret not in str(one) and secret not in str(kept)
    assert one.content["runs_on"] == {"database": "mysql"}
    for by, reason in (("密码：abc123", None), ("王科", "密码：abc123"), ("", None), ("王科\n", None)):
        assert isinstance(await refused(filings.withdraw(one.id, by, reason)), BadInput)
