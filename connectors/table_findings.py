"""Every finding of the connector of tables, and how those of one file are collected."""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from connectors.catalogue_findings import RULES as CATALOGUE
from connectors.catalogue_findings import Rule
from connectors.catalogue_report import Report
from graph.facts import Finding, Place, Severity

__all__ = ["RULES", "TableReport"]

MOST = 1_000
"""Findings of one code that are told one by one; the rest is counted."""
_LONGEST_VALUE = 200
_ALL = frozenset({"TASK_NOT_TAKEN"})
"""Codes whose findings are what the file says: each is told."""

_SHARED = (
    "ROWS_DIFFER",
    "FILE_NOT_READ",
    "FILE_TOO_BIG",
    "WORDS_NOT_READ",
    "SHEET_NOT_READ",
    "SHEET_HIDDEN",
    "COLUMN_REPEATED",
    "USCC_CHECK",
    "USCC_OF_SEVERAL_NAMES",
    "JURISDICTION_UNKNOWN",
    "PASSWORD_IN_CELL",
    "NUMBER_FOR_CODE",
)
"""Findings that catalogues have too."""


def _rules() -> Mapping[str, Rule]:
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    own = {code: Rule(rule["title"], Severity(rule["severity"]), rule["explains"]) for code, rule in table.items()}
    return own | {code: CATALOGUE[code] for code in _SHARED}


RULES = _rules()
"""By code: title, severity, what it means and what is done. docs/sources/table.md has the same table."""


class TableReport(Report):
    """Collects the findings of one file, to be taken away from time to time; of each code the first thousand."""

    def __init__(self, file: str) -> None:
        super().__init__(file, ())
        self._counts: Counter[str] = Counter()

    def add(
        self, code: str, place: Place, message: str, done: str, value: str | None = None, ids: tuple[str, ...] = ()
    ) -> None:
        where = (code, place, value)
        if where in self._found:
            return
        self._counts[code] += 1
        if self._counts[code] > MOST and code not in _ALL:
            return
        if value is not None and len(value) > _LONGEST_VALUE and code not in _ALL:
            value = value[:_LONGEST_VALUE] + "…"
        self._found[where] = Finding(code, RULES[code].severity, place, message, done, value, ids)

    def taken(self) -> Sequence[Finding]:
        """The findings since the last call, in the order in which they were met."""
        found = list(self._found.values())
        self._found.clear()
        return found

    def more(self) -> Iterator[Finding]:
        """How many were only counted, a finding for each code. To be called at the end."""
        for code, count in self._counts.items():
            if count > MOST and code not in _ALL:
                message = f"{code}: {count - MOST:,} more, {count:,} in all"
                done = "told here together"
                yield Finding("MORE", RULES[code].severity, Place(self.file), message, done, code)
