"""Handing a request over to the worker of this machine that can answer it.

    handover = Handover(folder)
    await handover.listen(app)          # takes what others hand over, under `handover.name`
    other = handover.find(name, here)   # an ASGI application that hands over to the worker of that name

A worker listens on a Unix socket in a folder that all share and nobody else can read. What goes through it are ASGI's
own messages: the request's scope and body there, the answer back, both at the speed of whoever takes them.
"""

import asyncio
import contextlib
import re
import secrets
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.middleware import error_answer, request_id
from resolvers.streams import SLOWEST, TooSlow, taken

__all__ = ["Handover"]

_NAME = re.compile(r"[0-9a-f]{8}")
_LENGTHS = struct.Struct("!II")
_KEPT = ("type", "http_version", "method", "scheme", "path", "root_path", "client", "server")


class Handover:
    """This worker's end. Without a folder there are no other workers."""

    def __init__(self, folder: Path | None = None) -> None:
        self.name = secrets.token_hex(4)
        self.folder = folder
        self._server: asyncio.Server | None = None
        self._taken: set[asyncio.Task[None]] = set()

    async def listen(self, app: ASGIApp) -> None:
        """Answer what other workers hand over."""

        def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(_take(app, reader, writer))
            self._taken.add(task)
            task.add_done_callback(self._taken.discard)

        if self.folder is not None:
            self._server = await asyncio.start_unix_server(take, self._path(self.name))

    def find(self, name: str, here: ASGIApp) -> ASGIApp:
        """The worker of that name; `here` answers if there is none, or none any more."""
        if self.folder is None or not _NAME.fullmatch(name) or not self._path(name).exists():
            return here
        return _Other(self._path(name), here)

    def _path(self, name: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{name}.socket"

    async def close(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.close()
            self._path(self.name).unlink(missing_ok=True)
            for task in self._taken:
                task.cancel()
            await asyncio.gather(*self._taken, return_exceptions=True)


class _Other:
    """Another worker, as an ASGI application."""

    def __init__(self, path: Path, here: ASGIApp) -> None:
        self._path = path
        self._here = here

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            reader, writer = await asyncio.open_unix_connection(self._path)
        except OSError:
            await self._here(scope, receive, send)
            return
        telling = asyncio.create_task(self._tell(scope, receive, send, reader))
        passing = asyncio.create_task(_pass_on(scope, receive, writer))
        try:
            await asyncio.wait((telling, passing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            telling.cancel()
            passing.cancel()
            await asyncio.gather(telling, passing, return_exceptions=True)
            await _close(writer)
        if not telling.cancelled():
            telling.result()

    async def _tell(self, scope: Scope, receive: Receive, send: Send, reader: asyncio.StreamReader) -> None:
        message = await _read(reader)
        if message is None:  # it ended meanwhile
            await error_answer(503, "INTERNAL", "The service is stopping. Try again.")(scope, receive, send)
        with contextlib.suppress(TooSlow):
            while message is not None:
                await taken(send, message)
                message = await _read(reader)


async def _pass_on(scope: Scope, receive: Receive, writer: asyncio.StreamWriter) -> None:
    """Pass a request on, until its client has gone. It may be answered before it is read to its end."""
    passed = {name: scope[name] for name in _KEPT if name in scope}
    passed["query_string"] = scope["query_string"].decode("latin-1")
    passed["headers"] = _texts(scope["headers"])
    message: Message = {"scope": passed, "id": request_id.get()}
    while message.get("type") != "http.disconnect":
        with contextlib.suppress(OSError):
            await _write(writer, message)
        message = await receive()


async def _take(app: ASGIApp, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request that was handed over."""

    async def receive() -> Message:
        return await _read(reader) or {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        with contextlib.suppress(OSError):
            await _write(writer, message)

    try:
        first = await _read(reader)
        if first is not None:
            scope: Scope = first["scope"]
            scope["query_string"] = scope["query_string"].encode("latin-1")
            scope["headers"] = _bytes(scope["headers"])
            request_id.set(first["id"])
            await app(scope, receive, send)
            # Were it closed before all of the request is read, the other one might lose the answer.
            async with asyncio.timeout(SLOWEST):
                if not writer.is_closing():
                    writer.write_eof()
                while await _read(reader) is not None:
                    pass
    except (OSError, TimeoutError):
        pass  # nobody is there any more
    finally:
        await _close(writer)


def _texts(headers: Any) -> list[list[str]]:
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]


def _bytes(headers: Any) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


async def _write(writer: asyncio.StreamWriter, message: Mapping[str, Any]) -> None:
    """Write a message: the lengths of its two parts, the one that is JSON, and its body. Raises OSError."""
    if writer.is_closing():
        raise ConnectionResetError  # some event loops raise another error, others none
    told = {**message}
    body = told.pop("body", b"")
    if "status" in told:
        told["headers"] = _texts(told["headers"])
    text = orjson.dumps(told)
    writer.write(_LENGTHS.pack(len(text), len(body)) + text + body)
    await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Message | None:
    """The next message; `None` when there comes none."""
    try:
        text, body = _LENGTHS.unpack(await reader.readexactly(_LENGTHS.size))
        message: Message = orjson.loads(await reader.readexactly(text))
        if "status" in message:
            message["headers"] = _bytes(message["headers"])
        if message.get("type", "").endswith(".body") or message.get("type") == "http.request":
            message["body"] = await reader.readexactly(body)
        return message
    except (asyncio.IncompleteReadError, OSError):
        return None


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
