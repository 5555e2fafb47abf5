"""The catalogue of what exists, for checks of proposals: an index of names and matters, and fields by name.

    catalogue = Catalogue(graph)
    ids = await catalogue.candidates(["低保管理系统"], ["低保对象的申请、审核和发放"], most=200)
    await catalogue.records(ids)

It is filled from the graph at the first question, and kept by the change sequence: a question asks where the graph
stands, takes over what was touched since, and is answered from that. It is a cache of names, never a truth: what is
told of a candidate is read from the graph.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

from graph.changes import Position, position, recorded
from graph.engine import Graph
from graph.facts import Kind
from graph.matching import records
from graph.matching.entries import Carrying, Entries
from graph.matching.proposals import Body, Candidate, Existing, Named
from graph.matching.words import words
from graph.rounds import Rounds
from graph.windows import FIRST, windows

T = TypeVar("T")

KINDS = (Kind.SYSTEM, Kind.RESOURCE)

_TOUCHED = """
UNWIND range($after + 1, $upto) AS change
MATCH (n:LABEL {sequence: change})
RETURN 'KIND' AS kind, collect([ROW]) AS rows
"""
_NAMED = "n.id, n.name, n.aliases, [MATTERS], HOLDER, SHARE, n.closed, n.unregistered"


def _row(matters: str = "", holder: str = "null", share: str = "null") -> str:
    return _NAMED.replace("MATTERS", matters).replace("HOLDER", holder).replace("SHARE", share)


_ROWS: Mapping[Kind, str] = {
    Kind.JURISDICTION: "n.id, n.name, null, n.within, n.level",
    Kind.DEPARTMENT: "n.id, n.name, n.jurisdiction, n.part_of, null",
    Kind.SYSTEM: _row("[n.description], n.functions, n.duties"),
    Kind.RESOURCE: _row("[n.abstract], n.duties", "n.system", "n.share_type"),
    Kind.ELEMENT: _row(),
    Kind.FIELD: "n.number, n.name, n.resource, n.element, n.share_type, n.closed, n.unregistered",
}
TOUCHED = "UNION ALL".join(
    _TOUCHED.replace("LABEL", kind.label).replace("KIND", kind).replace("ROW", row) for kind, row in _ROWS.items()
)

_TRIES = 3
_SLACK = 16


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a catalogue is: `state` is EMPTY, FILLING or READY, `done` of `total` changes are taken over."""

    state: str
    done: int
    total: int
    things: int
    fields: int
    megabytes: int


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of candidates. `settled`: nothing was written meanwhile, so it all stands at change `sequence`."""

    sequence: int
    at: int
    settled: bool
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Fields that exist, most readily shared first; `more` are not listed."""

    fields: tuple[Existing, ...]
    more: int


def core(text: str) -> str:
    """What texts are compared by, where nothing else is given."""
    return words(text).core


class Catalogue:
    """One graph's catalogue. `form` is what texts are compared by, both those here and those asked for."""

    def __init__(self, graph: Graph, form: Callable[[str], str] = core) -> None:
        self.graph = graph
        self._form = form
        self._entries = Entries(form)
        self._here = Position(0, 0, 0)
        self._state = "EMPTY"
        self._done = self._total = 0
        self._rounds = Rounds(self._refresh)
        self._turn = asyncio.Lock()

    @property
    def progress(self) -> Progress:
        """How far it is, and what it takes."""
        things, fields = self._entries.counts()
        return Progress(self._state, self._done, self._total, things, fields, self._entries.nbytes // 1_000_000)

    @property
    def sequence(self) -> int:
        """The change that it stands at."""
        return self._here.sequence

    async def close(self) -> None:
        """End what is being read."""
        await self._rounds.close()

    async def refresh(self) -> None:
        """Take over what was committed before this was asked; those who ask together share one look at the graph."""
        await self._rounds.next()

    async def candidates(
        self, names: Sequence[str], matters: Sequence[str] = (), kinds: Iterable[Kind] = KINDS, most: int = 200
    ) -> list[str]:
        """Ids of the systems and resources likest to a proposal's names (its own first) and matters, best first.

        Each kind has its share of them, so that many resources do not hide the systems.
        """
        asked = tuple(names), tuple(matters), tuple(kinds), most
        return await self._ask(lambda entries: entries.best(*asked))

    async def names(self, ids: Iterable[str]) -> dict[str, Named]:
        """Systems, resources and data elements by id, with their names; of those that are there."""
        asked = tuple(dict.fromkeys(ids))
        return await self._ask(lambda entries: {id: entries.called(id) for id in asked if entries.knows(id)})

    async def elements_called(self, names: Iterable[str]) -> dict[str, Named]:
        """The data elements that have some names, or are known by them; by name, where one alone has it."""
        asked = tuple(dict.fromkeys(names))
        return await self._ask(
            lambda entries: {name: element for name in asked if (element := entries.element_called(name))}
        )

    async def called(self, names: Iterable[str], kind: Kind) -> dict[str, list[str]]:
        """Ids of all systems, or resources, of each of some names, however it is written."""
        asked = tuple(dict.fromkeys(names))
        return await self._ask(lambda entries: {name: entries.with_name(name, kind) for name in asked})

    async def frequencies(self, grams: Iterable[str]) -> tuple[int, dict[str, int]]:
        """How many systems and resources there are, and in the texts of how many each gram occurs."""
        asked = tuple(dict.fromkeys(grams))
        return await self._ask(lambda entries: (entries.texts.count, entries.texts.frequencies(asked)))

    async def bodies(self, departments: Iterable[str]) -> dict[str, Body]:
        """Departments by id, with their jurisdictions and what is above; one that is not known has its id alone."""
        asked = tuple(dict.fromkeys(departments))
        return await self._ask(lambda entries: {id: entries.body(id) or Body(id, id) for id in asked})

    async def with_parts(self, systems: Iterable[str]) -> tuple[str, ...]:
        """Systems and the resources that they hold, sorted."""
        asked = tuple(systems)
        return await self._ask(lambda entries: tuple(sorted({*asked, *chain.from_iterable(map(entries.parts, asked))})))

    async def records(self, ids: Sequence[str]) -> Read:
        """What is known of candidates, in the order of `ids`, of those that are in force."""
        found, settled = await self._settled(lambda: records.candidates(self.graph, self._use, ids))
        return Read(self._here.sequence, self._here.at, settled, tuple(found))

    async def fields_named(self, names: Iterable[str], first: int = 20) -> dict[str, Found]:
        """The fields that exist with each of some names, however they are written; of each the first few."""
        asked = tuple(dict.fromkeys(names))
        return await self._existing(lambda entries: {name: entries.named(name, first) for name in asked})

    async def fields_carrying(self, elements: Iterable[str], first: int = 20) -> dict[str, Found]:
        """The fields that carry each of some data elements, whatever they are called; of each the first few."""
        asked = tuple(dict.fromkeys(elements))
        return await self._existing(lambda entries: {id: entries.carrying(id, first) for id in asked})

    async def _existing(self, look: Callable[[Entries], dict[str, Carrying]]) -> dict[str, Found]:
        carrying = await self._ask(look)
        wanted = [pair for found in carrying.values() for pair in found.fields]
        read = await records.existing(self.graph, self._use, wanted)
        return {asked: _found(its, read) for asked, its in carrying.items()}

    async def _ask(self, work: Callable[[Entries], T]) -> T:
        """What comes out of the entries as the graph is now."""
        await self.refresh()
        return await self._use(work)

    async def _use(self, work: Callable[[Entries], T]) -> T:
        """What comes out of the entries as they are, beside whatever else is going on; none changes meanwhile."""
        async with self._turn:
            return await asyncio.to_thread(work, self._entries)

    async def _settled(self, read: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """What is read while nothing is written; some times tried, then as it comes."""
        for _ in range(_TRIES):
            await self.refresh()
            here = self._here
            found = await read()
            if await position(self.graph) == here == self._here:
                return found, True
        return found, False

    async def _refresh(self) -> None:
        for _ in range(_TRIES):
            where = await position(self.graph)
            if where == self._here and self._state == "READY":
                return
            if self._state == "READY" and await self._continues(where):
                await self._read(self._entries, self._here.sequence, where)
            else:
                self._state = "FILLING"
                entries = Entries(self._form)
                await self._read(entries, 0, where)
                self._entries, self._state = entries, "READY"
            self._here = where

    async def _continues(self, where: Position) -> bool:
        """Whether this is the graph that was read before, and not one that was put back or emptied."""
        here = self._here
        if where.sequence <= here.sequence:
            return False
        return here.sequence == 0 or await recorded(self.graph, here.sequence) == here.at

    async def _read(self, entries: Entries, after: int, where: Position) -> None:
        """Take over what was touched after a change. What is touched once more meanwhile is read the next time."""
        self._done, self._total = after, where.sequence
        end = where.sequence + _SLACK  # beyond the last change there is little, so that a few take one statement
        first = end - after if where.sequence - after <= FIRST else FIRST
        async with aclosing(windows(self.graph, TOUCHED, after, end, first=first)) as found:
            async for upto, rows in found:
                async with self._turn:
                    await asyncio.to_thread(_take, entries, rows)
                self._done = min(upto, where.sequence)
        async with self._turn:
            await asyncio.to_thread(entries.settle)


def _take(entries: Entries, found: Iterable[Mapping[str, Any]]) -> None:
    for record in found:
        entries.take(Kind(record["kind"]), record["rows"])


def _found(carrying: Carrying, read: Mapping[tuple[str, str], Existing]) -> Found:
    listed = tuple(read[pair] for pair in carrying.fields if pair in read)
    return Found(listed, carrying.total - len(carrying.fields))
