"""What became of a lineage between two moments: the same question asked twice, and the answers compared.

An answer that is cut does not say what lies beyond. So what is in one answer only is told as added or closed where
the other answer is complete, or where the thing is not in force at the other moment; else it is UNDECIDED. Where
only the depth cut an answer, it is asked again without that limit, within the same budget, before one gives up.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import chain

import numpy as np

from graph.changes import now
from graph.compared import CONTAINERS, RAW, Answers, EdgeKey, Part, SeenEdge, SeenNode, Side
from graph.differing import Difference
from graph.evidence import Behind
from graph.facts import Kind
from graph.lineage import Asked, Found, Lineages, agreements_of, check
from graph.net import FLOWS, OPEN_START
from graph.reasons import Identity, Reason, Reasons, Why
from graph.refusals import BadInput, NotFound
from graph.walk import Stop

MOST_REASONS = 10
"""Reasons that are listed of one difference."""

DEEPEST = 1_000


class Differs(StrEnum):
    """How a node or edge differs."""

    ADDED = "ADDED"
    CLOSED = "CLOSED"
    ALTERED = "ALTERED"
    UNDECIDED = "UNDECIDED"


@dataclass(frozen=True, slots=True)
class Compared:
    """A question, and the two moments for which it is asked: instants, or `None` for now."""

    asked: Asked
    as_of: tuple[int | None, int | None]
    known_at: tuple[int | None, int | None]


@dataclass(slots=True)
class NodeDifference:
    """A node that differs: as it was, as it is, in what, and why."""

    differs: Differs
    id: str
    before: SeenNode | None
    after: SeenNode | None
    changes: list[Difference]
    reasons: list[Reason] = field(default_factory=list)


@dataclass(slots=True)
class EdgeDifference:
    """An edge that differs: as it was, as it is, in what, and why; of its links, how many are `gone` or have `come`."""

    differs: Differs
    source: str
    target: str
    flow: str
    before: SeenEdge | None
    after: SeenEdge | None
    changes: list[Difference]
    gone: int
    come: int
    reasons: list[Reason] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs, nodes by (depth, id), edges by (source, target, flow), with the names of what reasons speak of."""

    nodes: list[NodeDifference]
    edges: list[EdgeDifference]
    before: Side
    after: Side
    sequence: int
    names: Mapping[str, str]

    @property
    def complete(self) -> bool:
        """Whether neither answer was cut."""
        return self.before.complete and self.after.complete

    @property
    def stopped_by(self) -> list[Stop]:
        """All that cut either answer."""
        return [stop for stop in Stop if stop in self.before.stopped_by or stop in self.after.stopped_by]


def check_compared(compared: Compared) -> None:
    """Refuse what means nothing, before the graph is asked."""
    check(compared.asked)
    given = (*compared.as_of, *compared.known_at)
    if all(instant is None for instant in given):
        raise BadInput("from: say what to compare: from and to, or knownFrom and knownTo", argument="from")
    for names, (start, end) in ((("from", "to"), compared.as_of), (("knownFrom", "knownTo"), compared.known_at)):
        if start is not None and start > (now() if end is None else end):
            raise BadInput(f"{names[0]}: must not be after {names[1]}", argument=names[0])


async def compare(lineages: Lineages, compared: Compared, *, explain: bool = False) -> Comparison:
    """What differs. With `explain`, what stands behind edges is kept. Raises BadInput, or NotFound for unknown ids."""
    check_compared(compared)
    this = now()
    asks = [
        replace(compared.asked, as_of=this if as_of is None else as_of, known_at=known_at)
        for as_of, known_at in zip(compared.as_of, compared.known_at, strict=True)
    ]
    async with lineages.snapshot(*compared.known_at) as find:
        before, after = await _answers(find, asks)
        await _deepen(find, before, after)
        difference = await asyncio.to_thread(_Differences, before, after, explain=explain)
    return await difference.explained(lineages)


Find = Callable[[Asked], Awaitable[Found]]


async def _answers(find: Find, asks: Sequence[Asked]) -> tuple[Answers, Answers]:
    """Both answers. An id is unknown if it is so both times; where it is so once, it adds nothing there."""
    found: list[Found] = []
    unknown: list[Sequence[str]] = []
    for asked in asks:
        try:
            found.append(await find(asked))
            unknown.append([])
        except NotFound as error:
            found.append(await find(replace(asked, lenient=True)))
            unknown.append(error.ids)
    both = [id for id in unknown[0] if id in unknown[1]]
    if both:
        raise NotFound(f"ids: the registry does not know {', '.join(both)}", argument="ids", ids=both)
    before, after = (Answers(asked, one) for asked, one in zip(asks, found, strict=True))
    return before, after


async def _deepen(find: Find, before: Answers, after: Answers) -> None:
    """Ask on without the limit of depth where only that hides whether what differs is beyond it."""
    if before.same_as(after):
        return
    for side in (before, after):
        stops = set(side.found.answer.stopped_by)
        if Stop.DEPTH in stops and stops <= {Stop.DEPTH, Stop.FANOUT} and side.asked.depth < DEEPEST:
            side.deepen(await find(replace(side.asked, depth=DEEPEST, lenient=True)))


@dataclass(slots=True)
class _Node:
    """A node that may differ. `moved` are things behind it that stand for another node in the other answer."""

    told: NodeDifference
    moved: list[str]


@dataclass(slots=True)
class _Edge:
    """An edge that may differ, with its links that do; `certain` says that they do whatever the reasons are."""

    told: EdgeDifference
    gone: list[Identity]
    come: list[Identity]
    restated: list[Identity]
    agreements: tuple[list[str], list[str]]
    certain: bool


class _Differences:
    """What differs between two answers, as far as these say it; `explained` asks the graph for the rest.

    To be made while the nets are as the answers found them; with `explain`, what stands behind edges is kept.
    """

    def __init__(self, before: Answers, after: Answers, *, explain: bool) -> None:
        self._before, self._after = before, after
        ids = before.part.nodes.keys() | after.part.nodes.keys()
        nodes = (self._node(id) for id in ids)
        self._nodes = [node for node in nodes if node is not None]
        keys = before.part.edges.keys() | after.part.edges.keys()
        edges = (self._edge(key) for key in sorted(keys))
        self._edges = [edge for edge in edges if edge is not None]
        for found in {id(one): one for side in (before, after) for one in side.answers}.values():
            if found.answer.edges.source:
                agreements_of(found.answer, 0)
            if explain:
                found.kept.setdefault("behind", Behind(found))

    # Nodes.

    def _node(self, id: str) -> _Node | None:
        was, is_ = self._before.with_node(id), self._after.with_node(id)
        if was is not None and is_ is not None:
            changes = self._node_changes(id, was, is_)
            told = NodeDifference(Differs.ALTERED, id, was.node(id), is_.node(id), changes) if changes else None
            return None if told is None else _Node(told, [])
        if was is not None:
            differs = _decided(Differs.CLOSED, self._after)
            return _Node(NodeDifference(differs, id, was.node(id), None, []), _moved(id, was, self._after.part))
        assert is_ is not None
        differs = _decided(Differs.ADDED, self._before)
        return _Node(NodeDifference(differs, id, None, is_.node(id), []), _moved(id, is_, self._before.part))

    def _node_changes(self, id: str, was: Part, is_: Part) -> list[Difference]:
        one, two = was.raw(id), is_.raw(id)
        if one == two:
            return []
        return [
            Difference(name, old, new)
            for name, old, new in zip(RAW, one, two, strict=True)
            if old != new and self._is_certain(id, name, was, is_)
        ]

    def _is_certain(self, id: str, name: str, was: Part, is_: Part) -> bool:
        """Whether a property of a node differs whatever lies beyond what was cut."""
        if name in ("kind", "name"):
            return True
        if name == "depth":
            return Stop.FANOUT not in was.stops | is_.stops
        if name in CONTAINERS and was.kind(id) in (Kind.FIELD, Kind.RESOURCE):
            return True
        one, two = self._before.final, self._after.final
        if one is None or two is None or id not in one.nodes or id not in two.nodes:
            return False
        place = RAW.index(name)
        return bool(one.raw(id)[place] != two.raw(id)[place])

    # Edges.

    def _edge(self, key: EdgeKey) -> _Edge | None:
        was, is_ = self._before.with_edge(key), self._after.with_edge(key)
        if was is not None and is_ is not None:
            return self._edge_in_both(key, was, is_)
        source, target, flow = key
        if was is not None:
            gone = sorted(was.identities(key), key=_link_order)
            differs = _decided(Differs.CLOSED, self._after)
            told = EdgeDifference(differs, source, target, FLOWS[flow], was.edge(key), None, [], len(gone), 0)
            return _Edge(told, gone, [], [], ([], []), certain=True)
        assert is_ is not None
        come = sorted(is_.identities(key), key=_link_order)
        differs = _decided(Differs.ADDED, self._before)
        told = EdgeDifference(differs, source, target, FLOWS[flow], None, is_.edge(key), [], 0, len(come))
        return _Edge(told, [], come, [], ([], []), certain=True)

    def _edge_in_both(self, key: EdgeKey, was: Part, is_: Part) -> _Edge | None:
        one, two = was.edge(key), is_.edge(key)
        agreements = was.agreements(key), is_.agreements(key)
        gone, come, restated = _links(key, was, is_)
        if not gone and not come and not restated and agreements[0] == agreements[1] and one.precise == two.precise:
            return None
        pairs = [("precise", one.precise, two.precise), ("agreements", *agreements)]
        if gone or come:
            pairs = [("count", one.count, two.count), pairs[0], ("jobs", was.jobs(key), is_.jobs(key)), pairs[1]]
        changes = [Difference(name, old, new) for name, old, new in pairs if old != new]
        told = EdgeDifference(Differs.ALTERED, key[0], key[1], FLOWS[key[2]], one, two, changes, len(gone), len(come))
        lost = [id for id in agreements[0] if id not in agreements[1]]
        found = [id for id in agreements[1] if id not in agreements[0]]
        certain = self._differ_in_the_end(key) if gone or come else agreements[0] != agreements[1]
        return _Edge(told, gone, come, restated, (lost, found), certain=certain or one.precise != two.precise)

    def _differ_in_the_end(self, key: EdgeKey) -> bool:
        """Whether both answers without a cut have the edge, with other links."""
        one, two = self._before.final, self._after.final
        if one is None or two is None or key not in one.edges or key not in two.edges:
            return False
        gone, come, _ = _links(key, one, two)
        return bool(gone or come)

    # Reasons.

    async def explained(self, lineages: Lineages) -> Comparison:
        """The comparison, with reasons read from the graph."""
        reasons = Reasons(self._before.moment, self._after.moment)
        await reasons.load(lineages.graph, self._things(), self._wanted_links())
        nodes, edges = await asyncio.to_thread(self._explain, reasons)
        listed = [one.reasons for one in nodes] + [one.reasons for one in edges]
        sources = await reasons.sources(lineages.graph, chain.from_iterable(listed))
        for those in listed:
            those[:] = [sources.get(reason, reason) for reason in those]
        nodes.sort(key=lambda one: (_depth(one), one.id))
        return Comparison(
            nodes, edges, self._before.side(), self._after.side(), self._after.found.sequence, reasons.names
        )

    def _explain(self, reasons: Reasons) -> tuple[list[NodeDifference], list[EdgeDifference]]:
        nodes = [_explain_node(node, reasons) for node in self._nodes]
        edges = (_explain_edge(edge, reasons) for edge in self._edges)
        return nodes, [edge for edge in edges if edge is not None]

    def _things(self) -> Iterable[str]:
        for node in self._nodes:
            yield node.told.id
            yield from node.moved
            for seen in (node.told.before, node.told.after):
                if seen is not None and node.told.differs is Differs.ALTERED:
                    yield from (named["id"] for name in CONTAINERS if (named := getattr(seen, name)) is not None)
        for edge in self._edges:
            yield edge.told.source
            yield edge.told.target
            for link in (*edge.gone[:MOST_REASONS], *edge.come[:MOST_REASONS], *edge.restated[:MOST_REASONS]):
                yield link.start
                yield link.end
            yield from (*edge.agreements[0], *edge.agreements[1])

    def _wanted_links(self) -> Iterable[Identity]:
        for edge in self._edges:
            yield from edge.gone[:MOST_REASONS]
            yield from edge.come[:MOST_REASONS]
            yield from edge.restated


def _decided(differs: Differs, other: Answers) -> Differs:
    return Differs.UNDECIDED if other.final is None else differs


def _depth(one: NodeDifference) -> int:
    seen = one.after or one.before
    assert seen is not None
    return seen.depth


def _links(key: EdgeKey, was: Part, is_: Part) -> tuple[list[Identity], list[Identity], list[Identity]]:
    """The links behind an edge that are gone, have come, or were recorded anew."""
    if was.net.start is is_.net.start and np.array_equal(was.links(key), is_.links(key)):
        return [], [], []
    one, two = was.identities(key), is_.identities(key)
    gone = sorted((link for link in one if link not in two), key=_link_order)
    come = sorted((link for link in two if link not in one), key=_link_order)
    restated = sorted((link for link in one if link in two and one[link] != two[link]), key=_link_order)
    return gone, come, restated


def _link_order(link: Identity) -> tuple[str, str, str, int]:
    return link.start, link.end, link.job, OPEN_START if link.valid_from is None else link.valid_from


def _moved(id: str, part: Part, other: Part) -> list[str]:
    """Some of what stands for a node here and is reached there too, but stands for another node."""
    there = other.positions()
    moved = [thing for thing in part.standing_for(id) if there.get(thing, id) != id]
    return sorted(moved)[:MOST_REASONS]


def _explain_node(node: _Node, reasons: Reasons) -> NodeDifference:
    told = node.told
    if told.differs is Differs.ALTERED:
        told.reasons = _why_altered(told, reasons)
        return told
    closed = told.after is None
    own = reasons.gone(told.id) if closed else reasons.come(told.id)
    if told.differs is Differs.UNDECIDED:
        if own is None:
            return told
        told.differs = Differs.CLOSED if closed else Differs.ADDED
    if own is not None:
        told.reasons = [own]
    else:
        told.reasons = [reasons.moved(thing) for thing in node.moved] or [Reason(Why.REACH)]
    return told


def _why_altered(told: NodeDifference, reasons: Reasons) -> list[Reason]:
    names = {change.name for change in told.changes}
    found: list[Reason | None] = []
    if names - {"depth", "whole"}:
        found.append(reasons.changed(told.id))
        for change in told.changes:
            if change.name in CONTAINERS:
                found += [
                    None if change.before is None else reasons.gone(change.before),
                    None if change.after is None else reasons.come(change.after),
                ]
    if names & {"depth", "whole"}:
        found.append(Reason(Why.REACH))
    return list(dict.fromkeys(one for one in found if one is not None))


def _explain_edge(edge: _Edge, reasons: Reasons) -> EdgeDifference | None:
    """The edge with its reasons; `None` where it turns out not to differ."""
    told = edge.told
    links = [reasons.link_gone(link) for link in edge.gone[:MOST_REASONS]]
    links += [reasons.link_come(link) for link in edge.come[:MOST_REASONS]]
    data = [one for one in links if one is not None]
    if told.differs is Differs.UNDECIDED:
        ends = (told.source, told.target)
        gone = [reasons.gone(id) if told.after is None else reasons.come(id) for id in ends]
        if not any(gone):
            told.reasons = list(dict.fromkeys(data))
            return told
        told.differs = Differs.CLOSED if told.after is None else Differs.ADDED
    restated = [one for link in edge.restated if (one := reasons.link_changed(link)) is not None]
    agreed = [reasons.gone(id) or reasons.changed(id) for id in edge.agreements[0]]
    agreed += [reasons.come(id) or reasons.changed(id) for id in edge.agreements[1]]
    found = [*data, *restated[:MOST_REASONS], *(one for one in agreed if one is not None)]
    if told.differs is Differs.ALTERED and not edge.certain and not found:
        return None
    if len(data) < len(links):
        found.append(Reason(Why.REACH))
    told.reasons = list(dict.fromkeys(found))
    return told
