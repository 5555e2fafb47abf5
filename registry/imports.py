"""The import: files in, statements in the graph, a report out.

    report = await run_import(graph, [Path("catalogue.xlsx")], ImportOptions(full=True))

Two passes. The first pulls all facts of all files into a spill on disk; the second takes them out in the
order that references need and writes them in batches. Writes are differences, so an import that was cut off
is completed by running it again.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.addresses import POLICY, Policy
from connectors.config import Config
from connectors.datasets import Registered, Rule
from connectors.names import Names
from connectors.protocol import Connector, Input, Removals, Removing, connectors, not_taken, recognise, unreadable
from graph.changes import now
from graph.engine import Graph
from graph.facts import Fact, Finding, Kind, Link, Severity, Thing
from graph.link_writes import write_links
from graph.plan import Manner
from graph.sources import record_run
from graph.withdraw import count_stated
from graph.writes import Written, write_things
from registry.keeping_findings import keep_findings
from registry.meeting import Meeting
from registry.names import StoredNames
from registry.removal import remove
from registry.report import FileRead, ImportReport
from registry.sources.registered import Stored
from registry.spill import BATCH, FLOWS, KINDS, Spill
from registry.withdrawal import withdraw

Progress = Callable[[str, int, int | None], None]
"""Told what is being done, how much of it is done and, if known, of how much."""

_TOLD_EVERY = 5_000


class WrongUse(ValueError):
    """What was asked for cannot be done; the message says why (exit code 2)."""


class TooMuch(Exception):
    """A source states more than it may; nothing was written."""


def silent(phase: str, done: int, total: int | None) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import. `connector`: its name or class, else by content; `source` says whose statements these are.

    `config`, `rules` and `addresses` are what the settings file says (`connectors/protocol.py`); a connector is told
    the `config` that is of its kind. `run`: the id of the run that does it, which can then be undone. A run that would
    state more than `max_facts` ends before it writes.
    """

    connector: str | type[Connector] | None = None
    source: str | None = None
    jurisdiction: str | None = None
    home: str | None = None
    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    words: Path | None = None
    full: bool = False
    dry_run: bool = False
    withdraw_share: float = 0.05
    config: Config | None = None
    rules: Sequence[Rule] = ()
    addresses: Policy = POLICY
    run: str | None = None
    max_facts: int | None = None
    progress: Progress = silent


async def run_import(graph: Graph, paths: Sequence[Path], options: ImportOptions | None = None) -> ImportReport:
    """Import files and folders (their files, sorted), or a source that is none (`connector` and `config` say which).

    The report is to be closed by the caller. Raises WrongUse, SpillFailed, SourceError, TooMuch or a GraphError; what
    was written before stays, and a second run completes it.
    """
    options = options or ImportOptions()
    report = ImportReport(dry_run=options.dry_run, full=options.full)
    began = time.monotonic()
    try:
        spill = Spill(report.findings.note)
        try:
            await _Run(graph, options, report, spill).all(paths)
        finally:
            spill.close()
    except BaseException:
        report.close()
        raise
    report.seconds = time.monotonic() - began
    return report


def find_files(paths: Sequence[Path]) -> list[tuple[Path, bool]]:
    """All files, each once, and whether it was named itself rather than found in a folder.

    A folder that cannot be listed is one of them: reading it says why.
    """
    found: dict[Path, bool] = {}
    for path in paths:
        if not _is(Path.is_dir, path, untold=False):
            found[path] = True
            continue
        for inside in sorted(_below(path)):
            found.setdefault(inside, inside == path)
    return list(found.items())


def _below(folder: Path) -> list[Path]:
    """The files in a folder and in those below it but for hidden ones, and the folders that cannot be listed."""
    found: list[Path] = []

    def unlisted(error: OSError) -> None:
        found.append(Path(error.filename))

    for place, folders, names in os.walk(folder, onerror=unlisted):
        folders[:] = [name for name in folders if not name.startswith(_HIDDEN)]
        inside = [Path(place, name) for name in names if not name.startswith(_HIDDEN)]
        found += [path for path in inside if _is(Path.is_file, path, untold=True)]
    return found


_HIDDEN = (".", "~$")


def _is(what: Callable[[Path], bool], path: Path, *, untold: bool) -> bool:
    try:
        return what(path)
    except PermissionError:
        return untold


def _closed(path: Path) -> bool:
    """Whether we lack the right to read it: then it may hold statements."""
    try:
        if path.is_dir():
            os.scandir(path).close()
        else:
            path.open("rb").close()
    except OSError as error:
        return isinstance(error, PermissionError)
    return False


def given_to(
    connector: type[Connector],
    options: ImportOptions,
    source: str,
    paths: Sequence[Path],
    registered: Registered | None = None,
    names: Names | None = None,
) -> Input:
    """What a connector is told that reads `paths`, or a source that is no file, in the name of `source`."""
    return Input(
        paths,
        source,
        options.jurisdiction,
        options.home,
        options.zone,
        options.words,
        options.config if isinstance(options.config, connector.config) else None,
        options.rules,
        registered,
        names,
        options.addresses,
    )


class _Run:
    """One import under way."""

    def __init__(self, graph: Graph, options: ImportOptions, report: ImportReport, spill: Spill) -> None:
        self.graph, self.options, self.report, self.spill = graph, options, report, spill
        self.meeting = Meeting(graph, spill, report.findings.note)
        self.registered = Stored(graph)
        self.manner = Manner(run=options.run)
        self.facts = 0
        self.partial: set[str] = set()
        """Sources of which files say only a part, whatever `full` says."""
        self.removals: list[Removals] = []

    async def all(self, paths: Sequence[Path]) -> None:
        options, report = self.options, self.report
        if isinstance(options.connector, str) and options.connector not in connectors():
            raise WrongUse(f"there is no connector {options.connector!r}; there are {', '.join(connectors())}")
        if paths or options.config is None:
            files = find_files(paths)
            if not files:
                raise WrongUse("there is no file to import")
            for path, named in files:
                await self._pull(path, named)
        else:
            await self._pull_whole(options.config)
        partial = report.findings.count(Severity.ERROR) > 0
        options.progress("sort", 0, None)
        self.spill.sort()
        whole = [source for source in self.spill.sources if source not in self.partial]
        sources = [options.source] if options.source else whole
        before = {source: await count_stated(self.graph, source) for source in sources} if options.full else {}
        for kind in KINDS:
            await self._write_things(kind)
        for flow in FLOWS:
            await self._write_links(flow)
        if options.dry_run:
            report.placeholders = self.spill.unstated()
        if options.full:
            await withdraw(self.graph, self.spill, report, before, options, partial=partial)
        await remove(self.graph, self.removals, report, options, partial=partial)
        await self._record()

    async def _pull(self, path: Path, named: bool) -> None:
        """Pass 1 of one file."""
        report = self.report
        connector = self._connector(path, named)
        if isinstance(connector, Finding):
            # A folder may hold what is no source; a file that was asked for by name must be read.
            wanted = named or connector.code != "FILE_NOT_READ" or _closed(path)
            severity = Severity.ERROR if wanted else Severity.INFO
            place = connector.place
            report.findings.note(
                Finding(connector.code, severity, place, connector.message, connector.done, connector.value)
            )
            report.files.append(FileRead(path, None, None, why=connector.message))
            return
        await self._take(connector, FileRead(path, connector.name, self._source(connector, path)), [path])

    async def _pull_whole(self, config: Config) -> None:
        """Pass 1 of a source that is no file."""
        connector = self.options.connector
        chosen = connectors()[connector] if isinstance(connector, str) else connector
        if chosen is None:
            raise WrongUse("what is no file is read by a connector that is named")
        label = Path(self.options.source or chosen.name)
        await self._take(chosen, FileRead(label, chosen.name, self._source(chosen, label)), [])

    def _source(self, connector: type[Connector], path: Path) -> str:
        return self.options.source or f"{connector.name}:{path.name}"[:300]

    async def _take(self, connector: type[Connector], read: FileRead, paths: Sequence[Path]) -> None:
        """Take all that a connector states into the spill."""
        options, report = self.options, self.report
        report.files.append(read)
        phase, source = f"read {read.path.name}", read.source or ""
        reading = connector(given_to(connector, options, source, paths, self.registered, StoredNames(self.graph)))
        async for fact in reading.pull():
            if isinstance(fact, Finding):
                report.findings.note(fact)
                continue
            self.spill.add(self._of_source(fact, source, reading), source)
            read.facts += 1
            self.facts += 1
            if options.max_facts is not None and self.facts > options.max_facts:
                raise TooMuch(f"it states more than {options.max_facts:,} things and links; nothing was written")
            if read.facts % _TOLD_EVERY == 0:
                options.progress(phase, read.facts, None)
        removals = reading.removals() if isinstance(reading, Removing) else None
        if removals is not None:
            self.removals.append(removals)
        options.progress(phase, read.facts, read.facts)

    def _of_source(self, fact: Fact, source: str, reading: Connector) -> Fact:
        """A fact as the statement of the right source, where its file says only a part of what its sources have.

        Then a source that was named on the command line states what the file changes; what it leaves as it was stays
        the statement of whoever made it.
        """
        if fact.source in (None, source) or not isinstance(reading, Removing):
            return fact
        if self.options.source and (isinstance(fact, Link) or fact.values):
            return replace(fact, source=source)
        self.partial.add(str(fact.source))
        return fact

    def _connector(self, path: Path, named: bool) -> type[Connector] | Finding:
        chosen = self.options.connector
        if chosen is None:
            return recognise(path)
        trouble = unreadable(path)
        if trouble is not None:
            return trouble
        connector = connectors()[chosen] if isinstance(chosen, str) else chosen
        if self.options.config is not None and not named and not connector.recognises(path):
            return not_taken(path, f"the folder is a source of kind {connector.name}, which this file is not")
        return connector

    async def _write_things(self, kind: Kind) -> None:
        total, done = self.spill.count(kind), 0
        dry, stated = self.options.dry_run, self.spill.stated if self.options.dry_run else None
        for round_, batch in self.spill.things(kind):
            things: list[Thing] = await self.meeting.things(kind, batch)
            for start in range(0, len(things), BATCH):
                part = things[start : start + BATCH]
                written = await write_things(self.graph, kind, part, dry_run=dry, stated=stated, manner=self.manner)
                self._count(kind.value, written, again=round_ > 0)
                self.report.changes.note(written.altered, again=round_ > 0)
            done += len(batch)
            self.options.progress(f"write {kind.value}", done, total)
        self.report.counts[kind.value].stated += total

    async def _write_links(self, flow: str) -> None:
        total, done = self.spill.count(flow), 0
        dry, stated = self.options.dry_run, self.spill.stated if self.options.dry_run else None
        for round_, batch in self.spill.links(flow):
            links: list[Link] = self.meeting.links(batch)
            written = await write_links(self.graph, flow, links, dry_run=dry, stated=stated, manner=self.manner)
            self._count(flow.lower(), written, again=round_ > 0)
            done += len(batch)
            self.options.progress(f"write {flow.lower()}", done, total)
        self.report.counts[flow.lower()].stated += total

    def _count(self, what: str, written: Written, *, again: bool) -> None:
        counts = self.report.counts[what]
        if again and self.options.dry_run:
            # The first statement about it was not written, so that this one seems to be the first.
            counts.changed += written.added
        else:
            counts.added += written.added
        counts.changed += written.changed
        counts.unchanged += written.unchanged
        counts.refused += sum(finding.severity is Severity.ERROR for finding in written.findings)
        self.report.placeholders += written.placeholders
        self.report.sequence = written.sequence or self.report.sequence
        for finding in written.findings:
            self.report.findings.note(finding)

    async def _record(self) -> None:
        """Note the run at each source that it stated anything for."""
        report = self.report
        if report.dry_run:
            return
        connector = ", ".join(sorted({read.connector for read in report.files if read.connector}))
        for source in self.spill.sources:
            if source in self.partial:
                continue  # this was no import of that source, but of edits of some of what it states
            run = {"facts": self.spill.facts_of(source), "full": report.full}
            await record_run(self.graph, source, connector, now(), run)
        await keep_findings(self.graph, report)
