"""Running sources when they are due, inside the service.

Every worker looks; the lease in the graph lets one of them run a source, and a run that began since the source was
due is that run. What was due while no service was running is made up for, once.
"""

import asyncio
import logging
import random
from datetime import UTC, datetime, tzinfo

from cronsim import CronSim

from graph import runs
from graph.changes import now
from graph.engine import Graph
from graph.errors import GraphError
from graph.runs import Trigger
from registry.settings import Settings, SettingsError
from registry.sources.configured import Configured, Sources, load_sources
from registry.sources.runner import How, Refused, run_source, worker_name

__all__ = ["Schedule", "due_after"]

log = logging.getLogger("registry.sources")

LOOK_SECONDS = 15
"""How often the clock and the settings file are looked at."""


def due_after(source: Configured, since: int, zone: tzinfo) -> int | None:
    """When a source is due next after an instant (microseconds since 1970 UTC); None: never by itself.

    Its jitter is the same for all workers: drawn from its name and the time of the schedule.
    """
    running = source.running
    if running.schedule is None or not running.enabled:
        return None
    start = datetime.fromtimestamp(since / 1_000_000, UTC).astimezone(zone)
    moment = next(CronSim(running.schedule, start), None)
    if moment is None:
        return None
    later = random.Random(f"{source.name} {moment.isoformat()}").uniform(0, running.jitter)  # noqa: S311
    return int((moment.timestamp() + later) * 1_000_000)


class Schedule:
    """Looks what is due and runs it, until it is closed."""

    def __init__(self, graph: Graph, settings: Settings) -> None:
        self._graph = graph
        self._settings = settings
        self._since = now()
        self._worker = worker_name()
        self._looking: asyncio.Task[None] | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._told: set[str] = set()

    def start(self) -> None:
        """Begin to look."""
        self._looking = asyncio.create_task(self._look_on())

    async def close(self) -> None:
        """Stop looking, and end what is being run: what it wrote stays, and its next run completes it."""
        tasks = [*filter(None, [self._looking]), *self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look_on(self) -> None:
        while True:
            try:
                await self.look()
            except SettingsError as error:
                self._tell(str(error))
            except GraphError as error:
                self._tell(f"What is due cannot be looked up: {error}")
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Begin to run what is due."""
        sources = await asyncio.to_thread(load_sources)
        for message in sources.bad.values():
            self._tell(message)
        wanted = [one for one in sources.sources.values() if one.running.schedule and one.running.enabled]
        if not wanted:
            return
        latest = await runs.latest(self._graph, [one.name for one in wanted])
        for one in wanted:
            last = latest.get(one.name)
            due = due_after(one, self._since if last is None else last.began, self._settings.zone)
            if due is not None and due <= now() and one.name not in self._running:
                self._running[one.name] = asyncio.create_task(self._run(sources, one, due))

    async def _run(self, sources: Sources, source: Configured, due: int) -> None:
        settings = self._settings
        how = How(
            Trigger.SCHEDULE,
            share_of_all=settings.withdraw_share,
            home=settings.home,
            zone=settings.zone,
            worker=self._worker,
            due=due,
        )
        try:
            done = await run_source(self._graph, sources, source, how)
        except Refused:
            return
        except GraphError as error:
            log.error("source %s: the graph failed: %s", source.name, error)
            return
        finally:
            self._running.pop(source.name, None)
        if done.report is not None:
            done.report.close()
        assert done.run is not None
        level = logging.INFO if done.message is None else logging.WARNING
        log.log(level, "source %s: run %d %s%s", source.name, done.run.number, done.run.state, _why(done.message))

    def _tell(self, message: str) -> None:
        """Log what is wrong, once."""
        if message not in self._told:
            self._told.add(message)
            log.error("%s", message)


def _why(message: str | None) -> str:
    return f": {message}" if message else ""
