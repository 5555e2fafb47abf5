"""From rows of the graph into a `Net`: one meaning for both ways of filling it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from graph.facts import Kind
from graph.net import (
    ABSENT,
    FLOWS,
    KINDS,
    NEVER_IN_FORCE,
    OPEN_END,
    OPEN_START,
    SHARE_TYPES,
    UNRANKED,
    Agreement,
    Net,
    Version,
)

HOLDER: dict[Kind, str] = {
    Kind.JURISDICTION: "within",
    Kind.DEPARTMENT: "jurisdiction",
    Kind.SYSTEM: "department",
    Kind.RESOURCE: "system",
    Kind.FIELD: "resource",
}
"""The key by which each kind names its container."""

RANK: dict[Kind, str] = {Kind.DEPARTMENT: "order", Kind.FIELD: "position"}
"""The key that says where a thing stands among its container's."""

_SHARES: dict[str | None, int] = {None: 0, **{name: number for number, name in enumerate(SHARE_TYPES) if name}}

THING_ROW = """[n.number, n.id, n.name, n.HOLDER, n.PROVIDER, n.valid_from, n.valid_to, n.created, n.unregistered,
  n.closed, n.RANK, n.SHARE, n.ELEMENT]"""
"""What is asked of a thing, as Cypher; `thing_row` fills in the keys of its kind."""

LINK_ROW = "r.job, r.valid_from, r.valid_to, r.recorded_from, r.recorded_to, r.sources"

Locate = Callable[[str | None], int]
"""The index of an id; -1 for none."""


def thing_row(kind: Kind) -> str:
    """The Cypher list of what the net keeps of a thing of `kind`, bound to `n`."""
    provider = "n.provider" if kind is Kind.RESOURCE else "null"
    holder = f"n.{HOLDER[kind]}" if kind in HOLDER else "null"
    rank = f"n.{RANK[kind]}" if kind in RANK else "null"
    share = "n.share_type" if kind in (Kind.RESOURCE, Kind.FIELD) else "null"
    element = "n.element" if kind is Kind.FIELD else "null"
    text = THING_ROW.replace("n.HOLDER", holder).replace("n.PROVIDER", provider).replace("n.RANK", rank)
    return text.replace("n.SHARE", share).replace("n.ELEMENT", element)


def _life(net: Net, valid_from: int | None, valid_to: int | None, closed: Any, unregistered: Any) -> int:
    if closed is not None:
        return net.lives.number(NEVER_IN_FORCE)
    if unregistered or (valid_from is None and valid_to is None):
        return 0
    return net.lives.number(
        (OPEN_START if valid_from is None else valid_from, OPEN_END if valid_to is None else valid_to)
    )


def take_things(
    net: Net, kind: Kind, rows: Sequence[Sequence[Any]], places: Sequence[int], locate: Locate, *, index: bool
) -> None:
    """Put things of `kind` at `places`. With `index`, what they name as containers is put into the overlays."""
    if not rows:
        return
    _, ids, names, holders, providers, starts, ends, created, unregistered, closed, *told = zip(*rows, strict=True)
    ranks, shares, elements = told
    net.make_room(max(max(places) + 1, net.size))
    for at, id, name in zip(places, ids, names, strict=True):
        net.ids[at], net.names[at], net.index[id] = id, name, at
    held, provided = [locate(id) for id in holders], [locate(id) for id in providers]
    if index:
        for at, holder, provider in zip(places, held, provided, strict=True):
            if net.kind.data[at] == ABSENT or net.holder.data[at] != holder:
                net.held.add(holder, at)
            if net.kind.data[at] == ABSENT or net.provider.data[at] != provider:
                net.provided.add(provider, at)
    where = np.array(places, np.int64)
    net.kind.data[where] = KINDS.index(kind)
    net.holder.data[where] = held
    net.provider.data[where] = provided
    net.created.data[where] = created
    net.rank.data[where] = [UNRANKED if rank is None else rank for rank in ranks]
    net.unregistered.data[where] = [bool(flag) for flag in unregistered]
    named = {"holder": (holders, held), "provider": (providers, provided)}
    if kind in (Kind.RESOURCE, Kind.FIELD):
        net.share.data[where] = [_SHARES.get(share, 0) for share in shares]
    if kind is Kind.FIELD:
        carried = [locate(id) for id in elements]
        net.element.data[where] = carried
        named["element"] = (elements, carried)
    _settle(net, places, named, index=index)
    net.life.data[where] = [
        0 if s is None and e is None and c is None else _life(net, s, e, c, u)
        for s, e, c, u in zip(starts, ends, closed, unregistered, strict=True)
    ]


def _settle(
    net: Net, places: Sequence[int], named: Mapping[str, tuple[Sequence[str | None], Sequence[int]]], *, index: bool
) -> None:
    """Note who names (in which column) what is not here yet; and tell those who waited for what now is."""
    waiting = net.waiting
    for column, (ids, found) in named.items():
        for at, id, there in zip(places, ids, found, strict=True):
            if there < 0 and id is not None:
                waiting.setdefault(id, []).append((at, column))
    indexes = {"holder": net.held, "provider": net.provided}
    for id in [id for id in waiting if id in net.index]:
        owner = net.index[id]
        for at, name in waiting.pop(id):
            column = getattr(net, name).data
            if column[at] >= 0:
                continue  # it names another by now
            column[at] = owner
            if index and name in indexes:
                indexes[name].add(owner, at)


def take_links(
    net: Net, flow: int, starts: Sequence[int], ends: Sequence[int], rows: Iterable[Sequence[Any]], *, index: bool
) -> None:
    """Append links of one flow; `rows` are as `LINK_ROW`. With `index` they go into the overlays."""
    periods, jobs, stated = [], [], []
    for job, valid_from, valid_to, recorded_from, recorded_to, sources in rows:
        periods.append(_period(net, valid_from, valid_to, recorded_from, recorded_to))
        jobs.append(net.job_number(job))
        stated.append(net.source_number(sources))
    first = net.start.size
    net.start.extend(starts)
    net.end.extend(ends)
    net.flow.extend([flow] * len(starts))
    net.job.extend(jobs)
    net.source.extend(stated)
    net.period.extend(periods)
    if index:
        for at, (start, end) in enumerate(zip(starts, ends, strict=True), first):
            net.out.add(start, at)
            net.into.add(end, at)


def _period(net: Net, valid_from: int | None, valid_to: int | None, recorded_from: int, recorded_to: int | None) -> int:
    return net.periods.number(
        (
            OPEN_START if valid_from is None else valid_from,
            OPEN_END if valid_to is None else valid_to,
            recorded_from,
            OPEN_END if recorded_to is None else recorded_to,
        )
    )


def update_link(net: Net, flow: int, start: int, end: int, row: Sequence[Any]) -> bool:
    """Note the end of a recorded version of a link, and who states it, if it is here; whether it is."""
    job, valid_from, valid_to, recorded_from, recorded_to, sources = row
    before = _period(net, valid_from, valid_to, recorded_from, None)
    after = _period(net, valid_from, valid_to, recorded_from, recorded_to)
    number = net.job_number(job)
    _, links = net.out.gather(np.array([start], np.int64))
    for link in links.tolist():
        if (
            net.end.data[link] == end
            and net.flow.data[link] == flow
            and net.job.data[link] == number
            and net.period.data[link] in (before, after)
        ):
            net.period.data[link] = after
            number = net.source_number(sources)  # which may widen the column
            net.source.data[link] = number
            return True
    return False


def take_versions(net: Net, rows: Iterable[Sequence[Any]], places: Sequence[int], locate: Locate) -> None:
    """Keep earlier states of things; rows are [kind, recorded_from, recorded_to, state]."""
    for at, (kind_word, recorded_from, recorded_to, text) in zip(places, rows, strict=True):
        kind, state = Kind(kind_word), orjson.loads(text)
        kept = net.versions.setdefault(at, [])
        if any(version.recorded_from == recorded_from for version in kept):
            continue
        life = _life(
            net, state.get("valid_from"), state.get("valid_to"), state.get("closed"), state.get("unregistered")
        )
        holder = locate(state.get(HOLDER[kind])) if kind in HOLDER else -1
        provider = locate(state.get("provider")) if kind is Kind.RESOURCE else -1
        element = locate(state.get("element")) if kind is Kind.FIELD else -1
        share = _SHARES.get(state.get("share_type"), 0) if kind in (Kind.RESOURCE, Kind.FIELD) else 0
        name, number = state.get("name"), KINDS.index(kind)
        kept.append(Version(at, number, recorded_from, recorded_to, name, holder, provider, life, share, element))
        if kind is Kind.AGREEMENT:
            take_agreement(net, at, recorded_from, recorded_to, state, locate)


def take_agreement(
    net: Net, at: int, recorded_from: int, recorded_to: int | None, state: dict[str, Any], locate: Locate
) -> None:
    """Keep one version of an agreement with whom it serves and what it covers."""
    covers = frozenset(place for place in map(locate, state.get("covers") or ()) if place >= 0)
    closed = OPEN_END if recorded_to is None else recorded_to
    agreement = Agreement(at, recorded_from, closed, locate(state.get("consumer")), locate(state.get("system")), covers)
    for other in net.agreements.get(at, []):
        # The state that was current has become a version; its end is known now.
        if other.recorded_from == recorded_from or other.recorded_to == OPEN_END:
            other.recorded_to = min(
                other.recorded_to, closed if other.recorded_from == recorded_from else recorded_from
            )
    versions = net.agreements.setdefault(at, [])
    if all(other.recorded_from != recorded_from for other in versions):
        versions.append(agreement)
        for thing in covers:
            net.covered.setdefault(thing, []).append(agreement)


def flow_number(flow: str) -> int:
    """The number of a flow's name."""
    return FLOWS.index(flow)
