"""One OpenLineage event, read from JSON: which job, which run, when, and what it says of datasets and columns.

    event = read_event(orjson.loads(line))
    event.job, event.run, event.type, event.content

Run events, job events and dataset events, of the versions from 0.x to 2-0-2. Raises WrongEvent where that cannot be
told; a facet that cannot be read is left out and told in `content.odd`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any

from connectors.datasets import Dataset
from connectors.openlineage_facets import FACETS, Described
from connectors.openlineage_json import LONGEST, WrongEvent, items, member, text, text_or
from connectors.openlineage_lineage import LINEAGES, Target, job_lineage
from connectors.openlineage_sql import read_flows
from connectors.openlineage_state import Content
from graph.facts import as_instant

__all__ = ["TYPES", "Event", "Job", "WrongEvent", "read_event"]

TYPES = ("START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER")

_MOST_DATASETS = 1_000
"""Inputs, and outputs, of one event."""
_DELETED = "_deleted"
_ENDLESS = ("STREAMING", "SERVICE")


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """A job as OpenLineage names it."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(slots=True)
class Event:
    """What an event says. `job` is None for one about a dataset alone; `streaming`: its job never completes.

    `run` is the run's id; a job event counts as a run by itself, which is complete.
    """

    at: int
    job: Job | None
    run: str
    type: str
    streaming: bool = False
    content: Content = field(default_factory=Content)


def read_event(value: Any, zone: tzinfo = UTC) -> Event:
    """The event. Raises WrongEvent."""
    if not isinstance(value, dict):
        raise WrongEvent("", "an event must be a JSON object")
    at = _time(value, zone)
    kind = _kind(value)
    if kind == "dataset":
        event = Event(at, None, "", "COMPLETE")
        _Reader(event).dataset(member(value, "dataset", ""), "dataset", event.content.outputs, alone=True)
        event.content.settle()
        return event
    named = member(value, "job", "")
    job = Job(text(named, "namespace", "job"), text(named, "name", "job"))
    if kind == "job":
        event = Event(at, job, f"job event {at}", "COMPLETE")
    else:
        event = Event(at, job, text(member(value, "run", ""), "runId", "run", 300), _type(value))
    reader = _Reader(event)
    for side, datasets in (("inputs", event.content.inputs), ("outputs", event.content.outputs)):
        reader.side(value, side, datasets)
    reader.job(named)
    event.content.settle()
    return event


def _time(value: Mapping[str, Any], zone: tzinfo) -> int:
    said = text(value, "eventTime", "", 100)
    try:
        return as_instant(said, zone)
    except (ValueError, OverflowError):
        raise WrongEvent("eventTime", "must be an ISO 8601 time, such as 2026-01-31T08:00:00.000Z") from None


def _type(value: Mapping[str, Any]) -> str:
    said = value.get("eventType")
    if said is None:
        return "OTHER"
    if isinstance(said, str) and said.upper() in TYPES:
        return said.upper()
    raise WrongEvent("eventType", f"must be one of {', '.join(TYPES)}")


def _kind(value: Mapping[str, Any]) -> str:
    """run, job or dataset: by what the event holds, else by what its schema says."""
    if value.get("run") is not None:
        return "run"
    told = text_or(value, "schemaURL").rpartition("/")[2]
    if told == "RunEvent" or value.get("eventType") is not None:
        raise WrongEvent("run", "is missing")
    if value.get("dataset") is not None or told == "DatasetEvent":
        return "dataset"
    if value.get("job") is not None or told == "JobEvent":
        return "job"
    raise WrongEvent("", "the event has no run, no job and no dataset")


class _Reader:
    """Fills an event's content."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self.content = event.content

    def side(self, value: Mapping[str, Any], side: str, datasets: set[Dataset]) -> None:
        """The inputs or the outputs."""
        listed = items(value, side, "")
        if len(listed) > _MOST_DATASETS:
            raise WrongEvent(side, f"may have {_MOST_DATASETS:,} datasets, not {len(listed):,}")
        for at, one in enumerate(listed):
            path = f"{side}[{at}]"
            if not isinstance(one, dict):
                raise WrongEvent(path, "must be an object")
            self.dataset(one, path, datasets, alone=False)

    def dataset(self, value: dict[str, Any], path: str, side: set[Dataset], *, alone: bool) -> None:
        """A dataset with its facets."""
        dataset = Dataset(text(value, "namespace", path), text(value, "name", path))
        content, at = self.content, self.event.at
        described = Described(at)
        facets = self._facets(value, path)
        for name, read in FACETS.items():
            if name in facets:
                self._try(read, facets[name], f"{path}.facets.{name}", described)
        described.fill(content.dataset(dataset), alone=alone)
        for former in described.former:
            seen = content.dataset(former)
            seen.cleared = max(seen.cleared, at + 1)
        if described.dropped:
            return
        side.add(dataset)
        target = Target(content, dataset, tuple(described.columns), at)
        for name, lineage in LINEAGES.items():
            if name in facets:
                self._try(lineage, facets[name], f"{path}.facets.{name}", target)

    def job(self, value: dict[str, Any]) -> None:
        """The job's own facets."""
        content, at = self.content, self.event.at
        facets = self._facets(value, "job")
        self.event.streaming = text_or(facets.get("jobType", {}), "processingType").upper() in _ENDLESS
        if "lineage" in facets:
            self._try(job_lineage, facets["lineage"], "job.facets.lineage", content, at)
        if "sql" in facets and not content.flows:
            self._try(read_flows, facets["sql"], "job.facets.sql", content, at)

    def _facets(self, value: Mapping[str, Any], path: str) -> dict[str, dict[str, Any]]:
        """The facets that are objects and not deleted, by name."""
        found = value.get("facets")
        if found is None:
            return {}
        if not isinstance(found, dict):
            self.content.odd.add((f"{path}.facets", "must be an object"))
            return {}
        for name, facet in found.items():
            if not isinstance(facet, dict) and facet is not None:
                self.content.odd.add((f"{path}.facets.{name[:LONGEST]}", "must be an object"))
        return {name: one for name, one in found.items() if isinstance(one, dict) and one.get(_DELETED) is not True}

    def _try(self, read: Callable[..., None], *given: Any) -> None:
        """Read a facet; what is wrong with it is told, and the rest of the event taken."""
        try:
            read(*given)
        except WrongEvent as error:
            self.content.odd.add((error.path, error.message))
