"""The other end of a WebSocket, without a network between."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import ASGIApp, Message

from resolvers.websocket import PROTOCOL


class Socket:
    """A client of graphql-transport-ws."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[Message] = asyncio.Queue()
        self.outgoing: asyncio.Queue[Message] = asyncio.Queue()

    async def take(self, message: Message) -> None:
        """Take what the app sends."""
        await self.outgoing.put(message)

    def say(self, message: Any) -> None:
        """Send a text as it is, bytes too, anything else as JSON."""
        if isinstance(message, bytes):
            self.incoming.put_nowait({"type": "websocket.receive", "bytes": message})
            return
        text = message if isinstance(message, str) else json.dumps(message)
        self.incoming.put_nowait({"type": "websocket.receive", "text": text})

    def subscribe(self, query: str, id: str = "1", **more: Any) -> None:
        """Begin an operation."""
        self.say({"id": id, "type": "subscribe", "payload": {"query": query, **more}})

    async def hear(self) -> Any:
        """The next message; of the end its code."""
        async with asyncio.timeout(10):
            message = await self.outgoing.get()
        return message["code"] if message["type"] == "websocket.close" else json.loads(message["text"])

    async def data(self) -> Any:
        """The data of the next message, which is an answer without errors."""
        heard = await self.hear()
        assert heard["type"] == "next", heard
        assert "errors" not in heard["payload"], heard
        return heard["payload"]["data"]

    async def greet(self) -> None:
        """Say what comes first, and hear the answer."""
        self.say({"type": "connection_init"})
        assert await self.hear() == {"type": "connection_ack"}


@asynccontextmanager
async def opened(
    app: ASGIApp, protocols: tuple[str, ...] = (PROTOCOL,), socket: Socket | None = None
) -> AsyncIterator[Socket]:
    """A connection that is accepted; when it is closed, the app has to come to its end."""
    socket = socket or Socket()
    socket.incoming.put_nowait({"type": "websocket.connect"})
    scope = {"type": "websocket", "path": "/graphql", "headers": [], "subprotocols": list(protocols)}
    served = asyncio.ensure_future(app(scope, socket.incoming.get, socket.take))
    accepted = await socket.outgoing.get()
    assert accepted["type"] == "websocket.accept"
    assert accepted.get("subprotocol") == (PROTOCOL if PROTOCOL in protocols else None)
    try:
        yield socket
    finally:
        socket.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(10):
            await served


@asynccontextmanager
async def connected(app: ASGIApp) -> AsyncIterator[Socket]:
    """A connection that may be used."""
    async with opened(app) as socket:
        await socket.greet()
        yield socket
