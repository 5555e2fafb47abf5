"""`registry lineage`: a question to the graph, the answer as a tree, a table or JSON; files are written elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from pathlib import Path
from typing import Any

from graph.facts import as_instant
from graph.lineage import Asked, Lineages, check
from graph.moment import Level
from graph.narrowing import NO_FILTER, LineageFilter
from graph.projection import Projection
from graph.refusals import BadInput
from graph.walk import Budget
from registry.answers import lineage_record
from registry.commands.lineage_file import FILES, FileWanted, check_file, write_file
from registry.commands.opened import Failure, opened, run, settings
from registry.terminal import Format, console, print_json, table, waiting
from registry.tree import print_tree

__all__ = ["Wanted", "ask", "instant", "lineage", "show"]

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The question as it stands on the command line; times are texts."""

    ids: list[str]
    direction: str = "DOWNSTREAM"
    level: str = "RESOURCE"
    depth: int = 5
    as_of: str | None = None
    known_at: str | None = None
    dependencies: bool = False
    budget: Mapping[str, int | None] = field(default_factory=dict)
    """By the names that GraphQL has; None where the usual is meant."""
    filter: LineageFilter = NO_FILTER


def lineage(wanted: Wanted, form: Format, of: str | None = None, output: Path | None = None) -> None:
    """Ask and print. Raises Failure for what is wrong by itself, Refusal for what the graph does not know."""
    check_file(form, of, output, wanted.budget)
    given = settings()
    asked = _asked(wanted, given.zone)
    if form in FILES:
        run(lambda: write_file(given, asked, wanted.budget, FileWanted(form, of, output)))
        return

    async def work() -> Record:
        async with opened(given) as graph:
            with waiting("Following the data …"):
                return await ask(Lineages(graph, Projection(graph, 0)), asked)

    show(run(work), wanted, form)


async def ask(lineages: Lineages, asked: Asked) -> Record:
    """The answer as a record."""
    return lineage_record(await lineages.find(asked))


def _asked(wanted: Wanted, zone: tzinfo) -> Asked:
    asked = Asked(
        ids=wanted.ids,
        direction=wanted.direction,
        level=Level[wanted.level],
        depth=wanted.depth,
        as_of=instant("--as-of", wanted.as_of, zone),
        known_at=instant("--known-at", wanted.known_at, zone),
        reads=wanted.dependencies,
        budget=_budget(wanted.budget),
        filter=wanted.filter,
    )
    try:
        check(asked)
    except BadInput as error:
        raise Failure(str(error), status=2) from error
    return asked


def _budget(given: Mapping[str, int | None]) -> Budget:
    usual = Budget()
    names = {"maxNodes": "max_nodes", "maxPerNode": "max_per_node", "maxMilliseconds": "max_milliseconds"}
    return replace(usual, **{names[name]: number for name, number in given.items() if number is not None})


def instant(option: str, text: str | None, zone: tzinfo) -> int | None:
    """The moment that an option means. Raises Failure where it means none."""
    if text is None:
        return None
    try:
        return as_instant(text, zone)
    except (ValueError, OverflowError) as error:
        raise Failure(
            f"{option}: {text!r} is not an ISO 8601 date or time.",
            "Write 2026-01-01 or 2026-01-01T08:00:00+08:00.",
            status=2,
        ) from error


def show(answer: Record, wanted: Wanted, form: Format) -> None:
    """Print an answer for people, or as JSON."""
    if form is Format.JSON:
        print_json(answer)
    elif form is Format.TREE:
        print_tree(console(), answer, _title(answer, wanted), direction=wanted.direction, depth=wanted.depth)
    else:
        _print_tables(answer, wanted)


def _title(answer: Record, wanted: Wanted) -> str:
    names = {node["id"]: node["name"] for node in answer["nodes"]}
    what = "、".join(names.get(id, id) for id in wanted.ids)
    kind = "dependencies" if wanted.dependencies else "lineage"
    way = "both ways" if wanted.direction == "BOTH" else wanted.direction.lower()
    times = [f"as of {wanted.as_of}"] if wanted.as_of else []
    times += [f"known at {wanted.known_at}"] if wanted.known_at else []
    bounds = [] if wanted.filter == NO_FILTER else ["filtered"]
    return ", ".join([f"{what}: {kind} {way}", f"level {wanted.level}", *times, *bounds])


def _print_tables(answer: Record, wanted: Wanted) -> None:
    out = console()
    columns = {"depth": "right", "kind": "left", "name": "left", "department": "left", "more": "right", "id": "left"}
    rows = [
        (n["depth"], n["kind"], n["name"], (n["department"] or {}).get("name"), n["more"] or "", n["id"])
        for n in answer["nodes"]
    ]
    out.print(table(columns, rows, title=_title(answer, wanted)))
    out.print()
    names = {node["id"]: node["name"] for node in answer["nodes"]}
    columns = {"source": "left", "target": "left", "flow": "left", "links": "right", "jobs": "left"}
    edges = [
        (names[e["source"]], names[e["target"]], e["flow"], e["count"], "、".join(e["jobs"])) for e in answer["edges"]
    ]
    out.print(table(columns, edges))
    out.print(_summary(answer))


def _summary(answer: Record) -> str:
    cut = "complete" if answer["complete"] else f"cut by {', '.join(answer['stoppedBy'])}"
    return (
        f"{len(answer['nodes']):,} nodes, {len(answer['edges']):,} edges, {cut}, "
        f"{answer['reachedDepth']} steps at most, as of change {answer['sequence']}"
    )
