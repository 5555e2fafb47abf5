"""A finished walk as an answer: nodes in (depth, id) order, edges between them, and what was cut."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph.marks import Marks
from graph.moment import Level, Moment
from graph.moves import VAGUE
from graph.net import FIELD, RESOURCE, SYSTEM, Bools, Ints, Net, distinct
from graph.walk import Stop, Walked

Places = npt.NDArray[np.int32]
"""The place of each index among the nodes of an answer, -1 for none."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges in (source id, target id, flow) order, as columns; their ends are places among the answer's nodes.

    `links` are the stored links behind each, ragged.
    """

    source: list[int]
    target: list[int]
    flow: list[int]
    count: list[int]
    precise: list[bool]
    links: Ints
    first: list[int]

    def behind(self, edge: int) -> list[int]:
        """The stored links behind one edge."""
        found: list[int] = self.links[self.first[edge] : self.first[edge] + self.count[edge]].tolist()
        return found


@dataclass(slots=True)
class Answer:
    """Nodes as columns, in order; `behind` are positions, and `behind_node` the place of the node each stands for."""

    net: Net
    moment: Moment
    level: Level
    nodes: list[int]
    ids: list[str]
    depth: list[int]
    whole: list[bool]
    more: list[int]
    edges: Edges
    complete: bool
    stopped_by: list[Stop]
    reached_depth: int
    behind: Ints
    behind_node: Ints
    joined: bool = False
    """Whether edges may join what lay on both sides of something passed through."""
    granted: list[list[str]] | None = None
    """The agreements of each edge, once somebody has asked for them."""


def answer(walks: Sequence[Walked], asked: Ints) -> Answer:
    """The answer of one walk, or of two (downstream first) that were asked for as BOTH.

    `asked` are the systems that were asked for themselves.
    """
    first = walks[0]
    for walked in walks:
        walked.look_again()
    taken = _taken(walks)
    place = Marks(first.moment.net)
    place.put(taken.nodes, np.arange(len(taken.nodes)))
    drawn = [_Drawn(walked, taken, place.of) for walked in walks]
    stops = _stops(walks, drawn, taken)
    behind, behind_node = _behind(walks, taken.last, place.of)
    found = Answer(
        net=first.moment.net,
        moment=first.moment,
        level=first.question.level,
        nodes=taken.nodes.tolist(),
        ids=taken.ids,
        depth=taken.depth.tolist(),
        whole=_wholes(walks, taken, place.of, asked).tolist(),
        more=_more(drawn, len(taken.nodes), first.moment.net.size),
        edges=_edges(drawn, taken, first),
        complete=not stops,
        stopped_by=stops,
        reached_depth=int(np.abs(taken.depth).max()) if len(taken.depth) else 0,
        behind=behind,
        behind_node=behind_node,
        joined=any(one.manner is not None for one in drawn),
    )
    place.give_back()
    for walked in walks:
        walked.give_back()
    return found


@dataclass(frozen=True, slots=True)
class _Taken:
    """The nodes that an answer takes, in its order, with their depths and their ranks by id."""

    nodes: Ints
    depth: Ints
    rank: Ints
    ids: list[str]
    last: int
    """The last layer that the answer speaks of."""
    cut: bool
    timed_out: bool


def _taken(walks: Sequence[Walked]) -> _Taken:
    """The nodes within the budget, by depth and id."""
    nodes, depth = _nodes(walks)
    last = max(len(walked.found) - 1 for walked in walks)
    late = [len(walked.found) - 1 for walked in walks if walked.timed_out]
    if late:
        last = min(late)
        nodes, depth = nodes[np.abs(depth) <= last], depth[np.abs(depth) <= last]
    ids = walks[0].moment.net.ids
    names = [ids[node] for node in nodes.tolist()]
    rank = np.empty(len(nodes), np.int64)
    rank[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    most = walks[0].question.budget.max_nodes
    cut = len(nodes) > most
    order = np.lexsort((rank, depth))
    if cut:
        kept = np.lexsort((rank, np.abs(depth)))[:most]
        last = int(np.abs(depth[kept[-1]]))
        order = kept[np.lexsort((rank[kept], depth[kept]))]
    ids = list(map(names.__getitem__, order.tolist()))
    rank = rank[order]
    return _Taken(nodes[order], depth[order], np.argsort(np.argsort(rank)) if cut else rank, ids, last, cut, bool(late))


def _nodes(walks: Sequence[Walked]) -> tuple[Ints, Ints]:
    """Every node found with its depth; of two walks the nearer one, upstream negative, downstream on a tie."""
    nodes = np.concatenate([found for walked in walks for found in walked.found])
    depth = np.concatenate([np.full(len(f), layer) for walked in walks for layer, f in enumerate(walked.found)])
    if len(walks) == 1:
        return nodes, depth
    upstream = np.concatenate([np.full(sum(map(len, w.found)), w.question.upstream) for w in walks])
    order = np.lexsort((upstream, depth, nodes))
    nodes, depth = nodes[order], np.where(upstream, -depth, depth)[order]
    first = np.ones(len(nodes), np.bool_)
    first[1:] = nodes[1:] != nodes[:-1]
    return nodes[first], depth[first]


class _Drawn:
    """The steps of one walk out of its layers up to `last`, and which of them the answer draws.

    An answer that was `stopped` at `last` is that of the depth limit `last`, where nothing is cut by FANOUT.
    """

    def __init__(self, walked: Walked, taken: _Taken, place: Places) -> None:
        last, stopped = taken.last, taken.cut or taken.timed_out
        steps = walked.steps[: last + 1]
        self.question = walked.question
        empty = np.empty(0, np.int64)
        self.node = np.concatenate([empty, *(s.node for s in steps)])
        self.to_node = np.concatenate([empty, *(s.to_node for s in steps)])
        self.link = np.concatenate([empty, *(s.moves.link for s in steps)])
        self.manner: Ints | None = None
        if steps and steps[0].moves.manner is not None:
            self.manner = np.concatenate([s.moves.manner for s in steps if s.moves.manner is not None])
        target = np.concatenate([empty, *(s.moves.target for s in steps)])
        cut = [
            s.cut if layer < last or not stopped else np.zeros(len(s.cut), np.bool_) for layer, s in enumerate(steps)
        ]
        self.cut = np.concatenate([np.empty(0, np.bool_), *cut])
        layers = walked.reached.of[target]
        self.reached = (layers >= 0) & (layers <= last)
        self.beyond = bool((~self.reached & ~self.cut).any())
        self.from_kept = place[self.node] >= 0
        self.drawn = self.reached & ~self.cut & self.from_kept & (place[self.to_node] >= 0)
        self.place = place


def _stops(walks: Sequence[Walked], drawn: Sequence[_Drawn], taken: _Taken) -> list[Stop]:
    beyond = any(one.beyond for one in drawn) and taken.last == walks[0].question.depth
    fanout = any(one.cut.any() for one in drawn)
    stops = {Stop.DEPTH: beyond, Stop.NODES: taken.cut, Stop.FANOUT: fanout, Stop.TIME: taken.timed_out}
    return [stop for stop in Stop if stops.get(stop)]


def _more(drawn: Sequence[_Drawn], count: int, size: int) -> list[int]:
    """For each node, how many neighbours it has to which no edge is drawn, by either walk."""
    missing, there = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for one in drawn:
        # A pair is a node and its neighbour, and which of the two is the source.
        pairs = (one.node * size + one.to_node) * 2 + one.question.upstream
        turned = (one.to_node * size + one.node) * 2 + (not one.question.upstream)
        missing.append(pairs[~one.drawn & one.from_kept])
        there += [pairs[one.drawn], turned[one.drawn]]
    undrawn = np.concatenate(missing)
    if not len(undrawn):
        return [0] * count
    left = np.setdiff1d(undrawn, np.concatenate(there)) // 2
    more = np.zeros(count, np.int64)
    np.add.at(more, drawn[0].place[distinct(left) // size], 1)
    found: list[int] = more.tolist()
    return found


def _edges(drawn: Sequence[_Drawn], taken: _Taken, walked: Walked) -> Edges:
    count, rank = max(len(taken.nodes), 1), taken.rank
    sources, targets, links = [], [], []
    manners: list[Ints] = []
    for one in drawn:
        near, far = rank[one.place[one.node[one.drawn]]], rank[one.place[one.to_node[one.drawn]]]
        sources.append(far if one.question.upstream else near)
        targets.append(near if one.question.upstream else far)
        links.append(one.link[one.drawn])
        if one.manner is not None:
            manners.append(one.manner[one.drawn])
    source, target, link = np.concatenate(sources), np.concatenate(targets), np.concatenate(links)
    manner = np.concatenate(manners) if manners else walked.moment.flow[link].astype(np.int64)
    edge = (source * count + target) * 2 + (manner % VAGUE if manners else manner)
    clear = distinct(edge[manner < VAGUE]) if manners else None
    order = np.lexsort((link, edge))
    edge, link = edge[order], link[order]
    fresh = _changes(edge) | _changes(link)
    edge, link = edge[fresh], link[fresh]
    first = np.flatnonzero(_changes(edge))
    keys = edge[first]
    ranked = np.argsort(rank)
    starts, ends = np.divmod(keys // 2, count)
    starts, ends = ranked[starts], ranked[ends]
    precise = [True] * len(keys)
    if walked.question.level is Level.FIELD:
        field = walked.moment.kind[taken.nodes] == FIELD
        known = field[starts] & field[ends]
        precise = (known if clear is None else known & np.isin(keys, clear)).tolist()
    counts = np.diff(first, append=len(edge))
    return Edges(starts.tolist(), ends.tolist(), (keys % 2).tolist(), counts.tolist(), precise, link, first.tolist())


def _changes(ordered: Ints) -> Bools:
    """Where another value begins."""
    found = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=found[1:])
    return found


def _wholes(walks: Sequence[Walked], taken: _Taken, place: Places, asked: Ints) -> Bools:
    """A node is whole when a resource behind it is, or it is a system asked for or come to by READS."""
    whole = np.zeros(len(taken.nodes), np.bool_)
    for walked in walks:
        positions = np.concatenate(walked.positions[: taken.last + 1])
        kind = walked.moment.kind[positions]
        systems = _told(walked, positions[kind == SYSTEM], asked)
        at = place[walked.standing.of(np.concatenate([positions[kind == RESOURCE], systems]))]
        whole[at[at >= 0]] = True
    return whole


def _told(walked: Walked, systems: Ints, asked: Ints) -> Ints:
    """The systems that stand for themselves as nodes and were asked for, or (downstream) come to by READS."""
    own = systems[walked.standing.of(systems) == systems]
    told: Ints = own[np.isin(own, asked)] if walked.question.upstream else own
    return told


def _behind(walks: Sequence[Walked], last: int, place: Places) -> tuple[Ints, Ints]:
    """The positions that systems and what is above them stand for, and the place of the node of each."""
    positions = np.concatenate([found for walked in walks for found in walked.positions[: last + 1]])
    at = place[walks[0].standing.of(positions)].astype(np.int64)
    return positions[at >= 0], at[at >= 0]
