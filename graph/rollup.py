"""A finished walk as an answer: nodes in (depth, id) order, edges between them, and what was cut."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from graph.moment import Level, Moment
from graph.net import FIELD, RESOURCE, SYSTEM, Ints, Net
from graph.walk import Stop, Walked


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges in (source, target, flow) order, as columns; `links` are the stored links behind each, ragged."""

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


@dataclass(frozen=True, slots=True)
class Answer:
    """Nodes as columns, in order; `behind` are the positions that each stands for."""

    net: Net
    moment: Moment
    level: Level
    nodes: list[int]
    depth: list[int]
    whole: list[bool]
    more: list[int]
    edges: Edges
    complete: bool
    stopped_by: list[Stop]
    reached_depth: int
    behind: dict[int, list[int]] = field(default_factory=dict)


def answer(walks: Sequence[Walked], asked: Ints) -> Answer:
    """The answer of one walk, or of two (downstream first) that were asked for as BOTH.

    `asked` are the systems that were asked for themselves.
    """
    first = walks[0]
    for walked in walks:
        walked.look_again()
    nodes, signed, last, cut_nodes = _taken(walks)
    size = first.moment.net.size
    place = np.full(size, -1, np.int32)
    place[nodes] = np.arange(len(nodes))
    stopped = cut_nodes or any(walked.timed_out for walked in walks)
    drawn = [_Drawn(walked, last, place, stopped=stopped) for walked in walks]
    whole = np.zeros(len(nodes), np.bool_)
    for walked in walks:
        _mark_wholes(walked, last, place, whole, asked)
    stops = _stops(walks, drawn, last, cut_nodes)
    return Answer(
        net=first.moment.net,
        moment=first.moment,
        level=first.question.level,
        nodes=nodes.tolist(),
        depth=signed.tolist(),
        whole=whole.tolist(),
        more=_more(drawn, len(nodes), size),
        edges=_edges(drawn, nodes, first),
        complete=not stops,
        stopped_by=stops,
        reached_depth=int(np.abs(signed).max()) if len(signed) else 0,
        behind=_behind(walks, last, place, nodes),
    )


def _taken(walks: Sequence[Walked]) -> tuple[Ints, Ints, int, bool]:
    """The nodes taken within the budget, their signed depths, the last layer, and whether nodes were cut."""
    depth: dict[int, int] = {}
    for walked in walks:
        for layer, found in enumerate(walked.found):
            signed = -layer if walked.question.upstream and len(walks) > 1 else layer
            for node in found.tolist():
                if node not in depth or abs(depth[node]) > layer:
                    depth[node] = signed
    ids = walks[0].moment.net.ids
    last = max(len(walked.found) - 1 for walked in walks)
    if any(walked.timed_out for walked in walks):
        last = min(len(walked.found) - 1 for walked in walks if walked.timed_out)
        depth = {node: signed for node, signed in depth.items() if abs(signed) <= last}
    most = walks[0].question.budget.max_nodes
    cut = len(depth) > most
    if cut:
        kept = sorted(depth, key=lambda node: (abs(depth[node]), ids[node]))[:most]
        last = abs(depth[kept[-1]])
        depth = {node: depth[node] for node in kept}
    ordered = sorted(depth, key=lambda node: (depth[node], ids[node]))
    return np.array(ordered, np.int64), np.array([depth[node] for node in ordered], np.int64), last, cut


class _Drawn:
    """The steps of one walk out of its layers up to `last`, and which of them the answer draws.

    An answer that was `stopped` at `last` is that of the depth limit `last`, where nothing is cut by FANOUT.
    """

    def __init__(self, walked: Walked, last: int, place: "np.typing.NDArray[np.int32]", *, stopped: bool) -> None:
        steps = walked.steps[: last + 1]
        self.question = walked.question
        self.kind = walked.moment.kind
        self.flow = walked.moment.flow
        empty = np.empty(0, np.int64)
        self.node = np.concatenate([empty, *(s.node for s in steps)])
        self.to_node = np.concatenate([empty, *(s.to_node for s in steps)])
        self.link = np.concatenate([empty, *(s.moves.link for s in steps)])
        target = np.concatenate([empty, *(s.moves.target for s in steps)])
        cut = [s.cut if layer < last or not stopped else np.zeros(len(s.cut), np.bool_) for layer, s in enumerate(steps)]
        self.cut = np.concatenate([np.empty(0, np.bool_), *cut])
        layers = walked.reached.layer[target]
        self.reached = (layers >= 0) & (layers <= last)
        self.beyond = bool((~self.reached & ~self.cut).any())
        self.from_kept = place[self.node] >= 0
        self.drawn = self.reached & ~self.cut & self.from_kept & (place[self.to_node] >= 0)
        self.place = place


def _stops(walks: Sequence[Walked], drawn: Sequence[_Drawn], last: int, cut_nodes: bool) -> list[Stop]:
    stops = set()
    timed_out = any(walked.timed_out for walked in walks)
    if timed_out:
        stops.add(Stop.TIME)
    if cut_nodes:
        stops.add(Stop.NODES)
    if any(one.beyond for one in drawn) and last == walks[0].question.depth:
        stops.add(Stop.DEPTH)
    if any(one.cut.any() for one in drawn):
        stops.add(Stop.FANOUT)
    return [stop for stop in Stop if stop in stops]


def _more(drawn: Sequence[_Drawn], count: int, size: int) -> list[int]:
    """For each node, how many neighbours it has to which no edge is drawn, by either walk."""
    missing, there = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for one in drawn:
        # A pair is a node and its neighbour, and which of the two is the source.
        pairs = (one.node * size + one.to_node) * 2 + one.question.upstream
        turned = (one.to_node * size + one.node) * 2 + (not one.question.upstream)
        missing.append(pairs[~one.drawn & one.from_kept])
        there += [pairs[one.drawn], turned[one.drawn]]
    left = np.setdiff1d(np.concatenate(missing), np.concatenate(there)) // 2
    more = np.zeros(count, np.int64)
    np.add.at(more, drawn[0].place[np.unique(left) // size], 1)
    found: list[int] = more.tolist()
    return found


def _edges(drawn: Sequence[_Drawn], nodes: Ints, walked: Walked) -> Edges:
    ids = walked.moment.net.ids
    by_id = sorted(range(len(nodes)), key=lambda at: ids[nodes[at]])
    rank = np.empty(max(len(nodes), 1), np.int64)
    rank[by_id] = np.arange(len(nodes))
    sources, targets, links = [], [], []
    for one in drawn:
        near, far = rank[one.place[one.node[one.drawn]]], rank[one.place[one.to_node[one.drawn]]]
        sources.append(far if one.question.upstream else near)
        targets.append(near if one.question.upstream else far)
        links.append(one.link[one.drawn])
    source, target, link = np.concatenate(sources), np.concatenate(targets), np.concatenate(links)
    flow = walked.moment.flow[link].astype(np.int64)
    edge = (source * len(nodes) + target) * 2 + flow
    order = np.lexsort((link, edge))
    edge, link = edge[order], link[order]
    fresh = np.ones(len(edge), np.bool_)
    fresh[1:] = (edge[1:] != edge[:-1]) | (link[1:] != link[:-1])
    edge, link = edge[fresh], link[fresh]
    keys, first, counts = np.unique(edge, return_index=True, return_counts=True)
    ranked = nodes[by_id] if len(nodes) else nodes
    pair = keys // 2
    starts, ends = ranked[pair // max(len(nodes), 1)], ranked[pair % max(len(nodes), 1)]
    if walked.question.level is Level.FIELD:
        kind = walked.moment.kind
        precise = (kind[starts] == FIELD) & (kind[ends] == FIELD)
    else:
        precise = np.ones(len(keys), np.bool_)
    return Edges(
        starts.tolist(),
        ends.tolist(),
        (keys % 2).tolist(),
        counts.tolist(),
        precise.tolist(),
        link,
        first.tolist(),
    )


def _mark_wholes(walked: Walked, last: int, place: "np.typing.NDArray[np.int32]", whole: "np.typing.NDArray[np.bool_]", asked: Ints) -> None:
    """A node is whole when a resource behind it is, or it is a system asked for or come to by READS."""
    moment, level = walked.moment, walked.question.level
    for positions in walked.positions[: last + 1]:
        kind = moment.kind[positions]
        for found in (positions[kind == RESOURCE], _told(walked, positions[kind == SYSTEM], asked)):
            standing = moment.standing(found, level)
            if found is not None and len(found):
                at = place[standing]
                whole[at[at >= 0]] = True


def _told(walked: Walked, systems: Ints, asked: Ints) -> Ints:
    """The systems that stand for themselves as nodes and were asked for, or (downstream) come to by READS."""
    own = systems[walked.moment.standing(systems, walked.question.level) == systems]
    return own[np.isin(own, asked)] if walked.question.upstream else own


def _behind(
    walks: Sequence[Walked], last: int, place: "np.typing.NDArray[np.int32]", nodes: Ints
) -> dict[int, list[int]]:
    """The positions that each node stands for."""
    behind: dict[int, list[int]] = {}
    for walked in walks:
        if walked.question.level is Level.FIELD:
            continue
        for positions in walked.positions[: last + 1]:
            standing = walked.moment.standing(positions, walked.question.level)
            for node, position in zip(standing.tolist(), positions.tolist(), strict=True):
                behind.setdefault(node, []).append(position)
    return behind
