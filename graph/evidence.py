"""What stands behind the edges of an answer, link by link: its ends, job and times, the agreements that it runs
under, who stated it, and what else states the same.

Links are in the order of source id, target id, job (none first), beginning of validity (open first). All but who
stated them and what they carry is told from the net that the answer stands on, and has to be taken from it before
anything is awaited; the rest is a statement for all links that are listed.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import orjson

from graph.engine import Graph
from graph.facts import Link
from graph.granted import granted
from graph.lineage import Found, name_of
from graph.link_writes import link_key
from graph.moment import Moment
from graph.net import FEEDS, FIELD, FLOWS, KINDS, NEVER_IN_FORCE, OPEN_END, OPEN_START, Ints, Net, distinct
from graph.paging import Page, Position
from graph.provenance import standing, stated
from graph.refusals import TooCostly

MOST = 100_000
"""Links that one statement may be asked about."""
MOST_OTHERS = 10
"""Other links that are listed beside one."""

_STATED = """
UNWIND $FLOW AS start
MATCH AT_START
WITH r, start.rows[toString(r.key)] AS recorded
WHERE r.recorded_from IN recorded
RETURN collect([r.key, properties(r)]) AS found
"""
_AT_START = {
    "feeds": ("(:Field {id: start.id})-[r:FEEDS]->()", "(:Resource {id: start.id})-[r:FEEDS]->()"),
    "reads": ("(:Resource {id: start.id})<-[r:READS]-()",),
}
STATED = "UNION ALL".join(
    _STATED.replace("FLOW", flow).replace("AT_START", at) for flow, places in _AT_START.items() for at in places
)


class Agreement(StrEnum):
    """How an agreement stands at a moment, the best first."""

    IN_FORCE = "IN_FORCE"
    UPCOMING = "UPCOMING"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"
    NONE = "NONE"


class Other(StrEnum):
    """Why another link states the same."""

    SAME_ENDS = "SAME_ENDS"
    SUM = "SUM"


Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One recorded version of a link, with the indexes of its ends."""

    start: int
    end: int
    flow: int
    job: str | None
    valid_from: int | None
    valid_to: int | None
    recorded_from: int


class Links:
    """Links as columns, taken from a net."""

    def __init__(self, net: Net, links: Ints) -> None:
        self.index = links
        self.start = net.start.data[links].astype(np.int64)
        self.end = net.end.data[links].astype(np.int64)
        self.flow = net.flow.data[links].astype(np.int64)
        self.job = net.job.data[links].astype(np.int64)
        self.period = net.periods.rows[net.period.data[links]]
        self._jobs = net.jobs

    def pick(self, which: Ints) -> "Links":
        """Some of them, in another order."""
        picked = Links.__new__(Links)
        picked._jobs = self._jobs
        for name in ("index", "start", "end", "flow", "job", "period"):
            setattr(picked, name, getattr(self, name)[which])
        return picked

    def row(self, place: int) -> Row:
        """One of them."""
        job = int(self.job[place])
        since, until, recorded, _ = self.period[place].tolist()
        return Row(
            int(self.start[place]),
            int(self.end[place]),
            int(self.flow[place]),
            None if job < 0 else self._jobs[job],
            None if since == OPEN_START else since,
            None if until == OPEN_END else until,
            recorded,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A link on a page, with its record; the keys that the graph tells are filled in by `tell`."""

    position: Position
    record: Record
    rows: list[tuple[Row, Record]] = field(default_factory=list)
    """The link and those beside it, each with the record that it is told in."""


class Behind:
    """The links behind all edges of an answer. Make it before anything is awaited: it takes what the net has now."""

    def __init__(self, found: Found) -> None:
        answer = found.answer
        # With all links: what else states the same does so whatever a filter leaves out.
        net, moment, edges = answer.net, Moment(answer.net, answer.moment.as_of), answer.edges
        self.known_at = min(net.known_at, found.at)
        self._first, self._count = edges.first, edges.count
        links = Links(net, edges.links)
        order = _order(net, links, np.repeat(np.arange(len(edges.first)), edges.count))
        self._links = links = links.pick(order)
        self._departments = moment.department(links.start), moment.department(links.end)
        self._agreements = _agreements(moment, links)
        self._same = _Beside(moment, links.start, links.end, links.flow)
        fields = (links.flow == FEEDS) & (moment.kind[links.start] == FIELD) & (moment.kind[links.end] == FIELD)
        self._holders = [np.where(fields, moment.resource(column), -1) for column in (links.start, links.end)]
        between = (self._holders[0] >= 0) & (self._holders[1] >= 0) & (self._holders[0] != self._holders[1])
        self._sums = _Beside(moment, *(column[between] for column in (*self._holders, links.flow)))
        self._ends = _ends(moment, links)

    def count(self, edge: int) -> int:
        """How many links stand behind an edge."""
        return self._count[edge]

    def lines(self, edge: int, page: Page, size: int) -> list[Line]:
        """Up to `size` links behind an edge from where `page` begins, in its direction."""
        places = range(self._first[edge], self._first[edge] + self._count[edge])
        low, high = 0, len(places)
        if page.after is not None:
            cut = bisect_left if page.here and not page.backward else bisect_right
            low = cut(places, page.after, key=self._position)
        if page.before is not None:
            cut = bisect_right if page.here and page.backward else bisect_left
            high = cut(places, page.before, key=self._position)
        listed = places[low : max(low, high)]
        return [self._line(place) for place in (listed[::-1] if page.backward else listed)[:size]]

    def _position(self, place: int) -> Position:
        row = self._links.row(place)
        ids = self._ends[row.start]["id"], self._ends[row.end]["id"], row.job or ""
        return "\0".join(ids), OPEN_START if row.valid_from is None else row.valid_from

    def _line(self, place: int) -> Line:
        row = self._links.row(place)
        agreements = self._agreements.get(place, [])
        same = self._same.rows(row.start, row.end, row.flow, int(self._links.index[place]))
        holders = [int(column[place]) for column in self._holders]
        sums = self._sums.rows(holders[0], holders[1], row.flow)
        beside = [(Other.SAME_ENDS, other) for other in same] + [(Other.SUM, other) for other in sums]
        departments = [int(column[place]) for column in self._departments]
        others = [{**self._told(other), "how": how} for how, other in beside[:MOST_OTHERS]]
        record = {
            **self._told(row),
            "crosses_departments": None if min(departments) < 0 else departments[0] != departments[1],
            "agreed": min((one["state"] for one in agreements), key=_RANK.__getitem__, default=Agreement.NONE),
            "agreements": agreements,
            "others": others,
            "others_count": len(beside),
        }
        told = [(row, record), *zip((other for _, other in beside), others, strict=False)]
        return Line(self._position(place), record, told)

    def _told(self, row: Row) -> Record:
        return {
            "source": self._ends[row.start],
            "target": self._ends[row.end],
            "flow": FLOWS[row.flow],
            "job": row.job,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
            "recorded_from": row.recorded_from,
        }


_RANK = {state: rank for rank, state in enumerate(Agreement)}


def _order(net: Net, links: Links, edge: Ints) -> Ints:
    """The places of the links of each edge in their order."""
    ends = distinct(np.concatenate([links.start, links.end]))
    ids = [net.ids[at] for at in ends.tolist()]
    rank = np.argsort(sorted(range(len(ids)), key=ids.__getitem__))
    jobs = distinct(links.job)
    names = ["" if number < 0 else net.jobs[number] for number in jobs.tolist()]
    job_rank = np.argsort(sorted(range(len(names)), key=names.__getitem__))
    start, end = (rank[np.searchsorted(ends, column)] for column in (links.start, links.end))
    return np.lexsort((links.period[:, 0], job_rank[np.searchsorted(jobs, links.job)], end, start, edge))


def _ends(moment: Moment, links: Links) -> Mapping[int, Record]:
    """The ends of links and their resources, as they are told."""
    net = moment.net
    ends = distinct(np.concatenate([links.start, links.end]))
    holders = moment.resource(ends)
    ends = distinct(np.concatenate([ends, holders[holders >= 0]]))
    held = moment.resource(ends).tolist()
    kinds = moment.kind[ends].tolist()
    found: dict[int, Record] = {
        at: {"id": net.ids[at], "kind": KINDS[kind], "name": name_of(net, at), "resource": None}
        for at, kind in zip(ends.tolist(), kinds, strict=True)
    }
    for at, holder in zip(ends.tolist(), held, strict=True):
        if holder >= 0 and holder != at:
            found[at]["resource"] = found[holder]
    return found


def _agreements(moment: Moment, links: Links) -> Mapping[int, list[Record]]:
    """The agreements of links by their places, the best first, then by id."""
    by_link = granted(moment, links.index)
    told = {at: _agreement(moment, at) for at in {at for those in by_link.values() for at in those}}
    return {
        place: sorted((told[at] for at in those), key=lambda one: (_RANK[one["state"]], one["id"]))
        for place, those in by_link.items()
    }


def _agreement(moment: Moment, at: int) -> Record:
    net = moment.net
    since, until = net.lives.rows[net.life.data[at]].tolist()
    withdrawn = (since, until) == NEVER_IN_FORCE
    state = Agreement.IN_FORCE
    if withdrawn:
        state = Agreement.WITHDRAWN
    elif moment.as_of < since:
        state = Agreement.UPCOMING
    elif until <= moment.as_of:
        state = Agreement.EXPIRED
    return {
        "id": net.ids[at],
        "name": name_of(net, at),
        "state": state,
        "valid_from": None if withdrawn or since == OPEN_START else since,
        "valid_to": None if withdrawn or until == OPEN_END else until,
    }


class _Beside:
    """All links in force between some pairs of things, by pair and flow."""

    def __init__(self, moment: Moment, starts: Ints, ends: Ints, flows: Ints) -> None:
        net = moment.net
        self._size = net.size
        _, links = net.out.gather(distinct(starts))
        if not net.whole:  # what was walked upstream is known by its end only
            links = distinct(np.concatenate([links, net.into.gather(distinct(ends))[1]]))
        found = Links(net, links[moment.links(links)])
        codes = self._code(found.start, found.end, found.flow)
        order = np.lexsort((found.period[:, 0], found.job, codes))
        order = order[np.isin(codes[order], self._code(starts, ends, flows))]
        self._links, self._codes = found.pick(order), codes[order]

    def _code(self, start: Any, end: Any, flow: Any) -> Any:
        return (start * self._size + end) * 2 + flow

    def rows(self, start: int, end: int, flow: int, but: int = -1) -> list[Row]:
        """Those between two things, but for one, by job and beginning."""
        if start < 0 or end < 0:
            return []
        code = self._code(start, end, flow)
        low, high = np.searchsorted(self._codes, [code, code + 1]).tolist()
        rows = [self._links.row(place) for place in range(low, high) if self._links.index[place] != but]
        return sorted(rows, key=lambda row: (row.job or "", OPEN_START if row.valid_from is None else row.valid_from))


async def tell(graph: Graph, behind: Behind, lines: Iterable[Line]) -> None:
    """Fill in what the graph knows of the links: who stated them, what they carry; one statement.

    Raises TooCostly for more links than fit in memory.
    """
    told = [pair for line in lines for pair in line.rows]
    if len(told) > MOST:
        raise TooCostly(f"first: {len(told):,} links are too many at once; ask for fewer", argument="first")
    wanted: dict[str, dict[str, dict[str, list[int]]]] = {"feeds": {}, "reads": {}}
    keyed = []
    for row, record in told:
        key = _key(row, record)
        rows = wanted[FLOWS[row.flow].lower()].setdefault(record["source"]["id"], {})
        rows.setdefault(str(key), []).append(row.recorded_from)
        keyed.append((key, row.recorded_from, record))
    if not keyed:
        return
    starts = {flow: [{"id": id, "rows": rows} for id, rows in those.items()] for flow, those in wanted.items()}
    found = {
        (key, stored["recorded_from"]): stored
        for part in await graph.read(STATED, **starts)
        for key, stored in part["found"]
    }
    for key, recorded_from, record in keyed:
        _fill(record, found.get((key, recorded_from), {}), max(behind.known_at, recorded_from))


def _key(row: Row, record: Record) -> int:
    values = {"job": row.job, "valid_from": row.valid_from}
    return link_key(Link(FLOWS[row.flow], record["source"]["id"], record["target"]["id"], values))


def _fill(record: Record, stored: Mapping[str, Any], instant: int) -> None:
    record.update(
        transformation=stored.get("transformation"),
        influence=stored.get("influence"),
        ended=bool(stored.get("ended")),
        extra=None if stored.get("extra") is None else orjson.loads(stored["extra"]),
        stated_by=[
            {"source": one.source, "since": one.since, "until": one.until} for one in standing(stated(stored), instant)
        ],
    )
