"""Errors as they are told: the caller's mistake with its code and the way out, ours with a number and no detail."""

import logging
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    Node,
    ObjectFieldNode,
    ValueNode,
    VariableDefinitionNode,
)

from graph.errors import StatementTimeout
from graph.refusals import Refusal
from resolvers.gate import Full
from resolvers.requests import WrongRequest

log = logging.getLogger("registry.errors")

_TOO_LONG = "Syntax Error: Document contains more than"
"""How the parser begins to say that a document has too many tokens."""
_MOST_WORDS = 1_000
"""Characters that are told of what the engine says: it repeats what is wrong, however long that is."""

OURS = "Something went wrong here. Give the errorId to whoever runs the registry."


class Unfit(Exception):
    """What is no GraphQL request: the status, what is wrong, and the way out."""

    def __init__(self, status: int, reason: str, **headers: str) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = headers


def told(error: GraphQLError, document: DocumentNode | None = None) -> GraphQLError:
    """An error of the GraphQL engine as the caller may see it. `document` is what it is about."""
    if "code" in (error.extensions or {}):
        return error
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if isinstance(cause, Refusal) and error.path is not None:
        return _again(error, str(cause), refusal(cause))
    if not _while_answering(error) and (cause is None or isinstance(cause, Refusal | ValueError | TypeError)):
        return _wrong_document(error, document)
    if isinstance(cause, StatementTimeout | TimeoutError):
        message = "The answer took too long. Ask for less at once, or narrow the filter."
        return _again(error, message, {"code": "TIMEOUT"})
    return _again(error, OURS, internal(cause or error))


def unanswered(error: Exception) -> dict[str, Any]:
    """What is told where nothing could be answered at all: a formatted error."""
    if isinstance(error, Full):
        return {"message": str(error), "extensions": {"code": "TOO_COSTLY"}}
    if isinstance(error, WrongRequest):
        return {"message": str(error), "extensions": {"code": "BAD_INPUT"}}
    return {"message": OURS, "extensions": internal(error)}


def refusal(cause: Refusal) -> dict[str, Any]:
    """What is told of a caller's mistake."""
    extensions: dict[str, Any] = {"code": cause.code}
    if cause.argument is not None:
        extensions["argument"] = cause.argument
    if cause.ids:
        extensions["ids"] = cause.ids
    return extensions


def internal(cause: BaseException) -> dict[str, Any]:
    """Log a fault of ours, and what is told of it."""
    number = secrets.token_hex(8)
    log.error("errorId %s", number, exc_info=cause)
    return {"code": "INTERNAL", "errorId": number}


def _while_answering(error: GraphQLError) -> bool:
    """Whether a field failed, not what was asked of it: arguments are at fault at a value or an argument."""
    nodes = error.nodes or []
    return error.path is not None and bool(nodes) and isinstance(nodes[0], FieldNode)


def _wrong_document(error: GraphQLError, document: DocumentNode | None) -> GraphQLError:
    """What the engine itself refuses: its own words, and the argument that they are about."""
    message = error.message
    if len(message) > _MOST_WORDS:
        message = message[:_MOST_WORDS] + "…"
    node = error.nodes[0] if error.nodes else None
    argument = None
    if document is not None and isinstance(node, ValueNode):
        argument = _argument_of(node, document)
    elif isinstance(node, VariableDefinitionNode):
        argument = node.variable.name.value
    if argument is None:
        code = "TOO_COSTLY" if error.message.startswith(_TOO_LONG) else "BAD_INPUT"
        return _again(error, message, {"code": code})
    if f"'${argument}'" not in message:
        message = f"{argument}: {message}"
    return _again(error, message, {"code": "BAD_INPUT", "argument": argument})


def _argument_of(value: ValueNode, document: DocumentNode) -> str | None:
    """The argument that a value is in, or is: `filter.updatedSince`; `None` if it is in none."""
    path: list[str] = []
    node: Node | None = document
    while node is not None and node is not value:
        if isinstance(node, ArgumentNode | ObjectFieldNode):
            path.append(node.name.value)
        node = next((inner for inner in _inner(node) if _holds(inner, value)), None)
    return ".".join(path) or None if node is value else None


def _inner(node: Node) -> Iterator[Node]:
    for key in node.keys:
        found = getattr(node, key, None)
        if isinstance(found, Node):
            yield found
        elif isinstance(found, tuple | list):
            yield from (one for one in found if isinstance(one, Node))


def _holds(node: Node, value: Node) -> bool:
    """Whether a value is within a node, by where they stand."""
    return bool(node.loc and value.loc and node.loc.start <= value.loc.start and value.loc.end <= node.loc.end)


def _again(error: GraphQLError, message: str, extensions: Mapping[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        error.nodes,
        error.source,
        error.positions,
        error.path,
        None,
        {**(error.extensions or {}), **extensions},
    )
