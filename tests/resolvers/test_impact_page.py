"""Every query that the page about impact shows is answered on the sample."""

import json

import pytest

from tests.resolvers.asking import Api
from tests.resolvers.test_examples import _BLOCK, PAGE

BLOCKS = _BLOCK.findall((PAGE.parent / "impact.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", range(len(BLOCKS)))
async def test_a_query_of_the_page_is_answered(sample: Api, number: int) -> None:
    query, variables = BLOCKS[number]
    data = await sample.ask(query, **json.loads(variables or "{}"))
    assert all(value is not None for value in data.values())


async def test_the_first_query_tells_what_the_sample_holds(sample: Api) -> None:
    query, variables = BLOCKS[0]
    impact = (await sample.ask(query, **json.loads(variables)))["impact"]
    assert impact["complete"]
    assert impact["departments"]["nodes"][0]["name"] == "盐城市公安局"
    assert all(one["reason"] for one in impact["successors"]["nodes"] + impact["agreements"]["nodes"])
    assert impact["agreements"]["nodes"]
    assert impact["sources"]["totalCount"] > 0
