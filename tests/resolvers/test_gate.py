"""How many are answered at the same time, and what happens to the others."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.gate import Full, Gate, Room


class Guests:
    """Requests that stay inside until they are let go."""

    def __init__(self, room: Room) -> None:
        self.gate = Gate(room)
        self.inside: list[str] = []
        self.full: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.leave: dict[str, asyncio.Event] = {}

    async def come(self, name: str) -> None:
        """A request of the caller that its name begins with."""
        self.leave[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._stay(name))
        await asyncio.sleep(0)

    async def _stay(self, name: str) -> None:
        try:
            async with self.gate.entered(name[0]):
                self.inside.append(name)
                try:
                    await self.leave[name].wait()
                finally:
                    self.inside.remove(name)
        except Full:
            self.full.append(name)

    async def go(self, name: str) -> None:
        self.leave[name].set()
        await self.tasks[name]
        await asyncio.sleep(0)

    async def give_up(self, name: str) -> None:
        self.tasks[name].cancel()
        await asyncio.gather(self.tasks[name], return_exceptions=True)
        await asyncio.sleep(0)


async def test_the_next_comes_in_as_one_goes() -> None:
    guests = Guests(Room(running=2, per_caller=2, waiting=3))
    for name in ("a1", "b1", "c1", "d1"):
        await guests.come(name)
    assert guests.inside == ["a1", "b1"]
    await guests.go("a1")
    assert guests.inside == ["b1", "c1"]
    await guests.give_up("b1")
    assert guests.inside == ["c1", "d1"]


async def test_a_caller_with_its_share_lets_others_pass() -> None:
    guests = Guests(Room(running=3, per_caller=1, waiting=10))
    for name in ("a1", "a2", "b1"):
        await guests.come(name)
    assert guests.inside == ["a1", "b1"]
    await guests.go("a1")
    assert guests.inside == ["b1", "a2"]


async def test_who_finds_no_place_to_wait_is_told_so() -> None:
    guests = Guests(Room(running=1, per_caller=1, waiting=2))
    for name in ("a1", "a2", "a3", "b1", "b2"):
        await guests.come(name)
    assert guests.inside == ["a1"]
    assert guests.full == ["a3", "b2"]
    assert guests.gate.waiting == 2


async def test_who_gives_up_waiting_takes_no_place() -> None:
    guests = Guests(Room(running=1, per_caller=1, waiting=2))
    for name in ("a1", "b1", "c1"):
        await guests.come(name)
    await guests.give_up("b1")
    await guests.go("a1")
    assert guests.inside == ["c1"]
    await guests.go("c1")
    assert (guests.gate.running, guests.gate.waiting) == (0, 0)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["come", "come", "go", "give up"])), max_size=40))
def test_no_place_is_lost_and_none_given_twice(steps: list[tuple[str, str]]) -> None:
    async def played() -> None:
        guests = Guests(Room(running=3, per_caller=2, waiting=4))
        for number, (caller, step) in enumerate(steps):
            mine = [name for name, task in guests.tasks.items() if name[0] == caller and not task.done()]
            if step == "come":
                await guests.come(f"{caller}{number}")
            elif mine and step == "go" and mine[0] in guests.inside:
                await guests.go(mine[0])
            elif mine and step == "give up":
                await guests.give_up(mine[-1])
            callers = Counter(name[0] for name in guests.inside)
            waiting = [name for name, task in guests.tasks.items() if not task.done() and name not in guests.inside]
            assert len(guests.inside) == guests.gate.running <= 3
            assert max(callers.values(), default=0) <= 2
            assert len(waiting) == guests.gate.waiting <= 4
            # Nobody waits who could come in.
            assert not waiting or len(guests.inside) == 3 or all(callers[name[0]] == 2 for name in waiting)
        for task in guests.tasks.values():
            task.cancel()
        await asyncio.gather(*guests.tasks.values(), return_exceptions=True)
        assert (guests.gate.running, guests.gate.waiting) == (0, 0)

    asyncio.run(played())


async def test_an_error_inside_frees_the_place() -> None:
    gate = Gate(Room(running=1))
    with pytest.raises(ZeroDivisionError):
        async with gate.entered("a"):
            raise ZeroDivisionError
    assert gate.running == 0
