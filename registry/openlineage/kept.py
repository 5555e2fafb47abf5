"""What is kept of jobs, runs and resources beside their statements, as rows of `graph/events.py`.

Contents are JSON, packed where they are long.
"""

import base64
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

from connectors.datasets import Dataset
from connectors.openlineage_events import Job
from connectors.openlineage_runs import Runs
from connectors.openlineage_state import Content, Seen

__all__ = [
    "PREFIX",
    "JobKept",
    "ResourceKept",
    "content_row",
    "job_key",
    "print_of",
    "resource_key",
    "run_key",
    "unpack",
]

PREFIX = "openlineage:"
"""How the names of sources start that speak through events."""
JOB, RUN, RESOURCE = "job", "run", "resource"
"""What rows are about."""
_PACKED = "z:"
_LONG = 1_000
_MOST_NAMES = 50
_LONGEST_SOURCE = 300


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def job_key(job: Job) -> str:
    """The id of what is kept of a job."""
    return _digest(JOB, job.namespace, job.name)


def run_key(job: Job, run: str) -> str:
    """The id of what is kept of a run."""
    return _digest(RUN, job.namespace, job.name, run)


def resource_key(resource: str) -> str:
    """The id of what is kept of a resource."""
    return _digest(RESOURCE, resource)


def print_of(value: Any) -> str:
    """A short text that is another for another value of JSON."""
    return blake2b(orjson.dumps(value), digest_size=12).hexdigest()


def source_name(text: str) -> str:
    """The name of the source that speaks for a job or a resource."""
    name = PREFIX + text
    if not name.isprintable():
        name = "".join(character if character.isprintable() else " " for character in name)
    return name if len(name) <= _LONGEST_SOURCE else f"{name[: _LONGEST_SOURCE - 17]}~{_digest(text)[:16]}"


def pack(text: str) -> str:
    """A text as it is kept."""
    if len(text) < _LONG:
        return text
    return _PACKED + base64.b85encode(zlib.compress(text.encode("utf-8"), 1)).decode("ascii")


def unpack(text: str) -> str:
    """A text that was kept."""
    if not text.startswith(_PACKED):
        return text
    return zlib.decompress(base64.b85decode(text.removeprefix(_PACKED))).decode("utf-8")


def content_row(job: Job, run: str, content: Content) -> dict[str, Any]:
    """What is kept of a run."""
    return {"id": run_key(job, run), "about": RUN, "job": job_key(job), "run": run, "content": pack(content.text())}


@dataclass(slots=True)
class JobKept:
    """A job: its runs, and prints of what it states and of what was found odd."""

    runs: Runs
    stated: str = ""
    noted: str = ""
    links: Sequence[tuple[str, str]] | None = None
    """The ends of what it states; None: as before."""

    @property
    def job(self) -> Job:
        """The job."""
        return self.runs.job

    @property
    def source(self) -> str:
        """In whose name its flows are stated."""
        return source_name(str(self.job))

    def row(self) -> dict[str, Any]:
        """For the graph."""
        state = {
            "job": [self.job.namespace, self.job.name],
            "runs": self.runs.as_json(),
            "stated": self.stated,
            "noted": self.noted,
        }
        row = {
            "id": job_key(self.job),
            "about": JOB,
            "source": self.source,
            "state": pack(orjson.dumps(state).decode()),
        }
        return row if self.links is None else {**row, "links": pack(orjson.dumps(self.links).decode())}

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "JobKept":
        """What `row` made."""
        state = orjson.loads(unpack(row["state"]))
        return cls(Runs.of_json(Job(*state["job"]), state["runs"]), state["stated"], state["noted"])

    @staticmethod
    def links_of(row: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The ends of what it states, of its row."""
        return [(start, end) for start, end in orjson.loads(unpack(row.get("links") or "[]"))]


@dataclass(slots=True)
class ResourceKept:
    """A resource: the datasets that met it, their columns, and the fields that are stated of it."""

    resource: str
    datasets: set[Dataset] = field(default_factory=set)
    seen: Seen = field(default_factory=Seen)
    fields: Sequence[str] = ()
    stated: str = ""
    noted: str = ""
    known: bool = False

    @property
    def source(self) -> str:
        """In whose name its fields are stated."""
        return source_name(self.resource)

    def add(self, datasets: Iterable[Dataset], seen: Seen) -> None:
        """Lay more words beside these."""
        self.datasets = set(sorted({*self.datasets, *datasets})[:_MOST_NAMES])
        self.seen.add(seen)

    def row(self) -> dict[str, Any]:
        """For the graph."""
        state = {
            "datasets": [[one.namespace, one.name] for one in sorted(self.datasets)],
            "seen": self.seen.as_json(),
            "stated": self.stated,
            "noted": self.noted,
            "known": self.known,
        }
        return {
            "id": resource_key(self.resource),
            "about": RESOURCE,
            "resource": self.resource,
            "source": self.source,
            "state": pack(orjson.dumps(state).decode()),
            "fields": pack(orjson.dumps(self.fields).decode()),
        }

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "ResourceKept":
        """What `row` made."""
        state = orjson.loads(unpack(row["state"]))
        return cls(
            row["resource"],
            {Dataset(*one) for one in state["datasets"]},
            Seen.of_json(state["seen"]),
            orjson.loads(unpack(row["fields"])),
            state["stated"],
            state["noted"],
            state["known"],
        )
