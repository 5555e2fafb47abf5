"""The change feed: what was written after a change, in order, from any process and for as long as there is a graph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.changes import position
from graph.engine import Graph
from graph.facts import KEYS, Kind
from graph.refusals import BadInput
from graph.search import WITHIN, scope

MOST = 500
"""Changes of one page."""

CHANGES = """
UNWIND range($after + 1, $upto) AS number
MATCH (c:Change {sequence: number})
RETURN collect([c.sequence, c.at, c.sources, c.acts, c.count, c.ids]) AS found
"""

_INSIDE = """
WITH 1 AS go
WHERE 'KIND' IN $kinds
UNWIND $ids AS id
MATCH (n:LABEL {id: id})SCOPE
RETURN collect(n.id) AS ids
"""


def _inside(*, within: bool) -> str:
    texts = (_INSIDE.replace("KIND", kind).replace("LABEL", kind.label) for kind in KEYS)
    scopes = ("\nWHERE " + WITHIN[kind] if within else "" for kind in KEYS)
    return "UNION ALL".join(text.replace("SCOPE", found) for text, found in zip(texts, scopes, strict=True))


INSIDE = _inside(within=False)
INSIDE_WITHIN = _inside(within=True)


@dataclass(frozen=True, slots=True)
class Change:
    """One change: of `count` things, `ids` those of them that were asked for; none where they are too many to list."""

    sequence: int
    at: int
    sources: Sequence[str]
    acts: Sequence[str]
    count: int
    ids: Sequence[str]
    listed: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """A page: everything up to `sequence`; the graph stands at `head`."""

    changes: Sequence[Change]
    sequence: int
    head: int


async def changes(
    graph: Graph, since: int, first: int, kinds: Sequence[Kind] | None = None, within: str | None = None
) -> Changes:
    """What was written after the change `since`: of the next `first` changes those that touch `kinds`, `within`.

    A change of very many things does not list them; it is told whatever is asked for. Raises BadInput or NotFound.
    """
    if not 1 <= first <= MOST:
        raise BadInput(f"first: must be from 1 to {MOST:,}, not {first:,}", argument="first")
    head = (await position(graph)).sequence
    if since > head:
        raise BadInput(f"since: the graph stands at {head}; it was put back. Begin again from there", argument="since")
    upto = min(since + first, head)
    [row] = await graph.read(CHANGES, after=since, upto=upto)
    found = [
        Change(sequence, at, sources, acts, count, ids, len(ids) == count)
        for sequence, at, sources, acts, count, ids in sorted(row["found"])
    ]
    if kinds is not None or within is not None:
        found = await _narrowed(graph, found, list(KEYS if kinds is None else kinds), within)
    return Changes(found, upto, head)


async def _narrowed(graph: Graph, found: Sequence[Change], kinds: list[Kind], within: str | None) -> list[Change]:
    scopes: Mapping[str, list[str]] = {} if within is None else await scope(graph, within)
    ids = sorted({id for change in found for id in change.ids})
    inside: set[str] = set()
    if ids:
        text = INSIDE if within is None else INSIDE_WITHIN
        rows = await graph.read(text, ids=ids, kinds=kinds, **scopes)
        inside = {id for row in rows for id in row["ids"]}
    narrowed = []
    for change in found:
        kept = [id for id in change.ids if id in inside]
        if kept or not change.listed:
            narrowed.append(
                Change(change.sequence, change.at, change.sources, change.acts, change.count, kept, change.listed)
            )
    return narrowed
