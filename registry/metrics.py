"""What the service counts, as `/metrics` tells it to Prometheus.

With several workers the counts of all of them are added up through the folder that
`PROMETHEUS_MULTIPROC_DIR` names, which `registry serve` sets before it starts them.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)

if TYPE_CHECKING:
    from graph.changes import Behind
    from graph.engine import Graph
    from graph.projection import Projection
    from registry.exporting.service import Exported
    from resolvers.options import Answered

__all__ = ["CONTENT_TYPE", "Lag", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LONG = (0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800)
_COSTS = (1, 10, 100, 1_000, 10_000, 100_000)
_LAGGING = {"projection": "the projection", "feed": "the live feed that is the farthest behind"}
_STATES = ("OFF", "FILLING", "READY", "TOO_BIG")


@dataclass(frozen=True, slots=True)
class Lag:
    """How far this worker is behind the graph, which stands at `head`: its projection, and the last of its feeds."""

    head: int
    projection: "Behind"
    feed: "Behind"


class Metrics:
    """The counts of one application. No global registry, so two applications in one process do not mix."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        own = self._registry = CollectorRegistry()
        self._of = cache(lambda metric, *labels: metric.labels(*labels))  # they are looked up once
        self._requests = Counter("registry_requests", "Requests answered", ["method", "route", "status"], registry=own)
        self._seconds = Histogram(
            "registry_request_seconds", "Time to the end of an answer", ["route"], buckets=_SECONDS, registry=own
        )
        self._answers = Counter("registry_graphql", "Operations answered", ["field", "outcome"], registry=own)
        self._answer_seconds = Histogram(
            "registry_graphql_seconds", "Time of an operation's execution", ["field"], buckets=_SECONDS, registry=own
        )
        self._costs = Histogram(
            "registry_graphql_cost", "What operations may cost", ["field"], buckets=_COSTS, registry=own
        )
        self._answer_statements = Counter(
            "registry_graphql_statements", "Statements that operations ran", ["field"], registry=own
        )
        self._answer_rows = Counter("registry_graphql_rows", "Rows that these brought", ["field"], registry=own)
        self._statement_seconds = Counter(
            "registry_graphql_statement_seconds", "Time that these took", ["field"], registry=own
        )
        self._exports = Counter(
            "registry_exports", "Exports that have ended", ["export", "format", "outcome"], registry=own
        )
        self._export_seconds = Histogram(
            "registry_export_seconds", "Time to the end of an export", ["export", "format"], buckets=_LONG, registry=own
        )
        self._export_rows = Counter("registry_export_rows", "Rows of exports", ["export", "format"], registry=own)
        self._statements = Counter("registry_statements", "Statements run on the graph", registry=own)
        self._state = Gauge(
            "registry_projection_state",
            "Workers whose projection is in this state",
            ["state"],
            registry=own,
            multiprocess_mode="livesum",
        )
        self._filled = Gauge(
            "registry_projection_filled_ratio",
            "How much of the graph the least filled projection holds",
            registry=own,
            multiprocess_mode="livemin",
        )
        self._things = self._gauge("registry_projection_things", "Things in the projection")
        self._links = self._gauge("registry_projection_links", "Links in the projection")
        self._bytes = self._gauge("registry_projection_bytes", "Memory of the projection")
        self._sequence = self._gauge("registry_sequence", "Last change of the graph that the projection has")
        self._head = self._gauge("registry_graph_sequence", "Last change of the graph")
        self._answering = Gauge(
            "registry_graph_answers",
            "Whether the graph said where it stands when each worker looked last",
            registry=own,
            multiprocess_mode="livemin",
        )
        self._answering.set(1)  # or nobody would be there to count
        self._feeds = Gauge(
            "registry_feeds", "Live feeds that clients follow", registry=own, multiprocess_mode="livesum"
        )
        self._behind = {name: self._lagging(name, text) for name, text in _LAGGING.items()}
        self._counted = 0

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self._registry, multiprocess_mode="livemax")

    def _lagging(self, name: str, text: str) -> tuple[Gauge, Gauge]:
        return (
            self._gauge(f"registry_{name}_behind_changes", f"Changes of the graph that {text} does not have yet"),
            self._gauge(f"registry_{name}_behind_seconds", f"Time since the first of those that {text} does not have"),
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._of(self._requests, method, route, str(status)).inc()
        self._of(self._seconds, route).observe(seconds)

    def executed(self, answered: "Answered") -> None:
        """Count one GraphQL operation."""
        field = answered.field
        self._of(self._answers, field, answered.outcome).inc()
        if answered.outcome == "refused":
            return
        self._of(self._answer_seconds, field).observe(answered.seconds)
        self._of(self._costs, field).observe(answered.cost)
        self._of(self._answer_statements, field).inc(answered.tally.statements)
        self._of(self._answer_rows, field).inc(answered.tally.rows)
        self._of(self._statement_seconds, field).inc(answered.tally.seconds)

    def exported(self, exported: "Exported") -> None:
        """Count one export; rows are those of what was sent whole."""
        name, suffix = exported.name, exported.suffix
        self._of(self._exports, name, suffix, exported.outcome).inc()
        self._of(self._export_seconds, name, suffix).observe(exported.seconds)
        self._of(self._export_rows, name, suffix).inc(exported.rows if exported.outcome == "ok" else 0)

    def look(self, graph: "Graph", projection: "Projection") -> None:
        """Take over what the graph and the projection count themselves."""
        self._statements.inc(graph.statements - self._counted)
        self._counted = graph.statements
        far = projection.progress
        for state in _STATES:
            self._state.labels(state).set(state == far.state)
        self._filled.set(1 if far.state == "READY" else far.done / far.total if far.total else 0)
        self._things.set(far.things)
        self._links.set(far.links)
        self._bytes.set(far.megabytes * 1_000_000)
        self._sequence.set(projection.sequence)

    def lag(self, lag: Lag | None, feeds: int) -> None:
        """Take over how far behind this worker is, and how many live feeds it has.

        Without a lag the graph did not answer: all is as it was, but for that.
        """
        self._feeds.set(feeds)
        self._answering.set(lag is not None)
        if lag is not None:
            self._head.set(lag.head)
            for (changes, seconds), behind in zip(self._behind.values(), (lag.projection, lag.feed), strict=True):
                changes.set(behind.changes)
                seconds.set(behind.seconds)

    def text(self) -> bytes:
        """All counts in Prometheus' text format."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        _forget_the_dead(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
        shared = CollectorRegistry()
        multiprocess.MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        return generate_latest(shared)


def _forget_the_dead(folder: Path) -> None:
    """What a worker that was killed said last is not how it is."""
    for pid in {int(path.stem.rpartition("_")[2]) for path in folder.glob("gauge_live*.db")}:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            with suppress(FileNotFoundError):  # another worker was faster
                multiprocess.mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
