"""The queries of docs/filings.md are answered on the sample, the act too."""

import re
from pathlib import Path
from typing import Any

import pytest

from graph.engine import Graph
from tests.graph.filing import Check
from tests.graph.stating import state
from tests.resolvers.asking import opened

PAGE = Path(__file__).parents[2] / "docs" / "filings.md"
QUERIES = re.findall(r"^```graphql\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)

CITY = [
    {"fact": "jurisdiction", "id": "jurisdiction:320900", "name": "盐城市"},
    {"fact": "department", "id": "department:320900/市民政局", "jurisdiction": "jurisdiction:320900"},
    {"fact": "system", "id": "system:低保", "department": "department:320900/市民政局"},
]


def test_the_page_has_queries() -> None:
    assert len(QUERIES) == 3


async def test_they_are_answered(embedded_graph: Graph, tmp_path: Path) -> None:
    await state(embedded_graph, tmp_path, CITY)
    api = await opened(embedded_graph, checker=Check(embedded_graph))
    told: dict[str, Any] = {}
    for query in QUERIES:
        told |= await api.ask(query)
    assert told["draftFiling"]["possible"] == ["EDIT", "SUBMIT", "WITHDRAW"]
    assert [one["system"]["id"] for one in told["filingList"]["nodes"]] == ["system:低保"]
    await api.ask('mutation ($id: ID!) { submitFiling(id: $id, by: "王科") { id } }', id=told["draftFiling"]["id"])
    [desk] = (await api.ask(QUERIES[2]))["filings"]["nodes"]
    assert desk["events"][-1]["act"] == "CHECK"


@pytest.mark.parametrize("word", ["DRAFT", "WITHDRAWN", "JUSTIFY", "ABSTAINED", "NOT_CONNECTED", "RETURNED"])
def test_the_page_explains_the_words(word: str) -> None:
    assert f"`{word}`" in PAGE.read_text(encoding="utf-8")
