"""Statements of flows (FEEDS, READS) into the graph. One relationship for each recorded version of a link."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

from graph.changes import Turn, now, position, take_turn
from graph.ends import End, ends
from graph.engine import Graph, Transaction
from graph.facts import LINK_KEYS, Finding, Kind, Link, Severity, prefix_kind
from graph.plan import PLAIN, Manner, Plan, Written
from graph.provenance import kept_former
from graph.relabel import relabel
from graph.statements import is_empty_interval, json_text, provenance, state_again, stored_values
from graph.writes import Stated, empty_interval, finish

AT_START: Mapping[str, str] = {
    "FEEDS": "(a:LABEL {id: start.id})-[r:FEEDS]->(b)",
    "READS": "(a:LABEL {id: start.id})<-[r:READS]-(b)",
}
"""Where the links of a flow are found: at the field or resource that the data comes from.

An index on a relationship does not serve every engine, so look-ups go from `$starts`, a list of
{id, rows: {key as text: …}}: each start's links are gone through once, and only those wanted come back.
`flows` of a start is the change that last touched one of its links.
"""

STARTS: Mapping[str, tuple[Kind, ...]] = {"FEEDS": (Kind.FIELD, Kind.RESOURCE), "READS": (Kind.RESOURCE,)}
"""The kinds that links of a flow start from."""


def _at_start(template: str) -> dict[tuple[str, Kind], str]:
    return {
        (flow, kind): template.replace("AT_START", AT_START[flow]).replace("LABEL", kind.label)
        for flow, kinds in STARTS.items()
        for kind in kinds
    }


_CURRENT = """
UNWIND $starts AS start
MATCH AT_START
WHERE r.recorded_to IS NULL
WITH r, start.rows[toString(r.key)] AS row
WHERE row IS NOT NULL
RETURN collect(properties(r)) AS found
"""
CURRENT = _at_start(_CURRENT)

_CLOSE = """
UNWIND $starts AS start
MATCH AT_START
WHERE r.recorded_to IS NULL
WITH a, r, start.rows[toString(r.key)] AS row
WHERE row IS NOT NULL
SET r.recorded_to = $at, r.sequence = $sequence, a.flows = $sequence
"""
CLOSE = _at_start(_CLOSE)

_MARK = """
UNWIND $starts AS start
MATCH AT_START
WHERE r.recorded_to IS NULL
WITH a, r, start.rows[toString(r.key)] AS row
WHERE row IS NOT NULL
SET r = row, a.flows = $sequence
"""
MARK = _at_start(_MARK)

CREATE: Mapping[tuple[str, Kind], str] = {
    ("FEEDS", Kind.FIELD): """
UNWIND $rows AS row
MATCH (a:Field {id: row[0]}) MATCH (b:Field {id: row[1]})
CREATE (a)-[r:FEEDS]->(b)
SET r = row[2], a.flows = $sequence
""",
    ("FEEDS", Kind.RESOURCE): """
UNWIND $rows AS row
MATCH (a:Resource {id: row[0]}) MATCH (b:Resource {id: row[1]})
CREATE (a)-[r:FEEDS]->(b)
SET r = row[2], a.flows = $sequence
""",
    ("READS", Kind.RESOURCE): """
UNWIND $rows AS row
MATCH (a:Resource {id: row[0]}) MATCH (b:System {id: row[1]})
CREATE (b)-[r:READS]->(a)
SET r = row[2], a.flows = $sequence
""",
}


def by_start(rows: Iterable[tuple[str, int, Any]], known: Mapping[str, End]) -> dict[Kind, list[dict[str, Any]]]:
    """Rows (start, key, what for it) as `$starts`, by the kind of the start."""
    starts: dict[str, dict[str, Any]] = {}
    for start, key, row in rows:
        starts.setdefault(start, {})[str(key)] = row
    found: dict[Kind, list[dict[str, Any]]] = {}
    for id, its in starts.items():
        if id in known:
            found.setdefault(known[id].kind, []).append({"id": id, "rows": its})
    return found


async def current(
    transaction: Transaction, flow: str, wanted: Iterable[tuple[str, int]], known: Mapping[str, End]
) -> dict[int, dict[str, Any]]:
    """The stored properties of the current links among `wanted` (start, key), by key."""
    found = {}
    for kind, starts in by_start(((start, key, True) for start, key in wanted), known).items():
        if (flow, kind) in CURRENT:
            for row in await transaction.run(CURRENT[flow, kind], starts=starts):
                found.update({properties["key"]: properties for properties in row["found"]})
    return found


@dataclass(slots=True)
class LinkRows:
    """The rows of one flow that a transaction writes: links closed, marked in place, and created."""

    flow: str
    closed: list[tuple[str, int, Any]] = field(default_factory=list)
    marked: list[tuple[str, int, Any]] = field(default_factory=list)
    created: dict[Kind, list[list[Any]]] = field(default_factory=dict)
    touched: list[tuple[str, str]] = field(default_factory=list)
    """The ends of each link that is written."""

    @property
    def things(self) -> list[str]:
        """What lies at the ends of the links that are written, each once."""
        return list(dict.fromkeys(id for ends in self.touched for id in ends))

    async def run(self, transaction: Transaction, turn: Turn, known: Mapping[str, End]) -> None:
        """Write them, old versions before new ones."""
        sequence = turn.sequence
        for kind, starts in by_start(self.closed, known).items():
            await transaction.run(CLOSE[self.flow, kind], starts=starts, at=turn.at, sequence=sequence)
        for kind, starts in by_start(self.marked, known).items():
            await transaction.run(MARK[self.flow, kind], starts=starts, sequence=sequence)
        for kind, rows in self.created.items():
            await transaction.run(CREATE[self.flow, kind], rows=rows, sequence=sequence)


def link_key(link: Link) -> int:
    """A number that stands for what a link is: its ends, job and valid_from. 63 bits of a hash."""
    valid_from = link.values.get("valid_from")
    text = "\0".join(
        (link.start, link.end, link.values.get("job") or "", "" if valid_from is None else str(valid_from))
    )
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


async def write_links(
    graph: Graph,
    flow: str,
    links: Sequence[Link],
    *,
    dry_run: bool = False,
    stated: Stated | None = None,
    manner: Manner = PLAIN,
) -> Written:
    """State `links` of one flow (each once, `source` filled, at most 5,000); refused ones come back as findings."""
    if not links:
        return Written()
    keyed = {link_key(link): link for link in links}
    where = await position(graph) if dry_run else None

    async def work(transaction: Transaction) -> Written:
        if where is not None:
            plan = Plan(Turn(where.sequence + 1, max(now(), where.at + 1), where.numbers))
        else:
            plan = Plan(await take_turn(transaction), manner)
        known, rows = await plan_links(transaction, plan, flow, keyed, dry_run=dry_run, stated=stated)
        if where is not None:
            return plan.written
        await plan.run(transaction)
        await rows.run(transaction, plan.turn, known)
        return await finish(transaction, plan, flow, rows.things, {link.source or "" for link in links})

    return await graph.write(work)


async def plan_links(
    transaction: Transaction,
    plan: Plan,
    flow: str,
    keyed: Mapping[int, Link],
    *,
    dry_run: bool = False,
    stated: Stated | None = None,
) -> tuple[dict[str, End], LinkRows]:
    """Fill the plan and the rows with what stating links (by `link_key`) does; the ends that it knows of."""
    links = list(keyed.values())
    known = await ends(transaction, list({id for link in links for id in (link.start, link.end)}))
    if stated is not None:
        unknown = [id for link in links for id in (link.start, link.end) if id not in known]
        known |= {id: End(kind, -1, False) for id, kind in stated(unknown).items()}
    if not dry_run:
        for kind, guessed in _guessed_wrong(links, known).items():
            await relabel(transaction, plan.turn, guessed, known, kind)
    there = await current(transaction, flow, ((link.start, key) for key, link in keyed.items()), known)
    rows = LinkRows(flow)
    for key, link in keyed.items():
        its = _kind_of_ends(plan, link, known)
        if its is not None:
            _plan_link(plan, rows, link, key, there.get(key), known, its)
    return known, rows


def _plan_link(
    plan: Plan,
    rows: LinkRows,
    link: Link,
    key: int,
    before: dict[str, Any] | None,
    known: Mapping[str, End],
    kind: Kind,
) -> None:
    """Plan one link."""
    turn, written = plan.turn, plan.written
    source, keys = link.source or "", LINK_KEYS[link.flow]
    about = (link.start, link.end, link.values.get("job"), link.values.get("valid_from"))
    row: dict[str, Any] = {
        "key": key,
        "from_number": known[link.start].number,
        "to_number": known[link.end].number,
        "recorded_from": turn.at,
        "sequence": turn.sequence,
    }
    if before is None:
        values = {name: value for name, value in stored_values(link).items() if value is not None}
        if is_empty_interval(values):
            written.findings.append(empty_interval(link, f"{link.start} → {link.end}"))
            return
        plan.note(about, source, keys, None)
        row |= values
        row |= {"sources": [link.source or ""]} | ({"extra": json_text(link.extra)} if link.extra else {})
        written.added += 1
    else:
        change = state_again(link, turn.at, as_stated(before), plan.manner.again.get(key), exact=plan.manner.exact)
        if change.same:
            written.unchanged += 1
            return
        if is_empty_interval(change.values):
            written.findings.append(empty_interval(link, f"{link.start} → {link.end}"))
            return
        plan.note(about, source, keys, as_stated(before), change.statements)
        row |= {**change.values, **provenance(change.statements)}
        row |= {"extra": json_text(change.extra)} if change.extra else {}
        written.changed += 1
        if change.same_state:
            same = {**row, "recorded_from": before["recorded_from"]}
            rows.marked.append((link.start, key, {**same, **kept_former(before, same, turn.at)}))
            rows.touched.append((link.start, link.end))
            return
        rows.closed.append((link.start, key, True))
    rows.created.setdefault(kind, []).append([link.start, link.end, row])
    rows.touched.append((link.start, link.end))


def as_stated(stored: Mapping[str, Any]) -> dict[str, Any]:
    """A stored link as its sources stated it: the end that the registry set on withdrawal taken off again."""
    if not stored.get("ended"):
        return dict(stored)
    return {**stored, "valid_to": stored.get("stated_to")}


def _guessed_wrong(links: Sequence[Link], known: Mapping[str, End]) -> dict[Kind, set[str]]:
    """The placeholders at the links' ends that must be of another kind, by that kind."""
    wrong: dict[Kind, set[str]] = {}
    for link in links:
        for id, kind in zip((link.start, link.end), _wanted(link, known), strict=True):
            end = known.get(id)
            if end is not None and end.unregistered and end.kind is not kind:
                wrong.setdefault(kind, set()).add(id)
    return wrong


def _kind_of_ends(plan: Plan, link: Link, known: dict[str, End]) -> Kind | None:
    """The kind that both ends have (of READS: the resource's); unknown ends become placeholders, wrong ones refuse."""
    wanted = _wanted(link, known)
    if any(id in known and known[id].kind is not kind for id, kind in zip((link.start, link.end), wanted, strict=True)):
        plan.written.findings.append(_refused(link, known))
        return None
    for id, kind in zip((link.start, link.end), wanted, strict=True):
        if id not in known:
            known[id] = plan.placeholder(kind, id)
    return wanted[0]


def _wanted(link: Link, known: Mapping[str, End]) -> tuple[Kind, Kind]:
    if link.flow == "READS":
        return Kind.RESOURCE, Kind.SYSTEM
    pair = (known.get(link.start), known.get(link.end))
    flowing = (Kind.FIELD, Kind.RESOURCE)
    candidates = [end.kind for end in pair if end is not None and not end.unregistered]
    candidates += [end.kind for end in pair if end is not None and end.unregistered]
    candidates += [kind for kind in (prefix_kind(link.start), prefix_kind(link.end)) if kind is not None]
    kind = next((kind for kind in candidates if kind in flowing), Kind.RESOURCE)
    return kind, kind


def _refused(link: Link, known: Mapping[str, End]) -> Finding:
    have = ", ".join(f"{id} is a {known[id].kind}" for id in (link.start, link.end) if id in known)
    need = "two fields or two resources" if link.flow == "FEEDS" else "a resource and the system that reads it"
    return Finding(
        "LINK_KINDS",
        Severity.ERROR,
        replace(link.place, column="feeds" if link.flow == "FEEDS" else "reads"),
        f"{link.flow} joins {need}, but {have}",
        "not taken",
        f"{link.start} → {link.end}",
        (link.start, link.end),
    )
