"""Statements that take long, for the log: their text and the engine's plan, never their parameters."""

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

log = logging.getLogger(__name__)


def log_slow(text: str, seconds: float, rows: int, plan: Mapping[str, Any] | None) -> None:
    """Log a statement that took long; without a plan where the engine gave none."""
    line = {
        "slow": round(seconds, 3),
        "rows": rows,
        "statement": " ".join(text.split()),
        "plan": list(_drawn(plan)) if plan else None,
    }
    log.warning("slow statement: %s", json.dumps(line, ensure_ascii=False))


def _drawn(plan: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """A line for each operator, what it takes its rows from below it and further in."""
    arguments: Mapping[str, Any] = plan.get("args") or {}
    told = arguments.get("string-representation") if "children" in plan and not plan["children"] else None
    if told and "Details" not in arguments:
        yield from (line for line in str(told).splitlines() if line.strip())
        return
    details = str(arguments.get("Details", "")).strip()
    yield f"{'  ' * depth}{plan.get('operatorType', '?')} {details}".rstrip()[:300]
    for child in plan.get("children") or ():
        yield from _drawn(child, depth + 1)
