"""What events state here: flows in the name of a job, and the columns of datasets, under the ids that they meet."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from connectors.datasets import Dataset, Met, Naming
from connectors.openlineage_events import Job
from connectors.openlineage_json import LONGEST
from connectors.openlineage_state import Content, FlowKey, Seen
from graph.facts import Finding, Kind, Link, Place, Severity, Thing

__all__ = ["Meeting", "column_findings", "fields", "job_findings", "job_name", "links", "meet", "unknown"]

MOST_LINKS = 20_000
"""Links of one run."""
_TRANSFORMATION = 2_000
_SHOWN = 20


class Meeting:
    """What datasets are here."""

    def __init__(self, met: Mapping[Dataset, Met]) -> None:
        self._met = met

    def of(self, dataset: Dataset, names: Iterable[Dataset] = ()) -> Met:
        """What a dataset is: the first of its name, then of its other names, that is known decides."""
        met = self._met
        return next((met[name] for name in (dataset, *sorted(names)) if met[name].known), met[dataset])


async def meet(naming: Naming, contents: Iterable[Content]) -> Meeting:
    """Meet all datasets of some contents, under all their names."""
    wanted = {name for content in contents for one, others in content.names.items() for name in (one, *others)}
    return Meeting(await naming.meet(sorted(wanted)))


def links(job: Job, content: Content, meeting: Meeting, place: Place, source: str | None = None) -> Iterator[Link]:
    """The flows of a run: of columns where they are told, of whole datasets between all others; each once."""
    met = {one: meeting.of(one, names) for one, names in content.names.items()}
    found: dict[tuple[str, str], tuple[bool, frozenset[str]]] = {}
    told: set[tuple[str, str]] = set()
    for (one, column, other, into), (direct, texts) in _flows(content):
        start, end = met[one], met[other]
        ends = start.field(column), end.field(into)
        if start.id == end.id or ends[0] == ends[1]:
            continue
        told.add((start.id, end.id))
        before = found.setdefault(ends, (False, frozenset()))
        found[ends] = before[0] or direct, before[1] | texts
    name = job_name(job)
    for (start_id, end_id), (direct, texts) in sorted(found.items())[:MOST_LINKS]:
        said = "; ".join(sorted(texts))[:_TRANSFORMATION]
        influence = "DIRECT" if direct else "INDIRECT"
        values = {"job": name, "influence": influence} | ({"transformation": said} if said else {})
        yield Link("FEEDS", start_id, end_id, values, place, source)
    for start_id, end_id in sorted(set(_wholes(content, met)) - told)[: max(MOST_LINKS - len(found), 0)]:
        yield Link("FEEDS", start_id, end_id, {"job": name}, place, source)


def job_name(job: Job) -> str:
    """What a job is called as part of what a link is."""
    name = str(job)
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - 17]}~{blake2b(name.encode(), digest_size=8).hexdigest()}"


def _flows(content: Content) -> Iterator[tuple[FlowKey, tuple[bool, frozenset[str]]]]:
    """What events told, and for the outputs of which they told nothing, what SQL says."""
    yield from content.flows.items()
    told = {key[2] for key in content.flows}
    for key, flow in content.read.items():
        if key[2] not in told:
            yield key, flow


def _wholes(content: Content, met: Mapping[Dataset, Met]) -> Iterator[tuple[str, str]]:
    for source, target in content.wholes:
        if met[source].id != met[target].id:
            yield met[source].id, met[target].id
    free = {met[one].id for one in content.outputs - content.explicit}
    starts = {met[one].id for one in content.inputs}
    for end in free:
        for start in starts:
            if start != end:
                yield start, end


def fields(resource: str, seen: Seen, met: Met, place: Place, source: str | None = None) -> Iterator[Thing]:
    """The columns of a dataset as fields of the resource that it is, but for those that it has already; each once."""
    there = {column.id for column in met.columns}
    done: set[str] = set()
    for name, column in seen.current().items():
        id = met.field(name)
        if id in there or id in done:
            continue
        done.add(id)
        values: dict[str, Any] = {"name": name, "resource": resource}
        values |= {"raw_type": column.type} if column.type else {}
        values |= {"position": column.position} if column.position >= 0 else {}
        extra = {"description": column.description} if column.description else {}
        yield Thing(Kind.FIELD, id, values, place, source, extra=extra, given_id=False)


def unknown(dataset: Dataset, seen: Seen, met: Met, place: Place) -> Finding:
    """That a dataset is none of the resources that are registered, and what is known of it."""
    about = f" ({'; '.join(sorted(seen.notes)[:5])})" if seen.notes else ""
    others = f"; it is also called {', '.join(map(str, sorted(seen.names)[:5]))}" if seen.names else ""
    return Finding(
        "DATASET_UNKNOWN",
        Severity.WARNING,
        place,
        f"the dataset {dataset} is no registered resource{others}{about}",
        f"its lineage is kept under {met.id}; to say which resource it is, add under [[names]] in registry.toml: "
        f"namespace = {_quoted(dataset.namespace)}, name = {_quoted(dataset.name)}, resource = the resource's id",
        str(dataset)[:_TRANSFORMATION],
        (met.id,),
    )


def column_findings(dataset: Dataset, stated: Sequence[Thing], met: Met, place: Place) -> Iterator[Finding]:
    """That a registered resource has some columns that it is not known to have."""
    if not met.known or not stated:
        return
    names = [str(thing.values["name"]) for thing in stated]
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    yield Finding(
        "COLUMNS_UNKNOWN",
        Severity.INFO,
        place,
        f"{met.id} has no fields for these columns of {dataset}: {', '.join(names[:_SHOWN])}{more}",
        "taken as fields of it; give the registered fields these codes if they are the same",
        None,
        (met.id,),
    )


def job_findings(job: Job, content: Content, place: Place) -> Iterator[Finding]:
    """What could not be taken of a job's events."""
    for path, message in sorted(content.odd):
        yield Finding(
            "FACET_NOT_READ" if path else "LINEAGE_CUT",
            Severity.WARNING,
            Place(place.file, place.sheet, place.row, path[:200]),
            f"{path[:300]} {message}".strip(),
            "left out; the rest of the event was taken",
            str(job)[:_TRANSFORMATION],
        )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
