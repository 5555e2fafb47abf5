"""Impact answers as plain records, in the shape and with the names of GraphQL's `Impact`."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from graph.affected import Affected, Named, Step, Told, Unit, named
from graph.consequences import AgreementTouched, Successor, agreements, successors
from graph.engine import Graph
from graph.facts import Kind, as_text
from graph.impact import Impact
from graph.moment import Level
from graph.remaining import Outlook
from graph.things import by_ids

__all__ = ["agreement_row", "department_row", "impact_record", "named_row", "successor_row", "unit_row"]

Record = dict[str, Any]

_LOSING = (Outlook.LOSES, Outlook.LOSES_IN_CONSEQUENCE)


async def impact_record(graph: Graph, impact: Impact, level: Level, first: int) -> Record:
    """The first rows of every list, each with `totalCount`; of `sources` those that lose theirs."""
    found, units = impact.at_level(level), impact.units
    losing = [place for place in range(len(units)) if units.outlook[place] in _LOSING]
    told = impact.departments[:first]
    contacts = await by_ids(graph, Kind.DEPARTMENT, [one.id for one in told])
    counts = Counter(units.outlook)
    touched, suggested = await agreements(graph, impact), await successors(graph, impact)
    systems = impact.at_level(Level.SYSTEM)
    return {
        "levels": [_level(one) for one in impact.levels],
        "affected": _list(range(len(found.ids)), first, lambda place: _affected(found, place)),
        "outlooks": [{"outlook": one.value, "count": counts[one]} for one in Outlook],
        "sources": _list(losing, first, lambda place: unit_row(units.row(place))),
        "agreements": _list(touched, first, agreement_row),
        "departments": _list(impact.departments, first, lambda one: department_row(one, contacts.get(one.id, {}))),
        "withoutDepartment": impact.without_department,
        "successors": _list(suggested, first, successor_row),
        "migration": _list(systems.steps(), first, lambda one: _step(systems, one)),
        "complete": impact.complete,
        "stoppedBy": [stop.value for stop in impact.stopped_by],
        "reachedDepth": impact.reached_depth,
        "hiddenCount": 0,
        "asOf": as_text(impact.as_of),
        "sequence": str(impact.sequence),  # as GraphQL: a client may lose digits of a number
    }


def _list(rows: Sequence[Any], first: int, record: Callable[[Any], Record]) -> Record:
    return {"totalCount": len(rows), "nodes": [record(row) for row in rows[:first]]}


def _level(one: Affected) -> Record:
    return {
        "level": one.level.name,
        "total": len(one.ids),
        "precise": sum(one.precise),
        "complete": not one.stopped_by,
        "stoppedBy": [stop.value for stop in one.stopped_by],
        "reachedDepth": one.reached_depth,
    }


def _affected(found: Affected, place: int) -> Record:
    shown = found.shown
    columns = {
        "resource": shown.resource,
        "system": shown.system,
        "department": shown.department,
        "jurisdiction": shown.jurisdiction,
    }
    return {
        "id": found.ids[place],
        "kind": shown.kinds[place].name,
        "name": shown.names[place],
        "depth": found.depth[place],
        "precise": found.precise[place],
        "whole": found.whole[place],
        **{name: named_row(named(found.net, int(column[place]))) for name, column in columns.items()},
    }


def _step(found: Affected, one: Step) -> Record:
    node = _affected(found, one.place)
    kept = ("id", "kind", "name", "depth", "precise", "department")
    return {"step": one.step, "ring": one.ring, **{name: node[name] for name in kept}}


def unit_row(one: Unit) -> Record:
    """What becomes of the sources of something."""
    return {
        "id": one.id,
        "kind": one.kind.name,
        "name": one.name,
        "depth": one.depth,
        "precise": one.precise,
        "outlook": one.outlook.value,
        "lost": one.lost,
        "left": one.left,
        "feeders": [named_row(feeder) for feeder in one.feeders],
        "resource": named_row(one.resource),
        "department": named_row(one.department),
    }


def agreement_row(one: AgreementTouched) -> Record:
    """An agreement that is touched."""
    return {"id": one.id, "name": one.name, "effect": one.effect.value, "reason": one.reason, "covered": one.covered}


def department_row(one: Told, stored: Record) -> Record:
    """A department to tell, with whom to call from what is `stored` of it."""
    return {
        "id": one.id,
        "name": one.name,
        "depth": one.depth,
        "precise": one.precise,
        "fields": one.fields,
        "resources": one.resources,
        "systems": one.systems,
        "losing": one.losing,
        "contacts": stored.get("contacts"),
    }


def successor_row(one: Successor) -> Record:
    """What may take a place."""
    return {
        "replaces": named_row(one.replaces),
        "successor": named_row(one.successor),
        "resource": named_row(one.resource),
        "department": named_row(one.department),
        "element": named_row(one.element),
        "reason": one.reason,
    }


def named_row(one: Named | None) -> Record | None:
    """A thing by id and name."""
    return None if one is None else {"id": one.id, "name": one.name}
