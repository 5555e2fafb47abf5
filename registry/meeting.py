"""Meeting: whether what a run states is there already under another id.

A thing whose id a connector built takes the id of what is there, if one thing is there that is it:

    jurisdiction  by code
    department    by valid USCC, else by jurisdiction and name (its short name and aliases are names too)
    system        by department and name
    resource      by provider and code; without a code by provider and name
    field         by resource and name

What comes close, and every given id, stays as it is and is listed with its counterpart (POSSIBLE_SAME):
never silently two. The containers of two such counterparts count as one when what they hold is compared.
What was seen of a run is kept in its spill, so memory does not grow with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from connectors.codes import is_uscc
from graph.engine import Graph
from graph.facts import KEYS, Finding, Kind, Link, Severity, Shape, Thing
from graph.identity import Body, by_codes, by_ids, present, within
from registry.known import Known, Match, is_unique_code
from registry.laying import lay_over
from registry.spill import Note, Spill

_CONTAINER = {
    Kind.DEPARTMENT: "jurisdiction",
    Kind.SYSTEM: "department",
    Kind.RESOURCE: "provider",
    Kind.FIELD: "resource",
}
_HOLDER = {
    Kind.DEPARTMENT: Kind.JURISDICTION,
    Kind.SYSTEM: Kind.DEPARTMENT,
    Kind.RESOURCE: Kind.DEPARTMENT,
    Kind.FIELD: Kind.RESOURCE,
}
_CODE = {
    Kind.JURISDICTION: "code",
    Kind.DEPARTMENT: "uscc",
    Kind.SYSTEM: "code",
    Kind.RESOURCE: "code",
    Kind.FIELD: "code",
}
_REFERENCES = {
    kind: tuple(name for name, key in keys.items() if key.shape is Shape.REFERENCE) for kind, keys in KEYS.items()
}
_LISTS = {
    kind: tuple(name for name, key in keys.items() if key.shape is Shape.REFERENCES) for kind, keys in KEYS.items()
}


class Meeting:
    """The meeting of one run's things with what is there."""

    def __init__(self, graph: Graph, spill: Spill, note: Note) -> None:
        self._graph = graph
        self._spill = spill
        self._note = note
        self._known = Known(spill)
        self._moved: dict[str, str] = {}

    async def things(self, kind: Kind, things: Sequence[Thing]) -> list[Thing]:
        """`things` (of one kind, ids unique) under the ids that they are to be written with, ids unique again."""
        await self._move_jurisdictions(kind, things)
        things = [self._referring(thing) for thing in things]
        if kind not in _CODE:
            return things
        stay = await present(self._graph, kind, [thing.id for thing in things if not thing.given_id])
        stay |= {thing.id for thing in things if thing.given_id}
        # Fields are met, but never listed as pairs: those that keep their ids need no look.
        looked = [thing for thing in things if kind is not Kind.FIELD or thing.id not in stay]
        bodies = {thing.id: body_of(thing) for thing in looked}
        await self._load(kind, list(bodies.values()))
        met: dict[str, Thing] = {}
        for thing in things:
            body = bodies.get(thing.id)
            if body is not None:
                thing = self._meet(kind, thing, body, thing.id in stay)
            earlier = met.get(thing.id)
            met[thing.id] = thing if earlier is None else lay_over(earlier, thing, self._note)
        return list(met.values())

    def links(self, links: Sequence[Link]) -> list[Link]:
        """`links` with the ids that their ends were written with, each once."""
        if not self._moved:
            return list(links)
        moved = self._moved
        found: dict[tuple[Any, ...], Link] = {}
        for link in links:
            start, end = moved.get(link.start, link.start), moved.get(link.end, link.end)
            key = (start, end, link.values.get("job"), link.values.get("valid_from"))
            found[key] = replace(link, start=start, end=end)
        return list(found.values())

    def _meet(self, kind: Kind, thing: Thing, body: Body, stays: bool) -> Thing:
        """The thing under its right id; what else may be it is noted."""
        known = self._known
        matches = [match for match in known.matches(kind, body) if match.id != thing.id]
        if not stays:
            # What one source states apart stays apart: its connector knows better.
            apart = {match.id for match in matches if self._spill.states(thing.source or "", kind, match.id)}
            sure = self._sure(kind, body, [match for match in matches if match.stored and match.id not in apart])
            if sure is not None:
                self._moved[thing.id] = sure.id
                self._spill.met(kind, sure.id, thing.source or "")
                self._told_met(kind, thing, sure)
                thing = replace(thing, id=sure.id)
                body = replace(body, id=sure.id)
                matches = [match for match in matches if match.id != sure.id]
        if kind is not Kind.FIELD:
            for match in matches:
                if known.is_new_pair(thing.id, match.id):
                    self._note(_possible_same(thing, match))
        known.add(kind, body, stored=False)
        return thing

    def _sure(self, kind: Kind, body: Body, matches: list[Match]) -> Match | None:
        """The one stored thing that a built id stands for; `None` if there is none or it is not sure which."""
        here = [match for match in matches if match.here]
        if kind is Kind.JURISDICTION:
            return _only(match for match in matches if match.by == "code")
        if kind is Kind.DEPARTMENT:
            by_uscc = _only(match for match in matches if match.by == "USCC")
            other_uscc = body.code is not None and is_uscc(body.code)
            by_name = [m for m in here if m.by == "name" and not (other_uscc and m.code and is_uscc(m.code))]
            return by_uscc or _only(by_name)
        if kind is Kind.RESOURCE:
            by_code = _only(match for match in here if match.by == "code")
            return by_code if body.code else _only(match for match in here if match.by == "name")
        return _only(match for match in here if match.by == "name")

    async def _load(self, kind: Kind, bodies: list[Body]) -> None:
        """Get what is stored in the containers of these things, and under their codes, where not yet known."""
        known, graph = self._known, self._graph
        if kind in _HOLDER:
            holder = _HOLDER[kind]
            containers = sorted({body.container for body in bodies if body.container})
            await self._load_twins(holder, containers)
            wanted = {other for id in containers for other in (id, *known.twins(id))}
            fresh = known.fresh(kind, sorted(wanted))
            for body in await within(graph, kind, fresh):
                known.add(kind, body, stored=True)
        codes = sorted({body.code for body in bodies if body.code and is_unique_code(kind, body.code)})
        if codes:
            for body in await by_codes(graph, kind, codes):
                known.add(kind, body, stored=True)

    async def _load_twins(self, holder: Kind, ids: list[str]) -> None:
        """Find the counterparts of containers that this run refers to but does not state."""
        if holder not in (Kind.JURISDICTION, Kind.DEPARTMENT):
            return
        known = self._known
        fresh = known.fresh(holder, [f"twins of {id}" for id in ids])
        ids = [key.removeprefix("twins of ") for key in fresh]
        stated = self._spill.stated(ids, remember=False)
        bodies = await by_ids(self._graph, holder, [id for id in ids if id not in stated])
        if not bodies:
            return
        await self._load(holder, bodies)
        for body in bodies:
            for match in known.matches(holder, body):
                if match.id != body.id:
                    known.pair(body.id, match.id)

    async def _move_jurisdictions(self, kind: Kind, things: Sequence[Thing]) -> None:
        """A built department names its jurisdiction by a built id: find the one that has its code, if any."""
        if kind is not Kind.DEPARTMENT:
            return
        named = {thing.values.get("jurisdiction") for thing in things if not thing.given_id}
        codes = {id.partition(":")[2]: id for id in named if id and id.startswith("jurisdiction:")}
        if not codes:
            return
        stated = self._spill.stated(list(codes.values()), remember=False)
        there = await present(self._graph, Kind.JURISDICTION, list(codes.values()))
        open_codes = [code for code, id in codes.items() if id not in stated and id not in there]
        for body in await by_codes(self._graph, Kind.JURISDICTION, open_codes):
            if body.code is not None:
                self._moved.setdefault(codes[body.code], body.id)

    def _referring(self, thing: Thing) -> Thing:
        """The thing with moved ids in its references."""
        moved = self._moved
        if not moved:
            return thing
        values = thing.values
        changed: dict[str, Any] = {}
        for name in _REFERENCES[thing.kind]:
            to = values.get(name)
            if to in moved:
                changed[name] = moved[to]
        for name in _LISTS[thing.kind]:
            named = values.get(name) or ()
            if not moved.keys().isdisjoint(named):
                changed[name] = list(dict.fromkeys(moved.get(id, id) for id in named))
        return replace(thing, values={**values, **changed}) if changed else thing

    def _told_met(self, kind: Kind, thing: Thing, match: Match) -> None:
        if kind is Kind.FIELD:
            return
        message = f"the {kind} is already there as {match.id} (same {match.by})"
        done = "taken as that one"
        self._note(Finding("MET", Severity.INFO, thing.place, message, done, thing.id, (match.id,)))


def body_of(thing: Thing) -> Body:
    """What tells a stated thing apart."""
    values = thing.values
    names = (values.get("name"), values.get("short_name"), *(values.get("aliases") or ()))
    container = values.get(_CONTAINER[thing.kind]) if thing.kind in _CONTAINER else None
    return Body(thing.id, container, values.get(_CODE[thing.kind]), tuple(name for name in names if name))


def _possible_same(thing: Thing, match: Match) -> Finding:
    message = f"{thing.id} may be the same as {match.id}: same {match.by}"
    if match.by == "name" and thing.kind is Kind.RESOURCE and match.code:
        message += f", but the code is {match.code}"
    done = "both are kept; state one id for both if they are the same"
    return Finding("POSSIBLE_SAME", Severity.WARNING, thing.place, message, done, match.by, (thing.id, match.id))


def _only(matches: Iterable[Match]) -> Match | None:
    found = {match.id: match for match in matches}
    return next(iter(found.values())) if len(found) == 1 else None
