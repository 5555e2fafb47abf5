"""What the events of a run said, added up. Adding is a union: order and repetition do not count.

run = Content()
run.add(first); run.add(second)         # the same as the other way round, and as adding either twice
Content.parse(run.text()) == run
"""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson

from connectors.datasets import Dataset

__all__ = ["MOST_COLUMNS", "MOST_FLOWS", "Column", "Content", "FlowKey", "Named", "Seen"]

MOST_FLOWS = 20_000
"""Flows of columns that are kept of a run."""
MOST_COLUMNS = 5_000
"""Columns that are kept of a dataset."""
MOST_DATASETS = 2_000
MOST_TOLD = 50
"""Oddities that are kept of a run, and notes and other names of a dataset."""

T = TypeVar("T", Dataset, str, tuple[Dataset, Dataset], tuple[str, str])

FlowKey = tuple[Dataset, str, Dataset, str]
"""Source and its column, target and its column."""
Named = tuple[Dataset, tuple[Dataset, ...]]
"""A dataset with the other names that an event gave it, in order."""
Flow = tuple[bool, frozenset[str]]
"""Whether values go there, rather than only deciding what goes there; and how they are transformed."""


@dataclass(frozen=True, slots=True, order=True)
class Column:
    """What the newest word about a column said. `at` is that word's time, 0 where nobody said more than its name."""

    at: int = 0
    type: str = ""
    position: int = -1
    description: str = ""


@dataclass(slots=True)
class Seen:
    """What was said of a dataset: its columns, each with the last time it was seen; before `cleared` none counts."""

    names: set[Dataset] = field(default_factory=set)
    notes: set[str] = field(default_factory=set)
    cleared: int = 0
    columns: dict[str, tuple[int, Column]] = field(default_factory=dict)

    def see(self, name: str, at: int, column: Column | None = None) -> None:
        """A column was there at an instant."""
        before = self.columns.get(name)
        new = Column() if column is None else column
        if before is not None:
            at, new = max(at, before[0]), max(new, before[1])
        self.columns[name] = at, new

    def add(self, other: "Seen") -> None:
        """Lay another's words beside these."""
        self.names |= other.names
        self.notes |= other.notes
        self.cleared = max(self.cleared, other.cleared)
        for name, (at, column) in other.columns.items():
            self.see(name, at, column)
        self._bound()

    def current(self) -> dict[str, Column]:
        """The columns that count, in order of position, then name."""
        there = [(name, column) for name, (at, column) in self.columns.items() if at >= self.cleared]
        there.sort(key=lambda one: (one[1].position < 0, one[1].position, one[0]))
        return dict(there)

    def _bound(self) -> None:
        if len(self.columns) > MOST_COLUMNS:
            newest = heapq.nlargest(MOST_COLUMNS, self.columns.items(), key=lambda one: (one[1][0], one[0]))
            self.columns = dict(newest)
        self.names, self.notes = _smallest(self.names, MOST_TOLD), _smallest(self.notes, MOST_TOLD)

    def as_json(self) -> list[Any]:
        """For `orjson`; equal words give equal texts."""
        columns = [
            [name, at, column.at, column.type, column.position, column.description]
            for name, (at, column) in sorted(self.columns.items())
        ]
        return [_pairs(self.names), sorted(self.notes), self.cleared, columns]

    @classmethod
    def of_json(cls, row: list[Any]) -> "Seen":
        """What `as_json` made."""
        names, notes, cleared, columns = row
        return cls(
            {Dataset(*one) for one in names},
            set(notes),
            cleared,
            {name: (at, Column(*column)) for name, at, *column in columns},
        )


@dataclass(slots=True)
class Content:
    """The lineage of a run: what it read and wrote, and which columns flow.

    `read` are flows that were read from SQL, for the outputs that have no others. `wholes` are flows of datasets that
    were told as such; into an output in `explicit` nothing else flows than what was told. What was said of
    a dataset is kept apart by the other names that it was given with: they say which resource it is.
    """

    inputs: set[Dataset] = field(default_factory=set)
    outputs: set[Dataset] = field(default_factory=set)
    explicit: set[Dataset] = field(default_factory=set)
    wholes: set[tuple[Dataset, Dataset]] = field(default_factory=set)
    flows: dict[FlowKey, Flow] = field(default_factory=dict)
    read: dict[FlowKey, Flow] = field(default_factory=dict)
    datasets: dict[Named, Seen] = field(default_factory=dict)
    odd: set[tuple[str, str]] = field(default_factory=set)

    def dataset(self, dataset: Dataset) -> Seen:
        """What an event that is being read says of a dataset, to be added to."""
        return self.datasets.setdefault((dataset, ()), Seen())

    def settle(self) -> None:
        """An event is read: what it said of datasets goes by all the names that it gave them."""
        self.bound()
        self.datasets = {(one, tuple(sorted(seen.names))): seen for (one, _), seen in self.datasets.items()}

    @property
    def names(self) -> dict[Dataset, set[Dataset]]:
        """Every dataset with all its other names."""
        found: dict[Dataset, set[Dataset]] = {one: set() for one in (*self.inputs, *self.outputs, *_ends(self))}
        for one, others in self.datasets:
            found.setdefault(one, set()).update(others)
        return found

    def flow(self, key: FlowKey, direct: bool, texts: Iterable[str], *, read: bool = False) -> None:
        """A column flows into another."""
        _flow(self.read if read else self.flows, key, (direct, frozenset(text for text in texts if text)))

    def add(self, other: "Content") -> None:
        """Lay another's words beside these."""
        self.inputs |= other.inputs
        self.outputs |= other.outputs
        self.explicit |= other.explicit
        self.wholes |= other.wholes
        self.odd |= other.odd
        for mine, others in ((self.flows, other.flows), (self.read, other.read)):
            for key, flow in others.items():
                _flow(mine, key, flow)
        for named, seen in other.datasets.items():
            self.datasets.setdefault(named, Seen()).add(seen)
        self.bound()

    def bound(self) -> None:
        """Keep no more than is allowed: the first in order, so that it does not matter when it is cut."""
        cut = False
        for flows in (self.flows, self.read):
            if len(flows) > MOST_FLOWS:
                for key in sorted(flows)[MOST_FLOWS:]:
                    del flows[key]
                cut = True
        sides: tuple[set[Dataset], ...] = (self.inputs, self.outputs, self.explicit)
        for some in sides:
            cut = cut or len(some) > MOST_DATASETS
            kept: set[Dataset] = _smallest(some, MOST_DATASETS)
            some.intersection_update(kept)
        if len(self.datasets) > 2 * MOST_DATASETS:
            self.datasets = dict(sorted(self.datasets.items(), key=lambda item: item[0])[: 2 * MOST_DATASETS])
            cut = True
        if len(self.wholes) > MOST_FLOWS:
            self.wholes, cut = _smallest(self.wholes, MOST_FLOWS), True
        if cut:
            self.odd.add(("", f"a run may have {MOST_FLOWS:,} flows and {MOST_DATASETS:,} datasets; this one has more"))
        self.odd = _smallest(self.odd, MOST_TOLD)

    @property
    def weight(self) -> int:
        """About how much is to be written for it."""
        return len(self.flows) + len(self.read) + sum(len(seen.columns) + 1 for seen in self.datasets.values())

    def text(self) -> str:
        """JSON; equal contents give equal texts."""
        order = sorted({*self.names, *self.explicit})
        at = {dataset: place for place, dataset in enumerate(order)}
        said: dict[Dataset, list[Any]] = {}
        for (one, _), seen in sorted(self.datasets.items(), key=lambda item: item[0]):
            said.setdefault(one, []).append(seen.as_json())
        rows = [
            [
                one.namespace,
                one.name,
                (one in self.inputs) + 2 * (one in self.outputs) + 4 * (one in self.explicit),
                *said.get(one, ()),
            ]
            for one in order
        ]
        parts = {
            "datasets": rows,
            "flows": _flow_rows(self.flows, at),
            "read": _flow_rows(self.read, at),
            "wholes": sorted([at[one], at[other]] for one, other in self.wholes),
            "odd": sorted(self.odd),
        }
        return orjson.dumps(parts).decode()

    @classmethod
    def parse(cls, text: str) -> "Content":
        """What `text` made."""
        parts = orjson.loads(text)
        order = [Dataset(row[0], row[1]) for row in parts["datasets"]]
        marked = list(zip(order, parts["datasets"], strict=True))
        return cls(
            inputs={one for one, row in marked if row[2] & 1},
            outputs={one for one, row in marked if row[2] & 2},
            explicit={one for one, row in marked if row[2] & 4},
            wholes={(order[one], order[other]) for one, other in parts["wholes"]},
            flows=_flows(parts["flows"], order),
            read=_flows(parts["read"], order),
            datasets={
                (one, tuple(sorted(seen.names))): seen for one, row in marked for seen in map(Seen.of_json, row[3:])
            },
            odd={(path, message) for path, message in parts["odd"]},
        )


def _flow(flows: dict[FlowKey, Flow], key: FlowKey, flow: Flow) -> None:
    before = flows.get(key)
    flows[key] = flow if before is None else (before[0] or flow[0], _few(before[1] | flow[1]))


def _few(texts: frozenset[str]) -> frozenset[str]:
    return texts if len(texts) <= MOST_TOLD else frozenset(heapq.nsmallest(MOST_TOLD, texts))


def _smallest(some: set[T], most: int) -> set[T]:
    return some if len(some) <= most else set(heapq.nsmallest(most, some))


def _pairs(datasets: Iterable[Dataset]) -> list[list[str]]:
    return [[one.namespace, one.name] for one in sorted(datasets)]


def _ends(content: Content) -> set[Dataset]:
    keys = [*content.flows, *content.read]
    found = {key[0] for key in keys} | {key[2] for key in keys}
    return found | {one for pair in content.wholes for one in pair}


def _flow_rows(flows: Mapping[FlowKey, Flow], at: Mapping[Dataset, int]) -> list[list[Any]]:
    return sorted(
        [at[source], column, at[target], into, int(direct), sorted(texts)]
        for (source, column, target, into), (direct, texts) in flows.items()
    )


def _flows(rows: list[list[Any]], order: list[Dataset]) -> dict[FlowKey, Flow]:
    return {
        (order[source], column, order[target], into): (bool(direct), frozenset(texts))
        for source, column, target, into, direct, texts in rows
    }
