"""What is shown of a finished answer: some of its nodes and edges; nothing else of it changes."""

from dataclasses import replace

import numpy as np

from graph.fence import Meeting
from graph.moment import Level
from graph.narrowing import Conditions
from graph.net import Bools
from graph.picks import Picks
from graph.rollup import Answer, Edges


def only_shown(found: Answer, show: Conditions) -> Answer:
    """The nodes for which one of the positions that they stand for meets `show`, and the edges between them.

    An edge is shown where one of the links behind it does.
    """
    nodes = _nodes(found, show) if show.of_things else np.ones(len(found.nodes), np.bool_)
    place = np.cumsum(nodes) - 1
    behind = nodes[found.behind_node]
    kept = np.flatnonzero(nodes).tolist()
    return replace(
        found,
        nodes=[found.nodes[at] for at in kept],
        ids=[found.ids[at] for at in kept],
        depth=[found.depth[at] for at in kept],
        whole=[found.whole[at] for at in kept],
        more=[found.more[at] for at in kept],
        edges=_edges(found, show, nodes, place.tolist()),
        behind=found.behind[behind],
        behind_node=place[found.behind_node[behind]],
    )


def _nodes(found: Answer, show: Conditions) -> Bools:
    meeting = Meeting(found.moment, show)
    if found.level is Level.FIELD:
        return meeting.of(np.array(found.nodes, np.int64))
    nodes = np.zeros(len(found.nodes), np.bool_)
    nodes[found.behind_node[meeting.of(found.behind)]] = True
    return nodes


def _edges(found: Answer, show: Conditions, nodes: Bools, place: list[int]) -> Edges:
    edges = found.edges
    picked = Picks(found.net, show).of(edges.links)
    counts = edges.count
    kept = [
        at
        for at, (source, target, first) in enumerate(zip(edges.source, edges.target, edges.first, strict=True))
        if nodes[source] and nodes[target] and picked[first : first + counts[at]].any()
    ]
    behind = [edges.behind(at) for at in kept]
    count = [counts[at] for at in kept]
    return Edges(
        [place[edges.source[at]] for at in kept],
        [place[edges.target[at]] for at in kept],
        [edges.flow[at] for at in kept],
        count,
        [edges.precise[at] for at in kept],
        np.array([link for links in behind for link in links], np.int64),
        (np.cumsum([0, *count])[:-1]).tolist(),
    )
