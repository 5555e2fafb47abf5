"""GraphQL over HTTP as an ASGI app, with GraphiQL for browsers; its WebSockets are in `websocket.py`.

    app = graphql_app(graph, lineages, zone)

As the GraphQL-over-HTTP specification has it: a POST of JSON, or a GET that reads. A request that is refused before
it is executed has status 400, or 200 where only `application/json` is accepted. Batches are not taken. Who accepts
`text/event-stream` gets server-sent events: of one operation, or of many over one connection (`single.py`).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import cache, partial
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.changes import now
from graph.conflicts import ConflictSearch
from graph.cycles import Cycles
from graph.element_matching import ElementMatcher, Scoring
from graph.engine import Graph
from graph.filing_check import Checker, by_checks
from graph.filing_rules import FilingRules
from graph.filings import Filings
from graph.findings import FindingSearch
from graph.impact import Impacts
from graph.lineage import Lineages
from graph.matching.checks import Checks
from graph.watch import Watch
from graph.whole import Wholes
from resolvers.answering import Answer, Answers
from resolvers.context import Context, OperationContext
from resolvers.encoding import encode
from resolvers.entities import FINDERS
from resolvers.errors import Unfit, unanswered
from resolvers.events import EVENTS, EventStream, operation
from resolvers.gate import Full, Gate
from resolvers.graphiql import file, html
from resolvers.leaving import Gone, while_there
from resolvers.options import Options
from resolvers.requests import WrongRequest, request
from resolvers.reservations import PATIENCE
from resolvers.schema import SHANGHAI, make_schema
from resolvers.single import TOKEN_HEADER, SingleConnections
from resolvers.streams import SLOWEST
from resolvers.subgraph import Subgraph
from resolvers.websocket import WebSockets

LONGEST_BODY = 1_000_000
"""Bytes of the longest request."""
RESPONSE = "application/graphql-response+json"
JSON = "application/json"
METHODS = ("GET", "POST", "PUT", "DELETE")
"""The last two are of event streams that many operations share."""


class TooLong(Unfit):
    """A request of more bytes than are taken."""

    def __init__(self, limit: int = LONGEST_BODY) -> None:
        super().__init__(413, too_long(limit))


def too_long(limit: int) -> str:
    """What is told of a request of more than `limit` bytes, whoever counts them."""
    return f"The request is larger than {limit / 1_000_000:g} MB, which is all that is taken. Send less at once."


class GraphQLApp:
    """The ASGI app at `/graphql` and below: the API, and the files of its page.

    `patience` is how many seconds a reserved stream may wait, `slowest` how many a client that reads nothing.
    """

    def __init__(
        self,
        answers: Answers,
        context: Callable[[], OperationContext],
        closing: Callable[[], Awaitable[None]] | None = None,
        patience: float = PATIENCE,
        slowest: float = SLOWEST,
    ) -> None:
        self._answers = answers
        self._context = context
        self._closing = closing
        self._slowest = slowest
        self._sockets = WebSockets(answers, context, slowest=slowest)
        self._singles = SingleConnections(answers, context, patience, slowest)

    @property
    def gate(self) -> Gate:
        """How many requests are answered at the same time."""
        return self._answers.gate

    def drain(self) -> None:
        """End what goes on by itself, before the service stops."""
        self._answers.draining.set()

    async def close(self) -> None:
        """Ask the graph nothing more."""
        await self._singles.close()
        if self._closing is not None:
            await self._closing()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
            return
        answer = await self._answer(scope, receive)
        await answer(scope, receive, send)

    async def _here(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what cannot be handed over."""
        answer = await self._answer(scope, receive, here=True)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, *, here: bool = False) -> ASGIApp:
        root = scope.get("root_path", "")
        below = scope["path"].removeprefix(root).partition("/graphiql/")
        if below[1] or (root and below[0].strip("/")):
            return file(below[2]) or refused(404, "There is nothing at this address.")
        headers = Headers(scope=scope)
        if scope["method"] == "GET" and _wants_page(scope, headers):
            return html(Request(scope))
        try:
            return await self._answered(scope, headers, receive, here=here)
        except Full as full:
            error = unanswered(full)
            error["message"] += " Try again in a moment."
            return _told(503, error, {"retry-after": str(full.seconds)})
        except Unfit as unfit:
            return refused(unfit.status, str(unfit), unfit.headers)
        except WrongRequest as wrong:
            return _told(400, unanswered(wrong))
        except Gone:
            return _nothing
        except Exception as error:  # the last place where it can be told
            return _told(500, unanswered(error))

    async def _answered(self, scope: Scope, headers: Headers, receive: Receive, *, here: bool) -> ASGIApp:
        method, caller = scope["method"], (scope.get("client") or ("",))[0]
        if method not in METHODS:
            raise Unfit(405, f"Use {' or '.join(METHODS)}.", allow=", ".join(METHODS))
        parameters = _parameters(scope["query_string"])
        token = headers.get(TOKEN_HEADER) or parameters.get("token")
        elsewhere = None if here else self._singles.elsewhere(token, self._here)
        if elsewhere is not None:
            return elsewhere
        if method == "PUT":
            _accepted(headers, ("text/plain",))
            return self._singles.reserve(token, caller)
        if method == "DELETE":
            return await self._singles.stop(token, parameters)
        kind, reading = _accepted(headers), method == "GET"
        if reading and headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
            raise Unfit(403, "Pages of another site may not use this service.")
        if token is not None and kind == EVENTS:
            return self._singles.open(token)
        given = _read(parameters) if reading else read_json(await read_body(headers, receive), "The request")
        asked = request(given, caller)
        if headers.get("apollo-federation-include-trace") == "ftv1":
            asked = replace(asked, reported=asked.reported | {"ftv1"})
        if kind == EVENTS:
            events = operation(self._answers, asked, self._context(), reading=reading)
            return EventStream(events, self._answers.draining, slowest=self._slowest)
        if token is not None:
            refusal = self._singles.start(token, given, asked, reading=reading)
            return Response(None, 202) if refusal is None else Response(encode(refusal.formatted()), 400, None, kind)
        answer = await while_there(receive, self._answers.answer(asked, self._context(), reading=reading))
        return Response(encode(answer.formatted()), _status(answer, kind), None, kind)


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Nobody is there who could be told anything."""


def _status(answer: Answer, kind: str) -> int:
    if answer.executed or (kind == JSON and not answer.unfit):
        return 200
    return 400


def _wants_page(scope: Scope, headers: Headers) -> bool:
    """Only browsers ask for HTML."""
    return "text/html" in headers.get("accept", "") and b"query=" not in scope["query_string"]


def _accepted(headers: Headers, kinds: Sequence[str] = (JSON, RESPONSE, EVENTS)) -> str:
    """The best liked of the types that may be told; the first where nobody says, or likes several. Raises Unfit."""
    accept = ",".join(headers.getlist("accept"))
    if not accept or accept in ("*/*", kinds[0]):
        return kinds[0]
    liking: dict[str, float] = {}
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        liking[name] = float(quality) if quality.replace(".", "", 1).isdigit() else 0

    def liked(kind: str) -> float:
        return next((liking[name] for name in (kind, kind.split("/")[0] + "/*", "*/*") if name in liking), 0)

    kind = max(kinds, key=liked)
    if not liked(kind):
        raise Unfit(406, f"Accept {' or '.join(kinds)}.")
    return kind


async def read_body(headers: Headers, receive: Receive) -> bytes:
    """The body of a request that has to be JSON. Raises Unfit."""
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


def read_json(text: bytes | str, what: str) -> Any:
    """The value of a JSON text; `what` is told of one that is none. Raises Unfit."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Unfit(400, f"{what} is not JSON.") from error


def _parameters(query: bytes) -> dict[str, Any]:
    try:
        return dict(parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError as error:
        raise Unfit(400, "The parameters are not UTF-8.") from error


def _read(parameters: Mapping[str, str]) -> dict[str, Any]:
    """The request that parameters make."""
    given: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = read_json(given[name] or "null", f"The parameter {name}")
    return given


_CODES = {403: "FORBIDDEN", 404: "NOT_FOUND", 409: "CONFLICT", 413: "TOO_COSTLY", 429: "TOO_COSTLY"}


def refused(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    """A request that is no GraphQL request."""
    return _told(status, {"message": reason, "extensions": {"code": _CODES.get(status, "BAD_INPUT")}}, headers)


def _told(status: int, error: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    return Response(encode({"errors": [error]}), status, headers, JSON)


def graphql_app(
    graph: Graph,
    lineages: Lineages,
    zone: tzinfo = SHANGHAI,
    options: Options | None = None,
    watch: Watch | None = None,
    search: FindingSearch | None = None,
    impacts: Impacts | None = None,
    scoring: Scoring | None = None,
    checker: Checker | None = None,
) -> GraphQLApp:
    """The app for `/graphql`, to be mounted so that it is given that path and what lies below it.

    `zone` is what bare dates and times without zone in arguments are meant in, `watch` waits for the graph to change,
    `search` looks for what is broken, `impacts` answers what changes would touch, `scoring` compares names of fields
    with data elements, `checker` says of a filing what does the same already, if not the duplicate check.
    """
    schema = make_schema(zone)
    watch = watch or Watch(graph)
    changes = cache(lambda: impacts or Impacts(graph, lineages.projection))
    cycles = cache(lambda: Cycles(graph, lineages.projection))
    findings = cache(lambda: search or FindingSearch(graph, lineages.projection))
    matcher = cache(lambda: ElementMatcher(graph, scoring))
    checks = cache(lambda: Checks(graph, matcher()))
    options = options or Options()
    rules = options.calendar, options.profiles, zone
    filing_rules = FilingRules(options.profiles, options.calendar.due, zone)
    filings = cache(lambda: Filings(graph, filing_rules, checker or by_checks(checks, filing_rules), changes))
    subgraph, wholes = Subgraph(schema, FINDERS), Wholes(lineages)
    conflicts = cache(lambda: ConflictSearch(graph, lineages.projection, rules=lambda: filing_rules.received(now())))
    asked = watch, changes, cycles, findings, conflicts, matcher, checks
    context = partial(Context, subgraph, graph, lineages, wholes, *asked, *rules, filings)

    async def close() -> None:
        await watch.close()
        if cycles.cache_info().currsize:
            await cycles().close()
        if checks.cache_info().currsize:
            await checks().close()
        elif matcher.cache_info().currsize:
            await matcher().close()

    def reading() -> str:
        return checks().reading if checks.cache_info().currsize else ""

    return GraphQLApp(Answers(schema, options, reading), context, close)
