"""The shape of a request, the same however it comes: over HTTP, as events or over a WebSocket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, with the document's text, or the id or the hash of one that is known.

    `reported` are the extensions of the answer that are asked for.
    """

    query: str | None
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation: str | None = None
    reported: frozenset[str] = frozenset()
    document: str | None = None
    hash: str | None = None
    caller: str = ""


class WrongRequest(Exception):
    """What is no request, and why. `misshapen`: it has not the form of one; else what it says cannot be together."""

    def __init__(self, reason: str, *, misshapen: bool = True) -> None:
        super().__init__(reason)
        self.misshapen = misshapen


_SHAPES: Mapping[str, tuple[type, str]] = {
    "query": (str, "a text"),
    "documentId": (str, "a text"),
    "operationName": (str, "a text"),
    "variables": (dict, "an object"),
    "extensions": (dict, "an object"),
}


def request(given: Any, caller: str) -> Asked:
    """What is asked for with `query`, `documentId`, `operationName`, `variables` and `extensions`.

    Raises WrongRequest.
    """
    if isinstance(given, list):
        raise WrongRequest("Batching is not supported: send one request at a time.")
    if not isinstance(given, dict):
        raise WrongRequest("A request is a JSON object with a query.")
    for name, (shape, words) in _SHAPES.items():
        if given.get(name) is not None and not isinstance(given[name], shape):
            raise WrongRequest(f"{name} must be {words}.")
    extensions = given.get("extensions") or {}
    query, document, hash = given.get("query") or None, given.get("documentId") or None, _hash(extensions)
    if query is None and document is None and hash is None:
        raise WrongRequest("The request has no query.", misshapen=given.get("query") is None)
    if query is not None and document is not None:
        raise WrongRequest("Send either query or documentId.", misshapen=False)
    reported = frozenset({"cost"} if extensions.get("cost") else ())
    operation, variables = given.get("operationName") or None, given.get("variables") or {}
    return Asked(query, variables, operation, reported, document, hash, caller)


def _hash(extensions: Mapping[str, Any]) -> str | None:
    """The hash of an automatic persisted query. Raises WrongRequest."""
    given = extensions.get("persistedQuery")
    if given is None:
        return None
    if not isinstance(given, dict) or given.get("version") != 1 or not isinstance(given.get("sha256Hash"), str):
        reason = "extensions.persistedQuery must be an object with version 1 and sha256Hash."
        raise WrongRequest(reason, misshapen=False)
    hash: str = given["sha256Hash"]
    return hash
