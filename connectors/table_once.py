"""States each thing of a file once: what several rows say of it is laid together, as far as memory allows."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from connectors.table_findings import TableReport
from graph.facts import Kind, Place, Thing

__all__ = ["REMEMBERED", "Once"]

REMEMBERED = 50_000
"""Things that are remembered; one that comes again after more others is stated again, and the import lays it over."""


class Once:
    """The things of one file, from the rows that say of them to the facts."""

    def __init__(self) -> None:
        self._now: dict[tuple[Kind, str], Thing] = {}
        self._stated: OrderedDict[tuple[Kind, str], int] = OrderedDict()
        self._covers: OrderedDict[str, list[str]] = OrderedDict()
        self._numbers: OrderedDict[str, list[int]] = OrderedDict()

    def put(self, thing: Thing, report: TableReport | None = None) -> None:
        """Take what a row says of a thing: what it says differently from an earlier row counts, and is told."""
        key = (thing.kind, thing.id)
        earlier = self._now.get(key)
        values = dict(thing.values)
        if thing.kind is Kind.AGREEMENT and "covers" in values:
            values["covers"] = self._all_covers(thing.id, values["covers"])
        if earlier is not None:
            if report is not None:
                _tell(earlier, thing, values, report)
            values = {**earlier.values, **values}
            raw, extra = {**earlier.raw, **thing.raw}, {**earlier.extra, **thing.extra}
            thing = replace(thing, values=values, raw=raw, extra=extra, place=earlier.place)
        elif values != thing.values:
            thing = replace(thing, values=values)
        self._now[key] = thing

    def _all_covers(self, id: str, covers: list[str]) -> list[str]:
        """All that the rows of an agreement have named so far."""
        known = self._covers.setdefault(id, [])
        known += [one for one in covers if one not in known]
        _bound(self._covers)
        return list(known)

    def numbered(self, id: str, values: dict[str, Any], place: Place, report: TableReport) -> str:
        """The id of a row that has no other name than what it is about: a second one of it that differs is numbered."""
        mark = hash(repr(sorted(values.items())))
        known = self._numbers.setdefault(id, [])
        if mark not in known:
            known.append(mark)
        _bound(self._numbers)
        at = known.index(mark)
        if at == 0:
            return id
        other = f"{id[:290]}~{at + 1}"
        report.add("SAME_NAME", place, f"an earlier row builds the id {id} too", f"taken as {other}", None, (id, other))
        return other

    def things(self) -> Iterator[Thing]:
        """What was taken since the last call, but for what was stated just so before."""
        for key, thing in self._now.items():
            mark = hash(repr((sorted(thing.values.items()), sorted(thing.extra.items()))))
            if self._stated.get(key) != mark:
                self._stated[key] = mark
                yield thing
            self._stated.move_to_end(key)
        self._now.clear()
        _bound(self._stated)


def _bound(remembered: OrderedDict[Any, Any]) -> None:
    while len(remembered) > REMEMBERED:
        remembered.popitem(last=False)


def _tell(earlier: Thing, later: Thing, values: dict[str, Any], report: TableReport) -> None:
    """What two rows say differently of one thing."""
    for name, value in values.items():
        said = earlier.values.get(name, value)
        if said != value and name != "covers":
            message = f"row {earlier.place.row} says otherwise of {later.id}: {name} is {str(said)[:80]}"
            done = "the later row counts"
            report.add("ROWS_DIFFER", later.place, message, done, f"{name}: {value}", (later.id,))
