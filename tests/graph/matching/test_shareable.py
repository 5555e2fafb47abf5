"""What is collected already is asked for instead: from whom, on which terms, in as few requests as will do."""

from typing import Any

from graph.matching.proposals import Body, Existing, Known, Named, Proposal, ProposedResource
from graph.matching.shareable import shareable

POLICE, CIVIL = (
    Body("department:1", "市公安局", level="MUNICIPAL"),
    Body("department:2", "省民政厅", level="PROVINCIAL"),
)
PEOPLE, POOR = Named("resource:people", "人口基本信息"), Named("resource:poor", "低保对象")
PROPOSAL = Proposal(
    "救助系统", resources=(ProposedResource("救助对象", ("姓名", "XB", "身份证号", "救助金额", "备注", "无", "照片")),)
)


def existing(id: str, name: str, resource: Named = PEOPLE, provider: Body = POLICE, **given: Any) -> Existing:
    return Existing(id, name, resource, provider, **given)


def test_as_few_resources_as_will_do_are_asked_for() -> None:
    fields = [
        existing("f1", "姓 名", share_type="CONDITIONAL", share_condition="核验", share_methods=("API", "FILE")),
        existing("f2", "性别", share_type="CONDITIONAL", share_condition="核验", share_methods=("API",)),
        existing("f3", "姓名", POOR, CIVIL, share_type="UNCONDITIONAL"),
        existing("f4", "救助金额", POOR, CIVIL, share_type="UNCONDITIONAL"),
        existing("f5", "备注", POOR, CIVIL, share_type="UNCONDITIONAL"),
    ]
    shown, requests = shareable(PROPOSAL, fields, Known(), {})
    assert [(one.field, one.how, one.levels) for one in shown] == [
        ("姓名", ("NAME", "NAME"), ("MUNICIPAL", "PROVINCIAL")),
        ("XB", ("PINYIN",), ("MUNICIPAL",)),
        ("救助金额", ("NAME",), ("PROVINCIAL",)),
    ]
    assert [(one.way, one.resource.id, one.proposed, one.fields, one.method) for one in requests] == [
        ("DIRECT", "resource:poor", ("姓名", "救助金额"), ("f3", "f4"), None),
        ("APPROVAL", "resource:people", ("XB",), ("f2",), "API"),
    ]
    assert "市公安局" in requests[1].text


def test_a_field_is_met_by_its_element_before_its_name() -> None:
    element = Named("element:id", "公民身份号码")
    fields = [
        existing("f1", "身份证号", POOR, CIVIL, share_type="UNCONDITIONAL"),
        existing("f2", "公民身份号码", share_type="UNCONDITIONAL", element=element),
    ]
    shown, _ = shareable(PROPOSAL, fields, Known(elements={"身份证号": element}), {})
    assert [(one.id, how) for one, how in zip(shown[0].exists, shown[0].how, strict=True)] == [
        ("f2", "ELEMENT"),
        ("f1", "NAME"),
    ]


def test_what_is_withheld_is_contested_and_what_is_ones_own_is_used() -> None:
    fields = [existing("f1", "姓名", share_type="WITHHELD"), existing("f2", "救助金额", POOR, CIVIL)]
    _, requests = shareable(PROPOSAL, fields, Known(), {})
    assert [(one.way, one.fields) for one in requests] == [("ASK", ("f2",)), ("CONTEST", ("f1",))]
    _, requests = shareable(PROPOSAL, fields, Known(department=POLICE), {})
    assert [(one.way, one.fields) for one in requests] == [("OWN", ("f1",)), ("ASK", ("f2",))]


def test_a_resource_like_the_proposal_is_asked_first_and_the_rest_is_counted() -> None:
    fields = [existing(f"f{at}", "姓名", Named(f"resource:{at}", f"名册{at}")) for at in range(8)]
    shown, requests = shareable(PROPOSAL, fields, Known(), {"resource:6": 0.9})
    assert shown[0].exists[0].id == "f6"
    assert (len(shown[0].exists), shown[0].more) == (5, 3)
    assert [one.resource.id for one in requests] == ["resource:6"]


def test_nothing_exists_nothing_is_asked() -> None:
    assert shareable(PROPOSAL, [existing("f1", "采砂地点"), existing("f2", "*")], Known(), {}) == ((), ())
