"""A group of events into the graph: what they say is added up with what was said before, and what follows is stated.

    storing = Storing(graph, Rules(), Stored(graph, besides=PREFIX))
    await storing.take(events)          # one transaction; the same again changes nothing

A job's flows are stated in its own name (`openlineage:NAMESPACE/NAME`), the columns of a dataset in that of the
resource that it is here (`openlineage:RESOURCE`), so that jobs that tell of one dataset never contradict each other.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from connectors.datasets import Dataset, Met, Naming, Registered, Rule, resource_id
from connectors.openlineage_events import Event, Job
from connectors.openlineage_facts import (
    Meeting,
    column_findings,
    fields,
    job_findings,
    job_name,
    links,
    meet,
    unknown,
)
from connectors.openlineage_runs import Runs
from connectors.openlineage_state import Content, Seen
from graph.engine import Graph
from graph.events import Outcome, Row, Rows, Said, take
from graph.facts import Finding, Place
from registry.openlineage.kept import (
    JOB,
    JobKept,
    ResourceKept,
    content_row,
    job_key,
    print_of,
    resource_key,
    run_key,
    unpack,
)

__all__ = ["Storing"]

log = logging.getLogger("registry.openlineage")

_MET_SECONDS = 60
"""How long what was met is believed: what is in force changes by the clock too."""
_MOST_MET = 50_000

_RunId = tuple[Job, str]


class Rowed(Protocol):
    """What is kept, as the transaction under way sees it."""

    @property
    def head(self) -> int:
        """The graph's last change."""
        ...

    async def rows(self, ids: Iterable[str]) -> Rows:
        """The rows with these ids."""
        ...

    async def stating(self, ids: Iterable[str], about: str) -> Rows:
        """The rows of those who state flows from or to any of these resources and fields."""
        ...


class Storing:
    """Takes events, of one caller at a time.

    `rules` gives the naming rules of the moment, `registered` answers what else is here.
    """

    def __init__(self, graph: Graph, rules: Callable[[], Sequence[Rule]], registered: Registered) -> None:
        self._graph = graph
        self._rules = rules
        self._registered = registered
        self._met = _Met(-1, (), Naming(), 0)

    async def take(self, events: Sequence[Event]) -> None:
        """Take events, in any order; when it returns, all is committed. Raises GraphError."""

        async def decide(said: Said) -> Outcome:
            return await self.decide(said, events)

        taken = await take(self._graph, decide)
        self._met.head = taken.head
        for finding in taken.refused:
            log.warning("not taken of events: %s (%s)", finding.message, finding.code)

    async def decide(self, said: Rowed, events: Sequence[Event]) -> Outcome:
        """What follows from events and from what is kept."""
        return await _Group(said, self._naming(said.head)).take(events)

    def _naming(self, head: int) -> Naming:
        """What datasets are here: as before, as long as nobody else has written, for some time."""
        rules, met = self._rules(), self._met
        if head != met.head or rules != met.rules or time.monotonic() > met.until or len(met.naming) > _MOST_MET:
            until = time.monotonic() + _MET_SECONDS
            self._met = met = _Met(head, rules, Naming(rules, self._registered), until)
        return met.naming


@dataclass(slots=True)
class _Met:
    """What was met, while the graph stood at `head`."""

    head: int
    rules: Sequence[Rule]
    naming: Naming
    until: float


class _Group:
    """One group of events, against what is kept."""

    def __init__(self, said: Rowed, naming: Naming) -> None:
        self._said = said
        self._naming = naming
        self._outcome = Outcome()
        self._rows: Rows = {}
        self._contents: dict[_RunId, Content] = defaultdict(Content)

    async def take(self, events: Sequence[Event]) -> Outcome:
        """What follows from the events."""
        by_job: dict[Job, list[Event]] = defaultdict(list)
        alone = Content()
        for event in events:
            if event.job is None:
                alone.add(event.content)
            else:
                by_job[event.job].append(event)
        jobs = await self._load(by_job)
        moved = [] if not alone.datasets else [alone]
        for kept in jobs:
            moved += self._add(kept, by_job[kept.job])
        meeting = await meet(self._naming, moved)
        left = await self._resources(moved, meeting)
        again = await self._said.stating(left, JOB) if left else {}
        for kept in jobs:
            touched = {event.run for event in by_job[kept.job]}
            if not self._job(kept, touched, meeting) and job_key(kept.job) in again:
                await self._again(kept)
            self._outcome.kept.append(kept.row())
        for id, row in sorted(again.items()):
            if id not in self._rows:
                await self._again(kept := JobKept.of_row(row), row)
                self._outcome.kept.append(kept.row())
        return self._outcome

    async def _load(self, by_job: Mapping[Job, Sequence[Event]]) -> list[JobKept]:
        """What is kept of the jobs and runs of the events."""
        keys = {job_key(job): job for job in by_job}
        runs = {run_key(job, event.run): (job, event.run) for job, events in by_job.items() for event in events}
        self._rows = await self._said.rows(sorted({*keys, *runs})) if keys else {}
        for id, run in runs.items():
            if id in self._rows:
                self._contents[run] = Content.parse(unpack(self._rows[id]["content"]))
        return [
            JobKept.of_row(self._rows[key]) if key in self._rows else JobKept(Runs(job))
            for key, job in sorted(keys.items())
        ]

    def _add(self, kept: JobKept, events: Sequence[Event]) -> list[Content]:
        """Add a job's events; the contents of those of their runs that have moved data."""
        job, contents = kept.job, self._contents
        for event in events:
            kept.runs.add(event)
            contents[job, event.run].add(event.content)
        touched = {event.run for event in events}
        gone = set(kept.runs.prune())
        self._outcome.dropped += [run_key(job, run) for run in sorted(gone)]
        left = sorted(touched - gone)
        self._outcome.kept += [content_row(job, run, contents[job, run]) for run in left]
        return [contents[job, run] for run in left if kept.runs.marks[run].done is not None]

    async def _resources(self, moved: Iterable[Content], meeting: Meeting) -> list[str]:
        """Add what is said of datasets to the resources that they are, and state their fields.

        Returns the ids of what datasets were before somebody named them: nothing is stated of that any more.
        """
        said: dict[str, list[tuple[Iterable[Dataset], Seen]]] = defaultdict(list)
        mets: dict[str, Met] = {}
        before: dict[str, str] = {}
        for content in moved:
            for (dataset, names), seen in content.datasets.items():
                met = meeting.of(dataset, names)
                mets[met.id] = met
                said[met.id].append(((dataset,), seen))
                if meeting.of(dataset).known:
                    before[resource_id(dataset)] = met.id
        rows = await self._said.rows(sorted({resource_key(id) for id in (*said, *before)})) if said else {}
        left: list[str] = []
        for unnamed, resource in sorted(before.items()):
            row = rows.get(resource_key(unnamed))
            if row is not None and unnamed != resource and not (kept := ResourceKept.of_row(row)).known:
                said[resource].append((kept.datasets, kept.seen))
                left += [unnamed, *self._leave(kept)]
        for resource, words in sorted(said.items()):
            row = rows.get(resource_key(resource))
            kept = ResourceKept(resource) if row is None else ResourceKept.of_row(row)
            for datasets, seen in words:
                kept.add(datasets, seen)
            self.state_fields(kept, mets[resource])
            new = kept.row()
            if row is None or any(row.get(name) != value for name, value in new.items()):
                self._outcome.kept.append(new)
        return left

    def _leave(self, kept: ResourceKept) -> Sequence[str]:
        """State and keep nothing more of a resource that nobody named; its fields."""
        self._outcome.things_gone |= dict.fromkeys(kept.fields, kept.source)
        self._outcome.dropped.append(resource_key(kept.resource))
        self._note(kept.source, kept.resource, (), kept.noted)
        return kept.fields

    def state_fields(self, kept: ResourceKept, met: Met) -> None:
        """State the fields of a resource, where they are others than before."""
        dataset, place, outcome = min(kept.datasets), Place(kept.resource), self._outcome
        source = kept.source
        stated = list(fields(kept.resource, kept.seen, met, place, source))
        print_ = print_of([[thing.id, thing.values, thing.extra] for thing in stated])
        if print_ != kept.stated:
            ids = [thing.id for thing in stated]
            outcome.things += stated
            outcome.things_gone |= dict.fromkeys(sorted(set(kept.fields) - set(ids)), source)
            kept.fields, kept.stated = ids, print_
        kept.known = met.known
        findings = [] if met.known else [unknown(dataset, kept.seen, met, place)]
        findings += column_findings(dataset, stated, met, place)
        kept.noted = self._note(source, kept.resource, findings, kept.noted)

    def _job(self, kept: JobKept, touched: set[str], meeting: Meeting) -> bool:
        """State what a job does, where the run that says it is one of those touched; whether it is."""
        run = kept.runs.stated
        if run is None or run not in touched:
            return False
        self.state_links(kept, self._contents[kept.job, run], meeting, self._rows.get(job_key(kept.job)))
        return True

    async def _again(self, kept: JobKept, row: Row | None = None) -> None:
        """State once more what a job does: its datasets are others now."""
        run = kept.runs.stated
        stored = await self._said.rows([run_key(kept.job, run)]) if run is not None else {}
        for one in stored.values():
            content = Content.parse(unpack(one["content"]))
            meeting = await meet(self._naming, [content])
            self.state_links(kept, content, meeting, row or self._rows.get(job_key(kept.job)))

    def state_links(self, kept: JobKept, content: Content, meeting: Meeting, row: Row | None) -> None:
        """State the flows of a job, where they are others than before."""
        job, source, outcome, place = kept.job, kept.source, self._outcome, Place(str(kept.job))
        stated = list(links(job, content, meeting, place, source))
        print_ = print_of([[link.start, link.end, link.values] for link in stated])
        if print_ != kept.stated:
            ends = {(link.start, link.end) for link in stated}
            before = JobKept.links_of(row or {})
            outcome.links += stated
            gone = sorted(set(before) - ends)
            outcome.links_gone |= {(start, end, job_name(job), None): source for start, end in gone}
            kept.links, kept.stated = sorted(ends), print_
        findings = list(job_findings(job, content, place))
        kept.noted = self._note(source, str(job), findings, kept.noted)

    def _note(self, source: str, file: str, findings: Sequence[Finding], before: str) -> str:
        """Keep findings in the place of those before, where they are others; a print of them."""
        print_ = print_of([[one.code, one.message, one.done] for one in findings]) if findings else ""
        if print_ != before:
            self._outcome.findings.append((source, file, findings))
        return print_
