"""Names that try to get out of where they are put, and how an export of things with them is made."""

from collections.abc import Sequence
from typing import Any

from registry.exporting.export import Export, Part, column

HOSTILE = (
    '=HYPERLINK("http://evil.example","点我")',
    "＝1+1",
    "  @SUM(A1)",
    "\u200b+1",
    "\t-1",
    "\r=1",
    "甲;=1+1",
    "a\n=1",
    'quote " and , comma; and "" two',
    "第一行\n第二行\r\n第三行",
    "</svg><script>alert(1)</script>",
    "]]>&amp;&lt;<!--",
    'n1["x"] --> n2; end %% #quot; `b`',
    'label="x"]; n1 -> n2; /* \\',
    "\\N \\l \\" + '"',
    "\u202eevil\u2066",
    "\x00\x01\x1f\ufffe",
    "𠀀𪚥" * 3,
    "超长的中文名称" * 60,
    "Donaudampfschiffahrtsgesellschaft_" * 8,
    "",
    " ",
    "end",
)
"""A formula in all its forms, quotes, lines, tags, the syntax of DOT and Mermaid, what XML cannot hold, very long."""

COLUMNS = [column("id"), column("name"), column("depth"), column("whole"), column("jobs"), column("in", "in", "name")]


def rows(names: Sequence[str]) -> dict[str, list[Any]]:
    """Rows of things with these names."""
    return {
        "id": [f"id{place}" for place in range(len(names))],
        "name": list(names),
        "depth": [-place for place in range(len(names))],
        "whole": [place % 2 == 0 for place in range(len(names))],
        "jobs": [[name, "b"] for name in names],
        "in": [{"id": "d", "name": name} if place % 2 else None for place, name in enumerate(names)],
    }


def export(names: Sequence[str], *, complete: bool = True, of: int = 1) -> Export:
    """An export of `of` times these names as things, and of one link."""
    columns = {key: column * of for key, column in rows(names).items()}

    def read(first: int, last: int) -> dict[str, list[Any]]:
        return {key: column[first:last] for key, column in columns.items()}

    things = Part("things", "thing", len(names) * of, COLUMNS, read)

    def link(first: int, last: int) -> dict[str, list[Any]]:
        return {"source": ["x"][first:last], "target": ["y"][first:last]}

    links = Part("links", "link", 1, [column("source"), column("target")], link)
    header = {"ids": list(names), "depth": 5, "asOf": "2026-01-01T00:00:00Z", "complete": complete}
    return Export("things", header, [things, links], complete, () if complete else ("DEPTH", "TIME"))
