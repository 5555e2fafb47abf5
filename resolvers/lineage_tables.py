"""The nodes and edges of a lineage as tables, with the JSON of what was met in other answers already."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from graph.lineage import Found, Shown, as_found, shown, shown_alone
from graph.net import FLOWS, RESOURCE, Ints, Net, distinct
from graph.rollup import Answer
from resolvers.completion import Column, Shape, Shared, Table, Uncovered
from resolvers.prepared import Rows, Texts, prepared

_LEVELS = ("resource", "system", "department", "jurisdiction")
_SAME_NODE = frozenset({"id", "kind", "name", *_LEVELS})
_SAME_EDGE = frozenset({"source", "target", "flow"})

Make = Callable[..., Any]
T = TypeVar("T")


def node_table(found: Found, selected: Shape | None, make: Make) -> Table:
    """The nodes; `make` makes the record of one from its values. To be called before anything is awaited."""
    answer, edition = found.answer, found.answer.net.edition
    kept: dict[str, Column] = found.kept.setdefault("nodes", {})
    texts = found.kept.setdefault("node texts", {})

    def columns() -> dict[str, Column]:
        _add_nodes(found, edition, kept, _wanted(selected))
        return kept

    table = Table(len(answer.nodes), columns, lambda row: make(**_row(table.columns, row)), texts)
    if not _prepare(table, selected, "nodes", lambda: _node_rows(found)):
        columns()
    return table


def edge_table(found: Found, selected: Shape | None, make: Make) -> Table:
    """The edges; `make` makes the record of one from its number and values."""
    answer = found.answer
    kept: dict[str, Column] = found.kept.setdefault("edges", {})
    texts = found.kept.setdefault("edge texts", {})

    def columns() -> dict[str, Column]:
        if not kept:
            kept.update(_edge_columns(answer, range(len(answer.edges.source))) | _edge_counts(answer))
        return kept

    table = Table(len(answer.edges.source), columns, lambda row: make(row, **_row(table.columns, row)), texts)
    _prepare(table, selected, "edges", lambda: _edge_rows(found))
    return table


def _prepare(table: Table, selected: Shape | None, name: str, rows: Callable[[], Rows | None]) -> bool:
    """Whether the JSON of all that is selected of a table is there now."""
    lists = None if selected is None else selected.lists_of(name)
    if lists is None or not all(shape.plain for _, shape in lists):
        return False
    missing = [(items, shape) for items, shape in lists if items not in table.texts]
    known = rows() if missing else None
    if missing and known is None:
        return False
    try:
        for items, shape in missing:
            assert known is not None
            table.keep(items, prepared(shape, known))
    except Uncovered:
        return False
    return True


def _node_rows(found: Found) -> Rows | None:
    """A resource or field is the same in each answer; what stands for several depends on what was reached in it."""
    answer = found.answer
    if found.around is None or not (answer.moment.kind[answer.nodes] >= RESOURCE).all():
        return None
    nodes = answer.nodes

    def some(places: list[int]) -> Table:
        seen = shown_alone(answer, _some(nodes, places))
        columns: dict[str, Column] = {"id": _some(answer.ids, places), "kind": seen.kinds, "name": seen.names}
        columns.update((level, _containers(answer.net, getattr(seen, level))) for level in _LEVELS)
        return _table(len(places), columns)

    texts = found.around.setdefault("nodes", Texts())
    return Rows(nodes, _SAME_NODE, texts, some, _table(len(nodes), _node_counts(answer)))


def _edge_rows(found: Found) -> Rows | None:
    if found.around is None:
        return None
    answer, edges = found.answer, found.answer.edges
    nodes = np.array(answer.nodes, np.int64)
    pairs = nodes[edges.source] * answer.net.size + nodes[edges.target]
    keys: list[int] = (pairs * len(FLOWS) + np.array(edges.flow, np.int64)).tolist()

    def some(places: list[int]) -> Table:
        return _table(len(places), _edge_columns(answer, places))

    texts = found.around.setdefault("edges", Texts())
    return Rows(keys, _SAME_EDGE, texts, some, _table(len(keys), _edge_counts(answer)))


def _wanted(selected: Shape | None) -> frozenset[str]:
    keys = None if selected is None else selected.below("nodes")
    return frozenset(_LEVELS) if keys is None else keys


def _add_nodes(found: Found, edition: int, nodes: dict[str, Column], wanted: frozenset[str]) -> None:
    answer = as_found(found, edition)
    if "seen" not in found.kept:
        found.kept["seen"] = shown(answer)
    seen: Shown = found.kept["seen"]
    if "id" not in nodes:
        nodes["id"] = answer.ids
        nodes.update(_node_counts(answer), kind=seen.kinds, name=seen.names)
    for name in _LEVELS:
        if name in wanted and name not in nodes:
            nodes[name] = _containers(answer.net, getattr(seen, name))


def _node_counts(answer: Answer) -> dict[str, Column]:
    """What an answer has of its nodes by itself."""
    return {"depth": answer.depth, "whole": answer.whole, "more": answer.more}


def _edge_columns(answer: Answer, places: Sequence[int]) -> dict[str, Column]:
    edges, id = answer.edges, answer.ids.__getitem__
    source, target, flow = (_some(column, places) for column in (edges.source, edges.target, edges.flow))
    return {
        "source": list(map(id, source)),
        "target": list(map(id, target)),
        "flow": list(map(FLOWS.__getitem__, flow)),
    }


def _some(column: list[T], places: Sequence[int]) -> list[T]:
    """Some values of a column, or all."""
    return column if len(places) == len(column) else list(map(column.__getitem__, places))


def _edge_counts(answer: Answer) -> dict[str, Column]:
    return {"count": answer.edges.count, "precise": answer.edges.precise}


def _table(size: int, columns: dict[str, Column]) -> Table:
    """A table the records of which are dicts."""
    return Table(size, columns, lambda row: _row(columns, row))


def _row(columns: dict[str, Column], row: int) -> dict[str, Any]:
    return {name: column[row] for name, column in columns.items()}


def _containers(net: Net, column: Ints) -> Any:
    ids, names = net.ids, net.names
    different = distinct(column[column >= 0])
    places = np.where(column >= 0, np.searchsorted(different, column), -1)
    listed = different.tolist()
    columns: dict[str, Column] = {"id": [ids[at] for at in listed], "name": [names[at] or ids[at] for at in listed]}
    return Shared(_table(len(listed), columns), places.tolist())
