"""Server-sent events: the protocol graphql-sse, a connection for each operation.

event: next         for each answer, as JSON
event: complete     at the end
:                   while nothing happens, so that nobody in between takes the connection for dead
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from starlette.responses import StreamingResponse

from resolvers.answering import Answers, Asked
from resolvers.context import OperationContext
from resolvers.encoding import encode
from resolvers.errors import unanswered

EVENTS = "text/event-stream"
SILENCE = 12.0
"""Seconds after which something is said, if only that there is nothing."""

_COMPLETE = b"event: complete\ndata:\n\n"
_NOTHING = b":\n\n"


class EventStream(StreamingResponse):
    """The answers to an operation as events. A client that does not read gets no more until it does."""

    def __init__(self, answers: Answers, asked: Asked, context: OperationContext, silence: float = SILENCE) -> None:
        headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
        super().__init__(_events(answers, asked, context, silence), 200, headers, EVENTS)


async def _events(answers: Answers, asked: Asked, context: OperationContext, silence: float) -> AsyncIterator[bytes]:
    async with aclosing(answers.stream(asked, context)) as stream:
        draining: asyncio.Future[Any] = asyncio.ensure_future(answers.draining.wait())
        waits = {draining}
        try:
            while True:
                coming: asyncio.Future[Any] = asyncio.ensure_future(anext(stream, None))
                waits = {coming, draining}
                while not (await asyncio.wait(waits, timeout=silence, return_when=asyncio.FIRST_COMPLETED))[0]:
                    yield _NOTHING
                if not coming.done():
                    return  # without `complete`: the client goes on elsewhere
                payload = _payload(coming)
                if payload is None:
                    break
                yield b"event: next\ndata: " + encode(payload) + b"\n\n"
        finally:
            # Before the stream is closed: it must not be running then.
            for one in waits:
                one.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
    yield _COMPLETE


def _payload(coming: asyncio.Future[Any]) -> dict[str, Any] | None:
    """What is told of what has come; `None` at the end."""
    try:
        answer = coming.result()
    except Exception as error:  # the last place where it can be told
        return {"errors": [unanswered(error)]}
    told: dict[str, Any] | None = None if answer is None else answer.formatted()
    return told
