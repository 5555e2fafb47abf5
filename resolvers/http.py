"""GraphQL over HTTP as an ASGI app, with GraphiQL for browsers; its WebSockets are in `websocket.py`.

    app = graphql_app(graph, lineages, zone)

As the GraphQL-over-HTTP specification has it: a POST of JSON, or a GET that reads. A request that is refused before
it is executed has status 400, or 200 where only `application/json` is accepted. Batches are not taken. Who accepts
`text/event-stream` gets server-sent events.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import tzinfo
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from graph.engine import Graph
from graph.lineage import Lineages
from graph.watch import Watch
from resolvers.answering import Answer, Answers, Asked
from resolvers.context import Context, OperationContext
from resolvers.encoding import encode
from resolvers.entities import FINDERS
from resolvers.errors import unanswered
from resolvers.events import EVENTS, EventStream
from resolvers.gate import Full
from resolvers.graphiql import file, html
from resolvers.options import Options
from resolvers.schema import SHANGHAI, make_schema
from resolvers.subgraph import Subgraph
from resolvers.websocket import WebSockets

LONGEST_BODY = 1_000_000
"""Bytes of the longest request."""
RESPONSE = "application/graphql-response+json"
JSON = "application/json"


class Unfit(Exception):
    """What is no GraphQL request: the status, what is wrong, and the way out."""

    def __init__(self, status: int, reason: str, **headers: str) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = headers


class TooLong(Unfit):
    """A request of more bytes than are taken."""

    def __init__(self, limit: int = LONGEST_BODY) -> None:
        super().__init__(413, too_long(limit))


def too_long(limit: int) -> str:
    """What is told of a request of more than `limit` bytes, whoever counts them."""
    return f"The request is larger than {limit / 1_000_000:g} MB, which is all that is taken. Send less at once."


class GraphQLApp:
    """The ASGI app at `/graphql` and below: the API, and the files of its page."""

    def __init__(
        self,
        answers: Answers,
        context: Callable[[], OperationContext],
        closing: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._answers = answers
        self._context = context
        self._closing = closing
        self._sockets = WebSockets(answers, context)

    def drain(self) -> None:
        """End what goes on by itself, before the service stops."""
        self._answers.draining.set()

    async def close(self) -> None:
        """Ask the graph nothing more."""
        if self._closing is not None:
            await self._closing()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
            return
        response = await self._response(scope, receive)
        await response(scope, receive, send)

    async def _response(self, scope: Scope, receive: Receive) -> Response:
        root = scope.get("root_path", "")
        below = scope["path"].removeprefix(root).partition("/graphiql/")
        if below[1] or (root and below[0].strip("/")):
            return file(below[2]) or refused(404, "There is nothing at this address.")
        headers = Headers(scope=scope)
        if scope["method"] == "GET" and _wants_page(scope, headers):
            return html(Request(scope))
        try:
            kind = _accepted(headers.get("accept"))
            caller = (scope.get("client") or ("",))[0]
            if scope["method"] == "POST":
                asked = _asked(_json(await _body(headers, receive), "The request"), caller)
            elif scope["method"] == "GET":
                asked = _asked(_parameters(scope["query_string"]), caller)
            else:
                raise Unfit(405, "Use GET or POST.", allow="GET, POST")
            if headers.get("apollo-federation-include-trace") == "ftv1":
                asked = replace(asked, reported=asked.reported | {"ftv1"})
            if kind == EVENTS:
                return EventStream(self._answers, asked, self._context())
            answer = await self._answers.answer(asked, self._context(), reading=scope["method"] == "GET")
        except Full as full:
            error = unanswered(full)
            error["message"] += " Try again in a moment."
            return _told(503, error, {"retry-after": str(full.seconds)})
        except Unfit as unfit:
            return refused(unfit.status, str(unfit), unfit.headers)
        except Exception as error:  # the last place where it can be told
            return _told(500, unanswered(error))
        return Response(encode(answer.formatted()), _status(answer, kind), None, kind)


def _status(answer: Answer, kind: str) -> int:
    if answer.executed or (kind == JSON and not answer.unfit):
        return 200
    return 400


def _wants_page(scope: Scope, headers: Headers) -> bool:
    """Only browsers ask for HTML."""
    return "text/html" in headers.get("accept", "") and b"query=" not in scope["query_string"]


def _accepted(accept: str | None) -> str:
    """The better liked of the two types that are told; JSON where nobody says, or likes both."""
    if accept is None or accept in ("*/*", JSON):
        return JSON
    liking: dict[str, float] = {}
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        liking[name] = float(quality) if quality.replace(".", "", 1).isdigit() else 0

    def liked(kind: str) -> float:
        return next((liking[name] for name in (kind, kind.split("/")[0] + "/*", "*/*") if name in liking), 0)

    kind = max((JSON, RESPONSE, EVENTS), key=liked)
    if not liked(kind):
        raise Unfit(406, f"Accept {JSON}, {RESPONSE} or {EVENTS}.")
    return kind


async def _body(headers: Headers, receive: Receive) -> bytes:
    kind, *parameters = (piece.strip().lower() for piece in headers.get("content-type", "").split(";"))
    charset = next((text[8:].strip('"') for text in parameters if text.startswith("charset=")), "utf-8")
    if kind not in (JSON, "application/graphql+json") or charset not in ("utf-8", "utf8"):
        raise Unfit(415, f"Send the request as {JSON} in UTF-8.", accept=JSON)
    length = headers.get("content-length", "")
    if length.isdigit() and int(length) > LONGEST_BODY:
        raise TooLong
    body = b""
    more = True
    while more:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise Unfit(400, "The connection was closed before the request was whole.")
        body += message.get("body", b"")
        if len(body) > LONGEST_BODY:
            raise TooLong
        more = message.get("more_body", False)
    return body


def _json(text: bytes | str, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Unfit(400, f"{what} is not JSON.") from error


def _parameters(query: bytes) -> Any:
    try:
        given: dict[str, Any] = dict(parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError as error:
        raise Unfit(400, "The parameters are not UTF-8.") from error
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = _json(given[name] or "null", f"The parameter {name}")
    return given


_SHAPES: Mapping[str, tuple[type, str]] = {
    "query": (str, "a text"),
    "documentId": (str, "a text"),
    "operationName": (str, "a text"),
    "variables": (dict, "an object"),
    "extensions": (dict, "an object"),
}


def _asked(given: Any, caller: str) -> Asked:
    """The request of a body or of parameters. Raises Unfit."""
    if isinstance(given, list):
        raise Unfit(400, "Batching is not supported: send one request at a time.")
    if not isinstance(given, dict):
        raise Unfit(400, "A request is a JSON object with a query.")
    for name, (shape, words) in _SHAPES.items():
        if given.get(name) is not None and not isinstance(given[name], shape):
            raise Unfit(400, f"{name} must be {words}.")
    extensions = given.get("extensions") or {}
    query, document, hash = given.get("query") or None, given.get("documentId") or None, _hash(extensions)
    if query is None and document is None and hash is None:
        raise Unfit(400, "The request has no query.")
    if query is not None and document is not None:
        raise Unfit(400, "Send either query or documentId.")
    reported = frozenset({"cost"} if extensions.get("cost") else ())
    operation, variables = given.get("operationName") or None, given.get("variables") or {}
    return Asked(query, variables, operation, reported, document, hash, caller)


def _hash(extensions: Mapping[str, Any]) -> str | None:
    """The hash of an automatic persisted query. Raises Unfit."""
    given = extensions.get("persistedQuery")
    if given is None:
        return None
    if not isinstance(given, dict) or given.get("version") != 1 or not isinstance(given.get("sha256Hash"), str):
        raise Unfit(400, "extensions.persistedQuery must be an object with version 1 and sha256Hash.")
    hash: str = given["sha256Hash"]
    return hash


def refused(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    """A request that is no GraphQL request."""
    code = "TOO_COSTLY" if status == 413 else "BAD_INPUT"
    return _told(status, {"message": reason, "extensions": {"code": code}}, headers)


def _told(status: int, error: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    return Response(encode({"errors": [error]}), status, headers, JSON)


def graphql_app(
    graph: Graph, lineages: Lineages, zone: tzinfo = SHANGHAI, options: Options | None = None
) -> GraphQLApp:
    """The app for `/graphql`, to be mounted so that it is given that path and what lies below it.

    `zone` is what bare dates and times without zone in arguments are meant in.
    """
    schema = make_schema(zone)
    watch = Watch(graph)
    context = partial(Context, Subgraph(schema, FINDERS), graph, lineages, watch)
    return GraphQLApp(Answers(schema, options), context, watch.close)
