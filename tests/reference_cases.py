"""The hand-worked lineage cases of `tests/cases/lineage`, one query at a time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.reference_facts import Import

FOLDER = Path(__file__).parent / "cases" / "lineage"


@dataclass(frozen=True)
class Case:
    """One query over one set of facts. A step is `{"facts", "source", "full"}` or `{"mark"}`.

    `never` are things that must not be in the answer.
    """

    name: str
    steps: tuple[dict[str, Any], ...]
    query: dict[str, Any]
    expect: dict[str, Any]
    never: tuple[str, ...] = ()


def cases(folder: Path = FOLDER) -> Iterator[Case]:
    """All cases in the order of the files; a case's queries share its `steps`."""
    for path in sorted(folder.glob("*.json")):
        for case in json.loads(path.read_text(encoding="utf-8")):
            steps = tuple(case.get("steps") or [{"facts": case["facts"]}])
            for number, asked in enumerate(case.get("queries") or [case], start=1):
                name, never = f"{path.stem}: {case['name']} ({number})", tuple(asked.get("never") or ())
                yield Case(name, steps, asked["query"], asked["expect"], never)


def replayed(steps: tuple[dict[str, Any], ...], first: datetime) -> tuple[list[Import], dict[str, datetime]]:
    """Imports a minute apart, and the moments that marks stand for."""
    imports, marks = [], {}
    for number, step in enumerate(steps):
        at = first + timedelta(minutes=number)
        if "mark" in step:
            marks[step["mark"]] = at
        else:
            imports.append(Import(step["facts"], at, step.get("source", "a"), step.get("full", False)))
    return imports, marks


def as_expected(expect: Any, got: Any) -> Any:
    """What was answered, less the optional keys that a case does not name; names in an error have no order."""
    if isinstance(expect, dict) and isinstance(got, dict):
        return {key: as_expected(expect.get(key), value) for key, value in got.items() if key in expect}
    if isinstance(expect, list) and isinstance(got, list) and len(expect) == len(got):
        return [as_expected(one, other) for one, other in zip(expect, got, strict=True)]
    return got
