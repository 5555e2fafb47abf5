"""Rows of JSON that were met in other answers: the same as if each had been made for its answer."""

from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.completion import Shape
from resolvers.prepared import MOST, MOST_PARTS, Texts, insides
from tests.resolvers.asking import Api, opened

SELECTIONS = (
    "nodes { id name system { id name } department { name } jurisdiction { id } } edges { source target }",
    "nodes { id depth name more kind } edges { count source precise target flow }",
    "nodes { depth whole } edges { count }",
    "nodes { __typename other: name name resource { other: id __typename } } edges { flow __typename }",
    "nodes { ...Where } edges { target } } fragment Where on LineageNode { id ... @include(if: true) { depth kind }",
    "nodes { id } all: nodes { name depth } more: nodes { kind } edges { source } all2: edges { target jobs }",
    "nodes { id node { id } } edges { source evidence(first: 1) { totalCount } }",
    "nodes { } edges { }",
    "complete nodes { id system { department { id } } }",
)
QUERY = """query($ids: [ID!]!, $direction: Direction!, $level: Level!, $depth: Int!, $reads: Boolean!) {
  lineage(ids: $ids, direction: $direction, level: $level, depth: $depth) @skip(if: $reads) { %s }
  dependencies(ids: $ids, direction: $direction, level: $level, depth: $depth) @include(if: $reads) { %s } }"""


IDS = """
MATCH (n)
WHERE n.id STARTS WITH 'field:' OR n.id STARTS WITH 'resource:' OR n.id STARTS WITH 'system:'
  OR n.id STARTS WITH 'department:'
RETURN n.id AS id ORDER BY id
"""


def document(selection: str) -> str:
    """Both questions with a selection; a fragment comes once."""
    one, _, fragment = selection.partition(" } fragment ")
    query = QUERY % (one, one)
    return f"{query} fragment {fragment} }}" if fragment else query


async def told(api: Api, query: str, variables: dict[str, Any]) -> str:
    answer = await api.http.post("/graphql", json={"query": query, "variables": variables})
    return answer.text


@pytest.mark.parametrize("seed", range(3))
async def test_what_was_met_before_is_told_as_if_it_were_new(sample: Api, seed: int) -> None:
    random, plain = Random(seed), await opened(sample.graph, 0)
    ids = [row["id"] for row in await sample.graph.read(IDS)]
    answered = 0
    for _ in range(60):
        variables = {
            "ids": random.sample(ids, 2),
            "direction": random.choice(["UPSTREAM", "DOWNSTREAM", "BOTH"]),
            "level": random.choice(["FIELD", "RESOURCE", "RESOURCE", "SYSTEM", "DEPARTMENT"]),
            "depth": random.randint(1, 6),
            "reads": random.random() < 0.3,
        }
        query = document(random.choice(SELECTIONS))
        found = await told(sample, query, variables)
        assert found == await told(plain, query, variables)
        answered += '"errors"' not in found
    assert answered > 30  # one selection is no valid document


def test_texts_stay_within_bounds() -> None:
    texts, one, other = Texts(), Shape([]), Shape([])
    texts.of(one)[1] = b"1"
    assert texts.with_room(one, MOST - 1) == {1: b"1"}
    kept = texts.of(one)
    assert texts.with_room(other, MOST) == {}
    assert (kept, texts.of(one)) == ({1: b"1"}, {})
    texts.of(one)[1] = b"1"
    for _ in range(MOST_PARTS - 2):  # with `one` and `other`
        texts.of(Shape([]))
    assert texts.of(one) == {1: b"1"}
    texts.of(Shape([]))
    assert texts.of(one) == {}


TEXTS = st.text(st.sampled_from('{},[]":\\a，'), max_size=12)
VALUES = st.one_of(TEXTS, st.integers(0, 9), st.none(), st.booleans(), st.dictionaries(TEXTS, TEXTS, max_size=2))


@given(st.lists(st.dictionaries(TEXTS, VALUES, max_size=3), max_size=5))
def test_objects_are_parted_where_they_end(rows: list[dict[str, Any]]) -> None:
    found = insides(rows)
    assert [orjson.loads(b"{" + one + b"}") for one in found] == rows
