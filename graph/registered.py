"""What the registry has already of the resources that a connector meets: by id, code or alias, and their fields.

No engine keeps an index of the members of lists, so aliases are looked through once and then only where a resource
has changed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from graph.changes import now
from graph.engine import Graph

CALLED = """
UNWIND $names AS name
MATCH (n:Resource {id: name})
WHERE n.closed IS NULL AND n.unregistered IS NULL
RETURN collect([name, n.id, n.valid_from, n.valid_to]) AS found
UNION ALL
UNWIND $names AS name
MATCH (n:Resource {code: name})
WHERE n.closed IS NULL
RETURN collect([name, n.id, n.valid_from, n.valid_to]) AS found
"""

ALIASES = """
MATCH (n:Resource)
WHERE n.aliases IS NOT NULL AND n.closed IS NULL
RETURN collect([n.id, n.aliases, n.valid_from, n.valid_to]) AS found
"""

CHANGED = """
UNWIND range($after + 1, $last) AS change
MATCH (n:Resource {sequence: change})
RETURN collect([n.id, CASE WHEN n.closed IS NULL THEN n.aliases END, n.valid_from, n.valid_to]) AS found
"""

COLUMNS = """
UNWIND $ids AS id
MATCH (:Resource {id: id})-[h:HAS_FIELD]->(f:Field)
WHERE h.recorded_to IS NULL AND f.unregistered IS NULL AND f.closed IS NULL
  AND ($besides = '' OR any(source IN f.sources WHERE NOT source STARTS WITH $besides))
RETURN collect([id, f.id, coalesce(f.name, f.id), f.code, f.position, f.valid_from, f.valid_to]) AS found
"""

Found = tuple[str, str, int | None, int | None]
"""A name, the id of the resource that is called so, and when that is valid."""


async def called(graph: Graph, names: Sequence[str]) -> list[Found]:
    """The stated resources with one of `names` as id or code."""
    rows = await graph.read(CALLED, names=list(names))
    return [(name, id, since, until) for row in rows for name, id, since, until in row["found"]]


async def aliases(graph: Graph) -> list[tuple[str, Sequence[str], int | None, int | None]]:
    """Every resource that has aliases: id, aliases, validity."""
    [row] = await graph.read(ALIASES)
    return [(id, names, since, until) for id, names, since, until in row["found"]]


async def changed(
    graph: Graph, after: int, last: int
) -> list[tuple[str, Sequence[str] | None, int | None, int | None]]:
    """The same of the resources that were last touched by a change after `after`, up to `last`; None: it has none."""
    [row] = await graph.read(CHANGED, after=after, last=last)
    return [(id, names, since, until) for id, names, since, until in row["found"]]


async def columns(graph: Graph, ids: Sequence[str], besides: str = "") -> Mapping[str, list[tuple[Any, ...]]]:
    """The fields in force of each resource: id, name and code, by position and id.

    `besides` is how the names of sources start that do not count: what only they state is left out.
    """
    [row] = await graph.read(COLUMNS, ids=list(ids), besides=besides)
    moment = now()
    found: dict[str, list[tuple[Any, ...]]] = {}
    for resource, id, name, code, position, since, until in row["found"]:
        if is_valid(since, until, moment):
            place = (position is None, position or 0, id)
            found.setdefault(resource, []).append((place, id, name, code))
    return {resource: [row[1:] for row in sorted(rows)] for resource, rows in found.items()}


def is_valid(since: int | None, until: int | None, at: int) -> bool:
    """Whether a validity holds an instant."""
    return (since is None or since <= at) and (until is None or at < until)
