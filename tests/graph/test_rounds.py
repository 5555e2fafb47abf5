"""Rounds: everybody gets one that begins after he asked, and those who wait together share it."""

import asyncio

import pytest

from graph.rounds import Rounds


class Work:
    """Work that goes on until it is let go; `begun` counts its rounds."""

    def __init__(self) -> None:
        self.begun = 0
        self.done = 0
        self.go = asyncio.Semaphore(0)
        self.failing: set[int] = set()

    async def __call__(self) -> None:
        self.begun += 1
        number = self.begun
        await self.go.acquire()
        if number in self.failing:
            raise LookupError(f"round {number}")
        self.done = number


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def ask(rounds: Rounds, work: Work) -> tuple[int, int]:
    """The rounds that had begun when it was asked, and that were done when it was answered."""
    before = work.begun
    await rounds.next()
    return before, work.done


async def test_who_asks_at_once_shares_a_round_and_who_comes_later_the_next() -> None:
    rounds = Rounds(work := Work())
    first = [asyncio.create_task(ask(rounds, work)) for _ in range(5)]
    await settled()
    later = [asyncio.create_task(ask(rounds, work)) for _ in range(5)]
    await settled()
    assert work.begun == 1
    work.go.release()
    assert await asyncio.gather(*first) == [(0, 1)] * 5
    work.go.release()
    assert await asyncio.gather(*later) == [(1, 2)] * 5
    assert work.begun == 2


async def test_who_asks_again_after_his_round_gets_another() -> None:
    rounds = Rounds(work := Work())
    for number in range(3):
        work.go.release()
        assert await ask(rounds, work) == (number, number + 1)


async def test_a_failure_is_that_of_those_who_shared_the_round() -> None:
    rounds = Rounds(work := Work())
    work.failing = {1}
    first = [asyncio.create_task(rounds.next()) for _ in range(2)]
    await settled()
    later = asyncio.create_task(rounds.next())
    work.go.release()
    work.go.release()
    for one in first:
        with pytest.raises(LookupError, match="round 1"):
            await one
    await later
    assert work.done == 2


async def test_who_goes_away_takes_nobody_with_him() -> None:
    rounds = Rounds(work := Work())
    goes, stays = asyncio.create_task(rounds.next()), asyncio.create_task(rounds.next())
    await settled()
    goes.cancel()
    work.go.release()
    await stays
    assert goes.cancelled()
    assert (work.begun, work.done) == (1, 1)


async def test_closing_ends_what_is_under_way() -> None:
    rounds = Rounds(work := Work())
    waiting = [asyncio.create_task(rounds.next())]
    await settled()
    waiting.append(asyncio.create_task(rounds.next()))
    await settled()
    await rounds.close()
    assert all(
        isinstance(one, asyncio.CancelledError) for one in await asyncio.gather(*waiting, return_exceptions=True)
    )
    assert work.done == 0
