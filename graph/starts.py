"""What ids stand for in a question: the positions of CONTRACT §4, and what lies in a thing."""

from collections.abc import Sequence

import numpy as np

from graph.facts import Kind
from graph.moment import Moment
from graph.net import (
    DEPARTMENT,
    FIELD,
    JURISDICTION,
    KINDS,
    NO_INTS,
    OPEN_END,
    RESOURCE,
    SYSTEM,
    Bools,
    Ints,
    Net,
    distinct,
)
from graph.refusals import BadInput


def located(net: Net, ids: Sequence[str], known_at: int | None, argument: str) -> tuple[list[int], list[str]]:
    """The indexes of `ids`, each once, and those that nobody knew by `known_at` (`None`: now).

    Raises BadInput that names `argument` for elements and agreements.
    """
    known = OPEN_END if known_at is None else known_at
    places, unknown = [], []
    for id in dict.fromkeys(ids):
        at = net.index.get(id, -1)
        if at < 0 or net.kind.data[at] < 0 or net.created.data[at] > known:
            unknown.append(id)
            continue
        kind = KINDS[net.kind.data[at]]
        if kind in (Kind.ELEMENT, Kind.AGREEMENT):
            raise BadInput(
                f"{argument}: {id} is a {kind.label}; name fields, resources, systems, departments or jurisdictions",
                argument=argument,
                ids=[id],
            )
        places.append(at)
    return places, unknown


def start_of(moment: Moment, things: Sequence[int], reads: bool) -> tuple[Ints, Ints]:
    """The positions that a walk starts from, and the systems that are asked for themselves."""
    at = np.array(things, np.int64)
    at = at[moment.things(at)]
    kind = moment.kind[at]
    departments = distinct(np.concatenate([at[kind == DEPARTMENT], _departments(moment, at[kind == JURISDICTION])]))
    _, operated = moment.members(departments, SYSTEM)
    systems = at[kind == SYSTEM]
    _, held = moment.members(systems, RESOURCE)
    _, inherited = moment.members(distinct(operated), RESOURCE)
    inherited = inherited[moment.provider[inherited] < 0]
    wholes = np.concatenate([at[kind == RESOURCE], held, moment.provides(departments), inherited])
    own = distinct(np.concatenate([systems, operated])) if reads else NO_INTS
    return distinct(np.concatenate([at[kind == FIELD], wholes, own])), own


def _departments(moment: Moment, jurisdictions: Ints) -> Ints:
    """The departments of jurisdictions and of the lower ones within them."""
    seen = jurisdictions
    fresh = jurisdictions
    found = [NO_INTS]
    while len(fresh):
        found.append(moment.members(fresh, DEPARTMENT)[1])
        lower = distinct(moment.members(fresh, JURISDICTION)[1])
        fresh = np.setdiff1d(lower, seen)
        seen = np.union1d(seen, fresh)
    return np.concatenate(found)


def arrivals(moment: Moment, ends: Ints) -> Ints:
    """The positions at which a walk has come to `ends`: a field also by its resource, a resource also by its fields."""
    kind = moment.kind[ends]
    holders = moment.resource(ends[kind == FIELD])
    _, members = moment.members(ends[kind == RESOURCE], FIELD)
    return distinct(np.concatenate([ends, holders[holders >= 0], members]))


def lying_in(moment: Moment, thing: int, positions: Ints) -> Bools:
    """Which of `positions` (fields and resources in force) a thing is or contains, as it does at a start."""
    kind = int(moment.kind[thing])
    if kind == JURISDICTION:
        return within(moment, moment.jurisdiction(positions), np.array([thing]))
    of = {RESOURCE: moment.resource, SYSTEM: moment.system, DEPARTMENT: moment.department}
    up: Ints = of[kind](positions) if kind in of else positions
    same: Bools = up == thing
    return same


def within(moment: Moment, jurisdictions: Ints, higher: Ints) -> Bools:
    """Which of `jurisdictions` (in force, or -1) are one of `higher`, or lie within one."""
    inside, those = [], set(higher.tolist())
    for one in distinct(jurisdictions[jurisdictions >= 0]).tolist():
        at, seen = one, {-1}
        while at not in seen and at not in those:
            seen.add(at)
            at = int(moment.contained(moment.holder[[at]].astype(np.int64), JURISDICTION)[0])
        if at not in seen:
            inside.append(one)
    return np.isin(jurisdictions, inside)


def passing(moment: Moment, thing: int, positions: Ints) -> Bools:
    """Which of `positions` are at a thing: in it, or the resource of that field as a whole."""
    there = lying_in(moment, thing, positions)
    if moment.kind[thing] == FIELD and moment.things(np.array([thing]))[0]:
        holder = int(moment.resource(np.array([thing]))[0])
        there |= (positions == holder) & (holder >= 0)
    return there
