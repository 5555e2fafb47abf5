"""GraphQL over HTTP and WebSocket as an ASGI app, with GraphiQL for browsers.

    app = graphql_app(graph, lineages, zone)

Bodies are JSON of at most 1 MB; a GET takes queries only; batches are refused.
"""

from collections.abc import Mapping
from datetime import tzinfo
from functools import partial
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.http.types import QueryParams
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from graph.engine import Graph
from graph.lineage import Lineages
from resolvers.context import Context
from resolvers.errors import OURS, internal
from resolvers.graphiql import file, html
from resolvers.schema import SHANGHAI, make_schema

LONGEST_BODY = 1_000_000
"""Bytes of the longest request."""

_WAYS_OUT: Mapping[int, str] = {
    405: "Use GET or POST.",
    415: "Send the query as application/json.",
}

_STATUS: Mapping[str, int] = {"Unsupported content type": 415}
"""What strawberry answers with 400 and HTTP has a better word for."""


class TooLong(HTTPException):
    """A request of more bytes than are taken."""

    def __init__(self, limit: int = LONGEST_BODY) -> None:
        super().__init__(413, too_long(limit))


def too_long(limit: int) -> str:
    """What is told of a request of more than `limit` bytes, whoever counts them."""
    return f"The request is larger than {limit / 1_000_000:g} MB, which is all that is taken. Send less at once."


class _Socket(ASGIWebSocketAdapter):
    """Sends text frames, as graphql-transport-ws has it."""

    async def send_json(self, message: Mapping[str, object]) -> None:
        try:
            await self.ws.send_text(self.view.encode_json_string(message))
        except WebSocketDisconnect as error:
            raise WebSocketDisconnected from error


class _GraphQL(GraphQL[Context, None]):
    """Strawberry's app with our context, our page and our errors."""

    websocket_adapter_class = _Socket

    def __init__(self, graph: Graph, lineages: Lineages, zone: tzinfo) -> None:
        super().__init__(
            make_schema(zone), graphql_ide="graphiql", subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,)
        )
        self._context = Context(graph, lineages)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        return self._context

    def should_render_graphql_ide(self, request: Any) -> bool:
        """Only browsers ask for HTML."""
        return (
            request.method == "GET"
            and request.query_params.get("query") is None
            and "text/html" in request.headers.get("accept", "")
        )

    async def render_graphql_ide(self, request: Request) -> Response:
        return html(request)

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def parse_query_params(self, params: QueryParams) -> dict[str, Any]:
        """The parameters of a GET; one that must be JSON and is not is named."""
        for name in ("variables", "extensions"):
            try:
                orjson.loads(params.get(name) or "null")
            except orjson.JSONDecodeError as error:
                raise HTTPException(400, f"The parameter {name} is not JSON.") from error
        return super().parse_query_params(params)

    def parse_json(self, data: str | bytes) -> Any:
        """The request's body, or one of its parameters."""
        parsed = super().parse_json(data)
        if parsed is not None and not isinstance(parsed, dict | list):
            raise HTTPException(400, "A request, its variables and its extensions are JSON objects.")
        return parsed


class GraphQLApp:
    """The ASGI app at `/graphql` and below: the API, and the files of its page."""

    def __init__(self, inner: _GraphQL) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        response = await self._response(scope, receive)
        await response(scope, receive, send)

    async def _response(self, scope: Scope, receive: Receive) -> Response:
        root = scope.get("root_path", "")
        below = scope["path"].removeprefix(root).partition("/graphiql/")
        if below[1] or (root and below[0].strip("/")):
            return file(below[2]) or refused(404, "There is nothing at this address.")
        request = Request(scope, partial(_limited, receive, [0]))
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length) > LONGEST_BODY:
            return refused(413, too_long(LONGEST_BODY))
        try:
            answer: Response = await self._inner.run(request)
            return answer
        except HTTPException as error:
            return refused(_STATUS.get(error.reason, error.status_code), error.reason)
        except Exception as error:  # the last place where it can be told
            extensions = internal(error)
            return _json(500, OURS, extensions)


async def _limited(receive: Receive, read: list[int]) -> Message:
    message = await receive()
    read[0] += len(message.get("body", b""))
    if read[0] > LONGEST_BODY:
        raise TooLong
    return message


def refused(status: int, reason: str) -> Response:
    """A request that is no GraphQL request."""
    code = "TOO_COSTLY" if status == 413 else "BAD_INPUT"
    return _json(status, f"{reason} {_WAYS_OUT.get(status, '')}".strip(), {"code": code})


def _json(status: int, message: str, extensions: Mapping[str, Any]) -> Response:
    body = orjson.dumps({"errors": [{"message": message, "extensions": extensions}]})
    headers = {"allow": "GET, POST"} if status == 405 else None
    return Response(body, status, headers, "application/json")


def graphql_app(graph: Graph, lineages: Lineages, zone: tzinfo = SHANGHAI) -> GraphQLApp:
    """The app for `/graphql`, to be mounted so that it is given that path and what lies below it.

    `zone` is what bare dates and times without zone in arguments are meant in.
    """
    return GraphQLApp(_GraphQL(graph, lineages, zone))
