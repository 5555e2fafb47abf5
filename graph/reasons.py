"""Why two answers differ, as far as the data says: what began or ended, was recorded, withdrawn or changed.

Two moments are compared, each an instant of validity and one of record. What is said of a thing or link is read off
its recorded versions between the two.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import orjson

from graph.differing import Difference
from graph.engine import Graph
from graph.facts import LINK_KEYS, Kind, Link, as_text
from graph.history import Version, authors, authors_at, between, differences
from graph.link_writes import link_key
from graph.provenance import standing, stated
from graph.refusals import TooCostly

MOST = 100_000
"""Links that one statement may be asked about."""


class Why(StrEnum):
    """The kinds of reasons."""

    BEGAN = "BEGAN"
    ENDED = "ENDED"
    RECORDED = "RECORDED"
    WITHDRAWN = "WITHDRAWN"
    CHANGED = "CHANGED"
    MOVED = "MOVED"
    REACH = "REACH"


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant of validity and one of record."""

    as_of: int
    known_at: int


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """What a link is: its ends, job and beginning. The order is that of links."""

    start: str
    end: str
    flow: str
    job: str
    valid_from: int | None

    @property
    def key(self) -> int:
        """The key that it is stored under."""
        return link_key(Link(self.flow, self.start, self.end, {"job": self.job, "valid_from": self.valid_from}))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something differs: what happened to a thing, or to a link; when, by whom, and what it changed."""

    why: Why
    at: int | None = None
    thing: str | None = None
    link: Identity | None = None
    sources: tuple[str, ...] = ()
    changes: Sequence[Difference] = field(default=(), compare=False)


_LINKS = """
UNWIND $FLOW AS start
MATCH AT_START
WITH r, start.rows[toString(r.key)] AS wanted
WHERE wanted IS NOT NULL AND r.recorded_from <= $until AND coalesce(r.recorded_to, $since + 1) > $since
RETURN collect(properties(r)) AS found
"""
_AT_START = {
    "feeds": ("(:Field {id: start.id})-[r:FEEDS]->()", "(:Resource {id: start.id})-[r:FEEDS]->()"),
    "reads": ("(:Resource {id: start.id})<-[r:READS]-()",),
}
LINKS = "UNION ALL".join(
    _LINKS.replace("FLOW", flow).replace("AT_START", at) for flow, places in _AT_START.items() for at in places
)


class Reasons:
    """What happened to things and links between two moments."""

    def __init__(self, before: Moment, after: Moment) -> None:
        self._before, self._after = before, after
        self._things: dict[str, list[Version]] = {}
        self._links: dict[int, list[Mapping[str, Any]]] = {}

    async def load(self, graph: Graph, things: Iterable[str], links: Iterable[Identity]) -> None:
        """Read the versions of things, of the resources of those that are fields, and of links: five statements."""
        since, until = self._before.known_at, self._after.known_at
        self._things = await between(graph, things, since, until)
        fields = [one for versions in self._things.values() for one in versions if one.kind is Kind.FIELD]
        holders = {one.state["resource"] for one in fields if "resource" in one.state} - self._things.keys()
        self._things |= await between(graph, holders, since, until)
        wanted: dict[str, dict[str, dict[str, bool]]] = {"feeds": {}, "reads": {}}
        keyed = dict.fromkeys(links)
        if len(keyed) > MOST:
            raise TooCostly(f"budget: {len(keyed):,} links differ, too many at once; ask for less", argument="budget")
        for one in keyed:
            wanted[one.flow.lower()].setdefault(one.start, {})[str(one.key)] = True
        if keyed:
            starts = {flow: [{"id": id, "rows": rows} for id, rows in those.items()] for flow, those in wanted.items()}
            for part in await graph.read(LINKS, since=since, until=until, **starts):
                for stored in part["found"]:
                    self._links.setdefault(stored["key"], []).append(stored)
        for versions in self._links.values():
            versions.sort(key=lambda stored: stored["recorded_from"])

    # Things.

    def gone(self, thing: str) -> Reason | None:
        """Why a thing that was in force is not in force after; `None` where it is."""
        return self._out_of_force(thing, self._after, self._before) or self._holder(thing, self._after, self._before)

    def come(self, thing: str) -> Reason | None:
        """Why a thing that is in force after was not before; `None` where it was."""
        return self._out_of_force(thing, self._before, self._after) or self._holder(thing, self._before, self._after)

    def changed(self, thing: str) -> Reason | None:
        """What a thing states otherwise after; `None` where it states the same."""
        was, is_ = self._known(thing, self._before), self._known(thing, self._after)
        if was is None or is_ is None:
            return None
        changes = differences(was, is_)
        return self._change(thing, changes) if changes else None

    def _known(self, thing: str, moment: Moment) -> Version | None:
        versions = self._things.get(thing, ())
        return next((one for one in reversed(versions) if one.recorded_from <= moment.known_at), None)

    def _holder(self, thing: str, out: Moment, in_force: Moment) -> Reason | None:
        """Of a field: why its resource is not in force at `out`."""
        known = self._known(thing, out)
        holder = None if known is None or known.kind is not Kind.FIELD else known.state.get("resource")
        return None if holder is None else self._out_of_force(holder, out, in_force)

    def _out_of_force(self, thing: str, out: Moment, in_force: Moment) -> Reason | None:
        """Why a thing is not in force at `out`; `in_force` is the other moment, at which it may have been."""
        known, other = self._known(thing, out), self._known(thing, in_force)
        if known is None:
            first = next(iter(self._things.get(thing, ())), None)
            if first is None:
                return None
            return Reason(Why.RECORDED, first.recorded_from, thing, sources=tuple(authors(None, first)))
        if known.state.get("closed"):
            return self._closed(thing, known, out)
        since, until = known.state.get("valid_from"), known.state.get("valid_to")
        for name, bound, outside in (
            ("valid_from", since, since is not None and out.as_of < since),
            ("valid_to", until, until is not None and until <= out.as_of),
        ):
            if outside:
                if other is not None and other.state.get(name) != bound:
                    return self._change(thing, [one for one in self._differing(thing) if one.name == name])
                return Reason(Why.BEGAN if name == "valid_from" else Why.ENDED, bound, thing)
        return None

    def _closed(self, thing: str, known: Version, out: Moment) -> Reason:
        """Withdrawn by then; or, where that was so before, stated again since."""
        versions = self._things[thing]
        if out is self._after:
            before = next((one for one in versions if one.recorded_to == known.recorded_from), None)
            return Reason(Why.WITHDRAWN, known.recorded_from, thing, sources=tuple(authors(before, known)))
        later = next(
            (one for one in versions if not one.state.get("closed") and one.recorded_from > out.known_at), None
        )
        if later is None:
            return Reason(Why.WITHDRAWN, known.recorded_from, thing)
        return Reason(Why.RECORDED, later.recorded_from, thing, sources=tuple(authors(known, later)))

    def _differing(self, thing: str) -> list[Difference]:
        was, is_ = self._known(thing, self._before), self._known(thing, self._after)
        return [] if was is None or is_ is None else differences(was, is_)

    def _change(self, thing: str, changes: Sequence[Difference]) -> Reason:
        """That some keys differ: recorded when they came to what they are after."""
        names = [one.name for one in changes]
        versions = [one for one in self._things[thing] if one.recorded_from <= self._after.known_at]
        place = len(versions) - 1
        final = versions[place].state
        while place > 0 and all(versions[place - 1].state.get(name) == final.get(name) for name in names):
            place -= 1
        before = versions[place - 1] if place else None
        sources = tuple(authors(before, versions[place]))
        return Reason(Why.CHANGED, versions[place].recorded_from, thing, sources=sources, changes=changes)

    # Links.

    def link_gone(self, link: Identity) -> Reason | None:
        """Why a link that was walked is not in force after, itself or by its ends; `None` where it is."""
        return self._link_out(link, self._after, self._before) or self.gone(link.start) or self.gone(link.end)

    def link_come(self, link: Identity) -> Reason | None:
        """Why a link that is walked after was not in force before; `None` where it was."""
        return self._link_out(link, self._before, self._after) or self.come(link.start) or self.come(link.end)

    def link_changed(self, link: Identity) -> Reason | None:
        """What a link that is walked both times says otherwise after; `None` where it says the same."""
        was, is_ = self._link_known(link, self._before), self._link_known(link, self._after)
        if was is None or is_ is None:
            return None
        changes = _link_differences(link.flow, was, is_)
        if not changes:
            return None
        versions = self._links[link.key]
        place, names = versions.index(is_), [one.name for one in changes]
        while place > 0 and all(versions[place - 1].get(name) == is_.get(name) for name in names):
            place -= 1
        at = versions[place]
        return Reason(Why.CHANGED, at["recorded_from"], link=link, sources=_sources(at), changes=changes)

    def _link_known(self, link: Identity, moment: Moment) -> Mapping[str, Any] | None:
        at = moment.known_at
        for stored in self._links.get(link.key, ()):
            if stored["recorded_from"] <= at and (stored.get("recorded_to") is None or at < stored["recorded_to"]):
                return stored
        return None

    def _link_out(self, link: Identity, out: Moment, in_force: Moment) -> Reason | None:
        """Why a link is not valid at `out`; `in_force` is the other moment, at which it was walked."""
        known, other = self._link_known(link, out), self._link_known(link, in_force)
        if known is None:
            return self._unrecorded(link, out)
        since, until = known.get("valid_from"), known.get("valid_to")
        if since is not None and out.as_of < since:
            return Reason(Why.BEGAN, since, link=link)
        if until is None or out.as_of < until:
            return None
        if known.get("ended") and out is self._after:
            return Reason(Why.WITHDRAWN, known["recorded_from"], link=link)
        if known.get("ended") and other is not None:
            return Reason(Why.RECORDED, other["recorded_from"], link=link, sources=_sources(other))
        return self.link_changed(link) or Reason(Why.ENDED, until, link=link)

    def _unrecorded(self, link: Identity, out: Moment) -> Reason | None:
        """A link that was not recorded yet, or closed for good because its ends turned out to be of two kinds."""
        versions = self._links.get(link.key, ())
        later = next((one for one in versions if one["recorded_from"] > out.known_at), None)
        if later is not None:
            return Reason(Why.RECORDED, later["recorded_from"], link=link, sources=_sources(later))
        return Reason(Why.WITHDRAWN, versions[-1].get("recorded_to"), link=link) if versions else None

    def moved(self, thing: str) -> Reason:
        """That a thing stands for another node, with what changed of it."""
        changes = [one for one in self._differing(thing) if one.name in _HOLDERS]
        if not changes:
            return Reason(Why.MOVED, thing=thing)
        return replace(self._change(thing, changes), why=Why.MOVED)

    @property
    def names(self) -> Mapping[str, str]:
        """The names of the things that reasons speak of, as they are after; their ids where they have none."""
        return {id: versions[-1].state.get("name") or id for id, versions in self._things.items()}

    async def sources(self, graph: Graph, reasons: Iterable[Reason]) -> Mapping[Reason, Reason]:
        """Reasons that do not say by whom, with whose statements were written then; one statement."""
        recorded = (Why.RECORDED, Why.WITHDRAWN, Why.CHANGED, Why.MOVED)
        silent = {one for one in reasons if one.at is not None and one.why in recorded and not one.sources}
        authors = await authors_at(graph, {one.at for one in silent if one.at is not None})
        return {one: replace(one, sources=tuple(authors.get(one.at or 0, ()))) for one in silent}


_HOLDERS = ("resource", "system", "provider", "department", "jurisdiction")


def _sources(stored: Mapping[str, Any]) -> tuple[str, ...]:
    """Whose statement a recorded version of a link came with."""
    at = stored["recorded_from"]
    return tuple(sorted({one.source for one in standing(stated(stored), at) if one.since == at}))


def _link_differences(flow: str, was: Mapping[str, Any], is_: Mapping[str, Any]) -> list[Difference]:
    names = (*(name for name in LINK_KEYS[flow] if name not in ("job", "valid_from")), "extra")
    return [
        Difference(name, _shown(name, was.get(name)), _shown(name, is_.get(name)))
        for name in names
        if was.get(name) != is_.get(name)
    ]


def _shown(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "valid_to":
        return as_text(value)
    return orjson.loads(value) if name == "extra" else value
