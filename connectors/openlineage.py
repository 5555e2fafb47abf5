"""Recorded OpenLineage events: one JSON object a line, or one JSON object or array (docs/sources/openlineage.md).

All events of the files are added up first, so their order does not matter; the newest run of each job that has moved
data says what the job does. The same is done with events that come in over HTTP (`registry/openlineage/`).
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import ClassVar

from connectors.config import Config, Files
from connectors.datasets import Dataset, Met, Naming
from connectors.openlineage_events import Event, Job, WrongEvent, read_event
from connectors.openlineage_facts import column_findings, fields, job_findings, links, meet, unknown
from connectors.openlineage_files import Read, head_of, read_values, wrong
from connectors.openlineage_runs import Runs
from connectors.openlineage_state import Content, Seen
from connectors.protocol import Input
from graph.facts import Fact, Finding, Kind, Place, Thing

_TIME = re.compile(rb'"event(Time|Type)"\s*:|openlineage\.io/spec/')
_ABOUT = re.compile(rb'"(producer|schemaURL|runId|job)"\s*:')
_AT_ONCE = 2_000


class OpenLineage:
    """Recorded OpenLineage events."""

    name: ClassVar[str] = "openlineage"
    title: ClassVar[str] = "OpenLineage events (JSON Lines or JSON)"
    config: ClassVar[type[Config]] = Files

    def __init__(self, given: Input, /) -> None:
        self.given = given

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether the file begins like JSON that holds an event."""
        head = head_of(path)
        return head.startswith((b"{", b"[")) and all(sign.search(head) is not None for sign in (_TIME, _ABOUT))

    async def pull(self) -> AsyncIterator[Fact | Finding]:
        """What the events of all files state, when all are read."""
        told = _Told()
        for path in self.given.paths:
            reading = read_values(path)
            while (some := await asyncio.to_thread(_some, reading, told, self.given.zone)) is not None:
                for finding in some:
                    yield finding
        for item in await _Stating(self.given, told).all():
            yield item


class _Told:
    """All that the events said, added up."""

    def __init__(self) -> None:
        self.runs: dict[Job, Runs] = {}
        self.contents: dict[tuple[Job, str], Content] = {}
        self.places: dict[Job | Dataset, Place] = {}
        self.alone = Content()

    def add(self, event: Event, place: Place) -> None:
        """Add an event."""
        if event.job is None:
            self.alone.add(event.content)
        else:
            runs = self.runs.setdefault(event.job, Runs(event.job))
            runs.add(event)
            self.contents.setdefault((event.job, event.run), Content()).add(event.content)
            for gone in runs.prune():
                self.contents.pop((event.job, gone), None)
            self.places.setdefault(event.job, place)
        for dataset, _ in event.content.datasets:
            self.places.setdefault(dataset, place)

    def moved(self) -> Iterator[Content]:
        """What is known of datasets: from all runs that moved data, and from events about a dataset alone."""
        yield self.alone
        for job, runs in sorted(self.runs.items()):
            for run, mark in sorted(runs.marks.items()):
                if mark.done is not None:
                    yield self.contents[job, run]

    def stated(self) -> Iterator[tuple[Job, Content]]:
        """Each job with the run that says what it does."""
        for job, runs in sorted(self.runs.items()):
            run = runs.stated
            if run is not None:
                yield job, self.contents[job, run]


class _Stating:
    """Facts and findings of what was told."""

    def __init__(self, given: Input, told: _Told) -> None:
        self.given, self.told = given, told

    async def all(self) -> list[Fact | Finding]:
        """Resources and fields first, then flows."""
        naming = Naming(self.given.rules, self.given.registered)
        moved, stating = list(self.told.moved()), list(self.told.stated())
        meeting = await meet(naming, moved)
        seen: dict[str, tuple[Dataset, Met, Seen]] = {}
        for content in moved:
            for (dataset, names), one in sorted(content.datasets.items(), key=lambda item: item[0]):
                met = meeting.of(dataset, names)
                seen.setdefault(met.id, (dataset, met, Seen()))[2].add(one)
        items: list[Fact | Finding] = []
        for id, (dataset, met, one) in sorted(seen.items()):
            items += self._resource(id, dataset, met, one)
        for job, content in stating:
            place = self.told.places[job]
            items += job_findings(job, content, place)
            items += links(job, content, meeting, place)
        return items

    def _resource(self, id: str, dataset: Dataset, met: Met, seen: Seen) -> Iterator[Fact | Finding]:
        place = self.told.places[dataset]
        if not met.known:
            yield unknown(dataset, seen, met, place)
            config = self.given.config
            kept = {"provider": config.department, "system": config.system} if config is not None else {}
            values = {key: value for key, value in kept.items() if value is not None}
            if values:
                yield Thing(Kind.RESOURCE, id, {"name": dataset.name, **values}, place, given_id=False)
        stated = list(fields(id, seen, met, place))
        yield from column_findings(dataset, stated, met, place)
        yield from stated


def _some(reading: Iterator[Read], told: _Told, zone: tzinfo) -> list[Finding] | None:
    """Read some more events; what was wrong with them, None at the end."""
    findings: list[Finding] = []
    for count, item in enumerate(reading, 1):
        if isinstance(item, Finding):
            findings.append(item)
        else:
            place, value = item
            try:
                told.add(read_event(value, zone), place)
            except WrongEvent as error:
                findings.append(wrong(replace(place, column=error.path[:200]), f"this is no event: {error}"))
        if count == _AT_ONCE:
            return findings
    return findings or None
