"""`POST /api/v1/lineage`: an OpenLineage event, or an array of them; `/api/v1/lineage/batch` takes arrays too.

What is answered as taken was committed. 201: the event is; 200: all of the array are; 207: some are, and which are
not is said; 422: none is an event. 400, 401, 405, 413 and 415 say what is wrong with the request itself, 503 that it
is to be sent again after the seconds that Retry-After says.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from connectors.openlineage_events import Event, WrongEvent, read_event
from registry.middleware import error_answer
from registry.openlineage.body import MOST_EVENTS, Refused, read_body
from registry.openlineage.intake import Fate, Full, Intake
from registry.openlineage.tokens import Tokens

__all__ = ["PATHS", "Endpoint"]

PATHS = ("/api/v1/lineage", "/api/v1/lineage/batch")

_RETRY = "2"
_HEAVY = 20
"""Events that are read beside other work; one with SQL always is."""


@dataclass(frozen=True, slots=True)
class _Failed:
    """An event that was not taken."""

    index: int
    reason: str
    retriable: bool

    def as_json(self) -> Mapping[str, Any]:
        return {"index": self.index, "reason": self.reason, "retriable": self.retriable}


class Endpoint:
    """The ASGI app. Without `tokens` whoever can reach the service may send."""

    def __init__(self, intake: Intake, tokens: Tokens | None, zone: tzinfo) -> None:
        self._intake = intake
        self._tokens = tokens
        self._zone = zone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except Refused as error:
            answer = error_answer(error.status, error.code, str(error))
            answer.headers.update({name.replace("_", "-"): value for name, value in error.headers.items()})
        except ClientDisconnect:
            return
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method != "POST":
            raise Refused(405, "BAD_INPUT", f"Events are sent with POST, not {request.method}.", allow="POST")
        self._sign_in(request.headers.get("authorization", ""))
        headers = request.headers
        value = await read_body(request.stream(), headers.get("content-type", ""), headers.get("content-encoding", ""))
        if isinstance(value, list):
            return await self._batch(value)
        if request.url.path.endswith("/batch"):
            raise Refused(422, "BAD_INPUT", "A batch is an array of events.")
        return await self._single(value)

    def _sign_in(self, said: str) -> None:
        if self._tokens is None:
            return
        scheme, _, token = said.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Refused(401, "FORBIDDEN", "Events are sent with a token: Authorization: Bearer …", **_CHALLENGE)
        if self._tokens.holder(token.strip()) is None:
            raise Refused(401, "FORBIDDEN", "This token is not known here.", **_CHALLENGE)

    async def _single(self, value: Any) -> Response:
        events, failed = await self._read([value])
        if failed:
            raise Refused(422, "BAD_INPUT", f"This is no OpenLineage event: {failed[0].reason}.")
        [fate] = await self._put(events)
        if fate is Fate.NEVER:
            raise Refused(500, "INTERNAL", _NEVER)
        if fate is Fate.LATER:
            raise Refused(503, "INTERNAL", _LATER, retry_after=_RETRY)
        return JSONResponse(_summary(1, []), 201)

    async def _batch(self, values: Sequence[Any]) -> Response:
        if len(values) > MOST_EVENTS:
            message = f"A request may have {MOST_EVENTS:,} events, not {len(values):,}. Send fewer at once."
            raise Refused(413, "TOO_COSTLY", message)
        events, failed = await self._read(values)
        wrong = {one.index for one in failed}
        places = [at for at in range(len(values)) if at not in wrong]
        for at, fate in zip(places, await self._put(events), strict=True):
            if fate is not Fate.TAKEN:
                failed.append(_Failed(at, _LATER if fate is Fate.LATER else _NEVER, fate is Fate.LATER))
        failed.sort(key=lambda one: one.index)
        if values and len(failed) == len(values):
            later = any(one.retriable for one in failed)
            headers = {"Retry-After": _RETRY} if later else None
            return JSONResponse(_summary(len(values), failed), 503 if later else 422, headers)
        return JSONResponse(_summary(len(values), failed), 207 if failed else 200)

    async def _read(self, values: Sequence[Any]) -> tuple[list[Event], list[_Failed]]:
        if len(values) > _HEAVY or any(_has_sql(value) for value in values):
            return await asyncio.to_thread(_events, values, self._zone)
        return _events(values, self._zone)

    async def _put(self, events: Sequence[Event]) -> list[Fate]:
        try:
            return await self._intake.put(events)
        except Full:
            message = "Too many events wait to be written. Send this again in a moment."
            raise Refused(503, "INTERNAL", message, retry_after=_RETRY) from None


_CHALLENGE = {"www_authenticate": "Bearer"}
_LATER = "The graph could not be written to. Send this again in a moment."
_NEVER = "Something went wrong here; the log says what."


def _events(values: Sequence[Any], zone: tzinfo) -> tuple[list[Event], list[_Failed]]:
    """The events, and those of the values that are none."""
    events, failed = [], []
    for at, value in enumerate(values):
        try:
            events.append(read_event(value, zone))
        except WrongEvent as error:
            failed.append(_Failed(at, str(error), retriable=False))
    return events, failed


def _has_sql(value: Any) -> bool:
    try:
        return "sql" in value["job"]["facets"]
    except (KeyError, TypeError):
        return False


def _summary(received: int, failed: Sequence[_Failed]) -> Mapping[str, Any]:
    retriable = sum(one.retriable for one in failed)
    return {
        "status": "partial_success" if failed else "success",
        "summary": {
            "received": received,
            "successful": received - len(failed),
            "failed": len(failed),
            "retriable": retriable,
            "non_retriable": len(failed) - retriable,
        },
        "failed_events": [one.as_json() for one in failed],
    }
