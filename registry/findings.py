"""The findings of a run: counted and the first of each code in memory, all of them in a temporary file."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

import orjson

from graph.facts import Finding, Place, Severity
from registry.spill import told

FIRST = 20
"""Findings of one code that are kept in memory, as examples."""
_BUFFER = 1_000

_SETUP = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8000;
CREATE TABLE findings (file TEXT, sheet TEXT, row INTEGER, col TEXT, code TEXT, severity TEXT,
  message TEXT, done TEXT, value TEXT, ids TEXT);
"""
_COLUMNS = "file, sheet, row, col, code, severity, message, done, value, ids"
_ORDER = {severity: number for number, severity in enumerate(Severity)}


@dataclass(slots=True)
class Tally:
    """How often a code was met, and its first findings."""

    code: str
    severity: Severity
    count: int = 0
    first: list[Finding] = field(default_factory=list)


class Findings:
    """All findings of a run; `note` adds one. The temporary file is gone when this is."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[str, Severity], Tally] = {}
        self._buffer: list[tuple[object, ...]] = []
        self._by_severity: dict[Severity, int] = defaultdict(int)
        with told():
            self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._db.executescript(_SETUP)

    def note(self, finding: Finding) -> None:
        """Add a finding."""
        tally = self._tallies.get((finding.code, finding.severity))
        if tally is None:
            tally = self._tallies[finding.code, finding.severity] = Tally(finding.code, finding.severity)
        tally.count += 1
        self._by_severity[finding.severity] += 1
        if len(tally.first) < FIRST:
            tally.first.append(finding)
        place = finding.place
        where = (place.file, place.sheet, place.row, place.column)
        what = (finding.code, finding.severity.value, finding.message, finding.done, finding.value)
        self._buffer.append((*where, *what, orjson.dumps(finding.ids).decode()))
        if len(self._buffer) >= _BUFFER:
            self._flush()

    def close(self) -> None:
        """Give the disk space back."""
        self._db.close()

    def __len__(self) -> int:
        return sum(self._by_severity.values())

    def __iter__(self) -> Iterator[Finding]:
        """All findings in the order in which they were met."""
        return self._select("ORDER BY rowid")

    def count(self, severity: Severity) -> int:
        """How many are that bad."""
        return self._by_severity[severity]

    def tallies(self) -> list[Tally]:
        """Each code with its count and examples, the worst first, then the most frequent."""
        return sorted(self._tallies.values(), key=lambda tally: (_ORDER[tally.severity], -tally.count, tally.code))

    def of_code(self, code: str) -> Iterator[Finding]:
        """The findings of one code."""
        return self._select("WHERE code = ? ORDER BY rowid", code)

    def of_file(self, file: str, sheet: str = "") -> Iterator[Finding]:
        """The findings about a sheet, or a file without sheets, by row; those about the whole of it first."""
        return self._select("WHERE file = ? AND sheet = ? ORDER BY row, rowid", file, sheet)

    def by_file(self) -> Iterator[tuple[str, Iterator[Finding]]]:
        """The files, and the findings about each in the order in which they were met; to be read one by one."""
        return groupby(self._select("ORDER BY file, rowid"), key=lambda finding: finding.place.file)

    def sheets(self, file: str) -> set[str]:
        """The sheets of a file that have findings."""
        self._flush()
        return {sheet for (sheet,) in self._db.execute("SELECT DISTINCT sheet FROM findings WHERE file = ?", (file,))}

    def _select(self, rest: str, *parameters: str) -> Iterator[Finding]:
        self._flush()
        cursor = self._db.execute(f"SELECT {_COLUMNS} FROM findings {rest}", parameters)  # noqa: S608 - fixed texts
        for file, sheet, row, column, code, severity, message, done, value, ids in cursor:
            place = Place(file, sheet, row, column)
            yield Finding(code, Severity(severity), place, message, done, value, tuple(orjson.loads(ids)))

    def _flush(self) -> None:
        rows, self._buffer = self._buffer, []
        if rows:
            with told():
                self._db.executemany("INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def rank(findings: Iterable[Finding]) -> Severity | None:
    """The worst severity of some findings."""
    return min((finding.severity for finding in findings), key=_ORDER.__getitem__, default=None)
