"""Standard solutions: systems that others are to be instances of, instead of building the same again.

`(:StandardSolution)` is the registry's own note: who registered it, since when it may be used, until when.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from graph.changes import now
from graph.engine import Graph, Transaction
from graph.facts import Kind
from graph.filing_words import by_text, free_text, title_text
from graph.refusals import BadInput, NotFound, Taken
from graph.things import by_ids

__all__ = ["Solution", "end", "every", "instances", "named", "register", "usable"]

OF_SYSTEM = """
MATCH (s:StandardSolution {system: $id})
RETURN collect(properties(s)) AS solutions
"""

SAVE = """
MERGE (s:StandardSolution {id: $id})
SET s = $properties
"""

BY_IDS = """
UNWIND $ids AS id
MATCH (s:StandardSolution {id: id})
RETURN collect(properties(s)) AS solutions
"""

ALL = """
MATCH (s:StandardSolution)
RETURN collect(properties(s)) AS solutions
"""

# Taking it for writing first makes two writers queue here.
LOCK = """
MATCH (s:StandardSolution {id: $id})
SET s.asked = $now
RETURN properties(s) AS solution
"""

LOCK_SYSTEM = """
MATCH (n:System {id: $id})
SET n.number = n.number
RETURN n.id AS id
"""

INSTANCES = """
UNWIND $ids AS id
MATCH (f:Filing {solution: id})
WHERE f.system IS NOT NULL AND f.state IN ['APPROVED', 'BUILT']
RETURN collect(DISTINCT [id, f.system]) AS pairs
"""


@dataclass(frozen=True, slots=True)
class Solution:
    """A standard solution. It may be used from `since` on, before `until`; times are microseconds since 1970 UTC."""

    id: str
    system: str
    title: str
    by: str
    at: int
    since: int
    until: int | None = None
    ended_by: str | None = None
    reason: str | None = None

    def in_force(self, at: int) -> bool:
        """Whether it may be used at an instant."""
        return self.since <= at and (self.until is None or at < self.until)

    def stored(self) -> dict[str, Any]:
        """As properties."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


def _solution(stored: Mapping[str, Any]) -> Solution:
    known = {one.name for one in fields(Solution)}
    return Solution(**{name: value for name, value in stored.items() if name in known})


async def register(
    graph: Graph, system: str, title: str, by: str, since: int | None = None, until: int | None = None
) -> Solution:
    """Make a registered system a standard solution. Raises BadInput, NotFound, or Taken where it is one already."""
    title, by, at = title_text(title, "title"), by_text(by), now()
    since = at if since is None else since
    if until is not None and until <= since:
        raise BadInput("until: must be after since, or it could never be used", argument="until")
    found = (await by_ids(graph, Kind.SYSTEM, [system])).get(system)
    if found is None or found.get("unregistered") or found.get("closed"):
        raise NotFound(f"system: {system} is no registered system", argument="system", ids=[system])
    made = Solution(f"solution:{secrets.token_hex(8)}", system, title, by, at, since, until)

    async def work(transaction: Transaction) -> None:
        await transaction.run(LOCK_SYSTEM, id=system)
        [row] = await transaction.run(OF_SYSTEM, id=system)
        for one in map(_solution, row["solutions"]):
            if one.until is None or one.until > since:
                raise Taken(
                    f"system: {system} is a standard solution already ({one.id}); end that one first",
                    argument="system",
                    ids=[one.id],
                )
        await transaction.run(SAVE, id=made.id, properties=made.stored())

    await graph.write(work)
    return made


async def end(graph: Graph, id: str, by: str, reason: str | None, until: int | None = None) -> Solution:
    """Let it be used no longer, from now or from `until` on; what was filed as its instance stays so."""
    by, reason = by_text(by), free_text(reason, "reason")
    at = now()

    async def work(transaction: Transaction) -> Solution:
        rows = await transaction.run(LOCK, id=id, now=at)
        if not rows:
            raise _unknown(id, "id")
        found = _solution(rows[0]["solution"])
        if found.until is not None and found.until <= at:
            raise Taken(f"id: {id} has ended already", argument="id")
        last = at if until is None else until
        if last < found.since:
            raise BadInput("until: must not be before it began", argument="until")
        values = {**found.stored(), "until": last, "ended_by": by, **({} if reason is None else {"reason": reason})}
        await transaction.run(SAVE, id=id, properties=values)
        return _solution(values)

    return await graph.write(work)


async def every(graph: Graph) -> list[Solution]:
    """All of them, by title."""
    [row] = await graph.read(ALL)
    return sorted(map(_solution, row["solutions"]), key=lambda one: (one.title, one.id))


async def named(graph: Graph, ids: Sequence[str]) -> dict[str, Solution]:
    """Those that there are, by id."""
    [row] = await graph.read(BY_IDS, ids=list(dict.fromkeys(ids)))
    return {one.id: one for one in map(_solution, row["solutions"])}


async def usable(graph: Graph, ids: Iterable[str | None]) -> set[str]:
    """Those that may be used now."""
    asked = [id for id in ids if id is not None]
    found = await named(graph, asked) if asked else {}
    return {id for id, one in found.items() if one.in_force(now())}


async def in_force(graph: Graph, id: str, argument: str) -> Solution:
    """One that may be used now. Raises NotFound or Taken that names `argument`."""
    found = (await named(graph, [id])).get(id)
    if found is None:
        raise _unknown(id, argument)
    if not found.in_force(now()):
        raise Taken(f"{argument}: {found.title} ({id}) is not to be used now; see standardSolutions", argument=argument)
    return found


async def instances(graph: Graph, ids: Sequence[str]) -> dict[str, list[str]]:
    """The systems that were filed as instances of solutions, by the solutions' ids."""
    [row] = await graph.read(INSTANCES, ids=list(dict.fromkeys(ids)))
    found: dict[str, list[str]] = {id: [] for id in ids}
    for id, system in sorted(row["pairs"]):
        found[id].append(system)
    return found


def _unknown(id: str, argument: str) -> NotFound:
    return NotFound(f"{argument}: there is no standard solution {id}", argument=argument, ids=[id])
