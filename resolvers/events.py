"""Server-sent events: the protocol graphql-sse, a connection for each operation.

event: next         for each answer, as JSON
event: complete     at the end
:                   while nothing happens, so that nobody in between takes the connection for dead
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

from starlette.responses import StreamingResponse

from resolvers.answering import Answers, Asked
from resolvers.context import Context
from resolvers.encoding import encode
from resolvers.errors import OURS, internal
from resolvers.gate import Full

EVENTS = "text/event-stream"
SILENCE = 12.0
"""Seconds after which something is said, if only that there is nothing."""

_COMPLETE = b"event: complete\ndata:\n\n"
_NOTHING = b":\n\n"


class EventStream(StreamingResponse):
    """The answers to an operation as events. A client that does not read gets no more until it does."""

    def __init__(self, answers: Answers, asked: Asked, context: Context, silence: float = SILENCE) -> None:
        headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
        super().__init__(_events(answers, asked, context, silence), 200, headers, EVENTS)


async def _events(answers: Answers, asked: Asked, context: Context, silence: float) -> AsyncIterator[bytes]:
    async with aclosing(answers.stream(asked, context)) as stream:
        while True:
            coming = asyncio.ensure_future(anext(stream, None))
            try:
                while not (await asyncio.wait({coming}, timeout=silence))[0]:
                    yield _NOTHING
                answer = coming.result()
            except Full:
                yield _event({"errors": [{"message": "Too many requests are waiting already."}]})
                answer = None
            except Exception as error:  # the last place where it can be told
                yield _event({"errors": [{"message": OURS, "extensions": internal(error)}]})
                answer = None
            finally:
                if not coming.done():
                    coming.cancel()
                    await asyncio.gather(coming, return_exceptions=True)
            if answer is None:
                break
            yield _event(answer.formatted())
    yield _COMPLETE


def _event(payload: object) -> bytes:
    return b"event: next\ndata: " + encode(payload) + b"\n\n"
