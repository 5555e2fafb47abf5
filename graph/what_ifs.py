"""Saved what-ifs: a named change with who saved it, when, on which change of the graph, and what it touched then.

They are the registry's own notes, not facts: no source states them, they take no number of the change sequence, and
no list, export or walk sees them.
"""

import asyncio
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from graph.changes import now
from graph.consequences import AgreementTouched, agreements
from graph.engine import Graph, Transaction
from graph.facts import is_id
from graph.impact import Impact
from graph.planned_change import ChangeKind, PlannedChange
from graph.refusals import BadInput, NotFound, Taken
from graph.statements import json_text

MOST = 1_000
"""What-ifs that are kept."""
MOST_ROWS = 10_000
"""Rows of one part of an answer that are kept; of more only how many, and whether they are the same."""

_SHOWN = "[n.id, n.name, n.by, n.at, n.as_of, n.sequence, n.complete, n.change]"

NAMED = """
MATCH (n:WhatIf {name: $name})
RETURN collect(n.id) AS ids
"""

COUNT = """
MATCH (n:WhatIf)
RETURN count(n) AS count
"""

SAVE = """
MERGE (n:WhatIf {id: $id})
SET n = $properties
"""

DELETE = """
MATCH (n:WhatIf {id: $id})
DELETE n
RETURN count(*) AS count
"""

_ALL = """
MATCH (n:WhatIf)
RETURN collect(SHOWN) AS rows
"""
ALL = _ALL.replace("SHOWN", _SHOWN)

_BY_IDS = """
UNWIND $ids AS id
MATCH (n:WhatIf {id: id})
RETURN collect(SHOWN) AS rows
"""
BY_IDS = _BY_IDS.replace("SHOWN", _SHOWN)

ANSWERS = """
UNWIND $ids AS id
MATCH (n:WhatIf {id: id})
RETURN collect([n.id, n.answer]) AS rows
"""

Answer = dict[str, Any]
"""What a change touched: by part the rows `{id: what}`, or how many there are and a mark of them."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A saved what-if. `as_of` is `None` where it asks about the time at which it is asked, whenever that is."""

    id: str
    name: str
    by: str
    at: int
    as_of: int | None
    sequence: int
    complete: bool
    change: PlannedChange


@dataclass(frozen=True, slots=True)
class Difference:
    """What is different between two answers: in which part, of which thing. `before` or `after` is absent if it is."""

    part: str
    id: str
    before: str | None
    after: str | None


async def save(graph: Graph, name: str, by: str, as_of: int | None, impact: Impact) -> WhatIf:
    """Keep an answer under a name of its own. Raises BadInput, or Taken where the name is taken."""
    for argument, text in (("name", name), ("by", by)):
        if not is_id(text) or not text.strip():
            raise BadInput(
                f"{argument}: must have 1 to 300 characters, none of them a control character", argument=argument
            )
    id = f"what-if:{secrets.token_hex(8)}"
    one = WhatIf(id, name.strip(), by.strip(), now(), as_of, impact.sequence, impact.complete, impact.change)
    properties = {
        "id": one.id,
        "name": one.name,
        "by": one.by,
        "at": one.at,
        "as_of": as_of,
        "sequence": one.sequence,
        "complete": one.complete,
        "change": json_text(_as_json(one.change)),
        "answer": json_text(await answer_of(graph, impact)),
    }

    async def work(transaction: Transaction) -> None:
        [row] = await transaction.run(NAMED, name=one.name)
        if set(row["ids"]) - {one.id}:
            raise Taken("name: a what-if has this name already; choose another, or delete that one", argument="name")
        [row] = await transaction.run(COUNT)
        if row["count"] >= MOST:
            raise Taken(f"name: {MOST:,} what-ifs are kept already; delete one that nobody needs", argument="name")
        await transaction.run(SAVE, id=one.id, properties=properties)

    await graph.write(work)
    return one


async def delete(graph: Graph, id: str) -> bool:
    """Keep one no longer; whether it was there."""

    async def work(transaction: Transaction) -> bool:
        rows = await transaction.run(DELETE, id=id)
        return bool(rows and rows[0]["count"])

    return await graph.write(work)


async def every(graph: Graph) -> list[WhatIf]:
    """All of them, by name."""
    [row] = await graph.read(ALL)
    return sorted(map(_what_if, row["rows"]), key=lambda one: (one.name, one.id))


async def by_ids(graph: Graph, ids: Sequence[str]) -> dict[str, WhatIf]:
    """Those that there are, by id."""
    [row] = await graph.read(BY_IDS, ids=list(dict.fromkeys(ids)))
    return {one.id: one for one in map(_what_if, row["rows"])}


async def saved_answer(graph: Graph, id: str, argument: str) -> Answer:
    """What a saved change touched then. Raises NotFound that names `argument`."""
    [row] = await graph.read(ANSWERS, ids=[id])
    if not row["rows"]:
        raise NotFound(f"{argument}: there is no what-if {id}", argument=argument, ids=[id])
    found: Answer = orjson.loads(row["rows"][0][1])
    return found


def _what_if(row: Sequence[Any]) -> WhatIf:
    id, name, by, at, as_of, sequence, complete, change = row
    return WhatIf(id, name, by, at, as_of, sequence, complete, _from_json(orjson.loads(change)))


def _as_json(change: PlannedChange) -> dict[str, Any]:
    return {"kind": change.kind.value, "ids": change.ids, "into": change.into, "altered": dict(change.altered)}


def _from_json(stored: Mapping[str, Any]) -> PlannedChange:
    altered = tuple(stored["altered"].items())
    return PlannedChange(ChangeKind(stored["kind"]), tuple(stored["ids"]), stored["into"], altered)


# What an answer was, short enough to be kept.


async def answer_of(graph: Graph, impact: Impact) -> Answer:
    """The rows of an answer by part."""
    return await asyncio.to_thread(_parts, impact, await agreements(graph, impact))


def _parts(impact: Impact, touched: Sequence[AgreementTouched]) -> Answer:
    parts = {one.level.name: _rows(one.ids, _affected(one.depth, one.precise)) for one in impact.levels}
    parts["SOURCES"] = _rows(impact.units.ids, [one.value for one in impact.units.outlook])
    parts["AGREEMENTS"] = _rows([one.id for one in touched], [one.effect.value for one in touched])
    told = impact.departments
    counts = [f"{one.fields} fields, {one.resources} resources, {one.systems} systems" for one in told]
    parts["DEPARTMENTS"] = _rows([one.id for one in told], counts)
    return parts


def _affected(depths: Iterable[int], precise: Iterable[bool]) -> list[str]:
    return [f"depth {depth}" if sure else f"depth {depth}, maybe" for depth, sure in zip(depths, precise, strict=True)]


def _rows(ids: Sequence[str], words: Sequence[str]) -> dict[str, Any]:
    pairs = dict(zip(ids, words, strict=True))
    if len(pairs) <= MOST_ROWS:
        return {"rows": pairs}
    mark = blake2b(orjson.dumps(pairs, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
    return {"count": len(pairs), "mark": mark}


def differences(before: Answer, after: Answer) -> list[Difference]:
    """What is different, part by part, then by id. A part that is too long has one row, that counts."""
    return [row for part in after for row in _different(part, before[part], after[part])]


def _different(part: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
    if "rows" not in before or "rows" not in after:
        if before != after:
            yield Difference(part, "", _counted(before), _counted(after))
        return
    old, new = before["rows"], after["rows"]
    for id in sorted(old.keys() | new.keys()):
        if old.get(id) != new.get(id):
            yield Difference(part, id, old.get(id), new.get(id))


def _counted(part: Mapping[str, Any]) -> str:
    return f"{part['count'] if 'count' in part else len(part['rows']):,} rows"
