"""What imports found odd, kept in the graph until the same source states the same file again.

They are the registry's own notes, not facts: no source states them, and they take no number of the change sequence.
Of one code a file keeps its first findings and how many more there were.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from graph.changes import now
from graph.engine import Graph, Transaction
from graph.facts import Finding, Severity

MOST_OF_A_CODE = 5_000
"""Findings of one code and file that are kept."""
MOST_OF_A_FILE = 50_000
_AT_ONCE = 2_000
_FILES = 500
"""Files of one transaction."""

# What was found in a file that nobody could read has no source.
FORGET = """
UNWIND $files AS pair
MATCH (n:Finding {file: pair[1]})
WHERE n.source = pair[0] OR n.source = ''
DELETE n
"""

FORGET_ALL = """
UNWIND $sources AS source
MATCH (n:Finding {source: source})
DELETE n
"""

KEEP = """
UNWIND $rows AS row
CREATE (n:Finding {id: row.id})
SET n = row
"""

STATE = """
MATCH (n:Finding)
RETURN count(n) AS count, max(n.at) AS at
"""

EVERY = """
MATCH (n:Finding)
RETURN collect([n.source, n.file, n.sheet, n.row, n.column, n.code, n.number, n.severity, n.message, n.done, n.value,
  n.ids, n.count, n.at]) AS rows
"""

State = tuple[int, int | None]
"""What is different whenever other findings are kept."""


@dataclass(frozen=True, slots=True)
class Noted:
    """One kept finding; `count` is 1, or how many it stands for. `row` is as of a `Place`."""

    source: str
    file: str
    sheet: str
    row: int | None
    column: str
    code: str
    number: int
    severity: Severity
    message: str
    done: str
    value: str | None
    ids: Sequence[str]
    count: int
    at: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "severity", Severity(self.severity))

    @property
    def tie(self) -> str:
        """Where it stands among the others: by source and place."""
        row = 0 if self.row is None else self.row
        place = (self.source, self.file, self.sheet, f"{row:012}", self.column, self.code, f"{self.number:06}")
        return "\0".join(place)


About = tuple[str, str, Iterable[Finding]]
"""A source, a file, and what was found there."""


async def forget(graph: Graph, sources: Iterable[str]) -> None:
    """Keep nothing any more of what was found in any file of some sources."""
    names = list(sources)

    async def work(transaction: Transaction) -> None:
        await transaction.run(FORGET_ALL, sources=names)

    await graph.write(work)


async def keep(graph: Graph, parts: Iterable[About], at: int | None = None) -> None:
    """Keep what was found in files in the place of what was kept of them. A file is replaced as a whole."""
    moment = now() if at is None else at
    files: list[list[str]] = []
    rows: list[dict[str, Any]] = []

    async def work(transaction: Transaction) -> None:
        await _replace(transaction, files, rows)

    for source, file, findings in parts:
        files.append([source, file])
        rows += _rows(source, file, findings, moment)
        if len(rows) >= _AT_ONCE or len(files) >= _FILES:
            await graph.write(work)
            files, rows = [], []
    if files:
        await graph.write(work)


async def keep_within(transaction: Transaction, parts: Iterable[About], at: int) -> None:
    """The same as `keep`, in a transaction that does more; of at most a few thousand findings."""
    files: list[list[str]] = []
    rows: list[dict[str, Any]] = []
    for source, file, findings in parts:
        files.append([source, file])
        rows += _rows(source, file, findings, at)
    if files:
        await _replace(transaction, files, rows)


async def _replace(transaction: Transaction, files: list[list[str]], rows: list[dict[str, Any]]) -> None:
    await transaction.run(FORGET, files=files)
    for first in range(0, len(rows), _AT_ONCE):
        await transaction.run(KEEP, rows=rows[first : first + _AT_ONCE])


def _rows(source: str, file: str, findings: Iterable[Finding], at: int) -> Iterator[dict[str, Any]]:
    counts: Counter[str] = Counter()
    severities: dict[str, Severity] = {}
    kept: Counter[str] = Counter()
    number = 0
    for one in findings:
        counts[one.code] += 1
        severities.setdefault(one.code, one.severity)
        if kept[one.code] < MOST_OF_A_CODE and number < MOST_OF_A_FILE:
            kept[one.code] += 1
            number += 1
            yield _row(source, file, one, number, at)
    for code in counts:
        if more := counts[code] - kept[code]:
            number += 1
            message = f"{more:,} more findings {code} of this file are not kept here"
            done = "registry import FILE --dry-run --report REPORT.json tells all of them"
            yield {
                **_base(source, file, number, at),
                "code": code,
                "severity": severities[code].value,
                "message": message,
                "done": done,
                "count": more,
            }


def _base(source: str, file: str, number: int, at: int) -> dict[str, Any]:
    return {
        "id": "\n".join((source, file, str(at), str(number))),
        "source": source,
        "file": file,
        "sheet": "",
        "column": "",
        "number": number,
        "ids": [],
        "count": 1,
        "at": at,
    }


def _row(source: str, file: str, one: Finding, number: int, at: int) -> dict[str, Any]:
    found = {
        **_base(source, file, number, at),
        "sheet": one.place.sheet,
        "column": one.place.column,
        "code": one.code,
        "severity": one.severity.value,
        "message": one.message,
        "done": one.done,
        "ids": list(one.ids),
    }
    optional: Mapping[str, Any] = {"row": one.place.row, "value": one.value}
    return found | {name: value for name, value in optional.items() if value is not None}


async def state(graph: Graph) -> State:
    """What stands for the findings that are kept now."""
    [row] = await graph.read(STATE)
    return row["count"], row["at"]


async def every(graph: Graph) -> list[Noted]:
    """All that are kept, by source and place."""
    [found] = await graph.read(EVERY)
    names = [one.name for one in fields(Noted)]
    noted = [Noted(**dict(zip(names, row, strict=True))) for row in found["rows"]]
    return sorted(noted, key=lambda one: one.tie)
