"""Statements of facts into the graph: idempotent, in batches, one transaction a call.

A call takes the writers' turn, reads what is there, and writes only what differs; so stating the same
again writes nothing, and what is acknowledged was committed whole.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from graph.changes import Turn, end_turn, now, position, take_turn
from graph.earlier import keep_earlier
from graph.ends import End, ends, stored
from graph.engine import Graph, Transaction
from graph.facts import KEYS, Finding, Kind, Link, Severity, Thing, prefix_kind
from graph.order import order_keys
from graph.plan import PLAIN, Manner, Plan, Written, named
from graph.provenance import kept_former
from graph.references import REFERENCES, Reference
from graph.relabel import relabel
from graph.statements import (
    is_empty_interval,
    json_text,
    provenance,
    read_statements,
    search_text,
    state_again,
    stored_values,
)

__all__ = ["Written", "plan_things", "write_things"]

Stated = Callable[[Sequence[str]], Mapping[str, Kind]]
"""Which of some ids a run is going to state, and as what; a dry run asks it in place of the graph."""


async def write_things(
    graph: Graph,
    kind: Kind,
    things: Sequence[Thing],
    *,
    dry_run: bool = False,
    stated: Stated | None = None,
    manner: Manner = PLAIN,
) -> Written:
    """State `things` of one kind (ids unique, `source` filled, at most 5,000); refused ones come back as findings."""
    if not things:
        return Written()
    if dry_run:
        return await _rehearse(graph, kind, things, stated)

    async def work(transaction: Transaction) -> Written:
        plan = Plan(await take_turn(transaction), manner)
        touched = await plan_things(transaction, plan, kind, things)
        await plan.run(transaction)
        return await finish(transaction, plan, kind.value, touched, {thing.source or "" for thing in things})

    return await graph.write(work)


async def finish(transaction: Transaction, plan: Plan, what: str, touched: Sequence[str], sources: set[str]) -> Written:
    """End the turn, when there was something to write."""
    written = plan.written
    if touched or written.placeholders:
        acts = [
            f"{count} {what} {act}" for act, count in (("added", written.added), ("changed", written.changed)) if count
        ]
        if written.placeholders:
            acts.append(f"{written.placeholders} placeholders")
        if plan.manner.run is not None and plan.earlier:
            await keep_earlier(transaction, plan.manner.run, plan.turn.sequence, what.partition(" ")[0], plan.earlier)
        await end_turn(transaction, plan.turn, acts, [*touched, *plan.placeholders], list(sources))
        written.sequence = plan.turn.sequence
    return written


async def _rehearse(graph: Graph, kind: Kind, things: Sequence[Thing], stated: Stated | None) -> Written:
    """What writing would do; nothing is written."""
    where = await position(graph)
    plan = Plan(Turn(where.sequence + 1, max(now(), where.at + 1), where.numbers), rehearsal=True)

    async def work(transaction: Transaction) -> Written:
        await plan_things(transaction, plan, kind, things, stated=stated, rehearsal=True)
        return plan.written

    return await graph.write(work)


async def plan_things(
    transaction: Transaction,
    plan: Plan,
    kind: Kind,
    things: Sequence[Thing],
    *,
    stated: Stated | None = None,
    rehearsal: bool = False,
) -> list[str]:
    """Fill the plan with what stating `things` of one kind (ids unique) does; the ids of what is to be written."""
    there = await stored(transaction, kind, [thing.id for thing in things])
    about = {thing.id for thing in things}
    for thing in things:
        before = there.get(thing.id, {})
        # What a source said before may count again, when it becomes the latest.
        said = [one.values for one in read_statements(before, KEYS[kind])] if before.get("statements") else []
        for reference in REFERENCES[kind]:
            about |= {id for values in (thing.values, before, *said) for id in named(values.get(reference.key))}
    known = await ends(transaction, list(about))
    if stated is not None:
        for id, its in stated([id for id in about if id not in known]).items():
            known[id] = End(its, -1, False)
    taken, guessed = [], []
    for thing in things:
        end = known.setdefault(thing.id, End(kind, -1, False))
        if end.kind is not kind and not end.unregistered:
            plan.written.findings.append(_two_kinds(thing, end.kind))
            continue
        if end.kind is not kind:
            guessed.append(thing.id)
        taken.append(thing)
    if not rehearsal:
        there |= await relabel(transaction, plan.turn, guessed, known, kind)
    touched = []
    for thing in taken:
        checked = await _check_references(transaction, plan, thing, known, rehearsal)
        if _plan_thing(plan, checked, there.get(thing.id), known):
            touched.append(thing.id)
    return touched


def _plan_thing(plan: Plan, thing: Thing, before: dict[str, Any] | None, known: Mapping[str, End]) -> bool:
    """Plan one thing; whether anything is to be written."""
    kind, turn = thing.kind, plan.turn
    if before is None or before.get("unregistered"):
        values = {name: value for name, value in stored_values(thing).items() if value is not None}
        if is_empty_interval(values):
            plan.written.findings.append(empty_interval(thing, thing.id))
            return False
        properties = {**values, **_texts(thing.extra, thing.raw), "sources": [thing.source or ""]}
        number = turn.number() if before is None else before["number"]
        created = turn.at if before is None else before["created"]
        if before is not None:
            plan.keep(kind, before)
            properties |= {"flows": before["flows"]} if "flows" in before else {}
        plan.note([thing.id], thing.source or "", KEYS[kind], None)
        _put(plan, kind, thing.id, number, created, turn.at, properties, new=before is None)
        plan.refer(kind, thing.id, {}, values, known)
        plan.tell(kind, thing.id, None, properties)
        plan.written.added += 1
        return True
    change = state_again(thing, turn.at, before, plan.manner.again.get(thing.id), exact=plan.manner.exact)
    if change.same:
        plan.written.unchanged += 1
        return False
    if is_empty_interval(change.values):
        plan.written.findings.append(empty_interval(thing, thing.id))
        return False
    plan.note([thing.id], thing.source or "", KEYS[kind], before, change.statements)
    properties = {**change.values, **_texts(change.extra, change.raw), **provenance(change.statements)}
    if not change.same_state:
        plan.keep(kind, before)
    recorded = before["recorded_from"] if change.same_state else turn.at
    if change.same_state:
        properties |= kept_former(before, {**properties, "recorded_from": recorded}, turn.at)
    if "flows" in before:
        properties["flows"] = before["flows"]
    _put(plan, kind, thing.id, before["number"], before["created"], recorded, properties, new=False)
    # A closed thing's references were parted when it was closed.
    plan.refer(kind, thing.id, {} if before.get("closed") else before, change.values, known)
    plan.tell(kind, thing.id, before, properties)
    plan.written.changed += 1
    return True


def _texts(extra: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: json_text(value) for name, value in (("extra", extra), ("raw", raw)) if value}


def _put(
    plan: Plan, kind: Kind, id: str, number: int, created: int, recorded: int, properties: dict[str, Any], *, new: bool
) -> None:
    row = {
        **properties,
        "id": id,
        "number": number,
        "search": search_text(kind, properties),
        **order_keys(kind, id, properties),
        "created": created,
        "recorded_from": recorded,
        "sequence": plan.turn.sequence,
    }
    (plan.created if new else plan.replaced)[kind].append(row)


def empty_interval(fact: Thing | Link, id: str) -> Finding:
    """The finding about a validity that holds no moment."""
    return Finding(
        "INTERVAL_EMPTY",
        Severity.ERROR,
        replace(fact.place, column="valid_to"),
        f"valid_to of {id} is not after its valid_from, so it would never be in force",
        "not taken",
        id,
        (id,),
    )


def _two_kinds(thing: Thing, other: Kind) -> Finding:
    return Finding(
        "KIND_CONFLICT",
        Severity.ERROR,
        thing.place,
        f"{thing.id} is stated as {thing.kind} but is registered as {other}; one id is one thing",
        "not taken",
        thing.id,
        (thing.id,),
    )


async def _check_references(
    transaction: Transaction, plan: Plan, thing: Thing, known: dict[str, End], rehearsal: bool
) -> Thing:
    """The thing without references to things of a wrong kind; what it names and nobody stated becomes a placeholder."""
    wrong: dict[str, Any] = {}
    for reference in REFERENCES[thing.kind]:
        targets = named(thing.values.get(reference.key))
        bad = {id for id in targets if not await _suits(transaction, plan, id, reference, known, rehearsal)}
        if bad:
            plan.written.findings += [_wrong_kind(thing, reference, id, known[id].kind) for id in sorted(bad)]
            left = [id for id in thing.values[reference.key] if id not in bad] if reference.many else None
            wrong[reference.key] = left
    if not wrong:
        return thing
    values = {name: value for name, value in thing.values.items() if name not in wrong}
    values |= {name: left for name, left in wrong.items() if left}
    raw = {**thing.raw, **{name: thing.values[name] for name in wrong}}
    return replace(thing, values=values, raw=raw)


async def _suits(
    transaction: Transaction, plan: Plan, id: str, reference: Reference, known: dict[str, End], rehearsal: bool
) -> bool:
    """Whether `id` is of a kind that `reference` may name; unknown ids are made placeholders."""
    end = known.get(id)
    if end is None:
        guess = prefix_kind(id)
        kind = guess if guess in reference.to else reference.to[0]
        known[id] = plan.placeholder(kind, id)
        return True
    if end.kind in reference.to:
        return True
    # Only the end of a flow or what an agreement covers was guessed; a reference that says the kind knows better.
    guessed = end.unregistered and end.kind in (Kind.RESOURCE, Kind.FIELD) and len(reference.to) == 1
    if not guessed:
        return False
    if not rehearsal:
        await relabel(transaction, plan.turn, [id], known, reference.to[0])
    known[id] = End(reference.to[0], end.number, True)
    return True


def _wrong_kind(thing: Thing, reference: Reference, id: str, kind: Kind) -> Finding:
    wanted = " or ".join(reference.to)
    return Finding(
        "REFERENCE_KIND",
        Severity.WARNING,
        replace(thing.place, column=reference.key),
        f"{reference.key} of {thing.id} must name a {wanted}, but {id} is a {kind}",
        "the thing was taken without this reference",
        id,
        (thing.id, id),
    )
