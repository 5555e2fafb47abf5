"""What many ask for at the same time is worked out once."""

import asyncio
from collections.abc import Mapping

import pytest

from graph.once import Joint


class Looks:
    """Looks up numbers: their texts, but of 0, which fails; it takes a moment."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.ended = 0

    async def work(self, keys: list[int]) -> Mapping[int, str]:
        self.asked.append(keys)
        await asyncio.sleep(0.01)
        self.ended += 1
        return {key: f"{1 // key and key}" for key in keys}


async def test_what_is_asked_for_in_one_moment_is_looked_up_together() -> None:
    joint = Joint((looks := Looks()).work)
    found = await asyncio.gather(*(joint.find(keys) for keys in ([1, 2], [2, 3], [], [1])))
    assert looks.asked == [[1, 2, 3]]
    assert all(one == {1: "1", 2: "0", 3: "0"} for one in found)
    assert await joint.find([1]) == {1: "1"}
    assert looks.asked == [[1, 2, 3], [1]]


async def test_who_asks_later_is_looked_up_for_anew() -> None:
    joint = Joint((looks := Looks()).work)
    first = asyncio.ensure_future(joint.find([1]))
    while not looks.asked:
        await asyncio.sleep(0)
    assert await joint.find([2]) == {2: "0"}
    assert await first == {1: "1"}
    assert looks.asked == [[1], [2]]


async def test_an_error_is_everybodys_and_the_next_look_goes_well() -> None:
    joint = Joint(Looks().work)
    found = await asyncio.gather(joint.find([0]), joint.find([1]), return_exceptions=True)
    assert [type(one) for one in found] == [ZeroDivisionError] * 2
    assert await joint.find([1]) == {1: "1"}


async def test_it_ends_when_the_last_who_waits_has_gone() -> None:
    joint = Joint((looks := Looks()).work)
    waits = [asyncio.ensure_future(joint.find([1])) for _ in range(2)]
    while not looks.asked:
        await asyncio.sleep(0)
    waits[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await waits[0]
    assert await waits[1] == {1: "1"}
    alone = asyncio.ensure_future(joint.find([2]))
    while len(looks.asked) < 2:
        await asyncio.sleep(0)
    alone.cancel()
    await asyncio.sleep(0.03)
    assert looks.ended == 1
