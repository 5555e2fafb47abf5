"""Whole answers: all nodes and edges of a lineage, as they were at one change of the graph.

An answer is pinned to the change that it stands on. Whoever has the pin is given the same answer again, by any
process and after later changes too: the registry knows what it knew then.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from graph.changes import Position, now, position, recorded
from graph.facts import Kind
from graph.kept import Kept
from graph.lineage import Asked, Found, Lineages, agreements_of, shown
from graph.net import FLOWS, Bools, Ints, Net, distinct
from graph.refusals import Moved
from graph.walk import SHORT, UNLIMITED, Stop

ROOM = 500_000
"""Nodes and edges of all the answers that are kept for whoever asks for another page; about 100 bytes each."""

Columns = dict[str, list[Any]]
"""Some rows of an answer, by the names that GraphQL has for them."""
Small = npt.NDArray[np.int32]

LEVELS = ("resource", "system", "department", "jurisdiction")


@dataclass(frozen=True, slots=True)
class Pin:
    """A change of the graph, when it was recorded, and the moment that stands for now."""

    sequence: int
    at: int
    as_of: int


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole answer. Nothing that is written later changes it.

    `asked` is its question with the instants that it was answered for. Containers are places among `containers`,
    ends of edges are places among the nodes, the jobs behind an edge are in `jobs` from `first` on, `count` of them.
    """

    asked: Asked
    pin: Pin
    complete: bool
    stopped_by: Sequence[Stop]
    reached_depth: int
    ids: list[str]
    names: list[str]
    kinds: list[Kind]
    depth: Small
    whole: Bools
    more: Small
    containers: list[dict[str, str]]
    held: Mapping[str, Small]
    source: Small
    target: Small
    flow: npt.NDArray[np.int8]
    precise: Bools
    count: Small
    first: Small
    jobs: npt.NDArray[np.integer[Any]]
    job_names: list[str]
    agreements: Mapping[int, list[str]]

    @property
    def is_lasting(self) -> bool:
        """Whether it would be the same if it were worked out again."""
        return Stop.TIME not in self.stopped_by

    def nodes(self, first: int, last: int) -> Columns:
        """The nodes from place `first` to `last` (exclusive)."""
        part, listed = slice(first, last), self.containers
        return {
            "id": self.ids[part],
            "kind": self.kinds[part],
            "name": self.names[part],
            "depth": self.depth[part].tolist(),
            "whole": self.whole[part].tolist(),
            "more": self.more[part].tolist(),
            **{name: [listed[at] if at >= 0 else None for at in self.held[name][part].tolist()] for name in LEVELS},
        }

    def edges(self, first: int, last: int) -> Columns:
        """The edges from place `first` to `last` (exclusive)."""
        part, id = slice(first, last), self.ids.__getitem__
        places = range(len(self.source))[part]
        sources, targets = self.source[part].tolist(), self.target[part].tolist()
        return {
            "source": list(map(id, sources)),
            "target": list(map(id, targets)),
            "sourceName": list(map(self.names.__getitem__, sources)),
            "targetName": list(map(self.names.__getitem__, targets)),
            "flow": [FLOWS[flow] for flow in self.flow[part].tolist()],
            "count": self.count[part].tolist(),
            "precise": self.precise[part].tolist(),
            "jobs": list(map(self._jobs, self.first[part].tolist(), self.count[part].tolist())),
            "agreements": [self.agreements.get(place, []) for place in places],
        }

    def _jobs(self, first: int, count: int) -> list[str]:
        numbers = self.jobs[first : first + count].tolist()
        return sorted(self.job_names[number] for number in {*numbers} - {-1})


class Wholes:
    """Answers lineage questions whole, whatever `maxNodes` says."""

    def __init__(self, lineages: Lineages) -> None:
        self._lineages = lineages
        self._kept: Kept[Any, Whole] = Kept(ROOM)

    async def find(self, asked: Asked, pin: Pin | None = None, *, keep: bool = False) -> Whole:
        """The answer at `pin`, or as the graph stands now; with `keep` it is kept for whoever asks again.

        Raises what `Lineages.find` raises, and Moved where the graph is no longer the one that the pin is of.
        """
        where = await position(self._lineages.graph)
        if pin is None:
            pin = Pin(where.sequence, where.at, now())
        else:
            await self._check_there(pin, where)
        question = _pinned(asked, pin)
        key = _key(question), pin
        whole = self._kept.find(key)
        if whole is None:
            if asked.filter.of_sources and pin.sequence < where.sequence:
                raise _moved("the graph has changed, and who stated a link before is not known")
            async with self._lineages.reading(question) as found:
                short = len(found.answer.nodes) + found.answer.edges.links.size < SHORT
                whole = _still(found, question, pin) if short else await asyncio.to_thread(_still, found, question, pin)
            if keep and whole.is_lasting:
                self._kept.keep(key, whole, len(whole.ids) + len(whole.source))
        return whole

    async def _check_there(self, pin: Pin, where: Position) -> None:
        """Refuse a pin that is not one of this graph."""
        at = where.at if where.sequence == pin.sequence else await recorded(self._lineages.graph, pin.sequence)
        if where.sequence < pin.sequence or at != pin.at:
            raise _moved("the graph was put back or replaced")


def _moved(what: str) -> Moved:
    return Moved(f"after: {what} since that page was asked for; ask for the first page again", argument="after")


def mark(asked: Asked) -> str:
    """What tells a question from another, the same in every process; `maxNodes` makes no difference."""
    question = replace(asked, budget=replace(asked.budget, max_nodes=UNLIMITED))
    return hashlib.sha256(_key(question)).hexdigest()[:16]


def _pinned(asked: Asked, pin: Pin) -> Asked:
    return replace(
        asked,
        as_of=pin.as_of if asked.as_of is None else asked.as_of,
        known_at=pin.at if asked.known_at is None else min(asked.known_at, pin.at),
        budget=replace(asked.budget, max_nodes=UNLIMITED),
    )


def _key(value: Any) -> bytes:
    return orjson.dumps(plain(value))


def plain(value: Any) -> Any:
    """A value as JSON has it, without what hangs on a process, such as the order of a set."""
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, frozenset | set):
        return sorted(map(plain, value))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(map(plain, value))
    return value.name if isinstance(value, Enum) else value


def _still(found: Found, asked: Asked, pin: Pin) -> Whole:
    """What an answer shows, taken from the net for good."""
    answer, net, edges = found.answer, found.answer.net, found.answer.edges
    seen = shown(answer)
    listed, held = containers(net, {name: getattr(seen, name) for name in LEVELS})
    granted = [agreements_of(answer, edge) for edge in range(len(edges.source))] if net.covered else []
    return Whole(
        asked=asked,
        pin=pin,
        complete=answer.complete,
        stopped_by=tuple(answer.stopped_by),
        reached_depth=answer.reached_depth,
        ids=answer.ids,
        names=seen.names,
        kinds=seen.kinds,
        depth=np.array(answer.depth, np.int32),
        whole=np.array(answer.whole, np.bool_),
        more=np.array(answer.more, np.int32),
        containers=listed,
        held=held,
        source=np.array(edges.source, np.int32),
        target=np.array(edges.target, np.int32),
        flow=np.array(edges.flow, np.int8),
        precise=np.array(edges.precise, np.bool_),
        count=np.array(edges.count, np.int32),
        first=np.array(edges.first, np.int32),
        jobs=net.job.data[edges.links],
        job_names=net.jobs,  # to which names are only added
        agreements={edge: ids for edge, ids in enumerate(granted) if ids},
    )


def containers(net: Net, columns: Mapping[str, Ints]) -> tuple[list[dict[str, str]], dict[str, Small]]:
    """The different containers, and each column as places among them; -1 for none."""
    all_of_them = np.concatenate(list(columns.values()))
    different = distinct(all_of_them[all_of_them >= 0])
    listed = [{"id": net.ids[at], "name": net.names[at] or net.ids[at]} for at in different.tolist()]
    places = {
        name: np.where(column >= 0, np.searchsorted(different, column), -1).astype(np.int32)
        for name, column in columns.items()
    }
    return listed, places
