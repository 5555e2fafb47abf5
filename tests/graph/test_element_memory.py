"""What is known of names and data elements is the same whether it was followed or read anew."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from graph.element_memory import ElementMemory, Known
from graph.engine import Graph
from tests.graph.stating import state

NAMES = ("甲", "乙", None)


def some_facts(random: Random) -> list[dict[str, Any]]:
    """Fields with elements and without, in resources and systems of departments, any of which may be missing."""

    def one(kind: str) -> str | None:
        return random.choice([f"{kind}{number}" for number in range(4)] + [None])

    made: dict[str, Callable[[], dict[str, Any]]] = {
        "element": dict,
        "department": dict,
        "system": lambda: {"department": one("d")},
        "resource": lambda: {"system": one("s"), "provider": one("d") if random.random() < 0.3 else None},
        "field": lambda: {"resource": one("r"), "element": one("e") if random.random() < 0.7 else None},
    }
    facts = []
    for kind, more in made.items():
        for number in random.sample(range(5), random.randint(1, 4)):
            id = f"{kind[0]}{number}"
            facts.append({"fact": kind, "id": id, "name": random.choice(NAMES), **more()})
    return facts


def told(known: Known) -> tuple[list[Any], list[Any]]:
    return known.elements(), known.bound()


@pytest.mark.parametrize("seed", range(6))
async def test_what_is_followed_is_what_is_there(graph: Graph, tmp_path: Path, seed: int) -> None:
    random, followed = Random(seed), ElementMemory(graph)
    before = await followed.refresh()
    learned = 0
    for _ in range(8):
        for _ in range(random.randint(1, 2)):
            await state(graph, tmp_path, some_facts(random), full=random.random() < 0.5)
        fresh = ElementMemory(graph)
        known, anew = await followed.refresh(), await fresh.refresh()
        assert told(known) == told(anew)
        assert known.bound_in == anew.bound_in
        resources = [f"r{number}" for number in range(5)]
        assert await followed.contexts(known, resources) == await fresh.contexts(anew, resources)
        if told(known)[0] != told(before)[0]:
            assert known.offered != before.offered
        if told(known) != told(before):
            assert known.taught != before.taught
            learned += 1
        before = known
        await fresh.close()
    assert learned > 3
    await followed.close()


async def test_what_is_no_context_teaches_nothing(graph: Graph, tmp_path: Path) -> None:
    facts = [
        {"fact": "element", "id": "e", "name": "姓名"},
        {"fact": "department", "id": "d", "name": "局"},
        {"fact": "system", "id": "s", "department": "d"},
        {"fact": "resource", "id": "r", "name": "册", "system": "s"},
        {"fact": "field", "id": "f", "name": "名", "resource": "r", "element": "e"},
    ]
    await state(graph, tmp_path, facts)
    memory = ElementMemory(graph)
    known = await memory.refresh()
    assert [(one.table, one.department) for one in known.bound()] == [("册", "局")]
    others: list[dict[str, Any]] = [
        {"fact": "department", "id": "other", "name": "别局"},
        {"fact": "system", "id": "other-s", "department": "other"},
        {"fact": "resource", "id": "other-r", "name": "别册", "system": "other-s"},
        {"fact": "field", "id": "other-f", "name": "别", "resource": "other-r"},
    ]
    await state(graph, tmp_path, others, source="b")
    later = await memory.refresh()
    assert (later.taught, later.offered) == (known.taught, known.offered)
    assert later.department("other") == "别局"
    changes: list[dict[str, Any]] = [
        {"fact": "department", "id": "d", "name": "新局"},
        {"fact": "system", "id": "s", "department": "other"},
        {"fact": "resource", "id": "r", "name": "新册"},
        {"fact": "field", "id": "other-f", "name": "别", "resource": "other-r", "element": "e"},
    ]
    for change in changes:
        await state(graph, tmp_path, [change], source="c")
        after = await memory.refresh()
        assert (after.taught > later.taught, after.offered) == (True, later.offered)
        later = after
    assert [(one.table, one.department) for one in later.bound()] == [("新册", "别局"), ("别册", "别局")]
    await memory.close()
