"""`registry cycles`: sets of nodes that lead to each other, or pairs that depend on each other, page by page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from rich.text import Text

from graph.crossings import Behind, Crossing, around
from graph.cuts import cut
from graph.cycles import AskedCycles, Cycles
from graph.facts import as_text
from graph.ground import Record
from graph.moment import Level
from graph.mutual import FoundPairs, Pair
from graph.net import Ints
from graph.paging import Page, cursor, page
from graph.projection import Projection
from graph.refusals import BadInput
from graph.shortest import Round
from graph.strong import CycleSet, FoundCycles
from registry.commands.lineage import instant
from registry.commands.opened import Failure, opened, run, settings
from registry.terminal import Format, console, print_json, table, waiting

__all__ = ["Wanted", "cycles"]

_NAMES = 6
"""Names of a way round that a table shows."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The question as it stands on the command line; times are texts. `links`: how many a table shows each way."""

    level: str
    within: str | None = None
    mutual: bool = False
    as_of: str | None = None
    known_at: str | None = None
    first: int = 50
    after: str | None = None
    links: int = 0


def cycles(wanted: Wanted, form: Format) -> None:
    """Ask and print. Raises Failure for what is wrong by itself, Refusal for what the graph does not know."""
    given = settings()
    asked, part = _asked(wanted, given.zone)

    async def work() -> Record:
        async with opened(given) as graph:
            with waiting("Looking at all that flows …"):
                of = Cycles(graph, Projection(graph, 0), given.projection_mb)
                try:
                    return await _pairs(of, asked, part) if wanted.mutual else await _sets(of, asked, part)
                finally:
                    await of.close()

    answer = run(work)
    if form is Format.JSON:
        print_json(answer)
    elif wanted.mutual:
        _print_pairs(answer, wanted)
    else:
        _print_sets(answer, wanted)


def _order(wanted: Wanted) -> str:
    """The name that cursors of this list have, as over GraphQL."""
    return f"{'mutual' if wanted.mutual else 'cycles'}-{wanted.level}"


def _asked(wanted: Wanted, zone: tzinfo) -> tuple[AskedCycles, Page]:
    asked = AskedCycles(
        Level[wanted.level],
        wanted.within,
        instant("--as-of", wanted.as_of, zone),
        instant("--known-at", wanted.known_at, zone),
    )
    try:
        return asked, page(_order(wanted), wanted.first, wanted.after)
    except BadInput as error:
        raise Failure(str(error), status=2) from error


async def _sets(of: Cycles, asked: AskedCycles, part: Page) -> Record:
    found = await of.sets(asked)
    rows = cut(found.count, found.position, part, part.size)
    return _connection("cycles", asked, found, rows, [_set_record(found[row]) for row in rows])


async def _pairs(of: Cycles, asked: AskedCycles, part: Page) -> Record:
    found = await of.pairs(asked)
    rows = cut(found.count, found.position, part, part.size)
    return _connection("mutual", asked, found, rows, [await _pair_record(found[row]) for row in rows])


def _connection(
    name: str, asked: AskedCycles, found: FoundCycles | FoundPairs, rows: range, nodes: list[Record]
) -> Record:
    """A page in the shape that GraphQL gives it."""
    cursors = [cursor(f"{name}-{asked.level.name}", found.position(row)) for row in rows]
    info = {
        "hasNextPage": bool(rows) and rows[-1] + 1 < found.count,
        "hasPreviousPage": bool(rows) and rows[0] > 0,
        "startCursor": cursors[0] if cursors else None,
        "endCursor": cursors[-1] if cursors else None,
    }
    return {"nodes": nodes, "pageInfo": info, "totalCount": found.count, "sequence": str(found.ground.sequence)}


def _set_record(found: CycleSet) -> Record:
    return {
        "size": found.size,
        "closed": found.closed,
        "shortest": _way(found, found.shortest),
        "walk": found.walk and _way(found, found.walk),
        "members": _listed(_told(found, found.flows.nodes)),
        "edges": _listed([_crossing(Crossing(found.ground, found.flows, *pair)) for pair in _edges(found)]),
    }


def _edges(found: CycleSet) -> Iterator[tuple[int, int]]:
    sources, targets = found.edges
    return zip(sources.tolist(), targets.tolist(), strict=True)


def _listed(nodes: list[Record]) -> Record:
    return {"totalCount": len(nodes), "nodes": nodes}


def _told(found: CycleSet | Pair, things: Ints) -> list[Record]:
    return [{**thing, "kind": thing["kind"].name} for thing in found.ground.located(things)]


def _way(found: CycleSet, way: Round) -> Record:
    return {
        "length": len(way.vertices),
        "exact": way.exact,
        "nodes": _told(found, found.flows.nodes[way.vertices]),
        "edges": [_crossing(one) for one in around(found.ground, found.flows, way.vertices, len(way.vertices))],
    }


def _crossing(edge: Crossing) -> Record:
    return {name: getattr(edge, name) for name in ("source", "target", "count", "fields", "resources", "jobs")}


async def _pair_record(pair: Pair) -> Record:
    one, other = _told(pair, pair.flows.nodes[[pair.one, pair.other]])
    ways = ((pair.one, pair.other), (pair.other, pair.one))
    there, back = [await _with_links(Crossing(pair.ground, pair.flows, *ends)) for ends in ways]
    return {"one": one, "other": other, "count": pair.count, "closed": pair.closed, "there": there, "back": back}


async def _with_links(edge: Crossing) -> Record:
    behind = Behind(edge)
    await edge.ground.learn(behind.needs)
    return {**_crossing(edge), "links": _listed([_link(link) for link in behind.records(range(behind.count))])}


def _link(link: Record) -> Record:
    ends = {end: {**link[end], "kind": link[end]["kind"].name} for end in ("source", "target")}
    times = {"validFrom": link["valid_from"], "validTo": link["valid_to"]}
    return {**ends, "job": link["job"], **{name: at if at is None else as_text(at) for name, at in times.items()}}


def _title(what: str, wanted: Wanted) -> str:
    within = [f"within {wanted.within}"] if wanted.within else []
    times = [f"as of {wanted.as_of}"] if wanted.as_of else []
    times += [f"known at {wanted.known_at}"] if wanted.known_at else []
    return ", ".join([what, f"level {wanted.level}", *within, *times])


def _print_sets(answer: Record, wanted: Wanted) -> None:
    columns = {"members": "right", "one walk comes back": "left", "shortest cycle": "left", "first member": "left"}
    rows = [
        (one["size"], _comes_back(one["walk"]), _names(one["shortest"]), one["members"]["nodes"][0]["id"])
        for one in answer["nodes"]
    ]
    out = console()
    out.print(table(columns, rows, title=_title("Cycles", wanted)))
    _print_end(answer, "cycles", "cycle")


def _comes_back(walk: Record | None) -> str:
    return f"yes: {_names(walk)}" if walk else "no"


def _names(way: Record) -> str:
    names = [node["name"] for node in way["nodes"]]
    shown = names if len(names) <= _NAMES else [*names[: _NAMES - 1], f"… {len(names) - _NAMES + 1:,} more"]
    about = "" if way["exact"] else " (there may be a shorter one)"
    return " → ".join([*shown, names[0]]) + about


def _print_pairs(answer: Record, wanted: Wanted) -> None:
    out = console()
    columns = {
        "one": "left",
        "other": "left",
        "links": "right",
        "→": "right",
        "←": "right",
        "one walk comes back": "left",
    }
    rows = [
        (
            one["one"]["name"],
            one["other"]["name"],
            one["count"],
            one["there"]["count"],
            one["back"]["count"],
            "yes" if one["closed"] else "no",
        )
        for one in answer["nodes"]
    ]
    out.print(table(columns, rows, title=_title("Mutual dependence", wanted)))
    if wanted.links:
        for one in answer["nodes"]:
            for source, target, way in (("one", "other", "there"), ("other", "one", "back")):
                out.print(Text(f"\n{one[source]['name']} → {one[target]['name']}", "bold"))
                _print_links(one[way]["links"]["nodes"], wanted.links)
    _print_end(answer, "pairs", "pair")


def _print_links(links: Sequence[Any], most: int) -> None:
    out = console()
    rows = [(_full_name(link["source"]), _full_name(link["target"]), link["job"]) for link in links[:most]]
    out.print(table({"from": "left", "to": "left", "job": "left"}, rows))
    if len(links) > most:
        out.print(Text(f"… {len(links) - most:,} more; --links shows more of them", "dim"))


def _full_name(thing: Record) -> str:
    resource = thing["resource"] if thing["kind"] == "FIELD" else None
    return f"{resource['name']}/{thing['name']}" if resource else str(thing["name"])


def _print_end(answer: Record, several: str, one: str) -> None:
    count, shown = answer["totalCount"], len(answer["nodes"])
    told = f"{count:,} {one if count == 1 else several}, as of change {answer['sequence']}"
    if shown < count:
        told += f"; {shown:,} shown"
    if answer["pageInfo"]["hasNextPage"]:
        told += f"; go on with --after {answer['pageInfo']['endCursor']}"
    console().print(Text(told + "."))
