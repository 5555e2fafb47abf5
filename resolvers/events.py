"""Server-sent events, as the protocol graphql-sse has them.

event: next         for each answer, as JSON
event: complete     at the end
:                   at the beginning, and while nothing happens, so that nobody in between takes it for dead

A connection for each operation is here; many operations on one are in `single.py`.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from resolvers.answering import Answers
from resolvers.context import OperationContext
from resolvers.encoding import encode
from resolvers.errors import unanswered
from resolvers.requests import Asked
from resolvers.streams import SLOWEST, Streamed

EVENTS = "text/event-stream"
SILENCE = 12.0
"""Seconds after which something is said, if only that there is nothing."""

_NOTHING = b":\n\n"


def event(name: str, data: Any = None) -> bytes:
    """An event as it is sent; without data it has an empty one, or a browser would not tell of it."""
    return b"event: %s\ndata:%s\n\n" % (name.encode(), b"" if data is None else b" " + encode(data))


class EventStream(Streamed):
    """Events as they come, until there are no more, or the service is about to stop."""

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        draining: asyncio.Event,
        silence: float = SILENCE,
        slowest: float = SLOWEST,
    ) -> None:
        headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
        super().__init__(_heard(events, draining, silence), EVENTS, headers, slowest)


async def operation(
    answers: Answers, asked: Asked, context: OperationContext, *, reading: bool = False
) -> AsyncGenerator[bytes, None]:
    """The events of one operation."""
    try:
        async with aclosing(answers.stream(asked, context, reading=reading)) as stream:
            async for answer in stream:
                yield event("next", answer.formatted())
    except Exception as error:  # the last place where it can be told
        yield event("next", {"errors": [unanswered(error)]})
    yield event("complete")


async def _heard(
    events: AsyncGenerator[bytes, None], draining: asyncio.Event, silence: float
) -> AsyncGenerator[bytes, None]:
    async with aclosing(events):
        ending: asyncio.Future[Any] = asyncio.ensure_future(draining.wait())
        waits = {ending}
        try:
            yield _NOTHING
            while not draining.is_set():
                coming: asyncio.Future[Any] = asyncio.ensure_future(anext(events, None))
                waits = {coming, ending}
                while not (await asyncio.wait(waits, timeout=silence, return_when=asyncio.FIRST_COMPLETED))[0]:
                    yield _NOTHING
                if not coming.done():
                    return  # without `complete`: the client goes on elsewhere
                told = coming.result()
                if told is None:
                    return
                yield told
        finally:
            # Before the events are closed: they must not be running then.
            for one in waits:
                one.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
