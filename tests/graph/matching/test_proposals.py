"""A proposal is read from JSON; what is wrong in it is told with its place."""

from typing import Any

import pytest

from graph.matching.proposals import Proposal, ProposedResource
from graph.refusals import BadInput


def test_all_keys_are_read_and_others_told() -> None:
    said = {
        "name": "低保系统",
        "description": "低保",
        "department": "department:1",
        "duties": ["救助"],
        "reads": ["resource:1"],
        "resources": [{"name": "对象", "fields": ["姓名"]}],
        "functions": ["申请"],
        "instance_of": "solution:1",
        "money": {"budget": 3},
    }
    made = Proposal.from_json(said)
    assert made.resources == (ProposedResource("对象", ("姓名",)),)
    assert (made.duties, made.reads, made.functions) == (("救助",), ("resource:1",), ("申请",))
    assert made.instance_of == "solution:1"
    assert Proposal.unknown_keys(said) == ("money",)


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ([], "the proposal"),
        ({}, "name: a name is needed"),
        ({"name": 3}, "name: a text"),
        ({"name": "a", "description": ["b"]}, "description: a text"),
        ({"name": "a", "duties": "b"}, "duties: a list"),
        ({"name": "a", "duties": ["b", None]}, r"duties\[1\]: a text"),
        ({"name": "a", "resources": ["b"]}, r"resources\[0\]: an object"),
        ({"name": "a", "resources": [{"fields": []}]}, r"resources\[0\].name: a name"),
        ({"name": "a", "resources": [{"name": "b", "fields": ["c", 4]}]}, r"resources\[0\].fields\[1\]: a text"),
        ({"name": "a" * 1001}, "name: 1,001 characters"),
        ({"name": "a\x00"}, "no text"),
        ({"name": "a", "reads": ["b"] * 501}, "reads: 501 entries"),
        ({"name": "a", "resources": [{"name": "b", "fields": ["c"] * 500}] * 7}, "more than 3,000 fields"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(said: Any, place: str) -> None:
    with pytest.raises(BadInput, match=place):
        Proposal.from_json(said)
