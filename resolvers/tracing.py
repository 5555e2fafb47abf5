"""Traces for gateways: what each field took, as Apollo Federation has it (ftv1).

The trace is a protobuf message `Trace` of Apollo's reports, in base64, in `extensions.ftv1`. Times are nanoseconds
since the request began. An operation that is traced is executed field by field, without a plan.
"""

import base64
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

import orjson
from graphql import GraphQLError, GraphQLResolveInfo

Key = str | int


@dataclass(slots=True)
class Node:
    """One field of an answer, or one item of a list."""

    key: Key | None = None
    original: str | None = None
    type: str = ""
    parent: str = ""
    start: int = 0
    end: int = 0
    errors: list[GraphQLError] = field(default_factory=list)
    children: dict[Key, "Node"] = field(default_factory=dict)

    def at(self, path: Iterable[Key]) -> "Node":
        """The node at a path below this one; nodes on the way are made where they are missing."""
        node = self
        for key in path:
            node = node.children.setdefault(key, Node(key))
        return node


class Tracer:
    """Traces one operation; a middleware of graphql-core."""

    def __init__(self) -> None:
        self._wall = time.time_ns()
        self._began = time.perf_counter_ns()
        self._root = Node()

    def _now(self) -> int:
        return time.perf_counter_ns() - self._began

    def resolve(
        self, following: Callable[..., Any], source: Any, info: GraphQLResolveInfo[Any], /, **given: Any
    ) -> Any:
        """Note when a field is begun and when its value is there."""
        node = self._root.at(info.path.as_list())
        node.type, node.parent, node.start = str(info.return_type), info.parent_type.name, self._now()
        if info.field_name != node.key:
            node.original = info.field_name
        try:
            value = following(source, info, **given)
        except BaseException:
            node.end = self._now()
            raise
        if isawaitable(value):
            return self._awaited(node, value)
        node.end = self._now()
        return value

    async def _awaited(self, node: Node, value: Awaitable[Any]) -> Any:
        try:
            return await value
        finally:
            node.end = self._now()

    def told(self, errors: Sequence[GraphQLError]) -> str:
        """The trace of an operation that has ended, with the errors as the caller is told them."""
        for error in errors:
            self._root.at(error.path or ()).errors.append(error)
        duration = self._now()
        trace = (
            _part(4, _timestamp(self._wall))
            + _part(3, _timestamp(self._wall + duration))
            + _number(11, duration)
            + _part(14, _node(self._root, duration))
        )
        return base64.b64encode(trace).decode()


# Protobuf: a field is its number and kind, then a number, or a length and as many bytes.


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _number(number: int, value: int, *, always: bool = False) -> bytes:
    return _varint(number << 3) + _varint(value) if value or always else b""


def _part(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _text(number: int, text: str | None) -> bytes:
    return _part(number, text.encode()) if text else b""


def _timestamp(nanoseconds: int) -> bytes:
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return _number(1, seconds) + _number(2, rest)


def _error(error: GraphQLError, at: int) -> bytes:
    locations = b"".join(_part(2, _number(1, one.line) + _number(2, one.column)) for one in error.locations or ())
    return _text(1, error.message) + locations + _number(3, at) + _part(4, orjson.dumps(error.formatted))


def _node(node: Node, duration: int) -> bytes:
    """A node with what lies below it, deepest first, so that no depth exhausts the stack."""
    encoded: dict[int, bytes] = {}
    order, todo = [], [node]
    while todo:
        one = todo.pop()
        order.append(one)
        todo += one.children.values()
    for one in reversed(order):
        key = _number(2, one.key, always=True) if isinstance(one.key, int) else _text(1, one.key)
        encoded[id(one)] = (
            key
            + _text(3, one.type)
            + _number(8, one.start)
            + _number(9, one.end)
            + b"".join(_part(11, _error(error, one.end or duration)) for error in one.errors)
            + b"".join(_part(12, encoded.pop(id(child))) for child in one.children.values())
            + _text(13, one.parent)
            + _text(14, one.original)
        )
    return encoded[id(node)]
