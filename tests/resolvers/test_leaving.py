"""What is done for a client that goes away is ended; for one that stays it is done to the end."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
import strawberry
from starlette.types import Message

from resolvers.answering import Answers
from resolvers.context import OperationContext
from resolvers.http import GraphQLApp
from resolvers.leaving import Gone, while_there
from resolvers.options import Answered, Options
from resolvers.subgraph import Subgraph


class Client:
    """A connection with one request; `leave` closes it."""

    def __init__(self, query: str) -> None:
        self._body = json.dumps({"query": query}).encode()
        self._asked = False
        self.leave = asyncio.Event()
        self.told: list[Message] = []

    async def receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self._body}
        await self.leave.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.told.append(message)

    async def ask(self, app: GraphQLApp) -> None:
        headers = [(b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
        await app(scope, self.receive, self.send)


class Slow:
    """An app whose only field is answered when `go` is set."""

    def __init__(self) -> None:
        self.begun, self.go = asyncio.Event(), asyncio.Event()
        self.ended = ""
        self.observed: list[Answered] = []
        schema = strawberry.federation.Schema(query=_query(self._answer))
        self.answers = Answers(schema, Options(observe=self.observed.append))
        self.app = GraphQLApp(self.answers, partial(OperationContext, Subgraph(schema, {})))

    async def _answer(self) -> str:
        self.begun.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise
        self.ended = "done"
        return "x"


def _query(answer: Callable[[], Awaitable[str]]) -> type:
    async def resolver() -> str:
        return await answer()

    @strawberry.type
    class Query:
        slow: str = strawberry.field(resolver=resolver)

    return Query


async def test_what_is_done_for_a_client_that_goes_away_is_ended() -> None:
    slow, client = Slow(), Client("{ slow }")
    asking = asyncio.create_task(client.ask(slow.app))
    await slow.begun.wait()
    assert slow.answers.gate.running == 1
    client.leave.set()
    await asking
    assert client.told == []
    assert slow.ended == "cancelled"
    assert slow.answers.gate.running == 0
    assert [one.outcome for one in slow.observed] == ["gone"]


async def test_a_client_that_waits_for_its_turn_and_goes_away_gives_it_up() -> None:
    slow = Slow()
    clients = [Client("{ slow }") for _ in range(slow.answers.options.room.per_caller + 1)]
    asking = [asyncio.create_task(client.ask(slow.app)) for client in clients]
    await slow.begun.wait()
    assert slow.answers.gate.waiting == 1
    clients[-1].leave.set()
    await asking[-1]
    assert slow.answers.gate.waiting == 0
    slow.go.set()
    await asyncio.gather(*asking)
    assert [bool(client.told) for client in clients] == [True] * (len(clients) - 1) + [False]


async def test_a_client_that_stays_is_answered_however_long_it_takes() -> None:
    slow, client = Slow(), Client("{ slow }")
    asking = asyncio.create_task(client.ask(slow.app))
    await slow.begun.wait()
    await asyncio.sleep(0.4)
    slow.go.set()
    await asking
    assert client.told[0]["status"] == 200
    assert json.loads(client.told[1]["body"]) == {"data": {"slow": "x"}}


async def _never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def _gone() -> Message:
    return {"type": "http.disconnect"}


async def test_work_that_is_ended_from_outside_is_no_departure() -> None:
    work = asyncio.create_task(while_there(_never, asyncio.sleep(60), 0))
    await asyncio.sleep(0.01)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


async def test_a_failure_is_a_failure_and_a_departure_leaves_nothing_behind() -> None:
    async def fails() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await while_there(_gone, fails(), 0)
    with pytest.raises(Gone):
        await while_there(_gone, asyncio.sleep(60), 0)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    assert await while_there(_never, asyncio.sleep(0.01, "done"), 0) == "done"
