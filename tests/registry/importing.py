"""What the tests of import and export share: files of facts, runs, and all that a graph says as lines."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from graph.engine import Graph
from graph.facts import Finding
from registry.export import export
from registry.imports import ImportOptions, run_import
from registry.report import ImportReport

Line = Mapping[str, Any]


def facts_file(path: Path, lines: Iterable[Line]) -> Path:
    """A file in the exchange format."""
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


async def state(graph: Graph, folder: Path, lines: Iterable[Line], name: str = "facts", **options: Any) -> ImportReport:
    """Import these facts; their default source is `exchange:NAME.jsonl`."""
    path = facts_file(folder / f"{name}.jsonl", lines)
    return await run_import(graph, [path], ImportOptions(**options))


async def said(graph: Graph, folder: Path) -> list[dict[str, Any]]:
    """All current statements, as the export writes them."""
    path = folder / "said.jsonl"
    await export(graph, path)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def codes(report: ImportReport) -> list[str]:
    """The codes of all findings, in the order in which they were met."""
    return [finding.code for finding in report.findings]


def of_code(report: ImportReport, code: str) -> list[Finding]:
    return list(report.findings.of_code(code))


def small_graph(fields: int = 6) -> list[dict[str, Any]]:
    """Two departments with a system and a resource each, and feeds from the fields of one to those of the other."""
    lines: list[dict[str, Any]] = [{"fact": "jurisdiction", "id": "j", "name": "盐城市", "code": "320900"}]
    for side in "ab":
        lines += [
            {"fact": "department", "id": f"d{side}", "name": f"部门{side}", "jurisdiction": "j"},
            {"fact": "system", "id": f"s{side}", "name": f"系统{side}", "department": f"d{side}"},
            {"fact": "resource", "id": f"r{side}", "name": f"资源{side}", "provider": f"d{side}", "system": f"s{side}"},
        ]
        lines += [
            {"fact": "field", "id": f"r{side}.{n}", "name": f"字段{n}", "resource": f"r{side}"} for n in range(fields)
        ]
    lines += [{"fact": "feeds", "from": f"ra.{n}", "to": f"rb.{n}", "job": "夜间"} for n in range(fields)]
    return [*lines, {"fact": "reads", "system": "sb", "resource": "ra"}]
