"""What the contract and a released schema promised still holds: what goes was deprecated in a release before."""

import re
from pathlib import Path

import pytest
from graphql import (
    DangerousChangeType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
)

from resolvers.schema import make_schema
from resolvers.sdl import schema_text

CONTRACT = Path(__file__).parent / "contract.graphql"
RELEASED = Path(__file__).parent / "released.graphql"


def refused(before: GraphQLSchema, after: GraphQLSchema) -> list[str]:
    """The changes that break a client of `before`, other defaults included, but for the end of what was deprecated."""
    broken = [
        change.description
        for change in find_breaking_changes(before, after)
        if not _announced(before, change.description)
    ]
    others = find_dangerous_changes(before, after)
    return broken + [one.description for one in others if one.type is DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE]


def _announced(before: GraphQLSchema, description: str) -> bool:
    removed = re.fullmatch(r"(?:Field )?(\w+)\.(\w+) was removed\.", description)
    if removed is None:
        return False
    type = before.type_map[removed[1]]
    if not isinstance(type, GraphQLObjectType | GraphQLInterfaceType):
        return False
    return type.fields[removed[2]].deprecation_reason is not None


def test_nothing_that_was_released_is_broken() -> None:
    released = build_schema(RELEASED.read_text(encoding="utf-8"))
    assert refused(released, build_schema(schema_text(make_schema()))) == [], (
        "clients of the released schema would break: keep what they use, deprecated, until the next release"
    )


def test_the_schema_is_that_of_the_contract() -> None:
    contract = build_schema(CONTRACT.read_text(encoding="utf-8"))
    assert refused(contract, build_schema(schema_text(make_schema()))) == []


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        ("type Query { a: Int b: Int }", "type Query { a: Int }", 1),
        ('type Query { a: Int b: Int @deprecated(reason: "use a") }', "type Query { a: Int }", 0),
        ("type Query { a: Int b: Int c: ID }", "type Query { a: ID b: Int c: ID }", 1),
        ("type Query { a: Int }", "type Query { a(b: Int!): Int }", 1),
        ("type Query { a: Int }", "type Query { a(b: Int): Int c: Int }", 0),
        ("type Query { a: E } enum E { X Y }", "type Query { a: E } enum E { X }", 1),
        ("type Query { a: T } type T { x: Int }", "type Query { a: Int }", 2),
        ("type Query { a(b: Int): Int }", "type Query { a(b: Int! = 1): Int }", 1),
        ("type Query { a(b: Int! = 5): Int }", "type Query { a(b: Int! = 4): Int }", 1),
    ],
)
def test_what_breaks_a_client_is_found(before: str, after: str, count: int) -> None:
    assert len(refused(build_schema(before), build_schema(after))) == count
