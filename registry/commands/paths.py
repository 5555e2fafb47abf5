"""`registry paths`: the ways between two things, as trees, a table or JSON."""

from dataclasses import dataclass
from typing import Any

from rich.text import Text

from graph.moment import Level
from graph.path_answers import PathsAsked, check, find_paths
from graph.projection import Projection
from graph.refusals import BadInput
from registry.answers import paths_record
from registry.commands.lineage import instant
from registry.commands.opened import Failure, opened, run, settings
from registry.terminal import Format, console, print_json, table, waiting

__all__ = ["Wanted", "paths"]

Record = dict[str, Any]

_WAYS_OUT = {
    "DEPTH": "there is a longer path; --max-depth allows more steps (up to 1,000)",
    "NODES": "there are more paths, or too many ways led nowhere; --first lists more (up to 1,000)",
    "TIME": "the time was up; --max-milliseconds allows more (up to 60,000)",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The question as it stands on the command line; times are texts."""

    source: str
    target: str
    level: str
    max_depth: int
    first: int
    as_of: str | None
    known_at: str | None
    via: list[str]
    avoid: list[str]
    max_milliseconds: int


def paths(wanted: Wanted, form: Format) -> None:
    """Ask and print. Raises Failure for what is wrong by itself, Refusal for what the graph does not know."""
    given = settings()
    asked = PathsAsked(
        source=wanted.source,
        target=wanted.target,
        level=Level[wanted.level],
        max_depth=wanted.max_depth,
        first=wanted.first,
        as_of=instant("--as-of", wanted.as_of, given.zone),
        known_at=instant("--known-at", wanted.known_at, given.zone),
        via=wanted.via,
        avoid=wanted.avoid,
        max_milliseconds=wanted.max_milliseconds,
    )
    try:
        check(asked)
    except BadInput as error:
        raise Failure(str(error), status=2) from error

    async def work() -> Record:
        async with opened(given) as graph:
            with waiting("Looking for paths …"):
                return paths_record(await find_paths(graph, Projection(graph, 0), asked))

    answer = run(work)
    if form is Format.JSON:
        print_json(answer)
    elif form is Format.TREE:
        _print_trees(answer, wanted)
    else:
        _print_table(answer, wanted)


def _title(wanted: Wanted) -> str:
    times = [f"as of {wanted.as_of}"] if wanted.as_of else []
    times += [f"known at {wanted.known_at}"] if wanted.known_at else []
    kept = [f"through {'、'.join(wanted.via)}"] if wanted.via else []
    kept += [f"not through {'、'.join(wanted.avoid)}"] if wanted.avoid else []
    return ", ".join([f"{wanted.source} ▶ {wanted.target}", f"level {wanted.level}", *kept, *times])


def _print_trees(answer: Record, wanted: Wanted) -> None:
    out = console()
    out.print(Text(_title(wanted), "bold"))
    for number, path in enumerate(answer["paths"], 1):
        out.print(Text(f"{number}. {_steps(path['length'])}", "bold"))
        for place, node in enumerate(path["nodes"]):
            edge = path["edges"][place - 1] if place else None
            out.print(_line(node, edge), soft_wrap=True)
    out.print(_end(answer))
    for stop in answer["stoppedBy"]:
        out.print(Text(f"  {_WAYS_OUT[stop]}."))


def _steps(length: int) -> str:
    return "1 step" if length == 1 else f"{length:,} steps"


def _line(node: Record, edge: Record | None) -> Text:
    line = Text("  " if edge is None else "  ╰─▶ ", "dim")
    line.append(node["name"], "bold")
    line.append(f" [{node['kind']}]", "cyan")
    for container in (node["resource"] if node["kind"] == "FIELD" else None, node["department"]):
        if container is not None and container["id"] != node["id"]:
            line.append(f" · {container['name']}")
    if node["name"] != node["id"]:
        line.append(f"  {node['id']}", "dim")
    if edge is not None and edge["jobs"]:
        line.append(f"  by {'、'.join(edge['jobs'])}", "dim")
    if edge is not None and not edge["precise"]:
        line.append("  not field by field", "magenta")
    return line


def _print_table(answer: Record, wanted: Wanted) -> None:
    out = console()
    columns = {"path": "right", "step": "right", "kind": "left", "name": "left", "department": "left"}
    columns |= {"links": "right", "jobs": "left", "id": "left"}
    rows = [
        (
            number,
            place,
            node["kind"],
            node["name"],
            (node["department"] or {}).get("name"),
            path["edges"][place - 1]["count"] if place else "",
            "、".join(path["edges"][place - 1]["jobs"]) if place else "",
            node["id"],
        )
        for number, path in enumerate(answer["paths"], 1)
        for place, node in enumerate(path["nodes"])
    ]
    out.print(table(columns, rows, title=_title(wanted)))
    out.print(_end(answer))


def _end(answer: Record) -> Text:
    count = len(answer["paths"])
    told = "No path" if not count else "1 path" if count == 1 else f"{count:,} paths"
    if answer["complete"]:
        return Text(f"Complete: {told.lower()}; as of change {answer['sequence']}.")
    return Text(
        f"✂ Cut by {', '.join(answer['stoppedBy'])}: {told.lower()}; as of change {answer['sequence']}.", "bold red"
    )
