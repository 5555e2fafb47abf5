"""What an import did: counts by kind and act, files, findings; and how that is shown.

On screen (`summary`), as JSON (`write_json`), and as a workbook with the findings beside the rows
(`registry/report_workbook.py`). Files are written beside their place and renamed, so none is ever half there.
"""

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from rich.console import Group
from rich.table import Table
from rich.text import Text

from graph.facts import Finding, Severity
from graph.runs import ACTS
from registry.altered import Alterations, as_records, as_table
from registry.findings import Findings
from registry.spill import FLOWS, KINDS

ORDER = (*(kind.value for kind in KINDS), *(flow.lower() for flow in FLOWS))
"""Kinds and flows as a report lists them."""
_SHOWN = 30
"""Codes of findings that the screen lists."""


@dataclass(slots=True)
class Counts:
    """What happened to the facts of one kind. `stated`: how many the files state, repeated ones included."""

    stated: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    refused: int = 0


@dataclass(slots=True)
class FileRead:
    """One file: which connector read it for which source, or why none did."""

    path: Path
    connector: str | None
    source: str | None
    facts: int = 0
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """A withdrawal that was not made: `going` of the `total` statements of `source` would have gone."""

    source: str
    going: int
    total: int
    why: str


@dataclass(slots=True)
class ImportReport:
    """The result of `run_import`. Close it to give the findings' disk space back."""

    dry_run: bool = False
    full: bool = False
    files: list[FileRead] = field(default_factory=list)
    counts: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    placeholders: int = 0
    findings: Findings = field(default_factory=Findings)
    stopped: list[Stopped] = field(default_factory=list)
    changes: Alterations = field(default_factory=Alterations)
    """Of a dry run: what it would do, thing by thing."""
    sequence: int | None = None
    """The last change that the run made, if it made one."""
    seconds: float = 0.0

    def __enter__(self) -> "ImportReport":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget the findings."""
        self.findings.close()

    @property
    def exit_code(self) -> int:
        """0, or 1 when something was not taken, a file not read or a withdrawal stopped."""
        return 1 if self.findings.count(Severity.ERROR) or self.stopped else 0

    def totals(self) -> dict[str, int]:
        """The counts of all kinds together."""
        return {act: sum(getattr(counts, act) for counts in self.counts.values()) for act in ACTS}

    def pairs(self) -> Iterator[Finding]:
        """The pairs of ids that may stand for the same thing."""
        return self.findings.of_code("POSSIBLE_SAME")


def summary(report: ImportReport) -> Group:
    """The report for a terminal: files, counts and findings as tables."""
    head = "Dry run: nothing was written. This is what would happen." if report.dry_run else None
    parts = [Text(head, style="bold")] if head else []
    tables = [_files(report), _counts(report), as_table(report.changes), _findings(report)]
    return Group(*parts, *(table for table in tables if table.row_count), *_stops(report), _closing(report))


def _table(title: str, *columns: str, numbers: tuple[str, ...] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return table


def _files(report: ImportReport) -> Table:
    table = _table("Files", "file", "read as", "source", "facts", numbers=("facts",))
    for file in report.files:
        read = file.connector or f"not read: {file.why}"
        table.add_row(Text(file.path.name), Text(read), Text(file.source or ""), f"{file.facts:,}")
    return table


def _counts(report: ImportReport) -> Table:
    table = _table("Facts", "kind", *ACTS, numbers=ACTS)
    for kind in ORDER:
        counts = report.counts.get(kind)
        if counts is not None and any(asdict(counts).values()):
            table.add_row(kind, *(f"{getattr(counts, act):,}" for act in ACTS))
    if report.placeholders:
        table.add_row("unregistered", "", f"{report.placeholders:,}", *[""] * (len(ACTS) - 2))
    return table


def _findings(report: ImportReport) -> Table:
    table = _table("Findings", "severity", "code", "count", "first", numbers=("count",))
    tallies = report.findings.tallies()
    for tally in tallies[:_SHOWN]:
        first = tally.first[0]
        where = f"{first.place}: " if str(first.place) else ""
        table.add_row(tally.severity, tally.code, f"{tally.count:,}", Text(f"{where}{first.message}; {first.done}"))
    if len(tallies) > _SHOWN:
        table.add_row("", f"{len(tallies) - _SHOWN} more codes", "", "see --report")
    return table


def _stops(report: ImportReport) -> list[Text]:
    return [
        Text(
            f"Nothing of {stop.source} was withdrawn: {stop.going:,} of its {stop.total:,} statements would go; "
            f"{stop.why}.",
            style="bold red",
        )
        for stop in report.stopped
    ]


def _closing(report: ImportReport) -> Text:
    totals = report.totals()
    errors, warnings = (report.findings.count(severity) for severity in (Severity.ERROR, Severity.WARNING))
    done = ", ".join(f"{totals[act]:,} {act}" for act in ACTS[1:] if totals[act]) or "nothing to do"
    return Text(f"{done}; {errors:,} errors, {warnings:,} warnings; {report.seconds:.1f} s")


def as_json(report: ImportReport) -> dict[str, Any]:
    """The report without the single findings, for `--format json`."""
    return {
        "dryRun": report.dry_run,
        "full": report.full,
        "seconds": round(report.seconds, 3),
        "sequence": report.sequence,
        "exitCode": report.exit_code,
        "files": [
            {
                "file": str(file.path),
                "connector": file.connector,
                "source": file.source,
                "facts": file.facts,
                "notRead": file.why,
            }
            for file in report.files
        ],
        "counts": {kind: asdict(report.counts[kind]) for kind in ORDER if kind in report.counts},
        "placeholders": report.placeholders,
        "changes": as_records(report.changes) if report.dry_run else None,
        "withdrawalsStopped": [asdict(stop) for stop in report.stopped],
        "findingCounts": [
            {"code": tally.code, "severity": tally.severity, "count": tally.count}
            for tally in report.findings.tallies()
        ],
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """One finding as a record."""
    place = finding.place
    return {
        "code": finding.code,
        "severity": finding.severity,
        "file": place.file or None,
        "sheet": place.sheet or None,
        "row": place.row,
        "column": place.column or None,
        "message": finding.message,
        "done": finding.done,
        "value": finding.value,
        "ids": list(finding.ids),
    }


def write_json(report: ImportReport, path: Path) -> None:
    """The whole report as one JSON object: what `as_json` has, and `findings`, all of them, one a line."""
    with replacing(path) as file:
        head = orjson.dumps(as_json(report), option=orjson.OPT_INDENT_2)
        file.write(head[:-2] + b',\n  "findings": [')
        comma = b"\n    "
        for finding in report.findings:
            file.write(comma + orjson.dumps(finding_json(finding)))
            comma = b",\n    "
        file.write(b"\n  ]\n}\n")


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` once it is complete, and leaves no trace if it never is."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:50]}.", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb", buffering=1 << 20) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
