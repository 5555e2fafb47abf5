"""Exports over HTTP: `/export/NAME.SUFFIX`, by GET with parameters or by POST with a JSON object.

What is wrong is told before the first byte, in the shape that GraphQL's errors have. What fails later breaks the
connection off, so that no client takes what it has for the whole file.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.errors import StatementTimeout
from graph.refusals import BadInput, Refusal, TooCostly
from registry.exporting.ready import Ready
from resolvers.errors import OURS, Unfit, internal, refusal
from resolvers.gate import Full, Gate, Room
from resolvers.http import read_body, read_json
from resolvers.leaving import Gone, while_there
from resolvers.questions import Questions

__all__ = ["Exported", "Exports", "Given", "Offer"]

_STATUS = {"BAD_INPUT": 400, "FORBIDDEN": 403, "NOT_FOUND": 404, "CONFLICT": 409, "TOO_COSTLY": 422}
_FORMAT = ("of",)
"""Parameters that say what is written, not what is asked."""


@dataclass(frozen=True, slots=True)
class Given:
    """The parameters of a request: those of the format, and the others as texts or as the values of a JSON object."""

    texts: Sequence[tuple[str, str]] = ()
    values: Mapping[str, Any] | None = None
    format: Mapping[str, str] = field(default_factory=dict)

    def of(self, questions: Questions, name: str) -> Mapping[str, Any]:
        """The others as a JSON object, by the arguments of a root field. Raises BadInput."""
        return questions.values(name, self.texts) if self.values is None else self.values


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be exported under a name, and the suffixes it has.

    `make` answers a request; what it takes is given back when the stack ends. Raises a Refusal.
    """

    name: str
    suffixes: Sequence[str]
    make: Callable[[str, Given, AsyncExitStack], Awaitable[Ready]]


@dataclass(frozen=True, slots=True)
class Exported:
    """An export that has ended. `outcome` is `ok`, `refused`, `timeout`, `failed`, or `broken` off by the client."""

    name: str
    suffix: str
    outcome: str
    rows: int
    seconds: float


class Exports:
    """The ASGI app. `gate` is that of the whole API, `most` how many exports are under way at the same time.

    An answer may take `seconds`, a file that is written before it is sent `preparing` seconds more; a client may take
    nothing for `stalled` seconds.
    """

    def __init__(
        self,
        offers: Sequence[Offer],
        gate: Gate,
        most: int,
        seconds: float,
        observe: Callable[[Exported], None],
        stalled: float = 60,
        preparing: float = 300,
    ) -> None:
        self._offers = {f"{offer.name}.{suffix}": (offer, suffix) for offer in offers for suffix in offer.suffixes}
        self._gate = gate
        self._places = Gate(Room(most, (most + 1) // 2, 0))
        self._seconds = seconds
        self._observe = observe
        self._stalled = stalled
        self._preparing = preparing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._offers.get(scope["path"].removeprefix("/export/"))
        if found is None:
            there = ", ".join(self._offers)
            await _told(404, "NOT_FOUND", f"There is no such export; there are {there}.")(scope, receive, send)
            return
        offer, suffix = found
        under_way = _UnderWay(offer.name, suffix)
        try:
            async with AsyncExitStack() as stack:
                response = await self._response(under_way, offer, scope, receive, stack)
                await response(scope, receive, _patient(send, self._stalled))
        finally:
            self._observe(under_way.ended())

    async def _response(
        self, under_way: "_UnderWay", offer: Offer, scope: Scope, receive: Receive, stack: AsyncExitStack
    ) -> ASGIApp:
        """The answer, or what is wrong."""
        caller = (scope.get("client") or ("",))[0]
        try:
            given = await _given(scope, receive)
            await stack.enter_async_context(self._places.entered(caller))
            async with self._gate.entered(caller), asyncio.timeout(self._seconds):
                ready = await while_there(receive, offer.make(under_way.suffix, given, stack))
            if ready.prepare is not None:
                ready = await while_there(receive, self._prepared(ready, scope))
        except Gone:
            return _nothing
        except Exception as error:
            return under_way.refused(error, self._seconds)
        return under_way.response(ready)

    async def _prepared(self, ready: Ready, scope: Scope) -> Ready:
        """What takes its time before the first byte. Raises TooCostly where it takes too much."""
        if "allow" in scope:
            scope["allow"](self._preparing + 10)
        try:
            async with asyncio.timeout(self._preparing):
                return await ready.prepared()
        except TimeoutError as error:
            raise TooCostly(
                f"The file was not written within {self._preparing:g} s. Take csv or jsonl, which are sent as they are "
                "written"
            ) from error


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Nobody is there who could be told anything."""


class _UnderWay:
    """What is known of a request."""

    def __init__(self, name: str, suffix: str) -> None:
        self.name = name
        self.suffix = suffix
        self._started = time.perf_counter()
        self._rows = 0
        self._outcome = "broken"

    def response(self, ready: Ready) -> Response:
        """The file."""
        shown = "inline" if ready.inline else "attachment"
        headers = {
            "cache-control": "no-store",
            "content-disposition": f'{shown}; filename="{self.name}.{self.suffix}"',
            "cross-origin-resource-policy": "same-origin",
        }
        if ready.length is not None:
            headers["content-length"] = str(ready.length)
        self._rows = ready.rows
        return StreamingResponse(self._pieces(ready), 200, headers, ready.media_type)

    async def _pieces(self, ready: Ready) -> AsyncIterator[bytes]:
        try:
            for piece in ready.pieces():
                yield piece
                await asyncio.sleep(0)  # there are others, however fast the client takes it
        except Exception:
            self._outcome = "failed"
            if ready.failed is not None:
                yield ready.failed("Something went wrong while it was written. Ask for it again.")
            raise
        self._outcome = "ok"

    def refused(self, error: Exception, seconds: float) -> Response:
        """What is told of an error before the first byte."""
        self._outcome = "refused"
        if isinstance(error, Full):
            message = "Too many exports are under way already. Try again in a moment."
            return _told(503, "TOO_COSTLY", message, headers={"retry-after": str(error.seconds)})
        if isinstance(error, Unfit):
            code = "TOO_COSTLY" if error.status == 413 else "BAD_INPUT"
            return _told(error.status, code, str(error), headers=error.headers)
        if isinstance(error, Refusal):
            return _told(_STATUS[error.code], message=f"{error}", **refusal(error))
        if isinstance(error, StatementTimeout | TimeoutError):
            self._outcome = "timeout"
            message = f"The answer took longer than {seconds:g} s. Go less deep, take a coarser level, or narrow it."
            return _told(504, "TIMEOUT", message)
        self._outcome = "failed"
        return _told(500, message=OURS, **internal(error))

    def ended(self) -> Exported:
        """What is counted in the end."""
        return Exported(self.name, self.suffix, self._outcome, self._rows, time.perf_counter() - self._started)


def _told(
    status: int, code: str = "", message: str = "", *, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    return JSONResponse({"errors": [{"message": message, "extensions": {"code": code, **more}}]}, status, headers)


def _patient(send: Send, seconds: float) -> Send:
    """Sending, until the client takes nothing any more."""

    async def sending(message: Message) -> None:
        async with asyncio.timeout(seconds):
            await send(message)

    return sending


async def _given(scope: Scope, receive: Receive) -> Given:
    """The parameters of a request. Raises Unfit or BadInput."""
    if scope["method"] == "POST":
        values = read_json(await read_body(Headers(scope=scope), receive), "The request")
        if not isinstance(values, dict):
            raise Unfit(400, "A request is a JSON object.")
        format = {name: values.pop(name) for name in _FORMAT if name in values}
        for name, value in format.items():
            if not isinstance(value, str):
                raise BadInput(f"{name}: must be a text", argument=name)
        return Given(values=values, format=format)
    if scope["method"] != "GET":
        raise Unfit(405, "Use GET or POST.", allow="GET, POST")
    try:
        texts = parse_qsl(scope["query_string"].decode("ascii"), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError) as error:
        raise Unfit(400, "The parameters are not UTF-8.") from error
    return Given(
        [(name, text) for name, text in texts if name not in _FORMAT],
        format={name: text for name, text in texts if name in _FORMAT},
    )
