"""Paths as they are asked for: ids in, paths out with their nodes and edges as a lineage has them."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from graph.beside import worked_out
from graph.changes import now, position
from graph.engine import Graph
from graph.fill import Filler
from graph.lineage import Found
from graph.moment import Level, Moment
from graph.net import FEEDS, FIELD, NO_INTS, RESOURCE, Ints, Net, distinct
from graph.paths import Listed, Path
from graph.projection import Projection
from graph.reach import Question, Search
from graph.refusals import BadInput, NotFound
from graph.rollup import Answer, Edges
from graph.starts import located, start_of

RANGES = {"maxDepth": (0, 1_000), "first": (1, 1_000), "maxNodes": (1, 10_000), "maxMilliseconds": (1, 60_000)}
"""What the numbers of a question may be."""

MOST_VIA = 4
"""Things that paths may have to pass: what is searched doubles with each."""

MOST_AVOIDED = 100

MOST_NODES = 100_000
"""Nodes of an answer where nothing is said; few answers have as many."""


@dataclass(frozen=True, slots=True)
class PathsAsked:
    """A question as it is asked. Instants are microseconds since 1970 UTC; `None` is now.

    Paths pass something of each thing of `via`, and nothing of those to `avoid`. `max_nodes` are those of all paths
    together, each as often as it is listed. `only_whether`: no path is listed.
    """

    source: str
    target: str
    level: Level = Level.RESOURCE
    max_depth: int = 30
    first: int = 10
    as_of: int | None = None
    known_at: int | None = None
    via: Sequence[str] = ()
    avoid: Sequence[str] = ()
    max_nodes: int | None = None
    max_milliseconds: int = 5_000
    only_whether: bool = False


@dataclass(frozen=True, slots=True)
class PathsFound:
    """Paths, shortest first: the nodes of path i are those of `found` from place `first[i]` to `first[i + 1]`.

    Between each two nodes of a path lies one edge, so its edges begin at `first[i] - i`. `exists`: whether there is a
    path of the depth asked for; `None` where the budget ended before that was known.
    """

    found: Found
    first: list[int]
    exists: bool | None

    @property
    def count(self) -> int:
        """How many paths there are."""
        return len(self.first) - 1

    def nodes(self, path: int) -> range:
        """The places of a path's nodes."""
        return range(self.first[path], self.first[path + 1])

    def edges(self, path: int) -> range:
        """The places of a path's edges."""
        return range(self.first[path] - path, self.first[path + 1] - path - 1)


def check(asked: PathsAsked) -> None:
    """Refuse what means nothing, before the graph is asked."""
    for argument, ids in _named(asked).items():
        if not all(ids):
            raise BadInput(f"{argument}: an id may not be empty", argument=argument, ids=[""])
    numbers = (asked.max_depth, asked.first, asked.max_nodes, asked.max_milliseconds)
    for (name, (low, high)), number in zip(RANGES.items(), numbers, strict=True):
        if number is not None and not low <= number <= high:
            raise BadInput(f"{name}: must be from {low:,} to {high:,}, not {number:,}", argument=name)
    for name, given, most in (("via", asked.via, MOST_VIA), ("avoid", asked.avoid, MOST_AVOIDED)):
        if len(set(given)) > most:
            raise BadInput(f"{name}: names {len(set(given)):,} things; at most {most:,} are allowed", argument=name)


def _named(asked: PathsAsked) -> dict[str, Sequence[str]]:
    return {"from": [asked.source], "to": [asked.target], "via": asked.via, "avoid": asked.avoid}


async def find_paths(graph: Graph, projection: Projection, asked: PathsAsked) -> PathsFound:
    """The paths, from the projection where it is ready, else by statements.

    Raises BadInput, or NotFound that names all unknown ids.
    """
    check(asked)
    async with projection.at_hand(asked.known_at) as held:
        if held is not None:
            net, sequence = held
            return await worked_out(Asking(net, asked, sequence, projection.at).answer())
    return await _by_statements(graph, asked)


async def _by_statements(graph: Graph, asked: PathsAsked) -> PathsFound:
    where = await position(graph)
    filler = Filler(graph, asked.known_at)
    await filler.load([id for ids in _named(asked).values() for id in ids])
    asking = Asking(filler.net, asked, where.sequence, where.at)
    await filler.contents([asking.source, asking.target])
    begin = asking.positions(asking.target)
    await filler.surroundings(begin, upstream=True, joined=False)
    run = asking.answer()
    try:
        while True:
            positions, upstream = next(run)
            await filler.surroundings(positions, upstream=upstream, joined=False)
    except StopIteration as end:
        found: PathsFound = end.value
    net, answer = filler.net, found.found.answer
    sources = distinct(net.start.data[answer.edges.links].astype(np.int64))
    holders = net.holder.data[sources[net.kind.data[sources] == FIELD]].astype(np.int64)
    await filler.agreements(distinct(np.concatenate([sources, holders[holders >= 0]])).tolist())
    answer.moment.refresh()
    return found


class Asking:
    """A question to one net that stands at a change of the graph, recorded `at`. Raises as `find_paths` does."""

    def __init__(self, net: Net, asked: PathsAsked, sequence: int, at: int) -> None:
        self.net = net
        self.asked = asked
        self.sequence = sequence
        self.at = at
        self.as_of = now() if asked.as_of is None else asked.as_of
        things = {name: located(net, ids, asked.known_at, name) for name, ids in _named(asked).items()}
        unknown = list(dict.fromkeys(id for _, ids in things.values() for id in ids))
        if unknown:
            argument = next(name for name, (_, ids) in things.items() if ids)
            named = ", ".join(unknown)
            raise NotFound(f"{argument}: the registry does not know {named}", argument=argument, ids=unknown)
        (self.source,), (self.target,), self.via, self.avoid = (places for places, _ in things.values())

    def positions(self, thing: int) -> Ints:
        """The positions that a thing stands for at the start."""
        return start_of(Moment(self.net, self.as_of), [thing], reads=False)[0]

    def answer(self) -> Generator[tuple[Ints, bool], None, PathsFound]:
        """The answer; yields as a search does."""
        asked = self.asked
        first = 0 if asked.only_whether else asked.first
        most = MOST_NODES if asked.max_nodes is None else asked.max_nodes
        question = Question(asked.level, asked.max_depth, first, self.via, self.avoid, most, asked.max_milliseconds)
        search = Search(self.net, self.as_of, question)
        listed = Listed(exists=False)
        if self.source != self.target:
            listed = yield from search.find(self.positions(self.source), self.positions(self.target))
        bounds = [0, *accumulate(len(path.nodes) for path in listed.paths)]
        return PathsFound(Found(_answer(search, listed), self.sequence, self.at), bounds, listed.exists)


def _answer(search: Search, listed: Listed) -> Answer:
    """Nodes and edges of all paths, one path after the other."""
    net, moment, paths = search.net, search.moment, listed.paths
    moment.refresh()
    nodes = [node for path in paths for node in path.nodes]
    behind = [positions for path in paths for positions in path.positions]
    return Answer(
        net=net,
        moment=moment,
        level=search.question.level,
        nodes=nodes,
        ids=[net.ids[node] for node in nodes],
        depth=[place for path in paths for place in range(len(path.nodes))],
        whole=[bool((moment.kind[positions] == RESOURCE).any()) for positions in behind],
        more=[listed.more.get(node, 0) for node in nodes],
        edges=_edges(search, paths),
        complete=not listed.stopped_by,
        stopped_by=listed.stopped_by,
        reached_depth=max((len(path.links) for path in paths), default=0),
        behind=np.concatenate([NO_INTS, *behind]),
        behind_node=np.repeat(np.arange(len(nodes)), [len(positions) for positions in behind]),
    )


def _edges(search: Search, paths: Sequence[Path]) -> Edges:
    kind, source, precise, at = search.moment.kind, [], [], 0
    by_field = search.question.level is Level.FIELD
    for path in paths:
        for place in range(len(path.links)):
            source.append(at + place)
            ends = kind[path.nodes[place : place + 2]]
            precise.append(not by_field or bool((ends == FIELD).all()))
        at += len(path.nodes)
    links = [those for path in paths for those in path.links]
    count = [len(those) for those in links]
    return Edges(
        source,
        [place + 1 for place in source],
        [FEEDS] * len(source),
        count,
        precise,
        np.array([link for those in links for link in those], np.int64),
        [0, *accumulate(count)][:-1],
    )
