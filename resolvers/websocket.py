"""GraphQL over WebSocket: the subprotocol graphql-transport-ws.

Close codes are those of the protocol: 4400 bad message, 4401 not initialised, 4406 subprotocol, 4408 initialised
too late, 4409 id in use, 4429 initialised twice; 1013 when the client does not take what it asked for.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from typing import Any

import orjson
from starlette.types import Message, Receive, Scope, Send

from resolvers.answering import Answers
from resolvers.context import OperationContext
from resolvers.encoding import encode
from resolvers.errors import unanswered
from resolvers.requests import Asked, WrongRequest, request
from resolvers.streams import SLOWEST, TooSlow, taken

PROTOCOL = "graphql-transport-ws"
PATIENCE = 10
"""Seconds in which a client has to initialise."""
MOST_OPERATIONS = 100
"""Operations that run at the same time on one connection."""


class Closed(Exception):
    """The connection is to be closed, with this code, and for this reason, of which there is room for 123 bytes."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:123].decode(errors="ignore")


_TOO_SLOW = 1013, "The client is too slow; go on with the last sequence"


class WebSockets:
    """Answers the WebSockets at the API's address."""

    def __init__(
        self,
        answers: Answers,
        context: Callable[[], OperationContext],
        patience: float = PATIENCE,
        slowest: float = SLOWEST,
    ) -> None:
        self._answers = answers
        self._context = context
        self._patience = patience
        self._slowest = slowest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            with suppress(OSError):  # the client has gone, as the next message says
                await send(message)

        await receive()  # websocket.connect
        if PROTOCOL not in scope.get("subprotocols", ()):
            await tell({"type": "websocket.accept"})
            await tell({"type": "websocket.close", "code": 4406, "reason": "Subprotocol not acceptable"})
            return
        await tell({"type": "websocket.accept", "subprotocol": PROTOCOL})
        caller = (scope.get("client") or ("",))[0]
        connection = _Connection(self._answers, self._context, tell, caller, self._slowest)
        try:
            await connection.serve(receive, self._patience)
        except (Closed, TooSlow) as error:
            closed = error if isinstance(error, Closed) else Closed(*_TOO_SLOW)
            with suppress(TooSlow):
                end = {"type": "websocket.close", "code": closed.code, "reason": closed.reason}
                await taken(tell, end, self._slowest)
        finally:
            await connection.end()


class _Connection:
    def __init__(
        self, answers: Answers, context: Callable[[], OperationContext], send: Send, caller: str, slowest: float
    ) -> None:
        self._caller = caller
        self._answers = answers
        self._context = context
        self._send = send
        self._slowest = slowest
        self._ready = False
        self._sending = asyncio.Lock()
        self._late = False
        self._serving: asyncio.Task[None] | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, receive: Receive, patience: float) -> None:
        """Take messages until the client goes. Raises Closed."""
        self._serving = asyncio.current_task()
        try:
            async with asyncio.timeout(patience) as limit:
                while (message := await receive())["type"] == "websocket.receive":
                    await self._take(_parsed(message))
                    if self._ready:
                        limit.reschedule(None)
        except TimeoutError:
            raise Closed(4408, "Connection initialisation timeout") from None
        except asyncio.CancelledError:
            if not self._late or self._serving is None or self._serving.uncancel():
                raise
            raise Closed(*_TOO_SLOW) from None

    async def end(self) -> None:
        """Stop what still runs."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "connection_init":
                if self._ready:
                    raise Closed(4429, "Too many initialisation requests")
                _check(message, payload=(dict, type(None)))
                self._ready = True
                await self._tell(type="connection_ack")
            case "ping":
                _check(message, payload=(dict, type(None)))
                await self._tell(type="pong")
            case "pong":
                _check(message, payload=(dict, type(None)))
            case "subscribe":
                _check(message, id=(str,), payload=(dict,))
                await self._start(message["id"], message["payload"])
            case "complete":
                _check(message, id=(str,))
                if message["id"] in self._running:
                    self._running.pop(message["id"]).cancel()
            case _:
                raise Closed(4400, "Unknown message type")

    async def _start(self, id: str, payload: dict[str, Any]) -> None:
        if not self._ready:
            raise Closed(4401, "Unauthorized")
        if not id:
            raise Closed(4400, "The id is empty")
        if id in self._running:
            raise Closed(4409, f"Subscriber for {id[:80]} already exists")
        if len(self._tasks) >= MOST_OPERATIONS:
            raise Closed(4400, "Too many operations at the same time")
        try:
            asked = request(payload, self._caller)
        except WrongRequest as wrong:
            if wrong.misshapen:
                raise Closed(4400, str(wrong)) from None
            await self._tell(type="error", id=id, payload=[unanswered(wrong)])
            return
        task = self._running[id] = asyncio.create_task(self._run(id, asked))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, id: str, asked: Asked) -> None:
        try:
            await self._answer(id, asked)
        except TooSlow:
            if self._serving is not None and not self._late:
                self._late = True
                self._serving.cancel()

    async def _answer(self, id: str, asked: Asked) -> None:
        try:
            async with aclosing(self._answers.stream(asked, self._context())) as answers:
                async for answer in answers:
                    if not answer.executed:
                        await self._tell_last(type="error", id=id, payload=answer.formatted()["errors"])
                        return
                    await self._tell(type="next", id=id, payload=answer.formatted())
        except TooSlow:
            raise
        except Exception as error:  # the last place where it can be told
            await self._tell_last(type="error", id=id, payload=[unanswered(error)])
            return
        await self._tell_last(type="complete", id=id)

    async def _tell_last(self, *, id: str, **message: Any) -> None:
        """Send the last message of the operation that this is; its id may be used again from then on."""
        if self._running.get(id) is asyncio.current_task():
            del self._running[id]
        await self._tell(id=id, **message)

    async def _tell(self, **message: Any) -> None:
        """Send a message. Raises TooSlow when the client does not take it."""
        await taken(self._in_turn, {"type": "websocket.send", "text": encode(message).decode()}, self._slowest)

    async def _in_turn(self, message: Message) -> None:
        async with self._sending:
            await self._send(message)


def _parsed(message: Any) -> dict[str, Any]:
    try:
        found = orjson.loads(message.get("text") or message.get("bytes") or b"")
    except orjson.JSONDecodeError:
        raise Closed(4400, "A message must be JSON") from None
    if not isinstance(found, dict):
        raise Closed(4400, "A message must be a JSON object")
    return found


def _check(message: dict[str, Any], **kinds: tuple[type, ...]) -> None:
    for name, allowed in kinds.items():
        if not isinstance(message.get(name), allowed):
            raise Closed(4400, f"Invalid message: {name}")
