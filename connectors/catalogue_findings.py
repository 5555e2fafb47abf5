"""Every finding of the catalogue connector: code, title, severity, what it means and what is done.

The table is `catalogue_findings.toml`; `docs/catalogue.md` shows it, and a test compares them.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from graph.facts import Finding, Place, Severity

_LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding. `explains` is what a person needs to know to act on it."""

    title: str
    severity: Severity
    explains: str


def _rules() -> Mapping[str, Rule]:
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {code: Rule(rule["title"], Severity(rule["severity"]), rule["explains"]) for code, rule in table.items()}


RULES = _rules()


def finding(
    code: str, place: Place, message: str, done: str, value: str | None = None, ids: tuple[str, ...] = ()
) -> Finding:
    """A finding with the severity of its rule; a long value is cut."""
    if value is not None and len(value) > _LONGEST_VALUE:
        value = value[:_LONGEST_VALUE] + "…"
    return Finding(code, RULES[code].severity, place, message, done, value, ids)
