"""Errors as they are told: the caller's mistake with its code and the way out, ours with a number and no detail."""

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError

from graph.errors import StatementTimeout
from graph.refusals import Refusal

log = logging.getLogger("registry.errors")


def told(error: GraphQLError) -> GraphQLError:
    """An error of the GraphQL engine as the caller may see it."""
    if "code" in (error.extensions or {}):
        return error
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if isinstance(cause, Refusal):
        return _again(error, _refused(error, cause), refusal(cause))
    if cause is None or (error.path is None and isinstance(cause, ValueError | TypeError)):
        return _again(error, error.message, {"code": "BAD_INPUT"})
    if isinstance(cause, StatementTimeout | TimeoutError):
        message = "The answer took too long. Ask for less at once, or narrow the filter."
        return _again(error, message, {"code": "TIMEOUT"})
    return _again(error, "Something went wrong here. Give the errorId to whoever runs the registry.", internal(cause))


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


def _refused(error: GraphQLError, cause: Refusal) -> str:
    """The engine's own words say which variable or argument was wrong; a resolver's refusal says it itself."""
    return error.message if error.path is None else str(cause)


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
