"""Every query that the page about data elements shows is answered on the sample."""

import json

import pytest

from graph.element_conflicts import CONFLICT_KINDS
from tests.resolvers.asking import Api
from tests.resolvers.test_examples import _BLOCK, PAGE

TEXT = (PAGE.parent / "elements.md").read_text(encoding="utf-8")
BLOCKS = _BLOCK.findall(TEXT)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
async def test_a_query_of_the_page_is_answered(sample: Api, number: int) -> None:
    query, variables = BLOCKS[number]
    data = await sample.ask(query, **json.loads(variables or "{}"))
    assert all(value is not None for value in data.values())


async def test_names_of_the_first_query_are_recognised(sample: Api) -> None:
    found = (await sample.ask(BLOCKS[0][0]))["matchFields"]
    best = {one["name"]: one["candidates"][0]["element"]["name"] for one in found}
    assert (best["身份证号"], best["SFZH"]) == ("公民身份号码", "公民身份号码")
    assert all(candidate["reason"] for one in found for candidate in one["candidates"])


async def test_the_conflicts_of_the_sample_are_told(sample: Api) -> None:
    found = await sample.ask("{ elementConflicts { nodes { kind element { name } source { name } } } }")
    told = {(one["kind"], one["element"]["name"]) for one in found["elementConflicts"]["nodes"]}
    assert {("NO_AUTHORITATIVE_SOURCE", "现居住地址"), ("SOURCE_WITHOUT_DATA", "婚姻状况")} <= told
    assert all(
        (one["source"] is None) == (one["kind"] == "NO_AUTHORITATIVE_SOURCE")
        for one in found["elementConflicts"]["nodes"]
    )


def test_every_kind_is_on_the_page() -> None:
    assert all(f"| `{kind}` |" in TEXT for kind in CONFLICT_KINDS)
