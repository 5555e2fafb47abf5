"""What a source no longer states: its statement ends, and what nobody states any more is closed, never deleted."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from graph.changes import Turn, position, take_turn
from graph.ends import End, ends, stored
from graph.engine import Graph, Transaction
from graph.facts import KEYS, LINK_KEYS, Kind, Link
from graph.link_writes import STARTS, LinkRows, as_stated, current, link_key
from graph.order import order_keys
from graph.plan import PLAIN, Manner, Plan, Written, named
from graph.provenance import kept_former
from graph.references import REFERENCES
from graph.statements import json_text, provenance, search_text, without
from graph.writes import finish

PAGE = 20_000

_COUNT = """
MATCH (n:LABEL)
WHERE $source IN n.sources
RETURN count(n) AS count
"""
COUNT: Mapping[Kind, str] = {kind: _COUNT.replace("LABEL", kind.label) for kind in KEYS}

_COUNT_LINKS = """
MATCH ()-[r:FLOW]->()
WHERE $source IN r.sources AND r.recorded_to IS NULL
RETURN count(r) AS count
"""
COUNT_LINKS: Mapping[str, str] = {flow: _COUNT_LINKS.replace("FLOW", flow) for flow in LINK_KEYS}

_STATED = """
MATCH (n:LABEL)
WHERE n.number > $after AND $source IN n.sources
WITH n ORDER BY n.number LIMIT $page
RETURN collect([n.number, n.id]) AS found
"""
STATED: Mapping[Kind, str] = {kind: _STATED.replace("LABEL", kind.label) for kind in KEYS}

_STATED_LINKS = """
UNWIND range($after + 1, $last) AS change
MATCH (a:LABEL {flows: change})
MATCH LINK
WHERE $source IN r.sources AND r.recorded_to IS NULL
RETURN collect([a.id, b.id, r.job, r.valid_from]) AS links
"""
_LINK = {"FEEDS": "(a)-[r:FEEDS]->(b)", "READS": "(a)<-[r:READS]-(b)"}
STATED_LINKS: Mapping[tuple[str, Kind], str] = {
    (flow, kind): _STATED_LINKS.replace("LABEL", kind.label).replace("LINK", _LINK[flow])
    for flow, kinds in STARTS.items()
    for kind in kinds
}

_STATED_BY = ("sources", "statements", "former")

LinkIdentity = tuple[str, str, str | None, int | None]
"""Start, end, job and valid_from of a link."""


async def count_stated(graph: Graph, source: str) -> int:
    """How many things and links `source` states now."""
    total = 0
    for text in (*COUNT.values(), *COUNT_LINKS.values()):
        [row] = await graph.read(text, source=source)
        total += row["count"]
    return total


async def stated_things(graph: Graph, source: str, kind: Kind) -> AsyncIterator[list[str]]:
    """Ids of the things of `kind` that `source` states now, in pages."""
    after = -1
    while True:
        [row] = await graph.read(STATED[kind], source=source, after=after, page=PAGE)
        found = row["found"]
        if found:
            yield [id for _, id in found]
        if len(found) < PAGE:
            return
        after = max(number for number, _ in found)


async def stated_links(graph: Graph, source: str, flow: str) -> AsyncIterator[list[LinkIdentity]]:
    """Identities of the links of `flow` that `source` states now, in pages (of some changes each)."""
    last = (await position(graph)).sequence
    for kind in STARTS[flow]:
        for after in range(0, last, 4):
            window = {"after": after, "last": min(after + 4, last)}
            [row] = await graph.read(STATED_LINKS[flow, kind], source=source, **window)
            if row["links"]:
                yield [(start, end, job, valid_from) for start, end, job, valid_from in row["links"]]


async def withdraw_things(graph: Graph, kind: Kind, ids: Sequence[str], source: str, *, manner: Manner = PLAIN) -> int:
    """End the statements of `source` about `ids` (at most 5,000); how many there were."""

    async def work(transaction: Transaction) -> Written:
        plan = Plan(await take_turn(transaction), manner)
        left = await plan_end_of_things(transaction, plan, kind, dict.fromkeys(ids, source))
        await plan.run(transaction)
        return await finish(transaction, plan, f"{kind.value} withdrawn,", left, {source})

    return (await graph.write(work)).changed


async def plan_end_of_things(transaction: Transaction, plan: Plan, kind: Kind, sources: Mapping[str, str]) -> list[str]:
    """Fill the plan with what it does that each id's source states it no more; the ids that it stated."""
    there = await stored(transaction, kind, list(sources))
    left = {
        id: (before, _without(kind, before, sources[id], plan.turn))
        for id, before in there.items()
        if sources[id] in (before.get("sources") or [])
    }
    about = {id for pair in left.values() for one in pair for ref in REFERENCES[kind] for id in named(one.get(ref.key))}
    known = await ends(transaction, list(about))
    for id, (before, after) in left.items():
        plan.note([id], sources[id], KEYS[kind], before)
        if after["recorded_from"] == plan.turn.at:
            plan.keep(kind, before)
            plan.refer(kind, id, before, {} if "closed" in after else after, known)
        plan.replaced[kind].append(after)
    plan.written.changed = len(left)
    return list(left)


def _without(kind: Kind, before: dict[str, Any], source: str, turn: Turn) -> dict[str, Any]:
    """The stored thing when `source` states it no more."""
    kept: dict[str, Any] = {name: before[name] for name in ("id", "number", "created", "flows") if name in before}
    kept["sequence"] = turn.sequence
    change = without(source, before, KEYS[kind])
    if change is None:
        gone = {name: value for name, value in before.items() if name not in _STATED_BY}
        return {**gone, **kept, "recorded_from": turn.at, "closed": turn.at}
    values = {**change.values, **{n: json_text(v) for n, v in (("extra", change.extra), ("raw", change.raw)) if v}}
    recorded = before["recorded_from"] if change.same_state else turn.at
    after = {
        **values,
        **kept,
        **provenance(change.statements, recorded),
        "search": search_text(kind, values),
        **order_keys(kind, before["id"], values),
        "recorded_from": recorded,
    }
    return after | (kept_former(before, after, turn.at) if change.same_state else {})


async def withdraw_links(
    graph: Graph, flow: str, links: Sequence[LinkIdentity], source: str, *, manner: Manner = PLAIN
) -> int:
    """End the statements of `source` about `links` (at most 5,000); how many there were."""

    async def work(transaction: Transaction) -> Written:
        plan = Plan(await take_turn(transaction), manner)
        known, rows = await plan_end_of_links(transaction, plan, flow, dict.fromkeys(links, source))
        await rows.run(transaction, plan.turn, known)
        return await finish(transaction, plan, f"{flow} withdrawn,", rows.things, {source})

    return (await graph.write(work)).changed


async def plan_end_of_links(
    transaction: Transaction, plan: Plan, flow: str, sources: Mapping[LinkIdentity, str]
) -> tuple[dict[str, End], LinkRows]:
    """What it does that each link's source states it no more, as rows to be run; the ends that they know of."""
    ids = {
        link_key(Link(flow, start, end, {"job": job, "valid_from": since})): (start, end, source)
        for (start, end, job, since), source in sources.items()
    }
    known = await ends(transaction, list({id for start, end, _ in ids.values() for id in (start, end)}))
    rows = LinkRows(flow)
    there = await current(transaction, flow, ((start, key) for key, (start, _, _) in ids.items()), known)
    for key, before in there.items():
        start, end, source = ids[key]
        if source not in (before.get("sources") or []):
            continue
        about = (start, end, before.get("job"), before.get("valid_from"))
        plan.note(about, source, LINK_KEYS[flow], as_stated(before))
        after = _link_without(flow, before, source, plan.turn)
        rows.touched.append((start, end))
        if after["recorded_from"] != plan.turn.at:
            rows.marked.append((start, key, after))
            continue
        rows.closed.append((start, key, True))
        rows.created.setdefault(known[start].kind, []).append([start, end, after])
    plan.written.changed = len(rows.touched)
    return known, rows


def _link_without(flow: str, before: dict[str, Any], source: str, turn: Turn) -> dict[str, Any]:
    """The stored link when `source` states it no more. With nobody left it ends now, and a mark says who ended it."""
    kept = {name: before[name] for name in ("key", "from_number", "to_number")} | {"sequence": turn.sequence}
    change = without(source, as_stated(before), LINK_KEYS[flow])
    if change is None:
        gone = {name: value for name, value in before.items() if name not in _STATED_BY}
        stated_to = before.get("valid_to")
        if stated_to is not None and stated_to <= turn.at:
            return {**gone, **kept, "recorded_from": turn.at}
        end = max(turn.at, before.get("valid_from") or turn.at)
        ended = {**gone, **kept, "recorded_from": turn.at, "valid_to": end, "ended": True}
        return ended if stated_to is None else {**ended, "stated_to": stated_to}
    values = {**change.values, **({"extra": json_text(change.extra)} if change.extra else {})}
    recorded = before["recorded_from"] if change.same_state else turn.at
    after = {**values, **kept, **provenance(change.statements, recorded), "recorded_from": recorded}
    return after | (kept_former(before, after, turn.at) if change.same_state else {})
