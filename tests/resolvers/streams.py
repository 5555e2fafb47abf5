"""A request whose answer is read as it comes, without a network between."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import ASGIApp, Message


class Stream:
    """An answer that comes in parts; the app waits while nobody reads them."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[Message] = asyncio.Queue()
        self.outgoing: asyncio.Queue[Message] = asyncio.Queue(1)
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self._text = ""

    async def begin(self) -> None:
        """Wait for its status."""
        async with asyncio.timeout(10):
            start = await self.outgoing.get()
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}

    async def part(self) -> str | None:
        """The next part of the body, `None` at its end."""
        async with asyncio.timeout(10):
            message = await self.outgoing.get()
        return message.get("body", b"").decode() if message.get("more_body") else None

    async def event(self) -> tuple[str, Any] | None:
        """The next event and its data; `None` when the stream has ended."""
        while True:
            while "\n\n" not in self._text:
                part = await self.part()
                if part is None:
                    assert not self._text
                    return None
                self._text += part
            block, _, self._text = self._text.partition("\n\n")
            lines = [line.partition(":") for line in block.split("\n")]
            found = {name: value.removeprefix(" ") for name, _, value in lines if name}
            if found:
                assert set(found) == {"event", "data"}
                return found["event"], json.loads(found["data"] or "null")

    def leave(self) -> None:
        """Close the connection."""
        self.incoming.put_nowait({"type": "http.disconnect"})


@asynccontextmanager
async def streaming(
    app: ASGIApp, method: str = "GET", query: str = "", body: Any = None, **headers: str
) -> AsyncIterator[Stream]:
    """The answer to a request; when the client leaves, the app has to come to its end."""
    stream = Stream()
    scope = {
        "type": "http",
        "method": method,
        "path": "/graphql",
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 5),
        "asgi": {"version": "3.0", "spec_version": "2.4"},
    }
    if body is not None:
        scope["headers"].append((b"content-type", b"application/json"))  # type: ignore[attr-defined]
    stream.incoming.put_nowait({"type": "http.request", "body": b"" if body is None else json.dumps(body).encode()})
    served = asyncio.ensure_future(app(scope, stream.incoming.get, stream.outgoing.put))
    try:
        await stream.begin()
        yield stream
    finally:
        stream.leave()
        async with asyncio.timeout(10):
            await served
