"""Traces for gateways: every field with its times, whatever became of it."""

import asyncio
import base64
import json
from typing import Any

import httpx
import strawberry

from resolvers.answering import Answers
from resolvers.requests import Asked
from tests.resolvers.asking import Api

HEADER = {"apollo-federation-include-trace": "ftv1"}


@strawberry.type
class Item:
    name: str = "x"

    @strawberry.field
    def fails(self) -> str | None:
        raise ZeroDivisionError("secret")


@strawberry.type
class Query:
    @strawberry.field
    def items(self) -> list[Item]:
        return [Item(), Item()]

    @strawberry.field
    async def slow(self) -> Item:
        await asyncio.sleep(0.02)
        return Item()

    @strawberry.field
    def never(self) -> Item:
        raise ValueError("secret")


ANSWERS = Answers(strawberry.Schema(query=Query))


def decoded(data: bytes) -> dict[int, list[Any]]:
    """The fields of a protobuf message by number: numbers, and bytes."""
    found: dict[int, list[Any]] = {}
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            found.setdefault(tag >> 3, []).append(varint())
        else:
            assert tag & 7 == 2
            size = varint()
            found.setdefault(tag >> 3, []).append(data[at : at + size])
            at += size
    return found


def node(data: bytes) -> dict[str, Any]:
    """A node of a trace, in the words of its message."""
    fields = decoded(data)
    texts = {1: "response_name", 3: "type", 13: "parent_type", 14: "original_field_name"}
    told: dict[str, Any] = {name: fields[number][0].decode() for number, name in texts.items() if number in fields}
    for number, name in ((2, "index"), (8, "start"), (9, "end")):
        if number in fields:
            told[name] = fields[number][0]
    told["errors"] = [decoded(error) for error in fields.get(11, [])]
    told["children"] = [node(child) for child in fields.get(12, [])]
    return told


async def trace(query: str) -> tuple[dict[int, list[Any]], dict[str, Any]]:
    answer = await ANSWERS.answer(Asked(query, reported=frozenset({"ftv1"})), None)
    whole = decoded(base64.b64decode(answer.extensions["ftv1"]))
    return whole, node(whole[14][0])


async def test_every_field_is_there_with_its_alias_and_its_place_in_lists() -> None:
    whole, root = await trace("{ mine: items { name } slow { name } }")
    items, slow = root["children"]
    assert (items["response_name"], items["original_field_name"]) == ("mine", "items")
    assert (items["type"], items["parent_type"]) == ("[Item!]!", "Query")
    assert [one["index"] for one in items["children"]] == [0, 1]
    for one in items["children"]:
        [name] = one["children"]
        assert (name["response_name"], name["type"], name["parent_type"]) == ("name", "String!", "Item")
        assert "original_field_name" not in name
        assert 0 < name["start"] <= name["end"]
    assert slow["end"] - slow["start"] >= 15_000_000
    assert whole[11][0] >= slow["end"]
    start, end = (decoded(whole[number][0]) for number in (4, 3))
    assert (end[1][0] - start[1][0]) * 10**9 + end[2][0] - start[2][0] == whole[11][0]


async def test_errors_are_at_their_nodes_as_the_caller_is_told_them() -> None:
    _, root = await trace("{ items { name fails } }")
    [items] = root["children"]
    for one in items["children"]:
        [error] = one["children"][1]["errors"]
        told = json.loads(error[4][0])
        assert told["extensions"]["code"] == "INTERNAL"
        assert b"secret" not in error[4][0]
        assert decoded(error[2][0]) == {1: [1], 2: [16]}
    _, root = await trace("{ never { name } }")
    [never] = root["children"]
    assert len(never["errors"]) == 1


async def test_what_is_refused_has_its_errors_at_the_root() -> None:
    for query in ("{", "{ nothing }", "{ items }"):
        _, root = await trace(query)
        assert root["children"] == []
        assert len(root["errors"]) == 1


async def test_the_answer_is_the_same_with_a_trace_and_without(sample: Api) -> None:
    query = "{ departments(first: 3) { totalCount nodes { id name inForce systems { nodes { name } } } } }"
    plain = (await sample.http.post("/graphql", json={"query": query})).json()
    traced: httpx.Response = await sample.http.post("/graphql", json={"query": query}, headers=HEADER)
    assert plain == {"data": traced.json()["data"]}
    assert traced.json()["extensions"].keys() == {"ftv1"}
