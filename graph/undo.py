"""Undoing a run: each source says again, exactly, what it said before of what the run changed.

What others said meanwhile stays. A step is one change of the run, the last first; a step that is done twice does
nothing the second time, so an undo that was cut off is completed by another.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import orjson

from graph.earlier import LAST, earlier
from graph.engine import Graph
from graph.facts import KEYS, Kind, Link, Shape, Thing
from graph.link_writes import link_key, write_links
from graph.plan import Manner, Written
from graph.withdraw import withdraw_links, withdraw_things
from graph.writes import write_things

__all__ = ["undo"]


async def undo(graph: Graph, run: str, as_run: str) -> AsyncIterator[tuple[str, Written]]:
    """Undo all that `run` changed, as a run of its own: after each step, the kind or flow and what was written."""
    before = LAST
    while (step := await earlier(graph, run, before)) is not None:
        before, what, rows = step
        for written in await _undo_step(graph, what, rows, as_run):
            yield what.lower(), written


async def _undo_step(graph: Graph, what: str, rows: Sequence[Sequence[Any]], as_run: str) -> list[Written]:
    """Restore what was said, withdraw what was not."""
    manner = Manner(as_run)
    said = [row for row in rows if row[-1] is not None]
    unsaid: dict[str, list[Sequence[Any]]] = defaultdict(list)
    for row in rows:
        if row[-1] is None:
            unsaid[row[-3]].append(row)
    written = []
    if what in Kind._value2member_map_:
        kind = Kind(what)
        again = Manner(as_run, again={row[0]: row[-1]["since"] for row in said})
        written.append(await write_things(graph, kind, [_thing(kind, row) for row in said], manner=again))
        for source, gone in unsaid.items():
            count = await withdraw_things(graph, kind, [row[0] for row in gone], source, manner=manner)
            written.append(Written(changed=count))
    else:
        links = list(_links(what, said))
        again = Manner(as_run, again={link_key(link): row[-1]["since"] for link, row in zip(links, said, strict=True)})
        written.append(await write_links(graph, what, links, manner=again))
        for source, gone in unsaid.items():
            ended = [(start, end, job, since) for start, end, job, since, *_ in gone]
            written.append(Written(changed=await withdraw_links(graph, what, ended, source, manner=manner)))
    return written


def _thing(kind: Kind, row: Sequence[Any]) -> Thing:
    id, source, _, before = row
    values = {
        name: orjson.loads(value) if KEYS[kind][name].shape is Shape.OBJECT and value is not None else value
        for name, value in before["values"].items()
    }
    return Thing(kind, id, values, source=source, raw=before["raw"], extra=before["extra"])


def _links(flow: str, rows: Iterable[Sequence[Any]]) -> Iterable[Link]:
    for start, end, job, since, source, _, before in rows:
        values = {name: value for name, value in before["values"].items() if name not in ("job", "valid_from")}
        about = {name: value for name, value in (("job", job), ("valid_from", since)) if value is not None}
        yield Link(flow, start, end, {**values, **about}, source=source, extra=before["extra"])
