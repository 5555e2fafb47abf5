"""What a resolver is given: the graph, the lineages, and what this one operation has loaded."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from functools import partial
from typing import Any, Self

import strawberry

from graph.calendar import WorkCalendar
from graph.conflicts import ConflictSearch
from graph.cycles import Cycles
from graph.element_matching import ElementMatcher
from graph.engine import Graph
from graph.facts import Kind
from graph.filings import Filings
from graph.findings import FindingSearch
from graph.history import Known, Then, Version, as_known
from graph.impact import Impacts
from graph.lineage import Lineages
from graph.matching.checks import Checks
from graph.net import Net
from graph.once import Joint, Once
from graph.profiles import Profiles
from graph.things import Record, by_codes, by_ids, find
from graph.watch import Watch
from graph.whole import Wholes
from resolvers.batches import Loads
from resolvers.completion import Shape
from resolvers.subgraph import Subgraph


@dataclass(slots=True)
class OperationContext:
    """What one operation is executed with, whatever its schema; nothing is remembered from one to the next."""

    subgraph: Subgraph
    loads: Loads = field(init=False)
    selections: dict[int, Callable[[], Shape | None]] = field(init=False, default_factory=dict)
    """What is selected of a field, by the identity of its node; empty where that is not known."""

    def __post_init__(self) -> None:
        self.loads = Loads(self)

    def fresh(self) -> Self:
        """The context of another operation, or of the next event."""
        return replace(self)


@dataclass(slots=True)
class Context(OperationContext):
    """The context of one operation on the registry."""

    graph: Graph
    lineages: Lineages
    wholes: Wholes
    watch: Watch
    """Waits for the graph to change; one for all operations."""
    impacts: Callable[[], Impacts]
    """Answers what changes would touch; one for all operations."""
    cycles: Callable[[], Cycles]
    """Answers where data leads round; one for all operations."""
    findings: Callable[[], FindingSearch]
    """Looks for what is broken; one for all operations."""
    conflicts: Callable[[], ConflictSearch]
    """Looks for what does not fit about data elements; one for all operations."""
    matcher: Callable[[], ElementMatcher]
    """Suggests data elements; one for all operations."""
    checks: Callable[[], Checks]
    """Checks proposals; one for all operations."""
    calendar: WorkCalendar
    profiles: Profiles
    zone: tzinfo
    """Where it is today."""
    filings: Callable[[], Filings]
    """What is filed; one for all operations."""
    _fresh: Once[None] = field(init=False)
    _things: dict[Kind, dict[str | None, Record | None]] = field(init=False, default_factory=dict)
    _joint: dict[Any, Joint[str, Record]] = field(init=False, default_factory=dict)
    _versions: dict[Kind, dict[Known, Version | None]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        OperationContext.__post_init__(self)  # `super()` does not know a class with slots
        self._fresh = Once(lambda: self.lineages.projection.refresh())

    def today(self) -> date:
        """The day that it is in the registry's zone."""
        return datetime.now(self.zone).date()

    def selected(self, info: "Info") -> Shape | None:
        """What is selected of the field that is being resolved; `None` where that is not known."""
        found = self.selections.get(id(info._raw_info.field_nodes[0]))
        return None if found is None else found()

    async def net(self) -> Net | None:
        """The projection's net as of the last write before this operation or later; `None` while there is none.

        To be read before anything is awaited.
        """
        projection = self.lineages.projection
        if projection.state != "READY":
            return None
        await self._fresh.get()
        return projection.settled

    async def things(self, kind: Kind, ids: Iterable[str | None]) -> dict[str | None, Record | None]:
        """Things of a kind by id, in one statement for those not asked for before, whoever asks for them in one
        moment; `None` where there is none."""
        known = self._things.setdefault(kind, {None: None})
        missing = dict.fromkeys(id for id in ids if id is not None and id not in known)
        if missing:
            found = await self._jointly(by_ids, kind).find(missing)
            known.update(missing)
            known.update(found)
        return known

    async def coded(self, kind: Kind, codes: Iterable[str]) -> Mapping[str, Record]:
        """Things of a kind by code, in one statement for all that are asked for in one moment."""
        return await self._jointly(by_codes, kind).find(codes)

    async def thing(self, id: str) -> Record | None:
        """The thing of any kind with an id, in one statement for all that are asked for in one moment."""
        return (await self._jointly(find).find([id])).get(id)

    def _jointly(self, *work: Any) -> Joint[str, Record]:
        """Looks up what a function of the graph, further arguments and keys finds."""
        if work not in self._joint:
            function, *arguments = work
            self._joint[work] = Joint(partial(function, self.graph, *arguments))
        return self._joint[work]

    async def things_then(self, kind: Kind, wanted: Sequence[tuple[str | None, Then | None]]) -> list[Record | None]:
        """Things of a kind, each as it is now or as it was recorded at a moment: a statement for either."""
        now = await self.things(kind, (id for id, then in wanted if then is None))
        versions = self._versions.setdefault(kind, {})
        pairs = [(id, then.known_at) for id, then in wanted if id is not None and then is not None]
        missing = dict.fromkeys(pair for pair in pairs if pair not in versions)
        if missing:
            found = await as_known(self.graph, kind, missing)
            versions.update(missing)
            versions.update(found)
        listed: list[Record | None] = []
        for id, then in wanted:
            if id is None or then is None:
                listed.append(now[id])
                continue
            version = versions[id, then.known_at]
            listed.append(None if version is None else version.record(kind, then))
        return listed


Info = strawberry.Info[Context, Any]
