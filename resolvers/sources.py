"""Sources and their runs as GraphQL types: who states what, and what each reading of it did."""

from collections.abc import Hashable, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry import Parent

from graph import runs
from graph.cuts import cut
from graph.earlier import RunChanges, Touched, run_changes, touched
from graph.lists import Row
from graph.paging import Page
from graph.refusals import BadInput
from graph.runs import ACTS, Run, RunState, Trigger
from graph.sources import Source, list_sources
from resolvers.batches import many
from resolvers.connections import ROWS, Pages
from resolvers.context import Context, Info
from resolvers.costs import weighs
from resolvers.findings import Severity
from resolvers.history import PropertyChange, changed
from resolvers.members import After, Before, First, Last
from resolvers.scalars import Instant, SequenceNumber
from resolvers.slices import AnswerConnection, Slice, slice_page

__all__ = ["SourceRun", "SourceType", "runs_field", "sources_field"]

_MOST_RUNS = 10_000

Record = dict[str, Any]


def _described(description: str) -> Any:
    return strawberry.field(description=description)


def _value(value: Any, description: str) -> Any:
    return strawberry.enum_value(value, description=description)


@strawberry.enum(name="RunState", description="How a run of a source stands.")
class RunStateType(Enum):
    RUNNING = _value(RunState.RUNNING.value, "It is under way.")
    DONE = _value(RunState.DONE.value, "It came to its end; its findings say what could not be taken.")
    FAILED = _value(RunState.FAILED.value, "It was ended before; its message says why.")
    LOST = _value(RunState.LOST.value, "The worker that ran it is gone.")


@strawberry.enum(name="RunTrigger", description="What started a run of a source.")
class TriggerType(Enum):
    SCHEDULE = _value(Trigger.SCHEDULE.value, "The source was due.")
    PERSON = _value(Trigger.PERSON.value, "Somebody asked for it.")
    UNDO = _value(Trigger.UNDO.value, "Somebody undid another run.")


@strawberry.type(description="What a run did with the facts of one kind.")
class RunCounts:
    what: str = _described("The kind of thing (resource, field …), or of link (feeds, reads).")
    stated: int = _described("How many the source stated, repeated ones included.")
    added: int = _described("How many were new.")
    changed: int = _described("How many were other than before.")
    unchanged: int = _described("How many were as before.")
    withdrawn: int = _described("How many it no longer states.")
    refused: int = _described("How many could not be taken.")


@strawberry.type(description="How often a run found something odd.")
class RunFinding:
    code: str = _described("What was found.")
    severity: Severity = _described("How bad it is.")
    count: int = _described("How often.")


@strawberry.enum(name="RunAct", description="What a run did to what its source says of one thing or link.")
class ActType(Enum):
    STATED = _value("STATED", "The source says it now, and did not before.")
    CHANGED = _value("CHANGED", "The source says other things of it than before.")
    WITHDRAWN = _value("WITHDRAWN", "The source no longer says it.")


@strawberry.type(description="One thing or link of which a run changed what its source says.")
class RunChange:
    what: str = _described("The kind of thing (resource, field …), or of link (feeds, reads).")
    act: ActType = _described("What became of it.")
    id: strawberry.ID | None = _described("The thing; null for a link.")
    start: strawberry.ID | None = _described("Of a link, where the data comes from.")
    end: strawberry.ID | None = _described("Of a link, where it goes; of reads, the system.")
    job: str | None = _described("Of a link, what moves the data.")
    changes: list[PropertyChange] = _described("What the source says otherwise, where it is CHANGED.")


class _Changes(Pages):
    """A page of what a run changed."""

    def __init__(self, page: Page, found: RunChanges, context: Context) -> None:
        super().__init__(f"run-{found.run}", page)
        self._found = found
        self._context = context

    @property
    def group(self) -> Hashable:
        return id(self)

    async def read(self, pages: Sequence["_Changes"], page: Page, size: int) -> Sequence[Sequence[Row]]:
        places = cut(self._found.count, self._found.position, page, size)
        rows = await touched(self._context.graph, self._found, places)
        return [[Row(self._found.position(place), _change(row)) for place, row in zip(places, rows, strict=True)]]

    async def count(self, pages: Sequence["_Changes"]) -> Sequence[int]:
        return [self._found.count]


async def _changes(
    root: Parent[Any],
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:
    page = slice_page(f"run-{root['id']}", first, after, last, before)
    return _Changes(page, await run_changes(info.context.graph, root["id"]), info.context)


def _change(row: Touched) -> Record:
    told = {name: getattr(row, name) for name in ("what", "act", "id", "start", "end", "job")}
    return {**told, "changes": changed(row.changes)}


@strawberry.type(description="One run of a source: one reading of all that it says, or the undoing of another.")
class SourceRun:
    id: strawberry.ID = _described("Its id.")
    source: str = _described("Of which source.")
    number: int = _described("Its number among the runs of its source, from 1.")
    kind: str = _described("The connector that read it.")
    trigger: TriggerType = _described("What started it.")
    state: RunStateType = _described("How it stands.")
    full: bool = _described("Whether it said all that the source has, so that what it no longer states was withdrawn.")
    began: Instant = _described("When it began.")
    ended: Instant | None = _described("When it ended; null while it is under way.")
    attempts: int = _described("How many tries it took to reach the source.")
    facts: int = _described("How many facts the source stated.")
    first_change: SequenceNumber | None = _described("The first change of the graph that it made; null: it made none.")
    last_change: SequenceNumber | None = _described("The last change that it made.")
    message: str | None = _described("Why it failed, or what did not go well.")
    undoes: int | None = _described("The number of the run that it undid.")
    undone_by: int | None = _described("The number of the run that undid it.")
    counts: list[RunCounts] = _described("What it did, by kind.")
    findings: list[RunFinding] = _described("What it found, the worst first.")
    changed: AnswerConnection[RunChange] = strawberry.field(
        resolver=_changes,
        description="What it changed, in the order in which it did, as long as it may be undone.",
        directives=[ROWS, weighs(10)],
    )


async def _last_runs(records: list[Record], context: Context) -> list[Any]:
    found = await runs.latest(context.graph, [record["id"] for record in records])
    return [_run(found[record["id"]]) if record["id"] in found else None for record in records]


@strawberry.type(name="Source", description="Who states things: a file, a database, another catalogue, a person.")
class SourceType:
    id: strawberry.ID = _described("Its name.")
    connector: str | None = _described("What read it last; null: it was never imported here.")
    things: int = _described("How many things it states now.")
    links: int = _described("How many links it states now.")
    last_import: Instant | None = _described("When it was last imported or run.")
    last_run: SourceRun | None = many(_last_runs, "Its last run; null where it is imported by hand.")


def _source(source: Source) -> Record:
    told = {"id": source.id, "connector": source.connector, "things": source.things, "links": source.links}
    return {**told, "last_import": source.last_run}


def _run(run: Run) -> Record:
    stored: Mapping[str, Any] = {name: getattr(run, name) for name in Run.__dataclass_fields__}
    counts = [{"what": what, **{act: its.get(act, 0) for act in ACTS}} for what, its in run.counts.items()]
    told = {"trigger": run.trigger.value, "state": run.state.value, "first_change": run.first, "last_change": run.last}
    return {**stored, **told, "counts": counts}


async def _sources(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    page = slice_page("sources", first, after, last, before)
    found = await list_sources(info.context.graph)
    return Slice("sources", page, len(found), lambda row: (0, found[row].id), lambda row: _source(found[row]))


SourceId = Annotated[strawberry.ID, strawberry.argument(description="The name of the source.")]


async def _runs(
    info: Info, source: SourceId, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Any:
    if not source:
        raise BadInput("source: is the name of a source, such as people", argument="source")
    order = f"runs-{source}"
    page = slice_page(order, first, after, last, before)
    found = await runs.history(info.context.graph, str(source), _MOST_RUNS)
    return Slice(order, page, len(found), lambda row: (-found[row].number, ""), lambda row: _run(found[row]))


sources_field: Any = strawberry.field(
    resolver=_sources,
    description="All who state something here or ever did, by name, with how much they state now.",
    directives=[ROWS, weighs(1_000)],
)
runs_field: Any = strawberry.field(
    resolver=_runs,
    description="What the runs of a source did, the newest first; as many as are remembered.",
    directives=[ROWS, weighs(10)],
)
