"""Where a graph is and how it is reached: settings, the driver, the version that is needed."""

import asyncio
import re
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from neo4j import AsyncDriver, AsyncGraphDatabase

from graph import embedded
from graph.errors import Unreachable, VersionTooOld

__all__ = ["OLDEST", "GraphSettings", "attach", "check_version", "is_routed", "new_driver", "parse_version", "shown"]

OLDEST = (5, 26)
_URL = re.compile(r"(bolt|neo4j)(\+s|\+ssc)?://[^\s/@]+(/|\?.*)?")
_AGENT = re.compile(r"Neo4j/(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """Where the graph is and what it may take. Without `url` it is the embedded one in the folder `data`."""

    url: str | None = None
    user: str = "neo4j"
    password: str | None = field(default=None, repr=False)
    database: str | None = None
    data: Path = Path("registry-data")
    connect_seconds: float = 5
    statement_seconds: float = 30
    slow_seconds: float = 2
    total_seconds: float = 120
    """For a whole read or write with all its tries."""
    schema_seconds: float = 900
    heap_mb: int | None = None
    """Of the embedded engine; without it a share of the memory."""
    linger_seconds: float = 10
    """How long the embedded engine stays after its last client has gone."""


async def attach(settings: GraphSettings) -> embedded.Attachment:
    """Become a client of the embedded engine, which is started if need be.

    Whoever gives up waiting is no client: what the thread then comes back with is let go of.
    """
    thread = ThreadPoolExecutor(1, "attach")
    attaching = thread.submit(
        embedded.attach,
        settings.data,
        heap_mb=settings.heap_mb,
        statement_seconds=settings.statement_seconds,
        linger_seconds=settings.linger_seconds,
    )
    thread.shutdown(wait=False)
    try:
        return await asyncio.wrap_future(attaching)
    except asyncio.CancelledError:
        attaching.add_done_callback(_let_go)
        raise


def _let_go(attaching: Future[embedded.Attachment]) -> None:
    if not attaching.cancelled() and attaching.exception() is None:
        attaching.result().close()


def is_routed(settings: GraphSettings) -> bool:
    """Whether the driver chooses among the servers of a cluster."""
    return settings.url is not None and settings.url.startswith("neo4j")


def new_driver(settings: GraphSettings, attachment: embedded.Attachment | None) -> AsyncDriver:
    """A driver for the embedded engine of `attachment`, else for the Neo4j of the settings. It does not connect yet."""
    if attachment is not None:
        url, auth = f"bolt://127.0.0.1:{attachment.port}", (embedded.USER, attachment.password())
    else:
        url, auth = str(settings.url), (settings.user, settings.password or "")
    if not _URL.fullmatch(url):
        raise Unreachable(
            f"{shown(url)} is not the address of a Neo4j.",
            "Set REGISTRY_GRAPH_URL to bolt://HOST:7687 or neo4j://HOST:7687.",
        )
    return AsyncGraphDatabase.driver(
        url,
        auth=auth if auth[1] else None,
        user_agent="federated-resource-registry",
        connection_timeout=settings.connect_seconds,
        max_transaction_retry_time=0,  # Graph tries again by itself: sooner, and after more kinds of errors
        liveness_check_timeout=60,
        telemetry_disabled=True,
        notifications_min_severity="OFF",
    )


def shown(url: str) -> str:
    """An address as it may be shown: without a user or password that somebody has put in it."""
    return re.sub(r"//[^/]*@", "//", url)


def parse_version(agent: str) -> tuple[int, int] | None:
    """The version in what a server says it is, such as `Neo4j/5.26.12` or `Neo4j/2025.06.0`."""
    found = _AGENT.search(agent)
    return (int(found[1]), int(found[2])) if found else None


def check_version(agent: str) -> None:
    """Raise VersionTooOld unless it is a Neo4j of the oldest version that the registry knows, or newer."""
    version = parse_version(agent)
    if version is None or version < OLDEST:
        raise VersionTooOld(
            f"The graph is kept by {agent or 'an unknown server'}; the registry needs Neo4j {OLDEST[0]}.{OLDEST[1]}.",
            "Upgrade it (5.26 is the long-term version), or leave REGISTRY_GRAPH_URL out for the embedded engine.",
        )
