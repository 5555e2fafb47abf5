"""What things contain and what flows at them: for all parents of a level in one statement.

Texts are put together at import from one table. In each, `CALL (key)` makes a page for every parent by
itself, so a parent with very much in it costs no more than its page.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from graph.changes import now
from graph.engine import Graph
from graph.facts import Kind
from graph.filters import PROVIDED
from graph.history import Then, as_known
from graph.paging import Page, Position
from graph.provenance import standing, stated
from graph.refusals import TooCostly
from graph.things import STORED, Keys, Record, as_link, as_record

T = TypeVar("T")

MOST = 200_000
"""Rows that one statement may be asked for, all parents together."""


class Contents(StrEnum):
    """What can be listed of a thing."""

    LOWER_JURISDICTIONS = "LOWER_JURISDICTIONS"
    DEPARTMENTS = "DEPARTMENTS"
    PARTS = "PARTS"
    PREDECESSORS = "PREDECESSORS"
    SYSTEMS = "SYSTEMS"
    PROVIDED = "PROVIDED"
    ELEMENTS = "ELEMENTS"
    GIVEN = "GIVEN"
    RECEIVED = "RECEIVED"
    HELD = "HELD"
    SERVING = "SERVING"
    FIELDS = "FIELDS"
    COVERING_RESOURCE = "COVERING_RESOURCE"
    COVERING_FIELD = "COVERING_FIELD"
    CARRIERS = "CARRIERS"
    COVERED = "COVERED"
    FIELD_FEEDS = "FIELD_FEEDS"
    FIELD_FED_BY = "FIELD_FED_BY"
    RESOURCE_FEEDS = "RESOURCE_FEEDS"
    RESOURCE_FED_BY = "RESOURCE_FED_BY"
    READERS = "READERS"
    READS = "READS"


@dataclass(frozen=True, slots=True)
class Pattern:
    """How contents are found from `id`: a pattern that binds the relationship `r` and the content `n`."""

    match: str
    kind: Kind
    value: str = "0"
    """What they are ordered by before their tie."""
    flow: bool = False


_LINK = """MATCH (:FROM {id: id})ARROW(n:TO)
  WHERE r.recorded_to IS NULL"""


def _to(parent: Kind, arrow: str, kind: Kind, value: str = "0", *, flow: bool = False) -> Pattern:
    match = _LINK.replace("FROM", parent.label).replace("TO", kind.label, 1).replace("ARROW", arrow)
    return Pattern(match, kind, value, flow)


_ID = "coalesce(n.sort_id, n.id)"
_POSITION = "coalesce(n.position, 9223372036854775807)"
_PROVIDED = PROVIDED.replace("RETURN n", "RETURN n, r").replace("h:HOLDS", "r:HOLDS").replace("h.rec", "r.rec")

PATTERNS: Mapping[Contents, tuple[Pattern, ...]] = {
    Contents.LOWER_JURISDICTIONS: (_to(Kind.JURISDICTION, "<-[r:WITHIN]-", Kind.JURISDICTION),),
    Contents.DEPARTMENTS: (
        _to(Kind.JURISDICTION, "<-[r:WITHIN]-", Kind.DEPARTMENT, "coalesce(n.order, 9223372036854775807)"),
    ),
    Contents.PARTS: (_to(Kind.DEPARTMENT, "<-[r:PART_OF]-", Kind.DEPARTMENT),),
    Contents.PREDECESSORS: (_to(Kind.DEPARTMENT, "<-[r:SUCCEEDED_BY]-", Kind.DEPARTMENT),),
    Contents.SYSTEMS: (_to(Kind.DEPARTMENT, "-[r:OPERATES]->", Kind.SYSTEM),),
    Contents.PROVIDED: (Pattern(_PROVIDED, Kind.RESOURCE),),
    Contents.ELEMENTS: (_to(Kind.DEPARTMENT, "<-[r:SOURCED_BY]-", Kind.ELEMENT),),
    Contents.GIVEN: (_to(Kind.DEPARTMENT, "<-[r:GRANTED_BY]-", Kind.AGREEMENT),),
    Contents.RECEIVED: (_to(Kind.DEPARTMENT, "<-[r:GRANTED_TO]-", Kind.AGREEMENT),),
    Contents.HELD: (_to(Kind.SYSTEM, "-[r:HOLDS]->", Kind.RESOURCE),),
    Contents.SERVING: (_to(Kind.SYSTEM, "<-[r:SERVES]-", Kind.AGREEMENT),),
    Contents.FIELDS: (_to(Kind.RESOURCE, "-[r:HAS_FIELD]->", Kind.FIELD, _POSITION),),
    Contents.COVERING_RESOURCE: (_to(Kind.RESOURCE, "<-[r:COVERS]-", Kind.AGREEMENT),),
    Contents.COVERING_FIELD: (_to(Kind.FIELD, "<-[r:COVERS]-", Kind.AGREEMENT),),
    Contents.CARRIERS: (_to(Kind.ELEMENT, "<-[r:REPRESENTS]-", Kind.FIELD),),
    Contents.COVERED: (
        _to(Kind.AGREEMENT, "-[r:COVERS]->", Kind.RESOURCE),
        _to(Kind.AGREEMENT, "-[r:COVERS]->", Kind.FIELD),
    ),
    Contents.FIELD_FEEDS: (_to(Kind.FIELD, "-[r:FEEDS]->", Kind.FIELD, _ID, flow=True),),
    Contents.FIELD_FED_BY: (_to(Kind.FIELD, "<-[r:FEEDS]-", Kind.FIELD, _ID, flow=True),),
    Contents.RESOURCE_FEEDS: (_to(Kind.RESOURCE, "-[r:FEEDS]->", Kind.RESOURCE, _ID, flow=True),),
    Contents.RESOURCE_FED_BY: (_to(Kind.RESOURCE, "<-[r:FEEDS]-", Kind.RESOURCE, _ID, flow=True),),
    Contents.READERS: (_to(Kind.RESOURCE, "<-[r:READS]-", Kind.SYSTEM, _ID, flow=True),),
    Contents.READS: (_to(Kind.SYSTEM, "-[r:READS]->", Kind.RESOURCE, _ID, flow=True),),
}
"""What is listed, with its order. Flows are a row for each link; a link needs itself and its end to be in force."""


def is_flow(contents: Contents) -> bool:
    """Whether it is a row for each link."""
    return PATTERNS[contents][0].flow


_IN_FORCE = """
    AND ($in_force IS NULL OR (coalesce(r.valid_from, $now) <= $now AND coalesce(r.valid_to, $now + 1) > $now
      AND coalesce(n.valid_from, $now) <= $now AND coalesce(n.valid_to, $now + 1) > $now
      AND n.closed IS NULL) = $in_force)"""

_PAGE = """
UNWIND $ids AS id
CALL (id) {
  MATCHIN_FORCE
  WITH n, r, VALUE AS value, TIE AS tie
  WHERE ($from_tie IS NULL OR value AFTER $from_value
      OR (value = $from_value AND (tie AFTER $from_tie OR ($here AND tie = $from_tie))))
    AND ($to_tie IS NULL OR value BEFORE $to_value OR (value = $to_value AND tie BEFORE $to_tie))
  WITH n, r, value, tie ORDER BY value WAY, tie WAY LIMIT $limit
  RETURN collect([value, tie, STORED, LINK]) AS rows
}
RETURN 'KIND' AS kind, collect([id, rows]) AS found
"""

_COUNT = """
UNWIND $ids AS id
CALL (id) {
  MATCHIN_FORCE
  RETURN count(n) AS count
}
RETURN collect([id, count]) AS found
"""


def _text(template: str, pattern: Pattern, *, down: bool = False) -> str:
    pieces = {
        "MATCH": pattern.match,
        "STORED": STORED,
        "IN_FORCE": _IN_FORCE if pattern.flow else "",
        "VALUE": pattern.value,
        "TIE": "r.key" if pattern.flow else _ID,
        "LINK": "properties(r)" if pattern.flow else "null",
        "AFTER": "<" if down else ">",
        "BEFORE": ">" if down else "<",
        " WAY": " DESC" if down else "",
        "KIND": pattern.kind,
    }
    for name, piece in pieces.items():
        template = template.replace(name, piece, 1) if name == "MATCH" else template.replace(name, piece)
    return template


PAGE: Mapping[tuple[Contents, bool], str] = {
    (contents, down): "UNION ALL".join(_text(_PAGE, pattern, down=down) for pattern in patterns)
    for contents, patterns in PATTERNS.items()
    for down in (False, True)
}
COUNT: Mapping[Contents, str] = {
    contents: "UNION ALL".join(_text(_COUNT, pattern) for pattern in patterns)
    for contents, patterns in PATTERNS.items()
}


_STANDING = r"(\1.recorded_from <= known_at AND coalesce(\1.recorded_to, known_at + 1) > known_at)"
_UNSTATED = r"""NOT EXISTS {
    MATCH (:Department)-[p:PROVIDES]->(n)
    WHERE p.recorded_to IS NULL
  }"""


def _as_known(text: str) -> str:
    """The text about what was recorded at an instant each, in today's order; only the ids of contents come back."""
    pieces = {
        "UNWIND $ids AS id": "UNWIND $pairs AS pair\nWITH pair[0] AS id, pair[1] AS known_at",
        "CALL (id)": "CALL (id, known_at)",
        "collect([id,": "collect([id, known_at,",
        "n.provider IS NULL": _UNSTATED,
        STORED: "n.id",
    }
    for piece, other in pieces.items():
        text = text.replace(piece, other)
    return re.sub(r"(\w+)\.recorded_to IS NULL", _STANDING, text)


PAGE_THEN: Mapping[tuple[Contents, bool], str] = {key: _as_known(text) for key, text in PAGE.items()}
COUNT_THEN: Mapping[Contents, str] = {key: _as_known(text) for key, text in COUNT.items()}


class Content(NamedTuple):
    """One thing that another contains, or that a flow joins to it; `link` are the flow's properties."""

    position: Position
    record: Record
    link: Record | None


async def page(
    graph: Graph,
    contents: Contents,
    ids: Sequence[str],
    page: Page,
    size: int,
    in_force: bool | None = None,
    keys: Keys = None,
) -> dict[str, list[Content]]:
    """For each of the things `ids`: up to `size` of its contents from where `page` begins, in its direction.

    Raises TooCostly where that may be more than fits in memory.
    """
    _check(ids, size)
    down = page.backward
    found: dict[str, list[Content]] = {id: [] for id in ids}
    parameters = {**page.bounds(), "limit": size, "in_force": in_force, "now": now(), "keys": keys}
    for part in await graph.read(PAGE[contents, down], ids=list(ids), **parameters):
        kind = Kind(part["kind"])
        for id, rows in part["found"]:
            found[id] += [
                Content((value, tie), as_record(kind, stored, keys), None if link is None else as_link(link))
                for value, tie, stored, link in rows
            ]
    return _cut(found, page, size)


_ANY: Mapping[str, int | None] = {"in_force": None, "now": 0}
"""No filter by what is in force."""

Owner = tuple[str, Then]
"""The id of a thing, and the moment at which it is looked at."""


async def page_then(
    graph: Graph, contents: Contents, owners: Sequence[Owner], page: Page, size: int
) -> dict[Owner, list[Content]]:
    """As `page`, of what was recorded of each owner at its moment: a statement more for each kind of contents."""
    _check(owners, size)
    asked = {"pairs": _pairs(owners), "limit": size, **page.bounds(), **_ANY}
    found: dict[Owner, list[Content]] = {owner: [] for owner in owners}
    for part in await graph.read(PAGE_THEN[contents, page.backward], **asked):
        kind = Kind(part["kind"])
        rows = {(id, known_at): rows for id, known_at, rows in part["found"]}
        members = [(member, pair[1]) for pair, those in rows.items() for _, _, member, _ in those]
        versions = await as_known(graph, kind, members) if members else {}
        for (id, then), those in found.items():
            those += [
                Content((value, tie), versions[member, then.known_at].record(kind, then), _link_then(link, then))
                for value, tie, member, link in rows.get((id, then.known_at), ())
                if (member, then.known_at) in versions
            ]
    return _cut(found, page, size)


def _pairs(owners: Iterable[Owner]) -> list[list[Any]]:
    return [list(pair) for pair in dict.fromkeys((id, then.known_at) for id, then in owners)]


def _link_then(link: Record | None, then: Then) -> Record | None:
    if link is None:
        return None
    sources = [one.source for one in standing(stated(link), then.known_at)]
    return {**as_link(dict(link)), "sources": sources or None, "then": then}


def _check(ids: Sequence[object], size: int) -> None:
    if len(ids) * size > MOST:
        raise TooCostly(
            f"first: {len(ids):,} lists of up to {size - 1:,} each are too many at once; ask for fewer",
            argument="first",
        )


def _cut(found: dict[T, list[Content]], page: Page, size: int) -> dict[T, list[Content]]:
    for rows in found.values():
        rows.sort(key=lambda content: content.position, reverse=page.backward)
        del rows[size:]
    return found


async def count_then(graph: Graph, contents: Contents, owners: Sequence[Owner]) -> dict[Owner, int]:
    """As `count`, of what was recorded of each owner at its moment."""
    counts: dict[tuple[str, int], int] = defaultdict(int)
    for part in await graph.read(COUNT_THEN[contents], pairs=_pairs(owners), **_ANY):
        for id, known_at, number in part["found"]:
            counts[id, known_at] += number
    return {(id, then): counts[id, then.known_at] for id, then in owners}


async def count(graph: Graph, contents: Contents, ids: Sequence[str], in_force: bool | None = None) -> dict[str, int]:
    """For each of the things `ids`: how many contents it has."""
    counts = dict.fromkeys(ids, 0)
    for part in await graph.read(COUNT[contents], ids=list(ids), in_force=in_force, now=now()):
        for id, number in part["found"]:
            counts[id] += number
    return counts
