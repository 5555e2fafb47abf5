"""Things by what they are called: for connectors whose files name things by name."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from graph.changes import now
from graph.engine import Graph
from graph.facts import Kind, name_key

PAGE = 20_000
MOST = 6
"""Things of one name that are told; more than one is as good as many."""

_CALLED = """
MATCH (n:LABEL)
WHERE coalesce(n.sort_id, n.id) > $after
WITH n, coalesce(n.sort_id, n.id) AS place ORDER BY place LIMIT $page
WITH collect(CASE
    WHEN n.unregistered IS NULL AND n.closed IS NULL
      AND coalesce(n.valid_from, $now) <= $now AND coalesce(n.valid_to, $now + 1) > $now
    THEN [n.id, n.HOLDER, n.search] END) AS found, max(place) AS last, count(n) AS count
RETURN found, last, count
"""
HOLDERS: Mapping[Kind, str] = {
    Kind.DEPARTMENT: "jurisdiction",
    Kind.SYSTEM: "department",
    Kind.RESOURCE: "provider",
    Kind.ELEMENT: "source",
}
"""What a name of each kind counts in."""
CALLED: Mapping[Kind, str] = {
    kind: _CALLED.replace("LABEL", kind.label).replace("HOLDER", holder) for kind, holder in HOLDERS.items()
}


async def called(graph: Graph, kind: Kind, names: Sequence[str]) -> Mapping[str, list[tuple[str, str | None]]]:
    """Id and holder of the things of `kind` in force with this id, name, code or alias, of each name at most MOST.

    It looks through all of the kind, some thousands at a time: no engine has an index of names.
    """
    wanted: dict[str, list[str]] = defaultdict(list)
    for name in names:
        wanted[name_key(name)].append(name)
    ids = set(names)
    found: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    after = ""
    while True:
        [row] = await graph.read(CALLED[kind], after=after, page=PAGE, now=now())
        for id, holder, search in row["found"]:
            words = [name for key in (search or "").split("\n") for name in wanted.get(key, ())]
            for name in dict.fromkeys([*([id] if id in ids else []), *words]):
                if len(found[name]) < MOST:
                    found[name].append((id, holder))
        if row["count"] < PAGE:
            return {name: sorted(pairs) for name, pairs in found.items() if pairs}
        after = row["last"]
