"""Exchange facts into a graph, as `registry import` does it."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from graph.changes import now, position
from graph.engine import Graph
from registry.imports import ImportOptions, run_import


async def state(
    graph: Graph, folder: Path, facts: Iterable[Mapping[str, Any]], source: str = "a", *, full: bool = False
) -> None:
    """Import `facts` as the statements of `source`; a full run may withdraw everything."""
    path = folder / "facts.jsonl"
    path.write_text("".join(json.dumps(fact) + "\n" for fact in facts), encoding="utf-8")
    options = ImportOptions(connector="exchange", source=source, full=full, withdraw_share=1.0)
    with await run_import(graph, [path], options):
        pass


async def replay(graph: Graph, folder: Path, steps: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Run a case's steps; the moments that its marks stand for, apart from all that was recorded."""
    marks: dict[str, int] = {}
    for step in steps:
        if "mark" in step:
            marks[step["mark"]] = max(now(), (await position(graph)).at)
        else:
            await state(graph, folder, step["facts"], step.get("source", "a"), full=step.get("full", False))
    return marks
