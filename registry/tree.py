"""A lineage answer as a tree in the terminal: who feeds whom, step by step, and what is missing.

Every node is drawn once, under the neighbour that it was reached from first. What an answer has beside
that tree is told on a node's own line: `↺` leads back to a node above it (a cycle), `↷` to one that
stands elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.text import Text

__all__ = ["print_tree"]

Record = dict[str, Any]

_WAYS_OUT = {
    "DEPTH": "something lies beyond depth {depth}; --depth {deeper} goes farther",
    "NODES": "only the first {nodes:,} nodes are shown; --max-nodes allows more (up to 10,000)",
    "FANOUT": "some nodes have more neighbours than shown; --max-per-node allows more (up to 10,000)",
    "TIME": "the time was up; --max-milliseconds allows more (up to 60,000)",
    "PEER": "another registry did not answer in time",
}


@dataclass(slots=True)
class _Branch:
    """One node in the tree: its children, and what else it leads to."""

    node: Record
    edge: Record | None = None
    children: list["_Branch"] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    across: list[str] = field(default_factory=list)


def print_tree(out: Console, answer: Record, title: str, *, direction: str, depth: int) -> None:
    """Print the answer to a question asked with `direction` and `depth`: upstream part first, if there are both."""
    out.print(Text(title, "bold"))
    nodes: list[Record] = answer["nodes"]
    if not nodes:
        out.print(Text("Nothing: what was asked for is not in force at that time, or holds no resource."))
    sides = _sides(nodes, direction)
    for upstream, side in sides:
        if len(sides) > 1:
            out.print(Text("◀ upstream: where it comes from" if upstream else "▶ downstream: who uses it", "bold"))
        for branch, lead in _lines(_roots(side, answer["edges"], upstream), upstream):
            out.print(_fitting(branch, lead, upstream, out), soft_wrap=True)
    _print_end(out, answer, depth)


def _sides(nodes: Sequence[Record], direction: str) -> list[tuple[bool, list[Record]]]:
    """Whether upstream, and the nodes there; of BOTH the start belongs to either side."""
    if direction != "BOTH":
        return [(direction == "UPSTREAM", list(nodes))]
    up = [node for node in nodes if node["depth"] <= 0]
    return [(True, up), (False, [node for node in nodes if node["depth"] >= 0])]


def _roots(nodes: list[Record], edges: Sequence[Record], upstream: bool) -> list[_Branch]:
    """The branches of one direction, grown from the nodes that nothing nearer leads to."""
    branches = {node["id"]: _Branch(node) for node in sorted(nodes, key=lambda n: (abs(n["depth"]), n["id"]))}
    near, far = ("target", "source") if upstream else ("source", "target")
    leading: dict[str, list[Record]] = {}
    for edge in edges:
        if edge[near] in branches and edge[far] in branches:
            leading.setdefault(edge[far], []).append(edge)
    parents: dict[str, str] = {}
    for id, branch in branches.items():
        branch.edge = _first(branch, leading.get(id, []), branches, near)
        parent = branch.edge[near] if branch.edge else _holder(branch, branches)
        if parent is not None:
            parents[id] = parent
            branches[parent].children.append(branch)
    for id, found in leading.items():
        for edge in found:
            if parents.get(id) != edge[near] or (branches[id].edge or {}).get("flow") not in (None, edge["flow"]):
                _note(branches, parents, edge[near], id)
    return [branch for id, branch in branches.items() if id not in parents]


def _first(branch: _Branch, edges: Sequence[Record], branches: dict[str, _Branch], near: str) -> Record | None:
    """The edge that a node hangs on: from the nearest layer below its own, then by id."""
    own = abs(branch.node["depth"])
    lower = [edge for edge in edges if abs(branches[edge[near]].node["depth"]) < own]
    return min(lower, key=lambda edge: (-abs(branches[edge[near]].node["depth"]), edge[near])) if lower else None


def _holder(branch: _Branch, branches: dict[str, _Branch]) -> str | None:
    """For a field that is listed because its whole resource was reached: that resource."""
    node = branch.node
    resource = (node["resource"] or {}).get("id")
    if node["kind"] != "FIELD" or node["depth"] == 0 or resource not in branches:
        return None
    return str(resource)


def _note(branches: dict[str, _Branch], parents: dict[str, str], start: str, end: str) -> None:
    """Tell an edge beside the tree on the line of its nearer end."""
    above = start
    while above in parents and above != end:
        above = parents[above]
    branch = branches[start]
    (branch.back if above == end else branch.across).append(_full_name(branches[end].node))


def _full_name(node: Record) -> str:
    """A field with its resource's name before it: fields of one name are many."""
    resource = node["resource"] if node["kind"] == "FIELD" else None
    return f"{resource['name']}/{node['name']}" if resource else str(node["name"])


def _lines(roots: Sequence[_Branch], upstream: bool) -> Iterator[tuple[_Branch, str]]:
    """The branches in the order of their lines, each with what leads to it."""
    stack = [(root, "", "") for root in reversed(roots)]
    while stack:
        branch, lead, under = stack.pop()
        yield branch, lead
        last = len(branch.children) - 1
        for place in range(last, -1, -1):
            turn, below = ("╰", "  ") if place == last else ("├", "│ ")
            arrow = "◀ " if upstream else "▶ "
            child = branch.children[place]
            step = "─" + arrow if child.edge else "┄┄ "
            stack.append((child, under + turn + step, under + below + "  "))


def _fitting(branch: _Branch, lead: str, upstream: bool, out: Console) -> Text:
    """The line, without the id where a terminal is too narrow for it."""
    line = _line(branch, lead, upstream, with_id=True)
    too_long = out.is_terminal and line.cell_len > out.width
    return _line(branch, lead, upstream, with_id=False) if too_long else line


def _line(branch: _Branch, lead: str, upstream: bool, *, with_id: bool) -> Text:
    node, edge = branch.node, branch.edge
    line = Text(lead, "dim")
    line.append(node["name"], "bold")
    line.append(f" [{node['kind']} {abs(node['depth'])}]", "cyan")
    holder = node["resource"] if node["kind"] == "FIELD" else None
    for container in (holder, node["department"]):
        if container is not None and container["id"] != node["id"]:
            line.append(f" · {container['name']}")
    if with_id and node["name"] != node["id"]:
        line.append(f"  {node['id']}", "dim")
    if edge is not None and edge["flow"] == "READS":
        line.append("  reads it" if not upstream else "  is read", "magenta")
    if edge is not None and not edge["precise"]:
        line.append("  not field by field", "magenta")
    for mark, names, style in (("↺ back to", branch.back, "yellow"), ("↷ also", branch.across, "dim")):
        if names:
            line.append(f"  {mark} {'、'.join(dict.fromkeys(names))}", style)
    if node["more"]:
        line.append(f"  ✂ {node['more']:,} more not shown", "bold red")
    return line


def _print_end(out: Console, answer: Record, depth: int) -> None:
    nodes, edges = len(answer["nodes"]), len(answer["edges"])
    told = (
        f"{nodes:,} nodes, {edges:,} edges, {answer['reachedDepth']} steps at most; as of change {answer['sequence']}"
    )
    if answer["complete"]:
        out.print(Text(f"Complete: {told}."))
        return
    out.print(Text(f"✂ Cut: {told}.", "bold red"))
    for stop in answer["stoppedBy"]:
        way = _WAYS_OUT[stop].format(depth=depth, deeper=min(depth * 2 or 5, 1000), nodes=nodes)
        out.print(Text(f"  {stop}: {way}", "red"))
