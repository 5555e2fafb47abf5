"""Search over the names, codes and aliases of all kinds: by substring, ranked, the same on both engines.

What is looked for and what it is looked for in are both name keys (`graph/text.py`), a line for each name,
code and alias; Neo4j's text index serves CONTAINS, the embedded engine looks at all. No character means
anything special.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from graph.engine import Graph
from graph.facts import KEYS, Kind, name_key
from graph.filters import CLAUSES
from graph.once import Once
from graph.refusals import BadInput, NotFound
from graph.scopes import departments_of, lower_jurisdictions
from graph.things import Record, as_record, find

LONGEST = 300
"""Characters of the longest text that is looked for."""

KINDS: tuple[Kind, ...] = (
    Kind.JURISDICTION,
    Kind.DEPARTMENT,
    Kind.SYSTEM,
    Kind.RESOURCE,
    Kind.FIELD,
    Kind.ELEMENT,
    Kind.AGREEMENT,
)
"""The order of kinds among hits that are equally good."""


class Rank(IntEnum):
    """How good a hit is, best first."""

    NAME = 0
    WORD = 1
    PREFIX = 2
    PART = 3


def _clause(kind: Kind, name: str) -> str:
    return next(clause.predicate for clause in CLAUSES[kind] if clause.name == name)


WITHIN: Mapping[Kind, str] = {
    Kind.JURISDICTION: "n.id IN $jurisdictions",
    Kind.DEPARTMENT: "n.id IN $departments",
    Kind.SYSTEM: "(n.id IN $system OR n.department IN $departments)",
    Kind.RESOURCE: "(n.id IN $resource OR n.system IN $system OR PROVIDED)".replace(
        "PROVIDED", _clause(Kind.RESOURCE, "departments")
    ),
    Kind.FIELD: "(n.resource IN $resource OR HELD OR PROVIDED)".replace("HELD", _clause(Kind.FIELD, "system")).replace(
        "PROVIDED", _clause(Kind.FIELD, "departments")
    ),
    Kind.ELEMENT: "n.source IN $departments",
    Kind.AGREEMENT: """(n.system IN $system OR n.provider IN $departments OR n.consumer IN $departments
    OR any(one IN $resource WHERE one IN n.covers))""",
}
"""What lies in a container, the container itself included."""

_MATCH = """
WITH 1 AS go
WHERE 'KIND' IN $kinds
MATCH (n:LABEL)
WHERE n.search CONTAINS $key AND n.closed IS NULLWITHIN
"""

_HITS = (
    _MATCH
    + """
WITH n, coalesce(n.sort_id, n.id) AS tie, size(coalesce(n.name, n.id)) AS length,
  CASE
    WHEN n.name IS NOT NULL AND (n.search = $key OR n.search STARTS WITH $key + '\\n') THEN 0
    WHEN ('\\n' + n.search + '\\n') CONTAINS ('\\n' + $key + '\\n') THEN 1
    WHEN ('\\n' + n.search) CONTAINS ('\\n' + $key) THEN 2
    ELSE 3
  END AS rank
WHERE $rank IS NULL OR rank > $rank OR (rank = $rank AND (length > $length OR (length = $length
  AND (PLACE > $place OR (PLACE = $place AND tie > $id)))))
WITH n, rank, length, tie ORDER BY rank, length, tie LIMIT $limit
RETURN 'KIND' AS kind, collect([rank, length, tie, properties(n)]) AS rows
"""
)

_COUNT = _MATCH + "RETURN count(n) AS count\n"


def _text(template: str, *, within: bool) -> str:
    """One text for all kinds; `within` a container or anywhere."""
    return "UNION ALL".join(
        template.replace("KIND", kind)
        .replace("LABEL", kind.label)
        .replace("PLACE", str(place))
        .replace("WITHIN", "\n  AND " + WITHIN[kind] if within else "")
        for place, kind in enumerate(KINDS)
    )


HITS = _text(_HITS, within=False)
HITS_WITHIN = _text(_HITS, within=True)
COUNT = _text(_COUNT, within=False)
COUNT_WITHIN = _text(_COUNT, within=True)


@dataclass(frozen=True, slots=True)
class Match:
    """Where a text was found: the key and the value as it is stored, and from where to where in it."""

    key: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing that was found. `position` is its place in the order of all hits."""

    position: tuple[int, int, int, str]
    record: Record
    match: Match


class Search:
    """One search. `within` is a container's id, `None` for everywhere."""

    def __init__(self, graph: Graph, text: str, kinds: Sequence[Kind] | None, within: str | None) -> None:
        self.graph = graph
        self.key = _key(text)
        self.kinds = list(KINDS if kinds is None else kinds)
        self.within = within
        self._scope = Once(self._resolve)

    async def hits(self, after: tuple[int, int, int, str] | None, size: int) -> list[Hit]:
        """The best `size` hits that come after a position."""
        rank, length, place, id = after or (None, None, None, None)
        keyset = {"rank": rank, "length": length, "place": place, "id": id, "limit": size}
        rows = await self.graph.read(HITS_WITHIN if self.within else HITS, **await self._parameters(), **keyset)
        found = [self._hit(Kind(row["kind"]), *hit) for row in rows for hit in row["rows"]]
        return sorted(found, key=lambda hit: hit.position)[:size]

    async def count(self) -> int:
        """How many hits there are."""
        rows = await self.graph.read(COUNT_WITHIN if self.within else COUNT, **await self._parameters())
        return sum(row["count"] for row in rows)

    def _hit(self, kind: Kind, rank: int, length: int, tie: str, stored: Record) -> Hit:
        record = as_record(kind, stored)
        return Hit((rank, length, KINDS.index(kind), tie), record, matched(record, self.key))

    async def _parameters(self) -> dict[str, Any]:
        return {"key": self.key, "kinds": self.kinds, **await self._scope.get()}

    async def _resolve(self) -> dict[str, list[str]]:
        return {} if self.within is None else await scope(self.graph, self.within)


def _key(text: str) -> str:
    if len(text) > LONGEST:
        raise BadInput(f"text: at most {LONGEST} characters, not {len(text):,}", argument="text")
    key = name_key(text)
    if not key:
        raise BadInput("text: give at least one character to look for", argument="text")
    return key


async def scope(graph: Graph, within: str) -> dict[str, list[str]]:
    """The containers that lie in the container `within`, by filter. Raises NotFound, or BadInput for other kinds."""
    record = (await find(graph, [within])).get(within)
    if record is None:
        raise NotFound(f"within: the registry does not know {within}", argument="within", ids=[within])
    kind: Kind = record["kind"]
    found: dict[str, list[str]] = {"jurisdictions": [], "departments": [], "system": [], "resource": []}
    if kind is Kind.JURISDICTION:
        found["jurisdictions"] = await lower_jurisdictions(graph, [within])
        found["departments"] = await departments_of(graph, found["jurisdictions"])
    elif kind in _SCOPES:
        found[_SCOPES[kind]] = [within]
    else:
        raise BadInput(
            f"within: {within} is a {kind.label}; give a jurisdiction, department, system or resource",
            argument="within",
        )
    return found


_SCOPES = {Kind.DEPARTMENT: "departments", Kind.SYSTEM: "system", Kind.RESOURCE: "resource"}
_SEARCHED = ("name", "short_name", "code", "uscc", "aliases")


def matched(record: Mapping[str, Any], key: str) -> Match:
    """Which of a thing's names, codes and aliases is the best match of a name key, and where in it."""
    best: tuple[Rank, Match] | None = None
    for name in _SEARCHED:
        if name not in KEYS[record["kind"]]:
            continue
        values = record.get(name)
        for value in values if isinstance(values, list) else [values] if values else []:
            its = name_key(value)
            if key in its:
                rank = Rank.WORD if its == key else Rank.PREFIX if its.startswith(key) else Rank.PART
                if best is None or rank < best[0]:
                    best = rank, Match(name, value, *_span(value, its, key))
    return best[1] if best else Match("name", record["name"], 0, 0)


def _span(text: str, whole: str, key: str) -> tuple[int, int]:
    """From where to where in `text` its name key says `key`; all of it where that cannot be told."""
    pieces = [piece if (piece := name_key(character)).isalnum() else "" for character in text]
    if "".join(pieces) != whole:
        return 0, len(text)
    start = whole.index(key)
    end = start + len(key)
    first = last = at = 0
    for place, piece in enumerate(pieces):
        if at <= start < at + len(piece):
            first = place
        if at < end <= at + len(piece):
            last = place + 1
        at += len(piece)
    return first, last
