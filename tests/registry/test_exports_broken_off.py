"""What becomes of exports that cannot be finished, on exports made up for it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn

from registry.exporting.ready import Ready, table
from registry.exporting.service import Exported, Exports, Given, Offer
from registry.metrics import Metrics
from registry.middleware import Requests
from resolvers.gate import Gate, Room
from tests.registry.hostile import export


def endless(_: int = 0) -> Iterator[bytes]:
    while True:
        yield b"x" * 65_536


def broken() -> Iterator[bytes]:
    yield b"part,id,name\r\n" * 10_000
    raise RuntimeError("the password is sesame")


async def _endless(suffix: str, given: Given, stack: AsyncExitStack) -> Ready:
    return Ready("text/csv", 5, endless)


async def _broken(suffix: str, given: Given, stack: AsyncExitStack) -> Ready:
    made = export(["a"])
    return Ready("text/csv", 5, broken, failed=(await table(made, "csv", {}, stack)).failed)


async def _slow(suffix: str, given: Given, stack: AsyncExitStack) -> Ready:
    await asyncio.sleep(60)
    raise AssertionError


async def _preparing(suffix: str, given: Given, stack: AsyncExitStack) -> Ready:
    async def late() -> Ready:
        await asyncio.sleep(60 if suffix == "xlsx" else 0.5)
        return Ready("text/csv", 1, lambda: iter([b"late"]), 4)

    return Ready("text/csv", 1, endless, prepare=late)


async def _faulty(suffix: str, given: Given, stack: AsyncExitStack) -> Ready:
    raise RuntimeError("the password is sesame")


async def _big(suffix: str, given: Given, stack: AsyncExitStack) -> Ready:
    return await table(export(["a"], of=600_000), suffix, {}, stack)


OFFERS = [
    Offer("endless", ["csv"], _endless),
    Offer("broken", ["csv"], _broken),
    Offer("slow", ["csv"], _slow),
    Offer("preparing", ["csv", "xlsx"], _preparing),
    Offer("faulty", ["csv"], _faulty),
    Offer("big", ["xlsx"], _big),
]


@asynccontextmanager
async def served(told: list[Exported], **options: Any) -> AsyncIterator[str]:
    """Those exports on a socket, within the layers of the service; their address."""
    outer = options.pop("layer_seconds", 30)
    app = Exports(OFFERS, options.pop("gate", Gate(Room())), 2, options.pop("seconds", 30), told.append, **options)
    layered = Requests(app, metrics=Metrics(), seconds=outer, access_log=False)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(layered, lifespan="off", log_config=None))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_what_breaks_in_the_middle_is_an_error_to_clients_and_to_who_opens_the_file() -> None:
    told: list[Exported] = []
    async with served(told) as address, httpx.AsyncClient() as client:
        content = b""
        with pytest.raises(httpx.RemoteProtocolError):
            async with client.stream("GET", f"{address}/export/broken.csv") as answer:
                assert answer.status_code == 200
                async for piece in answer.aiter_raw():
                    content += piece
    assert b"THIS FILE IS NOT WHOLE" in content.splitlines()[-1]
    assert b"sesame" not in content
    assert [(one.name, one.outcome) for one in told] == [("broken", "failed")]


async def test_a_client_that_goes_away_ends_it() -> None:
    told: list[Exported] = []
    async with served(told) as address, httpx.AsyncClient() as client:
        async with client.stream("GET", f"{address}/export/endless.csv") as answer:
            async for _ in answer.aiter_raw():
                break
        await until(lambda: bool(told))
    assert [(one.name, one.outcome) for one in told] == [("endless", "broken")]


@pytest.mark.parametrize("name", ["slow.csv", "preparing.xlsx"])
async def test_a_client_that_goes_away_before_the_first_byte_ends_it(name: str) -> None:
    told: list[Exported] = []
    async with served(told) as address, httpx.AsyncClient() as client:
        waiting = asyncio.create_task(client.get(f"{address}/export/{name}"))
        await asyncio.sleep(0.5)
        waiting.cancel()
        await until(lambda: bool(told))
    assert told[0].outcome == "broken"


async def test_a_client_that_takes_nothing_is_left() -> None:
    told: list[Exported] = []
    async with served(told, stalled=0.2) as address, httpx.AsyncClient() as client:
        with pytest.raises(httpx.RemoteProtocolError):
            async with client.stream("GET", f"{address}/export/endless.csv") as answer:
                await until(lambda: bool(told))
                async for _ in answer.aiter_raw():
                    pass
    assert [(one.name, one.outcome) for one in told] == [("endless", "broken")]


async def test_too_many_at_the_same_time_are_asked_to_come_again() -> None:
    told: list[Exported] = []
    async with served(told) as address, httpx.AsyncClient() as client:
        async with client.stream("GET", f"{address}/export/endless.csv"):
            second = await client.get(f"{address}/export/endless.csv")
            assert (second.status_code, second.headers["retry-after"]) == (503, "1")
            assert second.json()["errors"][0]["extensions"]["code"] == "TOO_COSTLY"
        await until(lambda: len(told) == 2)
        async with client.stream("GET", f"{address}/export/endless.csv") as third:
            assert third.status_code == 200


async def test_an_export_waits_for_its_turn_among_all_requests_but_not_while_it_is_sent() -> None:
    gate = Gate(Room(1, 1, 5))
    async with served([], gate=gate) as address, httpx.AsyncClient() as client:
        async with gate.entered("somebody"):
            waiting = asyncio.create_task(client.get(f"{address}/export/faulty.csv"))
            await until(lambda: gate.waiting == 1)
            assert not waiting.done()
        assert (await waiting).status_code == 500
        async with client.stream("GET", f"{address}/export/endless.csv") as answer:
            assert answer.status_code == 200
            assert gate.running == 0


@pytest.mark.parametrize(
    ("name", "status", "code", "words"),
    [
        ("slow.csv", 504, "TIMEOUT", "longer than 0.2 s"),
        ("faulty.csv", 500, "INTERNAL", "Something went wrong"),
        ("big.xlsx", 422, "TOO_COSTLY", "600,001 rows"),
        ("preparing.xlsx", 422, "TOO_COSTLY", "not written within 1 s"),
    ],
)
async def test_what_fails_before_the_first_byte_is_an_answer(name: str, status: int, code: str, words: str) -> None:
    told: list[Exported] = []
    async with served(told, seconds=0.2, preparing=1) as address, httpx.AsyncClient() as client:
        answer = await client.get(f"{address}/export/{name}")
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (status, code)
    assert words in error["message"]
    assert "sesame" not in answer.text
    assert told[0].outcome == {"TIMEOUT": "timeout", "INTERNAL": "failed", "TOO_COSTLY": "refused"}[code]


async def test_a_file_that_is_written_first_has_more_time_than_others() -> None:
    """Than the outer layer gives to any other request, too."""
    told: list[Exported] = []
    async with served(told, seconds=0.1, layer_seconds=0.2) as address, httpx.AsyncClient() as client:
        answer = await client.get(f"{address}/export/preparing.csv")
    assert (answer.status_code, answer.text) == (200, "late")
    assert told[0].outcome == "ok"
