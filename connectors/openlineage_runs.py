"""Which of a job's runs says what the job does: the newest that has moved data. Order and repetition do not count.

A run has moved data once it is COMPLETE, or an event OTHER tells more of it; a run of a streaming job never completes,
so there RUNNING is enough. A run that only FAILs or is ABORTed moved none, and one that names no dataset tells nothing.
"""

from dataclasses import dataclass, field
from typing import Any

from connectors.openlineage_events import Event, Job
from connectors.openlineage_state import Content

__all__ = ["MOST_RUNS", "Mark", "Runs", "is_filled"]

MOST_RUNS = 20
"""Runs of a job that are remembered: as many may be under way at once, or come late."""

_DONE = frozenset({"COMPLETE", "OTHER"})


@dataclass(slots=True)
class Mark:
    """What is remembered of a run beside its content: when its last event of each type was."""

    times: dict[str, int] = field(default_factory=dict)
    streaming: bool = False
    filled: bool = False

    def add(self, event: Event) -> None:
        """Note an event."""
        self.times[event.type] = max(event.at, self.times.get(event.type, event.at))
        self.streaming = self.streaming or event.streaming
        self.filled = self.filled or is_filled(event.content)

    @property
    def done(self) -> int | None:
        """When the run had last moved data; None: it has not, as far as is known."""
        types = _DONE | {"RUNNING"} if self.streaming else _DONE
        return max((at for type, at in self.times.items() if type in types), default=None)

    @property
    def last(self) -> int:
        """The time of its last event."""
        return max(self.times.values())


@dataclass(slots=True)
class Runs:
    """The runs of one job."""

    job: Job
    marks: dict[str, Mark] = field(default_factory=dict)

    def add(self, event: Event) -> Mark:
        """Note an event of the job."""
        mark = self.marks.setdefault(event.run, Mark())
        mark.add(event)
        return mark

    @property
    def stated(self) -> str | None:
        """The run that says what the job does."""
        done = ((mark.done, run) for run, mark in self.marks.items() if mark.filled)
        newest = max(((at, run) for at, run in done if at is not None), default=None)
        return None if newest is None else newest[1]

    def prune(self) -> list[str]:
        """Forget the oldest runs; which they were."""
        if len(self.marks) <= MOST_RUNS:
            return []
        newest = sorted(self.marks, key=lambda run: (self.marks[run].last, run), reverse=True)
        gone = [run for run in newest[MOST_RUNS:] if run != self.stated]
        for run in gone:
            del self.marks[run]
        return gone

    def as_json(self) -> list[Any]:
        """For `orjson`."""
        return [
            [run, dict(sorted(mark.times.items())), mark.streaming, mark.filled]
            for run, mark in sorted(self.marks.items())
        ]

    @classmethod
    def of_json(cls, job: Job, rows: list[Any]) -> "Runs":
        """What `as_json` made."""
        return cls(job, {run: Mark(times, streaming, filled) for run, times, streaming, filled in rows})


def is_filled(content: Content) -> bool:
    """Whether a content names any dataset that flows."""
    return bool(content.inputs or content.outputs or content.flows or content.wholes)
