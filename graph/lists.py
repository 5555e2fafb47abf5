"""The list of one kind: filtered, ordered, in pages that stay right, counted, and summed up by facets.

Texts are put together at import from `graph/filters.py`: for each kind and each way to start, all filters
with null for "not asked". The first start whose filter is given is taken; that changes the time, never the
answer.

Order: by code point of the value, the same on every engine; a missing value comes last; ties by id. The
descending order is the ascending one turned round, with missing values last again.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from graph.changes import now
from graph.engine import Graph
from graph.facts import KEYS, Kind
from graph.filters import CLAUSES
from graph.once import Once
from graph.order import CODES, LAST, bound_above, bound_below
from graph.paging import Page, Position
from graph.scopes import departments_of, lower_jurisdictions
from graph.things import STORED, Keys, Record, as_record, by_ids

MOST_FACETS = 100
"""Values of one facet that are listed, the most frequent ones."""

_ABSENT = {False: LAST, True: ""}
"""What stands for a missing text, ascending and descending, so that it comes last."""


@dataclass(frozen=True, slots=True)
class Facet:
    """One value of a facet, the name of the thing that it is the id of, and how many there are."""

    value: str | None
    name: str | None
    count: int


_NAMED = {
    "department": Kind.DEPARTMENT,
    "provider": Kind.DEPARTMENT,
    "consumer": Kind.DEPARTMENT,
    "system": Kind.SYSTEM,
    "jurisdiction": Kind.JURISDICTION,
}
"""Facets whose values are ids; jurisdictions come last, when departments are known."""


class Order(StrEnum):
    """What a list is ordered by. CODE is the credit code of departments, and the id of kinds without codes."""

    ID = "ID"
    NAME = "NAME"
    CODE = "CODE"
    UPDATED = "UPDATED"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that is asked for. `filters` are values by the names in `graph/filters.py`, `None` for "not asked".

    `jurisdictions` takes in what lies within them. Placeholders, and things that nobody states any more, are
    listed only where `unregistered` or `closed` ask for them; then nothing else is.
    """

    kind: Kind
    filters: Mapping[str, Any] = field(default_factory=dict)
    unregistered: bool = False
    closed: bool = False
    order: Order = Order.ID
    descending: bool = False


_SHOWN = "(n.unregistered IS NOT NULL) = $unregistered AND (n.closed IS NOT NULL) = $closed"

_FILTERED = """
START
WITH n
WHERE SHOWNCLAUSES"""

_PAGE = (
    _FILTERED
    + """
WITH n, coalesce(n.sort_id, n.id) AS tie
WITH n, tie, CASE $order
    WHEN 'NAME' THEN coalesce(n.sort_name, n.name, tie)
    WHEN 'CODE' THEN coalesce(n.sort_code, n.CODE, $absent)
    WHEN 'UPDATED' THEN n.recorded_from
    ELSE tie
  END AS value
WHERE ($from_tie IS NULL OR value AFTER $from_value
    OR (value = $from_value AND (tie AFTER $from_tie OR ($here AND tie = $from_tie))))
  AND ($to_tie IS NULL OR value BEFORE $to_value OR (value = $to_value AND tie BEFORE $to_tie))
WITH n, tie, value ORDER BY value WAY, tie WAY LIMIT $limit
RETURN collect([value, tie, STORED]) AS rows
"""
)

# All of a kind by id: the one order that an index has. $bound only says where to begin in the index; what lies
# between it and the cursor is sorted out exactly (graph/order.py). It is one bound alone, as Neo4j takes two for
# empty where UTF-16 orders them otherwise than code points do.
_BY_ID = """
MATCH (n:LABEL)
WHERE n.id BOUND $bound
  AND ($from_tie IS NULL OR coalesce(n.sort_id, n.id) AFTER $from_tie
    OR ($here AND coalesce(n.sort_id, n.id) = $from_tie))
  AND ($to_tie IS NULL OR coalesce(n.sort_id, n.id) BEFORE $to_tie)
  AND SHOWNCLAUSES
WITH n ORDER BY n.id WAY LIMIT $limit
RETURN collect([coalesce(n.sort_id, n.id), coalesce(n.sort_id, n.id), STORED]) AS rows
"""

_COUNT = _FILTERED + "\nRETURN count(n) AS count\n"

_SUMS = (
    _FILTERED
    + """
WITH FACETS, count(n) AS count
RETURN collect([count, NAMES]) AS rows
"""
)

_ALL = "all"
"""Start from all of a kind, because no filter that is given has a start of its own."""
_PLAIN = "plain"
"""The same without any filter, which is asked for most and must not pay for those that are not."""

_PROVIDER = "coalesce(n.provider, head([(n)<-[h:HOLDS]-(s:System) WHERE h.recorded_to IS NULL | s.department]))"
_OWNER = """head([(n)<-[f:HAS_FIELD]-(p:Resource) WHERE f.recorded_to IS NULL |
    coalesce(p.provider, head([(p)<-[h:HOLDS]-(s:System) WHERE h.recorded_to IS NULL | s.department]))])"""

FACETS: Mapping[Kind, Mapping[str, str]] = {
    Kind.JURISDICTION: {"level": "n.level"},
    Kind.DEPARTMENT: {"jurisdiction": "n.jurisdiction"},
    Kind.SYSTEM: {"department": "n.department", "status": "n.status", "secrecy": "n.secrecy"},
    Kind.ELEMENT: {"department": "n.source", "data_type": "n.data_type"},
    Kind.RESOURCE: {
        "department": _PROVIDER,
        "system": "n.system",
        "share_type": "n.share_type",
        "secrecy": "n.secrecy",
        "update_cycle": "n.update_cycle",
    },
    Kind.FIELD: {"department": _OWNER, "share_type": "n.share_type", "data_type": "n.data_type"},
    Kind.AGREEMENT: {"provider": "n.provider", "consumer": "n.consumer", "status": "n.status"},
}
"""What each kind is counted by, besides `source`; `jurisdiction` follows from `department`."""


def _starts(kind: Kind) -> dict[str, str]:
    """The ways to start, preferred ones first."""
    return {clause.name: clause.start for clause in CLAUSES[kind] if clause.start} | dict.fromkeys(
        (_ALL, _PLAIN), "MATCH (n:LABEL)"
    )


def _filled(template: str, kind: Kind, start: str, *, down: bool = False, bound: str = ">=") -> str:
    others = () if start == _PLAIN else CLAUSES[kind]
    clauses = "".join("\n  AND " + clause.guarded for clause in others if clause.name != start)
    sums = {**FACETS[kind], "sources": "n.sources"}
    facets = ", ".join("EXPRESSION AS NAME".replace("EXPRESSION", e).replace("NAME", n) for n, e in sums.items())
    pieces = {
        "START": _starts(kind)[start],
        "CLAUSES": clauses,
        "SHOWN": _SHOWN,
        "FACETS": facets,
        "NAMES": ", ".join(sums),
        "n.CODE": "n." + CODES.get(kind, "code"),
        "BOUND": bound,
        "AFTER": "<" if down else ">",
        "BEFORE": ">" if down else "<",
        " WAY": " DESC" if down else "",
        "LABEL": kind.label,
        "STORED": STORED,
    }
    for name, piece in pieces.items():
        template = template.replace(name, piece)
    return template


_EACH = [(kind, start) for kind in KEYS for start in _starts(kind)]

PAGE: Mapping[tuple[Kind, str, bool], str] = {
    (kind, start, down): _filled(_PAGE, kind, start, down=down) for kind, start in _EACH for down in (False, True)
}
BY_ID: Mapping[tuple[Kind, str, bool, bool], str] = {
    (kind, start, down, above): _filled(_BY_ID, kind, start, down=down, bound="<=" if above else ">=")
    for kind in KEYS
    for start in (_ALL, _PLAIN)
    for down, above in ((False, False), (True, False), (True, True))
}
"""By kind, start, whether downwards, and whether the index is entered from above."""
COUNT: Mapping[tuple[Kind, str], str] = {(kind, start): _filled(_COUNT, kind, start) for kind, start in _EACH}
SUMS: Mapping[tuple[Kind, str], str] = {(kind, start): _filled(_SUMS, kind, start) for kind, start in _EACH}


def _bound(page: Page, down: bool) -> str | None:
    """Where in the index of ids a page begins; `None` for its very end."""
    start = page.before if page.backward else page.after
    if start is None:
        return None
    return bound_above(start[1]) if down else bound_below(start[1])


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list, with its place in it."""

    position: Position
    record: Record


class Lister:
    """One list: its filters resolved, its statements run only when asked for."""

    def __init__(self, graph: Graph, listing: Listing) -> None:
        self.graph = graph
        self.listing = listing
        self._scope = Once(self._resolve)

    async def _resolve(self) -> dict[str, Any]:
        """The parameters of all filters; jurisdictions become what they hold of this kind's containers."""
        listing = self.listing
        given = {clause.name: listing.filters.get(clause.name) for clause in CLAUSES[listing.kind]}
        within = listing.filters.get("jurisdictions")
        if within is not None:
            if "jurisdictions" in given:
                given["jurisdictions"] = await lower_jurisdictions(self.graph, within)
            else:
                held = await departments_of(self.graph, await lower_jurisdictions(self.graph, within))
                asked = given.get("departments")
                given["departments"] = held if asked is None else [id for id in asked if id in set(held)]
        return {**given, "unregistered": listing.unregistered, "closed": listing.closed, "now": now()}

    def _start(self, given: Mapping[str, Any]) -> str:
        if all(given[clause.name] is None for clause in CLAUSES[self.listing.kind]):
            return _PLAIN
        return next((name for name in _starts(self.listing.kind) if given.get(name) is not None), _ALL)

    async def page(self, page: Page, size: int, keys: Keys = None) -> list[Row]:
        """Up to `size` rows of the list from where `page` begins, in its direction; of each the properties `keys`."""
        listing = self.listing
        given = await self._scope.get()
        start = self._start(given)
        down = listing.descending != page.backward
        bounds = page.bounds()
        if start in (_ALL, _PLAIN) and listing.order is Order.ID:
            bound = _bound(page, down)
            text = BY_ID[listing.kind, start, down, down and bound is not None]
            bounds["bound"] = bound or ""
        else:
            text = PAGE[listing.kind, start, down]
        [found] = await self.graph.read(
            text, **given, **bounds, order=listing.order, absent=_ABSENT[listing.descending], limit=size, keys=keys
        )
        rows = [Row((value, tie), as_record(listing.kind, stored, keys)) for value, tie, stored in found["rows"]]
        return sorted(rows, key=lambda row: row.position, reverse=down)

    async def count(self) -> int:
        """How many there are."""
        given = await self._scope.get()
        [row] = await self.graph.read(COUNT[self.listing.kind, self._start(given)], **given)
        count: int = row["count"]
        return count

    async def facets(self) -> dict[str, list[Facet]]:
        """How many there are of each value, by facet: the most frequent first, then by value."""
        kind = self.listing.kind
        given = await self._scope.get()
        [found] = await self.graph.read(SUMS[kind, self._start(given)], **given)
        sums: dict[str, Counter[str | None]] = {name: Counter() for name in (*FACETS[kind], "source")}
        for count, *values, sources in found["rows"]:
            for name, value in zip(FACETS[kind], values, strict=True):
                sums[name][value] += count
            for source in sources or ():
                sums["source"][source] += count
        return await self._named(sums)

    async def _named(self, sums: dict[str, Counter[str | None]]) -> dict[str, list[Facet]]:
        """Facets with the names of what their values stand for; a department's jurisdiction is counted with it."""
        names: dict[str, str] = {}
        for facet, kind in _NAMED.items():
            if facet not in sums:
                continue
            records = await by_ids(self.graph, kind, [id for id in sums[facet] if id is not None])
            names |= {id: record["name"] for id, record in records.items()}
            if facet == "department":
                within: Counter[str | None] = Counter()
                for id, count in sums[facet].items():
                    within[records.get(id or "", {}).get("jurisdiction")] += count
                sums["jurisdiction"] = within
        return {
            facet: [
                Facet(value, names.get(value or "") if facet in _NAMED else None, count)
                for value, count in sorted(counts.items(), key=lambda item: (-item[1], item[0] or _ABSENT[False]))
            ][:MOST_FACETS]
            for facet, counts in sums.items()
        }
