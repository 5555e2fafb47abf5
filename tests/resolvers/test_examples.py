"""Every query that the documentation shows, or that GraphiQL opens with, is answered on the sample."""

import json
import re
from pathlib import Path

import pytest

from resolvers.graphiql import examples
from tests.resolvers.asking import Api

PAGE = Path(__file__).parents[2] / "docs" / "graphql.md"
_BLOCK = re.compile(r"^```graphql\n(.*?)^```\n(?:\n```json\n(.*?)^```$)?", re.M | re.S)

BLOCKS = [(query, variables) for query, variables in _BLOCK.findall(PAGE.read_text(encoding="utf-8"))]
"""The queries of the page; a JSON block right behind one holds its variables."""


def test_the_page_has_queries() -> None:
    assert len(BLOCKS) == 17


@pytest.mark.parametrize("number", range(len(BLOCKS)))
async def test_a_query_of_the_page_is_answered(sample: Api, number: int) -> None:
    query, variables = BLOCKS[number]
    data = await sample.ask(query, **json.loads(variables or "{}"))
    assert all(value is not None for value in data.values())


@pytest.mark.parametrize("name", examples())
async def test_a_query_that_graphiql_opens_with_is_answered(sample: Api, name: str) -> None:
    data = await sample.ask(examples()[name])
    assert "nodes" in json.dumps(data) or "edges" in json.dumps(data)
    assert len(json.dumps(data)) > 500
