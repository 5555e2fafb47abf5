"""What surrounds every request: its id, its time and size limits, the log, the counts, and masked errors.

`Requests` is the outer layer, `Guard` the inner; both are plain ASGI, so that streams pass through.
"""

import asyncio
import json
import logging
import re
import secrets
import time
from collections.abc import Container, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType

from opentelemetry import trace
from opentelemetry.propagate import extract
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.spans import collected, span
from registry.listening import is_loopback
from registry.metrics import Metrics
from resolvers.http import TooLong, too_long
from resolvers.options import Answered

__all__ = ["Guard", "Requests", "error_answer", "request_id"]

log = logging.getLogger("registry.service")
access = logging.getLogger("registry.access")

_tracer = trace.get_tracer("registry.service")
request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered; logs carry it."""

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    # Of what is no page; a page brings its own.
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
)


def error_answer(status: int, code: str, message: str, **more: str) -> JSONResponse:
    """An error in the shape that GraphQL's have, for those that come before GraphQL."""
    return JSONResponse({"errors": [{"message": message, "extensions": {"code": code, **more}}]}, status)


@dataclass(slots=True)
class _Answer:
    """What is known of an answer that is under way."""

    id: str
    limit: asyncio.Timeout | None = None
    status: int = 0
    started: float = field(default_factory=time.perf_counter)

    def allow(self, seconds: float) -> None:
        """Give it so much time from now on to its first byte."""
        if self.limit is not None and not self.status:
            self.limit.reschedule(asyncio.get_running_loop().time() + seconds)


class Requests:
    """Gives each request an id, counts and logs it, limits the time to its first byte, and masks our errors.

    What needs longer says so: `scope["allow"](seconds)`.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics, seconds: float, access_log: bool) -> None:
        self.app = app
        self.metrics = metrics
        self.seconds = seconds
        self.access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        answer = _Answer(given if _ID.fullmatch(given) else secrets.token_hex(8))
        mark = request_id.set(answer.id)
        method = scope.get("method", "WEBSOCKET")
        attributes = {"url.path": scope["path"], "http.request.method": method, "registry.request.id": answer.id}
        try:
            parent, kind = extract(headers) if collected() else None, trace.SpanKind.SERVER
            with span(_tracer, method, context=parent, kind=kind, attributes=attributes) as told:
                await self._answer(scope, receive, send, answer)
                told.update_name(f"{method} {_route(scope)}")
                told.set_attribute("http.response.status_code", answer.status)
        finally:
            request_id.reset(mark)
            self._tell(scope, answer, method)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, answer: _Answer) -> None:
        async def sending(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept", "websocket.close"):
                if message["type"] == "http.response.start":
                    answer.status = message["status"]
                    _add_headers(message, answer.id)
                elif not answer.status:
                    answer.status = 101 if message["type"] == "websocket.accept" else 403
                if answer.limit is not None:
                    answer.limit.reschedule(None)  # what streams may take as long as it likes
            await send(message)

        try:
            async with asyncio.timeout(self.seconds) as answer.limit:
                scope["allow"] = answer.allow
                await self.app(scope, receive, sending)
            if not answer.status:
                answer.status = _GONE
        except TimeoutError as error:
            expired = answer.limit is not None and answer.limit.expired()
            answer.limit = None
            if not expired:
                await self._fail(scope, receive, sending, answer, error)
                return
            log.warning("request %s took longer than %g s", answer.id, self.seconds)
            answered = error_answer(504, "TIMEOUT", f"No answer within {self.seconds:g} s. Ask for less at once.")
            await _send_error(answered, scope, receive, sending, answer)
        except Exception as error:  # the edge: whatever it is, the caller gets an id and no detail
            answer.limit = None
            await self._fail(scope, receive, sending, answer, error)

    async def _fail(self, scope: Scope, receive: Receive, send: Send, answer: _Answer, error: BaseException) -> None:
        log.error("errorId %s: request failed", answer.id, exc_info=error)
        answered = error_answer(
            500, "INTERNAL", "Something went wrong here; the log says what, under this errorId.", errorId=answer.id
        )
        await _send_error(answered, scope, receive, send, answer)

    def _tell(self, scope: Scope, answer: _Answer, method: str) -> None:
        seconds = time.perf_counter() - answer.started
        self.metrics.answered(method if method in _METHODS else "OTHER", _route(scope), answer.status, seconds)
        if self.access_log:
            client = scope.get("client") or ("",)
            line = {
                "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "id": answer.id,
                "client": client[0],
                "method": method,
                "path": scope["path"],
                "status": answer.status,
                "milliseconds": round(seconds * 1000, 1),
            }
            access.info(json.dumps(line, ensure_ascii=False))


_GONE = 499
"""What is counted where nobody waited for an answer."""
_LONGEST_DOCUMENT = 2_000
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WEBSOCKET"})


def _route(scope: Scope) -> str:
    """The route that answered, for counting; never a path that a caller made up."""
    endpoint = scope.get("counted_as")
    return str(endpoint) if endpoint else "other"


def _add_headers(message: Message, id: str) -> None:
    headers = message.get("headers", ())
    own = {name for name, _ in headers}
    message["headers"] = [*headers, (b"x-request-id", id.encode()), *(one for one in _HEADERS if one[0] not in own)]


async def _send_error(answered: JSONResponse, scope: Scope, receive: Receive, send: Send, answer: _Answer) -> None:
    if scope["type"] == "websocket":
        if answer.status in (0, 101):
            await send({"type": "websocket.close", "code": 1011})
    elif not answer.status:
        await answered(scope, receive, send)
    else:
        raise ConnectionAbortedError  # half an answer is out: only breaking it off says that it is not whole


def log_slow(answered: Answered) -> None:
    """Log an operation that took long: what it was and what it cost, without its variables."""
    tally = answered.tally
    line = {
        "slow": round(answered.seconds, 3),
        "id": request_id.get(),
        "operation": answered.operation,
        "field": answered.field,
        "outcome": answered.outcome,
        "cost": answered.cost,
        "statements": tally.statements,
        "rows": tally.rows,
        "statement_seconds": round(tally.seconds, 3),
        "document": " ".join(answered.document.split())[:_LONGEST_DOCUMENT],
    }
    log.warning("slow operation: %s", json.dumps(line, ensure_ascii=False))


class Guard:
    """Refuses what is too big, what is meant for another host, and what another site's page sends.

    Unless it is `open` it answers to loopback names only: a name that somebody else's page points at a
    loopback address (DNS rebinding) is none. `routes` are the paths and what they are counted as, `limit` is
    how many bytes a request may have, `limits` the same of some paths. Those in `signed` ask for a token, which
    no such page has, and answer to any name.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        open: bool,
        routes: Mapping[str, str],
        limit: int,
        limits: Mapping[str, int] = MappingProxyType({}),
        signed: Container[str] = (),
    ) -> None:
        self.app = app
        self.open = open
        self.routes = routes
        self.limit = limit
        self.limits = limits
        self.signed = signed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope["counted_as"] = self.routes.get(scope["path"])
        refused = self._refused(scope, Headers(scope=scope))
        if refused is None and scope["type"] == "http":
            refused = await self._limited(scope, receive, send)
        elif refused is None:
            await self.app(scope, receive, send)
        if refused is None:
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refused(scope, receive, send)

    def _refused(self, scope: Scope, headers: Headers) -> JSONResponse | None:
        host = headers.get("host", "")
        if not self.open and scope["path"] not in self.signed and not is_loopback(_name(host)):
            return error_answer(
                421, "FORBIDDEN", f"This service does not answer to {host!r}; behind a proxy it needs REGISTRY_OPEN=1."
            )
        origin = headers.get("origin")
        if origin and origin.partition("://")[2] != host:
            return error_answer(403, "FORBIDDEN", "Pages of another site may not use this service.")
        length, limit = headers.get("content-length", ""), self._limit(scope)
        return _too_big(limit) if length.isdigit() and int(length) > limit else None

    def _limit(self, scope: Scope) -> int:
        return self.limits.get(scope["path"], self.limit)

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> JSONResponse | None:
        """Pass on a request whose length nobody announced, or lied about; the refusal if it gets too long."""
        taken, limit = 0, self._limit(scope)

        async def receiving() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise TooLong(limit)  # the GraphQL app answers it itself
            return message

        try:
            await self.app(scope, receiving, send)
        except TooLong:
            return _too_big(limit)
        return None


def _too_big(limit: int) -> JSONResponse:
    return error_answer(413, "TOO_COSTLY", too_long(limit))


def _name(host: str) -> str:
    return re.sub(r":\d+$", "", host).strip("[]").lower()
