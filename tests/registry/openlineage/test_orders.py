"""What follows from events, whatever their order, without an engine."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.datasets import Column, Rule
from connectors.openlineage_events import read_event
from graph.events import Outcome, Row, Rows
from registry.openlineage.storing import Storing
from tests.registry.openlineage.strategies import told

RULES = [Rule(namespace="hive://m", name="a", resource="resource:ruled")]


class Registered:
    """A resource that is called `b` and has a field `x`."""

    async def called(self, names: Sequence[str]) -> dict[str, list[str]]:
        return {"b": ["resource:b"]} if "b" in names else {}

    async def columns(self, ids: Sequence[str]) -> dict[str, list[Column]]:
        return {"resource:b": [Column("field:registered", "甲", "x")]} if "resource:b" in ids else {}


class Feigned:
    """What the graph would keep and state, as `graph/events.py` writes it."""

    def __init__(self) -> None:
        self.kept: dict[str, Row] = {}
        self.stated: dict[Any, Any] = {}
        self.noted: dict[Any, Any] = {}

    head = 0

    async def rows(self, ids: Iterable[str]) -> Rows:
        return {id: self.kept[id] for id in ids if id in self.kept}

    async def stating(self, ids: Iterable[str], about: str) -> Rows:
        wanted = set(ids)
        sources = {said[0] for key, said in self.stated.items() if isinstance(key, tuple) and wanted & {key[0], key[1]}}
        return {id: row for id, row in self.kept.items() if row["about"] == about and row["source"] in sources}

    def apply(self, outcome: Outcome) -> None:
        for thing in outcome.things:
            self.stated[thing.id] = thing.source, thing.values, thing.extra
        for link in outcome.links:
            self.stated[link.start, link.end, link.values["job"], None] = link.source, link.values, link.extra
        for gone, source in [*outcome.things_gone.items(), *outcome.links_gone.items()]:
            assert self.stated.pop(gone)[0] == source
        for row in outcome.kept:
            self.kept[row["id"]] = {**self.kept.get(row["id"], {}), **row}
        for id in outcome.dropped:
            self.kept.pop(id, None)
        for source, file, findings in outcome.findings:
            self.noted[source, file] = [(one.code, one.message, one.done) for one in findings]

    @property
    def all(self) -> Any:
        noted = {about: findings for about, findings in self.noted.items() if findings}
        return self.stated, self.kept, noted


async def after(values: Iterable[dict[str, Any]], at_once: int) -> Feigned:
    feigned, events = Feigned(), [read_event(value) for value in values]
    storing = Storing(None, lambda: RULES, Registered())  # type: ignore[arg-type]
    for first in range(0, len(events), at_once):
        feigned.apply(await storing.decide(feigned, events[first : first + at_once]))
    return feigned


@settings(max_examples=300, deadline=None)
@given(events=st.lists(told(), min_size=2, max_size=10), data=st.data())
def test_any_order_repetition_and_grouping_gives_the_same(events: list[dict[str, Any]], data: st.DataObject) -> None:
    again = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=4))))
    expected = asyncio.run(after(events, 1))
    assert asyncio.run(after(again, data.draw(st.integers(1, 5)))).all == expected.all


@settings(max_examples=50, deadline=None)
@given(events=st.lists(told(), min_size=1, max_size=10))
def test_an_event_twice_in_a_row_changes_nothing(events: list[dict[str, Any]]) -> None:
    async def work() -> None:
        feigned = await after(events, 2)
        outcome = await Storing(None, lambda: RULES, Registered()).decide(  # type: ignore[arg-type]
            feigned, [read_event(value) for value in events]
        )
        assert not (outcome.things or outcome.links or outcome.things_gone or outcome.links_gone or outcome.findings)

    asyncio.run(work())
