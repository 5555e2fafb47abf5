"""Server-sent events of many operations over one connection: the single connection mode of the protocol graphql-sse.

PUT     reserves a stream: 201 and its token, which comes with all that follows, in a header or as `token`
GET     or POST, with `Accept: text/event-stream`: the stream
POST    or GET, with `extensions.operationId`: 202, and the answers come in the stream with that id
DELETE  with `operationId`: 200, and nothing more comes of that operation

`event: next` has `{"id", "payload"}` as its data, `event: complete` has `{"id"}`.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from resolvers.answering import Answer, Answers
from resolvers.context import OperationContext
from resolvers.errors import Unfit
from resolvers.events import EventStream
from resolvers.requests import Asked, WrongRequest
from resolvers.reservations import MOST_OPERATIONS, PATIENCE, Reservation, Reservations, worker_of
from resolvers.streams import SLOWEST

TOKEN_HEADER = "x-graphql-event-stream-token"  # noqa: S105
LONGEST_ID = 200
"""Characters of an operation's id, which is told with each of its answers."""


class SingleConnections:
    """Takes the requests of that mode."""

    def __init__(
        self,
        answers: Answers,
        context: Callable[[], OperationContext],
        patience: float = PATIENCE,
        slowest: float = SLOWEST,
    ) -> None:
        self._answers = answers
        self._context = context
        self._slowest = slowest
        self._reservations = Reservations(answers.options.worker, patience)

    def elsewhere(self, token: str | None, here: ASGIApp) -> ASGIApp | None:
        """The other worker that gave a token, `here` if that has ended; `None` if this one gave it, or nobody."""
        worker = worker_of(token or "")
        return None if worker in (None, self._reservations.worker) else self._answers.options.others(worker, here)

    def reserve(self, token: str | None, caller: str) -> Response:
        """Answer a PUT. Raises Unfit, or Full."""
        if token is not None and self._reservations.find(token) is not None:
            raise Unfit(409, "This token has an event stream already.")
        return PlainTextResponse(self._reservations.reserve(caller).token, 201, {"cache-control": "no-store"})

    def open(self, token: str) -> Response:
        """The stream of a token. Raises Unfit."""
        reservation = self._reserved(token)
        if reservation.is_open:
            raise Unfit(409, "The event stream of this token is open already.")
        reservation.open()
        return _Opened(reservation, self._reservations, self._answers.draining, self._slowest)

    def start(self, token: str, given: Any, asked: Asked, *, reading: bool) -> Answer | None:
        """Begin an operation; what refuses it, if anything does. Raises Unfit or WrongRequest."""
        reservation = self._reserved(token)
        id = (given.get("extensions") or {}).get("operationId")
        if not isinstance(id, str) or not 0 < len(id) <= LONGEST_ID:
            reason = f"extensions.operationId must be a text of 1 to {LONGEST_ID} characters."
            raise WrongRequest(reason)
        if reservation.runs(id):
            raise Unfit(409, "An operation of this operationId has not come to its end.")
        if reservation.is_full:
            raise Unfit(429, f"No more than {MOST_OPERATIONS} operations run at the same time in one event stream.")
        found = self._answers.begin(asked, self._context(), reading=reading)
        if isinstance(found, Answer):
            return found
        reservation.start(id, found)
        return None

    async def stop(self, token: str | None, parameters: Mapping[str, Any]) -> Response:
        """Answer a DELETE. Raises Unfit."""
        reservation = self._reserved(token or "")
        id = parameters.get("operationId")
        if not id:
            raise Unfit(400, "operationId is missing: it says which operation is to be stopped.")
        await reservation.stop(id)
        return Response()

    def _reserved(self, token: str) -> Reservation:
        found = self._reservations.find(token)
        if found is None:
            raise Unfit(404, "There is no event stream of this token. Reserve one with PUT.")
        return found

    async def close(self) -> None:
        """End all streams."""
        await self._reservations.close()


class _Opened(EventStream):
    """A stream that ends its reservation."""

    def __init__(
        self, reservation: Reservation, reservations: Reservations, draining: asyncio.Event, slowest: float
    ) -> None:
        super().__init__(reservation.events(), draining, slowest=slowest)
        self._reservation = reservation
        self._reservations = reservations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._reservations.end(self._reservation)
