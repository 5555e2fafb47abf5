"""A group of events into the graph: what they say is added up with what was said before, and what follows is stated.

    storing = Storing(graph, Rules(), Stored(graph, besides=PREFIX))
    await storing.take(events)          # one transaction; the same again changes nothing

A job's flows are stated in its own name (`openlineage:NAMESPACE/NAME`), the columns of a dataset in that of the
resource that it is here (`openlineage:RESOURCE`), so that jobs that tell of one dataset never contradict each other.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from connectors.datasets import Dataset, Met, Naming, Registered, Rule
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
from graph.events import Kept, Outcome, Rows, Said, take
from graph.facts import Finding, Place
from registry.openlineage.kept import (
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

_RunId = tuple[Job, str]


class Rowed(Protocol):
    """What is kept, as the transaction under way sees it."""

    async def rows(self, kept: Kept, ids: Iterable[str]) -> Rows:
        """The rows with these ids."""
        ...


class Storing:
    """Takes events. `rules` gives the naming rules of the moment, `registered` answers what else is here."""

    def __init__(self, graph: Graph, rules: Callable[[], Sequence[Rule]], registered: Registered) -> None:
        self._graph = graph
        self._rules = rules
        self._registered = registered

    async def take(self, events: Sequence[Event]) -> None:
        """Take events, in any order; when it returns, all is committed. Raises GraphError."""

        async def decide(said: Said) -> Outcome:
            return await self.decide(said, events)

        refused = await take(self._graph, decide)
        for finding in refused:
            log.warning("not taken of events: %s (%s)", finding.message, finding.code)

    async def decide(self, said: Rowed, events: Sequence[Event]) -> Outcome:
        """What follows from events and from what is kept."""
        return await _Group(said, Naming(self._rules(), self._registered)).take(events)


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
        await self._resources(moved, meeting)
        for kept in jobs:
            self._job(kept, {event.run for event in by_job[kept.job]}, meeting)
        return self._outcome

    async def _load(self, by_job: Mapping[Job, Sequence[Event]]) -> list[JobKept]:
        """What is kept of the jobs and runs of the events."""
        keys = {job_key(job): job for job in by_job}
        self._rows = await self._said.rows(Kept.JOB, sorted(keys))
        runs = {run_key(job, event.run): (job, event.run) for job, events in by_job.items() for event in events}
        for id, row in (await self._said.rows(Kept.RUN, sorted(runs))).items():
            self._contents[runs[id]] = Content.parse(unpack(row["content"]))
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
        self._outcome.dropped.setdefault(Kept.RUN, []).extend(run_key(job, run) for run in sorted(gone))
        left = sorted(touched - gone)
        self._outcome.kept.setdefault(Kept.RUN, []).extend(content_row(job, run, contents[job, run]) for run in left)
        return [contents[job, run] for run in left if kept.runs.marks[run].done is not None]

    async def _resources(self, moved: Iterable[Content], meeting: Meeting) -> None:
        """Add what is said of datasets to the resources that they are, and state their fields."""
        said: dict[str, list[tuple[Dataset, Seen]]] = defaultdict(list)
        mets: dict[str, Met] = {}
        for content in moved:
            for (dataset, names), seen in content.datasets.items():
                met = meeting.of(dataset, names)
                mets[met.id] = met
                said[met.id].append((dataset, seen))
        rows = await self._said.rows(Kept.RESOURCE, sorted(map(resource_key, said)))
        for resource, words in sorted(said.items()):
            row = rows.get(resource_key(resource))
            kept = ResourceKept(resource) if row is None else ResourceKept.of_row(row)
            for dataset, seen in words:
                kept.add([dataset], seen)
            self.state_fields(kept, mets[resource])
            new = kept.row()
            if row is None or any(row.get(name) != value for name, value in new.items()):
                self._outcome.kept.setdefault(Kept.RESOURCE, []).append(new)

    def state_fields(self, kept: ResourceKept, met: Met) -> None:
        """State the fields of a resource, where they are others than before."""
        dataset, place, outcome = min(kept.datasets), Place(kept.resource), self._outcome
        stated = [replace(thing, source=kept.source) for thing in fields(kept.resource, kept.seen, met, place)]
        print_ = print_of([[thing.id, thing.values, thing.extra] for thing in stated])
        if print_ != kept.stated:
            ids = [thing.id for thing in stated]
            outcome.things += stated
            outcome.things_gone |= dict.fromkeys(sorted(set(kept.fields) - set(ids)), kept.source)
            kept.fields, kept.stated = ids, print_
        kept.known = met.known
        findings = [] if met.known else [unknown(dataset, kept.seen, met, place)]
        findings += column_findings(dataset, stated, met, place)
        kept.noted = self._note(kept.source, kept.resource, findings, kept.noted)

    def _job(self, kept: JobKept, touched: set[str], meeting: Meeting) -> None:
        """State what a job does, where the run that says it is one of those touched."""
        run = kept.runs.stated
        if run is not None and run in touched:
            content = self._contents[kept.job, run]
            self.state_links(kept, content, meeting)
        self._outcome.kept.setdefault(Kept.JOB, []).append(kept.row())

    def state_links(self, kept: JobKept, content: Content, meeting: Meeting) -> None:
        """State the flows of a job, where they are others than before."""
        job, outcome, place = kept.job, self._outcome, Place(str(kept.job))
        stated = [replace(link, source=kept.source) for link in links(job, content, meeting, place)]
        print_ = print_of([[link.start, link.end, link.values] for link in stated])
        if print_ != kept.stated:
            ends = {(link.start, link.end) for link in stated}
            before = JobKept.links_of(self._rows.get(job_key(job), {}))
            outcome.links += stated
            gone = sorted(set(before) - ends)
            outcome.links_gone |= {(start, end, job_name(job), None): kept.source for start, end in gone}
            kept.links, kept.stated = sorted(ends), print_
        findings = list(job_findings(job, content, place))
        kept.noted = self._note(kept.source, str(job), findings, kept.noted)

    def _note(self, source: str, file: str, findings: Sequence[Finding], before: str) -> str:
        """Keep findings in the place of those before, where they are others; a print of them."""
        print_ = print_of([[one.code, one.message, one.done] for one in findings]) if findings else ""
        if print_ != before:
            self._outcome.findings.append((source, file, findings))
        return print_
