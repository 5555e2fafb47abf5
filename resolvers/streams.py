"""Answers that come in parts, at the speed of whoever takes them."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

log = logging.getLogger("registry.service")

SLOWEST = 30.0
"""Seconds in which a client has to take what is sent; one that does not gets no more."""


class TooSlow(Exception):
    """The client does not take what it asked for."""


async def taken(send: Send, message: Message, slowest: float = SLOWEST) -> None:
    """Send a message. Raises TooSlow when the client does not take it."""
    try:
        async with asyncio.timeout(slowest):
            await send(message)
    except TimeoutError:
        raise TooSlow from None


class Streamed(Response):
    """A response whose body comes in parts. It is broken off when the client is too slow, and closed when it leaves."""

    def __init__(
        self,
        body: AsyncGenerator[bytes, None],
        kind: str,
        headers: Mapping[str, str] | None = None,
        slowest: float = SLOWEST,
    ) -> None:
        self.status_code = 200
        self.media_type = kind
        self.background = None
        self.init_headers(headers)
        self._parts = body
        self._slowest = slowest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        telling = asyncio.create_task(self._tell(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait((telling, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            telling.cancel()
            leaving.cancel()
            await asyncio.gather(telling, leaving, return_exceptions=True)
        if not telling.cancelled():
            telling.result()

    async def _tell(self, send: Send) -> None:
        start: Message = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        async with aclosing(self._parts) as parts:
            try:
                await taken(send, start, self._slowest)
                async for part in parts:
                    await taken(send, {"type": "http.response.body", "body": part, "more_body": True}, self._slowest)
                await taken(send, {"type": "http.response.body"}, self._slowest)
            except TooSlow:
                log.warning("a client took nothing for %g s; its stream is broken off", self._slowest)


async def _left(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
