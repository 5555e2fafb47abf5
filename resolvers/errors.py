"""Errors as they are told: the caller's mistake with its code and the way out, ours with a number and no detail."""

import logging
import secrets
from collections.abc import Mapping
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
    Visitor,
    visit,
)

from graph.errors import StatementTimeout
from graph.refusals import Refusal
from resolvers.gate import Full
from resolvers.requests import WrongRequest

log = logging.getLogger("registry.errors")

_TOO_LONG = "Syntax Error: Document contains more than"
"""How the parser begins to say that a document has too many tokens."""

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
    node = error.nodes[0] if error.nodes else None
    argument = None
    if document is not None and isinstance(node, ValueNode):
        argument = _Enclosing(node).find(document)
    elif isinstance(node, VariableDefinitionNode):
        argument = node.variable.name.value
    if argument is None:
        code = "TOO_COSTLY" if error.message.startswith(_TOO_LONG) else "BAD_INPUT"
        return _again(error, error.message, {"code": code})
    message = error.message if f"'${argument}'" in error.message else f"{argument}: {error.message}"
    return _again(error, message, {"code": "BAD_INPUT", "argument": argument})


class _Enclosing(Visitor):
    """Finds the argument that a value is in, or is: `filter.updatedSince`."""

    def __init__(self, value: ValueNode) -> None:
        super().__init__()
        self._value = value
        self._path: list[str] = []
        self._found: str | None = None

    def find(self, document: DocumentNode) -> str | None:
        """The argument's name, `None` if the value is in none."""
        visit(document, self)
        return self._found

    def enter(self, node: Node, *_: Any) -> None:
        """Go down; remember the way."""
        if isinstance(node, ArgumentNode | ObjectFieldNode):
            self._path.append(node.name.value)
        if node is self._value:
            self._found = ".".join(self._path) or None

    def leave(self, node: Node, *_: Any) -> None:
        """Come back up."""
        if isinstance(node, ArgumentNode | ObjectFieldNode):
            self._path.pop()


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
