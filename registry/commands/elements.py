"""`registry elements`: suggest data elements, decide on them, and tell what does not fit."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, tzinfo
from typing import Any

from rich.text import Text

from graph import bindings, decisions
from graph.at_hand import MEGABYTES
from graph.bindings import Decided
from graph.conflicts import AskedConflicts, ConflictSearch
from graph.decisions import Act
from graph.element_matching import ElementMatcher, Named
from graph.engine import Graph
from graph.facts import Kind, as_instant
from graph.lists import Lister, Listing
from graph.paging import Page
from graph.projection import Projection
from graph.refusals import NotFound
from graph.things import by_ids, find
from registry.commands.opened import Failure, opened, run, settings
from registry.element_answers import conflicts_record, decided_record, decision_record, match_record
from registry.terminal import Format, console, local_time, print_json, table, waiting

__all__ = ["allow", "bind", "conflicts", "match", "record", "refuse", "set_source", "suggest", "unbind"]

Record = dict[str, Any]

NONE = "-"
"""On the command line: no element, no department."""
MOST_ROWS = 10_000
MOST_FIELDS = 1_000


def match(names: Sequence[str], table_name: str | None, department: str | None, first: int, form: Format) -> None:
    """Say which data elements names of fields may stand for."""

    async def work(graph: Graph, matcher: ElementMatcher) -> list[Record]:
        found = await matcher.match(names, table_name, department, first)
        known = await _names(graph, found)
        return [match_record(name, those, known) for name, those in zip(names, found, strict=True)]

    answer = _matching(work)
    if form is Format.JSON:
        print_json({"matchFields": answer})
        return
    _print_matches([(one["name"], one["candidates"]) for one in answer])


def suggest(resource: str, first: int, form: Format) -> None:
    """List the fields of a resource that have no data element, with those that they may have."""

    async def work(graph: Graph, matcher: ElementMatcher) -> list[Record]:
        if resource not in await by_ids(graph, Kind.RESOURCE, [resource]):
            raise NotFound(f"the registry does not know the resource {resource}", ids=[resource])
        listing = Listing(Kind.FIELD, {"resource": [resource], "has_element": False})
        rows = [row.record for row in await Lister(graph, listing).page(Page(), MOST_FIELDS)]
        fields = [Named(one["id"], None if one["name"] == one["id"] else one["name"], resource) for one in rows]
        found = await matcher.of_fields(fields, first)
        known = await _names(graph, found.values())
        told = [(row, match_record(row["name"], found[row["id"]], known)) for row in rows]
        return [{"id": row["id"], "name": one["name"], "suggestions": one["candidates"]} for row, one in told]

    answer = _matching(work)
    if form is Format.JSON:
        print_json({"fields": answer})
        return
    if not answer:
        console().print(Text("All its fields have a data element."))
        return
    _print_matches([(f"{one['name']} ({one['id']})", one["suggestions"]) for one in answer])


def _matching(work: Callable[[Graph, ElementMatcher], Awaitable[list[Record]]]) -> list[Record]:
    given = settings()

    async def whole() -> list[Record]:
        async with opened(given) as graph:
            with waiting("Looking at what is bound …"):
                matcher = ElementMatcher(graph)
                try:
                    return await work(graph, matcher)
                finally:
                    await matcher.close()

    return run(whole)


async def _names(graph: Graph, found: Any) -> dict[str, str]:
    ids = {one.element_id for those in found for one in those}
    return {id: record["name"] for id, record in (await by_ids(graph, Kind.ELEMENT, sorted(ids))).items()}


def _print_matches(matches: Sequence[tuple[str, Sequence[Record]]]) -> None:
    rows = []
    for name, candidates in matches:
        for place, one in enumerate(candidates):
            told = one["element"]["name"], one["element"]["id"], one["reason"]
            rows.append((name if place == 0 else "", f"{one['score']:.2f}", *told))
        if not candidates:
            rows.append((name, "", "nothing fits", "", ""))
    columns = {"field": "left", "score": "right", "element": "left", "id": "left", "why": "left"}
    console().print(table(columns, rows))


def bind(pairs: Sequence[str], by: str, reason: str | None, form: Format) -> None:
    """State which data element fields have."""
    wanted: dict[str, str | None] = {}
    for field, element in _pairs(pairs):
        value = None if element == NONE else element
        if wanted.setdefault(field, value) != value:
            raise Failure(f"{field} is given two elements at once.", "Name each field once.", status=2)
    _decide(lambda graph: bindings.bind(graph, wanted, by, reason), form)


def unbind(fields: Sequence[str], by: str, reason: str | None, form: Format) -> None:
    """Take back which data element people said fields have."""
    _decide(lambda graph: bindings.unbind(graph, fields, by, reason), form)


def refuse(pairs: Sequence[str], by: str, reason: str | None, form: Format) -> None:
    """Keep that fields do not have data elements."""
    wanted = _pairs(pairs)
    _decide(lambda graph: bindings.refuse(graph, wanted, by, reason), form)


def allow(pairs: Sequence[str], by: str, reason: str | None, form: Format) -> None:
    """Take back refusals."""
    wanted = _pairs(pairs)
    _decide(lambda graph: bindings.allow_again(graph, wanted, by, reason), form)


def set_source(
    element: str, department: str | None, by: str, reason: str | None, form: Format, *, take_back: bool
) -> None:
    """State which department is a data element's authoritative source, or take that back."""
    if take_back == (department is not None):
        raise Failure(
            "Give a department (- for none), or --take-back, not both or neither.",
            "`registry elements source --help` shows how.",
            status=2,
        )
    if take_back:
        _decide(lambda graph: bindings.take_back_source(graph, element, by, reason), form)
        return
    named = None if department == NONE else department
    _decide(lambda graph: bindings.set_source(graph, element, named, by, reason), form)


def _pairs(words: Sequence[str]) -> list[tuple[str, str]]:
    if len(words) % 2:
        raise Failure("Fields and elements go in pairs: a field, then its element.", "One is missing.", status=2)
    return list(zip(words[::2], words[1::2], strict=True))


def _decide(work: Callable[[Graph], Awaitable[Decided]], form: Format) -> None:
    given = settings()

    async def whole() -> Decided:
        async with opened(given) as graph:
            return await work(graph)

    done = run(whole)
    if form is Format.JSON:
        print_json(decided_record(done))
        return
    told = f"{len(done.decisions):,} decided, {done.unchanged:,} were so already; the graph is at change "
    console().print(Text(f"{told}{done.sequence}."))


def record(id: str, form: Format) -> None:
    """Tell what people decided about a field or a data element."""
    given = settings()

    async def work() -> list[Record]:
        async with opened(given) as graph:
            if id not in await find(graph, [id]):
                raise NotFound(f"the registry does not know {id}", ids=[id])
            return [decision_record(one) for one in (await decisions.recorded(graph, [id])).get(id, [])]

    answer = run(work)
    if form is Format.JSON:
        print_json({"decisions": answer})
        return
    if not answer:
        console().print(Text("Nobody has decided anything about it."))
        return
    columns = {"when": "left", "what": "left", "which": "left", "by": "left", "why": "left"}
    rows = [(_when(one["at"], given.zone), one["act"], _which(one), one["by"], one["reason"]) for one in answer]
    console().print(table(columns, rows))


def _when(text: str, zone: tzinfo) -> str:
    return f"{local_time(as_instant(text, UTC), zone):%Y-%m-%d %H:%M}"


def _which(one: Record) -> str:
    is_source = one["act"] in (Act.SOURCE_SET, Act.SOURCE_TAKEN_BACK)
    value = one["department"] if is_source else one["element"]
    return "none" if value is None else str(value["id"])


def conflicts(asked: AskedConflicts, first: int, form: Format) -> None:
    """List where data elements do not fit what is registered."""
    if not 0 <= first <= MOST_ROWS:
        raise Failure(f"--first: must be from 0 to {MOST_ROWS:,}, not {first:,}", status=2)
    given = settings()

    async def work() -> Record:
        async with opened(given) as graph:
            with waiting("Looking at all that carries data elements …"):
                megabytes = given.projection_mb or MEGABYTES
                search = ConflictSearch(graph, Projection(graph, 0), megabytes, given.rules_today)
                return conflicts_record(await search.find(asked), first)

    answer = run(work)
    if form is Format.JSON:
        print_json(answer)
        return
    out = console()
    if answer["nodes"]:
        columns = {"severity": "left", "kind": "left", "what does not fit": "left", "what to do": "left"}
        rows = [(one["severity"], one["kind"], one["message"], one["wayOut"]) for one in answer["nodes"]]
        out.print(table(columns, rows, title=f"Conflicts ({len(rows):,} of {answer['totalCount']:,})"))
    out.print(Text(f"{answer['totalCount']:,} conflicts, as of change {answer['sequence']}."))
