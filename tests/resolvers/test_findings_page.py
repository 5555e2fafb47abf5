"""Every query that the page about findings shows is answered on the sample."""

import json

import pytest

from graph.broken import FINDING_KINDS
from tests.resolvers.asking import Api
from tests.resolvers.test_examples import _BLOCK, PAGE

TEXT = (PAGE.parent / "findings.md").read_text(encoding="utf-8")
BLOCKS = _BLOCK.findall(TEXT)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
async def test_a_query_of_the_page_is_answered(sample: Api, number: int) -> None:
    query, variables = BLOCKS[number]
    data = await sample.ask(query, **json.loads(variables or "{}"))
    assert all(value is not None for value in data.values())


async def test_the_first_query_tells_what_the_sample_holds(sample: Api) -> None:
    found = (await sample.ask(BLOCKS[0][0]))["findings"]
    assert found["totalCount"] > 20
    assert {"NO_SYSTEM", "UNREGISTERED", "NOT_MOUNTED"} <= {one["value"] for one in found["facets"]["kind"]}
    assert all(one["message"] and one["wayOut"] for one in found["nodes"])


def test_every_kind_is_on_the_page() -> None:
    assert all(f"| `{kind}` |" in TEXT for kind in FINDING_KINDS)
