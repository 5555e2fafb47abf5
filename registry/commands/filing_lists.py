"""`registry filings list|scope|funds|solutions`: filings in lists, the full scope, running funds, solutions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from graph import filing_lists, filing_scope, running_funds, solutions
from graph.changes import now
from graph.engine import Graph
from graph.facts import Kind
from graph.filing_check import registered
from graph.filing_lists import AskedFilings, FilingOrder, facets
from graph.filing_records import by_ids
from graph.filing_scope import AskedScope, ScopeOrder, ScopeRow
from graph.filing_states import possible
from graph.running_funds import Funds, Outcome
from graph.things import by_ids as things_by_ids
from registry.answers import facet_records
from registry.commands.opened import Failure, opened, run, settings
from registry.filing_answers import (
    decision_record,
    filing_record,
    funds_record,
    scope_record,
    solution_record,
)
from registry.settings import Settings
from registry.terminal import Format, console, print_json, table, waiting

__all__ = ["Wanted", "WantedScope", "WantedSolution", "funds", "list_filings", "list_solutions", "scope"]

Record = dict[str, Any]

_FILINGS = {"filing": "left", "kind": "left", "state": "left", "name": "left", "verdict": "left", "due": "left"}
_SYSTEMS = {
    "system": "left",
    "department": "left",
    "filed": "left",
    "filing": "left",
    "funds": "left",
    "decided": "left",
}
_GROUNDS = {"ground": "left", "": "left", "evidence": "left", "not known": "left"}
_SOLUTIONS = {"solution": "left", "title": "left", "system": "left", "in force": "left"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A list of filings as it stands on the command line."""

    states: Sequence[Any] | None
    kinds: Sequence[Any] | None
    departments: Sequence[str] | None
    waits_for: str | None
    late: bool | None
    order: str
    first: int


@dataclass(frozen=True, slots=True)
class WantedScope:
    """The full-scope list as it stands on the command line."""

    departments: Sequence[str] | None
    jurisdictions: Sequence[str] | None
    filed: bool | None
    states: Sequence[Any] | None
    order: str
    first: int


@dataclass(frozen=True, slots=True)
class WantedSolution:
    """What is to be done to a standard solution, if anything."""

    register: str | None
    title: str | None
    end: str | None
    by: str | None
    reason: str | None


def list_filings(wanted: Wanted, form: Format) -> int:
    """Print filings."""
    given = settings()
    asked = AskedFilings(
        kinds=wanted.kinds or None,
        states=wanted.states or None,
        departments=wanted.departments or None,
        body=wanted.waits_for,
        late=wanted.late,
        order=FilingOrder(wanted.order),
    )

    async def work() -> Record:
        async with opened(given) as graph:
            found = await filing_lists.find(graph, asked, given.today())
            shown = [row.id for row in found.rows[: wanted.first]]
            known = await by_ids(graph, shown)
            listed = [known[id] for id in shown if id in known]
            usable = await solutions.usable(graph, [one.solution for one in listed])
            nodes = [
                filing_record(one, [act.value for act in possible(one.state, short=one.solution in usable)])
                for one in listed
            ]
            counts = await facets(graph, found.rows, filing_lists.FACETS)
            return {"nodes": nodes, "totalCount": len(found.rows), "facets": facet_records(counts)}

    answer = run(work)
    if form is Format.JSON:
        print_json(answer)
        return 0
    rows = [(one["id"], one["kind"], one["state"], one["name"], one["verdict"], one["due"]) for one in answer["nodes"]]
    if rows:
        console().print(table(_FILINGS, rows))
    states = ", ".join(f"{one['count']:,} {one['value']}" for one in answer["facets"]["state"])
    console().print(Text(f"{answer['totalCount']:,} filings" + (f": {states}." if states else ".")))
    return 0


def scope(wanted: WantedScope, form: Format) -> int:
    """Print the full-scope list."""
    given = settings()
    asked = AskedScope(
        departments=wanted.departments or None,
        jurisdictions=wanted.jurisdictions or None,
        filed=wanted.filed,
        states=wanted.states or None,
        order=ScopeOrder(wanted.order),
    )

    async def work() -> Record:
        async with opened(given) as graph:
            with waiting("Looking at every system …"):
                found = await filing_scope.find(graph, asked)
                nodes = await _systems(graph, given, found.rows[: wanted.first])
                counts = await facets(graph, found.rows, filing_scope.FACETS)
            return {"nodes": nodes, "totalCount": len(found.rows), "facets": facet_records(counts)}

    answer = run(work)
    if form is Format.JSON:
        print_json(answer)
        return 0
    if answer["nodes"]:
        console().print(table(_SYSTEMS, list(map(_row, answer["nodes"]))))
    console().print(Text(f"{answer['totalCount']:,} systems."))
    return 0


async def _systems(graph: Graph, given: Settings, rows: Sequence[ScopeRow]) -> list[Record]:
    ids = [row.id for row in rows]
    weighed, decided = await _weigh(graph, given, ids), await running_funds.decisions(graph, ids)
    departments = [row.department for row in rows if row.department is not None]
    names = {id: one["name"] for id, one in (await things_by_ids(graph, Kind.DEPARTMENT, departments)).items()}
    return [scope_record(row, names, weighed[row.id], decided[row.id]) for row in rows]


async def _weigh(graph: Graph, given: Settings, ids: Sequence[str]) -> dict[str, Funds]:
    today = given.today()
    zombie = given.rules_today().thresholds["zombie"]
    return await running_funds.grounds(graph, ids, zombie, today)


def _row(one: Record) -> tuple[object, ...]:
    filing = one["filing"] and f"{one['filing']['id']} {one['filing']['state']}"
    decided = one["fundsDecisions"][0]["outcome"] if one["fundsDecisions"] else None
    department = (one["department"] or {}).get("name")
    filed = "yes" if one["filed"] else "no"
    return one["system"]["id"], department, filed, filing, one["funds"]["outcome"], decided


def funds(system: str, decide: str | None, by: str | None, reason: str | None, form: Format) -> int:
    """Print what follows for the running funds of a system; decide on them first, if that is asked for."""
    if decide is not None and (by is None or reason is None):
        raise Failure("--decide: say by whom and why.", "Add --by NAME and --reason TEXT.", status=2)
    if decide is None and by is not None:
        raise Failure("--by: nothing is decided.", "Add --decide funds or --decide no_funds.", status=2)
    given = settings()

    async def work() -> Record:
        async with opened(given) as graph:
            await registered(graph, system)
            found = (await _weigh(graph, given, [system]))[system]
            if decide is not None:
                rules = given.rules_today().version
                outcome = Outcome(decide)
                await running_funds.decide(graph, system, outcome, by or "", reason or "", found, rules)
            decided = (await running_funds.decisions(graph, [system]))[system]
            return {"system": system, **funds_record(found), "decisions": list(map(decision_record, decided))}

    answer = run(work)
    if form is Format.JSON:
        print_json(answer)
        return 0
    out = console()
    out.print(Text(f"{system}: {answer['outcome']}"))
    rows = [
        (one["kind"], one["weighed"], "; ".join(one["evidence"]), "; ".join(one["missing"]))
        for one in answer["grounds"]
    ]
    out.print(table(_GROUNDS, rows))
    for one in answer["decisions"]:
        out.print(Text(f"{one['number']}. {one['outcome']}, by {one['by']}: {one['reason']}"))
    return 0


def list_solutions(wanted: WantedSolution, form: Format) -> int:
    """Print the standard solutions; register or end one first, if that is asked for."""
    _check(wanted)
    given = settings()

    async def work() -> list[Record]:
        async with opened(given) as graph:
            if wanted.register is not None:
                await solutions.register(graph, wanted.register, wanted.title or "", wanted.by or "")
            if wanted.end is not None:
                await solutions.end(graph, wanted.end, wanted.by or "", wanted.reason)
            return [solution_record(one, now()) for one in await solutions.every(graph)]

    found = run(work)
    if form is Format.JSON:
        print_json({"nodes": found, "totalCount": len(found)})
        return 0
    rows = [(one["id"], one["title"], one["system"], "yes" if one["inForce"] else "no") for one in found]
    console().print(table(_SOLUTIONS, rows) if rows else Text("There are no standard solutions yet."))
    return 0


def _check(wanted: WantedSolution) -> None:
    if wanted.register is not None and wanted.end is not None:
        raise Failure("--end: one thing at a time.", "Leave out --register or --end.", status=2)
    if wanted.register is not None and wanted.title is None:
        raise Failure("--register: say what the solution is called.", "Add --title TEXT.", status=2)
    if (wanted.register is not None or wanted.end is not None) and wanted.by is None:
        raise Failure("--by: say who does it.", "Add --by NAME.", status=2)
